/* test-command.c: credentials from a command: what it may print, what may go wrong with it, and that nothing of it stays behind. */
#include "../wire/server.h"

#include <kamiwaza/kamiwaza.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *folder, *program;

/* Makes the program do that; $1 ... are the words of credential_command. */
static void write_program(const char *body)
{
    g_autofree char *text = g_strconcat("#!/bin/sh\ncd ", folder, "\n", body, "\n", NULL);
    g_assert_true(g_file_set_contents(program, text, -1, NULL));
    g_assert_cmpint(g_chmod(program, 0700), ==, 0);
}

static char *file_text(const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static void forget_file(const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_remove(path);
}

/* A client whose credentials come from `command`; pairs of further settings follow. */
static kz_client *client_of(const char *command, const char *const *more)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "credential_command", command, &error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    for (; more && *more; more += 2)
        kz_config_set(config, more[0], more[1], &error);
    kz_client *client = kz_client_new(config, &error);
    g_assert_null(error);
    kz_config_free(config);
    return client;
}
#define CLIENT(...) client_of(program, (const char *const[]){ __VA_ARGS__, NULL })

static void assert_nothing_left(void)
{
    int status;
    g_assert_cmpint(waitpid(-1, &status, WNOHANG), ==, -1);
    g_assert_cmpint(errno, ==, ECHILD);
}

/* Waits for the end of a process that is not our child. */
static void assert_gone(const char *name)
{
    g_autofree char *text = file_text(name);
    g_assert_nonnull(text);
    pid_t pid = (pid_t)g_ascii_strtoll(text, NULL, 10);
    g_assert_cmpint(pid, >, 1);
    struct pollfd process = { .fd = pidfd_open(pid, 0), .events = POLLIN };
    if (process.fd < 0) {
        g_assert_cmpint(errno, ==, ESRCH);
        return;
    }
    g_assert_cmpint(poll(&process, 1, 10000), ==, 1);
    close(process.fd);
}

static void test_token(void)
{
    static const struct {
        const char *output, *token;
        double ends_in; /* 0: not known */
    } cases[] = {
        { "plain-token", "plain-token", 0 },
        { "  plain.token_with-all~+/=\\r\\n\\n", "plain.token_with-all~+/=", 0 },
        { "{\"token\": \"t1\"}", "t1", 0 },
        { "{\"access_token\": \"t2\", \"expires_in\": 600}", "t2", 600 },
        { "{\"access_token\": \"t3\", \"expires_in\": \"600\"}", "t3", 600 },
        { "{\"accessToken\": \"t4\", \"expires_on\": NOW}", "t4", 600 },
        { "{\"token\": \"t5\", \"expires_at\": NOW}", "t5", 600 },
        { "{\"token\": \"t6\", \"expires_at\": \"NOW\"}", "t6", 600 },
        { "{\"token\": \"t7\", \"expires_at\": \"ISO\"}", "t7", 600 },
        { "{\"accessToken\": \"t8\", \"expiresOn\": \"LOCAL\"}", "t8", 600 },
        { "{\"token\": \"t9\", \"expires_at\": null}", "t9", 0 },
        { "{\"token\": \"t10\", \"expires_in\": 1e300}", "t10", 3650.0 * 24 * 3600 },
        { "{\"kind\": \"ExecCredential\", \"status\": {\"token\": \"t11\", \"expirationTimestamp\": \"ISO\"}}", "t11", 600 },
        { "{\"token\": \"t\\u0031\\u0032\", \"more\": [1, {}]}", "t12", 0 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        time_t end = time(NULL) + 600;
        char iso[64], local[64], number[32];
        strftime(iso, sizeof iso, "%Y-%m-%dT%H:%M:%SZ", gmtime(&end));
        strftime(local, sizeof local, "%Y-%m-%d %H:%M:%S.123456", localtime(&end));
        g_snprintf(number, sizeof number, "%lld", (long long)end);
        g_autoptr(GString) output = g_string_new(cases[i].output);
        g_string_replace(output, "ISO", iso, 0);
        g_string_replace(output, "LOCAL", local, 0);
        g_string_replace(output, "NOW", number, 0);
        g_string_replace(output, "\\u", "\\\\u", 0);
        g_autofree char *body = g_strdup_printf("printf '%s'", output->str);
        write_program(body);
        kz_error *error = NULL;
        kz_client *client = CLIENT(NULL);
        kz_credential *credential = kz_client_credential(client, &error);
        if (error)
            g_error("%s: %s", cases[i].output, error->message);
        g_assert_cmpstr(credential->token, ==, cases[i].token);
        g_assert_cmpstr(credential->provider, ==, "command");
        g_assert_cmpint(credential->renewable.value, ==, 1);
        g_assert_cmpint(credential->expires_at.state, ==, cases[i].ends_in > 0 ? KZ_SET : KZ_UNSET);
        if (cases[i].ends_in > 0) {
            double left = (double)(credential->expires_at.value - (int64_t)time(NULL));
            g_assert_cmpfloat(left, >, cases[i].ends_in - 60);
            g_assert_cmpfloat(left, <, cases[i].ends_in + 60);
        }
        kz_free(credential);
        kz_client_free(client);
        assert_nothing_left();
    }
}

static void test_failures(void)
{
    static const struct {
        const char *body, *says;
    } cases[] = {
        { "echo hush >&2; echo hush; exit 3", "status 3" },
        { "kill -9 $$", "signal 9" },
        { "true", "printed nothing" },
        { "printf '\\n \\n'", "printed nothing" },
        { "echo hush hush", "neither a JSON object nor a token" },
        { "printf 'hush\\nhush\\n'", "neither a JSON object nor a token" },
        { "printf 'hush\\001'", "neither a JSON object nor a token" },
        { "printf 'hush\\303\\244'", "neither a JSON object nor a token" },
        { "printf 'hush\\000hush'", "neither a JSON object nor a token" },
        { "echo '<html>hush</html> '", "neither a JSON object nor a token" },
        { "echo '{\"token\": \"hush'", "JSON that is none" },
        { "echo '{\"token\": \"hush\"} {}'", "JSON that is none" },
        { "echo '{\"tokem\": \"hush\"}'", "no \"token\"" },
        { "echo '{\"token\": \"\"}'", "no \"token\"" },
        { "echo '{\"token\": 17}'", "\"token\" that is no string" },
        { "echo '{\"token\": \"hu\\\\u000ash\"}'", "line breaks" },
        { "echo '{\"token\": \"hush\", \"expires_in\": \"soon\"}'", "no number of seconds" },
        { "echo '{\"token\": \"hush\", \"expires_in\": -5}'", "has ended already" },
        { "echo '{\"token\": \"hush\", \"expires_at\": \"tomorrow\"}'", "neither Unix time nor" },
        { "echo '{\"token\": \"hush\", \"expires_at\": [1]}'", "neither Unix time nor" },
        { "echo '{\"token\": \"hush\", \"expires_at\": \"2001-02-03T04:05:06Z\"}'", "has ended already" },
        { "head -c 100000000 /dev/zero | tr '\\0' x", "more than 64 KiB" },
        { "exec sleep 1000", "did not end within 0.2 s" },
        { "exec >&-; exec sleep 1000", "did not end within 0.2 s" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        write_program(cases[i].body);
        kz_error *error = NULL;
        kz_client *client = CLIENT("auth_command_timeout", strstr(cases[i].says, "0.2") ? "0.2" : "30");
        bool got = kz_client_credential(client, &error) != NULL;
        if (got || !strstr(error->message, cases[i].says) || !strstr(error->message, program))
            g_error("\"%s\" says: %s", cases[i].body, error ? error->message : "nothing");
        g_assert_true(kz_error_is(error, KZ_ERROR_AUTHENTICATION));
        g_assert_null(strstr(error->message, "hush"));
        kz_error_free(error);
        kz_client_free(client);
        assert_nothing_left();
    }
}

static void test_settings(void)
{
    static const struct {
        const char *command, *timeout, *says;
        kz_error_code code;
    } cases[] = {
        { "/no/such/program --password hush", "30", "/no/such/program cannot be run", KZ_ERROR_AUTHENTICATION },
        { "/etc/passwd hush", "30", "/etc/passwd cannot be run", KZ_ERROR_AUTHENTICATION },
        { "print | hush", "30", "only a shell", KZ_ERROR_CONFIG },
        { "print 'hush", "30", "single quote", KZ_ERROR_CONFIG },
        { "print hush", "soon", "auth_command_timeout", KZ_ERROR_CONFIG },
        { "print hush", "-1", "auth_command_timeout", KZ_ERROR_CONFIG },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        kz_error *error = NULL;
        kz_client *client = client_of(cases[i].command, (const char *const[]){ "auth_command_timeout", cases[i].timeout, NULL });
        g_assert_null(kz_client_credential(client, &error));
        g_assert_true(kz_error_is(error, cases[i].code));
        if (!strstr(error->message, cases[i].says))
            g_error("\"%s\" says: %s", cases[i].command, error->message);
        g_assert_null(strstr(error->message, "hush"));
        kz_error_free(error);
        kz_client_free(client);
    }
    kz_error *error = NULL;
    kz_client *client = client_of(NULL, (const char *const[]){ "auth", "command", NULL });
    g_assert_null(kz_client_credential(client, &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_CONFIG));
    g_assert_nonnull(strstr(error->message, "KAMIWAZA_CREDENTIAL_COMMAND"));
    kz_error_free(error);
    kz_client_free(client);
}

#define ANSWER(status, body) "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " body
#define GOOD                                         \
    {                                                \
        ANSWER("200 OK", "2\r\n\r\n[]"), -1, 0, NULL \
    }
#define REFUSED                                                \
    {                                                          \
        ANSWER("401 Unauthorized", "2\r\n\r\n{}"), -1, 0, NULL \
    }

static bool list(kz_client *client, kz_error **error)
{
    kz_answer answer = { 0 };
    bool fine = kz_call_by_name(client, "models.list", (kz_json){ 0 }, NULL, &answer, error);
    kz_free(answer.result);
    return fine;
}

static void test_cached(void)
{
    static const WireAnswer script[] = { GOOD, GOOD, REFUSED, GOOD, GOOD, REFUSED, REFUSED };
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    kz_error *error = NULL;
    forget_file("runs");
    write_program("echo run >> runs; echo token-$(wc -l < runs | tr -d ' ')");
    kz_client *client = CLIENT("base_url", wire_url(server));
    for (int i = 0; i < 4; i++) /* the third is refused, and made again with a new token */
        g_assert_true(list(client, &error));
    g_assert_null(error);
    g_autofree char *runs = file_text("runs");
    g_assert_cmpstr(runs, ==, "run\nrun\n");
    g_assert_cmpuint(wire_count(server), ==, 5);
    static const char *const tokens[] = { "token-1", "token-1", "token-1", "token-2", "token-2" };
    for (guint i = 0; i < 5; i++) {
        g_autofree char *line = g_strdup_printf("\r\nAuthorization: Bearer %s\r\n", tokens[i]);
        g_assert_nonnull(strstr(wire_request(server, i), line));
    }
    g_assert_false(list(client, &error)); /* a token that was just got and is refused: no third attempt */
    g_assert_true(kz_error_is(error, KZ_ERROR_AUTHENTICATION));
    g_assert_cmpuint(wire_count(server), ==, 7);
    kz_error_free(error);
    kz_client_free(client);
    wire_stop(server);
}

static void test_ended(void)
{
    kz_error *error = NULL;
    forget_file("runs");
    write_program("echo run >> runs; echo '{\"token\": \"t\", \"expires_in\": 0.02}'");
    kz_client *client = CLIENT(NULL);
    g_autofree char *runs = NULL;
    while (g_strcmp0(runs, "run\nrun\n") != 0) { /* each asks for the token, until its time has passed */
        kz_free(kz_client_credential(client, &error));
        g_assert_null(error);
        g_free(runs);
        runs = file_text("runs");
    }
    kz_client_free(client);
}

static void test_words(void)
{
    kz_error *error = NULL;
    g_setenv("TEST_OF_THE_ENVIRONMENT", "inherited", TRUE);
    write_program("cat; printf '%s.' \"$#\" \"$1\" \"$2\" \"$TEST_OF_THE_ENVIRONMENT\" | tr ' $' '_S' > words; echo token");
    g_autofree char *command = g_strdup_printf("%s 'two words' \"it's \\$HOME\"", program);
    kz_client *client = client_of(command, NULL);
    kz_free(kz_client_credential(client, &error));
    g_assert_null(error);
    g_autofree char *words = file_text("words");
    g_assert_cmpstr(words, ==, "2.two_words.it's_SHOME.inherited.");
    kz_client_free(client);
}

/* What it started is ended with it. */
static void test_killed_with_its_children(void)
{
    kz_error *error = NULL;
    write_program("sleep 1000 & echo $! > child; echo $$ > parent; wait");
    kz_client *client = CLIENT("auth_command_timeout", "0.5");
    g_assert_null(kz_client_credential(client, &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_AUTHENTICATION));
    assert_gone("child");
    assert_gone("parent");
    assert_nothing_left();
    kz_error_free(error);
    kz_client_free(client);
}

/* An agent that it leaves behind keeps its output open: nobody waits for that, and it is left alone. */
static void test_agent(void)
{
    kz_error *error = NULL;
    write_program("sleep 1000 & echo $! > child; echo token");
    kz_client *client = CLIENT(NULL);
    kz_credential *credential = kz_client_credential(client, &error);
    g_assert_null(error);
    g_assert_cmpstr(credential->token, ==, "token");
    g_autofree char *child = file_text("child");
    g_assert_cmpint(kill((pid_t)g_ascii_strtoll(child, NULL, 10), SIGKILL), ==, 0);
    kz_free(credential);
    kz_client_free(client);
    assert_nothing_left();
}

static void test_abandoned(void)
{
    kz_error *error = NULL;
    kz_answer answer = { 0 };
    const kz_call_options options = { .timeout = KZ_NUMBER(0.5) };
    write_program("echo $$ > parent; exec sleep 1000");
    kz_client *client = CLIENT(NULL);
    g_assert_false(kz_call_by_name(client, "models.list", (kz_json){ 0 }, &options, &answer, &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_TIMEOUT));
    kz_client_free(client);
    assert_gone("parent");
    assert_nothing_left();
    kz_error_free(error);
}

static gpointer cancel_when_it_runs(gpointer cancel)
{
    g_autofree char *path = g_build_filename(folder, "started", NULL);
    int started = open(path, O_RDONLY); /* until somebody writes */
    g_assert_cmpint(started, >=, 0);
    close(started);
    kz_cancel_now(cancel);
    return NULL;
}

static void test_cancelled_sign_in(void)
{
    kz_error *error = NULL;
    kz_cancel *cancel = kz_cancel_new(&error);
    const kz_sign_in how = { .size = sizeof how, .cancel = cancel };
    g_autofree char *started = g_build_filename(folder, "started", NULL);
    g_assert_cmpint(mkfifo(started, 0600), ==, 0);
    write_program("echo $$ > parent; : > started; exec sleep 1000");
    kz_client *client = CLIENT(NULL);
    GThread *thread = g_thread_new("cancel", cancel_when_it_runs, cancel);
    g_assert_false(kz_client_sign_in(client, &how, &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_CANCELLED));
    g_thread_join(thread);
    assert_gone("parent");
    assert_nothing_left();
    kz_client_free(client);
    kz_cancel_free(cancel);
    kz_error_free(error);
}

static guint count_files(void)
{
    guint n = 0;
    GDir *files = g_dir_open("/proc/self/fd", 0, NULL);
    while (g_dir_read_name(files))
        n++;
    g_dir_close(files);
    return n;
}

static void test_files(void)
{
    kz_error *error = NULL;
    int secret = open(program, O_RDONLY), high = dup2(secret, 77); /* not O_CLOEXEC */
    g_assert_cmpint(high, ==, 77);
    write_program("[ -e /proc/self/fd/77 ] && exit 4; [ -e /proc/self/fd/2 ] || exit 5; echo token");
    guint before = count_files();
    kz_client *client = CLIENT(NULL);
    kz_free(kz_client_credential(client, &error));
    g_assert_null(error);
    kz_client_free(client);
    g_assert_cmpuint(count_files(), ==, before);
    close(secret);
    close(high);
}

/* Where the program ignores SIGCHLD nobody learns how a child ended; what it printed counts. */
static void test_children_ignored(void)
{
    kz_error *error = NULL;
    signal(SIGCHLD, SIG_IGN);
    write_program("echo token");
    kz_client *client = CLIENT(NULL);
    kz_credential *credential = kz_client_credential(client, &error);
    g_assert_null(error);
    g_assert_cmpstr(credential->token, ==, "token");
    kz_free(credential);
    kz_client_free(client);
    signal(SIGCHLD, SIG_DFL);
}

static volatile sig_atomic_t told;

static void on_child(int number)
{
    (void)number;
    told = 1;
}

static void test_children_of_the_program(void)
{
    kz_error *error = NULL;
    int status;
    struct sigaction action = { .sa_handler = on_child }, after;
    sigaction(SIGCHLD, &action, NULL);
    pid_t own = fork();
    if (!own)
        _exit(7);
    write_program("echo token");
    kz_client *client = CLIENT(NULL);
    kz_free(kz_client_credential(client, &error));
    g_assert_null(error);
    sigaction(SIGCHLD, NULL, &after);
    g_assert_true(after.sa_handler == on_child);
    while (waitpid(own, &status, 0) < 0)
        g_assert_cmpint(errno, ==, EINTR);
    g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    kz_client_free(client);
    signal(SIGCHLD, SIG_DFL);
}

/* The child begins as from a shell, whatever the program ignores and blocks. */
static void test_signals_are_reset(void)
{
    kz_error *error = NULL;
    sigset_t some, before;
    sigemptyset(&some);
    sigaddset(&some, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &some, &before);
    signal(SIGPIPE, SIG_IGN);
    write_program("grep -E 'SigBlk|SigIgn' /proc/self/status > words; echo token");
    kz_client *client = CLIENT(NULL);
    kz_free(kz_client_credential(client, &error));
    g_assert_null(error);
    g_autofree char *masks = file_text("words");
    unsigned long long blocked = 1, ignored = 1;
    g_assert_cmpint(sscanf(masks, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), ==, 2);
    g_assert_cmpuint(blocked, ==, 0);
    g_assert_cmpuint(ignored & 0x7fffffff, ==, 0); /* the C library has two signals of its own above */
    kz_client_free(client);
    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("kamiwaza-command-XXXXXX", NULL);
    program = g_build_filename(folder, "print-token", NULL);
    g_test_add_func("/command/a-token-as-text-or-json", test_token);
    g_test_add_func("/command/failures-say-what-and-show-nothing-of-it", test_failures);
    g_test_add_func("/command/settings-are-checked", test_settings);
    g_test_add_func("/command/runs-once-and-again-when-refused", test_cached);
    g_test_add_func("/command/runs-again-when-the-token-has-ended", test_ended);
    g_test_add_func("/command/no-shell-no-input-the-environment", test_words);
    g_test_add_func("/command/killed-with-its-children", test_killed_with_its_children);
    g_test_add_func("/command/an-agent-may-stay", test_agent);
    g_test_add_func("/command/killed-when-the-call-is-abandoned", test_abandoned);
    g_test_add_func("/command/killed-when-the-sign-in-is-cancelled", test_cancelled_sign_in);
    g_test_add_func("/command/no-file-stays-open-or-is-handed-on", test_files);
    g_test_add_func("/command/works-where-children-are-ignored", test_children_ignored);
    g_test_add_func("/command/leaves-the-program's-children-alone", test_children_of_the_program);
    g_test_add_func("/command/signals-are-reset-for-it", test_signals_are_reset);
    int status = g_test_run();
    static const char *const names[] = { "print-token", "runs", "words", "child", "parent", "started" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        forget_file(names[i]);
    g_rmdir(folder);
    return status;
}
