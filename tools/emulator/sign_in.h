/* sign_in.h: what the parts of the emulator share that know people: users, their sessions and tokens, and whom a request comes
 * from. The state holds digests of secrets, never a secret; what begins with x_ is not shown. All of it runs under the lock. */
#ifndef EMULATOR_SIGN_IN_H
#define EMULATOR_SIGN_IN_H

#include "emulator.h"

#define TENANT "__default__"
/* Where the OpenID provider lives. */
#define PROVIDER_PATH "/realms/kamiwaza"

/* keys.c */
/* Unguessable text of 43 characters. */
char *secret_new(void);
char *digest(const char *secret);
/* PKCE's S256. */
char *challenge_of(const char *verifier);
/* Claims as a JSON web token, signed with RS256. */
char *sign_claims(Emulator *emulator, json_object *claims);
json_object *public_keys(Emulator *emulator);
void keys_end(Emulator *emulator);

/* users.c */
/* The users there are from the start: the default one, and those of the option --user. */
gboolean users_begin(Emulator *emulator, char **wanted);
json_object *first_user(Emulator *emulator);
json_object *user_by_id(Emulator *emulator, const char *id);
json_object *user_by_name(Emulator *emulator, const char *name);
json_object *user_new(Emulator *emulator, const char *name, const char *password, const char *role);
gboolean password_fits(json_object *user, const char *password);
gboolean has_role(json_object *user, const char *role);
/* The user of these credentials, who may sign in, or NULL. */
json_object *user_of(Emulator *emulator, const char *name, const char *password);

/* sessions.c */
json_object *session_begin(Emulator *emulator, json_object *user, const char *client, const char *scope, const char *nonce);
/* What a token endpoint answers: a new access token and the next refresh token of a session. */
json_object *session_tokens(Emulator *emulator, json_object *session);
/* The session of a refresh token. A token that is spent ends its session: somebody stole it. NULL: none, *why says so. */
json_object *session_refreshed(Emulator *emulator, const char *refresh_token, const char **why);
/* The session that a refresh or access token belongs to, or NULL. */
json_object *session_of(Emulator *emulator, const char *token);
gboolean session_end(Emulator *emulator, const char *id);
guint sessions_end_of(Emulator *emulator, const char *user_id);
/* An access token without a session. */
char *access_token(Emulator *emulator, json_object *user, const char *session, const char *client, const char *scope);

/* codes.c */
/* A code for a user, with what else is to be known when it comes back (`details`, borrowed, or NULL). */
char *code_new(Emulator *emulator, json_object *user, json_object *details);
/* What was kept for a code, which is then spent; to be released. NULL: none, or it ended. */
json_object *code_spend(Emulator *emulator, const char *code);

/* credentials.c */
#define NO_CREDENTIALS "Not authenticated"
/* Whom the credentials of a request stand for: *user and *token (its entry in the state, or NULL) are borrowed. Returns what is
 * wrong with them, or NULL when they are let in. */
const char *identify(Emulator *emulator, struct MHD_Connection *connection, json_object **user, json_object **token);
/* FALSE: the user may not, and the request is answered. */
gboolean is_admin(Request *request);

/* provider.c: answers a request for the OpenID provider; FALSE: it is not for it. */
gboolean provide(Request *request, const char *method, const char *path, const char *body, size_t length);

#endif
