/* policy_sign.c: what an auth provider adds to each attempt of a request when all else of it is known: headers, query arguments, a
 * signature. Credentials that are the same for every request are policy_authenticate.c's. */
#include "auth.h"

#include "header.h"

#include <string.h>

/* Takes off what the last attempt was given. */
static void unsign(kzi_call *call)
{
    if (call->signature_end)
        call->signature_end->next = NULL;
    for (struct curl_slist *line = call->signature; line; line = line->next)
        kzi_wipe(line->data, strlen(line->data));
    curl_slist_free_all(call->signature);
    call->signature = call->signature_end = NULL;
    if (!call->url_length)
        return;
    kzi_wipe(call->url.data + call->url_length, call->url.length - call->url_length);
    call->url.data[call->url.length = call->url_length] = 0;
    call->url_length = 0;
}

void kzi_call_drop_credentials(kzi_call *call)
{
    unsign(call);
    call->n_credentials = 0;
}

static kzi_step send_sign(kzi_call *call)
{
    const kz_provider *auth = call->client->auth;
    unsign(call);
    if (call->foreign || call->no_auth || call->raw || !auth->vtable || !KZI_AUTH_FUNCTION(auth, authorise))
        return KZI_NEXT;
    if (!kzi_call_complete_headers(call)) {
        kz_error_no_memory(&call->error);
        return KZI_END;
    }
    kz_provider_request request = { .size = sizeof request,
        .method = call->method,
        .url = call->url.data,
        .body = call->body_kind < KZ_BODY_MULTIPART ? call->body.data : NULL,
        .body_length = call->body_kind < KZ_BODY_MULTIPART ? call->body.length : 0,
        .streamed = call->body_kind >= KZ_BODY_MULTIPART,
        .attempt = call->attempts + 1,
        .token = call->grant ? call->grant->token : NULL,
        .core = call };
    kz_error *failure = NULL;
    if (auth->vtable->authorise(auth->self, &request, &failure) && !failure)
        return KZI_NEXT;
    if (!failure)
        kz_error_set(
            &failure, KZ_ERROR_PLUGIN, auth->name, "The auth provider %s refused a request and did not say why.", auth->name);
    kz_error_move(&call->error, &failure);
    return KZI_END;
}

const kzi_policy kzi_policy_sign = { .name = "sign", .send = send_sign };

const char *kz_provider_header(const kz_provider_request *request, const char *name)
{
    const kzi_call *call = request ? request->core : NULL;
    const char *value;
    size_t length;
    for (const struct curl_slist *line = call && name ? call->headers : NULL; line; line = line->next)
        if (kzi_header_is(line->data, strlen(line->data), name, &value, &length))
            return value;
    return NULL;
}

bool kz_provider_put_header(kz_provider_request *request, const char *name, const char *value, kz_error **error)
{
    if (kzi_stuck(error))
        return false;
    if (!request || !value || !kzi_header_is_safe(name, value))
        return kz_error_set(
            error, KZ_ERROR_ARGUMENT, "name", "A header has a name without ':' or spaces and a value of one line.");
    kzi_call *call = request->core;
    struct curl_slist *one = NULL;
    if (!kzi_header_put(&one, name, value))
        return kz_error_no_memory(error);
    if (call->signature)
        call->signature_end->next = one;
    else
        call->signature = one;
    call->signature_end = one;
    return true;
}

bool kz_provider_put_query(kz_provider_request *request, const char *name, const char *value, kz_error **error)
{
    if (kzi_stuck(error))
        return false;
    if (!request || !name || !*name || !value)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "name", "A query argument has a name and a value.");
    kzi_call *call = request->core;
    if (!call->url_length)
        call->url_length = call->url.length;
    kzi_buffer_putc(&call->url, strchr(call->url.data, '?') ? '&' : '?');
    kzi_percent_encode(&call->url, name, strlen(name));
    kzi_buffer_putc(&call->url, '=');
    kzi_percent_encode(&call->url, value, strlen(value));
    request->url = call->url.data;
    return !call->url.failed || kz_error_no_memory(error);
}
