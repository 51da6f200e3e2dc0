/* fuzz-accumulate.c: whole answers from streams of the service openai: lines of JSON, each a piece. The first byte says whether they
 * are chat completions or responses. Whatever came, the whole is JSON or an error, and more may be added to it afterwards. */
#include "functions.h"
#include "fuzz.h"
#include "schema_json.h"

#include <kamiwaza/openai/functions.h>
#include <string.h>

static const kz_openai_functions *functions(void)
{
    extern const kz_plugin_descriptor kz_plugin_openai;
    const kz_service_vtable *vtable = kz_plugin_openai.vtable;
    return vtable->functions;
}

/* What came so far. */
static void look(void *result, kz_error *error)
{
    size_t line, column;
    const char *problem;
    HOLDS(!result == (error != NULL));
    if (result) {
        kz_json json = kz_json_of(result);
        HOLDS(kzi_json_valid(json.text, json.length, UINT32_MAX, &line, &column, &problem));
    } else {
        HOLDS(kz_error_is(error, KZ_ERROR_STATE) || kz_error_is(error, KZ_ERROR_DECODE));
    }
    kz_free(result);
    kz_error_free(error);
}

static void add_chat(kz_chat_accumulator *all, kz_json json)
{
    kz_error *error = NULL;
    kz_chat_completion_chunk *chunk = kz_result_read(&kzt_kz_chat_completion_chunk, sizeof *chunk, json, &error);
    if (chunk && !functions()->chat_accumulator_add(all, chunk, &error))
        HOLDS(kz_error_is(error, KZ_ERROR_DECODE));
    kz_free(chunk); /* pieces need not live on */
    kz_error_clear(&error);
    HOLDS(functions()->chat_accumulator_text(all, 0));
    void *whole = functions()->chat_accumulator_result(all, sizeof(kz_chat_completion), &error);
    look(whole, error);
}

static void add_response(kz_openai_response_accumulator *all, kz_json json)
{
    kz_error *error = NULL;
    kz_openai_response_stream_event *event = kz_result_read(&kzt_kz_openai_response_stream_event, sizeof *event, json, &error);
    if (event && !functions()->response_accumulator_add(all, event, &error))
        HOLDS(kz_error_is(error, KZ_ERROR_DECODE));
    kz_free(event);
    kz_error_clear(&error);
    void *whole = functions()->response_accumulator_result(all, sizeof(kz_openai_response), &error);
    look(whole, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    kz_error *error = NULL;
    kz_chat_accumulator *chat = functions()->chat_accumulator_new(NULL, &kz_openai_chat_interface, &error);
    kz_openai_response_accumulator *response = functions()->response_accumulator_new(
        NULL, &kz_openai_responses_interface, &error);
    HOLDS(chat && response);
    const char *text = (const char *)data + 1;
    for (size_t left = size - 1; left;) {
        const char *end = memchr(text, '\n', left);
        size_t n = end ? (size_t)(end - text) : left;
        if (data[0] & 1)
            add_response(response, (kz_json){ text, n });
        else
            add_chat(chat, (kz_json){ text, n });
        n += end != NULL;
        text += n;
        left -= n;
    }
    functions()->chat_accumulator_free(chat);
    functions()->response_accumulator_free(response);
    return 0;
}
