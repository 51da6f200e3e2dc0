/* test-oauth.c: signing in by OAuth in every way, at a provider that is well (the emulator), and at one that repeats in its errors what it
 * was sent: client secrets, codes, verifiers, assertions, device codes, refresh tokens, ID tokens. */
#include "../oauth/pages.h"
#include "core.h"
#include "keys.h"
#include "stage.h"

#include <kamiwaza/auth.h>
#include <string.h>

#define GIVER "giver" /* gives GIVEN_TOKEN to whoever asks */
#define REALM "/realms/kamiwaza"

/* ---- the browser, a process of its own ---- */

static int browse(const char *url)
{
    Page page;
    page_open(&page, NULL);
    page_visit(&page, url, NULL);
    page_close(&page);
    return 0;
}

static bool open_browser(void *user, const char *url)
{
    const char *const words[] = { "/proc/self/exe", "--browse", url, NULL };
    (void)user;
    return g_spawn_async(NULL, (char **)(guintptr)words, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL);
}

static bool show(void *user, const kz_sign_in_notice *notice, kz_error **error)
{
    Scene *s = user;
    (void)error;
    seen_text(&s->seen, "notice", notice->text, -1);
    return !notice->url_with_code || open_browser(user, notice->url_with_code);
}

/* ---- scenes ---- */

/* At the emulator, by way of the relay, except for what `token` (STAGE_...) answers. */
static kz_config *config_of(Scene *s, const char *platform, const char *token, const char *client)
{
    static const char *const endpoints[][2] = { { "auth_token_endpoint", "/token" }, { "auth_authorization_endpoint", "/auth" },
        { "auth_device_endpoint", "/device-authorization" }, { "auth_revocation_endpoint", "/revoke" },
        { "auth_jwks_uri", "/certs" } };
    g_autofree char *base = scene_url(platform, "/api"), *issuer = scene_url(STAGE_EMULATOR, REALM);
    kz_config *config = scene_config(s, base);
    kz_config_set(config, "auth", "oauth", &s->error);
    kz_config_set(config, "auth_issuer", issuer, &s->error);
    kz_config_set(config, "auth_client_id", client, &s->error);
    for (gsize i = 0; i < G_N_ELEMENTS(endpoints); i++) {
        g_autofree char *url = scene_url(i ? STAGE_RELAY : token, REALM), *whole = g_strconcat(url, endpoints[i][1], NULL);
        kz_config_set(config, endpoints[i][0], whole, &s->error);
    }
    return config;
}

/* Asks who it is; the token is refused once, and renewed. */
static void ask(Scene *s, kz_client *client)
{
    static const kz_string_entry refused = { "X-Emulator-Fault", "status=401,count=1" };
    const kz_call_options options = { .headers = &refused, .n_headers = 1 };
    kz_auth *auth = kz_client_auth(client, &s->error), *with = kz_with_options(auth, &options, &s->error);
    void *result = kz_auth_get_current_user(with, NULL, &s->error);
    seen_result(&s->seen, result);
    kz_free(result);
    kz_service_free(with);
}

static void sign_in(Scene *s, kz_client *client, kz_sign_in_way way)
{
    const kz_sign_in person = { .size = sizeof person, .way = way, .show = show, .browse = open_browser, .user = s };
    kz_client_sign_in(client, &person, &s->error);
}

static kz_config *with_secret(Scene *s, const char *platform, const char *token, const char *proof)
{
    kz_config *config = config_of(s, platform, token, "robot");
    kz_config_set(config, "auth_client_auth", proof, &s->error);
    scene_secret(s, config, "auth_client_secret", "", CLIENT_SECRET, "");
    return config;
}

static kz_config *with_key(Scene *s, const char *platform, const char *token)
{
    g_autofree char *key = stage_path("locked.key");
    kz_config *config = config_of(s, platform, token, "robot");
    kz_config_set(config, "auth_private_key", key, &s->error);
    kz_config_set(config, "auth_grant", "client_credentials", &s->error);
    scene_secret(s, config, "auth_private_key_password", "", KEY_PASSWORD, "");
    return config;
}

static void test_program(void)
{
    static const char *const proofs[] = { "client_secret_basic", "client_secret_post" };
    Scene s;
    scene_begin(&s);
    for (gsize i = 0; i < G_N_ELEMENTS(proofs); i++) {
        kz_client *client = scene_client(&s, with_secret(&s, STAGE_RELAY, STAGE_RELAY, proofs[i]));
        ask(&s, client);
        scene_holds(CLIENT_SECRET);
        kz_client_free(client);
    }
    kz_client *client = scene_client(&s, with_key(&s, STAGE_PARROT, GIVER));
    for (int i = 0; i < 6; i++) {
        ask(&s, client);
        scene_error(&s);
    }
    scene_holds(KEY_PASSWORD);
    scene_holds(GIVEN_TOKEN);
    kz_client_free(client);
    scene_end(&s);
    g_assert_cmpuint(secrets_known("access_token"), >, 1);
    g_assert_cmpuint(secrets_known("client_assertion"), >, 0);
}

static void as_a_person(kz_sign_in_way way)
{
    Scene s;
    scene_begin(&s);
    kz_client *client = scene_client(&s, config_of(&s, STAGE_RELAY, STAGE_RELAY, "app"));
    sign_in(&s, client, way);
    scene_good(&s);
    ask(&s, client);
    g_assert_true(kz_client_sign_out(client, &s.error));
    kz_client_free(client);
    scene_end(&s);
    g_assert_cmpuint(secrets_known("id_token"), >, 0);
    g_assert_cmpuint(secrets_known("refresh_token"), >, 1);
    if (way == KZ_SIGN_IN_DEVICE) {
        g_assert_cmpuint(secrets_known("device_code"), >, 0);
    } else {
        g_assert_cmpuint(secrets_known("code"), >, 0);
        g_assert_cmpuint(secrets_known("code_verifier"), >, 0);
    }
}

static void test_browser(void)
{
    as_a_person(KZ_SIGN_IN_BROWSER);
}

static void test_device(void)
{
    as_a_person(KZ_SIGN_IN_DEVICE);
}

/* The parrot has six moods. */
static void test_refused(void)
{
    enum { MOODS = 6 };
    Scene s;
    scene_begin(&s);
    for (int i = 0; i < 5 * MOODS; i++) {
        gboolean person = i % 5 > 2;
        kz_config *config = person ? config_of(&s, STAGE_RELAY, STAGE_PARROT, "app")
            : i % 5 == 0           ? with_secret(&s, STAGE_RELAY, STAGE_PARROT, "client_secret_basic")
            : i % 5 == 1           ? with_secret(&s, STAGE_RELAY, STAGE_PARROT, "client_secret_post")
                                   : with_key(&s, STAGE_RELAY, STAGE_PARROT);
        kz_client *client = scene_client(&s, config);
        if (person)
            sign_in(&s, client, i % 5 == 3 ? KZ_SIGN_IN_BROWSER : KZ_SIGN_IN_DEVICE);
        else
            ask(&s, client);
        g_assert_nonnull(s.error);
        scene_error(&s);
        kz_client_free(client);
    }
    scene_end(&s);
    static const char *const learnt[] = { "code", "code_verifier", "device_code", "client_assertion" };
    for (gsize i = 0; i < G_N_ELEMENTS(learnt); i++)
        g_assert_cmpuint(secrets_known(learnt[i]), >, 0);
}

/* ---- stages ---- */

static char *give(const char *request, void *file)
{
    char plain[SECRET_SIZE];
    relay_note(file, request);
    secret_plain(GIVEN_TOKEN, plain);
    g_autofree char *body = g_strdup_printf("{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":600}", plain);
    return g_strdup_printf(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
}

static void test_play(gconstpointer scene)
{
    Stage stage;
    stage_begin(&stage);
    g_autofree char *key = stage_path("locked.key"), *noted = stage_path("noted");
    key_lock(NULL, key);
    WireServer *giver = wire_start_function(give, noted);
    stage_tell(GIVER, wire_url(giver));
    stage_play(&stage, scene);
    wire_stop(giver);
    stage_end(&stage);
}

static const struct {
    const char *name, *scene;
    void (*run)(void);
} plays[] = {
    { "/secrets/a-program-by-oauth", "/secrets/program/subprocess", test_program },
    { "/secrets/a-person-with-a-browser", "/secrets/browser/subprocess", test_browser },
    { "/secrets/a-person-with-another-device", "/secrets/device/subprocess", test_device },
    { "/secrets/a-provider-that-repeats-what-it-was-sent", "/secrets/refused/subprocess", test_refused },
};

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--browse"))
        return browse(argv[2]);
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(plays); i++) {
        g_test_add_func(plays[i].scene, plays[i].run);
        g_test_add_data_func(plays[i].name, plays[i].scene, test_play);
    }
    return g_test_run();
}
