/* test-corpus.c: files of JSON and of what is none: those in `valid` are read, those in `invalid` are refused at the place that
 * their name tells (NAME.LINE-COLUMN.json), those in `either` may be one or the other, but always the same. */
#include "json_scan.h"
#include "schema_json.h"

#include <glib.h>
#include <json-c/json.h>
#include <kamiwaza/json.h>
#include <stdio.h>
#include <string.h>

static const char *folder;

/* What every reader says of the text: the check for programs, the tree, the reader of results. */
static void ask_all(kz_json text, bool valid, const char *name)
{
    kz_error *error = NULL, *read = NULL, *arguments = NULL;
    bool checked = kz_json_check(text, &error);
    kzi_scope *scope = kzi_scope_new(64);
    kz_json_value *value = kzi_json_read(&kz_schema_json_value, scope, text.text, text.length, NULL, &read);
    bool bom = text.length >= 3 && !memcmp(text.text, "\xef\xbb\xbf", 3); /* answers may have one */
    if (checked != valid || (!valid && error->code != KZ_ERROR_DECODE))
        g_error("%s: %s", name, error ? error->message : "no error");
    if (!bom && ((value != NULL) != valid || (!valid && (read->code != KZ_ERROR_DECODE || !strstr(read->message, "column")))))
        g_error("%s as an answer: %s", name, read ? read->message : "no error");
    if (valid)
        g_assert_cmpuint(value->value.length, ==, kzi_json_skip(value->value.text, text.length));
    kzi_scope_free(scope);
    struct json_object *tree = kz_json_tree(text, &arguments);
    if (!arguments != valid || (!valid && (tree || arguments->code != KZ_ERROR_DECODE)))
        g_error("%s as a tree: %s", name, arguments ? arguments->message : "no error");
    json_object_put(tree);
    kz_error_free(error);
    kz_error_free(read);
    kz_error_free(arguments);
}

static void expect_place(const char *name, size_t line, size_t column, const char *problem)
{
    size_t due_line, due_column;
    const char *numbers = strchr(name, '.');
    if (!numbers || sscanf(numbers, ".%zu-%zu.json", &due_line, &due_column) != 2)
        g_error("%s: its name does not tell line and column", name);
    if (due_line != line || due_column != column || !problem || !*problem)
        g_error("%s is refused at line %zu, column %zu: %s", name, line, column, problem);
}

static guint each_file(const char *kind, int due)
{
    char *path = g_build_filename(folder, kind, NULL);
    GDir *dir = g_dir_open(path, 0, NULL);
    guint n = 0;
    g_assert_nonnull(dir);
    for (const char *name; (name = g_dir_read_name(dir)); n++) {
        char *file = g_build_filename(path, name, NULL), *content = NULL;
        gsize length, line = 0, column = 0;
        const char *problem = NULL;
        g_assert_true(g_file_get_contents(file, &content, &length, NULL));
        char *exact = g_memdup2(content, length ? length : 1); /* no NUL behind it */
        bool valid = kzi_json_valid(exact, length, 0, &line, &column, &problem);
        if (due >= 0 && valid != (bool)due)
            g_error("%s/%s: %s (line %zu, column %zu)", kind, name, valid ? "accepted" : problem, line, column);
        if (!due)
            expect_place(name, line, column, problem);
        ask_all((kz_json){ exact, length }, valid, name);
        g_free(exact);
        g_free(content);
        g_free(file);
    }
    g_dir_close(dir);
    g_free(path);
    return n;
}

static void test_valid(void)
{
    g_assert_cmpuint(each_file("valid", 1), >, 50);
}

static void test_invalid(void)
{
    g_assert_cmpuint(each_file("invalid", 0), >, 80);
}

static void test_either(void)
{
    g_assert_cmpuint(each_file("either", -1), >, 15);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_getenv("KAMIWAZA_TEST_CORPUS");
    g_test_add_func("/json/corpus/what-is-json-is-read", test_valid);
    g_test_add_func("/json/corpus/what-is-not-is-refused-by-line-and-column", test_invalid);
    g_test_add_func("/json/corpus/all-readers-agree-on-the-rest", test_either);
    return g_test_run();
}
