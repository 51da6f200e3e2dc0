/* plugin.h: everything that the author of a service plugin needs: the tables that describe operations and schemas, the
 * descriptor that a plugin exports, and what the core offers to hand-written flows. The tables are usually made by
 * kamiwaza-apigen from an OpenAPI description. Structs only grow at their reserved end within one ABI major. */
#ifndef KAMIWAZA_PLUGIN_H
#define KAMIWAZA_PLUGIN_H

#include <kamiwaza/kamiwaza.h>

KZ_BEGIN_DECLS

#define KZ_ABI_MAJOR 1
#define KZ_ABI_MINOR 0

/* What a field holds. In a struct: STRING const char *; INT, NUMBER, BOOL kz_opt_*; JSON kz_json; OBJECT a pointer to
 * the struct of `schema`; UPLOAD a const kz_upload * (requests only). */
typedef enum kz_type {
    KZ_TYPE_STRING = 1,
    KZ_TYPE_INT,
    KZ_TYPE_NUMBER,
    KZ_TYPE_BOOL,
    KZ_TYPE_JSON,
    KZ_TYPE_OBJECT,
    KZ_TYPE_UPLOAD,
    KZ_TYPE_FLOAT /* only in lists: 32-bit numbers, in JSON an array of numbers or their bytes (little-endian) in base64 */
} kz_type;

/* One, many, or many by key. A LIST is a pointer at `offset` and a size_t at `count_offset`:
 *   STRING const char *const *, INT const int64_t *, NUMBER const double *, BOOL const bool *, JSON const kz_json *,
 *   OBJECT in requests: a contiguous array of structs (const T *); in results: an array of pointers (const T *const *).
 *   UPLOAD const kz_upload *.
 * A MAP is the same with entries: STRING const kz_string_entry *, JSON const kz_json_entry * (other value types: JSON). */
typedef enum kz_container { KZ_ONE = 0, KZ_LIST = 1, KZ_MAP = 2 } kz_container;

/* Where an argument travels; members of schemas are BODY. BODY_WHOLE: the field is the whole body by itself.
 * OPTION: not sent; for flows. */
typedef enum kz_place {
    KZ_IN_BODY = 0,
    KZ_IN_PATH,
    KZ_IN_QUERY,
    KZ_IN_HEADER,
    KZ_IN_COOKIE,
    KZ_IN_BODY_WHOLE,
    KZ_IN_OPTION
} kz_place;

enum { /* kz_field.flags */
    KZ_FIELD_REQUIRED = 1,
    KZ_FIELD_NULLABLE = 2,
    KZ_FIELD_DEPRECATED = 4,
    KZ_FIELD_READ_ONLY = 8,   /* never sent */
    KZ_FIELD_SECRET = 16,     /* never logged */
    KZ_FIELD_EXPLODE = 32,    /* query lists: name=a&name=b (the default of OpenAPI); without it: name=a,b */
    KZ_FIELD_ALTERNATIVE = 64 /* shares its JSON name with the field before it; the JSON type decides which is filled */
};

enum {
    KZ_HAS_MINIMUM = 1,
    KZ_HAS_MAXIMUM = 2,
    KZ_EXCLUSIVE_MINIMUM = 4,
    KZ_EXCLUSIVE_MAXIMUM = 8,
    KZ_HAS_MAX_LENGTH = 16,
    KZ_HAS_MAX_ITEMS = 32,
    KZ_OPEN_ENUM = 64 /* `values` are known ones, others are sent too */
};

/* What a request value must satisfy. Patterns are ECMA regular expressions restricted to what POSIX ERE can say after
 * translation; apigen drops others with a notice. `format`: "uuid", "date-time", "date", "email", "uri" or NULL. */
typedef struct kz_check {
    uint64_t flags;
    double minimum, maximum;
    uint64_t min_length, max_length; /* characters */
    uint64_t min_items, max_items;
    const char *pattern; /* POSIX ERE */
    const char *format;
    const char *const *values; /* enum or const, NULL-terminated */
    const void *reserved[2];
} kz_check;

struct kz_schema;

typedef struct kz_field {
    const char *name;           /* in JSON, the query ... */
    const char *c_name;         /* in the struct, where different (a reserved word: default_), else NULL */
    const char *const *aliases; /* other argument names in call-by-name, NULL-terminated, or NULL */
    uint32_t offset;
    uint32_t count_offset;
    uint8_t type;      /* kz_type */
    uint8_t container; /* kz_container */
    uint8_t place;     /* kz_place */
    uint8_t pad;
    uint32_t flags;
    const struct kz_schema *schema; /* OBJECT */
    const kz_check *check;          /* or NULL */
    const char *fallback;           /* the default as JSON text, or NULL: documentation and emulator; never sent */
    const char *summary;            /* one sentence, or NULL */
    const char *sent;               /* in a request, STRING: what is sent where nothing is given, lists as JSON; or NULL */
    const void *reserved[1];
} kz_field;

/* OBJECT: a JSON object. LIST: a JSON array, or an object with `items`: fields[0] is the list `items`; further fields
 * (total, page, per_page) are filled from the object form. VALUE: any JSON value, fields[0] named `value` takes it.
 * UNION: an object whose member `tag` names the kind; fields[0] is that tag (STRING) and each further field an OBJECT
 * pointer whose name is the tag's value; exactly the one that fits is filled. */
typedef enum kz_shape { KZ_SHAPE_OBJECT = 0, KZ_SHAPE_LIST, KZ_SHAPE_VALUE, KZ_SHAPE_UNION } kz_shape;

/* A struct and the JSON it stands for. A request schema has `extra` (kz_json) and `from` (const void *) at the offsets
 * given; a result schema has neither (offsets 0) and is preceded in memory by a header of the core. */
typedef struct kz_schema {
    const char *name;  /* of the C type: "kz_model_file" */
    const char *title; /* of the description's schema: "ModelFile" */
    uint64_t layout;   /* that of the service: equal to kz_interface.layout when built from one description */
    uint32_t size;
    uint32_t n_fields;
    uint8_t shape;   /* kz_shape */
    uint8_t request; /* 1: a request struct */
    uint8_t sealed;  /* 1: additionalProperties is false */
    uint8_t pad;
    uint32_t extra_offset;
    uint32_t from_offset;
    const char *tag;         /* UNION */
    const kz_field *fields;  /* OBJECT: in order of declaration */
    const uint16_t *by_name; /* indices into fields, sorted by name (strcmp); alternatives stand together in order */
    const char *summary;
    const void *reserved[2];
} kz_schema;

typedef enum kz_body { KZ_BODY_NONE = 0, KZ_BODY_JSON, KZ_BODY_FORM, KZ_BODY_MULTIPART, KZ_BODY_BYTES } kz_body;

/* What comes back. JSON: `result` decodes it. TEXT: kz_string_value. BYTES: kz_bytes. NOTHING: no content. EVENTS:
 * server-sent events, each decoded by `result`. LINES: JSON lines, likewise. CHUNKS: bytes as they come (kz_bytes). */
typedef enum kz_answer_kind {
    KZ_ANSWER_NOTHING = 0,
    KZ_ANSWER_JSON,
    KZ_ANSWER_TEXT,
    KZ_ANSWER_BYTES,
    KZ_ANSWER_EVENTS,
    KZ_ANSWER_LINES,
    KZ_ANSWER_CHUNKS
} kz_answer_kind;

enum {                      /* kz_operation.flags */
    KZ_OP_RETRY_ALWAYS = 1, /* one Idempotency-Key serves all attempts */
    KZ_OP_IDEMPOTENT = 2,   /* may be sent again though its verb is not idempotent */
    KZ_OP_BLOCKING = 4,     /* a flow in blocking style */
    KZ_OP_DEPRECATED = 8,
    KZ_OP_NO_AUTH = 16, /* sent without credentials */
    KZ_OP_BRACKETS = 32 /* in forms and queries, lists travel as name[]=value and members of objects as name[member]=value */
};

struct kz_operation;

/* A hand-written operation. `service` carries the options of the call; `params` is never NULL (an empty struct when the
 * caller gave NULL) and checked. Returns a result made with kz_result_new() or by other calls; for NOTHING any pointer that is not NULL;
 * for EVENTS, LINES and CHUNKS a kz_stream. NULL on failure with the slot filled. */
typedef void *(*kz_flow_fn)(kz_service *service, const void *params, kz_error **error);

/* Lists that are asked for piece by piece; then `<name>_each` streams the items. The named arguments are fields of the params:
 * `limit` (INT) is the size of a page; either `offset` (INT) counts items skipped, or `cursor` (STRING) names the item that the
 * page comes after: what the page before says in `last_id`, else the `id` of its last item, until one says that `has_more` is
 * false or brings none. A list with a cursor is called by its name as a stream of all its items. */
typedef struct kz_paging {
    const char *offset;
    const char *limit;
    int64_t page_size;
    const char *cursor;
    const void *reserved[1];
} kz_paging;

typedef struct kz_operation {
    const char *name;           /* "list", "auto_selector.select" */
    const char *const *aliases; /* the reference client's, NULL-terminated, or NULL */
    const char *method;         /* "GET"; NULL for a flow that is no single request */
    const char *path;           /* "/models/{model_id}" */
    const kz_schema *params;    /* never NULL */
    const kz_schema *result;    /* NULL where the answer is NOTHING */
    const char *body_name;      /* another name for the body's members together, in call-by-name, or NULL */
    const char *base_setting;   /* the setting that holds the base URL, NULL: base_url */
    uint8_t body;               /* kz_body */
    uint8_t answer;             /* kz_answer_kind */
    uint8_t pad[2];
    uint32_t flags;
    kz_flow_fn flow;          /* or NULL */
    const kz_paging *paging;  /* or NULL */
    const char *summary;      /* one sentence */
    const char *description;  /* more, or NULL */
    const char *content_type; /* of the request body where the kind does not say, or NULL */
    /* The BOOL argument that the server tells this operation by from its sibling `<name>_stream`, whose answer is EVENTS: the
     * engine sends it as true for the one and never so for the other; by name, giving it chooses between them. Or NULL. */
    const char *stream;
    const char *text; /* the STRING member of the result that takes an answer which is plain text where JSON was due, or NULL */
    const void *reserved[1];
} kz_operation;

/* Services: below. Auth providers and token stores: <kamiwaza/auth-plugin.h>. */
typedef enum kz_plugin_kind { KZ_PLUGIN_SERVICE = 1, KZ_PLUGIN_AUTH = 2, KZ_PLUGIN_STORE = 3 } kz_plugin_kind;

/* What a plugin says that takes part in a call without ever waiting. */
typedef enum kz_step {
    KZ_STEP_DONE = 0,
    KZ_STEP_FAILED,  /* with the slot filled */
    KZ_STEP_REQUEST, /* one request is to run first; then the plugin is asked again, with its result */
    KZ_STEP_WAIT     /* not now: it is asked again later (of auth providers and token stores) */
} kz_step;

/* Which server answers a call, asked of a service whose operations name a setting for their base URL (base_setting) that is not
 * set. The plugin answers with kz_locate_found(), or has a request run first. */
typedef struct kz_locate {
    uint64_t size;
    void *handle;         /* of the service, for kz_service_state() and kz_service_setting() */
    const char *target;   /* what the options of the call say (kz_call_options.target), or NULL */
    const char *argument; /* the call's argument that is named by `locate_by`, or NULL */
    uint64_t round;       /* how many requests have run */
    bool gone;            /* what kz_locate_found() said before answers no more: not to be taken from memory */
    const void *result;   /* of the request that ran, borrowed; one that failed ends the call */
    /* With KZ_STEP_REQUEST: an operation that is a single request, of another service of this client. */
    const char *service;
    const kz_op_ref *op;
    const void *params; /* borrowed until the function is called again */
    char note[256];     /* what the plugin writes here is there when it is asked again */
    void *core;
} kz_locate;

/* The call goes to `base_url` (copied). `remembered`: it was not found out just now; when nobody answers there, the plugin is asked
 * again with `gone`. Returns false with the slot filled. Errors: CONFIG, NO_MEMORY. */
KZ_API bool kz_locate_found(kz_locate *step, const char *base_url, bool remembered, kz_error **error);

typedef struct kz_service_vtable {
    uint64_t size; /* sizeof(kz_service_vtable) as the plugin knows it */
    uint64_t layout;
    const kz_operation *operations;
    uint64_t n_operations;
    const char *title;
    const char *summary;
    /* Both may be NULL: state of the plugin for one client, created on first access and handed to flows by
     * kz_service_state(). create() fills the slot and returns NULL on failure. */
    void *(*create)(kz_service *service, kz_error **error);
    void (*destroy)(void *state);
    /* Both may be NULL, and are not read of a vtable that is too small for them. Called by any thread, without a lock held. */
    kz_step (*locate)(kz_locate *step, kz_error **error);
    const char *locate_by; /* the STRING argument of operations that says which server is meant, such as "model" */
    /* Functions of the plugin for programs (kz_service_function()), or NULL: a struct that begins with its size in bytes, a uint64_t;
     * pointers to functions follow, and nothing else. It grows at its end; a function that there is no more is NULL. */
    const void *functions;
} kz_service_vtable;

typedef struct kz_plugin_descriptor {
    uint32_t abi_major, abi_minor;
    uint64_t size;    /* sizeof(kz_plugin_descriptor) as the plugin knows it */
    uint64_t kind;    /* kz_plugin_kind */
    const char *name; /* as in the file name: "models", "models.acme" */
    const char *version;
    const void *vtable; /* by kind */
} kz_plugin_descriptor;

/* Defines the one symbol that a plugin exports: KZ_PLUGIN(models) = { ... }; in a shared object the symbol is
 * `kz_plugin`, built in it is `kz_plugin_models`. */
#ifdef KZ_BUILTIN_PLUGIN
#define KZ_PLUGIN(id)                                        \
    KZ_API extern const kz_plugin_descriptor kz_plugin_##id; \
    const kz_plugin_descriptor kz_plugin_##id
#else
#define KZ_PLUGIN(id)                                   \
    KZ_API extern const kz_plugin_descriptor kz_plugin; \
    const kz_plugin_descriptor kz_plugin
#endif

/* Schemas of the core that descriptions refer to. */
KZ_API extern const kz_schema kz_schema_string_value, kz_schema_int_value, kz_schema_number_value, kz_schema_bool_value,
    kz_schema_json_value, kz_schema_string_list, kz_schema_bytes;

/* ---- for flows ---- */

/* The state that the plugin's create() made for this client, or NULL. */
KZ_API void *kz_service_state(const void *service);

/* Another service of the same client, with the options of `service`; borrowed for as long as the flow runs. Errors as
 * kz_client_service(). */
KZ_API void *kz_service_peer(void *service, const char *name, kz_error **error);

/* The value of a setting as text, unmasked, or NULL. Borrowed from the client. */
KZ_API const char *kz_service_setting(const void *service, const char *name);

/* A new root of `schema`, of at least `size` bytes, zeroed, to be filled by a flow. Errors: NO_MEMORY. */
KZ_API void *kz_result_new(const kz_schema *schema, uint64_t size, kz_error **error);
/* An object of `schema` that lives with `root`. */
KZ_API void *kz_result_object(void *root, const kz_schema *schema, uint64_t size, kz_error **error);
/* Zeroed memory that lives with `root`, for arrays. */
KZ_API void *kz_result_memory(void *root, size_t size, kz_error **error);
/* A string that lives with `root`. `length` SIZE_MAX: up to its NUL. Every string in a result is one of these or comes from
 * another result: it carries its length, which a literal does not. */
KZ_API const char *kz_result_string(void *root, const char *text, size_t length, kz_error **error);
/* A result that a plugin made, for the program: its JSON written, and in the layout of the program's header where that is another
 * (the result is then taken in by a copy). Takes over `result`; NULL stays NULL. Errors: NO_MEMORY. */
KZ_API void *kz_result_for(void *result, const kz_interface *interface, uint64_t size, kz_error **error);

/* The arguments of a program as the plugin knows them, a deep copy that may be changed; to be released with kz_free(). Uploads stay
 * the program's. NULL `params`: none are given. Errors: NO_MEMORY, and those of finding the operation. */
KZ_API void *kz_params_copy(void *service, const kz_op_ref *op, const void *params, kz_error **error);

/* Hands another root to `root`: it is freed together with it, so its objects may be pointed to. NULL is ignored. */
KZ_API void kz_result_adopt(void *root, void *other);
/* Says that the members of an object were changed, so that its JSON is written anew (unknown members are kept).
 * The core does so for the root of every flow. */
KZ_API void kz_result_changed(void *object);

/* JSON as a new root of `schema`, of at least `size` bytes, with a copy of the text behind it. Errors: DECODE, NO_MEMORY. */
KZ_API void *kz_result_read(const kz_schema *schema, uint64_t size, kz_json json, kz_error **error);

/* Gives an object its JSON; the text must live as long as its root. Static text may be given: KZ_JSON("null"). */
KZ_API void kz_result_set_json(void *object, kz_json json);

/* The JSON of a request struct (its members that travel in the body), as a root. Errors: as when it is sent. */
KZ_API kz_json_value *kz_result_json(const kz_schema *schema, const void *request, kz_error **error);

/* Reports progress to the program that made the call; rate, time left and spacing are worked out here. Returns false when
 * the call is to end (cancelled or out of time), with the slot filled. */
KZ_API bool kz_service_progress(
    void *service, const char *phase, const char *item, const char *unit, int64_t done, int64_t total, kz_error **error);

/* Polls until check() says so. The engine owns the loop: it honours cancel tokens and deadlines. `interval` and `timeout`
 * in seconds; timeout 0: none but the call's own. Returns what the last poll returned, or NULL with the slot filled.
 * check() returns 1 when done, 0 to go on, -1 on failure with the slot filled. A result that is not the last is freed. */
typedef struct kz_wait {
    const kz_op_ref *op;
    const void *params;
    double interval, timeout;
    int (*check)(void *user, void *result, kz_error **error);
    void *user;
    const char *what; /* for messages: "deployment 33…" */
} kz_wait;
KZ_API void *kz_service_wait(void *service, const kz_wait *wait, kz_error **error);

/* Waits `seconds`, or until the call is cancelled or out of time: then false with the slot filled. */
KZ_API bool kz_service_sleep(void *service, double seconds, kz_error **error);

/* A stream whose items a plugin makes. next() returns an item (made with kz_result_new(), released by the stream when the
 * next one is asked for), or NULL at the end or with the slot filled. free() ends it. Errors: NO_MEMORY. */
typedef struct kz_stream_source {
    void *(*next)(void *user, kz_error **error);
    void (*free)(void *user);
} kz_stream_source;
KZ_API kz_stream *kz_stream_new(void *service, const kz_stream_source *source, void *user, kz_error **error);

/* One file to fetch to this machine. The data goes to a temporary name beside `path` (".<name>.part") and is renamed when
 * whole; what is there of an earlier attempt is resumed. */
typedef struct kz_transfer {
    const char *url; /* absolute; http or https */
    const char *path;
    const kz_string_entry *headers;
    size_t n_headers;
    int64_t size; /* expected, -1 unknown: a file that ends with another is an error */
    /* Sees the bytes of the file in order, those of an earlier attempt included; NULL: not needed. `restart` is called
     * when the file begins anew. finish() is called before the rename: false (slot filled) refuses the file. */
    void (*bytes)(void *user, const void *data, size_t length);
    void (*restart)(void *user);
    bool (*finish)(void *user, kz_error **error);
    void *user;
    kz_error *error; /* out: how it ended; NULL: well */
} kz_transfer;
/* Fetches files, at most `limit` at a time, on this thread, in constant memory; progress in bytes over all of them is
 * reported as `phase`. Credentials of the client are not sent. Returns false when one failed; the others are finished. */
KZ_API bool kz_service_fetch(
    void *service, kz_transfer *transfers, size_t n_transfers, size_t limit, const char *phase, kz_error **error);

/* ---- for tools: the tables of what is loaded ---- */

/* The table of a service; its plugin is loaded if need be. Extensions ("models.acme") are among the operations when
 * asked for by kz_client_operation(). Borrowed. */
KZ_API const kz_service_vtable *kz_client_table(kz_client *client, const char *service, kz_error **error);
/* The operation "models.list", by its name or an alias; *service receives a borrowed handle. Errors: ARGUMENT with the
 * nearest known name, PLUGIN_*. */
KZ_API const kz_operation *kz_client_operation(kz_client *client, const char *name, kz_service **service, kz_error **error);
/* Calls operation number `index` of the list that counts a service's operations, those of extensions after its own; NULL
 * past the end. */
KZ_API const kz_operation *kz_client_operation_at(kz_client *client, const char *service, size_t index, kz_error **error);

KZ_END_DECLS
#endif
