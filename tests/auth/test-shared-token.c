/* test-shared-token.c: two processes that share a token which has ended, before a server that takes each refresh token once: one of them
 * renews, and both go on. Called with arguments it is one of those processes. */
#include "../wire/server.h"
#include "token-folder.h"

#include <kamiwaza/auth-plugin.h>
#include <kamiwaza/kinds.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the server ---- */

typedef struct Issuer {
    GMutex lock;
    GCond changed;
    int number; /* of the tokens in force */
    int renewals, reuses;
    bool holds;  /* renewals wait until it is false */
    int refused; /* calls */
    bool ended;  /* the first access token is refused */
} Issuer;

static char *answer(const char *status, const char *body)
{
    return g_strdup_printf(
        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, (int)strlen(body), body);
}

static char *renew(Issuer *issuer, const char *request)
{
    int number = -1;
    const char *body = strstr(request, "\r\n\r\n");
    while (issuer->holds)
        g_cond_wait(&issuer->changed, &issuer->lock);
    if (body && sscanf(body + 4, "refresh=%d", &number) == 1) {
        issuer->renewals++;
        if (number != issuer->number) {
            issuer->reuses++;
            return answer("400 Bad Request", "{\"error\":\"invalid_grant\"}");
        }
    }
    issuer->number++;
    g_autofree char *grant = g_strdup_printf("{\"number\":%d}", issuer->number);
    return answer("200 OK", grant);
}

static char *serve(const char *request, void *user)
{
    Issuer *issuer = user;
    g_mutex_lock(&issuer->lock);
    g_autofree char *due = g_strdup_printf("Authorization: Bearer access-%d\r\n", issuer->number);
    bool renews = g_str_has_prefix(request, "POST /token ");
    bool good = strstr(request, due) && !(issuer->ended && issuer->number == 1);
    issuer->refused += !good && !renews;
    g_cond_broadcast(&issuer->changed);
    char *text = renews ? renew(issuer, request)
        : good          ? answer("200 OK", "true")
                        : answer("401 Unauthorized", "{\"detail\":\"it has ended\"}");
    g_mutex_unlock(&issuer->lock);
    return text;
}

/* ---- the provider ---- */

static void *create(kz_provider *provider, kz_error **error)
{
    return kz_provider_keeps(provider, "ada", error) ? provider : NULL;
}

static kz_step acquire(void *self, kz_provider_step *step, kz_error **error)
{
    static _Thread_local char body[64];
    char token[64], memory[64];
    int number = 0;
    if (step->round == 0) {
        kz_json refresh = kz_json_member(step->memory, "refresh");
        snprintf(body, sizeof body, refresh.length ? "refresh=%.*s" : "first", (int)refresh.length, refresh.text);
        step->request = (kz_provider_http){
            .method = "POST", .url = kz_provider_value(self, "issuer"), .body = body, .body_length = strlen(body)
        };
        return KZ_STEP_REQUEST;
    }
    if (step->answer.status != 200 || sscanf(step->answer.body, "{\"number\":%d", &number) != 1) {
        kz_error_set(error, KZ_ERROR_AUTHENTICATION, NULL, "The issuer said %d.", (int)step->answer.status);
        return KZ_STEP_FAILED;
    }
    snprintf(token, sizeof token, "access-%d", number);
    snprintf(memory, sizeof memory, "{\"refresh\":%d}", number);
    const kz_provider_grant grant = {
        .size = sizeof grant, .token = token, .memory = { memory, strlen(memory) }, .lifetime = KZ_NUMBER(3600), .renewable = 1
    };
    return kz_provider_granted(step, &grant, error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
}

static const kz_provider_setting settings[] = { { .name = "issuer", .summary = "Where tokens are given out." } };
static const kz_provider_vtable rotating = { .size = sizeof rotating,
    .title = "Rotating",
    .settings = settings,
    .n_settings = G_N_ELEMENTS(settings),
    .create = create,
    .acquire = acquire };

/* ---- the processes ---- */

/* A client of this process makes one call. */
static bool call(const char *url, const char *path)
{
    kz_error *error = NULL;
    g_autofree char *issuer = g_strconcat(url, "/token", NULL);
    kz_config *config = kz_config_new(&error);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    kz_config_set(config, "base_url", url, &error);
    kz_config_set(config, "auth_issuer", issuer, &error);
    kz_config_set(config, "token_path", path, &error);
    kz_config_set_auth(config, "rotating", &rotating, NULL, &error);
    kz_client *client = kz_client_new(config, &error);
    kz_bool_value *value = kz_kinds_truth(kz_client_kinds(client, &error), NULL, &error);
    if (error)
        fprintf(stderr, "%s\n", error->message);
    bool good = value && !error;
    kz_free(value);
    kz_error_free(error);
    kz_client_free(client);
    kz_config_free(config);
    return good;
}

static GPid start(const char *url, const char *path, int *out)
{
    GPid pid;
    GError *error = NULL;
    char *arguments[] = { (char *)"/proc/self/exe", (char *)"call", (char *)url, (char *)path, NULL };
    g_spawn_async_with_pipes(NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, out, NULL, &error);
    g_assert_no_error(error);
    return pid;
}

/* The kept token says that it ended long ago. */
static void let_end(const char *path)
{
    g_autofree char *text = token_bytes(path);
    g_autoptr(GRegex) when = g_regex_new("(expires_at\\\\\":)[0-9]+", 0, 0, NULL);
    g_autofree char *past = g_regex_replace(when, text, -1, 0, "\\g<1>1000000000", 0, NULL);
    g_assert_cmpstr(past, !=, text);
    token_put(path, past, -1);
}

static void test_shared(gconstpointer data)
{
    bool by_time = GPOINTER_TO_INT(data);
    Issuer issuer = { 0 };
    TokenFolder f;
    GPid pids[2];
    int outs[2];
    g_mutex_init(&issuer.lock);
    g_cond_init(&issuer.changed);
    token_folder_begin(&f);
    WireServer *server = wire_start_function(serve, &issuer);
    g_assert_true(call(wire_url(server), f.path)); /* the first sign-in */
    g_assert_true(call(wire_url(server), f.path)); /* none: it is kept */
    g_assert_cmpint(issuer.number, ==, 1);
    if (by_time)
        let_end(f.path);
    issuer.ended = issuer.holds = true;
    for (int i = 0; i < 2; i++)
        pids[i] = start(wire_url(server), f.path, &outs[i]);
    for (int i = 0; i < 2; i++) { /* nothing is renewed before both are about to call */
        char byte;
        g_assert_cmpint(read(outs[i], &byte, 1), ==, 1);
        close(outs[i]);
    }
    g_mutex_lock(&issuer.lock);
    while (!by_time && issuer.refused < 2) /* both must renew, as far as they know */
        g_cond_wait(&issuer.changed, &issuer.lock);
    issuer.holds = false;
    g_cond_broadcast(&issuer.changed);
    g_mutex_unlock(&issuer.lock);
    for (int i = 0; i < 2; i++) {
        int status = 0;
        g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    }
    g_assert_cmpint(issuer.renewals, ==, 1);
    g_assert_cmpint(issuer.reuses, ==, 0);
    wire_stop(server);
    token_folder_end(&f);
    g_mutex_clear(&issuer.lock);
    g_cond_clear(&issuer.changed);
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "call"))
        return write(STDOUT_FILENO, "!", 1) != 1 || !call(argv[2], argv[3]);
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/shared-token/refused-by-the-server-it-is-renewed-once", GINT_TO_POINTER(0), test_shared);
    g_test_add_data_func("/shared-token/ended-by-its-time-it-is-renewed-once", GINT_TO_POINTER(1), test_shared);
    return g_test_run();
}
