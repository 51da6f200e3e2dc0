/* scope.h: one result is one allocation scope. A scope hands out zeroed memory and gives all of it back at once; each
 * object in it is preceded by a header that knows its schema and its JSON text. Used by the JSON reader, the engine,
 * streams and flows. Memory that may have held secrets is wiped when freed. */
#ifndef KZI_SCOPE_H
#define KZI_SCOPE_H

#include <kamiwaza/plugin.h>

typedef struct kzi_scope kzi_scope;

/* What stands before every object of a result. `text` NULL: written anew from the struct when asked for. */
typedef struct kzi_header {
    const kz_schema *schema;
    kzi_scope *scope;
    const char *text;
    size_t length;
} kzi_header;

/* A new scope whose first chunk has room for `hint` bytes. NULL: no memory. */
kzi_scope *kzi_scope_new(size_t hint);
/* From now on the scope takes no more than `limit` bytes: what would go beyond finds no memory, and the scope is full. 0: any. */
void kzi_scope_limit(kzi_scope *scope, size_t limit);
bool kzi_scope_is_full(const kzi_scope *scope);
/* Counts memory that is needed beside the scope, to fill it. False: it would be full. */
bool kzi_scope_charge(kzi_scope *scope, size_t size);
/* Zeroed memory, aligned to 8; NULL: no memory. */
void *kzi_scope_alloc(kzi_scope *scope, size_t size);
/* A copy of `length` bytes with a NUL behind and its length before (kz_string_length). */
char *kzi_scope_string(kzi_scope *scope, const char *text, size_t length);
/* Room for a string of up to `capacity` bytes; kzi_scope_string_end() sets what it became. */
char *kzi_scope_string_begin(kzi_scope *scope, size_t capacity);
void kzi_scope_string_end(kzi_scope *scope, char *string, size_t length);
/* An object with its header. size >= schema->size. The first object of a scope becomes its root. */
void *kzi_scope_object(kzi_scope *scope, const kz_schema *schema, size_t size);
/* Takes over memory of malloc(), freed (and wiped, `length` bytes) with the scope. False: no memory, not taken. */
bool kzi_scope_adopt(kzi_scope *scope, void *memory, size_t length);
/* Frees `other` together with `scope`. */
void kzi_scope_join(kzi_scope *scope, kzi_scope *other);
/* Forgets everything but keeps the largest chunk, so that a stream allocates nothing per item. */
void kzi_scope_reset(kzi_scope *scope);
void kzi_scope_free(kzi_scope *scope);
/* Keeps a copy of the headers that an answer came with; false: no memory. */
bool kzi_scope_set_head(kzi_scope *scope, const char *head, size_t length);
const char *kzi_scope_head(const kzi_scope *scope, size_t *length);
/* For whom what is read into the scope is laid out: the program's header, and the size of the root as it knows it. */
void kzi_scope_set_caller(kzi_scope *scope, const kz_interface *caller, uint64_t root_size);
const kz_interface *kzi_scope_caller(const kzi_scope *scope, uint64_t *root_size);
/* Whether the object is the first of its scope: what a call returned. */
bool kzi_scope_is_root(const kzi_scope *scope, const void *object);

static inline kzi_header *kzi_header_of(const void *object)
{
    return (kzi_header *)(uintptr_t)object - 1;
}

/* Overwrites memory in a way that the compiler keeps. */
void kzi_wipe(void *memory, size_t length);
/* kzi_wipe() and free(); NULL is ignored. */
void kzi_wipe_free(void *memory, size_t length);

#endif
