/* discovery.c: what a provider says of itself, found from the address of its name by OpenID Connect Discovery and RFC 8414. It is asked
 * once for each client; the endpoints of the settings take the place of what it says. */
#include "oauth.h"

#include <string.h>

enum { CANDIDATES = 3 };

/* The n-th address where the document may be; NULL: there is none. */
static const char *candidate(const oauth *it, const oauth_run *run, int n, kz_error **error)
{
    const char *issuer = it->issuer, *host = strstr(issuer, "://") + 3;
    size_t length = strlen(issuer), origin = (size_t)(host - issuer) + strcspn(host, "/");
    while (length > origin && issuer[length - 1] == '/')
        length--;
    int before = (int)origin, path = (int)(length - origin);
    switch (n) {
    case 0: return oauth_text(run->root, error, "%.*s/.well-known/openid-configuration", (int)length, issuer);
    case 1:
        return oauth_text(
            run->root, error, "%.*s/.well-known/oauth-authorization-server%.*s", before, issuer, path, issuer + origin);
    case 2:
        return path
            ? oauth_text(run->root, error, "%.*s/.well-known/openid-configuration%.*s", before, issuer, path, issuer + origin)
            : NULL;
    default: return NULL;
    }
}

static oauth_stage answered;

static kz_step ask(const oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    run->what = "Discovering the provider";
    const char *url = candidate(it, run, run->candidate, error);
    if (!url)
        return KZ_STEP_FAILED;
    run->next = answered;
    step->request = (kz_provider_http){ .method = "GET", .url = url };
    return KZ_STEP_REQUEST;
}

/* What is named in the document is where secrets go. */
static bool check(const oauth *it, const oauth_run *run, const kz_oauth_metadata *metadata, kz_error **error)
{
    const char *const urls[] = { metadata->authorization_endpoint, metadata->token_endpoint,
        metadata->device_authorization_endpoint, metadata->revocation_endpoint, metadata->jwks_uri };
    if (!metadata->issuer || strcmp(metadata->issuer, it->issuer) != 0)
        return oauth_fail(run, error,
                   "the document found at %s is of the provider \"%.200s\". Set auth_issuer to exactly the name that the "
                   "provider has.",
                   it->issuer, metadata->issuer ? metadata->issuer : "") == KZ_STEP_DONE;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        kz_error *problem = NULL;
        if (urls[i] && !kz_provider_may_ask(it->core, urls[i], &problem)) {
            oauth_fail(run, error, "%s names an endpoint that cannot be trusted: %s", it->issuer, problem->message);
            kz_error_clear(&problem);
            return false;
        }
    }
    if (metadata->token_endpoint)
        return true;
    oauth_fail(run, error, "%s names no token_endpoint, so nobody can sign in there.", it->issuer);
    return false;
}

static void put_given(const oauth *it, kz_oauth_metadata *metadata)
{
    const kz_oauth_metadata *given = &it->given;
    if (given->authorization_endpoint)
        metadata->authorization_endpoint = given->authorization_endpoint;
    if (given->device_authorization_endpoint)
        metadata->device_authorization_endpoint = given->device_authorization_endpoint;
    if (given->revocation_endpoint)
        metadata->revocation_endpoint = given->revocation_endpoint;
    if (given->jwks_uri)
        metadata->jwks_uri = given->jwks_uri;
}

/* The first that is found stays, so that runs may hold on to it. */
static const kz_oauth_metadata *publish(oauth *it, kz_oauth_metadata *metadata)
{
    pthread_mutex_lock(&it->lock);
    bool first = !it->found;
    if (first)
        it->found = metadata;
    const kz_oauth_metadata *found = it->found;
    pthread_mutex_unlock(&it->lock);
    if (!first)
        kz_free(metadata);
    return found;
}

/* Nothing there, or a page: the next address may know more. */
static bool may_be_elsewhere(const kz_provider_answer *answer)
{
    return answer->status >= 200 && answer->status < 500 && answer->status != 408 && answer->status != 429;
}

static kz_step answered(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    kz_error *problem = NULL;
    kz_json json = kz_provider_answer_object(step, run->what, &problem);
    if (!json.text && may_be_elsewhere(&step->answer) && kz_error_is(problem, KZ_ERROR_AUTHENTICATION)) {
        if (!run->unfound)
            run->unfound = oauth_text(run->root, error, "%s", problem->message);
        kz_error_clear(&problem);
        run->candidate++;
        kz_step next = ask(it, run, step, error);
        if (next == KZ_STEP_REQUEST || (error && *error))
            return next;
        kz_error_set(error, KZ_ERROR_AUTHENTICATION, "auth_issuer",
            "%s Nothing is to be discovered at %s: check auth_issuer, or set auth_token_endpoint and the other endpoints by "
            "hand.",
            run->unfound, it->issuer);
        return KZ_STEP_FAILED;
    }
    kz_oauth_metadata *metadata = NULL;
    if (json.text)
        metadata = kz_result_read(&kzt_kz_oauth_metadata, sizeof *metadata, json, &problem);
    if (problem && kz_error_is(problem, KZ_ERROR_DECODE))
        kz_error_wrap(error, &problem, KZ_ERROR_AUTHENTICATION, problem->path,
            "%s: the document of %s is not what it should be: %s", run->what, it->issuer, problem->message);
    if (!metadata)
        return oauth_fail_with(&problem, error);
    if (!check(it, run, metadata, error)) {
        kz_free(metadata);
        return KZ_STEP_FAILED;
    }
    put_given(it, metadata);
    run->metadata = publish(it, metadata);
    return run->then(it, run, step, error);
}

kz_step oauth_discover(oauth *it, oauth_run *run, kz_provider_step *step, oauth_stage *then, kz_error **error)
{
    pthread_mutex_lock(&it->lock);
    run->metadata = it->given.token_endpoint ? &it->given : it->found;
    pthread_mutex_unlock(&it->lock);
    run->then = then;
    return run->metadata ? then(it, run, step, error) : ask(it, run, step, error);
}
