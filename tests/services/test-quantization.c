/* test-quantization.c: names of quantisations in file names, and which files a wish means. */
#include "quantization.h"

#include <glib.h>
#include <string.h>

static void test_detect(void)
{
    static const char *const cases[][2] = { { "Qwen3-8B-Q4_K_M.gguf", "q4_k" }, { "Qwen3-8B-Q8_0.gguf", "q8_0" },
        { "m-q4_1.gguf", "q4_1" }, { "m-IQ2_XS.gguf", "iq2_xs" }, { "m-fp16.gguf", "fp16" },
        { "m-Q6_K-00001-of-00002.gguf", "q6_k" }, { "m-q2_k-Q5_K_S.gguf", "q5_k" }, { "README.md", NULL },
        { "model.safetensors", NULL }, { "m-Q9_0.gguf", NULL }, { "q4_k.gguf", NULL }, { "m-iq5_x.gguf", NULL } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char found[KZP_QUANTIZATION_SIZE];
        bool any = kzp_quantization_of(cases[i][0], found);
        g_assert_cmpstr(any ? found : NULL, ==, cases[i][1]);
    }
    char found[KZP_QUANTIZATION_SIZE];
    g_assert_false(kzp_quantization_of(NULL, found));
}

static void test_match(void)
{
    g_assert_true(kzp_quantization_matches("m-Q4_K_M.gguf", "q4_k"));
    g_assert_true(kzp_quantization_matches("m-Q4_K_M.gguf", "Q4_K_M"));
    g_assert_false(kzp_quantization_matches("m-Q4_K_M.gguf", "q4_k_s"));
    g_assert_true(kzp_quantization_matches("m-Q4_K_M.gguf", "q4")); /* as the reference client has it */
    g_assert_true(kzp_quantization_matches("m-Q6_K-00001-of-00002.gguf", "q6_k"));
}

static kz_model_file all[] = { { .name = "m-Q2_K.gguf" }, { .name = "m-Q4_K_M.gguf" }, { .name = "m-Q6_K-00001-of-00002.gguf" },
    { .name = "m-Q6_K-00002-of-00002.gguf" }, { .name = "m-Q8_0.gguf" }, { .name = "README.md" } };

static void pick(const char *wanted, size_t count, const char *first)
{
    const kz_model_file *files[6], *picked[6];
    for (size_t i = 0; i < 6; i++)
        files[i] = &all[i];
    g_assert_cmpuint(kzp_quantization_pick(files, 6, wanted, picked), ==, count);
    if (count)
        g_assert_cmpstr(picked[0]->name, ==, first);
}

static void test_pick(void)
{
    pick("q6_k", 2, "m-Q6_K-00001-of-00002.gguf"); /* all shards */
    pick("q5_k", 2, "m-Q6_K-00001-of-00002.gguf"); /* a better one first */
    pick("q3_k", 1, "m-Q4_K_M.gguf");
    pick("fp16", 2, "m-Q6_K-00001-of-00002.gguf");
    pick("q4_k_m", 1, "m-Q4_K_M.gguf");
    pick("q4_k_l", 0, NULL); /* a named variant stands for itself */
    pick("iq1_s_x", 0, NULL);
}

static void test_names(void)
{
    const kz_model_file *files[6];
    char names[6][KZP_QUANTIZATION_SIZE];
    for (size_t i = 0; i < 6; i++)
        files[i] = &all[5 - i];
    g_assert_cmpuint(kzp_quantization_names(files, 6, names), ==, 4);
    g_assert_cmpstr(names[0], ==, "q2_k");
    g_assert_cmpstr(names[3], ==, "q8_0");
    g_assert_cmpuint(kzp_quantization_count(files, 6), >, 1);
    g_assert_cmpuint(kzp_quantization_count(files + 2, 2), ==, 1); /* two shards of one */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quantization/detected-in-file-names", test_detect);
    g_test_add_func("/quantization/matched-in-any-case-with-variants", test_match);
    g_test_add_func("/quantization/picked-with-shards-and-fall-backs", test_pick);
    g_test_add_func("/quantization/named-sorted-and-once", test_names);
    return g_test_run();
}
