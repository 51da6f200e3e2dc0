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

/* The flow `name` sends its relation, of the type kz_`type`, by the operation `sender`; then come the members that are sent as they are. */
#define FLOW(name, type, sender, ...)                                                                                            \
    void *kzp_authz_##name(kz_service *service, const void *arguments, kz_error **error)                                         \
    {                                                                                                                            \
        const kz_authz_##name##_params *params = arguments;                                                                      \
        const kz_##type *it = params->relationship;                                                                              \
        const char *tenant = given(params->tenant_id);                                                                           \
        const kz_authz_##sender##_params sent = {                                                                                \
            .extra = it->extra, .from = it->from, .x_tenant_id = tenant, .tenant_id = own_or(it->tenant_id, tenant), __VA_ARGS__ \
        };                                                                                                                       \
        return done(kz_authz_##sender((kz_authz *)service, &sent, error));                                                       \
    }

FLOW(upsert_tuple, relationship_tuple, put_tuple, .subject = it->subject, .relation = it->relation, .object = it->object)
FLOW(
    delete_tuple, relationship_tuple_delete, remove_tuple, .subject = it->subject, .relation = it->relation, .object = it->object)
FLOW(delete_object, relationship_object_delete, remove_object, .object = it->object)
