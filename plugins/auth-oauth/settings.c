/* settings.c: the settings of the provider and what they must be. Everything that can be known to be wrong before anybody signs in is
 * said here, by the name of the setting. */
#include "oauth.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const kz_provider_setting oauth_settings[OAUTH_SETTINGS] = {
    { .name = "issuer",
        .summary =
            "The provider's name, an https:// address; its endpoints are discovered from it unless auth_token_endpoint is set." },
    { .name = "client_id", .summary = "The name by which the provider knows this program." },
    { .name = "client_secret", .summary = "The secret of a program that has one.", .secret = 1 },
    { .name = "client_auth",
        .summary = "How the program proves itself: client_secret_basic, client_secret_post, private_key_jwt or none; "
                   "unset, by what is given and what the provider takes." },
    { .name = "private_key", .summary = "The path of the key that signs for private_key_jwt, in PEM: RSA, EC or Ed25519." },
    { .name = "private_key_password", .summary = "The password of that file, where it has one.", .secret = 1 },
    { .name = "key_id", .summary = "The name by which the provider knows that key." },
    { .name = "assertion_audience", .summary = "Whom private_key_jwt speaks to, where that is not the token endpoint." },
    { .name = "grant",
        .summary =
            "How a credential is got: authorization_code, device_code or client_credentials; unset, client_credentials where "
            "a secret or key is given, else what the person who signs in can do." },
    { .name = "scope",
        .summary =
            "What is asked for, words separated by spaces; unset, openid and offline_access where the provider knows them." },
    { .name = "audience", .summary = "The audience parameter, for providers that take one." },
    { .name = "resource", .summary = "The address of what the token is to be good for (RFC 8707)." },
    { .name = "prompt", .summary = "The prompt parameter; unset, consent where offline_access is asked for." },
    { .name = "authorization_endpoint", .summary = "Where a browser signs in." },
    { .name = "token_endpoint", .summary = "Where tokens come from; set, nothing is discovered." },
    { .name = "device_endpoint", .summary = "Where another device begins to sign in." },
    { .name = "revocation_endpoint", .summary = "Where tokens are given back." },
    { .name = "jwks_uri", .summary = "Where the provider's public keys are." },
    { .name = "redirect_host",
        .fallback = "127.0.0.1",
        .summary = "How the browser is sent back to this machine: 127.0.0.1 or localhost, as registered with the provider." },
    { .name = "redirect_port", .fallback = "0", .summary = "The port of it; 0: any that is free." },
    { .name = "redirect_path", .fallback = "/callback", .summary = "The path of it." },
};

static bool need(const char *value, const char *name, const char *why, kz_error **error)
{
    return value || kz_error_set(error, KZ_ERROR_CONFIG, name, "%s is not set: %s.", name, why);
}

static bool choose(const char *value, const char *name, const char *const *words, int *chosen, kz_error **error)
{
    *chosen = 0;
    if (!value)
        return true;
    for (int i = 0; words[i]; i++)
        if (!strcmp(words[i], value))
            return *chosen = i + 1, true;
    return kz_error_set(error, KZ_ERROR_CONFIG, name, "%s is \"%s\"; there are %s, %s, %s%s%s.", name, value, words[0], words[1],
        words[2], words[3] ? ", " : "", words[3] ? words[3] : "");
}

static bool is_url(const char *value)
{
    const char *rest = !strncmp(value, "https://", 8) ? value + 8 : !strncmp(value, "http://", 7) ? value + 7 : NULL;
    if (!rest || !*rest || *rest == '/')
        return false;
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
            return false;
    return true;
}

static bool read_endpoints(oauth *it, kz_error **error)
{
    const struct {
        const char *name, *full;
        const char **value;
    } endpoints[] = { { "authorization_endpoint", "auth_authorization_endpoint", &it->given.authorization_endpoint },
        { "token_endpoint", "auth_token_endpoint", &it->given.token_endpoint },
        { "device_endpoint", "auth_device_endpoint", &it->given.device_authorization_endpoint },
        { "revocation_endpoint", "auth_revocation_endpoint", &it->given.revocation_endpoint },
        { "jwks_uri", "auth_jwks_uri", &it->given.jwks_uri }, { "issuer", "auth_issuer", &it->given.issuer } };
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        const char *value = *endpoints[i].value = kz_provider_value(it->core, endpoints[i].name);
        if (!value)
            continue;
        if (!is_url(value))
            return kz_error_set(
                error, KZ_ERROR_CONFIG, endpoints[i].full, "%s is no address: https://host/path is due.", endpoints[i].full);
        if (!kz_provider_may_ask(it->core, value, error))
            return false;
    }
    it->issuer = it->given.issuer;
    if (it->issuer && strpbrk(it->issuer, "?#"))
        return kz_error_set(error, KZ_ERROR_CONFIG, "auth_issuer", "auth_issuer is the address of a provider, without ? or #.");
    return it->issuer ||
        need(it->given.token_endpoint, "auth_issuer",
            "it names the provider, as in https://login.example.org; or set auth_token_endpoint and the like by hand", error);
}

/* The password of the file, for OpenSSL; it asks nobody. */
static int give_password(char *buffer, int size, int writing, void *user)
{
    const oauth *it = user;
    const char *password = kz_provider_value(it->core, "private_key_password");
    int length = password ? snprintf(buffer, (size_t)size, "%s", password) : -1;
    (void)writing;
    return length < size ? length : -1;
}

static bool read_key(oauth *it, kz_error **error)
{
    const char *path = kz_provider_value(it->core, "private_key");
    if (!path)
        return true;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (!file) {
        kz_error_set(error, KZ_ERROR_CONFIG, "auth_private_key", "The key %s cannot be read: %s.", path, strerrordesc_np(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    setvbuf(file, NULL, _IONBF, 0); /* no copy of the key in a buffer of the C library */
    it->key = PEM_read_PrivateKey(file, NULL, give_password, it);
    fclose(file);
    ERR_clear_error();
    return it->key ||
        kz_error_set(error, KZ_ERROR_CONFIG, "auth_private_key", "%s holds no private key in PEM that can be used%s.", path,
            kz_provider_value(it->core, "private_key_password") ? ", or auth_private_key_password is not its password"
                                                                : "; one that is encrypted needs auth_private_key_password");
}

static bool read_redirect(oauth *it, kz_error **error)
{
    const char *port = kz_provider_value(it->core, "redirect_port");
    char *end;
    long number = strtol(port, &end, 10);
    it->redirect_host = kz_provider_value(it->core, "redirect_host");
    it->redirect_path = kz_provider_value(it->core, "redirect_path");
    it->redirect_port = (int)number;
    if (*port < '0' || *port > '9' || *end || number > 65535)
        return kz_error_set(
            error, KZ_ERROR_CONFIG, "auth_redirect_port", "auth_redirect_port is a port, 0 to 65535, not \"%s\".", port);
    if (strcmp(it->redirect_host, "127.0.0.1") != 0 && strcmp(it->redirect_host, "localhost") != 0)
        return kz_error_set(error, KZ_ERROR_CONFIG, "auth_redirect_host",
            "auth_redirect_host is 127.0.0.1 or localhost: nobody else may get the answer.");
    const char *path = it->redirect_path;
    return (*path == '/' && !path[strcspn(path, " ?#\"<>\\\r\n\t")] && strlen(path) < 256) ||
        kz_error_set(error, KZ_ERROR_CONFIG, "auth_redirect_path",
            "auth_redirect_path is a path such as /callback, without spaces, ? and #.");
}

static bool check_proof(oauth *it, kz_error **error)
{
    if (it->proof == OAUTH_BASIC || it->proof == OAUTH_POST)
        return need(it->client_secret, "auth_client_secret", "the program proves itself by it (auth_client_auth)", error);
    if (it->proof == OAUTH_JWT && !it->key)
        return need(NULL, "auth_private_key", "it signs for private_key_jwt", error);
    if (it->flow == OAUTH_CLIENT && (it->proof == OAUTH_NONE || (!it->client_secret && !it->key)))
        return kz_error_set(error, KZ_ERROR_CONFIG, "auth_grant",
            "With client_credentials a program signs in as itself, so it needs auth_client_secret or auth_private_key.");
    return true;
}

bool oauth_read_settings(oauth *it, kz_error **error)
{
    static const char *const flows[] = { "authorization_code", "device_code", "client_credentials", NULL };
    static const char *const proofs[] = { "client_secret_basic", "client_secret_post", "private_key_jwt", "none", NULL };
    const struct {
        const char *name;
        const char **value;
    } texts[] = { { "client_id", &it->client_id }, { "client_secret", &it->client_secret }, { "key_id", &it->key_id },
        { "assertion_audience", &it->assertion_audience }, { "scope", &it->scope }, { "audience", &it->audience },
        { "resource", &it->resource }, { "prompt", &it->prompt } };
    int flow, proof;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i].value = kz_provider_value(it->core, texts[i].name);
    if (!need(it->client_id, "auth_client_id", "it is the name that the provider gave this program when it was registered",
            error) ||
        !choose(kz_provider_value(it->core, "grant"), "auth_grant", flows, &flow, error) ||
        !choose(kz_provider_value(it->core, "client_auth"), "auth_client_auth", proofs, &proof, error))
        return false;
    it->flow = (oauth_flow)flow;
    it->proof = (oauth_proof)proof;
    return read_endpoints(it, error) && read_redirect(it, error) && read_key(it, error) && check_proof(it, error);
}
