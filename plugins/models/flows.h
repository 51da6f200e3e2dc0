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
/* Asks the platform for those of `files` that it does not have; fills `result`, which owns `files`. */
bool kzp_begin_download(kz_service *service, kz_initiated_download *result, const kz_model *model,
    const kz_model_file *const *files, size_t n_files, kz_error **error);
/* Sums up the files of a model that was deployed; `waited`: its download is known to have ended. */
bool kzp_summarize_deployed(kz_download_summary *summary, const kz_model *model, bool waited, kz_error **error);
/* Waits until all that `begun` asked for is whole; returns at once when nothing had to be fetched. A file that was cancelled or
 * stopped short, and a download that does not begin, are STATE. */
bool kzp_wait_for_begun(
    kz_service *service, const kz_initiated_download *begun, double interval, double timeout, kz_error **error);

#endif
