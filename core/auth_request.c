/* auth_request.c: the request of an auth provider's run. It belongs to the loop it runs on and not to the run, so that it is not torn down
 * with the call that began it: a refresh token may be spent by it. */
#include "auth.h"

#include "header.h"
#include "loop.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LARGEST_ANSWER = 1 << 20, LEAST_TIME = 30000 };

/* A request and whom its answer is for; the call comes first, since the loop frees it. */
typedef struct auth_request {
    kzi_call call;
    kz_provider *auth;
    uint64_t number;
} auth_request;

void kzi_auth_request_forget(kzi_auth_run *run)
{
    run->status = 0;
    kzi_buffer_free(&run->head);
    kzi_buffer_free(&run->body);
    kz_error_clear(&run->failure);
}

/* Hands the run what its request brought, if it is still there. */
static void answered(kz_provider *auth, uint64_t number, kzi_call *call)
{
    pthread_mutex_lock(&auth->lock);
    kzi_auth_run *run = auth->runs;
    while (run && run->request != number)
        run = run->next;
    if (run) {
        run->request = 0;
        run->status = call->error && kz_error_is(call->error, KZ_ERROR_NO_MEMORY) ? 0 : call->status;
        run->head = call->head;
        run->body = call->answer;
        run->failure = call->error;
        call->head = call->answer = (kzi_buffer){ 0 };
        call->content_type = call->request_id = call->etag = NULL;
        call->error = NULL;
        if (run->leader)
            kzi_call_nudge(run->leader);
    }
    pthread_mutex_unlock(&auth->lock);
}

static void request_ended(kzi_call *call)
{
    auth_request *request = (auth_request *)call;
    answered(request->auth, request->number, call);
    call->loop->changed = true;
}

bool kz_provider_may_ask(const kz_provider *auth, const char *url, kz_error **error)
{
    if (kzi_stuck(error))
        return false;
    if (!auth || !kzi_is_http_url(url))
        return kz_error_set(error, KZ_ERROR_AUTHENTICATION, NULL, "The auth provider names an address that is no http(s) URL.");
    if (auth->client->settings->allow_plain_http || !strncasecmp(url, "https:", 6) || kzi_is_loopback(url))
        return true;
    char shown[512];
    kzi_public_url(url, shown, sizeof shown);
    return kz_error_set(error, KZ_ERROR_CONFIG, NULL,
        "Signing in at %s would go over plain HTTP to a host other than this machine: use an https:// address, or set "
        "allow_plain_http (KAMIWAZA_ALLOW_PLAIN_HTTP=1) if the network is trusted.",
        shown);
}

static bool put_lines(kzi_call *call, const kz_provider_http *http)
{
    bool fine = kzi_header_put(&call->headers, "Accept", "application/json");
    for (uint64_t i = 0; fine && i < http->n_headers; i++)
        fine = kzi_header_put(&call->headers, http->headers[i].key, http->headers[i].value);
    return fine;
}

bool kzi_auth_request_begin(kzi_auth_run *run, kzi_loop *loop, kz_error **error)
{
    kz_provider *auth = run->auth;
    const kz_provider_http *http = &run->step.request;
    const kzi_settings *settings = auth->client->settings;
    if (!kz_provider_may_ask(auth, http->method ? http->url : NULL, error))
        return false;
    auth_request *request = calloc(1, sizeof *request);
    if (!request)
        return kz_error_no_memory(error);
    kzi_call *call = &request->call;
    request->auth = auth;
    call->client = auth->client;
    call->notify = request_ended;
    call->detached = call->raw = call->no_auth = true;
    call->largest = LARGEST_ANSWER;
    call->method = !strcmp(http->method, "GET") ? "GET" : "POST";
    call->idempotent = http->idempotent || !strcmp(http->method, "GET");
    call->retry_after = call->should_retry = -1;
    call->started_at = call->active_at = kzi_now_ms();
    call->deadline = call->started_at + (settings->timeout ? settings->timeout : LEAST_TIME);
    kzi_buffer_puts(&call->url, http->url);
    if (http->body) {
        call->body_kind = KZ_BODY_FORM;
        kzi_buffer_append(&call->body, http->body, http->body_length);
    }
    if (!put_lines(call, http) || call->url.failed || call->body.failed) {
        call->client = NULL;
        kzi_call_clear(call);
        free(request);
        return kz_error_no_memory(error);
    }
    kzi_auth_request_forget(run);
    pthread_mutex_lock(&auth->lock);
    run->request = request->number = ++auth->n_requests;
    pthread_mutex_unlock(&auth->lock);
    run->request_loop = loop;
    run->request_deadline = call->deadline;
    kzi_loop_add(loop, call);
    return true;
}

bool kzi_auth_request_is_over(kzi_auth_run *run)
{
    enum { GRACE = 1000 };
    pthread_mutex_lock(&run->auth->lock);
    bool over = !run->request;
    if (!over && kzi_now_ms() > run->request_deadline + GRACE) { /* nobody drives its loop any more */
        run->request = 0;
        over = true;
        kz_error_set(&run->failure, KZ_ERROR_TIMEOUT, NULL, "The provider's answer was not waited for in time.");
    }
    pthread_mutex_unlock(&run->auth->lock);
    return over;
}

const char *kz_provider_answer_header(const kz_provider_step *step, const char *name)
{
    const kzi_auth_run *run = step ? step->core : NULL;
    return run && name && run->status ? kzi_head_find(run->head.data, run->head.length, name) : NULL;
}
