/* fuzz-tokens.c: files of tokens. Whatever one holds, it is refused with a reason; or an entry can be replaced and removed, and all else
 * that it holds stays as it stands. */
#include "fuzz.h"
#include "json_scan.h"
#include "token_entries.h"

#include <kamiwaza/json.h>
#include <string.h>

static char *find(kz_json file, const char *key, size_t *length, kz_error **error)
{
    char *text = NULL;
    HOLDS(kzi_tokens_find(file, key, "FILE", &text, length, error) == !*error);
    HOLDS(!text || !*error);
    return text;
}

static kzi_buffer replace(kz_json file, const char *key, const char *text)
{
    kz_error *error = NULL;
    kzi_buffer out = { 0 };
    HOLDS(kzi_tokens_replace(file, key, "label", text, text ? strlen(text) : 0, "FILE", &out, &error));
    return out;
}

/* All members of `before` but `key` are in `after` as they stand; of those with one name the first counts. */
static void compare(kz_json before, kz_json after, const char *key)
{
    kzi_members members;
    kzi_span name;
    kz_json value;
    kzi_members_begin(&members, before);
    while (kzi_members_next(&members, &name, &value)) {
        char *plain = calloc(name.length + 1, 1);
        size_t length = plain ? kzi_span_text(&name, plain) : 0;
        if (plain && strlen(plain) == length && strcmp(plain, key) != 0) {
            kz_json first = kz_json_member(before, plain), kept = kz_json_member(after, plain);
            HOLDS(kept.length == first.length && !memcmp(kept.text, first.text, kept.length));
        }
        free(plain);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const kz_json file = { (const char *)data, size };
    kz_error *error = NULL;
    size_t length = 0;
    if (!kzi_tokens_check(file, "FILE", &error)) {
        HOLDS(error && strstr(error->message, "FILE"));
        kz_error_free(error);
        return 0;
    }
    free(find(file, "key", &length, &error));
    kz_error_clear(&error);
    kzi_buffer with = replace(file, "key", "a \"text\"");
    const kz_json written = { with.data, with.length };
    HOLDS(kzi_tokens_check(written, "FILE", &error));
    char *text = find(written, "key", &length, &error);
    HOLDS(text && length == 8 && !strcmp(text, "a \"text\""));
    free(text);
    compare(kz_json_member(file, "entries"), kz_json_member(written, "entries"), "key");
    kzi_buffer without = replace(written, "key", NULL);
    const kz_json removed = { without.data, without.length };
    HOLDS(kzi_tokens_check(removed, "FILE", &error));
    HOLDS(!find(removed, "key", &length, &error) && !error);
    compare(kz_json_member(file, "entries"), kz_json_member(removed, "entries"), "key");
    HOLDS(!replace(removed, "key", NULL).length);
    kzi_buffer_free(&with);
    kzi_buffer_free(&without);
    return 0;
}
