/* policy_locate.c: which server answers a call of a service whose server is not configured: its plugin says, and may have
 * requests run first to find out. They run on the call's own loop, so nothing blocks; a call whose remembered server is gone is
 * located anew, once. */
#include "locate.h"

#include "loop.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_REQUESTS = 8 }; /* a plugin that never comes to an end */

bool kzi_locates(const kzi_instance *instance)
{
    const kz_service_vtable *vtable = instance->vtable;
    return vtable->size >= offsetof(kz_service_vtable, locate_by) + sizeof vtable->locate_by && vtable->locate;
}

bool kzi_locate_prepare(kzi_call *call, kzi_instance *owner, uint64_t size, kz_error **error)
{
    kzi_locate *locate = calloc(1, sizeof *locate);
    if (!locate)
        return kz_error_no_memory(error);
    call->locate = locate;
    locate->owner = owner;
    locate->handle = (kz_service){ .instance = owner, .options = call->options, .borrowed = true };
    const kz_schema *schema = call->op->params;
    const char *by = owner->vtable->locate_by;
    for (uint32_t i = 0; by && i < schema->n_fields; i++) {
        kzi_buffer text = { 0 };
        size_t length;
        if (strcmp(schema->fields[i].name, by) || schema->fields[i].type != KZ_TYPE_STRING ||
            !kzi_field_text(&text, &schema->fields[i], call->params, size))
            continue;
        if (!(locate->argument = kzi_buffer_take(&text, &length)))
            return kz_error_no_memory(error);
        break;
    }
    return true;
}

static void drop_request(kzi_locate *locate)
{
    kzi_call *first = locate->first;
    locate->first = NULL;
    if (!first)
        return;
    if (first->loop)
        kzi_loop_remove(first->loop, first);
    kzi_call_clear(first);
    kz_free(first->result);
    kz_error_free(first->error);
    free(first);
}

void kzi_locate_stop(kzi_call *call)
{
    if (call->locate)
        drop_request(call->locate);
}

void kzi_locate_free(kzi_call *call)
{
    if (!call->locate)
        return;
    drop_request(call->locate);
    free(call->locate->argument);
    kzi_buffer_free(&call->locate->base);
    kzi_buffer_free(&call->locate->before);
    free(call->locate);
    call->locate = NULL;
}

/* The request has ended. The call that waits for it goes on in a turn of the loop of its own: this one's frames are still open. */
static void request_ended(kzi_call *first)
{
    kzi_call *call = first->notify_user;
    call->wake_at = 1;
    if (call->loop) {
        call->loop->next_due = 1;
        call->loop->changed = true;
    }
}

static bool run_first(kzi_call *call, const kz_locate *step, kz_error **error)
{
    kzi_locate *locate = call->locate;
    kz_service *service = kz_client_service(call->client, step->service, error);
    kzi_instance *owner = NULL;
    const kz_operation *op = service ? kzi_operation_of(service, step->op, &owner, error) : NULL;
    if (!op)
        return false;
    if (op->flow || op->answer != KZ_ANSWER_JSON)
        return kz_error_set(error, KZ_ERROR_PLUGIN, op->name, "%s wants to run %s.%s first, which is no single request.",
            locate->owner->name, step->service, op->name);
    kzi_call *first = calloc(1, sizeof *first);
    if (!first)
        return kz_error_no_memory(error);
    locate->first = first;
    first->notify = request_ended;
    first->notify_user = call;
    first->user = call->user;
    kz_service plain = { .instance = service->instance, .borrowed = true };
    if (!kzi_call_prepare(first, &plain, owner, op, step->op, step->params, error) || !kzi_call_keep_params(first, error)) {
        drop_request(locate);
        return false;
    }
    first->deadline = call->deadline;
    kzi_loop_add(call->loop, first);
    return true;
}

/* Lets the plugin take a step. NEXT: locate->base is known; WAIT: a request runs first; END: *error says why not. */
static kzi_step ask(kzi_call *call, bool gone, kz_error **error)
{
    kzi_locate *locate = call->locate;
    kzi_call *first = locate->first;
    call->wake_at = 0;
    if (first && !first->ended)
        return KZI_WAIT;
    kz_locate step = { .size = sizeof step, .handle = &locate->handle, .round = locate->round++, .gone = gone };
    step.target = call->options ? call->options->target : NULL;
    step.argument = locate->argument;
    step.core = locate;
    memcpy(step.note, locate->note, sizeof step.note);
    if (first) {
        if (!first->result) {
            kz_error_move(error, &first->error);
            drop_request(locate);
            return KZI_END;
        }
        step.result = first->result;
    }
    kzi_buffer_clear(&locate->base);
    kz_error *failure = NULL;
    kz_step answer = locate->owner->vtable->locate(&step, &failure);
    memcpy(locate->note, step.note, sizeof step.note);
    drop_request(locate);
    if (answer == KZ_STEP_REQUEST && !failure && locate->round < MOST_REQUESTS && run_first(call, &step, &failure)) {
        if (!locate->first->ended)
            return KZI_WAIT;
        call->wake_at = 1;
        return KZI_WAIT;
    }
    if (answer == KZ_STEP_DONE && !failure && locate->base.length) {
        locate->round = 0;
        return KZI_NEXT;
    }
    if (!failure)
        kz_error_set(&failure, KZ_ERROR_PLUGIN, locate->owner->name, "The plugin %s did not say which server answers.",
            locate->owner->name);
    kz_error_move(error, &failure);
    return KZI_END;
}

bool kz_locate_found(kz_locate *step, const char *base_url, bool remembered, kz_error **error)
{
    kzi_locate *locate = step->core;
    if (!kzi_is_http_url(base_url))
        return kz_error_set(
            error, KZ_ERROR_CONFIG, "base_url", "The address of a server, \"%s\", is no http(s) URL.", base_url ? base_url : "");
    size_t length = strlen(base_url);
    while (length && base_url[length - 1] == '/')
        length--;
    kzi_buffer_clear(&locate->base);
    kzi_buffer_append(&locate->base, base_url, length);
    locate->remembered = remembered;
    return !locate->base.failed || kz_error_no_memory(error);
}

/* The URL is the server's, then what the operation asks it for. */
static bool set_url(kzi_call *call)
{
    kzi_locate *locate = call->locate;
    const char *path = call->url.data ? call->url.data + locate->base_length : "";
    kzi_buffer url = { 0 };
    kzi_buffer_append(&url, locate->base.data, locate->base.length);
    kzi_buffer_clear(&locate->before);
    kzi_buffer_append(&locate->before, locate->base.data, locate->base.length);
    path = kzi_leave_folder(&url, path);
    locate->base_length = url.length;
    kzi_buffer_puts(&url, path);
    if (url.failed || locate->before.failed) {
        kzi_buffer_free(&url);
        return kz_error_no_memory(&call->error);
    }
    kzi_buffer_free(&call->url);
    call->url = url;
    return true;
}

static kzi_step send_locate(kzi_call *call)
{
    if (!call->locate || call->locate->base_length)
        return KZI_NEXT;
    kzi_step step = ask(call, false, &call->error);
    return step != KZI_NEXT ? step : set_url(call) ? KZI_NEXT : KZI_END;
}

/* Whether the answer looks as if nobody answers there any more. */
static bool is_gone(const kzi_call *call)
{
    bool acted = call->sent && (call->once || !call->idempotent);
    if (!call->error || call->began || call->once)
        return false;
    if (kz_error_is(call->error, KZ_ERROR_CONNECTION))
        return !acted && !kz_error_is(call->error, KZ_ERROR_TLS);
    return call->status == 404 || (!acted && (call->status == 502 || call->status == 503));
}

/* A server that was remembered and is gone: asked for anew, once. The same one again: its answer stands. */
static kzi_step answer_locate(kzi_call *call)
{
    kzi_locate *locate = call->locate;
    if (!locate || !(locate->again || (locate->remembered && is_gone(call))))
        return KZI_NEXT;
    kz_error *failure = NULL;
    locate->again = true;
    kzi_step step = ask(call, true, &failure);
    if (step == KZI_WAIT)
        return KZI_WAIT;
    locate->again = locate->remembered = false;
    bool moved = step == KZI_NEXT &&
        (locate->base.length != locate->before.length ||
            memcmp(locate->base.data, locate->before.data, locate->base.length) != 0);
    kz_error_free(failure);
    if (!moved)
        return KZI_NEXT;
    kz_error_clear(&call->error);
    call->attempts = 0;
    return set_url(call) ? KZI_AGAIN : KZI_END;
}

const kzi_policy kzi_policy_locate = { .name = "locate", .send = send_locate, .answer = answer_locate };
