/* seen.h: all that was seen where no secret may be: log records, errors, results, command lines, files. */
#ifndef TEST_SECRETS_SEEN_H
#define TEST_SECRETS_SEEN_H

#include <gio/gio.h>
#include <kamiwaza/kamiwaza.h>

typedef struct Seen {
    GString *text;
    GMutex lock;
    guint records, errors, results; /* so many of each */
} Seen;

void seen_begin(Seen *seen);
/* Whether no secret is in it; secrets_are_not_in(). */
gboolean seen_end(Seen *seen);
/* For kz_config_set_log(), with `user` the Seen. */
void seen_log(const kz_log_record *record, void *user);
/* The error in the slot with all its causes, and empties it. An empty slot is left alone. */
void seen_error(Seen *seen, kz_error **error);
/* A result as text; NULL is left alone. */
void seen_result(Seen *seen, const void *result);
void seen_text(Seen *seen, const char *what, const char *text, gssize length);
void seen_file(Seen *seen, const char *path);
/* The command lines of a process and of all that it has started, directly or not. */
void seen_command_lines(Seen *seen, GPid root);

#endif
