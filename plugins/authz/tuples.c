/* tuples.c: relations with the tenant named once: it is the one that is acted in (X-Tenant-Id), and that of the relation
 * where it names none itself. */
#include "authz-tables.h"

/* Nothing was asked for where the tenant is not given, null or empty. */
static const char *given(const char *tenant)
{
    return tenant && tenant != kz_null_string && *tenant ? tenant : NULL;
}

static const char *own_or(const char *own, const char *tenant)
{
    return own && own != kz_null_string ? own : tenant;
}

static void *done(bool fine)
{
    static const char nothing[] = "";
    return fine ? (void *)(uintptr_t)nothing : NULL;
}

void *kzp_authz_upsert_tuple(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_authz_upsert_tuple_params *params = arguments;
    const kz_relationship_tuple *it = params->relationship;
    const char *tenant = given(params->tenant_id);
    return done(kz_authz_put_tuple((kz_authz *)service,
        &(kz_authz_put_tuple_params){ .extra = it->extra,
            .from = it->from,
            .x_tenant_id = tenant,
            .subject = it->subject,
            .relation = it->relation,
            .object = it->object,
            .tenant_id = own_or(it->tenant_id, tenant) },
        error));
}

void *kzp_authz_delete_tuple(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_authz_delete_tuple_params *params = arguments;
    const kz_relationship_tuple_delete *it = params->relationship;
    const char *tenant = given(params->tenant_id);
    return done(kz_authz_remove_tuple((kz_authz *)service,
        &(kz_authz_remove_tuple_params){ .extra = it->extra,
            .from = it->from,
            .x_tenant_id = tenant,
            .subject = it->subject,
            .relation = it->relation,
            .object = it->object,
            .tenant_id = own_or(it->tenant_id, tenant) },
        error));
}

void *kzp_authz_delete_object(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_authz_delete_object_params *params = arguments;
    const kz_relationship_object_delete *it = params->relationship;
    const char *tenant = given(params->tenant_id);
    return done(kz_authz_remove_object((kz_authz *)service,
        &(kz_authz_remove_object_params){ .extra = it->extra,
            .from = it->from,
            .x_tenant_id = tenant,
            .object = it->object,
            .tenant_id = own_or(it->tenant_id, tenant) },
        error));
}
