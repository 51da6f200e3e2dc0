/* call.c: `kamiwaza call SERVICE.METHOD [ARGS|@FILE|-]`: any operation by its name, for programs: arguments as JSON in,
 * JSON (or bytes) out, a failure as one JSON object at the end of standard error. */
#include "cli.h"

#include <string.h>

static bool check(const char *text, size_t length, kz_error **error)
{
    if (!failure_check_json("ARGS", text, length, error))
        return false;
    size_t blank = strspn(text, " \t\r\n");
    if (text[blank] == '{')
        return true;
    return kz_error_set(error, KZ_ERROR_ARGUMENT, "ARGS", "ARGS must be a JSON object, as in '{\"limit\": 5}'.");
}

static bool call(cli *app, kz_client *client, const char *name, const char *source, kz_error **error)
{
    g_autofree char *text = NULL;
    size_t length = 0;
    if (source) {
        text = source_read("ARGS", source, &length, error);
        if (!text || !check(text, length, error))
            return false;
    }
    kz_answer answer = { 0 };
    if (!kz_call_by_name(client, name, (kz_json){ text, length }, &app->call, &answer, error))
        return false;
    return answer_write(app, &answer, true, false, error);
}

int call_run(cli *app, words *line, kz_error **error)
{
    app->machine = true;
    g_auto(GStrv) plain = options_read_all(app, line, "call", 2, NULL, NULL, error);
    if (!plain)
        return CLI_FAILED;
    if (app->help) {
        g_autofree char *text = help_command(commands_find("call"));
        return output_text(app, text, error) ? CLI_OK : CLI_FAILED;
    }
    if (!plain[0]) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, NULL, "kamiwaza call needs SERVICE.METHOD, as in: kamiwaza call models.list");
        return CLI_FAILED;
    }
    kz_client *client = session_client(app, error);
    return client && call(app, client, plain[0], plain[1], error) ? CLI_OK : CLI_FAILED;
}
