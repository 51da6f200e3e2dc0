/* test-buffer.c: text that grows. What it held may be secret, so no copy of it stays in memory that is given back. */
#include "buffer.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* The memory that is to be given back, what it is to hold then, and whether it came to that. */
static const void *watched;
static gsize watched_length;
static bool given_back;

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory)
{
    if (memory && memory == watched) {
        for (gsize i = 0; i < watched_length; i++)
            if (((const char *)memory)[i])
                g_error("byte %zu is left", i);
        given_back = true;
        watched = NULL;
    }
    __real_free(memory);
}

static kzi_buffer with_secret(void)
{
    kzi_buffer buffer = { 0 };
    kzi_buffer_puts(&buffer, "the secret");
    watched = buffer.data;
    watched_length = buffer.length;
    given_back = false;
    return buffer;
}

static void test_growing(void)
{
    kzi_buffer buffer = with_secret();
    g_autofree char *more = g_strnfill(buffer.capacity, 'x'), *both = g_strconcat("the secret", more, NULL);
    kzi_buffer_puts(&buffer, more);
    g_assert_true(given_back);
    g_assert_cmpstr(buffer.data, ==, both);
    kzi_buffer_free(&buffer);
}

static void test_freeing(void)
{
    kzi_buffer buffer = with_secret();
    kzi_buffer_free(&buffer);
    g_assert_true(given_back);
}

static void test_clearing(void)
{
    kzi_buffer buffer = with_secret();
    kzi_buffer_clear(&buffer);
    g_assert_cmpuint(buffer.length, ==, 0);
    g_assert_cmpstr(buffer.data, ==, "");
    kzi_buffer_free(&buffer);
    g_assert_true(given_back);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/buffer/growing-leaves-no-copy", test_growing);
    g_test_add_func("/buffer/freeing-leaves-no-copy", test_freeing);
    g_test_add_func("/buffer/clearing-leaves-no-copy", test_clearing);
    return g_test_run();
}
