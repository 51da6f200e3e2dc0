/* grant.c: a credential: the header lines that requests carry, when it ends, and what renews it. Made once and never changed; calls hold
 * it by reference, so that none is copied on the way of a request. Its text for the token store is JSON. */
#include "auth.h"

#include "header.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { AHEAD = 30000, LONGEST = 10 * 365 * 24 * 3600 /* seconds */ };

static bool check(const kz_provider_grant *facts, kz_error **error)
{
    if (facts->token && (!*facts->token || strpbrk(facts->token, " \t\r\n")))
        return kz_error_set(error, KZ_ERROR_AUTHENTICATION, "token", "A token is not empty and has no spaces or line breaks.");
    if (facts->n_headers >= KZI_CREDENTIAL_LINES)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "headers", "A credential has eight headers at most.");
    for (uint64_t i = 0; i < facts->n_headers; i++)
        if (!facts->headers[i].value || !kzi_header_is_safe(facts->headers[i].key, facts->headers[i].value))
            return kz_error_set(error, KZ_ERROR_AUTHENTICATION, "headers", "Header %d of a credential is none.", (int)i + 1);
    if (facts->lifetime.state == KZ_SET && !(facts->lifetime.value > 0))
        return kz_error_set(error, KZ_ERROR_AUTHENTICATION, "lifetime", "A credential that has ended already was given out.");
    return true;
}

/* "NAME: SCHEME VALUE"; `scheme` is empty or ends with a space. */
static bool add_line(kzi_grant *grant, const char *name, const char *scheme, const char *value)
{
    kzi_buffer line = { 0 };
    const char *const parts[] = { name, ": ", scheme, value };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        kzi_buffer_puts(&line, parts[i]);
    const char *kept = line.failed ? NULL : kzi_scope_string(grant->scope, line.data, line.length);
    kzi_buffer_free(&line);
    grant->lines[grant->n_lines] = kept;
    grant->n_lines += kept != NULL;
    return kept != NULL;
}

static bool keep_text(kzi_grant *grant, const char *text, size_t length, const char **kept)
{
    *kept = text ? kzi_scope_string(grant->scope, text, length) : NULL;
    return !text || *kept;
}

static void set_end(kzi_grant *grant, double lifetime)
{
    int64_t left = lifetime < LONGEST ? (int64_t)(lifetime * 1000) : (int64_t)LONGEST * 1000;
    int64_t ahead = left > (int64_t)2 * AHEAD ? AHEAD : left / 2;
    grant->ends_at = kzi_boot_ms() + left;
    grant->renew_at = grant->ends_at - ahead;
    grant->expires_at = (int64_t)time(NULL) + left / 1000;
}

static bool fill(kzi_grant *grant, const kz_provider_grant *facts)
{
    bool fine = !facts->token ||
        (keep_text(grant, facts->token, strlen(facts->token), &grant->token) &&
            add_line(grant, "Authorization", "Bearer ", facts->token));
    for (uint64_t i = 0; fine && i < facts->n_headers; i++)
        fine = add_line(grant, facts->headers[i].key, "", facts->headers[i].value);
    fine = fine && keep_text(grant, facts->memory.text, facts->memory.length, &grant->memory.text);
    fine = fine && keep_text(grant, facts->user, facts->user ? strlen(facts->user) : 0, &grant->user);
    grant->memory.length = facts->memory.length;
    grant->renewable = facts->renewable;
    if (facts->lifetime.state == KZ_SET)
        set_end(grant, facts->lifetime.value);
    return fine;
}

kzi_grant *kzi_grant_new(const kz_provider_grant *facts, kz_error **error)
{
    if (!check(facts, error))
        return NULL;
    kzi_grant *grant = calloc(1, sizeof *grant);
    if (grant) {
        atomic_init(&grant->refs, 1);
        grant->scope = kzi_scope_new(2048);
    }
    if (grant && grant->scope && fill(grant, facts))
        return grant;
    kzi_grant_unref(grant);
    kz_error_no_memory(error);
    return NULL;
}

kzi_grant *kzi_grant_ref(kzi_grant *grant)
{
    if (grant)
        atomic_fetch_add_explicit(&grant->refs, 1, memory_order_relaxed);
    return grant;
}

void kzi_grant_unref(kzi_grant *grant)
{
    if (!grant || atomic_fetch_sub(&grant->refs, 1) != 1)
        return;
    kzi_scope_free(grant->scope);
    free(grant);
}

bool kzi_grant_is_good(const kzi_grant *grant)
{
    return grant && (!grant->ends_at || kzi_boot_ms() < grant->ends_at);
}

bool kzi_grant_is_ending(const kzi_grant *grant)
{
    return grant->renew_at && kzi_boot_ms() >= grant->renew_at;
}

bool kzi_grant_is_same(const kzi_grant *one, const kzi_grant *other)
{
    const char *a = one ? one->lines[0] : NULL, *b = other ? other->lines[0] : NULL;
    return one == other || (a && b && !strcmp(a, b));
}

/* ---- its text ---- */

typedef struct entry {
    const char *token, *user;
    const kz_string_entry *headers;
    size_t n_headers;
    kz_opt_int expires_at;
    kz_json memory;
    kz_opt_bool renewable;
} entry;

static const kz_field entry_fields[] = {
    { .name = "expires_at", .offset = offsetof(entry, expires_at), .type = KZ_TYPE_INT },
    { .name = "headers",
        .offset = offsetof(entry, headers),
        .count_offset = offsetof(entry, n_headers),
        .type = KZ_TYPE_STRING,
        .container = KZ_MAP },
    { .name = "memory", .offset = offsetof(entry, memory), .type = KZ_TYPE_JSON },
    { .name = "renewable", .offset = offsetof(entry, renewable), .type = KZ_TYPE_BOOL },
    { .name = "token", .offset = offsetof(entry, token), .type = KZ_TYPE_STRING },
    { .name = "user", .offset = offsetof(entry, user), .type = KZ_TYPE_STRING },
};
static const uint16_t entry_order[] = { 0, 1, 2, 3, 4, 5 };
static const kz_schema entry_schema = { .name = "entry",
    .title = "an entry of the token store",
    .size = sizeof(entry),
    .n_fields = sizeof entry_fields / sizeof *entry_fields,
    .fields = entry_fields,
    .by_name = entry_order };

static bool put_member(kzi_buffer *out, const char *name, const char *text)
{
    kzi_buffer_printf(out, "%s\"%s\":", out->length && out->data[out->length - 1] != '{' ? "," : "", name);
    return !text || kzi_json_put_string(out, text, strlen(text));
}

static bool put_headers(const kzi_grant *grant, kzi_buffer *out)
{
    bool fine = true;
    kzi_buffer_puts(out, ",\"headers\":{");
    for (unsigned i = grant->token ? 1 : 0; fine && i < grant->n_lines; i++) {
        const char *line = grant->lines[i], *colon = strchr(line, ':');
        if (out->length && out->data[out->length - 1] != '{')
            kzi_buffer_putc(out, ',');
        fine = kzi_json_put_string(out, line, (size_t)(colon - line));
        kzi_buffer_putc(out, ':');
        fine = fine && kzi_json_put_string(out, colon + 2, strlen(colon + 2));
    }
    kzi_buffer_putc(out, '}');
    return fine;
}

bool kzi_grant_write(const kzi_grant *grant, kzi_buffer *out)
{
    kzi_buffer_puts(out, "{");
    bool fine = (!grant->token || put_member(out, "token", grant->token)) &&
        (!grant->user || put_member(out, "user", grant->user));
    put_member(out, "renewable", NULL);
    kzi_buffer_puts(out, grant->renewable ? "true" : "false");
    if (grant->expires_at)
        kzi_buffer_printf(out, ",\"expires_at\":%lld", (long long)grant->expires_at);
    fine = fine && put_headers(grant, out);
    if (grant->memory.text) {
        put_member(out, "memory", NULL);
        kzi_buffer_append(out, grant->memory.text, grant->memory.length);
    }
    kzi_buffer_puts(out, "}");
    return fine && !out->failed;
}

static kzi_grant *from_entry(const entry *kept, kz_error **error)
{
    double left = kept->expires_at.state == KZ_SET ? (double)kept->expires_at.value - (double)time(NULL) : 0;
    kz_provider_grant facts = { .size = sizeof facts,
        .token = kept->token,
        .headers = kept->headers,
        .n_headers = kept->n_headers,
        .memory = kept->memory,
        .user = kept->user,
        .renewable = kept->renewable.value };
    if (kept->expires_at.state == KZ_SET)
        facts.lifetime = KZ_NUMBER(left > 0 ? left : 1);
    kzi_grant *grant = kzi_grant_new(&facts, error);
    if (grant) {
        if (kept->expires_at.state == KZ_SET && left <= 0) /* has ended, but what renews it may be good */
            grant->ends_at = grant->renew_at = kzi_boot_ms();
        grant->expires_at = kept->expires_at.value;
        grant->source = "token store";
    }
    return grant;
}

kzi_grant *kzi_grant_read(const char *text, size_t length, kz_error **error)
{
    kzi_scope *scope = kzi_scope_new(length + 512);
    const kzi_json_options options = { 0 };
    kz_error *failure = NULL;
    const entry *kept = scope ? kzi_json_read(&entry_schema, scope, text, length, &options, &failure) : NULL;
    kzi_grant *grant = kept && (kept->token || kept->n_headers) ? from_entry(kept, &failure) : NULL;
    kzi_scope_free(scope);
    if (!scope || kz_error_is(failure, KZ_ERROR_NO_MEMORY))
        kz_error_no_memory(error);
    kz_error_free(failure);
    return grant;
}
