/* keys.c: see keys.h. */
#include "keys.h"

#include "secrets.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>

void key_lock(const char *from, const char *to)
{
    char plain[SECRET_SIZE];
    FILE *in = from ? fopen(from, "re") : NULL, *out = fopen(to, "we");
    EVP_PKEY *key = in ? PEM_read_PrivateKey(in, NULL, NULL, NULL) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    secret_plain(KEY_PASSWORD, plain);
    g_assert_true(key && out);
    g_assert_true(PEM_write_PrivateKey(out, key, EVP_aes_128_cbc(), (unsigned char *)plain, SECRET_LENGTH, NULL, NULL));
    EVP_PKEY_free(key);
    fclose(out);
    if (in)
        fclose(in);
}
