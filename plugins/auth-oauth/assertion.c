/* assertion.c: what a program signs to say who it is (private_key_jwt, RFC 7523). The key never leaves OpenSSL, which signs: the signature
 * library would want it as JSON text, in memory that nobody wipes. */
#include "oauth.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <string.h>
#include <time.h>

enum { LIFETIME = 120 };

typedef struct algorithm {
    const char *name;
    int type; /* EVP_PKEY_... */
    int bits; /* of EC keys */
    const EVP_MD *(*digest)(void);
    bool pss;
} algorithm;

static const algorithm *choose(const oauth *it, const kz_oauth_metadata *metadata)
{
    static const algorithm algorithms[] = { { "RS256", EVP_PKEY_RSA, 0, EVP_sha256, false },
        { "PS256", EVP_PKEY_RSA, 0, EVP_sha256, true }, { "ES256", EVP_PKEY_EC, 256, EVP_sha256, false },
        { "ES384", EVP_PKEY_EC, 384, EVP_sha384, false }, { "ES512", EVP_PKEY_EC, 521, EVP_sha512, false },
        { "EdDSA", EVP_PKEY_ED25519, 0, NULL, false } };
    const char *const *known = metadata->token_endpoint_auth_signing_alg_values_supported;
    size_t n = metadata->n_token_endpoint_auth_signing_alg_values_supported;
    const algorithm *first = NULL;
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        const algorithm *each = &algorithms[i];
        if (each->type != EVP_PKEY_get_base_id(it->key) || (each->bits && each->bits != EVP_PKEY_get_bits(it->key)))
            continue;
        if (!n || oauth_has(known, n, each->name))
            return each;
        first = first ? first : each;
    }
    return first;
}

static bool sign(const oauth *it, const algorithm *how, const char *text, unsigned char *signature, size_t *length)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key = NULL;
    bool fine = context && EVP_DigestSignInit(context, &key, how->digest ? how->digest() : NULL, NULL, it->key) == 1 &&
        (!how->pss ||
            (EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(key, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
        EVP_DigestSign(context, signature, length, (const unsigned char *)text, strlen(text)) == 1;
    EVP_MD_CTX_free(context);
    return fine;
}

/* The two numbers of an ECDSA signature one after the other, as JOSE has them, in place of their DER. */
static bool flatten(int bits, unsigned char *signature, size_t *length)
{
    const unsigned char *at = signature;
    int half = (bits + 7) / 8;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)*length);
    bool fine = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, half) == half &&
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + half, half) == half;
    ECDSA_SIG_free(pair);
    *length = 2 * (size_t)half;
    return fine;
}

/* An object as the base64url of its JSON. */
static const char *part(oauth_run *run, const kz_schema *schema, const void *object, kz_error **error)
{
    kz_json_value *json = kz_result_json(schema, object, error);
    kz_result_adopt(run->root, json);
    return json ? oauth_base64url(run->root, json->value.text, json->value.length, error) : NULL;
}

static const char *string(oauth_run *run, const char *text, kz_error **error)
{
    return kz_result_string(run->root, text, SIZE_MAX, error);
}

const char *oauth_assertion(const oauth *it, oauth_run *run, const char *audience, kz_error **error)
{
    const algorithm *how = choose(it, run->metadata);
    char id[OAUTH_RANDOM];
    if (!how) {
        oauth_fail(run, error,
            "the key of auth_private_key is of a kind that cannot sign for private_key_jwt: RSA, EC (P-256, P-384, P-521) or "
            "Ed25519 is due.");
        return NULL;
    }
    if (!oauth_random(id, error))
        return NULL;
    time_t now = time(NULL);
    kz_oauth_jose_header *header = kz_result_object(run->root, &kzt_kz_oauth_jose_header, sizeof *header, error);
    kz_oauth_claims *claims = header ? kz_result_object(run->root, &kzt_kz_oauth_claims, sizeof *claims, error) : NULL;
    if (!claims)
        return NULL;
    header->alg = string(run, how->name, error);
    header->kid = it->key_id ? string(run, it->key_id, error) : NULL;
    header->typ = string(run, "JWT", error);
    claims->iss = claims->sub = string(run, it->client_id, error);
    claims->aud = string(run, audience, error);
    claims->jti = string(run, id, error);
    claims->iat = KZ_NUMBER((double)now);
    claims->exp = KZ_NUMBER((double)now + LIFETIME);
    if (!header->typ || !claims->jti)
        return NULL;
    const char *head = part(run, &kzt_kz_oauth_jose_header, header, error);
    const char *body = head ? part(run, &kzt_kz_oauth_claims, claims, error) : NULL;
    const char *text = body ? oauth_text(run->root, error, "%s.%s", head, body) : NULL;
    size_t length = (size_t)EVP_PKEY_get_size(it->key);
    unsigned char *signature = text ? kz_result_memory(run->root, length > 256 ? length : 256, error) : NULL;
    if (!signature)
        return NULL;
    if (!sign(it, how, text, signature, &length) || (how->bits && !flatten(how->bits, signature, &length))) {
        oauth_fail(run, error, "OpenSSL could not sign with the key of auth_private_key.");
        return NULL;
    }
    const char *tail = oauth_base64url(run->root, signature, length, error);
    return tail ? oauth_text(run->root, error, "%s.%s", text, tail) : NULL;
}
