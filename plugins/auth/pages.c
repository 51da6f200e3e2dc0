/* pages.c: addresses of the platform's pages that a person's browser opens: they follow from the base URL. */
#include "auth-tables.h"

#include <kamiwaza/auth-plugin.h>
#include <stdio.h>
#include <string.h>

/* The base URL with a path and those arguments that are given; a null is as good as none. */
static void *page(kz_service *service, const char *path, kz_string_entry *arguments, uint64_t n, kz_error **error)
{
    const char *base = kz_service_setting(service, "base_url");
    size_t length = base ? strlen(base) : 0;
    while (length && base[length - 1] == '/')
        length--;
    for (uint64_t i = 0; i < n; i++)
        if (arguments[i].value == kz_null_string)
            arguments[i].value = NULL;
    kz_string_value *query = kz_provider_form(arguments, n, error);
    kz_string_value *result = kz_result_new(&kz_schema_string_value, sizeof *result, error);
    size_t more = query ? kz_string_length(query->value) : 0, size = length + strlen(path) + more + 2;
    char *text = result ? kz_result_memory(result, size, error) : NULL;
    if (text && query) {
        snprintf(text, size, "%.*s%s%s%s", (int)length, base ? base : "", path, more ? "?" : "", query->value);
        result->value = kz_result_string(result, text, SIZE_MAX, error);
    }
    kz_free(query);
    if (result && result->value)
        return result;
    kz_free(result);
    return NULL;
}

void *kzp_auth_login_url(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_auth_login_url_params *params = arguments;
    kz_string_entry query[] = { { "redirect_uri", params->redirect_uri }, { "provider", params->provider } };
    return page(service, "/auth/login", query, 2, error);
}

void *kzp_auth_logout_url(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_auth_logout_url_params *params = arguments;
    kz_string_entry query[] = { { "redirect_uri", params->redirect_uri } };
    return page(service, "/auth/logout/front-channel", query, 1, error);
}
