/* speech.c: POST /audio/speech: a WAV file with a tone for each word, higher for longer ones; and POST /tokenize and /detokenize, which
 * engines have beside the interface. */
#include "model.h"

#include <math.h>
#include <string.h>

enum { RATE = 16000, HEADER = 44, PER_WORD = RATE / 8 };

static void put16(guchar *at, guint value)
{
    at[0] = (guchar)value;
    at[1] = (guchar)(value >> 8);
}

static void put32(guchar *at, guint32 value)
{
    put16(at, value & 0xffff);
    put16(at + 2, value >> 16);
}

static void put_word(guchar *at, const char *word)
{
    for (; *word; word++)
        *at++ = (guchar)*word;
}

/* The header of a file of 16-bit samples, one channel. */
static void put_header(guchar *at, guint32 bytes)
{
    put_word(at, "RIFF");
    put32(at + 4, bytes + HEADER - 8);
    put_word(at + 8, "WAVEfmt ");
    put32(at + 16, 16);
    put16(at + 20, 1);
    put16(at + 22, 1);
    put32(at + 24, RATE);
    put32(at + 28, RATE * 2);
    put16(at + 32, 2);
    put16(at + 34, 16);
    put_word(at + 36, "data");
    put32(at + 40, bytes);
}

enum MHD_Result speech(Call *call)
{
    const char *input = text_of(call->body, "input");
    if (!input || !*input)
        return send_error(call, 400, "input", NULL, "\"input\" has to be a text.");
    GArray *words = tokens_new();
    tokens_add(words, input, PART_TEXT, 0);
    guint32 bytes = MIN(words->len, 4096) * PER_WORD * 2;
    guchar *file = g_malloc(HEADER + bytes), *at = file + HEADER;
    put_header(file, bytes);
    for (guint i = 0; i < bytes / (PER_WORD * 2); i++) {
        double tone = 220 + 40 * (double)strlen(g_array_index(words, Token, i).text);
        for (int n = 0; n < PER_WORD; n++, at += 2) {
            double loud = 8000 * sin(G_PI * n / PER_WORD); /* swells and fades, so that words are told apart */
            put16(at, (guint)(guint16)(gint16)(loud * sin(2 * G_PI * tone * n / RATE)));
        }
    }
    enum MHD_Result result = send_bytes(call, "audio/wav", (const char *)file, HEADER + bytes);
    g_free(file);
    g_array_unref(words);
    return result;
}

enum MHD_Result tokenize(Call *call)
{
    const char *text = text_of(call->body, "prompt") ? text_of(call->body, "prompt") : text_of(call->body, "content");
    if (!text)
        return send_error(call, 400, "prompt", NULL, "\"prompt\" has to be a text.");
    GArray *tokens = tokens_new();
    json_object *answer = json_object_new_object(), *numbers = json_object_new_array();
    tokens_add(tokens, text, PART_TEXT, 0);
    for (guint i = 0; i < tokens->len; i++)
        json_object_array_add(numbers, json_object_new_int64(token_number(g_array_index(tokens, Token, i).text)));
    json_object_object_add(answer, "count", json_object_new_int64(tokens->len));
    json_object_object_add(answer, "max_model_len", json_object_new_int64(CONTEXT_TOKENS));
    json_object_object_add(answer, "tokens", numbers);
    g_array_unref(tokens);
    return send_json(call, 200, answer);
}

enum MHD_Result detokenize(Call *call)
{
    json_object *numbers = member(call->body, "tokens"), *answer;
    if (!json_object_is_type(numbers, json_type_array))
        return send_error(call, 400, "tokens", NULL, "\"tokens\" has to be a list of numbers.");
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < json_object_array_length(numbers); i++) {
        char *token = token_of_number(json_object_get_int64(json_object_array_get_idx(numbers, i)));
        g_string_append(text, token ? token : "");
        g_free(token);
    }
    answer = json_object_new_object();
    put_text(answer, "prompt", text->str);
    g_string_free(text, TRUE);
    return send_json(call, 200, answer);
}
