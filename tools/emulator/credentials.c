/* credentials.c: whom a request comes from. It carries an access token or a personal access token as bearer, a key in X-API-Key,
 * or the cookie of a sign-in. Without --require-auth and --require-key everybody is let in, as the first user. */
#include "sign_in.h"

#include <string.h>

static const char *presented(struct MHD_Connection *connection)
{
    const char *bearer = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    const char *key = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-API-Key");
    const char *cookie = MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, "access_token");
    return bearer && !g_ascii_strncasecmp(bearer, "Bearer ", 7) ? bearer + 7 : key ? key : cookie;
}

/* The entry of a token, and what is wrong with it. */
static json_object *entry_of(Emulator *emulator, const char *secret, const char **why)
{
    char *hash = digest(secret);
    json_object *token = find_by(state_list(emulator, "tokens"), "hash", hash);
    json_object *pat = token ? NULL : find_by(state_list(emulator, "pats"), "x_hash", hash);
    gint64 end = token ? int_of(token, "exp_ms") : int_of(pat, "exp") * 1000;
    g_free(hash);
    *why = !token && !pat         ? "Invalid token"
        : bool_of(pat, "revoked") ? "Token has been revoked"
        : end && end <= now_ms()  ? "Token has expired"
                                  : NULL;
    return token ? token : pat;
}

static json_object *owner_of(Emulator *emulator, json_object *entry)
{
    const char *id = text_of(entry, "user_id") ? text_of(entry, "user_id") : text_of(entry, "owner_id");
    json_object *user = id ? user_by_id(emulator, id) : NULL;
    return user && bool_of(user, "active") ? user : NULL;
}

const char *identify(Emulator *emulator, struct MHD_Connection *connection, json_object **user, json_object **token)
{
    const char *secret = presented(connection), *why = NO_CREDENTIALS, *key = emulator->require_key;
    const char *own = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-API-Key");
    json_object *entry = secret ? entry_of(emulator, secret, &why) : NULL;
    *user = why ? NULL : owner_of(emulator, entry);
    *token = *user ? entry : NULL;
    if (*user && (emulator->require_auth || !key))
        return NULL;
    gboolean has_key = key && (!g_strcmp0(secret, key) || !g_strcmp0(own, key));
    if (has_key || (!key && !emulator->require_auth)) {
        *user = first_user(emulator);
        return NULL;
    }
    *user = *token = NULL;
    return why ? why : "Invalid token";
}

gboolean is_admin(Request *request)
{
    return has_role(request->user, "admin") || (reply_error(request, 403, "Admin role required"), FALSE);
}
