/* hosts.c: how many requests are under way to one host at once (setting max_host_calls). Those beyond the limit wait in the
 * order they came; none is passed over. */
#include "loop.h"

#include <stdlib.h>
#include <string.h>

struct kzi_host {
    int64_t active;
    kzi_call *first, *last; /* waiting, chained by queue_next */
    kzi_host *next;
    size_t length;
    char origin[];
};

/* scheme://host:port */
static size_t origin_length(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?#") : strlen(url);
}

static kzi_host *host_of(kzi_loop *loop, const char *url)
{
    size_t length = origin_length(url);
    for (kzi_host *host = loop->hosts; host; host = host->next)
        if (host->length == length && !memcmp(host->origin, url, length))
            return host;
    kzi_host *host = calloc(1, sizeof *host + length + 1);
    if (!host)
        return NULL; /* no limit is kept then */
    memcpy(host->origin, url, length);
    host->length = length;
    host->next = loop->hosts;
    loop->hosts = host;
    return host;
}

bool kzi_host_enter(kzi_loop *loop, kzi_call *call)
{
    int64_t limit = loop->client->settings->max_host_calls;
    kzi_host *host = limit && loop->shared ? host_of(loop, call->url.data) : NULL;
    if (!host)
        return true;
    call->host = host;
    if (host->active < limit) {
        host->active++;
        return true;
    }
    call->queued = true;
    call->queue_next = NULL;
    *(host->first ? &host->last->queue_next : &host->first) = call;
    host->last = call;
    return false;
}

static void leave_queue(kzi_host *host, kzi_call *call)
{
    kzi_call **link = &host->first, *before = NULL;
    while (*link != call) {
        before = *link;
        link = &before->queue_next;
    }
    *link = call->queue_next;
    if (host->last == call)
        host->last = before;
    call->queued = false;
}

kzi_call *kzi_host_leave(kzi_loop *loop, kzi_call *call)
{
    kzi_host *host = call->host;
    (void)loop;
    call->host = NULL;
    if (!host)
        return NULL;
    if (call->queued) {
        leave_queue(host, call);
        return NULL;
    }
    kzi_call *turn = host->first;
    if (turn)
        leave_queue(host, turn);
    else
        host->active--;
    return turn;
}

void kzi_hosts_free(kzi_loop *loop)
{
    while (loop->hosts) {
        kzi_host *host = loop->hosts;
        loop->hosts = host->next;
        free(host);
    }
}
