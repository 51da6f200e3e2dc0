/* auth_run.c: one run of an auth provider, step by step: what the token store has, the store's lock against other processes, what the
 * provider says, the requests it wants (auth_request.c), and keeping what came of it. None of it waits: the caller comes again. */
#include "auth.h"

#include "header.h"
#include "loop.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 10000 };

kzi_auth_run *kzi_auth_run_new(kz_provider *auth, kz_provider_reason reason, const char *challenge, kz_error **error)
{
    kzi_auth_run *run = calloc(1, sizeof *run);
    if (run && challenge && !(run->challenge = strdup(challenge))) {
        free(run);
        run = NULL;
    }
    if (!run) {
        kz_error_no_memory(error);
        return NULL;
    }
    run->auth = auth;
    run->held = -1;
    run->before = kzi_grant_ref(auth->grant);
    run->spent = run->before && run->before->number == auth->forgotten;
    run->step = (kz_provider_step){
        .size = sizeof run->step, .reason = reason, .challenge = run->challenge, .fd = -1, .core = run
    };
    run->phase = !auth->store           ? KZI_RUN_ASK
        : reason == KZ_PROVIDER_SIGN_IN ? KZI_RUN_ASK
        : reason == KZ_PROVIDER_FIRST   ? KZI_RUN_LOOK
                                        : KZI_RUN_LOCK;
    run->next = auth->runs;
    auth->runs = run;
    return run;
}

void kzi_auth_run_free(kzi_auth_run *run)
{
    if (!run)
        return;
    kz_provider *auth = run->auth;
    pthread_mutex_lock(&auth->lock);
    kzi_auth_run **link = &auth->runs;
    while (*link != run)
        link = &(*link)->next;
    *link = run->next;
    pthread_mutex_unlock(&auth->lock);
    if (run->step.work && KZI_AUTH_FUNCTION(auth, release))
        auth->vtable->release(run->step.work);
    kzi_token_store_unlock(&run->held);
    kzi_auth_request_forget(run);
    kzi_grant_unref(run->before);
    kzi_grant_unref(run->stored);
    kzi_grant_unref(run->granted);
    kz_error_free(run->why);
    free(run->challenge);
    free(run);
}

/* What the store or the provider said; when it is to wait, so does the run. */
static kz_step waited(kzi_auth_run *run, kz_step step, double seconds)
{
    if (step == KZ_STEP_WAIT)
        run->wake_at = kzi_now_ms() + 1 + (int64_t)(seconds < 3600 ? seconds * 1000 : 3600000);
    return step;
}

/* ---- the store ---- */

static kz_step read_store(kzi_auth_run *run, kz_error **error)
{
    char *text = NULL;
    size_t length = 0;
    double wait = 0;
    kz_step step = kzi_token_store_read(run->auth->store, run->auth->key, &text, &length, &wait, error);
    if (waited(run, step, wait) != KZ_STEP_DONE)
        return step;
    kz_error *failure = NULL;
    kzi_grant_unref(run->stored);
    run->stored = text ? kzi_grant_read(text, length, &failure) : NULL;
    kzi_wipe_free(text, length);
    return failure ? (kz_error_move(error, &failure), KZ_STEP_FAILED) : KZ_STEP_DONE;
}

/* What the store has is as good as what a provider could give: not the credential that was refused, and not about to end. */
static bool stored_will_do(const kzi_auth_run *run)
{
    const kzi_grant *stored = run->stored;
    return run->step.reason < KZ_PROVIDER_SIGN_IN && kzi_grant_is_good(stored) && !kzi_grant_is_ending(stored) &&
        !kzi_grant_is_same(run->before, stored);
}

static kz_step lock_store(kzi_auth_run *run, kz_error **error)
{
    double wait = 0;
    kz_step step = kzi_token_store_lock(run->auth->store, run->auth->key, &run->held, &wait, error);
    return waited(run, step, wait);
}

static kz_step write_store(kzi_auth_run *run, kz_error **error)
{
    kzi_buffer text = { 0 };
    double wait = 0;
    bool keeps = run->granted && run->step.reason != KZ_PROVIDER_SIGN_OUT;
    if (keeps && !kzi_grant_write(run->granted, &text)) {
        kzi_buffer_free(&text);
        kz_error_no_memory(error);
        return KZ_STEP_FAILED;
    }
    kz_step step = kzi_token_store_write(
        run->auth->store, run->auth->key, run->auth->label, keeps ? text.data : NULL, text.length, &wait, error);
    kzi_buffer_free(&text);
    return waited(run, step, wait);
}

/* A credential that cannot be kept is used all the same; only who signs in is told so by an error. */
static kz_step keep(kzi_auth_run *run, kz_error **error)
{
    kz_error *failure = NULL;
    kz_step step = write_store(run, &failure);
    if (step != KZ_STEP_FAILED)
        return step;
    if (run->step.reason >= KZ_PROVIDER_SIGN_IN) {
        kz_error_move(error, &failure);
        return KZ_STEP_FAILED;
    }
    kz_provider_log(run->auth, KZ_LOG_WARNING, failure ? failure->message : "the token store does not say what is wrong");
    kz_error_free(failure);
    return KZ_STEP_DONE;
}

/* ---- the provider ---- */

static void set_facts(kzi_auth_run *run)
{
    kz_provider_step *step = &run->step;
    const kzi_grant *kept = run->stored ? run->stored : run->before;
    bool anew = step->reason == KZ_PROVIDER_SIGN_IN || !kept, spent = run->spent && kept == run->before;
    step->memory = anew || spent ? (kz_json){ 0 } : kept->memory;
    step->token = anew ? NULL : kept->token;
    step->answer = (kz_provider_answer){ .status = run->status,
        .type = run->status ? kzi_head_find(run->head.data, run->head.length, "content-type") : NULL,
        .body = run->status ? run->body.data ? run->body.data : "" : NULL,
        .length = run->body.length,
        .failure = run->failure };
    step->request = (kz_provider_http){ 0 };
    step->wait = 0;
    step->fd = -1;
}

static kz_step fail_unsaid(kzi_auth_run *run, kz_error **failure, kz_error **error)
{
    if (!*failure && run->step.reason == KZ_PROVIDER_SIGN_IN)
        kz_error_set(failure, KZ_ERROR_CANCELLED, NULL, "The sign-in was ended.");
    else if (!*failure)
        kz_error_set(
            failure, KZ_ERROR_PLUGIN, run->auth->name, "The auth provider %s failed and did not say why.", run->auth->name);
    kz_error_move(error, failure);
    return KZ_STEP_FAILED;
}

static kz_step ask(kzi_auth_run *run, kzi_loop *loop, kz_error **error)
{
    kz_provider *auth = run->auth;
    kz_error *failure = NULL;
    kz_step (*function)(void *, kz_provider_step *, kz_error **) = run->step.reason == KZ_PROVIDER_SIGN_OUT
        ? KZI_AUTH_FUNCTION(auth, sign_out)
        : KZI_AUTH_FUNCTION(auth, acquire);
    if (!function)
        return KZ_STEP_DONE;
    if (!kzi_auth_request_is_over(run)) {
        run->wake_at = 0;
        return KZ_STEP_WAIT;
    }
    if (kzi_auth_is_refused(run, error))
        return KZ_STEP_FAILED;
    set_facts(run);
    run->pauses = false;
    kz_step step = function(auth->self, &run->step, &failure);
    run->step.round++;
    kzi_auth_request_forget(run);
    bool fine = !failure && run->step.round < MOST_ROUNDS;
    if (fine && step == KZ_STEP_DONE)
        return KZ_STEP_DONE;
    if (fine && step == KZ_STEP_WAIT && run->step.wait >= 0)
        return waited(run, step, run->step.wait);
    if (fine && step == KZ_STEP_REQUEST && kzi_auth_request_begin(run, loop, &failure)) {
        run->wake_at = kzi_auth_request_is_over(run) ? kzi_now_ms() : 0;
        return KZ_STEP_WAIT;
    }
    return fail_unsaid(run, &failure, error);
}

/* ---- the phases ---- */

/* What follows when a phase is done. */
static kzi_run_phase after(kzi_auth_run *run)
{
    bool stores = run->auth->store != NULL, changes = run->granted || run->forget || run->step.reason == KZ_PROVIDER_SIGN_OUT;
    switch (run->phase) {
    case KZI_RUN_LOOK: return stored_will_do(run) ? KZI_RUN_OVER : KZI_RUN_LOCK;
    case KZI_RUN_LOCK: return KZI_RUN_AGAIN;
    case KZI_RUN_AGAIN: return stored_will_do(run) ? KZI_RUN_OVER : KZI_RUN_ASK;
    case KZI_RUN_ASK: return !stores || !changes ? KZI_RUN_OVER : run->held < 0 ? KZI_RUN_CLAIM : KZI_RUN_KEEP;
    case KZI_RUN_CLAIM: return KZI_RUN_KEEP;
    default: return KZI_RUN_OVER;
    }
}

static kz_step turn(kzi_auth_run *run, kzi_loop *loop, kz_error **error)
{
    switch (run->phase) {
    case KZI_RUN_LOOK:
    case KZI_RUN_AGAIN: return read_store(run, error);
    case KZI_RUN_LOCK:
    case KZI_RUN_CLAIM: return lock_store(run, error);
    case KZI_RUN_ASK: return ask(run, loop, error);
    case KZI_RUN_KEEP: return keep(run, error);
    default: return KZ_STEP_DONE;
    }
}

/* What was kept is worth nothing: it is taken out of the store before the failure is told. */
static bool forgets_first(kzi_auth_run *run, kz_error **failure)
{
    if (run->phase != KZI_RUN_ASK || !run->forget || !run->auth->store)
        return false;
    kz_error_move(&run->why, failure);
    run->phase = after(run);
    return true;
}

kz_step kzi_auth_run_turn(kzi_auth_run *run, kzi_loop *loop, kz_error **error)
{
    kz_error *failure = NULL;
    while (run->phase != KZI_RUN_OVER) {
        kz_step step = turn(run, loop, &failure);
        if (step == KZ_STEP_WAIT)
            return step;
        if (step != KZ_STEP_DONE && forgets_first(run, &failure))
            continue;
        if (step != KZ_STEP_DONE)
            break;
        bool looked = run->phase == KZI_RUN_LOOK || run->phase == KZI_RUN_AGAIN;
        run->phase = after(run);
        if (looked && run->phase == KZI_RUN_OVER)
            run->granted = kzi_grant_ref(run->stored);
    }
    run->phase = KZI_RUN_OVER;
    kzi_token_store_unlock(&run->held);
    if (!run->why && !failure)
        return KZ_STEP_DONE;
    kzi_auth_remember_refusal(run, run->why ? run->why : failure);
    kz_error_move(error, run->why ? &run->why : &failure);
    kz_error_clear(&failure);
    return KZ_STEP_FAILED;
}

/* ---- what providers call ---- */

bool kz_provider_granted(kz_provider_step *step, const kz_provider_grant *grant, kz_error **error)
{
    if (kzi_stuck(error))
        return false;
    if (!step || !grant)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, step ? "grant" : "step", "A credential needs a step and its facts.");
    kz_provider_grant facts = { 0 };
    memcpy(&facts, grant, grant->size < sizeof facts ? grant->size : sizeof facts);
    kzi_auth_run *run = step->core;
    kzi_grant *granted = kzi_grant_new(&facts, error);
    if (!granted)
        return false;
    granted->source = "provider";
    kzi_grant_unref(run->granted);
    run->granted = granted;
    return true;
}

void kz_provider_forget(kz_provider_step *step)
{
    if (step)
        ((kzi_auth_run *)step->core)->forget = true;
}
