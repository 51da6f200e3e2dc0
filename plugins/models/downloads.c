/* downloads.c: having the platform fetch a model: choosing the files of a quantisation, asking for them, and telling how far
 * they are. Waiting is in wait.c. */
#include "flows.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const kz_model_file *const *kzp_choose_files(
    void *root, const kz_model *model, const char *quantization, size_t *n_files, kz_error **error)
{
    *n_files = model->n_m_files;
    if (kzp_quantization_count(model->m_files, model->n_m_files) < 2)
        return model->m_files;
    const kz_model_file **picked = kz_result_memory(root, (model->n_m_files + 1) * sizeof *picked, error);
    if (!picked)
        return NULL;
    *n_files = kzp_quantization_pick(model->m_files, model->n_m_files, quantization, picked);
    if (*n_files)
        return picked;
    char known[256] = "";
    for (size_t i = 0; i < model->n_available_quantizations; i++) {
        size_t used = strlen(known), more = strlen(model->available_quantizations[i]);
        if (used + more + 3 < sizeof known)
            strcat(strcat(known, i ? ", " : ""), model->available_quantizations[i]);
    }
    kz_error_set(error, KZ_ERROR_NOT_FOUND, "quantization", "%s has no files in the quantisation %s; there are: %s.",
        model->repo_modelId, quantization, known);
    return NULL;
}

/* Names of the chosen files that the platform does not have; the array lives with `root`. */
static const char **missing_files(
    void *root, const kz_model_file *const *files, size_t n_files, size_t *n_missing, kz_error **error)
{
    const char **names = kz_result_memory(root, (n_files + 1) * sizeof *names, error);
    *n_missing = 0;
    for (size_t i = 0; names && i < n_files; i++)
        if (files[i]->name && !kzp_true(files[i]->download))
            names[(*n_missing)++] = files[i]->name;
    return names;
}

static bool request(
    kz_service *service, kz_initiated_download *result, const char *const *names, size_t n_names, kz_error **error)
{
    const kz_model *model = result->model;
    kz_models_request_download_params params = {
        .model = model->repo_modelId, .hub = model->hub, .files_to_download = names, .n_files_to_download = n_names
    };
    kz_json_value *answer = kz_models_request_download((kz_models *)service, &params, error);
    if (!answer)
        return false;
    kz_result_adopt(result, answer);
    result->result = answer->value;
    return true;
}

/* The request as JSON, for those who want to see what was asked for. */
static kz_json request_text(void *root, const kz_model *model, const char *const *names, size_t n_names, kz_error **error)
{
    const kz_models_request_download_params params = {
        .model = model->repo_modelId, .hub = model->hub, .files_to_download = names, .n_files_to_download = n_names
    };
    kz_json text = { 0 };
    kz_json_value *value = kz_result_json(&kzt_kz_models_request_download_params, &params, error);
    if (value) {
        kz_result_adopt(root, value);
        text = value->value;
    }
    return text;
}

bool kzp_begin_download(kz_service *service, kz_initiated_download *result, const kz_model *model,
    const kz_model_file *const *files, size_t n_files, kz_error **error)
{
    size_t n_missing = 0;
    const char **names = missing_files(result, files, n_files, &n_missing, error);
    if (!names)
        return false;
    kzp_model_set_files(model, files, n_files);
    result->model = model;
    result->files = files;
    result->n_files = n_files;
    result->result = KZ_JSON("{\"result\":true,\"message\":\"The files are there already.\",\"files\":[]}");
    if (n_missing && request(service, result, names, n_missing, error))
        result->download_request = request_text(result, model, names, n_missing, error);
    return !*error;
}

void *kzp_models_initiate_download(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_initiate_download_params *params = arguments;
    kz_initiated_download *result = kz_result_new(&kzt_kz_initiated_download, sizeof *result, error);
    const kz_model *model = result ? kzp_find_on_hub(service, result, params->repo_id, error) : NULL;
    const char *quantization = kzp_has(params->quantization) ? params->quantization : "q6_k";
    size_t n_files = 0;
    const kz_model_file *const *files = model ? kzp_choose_files(result, model, quantization, &n_files, error) : NULL;
    if (files && kzp_begin_download(service, result, model, files, n_files, error))
        return result;
    kz_free(result);
    if (model && !*error)
        kz_error_set(error, KZ_ERROR_NOT_FOUND, "repo_id", "%s has no files.", params->repo_id);
    return NULL;
}

void *kzp_models_download_status(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_download_status_params *params = arguments;
    const kz_string_entry query[] = { { "model_id", params->repo_id } };
    kz_models *filtered = kz_models_with_options((kz_models *)service, &(kz_call_options){ .query = query, .n_query = 1 }, error);
    kz_model_download_status_list *list = kz_models_all_download_status(filtered, NULL, error);
    kz_service_free(filtered);
    return list;
}

void *kzp_models_check_download(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_check_download_params *params = arguments;
    kz_model_download_status_list *all = kz_models_download_status(
        (kz_models *)service, &(kz_models_download_status_params){ .repo_id = params->repo_id }, error);
    kz_model_download_status_list *list = all ? kz_result_new(&kzt_kz_model_download_status_list, sizeof *list, error) : NULL;
    const kz_model_download_status **items = list ? kz_result_memory(list, (all->n_items + 1) * sizeof *items, error) : NULL;
    if (!items) {
        kz_free(list);
        kz_free(all);
        return NULL;
    }
    kz_result_adopt(list, all);
    for (size_t i = 0; i < all->n_items; i++)
        if (all->items[i] && (kzp_true(all->items[i]->download) || all->items[i]->download_elapsed))
            items[list->n_items++] = all->items[i];
    list->items = items;
    return list;
}

/* Sorts the files by how far they are, and sums up. */
static bool sum_up(kz_download_summary *s, const kz_model_file *const *files, size_t n_files, kz_error **error)
{
    const kz_model_file **places = kz_result_memory(s, (3 * n_files + 1) * sizeof *places, error);
    double percent = 0;
    if (!places)
        return false;
    s->target_files = files;
    s->n_target_files = n_files;
    s->downloading_files = places;
    s->downloaded_files = places + n_files;
    s->pending_files = places + 2 * n_files;
    for (size_t i = 0; i < n_files; i++) {
        if (kzp_true(files[i]->is_downloading)) {
            places[s->n_downloading_files++] = files[i];
            percent += (double)files[i]->download_percentage.value;
        }
        if (kzp_true(files[i]->download))
            places[n_files + s->n_downloaded_files++] = files[i];
        else if (!kzp_true(files[i]->is_downloading))
            places[2 * n_files + s->n_pending_files++] = files[i];
    }
    bool all = n_files && s->n_downloaded_files == n_files;
    s->total_progress = KZ_NUMBER(s->n_downloading_files ? percent / (double)s->n_downloading_files : all ? 100 : 0);
    s->all_downloaded = KZ_BOOL(all);
    s->any_downloading = KZ_BOOL(s->n_downloading_files > 0);
    return true;
}

static bool is_gguf(const kz_model_file *file)
{
    size_t length = file->name ? strlen(file->name) : 0;
    return length > 5 && !strcasecmp(file->name + length - 5, ".gguf");
}

/* Those of the files that a quantisation means: among the GGUF files. */
static const kz_model_file *const *of_quantization(
    void *root, const kz_model *model, const char *quantization, size_t *n, kz_error **error)
{
    const kz_model_file **gguf = kz_result_memory(root, (2 * model->n_m_files + 1) * sizeof *gguf, error);
    size_t n_gguf = 0;
    *n = 0;
    for (size_t i = 0; gguf && i < model->n_m_files; i++)
        if (is_gguf(model->m_files[i]))
            gguf[n_gguf++] = model->m_files[i];
    if (gguf && !quantization)
        *n = n_gguf;
    else if (gguf)
        *n = kzp_quantization_pick(gguf, n_gguf, quantization, gguf + model->n_m_files);
    return gguf && quantization ? gguf + model->n_m_files : gguf;
}

void *kzp_models_progress(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_progress_params *params = arguments;
    kz_download_summary *s = kz_result_new(&kzt_kz_download_summary, sizeof *s, error);
    const kz_model *model = s ? kzp_find_model(service, s, params->repo_id, false, error) : NULL;
    char text[300];
    if (s && !model && !*error) {
        snprintf(text, sizeof text, "Model %.200s not found", params->repo_id);
        s->error = kz_result_string(s, text, SIZE_MAX, error);
        s->found = KZ_FALSE;
    }
    if (model && !model->n_m_files && model->hub) {
        kz_model_file_list *files = kz_models_search_files(
            (kz_models *)service, &(kz_models_search_files_params){ .hub = model->hub, .model = model->repo_modelId }, error);
        kz_result_adopt(s, files);
        if (files)
            kzp_model_set_files(model, files->items, files->n_items);
    }
    if (model && !*error) {
        size_t n = model->n_m_files;
        const kz_model_file *const *files = model->m_files;
        if (kzp_has(params->quantization))
            files = of_quantization(s, model, params->quantization, &n, error);
        s->model = model;
        s->found = KZ_TRUE;
        if (!*error)
            sum_up(s, files, n, error);
    }
    if (s && !*error)
        return s;
    kz_free(s);
    return NULL;
}

/* What download_and_deploy answers: the files that can be run are what counts, all that are there are told. */
bool kzp_summarize_deployed(kz_download_summary *s, const kz_model *model, bool waited, kz_error **error)
{
    size_t n, n_down = 0;
    const kz_model_file *const *files = of_quantization(s, model, NULL, &n, error);
    const kz_model_file **down = kz_result_memory(s, (model->n_m_files + 1) * sizeof *down, error);
    if (!down || *error || !sum_up(s, files, n, error))
        return false;
    for (size_t i = 0; i < model->n_m_files; i++)
        if (kzp_true(model->m_files[i]->download))
            down[n_down++] = model->m_files[i];
    s->downloaded_files = down;
    s->n_downloaded_files = n_down;
    s->model = model;
    s->found = KZ_TRUE;
    if (waited) { /* other quantisations were not asked for: they are not pending */
        s->n_pending_files = 0;
        s->total_progress = KZ_NUMBER(model->n_m_files ? 100 : 0);
        s->all_downloaded = KZ_BOOL(model->n_m_files > 0);
    }
    return true;
}
