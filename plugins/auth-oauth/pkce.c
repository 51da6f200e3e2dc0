/* pkce.c: what nobody can guess: state, nonce and code verifier; and the challenge that proves a verifier (RFC 7636, S256). */
#include "oauth.h"

#include <jose/b64.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

bool oauth_random(char text[OAUTH_RANDOM], kz_error **error)
{
    unsigned char bytes[32];
    bool fine = RAND_bytes(bytes, sizeof bytes) == 1 &&
        jose_b64_enc_buf(bytes, sizeof bytes, text, OAUTH_RANDOM - 1) == OAUTH_RANDOM - 1;
    text[OAUTH_RANDOM - 1] = 0;
    kz_wipe(bytes, sizeof bytes);
    return fine || kz_error_set(error, KZ_ERROR_STATE, NULL, "The system has no random numbers to give.");
}

bool oauth_challenge(const char *verifier, char text[OAUTH_RANDOM], kz_error **error)
{
    unsigned char sum[SHA256_DIGEST_LENGTH];
    bool fine = EVP_Digest(verifier, strlen(verifier), sum, NULL, EVP_sha256(), NULL) == 1 &&
        jose_b64_enc_buf(sum, sizeof sum, text, OAUTH_RANDOM - 1) == OAUTH_RANDOM - 1;
    text[OAUTH_RANDOM - 1] = 0;
    return fine || kz_error_no_memory(error);
}
