/* endpoints.c: the deployments that answer, and where: by their access path, else by the port of their load balancer, else by the
 * platform's usual path. The host is that of the base URL, without its port. */
#include "flows.h"

#include <stdio.h>
#include <strings.h>

static bool is_up(const char *status)
{
    return status && !strcmp(status, "DEPLOYED");
}

/* The host in a base URL, brackets of an IPv6 address included. */
static void host_of(const char *url, char *out, size_t size)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    snprintf(out, size, "%.*s", (int)length, host);
}

static const char *endpoint(kz_service *service, void *root, const kz_deployment *d, kz_error **error)
{
    char host[256], text[1024];
    const char *https = kz_service_setting(service, "use_https"), *path = d->access_path;
    const char *scheme = https &&
            (!strcasecmp(https, "false") || !strcmp(https, "0") || !strcasecmp(https, "no") || !strcasecmp(https, "off"))
        ? "http"
        : "https";
    host_of(kz_service_setting(service, "base_url"), host, sizeof host);
    if (path && *path) {
        size_t length = strlen(path);
        while (length && path[length - 1] == '/')
            length--;
        bool ends = length >= 3 && !strncmp(path + length - 3, "/v1", 3);
        snprintf(
            text, sizeof text, "%s://%s%s%.*s%s", scheme, host, *path == '/' ? "" : "/", (int)length, path, ends ? "" : "/v1");
    } else if (d->lb_port.value && d->lb_port.value != 443) {
        snprintf(text, sizeof text, "%s://%s:%lld/v1", scheme, host, (long long)d->lb_port.value);
    } else {
        snprintf(text, sizeof text, "%s://%s/runtime/models/%s/v1", scheme, host, d->id);
    }
    return kz_result_string(root, text, SIZE_MAX, error);
}

/* The copies that are up; none: NULL without an error. */
static kz_active_deployment *describe(kz_service *service, void *root, const kz_deployment *d, kz_error **error)
{
    const kz_model_instance **up = kz_result_memory(root, (d->n_instances + 1) * sizeof *up, error);
    size_t n = 0;
    for (size_t i = 0; up && i < d->n_instances; i++)
        if (d->instances[i] && is_up(d->instances[i]->status))
            up[n++] = d->instances[i];
    kz_active_deployment *item = n ? kz_result_object(root, &kzt_kz_active_deployment, sizeof *item, error) : NULL;
    if (!item)
        return NULL;
    item->id = d->id;
    item->m_id = d->m_id;
    item->m_name = d->m_name;
    item->status = d->status;
    item->lb_port = d->lb_port;
    item->instances = up;
    item->n_instances = n;
    item->endpoint = endpoint(service, root, d, error);
    return item;
}

void *kzp_serving_list_active(kz_service *service, const void *arguments, kz_error **error)
{
    (void)arguments;
    kz_active_deployment_list *list = kz_result_new(&kzt_kz_active_deployment_list, sizeof *list, error);
    kz_deployment_list *all = kz_serving_list_deployments((kz_serving *)service, NULL, error);
    const kz_active_deployment **items = all ? kz_result_memory(list, (all->n_items + 1) * sizeof *items, error) : NULL;
    if (list)
        kz_result_adopt(list, all);
    for (size_t i = 0; items && i < all->n_items && !*error; i++) {
        const kz_deployment *d = all->items[i];
        kz_active_deployment *item = d && d->id && is_up(d->status) ? describe(service, list, d, error) : NULL;
        if (item)
            items[list->n_items++] = item;
    }
    if (items && !*error) {
        list->items = items;
        return list;
    }
    kz_free(list);
    return NULL;
}
