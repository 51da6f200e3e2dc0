/* emulator.h: the emulator as a process of its own, for tests. */
#ifndef TEST_SERVICES_EMULATOR_H
#define TEST_SERVICES_EMULATOR_H

#include <gio/gio.h>
#include <kamiwaza/kamiwaza.h>

/* Starts it with `options` (NULL-terminated, or NULL) and waits until it listens; *url receives its base URL (g_free()). */
GSubprocess *emulator_start(const char *const *options, char **url);
/* Ends it with SIGTERM; it must end well. */
void emulator_stop(GSubprocess *emulator);
/* A client of it. */
kz_client *emulator_client(const char *url, kz_error **error);

#endif
