/* hostile.c: a plugin that is in order but for one thing. It takes its name from the name of its own file, and what is wrong from the
 * environment variable KZ_TEST_WRONG, when it is loaded: so one file, copied, is all the plugins that a test needs. */
#include <dlfcn.h>
#include <kamiwaza/auth-plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct thing {
    const char *name;
    const char *const *tags;
    size_t n_tags;
    kz_opt_int size;
} thing;
typedef struct ask {
    kz_json extra;
    const void *from;
    const char *name;
    const struct ask *inner;
} ask;
typedef struct kinds {
    const char *kind;
    const thing *round;
} kinds;
typedef struct things {
    const thing *const *items;
    size_t n_items;
} things;

static kz_schema thing_schema, ask_schema, kinds_schema, things_schema;
static const char *values[] = { "one", NULL };
static kz_check check = { .pattern = "^a", .values = values };
static const char *aliases[] = { "title", NULL };

static kz_field thing_fields[] = {
    { .name = "name", .offset = offsetof(thing, name), .type = KZ_TYPE_STRING, .summary = "Its name." },
    { .name = "size", .offset = offsetof(thing, size), .type = KZ_TYPE_INT },
    { .name = "tags",
        .offset = offsetof(thing, tags),
        .count_offset = offsetof(thing, n_tags),
        .type = KZ_TYPE_STRING,
        .container = KZ_LIST },
};
static kz_field ask_fields[] = {
    { .name = "inner", .offset = offsetof(ask, inner), .type = KZ_TYPE_OBJECT, .schema = &ask_schema },
    { .name = "name", .offset = offsetof(ask, name), .type = KZ_TYPE_STRING, .check = &check, .aliases = aliases },
};
static kz_field kinds_fields[] = {
    { .name = "kind", .offset = offsetof(kinds, kind), .type = KZ_TYPE_STRING },
    { .name = "round", .offset = offsetof(kinds, round), .type = KZ_TYPE_OBJECT, .schema = &thing_schema },
};
static kz_field things_fields[] = {
    { .name = "items",
        .offset = offsetof(things, items),
        .count_offset = offsetof(things, n_items),
        .type = KZ_TYPE_OBJECT,
        .container = KZ_LIST,
        .schema = &thing_schema },
};
static uint16_t order[] = { 0, 1, 2 };

static kz_schema thing_schema = {
    .name = "thing", .size = sizeof(thing), .n_fields = 3, .fields = thing_fields, .by_name = order
};
static kz_schema ask_schema = { .name = "ask",
    .size = sizeof(ask),
    .n_fields = 2,
    .request = 1,
    .from_offset = offsetof(ask, from),
    .fields = ask_fields,
    .by_name = order };
static kz_schema kinds_schema = { .name = "kinds",
    .size = sizeof(kinds),
    .n_fields = 2,
    .shape = KZ_SHAPE_UNION,
    .tag = "kind",
    .fields = kinds_fields,
    .by_name = order };
static kz_schema things_schema = {
    .name = "things", .size = sizeof(things), .n_fields = 1, .shape = KZ_SHAPE_LIST, .fields = things_fields, .by_name = order
};

static kz_paging paging = { .offset = "offset", .limit = "limit", .page_size = 10 };
static kz_operation operations[] = {
    { .name = "get", .method = "GET", .path = "/x", .params = &ask_schema, .result = &kinds_schema, .answer = KZ_ANSWER_JSON },
    { .name = "list",
        .method = "GET",
        .path = "/y",
        .params = &ask_schema,
        .result = &things_schema,
        .answer = KZ_ANSWER_JSON,
        .paging = &paging },
};
static struct {
    uint64_t size;
    void *function;
} functions = { sizeof functions, NULL };
static kz_service_vtable service = {
    .size = sizeof service, .operations = operations, .n_operations = 2, .title = "Hostile", .functions = &functions
};

static void *create(kz_provider *provider, kz_error **error)
{
    (void)error;
    return provider;
}

static kz_step acquire(void *self, kz_provider_step *step, kz_error **error)
{
    (void)self;
    (void)step;
    (void)error;
    return KZ_STEP_DONE;
}

static kz_step read_entry(void *self, const char *key, char **text, size_t *length, double *wait, kz_error **error)
{
    (void)self;
    (void)key;
    (void)length;
    (void)wait;
    (void)error;
    *text = NULL;
    return KZ_STEP_DONE;
}

static kz_step write_entry(
    void *self, const char *key, const char *label, const char *text, size_t length, double *wait, kz_error **error)
{
    (void)label;
    return read_entry(self, key, &(char *){ (char *)(uintptr_t)text }, &length, wait, error);
}

static kz_provider_setting settings[] = { { .name = "issuer", .summary = "Where to sign in." } };
static kz_provider_vtable auth = {
    .size = sizeof auth, .title = "Hostile", .settings = settings, .n_settings = 1, .create = create, .acquire = acquire
};
static kz_store_vtable store = {
    .size = sizeof store, .title = "Hostile", .create = create, .read = read_entry, .write = write_entry
};

KZ_API extern kz_plugin_descriptor kz_plugin;
kz_plugin_descriptor kz_plugin = {
    .abi_major = KZ_ABI_MAJOR, .size = sizeof(kz_plugin_descriptor), .kind = KZ_PLUGIN_SERVICE, .version = "1", .vtable = &service
};

static char own_name[128], own_path[4096];
static const char *const wild = (const char *)4096; /* memory that nobody has */

static void replace_own_file(void)
{
    char other[4200];
    snprintf(other, sizeof other, "%s.other", own_path);
    if (rename(other, own_path))
        abort();
}

/* ---- what is wrong: each is a line that is carried out ---- */

#define EACH_WRONG                                                                                                   \
    WRONG(nothing, (void)0)                                                                                          \
    WRONG(old_major, kz_plugin.abi_major = KZ_ABI_MAJOR + 1)                                                         \
    WRONG(small_descriptor, kz_plugin.size = 16)                                                                     \
    WRONG(huge_descriptor, kz_plugin.size = UINT64_MAX - 8)                                                          \
    WRONG(long_descriptor, kz_plugin.size = 65000)                                                                   \
    WRONG(unknown_kind, kz_plugin.kind = 77)                                                                         \
    WRONG(no_version, kz_plugin.version = NULL)                                                                      \
    WRONG(wild_version, kz_plugin.version = wild)                                                                    \
    WRONG(wild_name, kz_plugin.name = wild)                                                                          \
    WRONG(no_vtable, kz_plugin.vtable = NULL)                                                                        \
    WRONG(wild_vtable, kz_plugin.vtable = wild)                                                                      \
    WRONG(heap_vtable, kz_plugin.vtable = calloc(1, sizeof service))                                                 \
    WRONG(small_vtable, service.size = 8)                                                                            \
    WRONG(huge_vtable, service.size = UINT64_MAX)                                                                    \
    WRONG(no_operations, service.operations = NULL)                                                                  \
    WRONG(many_operations, service.n_operations = UINT64_MAX / 2)                                                    \
    WRONG(long_operations, service.n_operations = 5000)                                                              \
    WRONG(wild_title, service.title = wild)                                                                          \
    WRONG(wild_create, memcpy(&service.create, &wild, sizeof wild))                                                  \
    WRONG(wild_functions, service.functions = wild)                                                                  \
    WRONG(huge_functions, functions.size = UINT64_MAX)                                                               \
    WRONG(wild_locate, memcpy(&service.locate, &wild, sizeof wild))                                                  \
    WRONG(wild_locate_by, service.locate_by = wild)                                                                  \
    WRONG(wild_function, memcpy(&functions.function, &wild, sizeof wild))                                            \
    WRONG(nameless_operation, operations[1].name = NULL)                                                             \
    WRONG(wild_operation_name, operations[1].name = wild)                                                            \
    WRONG(wild_flow, memcpy(&operations[1].flow, &wild, sizeof wild))                                                \
    WRONG(no_path, operations[1].path = NULL)                                                                        \
    WRONG(no_params, operations[1].params = NULL)                                                                    \
    WRONG(wild_params, operations[1].params = (const kz_schema *)(const void *)wild)                                 \
    WRONG(result_as_params, operations[1].params = &thing_schema)                                                    \
    WRONG(no_result, operations[1].result = NULL)                                                                    \
    WRONG(request_as_result, operations[1].result = &ask_schema)                                                     \
    WRONG(unknown_answer, operations[1].answer = 99)                                                                 \
    WRONG(wild_alias, (aliases[0] = wild))                                                                           \
    WRONG(pages_of_no_list, operations[0].paging = &paging)                                                          \
    WRONG(wild_paging, paging.limit = wild)                                                                          \
    WRONG(nameless_schema, thing_schema.name = NULL)                                                                 \
    WRONG(nameless_member, thing_fields[2].name = NULL)                                                              \
    WRONG(wild_member_text, thing_fields[0].summary = wild)                                                          \
    WRONG(no_members, thing_schema.fields = NULL)                                                                    \
    WRONG(many_members, thing_schema.n_fields = 40000)                                                               \
    WRONG(odd_size, thing_schema.size = 13)                                                                          \
    WRONG(huge_size, thing_schema.size = UINT32_MAX - 7)                                                             \
    WRONG(member_beyond, thing_fields[1].offset = sizeof(thing))                                                     \
    WRONG(member_half_beyond, thing_fields[1].offset = sizeof(thing) - 8)                                            \
    WRONG(member_wraps, thing_fields[1].offset = UINT32_MAX - 7)                                                     \
    WRONG(member_unaligned, thing_fields[0].offset = 4)                                                              \
    WRONG(count_beyond, thing_fields[2].count_offset = 4096)                                                         \
    WRONG(members_overlap, thing_fields[1].offset = offsetof(thing, tags))                                           \
    WRONG(member_over_extra, ask_fields[1].offset = 0)                                                               \
    WRONG(no_room_for_extra, ask_schema.extra_offset = sizeof(ask))                                                  \
    WRONG(order_beyond, order[2] = 9)                                                                                \
    WRONG(order_wrong, (order[0] = 1, order[1] = 0))                                                                 \
    WRONG(no_order, thing_schema.by_name = NULL)                                                                     \
    WRONG(unknown_type, thing_fields[0].type = 42)                                                                   \
    WRONG(float_alone, thing_fields[0].type = KZ_TYPE_FLOAT)                                                         \
    WRONG(upload_in_result, thing_fields[0].type = KZ_TYPE_UPLOAD)                                                   \
    WRONG(map_of_numbers, (thing_fields[2].container = KZ_MAP, thing_fields[2].type = KZ_TYPE_INT))                  \
    WRONG(object_without_schema, kinds_fields[1].schema = NULL)                                                      \
    WRONG(result_in_request, ask_fields[0].schema = &thing_schema)                                                   \
    WRONG(wild_check, ask_fields[1].check = (const kz_check *)(const void *)wild)                                    \
    WRONG(wild_value, values[0] = wild)                                                                              \
    WRONG(alternative_to_nothing, ask_fields[0].flags = KZ_FIELD_ALTERNATIVE)                                        \
    WRONG(wild_pattern, check.pattern = wild)                                                                        \
    WRONG(union_without_tag, kinds_schema.tag = NULL)                                                                \
    WRONG(union_of_texts, kinds_fields[1].type = KZ_TYPE_STRING)                                                     \
    WRONG(list_without_items, things_fields[0].container = KZ_ONE)                                                   \
    WRONG(list_in_a_request,                                                                                         \
        (ask_schema.shape = KZ_SHAPE_LIST, ask_schema.n_fields = 1, ask_fields[0].container = KZ_LIST,               \
            ask_fields[0].count_offset = offsetof(ask, name)))                                                       \
    WRONG(value_in_a_request, ask_schema.shape = KZ_SHAPE_VALUE)                                                     \
    WRONG(unknown_shape, thing_schema.shape = 9)                                                                     \
    WRONG(auth_fine, (kz_plugin.kind = KZ_PLUGIN_AUTH, kz_plugin.vtable = &auth))                                    \
    WRONG(auth_without_create, (auth.create = NULL, kz_plugin.kind = KZ_PLUGIN_AUTH, kz_plugin.vtable = &auth))      \
    WRONG(auth_setting_nameless, (settings[0].name = "", kz_plugin.kind = KZ_PLUGIN_AUTH, kz_plugin.vtable = &auth)) \
    WRONG(auth_settings_beyond, (auth.n_settings = 9999, kz_plugin.kind = KZ_PLUGIN_AUTH, kz_plugin.vtable = &auth)) \
    WRONG(auth_small, (auth.size = 40, kz_plugin.kind = KZ_PLUGIN_AUTH, kz_plugin.vtable = &auth))                   \
    WRONG(store, (kz_plugin.kind = KZ_PLUGIN_STORE, kz_plugin.vtable = &store))                                      \
    WRONG(store_without_read, (store.read = NULL, kz_plugin.kind = KZ_PLUGIN_STORE, kz_plugin.vtable = &store))      \
    WRONG(replaces_itself, replace_own_file())                                                                       \
    WRONG(says, setenv("KZ_TEST_SAID", own_path, 1))                                                                 \
    WRONG(crashes, abort())                                                                                          \
    WRONG(ends, _exit(7))                                                                                            \
    WRONG(hangs, pause())                                                                                            \
    WRONG(chatters, (puts("{\"problem\": \"none at all\"}"), fflush(stdout)))

__attribute__((constructor)) static void begin(void)
{
    Dl_info self;
    const char *wrong = getenv("KZ_TEST_WRONG");
    if (!dladdr(&kz_plugin, &self))
        abort();
    snprintf(own_path, sizeof own_path, "%s", self.dli_fname);
    const char *slash = strrchr(own_path, '/'), *name = slash ? slash + 1 : own_path;
    snprintf(own_name, sizeof own_name, "%.*s", (int)(strstr(name, ".so") - name), name);
    kz_plugin.name = own_name;
    if (!wrong)
        return;
#define WRONG(id, line)        \
    if (!strcmp(wrong, #id)) { \
        line;                  \
        return;                \
    }
    EACH_WRONG
#undef WRONG
    abort(); /* the test asks for something that is not there */
}
