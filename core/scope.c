/* scope.c: see scope.h. Chunks in a chain, each larger than the last; strings carry their length in the four bytes before
 * them; adopted memory and joined scopes are freed with the scope. */
#include "scope.h"

#include <stdlib.h>
#include <string.h>

typedef struct chunk {
    struct chunk *next;
    size_t size, used;
} chunk;

/* Memory of malloc() that came from elsewhere. */
typedef struct adopted {
    struct adopted *next;
    void *memory;
    size_t length;
} adopted;

struct kzi_scope {
    chunk *chunks; /* the one in use first */
    adopted *adopted;
    kzi_scope *joined; /* freed together, chained by `sibling` */
    kzi_scope *sibling;
    void *root;
    const kz_interface *caller;
    uint64_t root_size;
    const char *head;
    size_t head_length;
    size_t limit, charged; /* bytes; 0: no limit */
    bool full;
};

enum { FIRST_CHUNK = 512, LARGEST_CHUNK = 1024 * 1024 };

void kzi_wipe(void *memory, size_t length)
{
    if (memory && length)
        explicit_bzero(memory, length);
}

void kzi_wipe_free(void *memory, size_t length)
{
    kzi_wipe(memory, length);
    free(memory);
}

static chunk *chunk_new(size_t size)
{
    chunk *fresh = malloc(sizeof *fresh + size);
    if (fresh)
        *fresh = (chunk){ .size = size };
    return fresh;
}

/* The scope itself lives in its first chunk, so a small result is one allocation. */
kzi_scope *kzi_scope_new(size_t hint)
{
    size_t size = (hint < FIRST_CHUNK ? FIRST_CHUNK : hint) + sizeof(kzi_scope);
    chunk *first = chunk_new((size + 7) & ~(size_t)7);
    if (!first)
        return NULL;
    kzi_scope *scope = (kzi_scope *)(void *)(first + 1);
    *scope = (kzi_scope){ .chunks = first, .charged = first->size };
    first->used = (sizeof *scope + 7) & ~(size_t)7;
    return scope;
}

void kzi_scope_limit(kzi_scope *scope, size_t limit)
{
    scope->limit = limit;
}

bool kzi_scope_is_full(const kzi_scope *scope)
{
    return scope->full;
}

bool kzi_scope_charge(kzi_scope *scope, size_t size)
{
    scope->full |= scope->limit && (scope->charged > scope->limit || size > scope->limit - scope->charged);
    scope->charged += scope->full ? 0 : size;
    return !scope->full;
}

static void *take(kzi_scope *scope, size_t size)
{
    chunk *current = scope->chunks;
    if (size > current->size - current->used) {
        size_t next = current->size * 2 < LARGEST_CHUNK ? current->size * 2 : LARGEST_CHUNK;
        next = size > next ? size : next;
        chunk *fresh = kzi_scope_charge(scope, next) ? chunk_new(next) : NULL;
        if (!fresh)
            return NULL;
        fresh->next = current;
        scope->chunks = current = fresh;
    }
    void *memory = (char *)(current + 1) + current->used;
    current->used += size;
    return memory;
}

void *kzi_scope_alloc(kzi_scope *scope, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + 7) & ~(size_t)7;
    void *memory = take(scope, size);
    if (memory)
        memset(memory, 0, size);
    return memory;
}

char *kzi_scope_string_begin(kzi_scope *scope, size_t capacity)
{
    if (capacity > UINT32_MAX)
        return NULL;
    char *memory = take(scope, (capacity + 4 + 1 + 7) & ~(size_t)7);
    return memory ? memory + 4 : NULL;
}

void kzi_scope_string_end(kzi_scope *scope, char *string, size_t length)
{
    chunk *current = scope->chunks;
    uint32_t n = (uint32_t)length;
    memcpy(string - 4, &n, sizeof n);
    string[length] = 0;
    /* What was reserved too much goes back when nothing came after it. */
    size_t end = (size_t)(string + length + 1 - (char *)(current + 1));
    if (string >= (char *)(current + 1) && end <= current->used)
        current->used = (end + 7) & ~(size_t)7;
}

char *kzi_scope_string(kzi_scope *scope, const char *text, size_t length)
{
    char *copy = kzi_scope_string_begin(scope, length);
    if (!copy)
        return NULL;
    uint32_t n = (uint32_t)length;
    memcpy(copy - 4, &n, sizeof n);
    if (length)
        memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

void *kzi_scope_object(kzi_scope *scope, const kz_schema *schema, size_t size)
{
    if (size < schema->size)
        size = schema->size;
    kzi_header *header = kzi_scope_alloc(scope, sizeof *header + size);
    if (!header)
        return NULL;
    header->schema = schema;
    header->scope = scope;
    if (!scope->root)
        scope->root = header + 1;
    return header + 1;
}

void kzi_scope_set_caller(kzi_scope *scope, const kz_interface *caller, uint64_t root_size)
{
    scope->caller = caller;
    scope->root_size = root_size;
}

const kz_interface *kzi_scope_caller(const kzi_scope *scope, uint64_t *root_size)
{
    *root_size = scope->root_size;
    return scope->caller;
}

bool kzi_scope_is_root(const kzi_scope *scope, const void *object)
{
    return scope->root == object;
}

bool kzi_scope_adopt(kzi_scope *scope, void *memory, size_t length)
{
    adopted *entry = kzi_scope_alloc(scope, sizeof *entry);
    if (!entry)
        return false;
    *entry = (adopted){ .next = scope->adopted, .memory = memory, .length = length };
    scope->adopted = entry;
    return true;
}

void kzi_scope_join(kzi_scope *scope, kzi_scope *other)
{
    other->sibling = scope->joined;
    scope->joined = other;
}

static void release_guests(kzi_scope *scope)
{
    for (adopted *a = scope->adopted; a; a = a->next)
        kzi_wipe_free(a->memory, a->length);
    while (scope->joined) {
        kzi_scope *other = scope->joined;
        scope->joined = other->sibling;
        kzi_scope_free(other);
    }
    scope->adopted = NULL;
}

static void free_chunk(chunk *old)
{
    kzi_wipe_free(old, sizeof *old + old->used);
}

bool kzi_scope_set_head(kzi_scope *scope, const char *head, size_t length)
{
    char *copy = length ? kzi_scope_alloc(scope, length) : NULL;
    if (!copy)
        return !length;
    memcpy(copy, head, length);
    scope->head = copy;
    scope->head_length = length;
    return true;
}

const char *kzi_scope_head(const kzi_scope *scope, size_t *length)
{
    *length = scope->head_length;
    return scope->head;
}

void kzi_scope_reset(kzi_scope *scope)
{
    release_guests(scope);
    chunk *home = scope->chunks;
    while (home->next)
        home = home->next; /* the scope lives in the oldest chunk */
    chunk *largest = scope->chunks == home ? NULL : scope->chunks;
    for (chunk *c = scope->chunks, *next; c != home; c = next) {
        next = c->next;
        if (c->size > largest->size)
            largest = c;
    }
    for (chunk *c = scope->chunks, *next; c != home; c = next) {
        next = c->next;
        if (c != largest)
            free_chunk(c);
    }
    home->used = (sizeof *scope + 7) & ~(size_t)7;
    scope->chunks = home;
    scope->root = NULL;
    scope->charged = home->size + (largest ? largest->size : 0);
    scope->full = false;
    if (largest) {
        largest->used = 0;
        largest->next = home;
        scope->chunks = largest;
    }
}

void kzi_scope_free(kzi_scope *scope)
{
    if (!scope)
        return;
    release_guests(scope);
    for (chunk *c = scope->chunks, *next; c; c = next) {
        next = c->next;
        free_chunk(c);
    }
}
