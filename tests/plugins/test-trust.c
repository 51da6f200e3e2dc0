/* test-trust.c: files that may not be loaded: whose owner, mode or place is not to be trusted, links, and files that change between the
 * check and the loading. Some need another user to exist, and are skipped where the tests do not run as root. */
#include "folder.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static bool as_root(void)
{
    if (geteuid() == 0)
        return true;
    g_test_skip("only root can make files of another user");
    return false;
}

/* A folder with the plugin `name` in it. */
static char *folder_with(const char *name, char **path)
{
    char *folder = folder_new();
    *path = folder_add(folder, name);
    return folder;
}

static void test_modes(void)
{
    g_autofree char *path = NULL, *inner = NULL, *deep = NULL;
    char *folder = folder_with("mode", &path);
    chmod(path, 0664);
    folder_refuses(folder, "mode", KZ_ERROR_PLUGIN_UNTRUSTED, "can be written by others. Take that right away: chmod go-w.");
    chmod(path, 0646);
    folder_refuses(folder, "mode", KZ_ERROR_PLUGIN_UNTRUSTED, path);
    chmod(path, 01666); /* sticky means something to folders only */
    folder_refuses(folder, "mode", KZ_ERROR_PLUGIN_UNTRUSTED, path);
    chmod(path, 0644);
    chmod(folder, 0775);
    folder_refuses(folder, "mode", KZ_ERROR_PLUGIN_UNTRUSTED, folder);
    inner = g_build_filename(folder, "inner", NULL);
    g_assert_cmpint(mkdir(inner, 0755), ==, 0);
    deep = folder_add(inner, "mode"); /* the folder is in order, the one above it is not */
    folder_refuses(inner, "mode", KZ_ERROR_PLUGIN_UNTRUSTED, folder);
    chmod(folder, 01777);
    folder_accepts(inner, "mode");
    folder_free(folder);
}

static void test_owners(void)
{
    if (!as_root())
        return;
    g_autofree char *path = NULL;
    char *folder = folder_with("owner", &path);
    g_assert_cmpint(chown(path, NOBODY, NOBODY), ==, 0);
    folder_refuses(folder, "owner", KZ_ERROR_PLUGIN_UNTRUSTED, "belongs to another user. It must belong to root or to you.");
    g_assert_cmpint(chown(path, 0, 0), ==, 0);
    g_assert_cmpint(chown(folder, NOBODY, NOBODY), ==, 0);
    folder_refuses(folder, "owner", KZ_ERROR_PLUGIN_UNTRUSTED, folder);
    g_assert_cmpint(chown(folder, 0, 0), ==, 0);
    folder_accepts(folder, "owner");
    folder_free(folder);
}

static void test_links(void)
{
    g_autofree char *path = NULL, *elsewhere = NULL, *link_path = NULL;
    char *folder = folder_with("real", &path), *other = folder_with("away", &elsewhere);
    link_path = g_build_filename(folder, "away.so", NULL);
    g_assert_cmpint(symlink(elsewhere, link_path), ==, 0);
    folder_refuses(folder, "away", KZ_ERROR_PLUGIN_UNTRUSTED, "is a link that leads out of its folder, to ");
    g_assert_null(dlopen(elsewhere, RTLD_NOW | RTLD_NOLOAD));
    g_remove(link_path);
    g_assert_cmpint(symlink("../nowhere/away.so", link_path), ==, 0);
    folder_refuses(folder, "away", KZ_ERROR_PLUGIN_UNTRUSTED, "to ../nowhere/away.so. Put the file itself there");
    g_remove(link_path);
    g_assert_cmpint(symlink("missing.so", link_path), ==, 0);
    folder_refuses(folder, "away", KZ_ERROR_PLUGIN_NOT_FOUND, "missing.so: No such file");
    g_remove(link_path);
    g_assert_cmpint(symlink("away.so", link_path), ==, 0);
    folder_refuses(folder, "away", KZ_ERROR_PLUGIN_UNTRUSTED, "more links than are followed");
    folder_free(other);
    folder_free(folder);
}

/* within.so -> within.so.1, as libraries have it. */
static void test_link_within(void)
{
    g_autofree char *path = NULL;
    char *folder = folder_with("within", &path);
    g_autofree char *versioned = g_strconcat(path, ".1", NULL);
    g_assert_cmpint(rename(path, versioned), ==, 0);
    g_assert_cmpint(symlink("within.so.1", path), ==, 0);
    folder_accepts(folder, "within");
    folder_free(folder);
}

static void test_chain_of_links(void)
{
    g_autofree char *path = NULL, *last = g_strdup("chain.so.0");
    char *folder = folder_with("chain", &path);
    g_autofree char *file = g_build_filename(folder, last, NULL);
    g_assert_cmpint(rename(path, file), ==, 0);
    for (int n = 1; n <= 9; n++) { /* so many links before the file */
        g_autofree char *name = g_strdup_printf("chain.so.%d", n), *link_path = g_build_filename(folder, name, NULL);
        g_assert_cmpint(symlink(last, link_path), ==, 0);
        g_remove(path);
        g_assert_cmpint(symlink(last, path), ==, 0);
        if (n <= 8)
            folder_accepts(folder, "chain");
        else
            folder_refuses(folder, "chain", KZ_ERROR_PLUGIN_UNTRUSTED, "is a link that leads to more links than are followed");
        g_free(last);
        last = g_strdup(name);
    }
    folder_free(folder);
}

static void test_link_to_folder(void)
{
    g_autofree char *path = NULL, *link_path = NULL;
    char *folder = folder_with("linked", &path), *other = folder_new();
    link_path = g_build_filename(other, "plugins", NULL);
    g_assert_cmpint(symlink(folder, link_path), ==, 0);
    folder_accepts(link_path, "linked"); /* what plugin_path names is where it leads to */
    chmod(folder, 0777);
    folder_refuses(link_path, "linked", KZ_ERROR_PLUGIN_UNTRUSTED, folder);
    folder_free(other);
    folder_free(folder);
}

static void test_link_of_another_user(void)
{
    if (!as_root())
        return;
    g_autofree char *path = NULL;
    char *folder = folder_with("mine", &path);
    g_autofree char *link_path = g_build_filename(folder, "theirs.so", NULL);
    chmod(folder, 01777);
    g_assert_cmpint(symlink("mine.so", link_path), ==, 0);
    g_assert_cmpint(lchown(link_path, NOBODY, NOBODY), ==, 0);
    folder_refuses(folder, "theirs", KZ_ERROR_PLUGIN_UNTRUSTED, "is a link of another user");
    folder_free(folder);
}

static void test_no_files(void)
{
    char *folder = folder_new();
    g_autofree char *fifo = g_build_filename(folder, "fifo.so", NULL), *inner = g_build_filename(folder, "folder.so", NULL);
    g_assert_cmpint(mkfifo(fifo, 0644), ==, 0);
    g_assert_cmpint(mkdir(inner, 0755), ==, 0);
    folder_refuses(folder, "fifo", KZ_ERROR_PLUGIN_UNTRUSTED, "is no regular file");
    folder_refuses(folder, "folder", KZ_ERROR_PLUGIN_UNTRUSTED, "is no regular file");
    folder_free(folder);
}

/* A file that is refused is not passed over for one of the same name further on. */
static void test_first_counts(void)
{
    g_autofree char *path = NULL, *second = NULL;
    char *folder = folder_with("first", &path), *other = folder_with("first", &second);
    g_autofree char *both = g_strdup_printf("%s:%s", folder, other);
    chmod(path, 0666);
    folder_refuses(both, "first", KZ_ERROR_PLUGIN_UNTRUSTED, path);
    g_assert_null(dlopen(second, RTLD_NOW | RTLD_NOLOAD));
    folder_free(other);
    folder_free(folder);
}

/* Its own constructor puts another file in its place: what was loaded is then not what lies there. */
static void test_swapped_while_loading(void)
{
    g_autofree char *path = NULL, *second = NULL;
    char *folder = folder_with("swapped", &path);
    second = folder_add(folder, "second");
    g_autofree char *other = g_strconcat(path, ".other", NULL);
    g_assert_cmpint(rename(second, other), ==, 0);
    g_setenv("KZ_TEST_WRONG", "replaces_itself", TRUE);
    folder_refuses(folder, "swapped", KZ_ERROR_PLUGIN_UNTRUSTED, "was replaced while it was being loaded");
    g_unsetenv("KZ_TEST_WRONG");
    folder_free(folder);
}

/* Whether this process has the file open. */
static gboolean is_open(const char *path)
{
    char target[4096];
    gboolean found = FALSE;
    for (int fd = 0; fd < 1024 && !found; fd++) {
        g_autofree char *link_path = g_strdup_printf("/proc/self/fd/%d", fd);
        gssize n = readlink(link_path, target, sizeof target - 1);
        target[MAX(n, 0)] = 0;
        found = !strcmp(target, path);
    }
    return found;
}

static gpointer refuse_waiting(gpointer folder)
{
    folder_refuses(folder, "waiting", KZ_ERROR_PLUGIN_UNTRUSTED, "was replaced while it was being loaded");
    return NULL;
}

/* Between the check and the loading another file comes into its place: it is not even opened. */
static void test_swapped_before_loading(void)
{
    g_autofree char *path = NULL, *other = NULL;
    char *folder = folder_with("waiting", &path);
    other = folder_add(folder, "other");
    g_setenv("KZ_TEST_WRONG", "says", TRUE);
    g_unsetenv("KZ_TEST_SAID");
    kz_plugins_lock(); /* so that the loading waits */
    GThread *thread = g_thread_new("loader", refuse_waiting, folder);
    while (!is_open(path))
        g_thread_yield();
    g_assert_cmpint(rename(other, path), ==, 0);
    kz_plugins_unlock();
    g_thread_join(thread);
    g_assert_null(g_getenv("KZ_TEST_SAID"));
    g_unsetenv("KZ_TEST_WRONG");
    folder_free(folder);
}

static char *folder_to_swap, *comes_instead;

/* In front of the C library's: the folder becomes a link just when it is about to be opened. */
__attribute__((visibility("default"))) int openat(int fd, const char *name, int flags, ...)
{
    static int (*real)(int, const char *, int, mode_t);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "openat64");
    if (folder_to_swap && g_str_has_suffix(folder_to_swap, name)) {
        g_autofree char *aside = g_strconcat(folder_to_swap, ".was", NULL);
        g_assert_cmpint(rename(folder_to_swap, aside), ==, 0);
        g_assert_cmpint(symlink(comes_instead, folder_to_swap), ==, 0);
        g_clear_pointer(&folder_to_swap, g_free);
    }
    return real(fd, name, flags, mode);
}

/* No link is followed on the way to a folder that was none when its path was looked up. */
static void test_folder_swapped_for_a_link(void)
{
    g_autofree char *path = NULL, *other_path = NULL;
    char *outer = folder_new(), *folder = folder_with("inner", &path), *other = folder_with("inner", &other_path);
    g_autofree char *inner = g_build_filename(outer, "inner", NULL), *aside = g_strconcat(inner, ".was", NULL);
    g_assert_cmpint(rename(folder, inner), ==, 0);
    folder_to_swap = g_strdup(inner);
    comes_instead = other;
    folder_refuses(inner, "inner", KZ_ERROR_PLUGIN_UNTRUSTED, "is no folder any more");
    g_assert_null(folder_to_swap);
    g_assert_cmpint(g_remove(inner), ==, 0);
    g_assert_cmpint(rename(aside, folder), ==, 0);
    folder_free(folder);
    folder_free(other);
    folder_free(outer);
}

/* A plugin of the same file name that search paths of the loaders would find is not taken. */
static void test_search_paths(void)
{
    g_autofree char *path = NULL, *decoy = NULL;
    char *folder = folder_with("searched", &path), *other = folder_with("searched", &decoy);
    const char *const variables[] = { "LD_LIBRARY_PATH", "LTDL_LIBRARY_PATH", NULL };
    for (gsize i = 0; variables[i]; i++) {
        const char *before = g_getenv(variables[i]);
        g_autofree char *all = before ? g_strdup_printf("%s:%s", other, before) : g_strdup(other);
        g_setenv(variables[i], all, TRUE);
    }
    g_setenv("KZ_TEST_WRONG", "says", TRUE);
    g_setenv("KZ_TEST_FOLDER", folder, TRUE);
    g_test_trap_subprocess("/trust/search-paths/subprocess", 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
    g_test_trap_assert_passed();
    g_unsetenv("KZ_TEST_WRONG");
    folder_free(other);
    folder_free(folder);
}

static void test_search_paths_inside(void)
{
    const char *folder = g_getenv("KZ_TEST_FOLDER");
    g_autofree char *path = g_build_filename(folder, "searched.so", NULL);
    g_assert_cmpint(chdir("/"), ==, 0);
    folder_accepts(folder, "searched");
    g_assert_cmpstr(g_getenv("KZ_TEST_SAID"), ==, path); /* the one that spoke is the one that was meant, and the last */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trust/what-others-may-write-is-refused", test_modes);
    g_test_add_func("/trust/what-belongs-to-others-is-refused", test_owners);
    g_test_add_func("/trust/links-out-of-the-folder-are-refused", test_links);
    g_test_add_func("/trust/links-within-the-folder-are-followed", test_link_within);
    g_test_add_func("/trust/eight-links-are-followed-and-no-more", test_chain_of_links);
    g_test_add_func("/trust/a-folder-may-be-a-link", test_link_to_folder);
    g_test_add_func("/trust/links-of-other-users-are-refused", test_link_of_another_user);
    g_test_add_func("/trust/what-is-no-file-is-refused", test_no_files);
    g_test_add_func("/trust/a-refused-file-hides-others-of-its-name", test_first_counts);
    g_test_add_func("/trust/a-file-swapped-while-it-loads-is-refused", test_swapped_while_loading);
    g_test_add_func("/trust/a-file-swapped-before-it-loads-is-refused", test_swapped_before_loading);
    g_test_add_func("/trust/a-folder-swapped-for-a-link-is-refused", test_folder_swapped_for_a_link);
    g_test_add_func("/trust/search-paths-of-loaders-do-not-count", test_search_paths);
    g_test_add_func("/trust/search-paths/subprocess", test_search_paths_inside);
    return g_test_run();
}
