/* http.c: see http.h. */
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

char *field_of(const char *form, const char *name)
{
    g_autoptr(GHashTable) fields = g_uri_parse_params(form, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);
    return fields ? g_strdup(g_hash_table_lookup(fields, name)) : NULL;
}

const char *body_of(const char *request)
{
    const char *end = request ? strstr(request, "\r\n\r\n") : NULL;
    g_assert_nonnull(end);
    return end + 4;
}

char *parameter_of(const char *url, const char *name)
{
    return field_of(strchr(url, '?') + 1, name);
}

guint16 port_of(const char *url)
{
    g_autoptr(GUri) parsed = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    g_assert_nonnull(parsed);
    return (guint16)g_uri_get_port(parsed);
}

char *exchange(guint16 port, const char *request)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    GString *answer = g_string_new(NULL);
    char block[4096];
    if (!connect(fd, (struct sockaddr *)&address, sizeof address) && send(fd, request, strlen(request), MSG_NOSIGNAL) > 0)
        for (ssize_t n; (n = recv(fd, block, sizeof block, 0)) > 0;)
            g_string_append_len(answer, block, n);
    close(fd);
    return g_string_free(answer, FALSE);
}
