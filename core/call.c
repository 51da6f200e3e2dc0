/* call.c: the pipeline. A call goes down through the policies to the transport and back up; each hook says how to go on,
 * none blocks. What waits is resumed by the loop. This file also ends calls and gives back what they hold. */
#include "engine.h"

#include "auth.h"
#include "locate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a call travels: down in this order, back up in reverse. */
static const kzi_policy *const pipeline[] = { &kzi_policy_options, &kzi_policy_locate, &kzi_policy_redirect,
    &kzi_policy_authenticate, &kzi_policy_retry, &kzi_policy_sign, &kzi_policy_log, &kzi_policy_transport };
enum { TRANSPORT = sizeof pipeline / sizeof *pipeline - 1 };

static void end(kzi_call *call)
{
    call->ended = true;
    if (call->notify)
        call->notify(call);
}

static void finish(kzi_call *call)
{
    if (!call->error && !call->sink.bytes)
        kzi_answer_decode(call);
    end(call);
}

static kzi_step hook(kzi_call *call)
{
    const kzi_policy *policy = pipeline[call->position];
    kzi_step (*step)(kzi_call *) = call->returning ? policy->answer : policy->send;
    return step ? step(call) : KZI_NEXT;
}

void kzi_call_advance(kzi_call *call)
{
    while (!call->ended) {
        switch (hook(call)) {
        case KZI_NEXT:
            if (!call->returning)
                call->position++;
            else if (call->position-- == 0)
                finish(call);
            break;
        case KZI_AGAIN: call->returning = false; break;
        case KZI_PENDING:
        case KZI_WAIT: return;
        case KZI_END: end(call); break;
        }
    }
}

void kzi_call_answered(kzi_call *call, CURLcode code)
{
    call->code = code;
    kzi_answer_classify(call);
    call->returning = true;
    call->position = TRANSPORT;
    kzi_call_advance(call);
}

void kzi_call_fail(kzi_call *call, kz_error **error)
{
    if (call->loop)
        kzi_loop_stop(call->loop, call);
    kz_error_clear(&call->error);
    kz_error_move(&call->error, error);
    end(call);
}

void kzi_call_clear(kzi_call *call)
{
    kzi_call_drop_credentials(call);
    kzi_grant_unref(call->grant);
    kzi_locate_free(call);
    curl_mime_free(call->mime);
    if (call->body_file)
        fclose(call->body_file);
    curl_slist_free_all(call->headers);
    kzi_scope_free(call->copied);
    kzi_buffer_free(&call->url);
    kzi_buffer_free(&call->body);
    kzi_buffer_free(&call->answer);
    kzi_buffer_free(&call->head);
    kzi_options_unref(call->options);
    kzi_client_drop(call->client);
    kz_error *error = call->error;
    void *result = call->result, *user = call->user;
    *call = (kzi_call){ .error = error, .result = result, .user = user, .ended = true };
}

bool kzi_call_error(const kzi_call *call, kz_error **error, kz_error_code code, const char *format, ...)
{
    char message[1024], url[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    kzi_public_url(call->url.data, url, sizeof url);
    kz_error facts = { .code = code,
        .message = message,
        .status = call->status,
        .method = call->method,
        .url = url,
        .request_id = call->request_id,
        .attempts = call->attempts,
        .retry_after_ms = call->retry_after > 0 ? call->retry_after : 0 };
    return kzi_error_fill(error, &facts);
}
