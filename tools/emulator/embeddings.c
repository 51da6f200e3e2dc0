/* embeddings.c: POST /embeddings: a vector of length 1 for each text, the sum of directions that its words have. Texts that share
 * words are near each other. */
#include "model.h"

#include <math.h>
#include <string.h>

enum { USUAL_DIMENSIONS = 384 };

/* Adds the direction of one word. */
static void add_word(const char *word, guint64 seed, double *vector, size_t n)
{
    char *plain = g_ascii_strdown(word, -1);
    guint64 state = seed_of(seed, g_strstrip(plain));
    for (size_t i = 0; i < n; i++)
        vector[i] += (double)(draw(&state) & 0xffff) / 32768.0 - 1;
    g_free(plain);
}

static void make_vector(const char *text, guint64 seed, double *vector, size_t n)
{
    GArray *tokens = tokens_new();
    double length = 0;
    memset(vector, 0, n * sizeof *vector);
    tokens_add(tokens, text, PART_TEXT, 0);
    for (guint i = 0; i < tokens->len; i++)
        if (g_ascii_isalnum(*g_strchug(g_array_index(tokens, Token, i).text)))
            add_word(g_array_index(tokens, Token, i).text, seed, vector, n);
    g_array_unref(tokens);
    for (size_t i = 0; i < n; i++)
        length += vector[i] * vector[i];
    for (size_t i = 0; i < n; i++)
        vector[i] = length > 0 ? vector[i] / sqrt(length) : i == 0;
}

static json_object *as_numbers(const double *vector, size_t n)
{
    json_object *list = json_object_new_array_ext((int)n);
    for (size_t i = 0; i < n; i++) {
        char text[32];
        g_ascii_formatd(text, sizeof text, "%.9g", (double)(float)vector[i]);
        json_object_array_add(list, json_object_new_double_s((double)(float)vector[i], text));
    }
    return list;
}

/* The bytes of 32-bit numbers, the lowest first. */
static json_object *as_base64(const double *vector, size_t n)
{
    guchar *bytes = g_malloc(n * 4 + 1);
    for (size_t i = 0; i < n; i++) {
        float value = (float)vector[i];
        guint32 word;
        memcpy(&word, &value, sizeof word);
        word = GUINT32_TO_LE(word);
        memcpy(bytes + i * 4, &word, sizeof word);
    }
    char *text = g_base64_encode(bytes, n * 4);
    json_object *made = json_object_new_string(text);
    g_free(text);
    g_free(bytes);
    return made;
}

static json_object *entry(const Call *call, const char *text, size_t index, size_t n)
{
    double *vector = g_new(double, n);
    json_object *one = json_object_new_object();
    gboolean base64 = !g_strcmp0(text_of(call->body, "encoding_format"), "base64");
    make_vector(text, call->emulator->seed, vector, n);
    put_text(one, "object", "embedding");
    json_object_object_add(one, "index", json_object_new_int64((gint64)index));
    json_object_object_add(one, "embedding", base64 ? as_base64(vector, n) : as_numbers(vector, n));
    g_free(vector);
    return one;
}

enum MHD_Result embeddings(Call *call)
{
    enum MHD_Result result;
    json_object *input = member(call->body, "input");
    gboolean list = json_object_is_type(input, json_type_array);
    if (!json_object_is_type(input, json_type_string) && !(list && json_object_array_length(input)))
        return send_error(call, 400, "input", NULL, "\"input\" has to be a text or a list of texts.");
    if (!check_numbers(call, &result))
        return result;
    json_object *answer = json_object_new_object(), *data = json_object_new_array(), *usage = json_object_new_object();
    size_t dimensions = member(call->body, "dimensions") ? (size_t)int_of(call->body, "dimensions") : USUAL_DIMENSIONS;
    gint64 tokens = 0;
    for (size_t i = 0; i < (list ? json_object_array_length(input) : 1); i++) {
        const char *text = json_object_get_string(list ? json_object_array_get_idx(input, i) : input);
        tokens += count_tokens(text);
        json_object_array_add(data, entry(call, text ? text : "", i, dimensions));
    }
    put_text(answer, "object", "list");
    put_text(answer, "model", call->model);
    json_object_object_add(answer, "data", data);
    json_object_object_add(usage, "prompt_tokens", json_object_new_int64(tokens));
    json_object_object_add(usage, "total_tokens", json_object_new_int64(tokens));
    json_object_object_add(answer, "usage", usage);
    return send_json(call, 200, answer);
}

/* POST /rerank: texts by how near they are to a query. */
enum MHD_Result rerank(Call *call)
{
    json_object *documents = member(call->body, "documents"), *results = json_object_new_array(),
                *answer = json_object_new_object();
    const char *query = text_of(call->body, "query");
    if (!query || !json_object_is_type(documents, json_type_array)) {
        json_object_put(results);
        json_object_put(answer);
        return send_error(call, 400, query ? "documents" : "query", NULL, "A query and a list of documents are needed.");
    }
    size_t n = json_object_array_length(documents);
    gint64 most = member(call->body, "top_n") ? int_of(call->body, "top_n") : (gint64)n;
    double *wanted = g_new(double, USUAL_DIMENSIONS), *other = g_new(double, USUAL_DIMENSIONS), *scores = g_new0(double, n + 1);
    make_vector(query, call->emulator->seed, wanted, USUAL_DIMENSIONS);
    for (size_t i = 0; i < n; i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(documents, i));
        make_vector(text ? text : "", call->emulator->seed, other, USUAL_DIMENSIONS);
        for (size_t j = 0; j < USUAL_DIMENSIONS; j++)
            scores[i] += wanted[j] * other[j];
    }
    for (gint64 place = 0; place < MIN(most, (gint64)n); place++) {
        size_t best = 0;
        for (size_t i = 1; i < n; i++)
            best = scores[i] > scores[best] ? i : best;
        json_object *one = json_object_new_object();
        json_object_object_add(one, "index", json_object_new_int64((gint64)best));
        json_object_object_add(one, "relevance_score", json_object_new_double(scores[best]));
        json_object_array_add(results, one);
        scores[best] = -HUGE_VAL;
    }
    put_text(answer, "id", "rerank-1");
    put_text(answer, "model", call->model);
    json_object_object_add(answer, "results", results);
    g_free(scores);
    g_free(other);
    g_free(wanted);
    return send_json(call, 200, answer);
}
