/* token.c: the token endpoint: as a program of its own, with what renews, and what becomes of its answers: a credential whose token is
 * Bearer, and an ID token that is checked first. */
#include "oauth.h"

#include <string.h>
#include <strings.h>

static kz_step take(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const kz_provider_tokens *tokens = run->tokens;
    if (tokens->token_type && strcasecmp(tokens->token_type, "Bearer") != 0)
        return oauth_fail(run, error,
            "the provider gave a token of the type \"%.60s\"; only Bearer is known here. Have the provider give this client "
            "bearer tokens.",
            tokens->token_type);
    if (tokens->id_token && run->metadata->issuer && run->metadata->jwks_uri)
        return oauth_check_id_token(it, run, step, error);
    if (run->has_nonce && run->metadata->issuer && !tokens->id_token)
        return oauth_fail(run, error,
            "the answer has no ID token, though openid was asked for; set auth_scope without openid where the provider knows no "
            "OpenID Connect.");
    return oauth_grant(it, run, step, error);
}

/* Whether the provider refuses what this program has of its own, so that asking again with every call would do harm. */
static bool is_refusal(const kz_provider_answer *answer)
{
    static const char *const codes[] = { "invalid_client", "invalid_grant", "unauthorized_client" };
    const char *code = answer->failure ? answer->failure->server_code : NULL;
    return answer->status == 401 || (answer->status >= 400 && code && oauth_has(codes, sizeof codes / sizeof *codes, code));
}

static kz_step answered(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    kz_error *problem = NULL;
    kz_provider_tokens *tokens = kz_provider_read_tokens(step, run->what, &problem);
    if (!tokens && (run->alone || run->renews) && is_refusal(&step->answer))
        kz_provider_pause(step, 0);
    if (!tokens && run->refused && !kz_error_is(problem, KZ_ERROR_NO_MEMORY)) {
        kz_step next = run->refused(it, run, step, error);
        if (next != KZ_STEP_DONE) {
            kz_error_clear(&problem);
            return next;
        }
    }
    if (!tokens)
        return oauth_fail_with(&problem, error);
    kz_result_adopt(run->root, tokens);
    run->tokens = tokens;
    return take(it, run, step, error);
}

kz_step oauth_get_token(oauth *it, oauth_run *run, kz_provider_step *step, const char *what, const kz_string_entry *fields,
    size_t n_fields, bool idempotent, kz_error **error)
{
    run->what = what;
    return oauth_post(it, run, step, run->metadata->token_endpoint, fields, n_fields, idempotent, answered, error);
}

kz_step oauth_begin_client(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    run->alone = true;
    run->renews = false;
    run->refused = NULL;
    const kz_string_entry fields[] = { { "grant_type", "client_credentials" }, { "scope", it->scope },
        { "audience", it->audience }, { "resource", it->resource } };
    return oauth_get_token(
        it, run, step, "Signing in as the program itself", fields, sizeof fields / sizeof *fields, true, error);
}

/* A refresh token that is refused for good is forgotten: it has ended, was revoked, or was used by somebody else too, whereupon the
 * provider ends all that came of it. */
static kz_step refresh_refused(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const kz_error *failure = step->answer.failure;
    if (step->answer.status < 400 || !failure || !failure->server_code || strcmp(failure->server_code, "invalid_grant") != 0)
        return KZ_STEP_DONE;
    kz_provider_forget(step);
    if (oauth_is_alone(it, run->memory))
        return oauth_begin_client(it, run, step, error);
    char message[1024];
    snprintf(message, sizeof message,
        "%s: %s The sign-in has ended, was revoked, or was used elsewhere; sign in again: kamiwaza login.", run->what,
        failure->message);
    kz_error facts = *failure;
    facts.code = KZ_ERROR_AUTHENTICATION;
    facts.message = message;
    kz_error *problem = kz_error_copy(&facts);
    kz_error_move(error, &problem);
    return KZ_STEP_FAILED;
}

kz_step oauth_begin_refresh(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const kz_string_entry fields[] = { { "grant_type", "refresh_token" }, { "refresh_token", run->memory->refresh_token },
        { "audience", it->audience }, { "resource", it->resource } };
    run->renews = true;
    run->refused = refresh_refused;
    return oauth_get_token(it, run, step, "Renewing the sign-in", fields, sizeof fields / sizeof *fields, false, error);
}

/* Who it is for, as people say it. */
static const char *user_of(const kz_oauth_claims *claims, const kz_oauth_memory *before)
{
    if (claims && claims->preferred_username)
        return claims->preferred_username;
    if (claims && claims->email)
        return claims->email;
    return before && before->user ? before->user : claims ? claims->sub : NULL;
}

static const char *kept(const oauth_run *run, const char *text, kz_error **error)
{
    return text ? kz_result_string(run->root, text, SIZE_MAX, error) : NULL;
}

kz_step oauth_grant(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const kz_provider_tokens *tokens = run->tokens;
    const kz_oauth_claims *claims = run->claims;
    const kz_oauth_memory *before = run->renews ? run->memory : NULL;
    const char *user = user_of(claims, before), *refresh = tokens->refresh_token;
    kz_oauth_memory *memory = kz_result_object(run->root, &kzt_kz_oauth_memory, sizeof *memory, error);
    if (!memory)
        return KZ_STEP_FAILED;
    memory->refresh_token = kept(run, refresh ? refresh : before ? before->refresh_token : NULL, error);
    memory->sub = kept(run, claims ? claims->sub : before ? before->sub : NULL, error);
    memory->user = kept(run, user, error);
    memory->person = before ? before->person : KZ_BOOL(!run->alone);
    kz_json_value *json = kz_result_json(&kzt_kz_oauth_memory, memory, error);
    if (!json)
        return KZ_STEP_FAILED;
    kz_result_adopt(run->root, json);
    const kz_provider_grant grant = { .size = sizeof grant,
        .token = tokens->access_token,
        .lifetime = tokens->lifetime,
        .memory = json->value,
        .user = user,
        .renewable = memory->refresh_token || oauth_is_alone(it, memory) };
    return kz_provider_granted(step, &grant, error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
}
