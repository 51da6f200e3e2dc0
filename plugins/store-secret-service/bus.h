/* bus.h: the session bus, and what it says for people. */
#ifndef BUS_H
#define BUS_H

#include <gio/gio.h>
#include <kamiwaza/auth-plugin.h>

/* Whether this user has a session bus. Errors: CONFIG. */
bool bus_is_there(kz_error **error);
/* Whether a call failed because nobody is there who would answer it. */
bool bus_lacks_service(const GError *problem);
/* A call over the bus failed: no bus, no such service, or what it said. */
kz_error *bus_error(const GError *problem);

#endif
