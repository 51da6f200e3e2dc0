/* forward.c: what a proxy learns of a user. The platform answers in headers; here they become a result, and a check of it. */
#include "auth-tables.h"

#include <string.h>
#include <strings.h>

static const char *copy_header(kz_validation_headers *to, const void *answer, const char *name, kz_error **error)
{
    const char *value = kz_result_header(answer, name);
    return value ? kz_result_string(to, value, SIZE_MAX, error) : NULL;
}

/* "admin, user": the roles, without spaces around them and without empty ones. */
static void take_roles(kz_validation_headers *to, const char *text, kz_error **error)
{
    size_t n = 1;
    for (const char *c = text; c && *c; c++)
        n += *c == ',';
    const char **roles = text ? kz_result_memory(to, n * sizeof *roles, error) : NULL;
    for (n = 0; roles && *text;) {
        text += strspn(text, ", \t");
        size_t length = strcspn(text, ","), end = length;
        while (end && strchr(" \t", text[end - 1]))
            end--;
        if (end)
            roles[n++] = kz_result_string(to, text, end, error);
        text += length;
    }
    to->user_roles = roles;
    to->n_user_roles = n;
}

void *kzp_auth_forward_auth_headers(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_auth_forward_auth_headers_params *params = arguments;
    kz_bytes *answer = kz_auth_validate((kz_auth *)service,
        &(kz_auth_validate_params){ .forwarded_method = params->forwarded_method, .forwarded_uri = params->forwarded_uri },
        error);
    kz_validation_headers *headers = kz_result_new(&kzt_kz_validation_headers, sizeof *headers, error);
    if (headers && answer) {
        headers->user_id = copy_header(headers, answer, "X-User-Id", error);
        headers->user_email = copy_header(headers, answer, "X-User-Email", error);
        headers->user_name = copy_header(headers, answer, "X-User-Name", error);
        take_roles(headers, kz_result_header(answer, "X-User-Roles"), error);
        headers->auth_token = copy_header(headers, answer, "X-Auth-Token", error);
        headers->request_id = copy_header(headers, answer, "X-Request-Id", error);
        headers->signature = copy_header(headers, answer, "X-User-Signature", error);
        headers->signature_ts = copy_header(headers, answer, "X-User-Signature-Ts", error);
    }
    kz_free(answer);
    if (!*error)
        return headers;
    kz_free(headers);
    return NULL;
}

void *kzp_auth_require_admin(kz_service *service, const void *arguments, kz_error **error)
{
    static const char done[] = "";
    const kz_auth_require_admin_params *params = arguments;
    (void)service;
    for (size_t i = 0; i < params->headers->n_user_roles; i++)
        if (params->headers->user_roles[i] && !strcasecmp(params->headers->user_roles[i], "admin"))
            return (void *)(uintptr_t)done;
    kz_error_set(error, KZ_ERROR_PERMISSION, "headers", "This needs the role admin, which the headers do not name.");
    return NULL;
}
