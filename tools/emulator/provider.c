/* provider.c: a plain OpenID provider under /realms/kamiwaza: what it offers (discovery), its keys, the page that browsers sign in at
 * (it asks nobody: who opens it is the first user, or the one of login_hint), revocation, and what it knows of a user. */
#include "provider.h"

#include <string.h>

gboolean reply_oauth_error(Request *request, int status, const char *error, const char *description)
{
    request->status = status;
    request->answer = json_object_new_object();
    put_text(request->answer, "error", error);
    put_text(request->answer, "error_description", description);
    return TRUE;
}

static void put_list(json_object *object, const char *name, const char *words)
{
    json_object *list = json_object_new_array();
    char **each = g_strsplit(words, " ", -1);
    for (char **word = each; *word; word++)
        json_object_array_add(list, json_object_new_string(*word));
    json_object_object_add(object, name, list);
    g_strfreev(each);
}

static gboolean discovery(Request *request)
{
    static const char *const endpoints[][2] = { { "authorization_endpoint", "/auth" }, { "token_endpoint", "/token" },
        { "device_authorization_endpoint", "/device-authorization" }, { "revocation_endpoint", "/revoke" },
        { "userinfo_endpoint", "/userinfo" }, { "jwks_uri", "/certs" } };
    json_object *answer = json_object_new_object();
    char *issuer = g_strconcat(request->emulator->origin, PROVIDER_PATH, NULL);
    put_text(answer, "issuer", issuer);
    for (size_t i = 0; i < G_N_ELEMENTS(endpoints); i++) {
        char *address = g_strconcat(issuer, endpoints[i][1], NULL);
        put_text(answer, endpoints[i][0], address);
        g_free(address);
    }
    put_list(answer, "response_types_supported", "code");
    put_list(answer, "grant_types_supported",
        "authorization_code refresh_token password client_credentials urn:ietf:params:oauth:grant-type:device_code");
    put_list(answer, "subject_types_supported", "public");
    put_list(answer, "id_token_signing_alg_values_supported", "RS256");
    put_list(answer, "scopes_supported", "openid email profile offline_access");
    put_list(answer, "token_endpoint_auth_methods_supported", "client_secret_basic client_secret_post none");
    put_list(answer, "code_challenge_methods_supported", "S256");
    json_object_object_add(answer, "authorization_response_iss_parameter_supported", json_object_new_boolean(TRUE));
    g_free(issuer);
    return reply(request, answer);
}

static gboolean keys(Request *request)
{
    return reply(request, public_keys(request->emulator));
}

static void append_pair(GString *address, const char *name, const char *value)
{
    char *escaped = value ? g_uri_escape_string(value, NULL, FALSE) : NULL;
    if (escaped)
        g_string_append_printf(address, "%c%s=%s", strchr(address->str, '?') ? '&' : '?', name, escaped);
    g_free(escaped);
}

/* Back to the client, with a code or with an error. */
static gboolean send_back(Request *request, const char *code, const char *error, const char *description)
{
    GString *address = g_string_new(arg(request, "redirect_uri"));
    char *issuer = g_strconcat(request->emulator->origin, PROVIDER_PATH, NULL);
    append_pair(address, "code", code);
    append_pair(address, "error", error);
    append_pair(address, "error_description", description);
    append_pair(address, "state", arg(request, "state"));
    append_pair(address, "iss", issuer);
    reply_header(request, "Location", address->str);
    request->status = 302;
    g_string_free(address, TRUE);
    g_free(issuer);
    return TRUE;
}

static gboolean authorize(Request *request)
{
    Emulator *emulator = request->emulator;
    const char *target = arg(request, "redirect_uri"), *client = arg(request, "client_id"), *hint = arg(request, "login_hint");
    const char *challenge = arg(request, "code_challenge"), *method = arg(request, "code_challenge_method");
    if (!client || !target || (!g_str_has_prefix(target, "http://") && !g_str_has_prefix(target, "https://")))
        return reply_oauth_error(request, 400, "invalid_request", "client_id and a redirect_uri of HTTP are needed");
    if (g_strcmp0(arg(request, "response_type"), "code"))
        return send_back(request, NULL, "unsupported_response_type", "Only code is known here");
    if (challenge ? g_strcmp0(method, "S256") != 0 : !client_has_secret(emulator, client))
        return send_back(request, NULL, "invalid_request", "PKCE with S256 is needed");
    json_object *user = hint ? user_by_name(emulator, hint) : first_user(emulator);
    if (!user)
        return send_back(request, NULL, "access_denied", "The user is not known");
    char *code = code_new(emulator, user, request->args);
    send_back(request, code, NULL, NULL);
    g_free(code);
    return TRUE;
}

static gboolean end_token(Request *request)
{
    const char *client = client_of(request, FALSE), *token = text_of(request->body, "token");
    if (!client)
        return TRUE;
    if (!token)
        return reply_oauth_error(request, 400, "invalid_request", "token is needed");
    json_object *session = session_of(request->emulator, token);
    if (session && !g_strcmp0(text_of(session, "client_id"), client))
        session_end(request->emulator, text_of(session, "id"));
    return reply(request, json_object_new_object()); /* one that is not known is as good as revoked */
}

static gboolean userinfo(Request *request)
{
    const char *why = identify(request->emulator, request->connection, &request->user, &request->token);
    json_object *answer;
    if (why || !request->token) {
        reply_header(request, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
        return reply_oauth_error(request, 401, "invalid_token", why ? why : NO_CREDENTIALS);
    }
    answer = json_object_new_object();
    put_text(answer, "sub", text_of(request->user, "id"));
    put_text(answer, "preferred_username", text_of(request->user, "username"));
    if (text_of(request->user, "email"))
        put_text(answer, "email", text_of(request->user, "email"));
    return reply(request, answer);
}

typedef struct Place {
    const char *method, *path;
    Handler handler;
} Place;

static const Place places[] = {
    { "GET", "/.well-known/openid-configuration", discovery },
    { "GET", "/certs", keys },
    { "GET", "/auth", authorize },
    { "POST", "/token", grant },
    { "POST", "/device-authorization", begin_device },
    { "GET", "/device", approve_device },
    { "POST", "/revoke", end_token },
    { "GET", "/userinfo", userinfo },
};

gboolean provide(Request *request, const char *method, const char *path, const char *body, size_t length)
{
    if (!g_str_has_prefix(path, PROVIDER_PATH "/"))
        return FALSE;
    path += strlen(PROVIDER_PATH);
    read_query(request);
    request->body = read_form(body, length);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
        if (!strcmp(places[i].path, path) && !strcmp(places[i].method, method)) {
            reply_header(request, "Cache-Control", "no-store");
            places[i].handler(request);
            state_save(request->emulator);
            return TRUE;
        }
    return reply_oauth_error(request, 404, "not_found", "There is no such endpoint");
}
