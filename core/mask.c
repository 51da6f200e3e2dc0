/* mask.c: see mask.h. */
#include "mask.h"

#include "auth.h"

#include <string.h>

/* Shorter ones would take words apart that are none of ours. */
enum { SHORTEST = 4 };

static void mask(kzi_buffer *text, const char *secret, size_t length)
{
    if (length < SHORTEST || text->length < length)
        return;
    for (size_t i = 0; i + length <= text->length;) {
        if (memcmp(text->data + i, secret, length) != 0) {
            i++;
            continue;
        }
        memset(text->data + i, '*', length);
        i += length;
    }
}

static void mask_text(kzi_buffer *text, const char *secret)
{
    if (secret)
        mask(text, secret, strlen(secret));
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A value of a form: as it travels, and as it is meant. */
static void mask_value(kzi_buffer *text, const char *value, size_t length)
{
    kzi_buffer plain = { 0 };
    mask(text, value, length);
    for (size_t i = 0; i < length; i++) {
        int high = value[i] == '%' && i + 2 < length ? digit(value[i + 1]) : -1, low = high < 0 ? -1 : digit(value[i + 2]);
        kzi_buffer_putc(&plain, low < 0 ? value[i] == '+' ? ' ' : value[i] : (char)(high << 4 | low));
        i += low < 0 ? 0 : 2;
    }
    if (!plain.failed)
        mask(text, plain.data, plain.length);
    kzi_buffer_free(&plain);
}

static bool is_secret(const char *name, size_t length)
{
    static const char *const names[] = { "password", "refresh_token", "access_token", "token", "client_secret",
        "client_assertion", "assertion", "code", "code_verifier", "device_code" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && !memcmp(names[i], name, length))
            return true;
    return false;
}

/* name=value&name=value */
static void mask_form(kzi_buffer *text, const char *form, size_t length)
{
    for (const char *at = form, *end = form + length; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        stop = stop ? stop : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        if (equals && is_secret(at, (size_t)(equals - at)))
            mask_value(text, equals + 1, (size_t)(stop - equals - 1));
        at = stop + 1;
    }
}

void kzi_mask_secrets(const kzi_call *call, kzi_buffer *text)
{
    const kzi_settings *settings = call->client->settings;
    const char *query = call->url.data ? strchr(call->url.data, '?') : NULL;
    if (!text->length)
        return;
    mask_text(text, settings->api_key);
    mask_text(text, settings->token);
    mask_text(text, settings->hub_token);
    mask_text(text, settings->password);
    if (call->grant)
        mask_text(text, call->grant->token);
    if (call->body_kind == KZ_BODY_FORM && call->body.data)
        mask_form(text, call->body.data, call->body.length);
    if (query)
        mask_form(text, query + 1, strlen(query + 1));
}
