/* auth.c: the provider of a client: which one the configuration means, its creation on first use (once, with no lock held while its code
 * runs), and what it may ask of the core. */
#include "auth.h"

#include "auth_command.h"
#include "config_auth.h"
#include "registry.h"

#include <stdlib.h>
#include <string.h>

kz_provider *kzi_auth_new(kz_client *client, kz_error **error)
{
    kz_provider *auth = calloc(1, sizeof *auth);
    if (!auth) {
        kz_error_no_memory(error);
        return NULL;
    }
    auth->client = client;
    pthread_mutex_init(&auth->lock, NULL);
    pthread_cond_init(&auth->ready, NULL);
    return auth;
}

static void destroy(kz_provider *auth)
{
    if (auth->self && KZI_AUTH_FUNCTION(auth, destroy))
        auth->vtable->destroy(auth->self);
    auth->self = NULL;
}

void kzi_auth_free(kz_provider *auth)
{
    if (!auth)
        return;
    auth->renewal = NULL;
    while (auth->runs)
        kzi_auth_run_free(auth->runs);
    destroy(auth);
    kzi_token_store_free(auth->store);
    kzi_grant_unref(auth->grant);
    kz_error_free(auth->failure);
    kzi_auth_forget_refusal(auth);
    free(auth->account);
    free(auth->key);
    free(auth->label);
    pthread_cond_destroy(&auth->ready);
    pthread_mutex_destroy(&auth->lock);
    free(auth);
}

bool kzi_auth_has(const kz_provider_vtable *vtable, size_t end)
{
    return vtable->size >= end;
}

bool kzi_auth_vtable_is_whole(const kz_provider_vtable *vtable)
{
    return vtable->size >= offsetof(kz_provider_vtable, destroy) && vtable->size <= 65536 && vtable->create &&
        (vtable->settings || !vtable->n_settings);
}

/* What the settings mean: what is named, else what they suffice for. NULL: nothing. */
static const char *choose(const kzi_settings *settings)
{
    if (settings->auth)
        return settings->auth;
    if (settings->token)
        return "bearer";
    if (settings->api_key)
        return "api-key";
    if (settings->credential_command)
        return "command";
    return settings->username && settings->password ? "password" : NULL;
}

static const kz_provider_vtable *find(kz_provider *auth, kz_error **error)
{
    static const struct {
        const char *name;
        const kz_provider_vtable *vtable;
    } own[] = { { "api-key", &kzi_auth_api_key }, { "bearer", &kzi_auth_bearer }, { "command", &kzi_auth_command } };
    const kz_provider_vtable *vtable = kzi_config_auth(auth->client->config, &auth->name, &auth->user);
    if (vtable)
        return vtable;
    auth->name = choose(auth->client->settings);
    for (size_t i = 0; auth->name && i < sizeof own / sizeof *own; i++)
        if (!strcmp(own[i].name, auth->name))
            return own[i].vtable;
    if (!auth->name)
        return NULL;
    char name[128];
    if (snprintf(name, sizeof name, "auth-%s", auth->name) >= (int)sizeof name) {
        kz_error_set(error, KZ_ERROR_CONFIG, "auth", "The name of the auth provider is too long.");
        return NULL;
    }
    const kz_plugin_descriptor *plugin = kzi_client_load(auth->client, name, KZ_PLUGIN_AUTH, error);
    return plugin ? plugin->vtable : NULL;
}

/* Settings that the provider does not have are refused where the program or the profile gave them. A variable may be meant for another
 * provider, and so may a profile whose own choice of one does not count. */
static bool check_settings(const kz_provider *auth, kz_error **error)
{
    const kz_provider_vtable *vtable = auth->vtable;
    const char *names[64], *name, *source, *chosen_by;
    size_t n = 0;
    kzi_config_value(auth->client->config, "auth", true, &chosen_by);
    for (; n < vtable->n_settings && n < 64; n++)
        names[n] = vtable->settings[n].name;
    for (size_t i = 0; (name = kzi_config_auth_setting(auth->client->config, i, &source)); i++) {
        bool known = false;
        for (size_t j = 0; j < n; j++)
            known |= !strcmp(names[j], name);
        bool elsewhere = strcmp(source, "code") != 0 && chosen_by && strcmp(chosen_by, source) != 0;
        if (known || elsewhere || !strncmp(source, "KAMIWAZA_", 9))
            continue;
        const char *near = kzi_nearest(name, names, n);
        return kz_error_set(error, KZ_ERROR_CONFIG, name, "The way to sign in \"%s\" has no setting auth_%s (from %s).%s%s%s",
            auth->name, name, source, near ? " Did you mean auth_" : "", near ? near : "", near ? "?" : "");
    }
    return true;
}

static bool create(kz_provider *auth, kz_error **error)
{
    kz_error *failure = NULL;
    auth->vtable = find(auth, &failure);
    if (!auth->vtable)
        return !failure || kz_error_move(error, &failure);
    if (!check_settings(auth, error))
        return false;
    auth->self = auth->vtable->create(auth, &failure);
    if (auth->self && !failure)
        return true;
    if (!failure)
        kz_error_set(
            &failure, KZ_ERROR_PLUGIN, auth->name, "The auth provider %s failed to start and did not say why.", auth->name);
    destroy(auth);
    return kz_error_move(error, &failure);
}

/* The entry in the token store: one for each base URL, provider and account. */
static bool open_store(kz_provider *auth, kz_error **error)
{
    kz_error *failure = NULL;
    auth->store = auth->keeps ? kzi_token_store_new(auth, &failure) : NULL;
    if (failure)
        return kz_error_move(error, &failure);
    if (!auth->store || auth->key)
        return true;
    const char *base = auth->client->settings->base_url, *account = auth->account ? auth->account : "";
    if (asprintf(&auth->key, "%s %s %s", base, auth->name, account) < 0)
        auth->key = NULL;
    if (asprintf(&auth->label, "Kamiwaza at %s (%s%s%s)", base, auth->name, *account ? ", " : "", account) < 0)
        auth->label = NULL;
    return (auth->key && auth->label) || kz_error_no_memory(error);
}

static void undo(kz_provider *auth)
{
    destroy(auth);
    auth->vtable = NULL;
    auth->keeps = false;
}

bool kzi_auth_prepare(kz_provider *auth, kz_error **error)
{
    if (atomic_load_explicit(&auth->status, memory_order_acquire) == KZI_AUTH_READY)
        return true;
    pthread_mutex_lock(&auth->lock);
    while (auth->status == KZI_AUTH_CREATING && !pthread_equal(auth->creator, pthread_self()))
        pthread_cond_wait(&auth->ready, &auth->lock);
    bool ready = auth->status == KZI_AUTH_READY, cycle = auth->status == KZI_AUTH_CREATING;
    if (!ready && !cycle) {
        auth->status = KZI_AUTH_CREATING;
        auth->creator = pthread_self();
    }
    pthread_mutex_unlock(&auth->lock);
    if (ready)
        return true;
    if (cycle)
        return kz_error_set(error, KZ_ERROR_STATE, "auth", "A call was made while the auth provider was being created.");
    ready = create(auth, error);
    if (ready && !open_store(auth, error)) {
        undo(auth);
        ready = false;
    }
    pthread_mutex_lock(&auth->lock);
    auth->status = ready ? KZI_AUTH_READY : KZI_AUTH_NEW;
    pthread_cond_broadcast(&auth->ready);
    pthread_mutex_unlock(&auth->lock);
    return ready;
}

kzi_grant *kzi_auth_grant(kz_provider *auth)
{
    pthread_mutex_lock(&auth->lock);
    kzi_grant *grant = kzi_grant_ref(auth->grant);
    pthread_mutex_unlock(&auth->lock);
    return grant;
}

void kzi_auth_set_grant(kz_provider *auth, kzi_grant *grant)
{
    pthread_mutex_lock(&auth->lock);
    kzi_grant *before = auth->grant;
    if (grant)
        grant->number = ++auth->n_grants;
    auth->grant = grant;
    auth->not_before = 0;
    kzi_auth_forget_refusal(auth);
    pthread_mutex_unlock(&auth->lock);
    kzi_grant_unref(before);
}

static const kz_provider_setting *setting_of(const kz_provider *auth, const char *name)
{
    for (uint64_t i = 0; auth->vtable && i < auth->vtable->n_settings; i++)
        if (!strcmp(auth->vtable->settings[i].name, name))
            return &auth->vtable->settings[i];
    return NULL;
}

const char *kz_provider_value(const kz_provider *auth, const char *name)
{
    if (!auth || !name)
        return NULL;
    char full[128];
    const kz_provider_setting *setting = setting_of(auth, name);
    if (!setting)
        return kzi_config_value(auth->client->config, name, false, NULL);
    snprintf(full, sizeof full, "auth_%s", name);
    const char *value = kzi_config_value(auth->client->config, full, false, NULL);
    return value ? value : setting->fallback;
}

bool kzi_auth_setting_is_open(kz_provider *auth, const char *name)
{
    if (!kzi_auth_value_is_name(name) || kzi_auth_value_is_secret(name))
        return false;
    kz_error *failure = NULL;
    bool ready = kzi_auth_prepare(auth, &failure);
    kz_error_free(failure);
    const kz_provider_setting *setting = !ready ? NULL : setting_of(auth, name + strlen("auth_"));
    return setting && !setting->secret;
}

const kz_provider_setting *kz_client_provider_settings(kz_client *client, size_t *n_settings, kz_error **error)
{
    *n_settings = 0;
    if (kzi_stuck(error))
        return NULL;
    if (!client)
        kz_error_set(error, KZ_ERROR_ARGUMENT, "client", "There are no settings without a client.");
    if (!client || !kzi_client_usable(client, error) || !kzi_auth_prepare(client->auth, error) || !client->auth->vtable)
        return NULL;
    *n_settings = client->auth->vtable->n_settings;
    return client->auth->vtable->settings;
}

const char *kz_client_provider_name(kz_client *client, kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    if (!client)
        kz_error_set(error, KZ_ERROR_ARGUMENT, "client", "There is no way to sign in without a client.");
    if (!client || !kzi_client_usable(client, error) || !kzi_auth_prepare(client->auth, error))
        return NULL;
    return client->auth->vtable ? client->auth->name : NULL;
}

void *kz_provider_user(const kz_provider *auth)
{
    return auth ? auth->user : NULL;
}

void kz_provider_log(const kz_provider *auth, kz_log_level level, const char *message)
{
    const kz_log_field provider = { "provider", auth ? auth->name : NULL };
    if (auth && message)
        kzi_client_log(auth->client, level, "auth", message, &provider, 1);
}

bool kz_provider_keeps(kz_provider *auth, const char *account, kz_error **error)
{
    if (kzi_stuck(error))
        return false;
    if (!auth)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "auth", "Nothing can be kept for no client.");
    free(auth->account);
    auth->account = account ? strdup(account) : NULL;
    auth->keeps = true;
    return !account || auth->account || kz_error_no_memory(error);
}

void kz_wipe(void *memory, size_t length)
{
    if (memory)
        kzi_wipe(memory, length);
}
