/* revoke.c: giving back what was granted (RFC 7009): the refresh token, and with it all that came of it, then the access token. */
#include "oauth.h"

#include <string.h>

static oauth_stage revoke_next;

/* Servers that do not revoke access tokens say so; those are gone soon anyway. */
static kz_step answered(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const kz_provider_answer *answer = &step->answer;
    const char *code = answer->failure ? answer->failure->server_code : NULL;
    if (answer->status && (answer->status < 400 || (code && !strcmp(code, "unsupported_token_type"))))
        return revoke_next(it, run, step, error);
    kz_error *problem = NULL;
    kz_provider_answer_object(step, run->what, &problem);
    return oauth_fail_with(&problem, error);
}

static kz_step revoke_next(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const char *tokens[] = { run->memory ? run->memory->refresh_token : NULL, step->token };
    static const char *const hints[] = { "refresh_token", "access_token" };
    run->what = "Giving the tokens back";
    if (!run->metadata->revocation_endpoint) {
        kz_provider_log(it->core, KZ_LOG_INFO, "the provider takes no tokens back; they are only forgotten");
        return KZ_STEP_DONE;
    }
    while (run->revoked < 2 && !tokens[run->revoked])
        run->revoked++;
    if (run->revoked == 2)
        return KZ_STEP_DONE;
    int i = run->revoked++;
    const kz_string_entry fields[] = { { "token", tokens[i] }, { "token_type_hint", hints[i] } };
    return oauth_post(it, run, step, run->metadata->revocation_endpoint, fields, 2, true, answered, error);
}

kz_step oauth_begin_revoking(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    if (!step->token && !(run->memory && run->memory->refresh_token))
        return KZ_STEP_DONE;
    return oauth_discover(it, run, step, revoke_next, error);
}
