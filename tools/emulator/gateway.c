/* gateway.c: what a proxy in front of the platform asks: are these credentials let in, whose are they, with which keys are tokens
 * signed; and how the auth service is. */
#include "sign_in.h"

#include <string.h>

static char *roles_text(json_object *user)
{
    json_object *roles = NULL;
    GString *text = g_string_new(NULL);
    json_object_object_get_ex(user, "roles", &roles);
    for (size_t i = 0; roles && i < json_object_array_length(roles); i++)
        g_string_append_printf(text, "%s%s", i ? "," : "", json_object_get_string(json_object_array_get_idx(roles, i)));
    return g_string_free(text, FALSE);
}

static gboolean validate(Request *request)
{
    json_object *user = request->user;
    char *roles = roles_text(user), *id = make_id(request->emulator),
         *time = g_strdup_printf("%" G_GINT64_FORMAT, now_ms() / 1000);
    const char *bearer = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Authorization");
    char *signed_text = g_strdup_printf("%s\n%s\n%s\n%s", text_of(user, "id"), text_of(user, "username"), roles, time);
    char *signature = g_compute_hmac_for_string(
        G_CHECKSUM_SHA256, (const guchar *)&request->emulator->seed, sizeof request->emulator->seed, signed_text, -1);
    reply_header(request, "X-User-Id", text_of(user, "id"));
    reply_header(request, "X-User-Name", text_of(user, "username"));
    if (text_of(user, "email"))
        reply_header(request, "X-User-Email", text_of(user, "email"));
    reply_header(request, "X-User-Roles", roles);
    if (bearer && !g_ascii_strncasecmp(bearer, "Bearer ", 7))
        reply_header(request, "X-Auth-Token", bearer + 7);
    reply_header(request, "X-Request-Id", id);
    reply_header(request, "X-User-Signature", signature);
    reply_header(request, "X-User-Signature-Ts", time);
    g_free(roles);
    g_free(id);
    g_free(time);
    g_free(signed_text);
    g_free(signature);
    return reply(request, json_object_new_object());
}

static gboolean jwks(Request *request)
{
    return reply(request, public_keys(request->emulator));
}

static gboolean health(Request *request)
{
    json_object *answer = json_object_new_object();
    put_text(answer, "status", "healthy");
    json_object_object_add(answer, "KAMIWAZA_USE_AUTH", json_object_new_boolean(request->emulator->require_auth));
    return reply(request, answer);
}

static gboolean metadata(Request *request)
{
    json_object *answer = json_object_new_object();
    put_text(answer, "message", "Kamiwaza Auth Service");
    put_text(answer, "version", kz_version());
    return reply(request, answer);
}

const Route gateway_routes[] = {
    { "auth.validate", validate },
    { "auth.validate_post", validate },
    { "auth.get_jwks", jwks },
    { "auth.health", health },
    { "auth.metadata", metadata },
    { NULL, NULL },
};
