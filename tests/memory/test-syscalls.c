/* test-syscalls.c: whole calls with the n-th system call failing, for every n until a run needs no more, in each of several ways.
 * Each run ends well or with an error that says so, no descriptor is lost, no file is half written, and the same client makes the
 * same call right after. */
#include "syscalls.h"
#include "works.h"

static guint open_files(void)
{
    guint n = 0;
    GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
    while (g_dir_read_name(dir))
        n++;
    g_dir_close(dir);
    return n;
}

static void fail_each(gconstpointer data)
{
    Fixture f;
    guint before = open_files();
    works_begin(&f);
    int n = syscalls_each(((const NamedWork *)data)->work, &f);
    works_end(&f);
    g_test_message("%d system calls failed", n);
    g_assert_cmpuint(open_files(), ==, before);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < n_works; i++) {
        char *path = g_strconcat("/syscalls/", works[i].name, NULL);
        g_test_add_data_func(path, &works[i], fail_each);
        g_free(path);
    }
    return g_test_run();
}
