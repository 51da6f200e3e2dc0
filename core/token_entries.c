/* token_entries.c: see token_entries.h. Pieces are copied as they stand, so nothing that another version wrote is lost. */
#include "token_entries.h"

#include "json_edit.h"
#include "json_scan.h"
#include "schema_json.h"

#include <kamiwaza/json.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32, VERSION = 1 };
static const kz_json version_text = { "1", 1 };

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

static kz_json text_of(const kzi_buffer *buffer)
{
    return (kz_json){ buffer->data, buffer->length };
}

/* The entry with its text and label. */
static bool put_entry(kzi_buffer *out, kz_json before, const char *label, const char *text, size_t length)
{
    kzi_buffer said = { 0 }, name = { 0 }, half = { 0 };
    bool fine = kzi_json_put_string(&said, text, length) && (!label || kzi_json_put_string(&name, label, strlen(label)));
    kzi_json_put_changed(&half, before, "label", text_of(&name), 2);
    kzi_json_put_changed(out, text_of(&half), "text", text_of(&said), 2);
    out->failed |= said.failed || name.failed || half.failed;
    kzi_buffer_free(&said);
    kzi_buffer_free(&name);
    kzi_buffer_free(&half);
    return fine;
}

bool kzi_tokens_replace(kz_json file, const char *key, const char *label, const char *text, size_t length, const char *path,
    kzi_buffer *out, kz_error **error)
{
    kz_json entries = kz_json_member(file, "entries"), before = kz_json_member(entries, key);
    kzi_buffer entry = { 0 }, all = { 0 }, half = { 0 };
    if (!text && !before.text)
        return true;
    bool fine = !text || put_entry(&entry, before, label, text, length);
    fine = kzi_json_put_changed(&all, entries, key, text_of(&entry), 1) && fine;
    kzi_json_put_changed(&half, file, "version", version_text, 0);
    kzi_json_put_changed(out, text_of(&half), "entries", text_of(&all), 0);
    kzi_buffer_putc(out, '\n');
    out->failed |= entry.failed || all.failed || half.failed;
    kzi_buffer_free(&entry);
    kzi_buffer_free(&all);
    kzi_buffer_free(&half);
    if (out->failed)
        return kz_error_no_memory(error);
    if (!fine)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "text", "An entry of the token store must be UTF-8.");
    if (out->length > KZI_TOKENS_MOST)
        return kz_error_set(error, KZ_ERROR_STATE, path,
            "The file of tokens %s would be larger than 4 MiB. Move it away and sign in again.", path);
    return true;
}
