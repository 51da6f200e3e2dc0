/* answers.c: see answers.h. Modelled on what OpenAI and vLLM send: the same members in the same order, texts of usual length. */
#include "answers.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(answer *out, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    size_t length = (size_t)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (out->capacity - out->length < length) {
        out->capacity = out->capacity * 2 + sizeof text;
        out->bytes = realloc(out->bytes, out->capacity);
        if (!out->bytes)
            abort();
    }
    memcpy(out->bytes + out->length, text, length);
    out->length += length;
}

void answer_stream_head(answer *out)
{
    put(out,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
        "x-request-id: req_5f1c2d3e4b5a4c6d8e7f9a0b1c2d3e4f\r\nTransfer-Encoding: chunked\r\n\r\n");
}

void answer_chunk(answer *out, size_t i)
{
    static const char *const words[] = { " the", " language", " of", " streams", ",", " where", " every", " little", " word",
        " arrives", " \\\"alone\\\"", ".", "\\n", " caf\xc3\xa9", " and", " again" };
    char event[512];
    int length = snprintf(event, sizeof event,
        "data: {\"id\":\"chatcmpl-9f86d081884c7d659a2feaa0c55ad015\",\"object\":\"chat.completion.chunk\","
        "\"created\":1764000000,\"model\":\"gpt-3.5-turbo\",\"system_fingerprint\":\"fp_44709d6fcb\","
        "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n",
        words[i % (sizeof words / sizeof *words)]);
    put(out, "%x\r\n%s\r\n", (unsigned)length, event);
}

void answer_stream_end(answer *out)
{
    put(out, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
}

void answer_stream(answer *out, size_t n)
{
    answer_stream_head(out);
    for (size_t i = 0; i < n; i++)
        answer_chunk(out, i);
    answer_stream_end(out);
}

static void put_head(answer *out, size_t length)
{
    put(out,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_5f1c2d3e4b5a4c6d8e7f9a0b1c2d3e4f\r\n"
        "openai-processing-ms: 12\r\nContent-Length: %zu\r\n\r\n",
        length);
}

void answer_completion(answer *out)
{
    static const char body[] =
        "{\"id\":\"chatcmpl-9f86d081884c7d659a2feaa0c55ad015\",\"object\":\"chat.completion\",\"created\":1764000000,"
        "\"model\":\"gpt-3.5-turbo\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello! How can "
        "I "
        "help you today? I can answer questions, write and explain \\\"code\\\", or just chat.\",\"refusal\":null},"
        "\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":22,"
        "\"total_tokens\":41,\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":"
        "{\"reasoning_tokens\":0,\"audio_tokens\":0}},\"service_tier\":\"default\",\"system_fingerprint\":\"fp_44709d6fcb\"}";
    put_head(out, sizeof body - 1);
    put(out, "%s", body);
}

/* `body` behind the head that fits it. */
static void put_answer(answer *out, answer *body)
{
    put_head(out, body->length);
    char *whole = malloc(out->length + body->length);
    if (!whole)
        abort();
    memcpy(whole, out->bytes, out->length);
    memcpy(whole + out->length, body->bytes, body->length);
    free(out->bytes);
    free(body->bytes);
    *out = (answer){ .bytes = whole, .length = out->length + body->length };
}

/* The shortest text of a double, as Python and JavaScript write it. */
static void put_number(answer *out, double value)
{
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    put(out, "%s", text);
}

void answer_models(answer *out, size_t n)
{
    answer body = { 0 };
    put(&body, "[");
    for (size_t i = 0; i < n; i++) {
        put(&body,
            "%s{\"repo_modelId\":\"organisation-%zu/Model-%zuB-Instruct-GGUF\",\"modelfamily\":null,\"purpose\":null,"
            "\"name\":\"Model-%zuB-Instruct-GGUF\",\"version\":\"main\",\"author\":\"organisation-%zu\","
            "\"source_repository\":\"https://huggingface.co/organisation-%zu/Model-%zuB-Instruct-GGUF\","
            "\"sha_repository\":\"6f1c2d3e4b5a4c6d8e7f9a0b1c2d3e4f%08zx\",\"hub\":\"HubsHf\",",
            i ? "," : "", i % 97, i, i, i % 97, i % 97, i, i);
        put(&body,
            "\"description\":\"A model that follows instructions, \\\"quantised\\\" for small machines.\","
            "\"quantization_details\":null,\"private\":false,\"m_files\":[],\"modelcard\":null,\"default_config\":null,"
            "\"id\":\"6f1c2d3e-4b5a-4c6d-8e7f-9a0b%08zx\",\"created_timestamp\":\"2026-03-04T05:06:07.123456Z\","
            "\"modified_timestamp\":\"2026-03-04T05:06:07.123456Z\",\"files_being_downloaded\":[],"
            "\"available_quantizations\":[\"q4_k_m\",\"q5_k_m\",\"q8_0\"]}",
            i);
    }
    put(&body, "]");
    put_answer(out, &body);
}

void answer_file(answer *head, answer *block, uint64_t size)
{
    enum { BLOCK = 1024 * 1024 };
    put(head,
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nETag: \"%llx\"\r\nAccept-Ranges: bytes\r\n"
        "Content-Length: %llu\r\n\r\n",
        (unsigned long long)size, (unsigned long long)size);
    if (block->bytes)
        return;
    *block = (answer){ .bytes = malloc(BLOCK), .length = BLOCK };
    for (size_t i = 0; block->bytes && i < BLOCK; i++)
        block->bytes[i] = (char)(i * 2654435761u >> 13);
}

void answer_embeddings(answer *out, size_t rows, size_t columns)
{
    answer body = { 0 };
    uint64_t state = 42;
    put(&body, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < rows; i++) {
        put(&body, "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":[", i ? "," : "", i);
        for (size_t j = 0; j < columns; j++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            float value = (float)((double)(int64_t)state / 9223372036854775808.0 * 0.08);
            if (j)
                put(&body, ",");
            put_number(&body, (double)value);
        }
        put(&body, "]}");
    }
    put(&body, "],\"model\":\"text-embedding-3-small\",\"usage\":{\"prompt_tokens\":%zu,\"total_tokens\":%zu}}", rows * 8,
        rows * 8);
    put_answer(out, &body);
}
