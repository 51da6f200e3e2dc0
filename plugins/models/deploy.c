/* deploy.c: from a repository to a deployment: has the platform fetch it, waits, and hands it to the service serving. */
#include "flows.h"

#include <kamiwaza/serving.h>

static bool waits(const kz_models_download_and_deploy_params *params)
{
    return params->wait_for_download.state != KZ_SET || params->wait_for_download.value;
}

static bool fetch(
    kz_service *service, kz_download_summary *summary, const kz_models_download_and_deploy_params *params, kz_error **error)
{
    kz_initiated_download *begun = kz_models_initiate_download((kz_models *)service,
        &(kz_models_initiate_download_params){ .repo_id = params->repo_id, .quantization = params->quantization }, error);
    if (!begun)
        return false;
    kz_result_adopt(summary, begun);
    double interval = params->polling_interval.state == KZ_SET ? params->polling_interval.value : 2;
    return !waits(params) || kzp_wait_for_begun(service, begun, interval, params->timeout.value, error);
}

void *kzp_models_download_and_deploy(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_download_and_deploy_params *params = arguments;
    kz_serving *serving = kz_service_peer(service, "serving", error); /* before anything is fetched in vain */
    kz_download_summary *summary = serving ? kz_result_new(&kzt_kz_download_summary, sizeof *summary, error) : NULL;
    const kz_model *model = NULL;
    if (summary && fetch(service, summary, params, error))
        model = kzp_find_model(service, summary, params->repo_id, true, error);
    if (summary && !model && !*error)
        kz_error_set(
            error, KZ_ERROR_NOT_FOUND, "repo_id", "The platform does not know %s though it was downloaded.", params->repo_id);
    if (model && !*error && kzp_summarize_deployed(summary, model, waits(params), error)) {
        kz_service_progress(service, "deploy", params->repo_id, "polls", 0, -1, error);
        kz_string_value *id = kz_serving_deploy(serving, &(kz_serving_deploy_params){ .repo_id = params->repo_id }, error);
        kz_result_adopt(summary, id);
        summary->deployment_id = id ? id->value : NULL;
    }
    if (summary && !*error)
        return summary;
    kz_free(summary);
    return NULL;
}
