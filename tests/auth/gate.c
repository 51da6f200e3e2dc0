/* gate.c: see gate.h. */
#include "gate.h"

#include <stdio.h>
#include <stdlib.h>

static char *answer(const char *status, const char *headers, const char *body)
{
    return g_strdup_printf("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s", status,
        (int)strlen(body), headers, body);
}

/* Two events, the second held back. */
#define EVENTS                                                                                                      \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 30\r\n\r\ndata: {\"n\":1}\n\n" WIRE_MARK \
    "data: {\"n\":2}\n\n"

static char *give_token(Gate *gate)
{
    gate->asked++;
    while (gate->holds)
        g_cond_wait(&gate->changed, &gate->lock);
    if (gate->broken)
        return answer("400 Bad Request", "", "{\"error\":\"invalid_grant\",\"error_description\":\"the gate is shut\"}");
    gate->tokens++;
    g_autofree char *body = gate->lifetime
        ? g_strdup_printf("{\"token\":\"secret-%d\",\"lifetime\":%d}", gate->epoch, gate->lifetime)
        : g_strdup_printf("{\"token\":\"secret-%d\",\"access_token\":\"secret-%d\"}", gate->epoch, gate->epoch);
    return answer("200 OK", "", body);
}

static char *let_in(Gate *gate, const char *request)
{
    g_autofree char *due = g_strdup_printf("Authorization: Bearer secret-%d\r\n", gate->epoch);
    if (gate->moved) {
        g_autofree char *to = g_strdup_printf("Location: %s/elsewhere\r\n", gate->moved);
        return answer("307 Temporary Redirect", to, "{}");
    }
    if (gate->flaky > 0) {
        gate->flaky--;
        return answer("503 Service Unavailable", "Retry-After: 0\r\n", "{}");
    }
    if (!gate->stubborn && strstr(request, due))
        return g_str_has_prefix(request, "GET /events ") ? g_strdup(EVENTS) : answer("200 OK", "", "true");
    gate->refused++;
    g_cond_broadcast(&gate->changed);
    while (gate->refused < gate->crowd)
        g_cond_wait(&gate->changed, &gate->lock);
    return answer("401 Unauthorized", "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n", "{\"detail\":\"who are you?\"}");
}

static char *serve(const char *request, void *user)
{
    Gate *gate = user;
    g_mutex_lock(&gate->lock);
    char *text = g_str_has_prefix(request, "POST /token") ? give_token(gate) : let_in(gate, request);
    g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->lock);
    return text;
}

/* ---- the provider ---- */

static void *create(kz_provider *provider, kz_error **error)
{
    if (kz_provider_value(provider, "issuer"))
        return provider;
    kz_error_set(error, KZ_ERROR_CONFIG, "auth_issuer", "The turnstile needs auth_issuer.");
    return NULL;
}

static kz_step acquire(void *self, kz_provider_step *step, kz_error **error)
{
    char token[64] = "", what[64] = "";
    int lifetime = 0;
    if (step->round == 0) {
        step->request = (kz_provider_http){
            .method = "POST", .url = kz_provider_value(self, "issuer"), .body = "grant=please", .body_length = 12
        };
        return KZ_STEP_REQUEST;
    }
    if (!step->answer.status) {
        kz_error_set(error, KZ_ERROR_CONNECTION, NULL, "%s", step->answer.failure->message);
        return KZ_STEP_FAILED;
    }
    if (sscanf(step->answer.body, "{\"error\":\"%63[^\"]", what) == 1) {
        kz_error_set(error, KZ_ERROR_AUTHENTICATION, NULL, "The turnstile said %s.", what);
        return KZ_STEP_FAILED;
    }
    sscanf(step->answer.body, "{\"token\":\"%63[^\"]\",\"lifetime\":%d", token, &lifetime);
    kz_provider_grant grant = { .size = sizeof grant, .token = token, .renewable = 1, .user = "ada" };
    if (lifetime)
        grant.lifetime = KZ_NUMBER(lifetime);
    bool granted = kz_provider_granted(step, &grant, error);
    kz_wipe(token, sizeof token);
    return granted ? KZ_STEP_DONE : KZ_STEP_FAILED;
}

static const kz_provider_setting settings[] = { { .name = "issuer", .summary = "Where tokens are given out." },
    { .name = "client_secret", .summary = "A secret.", .secret = 1 } };

const kz_provider_vtable turnstile = { .size = sizeof turnstile,
    .title = "Turnstile",
    .settings = settings,
    .n_settings = G_N_ELEMENTS(settings),
    .create = create,
    .acquire = acquire };

/* ---- the visit ---- */

static void open_client(Visit *v, const kz_provider_vtable *vtable, const char *const *values)
{
    g_autofree char *issuer = g_strconcat(wire_url(v->gate.server), "/token", NULL);
    kz_config *config = kz_config_new(&v->error);
    kz_config_set_isolated(config, true, &v->error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &v->error);
    kz_config_set(config, "base_url", wire_url(v->gate.server), &v->error);
    kz_config_set(config, "auth_issuer", issuer, &v->error);
    for (; values && *values; values += 2)
        kz_config_set(config, values[0], values[1], &v->error);
    if (vtable)
        kz_config_set_auth(config, "turnstile", vtable, v, &v->error);
    v->client = kz_client_new(config, &v->error);
    v->kinds = kz_client_kinds(v->client, &v->error);
    kz_config_free(config);
    fine(v);
}

void visit_begin(Visit *v, const kz_provider_vtable *vtable, const char *const *values)
{
    *v = (Visit){ .gate.epoch = 1 };
    g_mutex_init(&v->gate.lock);
    g_cond_init(&v->gate.changed);
    v->gate.server = wire_start_function(serve, &v->gate);
    open_client(v, vtable, values);
}

void visit_again(Visit *v, const kz_provider_vtable *vtable, const char *const *values)
{
    kz_client_free(v->client);
    open_client(v, vtable, values);
}

void visit_end(Visit *v)
{
    fine(v);
    kz_client_free(v->client);
    wire_stop(v->gate.server);
    g_mutex_clear(&v->gate.lock);
    g_cond_clear(&v->gate.changed);
}

void fine(const Visit *v)
{
    if (v->error)
        g_error("%s: %s", kz_error_class(v->error->code), v->error->message);
}

void expect(Visit *v, int code, const char *text)
{
    g_assert_nonnull(v->error);
    if (!kz_error_is(v->error, code) || !strstr(v->error->message, text) || strstr(v->error->message, "secret-"))
        g_error("%s: %s", kz_error_class(v->error->code), v->error->message);
    kz_error_clear(&v->error);
}

bool call(Visit *v, kz_error **error)
{
    kz_bool_value *value = kz_kinds_truth(v->kinds, NULL, error);
    bool good = value != NULL;
    kz_free(value);
    return good;
}

void wait_requests(Visit *v, guint n)
{
    wire_wait(v->gate.server, n);
}

void set_epoch(Visit *v, int epoch)
{
    g_mutex_lock(&v->gate.lock);
    v->gate.epoch = epoch;
    g_mutex_unlock(&v->gate.lock);
}

void release_tokens(Visit *v, bool holds)
{
    g_mutex_lock(&v->gate.lock);
    v->gate.holds = holds;
    g_cond_broadcast(&v->gate.changed);
    g_mutex_unlock(&v->gate.lock);
}
