/* loopback.c: the listener on this machine that the browser is sent back to at the end of a sign-in (RFC 8252, 7.3). It listens on 127.0.0.1
 * alone, takes one redirect that knows the state, and answers all else with an error page. It never waits: one epoll descriptor says when
 * there is something to do. Browsers open connections ahead of use, so several are looked after, and the oldest gives way. */
#include "oauth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 8, LARGEST_HEAD = 16384, LISTENER = CONNECTIONS };

typedef struct connection {
    int fd; /* -1: none */
    bool answered;
    unsigned long age;
    size_t length;
    char head[LARGEST_HEAD + 1];
} connection;

struct oauth_loopback {
    int fd, listener, port;
    bool taken;
    unsigned long age;
    const char *path;
    char state[OAUTH_RANDOM];
    char uri[384];
    char query[LARGEST_HEAD + 1]; /* of the redirect */
    connection connections[CONNECTIONS];
};

/* ---- pages ---- */

/* No script, nothing from elsewhere, kept by nobody; the address, which holds the code, is told to nobody. */
static void send_page(connection *c, const char *status, const char *title, const char *words)
{
    char page[1024], answer[2048];
    int length = snprintf(page, sizeof page,
        "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>%s</title>"
        "<body style=\"font-family: sans-serif; margin: 4em\"><h1>%s</h1><p>%s</p></body></html>\n",
        title, title, words);
    int size = snprintf(answer, sizeof answer,
        "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\nCache-Control: no-store\r\nPragma: "
        "no-cache\r\n"
        "Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\nConnection: "
        "close\r\n\r\n%s",
        status, length, page);
    /* It fits into the buffer of a connection on which nothing was sent yet. */
    if (send(c->fd, answer, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) == size)
        shutdown(c->fd, SHUT_WR);
    c->answered = true;
    kz_wipe(c->head, c->length);
    c->length = 0;
}

static void send_error(connection *c, const char *status, const char *words)
{
    send_page(c, status, "This is not what was waited for", words);
}

/* ---- requests ---- */

/* The value of a header, up to the end of its line; NULL: none. */
static const char *header(const char *head, const char *name, size_t *length)
{
    size_t n = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line && line[2] != '\r'; line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;
        if (strncasecmp(at, name, n) || at[n] != ':')
            continue;
        at += n + 1;
        at += strspn(at, " \t");
        *length = strcspn(at, "\r");
        return at;
    }
    return NULL;
}

/* A page of another site that had its name point here would name itself. */
static bool names_us(const oauth_loopback *it, const char *head)
{
    char wanted[32];
    size_t length;
    const char *host = header(head, "Host", &length);
    for (int i = 0; host && i < 2; i++) {
        snprintf(wanted, sizeof wanted, "%s:%d", i ? "localhost" : "127.0.0.1", it->port);
        if (strlen(wanted) == length && !strncasecmp(host, wanted, length))
            return true;
    }
    return false;
}

static bool knows_state(const oauth_loopback *it, const char *query)
{
    size_t length = strlen(it->state);
    for (const char *at = query; *at; at += strcspn(at, "&"), at += *at == '&')
        if (!strncmp(at, "state=", 6))
            return strcspn(at + 6, "&") == length && !CRYPTO_memcmp(at + 6, it->state, length);
    return false;
}

static bool is_answer(const char *query)
{
    bool state = false, rest = false;
    for (const char *at = query; *at; at += strcspn(at, "&"), at += *at == '&') {
        state |= !strncmp(at, "state=", 6);
        rest |= !strncmp(at, "code=", 5) || !strncmp(at, "error=", 6);
    }
    return state && rest;
}

static oauth_redirect take(oauth_loopback *it, connection *c, const char *query)
{
    if (!is_answer(query))
        return send_error(c, "400 Bad Request", "This address is for the answer to a sign-in."), OAUTH_NOTHING;
    if (it->taken)
        return send_error(c, "400 Bad Request", "This sign-in has been answered already."), OAUTH_NOTHING;
    it->taken = true;
    if (!knows_state(it, query))
        return send_error(c, "400 Bad Request", "This is the answer to another sign-in; begin it anew."), OAUTH_FORGED;
    snprintf(it->query, sizeof it->query, "%s", query);
    send_page(c, "200 OK", "Thank you", "The program goes on from here. You may close this window.");
    return OAUTH_REDIRECTED;
}

/* A whole head: "GET /callback?code=... HTTP/1.1", and so on. */
static oauth_redirect serve(oauth_loopback *it, connection *c)
{
    char *line = c->head, *target = strchr(line, ' '), *end = target ? strpbrk(target + 1, " \r") : NULL;
    if (strlen(c->head) != c->length || !end || *end != ' ' || strncmp(end + 1, "HTTP/1.", 7) != 0 || !names_us(it, c->head))
        return send_error(c, "400 Bad Request", "The request is damaged, or meant for another address."), OAUTH_NOTHING;
    *target++ = *end = 0;
    if (strcmp(line, "GET") != 0)
        return send_error(c, "405 Method Not Allowed\r\nAllow: GET", "Only GET is known here."), OAUTH_NOTHING;
    char *query = strchr(target, '?');
    if (query)
        *query++ = 0;
    if (strcmp(target, it->path) != 0)
        return send_error(c, "404 Not Found", "There is nothing here."), OAUTH_NOTHING;
    return take(it, c, query ? query : "");
}

/* ---- connections ---- */

static void drop(connection *c)
{
    if (c->fd >= 0)
        close(c->fd);
    kz_wipe(c->head, c->length);
    c->fd = -1;
    c->length = 0;
    c->answered = false;
}

static bool watch(oauth_loopback *it, int fd, unsigned number)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = number };
    return epoll_ctl(it->fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void accept_all(oauth_loopback *it)
{
    for (int fd; (fd = accept4(it->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        unsigned chosen = 0;
        for (unsigned i = 0; i < CONNECTIONS && it->connections[chosen].fd >= 0; i++)
            if (it->connections[i].fd < 0 || it->connections[i].age < it->connections[chosen].age)
                chosen = i;
        connection *c = &it->connections[chosen];
        drop(c);
        c->fd = fd;
        c->age = ++it->age;
        if (!watch(it, fd, chosen))
            drop(c);
    }
}

static oauth_redirect read_some(oauth_loopback *it, connection *c)
{
    char rest[1024] = "";
    oauth_redirect what = OAUTH_NOTHING;
    while (c->fd >= 0 && what == OAUTH_NOTHING) {
        size_t room = c->answered ? sizeof rest : LARGEST_HEAD - c->length;
        ssize_t n = recv(c->fd, c->answered ? rest : c->head + c->length, room, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return what;
        if (n <= 0)
            drop(c);
        if (n <= 0 || c->answered)
            continue;
        c->length += (size_t)n;
        c->head[c->length] = 0;
        if (strstr(c->head, "\r\n\r\n"))
            what = serve(it, c);
        else if (c->length == LARGEST_HEAD)
            send_error(c, "431 Request Header Fields Too Large", "The request is too large.");
    }
    return what;
}

oauth_redirect oauth_loopback_turn(oauth_loopback *it, const char **query)
{
    struct epoll_event events[CONNECTIONS + 1];
    oauth_redirect what = OAUTH_NOTHING;
    for (int n; what == OAUTH_NOTHING && (n = epoll_wait(it->fd, events, CONNECTIONS + 1, 0)) > 0;)
        for (int i = 0; i < n; i++) {
            if (events[i].data.u32 == LISTENER) {
                accept_all(it);
                continue;
            }
            oauth_redirect one = read_some(it, &it->connections[events[i].data.u32]);
            what = one ? one : what;
        }
    *query = it->query;
    return what;
}

/* ---- from the beginning to the end ---- */

static bool listen_on(oauth_loopback *it, int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
    };
    socklen_t size = sizeof address;
    int one = 1;
    it->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    it->fd = epoll_create1(EPOLL_CLOEXEC);
    if (it->listener < 0 || it->fd < 0 || (port && setsockopt(it->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one)) ||
        bind(it->listener, (struct sockaddr *)&address, size) || listen(it->listener, 16) ||
        getsockname(it->listener, (struct sockaddr *)&address, &size) || !watch(it, it->listener, LISTENER))
        return false;
    it->port = ntohs(address.sin_port);
    return true;
}

oauth_loopback *oauth_loopback_open(const oauth *provider, const char *state, kz_error **error)
{
    oauth_loopback *it = calloc(1, sizeof *it);
    if (!it) {
        kz_error_no_memory(error);
        return NULL;
    }
    it->fd = it->listener = -1;
    it->path = provider->redirect_path;
    for (int i = 0; i < CONNECTIONS; i++)
        it->connections[i].fd = -1;
    snprintf(it->state, sizeof it->state, "%s", state);
    if (!listen_on(it, provider->redirect_port)) {
        kz_error_set(error, KZ_ERROR_AUTHENTICATION, "auth_redirect_port",
            "Signing in by a browser: nobody can listen on port %d of 127.0.0.1 for its answer: %s. Choose another "
            "auth_redirect_port, "
            "or sign in by another device.",
            provider->redirect_port, strerrordesc_np(errno));
        oauth_loopback_close(it);
        return NULL;
    }
    snprintf(it->uri, sizeof it->uri, "http://%s:%d%s", provider->redirect_host, it->port, it->path);
    return it;
}

const char *oauth_loopback_uri(const oauth_loopback *it)
{
    return it->uri;
}

int oauth_loopback_fd(const oauth_loopback *it)
{
    return it->fd;
}

void oauth_loopback_close(oauth_loopback *it)
{
    if (!it)
        return;
    if (it->listener >= 0 && it->fd >= 0)
        oauth_loopback_turn(it, &(const char *){ NULL });
    for (int i = 0; i < CONNECTIONS; i++)
        drop(&it->connections[i]);
    if (it->listener >= 0)
        close(it->listener);
    if (it->fd >= 0)
        close(it->fd);
    kz_wipe(it, sizeof *it);
    free(it);
}
