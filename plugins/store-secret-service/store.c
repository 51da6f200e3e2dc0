/* store.c: the token store "secret-service": entries are items of the default keyring, with the attributes application=kamiwaza and
 * key=KEY. The core asks again until an answer is there; what it no longer asks for is let go of. */
#include "keyring.h"

#include <stdlib.h>
#include <string.h>

/* An answer that nobody came for in this time is of the past. */
#define FRESH ((gint64)5 * G_USEC_PER_SEC)

typedef struct store {
    GMutex lock;
    keyring *ring;
} store;

static void *create(kz_provider *provider, kz_error **error)
{
    (void)provider, (void)error;
    store *s = g_new0(store, 1);
    g_mutex_init(&s->lock);
    s->ring = keyring_new();
    return s;
}

static void destroy(void *self)
{
    store *s = self;
    keyring_free(s->ring);
    g_mutex_clear(&s->lock);
    g_free(s);
}

static bool is_text(SecretValue *value, const char *text, size_t length)
{
    gsize n = 0;
    const char *kept = value ? secret_value_get(value, &n) : NULL;
    return !value == !text && (!value || (n == length && !memcmp(kept, text, n)));
}

/* The request that stands for these arguments; *busy: another write of the entry must end first. */
static request *find(store *s, bool writes, const char *key, const char *text, size_t length, bool *busy)
{
    *busy = false;
    for (request *at = keyring_requests(s->ring), *next; at; at = next) {
        next = at->next;
        if (at->writes != writes || strcmp(at->key, key) != 0)
            continue;
        bool same = !writes || is_text(at->text, text, length);
        if (same && (!at->done || g_get_monotonic_time() - at->ended < FRESH))
            return at;
        if (at->done)
            keyring_drop(at);
        else
            *busy = true;
    }
    return NULL;
}

/* Asks, or asks again; DONE or FAILED: *ended is the request, to be dropped. */
static kz_step ask(store *s, bool writes, const char *key, const char *label, const char *text, size_t length, request **ended,
    double *wait, kz_error **error)
{
    bool busy;
    request *asked = find(s, writes, key, text, length, &busy);
    *ended = NULL;
    if (!asked && !busy)
        asked = keyring_ask(
            s->ring, writes, key, label, text ? secret_value_new(text, (gssize)length, "application/json") : NULL);
    keyring_turn(s->ring);
    if (!asked || !asked->done) {
        unsigned n = asked ? asked->asked++ : 4;
        *wait = n < 5 ? 0.002 * (1 << n) : 0.05;
        return KZ_STEP_WAIT;
    }
    *ended = asked;
    if (!asked->failure)
        return KZ_STEP_DONE;
    kz_error_move(error, &asked->failure);
    return KZ_STEP_FAILED;
}

static kz_step copy(const request *asked, char **text, size_t *length, kz_error **error)
{
    gsize n = 0;
    const char *kept = asked->text ? secret_value_get(asked->text, &n) : NULL;
    *text = kept ? malloc(n + 1) : NULL;
    if (kept && !*text) {
        kz_error_no_memory(error);
        return KZ_STEP_FAILED;
    }
    if (kept) {
        memcpy(*text, kept, n);
        (*text)[n] = 0;
        *length = n;
    }
    return KZ_STEP_DONE;
}

static kz_step read_entry(void *self, const char *key, char **text, size_t *length, double *wait, kz_error **error)
{
    store *s = self;
    request *ended;
    g_mutex_lock(&s->lock);
    kz_step step = ask(s, false, key, NULL, NULL, 0, &ended, wait, error);
    if (step == KZ_STEP_DONE)
        step = copy(ended, text, length, error);
    if (ended)
        keyring_drop(ended);
    g_mutex_unlock(&s->lock);
    return step;
}

static kz_step write_entry(
    void *self, const char *key, const char *label, const char *text, size_t length, double *wait, kz_error **error)
{
    store *s = self;
    request *ended;
    g_mutex_lock(&s->lock);
    kz_step step = ask(s, true, key, label, text, length, &ended, wait, error);
    if (ended)
        keyring_drop(ended);
    g_mutex_unlock(&s->lock);
    return step;
}

static const kz_store_vtable vtable = {
    .size = sizeof vtable,
    .title = "The desktop's keyring",
    .summary = "Keeps tokens in the keyring of the desktop, by the Secret Service.",
    .create = create,
    .destroy = destroy,
    .read = read_entry,
    .write = write_entry,
};

KZ_PLUGIN(store_secret_service) = {
    .abi_major = KZ_ABI_MAJOR,
    .abi_minor = KZ_ABI_MINOR,
    .size = sizeof(kz_plugin_descriptor),
    .kind = KZ_PLUGIN_STORE,
    .name = "store-secret-service",
    .version = KZ_VERSION,
    .vtable = &vtable,
};
