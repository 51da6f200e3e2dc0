/* deploy.c: deploying by identifier or repository: the service models knows the model of a repository and its configurations. */
#include "flows.h"

#include <kamiwaza/models.h>

const char *kzp_model_of_repo(kz_service *service, void *root, const char *repo_id, kz_error **error)
{
    kz_models *models = kz_service_peer(service, "models", error);
    kz_model *model = kz_models_get_by_repo_id(models, &(kz_models_get_by_repo_id_params){ .repo_id = repo_id }, error);
    if (!model)
        return NULL;
    kz_result_adopt(root, model);
    if (!model->id)
        kz_error_set(
            error, KZ_ERROR_NOT_FOUND, "repo_id", "The platform has no model of the repository %s; download it first.", repo_id);
    return model->id;
}

/* The default configuration of a model, else its first. */
static const char *default_config(kz_service *service, void *root, const char *model_id, kz_error **error)
{
    kz_models *models = kz_service_peer(service, "models", error);
    kz_model_config_list *configs = kz_models_list_configs(
        models, &(kz_models_list_configs_params){ .model_id = model_id }, error);
    if (!configs)
        return NULL;
    kz_result_adopt(root, configs);
    for (size_t i = 0; i < configs->n_items; i++)
        if (configs->items[i]->default_.value)
            return configs->items[i]->id;
    if (configs->n_items)
        return configs->items[0]->id;
    kz_error_set(
        error, KZ_ERROR_NOT_FOUND, "m_config_id", "The model %s has no configuration; create one or name one.", model_id);
    return NULL;
}

/* The request that the arguments mean; both have the members of a deployment under the same names. */
static kz_serving_create_deployment_params request_of(
    const kz_serving_deploy_params *p, const char *model_id, const char *config_id)
{
    return (kz_serving_create_deployment_params){ .extra = p->extra,
        .m_id = model_id,
        .m_config_id = config_id,
        .m_file_id = p->m_file_id,
        .engine_name = p->engine_name,
        .duration = p->duration,
        .min_copies = p->min_copies,
        .starting_copies = p->starting_copies,
        .max_copies = p->max_copies,
        .location = p->location,
        .lb_port = p->lb_port,
        .autoscaling = p->autoscaling,
        .force_cpu = p->force_cpu,
        .node_resource_type = p->node_resource_type,
        .max_concurrent_requests = p->max_concurrent_requests,
        .vram_allocation = p->vram_allocation,
        .gpu_allocation = p->gpu_allocation,
        .active_req_per_replica = p->active_req_per_replica,
        .m_version = p->m_version,
        .engine = p->engine,
        .container = p->container };
}

static bool take_answer(kz_string_value *result, const kz_json_value *answer, kz_error **error)
{
    kz_json text = answer->value;
    if (!text.text || text.length < 3 || *text.text != '"')
        return kz_error_set(error, KZ_ERROR_STATE, NULL, "The platform did not deploy the model and gave no reason.");
    result->value = kz_result_string(result, text.text + 1, text.length - 2, error); /* a UUID: nothing is escaped */
    return result->value != NULL;
}

void *kzp_serving_deploy(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_serving_deploy_params *params = arguments;
    const char *model_id = kzp_has(params->model_id) ? params->model_id : NULL;
    if (!model_id && !kzp_has(params->repo_id)) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "model_id", "A deployment needs model_id or repo_id.");
        return NULL;
    }
    kz_string_value *result = kz_result_new(&kz_schema_string_value, sizeof *result, error);
    if (result && !model_id)
        model_id = kzp_model_of_repo(service, result, params->repo_id, error);
    const char *config_id = kzp_has(params->m_config_id) ? params->m_config_id
        : model_id                                       ? default_config(service, result, model_id, error)
                                                         : NULL;
    if (config_id) {
        kz_serving_create_deployment_params request = request_of(params, model_id, config_id);
        kz_json_value *answer = kz_serving_create_deployment((kz_serving *)service, &request, error);
        if (answer)
            take_answer(result, answer, error);
        kz_free(answer);
    }
    if (result && !*error)
        return result;
    kz_free(result);
    return NULL;
}
