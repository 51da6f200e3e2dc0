/* mask.c: see mask.h. */
#include "mask.h"

#include "auth.h"
#include "header.h"
#include "json_scan.h"
#include "schema_json.h"

#include <stdlib.h>
#include <string.h>

/* Shorter ones would take words apart that are none of ours. */
enum { SHORTEST = 4 };

static void mask_exactly(kzi_buffer *text, const char *secret, size_t length)
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

/* As a JSON string has it; false: it would be the same, or there is no memory. */
static bool escape(kzi_buffer *out, const char *text, size_t length)
{
    kzi_buffer_clear(out);
    return kzi_json_put_string(out, text, length) && !out->failed && out->length != length + 2;
}

/* As it is, and as addresses, forms and JSON have it; JSON that tells of JSON has it twice. */
static void mask(kzi_buffer *text, const char *secret, size_t length)
{
    kzi_buffer once = { 0 }, twice = { 0 }, encoded = { 0 };
    mask_exactly(text, secret, length);
    if (length < SHORTEST)
        return;
    if (escape(&once, secret, length)) {
        mask_exactly(text, once.data + 1, once.length - 2);
        if (escape(&twice, once.data + 1, once.length - 2))
            mask_exactly(text, twice.data + 1, twice.length - 2);
    }
    kzi_percent_encode(&encoded, secret, length);
    if (!encoded.failed && encoded.length != length)
        mask_exactly(text, encoded.data, encoded.length);
    kzi_buffer_free(&once);
    kzi_buffer_free(&twice);
    kzi_buffer_free(&encoded);
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

/* Without percent-encoding; in forms a plus is a space. */
static void decode(kzi_buffer *plain, const char *value, size_t length, bool form)
{
    for (size_t i = 0; i < length; i++) {
        int high = value[i] == '%' && i + 2 < length ? digit(value[i + 1]) : -1, low = high < 0 ? -1 : digit(value[i + 2]);
        kzi_buffer_putc(plain, low < 0 ? form && value[i] == '+' ? ' ' : value[i] : (char)(high << 4 | low));
        i += low < 0 ? 0 : 2;
    }
}

/* A value of a form: as it travels, and as it is meant. */
static void mask_value(kzi_buffer *text, const char *value, size_t length)
{
    kzi_buffer plain = { 0 };
    mask_exactly(text, value, length);
    decode(&plain, value, length, true);
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

/* name=value&name=value; those that are known for secrets, or all. */
static void mask_form(kzi_buffer *text, const char *form, size_t length, bool all)
{
    for (const char *at = form, *end = form + length; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        stop = stop ? stop : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        if (equals && (all || is_secret(at, (size_t)(equals - at))))
            mask_value(text, equals + 1, (size_t)(stop - equals - 1));
        at = stop + 1;
    }
}

/* A JSON string: as it travels, and as it is meant. */
static void mask_string(kzi_buffer *text, kz_json string)
{
    kzi_buffer plain = { 0 };
    char *room = kzi_buffer_reserve(&plain, string.length);
    mask_exactly(text, string.text + 1, string.length - 2);
    if (room)
        plain.length = (size_t)kzi_json_unescape(string.text, string.length, room);
    if (plain.length)
        mask(text, plain.data, plain.length);
    kzi_buffer_free(&plain);
}

static void mask_members(kzi_buffer *text, const kz_schema *schema, kz_json object);

static void mask_member(kzi_buffer *text, const kz_field *field, kz_json value)
{
    kzi_items items;
    kz_json item;
    if (*value.text == '[' && field->container == KZ_LIST) {
        kzi_items_begin(&items, value);
        while (kzi_items_next(&items, &item))
            mask_member(text, field, item);
    } else if (*value.text == '{' && field->type == KZ_TYPE_OBJECT) {
        mask_members(text, field->schema, value);
    } else if (*value.text == '"' && field->flags & KZ_FIELD_SECRET) {
        mask_string(text, value);
    }
}

/* The secret members of a JSON body, as its schema tells them, however deep. */
static void mask_members(kzi_buffer *text, const kz_schema *schema, kz_json object)
{
    kzi_members members;
    kzi_span name;
    kz_json value;
    if (schema->shape == KZ_SHAPE_UNION) {
        for (uint32_t i = 1; i < schema->n_fields; i++)
            mask_members(text, schema->fields[i].schema, object);
        return;
    }
    kzi_members_begin(&members, object);
    while (kzi_members_next(&members, &name, &value))
        for (uint32_t i = 0; i < schema->n_fields; i++)
            if (schema->fields[i].place == KZ_IN_BODY && kzi_span_is(&name, schema->fields[i].name))
                mask_member(text, &schema->fields[i], value);
}

/* The settings of the provider that are secret, such as a client's secret that travels in a header. */
static void mask_settings(kzi_buffer *text, kz_provider *auth)
{
    pthread_mutex_lock(&auth->lock);
    const kz_provider_vtable *vtable = auth->status == KZI_AUTH_READY ? auth->vtable : NULL;
    pthread_mutex_unlock(&auth->lock);
    for (uint64_t i = 0; vtable && i < vtable->n_settings; i++)
        if (vtable->settings[i].secret)
            mask_text(text, kz_provider_value(auth, vtable->settings[i].name));
}

/* What the program adds by itself may be secret, and may be a word of every day: only what is long enough to be the one and not the
 * other. Of "Bearer ABC" the last word counts by itself too. */
static void mask_added(kzi_buffer *text, const char *value)
{
    enum { LONG = 8 };
    const char *last = value ? strrchr(value, ' ') : NULL;
    if (value && strlen(value) >= LONG)
        mask_text(text, value);
    if (last && strlen(last + 1) >= LONG)
        mask_text(text, last + 1);
}

/* "Name: value" */
static void mask_line(kzi_buffer *text, const char *line)
{
    const char *value = strchr(line, ':');
    if (value)
        mask_added(text, value + 1 + strspn(value + 1, " \t"));
}

static void mask_all_added(kzi_buffer *text, const kzi_call *call)
{
    const kzi_list *headers = &call->client->settings->headers;
    const kzi_options *options = call->options;
    for (size_t i = 0; i < headers->n; i++)
        mask_line(text, headers->items[i]);
    for (size_t i = 0; options && i < options->n_headers; i++)
        mask_added(text, options->headers[i].value);
    for (size_t i = 0; options && i < options->n_query; i++)
        mask_added(text, options->query[i].value);
}

/* What a provider adds: the headers of a credential, those of a signature and its values in the query, and what its own requests prove
 * themselves by. */
static void mask_credentials(kzi_buffer *text, const kzi_call *call)
{
    const char *value;
    size_t length;
    for (unsigned i = 0; call->grant && i < call->grant->n_lines; i++)
        mask_line(text, call->grant->lines[i]);
    for (const struct curl_slist *line = call->signature; line && line != call->headers; line = line->next)
        mask_line(text, line->data);
    for (const struct curl_slist *line = call->headers; line; line = line->next)
        if (kzi_header_is(line->data, strlen(line->data), "authorization", &value, &length))
            mask_added(text, value);
    if (call->url_length && call->url.length > call->url_length)
        mask_form(text, call->url.data + call->url_length + 1, call->url.length - call->url_length - 1, true);
}

static void put_base64(kzi_buffer *out, const char *data, size_t length)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        size_t n = length - i < 3 ? length - i : 3;
        uint32_t bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < n ? (unsigned char)data[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            kzi_buffer_putc(out, j <= n ? letters[bits >> (18 - 6 * j) & 63] : '=');
    }
}

/* The password of http://user:password@host: by itself, and as libcurl tells it to the proxy. */
static void mask_proxy(kzi_buffer *text, const char *url)
{
    const char *host = url ? strrchr(url, '@') : NULL, *scheme = host ? strstr(url, "://") : NULL;
    const char *user = scheme && scheme < host ? scheme + 3 : url;
    kzi_buffer plain = { 0 }, basic = { 0 };
    if (!host)
        return;
    mask_exactly(text, user, (size_t)(host - user));
    decode(&plain, user, (size_t)(host - user), false);
    const char *colon = plain.failed || !plain.length ? NULL : memchr(plain.data, ':', plain.length);
    if (colon) {
        mask(text, colon + 1, plain.length - (size_t)(colon + 1 - plain.data));
        put_base64(&basic, plain.data, plain.length);
    }
    if (!basic.failed)
        mask(text, basic.data, basic.length);
    kzi_buffer_free(&plain);
    kzi_buffer_free(&basic);
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
    mask_proxy(text, settings->proxy);
    for (const char *const *name = kzi_proxy_variables; *name; name++)
        mask_proxy(text, getenv(*name));
    mask_all_added(text, call);
    if (call->client->auth)
        mask_settings(text, call->client->auth);
    mask_credentials(text, call);
    if (call->body_kind == KZ_BODY_FORM && call->body.data)
        mask_form(text, call->body.data, call->body.length, false);
    if (call->body_kind == KZ_BODY_JSON && call->op && call->body.length)
        mask_members(text, call->op->params, (kz_json){ call->body.data, call->body.length });
    if (query)
        mask_form(text, query + 1, strlen(query + 1), false);
}
