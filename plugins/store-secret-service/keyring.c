/* keyring.c: see keyring.h. All of it happens in a main context of our own, that only keyring_turn() runs. */
#include "keyring.h"

#include "bus.h"

#define PATIENCE ((gint64)60 * G_USEC_PER_SEC) /* as long as a person may take to unlock the keyring */

struct keyring {
    GMainContext *context;
    SecretService *service;
    char *owner; /* of the service's name when our session with it began */
    GCancellable *cancel;
    bool connecting;
    request *requests;
    unsigned pending;   /* callbacks that are to come */
    unsigned abandoned; /* of those, for requests that were dropped: a prompt may still be open */
};

static const SecretSchema schema = { "ai.kamiwaza.Token", SECRET_SCHEMA_NONE,
    { { "application", SECRET_SCHEMA_ATTRIBUTE_STRING }, { "key", SECRET_SCHEMA_ATTRIBUTE_STRING } } };

keyring *keyring_new(void)
{
    keyring *ring = g_new0(keyring, 1);
    ring->context = g_main_context_new();
    ring->cancel = g_cancellable_new();
    return ring;
}

static void disconnect(keyring *ring)
{
    g_clear_object(&ring->service);
    g_clear_pointer(&ring->owner, g_free);
}

/* What is under way is waited for a second, and then left to itself, with the memory that it needs: a prompt may be open for ever. */
void keyring_free(keyring *ring)
{
    gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC;
    while (ring->requests)
        keyring_drop(ring->requests); /* takes it out of the list NOLINT(clang-analyzer-unix.Malloc) */
    g_cancellable_cancel(ring->cancel);
    g_main_context_push_thread_default(ring->context);
    while (ring->pending && g_get_monotonic_time() < end)
        if (!g_main_context_iteration(ring->context, FALSE))
            g_usleep(1000);
    disconnect(ring);
    while (!ring->pending && g_main_context_iteration(ring->context, FALSE))
        ;
    g_main_context_pop_thread_default(ring->context);
    if (ring->pending)
        return;
    g_object_unref(ring->cancel);
    g_main_context_unref(ring->context);
    g_free(ring);
}

request *keyring_requests(const keyring *ring)
{
    return ring->requests;
}

/* ---- requests ---- */

request *keyring_ask(keyring *ring, bool writes, const char *key, const char *label, SecretValue *text)
{
    request *asked = g_new0(request, 1);
    *asked = (request){ .writes = writes,
        .key = g_strdup(key),
        .label = g_strdup(label),
        .text = text,
        .began = g_get_monotonic_time(),
        .refs = 1,
        .ring = ring,
        .next = ring->requests };
    return ring->requests = asked;
}

static void unref(request *asked)
{
    if (--asked->refs)
        return;
    g_clear_pointer(&asked->text, secret_value_unref);
    kz_error_free(asked->failure);
    g_free(asked->key);
    g_free(asked->label);
    g_free(asked);
}

/* Nothing is cancelled: libsecret 0.20 breaks when that happens while its prompt is open. */
void keyring_drop(request *asked)
{
    request **at = &asked->ring->requests;
    while (*at != asked)
        at = &(*at)->next;
    *at = asked->next;
    asked->abandoned = asked->refs > 1;
    asked->ring->abandoned += asked->abandoned;
    unref(asked);
}

/* Takes over `failure`, which may be NULL. */
static void end(request *asked, kz_error *failure)
{
    if (asked->done) {
        kz_error_free(failure);
        return;
    }
    asked->done = true;
    asked->failure = failure;
    asked->ended = g_get_monotonic_time();
}

static kz_error *is_locked(void)
{
    kz_error *failure = NULL;
    kz_error_set(&failure, KZ_ERROR_STATE, "token_store",
        "The keyring is locked, and nobody unlocked it. Unlock it, or set token_store to \"file\".");
    return failure;
}

/* The answer to a request has come. One that went to a service that was started anew meanwhile is asked once more. */
static bool answered(request *asked, GError *problem)
{
    if (!problem)
        return true;
    if (g_error_matches(problem, SECRET_ERROR, SECRET_ERROR_IS_LOCKED)) {
        end(asked, is_locked());
    } else {
        disconnect(asked->ring);
        asked->running = asked->again || !bus_lacks_service(problem);
        asked->again = true;
        if (asked->running)
            end(asked, bus_error(problem));
    }
    g_error_free(problem);
    return false;
}

static void finish(request *asked)
{
    if (asked->running)
        end(asked, NULL);
    asked->ring->pending--;
    asked->ring->abandoned -= asked->abandoned;
    unref(asked);
}

static void found(GObject *source, GAsyncResult *result, gpointer user)
{
    request *asked = user;
    GError *problem = NULL;
    GList *items = secret_service_search_finish(SECRET_SERVICE(source), result, &problem);
    if (answered(asked, problem) && items) {
        SecretItem *item = items->data;
        asked->text = secret_item_get_locked(item) ? NULL : secret_item_get_secret(item);
        if (!asked->text)
            end(asked, is_locked());
    }
    g_list_free_full(items, g_object_unref);
    finish(asked);
}

static void stored(GObject *source, GAsyncResult *result, gpointer user)
{
    GError *problem = NULL;
    secret_service_store_finish(SECRET_SERVICE(source), result, &problem);
    answered(user, problem);
    finish(user);
}

static void cleared(GObject *source, GAsyncResult *result, gpointer user)
{
    GError *problem = NULL;
    secret_service_clear_finish(SECRET_SERVICE(source), result, &problem);
    answered(user, problem);
    finish(user);
}

static GHashTable *attributes_of(const request *asked)
{
    return secret_attributes_build(&schema, "application", "kamiwaza", "key", asked->key, NULL);
}

/* What is locked would be passed over in silence. */
static void found_to_remove(GObject *source, GAsyncResult *result, gpointer user)
{
    request *asked = user;
    GError *problem = NULL;
    GList *items = secret_service_search_finish(SECRET_SERVICE(source), result, &problem);
    if (answered(asked, problem))
        for (GList *at = items; at && !asked->done; at = at->next)
            if (secret_item_get_locked(at->data))
                end(asked, is_locked());
    if (items && asked->running && !asked->done) {
        GHashTable *attributes = attributes_of(asked);
        secret_service_clear(SECRET_SERVICE(source), &schema, attributes, NULL, cleared, asked);
        g_hash_table_unref(attributes);
    } else {
        finish(asked);
    }
    g_list_free_full(items, g_object_unref);
}

static void run(keyring *ring, request *asked)
{
    GHashTable *attributes = attributes_of(asked);
    asked->running = true;
    asked->refs++;
    ring->pending++;
    if (!asked->writes)
        secret_service_search(
            ring->service, &schema, attributes, SECRET_SEARCH_UNLOCK | SECRET_SEARCH_LOAD_SECRETS, NULL, found, asked);
    else if (asked->text)
        secret_service_store(
            ring->service, &schema, attributes, SECRET_COLLECTION_DEFAULT, asked->label, asked->text, NULL, stored, asked);
    else
        secret_service_search(
            ring->service, &schema, attributes, SECRET_SEARCH_ALL | SECRET_SEARCH_UNLOCK, NULL, found_to_remove, asked);
    g_hash_table_unref(attributes);
}

/* ---- the connection ---- */

static void connect_ended(keyring *ring, SecretService *service, kz_error *failure)
{
    ring->connecting = false;
    ring->pending--;
    ring->service = service;
    if (service)
        ring->owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(service));
    for (request *asked = ring->requests; failure && asked; asked = asked->next)
        if (!asked->running)
            end(asked, kz_error_copy(failure));
    kz_error_free(failure);
}

/* libsecret takes the connection that GLib shares, which ends the program when the bus goes away, unless it is told not to. */
static void got_service(GObject *source, GAsyncResult *result, gpointer user)
{
    GError *problem = NULL;
    SecretService *service = secret_service_open_finish(result, &problem);
    (void)source;
    if (service)
        g_dbus_connection_set_exit_on_close(g_dbus_proxy_get_connection(G_DBUS_PROXY(service)), FALSE);
    connect_ended(user, service, problem ? bus_error(problem) : NULL);
    g_clear_error(&problem);
}

static void connect_bus(keyring *ring)
{
    kz_error *failure = NULL;
    ring->connecting = true;
    ring->pending++;
    if (bus_is_there(&failure))
        secret_service_open(SECRET_TYPE_SERVICE, NULL, SECRET_SERVICE_OPEN_SESSION, ring->cancel, got_service, ring);
    else
        connect_ended(ring, NULL, failure);
}

/* A service that was started anew knows nothing of our session. */
static bool is_connected(const keyring *ring)
{
    GDBusProxy *proxy = G_DBUS_PROXY(ring->service);
    if (!proxy || g_dbus_connection_is_closed(g_dbus_proxy_get_connection(proxy)))
        return false;
    char *owner = g_dbus_proxy_get_name_owner(proxy);
    bool same = owner && !g_strcmp0(owner, ring->owner);
    g_free(owner);
    return same;
}

static void begin(keyring *ring)
{
    for (request *asked = ring->requests; asked; asked = asked->next) {
        if (asked->running || asked->done || ring->connecting)
            continue;
        if (ring->abandoned) {
            end(asked, is_locked()); /* a second prompt helps nobody */
        } else if (is_connected(ring)) {
            run(ring, asked);
        } else {
            disconnect(ring);
            connect_bus(ring);
        }
    }
}

void keyring_turn(keyring *ring)
{
    gint64 now = g_get_monotonic_time();
    g_main_context_push_thread_default(ring->context);
    do
        begin(ring);
    while (g_main_context_iteration(ring->context, FALSE));
    g_main_context_pop_thread_default(ring->context);
    for (request *asked = ring->requests; asked; asked = asked->next)
        if (!asked->done && now - asked->began > PATIENCE)
            end(asked, is_locked());
}
