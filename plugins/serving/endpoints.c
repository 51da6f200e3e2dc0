/* endpoints.c: the deployments that answer, and where. */
#include "endpoint.h"
#include "flows.h"

static const char *endpoint(kz_service *service, void *root, const kz_deployment *d, kz_error **error)
{
    char text[1024];
    kzp_endpoint(service, d, text, sizeof text);
    return kz_result_string(root, text, SIZE_MAX, error);
}

/* The copies that are up; none: NULL without an error. */
static kz_active_deployment *describe(kz_service *service, void *root, const kz_deployment *d, kz_error **error)
{
    const kz_model_instance **up = kz_result_memory(root, (d->n_instances + 1) * sizeof *up, error);
    size_t n = 0;
    for (size_t i = 0; up && i < d->n_instances; i++)
        if (d->instances[i] && !strcmp(d->instances[i]->status ? d->instances[i]->status : "", "DEPLOYED"))
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
        kz_active_deployment *item = kzp_deployment_is_up(d) ? describe(service, list, d, error) : NULL;
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
