/* seen.c: see seen.h. */
#include "seen.h"

#include "secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void seen_begin(Seen *seen)
{
    *seen = (Seen){ .text = g_string_new(NULL) };
    g_mutex_init(&seen->lock);
}

gboolean seen_end(Seen *seen)
{
    gboolean clean = secrets_are_not_in("what was logged, said or answered", seen->text->str, seen->text->len);
    explicit_bzero(seen->text->str, seen->text->allocated_len); /* what was found is not to be found again, in memory */
    g_string_free(seen->text, TRUE);
    g_mutex_clear(&seen->lock);
    return clean;
}

void seen_text(Seen *seen, const char *what, const char *text, gssize length)
{
    g_mutex_lock(&seen->lock);
    g_string_append_printf(seen->text, "\n%s: ", what);
    g_string_append_len(seen->text, text ? text : "", text ? length : 0);
    g_mutex_unlock(&seen->lock);
}

void seen_log(const kz_log_record *record, void *user)
{
    Seen *seen = user;
    g_mutex_lock(&seen->lock);
    seen->records++;
    g_string_append_printf(seen->text, "\nlog %s: %s", record->area, record->message);
    for (gsize i = 0; i < record->n_fields; i++)
        g_string_append_printf(seen->text, " %s=%s", record->fields[i].name, record->fields[i].value);
    g_mutex_unlock(&seen->lock);
}

void seen_error(Seen *seen, kz_error **error)
{
    seen->errors += *error != NULL;
    for (const kz_error *e = *error; e; e = e->cause) {
        const char *const parts[] = { e->message, e->method, e->url, e->path, e->server_code, e->server_param, e->server_type,
            e->request_id };
        for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
            seen_text(seen, "error", parts[i], -1);
        seen_text(seen, "error", e->detail.text, (gssize)e->detail.length);
    }
    kz_error_clear(error);
}

void seen_result(Seen *seen, const void *result)
{
    kz_json json = kz_json_of(result);
    seen->results += result != NULL;
    seen_text(seen, "result", json.text, (gssize)json.length);
}

void seen_file(Seen *seen, const char *path)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    if (g_file_get_contents(path, &text, &length, NULL))
        seen_text(seen, path, text, (gssize)length);
}

/* ---- command lines ---- */

static GPid parent_of(GPid process)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", process), *text = NULL;
    int parent = 0;
    if (g_file_get_contents(path, &text, NULL, NULL) && g_strrstr(text, ")"))
        sscanf(g_strrstr(text, ")"), ") %*c %d", &parent);
    return parent;
}

void seen_command_lines(Seen *seen, GPid root)
{
    GDir *folder = g_dir_open("/proc", 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder));) {
        GPid process = atoi(name), ancestor = process;
        while (ancestor > 1 && ancestor != root)
            ancestor = parent_of(ancestor);
        g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", process);
        if (process && ancestor == root)
            seen_file(seen, path);
    }
    g_dir_close(folder);
}
