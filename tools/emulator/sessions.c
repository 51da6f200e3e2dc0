/* sessions.c: sessions of users: access tokens that end, and refresh tokens that are good for one use: each gives the next, and
 * one that comes a second time ends its session. */
#include "sign_in.h"

#include <string.h>

json_object *session_begin(Emulator *emulator, json_object *user, const char *client, const char *scope, const char *nonce)
{
    json_object *session = json_object_new_object();
    char *id = make_id(emulator), *now = now_text();
    put_text(session, "id", id);
    put_text(session, "user_id", text_of(user, "id"));
    put_text(session, "client_id", client ? client : "kamiwaza-platform");
    put_text(session, "scope", scope ? scope : "openid email profile");
    put_text(session, "nonce", nonce);
    put_text(session, "created_at", now);
    json_object_object_add(session, "x_spent", json_object_new_array());
    json_object_array_add(state_list(emulator, "sessions"), session);
    g_free(id);
    g_free(now);
    return session;
}

/* What tokens of a user have in common. */
static json_object *claims_of(
    Emulator *emulator, json_object *user, const char *session, const char *client, gint64 lifetime, const char *type)
{
    json_object *claims = json_object_new_object(), *roles = NULL, *access = json_object_new_object();
    gint64 now = now_ms() / 1000;
    char *issuer = g_strconcat(emulator->origin, PROVIDER_PATH, NULL), *id = make_id(emulator);
    put_text(claims, "iss", issuer);
    put_text(claims, "sub", text_of(user, "id"));
    put_text(claims, "aud", client);
    put_text(claims, "azp", client);
    put_text(claims, "typ", type);
    put_text(claims, "jti", id);
    put_text(claims, "sid", session);
    put_text(claims, "preferred_username", text_of(user, "username"));
    if (text_of(user, "email"))
        put_text(claims, "email", text_of(user, "email"));
    json_object_object_get_ex(user, "roles", &roles);
    json_object_object_add(access, "roles", json_object_get(roles));
    json_object_object_add(claims, "realm_access", access);
    json_object_object_add(claims, "iat", json_object_new_int64(now));
    json_object_object_add(claims, "exp", json_object_new_int64(now + lifetime));
    g_free(issuer);
    g_free(id);
    return claims;
}

enum { KEPT_MS = 600000 }; /* so long it is told that a token has ended, and not that nobody knows it */

char *access_token(Emulator *emulator, json_object *user, const char *session, const char *client, const char *scope)
{
    json_object *claims = claims_of(emulator, user, session, client, emulator->token_lifetime, "Bearer");
    put_text(claims, "scope", scope);
    char *token = sign_claims(emulator, claims), *hash = digest(token);
    json_object *entry = json_object_new_object();
    forget_ended(state_list(emulator, "tokens"), KEPT_MS);
    put_text(entry, "hash", hash);
    put_text(entry, "user_id", text_of(user, "id"));
    put_text(entry, "session_id", session);
    json_object_object_add(entry, "exp_ms", json_object_new_int64(now_ms() + emulator->token_lifetime * 1000));
    json_object_array_add(state_list(emulator, "tokens"), entry);
    json_object_put(claims);
    g_free(hash);
    return token;
}

static char *id_token(Emulator *emulator, json_object *user, json_object *session)
{
    json_object *claims = claims_of(
        emulator, user, text_of(session, "id"), text_of(session, "client_id"), emulator->token_lifetime, "ID");
    if (text_of(session, "nonce"))
        put_text(claims, "nonce", text_of(session, "nonce"));
    json_object_object_add(claims, "auth_time", json_object_new_int64(now_ms() / 1000));
    char *token = sign_claims(emulator, claims);
    json_object_put(claims);
    return token;
}

static gboolean has_word(const char *words, const char *word)
{
    char **all = g_strsplit(words ? words : "", " ", -1);
    gboolean found = g_strv_contains((const char *const *)all, word);
    g_strfreev(all);
    return found;
}

json_object *session_tokens(Emulator *emulator, json_object *session)
{
    json_object *user = user_by_id(emulator, text_of(session, "user_id")), *answer = json_object_new_object(), *spent = NULL;
    const char *scope = text_of(session, "scope");
    char *access = access_token(emulator, user, text_of(session, "id"), text_of(session, "client_id"), scope);
    char *refresh = secret_new(), *hash = digest(refresh);
    json_object_object_get_ex(session, "x_spent", &spent);
    if (text_of(session, "x_refresh"))
        json_object_array_add(spent, json_object_new_string(text_of(session, "x_refresh")));
    put_text(session, "x_refresh", hash);
    put_text(answer, "access_token", access);
    put_text(answer, "token_type", "Bearer");
    json_object_object_add(answer, "expires_in", json_object_new_int64(emulator->token_lifetime));
    put_text(answer, "refresh_token", refresh);
    put_text(answer, "scope", scope);
    if (has_word(scope, "openid")) {
        char *id = id_token(emulator, user, session);
        put_text(answer, "id_token", id);
        g_free(id);
    }
    g_free(access);
    g_free(refresh);
    g_free(hash);
    return answer;
}

gboolean session_end(Emulator *emulator, const char *id)
{
    gboolean known = find_by(state_list(emulator, "sessions"), "id", id) != NULL;
    if (known) {
        char *kept = g_strdup(id);
        remove_by(state_list(emulator, "tokens"), "session_id", kept);
        remove_by(state_list(emulator, "sessions"), "id", kept);
        g_free(kept);
    }
    return known;
}

guint sessions_end_of(Emulator *emulator, const char *user_id)
{
    json_object *session;
    guint n = 0;
    for (; (session = find_by(state_list(emulator, "sessions"), "user_id", user_id)); n++)
        session_end(emulator, text_of(session, "id"));
    remove_by(state_list(emulator, "tokens"), "user_id", user_id);
    return n;
}

static gboolean is_spent(json_object *session, const char *hash)
{
    json_object *spent = NULL;
    json_object_object_get_ex(session, "x_spent", &spent);
    for (size_t i = 0; spent && i < json_object_array_length(spent); i++)
        if (!strcmp(json_object_get_string(json_object_array_get_idx(spent, i)), hash))
            return TRUE;
    return FALSE;
}

json_object *session_refreshed(Emulator *emulator, const char *refresh_token, const char **why)
{
    json_object *sessions = state_list(emulator, "sessions");
    char *hash = digest(refresh_token);
    json_object *found = find_by(sessions, "x_refresh", hash);
    *why = found ? NULL : "Invalid refresh token";
    for (size_t i = json_object_array_length(sessions); !found && i-- > 0;)
        if (is_spent(json_object_array_get_idx(sessions, i), hash)) {
            session_end(emulator, text_of(json_object_array_get_idx(sessions, i), "id"));
            *why = "The refresh token was used before: its session is ended";
            break;
        }
    g_free(hash);
    return found;
}

json_object *session_of(Emulator *emulator, const char *token)
{
    char *hash = digest(token);
    json_object *sessions = state_list(emulator, "sessions"), *found = find_by(sessions, "x_refresh", hash);
    if (!found)
        found = find_by(sessions, "id", text_of(find_by(state_list(emulator, "tokens"), "hash", hash), "session_id"));
    g_free(hash);
    return found;
}

static gboolean delete_session(Request *request)
{
    if (!is_admin(request))
        return TRUE;
    if (!session_end(request->emulator, arg(request, "session_id")))
        return reply_error(request, 404, "Session not found");
    request->status = 204;
    return TRUE;
}

static gboolean purge_sessions(Request *request)
{
    if (!is_admin(request))
        return TRUE;
    json_object *answer = json_object_new_object();
    gboolean ours = !g_strcmp0(text_of(request->body, "tenant_id"), TENANT) &&
        !g_strcmp0(text_of(request->body, "subject_namespace"), "user");
    guint n = ours ? sessions_end_of(request->emulator, text_of(request->body, "subject_id")) : 0;
    json_object_object_add(answer, "revoked", json_object_new_int64(n));
    return reply(request, answer);
}

const Route sessions_routes[] = {
    { "auth.delete_session", delete_session },
    { "auth.purge_sessions", purge_sessions },
    { NULL, NULL },
};
