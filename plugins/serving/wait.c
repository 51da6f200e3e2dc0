/* wait.c: waiting until a deployment is in a state, or in one that says it failed. */
#include "flows.h"

#include <stdio.h>
#include <strings.h>

typedef struct watch {
    kz_service *service;
    const kz_serving_wait_params *params;
    int64_t looks;
} watch;

static bool is_among(const char *status, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (words[i] && !strcasecmp(words[i], status))
            return true;
    return false;
}

static int check(void *user, void *result, kz_error **error)
{
    static const char *const up[] = { "DEPLOYED" }, *const failed[] = { "FAILED", "ERROR" };
    watch *w = user;
    const kz_deployment *deployment = result;
    const kz_serving_wait_params *p = w->params;
    const char *status = deployment->status ? deployment->status : "";
    if (p->desired_status ? is_among(status, p->desired_status, p->n_desired_status) : is_among(status, up, 1))
        return 1;
    if (p->failure_status ? is_among(status, p->failure_status, p->n_failure_status) : is_among(status, failed, 2)) {
        const char *why = deployment->last_error_message;
        kz_error_set(error, KZ_ERROR_STATE, "deployment_id", "The deployment %s ended as %s%s%s. Its log may say more.",
            p->deployment_id, status, why ? ": " : "", why ? why : "");
        return -1;
    }
    return kz_service_progress(w->service, "deploy", status, "polls", ++w->looks, -1, error) ? 0 : -1;
}

void *kzp_serving_wait(kz_service *service, const void *arguments, kz_error **error)
{
    char what[128];
    const kz_serving_wait_params *params = arguments;
    watch w = { .service = service, .params = params };
    const kz_serving_get_deployment_params get = { .deployment_id = params->deployment_id };
    snprintf(what, sizeof what, "the deployment %.80s", params->deployment_id);
    return kz_service_wait(service,
        &(kz_wait){ .op = &kz_serving_get_deployment_op,
            .params = &get,
            .interval = params->poll_interval.state == KZ_SET ? params->poll_interval.value : 2,
            .timeout = params->timeout.state == KZ_UNSET ? 600 : params->timeout.value,
            .check = check,
            .user = &w,
            .what = what },
        error);
}
