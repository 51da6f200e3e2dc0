/* auth-hmac.c: an auth provider of a company's own, in one file. It signs each request with a secret that both sides know (HMAC-SHA256
 * over method, address, date and the digest of the body), so that no token travels at all. Built by meson.build beside it from what
 * libkamiwaza installs; chosen by auth = "hmac", auth_key_id and auth_secret. */
#include <kamiwaza/auth-plugin.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef AUTH_HMAC_ABI
#define AUTH_HMAC_ABI KZ_ABI_MAJOR
#endif

enum { DIGEST = 32, HEX = 2 * DIGEST + 1 };

static void to_hex(const unsigned char *bytes, char *out)
{
    for (int i = 0; i < DIGEST; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* The settings are checked once, before anything is sent; they live as long as the provider, so it needs no state but them. */
static void *create(kz_provider *provider, kz_error **error)
{
    static const char *const needed[] = { "key_id", "secret" };
    for (int i = 0; i < 2; i++)
        if (!kz_provider_value(provider, needed[i])) {
            kz_error_set(error, KZ_ERROR_CONFIG, needed[i], "Signing requests needs the setting auth_%s.", needed[i]);
            return NULL;
        }
    return provider;
}

/* A body that is read while it is sent has no digest yet. */
static int digest_of(const kz_provider_request *request, char *out)
{
    unsigned char digest[DIGEST];
    if (request->streamed) {
        snprintf(out, HEX, "UNSIGNED");
        return 1;
    }
    if (!EVP_Digest(request->body ? request->body : "", request->body_length, digest, NULL, EVP_sha256(), NULL))
        return 0;
    to_hex(digest, out);
    return 1;
}

/* Path and query: what follows the host. */
static const char *target_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    return path ? path : "/";
}

static int sign(const char *secret, const kz_provider_request *request, const char *date, const char *digest, char *out)
{
    unsigned char mac[DIGEST];
    const char *target = target_of(request->url);
    size_t size = strlen(request->method) + strlen(target) + strlen(date) + strlen(digest) + 4;
    char *text = malloc(size);
    if (!text)
        return 0;
    int length = snprintf(text, size, "%s\n%s\n%s\n%s", request->method, target, date, digest);
    int good = HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)text, (size_t)length, mac, NULL) != NULL;
    free(text);
    if (good)
        to_hex(mac, out);
    OPENSSL_cleanse(mac, sizeof mac);
    return good;
}

/* Called for each attempt of each request, by any thread. */
static bool authorise(void *self, kz_provider_request *request, kz_error **error)
{
    const char *key = kz_provider_value(self, "key_id"), *secret = kz_provider_value(self, "secret");
    char digest[HEX], signature[HEX], date[32], line[512];
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    if (!digest_of(request, digest) || !sign(secret, request, date, digest, signature))
        return kz_error_no_memory(error);
    if (snprintf(line, sizeof line, "HMAC key=%s, signature=%s", key, signature) >= (int)sizeof line)
        return kz_error_set(error, KZ_ERROR_CONFIG, "key_id", "The setting auth_key_id is too long.");
    return kz_provider_put_header(request, "X-Date", date, error) &&
        kz_provider_put_header(request, "X-Content-SHA256", digest, error) &&
        kz_provider_put_header(request, "Authorization", line, error);
}

static const kz_provider_setting settings[] = {
    { .name = "key_id", .summary = "Which secret it is." },
    { .name = "secret", .summary = "The secret that both sides know.", .secret = 1 },
};

static const kz_provider_vtable vtable = {
    .size = sizeof vtable,
    .title = "Signed requests",
    .summary = "Each request is signed with a shared secret (HMAC-SHA256).",
    .settings = settings,
    .n_settings = sizeof settings / sizeof *settings,
    .create = create,
    .authorise = authorise,
};

KZ_PLUGIN(auth_hmac) = {
    .abi_major = AUTH_HMAC_ABI,
    .abi_minor = KZ_ABI_MINOR,
    .size = sizeof(kz_plugin_descriptor),
    .kind = KZ_PLUGIN_AUTH,
    .name = "auth-hmac",
    .version = "1.0",
    .vtable = &vtable,
};
