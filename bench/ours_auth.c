/* ours_auth.c: what authorising a call costs: plain calls without a credential, with a header that the program gave, and with the token
 * of a provider that has one in force. */
#include "ours.h"

#include <kamiwaza/auth-plugin.h>

#define TOKEN "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwiZXhwIjoxNzY0MDAzNjAwfQ.c2lnbmF0dXJl"

static void *create(kz_provider *auth, kz_error **error)
{
    (void)error;
    return auth;
}

static kz_step acquire(void *self, kz_provider_step *step, kz_error **error)
{
    (void)self;
    const kz_provider_grant grant = { .size = sizeof grant, .token = TOKEN, .lifetime = { 3600, KZ_SET } };
    return kz_provider_granted(step, &grant, error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
}

void calls_unsigned(const char *url, size_t n)
{
    begin_with(configure(url));
    calls(url, n);
}

void calls_headed(const char *url, size_t n)
{
    kz_config *config = configure(url);
    kz_config_set(config, "headers", "Authorization: Bearer " TOKEN, &slot);
    begin_with(config);
    calls(url, n);
}

void calls_authorised(const char *url, size_t n)
{
    static const kz_provider_vtable vtable = { .size = sizeof vtable, .title = "Bench", .create = create, .acquire = acquire };
    kz_config *config = configure(url);
    kz_config_set_auth(config, "bench", &vtable, NULL, &slot);
    begin_with(config);
    calls(url, n);
}
