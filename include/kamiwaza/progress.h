/* progress.h: how far a long step is. A program gives a callback in its call options. */
#ifndef KAMIWAZA_PROGRESS_H
#define KAMIWAZA_PROGRESS_H

#include <kamiwaza/base.h>

KZ_BEGIN_DECLS

typedef struct kz_progress {
    const char *phase;    /* "search", "download", "deploy", "upload": what is going on */
    const char *item;     /* the file or object concerned, or NULL */
    const char *unit;     /* "bytes", "percent", "polls" */
    int64_t done;         /* in units */
    int64_t total;        /* in units, -1 when unknown */
    double rate;          /* units per second, 0 when unknown */
    int64_t remaining_ms; /* time left, -1 when unknown */
    int64_t elapsed_ms;   /* since the step began */
} kz_progress;

/* Called on the calling thread, at most every 100 ms and at the end of each phase. Returning false cancels the call. */
typedef bool (*kz_progress_fn)(const kz_progress *progress, void *user);

KZ_END_DECLS
#endif
