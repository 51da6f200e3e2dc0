/* stage.c: see stage.h. */
#include "stage.h"

#include "../services/emulator.h"
#include "../wire/http.h"
#include "../wire/remove.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* ---- servers ---- */

/* The credential of a request's Authorization or Proxy-Authorization by itself, and what it says where it is one of HTTP's basic scheme. */
static char *credential_of(const char *request)
{
    const char *line = strcasestr(request, "authorization: "), *scheme = line ? line + strlen("authorization: ") : NULL;
    const char *credential = scheme ? strchr(scheme, ' ') : NULL;
    if (!credential)
        return g_strdup("");
    g_autofree char *text = g_strndup(credential + 1, strcspn(credential + 1, "\r")), *plain = NULL;
    gsize length = 0;
    if (g_str_has_prefix(scheme, "Basic ")) {
        g_autofree guchar *bytes = g_base64_decode(text, &length);
        plain = g_strndup((char *)bytes, length);
    }
    return g_strdup_printf("%s, that is %s", text, plain ? plain : "a secret");
}

/* What it was sent comes back, in errors of every kind, in their texts and names. */
static char *repeat(const char *request, void *user)
{
    static gint turn;
    static const char *const status[] = { "401 Unauthorized", "403 Forbidden", "404 Not Found", "422 Unprocessable Entity",
        "500 Internal Server Error", "200 OK" };
    Stage *stage = user;
    relay_note(stage->relay.file, request);
    seen_command_lines(&stage->seen, getpid());
    if (strncmp(request, "GET /moved", 10) == 0)
        return g_strdup_printf(
            "HTTP/1.1 302 Found\r\nLocation: %s/there\r\nContent-Length: 0\r\n\r\n", wire_url(stage->elsewhere));
    g_autofree char *told = g_strescape(request, NULL), *line = g_strndup(request, strcspn(request, "\r"));
    g_autofree char *credential = credential_of(request), *proof = g_strescape(credential, NULL);
    int n = g_atomic_int_add(&turn, 1) % (int)G_N_ELEMENTS(status);
    g_autofree char *body = g_strdup_printf(
        "{\"error\":{\"message\":\"you sent %s\",\"code\":\"%s\",\"type\":\"%s\",\"param\":\"%s\"}}", told, line, proof, line);
    return g_strdup_printf("HTTP/1.1 %s\r\nContent-Type: application/json\r\nX-Request-Id: 7\r\nContent-Length: %d\r\n\r\n%s",
        status[n], (int)strlen(body), body);
}

char *stage_path(const char *name)
{
    return g_build_filename(g_getenv(STAGE_FOLDER), name, NULL);
}

static void start_emulator(Stage *stage)
{
    char key[SECRET_SIZE], password[SECRET_SIZE], client[SECRET_SIZE];
    secret_plain(API_KEY, key);
    secret_plain(PASSWORD, password);
    secret_plain(CLIENT_SECRET, client);
    g_autofree char *user = g_strconcat("ada:", password, NULL), *robot = g_strconcat("robot:", client, NULL);
    g_autofree char *log = stage_path("emulator.log"), *state = stage_path("state");
    const char *const options[] = { "--verbose", "--require-auth", "--require-key", key, "--user", user, "--client", robot,
        "--model", "tiny", "--state", state, NULL };
    stage->emulator = emulator_start_logging(options, log, &stage->url);
}

void stage_tell(const char *name, const char *value)
{
    g_autofree char *path = stage_path(name);
    g_assert_true(g_file_set_contents(path, value, -1, NULL));
}

/* Its name stays the same, since the environment must not change once there are threads. */
static void make_folder(void)
{
    if (!g_getenv(STAGE_FOLDER)) {
        g_autofree char *folder = g_dir_make_tmp("kamiwaza-secrets-XXXXXX", NULL);
        g_setenv(STAGE_FOLDER, folder, TRUE);
    }
    g_assert_cmpint(g_mkdir_with_parents(g_getenv(STAGE_FOLDER), 0700), ==, 0);
}

void stage_begin(Stage *stage)
{
    static const WireAnswer there[] = { { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", -1,
        0, NULL } };
    *stage = (Stage){ 0 };
    make_folder();
    seen_begin(&stage->seen);
    start_emulator(stage);
    g_autofree char *noted = stage_path("noted"), *origin = g_strndup(stage->url, strlen(stage->url) - strlen("/api"));
    relay_begin(&stage->relay, stage->url, g_intern_string(noted), &stage->seen);
    stage->elsewhere = wire_start(there, 1);
    stage->parrot = wire_start_function(repeat, stage);
    stage_tell(STAGE_EMULATOR, origin);
    stage_tell(STAGE_RELAY, wire_url(stage->relay.server));
    stage_tell(STAGE_PARROT, wire_url(stage->parrot));
}

void stage_play(Stage *stage, const char *scene)
{
    (void)stage;
    g_test_trap_subprocess(scene, 0, G_TEST_SUBPROCESS_INHERIT_STDERR | G_TEST_SUBPROCESS_INHERIT_STDOUT);
    g_test_trap_assert_passed();
}

void stage_end(Stage *stage)
{
    g_autofree char *log = stage_path("emulator.log"), *state = stage_path("state/state.json"), *noted = stage_path("noted");
    emulator_stop(stage->emulator);
    relay_end(&stage->relay);
    wire_stop(stage->parrot);
    for (guint i = 0; i < wire_count(stage->elsewhere); i++)
        seen_text(&stage->seen, "elsewhere", wire_request(stage->elsewhere, i), -1);
    wire_stop(stage->elsewhere);
    g_assert_true(g_file_test(state, G_FILE_TEST_EXISTS) || !g_file_test(noted, G_FILE_TEST_EXISTS));
    seen_file(&stage->seen, log);
    seen_file(&stage->seen, state);
    secrets_learn_noted(noted);
    g_assert_true(seen_end(&stage->seen));
    remove_all(g_getenv(STAGE_FOLDER));
    g_free(stage->url);
}
