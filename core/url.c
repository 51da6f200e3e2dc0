/* url.c: what the core needs to know of a URL, by libcurl's parser: its public form, its origin, whether it stays on this
 * machine. */
#include "engine.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What is left out is left out before anything is cut to size: half of a password is a secret too. */
void kzi_public_url(const char *url, char *out, size_t size)
{
    const char *text = url ? url : "";
    size_t scheme = strcspn(text, ":/?#@");
    const char *authority = strncmp(text + scheme, ":/", 2) ? text : text + scheme + 1;
    authority += strspn(authority, "/"); /* libcurl takes one to three of them */
    size_t length = strcspn(authority, "/?#"), used = 0;
    const char *host = authority;
    for (size_t i = 0; i < length; i++)
        if (authority[i] == '@')
            host = authority + i + 1;
    for (const char *c = text; c < authority && used + 1 < size; c++)
        out[used++] = *c;
    for (const char *c = host; *c && *c != '?' && *c != '#' && used + 1 < size; c++)
        out[used++] = *c;
    out[used] = 0;
}

bool kzi_is_http_url(const char *url)
{
    return url && (!strncasecmp(url, "http://", 7) || !strncasecmp(url, "https://", 8));
}

/* One part of a URL, lower case where that means nothing; false when it has none. */
static bool part(CURLU *parsed, CURLUPart what, char *out, size_t size)
{
    char *text = NULL;
    bool fine = !curl_url_get(parsed, what, &text, CURLU_DEFAULT_PORT) && strlen(text) < size;
    if (fine)
        strcpy(out, text);
    curl_free(text);
    return fine;
}

typedef struct origin {
    char scheme[16], host[256], port[8];
} origin;

static bool origin_of(const char *url, origin *out)
{
    CURLU *parsed = curl_url();
    bool fine = parsed && url && !curl_url_set(parsed, CURLUPART_URL, url, 0) &&
        part(parsed, CURLUPART_SCHEME, out->scheme, sizeof out->scheme) &&
        part(parsed, CURLUPART_HOST, out->host, sizeof out->host) && part(parsed, CURLUPART_PORT, out->port, sizeof out->port);
    curl_url_cleanup(parsed);
    return fine;
}

bool kzi_same_origin(const char *a, const char *b)
{
    origin x, y;
    return origin_of(a, &x) && origin_of(b, &y) && !strcasecmp(x.scheme, y.scheme) && !strcasecmp(x.host, y.host) &&
        !strcmp(x.port, y.port);
}

/* The usual form, which every parser reads alike: http://, the name or the number, a port or not. Spares most calls the parser. */
static bool is_plain_loopback(const char *url)
{
    const char *host = strncmp(url, "http://", 7) ? "" : url + 7;
    size_t length = strspn(host, "0123456789.");
    char text[INET_ADDRSTRLEN] = "";
    struct in_addr address;
    bool named = !strncmp(host, "localhost", 9);
    if (named)
        length = 9;
    else if (length < sizeof text)
        memcpy(text, host, length);
    bool local = named || (inet_pton(AF_INET, text, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
    const char *rest = host + length;
    long port = 0;
    if (*rest == ':')
        for (rest++; *rest >= '0' && *rest <= '9' && port <= 65535; rest++)
            port = port * 10 + (*rest - '0');
    local = local && port <= 65535;
    for (const char *c = rest; local && *c; c++)
        local = (unsigned char)*c > ' ' && *c != 0x7f; /* which parsers refuse */
    return local && (!*rest || *rest == '/');
}

bool kzi_url_is_inside(const char *url)
{
    origin o;
    return origin_of(url, &o) && kzi_host_is_inside(o.host);
}

bool kzi_is_loopback(const char *url)
{
    origin o;
    if (url && is_plain_loopback(url))
        return true;
    if (!origin_of(url, &o))
        return false;
    if (!strcasecmp(o.host, "localhost") || !strcmp(o.host, "[::1]"))
        return true;
    struct in_addr address;
    return inet_pton(AF_INET, o.host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}
