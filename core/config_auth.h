/* config_auth.h: the settings of auth providers, auth_*: the core has no table of them, since plugins bring their own; it keeps what it is
 * given by name, and the provider checks it (auth.c). */
#ifndef KZI_CONFIG_AUTH_H
#define KZI_CONFIG_AUTH_H

#include <kamiwaza/error.h>

typedef struct kzi_auth_value {
    char *name; /* "issuer" */
    char *value;
    char *source;
} kzi_auth_value;

typedef struct kzi_auth_values {
    kzi_auth_value *items;
    size_t n;
} kzi_auth_values;

/* Whether `name` ("auth_issuer") can be one. */
bool kzi_auth_value_is_name(const char *name);
/* Whether it sounds like a secret; what it is only its provider knows. */
bool kzi_auth_value_is_secret(const char *name);
/* Sets one by its full name; `value` NULL removes it. `keep`: a value that is there stays. Errors: CONFIG, NO_MEMORY. */
bool kzi_auth_value_set(
    kzi_auth_values *all, const char *name, const char *value, const char *source, bool keep, kz_error **error);
/* Takes KAMIWAZA_AUTH_* from the environment. */
bool kzi_auth_values_from_environment(kzi_auth_values *all, kz_error **error);
/* By its full name; NULL: not set. */
const kzi_auth_value *kzi_auth_value_find(const kzi_auth_values *all, const char *name);
void kzi_auth_values_free(kzi_auth_values *all);

struct kz_provider_vtable;
/* Whether the vtable of a provider has what none can lack (auth.c). */
bool kzi_auth_vtable_is_whole(const struct kz_provider_vtable *vtable);

#endif
