/* code_flow.c: signing in by a browser on this machine: the authorisation code flow with PKCE, and a redirect to a listener on loopback
 * (RFC 6749 4.1, RFC 7636, RFC 8252, RFC 9207). */
#include "oauth.h"

#include <string.h>

static oauth_stage wait;

static const char *make_url(const oauth *it, oauth_run *run, kz_error **error)
{
    const char *scope = oauth_scope(it, run->metadata), *endpoint = run->metadata->authorization_endpoint;
    bool lasts = oauth_has_word(scope, "offline_access");
    char challenge[OAUTH_RANDOM];
    run->has_nonce = oauth_has_word(scope, "openid");
    if (!oauth_challenge(run->verifier, challenge, error))
        return NULL;
    const kz_string_entry fields[] = { { "response_type", "code" }, { "client_id", it->client_id },
        { "redirect_uri", oauth_loopback_uri(run->loopback) }, { "scope", scope }, { "state", run->state },
        { "nonce", run->has_nonce ? run->nonce : NULL }, { "code_challenge", challenge }, { "code_challenge_method", "S256" },
        { "prompt",
            it->prompt  ? it->prompt
                : lasts ? "consent"
                        : NULL },
        { "audience", it->audience }, { "resource", it->resource } };
    kz_string_value *form = kz_provider_form(fields, sizeof fields / sizeof *fields, error);
    kz_result_adopt(run->root, form);
    return form ? oauth_text(run->root, error, "%s%s%s", endpoint, strchr(endpoint, '?') ? "&" : "?", form->value) : NULL;
}

/* Opens the browser where that can be done, and shows the address in any case where it can be shown. */
static bool send_person(const kz_sign_in *person, const char *url, kz_error **error)
{
    bool opened = person->browse && person->browse(person->user, url);
    const kz_sign_in_notice notice = { .text = opened
            ? "Sign in in the browser that was opened. If it was not, open this address."
            : "To sign in, open this address in a browser on this machine.",
        .url = url };
    if (person->show)
        return person->show(person->user, &notice, error);
    return opened ||
        kz_error_set(
            error, KZ_ERROR_AUTHENTICATION, NULL, "Signing in by a browser: none could be opened; sign in by another device.");
}

static kz_step wait_on(oauth_run *run, kz_provider_step *step)
{
    enum { WHILE = 60 };
    run->next = wait;
    step->fd = oauth_loopback_fd(run->loopback);
    step->wait = WHILE;
    return KZ_STEP_WAIT;
}

kz_step oauth_begin_code(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const kz_oauth_metadata *metadata = run->metadata;
    run->what = "Signing in by a browser";
    if (!metadata->authorization_endpoint)
        return oauth_fail(
            run, error, "the provider has no endpoint for it; sign in by another device, or set auth_authorization_endpoint.");
    if (metadata->n_code_challenge_methods_supported &&
        !oauth_has(metadata->code_challenge_methods_supported, metadata->n_code_challenge_methods_supported, "S256"))
        return oauth_fail(run, error,
            "the provider does not protect codes by S256 (PKCE), so others on this machine could use them; sign in by another "
            "device.");
    if (!oauth_random(run->state, error) || !oauth_random(run->nonce, error) || !oauth_random(run->verifier, error))
        return KZ_STEP_FAILED;
    run->loopback = oauth_loopback_open(it, run->state, error);
    const char *url = run->loopback ? make_url(it, run, error) : NULL;
    if (!url || !send_person(step->person, url, error))
        return KZ_STEP_FAILED;
    return wait_on(run, step);
}

static kz_step exchange(oauth *it, oauth_run *run, kz_provider_step *step, const char *code, kz_error **error)
{
    const kz_string_entry fields[] = { { "grant_type", "authorization_code" }, { "code", code },
        { "redirect_uri", oauth_loopback_uri(run->loopback) }, { "code_verifier", run->verifier }, { "audience", it->audience },
        { "resource", it->resource } };
    return oauth_get_token(it, run, step, "Exchanging the code", fields, sizeof fields / sizeof *fields, false, error);
}

/* The redirect is of this sign-in; is it of this provider too? */
static kz_step redirected(oauth *it, oauth_run *run, kz_provider_step *step, const char *query, kz_error **error)
{
    run->redirected = true;
    static const char *const names[] = { "code", "iss", "error", "error_description", "state" };
    const char *values[5];
    kz_error *problem = NULL;
    for (int i = 0; i < 5; i++)
        values[i] = oauth_query_value(run->root, query, names[i], &problem);
    if (problem) {
        kz_error_move(error, &problem);
        return KZ_STEP_FAILED;
    }
    const char *code = values[0], *issuer = values[1], *expected = run->metadata->issuer;
    bool announced = run->metadata->authorization_response_iss_parameter_supported.value;
    if (expected && (issuer ? strcmp(issuer, expected) != 0 : announced))
        return oauth_fail(run, error,
            "the browser came back from the provider \"%.200s\", not from %s; the code was not used. Sign in again.",
            issuer ? issuer : "", expected);
    if (values[2])
        return oauth_fail_by_redirect(run, values[2], values[3], error);
    if (!code || !*code)
        return oauth_fail(run, error, "the browser came back without a code; sign in again.");
    return exchange(it, run, step, code, error);
}

static kz_step wait(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const char *query;
    switch (oauth_loopback_turn(run->loopback, &query)) {
    case OAUTH_REDIRECTED: return redirected(it, run, step, query, error);
    case OAUTH_FORGED:
        return oauth_fail(run, error,
            "the browser came back with the answer to another sign-in (its state is wrong); it was not used. Sign in again.");
    default: return wait_on(run, step);
    }
}
