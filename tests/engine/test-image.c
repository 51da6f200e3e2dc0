/* test-image.c: what can be read of the program's files, to the byte where each ends. */
#include "image.h"

#include <glib.h>
#include <string.h>

/* Two files side by side, as the dynamic linker would say, and a byte of nobody's before and behind them. */
static char all[18], *const memory = all + 1;
static kzi_segment segments[2];

static kzi_image image(void)
{
    const uintptr_t at = (uintptr_t)memory;
    memcpy(memory, "text\0endnext\0end", 16);
    segments[0] = (kzi_segment){ at, at + 8 };
    segments[1] = (kzi_segment){ at + 8, at + 16 };
    return (kzi_image){ .segments = segments, .n = 2 };
}

static void test_ends(void)
{
    kzi_image i = image();
    g_assert_true(kzi_image_holds(&i, memory, 8));
    g_assert_true(kzi_image_holds(&i, memory + 7, 1));
    g_assert_false(kzi_image_holds(&i, memory, 9)); /* into the next one */
    g_assert_false(kzi_image_holds(&i, memory + 7, UINT64_MAX));
    g_assert_true(kzi_image_holds(&i, memory + 8, 8));
    g_assert_false(kzi_image_holds(&i, memory + 9, 8));
    g_assert_false(kzi_image_holds(&i, memory + 16, 0));
    g_assert_false(kzi_image_holds(&i, memory - 1, 1));
    g_assert_false(kzi_image_holds(&i, NULL, 1));
}

static void test_texts(void)
{
    kzi_image i = image();
    g_assert_true(kzi_image_has_text(&i, memory));
    g_assert_true(kzi_image_has_text(&i, memory + 4));
    g_assert_false(kzi_image_has_text(&i, memory + 5)); /* the next file has a NUL */
    g_assert_true(kzi_image_has_text(&i, memory + 8));
    g_assert_false(kzi_image_has_text(&i, memory + 13));
    g_assert_false(kzi_image_has_text(&i, memory + 16));
    g_assert_false(kzi_image_has_text(&i, NULL));
}

/* What is mapped now: the program's own data, and neither its stack nor its heap. */
static void test_program(void)
{
    kzi_image i;
    g_autofree char *heap = g_strdup("heap");
    g_assert_true(kzi_image_take(&i));
    g_assert_true(kzi_image_holds(&i, all, sizeof all));
    g_assert_true(kzi_image_has_text(&i, "constant"));
    g_assert_false(kzi_image_holds(&i, heap, 1));
    g_assert_false(kzi_image_holds(&i, &i, 1));
    kzi_image_free(&i);
    g_assert_false(kzi_image_holds(&i, memory, 1));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/nothing-is-read-beyond-a-file", test_ends);
    g_test_add_func("/image/texts-end-within-their-file", test_texts);
    g_test_add_func("/image/of-this-program", test_program);
    return g_test_run();
}
