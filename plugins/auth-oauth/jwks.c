/* jwks.c: the provider's public keys (RFC 7517), fetched when a token names one that is not known, and whether one of them made a signature:
 * by libjose. What is signed is fed to it piece by piece, so that the claims are in no memory but the run's. */
#include "oauth.h"

#include <jose/jws.h>
#include <string.h>

/* A member by json_unpack(): json_object_get() is a function of json-c too, which would be called where this is linked into the library. */
static const char *text_of(json_t *key, const char *name)
{
    const char *text = NULL;
    return json_unpack(key, "{s:s}", name, &text) ? NULL : text;
}

/* Whether a key is meant for such signatures. The algorithm is checked against the kind of key by libjose again. */
static bool suits(json_t *key, const kz_oauth_jose_header *header)
{
    const char *kind = text_of(key, "kty"), *use = text_of(key, "use"), *algorithm = text_of(key, "alg"),
               *id = text_of(key, "kid");
    return kind && !strcmp(kind, *header->alg == 'E' ? "EC" : "RSA") && (!use || !strcmp(use, "sig")) &&
        (!algorithm || !strcmp(algorithm, header->alg)) && (!header->kid || !id || !strcmp(id, header->kid));
}

/* The signature is a part of the token, and is wiped before jansson frees its copy. */
static bool is_signed_by(json_t *key, const char *token)
{
    const char *claims = strchr(token, '.') + 1, *signature = strchr(claims, '.') + 1;
    json_t *copy = json_string(signature);
    json_t *jws = copy ? json_pack("{s:s%,s:O}", "protected", token, (size_t)(claims - token - 1), "signature", copy) : NULL;
    jose_io_t *io = jws ? jose_jws_ver_io(NULL, jws, NULL, key, false) : NULL;
    bool fine = io && io->feed(io, claims, (size_t)(signature - claims - 1)) && io->done(io);
    jose_io_decref(io);
    json_decref(jws);
    kz_wipe(copy ? (char *)(uintptr_t)json_string_value(copy) : NULL, strlen(signature));
    json_decref(copy);
    return fine;
}

oauth_verdict oauth_verify(oauth *it, const kz_oauth_jose_header *header, const char *token)
{
    oauth_verdict verdict = OAUTH_NO_KEY;
    size_t i;
    json_t *key;
    pthread_mutex_lock(&it->lock);
    json_array_foreach(it->keys, i, key)
    {
        if (!suits(key, header))
            continue;
        verdict = OAUTH_WRONG;
        if (is_signed_by(key, token)) {
            verdict = OAUTH_VALID;
            break;
        }
    }
    pthread_mutex_unlock(&it->lock);
    return verdict;
}

static kz_step answered(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    kz_error *problem = NULL;
    kz_json json = kz_provider_answer_object(step, run->what, &problem);
    if (!json.text)
        return oauth_fail_with(&problem, error);
    json_t *document = json_loadb(json.text, json.length, 0, NULL);
    json_t *keys = NULL;
    json_unpack(document, "{s:O}", "keys", &keys);
    json_decref(document);
    if (!json_is_array(keys)) {
        json_decref(keys);
        return oauth_fail(run, error, "%s is no set of keys (it has no list \"keys\").", run->metadata->jwks_uri);
    }
    pthread_mutex_lock(&it->lock);
    json_decref(it->keys);
    it->keys = keys;
    pthread_mutex_unlock(&it->lock);
    return run->then(it, run, step, error);
}

kz_step oauth_fetch_keys(oauth *it, oauth_run *run, kz_provider_step *step, oauth_stage *then, kz_error **error)
{
    (void)it, (void)error;
    run->what = "Fetching the provider's keys";
    run->keys_fetched = true;
    run->then = then;
    run->next = answered;
    step->request = (kz_provider_http){ .method = "GET", .url = run->metadata->jwks_uri };
    return KZ_STEP_REQUEST;
}
