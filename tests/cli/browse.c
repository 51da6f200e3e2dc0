/* browse.c: what the tests give the command as a browser: opens the address that is its argument and follows the HTTP steps to the end, in the
 * way that KZ_BROWSE says, and tells the pipe that KZ_BROWSE_SAID names what came of it. */
#include "../oauth/pages.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Waits for somebody who reads. */
static void tell(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void tell(const char *format, ...)
{
    va_list arguments;
    FILE *said = fopen(g_getenv("KZ_BROWSE_SAID"), "w");
    va_start(arguments, format);
    vfprintf(said, format, arguments);
    va_end(arguments);
    fclose(said);
}

static char *parameter(const char *url, const char *name)
{
    g_autoptr(GHashTable) fields = g_uri_parse_params(strchr(url, '?') + 1, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);
    return g_strdup(g_hash_table_lookup(fields, name));
}

/* Where the provider would send the browser back to, with a query in which "@" stands for the state. */
static char *way_back(const char *url, const char *query)
{
    g_autofree char *state = parameter(url, "state"), *target = parameter(url, "redirect_uri");
    g_autofree char *issuer = g_strndup(url, (gsize)(strstr(url, "/auth?") - url));
    g_auto(GStrv) parts = g_strsplit(query, "@", -1);
    g_autofree char *filled = g_strjoinv(state, parts), *escaped = g_uri_escape_string(issuer, NULL, FALSE);
    return g_strdup_printf("%s?%s&iss=%s", target, filled, escaped);
}

static void come_back(Page *page, const char *url, const char *query)
{
    g_autofree char *address = way_back(url, query);
    page_visit(page, address, NULL);
}

/* Sends a second redirect, tells that it is on its way, and reads how it is answered. */
static void come_back_late(Page *page, const char *url)
{
    g_autofree char *address = way_back(url, "code=second&state=@");
    g_autoptr(GUri) parsed = g_uri_parse(address, G_URI_FLAGS_ENCODED, NULL);
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketConnection) connection = g_socket_client_connect_to_uri(client, address, 80, NULL, NULL);
    g_autofree char *request = g_strdup_printf("GET %s?%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", g_uri_get_path(parsed),
        g_uri_get_query(parsed), g_uri_get_port(parsed));
    char answer[4096] = "";
    g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), request, strlen(request), NULL, NULL, NULL);
    tell("sent\n");
    gsize length;
    g_input_stream_read_all(
        g_io_stream_get_input_stream(G_IO_STREAM(connection)), answer, sizeof answer - 1, &length, NULL, NULL);
    g_string_assign(page->text, answer);
}

int main(int argc, char **argv)
{
    Page page;
    const char *how = g_getenv("KZ_BROWSE"), *url = argv[1];
    gboolean own = getsid(0) == getpid(); /* signals for the command are none for the person's browser */
    if (argc != 2)
        return 2;
    page_open(&page, NULL);
    if (!g_strcmp0(how, "forge"))
        come_back(&page, url, "code=stolen&state=of-another-sign-in");
    else if (!g_strcmp0(how, "decline"))
        come_back(&page, url, "error=access_denied&error_description=Not+today&state=@");
    else if (!g_strcmp0(how, "first"))
        come_back(&page, url, "code=first&state=@");
    else if (!g_strcmp0(how, "twice"))
        come_back(&page, url, "code=first&state=@"), come_back_late(&page, url);
    else if (g_strcmp0(how, "look") != 0)
        page_visit(&page, url, NULL);
    if (!how && page_holds(&page, "<form"))
        page_sign_in(&page);
    tell("%s\n%ld\n%s\n", own ? "a session of its own" : "in the command's session", page.status, page.text->str);
    page_close(&page);
    return 0;
}
