/* emulator.h: the emulator as a process of its own, for tests. */
#ifndef TEST_SERVICES_EMULATOR_H
#define TEST_SERVICES_EMULATOR_H

#include <gio/gio.h>
#include <kamiwaza/kamiwaza.h>

/* Starts it with `options` (NULL-terminated, or NULL) and waits until it listens; *url receives its base URL (g_free()). */
GSubprocess *emulator_start(const char *const *options, char **url);
/* The same; its standard error goes to the file `log`, unless that is NULL. */
GSubprocess *emulator_start_logging(const char *const *options, const char *log, char **url);
/* Ends it with SIGTERM; it must end well. */
void emulator_stop(GSubprocess *emulator);
/* A client of it. */
kz_client *emulator_client(const char *url, kz_error **error);
/* The same with one more setting: token, api_key ... */
kz_client *emulator_client_with(const char *url, const char *setting, const char *value, kz_error **error);
/* The same with several: names and values in turn, NULL at the end; or NULL. */
kz_client *emulator_client_set(const char *url, const char *const *settings, kz_error **error);
/* The configuration of such a client. */
kz_config *emulator_config(const char *url, const char *const *settings, kz_error **error);

/* An emulator, a client of it without credentials, and a slot. */
typedef struct EmulatorFixture {
    GSubprocess *emulator;
    kz_client *client;
    kz_error *error;
    char *url;
} EmulatorFixture;
void emulator_begin(EmulatorFixture *f, const char *const *options);
/* The slot must be empty. */
void emulator_end(EmulatorFixture *f);

/* One request past the client: `what` is "GET /api/...", `lines` further header lines, each with its line break, `body` a form or NULL.
 * Returns the whole answer (g_free()). */
char *emulator_ask(const char *url, const char *what, const char *lines, const char *body);
/* How many "connections" there were, or how often an operation was executed: "models.list", "/chat/completions". */
gint64 emulator_count(const char *url, const char *name);

#endif
