/* real.h: a real OpenID provider (oidc-provider, provider.js) as a process of its own, and what it says of the tokens that it has issued. */
#ifndef TEST_OAUTH_REAL_H
#define TEST_OAUTH_REAL_H

#include <glib.h>
#include <jansson.h>

/* Starts it with its settings, taken over. */
void real_start(json_t *settings, const char *authority);
const char *real_issuer(void);
void real_stop(void);

/* Posts a form to an endpoint of it, as NAME:SECRET or (NULL) as nobody. To be released. */
json_t *real_ask(const char *path, const char *credentials, const char *form);
/* What it knows of a token; to be released. */
json_t *real_introspect(const char *token);
gboolean real_is_active(const char *token);

#endif
