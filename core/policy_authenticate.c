/* policy_authenticate.c: credentials on a request. An API key travels as X-API-Key and as a bearer token, a token as a bearer
 * token. Never to another origin than the one the call began with, never over plain HTTP to a host that is not this
 * machine, unless the configuration says so. */
#include "engine.h"

#include <string.h>
#include <strings.h>

static bool add(kzi_call *call, const char *format, const char *secret)
{
    kzi_buffer line = { 0 };
    kzi_buffer_puts(&line, format);
    kzi_buffer_puts(&line, secret);
    struct curl_slist *longer = line.failed ? NULL : curl_slist_append(call->credentials, line.data);
    kzi_buffer_free(&line);
    if (longer)
        call->credentials = longer;
    return longer != NULL;
}

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

static kzi_step send_authenticate(kzi_call *call)
{
    const kzi_settings *settings = call->client->settings;
    kzi_call_drop_credentials(call);
    const char *key = settings->api_key, *token = settings->token, *narrow = settings->api_key_header;
    if (call->foreign || call->no_auth || call->raw || (!key && !token))
        return KZI_NEXT;
    if (!may_travel(call))
        return KZI_END;
    bool fine = true;
    bool use_token = token && (!key || !settings->auth || !strcmp(settings->auth, "bearer"));
    if (use_token) {
        fine = add(call, "Authorization: Bearer ", token);
    } else {
        if (!narrow || strcmp(narrow, "x-api-key") != 0)
            fine = add(call, "Authorization: Bearer ", key);
        if (fine && (!narrow || strcmp(narrow, "authorization") != 0))
            fine = add(call, "X-API-Key: ", key);
    }
    if (fine)
        return KZI_NEXT;
    kz_error_no_memory(&call->error);
    return KZI_END;
}

const kzi_policy kzi_policy_authenticate = { .name = "authenticate", .send = send_authenticate };
