/* auth_person.c: signing in and out, and looking at the credential: what a program asks for itself. These run on a loop of their own and
 * wait; a renewal that calls need meanwhile is another run. */
#include "auth.h"

#include "loop.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { AT_MOST = 600 * 1000 };

/* Waits for what the run waits for; false with the slot filled when the person or the time ends it. */
static bool wait_for(kzi_auth_run *run, kzi_loop *loop, const kz_sign_in *how, int64_t deadline, kz_error **error)
{
    kz_cancel *cancel = how ? how->cancel : NULL;
    int64_t now = kzi_now_ms(), until = run->wake_at && run->wake_at < deadline ? run->wake_at : deadline;
    if (kz_cancel_is_set(cancel))
        return kz_error_set(error, KZ_ERROR_CANCELLED, NULL, "The sign-in was cancelled.");
    if (now >= deadline)
        return kz_error_set(error, KZ_ERROR_TIMEOUT, NULL, "The sign-in was not finished in time; begin it anew.");
    int64_t wait = until > now ? until - now : 0;
    if (!run->wake_at) { /* a request is under way: the token is looked at now and then */
        enum { GLANCE = 100 };
        kzi_loop_turn(loop, cancel && wait > GLANCE ? GLANCE : wait);
        return true;
    }
    struct pollfd fds[2] = { { .fd = (int)run->step.fd, .events = POLLIN },
        { .fd = cancel ? cancel->fd : -1, .events = POLLIN } };
    poll(fds, 2, (int)(wait < 1000000 ? wait : 1000000));
    return true;
}

/* The run to its end; its credential is then in run->granted. */
static bool finish(kzi_auth_run *run, const kz_sign_in *how, kz_error **error)
{
    kz_client *client = run->auth->client;
    double limit = how && how->timeout.state == KZ_SET && how->timeout.value > 0 ? how->timeout.value * 1000 : AT_MOST;
    int64_t deadline = kzi_now_ms() + (int64_t)(limit < AT_MOST ? limit : AT_MOST);
    kzi_loop *loop = kzi_loop_acquire(client, error);
    kz_step step = KZ_STEP_WAIT;
    while (loop && step == KZ_STEP_WAIT) {
        step = kzi_auth_run_turn(run, loop, error);
        if (step == KZ_STEP_WAIT && !wait_for(run, loop, how, deadline, error))
            step = KZ_STEP_FAILED;
    }
    kzi_loop_release(loop);
    return step == KZ_STEP_DONE;
}

/* The provider of a client that may be asked, or NULL with the slot filled. */
static kz_provider *provider_of(kz_client *client, kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    if (!client) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "client", "Nobody signs in without a client.");
        return NULL;
    }
    return kzi_client_usable(client, error) && kzi_auth_prepare(client->auth, error) ? client->auth : NULL;
}

static kzi_auth_run *begin(kz_provider *auth, kz_provider_reason reason, kz_error **error)
{
    pthread_mutex_lock(&auth->lock);
    kzi_auth_run *run = kzi_auth_run_new(auth, reason, NULL, error);
    pthread_mutex_unlock(&auth->lock);
    return run;
}

static bool check_how(const kz_sign_in *how, kz_sign_in *own, kz_error **error)
{
    *own = (kz_sign_in){ .size = sizeof *own };
    if (!how)
        return true;
    if (how->size < offsetof(kz_sign_in, reserved) || how->way < KZ_SIGN_IN_ANY || how->way > KZ_SIGN_IN_SECRET)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "how", "A sign-in is told its size, and one of the ways there are.");
    memcpy(own, how, how->size < sizeof *own ? how->size : sizeof *own);
    return true;
}

bool kz_client_sign_in(kz_client *client, const kz_sign_in *how, kz_error **error)
{
    kz_sign_in person;
    kz_error *failure = NULL;
    kz_provider *auth = provider_of(client, error);
    if (!auth || !check_how(how, &person, error))
        return false;
    if (!auth->vtable || !KZI_AUTH_FUNCTION(auth, acquire))
        return kz_error_set(error, KZ_ERROR_CONFIG, "auth", "%s; set auth, for example to \"password\" or \"oauth\".",
            auth->vtable ? "The configured way to sign in needs no signing in" : "No way to sign in is configured");
    kzi_auth_run *run = begin(auth, KZ_PROVIDER_SIGN_IN, error);
    if (!run)
        return false;
    run->step.person = how ? &person : NULL;
    bool fine = finish(run, how ? &person : NULL, &failure);
    if (run->granted)
        kzi_auth_set_grant(auth, kzi_grant_ref(run->granted));
    kzi_auth_run_free(run);
    return fine || kz_error_move(error, &failure);
}

bool kz_client_sign_out(kz_client *client, kz_error **error)
{
    kz_provider *auth = provider_of(client, error);
    if (!auth)
        return false;
    if (!auth->vtable)
        return true;
    kzi_auth_run *run = begin(auth, KZ_PROVIDER_SIGN_OUT, error);
    if (!run)
        return false;
    run->forget = true;
    bool fine = finish(run, NULL, error);
    kzi_auth_run_free(run);
    kzi_auth_set_grant(auth, NULL);
    return fine;
}

/* ---- looking at it ---- */

static kz_credential *describe(kz_provider *auth, const kzi_grant *grant, kz_error **error)
{
    static const kz_schema schema = { .name = "kz_credential", .title = "credential", .size = sizeof(kz_credential) };
    const char *source = grant->source;
    if (auth->vtable == &kzi_auth_api_key)
        kzi_config_value(auth->client->config, "api_key", true, &source);
    else if (auth->vtable == &kzi_auth_bearer && kz_provider_value(auth, "token"))
        kzi_config_value(auth->client->config, "token", true, &source);
    kz_credential *credential = kz_result_new(&schema, sizeof *credential, error);
    if (!credential)
        return NULL;
    kz_error *failure = NULL;
    credential->provider = kz_result_string(credential, auth->name, SIZE_MAX, &failure);
    credential->user = kz_result_string(credential, grant->user, SIZE_MAX, &failure);
    const char *token = grant->token        ? grant->token
        : auth->vtable == &kzi_auth_api_key ? kz_provider_value(auth, "api_key")
                                            : NULL;
    credential->token = kz_result_string(credential, token, SIZE_MAX, &failure);
    credential->source = kz_result_string(credential, source, SIZE_MAX, &failure);
    if (grant->expires_at)
        credential->expires_at = KZ_INT(grant->expires_at);
    credential->renewable = KZ_BOOL(grant->renewable);
    if (!failure)
        return credential;
    kz_free(credential);
    kz_error_move(error, &failure);
    return NULL;
}

kz_credential *kz_client_credential(kz_client *client, kz_error **error)
{
    kz_provider *auth = provider_of(client, error);
    kzi_loop *loop = auth && auth->vtable ? kzi_loop_acquire(client, error) : NULL;
    if (!loop)
        return NULL;
    kzi_call call = { .client = kzi_client_hold(client),
        .method = "GET",
        .credential_only = true,
        .retry_after = -1,
        .should_retry = -1,
        .started_at = kzi_now_ms() };
    kzi_buffer_puts(&call.url, client->settings->base_url);
    if (!call.url.failed) {
        kzi_loop_add(loop, &call);
        kzi_loop_run(loop, &call);
    } else {
        kz_error_no_memory(&call.error);
    }
    kzi_grant *grant = kzi_grant_ref(call.grant);
    kzi_loop_remove(loop, &call);
    kzi_call_clear(&call);
    kzi_loop_release(loop);
    kz_credential *credential = call.error || !grant ? NULL : describe(auth, grant, error);
    kzi_grant_unref(grant);
    kz_error_move(error, &call.error);
    return credential;
}
