/* call.h: the one entry behind every typed function, call-by-name, and streams. Programs use the typed functions of the
 * service headers; this is what those are made of, and what tools build on. */
#ifndef KAMIWAZA_CALL_H
#define KAMIWAZA_CALL_H

#include <kamiwaza/client.h>

KZ_BEGIN_DECLS

/* The size of one struct as a program's header knows it. */
typedef struct kz_struct_size {
    const char *name;
    uint64_t size;
} kz_struct_size;

/* What a program's header knows of a service: which structs, how large. `layout` is a hash over all of it: equal to the
 * plugin's own, nothing needs to be compared. Sorted by name. */
typedef struct kz_interface {
    const char *service;
    uint64_t layout;
    const kz_struct_size *sizes;
    uint64_t n_sizes;
} kz_interface;

/* How a typed function names its operation: by name, with its place in the table as a hint. */
typedef struct kz_op_ref {
    const kz_interface *interface;
    const char *name;
    uint64_t hint;
    uint64_t params_size;
    uint64_t result_size;
} kz_op_ref;

/* Executes an operation and waits for its end. `service` is a handle; `params` the operation's struct or NULL. Returns the
 * result (release with kz_free()), for operations without content a pointer that is not NULL and needs no release.
 * Errors: all. */
KZ_API void *kz_call(void *service, const kz_op_ref *op, const void *params, kz_error **error);

/* Executes an operation that has no content: true when done. */
KZ_API bool kz_call_bool(void *service, const kz_op_ref *op, const void *params, kz_error **error);

/* One of several calls. */
typedef struct kz_call_item {
    void *service;
    const kz_op_ref *op;
    const void *params;
    void *result;    /* out: released by the caller */
    kz_error *error; /* out: freed by the caller */
} kz_call_item;

/* Executes several calls on this thread at once, at most `limit` at a time, and waits for all. Returns false when at least
 * one failed; each item tells how it ended. Blocking flows among them run one after the other. */
KZ_API bool kz_call_all(kz_call_item *items, size_t n_items, size_t limit);

typedef struct kz_stream kz_stream;

/* Starts an operation that streams. Release with kz_stream_close(). Errors: all. */
KZ_API kz_stream *kz_call_stream(void *service, const kz_op_ref *op, const void *params, kz_error **error);

/* The next item, valid until the next call with this stream; NULL at the end and on failure alike: the slot decides.
 * The items are of the type that the operation names. Not for two threads at once. */
KZ_API void *kz_stream_next(kz_stream *stream, kz_error **error);

/* A header of the answer that the stream comes with, as kz_result_header(); NULL for streams of several requests, and on
 * a loop of the program until the first item is there. Borrowed from the stream. */
KZ_API const char *kz_stream_header(const kz_stream *stream, const char *name);

/* Ends a stream, whether it is at its end or not. NULL is ignored. */
KZ_API void kz_stream_close(kz_stream *stream);

/* Call-by-name: `name` is "models.list" or "models.list_models", `args` a JSON object or { NULL, 0 }. Argument names are
 * ours or the reference client's; "cluster.list_nodes_each" streams all pages of a paged list. Unknown names are ARGUMENT errors
 * that tell the nearest known one. Where the operation has no arguments of these names itself, `extra_headers`, `extra_query`,
 * `extra_body` (objects) and `timeout` (seconds; null: none) are options of the call, on top of `options`.
 * On return exactly one of *result (kz_free()) and *stream (kz_stream_close()) is set, or neither for an operation
 * without content. The JSON of the result, and of each item, is what kz_json_of() gives; binary results are kz_bytes
 * (*is_bytes). Errors: all. */
typedef struct kz_answer {
    void *result;
    kz_stream *stream;
    int64_t is_bytes;
} kz_answer;
KZ_API bool kz_call_by_name(
    kz_client *client, const char *name, kz_json args, const kz_call_options *options, kz_answer *answer, kz_error **error);

/* The JSON schema of a type of a service, by its C name ("kz_weather_report"): what a model is told so that it answers in that form. All
 * members are required, others are not allowed. Released with kz_free(). Errors: ARGUMENT (no such type among those that the service's
 * operations lead to; one that holds itself), NO_MEMORY. */
KZ_API kz_json_value *kz_type_schema(void *service, const char *type, kz_error **error);

/* JSON read as a type of results of a service, such as what a model answered. `interface` is that of the type's header
 * (kz_weather_interface), `size` the size of the type. A copy, released with kz_free(). Errors: DECODE, ARGUMENT, NO_MEMORY. */
KZ_API void *kz_type_read(
    void *service, const kz_interface *interface, const char *type, uint64_t size, kz_json json, kz_error **error);

KZ_END_DECLS
#endif
