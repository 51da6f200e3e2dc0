/* test-oauth.c: signing in by OAuth with the n-th allocation failing, for every n: by another device, as the program itself with a signed
 * assertion, renewing and giving back. Each time it ends well or with NO_MEMORY, nothing leaks, and it works right after. The libraries that sign
 * and verify have allocations of their own, which do not fail here. */
#include "../oauth/drive.h"
#include "failing.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

typedef struct Answer {
    long status;
    const char *text;
} Answer;

typedef struct Trial {
    const char *settings[17];
    kz_provider_reason reason;
    const char *memory;
    const Answer *answers;
    gsize at;
    bool refused; /* it ends with an error of the provider's */
} Trial;

#define AT "http://127.0.0.1"
#define BY_HAND                                                                                                           \
    "auth_client_id", "app", "auth_issuer", AT, "auth_token_endpoint", AT "/token", "auth_device_endpoint", AT "/device", \
        "auth_revocation_endpoint", AT "/revoke"
#define TOKENS "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":60,\"refresh_token\":\"r\"}"

/* In memory that never fails. */
static char *next(void *user, long *status, size_t *length)
{
    Trial *trial = user;
    const Answer *answer = &trial->answers[trial->at];
    if (!answer->text)
        return NULL;
    trial->at++;
    *status = answer->status;
    *length = strlen(answer->text);
    return g_strdup(answer->text);
}

static bool work(void *user, kz_error **error)
{
    Trial *trial = user;
    bool granted = false, fine = false;
    trial->at = 0;
    kz_client *client = drive_client(trial->settings, error);
    void *self = client ? drive_create(client, error) : NULL;
    if (self) {
        kz_step step = drive(client, self, trial->reason, trial->memory, next, trial, &granted, error);
        g_assert_cmpint(step == KZ_STEP_FAILED, ==, error && *error);
        fine = step == KZ_STEP_DONE && (granted || trial->reason == KZ_PROVIDER_SIGN_OUT);
        if (trial->refused && kz_error_is(*error, KZ_ERROR_AUTHENTICATION)) {
            kz_error_clear(error);
            fine = true;
        }
        drive_vtable()->destroy(self);
    }
    kz_client_free(client);
    return fine;
}

static void test_device(void)
{
    static const Answer answers[] = {
        { 200, "{\"device_code\":\"d\",\"user_code\":\"A\",\"verification_uri\":\"" AT "/d\",\"interval\":1}" },
        { 400, "{\"error\":\"authorization_pending\"}" }, { 400, "{\"error\":\"slow_down\",\"error_description\":\"words\"}" },
        { 200, TOKENS }, { 0, NULL }
    };
    Trial trial = { { BY_HAND, "auth_scope", "openid" }, KZ_PROVIDER_SIGN_IN, NULL, answers, 0, false };
    failing_each(work, &trial, false);
}

static void test_assertion(void)
{
    static const Answer answers[] = { { 404, "{}" },
        { 200, "{\"issuer\":\"" AT "\",\"token_endpoint\":\"" AT "/token\",\"scopes_supported\":[\"a\",\"b\"]}" },
        { 200, TOKENS }, { 0, NULL } };
    EVP_PKEY *key = EVP_EC_gen("P-256");
    char *path = NULL;
    FILE *file = fdopen(g_file_open_tmp("kz-key-XXXXXX", &path, NULL), "w");
    g_assert_true(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
    fclose(file);
    Trial trial = { { "auth_client_id", "app", "auth_issuer", AT, "auth_private_key", path, "auth_key_id", "k" },
        KZ_PROVIDER_FIRST, NULL, answers, 0, false };
    failing_each(work, &trial, true); /* a file that cannot be opened is a wrong setting */
    g_unlink(path);
    g_free(path);
    EVP_PKEY_free(key);
}

static void test_secret_and_renewal(void)
{
    static const Answer renewed[] = { { 200, TOKENS }, { 0, NULL } },
                        refused[] = { { 400, "{\"error\":\"invalid_grant\",\"error_description\":\"gone\"}" }, { 0, NULL } };
    static const char memory[] = "{\"refresh_token\":\"r0\",\"sub\":\"ada\",\"user\":\"Ada\",\"person\":true}";
    Trial trial = { { BY_HAND, "auth_client_secret", "s e" }, KZ_PROVIDER_REFUSED, memory, renewed, 0, false };
    failing_each(work, &trial, false);
    trial.answers = refused;
    trial.refused = true;
    failing_each(work, &trial, false);
}

static void test_signing_out(void)
{
    static const Answer answers[] = { { 200, "" }, { 400, "{\"error\":\"unsupported_token_type\"}" }, { 0, NULL } };
    Trial trial = { { BY_HAND }, KZ_PROVIDER_SIGN_OUT, "{\"refresh_token\":\"r0\"}", answers, 0, false };
    failing_each(work, &trial, false);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory/oauth/by-another-device", test_device);
    g_test_add_func("/memory/oauth/as-the-program-itself", test_assertion);
    g_test_add_func("/memory/oauth/renewing", test_secret_and_renewal);
    g_test_add_func("/memory/oauth/signing-out", test_signing_out);
    return g_test_run();
}
