/* auth_tokens.h: the members of an answer that holds a token, read with care: what a token endpoint or a command says. Shared by the
 * parts of the core that read credentials; errors hold nothing of the answer. */
#ifndef KZI_AUTH_TOKENS_H
#define KZI_AUTH_TOKENS_H

#include "scope.h"
#include <kamiwaza/auth-plugin.h>

/* The member as it stands, without spaces around it; { NULL, 0 } where it is not there or null. */
kz_json kzi_token_member(kz_json object, const char *name);
/* A member that must be a string, of one line, with its escapes resolved, in `scope`; NULL with an empty slot where it is not there or
 * empty. `whose` begins the message: "The answer". Errors: AUTHENTICATION, NO_MEMORY. */
const char *kzi_token_text(kz_json object, const char *name, kzi_scope *scope, const char *whose, kz_error **error);
/* A number, or the digits of one in a string. */
bool kzi_token_number(kz_json value, double *number);
/* Checks a lifetime in seconds and cuts it at what is reasonable. False with the slot filled where it is not positive. */
bool kzi_token_lifetime(double seconds, const char *name, const char *whose, kz_opt_number *lifetime, kz_error **error);

#endif
