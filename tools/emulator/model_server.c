/* model_server.c: from a path to the part that answers it, below /v1 (all models) and /runtime/models/ID/v1 (one deployment); what
 * engines have beside the OpenAI interface is found with and without the /v1. */
#include "model.h"
#include "sign_in.h"

#include <string.h>

typedef struct ModelRoute {
    const char *verb, *path;
    gboolean has_tail, has_model; /* an id follows; the body names the model */
    CallHandler handler;
} ModelRoute;

static const ModelRoute routes[] = {
    { "POST", "/chat/completions", FALSE, TRUE, chat_completions },
    { "POST", "/completions", FALSE, TRUE, completions },
    { "POST", "/embeddings", FALSE, TRUE, embeddings },
    { "POST", "/responses", FALSE, TRUE, create_response },
    { "POST", "/audio/speech", FALSE, TRUE, speech },
    { "POST", "/rerank", FALSE, FALSE, rerank },
    { "POST", "/tokenize", FALSE, FALSE, tokenize },
    { "POST", "/detokenize", FALSE, FALSE, detokenize },
    { "GET", "/models", FALSE, FALSE, list_models },
    { "GET", "/models/", TRUE, FALSE, get_model },
};

/* The part of the URL after its endpoint; *deployment receives the id within it, or NULL. NULL: no path of a model. */
static const char *inner_path(const char *url, char **deployment)
{
    static const char *const beside[] = { "/tokenize", "/detokenize", "/rerank" };
    *deployment = NULL;
    if (g_str_has_prefix(url, "/runtime/models/")) {
        const char *id = url + 16, *end = strchr(id, '/');
        if (!end || end == id)
            return NULL;
        *deployment = g_strndup(id, (gsize)(end - id));
        return g_str_has_prefix(end, "/v1/") ? end + 3 : end;
    }
    if (g_str_has_prefix(url, "/v1/"))
        return url + 3;
    for (size_t i = 0; i < G_N_ELEMENTS(beside); i++)
        if (!strcmp(url, beside[i]))
            return url;
    return NULL;
}

gboolean is_model_path(const char *url)
{
    char *deployment;
    const char *path = inner_path(url, &deployment);
    g_free(deployment);
    return path != NULL;
}

static const ModelRoute *find_route(const char *verb, const char *path, gboolean *other_verb)
{
    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
        const ModelRoute *route = &routes[i];
        if (route->has_tail ? !g_str_has_prefix(path, route->path) || !path[strlen(route->path)] : strcmp(path, route->path) != 0)
            continue;
        if (!strcmp(route->verb, verb) || !strcmp(route->verb, "*"))
            return route;
        *other_verb = TRUE;
    }
    return NULL;
}

static json_object *parse(const char *text, size_t length)
{
    json_tokener *parser = json_tokener_new();
    json_object *value = length ? json_tokener_parse_ex(parser, text, (int)length) : NULL;
    gboolean fine = json_tokener_get_error(parser) == json_tokener_success && json_object_is_type(value, json_type_object);
    json_tokener_free(parser);
    if (fine)
        return value;
    json_object_put(value);
    return NULL;
}

/* The model that the body names has to be there. */
static gboolean check_model(Call *call, enum MHD_Result *result)
{
    json_object *name = member(call->body, "model");
    call->model = name ? text_of(call->body, "model") : call->deployment ? "model" : NULL;
    if (!call->model || !*call->model) {
        *result = send_error(call, 400, "model", NULL, "The request names no model: \"model\" has to be a text.");
        return FALSE;
    }
    int status = model_status(call, call->model);
    if (status == 404)
        *result = send_error(call, 404, "model", "model_not_found", "There is no model \"%s\" here.", call->model);
    else if (status == 503)
        *result = send_error(call, 503, NULL, NULL, "The model \"%s\" is still loading.", call->model);
    return status == 200;
}

static gboolean is_let_in(Call *call)
{
    json_object *user, *token;
    g_mutex_lock(&call->emulator->lock);
    gboolean fine = !identify(call->emulator, call->connection, &user, &token);
    g_mutex_unlock(&call->emulator->lock);
    return fine;
}

static enum MHD_Result answer(Call *call, const char *body, size_t length)
{
    gboolean other_verb = FALSE;
    const ModelRoute *route = find_route(call->verb, call->path, &other_verb);
    enum MHD_Result result = MHD_NO;
    if (call->fault->status)
        return send_error(call, call->fault->status, NULL, NULL, "This is a fault that was asked for.");
    if (!is_let_in(call))
        return send_error(call, 401, NULL, "invalid_api_key", "The key is not one that is let in.");
    if (!route && other_verb)
        return send_error(call, 405, NULL, NULL, "%s is not possible here.", call->verb);
    if (!route)
        return send_error(call, 404, NULL, NULL, "There is no %s here.", call->path);
    call->operation = route->path;
    if (route->has_tail)
        call->tail = call->path + strlen(route->path);
    if (!strcmp(call->verb, "POST") && length && !(call->body = parse(body, length)))
        return send_error(call, 400, NULL, NULL, "The body of the request could not be read as a JSON object.");
    if (route->has_model && !call->body)
        return send_error(call, 400, NULL, NULL, "The request has no body.");
    if (route->has_model && !check_model(call, &result))
        return result;
    return route->handler(call);
}

enum MHD_Result serve_model(Emulator *emulator, struct MHD_Connection *connection, const char *method, const char *url,
    const char *body, size_t length, const Fault *fault)
{
    static gint count;
    Call call = { .emulator = emulator, .connection = connection, .fault = fault, .verb = method };
    call.path = inner_path(url, &call.deployment);
    call.request_id = g_strdup_printf("req_%08x%08x", (guint)emulator->seed, (guint)g_atomic_int_add(&count, 1));
    enum MHD_Result result = answer(&call, body, length);
    note_request(emulator, connection, method, url, call.operation, call.status);
    json_object_put(call.body);
    g_free(call.request_id);
    g_free(call.deployment);
    return result;
}
