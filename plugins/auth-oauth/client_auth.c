/* client_auth.c: requests by which a program says who it is: by a secret in a header or in the form, by something it signs, or by its name
 * alone (RFC 6749 2.3, RFC 7523, OpenID Connect Core 9). */
#include "oauth.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_FIELDS = 12 }; /* ours and those of the proof */

#define JWT_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static oauth_proof choose(const oauth *it, const kz_oauth_metadata *metadata)
{
    const char *const *known = metadata->token_endpoint_auth_methods_supported;
    size_t n = metadata->n_token_endpoint_auth_methods_supported;
    if (it->proof)
        return it->proof;
    if (it->key)
        return OAUTH_JWT;
    if (!it->client_secret)
        return OAUTH_NONE;
    return n && !oauth_has(known, n, "client_secret_basic") && oauth_has(known, n, "client_secret_post") ? OAUTH_POST
                                                                                                         : OAUTH_BASIC;
}

/* Name and secret are encoded as in a form before they are put together (RFC 6749, 2.3.1): a colon in them is no separator. */
static const char *basic(const oauth *it, oauth_run *run, kz_error **error)
{
    const kz_string_entry both[] = { { "n", it->client_id }, { "s", it->client_secret } };
    kz_string_value *form = kz_provider_form(both, 2, error); /* n=NAME&s=SECRET */
    if (!form)
        return NULL;
    kz_result_adopt(run->root, form);
    const char *name = form->value + 2, *secret = strchr(name, '&') + 3;
    char *plain = oauth_text(run->root, error, "%.*s:%s", (int)strcspn(name, "&"), name, secret);
    size_t length = plain ? strlen(plain) : 0;
    char *encoded = plain ? kz_result_memory(run->root, (length + 2) / 3 * 4 + 1, error) : NULL;
    if (!encoded)
        return NULL;
    EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)plain, (int)length);
    return oauth_text(run->root, error, "Basic %s", encoded);
}

kz_step oauth_post(oauth *it, oauth_run *run, kz_provider_step *step, const char *url, const kz_string_entry *fields,
    size_t n_fields, bool idempotent, oauth_stage *next, kz_error **error)
{
    kz_string_entry all[MOST_FIELDS];
    size_t n = 0, n_headers = 1;
    for (; n < n_fields && n < MOST_FIELDS - 4; n++)
        all[n] = fields[n];
    oauth_proof proof = choose(it, run->metadata);
    run->headers[0] = (kz_string_entry){ "Content-Type", "application/x-www-form-urlencoded" };
    if (proof == OAUTH_BASIC)
        run->headers[n_headers++] = (kz_string_entry){ "Authorization", basic(it, run, error) };
    else
        all[n++] = (kz_string_entry){ "client_id", it->client_id };
    if (proof == OAUTH_POST)
        all[n++] = (kz_string_entry){ "client_secret", it->client_secret };
    if (proof == OAUTH_JWT) {
        const char *audience = it->assertion_audience ? it->assertion_audience : run->metadata->token_endpoint;
        all[n++] = (kz_string_entry){ "client_assertion_type", JWT_TYPE };
        all[n++] = (kz_string_entry){ "client_assertion", oauth_assertion(it, run, audience, error) };
        if (!all[n - 1].value)
            return KZ_STEP_FAILED;
    }
    if (n_headers == 2 && !run->headers[1].value)
        return KZ_STEP_FAILED;
    kz_string_value *form = kz_provider_form(all, n, error);
    if (!form)
        return KZ_STEP_FAILED;
    kz_result_adopt(run->root, form);
    run->next = next;
    step->request = (kz_provider_http){ .method = "POST",
        .url = url,
        .headers = run->headers,
        .n_headers = n_headers,
        .body = form->value,
        .body_length = strlen(form->value),
        .idempotent = idempotent };
    return KZ_STEP_REQUEST;
}
