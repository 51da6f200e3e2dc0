/* relay.c: see relay.h. */
#include "relay.h"

#include "../wire/http.h"
#include "secrets.h"

#include <string.h>
#include <unistd.h>

/* Where secrets stand in requests and answers. The name is the first group, the secret the second. */
static const char *const places[] = {
    "\"(access_token|refresh_token|id_token|device_code|token)\" *: *\"([^\"]+)\"",
    "[?&\n](password|refresh_token|token|code|code_verifier|client_assertion|device_code)=([^&\\s]+)",
    "(?i)\r\n(?:set-)?(cookie): [^=\r\n]*=([^;\r\n]+)",
    "(?i)\r\nauthorization: (bearer) ([^\r\n]+)",
};

void relay_note(const char *file, const char *text)
{
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GRegex) regex = g_regex_new(places[i], G_REGEX_RAW, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;
        for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
            g_autofree char *name = g_match_info_fetch(match, 1), *secret = g_match_info_fetch(match, 2);
            g_autofree char *plain = i == 1 ? g_uri_unescape_string(secret, NULL) : NULL;
            const char *text_of_it = plain ? plain : secret;
            secrets_note(file, name, text_of_it, strlen(text_of_it));
        }
    }
}

static char *pass_on(const char *request, void *user)
{
    const Relay *relay = user;
    const char *rest = strstr(request, "\r\n");
    g_autofree char *text = g_strdup_printf("%.*s\r\nConnection: close%s", (int)(rest - request), request, rest);
    seen_command_lines(relay->seen, getpid());
    relay_note(relay->file, request);
    char *answer = exchange(relay->port, text);
    relay_note(relay->file, answer);
    return answer;
}

void relay_begin(Relay *relay, const char *url, const char *file, Seen *seen)
{
    *relay = (Relay){ .port = port_of(url), .file = file, .seen = seen };
    relay->server = wire_start_function(pass_on, relay);
}

void relay_end(Relay *relay)
{
    wire_stop(relay->server);
}
