/* auth_static.c: the providers that need no server: an API key, and a bearer token, which is a setting or was given by a person and kept. */
#include "auth.h"

#include <string.h>

static kz_step grant_key(void *self, kz_provider_step *step, kz_error **error)
{
    const kz_provider *auth = self;
    const char *key = kz_provider_value(auth, "api_key"), *narrow = kz_provider_value(auth, "api_key_header");
    const kz_string_entry header = { "X-API-Key", key };
    const kz_provider_grant grant = { .size = sizeof grant,
        .token = narrow && !strcmp(narrow, "x-api-key") ? NULL : key,
        .headers = &header,
        .n_headers = !(narrow && !strcmp(narrow, "authorization")) };
    return kz_provider_granted(step, &grant, error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
}

static void *create_key(kz_provider *auth, kz_error **error)
{
    if (kz_provider_value(auth, "api_key"))
        return auth;
    kz_error_set(
        error, KZ_ERROR_CONFIG, "api_key", "The setting auth is \"api-key\", but there is no api_key (KAMIWAZA_API_KEY).");
    return NULL;
}

const kz_provider_vtable kzi_auth_api_key = { .size = sizeof(kz_provider_vtable),
    .title = "API key",
    .summary = "The key of the setting api_key goes with every request.",
    .create = create_key,
    .acquire = grant_key };

/* A token that a person gives is not asked for as long as one is kept. */
static kz_step ask(const kz_provider_step *step, char *token, size_t size, kz_error **error)
{
    const kz_sign_in *person = step->person;
    if (step->reason == KZ_PROVIDER_SIGN_IN && person && person->ask)
        return person->ask(person->user, "token", true, token, size, error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
    kz_error_set(error, step->reason == KZ_PROVIDER_FIRST ? KZ_ERROR_CONFIG : KZ_ERROR_AUTHENTICATION, "token",
        "There is no token: set KAMIWAZA_TOKEN, or give one with: kamiwaza login --with-token");
    return KZ_STEP_FAILED;
}

static kz_step grant_token(void *self, kz_provider_step *step, kz_error **error)
{
    char given[16384] = "";
    const char *token = kz_provider_value(self, "token");
    kz_step fine = token ? KZ_STEP_DONE : ask(step, given, sizeof given, error);
    const kz_provider_grant grant = { .size = sizeof grant, .token = token ? token : given };
    if (fine == KZ_STEP_DONE && !kz_provider_granted(step, &grant, error))
        fine = KZ_STEP_FAILED;
    kz_wipe(given, sizeof given);
    return fine;
}

static void *create_token(kz_provider *auth, kz_error **error)
{
    return kz_provider_value(auth, "token") || kz_provider_keeps(auth, NULL, error) ? auth : NULL;
}

const kz_provider_vtable kzi_auth_bearer = { .size = sizeof(kz_provider_vtable),
    .title = "Bearer token",
    .summary = "The token of the setting token, or one given when signing in, goes with every request.",
    .create = create_token,
    .acquire = grant_token };
