/* server.c: the server that the tests of the command talk to: one thread, one connection after the other, answers from
 * a table. See runner.h. */
#include "runner.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
    int fd;
    char *url;
    GThread *thread;
    const route *routes;
    gsize n_routes;
    guint *asked;
    GMutex lock;
    GPtrArray *requests;
};

/* Reads one request: its head and, as long as its length says, its body. */
static GString *receive(int fd)
{
    GString *text = g_string_new(NULL);
    gsize whole = 0;
    while (!whole || text->len < whole) {
        char part[4096];
        ssize_t got = read(fd, part, sizeof part);
        if (got <= 0)
            break;
        g_string_append_len(text, part, got);
        const char *end = strstr(text->str, "\r\n\r\n");
        if (end && !whole) {
            g_autofree char *head = g_ascii_strdown(text->str, end - text->str);
            const char *length = strstr(head, "\r\ncontent-length:");
            whole = (gsize)(end - text->str) + 4 + (length ? strtoul(length + 17, NULL, 10) : 0);
        }
    }
    return text;
}

static const route *find(server *it, const char *method, const char *path, const char **body)
{
    for (gsize i = 0; i < it->n_routes; i++) {
        const route *one = &it->routes[i];
        if (strcmp(one->method, method) || strcmp(one->path, path))
            continue;
        *body = it->asked[i]++ && one->after ? one->after : one->body;
        return one;
    }
    return NULL;
}

static void send_all(int fd, const char *data, gsize length)
{
    while (length) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        data += sent;
        length -= (gsize)sent;
    }
}

static void serve(server *it, int fd)
{
    g_autoptr(GString) text = receive(fd);
    char method[16] = "", target[1024] = "";
    if (sscanf(text->str, "%15s %1023s", method, target) != 2)
        return;
    const char *content = strstr(text->str, "\r\n\r\n"), *body = "";
    g_mutex_lock(&it->lock);
    g_ptr_array_add(it->requests, g_strdup_printf("%s %s\n%s", method, target, content ? content + 4 : ""));
    g_mutex_unlock(&it->lock);
    target[strcspn(target, "?")] = 0;
    const route *one = find(it, method, target, &body);
    gsize length = one && one->length ? one->length : strlen(body ? body : "");
    g_autofree char *head = g_strdup_printf(
        "HTTP/1.1 %d Answer\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n"
        "X-Request-ID: request-7\r\n\r\n",
        one ? one->status : 404, one && one->type ? one->type : "application/json", length);
    send_all(fd, head, strlen(head));
    if (length)
        send_all(fd, body, length);
}

static gpointer work(gpointer user)
{
    server *it = user;
    int fd;
    while ((fd = accept(it->fd, NULL, NULL)) >= 0) {
        serve(it, fd);
        shutdown(fd, SHUT_WR);
        char rest[256];
        while (read(fd, rest, sizeof rest) > 0)
            continue;
        close(fd);
    }
    return NULL;
}

server *server_start(const route *routes, gsize n_routes)
{
    server *it = g_new0(server, 1);
    it->routes = routes;
    it->n_routes = n_routes;
    it->asked = g_new0(guint, n_routes + 1);
    it->requests = g_ptr_array_new_with_free_func(g_free);
    g_mutex_init(&it->lock);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    it->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(it->fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(it->fd, 16), ==, 0);
    g_assert_cmpint(getsockname(it->fd, (struct sockaddr *)&address, &length), ==, 0);
    it->url = g_strdup_printf("http://127.0.0.1:%d/api", ntohs(address.sin_port));
    it->thread = g_thread_new("server", work, it);
    return it;
}

char **server_requests(server *it)
{
    g_mutex_lock(&it->lock);
    char **copy = g_new0(char *, it->requests->len + 1);
    for (guint i = 0; i < it->requests->len; i++)
        copy[i] = g_strdup(g_ptr_array_index(it->requests, i));
    g_mutex_unlock(&it->lock);
    return copy;
}

const char *server_url(const server *it)
{
    return it->url;
}

void server_stop(server *it)
{
    shutdown(it->fd, SHUT_RDWR);
    g_thread_join(it->thread);
    close(it->fd);
    g_ptr_array_unref(it->requests);
    g_mutex_clear(&it->lock);
    g_free(it->asked);
    g_free(it->url);
    g_free(it);
}
