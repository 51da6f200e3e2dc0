/* easy.c: libcurl's easy handles. One is set up for its client once and then serves call after call, since that is a part of what a
 * call costs; what differs between calls, each sets (transport.c). Behind a call of an unusual kind, which sets more than the next one
 * would undo, the handle begins anew. */
#include "loop.h"
#include "sockets.h"

#include <string.h>

bool kzi_easy_set_text(CURL *easy, CURLoption option, const char *text)
{
    return !text || curl_easy_setopt(easy, option, text) != CURLE_OUT_OF_MEMORY;
}

static bool set_tls(CURL *easy, const kzi_settings *settings)
{
    if (!settings->verify_tls) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return kzi_easy_set_text(easy, CURLOPT_CAINFO, settings->ca_file) &&
        kzi_easy_set_text(easy, CURLOPT_SSLCERT, settings->client_cert) &&
        kzi_easy_set_text(easy, CURLOPT_SSLKEY, settings->client_key) &&
        kzi_easy_set_text(easy, CURLOPT_KEYPASSWD, settings->client_key_password);
}

/* HTTP/2 is another library's, which has memory of its own and wipes none of it. */
static long http_version(const kzi_settings *settings)
{
    if (settings->http_version && !strcmp(settings->http_version, "1.1"))
        return CURL_HTTP_VERSION_1_1;
    if (settings->http_version && !strcmp(settings->http_version, "2"))
        return CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    return kzi_wipes() ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;
}

/* What all calls of a client have in common. False: no memory. */
static bool set_up(CURL *easy, kzi_loop *loop)
{
    const kzi_settings *settings = loop->client->settings;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L); /* it sends without raising SIGPIPE, over TLS too */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_SHARE, loop->client->share);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->connect_timeout);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, http_version(settings));
    kzi_sockets_set(easy, loop);
    return kzi_easy_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https") &&
        kzi_easy_set_text(easy, CURLOPT_PROXY, settings->proxy && *settings->proxy ? settings->proxy : NULL) &&
        kzi_easy_set_text(easy, CURLOPT_ACCEPT_ENCODING, settings->compressed ? "" : NULL) && set_tls(easy, settings);
}

/* Whether the call sets nothing but what every other one sets too. */
static bool is_usual(const kzi_call *call)
{
    bool gets = !strcmp(call->method, "GET") && !call->body_kind;
    bool posts = !strcmp(call->method, "POST") && call->body_kind < KZ_BODY_MULTIPART;
    return (gets || posts) && !call->raw && !call->attempt;
}

/* The handle, or a new one, as every call finds it. NULL: no memory. */
static CURL *renew(CURL *easy, kzi_loop *loop)
{
    if (easy)
        curl_easy_reset(easy);
    else
        easy = curl_easy_init();
    if (easy && set_up(easy, loop))
        return easy;
    curl_easy_cleanup(easy);
    return NULL;
}

bool kzi_easy_take(kzi_call *call)
{
    kzi_loop *loop = call->loop;
    if (!call->easy)
        call->easy = loop->n_spares ? loop->spares[--loop->n_spares] : renew(NULL, loop);
    else if (call->unusual)
        call->easy = renew(call->easy, loop);
    call->unusual = !is_usual(call);
    return call->easy != NULL;
}

void kzi_easy_give_back(kzi_call *call)
{
    kzi_loop *loop = call->loop;
    CURL *easy = call->easy;
    call->easy = NULL;
    if (easy && loop->n_spares == KZI_SPARE_EASIES) {
        curl_easy_cleanup(easy);
        return;
    }
    if (easy && call->unusual)
        easy = renew(easy, loop);
    if (!easy)
        return;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL); /* the call's, as are the headers */
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    loop->spares[loop->n_spares++] = easy;
}
