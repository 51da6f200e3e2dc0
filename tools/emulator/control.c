/* control.c: what the emulator tells of itself, and does when it is told to, below /emulator: for tests of programs that use it. It says
 * how many connections there were and which operations were executed, and ends all access tokens. Asking it is not counted. */
#include "emulator.h"

#include <string.h>

#define CONTROL_PATH "/emulator/"

gboolean is_control_path(const char *url)
{
    return g_str_has_prefix(url, CONTROL_PATH);
}

void control_begin(Emulator *emulator)
{
    emulator->executed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void control_end(Emulator *emulator)
{
    g_hash_table_unref(emulator->executed);
}

/* A connection knows whether it counts: until it has asked here. */
void count_connection(
    void *user, struct MHD_Connection *connection, void **socket_context, enum MHD_ConnectionNotificationCode what)
{
    Emulator *emulator = user;
    (void)connection;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        g_free(*socket_context);
        return;
    }
    gboolean *counts = *socket_context = g_new(gboolean, 1);
    *counts = TRUE;
    g_mutex_lock(&emulator->lock);
    emulator->connections++;
    g_mutex_unlock(&emulator->lock);
}

/* Under the lock. */
static void count_no_more(Emulator *emulator, struct MHD_Connection *connection)
{
    gboolean *counts = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    emulator->connections -= *counts ? 1 : 0;
    *counts = FALSE;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

static json_object *counts(Emulator *emulator)
{
    json_object *answer = json_object_new_object(), *operations = json_object_new_object();
    GList *names = g_list_sort(g_hash_table_get_keys(emulator->executed), by_name);
    for (GList *name = names; name; name = name->next)
        json_object_object_add(operations, name->data,
            json_object_new_int64((gint64)GPOINTER_TO_SIZE(g_hash_table_lookup(emulator->executed, name->data))));
    g_list_free(names);
    json_object_object_add(answer, "connections", json_object_new_int64(emulator->connections));
    json_object_object_add(answer, "operations", operations);
    return answer;
}

/* Access tokens end; what renews them does not. */
static json_object *end_tokens(Emulator *emulator)
{
    json_object *answer = json_object_new_object(), *tokens = state_list(emulator, "tokens");
    gint64 now = now_ms(), ended = 0;
    for (size_t i = 0; i < json_object_array_length(tokens); i++) {
        json_object *token = json_object_array_get_idx(tokens, i);
        if (int_of(token, "exp_ms") <= now)
            continue;
        json_object_object_add(token, "exp_ms", json_object_new_int64(now));
        ended++;
    }
    json_object_object_add(answer, "ended", json_object_new_int64(ended));
    return answer;
}

void control(Request *request, const char *method, const char *url)
{
    const char *what = url + strlen(CONTROL_PATH);
    count_no_more(request->emulator, request->connection);
    if (!strcmp(method, "GET") && !strcmp(what, "counts"))
        reply(request, counts(request->emulator));
    else if (!strcmp(method, "POST") && !strcmp(what, "end-tokens"))
        reply(request, end_tokens(request->emulator));
    else
        reply_error(request, 404, "The emulator has GET /emulator/counts and POST /emulator/end-tokens");
}

void note_request(
    Emulator *emulator, struct MHD_Connection *connection, const char *method, const char *url, const char *operation, int status)
{
    if (operation && status && status < 400) {
        g_mutex_lock(&emulator->lock);
        gsize before = GPOINTER_TO_SIZE(g_hash_table_lookup(emulator->executed, operation));
        g_hash_table_replace(emulator->executed, g_strdup(operation), GSIZE_TO_POINTER(before + 1));
        g_mutex_unlock(&emulator->lock);
    }
    if (!emulator->verbose)
        return;
    const char *id = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Request-Id");
    const char *key = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Idempotency-Key");
    g_printerr("%s %s %d%s%s%s%s\n", method, url, status, id ? " id " : "", id ? id : "", key ? " key " : "", key ? key : "");
}
