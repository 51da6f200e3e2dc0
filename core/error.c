/* error.c: errors: the tree of classes, and filling a slot. An error is one block: the struct and, behind it, its texts. That
 * memory ran out is said by a static error, which needs none. */
#include "error_private.h"
#include "utf8.h"

#include "scope.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each class: its parent and its name. */
static const struct {
    kz_error_code parent;
    const char *name;
} classes[] = {
    [KZ_ERROR] = { 0, "error" },
    [KZ_ERROR_API] = { KZ_ERROR, "api" },
    [KZ_ERROR_AUTHENTICATION] = { KZ_ERROR_API, "authentication" },
    [KZ_ERROR_PERMISSION] = { KZ_ERROR_AUTHENTICATION, "permission" },
    [KZ_ERROR_NOT_FOUND] = { KZ_ERROR_API, "not_found" },
    [KZ_ERROR_VALIDATION] = { KZ_ERROR_API, "validation" },
    [KZ_ERROR_CONFLICT] = { KZ_ERROR_API, "conflict" },
    [KZ_ERROR_RATE_LIMIT] = { KZ_ERROR_API, "rate_limit" },
    [KZ_ERROR_SERVER] = { KZ_ERROR_API, "server" },
    [KZ_ERROR_UNAVAILABLE] = { KZ_ERROR_SERVER, "unavailable" },
    [KZ_ERROR_NOT_API] = { KZ_ERROR_API, "not_api" },
    [KZ_ERROR_CONNECTION] = { KZ_ERROR, "connection" },
    [KZ_ERROR_TIMEOUT] = { KZ_ERROR_CONNECTION, "timeout" },
    [KZ_ERROR_TLS] = { KZ_ERROR_CONNECTION, "tls" },
    [KZ_ERROR_DECODE] = { KZ_ERROR, "decode" },
    [KZ_ERROR_ARGUMENT] = { KZ_ERROR, "argument" },
    [KZ_ERROR_STATE] = { KZ_ERROR, "state" },
    [KZ_ERROR_CONFIG] = { KZ_ERROR, "config" },
    [KZ_ERROR_PLUGIN] = { KZ_ERROR, "plugin" },
    [KZ_ERROR_PLUGIN_NOT_FOUND] = { KZ_ERROR_PLUGIN, "plugin" },
    [KZ_ERROR_PLUGIN_INCOMPATIBLE] = { KZ_ERROR_PLUGIN, "plugin" },
    [KZ_ERROR_PLUGIN_UNTRUSTED] = { KZ_ERROR_PLUGIN, "plugin" },
    [KZ_ERROR_CANCELLED] = { KZ_ERROR, "cancelled" },
    [KZ_ERROR_NO_MEMORY] = { KZ_ERROR, "no_memory" },
};
enum { N_CLASSES = sizeof classes / sizeof *classes };

static const kz_error no_memory = { .code = KZ_ERROR_NO_MEMORY, .message = "There is no memory left." };

bool kz_error_is(const kz_error *error, kz_error_code code)
{
    int64_t at = error ? error->code : 0;
    while (at > 0 && at < N_CLASSES && at != (int64_t)code)
        at = classes[at].parent;
    return at > 0 && at == (int64_t)code;
}

const char *kz_error_class(int64_t code)
{
    return code > 0 && code < N_CLASSES ? classes[code].name : "error";
}

void kz_error_free(kz_error *error)
{
    while (error && error != &no_memory) {
        kz_error *cause = (kz_error *)(uintptr_t)error->cause;
        free(error);
        error = cause;
    }
}

void kz_error_clear(kz_error **error)
{
    if (!error)
        return;
    kz_error_free(*error);
    *error = NULL;
}

bool kz_error_no_memory(kz_error **error)
{
    if (error && !*error)
        *error = (kz_error *)(uintptr_t)&no_memory;
    return false;
}

bool kz_error_move(kz_error **to, kz_error **from)
{
    if (to && !*to)
        *to = *from;
    else
        kz_error_free(*from);
    *from = NULL;
    return false;
}

static size_t room(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *put(char **at, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);
    *at += size;
    return copy;
}

/* What quotes what was given or received ends up on terminals: bytes that are no UTF-8 are shown as question marks, and so are
 * control characters (C1 too, two bytes in UTF-8) but for line breaks and tabs. */
static const char *put_shown(char **at, const char *text)
{
    char *copy = *at;
    const char *made = put(at, text);
    if (!made)
        return NULL;
    bool valid = kzi_utf8_valid(copy, strlen(copy));
    for (; *copy; copy++) {
        unsigned char c = (unsigned char)*copy, next = (unsigned char)copy[1];
        if (valid && c == 0xc2 && next < 0xa0)
            *copy++ = '?', *copy = '?';
        else if ((c >= 0x80 && !valid) || (c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
            *copy = '?';
    }
    return made;
}

bool kzi_error_fill(kz_error **error, const kz_error *facts)
{
    if (!error || *error)
        return false;
    size_t size = sizeof *facts + room(facts->message) + room(facts->method) + room(facts->url) + room(facts->path) +
        room(facts->server_code) + room(facts->server_param) + room(facts->server_type) + room(facts->request_id) +
        facts->detail.length + 2;
    kz_error *made = malloc(size);
    if (!made)
        return kz_error_no_memory(error);
    *made = *facts;
    char *at = (char *)(made + 1);
    made->message = put_shown(&at, facts->message ? facts->message : "");
    made->method = put(&at, facts->method);
    made->url = put(&at, facts->url);
    made->path = put(&at, facts->path);
    made->server_code = put_shown(&at, facts->server_code);
    made->server_param = put_shown(&at, facts->server_param);
    made->server_type = put_shown(&at, facts->server_type);
    made->request_id = put_shown(&at, facts->request_id);
    if (facts->detail.text) {
        made->detail.text = memcpy(at, facts->detail.text, facts->detail.length);
        at[facts->detail.length] = 0;
    }
    *error = made;
    return false;
}

kz_error *kz_error_copy(const kz_error *error)
{
    kz_error *copy = NULL;
    if (!error || error == &no_memory)
        return (kz_error *)(uintptr_t)error;
    kz_error facts = *error;
    facts.cause = kz_error_copy(error->cause);
    kzi_error_fill(&copy, &facts);
    if (copy == &no_memory)
        kz_error_free((kz_error *)(uintptr_t)facts.cause);
    return copy;
}

static bool set(kz_error **error, kz_error_code code, const char *path, const char *format, va_list arguments, kz_error *cause)
{
    char fixed[512], *message = fixed, *heap = NULL;
    va_list again;
    if (!error || *error) {
        kz_error_free(cause);
        return false;
    }
    va_copy(again, arguments);
    int length = vsnprintf(fixed, sizeof fixed, format, arguments);
    if (length >= (int)sizeof fixed && (heap = malloc((size_t)length + 1))) {
        vsnprintf(heap, (size_t)length + 1, format, again);
        message = heap;
    }
    va_end(again);
    kz_error facts = { .code = code, .message = message, .path = path, .cause = cause };
    kzi_error_fill(error, &facts);
    if (*error == &no_memory)
        kz_error_free(cause);
    free(heap);
    return false;
}

bool kz_error_set(kz_error **error, kz_error_code code, const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set(error, code, path, format, arguments, NULL);
    va_end(arguments);
    return false;
}

bool kz_error_wrap(kz_error **error, kz_error **cause, kz_error_code code, const char *path, const char *format, ...)
{
    va_list arguments;
    kz_error *behind = cause ? *cause : NULL;
    if (cause)
        *cause = NULL;
    va_start(arguments, format);
    set(error, code, path, format, arguments, behind);
    va_end(arguments);
    return false;
}
