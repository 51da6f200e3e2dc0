/* test-crowd.c: sixty-four threads with one client that nobody has used yet and that has to sign in: every service, some threads blocking,
 * some with streams, some on loops of their own, while access tokens end. What is to happen once is counted: plugins loaded, services
 * made, sign-ins, renewals; and connections, at the server. The thread sanitizer looks on. */
#include "../services/emulator.h"
#include "fixture.h"
#include "loads.h"

#include <kamiwaza/async.h>
#include <kamiwaza/auth.h>
#include <kamiwaza/authz.h>
#include <kamiwaza/cluster.h>
#include <kamiwaza/models.h>
#include <kamiwaza/openai.h>
#include <kamiwaza/serving.h>
#include <pthread.h>
#include <string.h>

enum { THREADS = 64, ROUNDS = 3, SERVICES = 6 };

static const kz_authz_check_access_params may_ann = { .subject = &(kz_authz_subject){ .namespace_ = "user", .id = "ann" },
    .relation = "viewer",
    .object = &(kz_authz_object){ .namespace_ = "model", .id = "m" } };

/* ---- the crowd ---- */

typedef struct Crowd {
    kz_client *client;
    const char *url;
    pthread_barrier_t gate; /* of all members and the test itself */
} Crowd;

typedef struct Member {
    Crowd *crowd;
    int number;
    pthread_t thread;
    void *services[SERVICES]; /* as this thread got them: models, serving, cluster, auth, authz, openai */
    kz_loop *loop;
    kz_error *error;
} Member;

/* All are here. */
static void meet(Crowd *crowd)
{
    pthread_barrier_wait(&crowd->gate);
}

static void get_services(Member *m)
{
    kz_client *client = m->crowd->client;
    m->services[0] = kz_client_models(client, &m->error);
    m->services[1] = kz_client_serving(client, &m->error);
    m->services[2] = kz_client_cluster(client, &m->error);
    m->services[3] = kz_client_auth(client, &m->error);
    m->services[4] = kz_client_authz(client, &m->error);
    m->services[5] = kz_client_openai(client, &m->error);
    no_error(m->error);
}

static void ask_name(Member *m)
{
    kz_free(kz_cluster_get_hostname(m->services[2], NULL, &m->error));
    no_error(m->error);
}

static void call_each(Member *m)
{
    kz_free(kz_models_list(m->services[0], NULL, &m->error));
    kz_free(kz_serving_list_deployments(m->services[1], NULL, &m->error));
    kz_free(kz_cluster_get_hostname(m->services[2], NULL, &m->error));
    kz_free(kz_auth_get_current_user(m->services[3], NULL, &m->error));
    kz_free(kz_authz_check_access(m->services[4], &may_ann, &m->error));
    kz_free(kz_openai_chat_completions_create(m->services[5], &hello, &m->error));
}

/* A stream that has begun, and its end. */
static kz_stream *begin_stream(Member *m)
{
    kz_stream *chunks = kz_openai_chat_completions_create_stream(m->services[5], &hello, &m->error);
    g_assert_true(m->error || kz_stream_next(chunks, &m->error));
    no_error(m->error);
    return chunks;
}

static void end_stream(Member *m, kz_stream *chunks)
{
    int n = 0;
    while (kz_stream_next(chunks, &m->error))
        n++;
    kz_stream_close(chunks);
    no_error(m->error);
    g_assert_cmpint(n, >, 0);
}

static kz_flow_control count(kz_pending *pending, void *item, void *user)
{
    (void)pending, (void)item;
    ++*(int *)user;
    return KZ_GO_ON;
}

static void finish(kz_pending *pending, bool content, kz_error **error)
{
    void *result = kz_pending_take(pending, error);
    if (content)
        kz_free(result);
    kz_pending_free(pending);
}

static void on_the_loop(Member *m)
{
    int n = 0;
    kz_error **error = &m->error;
    kz_pending *calls[] = { kz_submit(m->loop, m->services[0], &kz_models_list_op, NULL, NULL, NULL, error),
        kz_submit(m->loop, m->services[1], &kz_serving_list_deployments_op, NULL, NULL, NULL, error),
        kz_submit(m->loop, m->services[2], &kz_cluster_get_hostname_op, NULL, NULL, NULL, error),
        kz_submit(m->loop, m->services[3], &kz_auth_get_current_user_op, NULL, NULL, NULL, error),
        kz_submit(m->loop, m->services[4], &kz_authz_check_access_op, &may_ann, NULL, NULL, error) };
    kz_pending *chunks = kz_submit_stream(
        m->loop, m->services[5], &kz_openai_chat_completions_create_stream_op, &hello, count, NULL, &n, error);
    while (kz_loop_wait(m->loop, -1))
        ;
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++)
        finish(calls[i], true, error);
    finish(chunks, false, error);
    no_error(*error);
    g_assert_cmpint(n, >, 1);
}

/* The same calls in each round. */
static void call_as_it_is_used_to(Member *m)
{
    if (m->loop)
        on_the_loop(m);
    else if (m->number % 3 == 1)
        end_stream(m, begin_stream(m));
    else
        call_each(m);
    no_error(m->error);
}

/* All that do not have a loop hold one of the client's at the same time, so the client has as many as it will ever need. */
static void warm_up(Member *m)
{
    kz_stream *chunks = NULL;
    if (m->loop)
        on_the_loop(m);
    else
        chunks = begin_stream(m);
    meet(m->crowd);
    if (chunks)
        end_stream(m, chunks);
}

/* Access tokens end while the others are anywhere in their calls. */
static void end_tokens(Crowd *crowd)
{
    char *answer = emulator_ask(crowd->url, "POST /emulator/end-tokens", NULL, NULL);
    g_assert_nonnull(strstr(answer, "{\"ended\":1}"));
    g_free(answer);
}

/* The parts of a member's work: each begins and ends for all at once, and in between the test looks at what came of it. */
static void arrive(Member *m)
{
    get_services(m);
    ask_name(m);
    if (m->number % 3 == 2)
        m->loop = kz_loop_new(m->crowd->client, &m->error);
    no_error(m->error);
}

static void go_a_round(Member *m)
{
    call_as_it_is_used_to(m);
    if (!m->number)
        end_tokens(m->crowd);
    call_as_it_is_used_to(m);
}

static void *run_member(void *data)
{
    Member *m = data;
    for (int part = 0; part < 2 + ROUNDS; part++) {
        meet(m->crowd);
        if (part == 0)
            arrive(m);
        else if (part == 1)
            warm_up(m);
        else
            go_a_round(m);
        meet(m->crowd);
    }
    kz_loop_free(m->loop);
    return NULL;
}

/* ---- the test ---- */

static gint64 executed(const Crowd *crowd, const char *operation)
{
    return emulator_count(crowd->url, operation);
}

static void observe(Crowd *crowd)
{
    enum { BLOCKING = (THREADS + 2) / 3, LOOPS = THREADS / 3, AT_ONCE = 6 };
    meet(crowd); /* all arrive at once */
    meet(crowd);
    g_assert_cmpint(executed(crowd, "auth.login_with_password"), ==, 1);
    g_assert_cmpint(executed(crowd, "cluster.get_hostname"), ==, THREADS);
    g_assert_cmpint(emulator_count(crowd->url, "connections"), <=, THREADS);
    meet(crowd);
    meet(crowd); /* within warm_up() */
    meet(crowd);
    gint64 warm = emulator_count(crowd->url, "connections"), names = executed(crowd, "cluster.get_hostname");
    g_assert_cmpint(warm, <=, THREADS + LOOPS * AT_ONCE);
    for (int i = 1; i <= ROUNDS; i++) {
        meet(crowd);
        meet(crowd);
        g_assert_cmpint(emulator_count(crowd->url, "connections"), ==, warm);
        g_assert_cmpint(executed(crowd, "auth.refresh_access_token"), ==, i);
        g_assert_cmpint(executed(crowd, "cluster.get_hostname"), ==, names + 2 * i * (BLOCKING + LOOPS));
    }
    g_assert_cmpint(executed(crowd, "auth.login_with_password"), ==, 1);
    g_test_message("%d connections, %d renewals", (int)warm, ROUNDS);
}

static kz_client *client_that_signs_in(const char *url, Loads *loads)
{
    kz_error *error = NULL;
    char *models = g_strdup_printf("%.*s/v1", (int)(strlen(url) - strlen("/api")), url);
    const char *const settings[] = { "auth", "password", "username", "ann", "password", "secret", "token_store", "none",
        "openai_base_url", models, "max_retries", "0", "max_connections", "64", NULL };
    kz_config *config = emulator_config(url, settings, &error);
    kz_config_set_log(config, loads_note, loads, KZ_LOG_TRACE, &error);
    kz_client *client = kz_client_new(config, &error);
    no_error(error);
    kz_config_free(config);
    g_free(models);
    return client;
}

static void test_crowd(void)
{
    static Member members[THREADS];
    static Loads loads = LOADS;
    char *url;
    GSubprocess *emulator = emulator_start(
        (const char *const[]){ "--model", "tiny", "--require-auth", "--user", "ann:secret", NULL }, &url);
    Crowd crowd = { .client = client_that_signs_in(url, &loads), .url = url };
    pthread_barrier_init(&crowd.gate, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) {
        members[i] = (Member){ .crowd = &crowd, .number = i };
        g_assert_cmpint(pthread_create(&members[i].thread, NULL, run_member, &members[i]), ==, 0);
    }
    observe(&crowd);
    for (int i = 0; i < THREADS; i++)
        pthread_join(members[i].thread, NULL);
    for (int i = 0; i < THREADS; i++)
        g_assert_cmpmem(members[i].services, sizeof members[i].services, members[0].services, sizeof members[0].services);
    loads_check(&loads, 1, SERVICES, 1);
    pthread_barrier_destroy(&crowd.gate);
    kz_client_free(crowd.client);
    emulator_stop(emulator);
    g_free(url);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crowd/sixty-four-threads-every-service-and-way-to-call", test_crowd);
    return g_test_run();
}
