/* test-downloads.c: files that are cut, that are another version than before, or not what was announced; and whom the headers of a
 * download are for. */
#include "../kinds/fixture.h"
#include "../wire/remove.h"

#include <kamiwaza/plugin.h>

static const char *const once[] = { "max_retries", "0", NULL };

#define PIECE(status, more) "HTTP/1.1 " status "\r\nContent-Length: 5\r\n" more "\r\n"
#define FIRST(tag) "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" tag "\r\n01234"
#define WHOLE "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcdefghij"

/* A file is of one version: it goes on only where the server says, by a strong tag, that it has the same one. */
static void test_versions(void)
{
    static const struct {
        const char *first, *second, *content;
        guint requests;
        bool asks_for_rest;
    } cases[] = {
        { FIRST("ETag: \"1\"\r\n"), PIECE("206 Part", "Content-Range: bytes 5-9/10\r\nETag: \"1\"\r\n") "56789", "0123456789", 2,
            true },
        { FIRST(""), WHOLE, "abcdefghij", 2, false },
        { FIRST("ETag: W/\"1\"\r\n"), WHOLE, "abcdefghij", 2, false },
        { FIRST("ETag: \"1\"\r\n"), WHOLE, "abcdefghij", 2, true },
        { FIRST("ETag: \"1\"\r\n"), PIECE("206 Part", "Content-Range: bytes 5-9/10\r\nETag: \"2\"\r\n") "fghij", "abcdefghij", 3,
            true },
        { FIRST("ETag: \"1\"\r\n"), PIECE("206 Part", "Content-Range: bytes 4-8/10\r\nETag: \"1\"\r\n") "45678", NULL, 0, true },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        g_autofree char *folder = g_dir_make_tmp("kz-versions-XXXXXX", NULL), *path = g_build_filename(folder, "file", NULL),
                        *text = NULL;
        const WireAnswer script[] = { { cases[i].first, -1, WIRE_CLOSE, NULL }, { cases[i].second, -1, WIRE_CLOSE, NULL },
            { cases[i].content ? WHOLE : cases[i].second, -1, WIRE_CLOSE, NULL } };
        begin(&f, script, 3, (const char *const[]){ "max_retries", "2", NULL });
        g_autofree char *url = g_strconcat(wire_url(f.server), "/file", NULL);
        kz_transfer transfer = { .url = url, .path = path, .size = 10 };
        bool fine = kz_service_fetch(f.kinds, &transfer, 1, 1, "download", &f.error);
        g_test_message("case %zu: %s", i, f.error ? f.error->message : "fine");
        g_assert_cmpint(fine, ==, cases[i].content != NULL);
        g_assert_cmpint(strstr(wire_request(f.server, 1), "Range: bytes=5-") != NULL, ==, cases[i].asks_for_rest);
        g_assert_cmpint(strstr(wire_request(f.server, 1), "If-Range: \"1\"") != NULL, ==, cases[i].asks_for_rest);
        if (fine) {
            g_assert_cmpuint(wire_count(f.server), ==, cases[i].requests);
            g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
            g_assert_cmpstr(text, ==, cases[i].content);
        } else {
            expect_error(&f, KZ_ERROR_CONNECTION, "another part of the file");
            g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
        }
        kz_error_free(transfer.error);
        remove_all(folder);
        end(&f);
    }
}

#define REFUSED "HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n"

/* What is not the file that was announced does not get its name; what was kept of it and is refused is asked for anew, once. */
static void test_other_files(void)
{
    static const struct {
        const char *answers[3];
        int code; /* of the error, or 0 */
        const char *text;
        guint requests;
    } cases[] = {
        { { "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nabcdefghijkl" }, KZ_ERROR_DECODE, "has 12 bytes on the server, not 10",
            1 },
        { { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde" }, KZ_ERROR_DECODE, "has 5 bytes on the server, not 10", 1 },
        { { UNTIL_CLOSE("x/y") "abcdefghijkl" }, KZ_ERROR_DECODE, "more than the 10 bytes", 1 },
        { { UNTIL_CLOSE("x/y") "abcde" }, KZ_ERROR_CONNECTION, "after 5 of 10 bytes", 1 },
        { { FIRST("ETag: \"1\"\r\n"), REFUSED, WHOLE }, 0, NULL, 3 },
        { { FIRST("ETag: \"1\"\r\n"), REFUSED, REFUSED }, KZ_ERROR_API, "416", 3 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        WireAnswer script[3];
        g_autofree char *folder = g_dir_make_tmp("kz-files-XXXXXX", NULL), *path = g_build_filename(folder, "file", NULL);
        for (gsize j = 0; j < 3; j++)
            script[j] = (WireAnswer){ cases[i].answers[j] ? cases[i].answers[j] : cases[i].answers[0], -1, WIRE_CLOSE, NULL };
        begin(&f, script, 3, (const char *const[]){ "max_retries", "1", NULL });
        g_autofree char *url = g_strconcat(wire_url(f.server), "/file", NULL);
        kz_transfer transfer = { .url = url, .path = path, .size = 10 };
        bool fine = kz_service_fetch(f.kinds, &transfer, 1, 1, "download", &f.error);
        g_test_message("case %zu: %s", i, f.error ? f.error->message : "fine");
        g_assert_cmpint(fine, ==, !cases[i].code);
        g_assert_cmpint(g_file_test(path, G_FILE_TEST_EXISTS), ==, fine);
        g_assert_cmpuint(wire_count(f.server), ==, cases[i].requests);
        if (!fine)
            expect_error(&f, cases[i].code, cases[i].text);
        kz_error_free(transfer.error);
        remove_all(folder);
        end(&f);
    }
}

/* No more at a time than is said: each of them has one connection, which serves the next file. */
static void test_so_many_at_a_time(void)
{
    enum { FILES = 6 };
    for (guint limit = 1; limit <= 3; limit++) {
        Fixture f;
        g_autofree char *folder = g_dir_make_tmp("kz-many-XXXXXX", NULL);
        char *paths[FILES];
        kz_transfer transfers[FILES];
        begin_with(&f, &(WireAnswer){ WHOLE, -1, 0, NULL });
        g_autofree char *url = g_strconcat(wire_url(f.server), "/file", NULL);
        for (int i = 0; i < FILES; i++) {
            paths[i] = g_strdup_printf("%s/%d", folder, i);
            transfers[i] = (kz_transfer){ .url = url, .path = paths[i], .size = 10 };
        }
        g_assert_true(kz_service_fetch(f.kinds, transfers, FILES, limit, "download", &f.error));
        g_assert_cmpuint(wire_count(f.server), ==, FILES);
        g_assert_cmpuint(wire_connections(f.server), ==, limit);
        for (int i = 0; i < FILES; i++)
            g_free(paths[i]);
        remove_all(folder);
        end(&f);
    }
}

/* Headers of a download are for the server that it is asked of. */
static void test_headers_of_a_download(void)
{
    static const kz_string_entry own[] = { { "Authorization", "Bearer own-secret" }, { "X-Own", "own-secret" } };
    g_autofree char *folder = g_dir_make_tmp("kz-headers-XXXXXX", NULL), *path = g_build_filename(folder, "file", NULL);
    WireServer *other = wire_start(&(WireAnswer){ WHOLE, -1, 0, NULL }, 1);
    g_autofree char *away = g_strdup_printf("HTTP/1.1 302 Found\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n", wire_url(other));
    const WireAnswer script[] = { { "HTTP/1.1 302 Found\r\nLocation: /near\r\nContent-Length: 0\r\n\r\n", -1, 0, NULL },
        { away, -1, 0, NULL } };
    Fixture f;
    begin(&f, script, 2, once);
    g_autofree char *url = g_strconcat(wire_url(f.server), "/file", NULL);
    kz_transfer transfer = { .url = url, .path = path, .size = 10, .headers = own, .n_headers = 2 };
    g_assert_true(kz_service_fetch(f.kinds, &transfer, 1, 1, "download", &f.error));
    for (guint i = 0; i < 2; i++) {
        g_assert_nonnull(strstr(wire_request(f.server, i), "Bearer own-secret"));
        g_assert_nonnull(strstr(wire_request(f.server, i), "X-Own: own-secret"));
    }
    g_assert_null(strstr(wire_request(other, 0), "secret"));
    remove_all(folder);
    end(&f);
    wire_stop(other);
}

/* What a server calls the address of a file is one of HTTP, or nothing is opened: no file of this machine, no other service of its network. */
static void test_what_is_no_server(void)
{
    g_autofree char *folder = g_dir_make_tmp("kz-schemes-XXXXXX", NULL), *path = g_build_filename(folder, "file", NULL),
                    *own = g_build_filename(folder, "own", NULL), *url = g_strconcat("file://", own, NULL);
    g_assert_true(g_file_set_contents(own, "of this machine", -1, NULL));
    Fixture f;
    begin_with(&f, &(WireAnswer){ "220 Hello\r\n", -1, WIRE_CLOSE, NULL }); /* with retries, of which it is not worth one */
    const char *place = strstr(wire_url(f.server), "://");
    static const char *const schemes[] = { "file", "ftp", "gopher", "dict", "telnet", "smtp" };
    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++) {
        g_autofree char *other = g_strconcat(schemes[i], place, "/file", NULL);
        kz_transfer transfer = { .url = i ? other : url, .path = path, .size = -1 };
        g_assert_false(kz_service_fetch(f.kinds, &transfer, 1, 1, "download", &f.error));
        g_test_message("%s: %s", transfer.url, f.error->message);
        expect_error(&f, KZ_ERROR_ARGUMENT, "no http(s) URL");
        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
        g_assert_cmpuint(wire_connections(f.server), ==, 0);
        kz_error_free(transfer.error);
    }
    remove_all(folder);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/downloads/a-file-is-of-one-version", test_versions);
    g_test_add_func("/downloads/another-file-does-not-get-its-name", test_other_files);
    g_test_add_func("/downloads/so-many-at-a-time", test_so_many_at_a_time);
    g_test_add_func("/downloads/headers-of-a-download-stay", test_headers_of_a_download);
    g_test_add_func("/downloads/only-from-servers", test_what_is_no_server);
    return g_test_run();
}
