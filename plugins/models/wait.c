/* wait.c: waiting for downloads that the platform makes. A failed look is an error, never an early end; "has not begun", "is
 * done" and "stopped short" are told apart. */
#include "flows.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

enum { BEGIN_WITHIN = 30 }; /* seconds in which a download that was asked for shows up */

/* One file that is waited for: by its identifier where the platform told it, else by its name. */
typedef struct target {
    const char *id, *name;
    bool seen; /* it was on its way */
} target;

typedef struct watch {
    kz_service *service;
    const char *repo_id;
    target *targets; /* NULL: whatever is on its way now */
    size_t n_targets;
    int idle_looks; /* in a row without anything on its way */
    double interval;
} watch;

/* Percent over all files: what is on its way counts by its share, what is done as whole. */
static int64_t percent_of(const kz_model_download_status_list *list)
{
    int64_t sum = 0;
    for (size_t i = 0; i < list->n_items; i++)
        sum += kzp_true(list->items[i]->is_downloading) ? list->items[i]->download_percentage.value
            : kzp_true(list->items[i]->download)        ? 100
                                                        : 0;
    return list->n_items ? sum / (int64_t)list->n_items : 0;
}

static const kz_model_download_status *status_of(const kz_model_download_status_list *list, const target *t)
{
    for (size_t i = 0; i < list->n_items; i++) {
        const kz_model_download_status *status = list->items[i];
        if (t->id ? status->id && !strcmp(status->id, t->id) : status->name && !strcmp(status->name, t->name))
            return status;
    }
    return NULL;
}

/* It was cancelled, and not asked for anew since. */
static bool is_cancelled(const kz_model_download_status *status)
{
    return status->download_cancelled_at && !kzp_true(status->is_downloading) && !kzp_true(status->download) &&
        (!status->dl_requested_at || strcmp(status->download_cancelled_at, status->dl_requested_at) >= 0);
}

/* Positive: whole; 0: not yet; negative with the slot filled: it will not come. */
static int look_at(target *t, const kz_model_download_status *status, kz_error **error)
{
    if (!status)
        return 0;
    if (kzp_true(status->is_downloading))
        t->seen = true;
    else if (kzp_true(status->download))
        return 1;
    else if (t->seen || is_cancelled(status)) {
        kz_error_set(error, KZ_ERROR_STATE, status->name, "The download of %s %s at %lld %% on the platform.", status->name,
            is_cancelled(status) ? "was cancelled" : "stopped", (long long)status->download_percentage.value);
        return -1;
    }
    return 0;
}

static int check_targets(watch *w, const kz_model_download_status_list *list, size_t active, kz_error **error)
{
    size_t whole = 0;
    for (size_t i = 0; i < w->n_targets; i++) {
        int state = look_at(&w->targets[i], status_of(list, &w->targets[i]), error);
        if (state < 0)
            return -1;
        whole += (size_t)state;
    }
    if (whole == w->n_targets)
        return 1;
    w->idle_looks = active ? 0 : w->idle_looks + 1;
    if (w->idle_looks * (w->interval > 0 ? w->interval : 0.01) < BEGIN_WITHIN)
        return 0;
    kz_error_set(error, KZ_ERROR_STATE, "repo_id",
        "The platform was asked to download %s but for %d s has not begun with %zu of %zu files.", w->repo_id, BEGIN_WITHIN,
        w->n_targets - whole, w->n_targets);
    return -1;
}

static int check(void *user, void *result, kz_error **error)
{
    watch *w = user;
    const kz_model_download_status_list *list = result;
    const char *current = NULL;
    size_t active = 0;
    for (size_t i = 0; i < list->n_items; i++) {
        const kz_model_download_status *status = list->items[i];
        if (!w->targets && is_cancelled(status)) {
            kz_error_set(error, KZ_ERROR_STATE, status->name, "The download of %s was cancelled on the platform.", status->name);
            return -1;
        }
        if (kzp_true(status->is_downloading)) {
            current = status->name;
            active++;
        }
    }
    if (list->n_items && !kz_service_progress(w->service, "download", current, "percent", percent_of(list), 100, error))
        return -1;
    return w->targets ? check_targets(w, list, active, error) : !active;
}

static kz_model_download_status_list *run(watch *w, double timeout, kz_error **error)
{
    char what[256];
    const kz_models_check_download_params params = { .repo_id = w->repo_id };
    snprintf(what, sizeof what, "the download of %.200s", w->repo_id);
    return kz_service_wait(w->service,
        &(kz_wait){ .op = &kz_models_check_download_op,
            .params = &params,
            .interval = w->interval,
            .timeout = timeout,
            .check = check,
            .user = w,
            .what = what },
        error);
}

/* The identifiers that the platform gave the files it fetches; the tree owns them. */
static size_t told_ids(struct json_object *answer, target *targets, size_t room)
{
    struct json_object *ids = NULL;
    size_t n = 0;
    if (!json_object_object_get_ex(answer, "files", &ids) || !json_object_is_type(ids, json_type_array))
        return 0;
    for (size_t i = 0; i < json_object_array_length(ids) && n < room; i++)
        if (json_object_is_type(json_object_array_get_idx(ids, i), json_type_string))
            targets[n++].id = json_object_get_string(json_object_array_get_idx(ids, i));
    return n;
}

bool kzp_wait_for_begun(
    kz_service *service, const kz_initiated_download *begun, double interval, double timeout, kz_error **error)
{
    watch w = { .service = service, .repo_id = begun->model->repo_modelId, .interval = interval };
    if (*error || !begun->download_request.text)
        return !*error;
    struct json_object *answer = kz_json_tree(begun->result, error);
    w.targets = kz_result_memory((void *)begun, (begun->n_files + 1) * sizeof *w.targets, error);
    if (w.targets)
        w.n_targets = told_ids(answer, w.targets, begun->n_files);
    for (size_t i = 0; w.targets && !w.targets[0].id && i < begun->n_files; i++)
        if (begun->files[i]->name && !kzp_true(begun->files[i]->download))
            w.targets[w.n_targets++].name = begun->files[i]->name;
    kz_model_download_status_list *list = *error ? NULL : run(&w, timeout, error);
    json_object_put(answer);
    kz_free(list);
    return !*error;
}

void *kzp_models_wait_for_download(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_wait_for_download_params *params = arguments;
    watch w = { .service = service,
        .repo_id = params->repo_id,
        .interval = params->polling_interval.state == KZ_SET ? params->polling_interval.value : 2 };
    return run(&w, params->timeout.value, error);
}
