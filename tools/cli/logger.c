/* logger.c: log records of the library as lines on standard error: `level area message name=value ...`. A value with
 * spaces or quotes is quoted. Each line is written whole, since records may come from several threads. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

bool logger_level(const char *name, kz_log_level *level)
{
    for (int i = KZ_LOG_ERROR; name && i <= KZ_LOG_TRACE; i++) {
        if (!strcmp(name, kz_log_level_name(i))) {
            *level = (kz_log_level)i;
            return true;
        }
    }
    return false;
}

static void add_value(GString *line, const char *value)
{
    g_autofree char *shown = text_shown(value ? value : "");
    if (*shown && !strpbrk(shown, " \"="))
        g_string_append(line, shown);
    else
        text_json(line, shown);
}

void logger_write(const kz_log_record *record, void *user)
{
    (void)user;
    g_autoptr(GString) line = g_string_new(kz_log_level_name(record->level));
    g_autofree char *message = text_shown(record->message ? record->message : "");
    g_string_append_printf(line, " %s %s", record->area ? record->area : "-", message);
    for (size_t i = 0; i < record->n_fields; i++) {
        g_string_append_printf(line, " %s=", record->fields[i].name);
        add_value(line, record->fields[i].value);
    }
    g_string_append_c(line, '\n');
    progress_clear();
    fwrite(line->str, 1, line->len, stderr);
}
