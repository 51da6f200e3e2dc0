/* positions.h: runs one exchange again and again, with the connection cut, reset or held after every byte of it, either way. Every run
 * ends in time with a whole result or an error of the right class, and the server is never asked twice for what may be done once. */
#ifndef TEST_FAULTS_POSITIONS_H
#define TEST_FAULTS_POSITIONS_H

#include "proxy.h"

#include <kamiwaza/kamiwaza.h>

/* One run: a client of its own, behind the proxy. */
typedef struct Trial {
    kz_client *client;
    kz_call_options options; /* for every call of the run */
    char *url;               /* http://127.0.0.1:PORT of the proxy */
    Proxy *proxy;
    gboolean armed; /* by the exchange itself, once it is where the faults are to begin */
} Trial;

/* True with everything that came checked, or false with the slot filled. */
typedef bool (*TrialRun)(Trial *trial, kz_error **error);

typedef struct Exchange {
    const char *name;
    TrialRun run;
    const char *path; /* of the base URL, "" or "/api" */
    bool once;        /* it is not idempotent */
    bool begins;      /* a stream: once it has begun it is not asked for again */
    bool on_a_loop;   /* of the program's, which goes by the machine's clock */
    bool warms_up;    /* it makes a call before it arms the proxy itself */
    gsize stride;     /* of the positions, 0: 1; of a short test, which looks at fewer */
} Exchange;

/* Arms the proxy for the run at hand: for an exchange that warms up. */
void positions_arm(Trial *trial);
/* Runs the exchange against the server on this port; `settings`: names and values in turn, NULL at the end. Each request of run N,
 * from 1 on, carries the header "X-Request-Id: N" in six digits. Returns what became of each run (g_byte_array_unref()): at N - 1 stands
 * whether it had a result. */
GByteArray *positions_run(const Exchange *exchange, guint16 upstream, const char *const *settings);

#endif
