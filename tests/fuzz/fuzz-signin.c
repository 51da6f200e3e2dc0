/* fuzz-signin.c: what signing in reads: command lines, answers of token endpoints, and profiles that are changed. Words are no longer than
 * their line; a token is one line and lives for some time; a change leaves valid JSON that has it, and the other members as they were. */
#include "fuzz.h"
#include "json_edit.h"
#include "json_scan.h"
#include "moment.h"
#include "schema_json.h"
#include "words.h"

#include <kamiwaza/auth-plugin.h>
#include <string.h>

static void split(const char *line)
{
    kz_error *error = NULL;
    size_t sum = 0;
    char **words = kzi_words_split(line, "setting", &error);
    HOLDS(!words == (error != NULL));
    for (char **word = words; word && *word; word++)
        sum += strlen(*word) + 1;
    HOLDS(sum <= strlen(line) + 1);
    kzi_words_free(words);
    kz_error_free(error);
}

static void read_tokens(const char *text, size_t length)
{
    kz_error *error = NULL;
    kz_provider_step step = { .size = sizeof step, .answer = { .status = 200, .body = text, .length = length } };
    kz_provider_tokens *tokens = kz_provider_read_tokens(&step, "Signing in", &error);
    HOLDS(!tokens == (error != NULL));
    if (tokens) {
        HOLDS(tokens->access_token && *tokens->access_token && !strpbrk(tokens->access_token, "\r\n"));
        HOLDS(tokens->lifetime.state == KZ_UNSET || tokens->lifetime.value > 0);
    }
    kz_free(tokens);
    kz_error_free(error);
}

static size_t count(kz_json object, const char *but)
{
    kzi_members members;
    kzi_span name;
    kz_json value;
    size_t n = 0;
    kzi_members_begin(&members, object);
    while (kzi_members_next(&members, &name, &value))
        n += !kzi_span_is(&name, but);
    return n;
}

static void change(const char *text, size_t length, kz_json value)
{
    size_t line, column;
    const char *problem;
    kz_json before = { text, length };
    kzi_buffer out = { 0 };
    if (!kzi_json_valid(text, length, 32, &line, &column, &problem))
        return;
    HOLDS(kzi_json_put_changed(&out, before, "token", value, 1));
    kz_json after = { out.data, out.length }, found = kz_json_member(after, "token");
    HOLDS(kzi_json_valid(out.data, out.length, 32, &line, &column, &problem));
    HOLDS(value.text ? found.length == value.length && !memcmp(found.text, value.text, value.length) : !found.text);
    HOLDS(count(after, "token") == count(before, "token"));
    kzi_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t seconds;
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = 0;
    split(text);
    read_tokens(text, size);
    change(text, size, KZ_JSON("{\"new\": 1}"));
    change(text, size, (kz_json){ 0 });
    kzi_moment_read(text, &seconds);
    free(text);
    return 0;
}
