/* test-part.c: a file on its way: resumed only when the server's version is the same, never under its name before it is whole. */
#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct fixture {
    char *folder, *path;
    GString *seen;
    int restarts;
    bool refuse;
    kz_transfer transfer;
} fixture;

static int unsaved; /* writes that the file does not have for good */
static bool disk_fails;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

int __wrap_fsync(int fd)
{
    if (disk_fails) {
        errno = EIO;
        return -1;
    }
    unsaved = 0;
    return __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    g_assert_cmpint(unsaved, ==, 0); /* a name that outlives a crash while its bytes do not is a broken file */
    return __real_rename(from, to);
}

static void saw(void *user, const void *data, size_t length)
{
    g_string_append_len(((fixture *)user)->seen, data, (gssize)length);
    unsaved++;
}

static void restarted(void *user)
{
    ((fixture *)user)->restarts++;
    g_string_truncate(((fixture *)user)->seen, 0);
}

static bool finish(void *user, kz_error **error)
{
    return !((fixture *)user)->refuse || kz_error_set(error, KZ_ERROR_DECODE, NULL, "The checksum differs.");
}

static void set_up(fixture *f, gconstpointer data)
{
    (void)data;
    f->folder = g_dir_make_tmp("kz-part-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, "model.gguf", NULL);
    f->seen = g_string_new(NULL);
    f->transfer = (kz_transfer){
        .url = "http://127.0.0.1/x", .path = f->path, .size = 10, .bytes = saw, .restart = restarted, .finish = finish, .user = f
    };
}

static void tear_down(fixture *f, gconstpointer data)
{
    (void)data;
    GDir *dir = g_dir_open(f->folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        char *path = g_build_filename(f->folder, name, NULL);
        g_remove(path);
        g_free(path);
    }
    g_dir_close(dir);
    g_rmdir(f->folder);
    g_free(f->folder);
    g_free(f->path);
    g_string_free(f->seen, TRUE);
}

static kzi_part open_part(fixture *f)
{
    kzi_part part = KZI_PART_NONE;
    kz_error *error = NULL;
    g_assert_true(kzi_part_open(&part, &f->transfer, &error));
    g_assert_null(error);
    return part;
}

static void test_resumes(fixture *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    kzi_part part = open_part(f);
    g_assert_true(kzi_part_remember(&part, "\"v1\"", &error));
    g_assert_true(kzi_part_write(&part, &f->transfer, "01234", 5, &error));
    kzi_part_close(&part);
    g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
    g_string_truncate(f->seen, 0);
    part = open_part(f);
    g_assert_cmpint(part.offset, ==, 5);
    g_assert_cmpstr(part.tag, ==, "\"v1\"");
    g_assert_cmpstr(f->seen->str, ==, "01234");
    g_assert_true(kzi_part_write(&part, &f->transfer, "56789", 5, &error));
    g_assert_true(kzi_part_finish(&part, &f->transfer, &error));
    kzi_part_close(&part);
    char *text;
    g_assert_true(g_file_get_contents(f->path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "0123456789");
    g_free(text);
    g_assert_cmpstr(f->seen->str, ==, "0123456789");
    GDir *dir = g_dir_open(f->folder, 0, NULL);
    g_assert_cmpstr(g_dir_read_name(dir), ==, "model.gguf");
    g_assert_null(g_dir_read_name(dir));
    g_dir_close(dir);
}

static void test_unknown_version(fixture *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    kzi_part part = open_part(f);
    g_assert_true(kzi_part_remember(&part, "W/\"weak\"", &error));
    g_assert_true(kzi_part_write(&part, &f->transfer, "01234", 5, &error));
    kzi_part_close(&part);
    f->restarts = 0;
    part = open_part(f);
    g_assert_cmpint(part.offset, ==, 0);
    g_assert_cmpint(f->restarts, ==, 1);
    kzi_part_close(&part);
}

static void test_too_short(fixture *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    kzi_part part = open_part(f);
    g_assert_true(kzi_part_write(&part, &f->transfer, "01234", 5, &error));
    g_assert_false(kzi_part_finish(&part, &f->transfer, &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_CONNECTION));
    g_assert_nonnull(strstr(error->message, "5 of 10"));
    kz_error_free(error);
    kzi_part_close(&part);
    g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
}

/* What the disk does not take never gets its name. */
static void test_unsaved(fixture *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    kzi_part part = open_part(f);
    g_assert_true(kzi_part_write(&part, &f->transfer, "0123456789", 10, &error));
    disk_fails = true;
    g_assert_false(kzi_part_finish(&part, &f->transfer, &error));
    disk_fails = false;
    g_assert_cmpint(error->code, ==, KZ_ERROR_STATE);
    g_assert_nonnull(strstr(error->message, part.path));
    kz_error_free(error);
    g_assert_true(g_file_test(part.path, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
    kzi_part_close(&part);
}

static void test_refused(fixture *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    kzi_part part = open_part(f);
    f->refuse = true;
    char *name = g_strdup(part.path);
    g_assert_true(kzi_part_write(&part, &f->transfer, "0123456789", 10, &error));
    g_assert_false(kzi_part_finish(&part, &f->transfer, &error));
    g_assert_cmpint(error->code, ==, KZ_ERROR_DECODE);
    kz_error_free(error);
    kzi_part_close(&part);
    g_assert_false(g_file_test(name, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
    g_free(name);
}

/* What was there is gone: bytes that the new content does not reach, and the version that they were of. */
static void test_begins_anew(fixture *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    f->transfer.size = -1;
    kzi_part part = open_part(f);
    g_assert_true(kzi_part_remember(&part, "\"v1\"", &error));
    g_assert_true(kzi_part_write(&part, &f->transfer, "01234567", 8, &error));
    g_assert_true(kzi_part_restart(&part, &f->transfer, &error));
    g_assert_false(g_file_test(part.tag_path, G_FILE_TEST_EXISTS));
    g_assert_null(part.tag);
    g_assert_true(kzi_part_write(&part, &f->transfer, "abc", 3, &error));
    g_assert_true(kzi_part_finish(&part, &f->transfer, &error));
    kzi_part_close(&part);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(f->path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "abc");
}

/* A link in the place of the version is neither read nor written through. */
static void test_link_of_the_version(fixture *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    g_autofree char *target = g_build_filename(f->folder, "target", NULL), *text = NULL;
    kzi_part part = open_part(f);
    g_assert_true(kzi_part_write(&part, &f->transfer, "01234", 5, &error));
    g_assert_true(g_file_set_contents(target, "\"v1\"", -1, NULL));
    g_assert_cmpint(symlink(target, part.tag_path), ==, 0);
    g_assert_false(kzi_part_remember(&part, "\"v2\"", &error));
    g_assert_cmpint(error->code, ==, KZ_ERROR_STATE);
    kz_error_free(error);
    g_assert_true(g_file_get_contents(target, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "\"v1\"");
    kzi_part_close(&part);
    part = open_part(f);
    g_assert_cmpint(part.offset, ==, 0); /* no version is known */
    kzi_part_close(&part);
}

static void test_locked(fixture *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    kzi_part part = open_part(f), second = KZI_PART_NONE;
    g_assert_false(kzi_part_open(&second, &f->transfer, &error));
    g_assert_cmpint(error->code, ==, KZ_ERROR_STATE);
    kz_error_free(error);
    kzi_part_close(&second);
    kzi_part_close(&part);
}

static void test_link(fixture *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    char *target = g_build_filename(f->folder, "target", NULL), *name = g_build_filename(f->folder, ".model.gguf.part", NULL);
    g_assert_true(g_file_set_contents(target, "precious", -1, NULL));
    g_assert_cmpint(symlink(target, name), ==, 0);
    kzi_part part = KZI_PART_NONE;
    g_assert_false(kzi_part_open(&part, &f->transfer, &error));
    kz_error_free(error);
    kzi_part_close(&part);
    char *text;
    g_assert_true(g_file_get_contents(target, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "precious");
    g_free(text);
    g_free(target);
    g_free(name);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/part/goes-on-where-it-was", fixture, NULL, set_up, test_resumes, tear_down);
    g_test_add("/part/begins-anew-when-the-version-is-unknown", fixture, NULL, set_up, test_unknown_version, tear_down);
    g_test_add("/part/too-short-never-gets-its-name", fixture, NULL, set_up, test_too_short, tear_down);
    g_test_add("/part/what-the-disk-does-not-take-never-gets-its-name", fixture, NULL, set_up, test_unsaved, tear_down);
    g_test_add("/part/refused-is-deleted", fixture, NULL, set_up, test_refused, tear_down);
    g_test_add("/part/anew-is-from-nothing", fixture, NULL, set_up, test_begins_anew, tear_down);
    g_test_add("/part/a-link-of-the-version-is-not-followed", fixture, NULL, set_up, test_link_of_the_version, tear_down);
    g_test_add("/part/two-processes-never-write-one-file", fixture, NULL, set_up, test_locked, tear_down);
    g_test_add("/part/a-link-is-not-followed", fixture, NULL, set_up, test_link, tear_down);
    return g_test_run();
}
