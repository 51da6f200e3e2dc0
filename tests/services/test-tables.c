/* test-tables.c: the emulator as a view of the tables: every operation has a route and an answer that fits its schema, wrong
 * requests are refused as the platform does, and what it knows survives a restart. */
#include "emulator.h"

#include <glib/gstdio.h>
#include <kamiwaza/models.h>
#include <kamiwaza/plugin.h>
#include <string.h>

#define UUID "6f1c2d3e-4b5a-4c6d-8e7f-9a0b1c2d3e4f"

static void put_object(GString *out, const kz_schema *schema, int depth);

static void put_string(GString *out, const kz_field *field)
{
    const kz_check *check = field->check;
    const char *text = "x";
    if (check && check->values)
        text = check->values[0];
    else if (check && check->format && !strcmp(check->format, "uuid"))
        text = UUID;
    else if (check && check->format && !strcmp(check->format, "date-time"))
        text = "2026-01-02T03:04:05Z";
    g_string_append_printf(out, "\"%s\"", text);
}

static void put_value(GString *out, const kz_field *field, int depth)
{
    double low = field->check && field->check->flags & KZ_HAS_MINIMUM ? field->check->minimum : 1;
    switch (field->type) {
    case KZ_TYPE_STRING: put_string(out, field); break;
    case KZ_TYPE_INT:
    case KZ_TYPE_NUMBER: g_string_append_printf(out, "%g", low); break;
    case KZ_TYPE_BOOL: g_string_append(out, "true"); break;
    case KZ_TYPE_OBJECT: put_object(out, field->schema, depth + 1); break;
    case KZ_TYPE_UPLOAD: g_string_append(out, "{\"$bytes\":\"eA==\"}"); break;
    default: g_string_append(out, "{}"); break;
    }
}

/* An object with what is required, as its schema asks for. */
static void put_object(GString *out, const kz_schema *schema, int depth)
{
    bool first = true;
    g_assert_cmpint(depth, <, 20);
    g_string_append_c(out, '{');
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        if (!(field->flags & KZ_FIELD_REQUIRED) || field->flags & KZ_FIELD_ALTERNATIVE)
            continue;
        g_string_append_printf(out, "%s\"%s\":", first ? "" : ",", field->name);
        first = false;
        if (field->container == KZ_MAP) {
            g_string_append(out, "{}");
        } else if (field->container == KZ_LIST) {
            g_string_append_c(out, '[');
            put_value(out, field, depth);
            g_string_append_c(out, ']');
        } else {
            put_value(out, field, depth);
        }
    }
    g_string_append_c(out, '}');
}

static void call(kz_client *client, const char *service, const kz_operation *op)
{
    char *name = g_strdup_printf("%s.%s", service, op->name);
    GString *arguments = g_string_new(NULL);
    kz_error *error = NULL;
    kz_answer answer = { 0 };
    put_object(arguments, op->params, 0);
    kz_call_by_name(client, name, (kz_json){ arguments->str, arguments->len }, NULL, &answer, &error);
    while (answer.stream && kz_stream_next(answer.stream, &error))
        ;
    /* What names a thing that is not there may be told so, and a password or a code that is none; what does not fit the schema comes as a
     * list. */
    bool refused = kz_error_is(error, KZ_ERROR_NOT_FOUND) || kz_error_is(error, KZ_ERROR_CONFLICT) ||
        (kz_error_is(error, KZ_ERROR_AUTHENTICATION) && op->flags & KZ_OP_NO_AUTH) ||
        (kz_error_is(error, KZ_ERROR_VALIDATION) && error->detail.text && *error->detail.text == '"');
    if (error && !refused)
        g_error("%s %s: %s: %s", name, arguments->str, kz_error_class(error->code), error->message);
    kz_error_free(error);
    kz_free(answer.result);
    kz_stream_close(answer.stream);
    g_string_free(arguments, TRUE);
    g_free(name);
}

static void test_every_operation(void)
{
    static const char *const services[] = { "models", "serving", "cluster", "auth", "authz" };
    char *url;
    kz_error *error = NULL;
    GSubprocess *emulator = emulator_start(NULL, &url);
    kz_client *client = emulator_client(url, &error);
    size_t n = 0;
    for (size_t s = 0; s < G_N_ELEMENTS(services); s++) {
        const kz_operation *op;
        for (size_t i = 0; (op = kz_client_operation_at(client, services[s], i, &error)); i++)
            if (op->method) {
                call(client, services[s], op);
                n++;
            }
    }
    g_assert_null(error);
    g_assert_cmpuint(n, >, 100);
    kz_client_free(client);
    emulator_stop(emulator);
    g_free(url);
}

static void test_restart(void)
{
    char *url, *folder = g_dir_make_tmp("kz-state-XXXXXX", NULL);
    const char *const options[] = { "--state", folder, NULL };
    kz_error *error = NULL;
    GSubprocess *emulator = emulator_start(options, &url);
    kz_client *client = emulator_client(url, &error);
    kz_model *made = kz_models_create(kz_client_models(client, &error), &(kz_models_create_params){ .name = "kept" }, &error);
    g_assert_null(error);
    kz_client_free(client);
    emulator_stop(emulator);
    g_free(url);
    emulator = emulator_start(options, &url);
    client = emulator_client(url, &error);
    kz_model *found = kz_models_get(kz_client_models(client, &error), &(kz_models_get_params){ .model_id = made->id }, &error);
    g_assert_null(error);
    g_assert_cmpstr(found->name, ==, "kept");
    kz_free(found);
    kz_free(made);
    kz_client_free(client);
    emulator_stop(emulator);
    g_free(url);
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        char *path = g_build_filename(folder, name, NULL);
        g_remove(path);
        g_free(path);
    }
    g_dir_close(dir);
    g_rmdir(folder);
    g_free(folder);
}

/* Asks for a path past the tables. */
static void ask(
    kz_client *client, const char *name, const char *arguments, const kz_call_options *options, int code, const char *says)
{
    kz_error *error = NULL;
    kz_answer answer = { 0 };
    g_assert_false(kz_call_by_name(client, name, (kz_json){ arguments, strlen(arguments) }, options, &answer, &error));
    if (!kz_error_is(error, code) || (says && !strstr(error->message, says)))
        g_error("%s: %s", kz_error_class(error->code), error->message);
    kz_error_free(error);
}

static void test_refusals(void)
{
    char *url;
    kz_error *error = NULL;
    GSubprocess *emulator = emulator_start(NULL, &url);
    kz_client *client = emulator_client(url, &error);
    ask(client, "models.create", "{\"name\":\"n\"}", &(kz_call_options){ .body = KZ_JSON("{\"name\":5}") }, KZ_ERROR_VALIDATION,
        "name");
    const kz_string_entry faults[] = { { "X-Emulator-Fault", "status=503" }, { "X-Emulator-Fault", "garbage" },
        { "X-Emulator-Fault", "cut=1" } };
    const int codes[] = { KZ_ERROR_UNAVAILABLE, KZ_ERROR_DECODE, KZ_ERROR_CONNECTION };
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++)
        ask(client, "models.list", "{}", &(kz_call_options){ .headers = &faults[i], .n_headers = 1, .max_retries = KZ_INT(0) },
            codes[i], NULL);
    kz_client_free(client);
    emulator_stop(emulator);
    g_free(url);
}

static void test_examples(void)
{
    static const char *const programs[] = { "KAMIWAZA_TEST_LIST", "KAMIWAZA_TEST_POLL" };
    char *url;
    kz_error *error = NULL;
    GSubprocess *emulator = emulator_start(NULL, &url);
    kz_client *client = emulator_client(url, &error);
    kz_free(kz_models_create(kz_client_models(client, &error), &(kz_models_create_params){ .name = "one of mine" }, &error));
    g_assert_null(error);
    for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
        GSubprocessLauncher *launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
        char *out = NULL;
        g_subprocess_launcher_setenv(launcher, "KAMIWAZA_BASE_URL", url, TRUE);
        g_subprocess_launcher_setenv(launcher, "KAMIWAZA_PLUGIN_PATH", g_getenv("KAMIWAZA_TEST_PLUGINS"), TRUE);
        GSubprocess *program = g_subprocess_launcher_spawn(launcher, NULL, g_getenv(programs[i]), NULL);
        g_assert_true(g_subprocess_communicate_utf8(program, NULL, NULL, &out, NULL, NULL));
        g_assert_true(g_subprocess_get_successful(program));
        g_assert_cmpstr(out, ==, "one of mine\n");
        g_free(out);
        g_object_unref(program);
        g_object_unref(launcher);
    }
    kz_client_free(client);
    emulator_stop(emulator);
    g_free(url);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/emulator/every-operation-answers-by-its-schema", test_every_operation);
    g_test_add_func("/emulator/its-state-survives-a-restart", test_restart);
    g_test_add_func("/emulator/refusals-and-faults", test_refusals);
    g_test_add_func("/emulator/the-examples-run-on-it", test_examples);
    return g_test_run();
}
