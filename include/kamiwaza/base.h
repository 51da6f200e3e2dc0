/* base.h: the few types that every other header of libkamiwaza leans on: visibility, optional values, pieces of
 * JSON, binary content, and how results are released. Everything in this file is frozen: its layout never changes. */
#ifndef KAMIWAZA_BASE_H
#define KAMIWAZA_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define KZ_BEGIN_DECLS extern "C" {
#define KZ_END_DECLS }
#define KZ_LITERAL(type) type
#else
#define KZ_BEGIN_DECLS
#define KZ_END_DECLS
#define KZ_LITERAL(type) (type)
#endif

#if defined(__GNUC__)
#define KZ_API __attribute__((visibility("default")))
#define KZ_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define KZ_API
#define KZ_PRINTF(text, first)
#endif

KZ_BEGIN_DECLS

/* The state of an optional value: zero means "not given", so an empty initialiser gives nothing. */
enum { KZ_UNSET = 0, KZ_SET = 1, KZ_IS_NULL = 2 };

/* Optional integer, number and boolean; `value` counts only where `state` is KZ_SET. In a result, KZ_UNSET says that
 * the server left the member out and KZ_IS_NULL that it sent null; `value` is 0 in both cases. */
typedef struct kz_opt_int {
    int64_t value;
    int64_t state;
} kz_opt_int;
typedef struct kz_opt_number {
    double value;
    int64_t state;
} kz_opt_number;
typedef struct kz_opt_bool {
    int64_t value;
    int64_t state;
} kz_opt_bool;

#define KZ_INT(v) (KZ_LITERAL(kz_opt_int){ (v), KZ_SET })
#define KZ_NUMBER(v) (KZ_LITERAL(kz_opt_number){ (v), KZ_SET })
#define KZ_BOOL(v) (KZ_LITERAL(kz_opt_bool){ !!(v), KZ_SET })
#define KZ_TRUE KZ_BOOL(1)
#define KZ_FALSE KZ_BOOL(0)
/* Sends an explicit null for an optional integer, number or boolean: .limit = KZ_NULL */
#define KZ_NULL       \
    {                 \
        0, KZ_IS_NULL \
    }

/* Sends an explicit null for a string argument; recognised by its address. */
KZ_API extern const char kz_null_string[];
#define KZ_NULL_STRING kz_null_string

/* A piece of JSON as text. In a request: borrowed until the call returns. In a result: the text as received, borrowed
 * from the result. `text` NULL means "not given". Not NUL-terminated in general. */
typedef struct kz_json {
    const char *text;
    size_t length;
} kz_json;
#define KZ_JSON(literal) (KZ_LITERAL(kz_json){ literal, sizeof(literal) - 1 })

/* A key and a value of a JSON object whose member names are data (a map) with values that are strings. */
typedef struct kz_string_entry {
    const char *key;
    const char *value;
} kz_string_entry;
typedef struct kz_json_entry {
    const char *key;
    kz_json value;
} kz_json_entry;

/* Content to upload. Exactly one of `path`, `data` and `read` is given.
 *   path      a file, opened when the call starts
 *   data      memory of `length` bytes, which must live until the call has ended
 *   read      called for up to `size` bytes; returns how many it wrote, 0 at the end, negative to fail the call. Such a
 *             source cannot be sent twice, so its call is not retried. `length` is its total, or 0 when unknown.
 *   filename  what the server is told; NULL: the last part of `path`, or "upload"
 *   type      content type; NULL: application/octet-stream */
typedef struct kz_upload {
    const char *path;
    const void *data;
    size_t length;
    int64_t (*read)(void *user, void *buffer, size_t size);
    void *user;
    const char *filename;
    const char *type;
} kz_upload;

/* Results of operations that answer one value rather than an object. Each is a root: release with kz_free(). */
typedef struct kz_string_value {
    const char *value;
} kz_string_value;
typedef struct kz_int_value {
    kz_opt_int value;
} kz_int_value;
typedef struct kz_number_value {
    kz_opt_number value;
} kz_number_value;
typedef struct kz_bool_value {
    kz_opt_bool value;
} kz_bool_value;
typedef struct kz_json_value {
    kz_json value;
} kz_json_value;
/* Binary content: `length` bytes at `data` (never NULL), and the content type the server named or NULL. */
typedef struct kz_bytes {
    const void *data;
    size_t length;
    const char *type;
} kz_bytes;
/* The same for members whose items are strings: a list of strings as a result of its own. */
typedef struct kz_string_list {
    const char *const *items;
    size_t n_items;
} kz_string_list;

/* Releases a result, everything it points to and the text behind it. `result` must be the root that a call returned
 * (or kz_keep()); NULL, and a pointer that is not a root, are ignored. Safe after the client is freed, on any thread. */
KZ_API void kz_free(void *result);

/* Makes an item of a stream outlive the next kz_stream_next(). Returns the kept item, to be released with kz_free(), or
 * NULL when there is no memory. NULL gives NULL. */
KZ_API void *kz_keep(const void *item);

/* The length in bytes of a string that came from a result, NUL bytes within it included. NULL gives 0.
 * Only for strings of results: other strings do not carry their length. */
KZ_API size_t kz_string_length(const char *string);

/* The JSON text of an object of a result as received, unknown members included, borrowed from that result. `object` is
 * any object reached from a result: the root, or what it points to. An object without text gives { NULL, 0 }. */
KZ_API kz_json kz_json_of(const void *object);

/* A header of the answer that an object came with ("x-ratelimit-remaining-requests", "x-request-id"), by its name in any case; the first
 * of several. Borrowed from the result. NULL: the answer had none of that name, `object` is NULL or comes from several requests. Items
 * of streams have none: kz_stream_header(). */
KZ_API const char *kz_result_header(const void *object, const char *name);

/* Version of the running library, such as "0.1.0". Static. */
KZ_API const char *kz_version(void);

KZ_END_DECLS
#endif
