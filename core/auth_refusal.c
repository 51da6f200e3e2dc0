/* auth_refusal.c: what was refused is not sent again with every call: that locks accounts. The failure is remembered for a while, and told to
 * each call that would have the provider asked. It ends early when a person signs in or out, and where another process has put another
 * credential into the token store. And what was kept to renew by, and is worth nothing, is not handed to the provider again. */
#include "auth.h"

#include <stdio.h>

static const double first_pause = 300, longest_pause = 3600; /* seconds */

void kzi_auth_forget_refusal(kz_provider *auth)
{
    kz_error_clear(&auth->refusal);
    kzi_grant_unref(auth->refused_with);
    auth->refused_with = NULL;
    auth->pause = 0;
}

bool kzi_auth_is_refused(const kzi_auth_run *run, kz_error **error)
{
    kz_provider *auth = run->auth;
    if (run->step.reason >= KZ_PROVIDER_SIGN_IN || run->step.round)
        return false;
    pthread_mutex_lock(&auth->lock);
    bool another = run->stored && !kzi_grant_is_same(run->stored, auth->refused_with);
    bool refused = auth->refusal && !another && kzi_boot_ms() < auth->refused_until;
    if (refused)
        *error = kz_error_copy(auth->refusal);
    pthread_mutex_unlock(&auth->lock);
    return refused;
}

static double next_pause(double last)
{
    double next = last > 0 ? 2 * last : first_pause;
    return next < longest_pause ? next : longest_pause;
}

void kzi_auth_remember_refusal(const kzi_auth_run *run, const kz_error *failure)
{
    kz_provider *auth = run->auth;
    bool spares = run->step.reason == KZ_PROVIDER_SIGN_IN && run->before; /* that one may be renewed yet */
    kz_error *copy = run->pauses && !spares ? kz_error_copy(failure) : NULL;
    bool whole = copy && !kz_error_is(copy, KZ_ERROR_NO_MEMORY);
    double pause = run->pause;
    pthread_mutex_lock(&auth->lock);
    if (run->forget && run->before)
        auth->forgotten = run->before->number;
    if (whole) {
        if (!(pause > 0))
            pause = next_pause(auth->pause);
        kzi_auth_forget_refusal(auth);
        auth->refusal = copy;
        auth->refused_with = kzi_grant_ref(run->stored);
        auth->refused_until = kzi_boot_ms() + (int64_t)(pause * 1000);
        auth->pause = run->pause > 0 ? 0 : pause;
    }
    pthread_mutex_unlock(&auth->lock);
    if (!whole) {
        kz_error_free(copy);
        return;
    }
    char message[160];
    snprintf(message, sizeof message, "no credential was got; for %g s calls fail without asking for one again", pause);
    kz_provider_log(auth, KZ_LOG_WARNING, message);
}

void kz_provider_pause(kz_provider_step *step, double seconds)
{
    kzi_auth_run *run = step ? step->core : NULL;
    if (!run)
        return;
    run->pauses = true;
    run->pause = seconds > 0 ? seconds < longest_pause ? seconds : longest_pause : 0;
}
