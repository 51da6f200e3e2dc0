/* test-token-memory.c: the file of tokens with each of its allocations failing: it ends well or without memory, and the file is whole. */
#include "../memory/failing.h"
#include "token-folder.h"

#include <stdlib.h>

static bool write_and_read(void *user, kz_error **error)
{
    TokenFolder *f = user;
    kzi_token_file *file = kzi_token_file_new(f->path, error);
    char *text = NULL;
    size_t length = 0;
    double wait = 0;
    bool done = file && kzi_token_file_write(file, "key", "label", "a \"text\"", 8, &wait, error) == KZ_STEP_DONE &&
        kzi_token_file_read(file, "key", &text, &length, &wait, error) == KZ_STEP_DONE && length == 8 &&
        kzi_token_file_write(file, "key", "label", NULL, 0, &wait, error) == KZ_STEP_DONE;
    free(text);
    kzi_token_file_free(file);
    return done;
}

static void test_allocations(void)
{
    TokenFolder f;
    kz_error *error = NULL;
    token_folder_begin(&f);
    g_assert_true(token_write(f.file, "other", "kept", &error));
    failing_each(write_and_read, &f, false);
    char *text = token_read(f.file, "other", &error);
    g_assert_cmpstr(text, ==, "kept");
    g_free(text);
    token_folder_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory/tokens-survive-every-failure", test_allocations);
    return g_test_run();
}
