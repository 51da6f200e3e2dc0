/* test-setuid.c: a program that runs with more rights than its caller takes neither plugins nor settings from the caller's environment
 * and home. A really setuid program, run as another user; skipped where that cannot be. */
#include "folder.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static void become_nobody(gpointer unused)
{
    (void)unused;
    if (setgid(NOBODY) || setuid(NOBODY))
        _exit(99);
}

/* Why it cannot be tried, or NULL. */
static const char *obstacle(const char *folder)
{
    struct statvfs facts;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return "the sanitizers do not run in setuid programs";
#endif
    if (geteuid() != 0)
        return "only root can make a program setuid";
    if (statvfs(folder, &facts) || facts.f_flag & ST_NOSUID)
        return "the folder for temporary files allows no setuid programs";
    return NULL;
}

/* What the probe says when another user runs it with an environment that lures it. */
static char *run(const char *program, const char *lure, const char *plugin_path)
{
    const char *argv[] = { program, plugin_path, NULL };
    g_auto(GStrv) environment = g_get_environ();
    const char *const set[] = { "KAMIWAZA_PLUGIN_PATH", "LD_LIBRARY_PATH", "LTDL_LIBRARY_PATH", "HOME", "XDG_CONFIG_HOME" };
    for (gsize i = 0; i < G_N_ELEMENTS(set); i++)
        environment = g_environ_setenv(environment, set[i], lure, TRUE);
    environment = g_environ_setenv(environment, "KAMIWAZA_BASE_URL", "https://lure.test/api", TRUE);
    g_autoptr(GError) failure = NULL;
    char *out = NULL;
    int status;
    if (!g_spawn_sync(
            "/", (char **)(guintptr)argv, environment, G_SPAWN_DEFAULT, become_nobody, NULL, &out, NULL, &status, &failure))
        g_error("%s", failure->message);
    g_assert_cmpint(status, ==, 0);
    return out;
}

static void test_environment_does_not_count(void)
{
    char *folder = folder_new(), *lure = folder_new(), *bytes;
    gsize length;
    const char *why = obstacle(folder);
    if (why) {
        g_test_skip(why);
        folder_free(lure);
        folder_free(folder);
        return;
    }
    g_autofree char *from = g_build_filename(g_getenv("KAMIWAZA_TEST_PLUGINS"), "setuid-probe", NULL);
    g_autofree char *program = g_build_filename(folder, "probe", NULL), *bait = folder_add(lure, "bait");
    g_assert_true(g_file_get_contents(from, &bytes, &length, NULL));
    g_assert_true(g_file_set_contents(program, bytes, (gssize)length, NULL));
    g_free(bytes);
    g_assert_cmpint(chown(lure, NOBODY, NOBODY), ==, 0);
    g_assert_cmpint(chown(bait, NOBODY, NOBODY), ==, 0);

    g_assert_cmpint(chmod(program, 0755), ==, 0);
    g_autofree char *plain = run(program, lure, NULL); /* the lure works on a program without rights */
    g_assert_nonnull(strstr(plain, "found bait"));
    g_assert_nonnull(strstr(plain, "calls go to https://lure.test/api by KAMIWAZA_BASE_URL"));

    g_assert_cmpint(chmod(program, 04755), ==, 0);
    g_autofree char *raised = run(program, lure, NULL);
    g_assert_null(strstr(raised, "found bait"));
    g_assert_null(strstr(raised, "lure"));
    g_assert_nonnull(strstr(raised, "by default"));
    g_assert_nonnull(strstr(raised, "The plugin bait is not installed"));

    /* Named in code all the same, the folder is the caller's, not the program's. */
    g_autofree char *named = run(program, lure, lure);
    g_assert_nonnull(strstr(named, "The plugin bait is not loaded"));
    g_assert_nonnull(strstr(named, "belongs to another user"));
    folder_free(lure);
    folder_free(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/setuid/environment-and-home-do-not-count", test_environment_does_not_count);
    return g_test_run();
}
