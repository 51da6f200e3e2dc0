/* flows.h: what the flows of the service models share. */
#ifndef KZP_MODELS_FLOWS_H
#define KZP_MODELS_FLOWS_H

#include "models-tables.h"
#include "quantization.h"

/* A text argument that is given and not an explicit null. */
static inline bool kzp_has(const char *text)
{
    return text && text != kz_null_string && *text;
}

static inline bool kzp_true(kz_opt_bool value)
{
    return value.state == KZ_SET && value.value;
}

/* Gives `model` other files; `files` lives as long as `root`. */
void kzp_model_set_files(const kz_model *model, const kz_model_file *const *files, size_t n_files);
/* Asks for the files of all models at once; each gets its files and their quantisations, which live with `root`. */
bool kzp_load_files(kz_service *service, void *root, const kz_model *const *models, size_t n_models, kz_error **error);
/* Asks the platform's list for the model of a repository: the list is adopted by `root`. NULL with an empty slot: not known. */
const kz_model *kzp_find_model(kz_service *service, void *root, const char *repo_id, bool load_files, kz_error **error);
/* Searches for a repository and its files; both live with `root`. NULL with the slot filled when no hit has exactly this name. */
const kz_model *kzp_find_on_hub(kz_service *service, void *root, const char *repo_id, kz_error **error);
/* The files of `model` in a quantisation, or all when they come in one; the array lives with `root`. */
const kz_model_file *const *kzp_choose_files(
    void *root, const kz_model *model, const char *quantization, size_t *n_files, kz_error **error);
/* Sums up the files of a model that was deployed. */
bool kzp_summarize_deployed(kz_download_summary *summary, const kz_model *model, kz_error **error);
/* Downloads of a repository that have begun; waits until none is under way. `must_begin`: an empty list means "not yet". */
kz_model_download_status_list *kzp_wait_for_download(
    kz_service *service, const char *repo_id, double interval, double timeout, bool must_begin, kz_error **error);

#endif
