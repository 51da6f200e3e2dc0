/* service.c: services of a client. The first access loads the plugin and creates one instance; parallel first accesses
 * wait for it; no lock is held while plugin code runs; a service whose creation needs itself, by way of other services and threads
 * too, is an error, not a deadlock.
 * Handles are an instance with options. Extensions ("models.acme") are instances of their own, asked after the service. */
#include "descriptor.h"
#include "engine.h"
#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static kzi_instance *find(kz_client *client, const char *name)
{
    for (kzi_instance *i = client->services; i; i = i->next)
        if (!strcmp(i->name, name))
            return i;
    return NULL;
}

static void instance_free(kzi_instance *instance)
{
    if (instance->state && instance->vtable->destroy)
        instance->vtable->destroy(instance->state);
    free(instance->name);
    free(instance);
}

static void forget(kz_client *client, kzi_instance *instance)
{
    kzi_instance **link = &client->services;
    while (*link != instance)
        link = &(*link)->next;
    *link = instance->next;
}

const kz_plugin_descriptor *kzi_client_load(const kz_client *client, const char *name, kz_plugin_kind kind, kz_error **error)
{
    const char *file;
    const kz_plugin_descriptor *descriptor = kzi_registry_load(client->settings, name, kind, &file, error);
    if (descriptor && file) {
        const kz_log_field fields[] = { { "name", name }, { "version", descriptor->version }, { "file", file } };
        kzi_client_log(client, KZ_LOG_DEBUG, "plugin", "the plugin is loaded", fields, 3);
    }
    return descriptor;
}

/* Loads and creates outside the lock; the entry in the list keeps others waiting meanwhile. */
static bool create(kzi_instance *instance, kz_error **error)
{
    kz_client *client = instance->client;
    instance->descriptor = kzi_client_load(client, instance->name, KZ_PLUGIN_SERVICE, error);
    if (!instance->descriptor)
        return false;
    instance->vtable = instance->descriptor->vtable;
    kz_error *failure = NULL;
    if (instance->vtable->create)
        instance->state = instance->vtable->create(&instance->handle, &failure);
    if (failure || (instance->vtable->create && !instance->state)) {
        if (!failure)
            kz_error_set(
                &failure, KZ_ERROR_PLUGIN, instance->name, "The plugin %s failed to start and did not say why.", instance->name);
        kz_error_move(error, &failure);
        return false;
    }
    kzi_client_log(client, KZ_LOG_DEBUG, "plugin", "the service is made", &(kz_log_field){ "name", instance->name }, 1);
    return true;
}

static kzi_instance *entry_new(kz_client *client, const char *name)
{
    kzi_instance *instance = calloc(1, sizeof *instance);
    if (!instance || !(instance->name = strdup(name))) {
        free(instance);
        return NULL;
    }
    instance->client = client;
    instance->creator = pthread_self();
    instance->handle.instance = instance;
    instance->handle.borrowed = true;
    instance->next = client->services;
    client->services = instance;
    return instance;
}

/* Whether the creation of a service ends only once the calling thread goes on. */
static bool is_cycle(const kzi_instance *instance)
{
    while (instance && !pthread_equal(instance->creator, pthread_self()))
        instance = instance->awaits;
    return instance != NULL;
}

/* Waits until the creation of any service has ended. */
static void await(kz_client *client, kzi_instance *instance)
{
    for (kzi_instance *i = client->services; i; i = i->next)
        if (i->status == KZI_CREATING && pthread_equal(i->creator, pthread_self()))
            i->awaits = instance;
    pthread_cond_wait(&client->ready, &client->lock);
}

/* A creation has ended, so nobody waits for it. */
static void created(kz_client *client, kzi_instance *instance, bool well)
{
    for (kzi_instance *i = client->services; i; i = i->next)
        if (i->awaits == instance)
            i->awaits = NULL;
    if (well)
        instance->status = KZI_READY;
    else
        forget(client, instance);
    pthread_cond_broadcast(&client->ready);
}

static kzi_instance *instance_get(kz_client *client, const char *name, kz_error **error)
{
    pthread_mutex_lock(&client->lock);
    kzi_instance *instance;
    while ((instance = find(client, name)) && instance->status == KZI_CREATING) {
        if (is_cycle(instance)) {
            pthread_mutex_unlock(&client->lock);
            kz_error_set(error, KZ_ERROR_STATE, name, "The service %s is asked for while it is being created: a cycle.", name);
            return NULL;
        }
        await(client, instance);
    }
    if (instance) {
        pthread_mutex_unlock(&client->lock);
        return instance;
    }
    instance = entry_new(client, name);
    pthread_mutex_unlock(&client->lock);
    if (!instance) {
        kz_error_no_memory(error);
        return NULL;
    }
    bool well = create(instance, error);
    pthread_mutex_lock(&client->lock);
    created(client, instance, well);
    pthread_mutex_unlock(&client->lock);
    if (well)
        return instance;
    instance_free(instance);
    return NULL;
}

kz_service *kz_client_service(kz_client *client, const char *name, kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    if (!client || !name) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, client ? "name" : "client", "A service was asked for without a %s.",
            client ? "name" : "client");
        return NULL;
    }
    if (!kzi_client_usable(client, error))
        return NULL;
    kzi_instance *instance = instance_get(client, name, error);
    return instance ? &instance->handle : NULL;
}

/* Whether a table of functions reaches to `end` and lacks none from `begin` on. */
static bool has_functions(const uint64_t *table, uint64_t begin, uint64_t end)
{
    void (*function)(void);
    if (!table || *table < end)
        return false;
    for (uint64_t at = begin; at < end; at += sizeof function) {
        memcpy(&function, (const char *)table + at, sizeof function);
        if (!function)
            return false;
    }
    return true;
}

/* The table, when it has what is asked for; `what` says that to a person. */
static const void *functions_of(const kz_service *service, const char *what, uint64_t begin, uint64_t end, kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    if (!service) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "service", "A function of a plugin was called without a service.");
        return NULL;
    }
    const kzi_instance *instance = service->instance;
    const kz_service_vtable *vtable = instance->vtable;
    const uint64_t *table = vtable->size >= END_OF(kz_service_vtable, functions) ? vtable->functions : NULL;
    if (has_functions(table, begin, end))
        return table;
    kz_error_set(error, KZ_ERROR_PLUGIN_INCOMPATIBLE, instance->name,
        "The installed plugin %s %s lacks %s that this program needs: install a newer one.", instance->name,
        instance->descriptor->version, what);
    return NULL;
}

const void *kz_service_function(const void *service, const char *name, uint64_t begin, uint64_t end, kz_error **error)
{
    char what[160];
    snprintf(what, sizeof what, "the function %s", name ? name : "");
    return functions_of(service, what, begin, end, error);
}

const void *kz_service_functions(const void *service, uint64_t size, kz_error **error)
{
    return functions_of(service, "functions", size, size, error);
}

void kzi_services_destroy(kz_client *client)
{
    while (client->services) {
        kzi_instance *instance = client->services;
        client->services = instance->next;
        instance_free(instance);
    }
}

bool kzi_load_extensions(kzi_instance *instance, kz_error **error)
{
    kz_client *client = instance->client;
    pthread_mutex_lock(&client->lock);
    bool known = instance->extensions_known;
    pthread_mutex_unlock(&client->lock);
    if (known || strchr(instance->name, '.'))
        return true;
    kz_error *failure = NULL;
    char **names = kzi_registry_extensions(client->settings, instance->name, &failure);
    if (!names)
        return kz_error_move(error, &failure);
    kzi_instance *first = NULL, **end = &first;
    for (size_t i = 0; names[i] && !failure; i++) {
        kzi_instance *extension = instance_get(client, names[i], &failure);
        if (extension) {
            *end = extension;
            end = &extension->next_extension;
        }
    }
    free(names);
    if (failure)
        return kz_error_move(error, &failure);
    pthread_mutex_lock(&client->lock);
    if (!instance->extensions_known) {
        instance->extensions = first;
        instance->extensions_known = true;
    }
    pthread_mutex_unlock(&client->lock);
    return true;
}

static bool is_named(const kz_operation *op, const char *name)
{
    if (!strcmp(op->name, name))
        return true;
    for (size_t i = 0; op->aliases && op->aliases[i]; i++)
        if (!strcmp(op->aliases[i], name))
            return true;
    return false;
}

const kz_operation *kzi_operation_named(const kzi_instance *instance, const char *name)
{
    for (uint64_t i = 0; i < instance->vtable->n_operations; i++)
        if (!strcmp(instance->vtable->operations[i].name, name))
            return &instance->vtable->operations[i];
    for (uint64_t i = 0; i < instance->vtable->n_operations; i++)
        if (is_named(&instance->vtable->operations[i], name))
            return &instance->vtable->operations[i];
    return NULL;
}

const kz_operation *kzi_find_operation(kz_service *service, const char *name, uint64_t hint, kzi_instance **owner)
{
    kzi_instance *instance = *owner = service->instance;
    const kz_service_vtable *vtable = instance->vtable;
    if (hint < vtable->n_operations && !strcmp(vtable->operations[hint].name, name))
        return &vtable->operations[hint];
    const kz_operation *op = kzi_operation_named(instance, name);
    for (kzi_instance *e = instance->extensions; !op && e; e = e->next_extension)
        op = kzi_operation_named(*owner = e, name);
    return op;
}

void *kz_service_with_options(const void *service, const kz_call_options *options, kz_error **error)
{
    const kz_service *base = service;
    if (kzi_stuck(error))
        return NULL;
    if (!base || !options) {
        kz_error_set(
            error, KZ_ERROR_ARGUMENT, base ? "options" : "service", "Options were set without %s.", base ? "any" : "a service");
        return NULL;
    }
    kz_service *handle = calloc(1, sizeof *handle);
    if (!handle) {
        kz_error_no_memory(error);
        return NULL;
    }
    handle->instance = base->instance;
    handle->run = base->run;
    handle->options = kzi_options_new(base->options, options, error);
    if (!handle->options) {
        free(handle);
        return NULL;
    }
    return handle;
}

void kz_service_free(void *service)
{
    kz_service *handle = service;
    if (!handle || handle->borrowed)
        return;
    kzi_options_unref(handle->options);
    free(handle);
}

kz_client *kz_service_client(const void *service)
{
    return service ? ((const kz_service *)service)->instance->client : NULL;
}

void *kz_service_state(const void *service)
{
    return service ? ((const kz_service *)service)->instance->state : NULL;
}

const char *kz_service_setting(const void *service, const char *name)
{
    return service && name ? kzi_config_value(kz_service_client(service)->config, name, false, NULL) : NULL;
}

void kzi_flow_handle(kz_service *handle, kz_service *service, kzi_instance *instance, kzi_run *run)
{
    *handle = (kz_service){ .instance = instance, .run = run, .borrowed = true };
    handle->options = kzi_options_ref(service->options);
}

void kzi_flow_handle_end(kz_service *handle)
{
    while (handle->next_peer) {
        kz_service *peer = handle->next_peer;
        handle->next_peer = peer->next_peer;
        kzi_options_unref(peer->options);
        free(peer);
    }
    kzi_options_unref(handle->options);
}

void *kz_service_peer(void *service, const char *name, kz_error **error)
{
    kz_service *self = service;
    if (kzi_stuck(error))
        return NULL;
    if (!self) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "service", "A service was asked for through no service.");
        return NULL;
    }
    kz_service *other = kz_client_service(self->instance->client, name, error);
    if (!other || !self->run)
        return other;
    kz_service *peer = calloc(1, sizeof *peer);
    if (!peer) {
        kz_error_no_memory(error);
        return NULL;
    }
    kzi_flow_handle(peer, self, other->instance, self->run);
    peer->next_peer = self->next_peer;
    self->next_peer = peer;
    return peer;
}

static bool has_client(const kz_client *client, kz_error **error)
{
    if (kzi_stuck(error))
        return false;
    return client || kz_error_set(error, KZ_ERROR_ARGUMENT, "client", "Plugins were asked for without a client.");
}

kz_plugin_list *kz_client_plugins(kz_client *client, bool check, kz_error **error)
{
    return has_client(client, error) ? kzi_registry_list(client->settings, NULL, check, error) : NULL;
}

kz_plugin_list *kz_client_plugin(kz_client *client, const char *name, kz_error **error)
{
    if (!has_client(client, error))
        return NULL;
    if (name)
        return kzi_registry_list(client->settings, name, true, error);
    kz_error_set(error, KZ_ERROR_ARGUMENT, "name", "A plugin was asked for without a name.");
    return NULL;
}
