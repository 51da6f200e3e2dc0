/* grants.c: the token endpoint: what is given in exchange for a password, a code, a refresh token, or a client's own secret. */
#include "provider.h"

#include <string.h>

gboolean reply_tokens(Request *request, json_object *session)
{
    return reply(request, session_tokens(request->emulator, session));
}

static gboolean password(Request *request, const char *client)
{
    json_object *user = user_of(request->emulator, text_of(request->body, "username"), text_of(request->body, "password"));
    if (!user)
        return reply_oauth_error(request, 400, "invalid_grant", "Invalid user credentials");
    return reply_tokens(request, session_begin(request->emulator, user, client, text_of(request->body, "scope"), NULL));
}

static gboolean refresh(Request *request, const char *client)
{
    const char *why = "refresh_token is needed", *token = text_of(request->body, "refresh_token");
    json_object *owner = token ? session_of(request->emulator, token) : NULL;
    if (owner && g_strcmp0(text_of(owner, "client_id"), client))
        return reply_oauth_error(request, 400, "invalid_grant", "The refresh token is another client's");
    json_object *session = token ? session_refreshed(request->emulator, token, &why) : NULL;
    return session ? reply_tokens(request, session) : reply_oauth_error(request, 400, "invalid_grant", why);
}

static gboolean verifies(json_object *code, const char *verifier)
{
    const char *challenge = text_of(code, "code_challenge");
    char *made = challenge_of(verifier ? verifier : "");
    gboolean fine = !challenge || !strcmp(made, challenge);
    g_free(made);
    return fine;
}

static gboolean exchange(Request *request, const char *client)
{
    json_object *code = code_spend(request->emulator, text_of(request->body, "code"));
    const char *why = !code                             ? "The code is not known, or was used before"
        : g_strcmp0(text_of(code, "client_id"), client) ? "The code is another client's"
        : g_strcmp0(text_of(code, "redirect_uri"), text_of(request->body, "redirect_uri")) ? "The redirect_uri is another"
        : !verifies(code, text_of(request->body, "code_verifier"))                         ? "The code_verifier does not fit"
                                                                                           : NULL;
    if (!why) {
        json_object *user = user_by_id(request->emulator, text_of(code, "user_id"));
        reply_tokens(request, session_begin(request->emulator, user, client, text_of(code, "scope"), text_of(code, "nonce")));
    } else {
        reply_oauth_error(request, 400, "invalid_grant", why);
    }
    json_object_put(code);
    return TRUE;
}

/* A client by itself is a user of its own, without a password. */
static gboolean by_itself(Request *request, const char *client)
{
    Emulator *emulator = request->emulator;
    const char *scope = text_of(request->body, "scope");
    char *name = g_strconcat("service-account-", client, NULL);
    json_object *user = user_by_name(emulator, name), *answer = json_object_new_object();
    if (!user)
        user = user_new(emulator, name, NULL, "user");
    char *token = access_token(emulator, user, NULL, client, scope);
    put_text(answer, "access_token", token);
    put_text(answer, "token_type", "Bearer");
    json_object_object_add(answer, "expires_in", json_object_new_int64(emulator->token_lifetime));
    if (scope)
        put_text(answer, "scope", scope);
    g_free(token);
    g_free(name);
    return reply(request, answer);
}

typedef struct Grant {
    const char *type;
    gboolean secret; /* only for clients that have one */
    gboolean (*run)(Request *request, const char *client);
} Grant;

gboolean grant(Request *request)
{
    static const Grant grants[] = { { "password", FALSE, password }, { "refresh_token", FALSE, refresh },
        { "authorization_code", FALSE, exchange }, { "client_credentials", TRUE, by_itself },
        { "urn:ietf:params:oauth:grant-type:device_code", FALSE, device_grant } };
    const char *type = text_of(request->body, "grant_type");
    for (size_t i = 0; i < G_N_ELEMENTS(grants); i++)
        if (!g_strcmp0(type, grants[i].type)) {
            const char *client = client_of(request, grants[i].secret);
            return client ? grants[i].run(request, client) : TRUE;
        }
    return reply_oauth_error(request, 400, "unsupported_grant_type", "The grant type is not known here");
}
