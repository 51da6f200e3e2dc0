/* json_read.h: what the files that read JSON by schema share: the reader's state and its steps. */
#ifndef KZI_JSON_READ_H
#define KZI_JSON_READ_H

#include "json_path.h"
#include "json_scan.h"
#include "schema_json.h"

typedef struct kzi_reader {
    kzi_scan scan;
    kzi_scope *scope;
    const kzi_json_options *options;
    kz_error **error;
    bool failed;
    uint64_t *first_stack, *stack; /* items of the lists being read */
    size_t n_stack, stack_size;
    bool recoded; /* what the struct holds is written otherwise than it came */
} kzi_reader;

/* Single values, and failing (json_scalar.c). `what` stands there; `due` is what one needs, or NULL. All return false. */
bool kzi_read_fail(kzi_reader *r, const kzi_frame *frame, const char *what, const char *due);
bool kzi_read_no_memory(kzi_reader *r);
/* The scanner met what is no JSON. */
bool kzi_read_broken(kzi_reader *r, const kzi_frame *frame);
bool kzi_read_wrong_kind(kzi_reader *r, const kzi_frame *frame, const char *due);
/* The kind of value that begins so, in words. */
const char *kzi_kind_at(char c);
bool kzi_read_string(kzi_reader *r, const char **out, const kzi_frame *frame);
bool kzi_read_int(kzi_reader *r, int64_t *out, const kzi_frame *frame);
bool kzi_read_number(kzi_reader *r, double *out, const kzi_frame *frame);
bool kzi_read_bool(kzi_reader *r, bool *out, const kzi_frame *frame);
bool kzi_read_json(kzi_reader *r, kz_json *out, const kzi_frame *frame);

/* Lists and maps, into the field of an object (json_list.c). */
bool kzi_read_list(kzi_reader *r, const kz_field *field, char *object, const kzi_frame *frame);
bool kzi_read_map(kzi_reader *r, const kz_field *field, char *object, const kzi_frame *frame);
/* What the items on the stack from `base` on become. */
bool kzi_read_store_array(kzi_reader *r, const kz_field *field, char *object, size_t base);

/* Objects (json_read.c) and their fields (json_field.c). */
void *kzi_read_object(kzi_reader *r, const kz_schema *schema, const kzi_frame *frame);
bool kzi_read_members(kzi_reader *r, const kz_schema *schema, char *object, const kzi_frame *frame);
bool kzi_read_field(kzi_reader *r, const kz_schema *schema, const kz_field *field, char *object, const kzi_frame *frame);
/* The field of a name; `*expected` is where it is looked for first, and moves on. */
const kz_field *kzi_find_field(const kz_schema *schema, const kzi_span *name, uint32_t *expected);

/* Whether an argument of this name is an option of the call (call_options.c). */
bool kzi_is_call_option(const kzi_span *name);

/* json_arguments.c */
/* A member of arguments; `field` NULL: none has its name. */
bool kzi_read_argument(kzi_reader *r, const kz_schema *schema, const kz_field *field, char *object, const kzi_span *name,
    const kzi_frame *frame, kzi_buffer *extra);
bool kzi_read_store_extra(kzi_reader *r, const kz_schema *schema, char *object, kzi_buffer *extra);
bool kzi_read_upload(kzi_reader *r, kz_upload *upload, const kzi_frame *frame);

#endif
