/* climb.c: the one hand-written operation of the test service: it reports progress step by step, and can go on until it
 * is cancelled. */
#include <kamiwaza/probe.h>

#include "probe-tables.h"

void *kzp_probe_climb(kz_service *service, const void *params, kz_error **error)
{
    const kz_probe_climb_params *wanted = params;
    for (int64_t i = 0; i <= wanted->steps.value || wanted->forever.value; i++) {
        int64_t done = wanted->forever.value ? 0 : i;
        if (!kz_service_progress(service, "climb", "the hill", "bytes", done * 1024, wanted->steps.value * 1024, error))
            return NULL;
        if (wanted->forever.value && !kz_service_sleep(service, 0.05, error))
            return NULL;
    }
    kz_climb *result = kz_result_new(&kzt_kz_climb, sizeof *result, error);
    if (result)
        result->steps = wanted->steps;
    return result;
}
