/* loads.h: counts what the log says of plugins: those that were loaded and the services that were made, by name. */
#ifndef TEST_TRANSPORT_LOADS_H
#define TEST_TRANSPORT_LOADS_H

#include <kamiwaza/log.h>
#include <pthread.h>

typedef struct Loads {
    pthread_mutex_t lock;
    char names[32][64]; /* "the plugin is loaded: models" */
    int times[32], n;
} Loads;
#define LOADS                             \
    {                                     \
        .lock = PTHREAD_MUTEX_INITIALIZER \
    }

/* For kz_config_set_log(), with KZ_LOG_DEBUG; `user` is the counts. Any thread. */
void loads_note(const kz_log_record *record, void *user);
/* So many services were made by each of so many clients, and their plugins loaded once, and others. */
void loads_check(const Loads *loads, int clients, int services, int others);

#endif
