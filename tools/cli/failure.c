/* failure.c: how a failure ends the command: its exit status, and what standard error says, a sentence for people or
 * one JSON object for programs (the last line). Never prints a secret: errors of the library hold none. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

int failure_status(const kz_error *error)
{
    static const struct {
        kz_error_code code;
        int status;
    } table[] = {
        { KZ_ERROR_CANCELLED, CLI_CANCELLED },
        { KZ_ERROR_AUTHENTICATION, CLI_AUTHENTICATION },
        { KZ_ERROR_ARGUMENT, CLI_USAGE },
        { KZ_ERROR_CONFIG, CLI_SETUP },
        { KZ_ERROR_PLUGIN, CLI_SETUP },
        { KZ_ERROR_CONNECTION, CLI_CONNECTION },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if (kz_error_is(error, table[i].code))
            return table[i].status;
    return CLI_FAILED;
}

static void add_text(GString *to, const char *name, const char *value)
{
    if (value) {
        g_string_append_printf(to, ",\"%s\":", name);
        text_json(to, value);
    }
}

static void add_number(GString *to, const char *name, int64_t value)
{
    if (value)
        g_string_append_printf(to, ",\"%s\":%" G_GINT64_FORMAT, name, value);
}

static void add_detail(GString *to, kz_json detail)
{
    if (!detail.text)
        return;
    g_string_append(to, ",\"detail\":");
    kz_error *broken = NULL;
    if (kz_json_check(detail, &broken)) {
        text_line(to, detail);
    } else {
        g_autofree char *text = g_strndup(detail.text, detail.length);
        text_json(to, text);
    }
    kz_error_clear(&broken);
}

static void add_error(GString *to, const kz_error *error)
{
    g_string_append_printf(to, "{\"class\":\"%s\"", kz_error_class(error->code));
    add_text(to, "message", error->message);
    add_number(to, "status", error->status);
    add_text(to, "code", error->server_code);
    add_text(to, "param", error->server_param);
    add_text(to, "type", error->server_type);
    add_text(to, "request_id", error->request_id);
    add_detail(to, error->detail);
    add_text(to, "method", error->method);
    add_text(to, "url", error->url);
    add_text(to, "path", error->path);
    add_number(to, "attempts", error->attempts);
    add_number(to, "retry_after_ms", error->retry_after_ms);
    if (error->cause) {
        g_string_append(to, ",\"cause\":");
        add_error(to, error->cause);
    }
    g_string_append_c(to, '}');
}

static void add_sentence(GString *to, const kz_error *error)
{
    g_autofree char *message = text_shown(error->message);
    g_string_append_printf(to, "kamiwaza: %s\n", message);
    for (const kz_error *cause = error->cause; cause; cause = cause->cause) {
        g_autofree char *why = text_shown(cause->message);
        g_string_append_printf(to, "  because: %s\n", why);
    }
    if (error->method && error->url) {
        g_autofree char *url = text_shown(error->url);
        g_string_append_printf(to, "  request: %s %s", error->method, url);
        if (error->status)
            g_string_append_printf(to, ", answered %" G_GINT64_FORMAT, error->status);
        if (error->attempts > 1)
            g_string_append_printf(to, ", sent %" G_GINT64_FORMAT " times", error->attempts);
        if (error->request_id) {
            g_autofree char *id = text_shown(error->request_id);
            g_string_append_printf(to, ", request id %s", id);
        }
        g_string_append_c(to, '\n');
    }
}

void failure_report(const cli *app, const kz_error *error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (app->machine) {
        g_string_append(text, "{\"error\":");
        add_error(text, error);
        g_string_append(text, "}\n");
    } else {
        add_sentence(text, error);
    }
    fwrite(text->str, 1, text->len, stderr);
}

bool failure_check_json(const char *what, const char *text, size_t length, kz_error **error)
{
    kz_error *broken = NULL;
    if (kz_json_check((kz_json){ text, length }, &broken))
        return true;
    if (!kz_error_is(broken, KZ_ERROR_DECODE))
        return kz_error_move(error, &broken);
    kz_error_set(error, KZ_ERROR_ARGUMENT, what, "%s is not JSON: %s", what, broken->message);
    kz_error_clear(&broken);
    return false;
}
