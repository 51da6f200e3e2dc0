/* state.c: the platform's memory as JSON: lists of entries, kept in a file when asked to, written under another name first. */
#include "emulator.h"

#include <string.h>

static const char *const lists[] = { "models", "files", "configs", "deployments", "locations", "clusters", "federations",
    "hardware", "nodes", "guides", "users", "sessions", "tokens", "pats", "codes", "providers", "tuples", "clients", "devices" };

gint64 now_ms(void)
{
    return g_get_real_time() / 1000;
}

char *now_text(void)
{
    GDateTime *now = g_date_time_new_now_utc();
    char *text = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    g_date_time_unref(now);
    return text;
}

/* UUIDs of version 4 by shape, the same in each run with one seed. */
char *make_id(Emulator *emulator)
{
    guint64 a = emulator->seed * 0x9e3779b97f4a7c15u + ++emulator->counter * 0xbf58476d1ce4e5b9u, b;
    a ^= a >> 31;
    a *= 0x94d049bb133111ebu;
    b = (a ^ a >> 29) * 0xbf58476d1ce4e5b9u;
    return g_strdup_printf("%08x-%04x-4%03x-%04x-%012" G_GINT64_MODIFIER "x", (guint32)(a >> 32), (guint32)(a >> 16) & 0xffff,
        (guint32)a & 0xfff, 0x8000u | ((guint32)(b >> 48) & 0x3fff), b & G_GUINT64_CONSTANT(0xffffffffffff));
}

json_object *state_list(Emulator *emulator, const char *name)
{
    json_object *list = NULL;
    if (!json_object_object_get_ex(emulator->state, name, &list)) {
        list = json_object_new_array();
        json_object_object_add(emulator->state, name, list);
    }
    return list;
}

const char *text_of(json_object *object, const char *member)
{
    json_object *value = NULL;
    return object && json_object_object_get_ex(object, member, &value) && json_object_is_type(value, json_type_string)
        ? json_object_get_string(value)
        : NULL;
}

gint64 int_of(json_object *object, const char *member)
{
    json_object *value = NULL;
    return object && json_object_object_get_ex(object, member, &value) ? json_object_get_int64(value) : 0;
}

gboolean bool_of(json_object *object, const char *member)
{
    json_object *value = NULL;
    return object && json_object_object_get_ex(object, member, &value) && json_object_get_boolean(value);
}

void put_text(json_object *object, const char *member, const char *value)
{
    json_object_object_add(object, member, value ? json_object_new_string(value) : NULL);
}

json_object *find_by(json_object *list, const char *member, const char *value)
{
    for (size_t i = 0; value && i < json_object_array_length(list); i++) {
        json_object *entry = json_object_array_get_idx(list, i);
        if (!g_strcmp0(text_of(entry, member), value))
            return entry;
    }
    return NULL;
}

void remove_by(json_object *list, const char *member, const char *value)
{
    for (size_t i = json_object_array_length(list); i-- > 0;)
        if (!g_strcmp0(text_of(json_object_array_get_idx(list, i), member), value))
            json_object_array_del_idx(list, i, 1);
}

void forget_ended(json_object *list, gint64 kept_ms)
{
    for (size_t i = json_object_array_length(list); i-- > 0;)
        if (int_of(json_object_array_get_idx(list, i), "exp_ms") + kept_ms <= now_ms())
            json_object_array_del_idx(list, i, 1);
}

void merge(json_object *to, json_object *from)
{
    if (!from)
        return;
    json_object_object_foreach(from, key, value) json_object_object_add(to, key, json_object_get(value));
}

json_object *add_entry(Request *request, const char *list)
{
    json_object *entry = json_object_new_object();
    char *id = make_id(request->emulator), *now = now_text();
    merge(entry, request->body);
    put_text(entry, "id", id);
    put_text(entry, "created_at", now);
    json_object_array_add(state_list(request->emulator, list), entry);
    g_free(id);
    g_free(now);
    return entry;
}

gboolean reply(Request *request, json_object *answer)
{
    request->status = 200;
    request->answer = answer;
    return TRUE;
}

gboolean reply_error(Request *request, int status, const char *detail)
{
    request->status = status;
    request->answer = json_object_new_object();
    put_text(request->answer, "detail", detail);
    return TRUE;
}

void reply_header(Request *request, const char *name, const char *value)
{
    g_ptr_array_add(request->headers, g_strdup(name));
    g_ptr_array_add(request->headers, g_strdup(value));
}

json_object *shown(json_object *entry)
{
    json_object *copy = json_object_new_object();
    json_object_object_foreach(entry, key, value) if (!g_str_has_prefix(key, "x_"))
        json_object_object_add(copy, key, json_object_get(value));
    return copy;
}

const char *arg(const Request *request, const char *name)
{
    return text_of(request->args, name);
}

static void first_hardware(Emulator *emulator)
{
    json_object *hardware = json_tokener_parse(
        "{\"name\":\"emulator\",\"os\":\"Linux\",\"platform\":\"linux-x86_64\",\"processors\":"
        "[\"emulated, 8 cores\"],\"processor_vendor\":\"none\",\"gpus\":[{\"name\":\"emulated\","
        "\"memory_gb\":24}],\"cluster_ip\":\"127.0.0.1\",\"active\":true}");
    char *id = make_id(emulator), *node_id = make_id(emulator), *now = now_text();
    put_text(hardware, "id", id);
    put_text(hardware, "node_id", node_id);
    put_text(hardware, "created_at", now);
    json_object_array_add(state_list(emulator, "hardware"), hardware);
    json_object *node = json_tokener_parse("{\"last_config\":{},\"active\":true}");
    put_text(node, "id", node_id);
    put_text(node, "hardware_id", id);
    put_text(node, "created_at", now);
    put_text(node, "last_seen", now);
    json_object_array_add(state_list(emulator, "nodes"), node);
    g_free(id);
    g_free(node_id);
    g_free(now);
}

void state_begin(Emulator *emulator)
{
    if (emulator->state_path && g_file_test(emulator->state_path, G_FILE_TEST_EXISTS))
        emulator->state = json_object_from_file(emulator->state_path);
    if (!json_object_is_type(emulator->state, json_type_object)) {
        if (emulator->state_path && g_file_test(emulator->state_path, G_FILE_TEST_EXISTS))
            g_printerr("kamiwaza-emulator: %s holds no state; beginning anew\n", emulator->state_path);
        emulator->state = json_object_new_object();
    }
    emulator->counter = (guint64)int_of(emulator->state, "counter");
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        state_list(emulator, lists[i]);
    if (!json_object_array_length(state_list(emulator, "hardware")))
        first_hardware(emulator);
}

void state_save(Emulator *emulator)
{
    if (!emulator->state_path)
        return;
    GError *error = NULL;
    json_object_object_add(emulator->state, "counter", json_object_new_int64((gint64)emulator->counter));
    const char *text = json_object_to_json_string_ext(emulator->state, JSON_C_TO_STRING_PRETTY);
    if (!g_file_set_contents(emulator->state_path, text, -1, &error)) {
        g_printerr("kamiwaza-emulator: %s\n", error->message);
        g_clear_error(&error);
    }
}
