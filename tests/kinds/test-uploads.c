/* test-uploads.c: files and other content on their way up: from memory, a path, a callback; whole and in parts. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

static char *make_file(const char *text)
{
    char *path = NULL;
    int fd = g_file_open_tmp("kz-upload-XXXXXX.txt", &path, NULL);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (int)strlen(text));
    close(fd);
    return path;
}

static int64_t read_three(void *user, void *buffer, size_t size)
{
    int *left = user;
    if (!*left || size < 3)
        return 0;
    --*left;
    memcpy(buffer, "cb;", 3);
    return 3;
}

static int64_t fail_to_read(void *user, void *buffer, size_t size)
{
    (void)user, (void)buffer, (void)size;
    return -1;
}

static void test_parts(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 429 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", -1, 0 },
        { ANSWER, -1, 0 } };
    begin(&f, script, 2, NULL);
    char *path = make_file("from a file");
    const kz_upload others[] = { { .data = "one", .length = 3, .filename = "a\"b.bin", .type = "text/x" }, { .path = path } };
    const char *labels[] = { "l1", "l2" };
    kz_free(kz_kinds_parts(f.kinds,
        &(kz_kinds_parts_params){ .file = &(kz_upload){ .data = "memory\0!", .length = 8 },
            .others = others,
            .n_others = 2,
            .purpose = "tests",
            .labels = labels,
            .n_labels = 2,
            .options = &(kz_kinds_parts_options){ .depth = KZ_INT(3) } },
        &f.error));
    no_error(&f);
    g_assert_cmpuint(wire_count(f.server), ==, 2); /* turned away, sent again, whole */
    const char *request = wire_request(f.server, 1);
    g_assert_nonnull(strstr(request, "\r\nContent-Type: multipart/form-data; boundary="));
    g_assert_nonnull(
        strstr(request, "name=\"file\"; filename=\"upload\"\r\nContent-Type: application/octet-stream\r\n\r\nmemory"));
    end(&f);
    g_remove(path);
    g_free(path);
}

static void test_callback_is_read_once(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", -1, WIRE_CLOSE },
        { "HTTP/1.1 204 Fine\r\n\r\n", -1, 0 } };
    begin(&f, script, 2, NULL);
    int left = 2;
    g_assert_false(kz_kinds_bare(
        f.kinds, &(kz_kinds_bare_params){ .body = &(kz_upload){ .read = read_three, .user = &left, .length = 6 } }, &f.error));
    expect_error(&f, KZ_ERROR_UNAVAILABLE, NULL);
    g_assert_cmpuint(wire_count(f.server), ==, 1);
    g_assert_cmpstr(body_of(&f, 0), ==, "cb;cb;");
    end(&f);
    static const char *const away[] = { "HTTP/1.1 429 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 Busy\r\nRetry-After: 0\r\nX-Should-Retry: true\r\nContent-Length: 0\r\n\r\n" };
    for (gsize i = 0; i < G_N_ELEMENTS(away); i++) { /* turned away, but there is nothing to send again */
        const WireAnswer busy[] = { { away[i], -1, 0, NULL }, script[1] };
        begin(&f, busy, 2, NULL);
        left = 2;
        g_assert_false(kz_kinds_bare(f.kinds,
            &(kz_kinds_bare_params){ .body = &(kz_upload){ .read = read_three, .user = &left, .length = 6 } }, &f.error));
        expect_error(&f, KZ_ERROR_RATE_LIMIT, NULL);
        g_assert_cmpuint(wire_count(f.server), ==, 1);
        end(&f);
    }
    begin(&f, script + 1, 1, NULL);
    g_assert_false(
        kz_kinds_bare(f.kinds, &(kz_kinds_bare_params){ .body = &(kz_upload){ .read = fail_to_read, .length = 6 } }, &f.error));
    g_assert_nonnull(f.error);
    kz_error_clear(&f.error);
    end(&f);
}

/* Nor does libcurl send it again by itself, on a connection that was there and that the server closes without a word. */
static void test_callback_is_read_once_on_a_warm_connection(void)
{
    for (int count = 0; count <= 2; count++)
        for (int says_length = 0; says_length <= 1; says_length++) {
            Fixture f;
            const WireAnswer script[] = { { TRUE_ANSWER, -1, 0, NULL }, { NULL, -1, WIRE_CLOSE, NULL }, { ANSWER, -1, 0, NULL } };
            begin(&f, script, 3, NULL);
            g_assert_cmpint(ask_for_truth(&f), ==, 1);
            int left = count;
            const kz_upload body = { .read = read_three, .user = &left, .length = says_length ? 3 * count : 0 };
            g_assert_false(kz_kinds_bare(f.kinds, &(kz_kinds_bare_params){ .body = &body }, &f.error));
            expect_error(&f, KZ_ERROR_CONNECTION, "not sent again, since its content can be read only once");
            g_assert_cmpuint(wire_count(f.server), ==, 2);
            g_assert_cmpint(left, ==, 0);
            end(&f);
        }
}

static void test_bare(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ "HTTP/1.1 204 Fine\r\n\r\n", -1, 0 });
    char *path = make_file("whole");
    g_assert_true(kz_kinds_bare(f.kinds, &(kz_kinds_bare_params){ .body = &(kz_upload){ .path = path } }, &f.error));
    no_error(&f);
    g_assert_cmpstr(body_of(&f, 0), ==, "whole");
    g_assert_true(kz_kinds_bare(
        f.kinds, &(kz_kinds_bare_params){ .body = &(kz_upload){ .data = "mem", .length = 3, .type = "text/plain" } }, &f.error));
    no_error(&f);
    g_assert_cmpstr(body_of(&f, 1), ==, "mem");
    g_assert_nonnull(strstr(wire_request(f.server, 1), "\r\nContent-Type: text/plain\r\n"));
    end(&f);
    g_remove(path);
    g_free(path);
}

static void test_bad_uploads(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ ANSWER, -1, 0 });
    const kz_upload wrong[] = { { .path = "/nonexistent/file" }, { .path = "/" },
        { .path = "/etc/hostname", .data = "x", .length = 1 }, { .length = 5 } };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_null(kz_kinds_parts(f.kinds, &(kz_kinds_parts_params){ .file = &wrong[i] }, &f.error));
        expect_error(&f, KZ_ERROR_ARGUMENT, "file");
        g_assert_false(kz_kinds_bare(f.kinds, &(kz_kinds_bare_params){ .body = &wrong[i] }, &f.error));
        expect_error(&f, KZ_ERROR_ARGUMENT, NULL);
    }
    g_assert_null(kz_kinds_parts(f.kinds, &(kz_kinds_parts_params){ .purpose = "p" }, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "file");
    g_assert_cmpuint(wire_count(f.server), ==, 0);
    end(&f);
}

static bool count(const kz_progress *progress, void *user)
{
    g_assert_cmpstr(progress->phase, ==, "upload");
    g_assert_cmpint(progress->done, <=, progress->total);
    ++*(int *)user;
    return true;
}

static bool refuse(const kz_progress *progress, void *user)
{
    (void)progress, (void)user;
    return false;
}

static void test_progress(void)
{
    Fixture f;
    int reports = 0;
    char *data = g_strnfill(2 << 20, 'x');
    begin_with(&f, &(WireAnswer){ "HTTP/1.1 204 Fine\r\n\r\n", -1, 0 });
    const kz_kinds_bare_params params = { .body = &(kz_upload){ .data = data, .length = 2 << 20 } };
    kz_kinds *watched = kz_kinds_with_options(
        f.kinds, &(kz_call_options){ .progress = count, .progress_user = &reports }, &f.error);
    g_assert_true(kz_kinds_bare(watched, &params, &f.error));
    no_error(&f);
    g_assert_cmpint(reports, >, 0);
    g_assert_null(strcasestr(wire_request(f.server, 0), "\r\nExpect:")); /* nobody is waited for to be told to go on */
    kz_service_free(watched);
    kz_kinds *stopped = kz_kinds_with_options(f.kinds, &(kz_call_options){ .progress = refuse }, &f.error);
    g_assert_false(kz_kinds_bare(stopped, &params, &f.error));
    expect_error(&f, KZ_ERROR_CANCELLED, NULL);
    kz_service_free(stopped);
    end(&f);
    g_free(data);
}

static void on_signal(int number)
{
    (void)number;
}

/* Within a call the program's signals are what they are outside of it. */
static int64_t read_and_look(void *user, void *buffer, size_t size)
{
    struct sigaction now;
    sigaction(SIGPIPE, NULL, &now);
    g_assert_true(now.sa_handler == on_signal);
    sigaction(SIGALRM, NULL, &now);
    g_assert_true(now.sa_handler == on_signal);
    return read_three(user, buffer, size);
}

static void test_signals(void)
{
    Fixture f;
    int left = 2;
    const struct sigaction ours = { .sa_handler = on_signal };
    struct sigaction pipe_before, alarm_before;
    sigaction(SIGPIPE, &ours, &pipe_before);
    sigaction(SIGALRM, &ours, &alarm_before);
    begin_with(&f, &(WireAnswer){ "HTTP/1.1 204 Fine\r\n\r\n", -1, 0 });
    g_assert_true(kz_kinds_bare(
        f.kinds, &(kz_kinds_bare_params){ .body = &(kz_upload){ .read = read_and_look, .user = &left, .length = 6 } }, &f.error));
    g_assert_cmpint(left, ==, 0);
    end(&f);
    sigaction(SIGPIPE, &pipe_before, NULL);
    sigaction(SIGALRM, &alarm_before, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/uploads/in-parts-again-after-a-refusal", test_parts);
    g_test_add_func("/uploads/a-callback-is-read-once", test_callback_is_read_once);
    g_test_add_func("/uploads/a-callback-is-read-once-on-a-warm-connection", test_callback_is_read_once_on_a_warm_connection);
    g_test_add_func("/uploads/as-the-whole-body", test_bare);
    g_test_add_func("/uploads/without-one-good-source-are-refused", test_bad_uploads);
    g_test_add_func("/uploads/report-progress-which-may-stop-them", test_progress);
    g_test_add_func("/uploads/signals-are-the-programs", test_signals);
    return g_test_run();
}
