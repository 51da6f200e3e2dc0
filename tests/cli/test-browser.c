/* test-browser.c: which addresses are handed to a browser, and how. */
#include "cli.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder, *program, *said;

/* What the browser was started with: one argument a line. */
static char *started_with(void)
{
    char text[4096];
    gsize length = 0;
    gssize n;
    int fd = open(said, O_RDONLY); /* until it writes */
    while ((n = read(fd, text + length, sizeof text - 1 - length)) > 0)
        length += (gsize)n;
    close(fd);
    text[length] = 0;
    return g_strdup(text);
}

static void assert_opened(const char *browser, const char *url, const char *wanted)
{
    g_setenv("BROWSER", browser, TRUE);
    g_assert_true(browser_is_there());
    g_assert_true(browser_open(url));
    g_autofree char *got = started_with();
    g_assert_cmpstr(got, ==, wanted);
}

static void test_opens(void)
{
    static const char url[] = "https://id.example/authorize?state=s&nonce=n&code_challenge=c%3D#top";
    g_autofree char *plain = g_strconcat(url, "\n", NULL), *around = g_strconcat("--new\n=", url, "=\nlast word\n", NULL);
    g_autofree char *with_words = g_strdup_printf("%s --new '=%%s=' 'last word'", program);
    g_autofree char *second = g_strdup_printf("/no/such/browser:%s", program);
    assert_opened(program, url, plain);
    assert_opened(with_words, url, around);
    assert_opened(second, url, plain);
    assert_opened(program, "http://127.0.0.1:8080/", "http://127.0.0.1:8080/\n");
}

static void test_refuses(void)
{
    static const char *const urls[] = { "", "file:///etc/passwd", "javascript:alert(1)", "--help", "/etc/passwd",
        "https://user:word@host/", "https://host/ x", "https://host/\n", "https://host/'x'", "https://host/\"",
        "https://host/`id`", "https://host/\\x", "https://h\303\266st/", "https://host/?access_token=x",
        "https://host/#id_token=x", "https://host/?client_secret=x", "https://host/?password=x",
        "https://host/?code_verifier=x" };
    g_setenv("BROWSER", program, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++)
        if (browser_open(urls[i]))
            g_error("opened: %s", urls[i]);
    g_setenv("BROWSER", "/no/such/browser", TRUE);
    g_assert_false(browser_open("https://host/"));
    g_setenv("BROWSER", "'unfinished", TRUE);
    g_assert_false(browser_open("https://host/"));
}

static void test_is_not_there(void)
{
    g_unsetenv("BROWSER");
    g_unsetenv("DISPLAY");
    g_unsetenv("WAYLAND_DISPLAY");
    g_assert_false(browser_is_there());
    g_autofree char *opener = g_build_filename(folder, "xdg-open", NULL);
    g_assert_cmpint(symlink(program, opener), ==, 0);
    g_autofree char *path = g_strdup_printf("%s:%s", folder, g_getenv("PATH"));
    g_setenv("PATH", path, TRUE);
    g_setenv("DISPLAY", ":7", TRUE);
    g_assert_true(browser_is_there());
    g_assert_true(browser_open("https://host/"));
    g_autofree char *got = started_with();
    g_assert_cmpstr(got, ==, "https://host/\n");
    g_setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22", TRUE); /* the browser would be on the wrong machine */
    g_assert_false(browser_is_there());
    g_remove(opener);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("kamiwaza-browser-XXXXXX", NULL);
    program = g_build_filename(folder, "browser", NULL);
    said = g_build_filename(folder, "said", NULL);
    g_unsetenv("SSH_CONNECTION");
    g_assert_cmpint(mkfifo(said, 0600), ==, 0);
    g_autofree char *text = g_strdup_printf("#!/bin/sh\nprintf '%%s\\n' \"$@\" > %s\n", said);
    g_assert_true(g_file_set_contents_full(program, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0700, NULL));
    g_test_add_func("/browser/opens-addresses-as-one-argument", test_opens);
    g_test_add_func("/browser/refuses-what-is-no-address-or-holds-a-secret", test_refuses);
    g_test_add_func("/browser/is-not-everywhere", test_is_not_there);
    int status = g_test_run();
    g_remove(program);
    g_remove(said);
    g_rmdir(folder);
    return status;
}
