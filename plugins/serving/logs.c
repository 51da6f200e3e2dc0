/* logs.c: the log of a deployment as a stream: looks again and again, gives each new line once, ends when the capture has ended
 * or nothing came for a while. */
#include "flows.h"

#include <stdlib.h>

typedef struct follower {
    kz_service *service;
    char *deployment_id;
    double interval;
    int64_t max_empty, empty;
    kz_container_log_response *log; /* the last look */
    size_t seen;                    /* lines given so far */
    bool looked, ended;
} follower;

static void follower_free(void *user)
{
    follower *f = user;
    kz_free(f->log);
    free(f->deployment_id);
    free(f);
}

/* A look at the log; sets ended when there is nothing to come. */
static bool look(follower *f, kz_error **error)
{
    if (f->looked && f->interval > 0 && !kz_service_sleep(f->service, f->interval, error))
        return false;
    kz_container_log_response *log = kz_serving_get_logs(
        (kz_serving *)f->service, &(kz_serving_get_logs_params){ .deployment_id = f->deployment_id }, error);
    if (!log)
        return false;
    kz_free(f->log);
    f->log = log;
    f->looked = true;
    if (log->n_logs < f->seen)
        f->seen = 0; /* the log began anew */
    bool news = log->n_logs > f->seen;
    f->empty = news ? 0 : f->empty + 1;
    f->ended = (!news && !log->capture_active.value) || (f->max_empty && f->empty >= f->max_empty);
    return true;
}

static void *next(void *user, kz_error **error)
{
    follower *f = user;
    while (!f->log || f->seen >= f->log->n_logs) {
        if (f->ended || !look(f, error))
            return NULL;
    }
    const char *line = f->log->logs[f->seen++];
    kz_string_value *item = kz_result_new(&kz_schema_string_value, sizeof *item, error);
    if (!item)
        return NULL;
    item->value = kz_result_string(item, line ? line : "", line ? kz_string_length(line) : 0, error);
    if (item->value)
        return item;
    kz_free(item);
    return NULL;
}

void *kzp_serving_follow_logs(kz_service *service, const void *arguments, kz_error **error)
{
    static const kz_stream_source source = { .next = next, .free = follower_free };
    const kz_serving_follow_logs_params *params = arguments;
    follower *f = calloc(1, sizeof *f);
    if (!f || !(f->deployment_id = strdup(params->deployment_id))) {
        free(f);
        kz_error_no_memory(error);
        return NULL;
    }
    f->service = service;
    f->interval = params->poll_interval.state == KZ_SET ? params->poll_interval.value : 2;
    f->max_empty = params->max_empty_polls.state == KZ_UNSET ? 10 : params->max_empty_polls.value;
    kz_stream *stream = kz_stream_new(service, &source, f, error);
    if (!stream)
        follower_free(f);
    return stream;
}
