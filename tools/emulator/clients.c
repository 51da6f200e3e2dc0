/* clients.c: the programs that sign people in. One that was registered with a secret (--client ID:SECRET, and kamiwaza-service, whose secret is
 * kamiwaza) has to say it, by HTTP's basic scheme or in the form; any other name is that of a program without a secret. */
#include "provider.h"

#include <string.h>

static void add(Emulator *emulator, const char *id, const char *secret)
{
    json_object *client = json_object_new_object();
    char *hash = digest(secret);
    remove_by(state_list(emulator, "clients"), "id", id);
    put_text(client, "id", id);
    put_text(client, "x_secret", hash);
    json_object_array_add(state_list(emulator, "clients"), client);
    g_free(hash);
}

gboolean clients_begin(Emulator *emulator, char **wanted)
{
    if (!client_has_secret(emulator, "kamiwaza-service"))
        add(emulator, "kamiwaza-service", "kamiwaza");
    for (; wanted && *wanted; wanted++) {
        char **pair = g_strsplit(*wanted, ":", 2);
        gboolean fine = pair[0] && *pair[0] && pair[1] && *pair[1];
        if (fine)
            add(emulator, pair[0], pair[1]);
        g_strfreev(pair);
        if (!fine)
            return FALSE;
    }
    return TRUE;
}

gboolean client_has_secret(Emulator *emulator, const char *id)
{
    return find_by(state_list(emulator, "clients"), "id", id) != NULL;
}

/* What HTTP's basic scheme says, as if it were in the form. */
static void take_basic(Request *request)
{
    const char *header = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Authorization");
    gsize length;
    if (!header || g_ascii_strncasecmp(header, "Basic ", 6))
        return;
    guchar *bytes = g_base64_decode(header + 6, &length);
    char *text = g_strndup((const char *)bytes, length);
    char **pair = g_strsplit(text, ":", 2);
    char *id = pair[0] ? g_uri_unescape_string(pair[0], NULL) : NULL;
    char *secret = id && pair[1] ? g_uri_unescape_string(pair[1], NULL) : NULL;
    if (secret) {
        put_text(request->body, "client_id", id);
        put_text(request->body, "client_secret", secret);
    }
    g_free(id);
    g_free(secret);
    g_strfreev(pair);
    g_free(text);
    g_free(bytes);
}

const char *client_of(Request *request, gboolean secret)
{
    take_basic(request);
    const char *id = text_of(request->body, "client_id"), *said = text_of(request->body, "client_secret");
    json_object *client = find_by(state_list(request->emulator, "clients"), "id", id);
    char *hash = digest(said ? said : "");
    gboolean fine = id && (client ? !g_strcmp0(hash, text_of(client, "x_secret")) : !secret);
    g_free(hash);
    if (fine)
        return id;
    reply_header(request, "WWW-Authenticate", "Basic realm=\"kamiwaza\"");
    reply_oauth_error(
        request, 401, "invalid_client", id ? "The client is not known, or its secret is another" : "client_id is needed");
    return NULL;
}
