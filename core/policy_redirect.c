/* policy_redirect.c: follows redirects. libcurl's own following would take X-API-Key along to another origin, so the
 * credentials stay behind here: a call that leaves its origin goes on without them and without the operation's headers. And a
 * server outside must not make a client ask what only this machine or its network can reach: such a call is guarded, here by the
 * host's name and in transport.c by the address that it is connected to. */
#include "engine.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_REDIRECTS = 10 };

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static kzi_step refuse(kzi_call *call, const char *why)
{
    kzi_call_error(call, &call->error, KZ_ERROR_API, "The server redirects the request (status %ld), which is not followed: %s.",
        call->status, why);
    return KZI_NEXT;
}

const char *const kzi_proxy_variables[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL };

/* Through a proxy it is the proxy that connects, and what it connects to is not known here. By what libcurl goes by: http_proxy is for
 * what is not secure, https_proxy for what is. */
static bool has_proxy(const kz_client *client, const char *url)
{
    bool found = client->settings->proxy && *client->settings->proxy, secure = !strncasecmp(url, "https:", 6);
    for (const char *const *name = kzi_proxy_variables; *name; name++) {
        const char *value = getenv(*name);
        bool counts = !strcasecmp(*name, "all_proxy") || !strcasecmp(*name, "https_proxy") == secure;
        found |= value && *value && counts;
    }
    return found;
}

/* Whether the server that answered is inside, so that it knows no less than this machine. */
static bool comes_from_inside(const kzi_call *call)
{
    char *address = NULL;
    if (has_proxy(call->client, call->url.data))
        return kzi_url_is_inside(call->url.data);
    curl_easy_getinfo(call->easy, CURLINFO_PRIMARY_IP, &address);
    return address && kzi_host_is_inside(address);
}

static kzi_step answer_redirect(kzi_call *call)
{
    if (call->error || !is_redirect(call->status))
        return KZI_NEXT;
    char *target = NULL;
    curl_easy_getinfo(call->easy, CURLINFO_REDIRECT_URL, &target);
    bool reads = !strcmp(call->method, "GET") || !strcmp(call->method, "HEAD");
    if (!target)
        return refuse(call, "it names no new address");
    if (call->redirects++ >= MAX_REDIRECTS)
        return refuse(call, "there were ten of them already");
    if (!reads && (call->status < 307 || call->once))
        return refuse(call, "the request would have to change its verb; check the base URL");
    bool secure = !strncasecmp(call->url.data, "https:", 6), stays = !strncasecmp(target, "https:", 6);
    if ((!stays && strncasecmp(target, "http:", 5)) || (secure && !stays))
        return refuse(call, "it leads away from HTTP or from a secure connection");
    if (!kzi_same_origin(target, target))
        return refuse(call, "its new address has no host");
    bool leaves = !kzi_same_origin(call->url.data, target);
    if (leaves && !reads)
        return refuse(call, "it would carry the request's content to another origin; check the base URL");
    call->guarded |= leaves && !call->guarded && !comes_from_inside(call);
    call->guards_address = call->guarded && !has_proxy(call->client, target);
    if (call->guarded && kzi_url_is_inside(target))
        return refuse(call, "it leads from another network into this machine or its private network");
    call->foreign |= leaves;
    kzi_call_drop_credentials(call); /* what a signature added to the query goes with the address */
    if (leaves) {
        call->headers_complete = false;
        curl_slist_free_all(call->headers);
        call->headers = NULL;
    }
    kzi_buffer_clear(&call->url);
    kzi_buffer_puts(&call->url, target);
    if (!call->url.failed)
        return KZI_AGAIN;
    kz_error_no_memory(&call->error);
    return KZI_END;
}

const kzi_policy kzi_policy_redirect = { .name = "redirect", .answer = answer_redirect };
