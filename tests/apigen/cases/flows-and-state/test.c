#include "probe.h"

void *kzp_probe_create(kz_service *service, kz_error **error)
{
    (void)error;
    return service;
}

void kzp_probe_destroy(void *state)
{
    (void)state;
}

void *kzp_probe_wait_done(kz_service *service, const void *params, kz_error **error)
{
    (void)service, (void)params, (void)error;
    return NULL;
}

void *kzp_probe_forget(kz_service *service, const void *params, kz_error **error)
{
    return kzp_probe_wait_done(service, params, error);
}

void *kzp_probe_logs(kz_service *service, const void *params, kz_error **error)
{
    return kzp_probe_wait_done(service, params, error);
}

void *kzp_probe_fetch(kz_service *service, const void *params, kz_error **error)
{
    return kzp_probe_wait_done(service, params, error);
}

int main(void)
{
    const kz_service_vtable *table = kz_plugin_probe.vtable;
    CHECK(table->create == kzp_probe_create && table->destroy == kzp_probe_destroy && table->n_operations == 4);
    const kz_operation *wait = operation("wait.done");
    CHECK(wait->flow == kzp_probe_wait_done && !wait->method && wait->flags == KZ_OP_BLOCKING && wait->result == &kzt_kz_thing);
    CHECK(!strcmp(wait->summary, "Waits.") && !strcmp(wait->aliases[0], "wait_done"));
    CHECK(is(field(wait->params, "id"), KZ_TYPE_STRING, KZ_ONE, KZ_IN_OPTION) &&
        field(wait->params, "id")->flags == KZ_FIELD_REQUIRED);
    CHECK(operation("forget")->answer == KZ_ANSWER_NOTHING && operation("logs")->answer == KZ_ANSWER_LINES);
    CHECK(operation("fetch")->flow == kzp_probe_fetch && !strcmp(operation("fetch")->method, "GET"));
    HAS_TYPE(kz_opt_number, kz_probe_wait_done_params, interval);
    return 0;
}
