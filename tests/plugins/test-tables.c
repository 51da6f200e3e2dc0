/* test-tables.c: plugins whose tables are wrong in one thing: refused by name, with the reason, and not read past their end. */
#include "folder.h"

#include <string.h>

static const struct {
    const char *wrong, *part;
} cases[] = {
    { "old_major", "was built for plugin ABI 2.0; this library has 1.0" },
    { "small_descriptor", "has a descriptor of 16 bytes; it has at least 48" },
    { "huge_descriptor", "has a descriptor that says it has 18446744073709551607 bytes, more than its file holds there" },
    { "long_descriptor", "has a descriptor that says it has 65000 bytes, more than its file holds there" },
    { "unknown_kind", "is of a kind that this library does not know (77)" },
    { "no_version", "has a descriptor without a name or a version" },
    { "wild_version", "has a descriptor without a name or a version" },
    { "wild_name", "has a descriptor without a name or a version" },
    { "no_vtable", "lacks a table of functions" },
    { "wild_vtable", "has a table of functions that lies outside of its file" },
    { "heap_vtable", "has a table of functions that lies outside of its file" },
    { "small_vtable", "has a table of functions of 8 bytes; it has at least 64" },
    { "huge_vtable", "has a table of functions that says it has 18446744073709551615 bytes" },
    { "no_operations", "has 2 operations, but no list of them" },
    { "many_operations", "has 9223372036854775807 operations, but no list of them" },
    { "long_operations", "has 5000 operations, but no list of them" },
    { "wild_title", "has a text that lies outside of its file" },
    { "wild_create", "has a function that lies outside of its file" },
    { "wild_functions", "has functions for programs that lie outside of its file" },
    { "wild_locate", "has a way to find its server that lies outside of its file" },
    { "wild_locate_by", "has a way to find its server that lies outside of its file" },
    { "wild_function", "has a function for programs that lies outside of its file (number 0)" },
    { "huge_functions", "has functions for programs that say they have 18446744073709551615 bytes" },
    { "nameless_operation", "has an operation without a name (number 1)" },
    { "wild_operation_name", "has an operation without a name (number 1)" },
    { "wild_flow", "has the operation list, which has a function that lies outside of its file" },
    { "no_path", "has the operation list, which has neither a function nor a method and a path" },
    { "no_params", "has the operation list, which has no schema of its arguments" },
    { "wild_params", "has the operation list, which has no schema of its arguments" },
    { "result_as_params", "has the operation list, which has no schema of its arguments" },
    { "no_result", "has the operation list, which has no schema of its result" },
    { "request_as_result", "has the operation list, which has no schema of its result" },
    { "unknown_answer", "has the operation list, which is of a kind that this library does not know" },
    { "wild_alias", "has a name that lies outside of its file, in name" },
    { "pages_of_no_list", "has the operation get, which has pages of something that is no list" },
    { "wild_paging", "has a description of its pages that lies outside of its file, in list" },
    { "nameless_schema", "has a schema without a name" },
    { "nameless_member", "has the schema thing with a member without a name (number 2)" },
    { "wild_member_text", "has the schema thing whose member name has a text that lies outside of its file" },
    { "no_members", "has a list of members that lies outside of its file, in thing" },
    { "many_members", "has a list of members that lies outside of its file, in thing" },
    { "odd_size", "has the schema thing of an impossible size, 13 bytes" },
    { "huge_size", "has the schema thing of an impossible size, 4294967288 bytes" },
    { "member_beyond", "has the schema thing whose member size does not lie in the struct by itself" },
    { "member_half_beyond", "has the schema thing whose member size does not lie in the struct by itself" },
    { "member_wraps", "has the schema thing whose member size does not lie in the struct by itself" },
    { "member_unaligned", "has the schema thing whose member name does not lie in the struct by itself" },
    { "count_beyond", "has the schema thing whose member tags has a count that does not lie in the struct by itself" },
    { "members_overlap", "has the schema thing whose member tags does not lie in the struct by itself" },
    { "member_over_extra", "has the schema ask whose member name does not lie in the struct by itself" },
    { "no_room_for_extra", "has the schema ask, a request without room for extra and from" },
    { "order_beyond", "has the schema thing whose members are not in the order that it says" },
    { "order_wrong", "has the schema ask whose members are not in the order that it says" },
    { "no_order", "has a list of members that lies outside of its file, in thing" },
    { "unknown_type", "has the schema thing whose member name is of a type that this library does not know" },
    { "float_alone", "has the schema thing whose member name is a 32-bit number" },
    { "upload_in_result", "has the schema thing whose member name is content to upload, in a result" },
    { "map_of_numbers", "has the schema thing whose member tags is a map of something else than strings or JSON" },
    { "object_without_schema", "has the schema kinds whose member round is an object without a schema" },
    { "result_in_request", "has the schema ask whose member inner is an object of a result, in a request" },
    { "wild_check", "has the schema ask whose member name has a check that lies outside of its file" },
    { "wild_value", "has a value that lies outside of its file, in name" },
    { "alternative_to_nothing", "has the schema ask whose member inner is an alternative to nothing" },
    { "wild_pattern", "has the schema ask whose member name has a text that lies outside of its file" },
    { "union_without_tag", "has the schema kinds, a choice without a member that tells its kinds apart" },
    { "union_of_texts", "has the schema kinds whose member round is no object, in a choice of objects" },
    { "list_without_items", "has the schema things, a list whose first member is no list" },
    { "list_in_a_request", "has the schema ask, a list in a request" },
    { "value_in_a_request", "has the schema ask, a value without a member" },
    { "unknown_shape", "has the schema thing of a shape that this library does not know" },
    { "auth_without_create", "lacks what each provider has: create()" },
    { "auth_setting_nameless", "has a setting without a name of a-z, 0-9 and _ (number 0)" },
    { "auth_settings_beyond", "has settings that lie outside of its file" },
    { "auth_small", "has a table of functions of 40 bytes" },
    { "store_without_read", "lacks functions: a token store has create(), read() and write()" },
};

/* Each in a folder of its own and under a name of its own: what was loaded stays loaded. */
static void test_refused(gconstpointer data)
{
    guint i = GPOINTER_TO_UINT(data);
    char *folder = folder_new();
    g_autofree char *name = g_strdelimit(g_strdup(cases[i].wrong), "_", '-');
    g_autofree char *path = folder_add(folder, name);
    g_setenv("KZ_TEST_WRONG", cases[i].wrong, TRUE);
    kz_error *error = NULL;
    kz_client *client = folder_client(folder);
    kz_plugin_list *list = kz_client_plugin(client, name, &error);
    g_assert_null(error);
    const char *problem = list->items[0].problem;
    if (!problem || !strstr(problem, cases[i].part) || !strstr(problem, path) || !strstr(problem, name))
        g_error("%s", problem);
    g_assert_null(kz_client_service(client, name, &error));
    g_assert_cmpint(error->code, ==, KZ_ERROR_PLUGIN_INCOMPATIBLE);
    kz_error_free(error);
    kz_free(list);
    kz_client_free(client);
    folder_free(folder);
}

static void test_accepted(gconstpointer wrong)
{
    char *folder = folder_new();
    g_autofree char *name = g_strdelimit(g_strdup(wrong), "_", '-');
    g_free(folder_add(folder, name));
    g_setenv("KZ_TEST_WRONG", g_str_equal(wrong, "fine") ? "nothing" : wrong, TRUE);
    folder_accepts(folder, name);
    folder_free(folder);
}

static void test_kind(void)
{
    char *folder = folder_new();
    g_free(folder_add(folder, "of-another-kind"));
    g_setenv("KZ_TEST_WRONG", "auth_fine", TRUE);
    folder_refuses(folder, "of-another-kind", KZ_ERROR_PLUGIN_INCOMPATIBLE, "is no service");
    folder_accepts(folder, "of-another-kind"); /* for what it is; that it is known then changes nothing */
    folder_refuses(folder, "of-another-kind", KZ_ERROR_PLUGIN_INCOMPATIBLE, "is no service");
    folder_free(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/tables/of-a-service-in-order-are-taken", "fine", test_accepted);
    g_test_add_data_func("/tables/of-a-provider-in-order-are-taken", "auth_fine", test_accepted);
    g_test_add_data_func("/tables/of-a-store-in-order-are-taken", "store", test_accepted);
    g_test_add_func("/tables/of-another-kind-are-refused", test_kind);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = g_strconcat("/tables/refused/", cases[i].wrong, NULL);
        g_test_add_data_func(name, GUINT_TO_POINTER(i), test_refused);
    }
    return g_test_run();
}
