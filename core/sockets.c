/* sockets.c: see sockets.h. libcurl has its sockets from here, so they are known: not inherited by programs that this one runs, not
 * connected to what a call must not reach, and looked at before they are used again. */
#include "sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The open socket of a loop. */
struct kzi_socket {
    int fd, port; /* its own; 0: not known yet */
};

static bool enlist(kzi_loop *loop, int fd)
{
    if (loop->n_sockets == loop->room_sockets) {
        size_t room = loop->room_sockets ? loop->room_sockets * 2 : 4;
        kzi_socket *more = realloc(loop->sockets, room * sizeof *more);
        if (!more)
            return false;
        loop->sockets = more;
        loop->room_sockets = room;
    }
    loop->sockets[loop->n_sockets++] = (kzi_socket){ .fd = fd };
    return true;
}

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    kzi_call *call = user;
    (void)purpose;
    if (call->guards_address && kzi_address_is_inside(&address->addr)) {
        call->kept_out = true;
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) {
        call->socket_error = errno;
    } else if (!enlist(call->loop, fd)) {
        call->socket_error = ENOMEM;
        close(fd);
        fd = -1;
    }
    call->opened = true;
    return fd;
}

static int close_socket(void *user, curl_socket_t fd)
{
    kzi_loop *loop = user;
    for (size_t i = 0; i < loop->n_sockets; i++)
        if (loop->sockets[i].fd == fd) {
            loop->sockets[i] = loop->sockets[--loop->n_sockets];
            break;
        }
    return close(fd);
}

static int port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } address = { .in6 = { 0 } };
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size))
        return 0;
    return address.any.sa_family == AF_INET ? ntohs(address.in.sin_port)
        : address.any.sa_family == AF_INET6 ? ntohs(address.in6.sin6_port)
                                            : 0;
}

bool kzi_socket_is_stale(kzi_loop *loop, int port)
{
    char byte;
    for (size_t i = 0; i < loop->n_sockets; i++) {
        kzi_socket *s = &loop->sockets[i];
        if (!s->port)
            s->port = port_of(s->fd);
        if (s->port == port)
            return recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    }
    return false;
}

void kzi_sockets_set(CURL *easy, kzi_loop *loop)
{
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, loop);
}
