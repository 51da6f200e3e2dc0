/* loop_turn.c: drives a loop by waiting for it: what is ready is done; with nothing ready, the thread sleeps until something is.
 * Blocking calls and pulled streams run so. */
#include "loop.h"

enum { MAX_CANCEL_FDS = 16 };

static unsigned cancel_fds(const kzi_loop *loop, struct curl_waitfd *fds)
{
    unsigned n = 0;
    for (const kzi_call *call = loop->calls; call; call = call->next) {
        if (call->ended || !call->options || !call->options->cancel)
            continue;
        int fd = call->options->cancel->fd;
        bool known = false;
        for (unsigned i = 0; i < n; i++)
            known |= fds[i].fd == fd;
        if (!known && n < MAX_CANCEL_FDS)
            fds[n++] = (struct curl_waitfd){ .fd = fd, .events = CURL_WAIT_POLLIN };
    }
    return n;
}

/* Whether there is a call to wait for: those that have ended may not have been taken out yet. */
static bool is_live(const kzi_loop *loop)
{
    for (const kzi_call *call = loop->calls; call; call = call->next)
        if (!call->ended)
            return true;
    return false;
}

void kzi_loop_turn(kzi_loop *loop, int64_t limit)
{
    int running;
    loop->changed = false;
    curl_multi_perform(loop->multi, &running); /* before the times: a server whose bytes are here was not silent */
    kzi_loop_read_messages(loop);
    int64_t wait = kzi_loop_check_times(loop);
    if (loop->changed || !is_live(loop))
        return;
    struct curl_waitfd fds[MAX_CANCEL_FDS];
    unsigned n = cancel_fds(loop, fds);
    if (limit >= 0 && (wait < 0 || limit < wait))
        wait = limit;
    if (n == MAX_CANCEL_FDS && (wait < 0 || wait > 100))
        wait = 100; /* more tokens than places: look at them now and then */
    curl_multi_poll(loop->multi, fds, n, wait < 0 || wait > 1000000 ? 1000000 : (int)wait, NULL);
}

void kzi_loop_run(kzi_loop *loop, kzi_call *call)
{
    while (!call->ended)
        kzi_loop_turn(loop, -1);
}
