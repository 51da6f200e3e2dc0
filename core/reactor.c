/* reactor.c: the loop that the program drives. All that libcurl waits for, the calls' times and wake-ups from other threads
 * meet in one epoll descriptor, so that any loop of a program can watch it; kz_loop_dispatch() does what is ready, in time
 * proportional to that and not to the number of calls. */
#include "reactor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { EVENTS = 64, ROUNDS = 16 };

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    kz_loop *loop = user;
    struct epoll_event event = { .data.fd = fd };
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    if (!known)
        curl_multi_assign(loop->inner->multi, fd, loop);
    bool fine = !epoll_ctl(loop->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) ||
        (errno == EEXIST && !epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event));
    if (!fine)
        loop->blind = errno; /* nothing would ever be heard from this socket */
    return 0;
}

static int set_timer(CURLM *multi, long ms, void *user)
{
    kz_loop *loop = user;
    (void)multi;
    loop->curl_due = ms < 0 ? -1 : kzi_now_ms() + ms;
    return 0;
}

void kzi_reactor_wake(kz_loop *loop)
{
    int saved = errno;
    uint64_t one = 1;
    atomic_store(&loop->woken, true);
    ssize_t written = write(loop->wake, &one, sizeof one);
    (void)written; /* full means that it is readable already */
    errno = saved;
}

void kzi_loops_wake(kz_client *client)
{
    pthread_mutex_lock(&client->loops_lock);
    for (kz_loop *loop = client->loops; loop; loop = loop->next)
        kzi_reactor_wake(loop);
    pthread_mutex_unlock(&client->loops_lock);
}

static bool watch_fd(kz_loop *loop, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    return fd >= 0 && !epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
}

static kzi_token *token_of(kz_loop *loop, const kz_cancel *cancel)
{
    for (size_t i = 0; i < loop->n_tokens; i++)
        if (loop->tokens[i].cancel == cancel)
            return &loop->tokens[i];
    return NULL;
}

bool kzi_reactor_watch(kz_loop *loop, kz_cancel *cancel)
{
    kzi_token *token = cancel ? token_of(loop, cancel) : NULL;
    if (!cancel)
        return true;
    if (!token) {
        kzi_token *more = realloc(loop->tokens, (loop->n_tokens + 1) * sizeof *more);
        if (!more)
            return false;
        loop->tokens = more;
        token = &more[loop->n_tokens];
        *token = (kzi_token){ .cancel = cancel, .watched = watch_fd(loop, cancel->fd) };
        if (!token->watched)
            return false;
        loop->n_tokens++;
    }
    token->calls++;
    return true;
}

static void forget_fd(kz_loop *loop, kzi_token *token)
{
    if (token->watched)
        epoll_ctl(loop->epoll, EPOLL_CTL_DEL, token->cancel->fd, NULL);
    token->watched = false;
}

void kzi_reactor_unwatch(kz_loop *loop, kz_cancel *cancel)
{
    kzi_token *token = cancel ? token_of(loop, cancel) : NULL;
    if (!token || --token->calls)
        return;
    forget_fd(loop, token);
    *token = loop->tokens[--loop->n_tokens];
}

/* Lets libcurl work on one socket or its timers. What it had no memory for would never come: those calls end. */
static void act(kz_loop *loop, curl_socket_t fd, int flags)
{
    int running;
    CURLMcode code = curl_multi_socket_action(loop->inner->multi, fd, flags, &running);
    loop->starved |= code != CURLM_OK && code != CURLM_BAD_SOCKET;
}

/* True when the event was a token's: the calls that carry it are due at once. */
static bool take_token(kz_loop *loop, int fd)
{
    for (size_t i = 0; i < loop->n_tokens; i++)
        if (loop->tokens[i].cancel->fd == fd) {
            forget_fd(loop, &loop->tokens[i]); /* it stays readable for ever */
            loop->inner->next_due = 1;
            return true;
        }
    return false;
}

static void take_event(kz_loop *loop, const struct epoll_event *event)
{
    int fd = event->data.fd;
    uint64_t count;
    if (fd == loop->wake || fd == loop->timer) {
        ssize_t n = read(fd, &count, sizeof count);
        (void)n;
        if (fd == loop->timer)
            loop->armed = 0;
        return;
    }
    if (loop->n_tokens && take_token(loop, fd))
        return;
    int flags = (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? CURL_CSELECT_IN : 0) |
        (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) | (event->events & EPOLLERR ? CURL_CSELECT_ERR : 0);
    act(loop, fd, flags);
}

static void drive_timers(kz_loop *loop)
{
    if (loop->curl_due < 0 || loop->curl_due > kzi_now_ms())
        return;
    loop->curl_due = -1;
    act(loop, CURL_SOCKET_TIMEOUT, 0);
}

static void drive(kz_loop *loop)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(loop->epoll, events, EVENTS, 0);
    for (int i = 0; i < n; i++)
        take_event(loop, &events[i]);
    drive_timers(loop);
}

/* The timer is only ever set to something earlier: a wake-up too many costs less than setting it for every byte. */
static void arm(kz_loop *loop)
{
    int64_t due = loop->inner->next_due;
    if (loop->curl_due >= 0 && (!due || loop->curl_due < due))
        due = loop->curl_due;
    if (loop->ready)
        due = 1;
    if (!due || (loop->armed && loop->armed <= due))
        return;
    loop->armed = due;
    const struct itimerspec when = { .it_value = { due / 1000, due % 1000 * 1000000 } };
    timerfd_settime(loop->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Ends the calls that could wait for ever, since it is not known which of them it is. */
static void end_starved(kz_loop *loop)
{
    if (!loop->starved && !loop->blind)
        return;
    for (kzi_call *call = loop->inner->calls; call; call = call->next) {
        kz_error *error = NULL;
        if (call->ended || !call->running)
            continue;
        if (loop->starved || loop->blind == ENOMEM)
            kz_error_no_memory(&error);
        else
            kzi_call_error(
                call, &error, KZ_ERROR_STATE, "The loop cannot watch another connection: %s.", strerrordesc_np(loop->blind));
        kzi_call_fail(call, &error);
    }
    loop->starved = false;
    loop->blind = 0;
}

/* What ends at once, such as a connection that is refused, would not be heard of by its socket: the messages are read here too. */
void kzi_reactor_kick(kz_loop *loop)
{
    if (loop->dispatching)
        return;
    drive_timers(loop);
    end_starved(loop);
    kzi_loop_read_messages(loop->inner);
    arm(loop);
}

static void round_of(kz_loop *loop)
{
    loop->inner->changed = false;
    drive(loop);
    end_starved(loop);
    if (atomic_exchange(&loop->woken, false)) {
        kzi_pending_collect_cancelled(loop, atomic_load(&loop->client->closing));
        loop->inner->next_due = 1;
    }
    if (loop->inner->next_due && loop->inner->next_due <= kzi_now_ms())
        kzi_loop_check_times(loop->inner);
    kzi_loop_read_messages(loop->inner);
    kzi_pending_deliver(loop);
}

size_t kz_loop_dispatch(kz_loop *loop)
{
    if (!loop)
        return 0;
    if (loop->dispatching || !kzi_client_usable(loop->client, NULL))
        return loop->n_pendings;
    loop->dispatching = true;
    for (int i = 0; i < ROUNDS; i++) {
        round_of(loop);
        if (!loop->inner->changed && !loop->ready && (loop->curl_due < 0 || loop->curl_due > kzi_now_ms()))
            break;
    }
    arm(loop);
    loop->dispatching = false;
    return loop->n_pendings;
}

size_t kz_loop_wait(kz_loop *loop, double seconds)
{
    if (!loop)
        return 0;
    struct pollfd fd = { .fd = loop->epoll, .events = POLLIN };
    poll(&fd, 1, seconds < 0 || seconds > 1e6 ? -1 : (int)(seconds * 1000 + 0.5));
    return kz_loop_dispatch(loop);
}

int kz_loop_fd(const kz_loop *loop)
{
    return loop ? loop->epoll : -1;
}

static bool open_fds(kz_loop *loop, kz_error **error)
{
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    loop->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->epoll >= 0 && watch_fd(loop, loop->timer) && watch_fd(loop, loop->wake))
        return true;
    return kz_error_set(error, KZ_ERROR_STATE, NULL,
        "A loop cannot be made: %s. It takes three file descriptors; close some or raise the limit.", strerrordesc_np(errno));
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

kz_loop *kz_loop_new(kz_client *client, kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    if (!client) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "client", "A loop needs a client.");
        return NULL;
    }
    if (!kzi_client_usable(client, error))
        return NULL;
    kz_loop *loop = calloc(1, sizeof *loop);
    if (!loop || !(loop->inner = kzi_loop_new(client))) {
        free(loop);
        kz_error_no_memory(error);
        return NULL;
    }
    atomic_init(&loop->refs, 1);
    loop->epoll = loop->timer = loop->wake = -1;
    loop->curl_due = -1;
    loop->inner->shared = true;
    loop->inner->reactor = loop;
    loop->client = kzi_client_hold(client);
    curl_multi_setopt(loop->inner->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(loop->inner->multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(loop->inner->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(loop->inner->multi, CURLMOPT_TIMERDATA, loop);
    pthread_mutex_lock(&client->loops_lock);
    loop->next = client->loops;
    client->loops = loop;
    pthread_mutex_unlock(&client->loops_lock);
    if (open_fds(loop, error))
        return loop;
    kz_loop_free(loop);
    return NULL;
}

static void leave_client(kz_loop *loop)
{
    kz_client *client = loop->client;
    pthread_mutex_lock(&client->loops_lock);
    kz_loop **link = &client->loops;
    while (*link != loop)
        link = &(*link)->next;
    *link = loop->next;
    pthread_mutex_unlock(&client->loops_lock);
}

void kzi_reactor_unref(kz_loop *loop)
{
    if (atomic_fetch_sub(&loop->refs, 1) != 1)
        return;
    close_fd(&loop->wake);
    free(loop);
}

void kz_loop_free(kz_loop *loop)
{
    if (!loop || !loop->inner || loop->dispatching)
        return;
    bool inherited = !kzi_client_usable(loop->client, NULL);
    if (inherited)
        return; /* a child must not touch what its parent waits for */
    loop->dispatching = true;
    while (loop->pendings) { /* their callbacks may start others */
        kzi_pending_collect_cancelled(loop, true);
        kzi_loop_check_times(loop->inner);
        kzi_pending_deliver(loop);
    }
    leave_client(loop);
    kzi_loop_free(loop->inner);
    loop->inner = NULL;
    kzi_client_drop(loop->client);
    loop->client = NULL;
    free(loop->tokens);
    close_fd(&loop->epoll);
    close_fd(&loop->timer);
    kzi_reactor_unref(loop);
}
