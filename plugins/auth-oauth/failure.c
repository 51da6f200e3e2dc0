/* failure.c: the ways in which a sign-in fails: which step, what the provider said, what the person can do. Never what was sent. */
#include "oauth.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What helps against the errors of RFC 6749, 7009, 8628, 8707 and OpenID Connect. */
static const char *advice(const char *code)
{
    static const struct {
        const char *code, *advice;
    } known[] = {
        { "invalid_client", "Check auth_client_id, auth_client_secret and how the program proves itself (auth_client_auth)." },
        { "unauthorized_client",
            "The provider does not let this program sign in this way: choose another auth_grant, or have it allowed there." },
        { "unsupported_grant_type", "The provider does not offer this way to sign in: choose another auth_grant." },
        { "unsupported_response_type",
            "The provider does not offer sign-in by a browser to this program: try another auth_grant." },
        { "invalid_scope", "Check auth_scope." },
        { "invalid_target", "Check auth_resource and auth_audience." },
        { "invalid_grant", "Sign in again." },
        { "access_denied", "The request was declined; sign in again and allow it, or ask whoever runs the provider for access." },
        { "expired_token", "Sign in again, and enter the code in time." },
        { "login_required", "Sign in at the provider first, or set auth_prompt to login." },
        { "consent_required", "Allow the program at the provider, or set auth_prompt to consent." },
        { "interaction_required", "The provider wants to ask something: unset auth_prompt." },
        { "server_error", "The provider is at fault; try again later." },
        { "temporarily_unavailable", "The provider is overloaded; try again later." },
        { "slow_down", "Too many requests; try again later." },
    };
    for (size_t i = 0; code && i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].code, code))
            return known[i].advice;
    return NULL;
}

kz_step oauth_fail(const oauth_run *run, kz_error **error, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    kz_error_set(error, KZ_ERROR_AUTHENTICATION, NULL, "%s%s%s", run->what ? run->what : "", run->what ? ": " : "", text);
    return KZ_STEP_FAILED;
}

kz_step oauth_fail_with(kz_error **problem, kz_error **error)
{
    const char *help = kz_error_is(*problem, KZ_ERROR_AUTHENTICATION) ? advice((*problem)->server_code) : NULL;
    if (help && error && !*error) {
        char message[2048];
        snprintf(message, sizeof message, "%s %s", (*problem)->message, help);
        kz_error facts = **problem;
        facts.message = message;
        *error = kz_error_copy(&facts);
    }
    kz_error_move(error, problem);
    return KZ_STEP_FAILED;
}

const void *oauth_read(
    const oauth_run *run, const kz_provider_step *step, const kz_schema *schema, uint64_t size, kz_error **error)
{
    kz_error *problem = NULL;
    kz_json json = kz_provider_answer_object(step, run->what, error);
    void *document = json.text ? kz_result_read(schema, size, json, &problem) : NULL;
    if (problem && kz_error_is(problem, KZ_ERROR_DECODE))
        kz_error_wrap(error, &problem, KZ_ERROR_AUTHENTICATION, problem->path,
            "%s: the provider's answer is not what it should be: %s", run->what, problem->message);
    kz_error_move(error, &problem);
    kz_result_adopt(run->root, document);
    return document;
}

/* The first `most` bytes of a text, not cut within a character. */
static int cut(const char *text, size_t most)
{
    size_t length = strlen(text);
    if (length <= most)
        return (int)length;
    while (most && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return (int)most;
}

kz_step oauth_fail_by_redirect(const oauth_run *run, const char *code, const char *description, kz_error **error)
{
    char message[1024];
    bool is_code = *code && !code[strspn(code, "abcdefghijklmnopqrstuvwxyz_")] && strlen(code) < 64;
    const char *help = is_code ? advice(code) : NULL;
    snprintf(message, sizeof message, "%s: the provider sent the browser back with an error: %.*s%s%.*s.%s%s", run->what,
        cut(code, 64), code, description ? ": " : "", description ? cut(description, 400) : 0, description ? description : "",
        help ? " " : "", help ? help : "");
    const kz_error facts = { .code = KZ_ERROR_AUTHENTICATION, .message = message, .server_code = is_code ? code : NULL };
    kz_error *problem = kz_error_copy(&facts);
    kz_error_move(error, &problem);
    return KZ_STEP_FAILED;
}
