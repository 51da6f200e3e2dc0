/* oauth.c: the auth provider "oauth": signs in at any provider of OAuth 2.0 or OpenID Connect, by a browser, by another device or as a
 * program of its own, renews what it got and gives it back. Here is where a run begins: which way it goes. */
#include "oauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void destroy(void *self)
{
    oauth *it = self;
    EVP_PKEY_free(it->key);
    kz_free((void *)(uintptr_t)it->found);
    json_decref(it->keys);
    pthread_mutex_destroy(&it->lock);
    free(it);
}

/* Tokens of one client, for one scope and audience, are an entry of the token store. */
static bool keep(oauth *it, kz_error **error)
{
    const struct {
        const char *name, *value;
    } parts[] = { { "", it->client_id }, { " ", it->issuer ? it->issuer : it->given.token_endpoint }, { " scope=", it->scope },
        { " audience=", it->audience }, { " resource=", it->resource } };
    char account[1024] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && used < sizeof account; i++)
        if (parts[i].value && *parts[i].value)
            used += (size_t)snprintf(account + used, sizeof account - used, "%s%s", parts[i].name, parts[i].value);
    if (used >= sizeof account)
        return kz_error_set(error, KZ_ERROR_CONFIG, "auth_scope", "The settings of auth-oauth are longer than 1000 characters.");
    return kz_provider_keeps(it->core, account, error);
}

static void *create(kz_provider *provider, kz_error **error)
{
    oauth *it = calloc(1, sizeof *it);
    if (!it) {
        kz_error_no_memory(error);
        return NULL;
    }
    it->core = provider;
    pthread_mutex_init(&it->lock, NULL);
    if (oauth_read_settings(it, error) && keep(it, error))
        return it;
    destroy(it);
    return NULL;
}

static void release(void *work)
{
    oauth_run *run = work;
    oauth_loopback_close(run->loopback);
    kz_free(run->root);
}

static oauth_run *run_new(kz_provider_step *step, kz_error **error)
{
    void *root = kz_result_new(&kz_schema_json_value, sizeof(kz_json_value), error);
    oauth_run *run = root ? kz_result_memory(root, sizeof *run, error) : NULL;
    if (!run) {
        kz_free(root);
        return NULL;
    }
    run->root = root;
    step->work = run;
    kz_error *unread = NULL;
    kz_oauth_memory *memory = step->memory.text ? kz_result_read(&kzt_kz_oauth_memory, sizeof *memory, step->memory, &unread)
                                                : NULL;
    kz_result_adopt(root, memory);
    run->memory = memory;
    if (unread && kz_error_is(unread, KZ_ERROR_NO_MEMORY)) {
        kz_error_move(error, &unread);
        return NULL;
    }
    kz_error_clear(&unread); /* kept by something else: worth nothing */
    return run;
}

static bool can_be_asked(const kz_sign_in *person)
{
    return person && (person->show || person->browse);
}

static kz_step nobody(const oauth *it, const oauth_run *run, const kz_provider_step *step, kz_error **error)
{
    const char *where = it->issuer ? it->issuer : it->given.token_endpoint;
    if (step->reason == KZ_PROVIDER_SIGN_IN)
        return oauth_fail(run, error,
            "Signing in at %s takes a person with a browser, or another device, and nobody can be asked here.", where);
    if (step->reason == KZ_PROVIDER_FIRST)
        return oauth_fail(run, error, "Nobody is signed in at %s; sign in: kamiwaza login, or kz_client_sign_in().", where);
    return oauth_fail(run, error,
        "The sign-in at %s has ended, and the provider gave nothing to renew it by; sign in again: kamiwaza login. (A scope such "
        "as offline_access often helps.)",
        where);
}

/* By another device where the person or the settings say so, or where there is no browser to open. */
static kz_step choose_for_person(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const kz_sign_in *person = step->person;
    bool device = run->metadata->device_authorization_endpoint != NULL, browser = run->metadata->authorization_endpoint != NULL;
    bool wants_device = person->way == KZ_SIGN_IN_DEVICE ||
        (person->way == KZ_SIGN_IN_ANY &&
            (it->flow == OAUTH_DEVICE || (it->flow != OAUTH_CODE && device && (!person->browse || !browser))));
    return (wants_device ? oauth_begin_device : oauth_begin_code)(it, run, step, error);
}

/* What is asked for where the settings do not say: who it is, and that it lasts, as far as the provider knows such scopes. */
const char *oauth_scope(const oauth *it, const kz_oauth_metadata *metadata)
{
    const char *const *known = metadata->scopes_supported;
    size_t n = metadata->n_scopes_supported;
    if (it->scope)
        return *it->scope ? it->scope : NULL;
    if (!oauth_has(known, n, "openid"))
        return NULL;
    return oauth_has(known, n, "offline_access") ? "openid offline_access" : "openid";
}

bool oauth_is_alone(const oauth *it, const kz_oauth_memory *memory)
{
    bool of_a_person = memory && memory->person.state == KZ_SET && memory->person.value;
    return it->flow == OAUTH_CLIENT || (it->flow == OAUTH_BY_SETTINGS && (it->client_secret || it->key) && !of_a_person);
}

static kz_step begin(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    bool wished = step->person && (step->person->way == KZ_SIGN_IN_BROWSER || step->person->way == KZ_SIGN_IN_DEVICE);
    bool anew = step->reason == KZ_PROVIDER_SIGN_IN, alone = oauth_is_alone(it, anew ? NULL : run->memory);
    bool as_itself = alone && (it->flow == OAUTH_CLIENT || !wished);
    oauth_stage *then = choose_for_person;
    if (!anew && run->memory && run->memory->refresh_token && *run->memory->refresh_token)
        then = oauth_begin_refresh;
    else if (as_itself)
        then = oauth_begin_client;
    else if (step->person && step->person->way == KZ_SIGN_IN_SECRET)
        return oauth_fail(
            run, error, "With oauth nobody types a password here: leave that out, and sign in by a browser or another device.");
    else if (!can_be_asked(step->person))
        return nobody(it, run, step, error);
    return oauth_discover(it, run, step, then, error);
}

static kz_step run_on(oauth *it, kz_provider_step *step, oauth_stage *first, kz_error **error)
{
    oauth_run *run = step->work;
    if (run && run->redirected)
        oauth_loopback_turn(run->loopback, &(const char *){ NULL }); /* who comes late is answered too */
    if (run)
        return run->next(it, run, step, error);
    run = run_new(step, error);
    return run ? first(it, run, step, error) : KZ_STEP_FAILED;
}

static kz_step acquire(void *self, kz_provider_step *step, kz_error **error)
{
    return run_on(self, step, begin, error);
}

static kz_step sign_out(void *self, kz_provider_step *step, kz_error **error)
{
    return run_on(self, step, oauth_begin_revoking, error);
}

static const kz_provider_vtable vtable = { .size = sizeof vtable,
    .title = "OAuth 2.0 and OpenID Connect",
    .summary =
        "Signs in at a provider of OAuth 2.0 or OpenID Connect: by a browser, by another device, or as a program of its own.",
    .settings = oauth_settings,
    .n_settings = OAUTH_SETTINGS,
    .create = create,
    .destroy = destroy,
    .acquire = acquire,
    .release = release,
    .sign_out = sign_out };

KZ_PLUGIN(auth_oauth) = {
    .abi_major = KZ_ABI_MAJOR,
    .abi_minor = KZ_ABI_MINOR,
    .size = sizeof(kz_plugin_descriptor),
    .kind = KZ_PLUGIN_AUTH,
    .name = "auth-oauth",
    .version = "1.0",
    .vtable = &vtable,
};
