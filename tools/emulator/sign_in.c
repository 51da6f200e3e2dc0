/* sign_in.c: signing in with a password or through a browser, renewal, signing out. The emulator has no page that asks a person:
 * who opens the one for signing in is the first user. */
#include "sign_in.h"

#include <string.h>

/* The cookie that browsers carry in place of a header; NULL: it is taken back. */
static void set_cookie(Request *request, const char *token)
{
    char *cookie = g_strdup_printf(
        "access_token=%s; Path=/; HttpOnly; SameSite=Lax%s", token ? token : "", token ? "" : "; Max-Age=0");
    reply_header(request, "Set-Cookie", cookie);
    g_free(cookie);
}

static gboolean signed_in(Request *request, json_object *session)
{
    json_object *answer = session_tokens(request->emulator, session);
    set_cookie(request, text_of(answer, "access_token"));
    reply_header(request, "Cache-Control", "no-store");
    return reply(request, answer);
}

static gboolean refuse(Request *request, const char *why)
{
    reply_error(request, 401, why);
    return TRUE;
}

static gboolean login(Request *request)
{
    const char *grant = text_of(request->body, "grant_type");
    if (grant && strcmp(grant, "password") != 0)
        return reply_error(request, 400, "Only the grant type password is known here");
    json_object *user = user_of(request->emulator, text_of(request->body, "username"), text_of(request->body, "password"));
    if (!user)
        return refuse(request, "Invalid user credentials");
    const char *client = text_of(request->body, "client_id"), *scope = text_of(request->body, "scope");
    return signed_in(request, session_begin(request->emulator, user, client, scope, NULL));
}

static gboolean refresh(Request *request)
{
    const char *why = "No refresh token", *token = arg(request, "refresh_token");
    json_object *session = token ? session_refreshed(request->emulator, token, &why) : NULL;
    return session ? signed_in(request, session) : refuse(request, why);
}

static gboolean logout(Request *request)
{
    char *now = now_text();
    char *page = g_strconcat(request->emulator->origin, "/api/auth/logout/front-channel", NULL);
    json_object *answer = json_object_new_object();
    const char *session = text_of(request->token, "session_id");
    gboolean ended = session && session_end(request->emulator, session);
    request->token = NULL;
    set_cookie(request, NULL);
    put_text(answer, "message", "Logged out");
    put_text(answer, "logout_time", now);
    json_object_object_add(answer, "session_termination_requested", json_object_new_boolean(ended));
    put_text(answer, "front_channel_logout_url", page);
    put_text(answer, "post_logout_redirect_uri", request->emulator->origin);
    g_free(now);
    g_free(page);
    return reply(request, answer);
}

static gboolean lead_to(Request *request, const char *address)
{
    reply_header(request, "Location", address);
    request->status = 302;
    return TRUE;
}

static gboolean logout_page(Request *request)
{
    set_cookie(request, NULL);
    return lead_to(request, arg(request, "redirect_uri") ? arg(request, "redirect_uri") : "/");
}

static gboolean login_page(Request *request)
{
    const char *wanted = arg(request, "redirect_uri");
    char *code = code_new(request->emulator, first_user(request->emulator), NULL);
    char *state = g_uri_escape_string(wanted ? wanted : "/", NULL, FALSE);
    char *address = g_strdup_printf("%s/api/auth/callback?code=%s&state=%s", request->emulator->origin, code, state);
    lead_to(request, address);
    g_free(code);
    g_free(state);
    g_free(address);
    return TRUE;
}

static gboolean callback(Request *request)
{
    json_object *code = code_spend(request->emulator, arg(request, "code"));
    if (!code)
        return reply_error(request, 400, "The code is not known, or was used before");
    json_object *user = user_by_id(request->emulator, text_of(code, "user_id"));
    json_object *session = session_begin(request->emulator, user, NULL, NULL, NULL);
    json_object *tokens = session_tokens(request->emulator, session);
    set_cookie(request, text_of(tokens, "access_token"));
    json_object_put(tokens);
    json_object_put(code);
    return lead_to(request, arg(request, "state") ? arg(request, "state") : "/");
}

/* A token for a name that need not be known, where nobody has to sign in anyway. */
static gboolean mint(Request *request)
{
    Emulator *emulator = request->emulator;
    const char *name = arg(request, "user_id") ? arg(request, "user_id") : "dev-user";
    const char *wanted = arg(request, "roles") ? arg(request, "roles") : "user";
    if (emulator->require_auth || emulator->require_key)
        return reply_error(request, 404, "Development endpoints are disabled");
    json_object *user = user_by_name(emulator, name), *roles = json_object_new_array(), *answer = json_object_new_object();
    if (!user)
        user = user_new(emulator, name, NULL, NULL);
    char **each = g_strsplit(wanted, ",", -1);
    for (char **role = each; *role; role++)
        if (*g_strstrip(*role))
            json_object_array_add(roles, json_object_new_string(*role));
    g_strfreev(each);
    json_object_object_add(user, "roles", roles);
    char *token = access_token(emulator, user, NULL, "kamiwaza-platform", "openid");
    put_text(answer, "access_token", token);
    put_text(answer, "token_type", "Bearer");
    json_object_object_add(answer, "expires_in", json_object_new_int64(emulator->token_lifetime));
    g_free(token);
    return reply(request, answer);
}

const Route sign_in_routes[] = {
    { "auth.login_with_password", login },
    { "auth.refresh_access_token", refresh },
    { "auth.logout", logout },
    { "auth.logout_url", logout_page },
    { "auth.login_url", login_page },
    { "auth.callback", callback },
    { "auth.mint_dev_token", mint },
    { NULL, NULL },
};
