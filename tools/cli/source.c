/* source.c: reads the text that a word stands for: @FILE a file, - standard input. Used for arguments that are JSON. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static char *read_stdin(const char *what, size_t *length, kz_error **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char part[8192];
    size_t got;
    while ((got = fread(part, 1, sizeof part, stdin)) > 0)
        g_string_append_len(text, part, (gssize)got);
    if (interrupt_came()) {
        kz_error_set(error, KZ_ERROR_CANCELLED, NULL, "Cancelled while reading standard input.");
        return NULL;
    }
    if (ferror(stdin)) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, what, "%s: standard input could not be read: %s", what, g_strerror(errno));
        return NULL;
    }
    *length = text->len;
    return g_string_free(g_steal_pointer(&text), FALSE);
}

char *source_read(const char *what, const char *name, size_t *length, kz_error **error)
{
    if (!strcmp(name, "-"))
        return read_stdin(what, length, error);
    if (name[0] != '@') {
        *length = strlen(name);
        return g_strdup(name);
    }
    char *text = NULL;
    g_autoptr(GError) problem = NULL;
    if (g_file_get_contents(name + 1, &text, length, &problem))
        return text;
    kz_error_set(error, KZ_ERROR_ARGUMENT, what, "%s: %s", what, problem->message);
    return NULL;
}
