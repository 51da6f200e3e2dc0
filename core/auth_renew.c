/* auth_renew.c: one renewal serves all calls. The first call that needs a credential leads: its thread takes the provider's steps, on its
 * own loop; the others wait and are told. When the leader ends before the renewal does (cancelled, out of time), another goes on. While a
 * credential that is about to end is renewed ahead of time, the others go on with it. */
#include "auth.h"

#include "loop.h"

enum { SOON_AGAIN = 5000, LOOK_IN = 20 };

/* Under the lock: hands every waiting call the outcome, once each. */
static void tell(kz_provider *auth, const kz_error *failure)
{
    while (auth->waiters) {
        kzi_call *call = auth->waiters;
        auth->waiters = call->auth_next;
        call->auth_role = KZI_AUTH_TOLD;
        call->auth_error = kz_error_copy(failure);
        kzi_call_nudge(call);
    }
}

static void unlist(kzi_call *call)
{
    kzi_call **link = &call->client->auth->waiters;
    while (*link != call)
        link = &(*link)->auth_next;
    *link = call->auth_next;
    call->auth_role = KZI_AUTH_NONE;
}

/* The renewal is over: its credential is in force, or the reason is known. */
static void conclude(kz_provider *auth, kzi_auth_run *run, kz_error *failure)
{
    uint64_t renewed = run->before ? run->before->number : 0;
    if (run->granted && !failure)
        kzi_auth_set_grant(auth, kzi_grant_ref(run->granted));
    pthread_mutex_lock(&auth->lock);
    auth->renewal = NULL;
    kz_error_clear(&auth->failure);
    if (failure) {
        auth->failure = kz_error_copy(failure);
        auth->failure_of = renewed;
        auth->n_failures++;
        auth->not_before = run->forget && auth->grant ? auth->grant->ends_at : kzi_boot_ms() + SOON_AGAIN;
    }
    tell(auth, failure);
    pthread_mutex_unlock(&auth->lock);
    kzi_auth_run_free(run);
}

/* The call has part in no renewal any more: it goes on with the credential in force, or ends with `failure` (taken over). */
static kzi_step go_on(kzi_call *call, kz_error *failure)
{
    call->auth_role = KZI_AUTH_NONE;
    call->wake_at = 0;
    kzi_grant_unref(call->grant);
    call->grant = kzi_auth_grant(call->client->auth);
    if (!failure)
        return KZI_NEXT;
    kz_error_clear(&call->error);
    call->error = failure;
    return KZI_END;
}

/* The leader's thread takes steps. */
static kzi_step lead(kzi_call *call)
{
    kz_provider *auth = call->client->auth;
    kzi_auth_run *run = auth->renewal;
    kz_error *failure = NULL;
    bool ahead = run->step.reason == KZ_PROVIDER_ENDING;
    if (run->request_loop && run->request_loop != call->loop)
        kzi_loop_pump(call->client, run->request_loop);
    if (kzi_auth_run_turn(run, call->loop, &failure) == KZ_STEP_WAIT) {
        bool elsewhere = !run->wake_at && run->request_loop != call->loop;
        call->wake_at = elsewhere ? kzi_now_ms() + LOOK_IN : run->wake_at;
        return KZI_WAIT;
    }
    conclude(auth, run, failure);
    kzi_grant *still = failure && ahead ? kzi_auth_grant(auth) : NULL;
    if (kzi_grant_is_good(still)) /* it is not needed yet */
        kz_error_clear(&failure);
    kzi_grant_unref(still);
    return go_on(call, failure);
}

/* What a call that waited was told. */
static kzi_step told(kzi_call *call)
{
    kz_error *failure = call->auth_error;
    call->auth_error = NULL;
    return go_on(call, failure);
}

/* Under the lock: what this call, whose credential `refused` the server did not take, is to do. */
typedef enum { USE, LEAD, JOIN, STAND, FAILED } choice;
static choice choose(kz_provider *auth, kzi_call *call, uint64_t refused, const char *challenge, kz_error **error)
{
    const kzi_grant *grant = auth->grant;
    bool fresh = grant && grant->number != refused, good = fresh && kzi_grant_is_good(grant);
    bool ending = good && kzi_grant_is_ending(grant);
    if (good && !ending)
        return USE;
    if (ending && (auth->renewal || !grant->renewable || kzi_boot_ms() < auth->not_before))
        return USE;
    if (refused && grant && !fresh && !grant->renewable)
        return STAND;
    if (auth->renewal)
        return auth->renewal->leader ? JOIN : LEAD;
    if (auth->failure && refused && auth->failure_of == refused && call->auth_seen != auth->n_failures) {
        *error = kz_error_copy(auth->failure); /* the renewal that this call would have waited for */
        return FAILED;
    }
    kz_provider_reason reason = fresh ? KZ_PROVIDER_ENDING : grant ? KZ_PROVIDER_REFUSED : KZ_PROVIDER_FIRST;
    auth->renewal = kzi_auth_run_new(auth, reason, challenge, error);
    return auth->renewal ? LEAD : FAILED;
}

/* Under the lock: the part that the call takes from now on. */
static void take_part(kz_provider *auth, kzi_call *call, choice what)
{
    switch (what) {
    case LEAD:
        call->auth_role = KZI_AUTH_LEADER;
        auth->renewal->leader = call;
        break;
    case JOIN:
        call->auth_role = KZI_AUTH_WAITER;
        call->auth_next = auth->waiters;
        auth->waiters = call;
        break;
    case USE:
        kzi_grant_unref(call->grant);
        call->grant = kzi_grant_ref(auth->grant);
        call->auth_seen = auth->n_failures;
        break;
    case STAND:
    case FAILED: break;
    }
    call->auth_involved |= what == LEAD || what == JOIN;
}

kzi_step kzi_auth_acquire(kzi_call *call, uint64_t refused, const char *challenge)
{
    enum { FAR = 3600 * 1000 };
    kz_provider *auth = call->client->auth;
    kz_error *failure = NULL;
    pthread_mutex_lock(&auth->lock);
    if (call->auth_role == KZI_AUTH_WAITER && auth->renewal && !auth->renewal->leader)
        unlist(call); /* the leader has gone */
    choice what = USE;
    if (call->auth_role == KZI_AUTH_NONE)
        take_part(auth, call, what = choose(auth, call, refused, challenge, &failure));
    kzi_auth_role role = call->auth_role;
    pthread_mutex_unlock(&auth->lock);
    if (failure) {
        kz_error_clear(&call->error);
        kz_error_move(&call->error, &failure);
        return KZI_END;
    }
    kzi_step step = what == STAND ? KZI_END : KZI_NEXT;
    switch (role) {
    case KZI_AUTH_LEADER: step = lead(call); break;
    case KZI_AUTH_TOLD: step = told(call); break;
    case KZI_AUTH_WAITER:
        call->wake_at = kzi_now_ms() + FAR;
        step = KZI_WAIT;
        break;
    case KZI_AUTH_NONE: break;
    }
    call->auth_waits = step == KZI_WAIT;
    return step;
}

void kzi_auth_leave(kzi_call *call)
{
    if (!call->auth_involved)
        return;
    kz_provider *auth = call->client->auth;
    call->auth_involved = false;
    pthread_mutex_lock(&auth->lock);
    if (call->auth_role == KZI_AUTH_WAITER)
        unlist(call);
    if (call->auth_role == KZI_AUTH_LEADER) {
        auth->renewal->leader = NULL;
        if (auth->waiters)
            kzi_call_nudge(auth->waiters);
    }
    call->auth_role = KZI_AUTH_NONE;
    pthread_mutex_unlock(&auth->lock);
    kz_error_clear(&call->auth_error);
}
