/* routes.c: from a request to its answer: finds the operation whose verb and path fit, reads and checks the arguments, asks the
 * handler that has state, else lets the schema answer. */
#include "sign_in.h"

#include <string.h>

/* Whether a path fits a template; its arguments go into `args`. */
static gboolean fits(const char *template, const char *path, json_object *args)
{
    char **want = g_strsplit(template, "/", -1), **have = g_strsplit(path, "/", -1);
    gboolean fine = g_strv_length(want) == g_strv_length(have);
    for (guint i = 0; fine && want[i]; i++) {
        size_t length = strlen(want[i]);
        if (want[i][0] != '{') {
            fine = !strcmp(want[i], have[i]);
            continue;
        }
        char *name = g_strndup(want[i] + 1, length - 2), *value = g_uri_unescape_string(have[i], NULL);
        fine = value && *value;
        if (fine)
            put_text(args, name, value);
        g_free(name);
        g_free(value);
    }
    g_strfreev(want);
    g_strfreev(have);
    return fine;
}

/* Literal paths come before those with arguments: /models/pending_deployments is no model. */
static int literalness(const char *path)
{
    int n = 0;
    for (; *path; path++)
        n += *path == '{';
    return -n;
}

static gboolean find(Request *request, const char *method, const char *path, gboolean *other_verb)
{
    const kz_operation *best = NULL;
    for (char **service = request->emulator->services; *service; service++) {
        const kz_operation *op;
        for (size_t i = 0; (op = kz_client_operation_at(request->emulator->client, *service, i, NULL)); i++) {
            json_object *args = json_object_new_object();
            gboolean match = op->method && op->path && fits(op->path, path, args);
            json_object_put(args);
            if (match && strcmp(op->method, method) != 0)
                *other_verb = TRUE;
            else if (match && (!best || literalness(op->path) > literalness(best->path))) {
                best = op;
                request->service = *service;
            }
        }
    }
    request->operation = best;
    return best && fits(best->path, path, request->args);
}

static json_object *typed(const kz_field *field, const char *text)
{
    char *end;
    gint64 number = g_ascii_strtoll(text, &end, 10);
    if (field->type == KZ_TYPE_INT && *text && !*end)
        return json_object_new_int64(number);
    if (field->type == KZ_TYPE_BOOL && (!g_ascii_strcasecmp(text, "true") || !strcmp(text, "1")))
        return json_object_new_boolean(TRUE);
    if (field->type == KZ_TYPE_BOOL && (!g_ascii_strcasecmp(text, "false") || !strcmp(text, "0")))
        return json_object_new_boolean(FALSE);
    return json_object_new_string(text);
}

/* One argument of the query, its escapes resolved. */
static void take_argument(Request *request, const char *key, const char *value)
{
    const kz_schema *schema = request->operation ? request->operation->params : NULL;
    json_object *held = NULL;
    for (uint32_t i = 0; schema && i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        if (field->place != KZ_IN_QUERY || strcmp(field->name, key) != 0)
            continue;
        if (field->container != KZ_LIST) {
            json_object_object_add(request->args, key, typed(field, value));
            return;
        }
        if (!json_object_object_get_ex(request->args, key, &held))
            json_object_object_add(request->args, key, held = json_object_new_array());
        json_object_array_add(held, typed(field, value));
        return;
    }
    if (!json_object_object_get_ex(request->args, key, &held))
        put_text(request->args, key, value); /* what the description does not name may matter all the same */
}

/* A name or a value as forms and queries have it. */
static char *unescape(const char *text)
{
    char *plain = g_strdelimit(g_strdup(text), "+", ' '), *whole = g_uri_unescape_string(plain, NULL);
    g_free(plain);
    return whole;
}

json_object *read_form(const char *body, size_t length)
{
    json_object *members = json_object_new_object();
    char *text = g_strndup(body ? body : "", length);
    char **pairs = g_strsplit(text, "&", -1);
    for (char **pair = pairs; *pair; pair++) {
        char *value = strchr(*pair, '=');
        if (value)
            *value++ = 0;
        char *name = unescape(*pair), *content = unescape(value ? value : "");
        if (name && *name && content)
            put_text(members, name, content);
        g_free(name);
        g_free(content);
    }
    g_strfreev(pairs);
    g_free(text);
    return members;
}

static enum MHD_Result take_query(void *user, enum MHD_ValueKind kind, const char *key, const char *value)
{
    (void)kind;
    char *name = unescape(key), *text = value ? unescape(value) : NULL;
    if (name && text)
        take_argument(user, name, text);
    g_free(name);
    g_free(text);
    return MHD_YES;
}

void read_query(Request *request)
{
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, take_query, request);
}

/* "models.list" (g_free()) */
static char *operation_name(const Request *request)
{
    return request->operation ? g_strconcat(request->service, ".", request->operation->name, NULL) : NULL;
}

static gboolean handle(Request *request)
{
    const Route *const tables[] = { models_routes, serving_routes, cluster_routes, users_routes, sign_in_routes, sessions_routes,
        pats_routes, identity_providers_routes, gateway_routes, authz_routes };
    char *name = operation_name(request);
    gboolean handled = FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(tables) && !handled; i++)
        for (const Route *route = tables[i]; route->operation; route++)
            if (!strcmp(route->operation, name)) {
                handled = route->handler(request);
                break;
            }
    g_free(name);
    return handled;
}

static void answer(Request *request, const char *body, size_t length)
{
    if (request->operation->body == KZ_BODY_FORM) {
        request->body = read_form(body, length);
    } else if (length) {
        json_tokener *parser = json_tokener_new();
        request->body = json_tokener_parse_ex(parser, body, (int)length);
        if (json_tokener_get_error(parser) == json_tokener_continue) /* a bare value ends where the text does */
            request->body = json_tokener_parse_ex(parser, "", 1);
        gboolean broken = json_tokener_get_error(parser) != json_tokener_success;
        json_tokener_free(parser);
        if (broken && request->operation->body == KZ_BODY_JSON) {
            request->status = 422;
            request->answer = json_tokener_parse(
                "{\"detail\":[{\"loc\":[\"body\",0],\"msg\":\"JSON decode error\",\"type\":\"json_invalid\"}]}");
            return;
        }
    }
    read_query(request);
    json_object *problems = check_request(request);
    if (problems) {
        request->status = 422;
        request->answer = json_object_new_object();
        json_object_object_add(request->answer, "detail", problems);
        return;
    }
    if (handle(request)) {
        state_save(request->emulator);
        return;
    }
    request->status = 200;
    if (request->operation->result)
        request->answer = sample(request->operation->result, request->emulator->seed ^ g_str_hash(request->operation->name), 0);
}

/* What a client is told that is not let in. */
static void challenge(Request *request, const char *why)
{
    gboolean tried = why && strcmp(why, NO_CREDENTIALS) != 0;
    char *text = tried ? g_strdup_printf("Bearer realm=\"kamiwaza\", error=\"invalid_token\", error_description=\"%s\"", why)
                       : g_strdup("Bearer realm=\"kamiwaza\"");
    reply_header(request, "WWW-Authenticate", text);
    g_free(text);
}

/* Fills in the answer. */
static void route(Request *request, const char *method, const char *path, const char *body, size_t length, const Fault *fault)
{
    gboolean other_verb = FALSE;
    const char *why = NULL;
    if (fault->status) {
        reply_error(request, fault->status, "This is a fault that was asked for");
    } else if (provide(request, method, path, body, length)) {
        return;
    } else if (!find(request, method, path, &other_verb)) {
        reply_error(request, other_verb ? 405 : 404, other_verb ? "Method Not Allowed" : "Not Found");
    } else {
        why = identify(request->emulator, request->connection, &request->user, &request->token);
        if (why && !(request->operation->flags & KZ_OP_NO_AUTH))
            reply_error(request, 401, why);
        else
            answer(request, body, length);
    }
    if (request->status == 401)
        challenge(request, why);
}

static enum MHD_Result serve_platform(Emulator *emulator, struct MHD_Connection *connection, const char *method, const char *url,
    const char *body, size_t length, const Fault *fault)
{
    Request request = { .emulator = emulator, .connection = connection, .args = json_object_new_object() };
    request.headers = g_ptr_array_new_with_free_func(g_free);
    g_mutex_lock(&emulator->lock);
    if (is_control_path(url))
        control(&request, method, url);
    else
        route(&request, method, g_str_has_prefix(url, "/api/") ? url + 4 : url, body, length, fault);
    char *text = request.answer
        ? g_strdup(json_object_to_json_string_ext(request.answer, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE))
        : g_strdup(request.status == 200 ? "null" : "");
    json_object_put(request.answer);
    json_object_put(request.body);
    json_object_put(request.args);
    g_mutex_unlock(&emulator->lock);
    char *name = operation_name(&request);
    note_request(emulator, connection, method, url, name, request.status);
    enum MHD_Result result = send_text(
        connection, request.status, "application/json", text, strlen(text), request.headers, fault);
    g_ptr_array_unref(request.headers);
    g_free(name);
    g_free(text);
    return result;
}

enum MHD_Result serve(
    Emulator *emulator, struct MHD_Connection *connection, const char *method, const char *url, const char *body, size_t length)
{
    Fault fault = is_control_path(url) ? (Fault){ 0 } : fault_of(emulator, connection, url);
    enum MHD_Result result;
    if (fault.delay)
        g_usleep((gulong)fault.delay * 1000);
    if (g_str_has_prefix(url, "/hub/") && !fault.status)
        result = send_file(emulator, connection, url + 5, &fault);
    else if (is_model_path(url))
        result = serve_model(emulator, connection, method, url, body, length, &fault);
    else
        result = serve_platform(emulator, connection, method, url, body, length, &fault);
    return fault.closes ? MHD_NO : result;
}
