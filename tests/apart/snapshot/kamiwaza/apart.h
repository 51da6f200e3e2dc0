/* apart.h: Apart. Programs and plugins of two versions.
 *
 * Kept as kamiwaza-apigen made it of the older description: what a program of then was compiled with. Never made anew. */
#ifndef KAMIWAZA_SERVICE_APART_H
#define KAMIWAZA_SERVICE_APART_H

#include <kamiwaza/kamiwaza.h>

KZ_BEGIN_DECLS

/* A handle of the service "apart". */
typedef struct kz_apart kz_apart;

/* Values of circle_kind. */
#define KZ_CIRCLE_KIND_CIRCLE "circle"

/* Values of square_kind. */
#define KZ_SQUARE_KIND_SQUARE "square"

typedef struct kz_thing kz_thing;
typedef struct kz_piece kz_piece;
typedef struct kz_figure kz_figure;
typedef struct kz_circle kz_circle;
typedef struct kz_square kz_square;
typedef struct kz_thing_list kz_thing_list;
typedef struct kz_line kz_line;
typedef struct kz_note kz_note;
typedef struct kz_figure_input kz_figure_input;
typedef struct kz_circle_input kz_circle_input;
typedef struct kz_square_input kz_square_input;
typedef struct kz_order kz_order;

/* Thing, of the description. */
struct kz_thing {
    const char *name;
    kz_opt_int size;
    const kz_piece *inner;
    const kz_piece *const *pieces;
    size_t n_pieces;
    const kz_figure *figure;
};

/* Piece, of the description. */
struct kz_piece {
    const char *name;
};

/* Figure, of the description.
 *
 * Exactly one of the pointers is given: the one that the tag names. */
struct kz_figure {
    const char *kind;
    const kz_circle *circle; /* Given where `kind` is "circle". */
    const kz_square *square; /* Given where `kind` is "square". */
};

/* Circle, of the description. */
struct kz_circle {
    const char *kind; /* KZ_CIRCLE_KIND_CIRCLE. */
    kz_opt_number radius;
};

/* Square, of the description. */
struct kz_square {
    const char *kind; /* KZ_SQUARE_KIND_SQUARE. */
    kz_opt_number side;
};

/* A list of kz_thing. */
struct kz_thing_list {
    /* The items, in the order of the server. */
    const kz_thing *const *items;
    size_t n_items;
    kz_opt_int total;    /* How many there are in all, where the server says so. */
    kz_opt_int page;     /* Which page this is, where the server says so. */
    kz_opt_int per_page; /* How many a page holds, where the server says so. */
};

/* Line, of the description. */
struct kz_line {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
    const char *item;
    kz_opt_int count;
    const kz_note *notes;
    size_t n_notes;
};

/* Note, of the description. */
struct kz_note {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
    const char *text;
};

/* Figure, of the description.
 *
 * Exactly one of the pointers is given: the one that the tag names. */
struct kz_figure_input {
    kz_json extra;                 /* further members, a JSON object; merged before the check */
    const void *from;              /* what to start from: a result of the same schema, or NULL */
    const char *kind;              /* Required. */
    const kz_circle_input *circle; /* Given where `kind` is "circle". */
    const kz_square_input *square; /* Given where `kind` is "square". */
};

/* Circle, of the description. */
struct kz_circle_input {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
    const char *kind; /* Required. KZ_CIRCLE_KIND_CIRCLE. */
    kz_opt_number radius;
};

/* Square, of the description. */
struct kz_square_input {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
    const char *kind; /* Required. KZ_SQUARE_KIND_SQUARE. */
    kz_opt_number side;
};

/* Order, of the description. */
struct kz_order {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
    const char *name;
    const kz_line *lines;
    size_t n_lines;
    const kz_note *note;
    const kz_figure_input *figure;
    const char *const *tags;
    size_t n_tags;
};

typedef struct kz_apart_list_params kz_apart_list_params;
/* Arguments of kz_apart_list(). Zero means "not given". */
struct kz_apart_list_params {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
    kz_opt_int skip;  /* In the query. */
    kz_opt_int limit; /* In the query. */
};

typedef struct kz_apart_order_params kz_apart_order_params;
/* Arguments of kz_apart_order(). Zero means "not given". */
struct kz_apart_order_params {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
    const char *name;
    const kz_line *lines;
    size_t n_lines;
    const kz_note *note;
    const kz_figure_input *figure;
    const char *const *tags;
    size_t n_tags;
};

typedef struct kz_apart_drop_params kz_apart_drop_params;
/* Arguments of kz_apart_drop(). Zero means "not given". */
struct kz_apart_drop_params {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
    const char *name; /* In the query. */
};

typedef struct kz_apart_parts_params kz_apart_parts_params;
/* Arguments of kz_apart_parts(). Zero means "not given". */
struct kz_apart_parts_params {
    kz_json extra;         /* further members, a JSON object; merged before the check */
    const void *from;      /* what to start from: a result of the same schema, or NULL */
    const kz_upload *file; /* Required. */
    const kz_line *lines;
    size_t n_lines;
    const kz_note *note;
};

typedef struct kz_apart_events_params kz_apart_events_params;
/* Arguments of kz_apart_events(). Zero means "not given". */
struct kz_apart_events_params {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
};

typedef struct kz_apart_near_params kz_apart_near_params;
/* Arguments of kz_apart_near(). Zero means "not given". */
struct kz_apart_near_params {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
    const char *name; /* In the query. */
};

typedef struct kz_apart_tell_params kz_apart_tell_params;
/* Arguments of kz_apart_tell(). Zero means "not given". */
struct kz_apart_tell_params {
    kz_json extra;         /* further members, a JSON object; merged before the check */
    const void *from;      /* what to start from: a result of the same schema, or NULL */
    const kz_order *order; /* Not sent. */
    /* Not sent. */
    const kz_order *orders;
    size_t n_orders;
};

typedef struct kz_apart_make_params kz_apart_make_params;
/* Arguments of kz_apart_make(). Zero means "not given". */
struct kz_apart_make_params {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
    const char *name; /* Not sent. */
};

typedef struct kz_apart_nothing_params kz_apart_nothing_params;
/* Arguments of kz_apart_nothing(). Zero means "not given". */
struct kz_apart_nothing_params {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
};

typedef struct kz_apart_pour_params kz_apart_pour_params;
/* Arguments of kz_apart_pour(). Zero means "not given". */
struct kz_apart_pour_params {
    kz_json extra;    /* further members, a JSON object; merged before the check */
    const void *from; /* what to start from: a result of the same schema, or NULL */
};

/* The structs of this header and their sizes, so that a plugin of another version knows what this program has. */
__attribute__((unused)) static const kz_struct_size kz_apart_struct_sizes[] = {
    { "kz_apart_drop_params", sizeof(kz_apart_drop_params) },
    { "kz_apart_events_params", sizeof(kz_apart_events_params) },
    { "kz_apart_list_params", sizeof(kz_apart_list_params) },
    { "kz_apart_make_params", sizeof(kz_apart_make_params) },
    { "kz_apart_near_params", sizeof(kz_apart_near_params) },
    { "kz_apart_nothing_params", sizeof(kz_apart_nothing_params) },
    { "kz_apart_order_params", sizeof(kz_apart_order_params) },
    { "kz_apart_parts_params", sizeof(kz_apart_parts_params) },
    { "kz_apart_pour_params", sizeof(kz_apart_pour_params) },
    { "kz_apart_tell_params", sizeof(kz_apart_tell_params) },
    { "kz_circle", sizeof(kz_circle) },
    { "kz_circle_input", sizeof(kz_circle_input) },
    { "kz_figure", sizeof(kz_figure) },
    { "kz_figure_input", sizeof(kz_figure_input) },
    { "kz_line", sizeof(kz_line) },
    { "kz_note", sizeof(kz_note) },
    { "kz_order", sizeof(kz_order) },
    { "kz_piece", sizeof(kz_piece) },
    { "kz_square", sizeof(kz_square) },
    { "kz_square_input", sizeof(kz_square_input) },
    { "kz_thing", sizeof(kz_thing) },
    { "kz_thing_list", sizeof(kz_thing_list) },
};
__attribute__((unused)) static const kz_interface kz_apart_interface = { "apart", UINT64_C(0xf5161a93116a1902),
    kz_apart_struct_sizes, sizeof(kz_apart_struct_sizes) / sizeof(kz_apart_struct_sizes[0]) };

/* The service "apart" of a client: one for all callers, its plugin is loaded the first time. Borrowed from the
 * client. Errors: PLUGIN_*, ARGUMENT, STATE, NO_MEMORY. */
static inline kz_apart *kz_client_apart(kz_client *client, kz_error **error)
{
    return (kz_apart *)kz_client_service(client, "apart", error);
}

/* A handle of the same service with other options, to be released with kz_service_free(). Errors: ARGUMENT,
 * NO_MEMORY. */
static inline kz_apart *kz_apart_with_options(kz_apart *service, const kz_call_options *options, kz_error **error)
{
    return (kz_apart *)kz_service_with_options(service, options, error);
}

/* list, for kz_call_all(), kz_call_stream() and the like. */
__attribute__((unused)) static const kz_op_ref kz_apart_list_op = { &kz_apart_interface, "list", 0, sizeof(kz_apart_list_params),
    sizeof(kz_thing_list) };
/* Lists things, in pages.
 *
 * GET /things
 *
 * `params` is borrowed until the function returns; NULL gives none. Returns a kz_thing_list, to be released with
 * kz_free(), or NULL with the slot filled. Errors: those of kz_call(). */
static inline kz_thing_list *kz_apart_list(kz_apart *service, const kz_apart_list_params *params, kz_error **error)
{
    return (kz_thing_list *)kz_call(service, &kz_apart_list_op, params, error);
}

/* Lists things, in pages. Asks for page after page and streams the items (kz_thing).
 *
 * GET /things
 *
 * Returns a stream, to be released with kz_stream_close(), or NULL with the slot filled. Errors: those of
 * kz_call_stream(). */
static inline kz_stream *kz_apart_list_each(kz_apart *service, const kz_apart_list_params *params, kz_error **error)
{
    return kz_call_stream(service, &kz_apart_list_op, params, error);
}

/* order, for kz_call_all(), kz_call_stream() and the like. */
__attribute__((unused)) static const kz_op_ref kz_apart_order_op = { &kz_apart_interface, "order", 1,
    sizeof(kz_apart_order_params), sizeof(kz_thing) };
/* Orders things.
 *
 * POST /things
 *
 * `params` is borrowed until the function returns; NULL gives none. Returns a kz_thing, to be released with
 * kz_free(), or NULL with the slot filled. Errors: those of kz_call(). */
static inline kz_thing *kz_apart_order(kz_apart *service, const kz_apart_order_params *params, kz_error **error)
{
    return (kz_thing *)kz_call(service, &kz_apart_order_op, params, error);
}

/* drop, for kz_call_all(), kz_call_stream() and the like. */
__attribute__((unused)) static const kz_op_ref kz_apart_drop_op = { &kz_apart_interface, "drop", 2, sizeof(kz_apart_drop_params),
    0 };
/* Drops a thing; since 2.0 it is told which.
 *
 * DELETE /things
 *
 * `params` is borrowed until the function returns; NULL gives none. Returns true when done, false with the slot
 * filled. Errors: those of kz_call(). */
static inline bool kz_apart_drop(kz_apart *service, const kz_apart_drop_params *params, kz_error **error)
{
    return kz_call_bool(service, &kz_apart_drop_op, params, error);
}

/* parts, for kz_call_all(), kz_call_stream() and the like. */
__attribute__((unused)) static const kz_op_ref kz_apart_parts_op = { &kz_apart_interface, "parts", 3,
    sizeof(kz_apart_parts_params), sizeof(kz_thing) };
/* Sends lines with a file.
 *
 * POST /parts
 *
 * `params` is borrowed until the function returns; required: file. Returns a kz_thing, to be released with kz_free(),
 * or NULL with the slot filled. Errors: those of kz_call(). */
static inline kz_thing *kz_apart_parts(kz_apart *service, const kz_apart_parts_params *params, kz_error **error)
{
    return (kz_thing *)kz_call(service, &kz_apart_parts_op, params, error);
}

/* events, for kz_call_all(), kz_call_stream() and the like. */
__attribute__((unused)) static const kz_op_ref kz_apart_events_op = { &kz_apart_interface, "events", 4,
    sizeof(kz_apart_events_params), sizeof(kz_thing) };
/* Streams things.
 *
 * GET /events
 *
 * `params` is borrowed until the function returns; NULL gives none. Returns a stream whose items are kz_thing, to be
 * released with kz_stream_close(), or NULL with the slot filled. Errors: those of kz_call(). */
static inline kz_stream *kz_apart_events(kz_apart *service, const kz_apart_events_params *params, kz_error **error)
{
    return kz_call_stream(service, &kz_apart_events_op, params, error);
}

/* near, for kz_call_all(), kz_call_stream() and the like. */
__attribute__((unused)) static const kz_op_ref kz_apart_near_op = { &kz_apart_interface, "near", 5, sizeof(kz_apart_near_params),
    sizeof(kz_thing) };
/* Asks a server that the plugin finds.
 *
 * GET /near
 *
 * `params` is borrowed until the function returns; NULL gives none. Returns a kz_thing, to be released with
 * kz_free(), or NULL with the slot filled. Errors: those of kz_call(). */
static inline kz_thing *kz_apart_near(kz_apart *service, const kz_apart_near_params *params, kz_error **error)
{
    return (kz_thing *)kz_call(service, &kz_apart_near_op, params, error);
}

/* tell, for kz_call_all(), kz_call_stream() and the like. */
__attribute__((unused)) static const kz_op_ref kz_apart_tell_op = { &kz_apart_interface, "tell", 6, sizeof(kz_apart_tell_params),
    sizeof(kz_string_value) };
/* Says what it was given.
 *
 * A flow of several requests.
 *
 * `params` is borrowed until the function returns; NULL gives none. Returns a kz_string_value, to be released with
 * kz_free(), or NULL with the slot filled. Errors: those of kz_call(). */
static inline kz_string_value *kz_apart_tell(kz_apart *service, const kz_apart_tell_params *params, kz_error **error)
{
    return (kz_string_value *)kz_call(service, &kz_apart_tell_op, params, error);
}

/* make, for kz_call_all(), kz_call_stream() and the like. */
__attribute__((unused)) static const kz_op_ref kz_apart_make_op = { &kz_apart_interface, "make", 7, sizeof(kz_apart_make_params),
    sizeof(kz_thing) };
/* Makes a thing by hand.
 *
 * A flow of several requests.
 *
 * `params` is borrowed until the function returns; NULL gives none. Returns a kz_thing, to be released with
 * kz_free(), or NULL with the slot filled. Errors: those of kz_call(). */
static inline kz_thing *kz_apart_make(kz_apart *service, const kz_apart_make_params *params, kz_error **error)
{
    return (kz_thing *)kz_call(service, &kz_apart_make_op, params, error);
}

/* nothing, for kz_call_all(), kz_call_stream() and the like. */
__attribute__((unused)) static const kz_op_ref kz_apart_nothing_op = { &kz_apart_interface, "nothing", 8,
    sizeof(kz_apart_nothing_params), sizeof(kz_thing) };
/* Makes a thing that there is not: its JSON is null.
 *
 * A flow of several requests.
 *
 * `params` is borrowed until the function returns; NULL gives none. Returns a kz_thing, to be released with
 * kz_free(), or NULL with the slot filled. Errors: those of kz_call(). */
static inline kz_thing *kz_apart_nothing(kz_apart *service, const kz_apart_nothing_params *params, kz_error **error)
{
    return (kz_thing *)kz_call(service, &kz_apart_nothing_op, params, error);
}

/* pour, for kz_call_all(), kz_call_stream() and the like. */
__attribute__((unused)) static const kz_op_ref kz_apart_pour_op = { &kz_apart_interface, "pour", 9, sizeof(kz_apart_pour_params),
    sizeof(kz_thing) };
/* Streams things that it makes by hand.
 *
 * A flow of several requests.
 *
 * `params` is borrowed until the function returns; NULL gives none. Returns a stream whose items are kz_thing, to be
 * released with kz_stream_close(), or NULL with the slot filled. Errors: those of kz_call(). */
static inline kz_stream *kz_apart_pour(kz_apart *service, const kz_apart_pour_params *params, kz_error **error)
{
    return kz_call_stream(service, &kz_apart_pour_op, params, error);
}

KZ_END_DECLS
#endif
