/* stop.c: stopping one deployment, or all that run a repository. */
#include "flows.h"

static bool stop_one(kz_service *service, const char *id, bool force, bool *stopped, kz_error **error)
{
    kz_serving_delete_deployment_params params = { .deployment_id = id };
    if (force)
        params.force = KZ_TRUE;
    kz_bool_value *answer = kz_serving_delete_deployment((kz_serving *)service, &params, error);
    if (answer)
        *stopped &= answer->value.value != 0;
    kz_free(answer);
    return answer != NULL;
}

static bool stop_all(kz_service *service, void *root, const char *repo_id, bool force, bool *stopped, kz_error **error)
{
    const char *model_id = kzp_model_of_repo(service, root, repo_id, error);
    kz_deployment_list *list = kz_serving_list_deployments((kz_serving *)service, NULL, error);
    size_t n = 0;
    for (size_t i = 0; list && i < list->n_items && !*error; i++) {
        const kz_deployment *d = list->items[i];
        if (!d->m_id || strcmp(d->m_id, model_id) != 0 || !d->status || strcmp(d->status, "DEPLOYED") != 0)
            continue;
        stop_one(service, d->id, force, stopped, error);
        n++;
    }
    if (list && !n && !*error)
        kz_error_set(error, KZ_ERROR_NOT_FOUND, "repo_id", "Nothing that runs is a deployment of %s.", repo_id);
    kz_free(list);
    return !*error;
}

void *kzp_serving_stop(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_serving_stop_params *params = arguments;
    bool force = params->force.state == KZ_SET && params->force.value, stopped = true;
    if (!kzp_has(params->deployment_id) && !kzp_has(params->repo_id)) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "deployment_id", "Stopping needs deployment_id or repo_id.");
        return NULL;
    }
    kz_bool_value *result = kz_result_new(&kz_schema_bool_value, sizeof *result, error);
    if (result && kzp_has(params->deployment_id))
        stop_one(service, params->deployment_id, force, &stopped, error);
    else if (result)
        stop_all(service, result, params->repo_id, force, &stopped, error);
    if (result && !*error) {
        result->value = KZ_BOOL(stopped);
        return result;
    }
    kz_free(result);
    return NULL;
}
