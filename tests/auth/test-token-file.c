/* test-token-file.c: the file of tokens: what it keeps, whom it trusts, and what it says of every file that is not as it should be. */
#include "token-folder.h"

#include "profile.h"

#include <glib/gstdio.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether this process is one of a setuid program, as far as the library knows. */
static bool is_setuid;
bool __wrap_kzi_environment_is_trusted(void);
bool __wrap_kzi_environment_is_trusted(void)
{
    return !is_setuid;
}

static void set_up(TokenFolder *f, gconstpointer data)
{
    (void)data;
    token_folder_begin(f);
}

static void tear_down(TokenFolder *f, gconstpointer data)
{
    (void)data;
    token_folder_end(f);
}

static void write_entry(const TokenFolder *f, const char *key, const char *text)
{
    kz_error *error = NULL;
    bool done = token_write(f->file, key, text, &error);
    g_assert_cmpstr(error ? error->message : NULL, ==, NULL);
    g_assert_true(done);
}

static void expect_entry(const TokenFolder *f, const char *key, const char *expected)
{
    kz_error *error = NULL;
    char *text = token_read(f->file, key, &error);
    g_assert_cmpstr(error ? error->message : NULL, ==, NULL);
    g_assert_cmpstr(text, ==, expected);
    g_free(text);
}

/* An error that names the file and says `part`; it counts for reading and for writing, and the file stays as it was. */
static void expect_refusal(const TokenFolder *f, const char *named, kz_error_code code, const char *part)
{
    for (int writing = 0; writing < 2; writing++) {
        kz_error *error = NULL;
        char *text = NULL;
        if (writing)
            g_assert_false(token_write(f->file, "key", "text", &error));
        else
            text = token_read(f->file, "key", &error);
        g_assert_null(text);
        g_assert_nonnull(error);
        if (error->code != code || !strstr(error->message, part) || !strstr(error->message, named))
            g_error("%s: %s", kz_error_class(error->code), error->message);
        kz_error_free(error);
    }
}

/* ---- what it keeps ---- */

static void test_keeps(TokenFolder *f, gconstpointer data)
{
    (void)data;
    expect_entry(f, "https://host/api oauth me", NULL);
    g_assert_false(kzi_token_file_exists(f->file));
    write_entry(f, "https://host/api oauth me", "{\"token\":\"a\\nb\",\"x\":\"\xc3\xa9\"}");
    write_entry(f, "other \"quoted\"\\", "second");
    write_entry(f, "", "of no name");
    expect_entry(f, "https://host/api oauth me", "{\"token\":\"a\\nb\",\"x\":\"\xc3\xa9\"}");
    expect_entry(f, "other \"quoted\"\\", "second");
    expect_entry(f, "", "of no name");
    expect_entry(f, "https://host/api oauth", NULL);
    write_entry(f, "other \"quoted\"\\", "third");
    expect_entry(f, "other \"quoted\"\\", "third");
    write_entry(f, "other \"quoted\"\\", NULL);
    write_entry(f, "other \"quoted\"\\", NULL);
    expect_entry(f, "other \"quoted\"\\", NULL);
    expect_entry(f, "", "of no name");
    g_assert_cmpuint(token_mode(f->path), ==, 0600);
}

static void test_unknown_members(TokenFolder *f, gconstpointer data)
{
    (void)data;
    token_put(f->path,
        "{\"x-later\": [1, {\"a\": 2.50}],\n\"entries\" : { \"\\u006bey\":{\"text\":\"old\", \"made\": 5 },"
        " \"other\":{\"text\":\"kept\",\"n\\u0061me\":null} }, \"version\": 1.0 , \"z\" : \"\\u00e9\"}",
        -1);
    expect_entry(f, "key", "old");
    write_entry(f, "key", "new");
    expect_entry(f, "key", "new");
    expect_entry(f, "other", "kept");
    char *bytes = token_bytes(f->path);
    g_assert_cmpstr(bytes, ==,
        "{\n    \"x-later\": [1, {\"a\": 2.50}],\n    \"entries\": {\n"
        "        \"\\u006bey\": {\n            \"text\": \"new\",\n            \"made\": 5,\n            \"label\": \"a "
        "label\"\n        },\n"
        "        \"other\": {\"text\":\"kept\",\"n\\u0061me\":null}\n    },\n    \"version\": 1,\n    \"z\": \"\\u00e9\"\n}\n");
    g_free(bytes);
    write_entry(f, "other", NULL);
    write_entry(f, "key", NULL);
    bytes = token_bytes(f->path);
    g_assert_cmpstr(bytes, ==,
        "{\n    \"x-later\": [1, {\"a\": 2.50}],\n    \"entries\": {},\n    \"version\": 1,\n    \"z\": \"\\u00e9\"\n}\n");
    g_free(bytes);
}

static void test_makes_folders(TokenFolder *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    char *above = g_build_filename(f->folder, "a", NULL), *folder = g_build_filename(above, "b", NULL),
         *path = g_build_filename(folder, "t.json", NULL), *lock = g_strconcat(path, ".lock", NULL);
    mode_t before = umask(0);
    kzi_token_file *file = kzi_token_file_new(path, &error);
    g_assert_null(token_read(file, "key", &error));
    g_assert_true(token_write(file, "key", NULL, &error)); /* nothing to remove */
    g_assert_false(g_file_test(above, G_FILE_TEST_EXISTS));
    g_assert_true(token_write(file, "key", "text", &error));
    umask(before);
    g_assert_cmpuint(token_mode(above), ==, 0700);
    g_assert_cmpuint(token_mode(folder), ==, 0700);
    g_assert_cmpuint(token_mode(path), ==, 0600);
    g_assert_cmpuint(token_mode(lock), ==, 0600);
    kzi_token_file_free(file);
    g_free(above);
    g_free(folder);
    g_free(path);
    g_free(lock);
}

static void expect_default(const char *expected)
{
    kz_error *error = NULL;
    kzi_token_file *file = kzi_token_file_new(NULL, &error);
    g_assert_null(error);
    g_assert_cmpstr(kzi_token_file_path(file), ==, expected);
    kzi_token_file_free(file);
}

static void test_default_place(void)
{
    const struct passwd *entry = getpwuid(geteuid());
    char *state = g_strdup(g_getenv("XDG_STATE_HOME")), *home = g_strdup(g_getenv("HOME"));
    char *own = g_strconcat(entry->pw_dir, "/.local/state/kamiwaza/tokens.json", NULL);
    g_setenv("HOME", "/at/home", TRUE);
    g_setenv("XDG_STATE_HOME", "/of/state", TRUE);
    expect_default("/of/state/kamiwaza/tokens.json");
    is_setuid = true;
    expect_default(own);
    is_setuid = false;
    g_setenv("XDG_STATE_HOME", "relative", TRUE); /* the specification has it ignored */
    expect_default("/at/home/.local/state/kamiwaza/tokens.json");
    g_unsetenv("XDG_STATE_HOME");
    expect_default("/at/home/.local/state/kamiwaza/tokens.json");
    g_unsetenv("HOME");
    expect_default(own);
    if (state)
        g_setenv("XDG_STATE_HOME", state, TRUE);
    if (home)
        g_setenv("HOME", home, TRUE);
    g_free(state);
    g_free(home);
    g_free(own);
}

static void test_relative(TokenFolder *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    char *before = g_get_current_dir();
    g_assert_cmpint(g_chdir(f->folder), ==, 0);
    kzi_token_file *file = kzi_token_file_new("tokens.json", &error);
    g_assert_cmpint(g_chdir(before), ==, 0);
    g_assert_true(token_write(file, "key", "text", &error)); /* not in the folder that the process has changed to */
    kzi_token_file_free(file);
    expect_entry(f, "key", "text");
    g_free(before);
}

/* ---- whom it trusts ---- */

static void test_modes(TokenFolder *f, gconstpointer data)
{
    (void)data;
    static const int open_modes[] = { 0640, 0620, 0610, 0604, 0602, 0601 };
    write_entry(f, "key", "old");
    for (gsize i = 0; i < G_N_ELEMENTS(open_modes); i++) {
        g_chmod(f->path, open_modes[i]);
        expect_refusal(f, f->path, KZ_ERROR_CONFIG, "Run chmod 600 on it");
    }
    g_chmod(f->path, 0400);
    expect_entry(f, "key", "old");
    g_chmod(f->path, 0600);
    static const int open_folders[] = { 0770, 0702, 01777 };
    for (gsize i = 0; i < G_N_ELEMENTS(open_folders); i++) {
        g_chmod(f->folder, open_folders[i]);
        expect_refusal(f, f->folder, KZ_ERROR_CONFIG, "Run chmod go-w on it");
    }
    g_chmod(f->folder, 0755);
    expect_entry(f, "key", "old");
}

static void test_another_user(TokenFolder *f, gconstpointer data)
{
    (void)data;
    if (geteuid() != 0) {
        g_test_skip("only root can give a file away");
        return;
    }
    write_entry(f, "key", "old");
    g_assert_cmpint(chown(f->path, 12345, 12345), ==, 0);
    expect_refusal(f, f->path, KZ_ERROR_CONFIG, "belongs to another user");
    g_assert_cmpint(chown(f->path, 0, 0), ==, 0);
    g_assert_cmpint(chown(f->folder, 12345, 12345), ==, 0);
    expect_refusal(f, f->folder, KZ_ERROR_CONFIG, "belongs to another user");
    g_assert_cmpint(chown(f->folder, 0, 0), ==, 0);
    expect_entry(f, "key", "old");
}

static void test_links(TokenFolder *f, gconstpointer data)
{
    (void)data;
    char *real_folder = g_build_filename(f->folder, "real", NULL), *real = g_build_filename(real_folder, "kept.json", NULL);
    g_assert_cmpint(g_mkdir(real_folder, 0700), ==, 0);
    g_assert_cmpint(symlink(real, f->path), ==, 0);
    expect_refusal(f, f->path, KZ_ERROR_CONFIG, "is a link to a file that is not there");
    g_assert_false(g_file_test(real, G_FILE_TEST_EXISTS));
    token_put(real, "", 0);
    write_entry(f, "key", "text"); /* there, and the link stays one */
    expect_entry(f, "key", "text");
    g_assert_true(g_file_test(f->path, G_FILE_TEST_IS_SYMLINK));
    g_chmod(real, 0644);
    expect_refusal(f, real, KZ_ERROR_CONFIG, "can be read or written by others");
    g_chmod(real, 0600);
    g_chmod(real_folder, 0777);
    expect_refusal(f, real_folder, KZ_ERROR_CONFIG, "can be written by others");
    g_chmod(real_folder, 0700);
    g_remove(f->path);
    g_assert_cmpint(symlink(f->path, f->path), ==, 0);
    expect_refusal(f, f->path, KZ_ERROR_CONFIG, "symbolic links");
    g_free(real_folder);
    g_free(real);
}

static void test_lock_is_no_link(TokenFolder *f, gconstpointer data)
{
    (void)data;
    char *lock = g_strconcat(f->path, ".lock", NULL), *precious = g_build_filename(f->folder, "precious", NULL);
    token_put(precious, "precious", -1);
    g_assert_cmpint(symlink(precious, lock), ==, 0);
    kz_error *error = NULL;
    g_assert_false(token_write(f->file, "key", "text", &error));
    g_assert_nonnull(strstr(error->message, lock));
    kz_error_free(error);
    char *bytes = token_bytes(precious);
    g_assert_cmpstr(bytes, ==, "precious");
    g_free(bytes);
    g_free(lock);
    g_free(precious);
}

/* What lies where the new file is made is no trap either. */
static void test_new_file_is_no_link(TokenFolder *f, gconstpointer data)
{
    (void)data;
    char *fresh = g_strconcat(f->path, ".new", NULL), *precious = g_build_filename(f->folder, "precious", NULL);
    token_put(precious, "precious", -1);
    g_assert_cmpint(symlink(precious, fresh), ==, 0);
    write_entry(f, "key", "text");
    expect_entry(f, "key", "text");
    char *bytes = token_bytes(precious);
    g_assert_cmpstr(bytes, ==, "precious");
    g_assert_false(g_file_test(fresh, G_FILE_TEST_EXISTS));
    g_free(bytes);
    g_free(fresh);
    g_free(precious);
}

static void test_no_regular_file(TokenFolder *f, gconstpointer data)
{
    (void)data;
    g_assert_cmpint(mkfifo(f->path, 0600), ==, 0);
    expect_refusal(f, f->path, KZ_ERROR_CONFIG, "is no regular file"); /* and nobody waits for its other end */
    g_remove(f->path);
    g_assert_cmpint(g_mkdir(f->path, 0700), ==, 0);
    expect_refusal(f, f->path, KZ_ERROR_CONFIG, "is no regular file");
}

static void test_no_folder(TokenFolder *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    char *path = g_build_filename(f->path, "tokens.json", NULL);
    token_put(f->path, "", 0);
    TokenFolder under = { .folder = f->folder, .path = path, .file = kzi_token_file_new(path, &error) };
    expect_refusal(&under, path, KZ_ERROR_CONFIG, "Not a directory");
    kzi_token_file_free(under.file);
    g_free(path);
}

static void test_unreadable(TokenFolder *f, gconstpointer data)
{
    (void)data;
    if (geteuid() == 0) {
        g_test_skip("root reads everything");
        return;
    }
    write_entry(f, "key", "old");
    g_chmod(f->path, 0000);
    expect_refusal(f, f->path, KZ_ERROR_CONFIG, "Permission denied");
}

/* ---- what is no file of tokens ---- */

#define BYTES(literal) literal, sizeof literal - 1
static void test_bad_files(TokenFolder *f, gconstpointer data)
{
    (void)data;
    static const struct {
        const char *text;
        gsize length;
        const char *part;
    } bad[] = {
        { BYTES("<html>"), "line 1, column 1" },
        { BYTES("{\"version\":1,\"entries\":{\"key\":{\"text\":\"tok"), "is damaged: line 1" },
        { BYTES("{\"version\":1,\"entries\":{}}\n\0"), "is damaged: line 2" },
        { BYTES("{\"version\":1,\"entries\":{\"key\":{\"text\":\"a\0b\"}}}"), "a control character" },
        { BYTES("\0\0\0\0\0\0\0\0"), "is damaged" },
        { BYTES("\xef\xbb\xbf{\"version\":1}"), "is damaged" },
        { BYTES("{\"version\":1,\"entries\":{\"key\":{\"text\":\"\xff\"}}}"), "not UTF-8" },
        { BYTES("{\"version\":1} {}"), "is damaged" },
        { BYTES("[]"), "is no file of tokens" },
        { BYTES("\"version\""), "is no file of tokens" },
        { BYTES("{}"), "is no file of tokens" },
        { BYTES("{\"name\":\"a package\",\"version\":\"1\"}"), "is no file of tokens" },
        { BYTES("{\"version\":0,\"entries\":{}}"), "is no file of tokens" },
        { BYTES("{\"version\":1,\"entries\":[]}"), "is no file of tokens" },
        { BYTES("{\"version\":2,\"entries\":{}}"), "newer version" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        gsize length = bad[i].length, kept;
        char *after;
        token_put(f->path, bad[i].text, (gssize)length);
        expect_refusal(f, f->path, KZ_ERROR_CONFIG, bad[i].part);
        expect_refusal(f, f->path, KZ_ERROR_CONFIG, "sign in again");
        g_assert_true(g_file_get_contents(f->path, &after, &kept, NULL));
        g_assert_cmpmem(after, kept, bad[i].text, length);
        g_free(after);
    }
}

/* Cut after each of its bytes, a file is refused or, empty, holds nothing; no byte of it is changed. */
static void test_cut(TokenFolder *f, gconstpointer data)
{
    (void)data;
    write_entry(f, "key", "a token");
    char *whole = token_bytes(f->path);
    gsize length = strlen(whole);
    for (gsize n = 1; n + 1 < length; n++) {
        token_put(f->path, whole, (gssize)n);
        expect_refusal(f, f->path, KZ_ERROR_CONFIG, "damaged");
    }
    token_put(f->path, "", 0);
    expect_entry(f, "key", NULL);
    g_free(whole);
}

static void test_deep(TokenFolder *f, gconstpointer data)
{
    (void)data;
    GString *text = g_string_new("{\"version\":1,\"x\":");
    for (int i = 0; i < 100000; i++)
        g_string_append_c(text, '[');
    token_put(f->path, text->str, -1);
    expect_refusal(f, f->path, KZ_ERROR_CONFIG, "nest");
    g_string_free(text, TRUE);
}

static void test_huge(TokenFolder *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    gsize length = 3 << 20;
    char *huge = g_malloc(length + 1);
    memset(huge, 'x', length);
    huge[length] = 0;
    write_entry(f, "key", huge);
    expect_entry(f, "key", huge);
    g_assert_false(token_write(f->file, "more", huge, &error)); /* what could not be read again is not written */
    g_assert_cmpint(error->code, ==, KZ_ERROR_STATE);
    g_assert_nonnull(strstr(error->message, "larger than 4 MiB"));
    kz_error_clear(&error);
    expect_entry(f, "key", huge);
    g_assert_cmpint(truncate(f->path, (off_t)1 << 40), ==, 0);
    expect_refusal(f, f->path, KZ_ERROR_CONFIG, "larger than 4 MiB");
    g_free(huge);
}

static void test_damaged_entry(TokenFolder *f, gconstpointer data)
{
    (void)data;
    static const char *const damaged[] = { "{}", "[]", "null", "{\"text\":5}", "\"text\"" };
    for (gsize i = 0; i < G_N_ELEMENTS(damaged); i++) {
        kz_error *error = NULL;
        char *text = g_strdup_printf("{\"version\":1,\"entries\":{\"key\":%s,\"other\":{\"text\":\"good\"}}}", damaged[i]);
        token_put(f->path, text, -1);
        g_assert_null(token_read(f->file, "key", &error));
        g_assert_nonnull(strstr(error->message, "it has no text. Sign in again"));
        kz_error_clear(&error);
        expect_entry(f, "other", "good");
        write_entry(f, "key", "new");
        expect_entry(f, "key", "new");
        expect_entry(f, "other", "good");
        g_free(text);
    }
}

static void test_not_utf8(TokenFolder *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    write_entry(f, "key", "old");
    g_assert_false(token_write(f->file, "key", "\xff", &error));
    g_assert_cmpint(error->code, ==, KZ_ERROR_ARGUMENT);
    kz_error_clear(&error);
    g_assert_false(token_write(f->file, "\xff", "text", &error));
    kz_error_clear(&error);
    expect_entry(f, "key", "old");
}

/* A text may hold NUL bytes, and comes back with them. */
static void test_nul_in_text(TokenFolder *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    char *text = NULL;
    size_t length = 0;
    double wait;
    g_assert_cmpint(kzi_token_file_write(f->file, "key", "label", "a\0b", 3, &wait, &error), ==, KZ_STEP_DONE);
    g_assert_cmpint(kzi_token_file_read(f->file, "key", &text, &length, &wait, &error), ==, KZ_STEP_DONE);
    g_assert_cmpmem(text, length, "a\0b", 3);
    free(text);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, function) g_test_add("/token-file/" path, TokenFolder, NULL, set_up, function, tear_down)
    TEST("keeps-entries-apart", test_keeps);
    TEST("keeps-what-another-version-wrote", test_unknown_members);
    TEST("makes-its-folders-for-this-user-alone", test_makes_folders);
    g_test_add_func("/token-file/default-place", test_default_place);
    TEST("a-relative-path-stays-where-it-was", test_relative);
    TEST("refused-when-open-to-others", test_modes);
    TEST("refused-when-it-is-another-users", test_another_user);
    TEST("links-lead-to-files-as-safe-as-itself", test_links);
    TEST("lock-is-no-link", test_lock_is_no_link);
    TEST("new-file-is-no-link", test_new_file_is_no_link);
    TEST("refused-when-no-regular-file", test_no_regular_file);
    TEST("refused-under-a-file", test_no_folder);
    TEST("refused-when-unreadable", test_unreadable);
    TEST("damaged-files-are-refused-and-stay", test_bad_files);
    TEST("cut-after-every-byte", test_cut);
    TEST("nesting-is-bounded", test_deep);
    TEST("size-is-bounded", test_huge);
    TEST("a-damaged-entry-is-replaced", test_damaged_entry);
    TEST("entries-are-utf8", test_not_utf8);
    TEST("nul-bytes-in-a-text", test_nul_in_text);
    return g_test_run();
}
