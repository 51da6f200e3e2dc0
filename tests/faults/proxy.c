/* proxy.c: see proxy.h. One thread moves the bytes of all connections, block by block, so that what it does is in one order. */
#include "proxy.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 64, BLOCK = 65536 };

typedef struct Pair {
    int fds[2];        /* the client's, the server's */
    gboolean ended[2]; /* nothing more comes from it */
    gboolean held;
} Pair;

struct Proxy {
    int fd, quit, stall;
    guint16 port, upstream;
    pthread_t thread;
    Pair pairs[MOST];
    guint n_pairs;
    pthread_mutex_t lock; /* of what follows, and for the number of pairs to change */
    pthread_cond_t quiet;
    ProxyFault fault;
    ProxyWay way;
    guint64 position, counts[2];
    gboolean struck;
};

static struct sockaddr_in loopback(guint16 port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port) };
}

static int without_delay(int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void end_pair(Proxy *proxy, Pair *pair, gboolean reset)
{
    const struct linger now = { .l_onoff = 1 };
    guint64 one;
    gssize n = pair->held ? read(proxy->stall, &one, sizeof one) : 0;
    (void)n; /* whoever waited for this connection may have taken it already */
    for (int i = 0; i < 2; i++) {
        if (reset)
            setsockopt(pair->fds[i], SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(pair->fds[i]);
    }
    pthread_mutex_lock(&proxy->lock);
    *pair = proxy->pairs[--proxy->n_pairs];
    pthread_cond_signal(&proxy->quiet);
    pthread_mutex_unlock(&proxy->lock);
}

static void hold(Proxy *proxy, Pair *pair)
{
    const guint64 one = 1;
    pair->held = TRUE;
    g_assert_cmpint(write(proxy->stall, &one, sizeof one), ==, sizeof one);
}

/* Does what is due at this place; FALSE: the pair is gone. */
static gboolean strike(Proxy *proxy, Pair *pair)
{
    pthread_mutex_lock(&proxy->lock);
    gboolean due = proxy->fault && !proxy->struck && proxy->counts[proxy->way] == proxy->position;
    proxy->struck |= due;
    ProxyFault fault = proxy->fault;
    pthread_mutex_unlock(&proxy->lock);
    if (due && fault == PROXY_HOLDS)
        hold(proxy, pair);
    else if (due)
        end_pair(proxy, pair, fault == PROXY_RESETS);
    return !due || fault == PROXY_HOLDS;
}

/* How much may pass before something is due. */
static gsize room(Proxy *proxy, ProxyWay way)
{
    gsize most = BLOCK;
    pthread_mutex_lock(&proxy->lock);
    if (proxy->fault && !proxy->struck && proxy->way == way)
        most = (gsize)MIN(most, proxy->position - proxy->counts[way]);
    pthread_mutex_unlock(&proxy->lock);
    return most;
}

static gboolean send_all(int fd, const char *data, gsize length)
{
    while (length) {
        gssize n = send(fd, data, length, MSG_NOSIGNAL);
        if (n < 0)
            return FALSE;
        data += n;
        length -= (gsize)n;
    }
    return TRUE;
}

/* Moves what is there, one way; FALSE: the pair is gone. */
static gboolean move(Proxy *proxy, Pair *pair, ProxyWay way)
{
    static char block[BLOCK];
    int from = pair->fds[way], to = pair->fds[!way];
    gsize most = room(proxy, way);
    if (!most)
        return strike(proxy, pair); /* a connection that was there before the fault was armed */
    gssize n = recv(from, block, most, MSG_DONTWAIT);
    if (n < 0)
        return end_pair(proxy, pair, TRUE), FALSE;
    if (!n) {
        pair->ended[way] = TRUE;
        shutdown(to, SHUT_WR);
        if (pair->ended[!way])
            return end_pair(proxy, pair, FALSE), FALSE;
        return TRUE;
    }
    pthread_mutex_lock(&proxy->lock); /* counted before it is there: who has it must find it counted */
    proxy->counts[way] += (guint64)n;
    pthread_mutex_unlock(&proxy->lock);
    if (!send_all(to, block, (gsize)n))
        return end_pair(proxy, pair, FALSE), FALSE;
    return strike(proxy, pair);
}

static void accept_one(Proxy *proxy)
{
    const struct sockaddr_in address = loopback(proxy->upstream);
    g_assert_cmpuint(proxy->n_pairs, <, MOST);
    Pair *pair = &proxy->pairs[proxy->n_pairs];
    *pair = (Pair){ .fds = { without_delay(accept4(proxy->fd, NULL, NULL, SOCK_CLOEXEC)),
                        without_delay(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) } };
    g_assert_cmpint(connect(pair->fds[1], (const struct sockaddr *)&address, sizeof address), ==, 0);
    pthread_mutex_lock(&proxy->lock);
    proxy->n_pairs++;
    pthread_mutex_unlock(&proxy->lock);
    strike(proxy, pair);
}

static void *run(void *data)
{
    Proxy *proxy = data;
    for (;;) {
        struct pollfd fds[2 + 2 * MOST] = { { .fd = proxy->quit, .events = POLLIN }, { .fd = proxy->fd, .events = POLLIN } };
        guint n = proxy->n_pairs;
        for (guint i = 0; i < n; i++)
            for (int j = 0; j < 2; j++) {
                const Pair *pair = &proxy->pairs[i];
                fds[2 + 2 * i + (guint)j] = (struct pollfd){ .fd = (pair->held ? j : pair->ended[j]) ? -1 : pair->fds[j],
                    .events = pair->held ? POLLRDHUP : POLLIN };
            }
        poll(fds, 2 + 2 * n, -1);
        if (fds[0].revents)
            return NULL;
        for (guint i = n; i--;) { /* from behind, since one that ends is replaced by the last */
            Pair *pair = &proxy->pairs[i];
            const struct pollfd *both = &fds[2 + 2 * i];
            if (pair->held) {
                if (both[0].revents & (POLLHUP | POLLERR | POLLRDHUP)) /* the client has given up */
                    end_pair(proxy, pair, FALSE);
                continue;
            }
            if (both[0].revents && !move(proxy, pair, PROXY_UP))
                continue;
            if (both[1].revents && !pair->held)
                move(proxy, pair, PROXY_DOWN);
        }
        if (fds[1].revents)
            accept_one(proxy);
    }
}

Proxy *proxy_start(guint16 upstream)
{
    Proxy *proxy = g_new0(Proxy, 1);
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    proxy->upstream = upstream;
    proxy->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    proxy->quit = eventfd(0, EFD_CLOEXEC);
    proxy->stall = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE | EFD_NONBLOCK);
    g_assert_cmpint(bind(proxy->fd, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(listen(proxy->fd, MOST), ==, 0);
    getsockname(proxy->fd, (struct sockaddr *)&address, &size);
    proxy->port = ntohs(address.sin_port);
    pthread_mutex_init(&proxy->lock, NULL);
    pthread_cond_init(&proxy->quiet, NULL);
    g_assert_cmpint(pthread_create(&proxy->thread, NULL, run, proxy), ==, 0);
    return proxy;
}

guint16 proxy_port(const Proxy *proxy)
{
    return proxy->port;
}

void proxy_arm(Proxy *proxy, ProxyFault fault, ProxyWay way, guint64 position)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->fault = fault;
    proxy->way = way;
    proxy->position = position;
    proxy->counts[0] = proxy->counts[1] = 0;
    proxy->struck = FALSE;
    pthread_mutex_unlock(&proxy->lock);
}

guint64 proxy_count(Proxy *proxy, ProxyWay way)
{
    pthread_mutex_lock(&proxy->lock);
    guint64 count = proxy->counts[way];
    pthread_mutex_unlock(&proxy->lock);
    return count;
}

gboolean proxy_has_struck(Proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    gboolean struck = proxy->struck;
    pthread_mutex_unlock(&proxy->lock);
    return struck;
}

int proxy_stall_fd(const Proxy *proxy)
{
    return proxy->stall;
}

void proxy_wait_quiet(Proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    while (proxy->n_pairs)
        pthread_cond_wait(&proxy->quiet, &proxy->lock);
    pthread_mutex_unlock(&proxy->lock);
}

void proxy_stop(Proxy *proxy)
{
    const guint64 one = 1;
    g_assert_cmpint(write(proxy->quit, &one, sizeof one), ==, sizeof one);
    pthread_join(proxy->thread, NULL);
    while (proxy->n_pairs)
        end_pair(proxy, proxy->pairs, FALSE);
    pthread_cond_destroy(&proxy->quiet);
    pthread_mutex_destroy(&proxy->lock);
    close(proxy->fd);
    close(proxy->quit);
    close(proxy->stall);
    g_free(proxy);
}
