/* devices.c: signing in a program that has no browser (RFC 8628): it shows a code, somebody opens the page that the code belongs to, and the
 * program, which asks again and again, gets its tokens. */
#include "provider.h"

#include <string.h>

enum { LIFETIME_MS = 600000, INTERVAL_MS = 1000 };

/* Eight letters that are not mistaken for others. */
static char *short_code(void)
{
    static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";
    char text[10] = "____-____";
    char *random = secret_new();
    for (size_t i = 0, j = 0; i < 9; i++)
        if (text[i] == '_')
            text[i] = letters[(guchar)random[j++] % (sizeof letters - 1)];
    g_free(random);
    return g_strdup(text);
}

gboolean begin_device(Request *request)
{
    Emulator *emulator = request->emulator;
    const char *client = client_of(request, FALSE), *scope = text_of(request->body, "scope");
    if (!client)
        return TRUE;
    json_object *entry = json_object_new_object(), *answer = json_object_new_object();
    char *device = secret_new(), *hash = digest(device), *code = short_code();
    char *page = g_strconcat(emulator->origin, PROVIDER_PATH, "/device", NULL),
         *whole = g_strconcat(page, "?user_code=", code, NULL);
    put_text(entry, "hash", hash);
    put_text(entry, "user_code", code);
    put_text(entry, "client_id", client);
    put_text(entry, "scope", scope);
    json_object_object_add(entry, "exp_ms", json_object_new_int64(now_ms() + LIFETIME_MS));
    forget_ended(state_list(emulator, "devices"), LIFETIME_MS);
    json_object_array_add(state_list(emulator, "devices"), entry);
    put_text(answer, "device_code", device);
    put_text(answer, "user_code", code);
    put_text(answer, "verification_uri", page);
    put_text(answer, "verification_uri_complete", whole);
    json_object_object_add(answer, "expires_in", json_object_new_int64(LIFETIME_MS / 1000));
    json_object_object_add(answer, "interval", json_object_new_int64(INTERVAL_MS / 1000));
    g_free(device);
    g_free(hash);
    g_free(code);
    g_free(page);
    g_free(whole);
    return reply(request, answer);
}

/* The page: who opens it with a code approves, as the first user, or refuses with deny=true; with expire=true the code ends. */
gboolean approve_device(Request *request)
{
    json_object *entry = find_by(state_list(request->emulator, "devices"), "user_code", arg(request, "user_code")), *answer;
    if (!entry || int_of(entry, "exp_ms") <= now_ms())
        return reply_oauth_error(request, 400, "invalid_request", "The code is not known, or has ended");
    gboolean deny = !g_strcmp0(arg(request, "deny"), "true"), end = !g_strcmp0(arg(request, "expire"), "true");
    if (end)
        json_object_object_add(entry, "exp_ms", json_object_new_int64(now_ms()));
    else if (deny)
        json_object_object_add(entry, "denied", json_object_new_boolean(TRUE));
    else
        put_text(entry, "user_id", text_of(first_user(request->emulator), "id"));
    answer = json_object_new_object();
    put_text(answer, "message",
        end        ? "The code has ended"
            : deny ? "The device is refused"
                   : "The device is signed in; you may close this window");
    return reply(request, answer);
}

gboolean device_grant(Request *request, const char *client)
{
    Emulator *emulator = request->emulator;
    const char *code = text_of(request->body, "device_code");
    char *hash = digest(code ? code : "");
    json_object *devices = state_list(emulator, "devices"), *entry = find_by(devices, "hash", hash);
    gint64 asked = int_of(entry, "asked_ms"), now = now_ms();
    json_object *user = entry && text_of(entry, "user_id") ? user_by_id(emulator, text_of(entry, "user_id")) : NULL;
    if (entry)
        json_object_object_add(entry, "asked_ms", json_object_new_int64(now));
    if (!entry || g_strcmp0(text_of(entry, "client_id"), client))
        reply_oauth_error(request, 400, "invalid_grant", "The device code is not known");
    else if (int_of(entry, "exp_ms") <= now)
        reply_oauth_error(request, 400, "expired_token", "The device code has ended");
    else if (bool_of(entry, "denied"))
        reply_oauth_error(request, 400, "access_denied", "The sign-in was refused");
    else if (user) {
        reply_tokens(request, session_begin(emulator, user, client, text_of(entry, "scope"), NULL));
        remove_by(devices, "hash", hash);
    } else if (asked && now - asked < INTERVAL_MS)
        reply_oauth_error(request, 400, "slow_down", "This was asked less than a second ago");
    else
        reply_oauth_error(request, 400, "authorization_pending", "Nobody has signed in yet");
    g_free(hash);
    return TRUE;
}
