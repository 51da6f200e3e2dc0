/* test-token-processes.c: several processes with one file of tokens: no entry is lost, no token is spent twice, and whoever dies leaves
 * the old file or the new one and no lock. Called with arguments it is one of those processes. */
#include "mortal.h"
#include "token-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 8, ROUNDS = 12 };

/* ---- many at once ---- */

/* Spends the token number `n`, which nobody may have spent: a folder is made once. */
static bool spend(const char *path, long n)
{
    char mark[4096];
    snprintf(mark, sizeof mark, "%s.spent-%ld", path, n);
    return g_mkdir(mark, 0700) == 0;
}

/* One of the processes: renews the shared entry, and writes one of its own without a lock for it. Its exit status says what went wrong. */
static int renew(const char *path, const char *own)
{
    kz_error *error = NULL;
    kzi_token_file *file = kzi_token_file_new(path, &error);
    for (int i = 0; i < ROUNDS; i++) {
        char text[32];
        int held = token_lock(path, "shared", &error);
        char *token = held >= 0 ? token_read(file, "shared", &error) : NULL;
        if (error || !token || !spend(path, atol(token)))
            return error ? 1 : 2;
        snprintf(text, sizeof text, "%ld", atol(token) + 1);
        g_free(token);
        if (!token_write(file, "shared", text, &error))
            return 3;
        kzi_token_unlock(&held);
        char *before = token_read(file, own, &error);
        if (error || (before ? atoi(before) : 0) != i)
            return 4;
        g_free(before);
        snprintf(text, sizeof text, "%d", i + 1);
        if (!token_write(file, own, text, &error))
            return 5;
    }
    kzi_token_file_free(file);
    return 0;
}

static GPid start(const char *path, const char *own)
{
    GPid pid;
    GError *error = NULL;
    char *const arguments[] = { (char *)"/proc/self/exe", (char *)"renew", (char *)path, (char *)own, NULL };
    g_assert_true(g_spawn_async(NULL, (char **)arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error));
    return pid;
}

static void test_many(void)
{
    TokenFolder f;
    kz_error *error = NULL;
    GPid pids[PROCESSES];
    token_folder_begin(&f);
    g_assert_true(token_write(f.file, "shared", "0", &error));
    for (int i = 0; i < PROCESSES; i++) {
        char own[32];
        snprintf(own, sizeof own, "own-%d", i);
        pids[i] = start(f.path, own);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    }
    char expected[32], *text = token_read(f.file, "shared", &error);
    snprintf(expected, sizeof expected, "%d", PROCESSES * ROUNDS);
    g_assert_cmpstr(text, ==, expected);
    g_free(text);
    for (int i = 0; i < PROCESSES; i++) {
        char own[32];
        snprintf(own, sizeof own, "own-%d", i);
        text = token_read(f.file, own, &error);
        g_assert_cmpint(atoi(text), ==, ROUNDS);
        g_free(text);
    }
    g_assert_null(error);
    token_folder_end(&f);
}

/* ---- locks ---- */

static kz_step try_lock(const char *path, const char *key, atomic_uint *tries, int *held, double *wait)
{
    kz_error *error = NULL;
    kzi_place place;
    g_assert_true(kzi_place_open(&place, &kzi_place_tokens, path, true, &error));
    kz_step step = kzi_token_lock(&place, key, tries, held, wait, &error);
    kzi_place_close(&place);
    g_assert_null(error);
    return step;
}

static void test_lock_in_one_process(void)
{
    TokenFolder f;
    atomic_uint tries = 0;
    int first = -1, second = -1, other = -1;
    double wait = 0, before = 0;
    token_folder_begin(&f);
    g_assert_cmpint(try_lock(f.path, "key", &tries, &first, &wait), ==, KZ_STEP_DONE);
    for (int i = 0; i < 10; i++) { /* asked for less and less often */
        g_assert_cmpint(try_lock(f.path, "key", &tries, &second, &wait), ==, KZ_STEP_WAIT);
        g_assert_cmpint(second, ==, -1);
        g_assert_cmpfloat(wait, >=, i ? before : 0.01);
        before = wait;
    }
    g_assert_cmpfloat(wait, ==, 0.2);
    g_assert_cmpint(try_lock(f.path, "another", &tries, &other, &wait), ==, KZ_STEP_DONE);
    kz_error *error = NULL;
    g_assert_true(token_write(f.file, "key", "text", &error)); /* the lock is the entry's; the file is nobody's for long */
    kzi_token_unlock(&first);
    g_assert_cmpint(first, ==, -1);
    kzi_token_unlock(&first);
    g_assert_cmpint(try_lock(f.path, "key", &tries, &second, &wait), ==, KZ_STEP_DONE);
    kzi_token_unlock(&second);
    kzi_token_unlock(&other);
    token_folder_end(&f);
}

/* Takes the lock, says so, and waits for its death. */
static int hold(const char *path)
{
    kz_error *error = NULL;
    if (token_lock(path, "key", &error) < 0 || write(STDOUT_FILENO, "!", 1) != 1)
        return 1;
    pause();
    return 0;
}

static void test_lock_ends_with_its_holder(void)
{
    TokenFolder f;
    GPid pid;
    int out, held = -1;
    char byte;
    double wait;
    atomic_uint tries = 0;
    GError *failure = NULL;
    token_folder_begin(&f);
    char *const arguments[] = { (char *)"/proc/self/exe", (char *)"hold", f.path, NULL };
    g_assert_true(g_spawn_async_with_pipes(
        NULL, (char **)arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &out, NULL, &failure));
    g_assert_cmpint(read(out, &byte, 1), ==, 1);
    g_assert_cmpint(try_lock(f.path, "key", &tries, &held, &wait), ==, KZ_STEP_WAIT);
    kill(pid, SIGKILL);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    g_assert_cmpint(try_lock(f.path, "key", &tries, &held, &wait), ==, KZ_STEP_DONE);
    kzi_token_unlock(&held);
    close(out);
    token_folder_end(&f);
}

/* A child that was forked while its parent had the lock does not keep it. */
static void test_lock_is_not_inherited(void)
{
    TokenFolder f;
    int held = -1, mine = -1, end[2];
    double wait;
    atomic_uint tries = 0;
    token_folder_begin(&f);
    g_assert_cmpint(pipe(end), ==, 0);
    g_assert_cmpint(try_lock(f.path, "key", &tries, &held, &wait), ==, KZ_STEP_DONE);
    pid_t child = fork();
    if (!child) {
        char byte;
        close(end[1]);
        _exit(read(end[0], &byte, 1) != 0);
    }
    kzi_token_unlock(&held);
    g_assert_cmpint(try_lock(f.path, "key", &tries, &mine, &wait), ==, KZ_STEP_DONE);
    kzi_token_unlock(&mine);
    close(end[1]);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    close(end[0]);
    token_folder_end(&f);
}

static void remove_file(void *path)
{
    g_assert_cmpint(g_remove(path), ==, 0);
}

/* Between our opening it and our locking it another removes the file: the next one who comes would make a new one, and lock that. */
static void test_lock_of_a_removed_file(void)
{
    TokenFolder f;
    int held = -1;
    double wait = 0;
    atomic_uint tries = 0;
    token_folder_begin(&f);
    g_autofree char *lock = g_strconcat(f.path, ".lock", NULL);
    mortal_before("fcntl", remove_file, lock);
    g_assert_cmpint(try_lock(f.path, "key", &tries, &held, &wait), ==, KZ_STEP_WAIT);
    g_assert_cmpint(held, ==, -1);
    g_assert_cmpint(try_lock(f.path, "key", &tries, &held, &wait), ==, KZ_STEP_DONE);
    g_assert_true(g_file_test(lock, G_FILE_TEST_EXISTS));
    kzi_token_unlock(&held);
    token_folder_end(&f);
}

static void test_lock_when_a_signal_comes(void)
{
    TokenFolder f;
    int held = -1, second = -1;
    double wait = 0;
    atomic_uint tries = 0;
    token_folder_begin(&f);
    mortal_fail("fcntl", 0, EINTR);
    g_assert_cmpint(try_lock(f.path, "key", &tries, &held, &wait), ==, KZ_STEP_DONE);
    g_assert_true(mortal_fail_end());
    int copy = dup(held); /* as a child has it: what is not unlocked stays locked */
    mortal_fail("fcntl", 0, EINTR);
    kzi_token_unlock(&held);
    g_assert_true(mortal_fail_end());
    g_assert_cmpint(try_lock(f.path, "key", &tries, &second, &wait), ==, KZ_STEP_DONE);
    kzi_token_unlock(&second);
    close(copy);
    token_folder_end(&f);
}

/* ---- deaths ---- */

static void write_new(void *user)
{
    kz_error *error = NULL;
    token_write(((TokenFolder *)user)->file, "key", "new", &error);
}

/* kill -9 before and after every system call of a write, and of the first one, which makes the folder. */
static void test_death(gconstpointer data)
{
    bool first = GPOINTER_TO_INT(data);
    int deaths = 0;
    for (int after = 0; after < 2; after++)
        for (int n = 0, died = 1; died; n++) {
            TokenFolder f;
            kz_error *error = NULL;
            token_folder_begin(&f);
            if (!first)
                g_assert_true(token_write(f.file, "other", "kept", &error) && token_write(f.file, "key", "old", &error));
            died = mortal_child(write_new, &f, n, after);
            deaths += died;
            char *text = token_read(f.file, "key", &error), *other = token_read(f.file, "other", &error);
            g_assert_null(error);
            g_assert_cmpstr(other, ==, first ? NULL : "kept");
            if (died)
                g_assert_true(!g_strcmp0(text, "new") || !g_strcmp0(text, first ? NULL : "old"));
            else
                g_assert_cmpstr(text, ==, "new");
            g_free(text);
            g_free(other);
            g_assert_true(token_write(f.file, "key", "newer", &error)); /* nothing that is left is in the way */
            text = token_read(f.file, "key", &error);
            g_assert_cmpstr(text, ==, "newer");
            g_free(text);
            char *left = g_strconcat(f.path, ".new", NULL);
            g_assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
            g_free(left);
            token_folder_end(&f);
        }
    g_test_message("%d deaths", deaths);
    g_assert_cmpint(deaths, >=, 20);
}

/* ---- failures ---- */

static guint open_files(void)
{
    guint n = 0;
    GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
    while (g_dir_read_name(dir))
        n++;
    g_dir_close(dir);
    return n;
}

/* Nothing lies beside the tokens and their lock. */
static void expect_no_rest(const TokenFolder *f)
{
    GDir *dir = g_dir_open(f->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));)
        if (strcmp(name, "tokens.json") && strcmp(name, "tokens.json.lock"))
            g_error("%s was left", name);
    g_dir_close(dir);
}

/* Each system call of a write fails in turn: what was there stays or is replaced, whole, and the error says what is wrong. */
static void test_failing_calls(gconstpointer data)
{
    int code = GPOINTER_TO_INT(data), failures = 0;
    guint before = open_files();
    for (int n = 0, reached = 1; reached; n++) {
        TokenFolder f;
        kz_error *error = NULL;
        token_folder_begin(&f);
        g_assert_true(token_write(f.file, "key", "old", &error));
        mortal_fail(NULL, n, code);
        bool done = token_write(f.file, "key", "new", &error);
        reached = mortal_fail_end();
        g_assert_true(done == !error);
        if (error &&
            (!strstr(error->message, g_strerror(code)) || !strstr(error->message, f.folder) ||
                (code == ENOSPC && !strstr(error->message, "Free some space"))))
            g_error("%d: %s", n, error->message);
        failures += error != NULL;
        kz_error_clear(&error);
        char *text = token_read(f.file, "key", &error);
        g_assert_null(error);
        g_assert_true(!strcmp(text, "new") || (!done && !strcmp(text, "old")));
        g_free(text);
        expect_no_rest(&f);
        g_assert_true(token_write(f.file, "key", "newer", &error));
        token_folder_end(&f);
    }
    g_test_message("%d errors", failures);
    g_assert_cmpint(failures, >=, code == EINTR ? 1 : 6);
    g_assert_cmpuint(open_files(), ==, before);
}

/* Tokens are saved when they would outlive the machine: the new file's bytes before it takes the old one's place, then its name. */
static void test_saved_for_good(void)
{
    static const struct {
        int n, code; /* the n-th fsync() and how it fails */
        const char *text;
        bool fine;
    } cases[] = { { 0, EIO, "old", false }, { 1, EIO, "new", false },
        { 1, EINVAL, "new", true } /* the folder's, on a file system that has no such thing */ };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TokenFolder f;
        kz_error *error = NULL;
        token_folder_begin(&f);
        g_assert_true(token_write(f.file, "key", "old", &error));
        mortal_fail("fsync", cases[i].n, cases[i].code);
        g_assert_true(token_write(f.file, "key", "new", &error) == cases[i].fine);
        g_assert_true(mortal_fail_end());
        if (!cases[i].fine) {
            g_assert_cmpint(error->code, ==, KZ_ERROR_STATE);
            g_assert_nonnull(strstr(error->message, f.path));
            kz_error_clear(&error);
        }
        g_autofree char *text = token_read(f.file, "key", &error);
        g_assert_cmpstr(text, ==, cases[i].text);
        expect_no_rest(&f);
        token_folder_end(&f);
    }
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "renew"))
        return renew(argv[2], argv[3]);
    if (argc == 3 && !strcmp(argv[1], "hold"))
        return hold(argv[2]);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/token-processes/none-loses-an-entry-or-spends-a-token-twice", test_many);
    g_test_add_func("/token-processes/locks-hold-within-a-process", test_lock_in_one_process);
    g_test_add_func("/token-processes/a-lock-ends-with-its-holder", test_lock_ends_with_its_holder);
    g_test_add_func("/token-processes/a-lock-is-not-inherited", test_lock_is_not_inherited);
    g_test_add_func("/token-processes/a-lock-is-of-the-file-that-is-there", test_lock_of_a_removed_file);
    g_test_add_func("/token-processes/a-signal-does-not-end-a-lock", test_lock_when_a_signal_comes);
    g_test_add_func("/token-processes/what-is-saved-is-saved-for-good", test_saved_for_good);
    g_test_add_data_func("/token-processes/killed-at-every-system-call", GINT_TO_POINTER(0), test_death);
    g_test_add_data_func("/token-processes/killed-at-every-system-call-of-the-first-write", GINT_TO_POINTER(1), test_death);
    static const int codes[] = { ENOSPC, EIO, EMFILE, EINTR };
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
        char *path = g_strdup_printf("/token-processes/failing-system-calls/%s", strerrorname_np(codes[i]));
        g_test_add_data_func(path, GINT_TO_POINTER(codes[i]), test_failing_calls);
        g_free(path);
    }
    return g_test_run();
}
