/* wait.c: waiting for downloads that the platform makes. A failed look is an error, never an early end; "has not begun" and "is
 * done" are told apart. */
#include "flows.h"

#include <stdio.h>

enum { BEGIN_WITHIN = 30 }; /* seconds in which a download that was asked for shows up */

typedef struct watch {
    kz_service *service;
    const char *repo_id;
    bool must_begin;
    int looks;
    double interval;
} watch;

/* Percent over all files: what is on its way counts by its share, what is done as whole. */
static int64_t percent_of(const kz_model_download_status_list *list)
{
    int64_t sum = 0;
    for (size_t i = 0; i < list->n_items; i++)
        sum += kzp_true(list->items[i]->is_downloading) ? list->items[i]->download_percentage.value : 100;
    return list->n_items ? sum / (int64_t)list->n_items : 0;
}

static int check(void *user, void *result, kz_error **error)
{
    watch *w = user;
    const kz_model_download_status_list *list = result;
    const char *current = NULL;
    size_t active = 0;
    for (size_t i = 0; i < list->n_items; i++)
        if (kzp_true(list->items[i]->is_downloading)) {
            current = list->items[i]->name;
            active++;
        }
    if (!list->n_items && w->must_begin) {
        double waited = ++w->looks * (w->interval > 0 ? w->interval : 0.01);
        if (waited < BEGIN_WITHIN)
            return 0;
        kz_error_set(error, KZ_ERROR_STATE, "repo_id", "The platform was asked to download %s but has not begun within %d s.",
            w->repo_id, BEGIN_WITHIN);
        return -1;
    }
    if (list->n_items &&
        !kz_service_progress(w->service, "download", current, "percent", active ? percent_of(list) : 100, 100, error))
        return -1;
    for (size_t i = 0; i < list->n_items; i++)
        if (list->items[i]->download_cancelled_at) {
            kz_error_set(error, KZ_ERROR_STATE, list->items[i]->name, "The download of %s was cancelled on the platform.",
                list->items[i]->name);
            return -1;
        }
    return !active;
}

kz_model_download_status_list *kzp_wait_for_download(
    kz_service *service, const char *repo_id, double interval, double timeout, bool must_begin, kz_error **error)
{
    char what[256];
    watch w = { .service = service, .repo_id = repo_id, .must_begin = must_begin, .interval = interval };
    const kz_models_check_download_params params = { .repo_id = repo_id };
    snprintf(what, sizeof what, "the download of %.200s", repo_id);
    return kz_service_wait(service,
        &(kz_wait){ .op = &kz_models_check_download_op,
            .params = &params,
            .interval = interval,
            .timeout = timeout,
            .check = check,
            .user = &w,
            .what = what },
        error);
}

void *kzp_models_wait_for_download(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_wait_for_download_params *params = arguments;
    double interval = params->polling_interval.state == KZ_SET ? params->polling_interval.value : 2;
    return kzp_wait_for_download(service, params->repo_id, interval, params->timeout.value, false, error);
}
