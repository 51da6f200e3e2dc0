/* http.h: requests and answers as texts, past any client. */
#ifndef TEST_WIRE_HTTP_H
#define TEST_WIRE_HTTP_H

#include <glib.h>

/* The value of a field of a form or query, decoded, or NULL. */
char *field_of(const char *form, const char *name);
const char *body_of(const char *request);
/* A parameter of an address. */
char *parameter_of(const char *url, const char *name);
/* Sends bytes to a port of 127.0.0.1 and returns all that comes back. */
char *exchange(guint16 port, const char *request);
guint16 port_of(const char *url);

#endif
