/* cancel.c: cancel tokens: an atomic flag that calls look at and an eventfd that wakes the loop which waits for one.
 * kz_cancel_now() does nothing that a signal handler may not. */
#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

kz_cancel *kz_cancel_new(kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    kz_cancel *cancel = calloc(1, sizeof *cancel);
    if (!cancel) {
        kz_error_no_memory(error);
        return NULL;
    }
    cancel->owner = getpid();
    cancel->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (cancel->fd < 0) {
        kz_error_set(
            error, KZ_ERROR_STATE, NULL, "No file descriptor is left for a cancel token; close some or raise the limit.");
        free(cancel);
        return NULL;
    }
    return cancel;
}

void kz_cancel_now(kz_cancel *cancel)
{
    if (!cancel)
        return;
    int saved = errno;
    uint64_t one = 1;
    atomic_store(&cancel->set, true);
    /* A child has the parent's eventfd, but a flag of its own: the parent would be woken for nothing, again and again. */
    ssize_t written = getpid() == cancel->owner ? write(cancel->fd, &one, sizeof one) : 0;
    (void)written; /* full means that it is readable already */
    errno = saved;
}

bool kz_cancel_is_set(const kz_cancel *cancel)
{
    return cancel && atomic_load(&((kz_cancel *)(uintptr_t)cancel)->set);
}

void kz_cancel_free(kz_cancel *cancel)
{
    if (!cancel)
        return;
    close(cancel->fd);
    free(cancel);
}
