/* main.c: the `kamiwaza` command: reads the global options, finds the command or the service that the first word names,
 * and ends with the status that fits. What each command does is in its own file. */
#include "cli.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static int run_help(cli *app, kz_error **error)
{
    /* Help must work where settings are wrong; then it does not list the services. */
    kz_error *ignored = NULL;
    kz_client *client = session_client(app, &ignored);
    kz_error_clear(&ignored);
    g_autofree char *text = help_main(client);
    return output_text(app, text, error) ? CLI_OK : CLI_FAILED;
}

static int run_version(cli *app, kz_error **error)
{
    g_autofree char *text = g_strdup_printf("kamiwaza %s\n", kz_version());
    return output_text(app, text, error) ? CLI_OK : CLI_FAILED;
}

static int run(cli *app, words *line, kz_error **error)
{
    while (line->at < line->n && line->items[line->at][0] == '-') {
        int read = options_read(app, line, error);
        if (read < 0)
            return CLI_FAILED;
        if (!read) {
            kz_error_set(error, KZ_ERROR_ARGUMENT, line->items[line->at], "There is no option %s; see: kamiwaza --help",
                line->items[line->at]);
            return CLI_FAILED;
        }
    }
    if (app->version)
        return run_version(app, error);
    if (line->at == line->n) {
        if (app->help)
            return run_help(app, error);
        kz_error_set(error, KZ_ERROR_ARGUMENT, NULL, "A command is missing; see: kamiwaza --help");
        return CLI_FAILED;
    }
    const char *word = line->items[line->at++];
    if (!strcmp(word, "__complete"))
        return complete_run(app, line, error);
    if (!strcmp(word, "__plugin"))
        return plugin_run(app, line, error);
    const command *found = commands_find(word);
    if (found)
        return found->run(app, line, error);
    return operation_run(app, word, line, error);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* numbers are read and written as JSON has them */
    kz_error *error = NULL;
    cli app = { .config = kz_config_new(&error) };
    words line = { .items = argv + 1, .n = argc > 0 ? (size_t)argc - 1 : 0 };
    int status = error ? CLI_FAILED : run(&app, &line, &error);
    progress_clear();
    if (error) {
        status = failure_status(error);
        failure_report(&app, error);
    }
    kz_error_free(error);
    session_end(&app);
    return status;
}
