/* endpoint.h: where a deployment answers: by its access path, else by the port of its load balancer, else by the platform's usual
 * path. The host is that of the base URL, without its port. For the services serving and openai. */
#ifndef KZP_SERVING_ENDPOINT_H
#define KZP_SERVING_ENDPOINT_H

#include <kamiwaza/plugin.h>
#include <kamiwaza/serving.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

static inline bool kzp_deployment_is_up(const kz_deployment *d)
{
    return d && d->id && d->status && !strcmp(d->status, "DEPLOYED");
}

/* The host in a base URL, brackets of an IPv6 address included. */
static inline void kzp_host_of(const char *url, char *out, size_t size)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    snprintf(out, size, "%.*s", (int)length, host);
}

static inline void kzp_endpoint(const void *service, const kz_deployment *d, char *out, size_t size)
{
    char host[256];
    const char *https = kz_service_setting(service, "use_https"), *path = d->access_path;
    const char *scheme = https &&
            (!strcasecmp(https, "false") || !strcmp(https, "0") || !strcasecmp(https, "no") || !strcasecmp(https, "off"))
        ? "http"
        : "https";
    kzp_host_of(kz_service_setting(service, "base_url"), host, sizeof host);
    if (path && *path) {
        size_t length = strlen(path);
        while (length && path[length - 1] == '/')
            length--;
        bool ends = length >= 3 && !strncmp(path + length - 3, "/v1", 3);
        snprintf(out, size, "%s://%s%s%.*s%s", scheme, host, *path == '/' ? "" : "/", (int)length, path, ends ? "" : "/v1");
    } else if (d->lb_port.value && d->lb_port.value != 443) {
        snprintf(out, size, "%s://%s:%lld/v1", scheme, host, (long long)d->lb_port.value);
    } else {
        snprintf(out, size, "%s://%s/runtime/models/%s/v1", scheme, host, d->id);
    }
}

#endif
