/* test-calls.c: a day of calls of every kind, at a server that repeats what it is sent in errors, at one that answers well, and at none. */
#include "core.h"
#include "stage.h"

#include <kamiwaza/auth.h>
#include <kamiwaza/cluster.h>
#include <kamiwaza/models.h>
#include <kamiwaza/openai.h>
#include <pthread.h>
#include <string.h>

static const kz_chat_message messages[] = { { .role = "user", .content = "Hello" } };
static const kz_chat_completion_params hello = { .model = "tiny", .messages = messages, .n_messages = 1 };

#define NOBODY "nobody" /* answers there */

static gboolean at_parrot; /* whose good answers are its own business */

static void take(Scene *s, const void *result)
{
    if (!at_parrot)
        seen_result(&s->seen, result);
}

/* ---- calls of every kind ---- */

static kz_flow_control see_item(kz_pending *pending, void *item, void *scene)
{
    (void)pending;
    take(scene, item);
    return KZ_GO_ON;
}

static void on_a_loop(Scene *s, kz_client *client, void *cluster, void *openai)
{
    kz_loop *loop = kz_loop_new(client, &s->error);
    kz_pending *calls[] = { kz_submit(loop, cluster, &kz_cluster_get_hostname_op, NULL, NULL, NULL, &s->error),
        kz_submit_stream(loop, openai, &kz_openai_chat_completions_create_stream_op, &hello, see_item, NULL, s, &s->error) };
    while (kz_loop_wait(loop, -1))
        ;
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        void *result = kz_pending_take(calls[i], &s->error);
        if (i == 0) {
            take(s, result);
            kz_free(result);
        }
        scene_error(s);
        kz_pending_free(calls[i]);
    }
    kz_loop_free(loop);
}

static void blocking(Scene *s, kz_client *client, void *cluster, void *openai, const kz_call_options *options)
{
    kz_json_value *name = kz_cluster_get_hostname(cluster, NULL, &s->error);
    take(s, name);
    kz_free(name);
    scene_error(s);
    kz_answer answer = { 0 };
    kz_call_by_name(client, "models.list", KZ_JSON("{}"), options, &answer, &s->error);
    take(s, answer.result);
    kz_free(answer.result);
    scene_error(s);
    kz_chat_completion *reply = kz_openai_chat_completions_create(openai, &hello, &s->error);
    take(s, reply);
    kz_free(reply);
    scene_error(s);
    kz_stream *stream = kz_openai_chat_completions_create_stream(openai, &hello, &s->error);
    for (void *item; stream && (item = kz_stream_next(stream, &s->error));)
        take(s, item);
    kz_stream_close(stream);
    scene_error(s);
}

/* Secrets that calls themselves send, in bodies and forms. */
static void sends_secrets(Scene *s, kz_client *client)
{
    char plain[SECRET_SIZE], role[200] = "";
    const char *roles[40];
    kz_auth *auth = kz_client_auth(client, &s->error);
    secret_plain(PASSWORD, plain);
    memset(role, 'r', sizeof role - 1);
    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++)
        roles[i] = role; /* the text outgrows what it began in */
    kz_free(kz_auth_create_user(auth,
        &(kz_auth_create_user_params){ .username = "bob", .password = plain, .roles = roles, .n_roles = G_N_ELEMENTS(roles) },
        &s->error));
    scene_error(s);
    kz_free(kz_auth_login_with_password(
        auth, &(kz_auth_login_with_password_params){ .username = "ada", .password = plain }, &s->error));
    scene_error(s);
    explicit_bzero(plain, sizeof plain);
}

static void live(Scene *s, kz_client *client, int rounds)
{
    char of_header[SECRET_SIZE], of_query[SECRET_SIZE];
    secret_plain(CALL_HEADER, of_header);
    secret_plain(CALL_QUERY, of_query);
    const kz_string_entry header = { "X-Secret", of_header }, query = { "secret", of_query };
    const kz_call_options options = { .headers = &header, .n_headers = 1, .query = &query, .n_query = 1 };
    kz_cluster *cluster = kz_client_cluster(client, &s->error), *cluster_with = kz_with_options(cluster, &options, &s->error);
    kz_openai *openai = kz_client_openai(client, &s->error), *openai_with = kz_with_options(openai, &options, &s->error);
    scene_good(s);
    for (int i = 0; i < rounds; i++) {
        blocking(s, client, i % 2 ? cluster_with : cluster, i % 2 ? openai_with : openai, &options);
        on_a_loop(s, client, i % 2 ? cluster : cluster_with, i % 2 ? openai : openai_with);
        sends_secrets(s, client);
    }
    kz_service_free(cluster_with);
    kz_service_free(openai_with);
    explicit_bzero(of_header, sizeof of_header);
    explicit_bzero(of_query, sizeof of_query);
}

/* ---- a client with all secrets there are ---- */

static kz_client *client_of(Scene *s, const char *where, const char *path, const char *setting, Secret credential)
{
    g_autofree char *url = scene_url(where, path), *openai = scene_url(where, "/v1");
    kz_config *config = scene_config(s, url);
    kz_config_set(config, "hub_url", url, &s->error);
    kz_config_set(config, "openai_base_url", *path ? openai : url, &s->error);
    scene_secret(s, config, setting, "", credential, "");
    scene_secret(s, config, "hub_token", "", HUB_TOKEN, "");
    scene_secret(s, config, "client_key_password", "", KEY_PASSWORD, "");
    scene_secret(s, config, "headers", "X-Extra: ", OF_HEADERS, "");
    return scene_client(s, config);
}

static void at_the_parrot(const char *setting, Secret credential)
{
    Scene s;
    at_parrot = TRUE;
    scene_begin(&s);
    kz_client *client = client_of(&s, STAGE_PARROT, "", setting, credential);
    live(&s, client, 12);
    scene_holds(credential);
    kz_client_free(client);
    g_assert_cmpuint(s.seen.errors, >, 40);
    client = client_of(&s, STAGE_PARROT, "/moved", setting, credential); /* to another origin */
    kz_json_value *name = kz_cluster_get_hostname(kz_client_cluster(client, &s.error), NULL, &s.error);
    g_assert_nonnull(name);
    kz_free(name);
    kz_client_free(client);
    client = client_of(&s, NOBODY, "", setting, credential);
    live(&s, client, 2);
    kz_client_free(client);
    scene_end(&s);
}

static void test_errors_with_a_key(void)
{
    at_the_parrot("api_key", API_KEY);
}

static void test_errors_with_a_token(void)
{
    at_the_parrot("token", BEARER);
}

typedef struct Visit {
    Scene *scene;
    kz_client *client;
} Visit;

/* A token that the platform gives out, which is then used. */
static void with_a_personal_token(Scene *s, kz_client *client)
{
    g_autofree char *url = scene_url(STAGE_RELAY, "/api");
    const kz_auth_create_pat_params params = { .name = "nightly" };
    kz_created_pat *pat = kz_auth_create_pat(kz_client_auth(client, &s->error), &params, &s->error);
    scene_good(s);
    kz_config *config = scene_config(s, url);
    kz_config_set(config, "token", pat->token, &s->error);
    kz_client *other = scene_client(s, config);
    kz_free(pat);
    kz_auth *auth = kz_client_auth(other, &s->error);
    void *results[] = { kz_auth_get_current_user(auth, NULL, &s->error), kz_auth_list_pats(auth, NULL, &s->error) };
    for (gsize i = 0; i < G_N_ELEMENTS(results); i++) {
        seen_result(&s->seen, results[i]);
        kz_free(results[i]);
    }
    scene_good(s);
    kz_client_free(other);
}

/* Its stack is left to the C library when it ends. */
static void *on_a_thread(void *data)
{
    const Visit *visit = data;
    live(visit->scene, visit->client, 2);
    return NULL;
}

static void test_results(void)
{
    Scene s;
    scene_begin(&s);
    kz_client *client = client_of(&s, STAGE_RELAY, "/api", "api_key", API_KEY);
    live(&s, client, 2);
    Visit visit = { &s, client };
    pthread_t thread;
    g_assert_cmpint(pthread_create(&thread, NULL, on_a_thread, &visit), ==, 0);
    pthread_join(thread, NULL);
    with_a_personal_token(&s, client);
    kz_client_free(client);
    g_assert_cmpuint(s.seen.results, >, 20);
    scene_end(&s);
    g_assert_cmpuint(secrets_known("token"), >, 0);
}

static void test_day(gconstpointer scene)
{
    Stage stage;
    stage_begin(&stage);
    stage_tell(NOBODY, "http://127.0.0.1:9");
    stage_play(&stage, scene);
    bool good = strstr(scene, "results");
    bool arrived = false;
    for (guint i = 0; i < wire_count(stage.parrot); i++) {
        const char *request = wire_request(stage.parrot, i);
        arrived |= secret_is_in(strstr(scene, "key") ? API_KEY : BEARER, request, strlen(request));
        g_assert_nonnull(strstr(request, "\r\nAccept-Encoding: deflate, gzip\r\n")); /* the others' memory is not wiped */
    }
    g_assert_true(arrived || good); /* the parrot had something to repeat */
    g_assert_cmpuint(wire_count(stage.elsewhere), ==, good ? 0 : 1);
    stage_end(&stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secrets/key/subprocess", test_errors_with_a_key);
    g_test_add_func("/secrets/token/subprocess", test_errors_with_a_token);
    g_test_add_func("/secrets/results/subprocess", test_results);
    g_test_add_data_func("/secrets/errors-of-a-client-with-a-key", "/secrets/key/subprocess", test_day);
    g_test_add_data_func("/secrets/errors-of-a-client-with-a-token", "/secrets/token/subprocess", test_day);
    g_test_add_data_func("/secrets/results-of-good-calls", "/secrets/results/subprocess", test_day);
    return g_test_run();
}
