/* id_token.c: the ID token, which says who signed in (OpenID Connect Core 3.1.3.7): whose it is, for whom, until when, of which sign-in, and
 * that the provider signed it. Only algorithms of public keys count: "none" and those by a shared secret are refused whatever the keys. */
#include "oauth.h"

#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

enum { LEEWAY = 60 }; /* seconds by which clocks may differ */

static const char *const algorithms[] = { "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512" };

/* Base64url that holds an object of `schema`; NULL with the slot filled. */
static const void *part(
    const oauth_run *run, const char *text, size_t length, const kz_schema *schema, uint64_t size, kz_error **error)
{
    size_t n = 0;
    kz_error *problem = NULL;
    char *json = oauth_base64url_decode(run->root, text, length, &n, &problem);
    void *object = json ? kz_result_read(schema, size, (kz_json){ json, n }, &problem) : NULL;
    if (!object && (!problem || kz_error_is(problem, KZ_ERROR_DECODE)))
        oauth_fail(run, error, "the ID token is damaged%s%s", problem ? ": " : ".", problem ? problem->message : "");
    kz_error_move(error, &problem);
    kz_result_adopt(run->root, object);
    return object;
}

static const kz_oauth_jose_header *read_header(oauth_run *run, kz_error **error)
{
    const char *token = run->tokens->id_token, *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    if (!second || strchr(second + 1, '.')) {
        oauth_fail(run, error, "the ID token is not of the form header.claims.signature.");
        return NULL;
    }
    const kz_oauth_jose_header *header = part(
        run, token, (size_t)(first - token), &kzt_kz_oauth_jose_header, sizeof *header, error);
    if (!header)
        return NULL;
    run->claims = part(run, first + 1, (size_t)(second - first - 1), &kzt_kz_oauth_claims, sizeof *run->claims, error);
    if (!run->claims)
        return NULL;
    if (header->alg && oauth_has(algorithms, sizeof algorithms / sizeof *algorithms, header->alg) && !header->n_crit)
        return header;
    oauth_fail(run, error,
        "the ID token is signed by \"%.40s\"%s, which proves nothing here; have the provider sign the tokens of this client by "
        "RS256, PS256 or ES256.",
        header->alg ? header->alg : "", header->n_crit ? " with critical extensions" : "");
    return NULL;
}

static bool is_for(const kz_oauth_claims *claims, const char *client_id)
{
    return (claims->aud && !strcmp(claims->aud, client_id)) || oauth_has(claims->aud_list, claims->n_aud_list, client_id);
}

static bool is_secret_equal(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && !CRYPTO_memcmp(a, b, strlen(a));
}

static kz_step check_claims(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const kz_oauth_claims *claims = run->claims;
    double now = (double)time(NULL);
    if (!claims->iss || strcmp(claims->iss, run->metadata->issuer) != 0)
        return oauth_fail(run, error, "the ID token is of the provider \"%.200s\", not of %s.", claims->iss ? claims->iss : "",
            run->metadata->issuer);
    if (!claims->sub || !*claims->sub)
        return oauth_fail(run, error, "the ID token does not say whose it is.");
    if (!is_for(claims, it->client_id))
        return oauth_fail(run, error, "the ID token is meant for another program than %s (auth_client_id).", it->client_id);
    if ((claims->n_aud_list > 1 && !claims->azp) || (claims->azp && strcmp(claims->azp, it->client_id) != 0))
        return oauth_fail(run, error, "the ID token was given to another program than %s (auth_client_id).", it->client_id);
    if (claims->exp.state != KZ_SET || now > claims->exp.value + LEEWAY)
        return oauth_fail(run, error, "the ID token has ended already; check the clock of this machine.");
    if ((claims->nbf.state == KZ_SET && now < claims->nbf.value - LEEWAY) ||
        (claims->iat.state == KZ_SET && now < claims->iat.value - LEEWAY))
        return oauth_fail(run, error, "the ID token is from the future; check the clock of this machine.");
    if (run->has_nonce && (!claims->nonce || !is_secret_equal(claims->nonce, run->nonce)))
        return oauth_fail(run, error, "the ID token is not of this sign-in (its nonce is another); sign in again.");
    if (run->renews && run->memory->sub && strcmp(run->memory->sub, claims->sub) != 0)
        return oauth_fail(run, error, "the ID token is of somebody else than the one who signed in; sign in again.");
    return oauth_grant(it, run, step, error);
}

kz_step oauth_check_id_token(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    run->what = "Checking who signed in";
    const kz_oauth_jose_header *header = read_header(run, error);
    if (!header)
        return KZ_STEP_FAILED;
    oauth_verdict verdict = oauth_verify(it, header, run->tokens->id_token);
    if (verdict == OAUTH_VALID)
        return check_claims(it, run, step, error);
    if (!run->keys_fetched) /* providers change their keys */
        return oauth_fetch_keys(it, run, step, oauth_check_id_token, error);
    if (verdict == OAUTH_NO_KEY)
        return oauth_fail(run, error, "the provider has published no key that the ID token could be signed with (%s).",
            run->metadata->jwks_uri);
    return oauth_fail(
        run, error, "the signature of the ID token is wrong: it does not come from %s, or was changed.", run->metadata->issuer);
}
