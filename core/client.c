/* client.c: the client's life: configuration, shared caches of libcurl, the pool of loops, and what fork() means. The only
 * global state is what libcurl forces: its initialisation, done once. */
#include "auth.h"
#include "loader.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;
static bool init_done, init_wipes;
static CURLcode init_code;
static atomic_uint process_generation;

/* Another thread of the parent may be within a lock that the whole process has: the child would wait for it for ever. */
static void before_fork(void)
{
    kz_plugins_lock();
    pthread_mutex_lock(&init_lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&init_lock);
    kz_plugins_unlock();
}

static void forked(void)
{
    pthread_mutex_unlock(&init_lock);
    kzi_loader_forked();
    atomic_fetch_add(&process_generation, 1);
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork, forked);
}

static void wiping_free(void *memory)
{
    kzi_wipe_free(memory, memory ? malloc_usable_size(memory) : 0);
}

static void *wiping_realloc(void *memory, size_t size)
{
    if (!memory)
        return malloc(size);
    size_t old = malloc_usable_size(memory);
    void *moved = malloc(size);
    if (moved) {
        memcpy(moved, memory, old < size ? old : size);
        kzi_wipe_free(memory, old);
    }
    return moved;
}

bool kz_global_init(unsigned flags, kz_error **error)
{
    if (kzi_stuck(error))
        return false;
    pthread_once(&init_once, watch_forks);
    pthread_mutex_lock(&init_lock);
    bool wipe = flags & KZ_WIPE;
    bool late = init_done && wipe && !init_wipes;
    if (!init_done) {
        init_code = wipe ? curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc, strdup, calloc)
                         : curl_global_init(CURL_GLOBAL_DEFAULT);
        init_done = init_code == CURLE_OK;
        init_wipes = wipe && init_done;
    }
    CURLcode code = init_code;
    pthread_mutex_unlock(&init_lock);
    if (code != CURLE_OK)
        return kz_error_no_memory(error);
    if (late)
        return kz_error_set(error, KZ_ERROR_STATE, NULL,
            "libcurl is already prepared without KZ_WIPE; call kz_global_init(KZ_WIPE) before the first client.");
    return true;
}

static void share_lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *user)
{
    (void)easy, (void)access;
    pthread_mutex_lock(&((kz_client *)user)->share_locks[data]);
}

static void share_unlock(CURL *easy, curl_lock_data data, void *user)
{
    (void)easy;
    pthread_mutex_unlock(&((kz_client *)user)->share_locks[data]);
}

static bool share_caches(kz_client *client)
{
    client->share = curl_share_init();
    if (!client->share)
        return false;
    curl_share_setopt(client->share, CURLSHOPT_LOCKFUNC, share_lock);
    curl_share_setopt(client->share, CURLSHOPT_UNLOCKFUNC, share_unlock);
    curl_share_setopt(client->share, CURLSHOPT_USERDATA, client);
    return !curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) &&
        !curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

static void warn_of_settings(const kz_client *client)
{
    if (!client->settings->verify_tls && kzi_logs(client, KZ_LOG_WARNING))
        kzi_client_log(client, KZ_LOG_WARNING, "config", "TLS certificates are not verified (verify_tls is off)", NULL, 0);
}

kz_client *kz_client_new(const kz_config *config, kz_error **error)
{
    if (kzi_stuck(error) || !kz_global_init(0, error))
        return NULL;
    kz_client *client = calloc(1, sizeof *client);
    if (!client) {
        kz_error_no_memory(error);
        return NULL;
    }
    atomic_init(&client->users, 1);
    atomic_init(&client->refs, 1);
    client->generation = atomic_load(&process_generation);
    kzi_random(client->key_seed, 2);
    pthread_mutex_init(&client->lock, NULL);
    pthread_mutex_init(&client->pool_lock, NULL);
    pthread_mutex_init(&client->loops_lock, NULL);
    pthread_cond_init(&client->ready, NULL);
    for (size_t i = 0; i < CURL_LOCK_DATA_LAST; i++)
        pthread_mutex_init(&client->share_locks[i], NULL);
    client->config = kzi_config_resolve(config, error);
    if (!client->config) {
        kz_client_free(client);
        return NULL;
    }
    client->settings = kzi_config_settings(client->config);
    kzi_config_log(client->config, &client->log, &client->log_user, &client->log_level);
    client->auth = kzi_auth_new(client, error);
    if (!client->auth || !share_caches(client)) {
        kz_error_no_memory(error);
        kz_client_free(client);
        return NULL;
    }
    client->base_is_loopback = kzi_is_loopback(client->settings->base_url);
    warn_of_settings(client);
    return client;
}

kz_client *kz_client_ref(kz_client *client)
{
    if (client)
        atomic_fetch_add(&client->users, 1);
    return client;
}

bool kzi_wipes(void)
{
    return init_wipes;
}

/* What functions that are over have left on this thread's stack: libraries keep parts of texts in registers, and registers there. */
static __attribute__((noinline)) void wipe_stack(void)
{
    enum { DEEP = 128 * 1024, MARGIN = 16 * 1024 };
    pthread_attr_t attributes;
    void *lowest = NULL;
    size_t size = 0;
    if (!kzi_wipes() || pthread_getattr_np(pthread_self(), &attributes))
        return;
    bool known = !pthread_attr_getstack(&attributes, &lowest, &size);
    pthread_attr_destroy(&attributes);
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), end = (uintptr_t)lowest + MARGIN;
    size_t below = known && here > end ? here - end : 0, length = below < DEEP ? below : DEEP;
    if (length)
        kzi_wipe(__builtin_alloca(length), length);
}

void kz_client_free(kz_client *client)
{
    if (!client || atomic_fetch_sub(&client->users, 1) != 1)
        return;
    atomic_store(&client->closing, true);
    if (client->generation == atomic_load(&process_generation)) {
        kzi_loops_wake(client);
        kzi_pool_wake(client);
    }
    kzi_client_drop(client);
    wipe_stack();
}

kz_client *kzi_client_hold(kz_client *client)
{
    atomic_fetch_add(&client->refs, 1);
    return client;
}

void kzi_client_drop(kz_client *client)
{
    if (!client || atomic_fetch_sub(&client->refs, 1) != 1)
        return;
    bool inherited = client->generation != atomic_load(&process_generation);
    if (inherited)
        return; /* a child must not close what its parent still uses: connections, TLS sessions, plugin state */
    kzi_services_destroy(client);
    kzi_pool_free(client);
    kzi_auth_free(client->auth);
    if (client->share)
        curl_share_cleanup(client->share);
    kzi_config_free(client->config);
    for (size_t i = 0; i < CURL_LOCK_DATA_LAST; i++)
        pthread_mutex_destroy(&client->share_locks[i]);
    pthread_cond_destroy(&client->ready);
    pthread_mutex_destroy(&client->pool_lock);
    pthread_mutex_destroy(&client->loops_lock);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

bool kzi_client_usable(const kz_client *client, kz_error **error)
{
    if (client->generation == atomic_load(&process_generation))
        return true;
    return kz_error_set(error, KZ_ERROR_STATE, NULL, "This client was made before fork(); make a new one in the child process.");
}

const char *kz_client_setting(const kz_client *client, const char *name, const char **source)
{
    if (!client || !name)
        return NULL;
    const char *value = kzi_config_value(client->config, name, true, source);
    return value && kzi_auth_setting_is_open(client->auth, name) ? kzi_config_value(client->config, name, false, NULL) : value;
}

void kzi_client_log(const kz_client *client, kz_log_level level, const char *area, const char *message,
    const kz_log_field *fields, size_t n_fields)
{
    if (!kzi_logs(client, level))
        return;
    kz_log_record record = { .level = level, .area = area, .message = message, .fields = fields, .n_fields = n_fields };
    client->log(&record, client->log_user);
}
