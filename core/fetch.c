/* fetch.c: files from a server to this machine: several at once on one loop, constant memory, a temporary name until whole,
 * resumed after a cut. A partial file goes on only when the server still has the same version of it (its strong ETag is kept
 * beside the part). */
#include "header.h"
#include "part.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct job {
    kz_transfer *transfer;
    kzi_call call;
    kzi_part part;
    struct batch *batch;
    bool restarted; /* the server refused to go on from where we were */
    bool active;
} job;

typedef struct batch {
    kz_service *service;
    kzi_loop *loop;
    job *jobs;
    size_t n_jobs;
    const char *phase;
    kz_error *stop; /* the program ended it all */
} batch;

/* Headers of the attempt at hand: where to go on, and the program's own unless another origin answers now. */
static bool attempt(kzi_call *call)
{
    job *j = call->user;
    char range[64];
    bool fine = true;
    curl_slist_free_all(call->headers);
    call->headers = NULL;
    for (size_t i = 0; fine && !call->foreign && i < j->transfer->n_headers; i++)
        fine = kzi_header_put(&call->headers, j->transfer->headers[i].key, j->transfer->headers[i].value);
    if (fine && j->part.offset > 0 && !j->part.tag) /* nothing says that the server has the same file still */
        fine = kzi_part_restart(&j->part, j->transfer, &call->error);
    if (fine && j->part.offset > 0) {
        snprintf(range, sizeof range, "bytes=%lld-", (long long)j->part.offset);
        fine = kzi_header_put(&call->headers, "Range", range) && kzi_header_put(&call->headers, "If-Range", j->part.tag);
    }
    return fine;
}

static bool begin(void *user, kzi_call *call)
{
    job *j = user;
    curl_off_t length = -1;
    curl_easy_getinfo(call->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (call->status == 206 && call->range_start != j->part.offset)
        return kzi_call_error(
            call, &call->error, KZ_ERROR_CONNECTION, "The server sends another part of the file than was asked for.");
    if (call->status == 206 && j->part.tag && call->etag && strcmp(call->etag, j->part.tag) != 0) {
        kzi_part_restart(&j->part, j->transfer, &call->error);
        return kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION, "The server sends a part of another version of the file.");
    }
    if (call->status != 206 && !kzi_part_restart(&j->part, j->transfer, &call->error))
        return false;
    int64_t whole = length < 0 ? -1 : length + j->part.offset;
    if (j->transfer->size >= 0 && whole >= 0 && whole != j->transfer->size)
        return kzi_call_error(call, &call->error, KZ_ERROR_DECODE,
            "The file has %lld bytes on the server, not %lld as announced.", (long long)whole, (long long)j->transfer->size);
    return kzi_part_remember(&j->part, call->etag, &call->error);
}

static bool report(batch *b, const job *current)
{
    int64_t done = 0, total = 0;
    for (size_t i = 0; i < b->n_jobs; i++) {
        const job *j = &b->jobs[i];
        done += j->part.offset;
        total = total < 0 || j->transfer->size < 0 ? -1 : total + j->transfer->size;
    }
    return kz_service_progress(b->service, b->phase, current->transfer->path, "bytes", done, total, &b->stop);
}

static int take_bytes(void *user, kzi_call *call, const char *data, size_t length)
{
    job *j = user;
    if (j->transfer->size >= 0 && j->part.offset + (int64_t)length > j->transfer->size) {
        kzi_call_error(call, &call->error, KZ_ERROR_DECODE, "The server sends more than the %lld bytes the file should have.",
            (long long)j->transfer->size);
        return KZI_SINK_FAIL;
    }
    if (!kzi_part_write(&j->part, j->transfer, data, length, &call->error))
        return KZI_SINK_FAIL;
    if (report(j->batch, j))
        return KZI_SINK_OK;
    kz_error_set(&call->error, KZ_ERROR_CANCELLED, NULL, "The download was ended.");
    return KZI_SINK_FAIL;
}

static bool prepare(job *j, kz_error **error)
{
    kz_service *service = j->batch->service;
    kzi_call *call = &j->call;
    *call = (kzi_call){ .client = kzi_client_hold(service->instance->client),
        .options = kzi_options_ref(service->options),
        .method = "GET",
        .idempotent = true,
        .raw = true,
        .resumable = true,
        .attempt = attempt,
        .user = j,
        .retry_after = -1,
        .should_retry = -1,
        .started_at = kzi_now_ms(),
        .deadline = service->run ? service->run->deadline : 0,
        .sink = { .begin = begin, .bytes = take_bytes, .user = j } };
    kzi_buffer_puts(&call->url, j->transfer->url);
    return !call->url.failed || kz_error_no_memory(error);
}

/* The rule for the client's own credentials holds for those of a transfer too. */
static bool may_travel(job *j)
{
    const kz_transfer *transfer = j->transfer;
    bool secret = false;
    for (size_t i = 0; i < transfer->n_headers; i++)
        secret |= !strcasecmp(transfer->headers[i].key, "Authorization");
    if (!secret || j->call.client->settings->allow_plain_http || !strncasecmp(transfer->url, "https:", 6) ||
        kzi_is_loopback(transfer->url))
        return true;
    return kzi_call_error(&j->call, &j->transfer->error, KZ_ERROR_CONFIG,
        "The credentials are not sent over plain HTTP to a host other than this machine: use an https:// URL, "
        "or set allow_plain_http (KAMIWAZA_ALLOW_PLAIN_HTTP=1) if the network is trusted.");
}

/* True while a call of the job is under way. */
static bool start(job *j)
{
    kz_transfer *transfer = j->transfer;
    if (!kzi_part_open(&j->part, transfer, &transfer->error))
        return false;
    if (transfer->size >= 0 && j->part.offset == transfer->size && (transfer->size || j->part.tag))
        return false; /* all of it came in an earlier run */
    if (!prepare(j, &transfer->error) || !may_travel(j)) {
        kzi_call_clear(&j->call);
        return false;
    }
    j->active = true;
    kzi_loop_add(j->batch->loop, &j->call);
    return true;
}

static void conclude(job *j)
{
    if (!j->transfer->error)
        kzi_part_finish(&j->part, j->transfer, &j->transfer->error);
    kzi_part_close(&j->part);
}

/* A call has ended; true when the job goes on with another one. */
static bool ended(job *j)
{
    kzi_loop_remove(j->batch->loop, &j->call);
    kz_error *error = j->call.error;
    j->call.error = NULL;
    bool refused = error && error->status == 416 && j->part.offset > 0 && !j->restarted;
    j->active = false;
    kzi_call_clear(&j->call);
    if (!refused) {
        kz_error_move(&j->transfer->error, &error);
        conclude(j);
        return false;
    }
    kz_error_free(error);
    j->restarted = true;
    if (kzi_part_restart(&j->part, j->transfer, &j->transfer->error) && prepare(j, &j->transfer->error)) {
        j->active = true;
        kzi_loop_add(j->batch->loop, &j->call);
        return true;
    }
    kzi_call_clear(&j->call);
    conclude(j);
    return false;
}

static void run(batch *b, size_t limit)
{
    size_t next = 0, active = 0;
    while (next < b->n_jobs || active) {
        while (next < b->n_jobs && active < limit && !b->stop) {
            job *j = &b->jobs[next++];
            if (start(j))
                active++;
            else
                conclude(j);
        }
        if (b->stop && !active)
            break;
        if (active)
            kzi_loop_turn(b->loop, -1);
        for (size_t i = 0; i < next; i++)
            if (b->jobs[i].active && b->jobs[i].call.ended)
                active -= !ended(&b->jobs[i]);
    }
    for (; next < b->n_jobs; next++)
        kz_error_set(&b->jobs[next].transfer->error, KZ_ERROR_CANCELLED, NULL, "The download was ended before this file.");
}

static bool check(void *service, kz_transfer *transfers, size_t n_transfers, const char *phase, kz_error **error)
{
    if (!service || !transfers || !phase)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "transfers", "A download needs a service, transfers and a phase.");
    for (size_t i = 0; i < n_transfers; i++) {
        transfers[i].error = NULL;
        if (!transfers[i].url || !transfers[i].path)
            return kz_error_set(error, KZ_ERROR_ARGUMENT, "transfers", "Transfer %zu needs a URL and a path.", i + 1);
    }
    return kzi_client_usable(kz_service_client(service), error);
}

bool kz_service_fetch(
    void *service, kz_transfer *transfers, size_t n_transfers, size_t limit, const char *phase, kz_error **error)
{
    if (kzi_stuck(error) || !check(service, transfers, n_transfers, phase, error))
        return false;
    batch b = { .service = service, .n_jobs = n_transfers, .phase = phase };
    b.jobs = calloc(n_transfers + 1, sizeof *b.jobs);
    b.loop = b.jobs ? kzi_loop_acquire(kz_service_client(service), error) : NULL;
    if (!b.loop) {
        free(b.jobs);
        return kz_error_no_memory(error);
    }
    for (size_t i = 0; i < n_transfers; i++)
        b.jobs[i] = (job){ .transfer = &transfers[i], .batch = &b, .part = KZI_PART_NONE };
    run(&b, limit ? limit : 1);
    kzi_loop_release(b.loop);
    free(b.jobs);
    bool fine = !b.stop;
    for (size_t i = 0; i < n_transfers; i++) {
        if (transfers[i].error && fine && error && !*error)
            kz_error_set(error, (kz_error_code)transfers[i].error->code, transfers[i].path, "%s: %s", transfers[i].path,
                transfers[i].error->message);
        fine &= !transfers[i].error;
    }
    if (b.stop) {
        if (error && *error)
            kz_error_clear(error);
        kz_error_move(error, &b.stop);
    }
    return fine;
}
