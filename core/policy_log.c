/* policy_log.c: one record for each request and each answer. URLs are logged without query and user, headers and bodies
 * never, so no secret can be among them. */
#include "engine.h"

#include <stdio.h>

static kzi_step send_log(kzi_call *call)
{
    if (!kzi_logs(call->client, KZ_LOG_DEBUG))
        return KZI_NEXT;
    char url[512];
    kzi_public_url(call->url.data, url, sizeof url);
    const kz_log_field fields[] = { { "method", call->method }, { "url", url } };
    kzi_client_log(call->client, KZ_LOG_DEBUG, "http", "request", fields, 2);
    return KZI_NEXT;
}

static kzi_step answer_log(kzi_call *call)
{
    if (!kzi_logs(call->client, KZ_LOG_DEBUG))
        return KZI_NEXT;
    char url[512], status[24], took[24];
    kzi_public_url(call->url.data, url, sizeof url);
    snprintf(status, sizeof status, "%ld", call->status);
    snprintf(took, sizeof took, "%lld", (long long)(kzi_now_ms() - call->started_at));
    const kz_log_field fields[] = { { "method", call->method }, { "url", url }, { "status", status }, { "ms", took },
        { "error", call->error ? kz_error_class(call->error->code) : "" } };
    kzi_client_log(call->client, KZ_LOG_DEBUG, "http", "answer", fields, call->error ? 5 : 4);
    return KZI_NEXT;
}

const kzi_policy kzi_policy_log = { .name = "log", .send = send_log, .answer = answer_log };
