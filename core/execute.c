/* execute.c: executes one operation and waits for its end, whoever asks: a typed function, call-by-name or a flow. A flow
 * runs its C function with a handle that carries deadline and progress; everything else is a call on a borrowed loop. */
#include "engine.h"
#include "params.h"
#include "result.h"

#include <stdlib.h>
#include <string.h>

static void *run_request(
    kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_call call = { 0 };
    void *result = NULL;
    kzi_loop *loop = NULL;
    if (kzi_call_prepare(&call, service, owner, op, ref, params, error) && (loop = kzi_loop_acquire(owner->client, error))) {
        kzi_run run = { 0 };
        call.user = service->run ? service->run : &run;
        kzi_loop_add(loop, &call);
        kzi_loop_run(loop, &call);
        kzi_loop_remove(loop, &call);
        kzi_loop_release(loop);
        result = call.result;
        kz_error_move(error, &call.error);
    }
    kzi_call_clear(&call);
    return result;
}

const void *kzi_flow_params(const kz_operation *op, const kz_op_ref *ref, const void *params, kzi_scope **copy, kz_error **error)
{
    const kzi_json_options options = { .caller = ref ? ref->interface : NULL, .root_size = ref ? ref->params_size : 0 };
    *copy = NULL;
    if (params && (!ref || ref->interface->layout == op->params->layout))
        return params;
    *copy = kzi_scope_new(op->params->size + 256);
    params = *copy ? kzi_params_copy(*copy, op->params, params, &options) : NULL;
    if (params)
        return params;
    kzi_scope_free(*copy);
    kz_error_no_memory(error);
    return NULL;
}

static void *run_flow(
    kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_scope *copy = NULL;
    if (!(params = kzi_flow_params(op, ref, params, &copy, error)))
        return NULL;
    kzi_run run = { 0 };
    if (service->options && service->options->timeout > 0)
        run.deadline = kzi_now_ms() + service->options->timeout;
    if (service->run && service->run->deadline && (!run.deadline || service->run->deadline < run.deadline))
        run.deadline = service->run->deadline;
    kz_service handle;
    kz_error *failure = NULL;
    kz_client *client = kzi_client_hold(owner->client); /* between the flow's calls too */
    kzi_flow_handle(&handle, service, owner, &run);
    void *result = op->flow(&handle, params, &failure);
    if (!result && !failure)
        kz_error_set(
            &failure, KZ_ERROR_STATE, op->name, "%s.%s ended without a result and did not say why.", owner->name, op->name);
    if (result && op->answer == KZ_ANSWER_JSON && !failure) {
        result = kz_result_for(result, ref ? ref->interface : NULL, ref ? ref->result_size : 0, &failure);
    } else if (result && op->answer == KZ_ANSWER_JSON) {
        kz_free(result);
        result = NULL;
    }
    kzi_flow_handle_end(&handle);
    kzi_scope_free(copy);
    kzi_client_drop(client);
    kz_error_move(error, &failure);
    return result;
}

void *kzi_execute(
    kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_json_options options = { .caller = ref ? ref->interface : NULL, .root_size = ref ? ref->params_size : 0 };
    if (!kzi_client_usable(owner->client, error) || !kzi_params_check(op->params, params, &options, error))
        return NULL;
    return op->flow ? run_flow(service, owner, op, ref, params, error) : run_request(service, owner, op, ref, params, error);
}

/* What a reference of a program means here; NULL with the slot filled. */
const kz_operation *kzi_operation_of(kz_service *service, const kz_op_ref *ref, kzi_instance **owner, kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    if (!service || !ref) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "service", "The operation %s was called without a service.", ref ? ref->name : "");
        return NULL;
    }
    const kz_operation *op = kzi_find_operation(service, ref->name, ref->hint, owner);
    if (!op && kzi_load_extensions(service->instance, error))
        op = kzi_find_operation(service, ref->name, ref->hint, owner);
    if (!op && !kzi_stuck(error))
        kz_error_set(error, KZ_ERROR_PLUGIN_INCOMPATIBLE, ref->name,
            "The installed plugin %s %s has no operation %s: it is older than this program; install a newer one.",
            service->instance->name, service->instance->descriptor->version, ref->name);
    if (op && op->answer == KZ_ANSWER_NOTHING && ref->result_size) {
        kz_error_set(error, KZ_ERROR_PLUGIN_INCOMPATIBLE, ref->name,
            "In the installed plugin %s %s the operation %s has no result, but this program expects one: install a newer plugin.",
            service->instance->name, service->instance->descriptor->version, ref->name);
        return NULL;
    }
    return op;
}

void *kz_params_copy(void *service, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_instance *owner;
    const kz_operation *op = kzi_operation_of(service, ref, &owner, error);
    if (!op)
        return NULL;
    const kzi_json_options options = { .caller = ref->interface, .root_size = ref->params_size };
    void *copy = kz_result_new(op->params, op->params->size, error);
    if (!copy || !params || kzi_params_fill(kzi_header_of(copy)->scope, op->params, params, &options, copy))
        return copy;
    kz_free(copy);
    kz_error_no_memory(error);
    return NULL;
}

void *kz_call(void *service, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_instance *owner;
    const kz_operation *op = kzi_operation_of(service, ref, &owner, error);
    if (!op)
        return NULL;
    if (op->answer >= KZ_ANSWER_EVENTS) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, op->name, "%s answers with a stream; open it with kz_call_stream().", op->name);
        return NULL;
    }
    return kzi_execute(service, owner, op, ref, params, error);
}

bool kz_call_bool(void *service, const kz_op_ref *ref, const void *params, kz_error **error)
{
    void *result = kz_call(service, ref, params, error);
    kzi_instance *owner;
    if (result && kzi_find_operation(service, ref->name, ref->hint, &owner)->answer != KZ_ANSWER_NOTHING)
        kz_free(result);
    return result != NULL;
}

kz_stream *kz_call_stream(void *service, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_instance *owner;
    const kz_operation *op = kzi_operation_of(service, ref, &owner, error);
    return op ? kzi_open_stream(service, owner, op, ref, params, error) : NULL;
}
