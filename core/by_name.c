/* by_name.c: operations by their names: "models.list" or "models.list_models", arguments as JSON. What the command and
 * bindings use. Also gives tools the tables of what is loaded. */
#include "call_options.h"
#include "engine.h"
#include "result.h"

#include <stdlib.h>
#include <string.h>

const kz_service_vtable *kz_client_table(kz_client *client, const char *service, kz_error **error)
{
    kz_service *handle = kz_client_service(client, service, error);
    return handle ? handle->instance->vtable : NULL;
}

static const kz_operation *in_all(kzi_instance *instance, const char *name, kz_service **handle)
{
    const kz_operation *op = kzi_operation_named(instance, name);
    *handle = &instance->handle;
    for (kzi_instance *e = instance->extensions; !op && e; e = e->next_extension) {
        op = kzi_operation_named(e, name);
        *handle = &e->handle;
    }
    return op;
}

static void unknown(kzi_instance *instance, const char *name, kz_error **error)
{
    size_t n = 0, most = 0;
    for (kzi_instance *i = instance; i; i = i == instance ? instance->extensions : i->next_extension)
        for (uint64_t j = 0; j < i->vtable->n_operations; j++) {
            const kz_operation *op = &i->vtable->operations[j];
            most++;
            for (size_t k = 0; op->aliases && op->aliases[k]; k++)
                most++;
        }
    const char **names = calloc(most + 1, sizeof *names);
    for (kzi_instance *i = instance; names && i; i = i == instance ? instance->extensions : i->next_extension)
        for (uint64_t j = 0; j < i->vtable->n_operations; j++) {
            const kz_operation *op = &i->vtable->operations[j];
            names[n++] = op->name;
            for (size_t k = 0; op->aliases && op->aliases[k]; k++)
                names[n++] = op->aliases[k];
        }
    const char *near = names ? kzi_nearest(name, names, n) : NULL;
    kz_error_set(error, KZ_ERROR_ARGUMENT, name, "The service %s has no operation %s.%s%s%s", instance->name, name,
        near ? " Did you mean " : "", near ? near : "", near ? "?" : "");
    free(names);
}

const kz_operation *kz_client_operation(kz_client *client, const char *name, kz_service **service, kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    const char *dot = name ? strchr(name, '.') : NULL;
    char id[128];
    if (!dot || dot == name || !dot[1] || (size_t)(dot - name) >= sizeof id) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "name", "\"%s\" names no operation: it takes SERVICE.METHOD, as in models.list.",
            name ? name : "");
        return NULL;
    }
    memcpy(id, name, (size_t)(dot - name));
    id[dot - name] = 0;
    kz_service *handle = kz_client_service(client, id, error);
    if (!handle)
        return NULL;
    const kz_operation *op = in_all(handle->instance, dot + 1, service);
    if (!op && kzi_load_extensions(handle->instance, error))
        op = in_all(handle->instance, dot + 1, service);
    if (!op && !kzi_stuck(error))
        unknown(handle->instance, dot + 1, error);
    return op;
}

const kz_operation *kz_client_operation_at(kz_client *client, const char *service, size_t index, kz_error **error)
{
    kz_service *handle = kz_client_service(client, service, error);
    if (!handle || !kzi_load_extensions(handle->instance, error))
        return NULL;
    kzi_instance *instance = handle->instance;
    for (kzi_instance *i = instance; i; i = i == instance ? instance->extensions : i->next_extension) {
        if (index < i->vtable->n_operations)
            return &i->vtable->operations[index];
        index -= i->vtable->n_operations;
    }
    return NULL;
}

/* A list that comes in an object with another name for its items is given by name as a list. */
static bool is_wrapped_list(const kz_schema *schema)
{
    return schema->shape == KZ_SHAPE_LIST && strcmp(schema->fields[0].name, "items") != 0;
}

static bool run(kz_service *handle, kzi_instance *owner, const kz_operation *op, bool streams, kz_json args, kz_answer *answer,
    kz_error **error)
{
    kzi_json_options options = { .arguments = true, .body_name = op->body_name };
    kzi_scope *scope = kzi_scope_new(args.length * 2 + 512);
    if (!scope)
        return kz_error_no_memory(error);
    if (!args.text)
        args = KZ_JSON("{}");
    kz_error *failure = NULL;
    void *params = kzi_json_read(op->params, scope, args.text, args.length, &options, &failure);
    if (params && streams)
        answer->stream = kzi_open_stream(handle, owner, op, NULL, params, &failure);
    else if (params)
        answer->result = kzi_execute(handle, owner, op, NULL, params, &failure);
    if (op->answer == KZ_ANSWER_NOTHING)
        answer->result = NULL;
    if (answer->result && op->answer == KZ_ANSWER_JSON && is_wrapped_list(op->result))
        kz_result_changed(answer->result);
    if (answer->result && op->answer == KZ_ANSWER_JSON && !kzi_result_finish(answer->result, &failure)) {
        kz_free(answer->result);
        answer->result = NULL;
    }
    answer->is_bytes = op->answer == KZ_ANSWER_BYTES || op->answer == KZ_ANSWER_CHUNKS;
    kzi_scope_free(scope);
    if (!failure)
        return true;
    return kz_error_move(error, &failure);
}

/* Whether the arguments give `name` as true. */
static bool asks_for(kz_json args, const char *name)
{
    kz_json value = args.text ? kz_json_member(args, name) : (kz_json){ 0 };
    return value.length == 4 && !memcmp(value.text, "true", 4);
}

/* The sibling that streams, where the arguments ask for a stream. */
static const kz_operation *streaming_sibling(const kz_operation *op, const kzi_instance *instance, kz_json args)
{
    char name[256];
    if (!op->stream || op->answer == KZ_ANSWER_EVENTS || !asks_for(args, op->stream) || strlen(op->name) + 8 > sizeof name)
        return op;
    memcpy(name, op->name, strlen(op->name));
    memcpy(name + strlen(op->name), "_stream", 8);
    const kz_operation *sibling = kzi_operation_named(instance, name);
    return sibling ? sibling : op;
}

/* "cluster.list_nodes_each" is all pages of cluster.list_nodes. */
static const kz_operation *paged_operation(kz_client *client, const char *name, kz_service **handle)
{
    char plain[256];
    size_t length = name ? strlen(name) : 0;
    if (length < 6 || length >= sizeof plain || strcmp(name + length - 5, "_each") != 0)
        return NULL;
    memcpy(plain, name, length - 5);
    plain[length - 5] = 0;
    const kz_operation *op = kz_client_operation(client, plain, handle, NULL);
    return op && op->paging ? op : NULL;
}

bool kz_call_by_name(
    kz_client *client, const char *name, kz_json args, const kz_call_options *options, kz_answer *answer, kz_error **error)
{
    if (kzi_stuck(error))
        return false;
    if (!answer)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "answer", "A call by name needs a place for its answer.");
    *answer = (kz_answer){ 0 };
    kz_service *handle = NULL;
    const kz_operation *op = paged_operation(client, name, &handle);
    bool streams = op != NULL;
    if (!op && !(op = kz_client_operation(client, name, &handle, error)))
        return false;
    op = streaming_sibling(op, handle->instance, args);
    streams |= op->answer >= KZ_ANSWER_EVENTS || (op->paging && op->paging->cursor);
    kz_service *own = options ? kz_service_with_options(handle, options, error) : handle;
    kz_service *full = own ? kzi_call_options(own, op, args, error) : NULL;
    bool fine = full && run(full, handle->instance, op, streams, args, answer, error);
    if (full != own)
        kz_service_free(full);
    if (own != handle)
        kz_service_free(own);
    return fine;
}
