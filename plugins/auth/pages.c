/* pages.c: addresses of the platform's pages that a person's browser opens: they follow from the base URL. */
#include "auth-tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct pair {
    const char *name, *value;
} pair;

static void encode(FILE *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
        fprintf(out, plain ? "%c" : "%%%02X", c);
    }
}

/* The base URL with a path and those pairs that have a value. */
static void *page(kz_service *service, const char *path, const pair *pairs, size_t n_pairs, kz_error **error)
{
    const char *base = kz_service_setting(service, "base_url");
    char *text = NULL, separator = '?';
    size_t length = 0, base_length = base ? strlen(base) : 0;
    while (base_length && base[base_length - 1] == '/')
        base_length--;
    FILE *out = open_memstream(&text, &length);
    if (out) {
        fprintf(out, "%.*s%s", (int)base_length, base ? base : "", path);
        for (size_t i = 0; i < n_pairs; i++)
            if (pairs[i].value && pairs[i].value != kz_null_string) {
                fprintf(out, "%c%s=", separator, pairs[i].name);
                encode(out, pairs[i].value);
                separator = '&';
            }
    }
    bool fine = out && !fclose(out);
    kz_string_value *result = fine ? kz_result_new(&kz_schema_string_value, sizeof *result, error) : NULL;
    if (!fine)
        kz_error_no_memory(error);
    if (result)
        result->value = kz_result_string(result, text, length, error);
    free(text);
    if (!result || result->value)
        return result;
    kz_free(result);
    return NULL;
}

void *kzp_auth_login_url(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_auth_login_url_params *params = arguments;
    const pair pairs[] = { { "redirect_uri", params->redirect_uri }, { "provider", params->provider } };
    return page(service, "/auth/login", pairs, 2, error);
}

void *kzp_auth_logout_url(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_auth_logout_url_params *params = arguments;
    const pair pairs[] = { { "redirect_uri", params->redirect_uri } };
    return page(service, "/auth/logout/front-channel", pairs, 1, error);
}
