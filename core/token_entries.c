/* token_entries.c: see token_entries.h. Pieces are copied as they stand, so nothing that another version wrote is lost. */
#include "token_entries.h"

#include "json_scan.h"
#include "schema_json.h"

#include <kamiwaza/json.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32, VERSION = 1 };

static bool is_empty(kz_json file)
{
    size_t i = 0;
    while (i < file.length && strchr(" \t\r\n", file.text[i]) && file.text[i])
        i++;
    return i == file.length;
}

static bool refuse(const char *path, const char *why, kz_error **error)
{
    return kz_error_set(error, KZ_ERROR_CONFIG, path,
        "The file %s %s, so no tokens are read from it or written to it. Move it away and sign in again.", path, why);
}

bool kzi_tokens_check(kz_json file, const char *path, kz_error **error)
{
    size_t line, column;
    const char *problem;
    int64_t version = 0;
    if (is_empty(file))
        return true;
    if (!kzi_json_valid(file.text, file.length, DEEPEST, &line, &column, &problem))
        return kz_error_set(error, KZ_ERROR_CONFIG, path,
            "The file of tokens %s is damaged: line %zu, column %zu has %s. Move it away and sign in again.", path, line, column,
            problem);
    kz_json said = kz_json_member(file, "version"), entries = kz_json_member(file, "entries");
    bool number = said.length && strchr("-0123456789", *said.text) && kzi_parse_int(said.text, said.length, false, &version);
    if (number && version > VERSION)
        return refuse(path, "was written by a newer version of this library", error);
    if (!number || version != VERSION || (entries.length && *entries.text != '{'))
        return refuse(path, "is no file of tokens", error);
    return true;
}

bool kzi_tokens_find(kz_json file, const char *key, const char *path, char **text, size_t *length, kz_error **error)
{
    *text = NULL;
    kz_json entry = kz_json_member(kz_json_member(file, "entries"), key), said = kz_json_member(entry, "text");
    if (!entry.length)
        return true;
    if (!said.length || *said.text != '"')
        return kz_error_set(error, KZ_ERROR_CONFIG, key,
            "The entry \"%s\" in the file of tokens %s is damaged: it has no text. Sign in again to replace it.", key, path);
    *text = malloc(said.length + 1);
    if (!*text)
        return kz_error_no_memory(error);
    *length = (size_t)kzi_json_unescape(said.text, said.length, *text);
    (*text)[*length] = 0;
    return true;
}

static void put_name(kzi_buffer *out, bool *first, const char *indent)
{
    kzi_buffer_puts(out, *first ? "" : ",");
    kzi_buffer_puts(out, indent);
    *first = false;
}

/* The members of an object but those named, as they stand; returns whether one of those named was among them. */
static bool put_others(kzi_buffer *out, kz_json object, const char *const *but, const char *indent, bool *first)
{
    kzi_members members;
    kzi_span name;
    kz_json value;
    bool met = false;
    kzi_members_begin(&members, object);
    while (kzi_members_next(&members, &name, &value)) {
        bool named = false;
        for (size_t i = 0; but[i]; i++)
            named |= kzi_span_is(&name, but[i]);
        met |= named;
        if (named)
            continue;
        put_name(out, first, indent);
        kzi_buffer_append(out, name.text - 1, name.length + 2);
        kzi_buffer_puts(out, ": ");
        kzi_buffer_append(out, value.text, value.length);
    }
    return met;
}

static bool put_entry(kzi_buffer *out, kz_json before, const char *label, const char *text, size_t length)
{
    static const char *const ours[] = { "label", "text", NULL };
    bool first = true, fine = true;
    kzi_buffer_puts(out, "{");
    if (label) {
        put_name(out, &first, "");
        kzi_buffer_puts(out, "\"label\": ");
        fine = kzi_json_put_string(out, label, strlen(label));
    }
    put_name(out, &first, " ");
    kzi_buffer_puts(out, "\"text\": ");
    fine = fine && kzi_json_put_string(out, text, length);
    put_others(out, before, ours, " ", &first);
    kzi_buffer_puts(out, "}");
    return fine;
}

bool kzi_tokens_replace(kz_json file, const char *key, const char *label, const char *text, size_t length, const char *path,
    kzi_buffer *out, kz_error **error)
{
    static const char *const ours[] = { "version", "entries", NULL };
    kz_json entries = kz_json_member(file, "entries");
    bool first = false, fine = true;
    kzi_buffer_printf(out, "{\n    \"version\": %d", VERSION);
    put_others(out, file, ours, "\n    ", &first);
    kzi_buffer_puts(out, ",\n    \"entries\": {");
    first = true;
    bool met = put_others(out, entries, (const char *const[]){ key, NULL }, "\n        ", &first);
    if (text) {
        put_name(out, &first, "\n        ");
        fine = kzi_json_put_string(out, key, strlen(key));
        kzi_buffer_puts(out, ": ");
        fine = fine && put_entry(out, kz_json_member(entries, key), label, text, length);
    }
    kzi_buffer_puts(out, first ? "}\n}\n" : "\n    }\n}\n");
    if (!text && !met) {
        kzi_buffer_free(out);
        return true;
    }
    if (out->failed)
        return kz_error_no_memory(error);
    if (!fine)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "text", "An entry of the token store must be UTF-8.");
    if (out->length > KZI_TOKENS_MOST)
        return kz_error_set(error, KZ_ERROR_STATE, path,
            "The file of tokens %s would be larger than 4 MiB. Move it away and sign in again.", path);
    return true;
}
