/* policy_authenticate.c: the credential on a request. Never to another origin than the one the call began with, never over plain HTTP to
 * a host that is not this machine, unless the configuration says so. When the server refuses it, the provider renews it, once for all
 * calls, and the request is made anew, once. */
#include "auth.h"

#include "header.h"

#include <string.h>
#include <strings.h>

static bool may_travel(kzi_call *call)
{
    const kzi_settings *settings = call->client->settings;
    bool own = (!call->op || !call->op->base_setting) && !(call->options && call->options->base_url);
    bool local = own && !call->redirects ? call->client->base_is_loopback : kzi_is_loopback(call->url.data);
    if (settings->allow_plain_http || !strncasecmp(call->url.data, "https:", 6) || local)
        return true;
    return kzi_call_error(call, &call->error, KZ_ERROR_CONFIG,
        "The credentials are not sent over plain HTTP to a host other than this machine: use an https:// base URL, "
        "or set allow_plain_http (KAMIWAZA_ALLOW_PLAIN_HTTP=1) if the network is trusted.");
}

static bool goes_without(const kzi_call *call)
{
    return call->foreign || call->no_auth || call->raw;
}

/* The platform takes a key in either form and gets both; a server that has a setting of its own speaks OpenAI's interface, which knows the
 * bearer form. */
static bool is_said_once(const kzi_call *call)
{
    return call->op && call->op->base_setting && call->grant->token && call->client->auth->vtable == &kzi_auth_api_key;
}

/* Chained by the transport, not copied: the call holds the credential for as long as they are in use. */
static void attach(kzi_call *call)
{
    const kzi_grant *grant = call->grant;
    call->n_credentials = is_said_once(call) ? 1 : grant->n_lines;
    for (unsigned i = 0; i < call->n_credentials; i++)
        call->credentials[i].data = (char *)(uintptr_t)grant->lines[i];
}

static kzi_step send_authenticate(kzi_call *call)
{
    kz_provider *auth = call->client->auth;
    kzi_call_drop_credentials(call);
    if (goes_without(call))
        return KZI_NEXT;
    if (!kzi_auth_prepare(auth, &call->error))
        return KZI_END;
    if (auth->vtable && !may_travel(call))
        return KZI_END;
    if (auth->vtable && KZI_AUTH_FUNCTION(auth, acquire)) {
        kzi_step step = kzi_auth_acquire(call, 0, NULL);
        if (step != KZI_NEXT)
            return step;
        if (call->grant)
            attach(call);
    }
    return call->credential_only ? KZI_END : KZI_NEXT;
}

static kzi_step answer_authenticate(kzi_call *call)
{
    if (call->status != 401 || !call->error || goes_without(call) || !call->grant || call->once)
        return KZI_NEXT;
    if (call->renewed && !call->auth_waits)
        return KZI_NEXT;
    call->renewed = true;
    kzi_step step = kzi_auth_acquire(
        call, call->grant->number, kzi_head_find(call->head.data, call->head.length, "www-authenticate"));
    if (step != KZI_NEXT)
        return step;
    kz_error_clear(&call->error);
    call->attempts = 0;
    return KZI_AGAIN;
}

const kzi_policy kzi_policy_authenticate = { .name = "authenticate", .send = send_authenticate, .answer = answer_authenticate };
