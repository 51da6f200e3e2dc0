/* provider.h: what the parts of the emulator's OpenID provider share. It knows the same users and sessions as the platform does, and its
 * tokens are let in there. */
#ifndef EMULATOR_PROVIDER_H
#define EMULATOR_PROVIDER_H

#include "sign_in.h"

/* An error as OAuth 2 has it (RFC 6749, 5.2). Always TRUE. */
gboolean reply_oauth_error(Request *request, int status, const char *error, const char *description);

/* clients.c: the client that a request names, by id (borrowed from the request's body or headers, alive as long as they are), or NULL
 * with the request answered: it is not authenticated. `secret`: only one that has a secret will do. */
const char *client_of(Request *request, gboolean secret);
/* Adds the clients of the option --client. FALSE: one is not ID:SECRET. */
gboolean clients_begin(Emulator *emulator, char **wanted);
gboolean client_has_secret(Emulator *emulator, const char *id);

/* devices.c */
gboolean begin_device(Request *request);
gboolean approve_device(Request *request);
gboolean device_grant(Request *request, const char *client);

/* grants.c: the token endpoint. */
gboolean grant(Request *request);
/* Answers with the tokens of a session. */
gboolean reply_tokens(Request *request, json_object *session);

#endif
