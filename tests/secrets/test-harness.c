/* test-harness.c: the search finds what it is there to find: in texts in every disguise and in part, in memory of every kind, and in every
 * place where something is said. */
#include "../faults/sanitized.h"
#include "core.h"
#include "seen.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void expect_hit(const char *text, const char *disguise)
{
    SecretHit hit;
    g_assert_true(secret_is_in(PLANTED, text, strlen(text)));
    g_assert_true(secrets_next(text, strlen(text), 0, &hit));
    g_assert_cmpstr(hit.disguise, ==, disguise);
}

static void test_disguises(void)
{
    char plain[SECRET_SIZE];
    secret_plain(PLANTED, plain);
    g_assert_nonnull(strpbrk(plain, "\"\\"));
    g_autofree char *text = g_strdup_printf("it is %s, they say", plain);
    expect_hit(text, "as it is");
    g_autofree char *percent = g_uri_escape_string(plain, NULL, FALSE);
    /* What is the same in both is found as it is. */
    g_assert_true(secret_is_in(PLANTED, percent, strlen(percent)));
    g_autofree char *json = g_strescape(plain, NULL);
    g_assert_true(secret_is_in(PLANTED, json, strlen(json)));
    static const char *const users[] = { "ada", "da", "a" };
    for (int before = 0; before < 3; before++) {
        g_autofree char *pair = g_strdup_printf("%s:%s:", users[before], plain),
                        *escaped = g_strdup_printf("%s:%s", users[before], percent);
        g_autofree char *coded = g_base64_encode((const guchar *)pair, strlen(pair)),
                        *both = g_base64_encode((const guchar *)escaped, strlen(escaped));
        expect_hit(coded, "in base64");
        expect_hit(both, "percent-encoded, then base64");
    }
    g_assert_false(secret_is_in(PLANTED, "nothing of it", 13));
}

/* Any fifteen bytes of it are enough, as they are and encoded. */
static void test_pieces(void)
{
    char plain[SECRET_SIZE];
    secret_plain(PLANTED, plain);
    g_autofree char *percent = g_uri_escape_string(plain, NULL, FALSE);
    const char *const texts[] = { plain, percent };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        for (gsize at = 0; at + 15 <= strlen(texts[i]); at++)
            g_assert_true(secret_is_in(PLANTED, texts[i] + at, 15));
}

static void test_learnt(void)
{
    static const char token[] = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlIG9mIHRoZSB0b2tlbg",
                      header[] = "eyJhbGciOiJSUzI1NiJ9";
    SecretHit hit;
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "kamiwaza-noted", NULL), *noted = NULL;
    gsize length = 0;
    unlink(path);
    secrets_note(path, "id_token", token, strlen(token));
    secrets_note(path, "code", "too-short", 9);
    g_assert_true(g_file_get_contents(path, &noted, &length, NULL));
    secrets_learn_noted(path);
    unlink(path);
    g_assert_cmpuint(secrets_known("id_token"), ==, 1);
    g_assert_cmpuint(secrets_known("code"), ==, 0);
    g_assert_false(secrets_next(noted, length, 0, &hit)); /* it is masked */
    g_assert_true(secrets_next(token, strlen(token), 0, &hit));
    g_assert_cmpstr(hit.name, ==, "id_token");
    g_assert_cmpuint(hit.at, >, strlen(header));
    g_assert_false(secrets_next(header, strlen(header), 0, &hit));
}

/* ---- memory ---- */

enum { LARGE = 4 << 20 };

static char in_data[256];

/* As a program would that wipes nothing. */
static void leave_on_stack(Secret which)
{
    char plain[SECRET_SIZE];
    secret_plain(which, plain);
    __asm__ volatile("" : : "r"(plain) : "memory");
}

static pthread_barrier_t barrier;

static void *thread(void *which)
{
    leave_on_stack(GPOINTER_TO_UINT(which));
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void test_memory(void)
{
    static const Secret planted[] = { API_KEY, BEARER, PASSWORD, HUB_TOKEN, CLIENT_SECRET };
    pthread_t other;
    if (SANITIZED) {
        g_test_skip("a sanitizer keeps what was freed");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(planted); i++)
        g_assert_false(core_holds(planted[i]));
    char *heap = malloc(SECRET_SIZE);
    secret_plain(API_KEY, heap);
    free(heap); /* the allocator writes over its beginning */
    g_assert_true(core_holds(API_KEY));
    char *mapped = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    secret_plain(BEARER, mapped + LARGE - SECRET_SIZE);
    g_assert_true(core_holds(BEARER));
    core_leave_out(mapped + LARGE / 2, LARGE / 2);
    g_assert_false(core_holds(BEARER));
    secret_plain(PASSWORD, in_data + 13);
    g_assert_true(core_holds(PASSWORD));
    pthread_barrier_init(&barrier, NULL, 2);
    g_assert_cmpint(pthread_create(&other, NULL, thread, GUINT_TO_POINTER(HUB_TOKEN)), ==, 0);
    pthread_barrier_wait(&barrier);
    g_assert_true(core_holds(HUB_TOKEN));
    pthread_barrier_wait(&barrier);
    pthread_join(other, NULL);
    pthread_barrier_destroy(&barrier);
    char plain[SECRET_SIZE];
    secret_plain(CLIENT_SECRET, plain);
    char *coded = g_base64_encode((const guchar *)plain, SECRET_LENGTH);
    explicit_bzero(plain, sizeof plain);
    g_assert_true(core_holds(CLIENT_SECRET));
    explicit_bzero(coded, strlen(coded));
    g_assert_false(core_holds(CLIENT_SECRET));
    g_free(coded);
    munmap(mapped, LARGE);
}

/* ---- what is said ---- */

static void expect_seen(Seen *seen, const char *where)
{
    if (!secret_is_in(PLANTED, seen->text->str, seen->text->len))
        g_error("a secret in %s is not seen", where);
    g_string_truncate(seen->text, 0);
}

static void see_error(Seen *seen, const kz_error *error, const char *where)
{
    kz_error *copy = kz_error_copy(error);
    seen_error(seen, &copy);
    expect_seen(seen, where);
}

static void test_said(void)
{
    char plain[SECRET_SIZE];
    Seen seen;
    seen_begin(&seen);
    secret_plain(PLANTED, plain);
    seen_log(&(kz_log_record){ .area = "http", .message = plain }, &seen);
    expect_seen(&seen, "a log record");
    const kz_log_field fields[] = { { "url", "here" }, { "query", plain } };
    seen_log(&(kz_log_record){ .area = "http", .message = "request", .fields = fields, .n_fields = 2 }, &seen);
    expect_seen(&seen, "a field of a log record");
    const kz_error cause = { .message = plain };
    see_error(&seen, &cause, "an error's message");
    see_error(&seen, &(kz_error){ .message = "", .cause = &cause }, "an error's cause");
    see_error(&seen, &(kz_error){ .message = "", .url = plain }, "an error's URL");
    see_error(&seen, &(kz_error){ .message = "", .path = plain }, "an error's path");
    see_error(&seen, &(kz_error){ .message = "", .server_code = plain }, "the server's code");
    see_error(&seen, &(kz_error){ .message = "", .server_param = plain }, "the server's parameter");
    see_error(&seen, &(kz_error){ .message = "", .server_type = plain }, "the server's type");
    see_error(&seen, &(kz_error){ .message = "", .request_id = plain }, "the request's id");
    see_error(&seen, &(kz_error){ .message = "", .detail = { plain, SECRET_LENGTH } }, "an error's detail");
    g_string_free(seen.text, TRUE);
}

/* A process far down, which waits for its input to end. */
static void test_command_lines(void)
{
    char plain[SECRET_SIZE];
    Seen seen;
    GError *error = NULL;
    seen_begin(&seen);
    secret_plain(PLANTED, plain);
    seen_command_lines(&seen, getpid());
    g_assert_false(secret_is_in(PLANTED, seen.text->str, seen.text->len));
    GSubprocess *shell = g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "sh", "-c",
        "sh -c 'echo ready; cat >/dev/null; true' sh \"$@\"; true", "sh", plain, NULL);
    g_assert_no_error(error);
    char ready[6];
    g_assert_true(g_input_stream_read_all(g_subprocess_get_stdout_pipe(shell), ready, sizeof ready, NULL, NULL, NULL));
    seen_command_lines(&seen, getpid());
    expect_seen(&seen, "a command line");
    g_output_stream_close(g_subprocess_get_stdin_pipe(shell), NULL, NULL);
    g_assert_true(g_subprocess_wait_check(shell, NULL, NULL));
    g_object_unref(shell);
    g_string_free(seen.text, TRUE);
}

/* ---- what is told ---- */

static void test_text(void)
{
    char plain[SECRET_SIZE];
    secret_plain(PLANTED, plain);
    g_assert_false(secrets_are_not_in("a text", plain, SECRET_LENGTH));
}

static void test_core(void)
{
    g_assert_true(core_is_clean());
    secret_plain(PLANTED, in_data);
    g_assert_cmpint(core_is_clean(), ==, SANITIZED);
}

static void test_told(void)
{
    g_test_trap_subprocess("/secrets/harness/text/subprocess", 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*what is planted stands in a text, as it is*");
    g_test_trap_subprocess("/secrets/harness/core/subprocess", 0, 0);
    g_test_trap_assert_passed();
    if (!SANITIZED)
        g_test_trap_assert_stderr("*what is planted is in memory, as it is*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secrets/harness/text/subprocess", test_text);
    g_test_add_func("/secrets/harness/core/subprocess", test_core);
    g_test_add_func("/secrets/harness/finds-every-disguise", test_disguises);
    g_test_add_func("/secrets/harness/finds-pieces", test_pieces);
    g_test_add_func("/secrets/harness/finds-what-is-learnt", test_learnt);
    g_test_add_func("/secrets/harness/finds-memory-of-every-kind", test_memory);
    g_test_add_func("/secrets/harness/finds-what-is-said", test_said);
    g_test_add_func("/secrets/harness/finds-command-lines-of-all-children", test_command_lines);
    g_test_add_func("/secrets/harness/tells-what-it-finds", test_told);
    return g_test_run();
}
