/* server.c: see server.h. One thread accepts, one serves each connection. Threads and locks are those of POSIX, which the thread
 * sanitizer understands. */
#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct WireServer {
    const WireAnswer *script;
    gsize n_answers;
    WireFunction function; /* in place of the script */
    void *user;
    int fd, quit[2], go[2];
    char *url;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* what follows */
    GPtrArray *requests;
    guint connections, serving, answering;
    gsize sent;    /* of all answers */
    gboolean full; /* nobody has read for a while what is sent now */
};

typedef struct Connection {
    WireServer *server;
    int fd;
} Connection;

/* Waits for bytes; false when the test is over. */
static gboolean wait_for(WireServer *server, int fd)
{
    struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = server->quit[0], .events = POLLIN } };
    return poll(fds, 2, -1) > 0 && !fds[1].revents;
}

/* Whether all of the body has come, whose length is said or which ends with an empty chunk. */
static gboolean has_body(const char *head, const char *body, gsize length)
{
    static const char last[] = "0\r\n\r\n";
    const char *chunked = strcasestr(head, "\r\ntransfer-encoding: chunked"), *said = strcasestr(head, "\r\ncontent-length:");
    if (chunked && chunked < body)
        return length >= sizeof last - 1 && !memcmp(body + length - (sizeof last - 1), last, sizeof last - 1);
    return length >= (said ? (gsize)g_ascii_strtoull(said + 17, NULL, 10) : 0);
}

/* Whether any answer goes out before its request has come. */
static gboolean is_early(const WireServer *server)
{
    return server->script && server->script[0].flags & WIRE_EARLY;
}

/* Memory of malloc(), whose threads the sanitizer knows apart; those of GLib's own allocator it does not. */
static char *read_request(WireServer *server, int fd)
{
    char *text = g_strdup(""), block[4096];
    const char *end;
    gsize length = 0;
    while (
        !(end = strstr(text, "\r\n\r\n")) || (!is_early(server) && !has_body(text, end + 4, length - (gsize)(end + 4 - text)))) {
        gssize n = wait_for(server, fd) ? read(fd, block, sizeof block) : -1;
        if (n <= 0) {
            g_free(text);
            return NULL;
        }
        text = g_realloc(text, length + (gsize)n + 1);
        memcpy(text + length, block, (gsize)n);
        text[length += (gsize)n] = 0;
    }
    return text;
}

/* Lets some milliseconds pass; false when the test is over. */
static gboolean linger(WireServer *server)
{
    struct pollfd quit = { .fd = server->quit[0], .events = POLLIN };
    return !poll(&quit, 1, 4);
}

static void note(WireServer *server, gsize sent, gboolean full)
{
    pthread_mutex_lock(&server->lock);
    server->sent += sent;
    server->full = full;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static gboolean send_part(WireServer *server, int fd, const char *text, gsize length, int flags)
{
    enum { A_WHILE = 200, BLOCK = 65536 };
    gsize step = flags & (WIRE_BYTES | WIRE_DRIP) ? 1 : BLOCK, at = 0;
    while (at < length) {
        struct pollfd fds[] = { { .fd = fd, .events = POLLOUT }, { .fd = server->quit[0], .events = POLLIN } };
        if (!poll(fds, 2, A_WHILE)) {
            note(server, 0, TRUE);
            poll(fds, 2, -1);
        }
        gssize n = fds[1].revents ? -1 : send(fd, text + at, MIN(step, length - at), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n <= 0 || (flags & WIRE_DRIP && !linger(server)))
            return FALSE;
        at += (gsize)n;
        note(server, (gsize)n, FALSE);
    }
    return TRUE;
}

static void send_answer(WireServer *server, int fd, const WireAnswer *answer)
{
    gsize length = answer->length < 0 ? strlen(answer->text) : (gsize)answer->length;
    const char *mark = answer->flags & WIRE_HOLD ? memchr(answer->text, *WIRE_MARK, length) : NULL;
    gsize first = mark ? (gsize)(mark - answer->text) : length;
    if (send_part(server, fd, answer->text, first, answer->flags) && mark && wait_for(server, server->go[0]))
        send_part(server, fd, mark + 1, length - first - 1, answer->flags);
}

/* The answer to a request, under the lock. */
static const WireAnswer *choose(const WireServer *server, const char *request)
{
    const WireAnswer *last = &server->script[server->n_answers - 1];
    if (!last->to)
        return &server->script[MIN(server->requests->len, server->n_answers - 1)];
    for (const WireAnswer *answer = server->script; answer < last; answer++)
        if (!answer->to || g_str_has_prefix(request, answer->to))
            return answer;
    return last;
}

/* What the test's function makes of the request; false: the connection ends. */
static gboolean send_made(const Connection *c, const char *request)
{
    g_autofree char *text = c->server->function(request, c->server->user);
    if (text)
        send_answer(c->server, c->fd, &(WireAnswer){ text, -1, WIRE_HOLD });
    return text != NULL;
}

/* Reads what is still coming and forgets it, until the client is done. */
static void drop_rest(WireServer *server, int fd)
{
    char block[65536];
    while (wait_for(server, fd) && read(fd, block, sizeof block) > 0)
        ;
}

static void *serve(void *data)
{
    Connection *c = data;
    WireServer *server = c->server;
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (;;) {
        char *request = read_request(server, c->fd);
        if (!request)
            break;
        pthread_mutex_lock(&server->lock);
        /* A copy: the test may change its script once it has the answer. */
        const WireAnswer answer = server->function ? (WireAnswer){ 0 } : *choose(server, request);
        g_ptr_array_add(server->requests, request);
        server->answering += server->function == NULL;
        pthread_cond_broadcast(&server->changed);
        pthread_mutex_unlock(&server->lock);
        if (server->function && !send_made(c, request))
            break;
        if (server->function)
            continue;
        if (answer.text)
            send_answer(server, c->fd, &answer);
        pthread_mutex_lock(&server->lock);
        server->answering--;
        server->full = FALSE;
        pthread_cond_broadcast(&server->changed);
        pthread_mutex_unlock(&server->lock);
        if (answer.flags & WIRE_EARLY && !(answer.flags & WIRE_CLOSE))
            drop_rest(server, c->fd);
        if (answer.flags & WIRE_HANG)
            wait_for(server, server->quit[0]);
        if (!answer.text || answer.flags & (WIRE_CLOSE | WIRE_HANG))
            break;
    }
    close(c->fd);
    g_free(c);
    pthread_mutex_lock(&server->lock);
    server->serving--;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

static void *accept_all(void *data)
{
    WireServer *server = data;
    while (wait_for(server, server->fd)) {
        Connection *c = g_new(Connection, 1);
        pthread_t thread;
        *c = (Connection){ server, accept(server->fd, NULL, NULL) };
        pthread_mutex_lock(&server->lock);
        server->connections++;
        server->serving++;
        pthread_mutex_unlock(&server->lock);
        g_assert_cmpint(pthread_create(&thread, NULL, serve, c), ==, 0);
        pthread_detach(thread);
    }
    return NULL;
}

static WireServer *start(const char *host, const WireAnswer *script, gsize n_answers, WireFunction function, void *user)
{
    WireServer *server = g_new0(WireServer, 1);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(host) };
    socklen_t size = sizeof address;
    server->script = script;
    server->n_answers = n_answers;
    server->function = function;
    server->user = user;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(server->fd, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(listen(server->fd, 64), ==, 0);
    getsockname(server->fd, (struct sockaddr *)&address, &size);
    g_assert_true(!pipe(server->quit) && !pipe(server->go));
    server->url = g_strdup_printf("http://127.0.0.1:%u", ntohs(address.sin_port));
    server->requests = g_ptr_array_new_with_free_func(g_free);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    g_assert_cmpint(pthread_create(&server->thread, NULL, accept_all, server), ==, 0);
    return server;
}

WireServer *wire_start(const WireAnswer *script, gsize n_answers)
{
    return start("127.0.0.1", script, n_answers, NULL, NULL);
}

WireServer *wire_start_at(const char *host, const WireAnswer *script, gsize n_answers)
{
    return start(host, script, n_answers, NULL, NULL);
}

WireServer *wire_start_function(WireFunction function, void *user)
{
    return start("127.0.0.1", NULL, 0, function, user);
}

const char *wire_url(const WireServer *server)
{
    return server->url;
}

guint wire_count(WireServer *server)
{
    pthread_mutex_lock(&server->lock);
    guint n = server->requests->len;
    pthread_mutex_unlock(&server->lock);
    return n;
}

void wire_wait(WireServer *server, guint n)
{
    pthread_mutex_lock(&server->lock);
    while (server->requests->len < n || server->answering)
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

const char *wire_request(WireServer *server, guint i)
{
    pthread_mutex_lock(&server->lock);
    g_assert_cmpuint(i, <, server->requests->len);
    const char *text = server->requests->pdata[i];
    pthread_mutex_unlock(&server->lock);
    return text;
}

guint wire_connections(WireServer *server)
{
    pthread_mutex_lock(&server->lock);
    guint n = server->connections;
    pthread_mutex_unlock(&server->lock);
    return n;
}

gsize wire_sent(WireServer *server)
{
    pthread_mutex_lock(&server->lock);
    gsize n = server->sent;
    pthread_mutex_unlock(&server->lock);
    return n;
}

void wire_wait_full(WireServer *server)
{
    pthread_mutex_lock(&server->lock);
    while (!server->full && (server->answering || !server->requests->len))
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

guint wire_connected(WireServer *server)
{
    pthread_mutex_lock(&server->lock);
    guint n = server->serving;
    pthread_mutex_unlock(&server->lock);
    return n;
}

void wire_release(WireServer *server)
{
    g_assert_cmpint(write(server->go[1], "", 1), ==, 1); /* nobody reads it: it stays so */
}

void wire_stop(WireServer *server)
{
    g_assert_cmpint(write(server->quit[1], "", 1), ==, 1);
    pthread_join(server->thread, NULL);
    pthread_mutex_lock(&server->lock);
    while (server->serving)
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    close(server->fd);
    for (int i = 0; i < 2; i++)
        close(server->quit[i]), close(server->go[i]);
    g_ptr_array_unref(server->requests);
    g_free(server->url);
    g_free(server);
}
