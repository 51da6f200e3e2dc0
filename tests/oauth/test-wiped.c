/* test-wiped.c: after a sign-in no secret of it is left in memory: not the client's, not what the provider gave, not the claims of an ID token. */
#include "../secrets/core.h"
#include "drive.h"

#include <glib.h>
#include <jansson.h>
#include <jose/b64.h>
#include <jose/jwk.h>
#include <string.h>

/* What each stands for here. */
#define DEVICE_CODE BEARER
#define ACCESS GIVEN_TOKEN
#define REFRESH COMMAND_TOKEN
#define SUBJECT TYPED_TOKEN
#define SIGNATURE HUB_TOKEN

#define AT "http://127.0.0.1"

static char *key_set;

/* An ID token with a secret in its claims, and a signature that is wrong: the whole way of checking is gone. */
static void write_id_token(char *out, gsize size)
{
    char subject[SECRET_SIZE], signature[SECRET_SIZE], claims[256], payload[400] = "";
    secret_plain(SUBJECT, subject);
    secret_plain(SIGNATURE, signature);
    snprintf(claims, sizeof claims, "{\"iss\":\"" AT "\",\"aud\":\"app\",\"exp\":9999999999,\"sub\":\"%s\"}", subject);
    jose_b64_enc_buf(claims, strlen(claims), payload, sizeof payload - 1);
    snprintf(out, size, "eyJhbGciOiJFUzI1NiIsImtpZCI6Im9uZSJ9.%s.%s%s%06d", payload, signature, signature, 0);
    kz_wipe(signature, sizeof signature);
    kz_wipe(subject, sizeof subject);
    kz_wipe(claims, sizeof claims);
    kz_wipe(payload, sizeof payload);
}

typedef struct Script {
    int at;
    bool with_id_token;
} Script;

static char *next(void *user, long *status, size_t *length)
{
    Script *script = user;
    const Secret given[] = { DEVICE_CODE, ACCESS, REFRESH };
    char plain[3][SECRET_SIZE], token[1024] = "", *text = malloc(4096);
    for (int i = 0; i < 3; i++)
        secret_plain(given[i], plain[i]);
    if (script->with_id_token)
        write_id_token(token, sizeof token);
    *status = 200;
    switch (script->at++) {
    case 0:
        snprintf(text, 4096, "{\"device_code\":\"%s\",\"user_code\":\"A\",\"verification_uri\":\"" AT "/d\"}", plain[0]);
        break;
    case 1: /* it says what it should not */
        *status = 400;
        snprintf(text, 4096, "{\"error\":\"authorization_pending\",\"error_description\":\"%s\"}", plain[0]);
        break;
    case 2:
        snprintf(text, 4096, "{\"access_token\":\"%s\",\"refresh_token\":\"%s\",\"expires_in\":60%s%s%s}", plain[1], plain[2],
            *token ? ",\"id_token\":\"" : "", token, *token ? "\"" : "");
        break;
    default: snprintf(text, 4096, "%s", key_set);
    }
    *length = strlen(text);
    kz_wipe(plain, sizeof plain);
    kz_wipe(token, sizeof token);
    return text;
}

static void sign_in(bool with_id_token)
{
    char secret[SECRET_SIZE];
    kz_error *error = NULL;
    bool granted = false;
    Script script = { 0, with_id_token };
    secret_plain(CLIENT_SECRET, secret);
    kz_client *client = drive_client(
        (const char *const[]){ "auth_client_id", "app", "auth_issuer", AT, "auth_token_endpoint", AT "/token",
            "auth_device_endpoint", AT "/device", "auth_jwks_uri", AT "/keys", "auth_client_secret", secret, NULL },
        &error);
    kz_wipe(secret, sizeof secret);
    void *self = drive_create(client, &error);
    g_assert_nonnull(self);
    g_assert_true(core_holds(CLIENT_SECRET)); /* the test sees what it looks for */
    kz_step step = drive(client, self, KZ_PROVIDER_SIGN_IN, NULL, next, &script, &granted, &error);
    g_assert_cmpint(granted, ==, !with_id_token);
    g_assert_cmpint(step, ==, with_id_token ? KZ_STEP_FAILED : KZ_STEP_DONE);
    if (error)
        g_assert_nonnull(strstr(error->message, "signature of the ID token is wrong"));
    kz_error_free(error);
    drive_vtable()->destroy(self);
    kz_client_free(client);
}

static void test_wiped(void)
{
    json_t *key = json_pack("{s:s,s:s}", "alg", "ES256", "kid", "one");
    g_assert_true(jose_jwk_gen(NULL, key) && jose_jwk_pub(NULL, key));
    json_t *set = json_pack("{s:[O]}", "keys", key);
    key_set = json_dumps(set, 0);
    json_decref(set);
    json_decref(key);
    sign_in(false);
    g_assert_true(core_is_clean());
    sign_in(true);
    g_assert_true(core_is_clean());
    free(key_set);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kz_error *error = NULL;
    g_assert_true(kz_global_init(KZ_WIPE, &error));
    g_test_add_func("/oauth/no-secret-stays-in-memory", test_wiped);
    return g_test_run();
}
