/* server.c: the server of the benchmark, a process of its own: one thread, epoll, answers made beforehand, so that what is
 * measured is never the server. The first part of a request's path says what comes back:
 *   /items/N/...         a stream of N chunks, as fast as the socket takes them
 *   /call/...            a chat completion
 *   /embeddings/RxC/...  R embeddings of C numbers
 *   /models/N/...        the platform's list of N models
 *   /file/BYTES          a file
 *   /paced/N/US/...      a stream of N chunks, one every US microseconds
 *   /together/S/N/US/... the same for each of S streams, which begin when the last of them is open
 * Prints the port, and ends when its standard input does. */
#include "answers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { REQUEST = 16384, EVENTS = 256, CACHED = 8 };

typedef struct connection {
    int fd;
    char request[REQUEST];
    size_t read, length; /* of the request's head and body, once known */
    const char *out;     /* what is being sent */
    size_t left;
    uint64_t rest; /* of a file, to be sent behind that */
    bool waits;    /* for the socket to take more */
    struct connection *next;
} connection;

/* Streams whose chunks come by the clock, all of them at once. */
static struct {
    connection *streams;
    size_t wanted, open, chunks, sent;
    long interval;
    int timer;
    answer head, chunk, end;
} paced;

static struct {
    char path[64];
    answer answer;
} cache[CACHED];
static struct {
    answer head, block;
} file;
static int epoll;

static void watch(connection *c, uint32_t events, int how)
{
    struct epoll_event event = { .events = events, .data.ptr = c };
    epoll_ctl(epoll, how, c->fd, &event);
}

static void push(connection *c)
{
    while (c->left) {
        ssize_t n = send(c->fd, c->out, c->left, MSG_NOSIGNAL);
        if (n < 0)
            break;
        c->out += n;
        c->left -= (size_t)n;
        if (!c->left && c->rest) {
            c->out = file.block.bytes;
            c->left = c->rest < file.block.length ? (size_t)c->rest : file.block.length;
            c->rest -= c->left;
        }
    }
    if (c->waits != (c->left > 0)) {
        c->waits = c->left > 0;
        watch(c, c->waits ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
    }
}

static void answer_with(connection *c, const answer *a)
{
    c->out = a->bytes;
    c->left = a->length;
    push(c);
}

static bool make(answer *out, const char *path)
{
    size_t n, m;
    if (sscanf(path, "/items/%zu", &n) == 1)
        answer_stream(out, n);
    else if (sscanf(path, "/embeddings/%zux%zu", &n, &m) == 2)
        answer_embeddings(out, n, m);
    else if (sscanf(path, "/models/%zu", &n) == 1)
        answer_models(out, n);
    else if (!strncmp(path, "/call", 5))
        answer_completion(out);
    else
        return false;
    return true;
}

/* The answer kept for a path, made when it is first asked for. */
static const answer *answer_for(const char *path)
{
    int i = 0;
    while (i < CACHED - 1 && cache[i].path[0] && strcmp(cache[i].path, path) != 0)
        i++;
    if (strcmp(cache[i].path, path) != 0) {
        free(cache[i].answer.bytes);
        memset(&cache[i], 0, sizeof cache[i]);
        if (!make(&cache[i].answer, path))
            return NULL;
        snprintf(cache[i].path, sizeof cache[i].path, "%s", path);
    }
    return &cache[i].answer;
}

static void set_timer(long microseconds)
{
    struct timespec t = { microseconds / 1000000, microseconds % 1000000 * 1000 };
    timerfd_settime(paced.timer, 0, &(struct itimerspec){ t, t }, NULL);
}

static void join_paced(connection *c, size_t wanted, size_t chunks, long interval)
{
    c->next = paced.streams;
    paced.streams = c;
    paced.wanted = wanted;
    paced.chunks = chunks;
    paced.interval = interval;
    answer_with(c, &paced.head);
    if (++paced.open < wanted)
        return;
    paced.sent = 0;
    set_timer(interval);
}

static void tick(void)
{
    uint64_t times;
    ssize_t n = read(paced.timer, &times, sizeof times);
    bool over = paced.sent++ == paced.chunks;
    (void)n;
    for (connection *c = paced.streams; c; c = c->next)
        answer_with(c, over ? &paced.end : &paced.chunk);
    if (over) {
        paced.streams = NULL;
        paced.open = 0;
        set_timer(0);
    }
}

/* The path up to what the client appends to its base URL. */
static void respond(connection *c)
{
    char path[64] = "";
    size_t wanted = 1, chunks;
    long interval;
    sscanf(c->request, "%*s %63s", path);
    if (sscanf(path, "/paced/%zu/%ld", &chunks, &interval) == 2 ||
        sscanf(path, "/together/%zu/%zu/%ld", &wanted, &chunks, &interval) == 3) {
        join_paced(c, wanted, chunks, interval);
        return;
    }
    if (sscanf(path, "/file/%zu", &wanted) == 1) {
        file.head.length = 0;
        answer_file(&file.head, &file.block, wanted);
        c->rest = wanted;
        answer_with(c, &file.head);
        return;
    }
    char *rest = strchr(path + 1, '/');
    if (rest && strncmp(path, "/call", 5) != 0)
        rest = strchr(rest + 1, '/');
    if (rest)
        *rest = 0;
    const answer *a = answer_for(path);
    static const answer unknown = { .bytes = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", .length = 45 };
    answer_with(c, a ? a : &unknown);
}

static void hang_up(connection *c)
{
    for (connection **link = &paced.streams; *link; link = &(*link)->next)
        if (*link == c) {
            *link = c->next;
            paced.open--;
            break;
        }
    close(c->fd);
    free(c);
}

static size_t whole_length(connection *c)
{
    c->request[c->read] = 0;
    const char *end = strstr(c->request, "\r\n\r\n");
    if (!end)
        return 0;
    const char *line = strcasestr(c->request, "\r\ncontent-length:");
    return (size_t)(end + 4 - c->request) + (line && line < end ? strtoul(line + 17, NULL, 10) : 0);
}

static void pull(connection *c)
{
    ssize_t n = recv(c->fd, c->request + c->read, REQUEST - 1 - c->read, 0);
    if (n <= 0 && !(n < 0 && errno == EAGAIN)) {
        hang_up(c);
        return;
    }
    c->read += n > 0 ? (size_t)n : 0;
    size_t length = whole_length(c);
    if (!length || c->read < length)
        return;
    c->read = 0;
    respond(c);
}

static void welcome(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
    connection *c = fd < 0 ? NULL : calloc(1, sizeof *c);
    if (!c)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->fd = fd;
    watch(c, EPOLLIN, EPOLL_CTL_ADD);
}

static int open_listener(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 4096) || getsockname(fd, (struct sockaddr *)&address, &size))
        exit(1);
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void allow_many_files(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(void)
{
    static connection listener, timer, input = { .fd = STDIN_FILENO };
    allow_many_files();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    listener.fd = open_listener();
    timer.fd = paced.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    answer_stream_head(&paced.head);
    answer_chunk(&paced.chunk, 1);
    answer_stream_end(&paced.end);
    watch(&listener, EPOLLIN, EPOLL_CTL_ADD);
    watch(&timer, EPOLLIN, EPOLL_CTL_ADD);
    watch(&input, EPOLLIN, EPOLL_CTL_ADD);
    for (;;) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            connection *c = events[i].data.ptr;
            if (c == &input)
                return 0;
            if (c == &listener)
                welcome(listener.fd);
            else if (c == &timer)
                tick();
            else if (events[i].events & EPOLLOUT)
                push(c);
            else
                pull(c);
        }
    }
}
