/* poll.c: waiting for what a server does at its leisure: batches, fine-tuning jobs, files that are taken into a vector store,
 * videos. One loop of questions for all of them; the engine owns it. */
#include "openai-tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_INTERVAL = 5, USUAL_FILE_TIMEOUT = 1800 };

/* One kind of thing that ends. */
typedef struct kind {
    const kz_op_ref *op;
    const char *name;
    const char *good[4]; /* states that it ends well in */
    const char *bad[5];
    const char *counts;    /* the member that counts what is done, or NULL */
    const char *completed; /* within it */
    const char *unit;
} kind;

static const kind batch = { &kz_openai_batches_retrieve_op, "batch", { "completed" }, { "failed", "expired", "cancelled" },
    "request_counts", "completed", "requests" };
static const kind job = { &kz_openai_fine_tuning_jobs_retrieve_op, "fine-tuning job", { "succeeded" }, { "failed", "cancelled" },
    NULL, NULL, "polls" };
static const kind upload = { &kz_openai_files_retrieve_op, "file", { "processed" }, { "error", "deleted" }, NULL, NULL, "polls" };
static const kind store_file = { &kz_openai_vector_stores_files_retrieve_op, "file", { "completed" }, { "failed", "cancelled" },
    NULL, NULL, "polls" };
static const kind store_batch = { &kz_openai_vector_stores_file_batches_retrieve_op, "batch of files", { "completed" },
    { "failed", "cancelled" }, "file_counts", "completed", "files" };
static const kind video = { &kz_openai_videos_retrieve_op, "video", { "completed" }, { "failed" }, NULL, "progress", "percent" };

typedef struct watch {
    kz_service *service;
    const kind *kind;
    const char *id;
    int64_t looks;
} watch;

/* A string of some JSON into `out`, as it stands there; "" where it is none. */
static void word_of(kz_json json, const char *name, char *out, size_t size)
{
    kz_json value = kz_json_member(json, name);
    *out = 0;
    if (value.length >= 2 && *value.text == '"')
        snprintf(out, size, "%.*s", (int)value.length - 2, value.text + 1);
}

static int64_t number_of(kz_json json, const char *name)
{
    char digits[24] = "";
    kz_json value = json.text ? kz_json_member(json, name) : (kz_json){ 0 };
    if (!value.text || value.length >= sizeof digits)
        return -1;
    memcpy(digits, value.text, value.length);
    return strtoll(digits, NULL, 10);
}

static bool is_among(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n && words[i]; i++)
        if (!strcmp(words[i], word))
            return true;
    return false;
}

/* What the server says of a failure, in the places where servers say it. */
static void reason_of(kz_json json, char *out, size_t size)
{
    static const char *const places[] = { "error", "last_error" };
    *out = 0;
    for (size_t i = 0; i < 2 && !*out; i++) {
        kz_json error = kz_json_member(json, places[i]);
        if (error.length && *error.text == '{')
            word_of(error, "message", out, size);
    }
    kz_json list = kz_json_member(kz_json_member(json, "errors"), "data");
    const char *first = list.text && !*out ? memchr(list.text, '{', list.length) : NULL;
    if (first) /* a batch has several; the first one tells */
        word_of((kz_json){ first, (size_t)(list.text + list.length - first) }, "message", out, size);
    if (!*out)
        word_of(json, "status_details", out, size);
}

static bool report(watch *w, kz_json json, const char *status, kz_error **error)
{
    const kind *k = w->kind;
    kz_json counts = k->counts ? kz_json_member(json, k->counts) : json;
    int64_t done = k->completed ? number_of(counts, k->completed) : ++w->looks;
    int64_t total = k->counts ? number_of(counts, "total") : k->completed ? 100 : -1;
    return kz_service_progress(w->service, k->name, status, k->unit, done < 0 ? 0 : done, total, error);
}

static int check(void *user, void *result, kz_error **error)
{
    watch *w = user;
    char status[64], why[512];
    kz_json json = kz_json_of(result);
    word_of(json, "status", status, sizeof status);
    if (!report(w, json, status, error))
        return -1;
    if (is_among(status, w->kind->good, 4))
        return 1;
    if (!is_among(status, w->kind->bad, 5))
        return 0;
    reason_of(json, why, sizeof why);
    kz_error_set(
        error, KZ_ERROR_STATE, "status", "The %s %s ended as %s%s%s.", w->kind->name, w->id, status, *why ? ": " : "", why);
    return -1;
}

static void *poll(kz_service *service, const kind *k, const void *params, const char *id, kz_opt_number interval,
    kz_opt_number timeout, kz_error **error)
{
    char what[160];
    watch w = { .service = service, .kind = k, .id = id };
    snprintf(what, sizeof what, "the %s %.100s", k->name, id);
    return kz_service_wait(service,
        &(kz_wait){ .op = k->op,
            .params = params,
            .interval = interval.state == KZ_SET ? interval.value : USUAL_INTERVAL,
            .timeout = timeout.state == KZ_SET ? timeout.value : 0,
            .check = check,
            .user = &w,
            .what = what },
        error);
}

void *kzp_openai_batches_poll(kz_service *service, const void *params, kz_error **error)
{
    const kz_openai_batches_poll_params *p = params;
    const kz_openai_batches_retrieve_params get = { .batch_id = p->batch_id };
    return poll(service, &batch, &get, p->batch_id, p->poll_interval, p->timeout, error);
}

void *kzp_openai_fine_tuning_jobs_poll(kz_service *service, const void *params, kz_error **error)
{
    const kz_openai_fine_tuning_jobs_poll_params *p = params;
    const kz_openai_fine_tuning_jobs_retrieve_params get = { .fine_tuning_job_id = p->fine_tuning_job_id };
    return poll(service, &job, &get, p->fine_tuning_job_id, p->poll_interval, p->timeout, error);
}

void *kzp_openai_files_wait_for_processing(kz_service *service, const void *params, kz_error **error)
{
    const kz_openai_files_wait_for_processing_params *p = params;
    const kz_openai_files_retrieve_params get = { .file_id = p->file_id };
    kz_opt_number timeout = p->timeout.state == KZ_SET ? p->timeout : KZ_NUMBER(USUAL_FILE_TIMEOUT);
    return poll(service, &upload, &get, p->file_id, p->poll_interval, timeout, error);
}

static void *poll_file(
    kz_service *service, const char *store, const char *file, kz_opt_number interval, kz_opt_number timeout, kz_error **error)
{
    const kz_openai_vector_stores_files_retrieve_params get = { .vector_store_id = store, .file_id = file };
    return poll(service, &store_file, &get, file, interval, timeout, error);
}

/* Adds a file to a vector store, then waits for it. */
static void *add_file(kz_service *service, const char *store, const char *file, kz_json attributes, kz_opt_number interval,
    kz_opt_number timeout, kz_error **error)
{
    kz_openai_vector_store_file_object *added = kz_openai_vector_stores_files_create((kz_openai *)service,
        &(kz_openai_vector_stores_files_create_params){ .vector_store_id = store, .file_id = file, .attributes = attributes },
        error);
    if (!added)
        return NULL;
    kz_free(added);
    return poll_file(service, store, file, interval, timeout, error);
}

void *kzp_openai_vector_stores_files_poll(kz_service *service, const void *params, kz_error **error)
{
    const kz_openai_vector_stores_files_poll_params *p = params;
    return poll_file(service, p->vector_store_id, p->file_id, p->poll_interval, p->timeout, error);
}

void *kzp_openai_vector_stores_files_create_and_poll(kz_service *service, const void *params, kz_error **error)
{
    const kz_openai_vector_stores_files_create_and_poll_params *p = params;
    return add_file(service, p->vector_store_id, p->file_id, p->attributes, p->poll_interval, p->timeout, error);
}

void *kzp_openai_vector_stores_files_upload_and_poll(kz_service *service, const void *params, kz_error **error)
{
    const kz_openai_vector_stores_files_upload_and_poll_params *p = params;
    kz_openai_open_ai_file *file = kz_openai_files_create(
        (kz_openai *)service, &(kz_openai_files_create_params){ .file = p->file, .purpose = "assistants" }, error);
    if (!file)
        return NULL;
    void *added = NULL;
    if (file->id)
        added = add_file(service, p->vector_store_id, file->id, p->attributes, p->poll_interval, p->timeout, error);
    else
        kz_error_set(error, KZ_ERROR_DECODE, "id", "The server took the file and did not say under which identifier.");
    kz_free(file);
    return added;
}

static void *poll_batch(
    kz_service *service, const char *store, const char *id, kz_opt_number interval, kz_opt_number timeout, kz_error **error)
{
    const kz_openai_vector_stores_file_batches_retrieve_params get = { .vector_store_id = store, .batch_id = id };
    return poll(service, &store_batch, &get, id, interval, timeout, error);
}

void *kzp_openai_vector_stores_file_batches_poll(kz_service *service, const void *params, kz_error **error)
{
    const kz_openai_vector_stores_file_batches_poll_params *p = params;
    return poll_batch(service, p->vector_store_id, p->batch_id, p->poll_interval, p->timeout, error);
}

void *kzp_openai_vector_stores_file_batches_create_and_poll(kz_service *service, const void *params, kz_error **error)
{
    const kz_openai_vector_stores_file_batches_create_and_poll_params *p = params;
    kz_openai_vector_store_file_batch_object *made = kz_openai_vector_stores_file_batches_create((kz_openai *)service,
        &(kz_openai_vector_stores_file_batches_create_params){ .vector_store_id = p->vector_store_id,
            .file_ids = p->file_ids,
            .n_file_ids = p->n_file_ids,
            .attributes = p->attributes },
        error);
    if (!made)
        return NULL;
    void *done = NULL;
    if (made->id)
        done = poll_batch(service, p->vector_store_id, made->id, p->poll_interval, p->timeout, error);
    else
        kz_error_set(error, KZ_ERROR_DECODE, "id", "The server took the batch and did not say under which identifier.");
    kz_free(made);
    return done;
}

void *kzp_openai_videos_poll(kz_service *service, const void *params, kz_error **error)
{
    const kz_openai_videos_poll_params *p = params;
    const kz_openai_videos_retrieve_params get = { .video_id = p->video_id };
    return poll(service, &video, &get, p->video_id, p->poll_interval, p->timeout, error);
}
