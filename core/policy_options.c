/* policy_options.c: what a program asks of its calls: time limit, retries, further headers, query and body members, a
 * cancel token, progress. Copied into counted blocks when a handle is made; applied to each call as the first policy. */
#include "engine.h"

#include "header.h"

#include <stdlib.h>
#include <string.h>

static bool copy_text(kzi_scope *scope, const char *text, const char **copy)
{
    *copy = text ? kzi_scope_string(scope, text, strlen(text)) : NULL;
    return !text || *copy;
}

/* `more` behind `base`: a later entry of one key wins because it is applied last. */
static bool copy_entries(kzi_scope *scope, const kz_string_entry *base, size_t n_base, const kz_string_entry *more, size_t n_more,
    const kz_string_entry **out, size_t *n_out)
{
    kz_string_entry *all = kzi_scope_alloc(scope, (n_base + n_more + 1) * sizeof *all);
    if (!all)
        return false;
    for (size_t i = 0; i < n_base + n_more; i++) {
        const kz_string_entry *from = i < n_base ? &base[i] : &more[i - n_base];
        if (!copy_text(scope, from->key, &all[i].key) || !copy_text(scope, from->value, &all[i].value))
            return false;
    }
    *out = all;
    *n_out = n_base + n_more;
    return true;
}

static bool check(const kz_call_options *more, kz_error **error)
{
    for (size_t i = 0; i < more->n_headers; i++)
        if (!kzi_header_is_safe(more->headers[i].key, more->headers[i].value))
            return kz_error_set(error, KZ_ERROR_ARGUMENT, "headers",
                "Header %zu of the call options is none: a name without ':' or spaces, a value without line breaks.", i + 1);
    for (size_t i = 0; i < more->n_query; i++)
        if (!more->query[i].key)
            return kz_error_set(error, KZ_ERROR_ARGUMENT, "query", "Query entry %zu of the call options has no key.", i + 1);
    if (more->timeout.state == KZ_SET && !(more->timeout.value >= 0 && more->timeout.value < 1e9))
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "timeout", "The timeout of a call is seconds from 0 (none) to 1e9.");
    if (more->max_retries.state == KZ_SET && (more->max_retries.value < 0 || more->max_retries.value > 100))
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "max_retries", "The retries of a call are from 0 to 100.");
    if (more->base_url && !kzi_is_http_url(more->base_url))
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "base_url", "The base URL of a call begins with http:// or https://.");
    const char *body = more->body.text;
    while (body && body < more->body.text + more->body.length && strchr(" \t\r\n", *body))
        body++;
    if (body && !(kz_json_check(more->body, error) && *body == '{'))
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "body", "The body of the call options is not a JSON object.");
    return true;
}

static bool fill(kzi_options *options, const kzi_options *base, const kz_call_options *more)
{
    kzi_scope *scope = options->scope;
    options->timeout = more->timeout.state == KZ_SET ? (int64_t)(more->timeout.value * 1000) : base->timeout;
    options->max_retries = more->max_retries.state == KZ_SET ? more->max_retries.value : base->max_retries;
    options->cancel = more->cancel ? more->cancel : base->cancel;
    options->progress = more->progress ? more->progress : base->progress;
    options->progress_user = more->progress ? more->progress_user : base->progress_user;
    if (!copy_text(scope, more->base_url ? more->base_url : base->base_url, &options->base_url) ||
        !copy_text(scope, more->target ? more->target : base->target, &options->target))
        return false;
    kz_json body = more->body.text ? more->body : base->body;
    if (body.text) {
        options->body.text = kzi_scope_string(scope, body.text, body.length);
        options->body.length = body.length;
    }
    return (!body.text || options->body.text) &&
        copy_entries(
            scope, base->headers, base->n_headers, more->headers, more->n_headers, &options->headers, &options->n_headers) &&
        copy_entries(scope, base->query, base->n_query, more->query, more->n_query, &options->query, &options->n_query);
}

kzi_options *kzi_options_new(const kzi_options *base, const kz_call_options *more, kz_error **error)
{
    static const kzi_options none = { .timeout = -1, .max_retries = -1 };
    if (!check(more, error))
        return NULL;
    kzi_options *options = calloc(1, sizeof *options);
    if (options)
        options->scope = kzi_scope_new(256);
    if (!options || !options->scope || !fill(options, base ? base : &none, more)) {
        if (options)
            kzi_scope_free(options->scope);
        free(options);
        kz_error_no_memory(error);
        return NULL;
    }
    atomic_init(&options->refs, 1);
    return options;
}

kzi_options *kzi_options_ref(kzi_options *options)
{
    if (options)
        atomic_fetch_add(&options->refs, 1);
    return options;
}

void kzi_options_unref(kzi_options *options)
{
    if (!options || atomic_fetch_sub(&options->refs, 1) != 1)
        return;
    kzi_scope_free(options->scope);
    free(options);
}

static bool add_query(kzi_call *call)
{
    bool first = !strchr(call->url.data, '?');
    for (size_t i = 0; i < call->options->n_query; i++) {
        const kz_string_entry *entry = &call->options->query[i];
        kzi_buffer_putc(&call->url, first ? '?' : '&');
        kzi_percent_encode(&call->url, entry->key, strlen(entry->key));
        kzi_buffer_putc(&call->url, '=');
        if (entry->value)
            kzi_percent_encode(&call->url, entry->value, strlen(entry->value));
        first = false;
    }
    return !call->url.failed;
}

static kzi_step send_options(kzi_call *call)
{
    const kzi_settings *settings = call->client->settings;
    kzi_options *options = call->options;
    bool streams = call->sink.bytes != NULL;
    int64_t timeout = options && options->timeout >= 0 ? options->timeout : streams ? 0 : settings->timeout;
    call->idle = settings->idle_timeout;
    if (timeout && (!call->deadline || call->started_at + timeout < call->deadline))
        call->deadline = call->started_at + timeout;
    bool fine = true;
    for (size_t i = 0; fine && i < settings->headers.n && !call->raw; i++) {
        struct curl_slist *longer = curl_slist_append(call->headers, settings->headers.items[i]);
        if ((fine = longer != NULL))
            call->headers = longer;
    }
    if (options && !call->raw) {
        for (size_t i = 0; fine && i < options->n_headers; i++)
            fine = kzi_header_put(&call->headers, options->headers[i].key, options->headers[i].value);
        fine = fine && add_query(call);
    }
    if (fine)
        return KZI_NEXT;
    kz_error_no_memory(&call->error);
    return KZI_END;
}

const kzi_policy kzi_policy_options = { .name = "options", .send = send_options };
