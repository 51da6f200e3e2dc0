/* hand_many.c: many streams at once on one thread, by hand: curl_multi's socket interface with epoll. */
#include "hand.h"

#include <stdlib.h>
#include <sys/epoll.h>

static int epoll;
static long timeout;

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    struct epoll_event event = { .events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0),
        .data.fd = fd };
    (void)easy;
    if (what == CURL_POLL_REMOVE)
        epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
    else
        epoll_ctl(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(user, fd, what == CURL_POLL_REMOVE ? NULL : user);
    return 0;
}

static int set_timer(CURLM *multi, long ms, void *user)
{
    (void)multi, (void)user;
    timeout = ms;
    return 0;
}

static void run_all(CURLM *multi)
{
    int running = 1, left;
    struct epoll_event events[64];
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    while (running) {
        int n = epoll_wait(epoll, events, 64, (int)timeout);
        for (int i = 0; i < n; i++) {
            int what = (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? CURL_CSELECT_IN : 0) |
                (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
            curl_multi_socket_action(multi, events[i].data.fd, what, &running);
        }
        if (!n || !timeout)
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)))
        if (message->data.result)
            measure_fail("libcurl", curl_easy_strerror(message->data.result));
}

void together(const char *url, size_t n)
{
    CURLM *multi = curl_multi_init();
    transfer **streams = calloc(n, sizeof *streams);
    json_object *request = chat_request(true);
    size_t total = 0;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    measure_begin();
    for (size_t i = 0; i < n; i++) {
        streams[i] = transfer_new(url, "/chat/completions", take_stream);
        set_body(streams[i], request);
        curl_multi_add_handle(multi, streams[i]->easy);
    }
    run_all(multi);
    for (size_t i = 0; i < n; i++)
        total += streams[i]->items;
    measure_end(total);
    for (size_t i = 0; i < n; i++) {
        curl_multi_remove_handle(multi, streams[i]->easy);
        transfer_free(streams[i]);
    }
    curl_multi_cleanup(multi);
    json_object_put(request);
    free(streams);
}
