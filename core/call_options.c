/* call_options.c: arguments of a call by name that are none of its operation: extra_headers, extra_query, extra_body and timeout,
 * which the methods of the reference client have everywhere. They become options of this one call. */
#include "call_options.h"

#include "json_read.h"
#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "extra_headers", "extra_query", "extra_body", "timeout" };
enum { HEADERS, QUERY, BODY, TIMEOUT, N_NAMES };

bool kzi_is_call_option(const kzi_span *name)
{
    for (size_t i = 0; i < N_NAMES; i++)
        if (kzi_span_is(name, names[i]))
            return true;
    return false;
}

typedef struct maker {
    kzi_scope *scope;
    kz_string_entry *entries;
    size_t n, room;
} maker;

static bool add(maker *m, const char *key, kz_json value)
{
    if (m->n == m->room) {
        size_t room = m->room * 2 + 8;
        kz_string_entry *more = realloc(m->entries, room * sizeof *more);
        if (!more)
            return false;
        m->entries = more;
        m->room = room;
    }
    kzi_buffer text = { 0 };
    kzi_json_put_plain(&text, value);
    m->entries[m->n] = (kz_string_entry){ .key = kzi_scope_string(m->scope, key, strlen(key)),
        .value = text.failed ? NULL : kzi_scope_string(m->scope, text.data ? text.data : "", text.length) };
    kzi_buffer_free(&text);
    return m->entries[m->n].key && m->entries[m->n++].value;
}

/* name[] for each item of a list, name[member] for each member of an object, as the reference client writes them; null is nothing. */
static bool add_query(maker *m, const char *name, kz_json value)
{
    kzi_buffer inner = { 0 };
    kzi_members members;
    kzi_items items;
    kzi_span member;
    kz_json one;
    bool fine = true;
    if (*value.text == 'n')
        return true;
    kzi_members_begin(&members, value);
    kzi_items_begin(&items, value);
    if (*value.text == '[') {
        kzi_buffer_printf(&inner, "%s[]", name);
        while (fine && kzi_items_next(&items, &one))
            fine = !inner.failed && add_query(m, inner.data, one);
    } else if (*value.text == '{') {
        while (fine && kzi_members_next(&members, &member, &one)) {
            kzi_buffer_clear(&inner);
            kzi_buffer_printf(&inner, "%s[%.*s]", name, (int)member.length, member.text);
            fine = !inner.failed && add_query(m, inner.data, one);
        }
    } else {
        fine = add(m, name, value);
    }
    kzi_buffer_free(&inner);
    return fine;
}

/* The members of an argument as entries. False: no memory. */
static bool add_members(maker *m, kz_json object, bool query)
{
    kzi_members members;
    kzi_span name;
    kz_json value;
    kzi_members_begin(&members, object);
    while (kzi_members_next(&members, &name, &value)) {
        char *key = malloc(name.length + 1);
        if (!key)
            return false;
        key[kzi_span_text(&name, key)] = 0;
        bool fine = query ? add_query(m, key, value) : *value.text == 'n' || add(m, key, value);
        free(key);
        if (!fine)
            return false;
    }
    return true;
}

static bool set_timeout(kz_call_options *options, kz_json value, kz_error **error)
{
    double seconds = 0;
    bool number = *value.text == '-' || (*value.text >= '0' && *value.text <= '9');
    if (*value.text != 'n' && !(number && kzi_parse_double(value.text, value.length, &seconds)))
        return kz_error_set(
            error, KZ_ERROR_ARGUMENT, names[TIMEOUT], "The timeout of a call is a number of seconds, or null: none.");
    options->timeout = KZ_NUMBER(seconds);
    return true;
}

/* Whether the operation has an argument of that name itself. */
static bool is_argument(const kz_operation *op, const char *name)
{
    for (uint32_t i = 0; i < op->params->n_fields; i++) {
        const kz_field *field = &op->params->fields[i];
        if (!strcmp(field->name, name))
            return true;
        for (size_t j = 0; field->aliases && field->aliases[j]; j++)
            if (!strcmp(field->aliases[j], name))
                return true;
    }
    return false;
}

static kz_service *with(kz_service *handle, const kz_json *given, maker *headers, maker *query, kz_error **error)
{
    kz_call_options options = { .body = *given[BODY].text == '{' ? given[BODY] : (kz_json){ 0 } };
    if (!add_members(headers, given[HEADERS], false) || !add_members(query, given[QUERY], true)) {
        kz_error_no_memory(error);
        return NULL;
    }
    options.headers = headers->entries;
    options.n_headers = headers->n;
    options.query = query->entries;
    options.n_query = query->n;
    if (given[TIMEOUT].length && !set_timeout(&options, given[TIMEOUT], error))
        return NULL;
    return kz_service_with_options(handle, &options, error);
}

kz_service *kzi_call_options(kz_service *handle, const kz_operation *op, kz_json args, kz_error **error)
{
    kz_json given[N_NAMES];
    bool any = false;
    for (size_t i = 0; i < N_NAMES; i++) {
        given[i] = args.text && !is_argument(op, names[i]) ? kz_json_member(args, names[i]) : (kz_json){ 0 };
        any |= given[i].text != NULL;
        if (i != TIMEOUT && given[i].text && *given[i].text != '{' && *given[i].text != 'n') {
            kz_error_set(error, KZ_ERROR_ARGUMENT, names[i], "The argument %s is an object.", names[i]);
            return NULL;
        }
        if (!given[i].text)
            given[i].text = "";
    }
    if (!any)
        return handle;
    maker headers = { .scope = kzi_scope_new(256) }, query = { .scope = headers.scope };
    kz_service *made = NULL;
    if (headers.scope)
        made = with(handle, given, &headers, &query, error);
    else
        kz_error_no_memory(error);
    free(headers.entries);
    free(query.entries);
    kzi_scope_free(headers.scope);
    return made;
}
