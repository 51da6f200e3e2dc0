/* search.c: searching the hubs, with the files of all hits asked for at once; finding one repository among models and hits. */
#include "flows.h"

#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 8 };

void kzp_model_set_files(const kz_model *model, const kz_model_file *const *files, size_t n_files)
{
    kz_model *changed = (kz_model *)(uintptr_t)model;
    changed->m_files = files;
    changed->n_m_files = n_files;
    kz_result_changed(changed);
}

static bool name_quantizations(void *root, const kz_model *model, kz_error **error)
{
    kz_model *changed = (kz_model *)(uintptr_t)model;
    char(*names)[KZP_QUANTIZATION_SIZE] = calloc(model->n_m_files + 1, sizeof *names);
    if (!names)
        return kz_error_no_memory(error);
    size_t n = kzp_quantization_names(model->m_files, model->n_m_files, names);
    const char **list = kz_result_memory(root, (n + 1) * sizeof *list, error);
    for (size_t i = 0; list && i < n; i++)
        list[i] = kz_result_string(root, names[i], SIZE_MAX, error);
    free(names);
    changed->available_quantizations = list;
    changed->n_available_quantizations = list ? n : 0;
    kz_result_changed(changed);
    return list && !*error;
}

bool kzp_load_files(kz_service *service, void *root, const kz_model *const *models, size_t n_models, kz_error **error)
{
    kz_call_item *items = calloc(n_models + 1, sizeof *items);
    kz_models_search_files_params *params = calloc(n_models + 1, sizeof *params);
    size_t n = 0, *of = calloc(n_models + 1, sizeof *of);
    bool fine = items && params && of;
    for (size_t i = 0; fine && i < n_models; i++) {
        if (!models[i]->repo_modelId || !models[i]->hub)
            continue;
        params[n] = (kz_models_search_files_params){ .hub = models[i]->hub, .model = models[i]->repo_modelId };
        items[n] = (kz_call_item){ .service = service, .op = &kz_models_search_files_op, .params = &params[n] };
        of[n++] = i;
    }
    if (!fine)
        kz_error_no_memory(error);
    else
        kz_call_all(items, n, AT_ONCE);
    for (size_t i = 0; fine && i < n; i++) {
        kz_model_file_list *files = items[i].result;
        kz_result_adopt(root, files);
        if (items[i].error)
            kz_error_move(error, &items[i].error);
        else if (!*error) {
            kzp_model_set_files(models[of[i]], files->items, files->n_items);
            name_quantizations(root, models[of[i]], error);
        }
    }
    free(items);
    free(params);
    free(of);
    return fine && !*error;
}

void *kzp_models_search(kz_service *service, const void *arguments, kz_error **error)
{
    static const char *const all_hubs[] = { "*" };
    const kz_models_search_params *params = arguments;
    kz_model_list *list = kz_result_new(&kzt_kz_model_list, sizeof *list, error);
    bool any = !params->n_hubs_to_search;
    kz_model_search_response *hits = kz_models_search_hubs((kz_models *)service,
        &(kz_models_search_hubs_params){
            .query = params->query,
            .hubs_to_search = any ? all_hubs : params->hubs_to_search,
            .n_hubs_to_search = any ? 1 : params->n_hubs_to_search,
            .exact = KZ_BOOL(kzp_true(params->exact)),
            .limit = params->limit.state == KZ_SET ? params->limit : KZ_INT(100),
        },
        error);
    if (!hits) {
        kz_free(list);
        return NULL;
    }
    kz_result_adopt(list, hits);
    const kz_model **models = kz_result_memory(list, (hits->n_results + 1) * sizeof *models, error);
    for (size_t i = 0; models && i < hits->n_results; i++)
        if (hits->results[i] && hits->results[i]->model)
            models[list->n_items++] = hits->results[i]->model;
    list->items = models;
    bool wanted = params->load_files.state != KZ_SET || params->load_files.value;
    if (models && (!wanted || kzp_load_files(service, list, models, list->n_items, error)))
        return list;
    kz_free(list);
    return NULL;
}

const kz_model *kzp_find_model(kz_service *service, void *root, const char *repo_id, bool files, kz_error **error)
{
    kz_model_list *models = kz_models_list((kz_models *)service, &(kz_models_list_params){ .load_files = KZ_BOOL(files) }, error);
    kz_result_adopt(root, models);
    for (size_t i = 0; models && i < models->n_items; i++)
        if (models->items[i] && models->items[i]->repo_modelId && !strcmp(models->items[i]->repo_modelId, repo_id))
            return models->items[i];
    return NULL;
}

const kz_model *kzp_find_on_hub(kz_service *service, void *root, const char *repo_id, kz_error **error)
{
    kz_model_list *hits = kz_models_search(
        (kz_models *)service, &(kz_models_search_params){ .query = repo_id, .load_files = KZ_FALSE }, error);
    const kz_model *model = NULL, *other = NULL;
    kz_result_adopt(root, hits);
    for (size_t i = 0; hits && !model && i < hits->n_items; i++) {
        other = hits->items[i];
        if (other->repo_modelId && !strcmp(other->repo_modelId, repo_id))
            model = other;
    }
    if (hits && !model)
        kz_error_set(error, KZ_ERROR_NOT_FOUND, "repo_id", "No hub has a model %s.%s%s%s", repo_id,
            other && other->repo_modelId ? " The search found others, such as " : "",
            other && other->repo_modelId ? other->repo_modelId : "", other && other->repo_modelId ? "." : "");
    return model && kzp_load_files(service, root, &model, 1, error) ? model : NULL;
}

void *kzp_models_get_by_repo_id(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_get_by_repo_id_params *params = arguments;
    kz_model *result = kz_result_new(&kzt_kz_model, sizeof *result, error);
    const kz_model *model = result ? kzp_find_model(service, result, params->repo_id, false, error) : NULL;
    if (!result || *error) {
        kz_free(result);
        return NULL;
    }
    if (model)
        *result = *model;
    kz_result_set_json(result, model ? kz_json_of(model) : KZ_JSON("null"));
    return result;
}

void *kzp_models_files_of(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_files_of_params *params = arguments;
    kz_model *model = kz_models_get((kz_models *)service, &(kz_models_get_params){ .model_id = params->model_id }, error);
    kz_model_file_list *list = kz_result_new(&kzt_kz_model_file_list, sizeof *list, error);
    if (!list) {
        kz_free(model);
        return NULL;
    }
    kz_result_adopt(list, model);
    list->items = model->m_files;
    list->n_items = model->n_m_files;
    return list;
}
