/* compatibility.c: which hits of a search have files, beside what the server runs on. The platform itself decides at download
 * what fits; this gathers what a person needs to choose. */
#include "flows.h"

#include <kamiwaza/cluster.h>

static const kz_server_platform *describe(kz_service *service, void *root, kz_error **error)
{
    kz_cluster *cluster = kz_service_peer(service, "cluster", error);
    kz_hardware_list *hardware = kz_cluster_list_hardware(
        cluster, &(kz_cluster_list_hardware_params){ .limit = KZ_INT(1) }, error);
    kz_result_adopt(root, hardware);
    if (hardware && !hardware->n_items)
        kz_error_set(
            error, KZ_ERROR_NOT_FOUND, NULL, "The cluster knows of no hardware, so nothing can be said of what fits it.");
    kz_server_platform *platform = kz_result_object(root, &kzt_kz_server_platform, sizeof *platform, error);
    if (!platform)
        return NULL;
    platform->os = hardware->items[0]->os;
    platform->platform = hardware->items[0]->platform;
    platform->processors = hardware->items[0]->processors;
    platform->n_processors = hardware->items[0]->n_processors;
    return platform;
}

void *kzp_models_filter_compatible(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_filter_compatible_params *params = arguments;
    kz_compatible_model_list *list = kz_result_new(&kzt_kz_compatible_model_list, sizeof *list, error);
    const kz_server_platform *platform = list ? describe(service, list, error) : NULL;
    kz_model_list *hits = kz_models_search(
        (kz_models *)service, &(kz_models_search_params){ .query = params->model_name }, error);
    if (list)
        kz_result_adopt(list, hits);
    const kz_compatible_model **items = hits ? kz_result_memory(list, (hits->n_items + 1) * sizeof *items, error) : NULL;
    if (items) /* the search may answer from a cache; what is listed here is asked for afresh */
        kzp_load_files(service, list, hits->items, hits->n_items, error);
    for (size_t i = 0; items && i < hits->n_items && !*error; i++) {
        if (!hits->items[i]->n_m_files)
            continue;
        kz_compatible_model *item = kz_result_object(list, &kzt_kz_compatible_model, sizeof *item, error);
        if (!item)
            break;
        item->model = hits->items[i];
        item->files = hits->items[i]->m_files;
        item->n_files = hits->items[i]->n_m_files;
        item->server_platform = platform;
        items[list->n_items++] = item;
    }
    if (items && !*error) {
        list->items = items;
        return list;
    }
    kz_free(list);
    return NULL;
}
