/* keys.c: secrets that cannot be guessed, their digests, and the key that tokens are signed with: made when it is first needed,
 * anew in each run. */
#include "sign_in.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

static char *base64url(const void *data, size_t length)
{
    char *text = g_base64_encode(data, length);
    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    text[strcspn(text, "=")] = 0;
    return text;
}

char *secret_new(void)
{
    guchar bytes[32];
    g_assert(RAND_bytes(bytes, sizeof bytes) == 1);
    return base64url(bytes, sizeof bytes);
}

char *digest(const char *secret)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, secret, -1);
}

char *challenge_of(const char *verifier)
{
    guchar bytes[32];
    g_assert(EVP_Digest(verifier, strlen(verifier), bytes, NULL, EVP_sha256(), NULL) == 1);
    return base64url(bytes, sizeof bytes);
}

static EVP_PKEY *key_of(Emulator *emulator)
{
    if (!emulator->key)
        emulator->key = EVP_RSA_gen(2048);
    g_assert(emulator->key);
    return emulator->key;
}

/* One of the two numbers that an RSA key is made of. */
static char *number_of(EVP_PKEY *key, const char *name)
{
    BIGNUM *number = NULL;
    g_assert(EVP_PKEY_get_bn_param(key, name, &number));
    size_t length = (size_t)BN_num_bytes(number);
    guchar *bytes = g_malloc(length);
    BN_bn2bin(number, bytes);
    char *text = base64url(bytes, length);
    g_free(bytes);
    BN_free(number);
    return text;
}

/* The key's name: the beginning of a digest over it. */
static char *name_of(EVP_PKEY *key)
{
    char *modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N), *whole = digest(modulus), *name = g_strndup(whole, 16);
    g_free(modulus);
    g_free(whole);
    return name;
}

json_object *public_keys(Emulator *emulator)
{
    EVP_PKEY *key = key_of(emulator);
    json_object *answer = json_object_new_object(), *keys = json_object_new_array(), *one = json_object_new_object();
    char *n = number_of(key, OSSL_PKEY_PARAM_RSA_N), *e = number_of(key, OSSL_PKEY_PARAM_RSA_E), *name = name_of(key);
    put_text(one, "kty", "RSA");
    put_text(one, "alg", "RS256");
    put_text(one, "use", "sig");
    put_text(one, "kid", name);
    put_text(one, "n", n);
    put_text(one, "e", e);
    json_object_array_add(keys, one);
    json_object_object_add(answer, "keys", keys);
    g_free(n);
    g_free(e);
    g_free(name);
    return answer;
}

static char *signature(EVP_PKEY *key, const char *text)
{
    guchar bytes[512];
    size_t length = sizeof bytes;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    g_assert(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1);
    g_assert(EVP_DigestSign(context, bytes, &length, (const guchar *)text, strlen(text)) == 1);
    EVP_MD_CTX_free(context);
    return base64url(bytes, length);
}

char *sign_claims(Emulator *emulator, json_object *claims)
{
    EVP_PKEY *key = key_of(emulator);
    char *name = name_of(key), *head = g_strdup_printf("{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", name);
    const char *body = json_object_to_json_string_ext(claims, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    char *first = base64url(head, strlen(head)), *second = base64url(body, strlen(body));
    char *text = g_strconcat(first, ".", second, NULL), *third = signature(key, text);
    char *token = g_strconcat(text, ".", third, NULL);
    g_free(name);
    g_free(head);
    g_free(first);
    g_free(second);
    g_free(text);
    g_free(third);
    return token;
}

void keys_end(Emulator *emulator)
{
    EVP_PKEY_free(emulator->key);
    emulator->key = NULL;
}
