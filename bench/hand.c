/* hand.c: the baseline: what a careful C programmer writes with libcurl and json-c for one program. Handles, buffers and the
 * JSON parser are made once and reused; lines are parsed where they lie; the members are read into variables; many streams run
 * on curl_multi's socket interface with epoll. What a library does besides is not there: no checks of arguments, no retries,
 * no errors told apart, no cancelling. */
#include "hand.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct curl_slist *headers;
static _Thread_local json_tokener *tokener; /* one does for a thread: what is parsed piece by piece is the only thing it reads */

static json_tokener *fresh_tokener(void)
{
    if (!tokener && !(tokener = json_tokener_new()))
        measure_fail("memory", NULL);
    json_tokener_reset(tokener);
    return tokener;
}

static bool append(buffer *b, const char *data, size_t length)
{
    if (b->capacity - b->length < length) {
        size_t capacity = (b->capacity + length) * 2;
        char *grown = realloc(b->data, capacity);
        if (!grown)
            return false;
        b->data = grown;
        b->capacity = capacity;
    }
    memcpy(b->data + b->length, data, length);
    b->length += length;
    return true;
}

void use_string(json_object *parent, const char *name)
{
    json_object *value;
    if (json_object_object_get_ex(parent, name, &value) && value)
        measure_use(json_object_get_string(value), (size_t)json_object_get_string_len(value));
}

void use_int(json_object *parent, const char *name)
{
    json_object *value;
    if (json_object_object_get_ex(parent, name, &value))
        measure_use_number((double)json_object_get_int64(value));
}

json_object *parse(const char *text, size_t length)
{
    json_object *tree = json_tokener_parse_ex(fresh_tokener(), text, (int)length);
    if (!tree)
        measure_fail("json-c", json_tokener_error_desc(json_tokener_get_error(tokener)));
    return tree;
}

static void take_item(transfer *t, const char *text, size_t length)
{
    json_object *choices, *delta;
    if (length == 6 && !memcmp(text, "[DONE]", 6)) {
        t->done = true;
        return;
    }
    json_object *chunk = parse(text, length);
    use_string(chunk, "id");
    use_int(chunk, "created");
    use_string(chunk, "model");
    if (json_object_object_get_ex(chunk, "choices", &choices) && json_object_array_length(choices)) {
        json_object *choice = json_object_array_get_idx(choices, 0);
        use_int(choice, "index");
        use_string(choice, "finish_reason");
        if (json_object_object_get_ex(choice, "delta", &delta))
            use_string(delta, "content");
    }
    t->items++;
    if (t->timed)
        measure_delivered();
    json_object_put(chunk);
}

static void take_line(transfer *t, const char *line, size_t length)
{
    if (length && line[length - 1] == '\r')
        length--;
    if (length < 5 || memcmp(line, "data:", 5) != 0)
        return;
    size_t skip = length > 5 && line[5] == ' ' ? 6 : 5;
    take_item(t, line + skip, length - skip);
}

size_t take_stream(char *data, size_t size, size_t n, void *user)
{
    transfer *t = user;
    char *end = data + size * n, *newline;
    while ((newline = memchr(data, '\n', (size_t)(end - data)))) {
        if (t->rest.length) {
            if (!append(&t->rest, data, (size_t)(newline - data)))
                return 0;
            take_line(t, t->rest.data, t->rest.length);
            t->rest.length = 0;
        } else {
            take_line(t, data, (size_t)(newline - data));
        }
        data = newline + 1;
    }
    return data == end || append(&t->rest, data, (size_t)(end - data)) ? size * n : 0;
}

size_t take_answer(char *data, size_t size, size_t n, void *user)
{
    transfer *t = user;
    return append(&t->rest, data, size * n) ? size * n : 0;
}

size_t take_tree(char *data, size_t size, size_t n, void *user)
{
    transfer *t = user;
    if (t->tree)
        return size * n; /* what follows is white space */
    t->tree = json_tokener_parse_ex(t->begun ? tokener : fresh_tokener(), data, (int)(size * n));
    t->begun = true;
    return t->tree || json_tokener_get_error(tokener) == json_tokener_continue ? size * n : 0;
}

transfer *transfer_new(const char *url, const char *path, curl_write_callback take)
{
    char whole[512];
    transfer *t = calloc(1, sizeof *t);
    if (!headers) {
        headers = curl_slist_append(NULL, "Content-Type: application/json");
        headers = curl_slist_append(headers, "Authorization: Bearer " KEY);
    }
    if (!t || !(t->easy = curl_easy_init()) || !headers)
        measure_fail("memory", NULL);
    snprintf(whole, sizeof whole, "%s%s", url, path);
    curl_easy_setopt(t->easy, CURLOPT_URL, whole);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    return t;
}

void transfer_free(transfer *t)
{
    curl_easy_cleanup(t->easy);
    free(t->rest.data);
    free(t);
}

static json_object *message(const char *role, const char *content)
{
    json_object *object = json_object_new_object();
    json_object_object_add(object, "role", json_object_new_string(role));
    json_object_object_add(object, "content", json_object_new_string(content));
    return object;
}

json_object *chat_request(bool stream)
{
    json_object *request = json_object_new_object(), *messages = json_object_new_array_ext(2);
    json_object_array_add(messages, message("system", SYSTEM));
    json_object_array_add(messages, message("user", QUESTION));
    json_object_object_add(request, "model", json_object_new_string(MODEL));
    json_object_object_add(request, "messages", messages);
    json_object_object_add(request, "temperature", json_object_new_double(0.2));
    if (stream)
        json_object_object_add(request, "stream", json_object_new_boolean(1));
    return request;
}

void set_body(transfer *t, json_object *request)
{
    size_t length;
    const char *text = json_object_to_json_string_length(request, JSON_C_TO_STRING_PLAIN, &length);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)length);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, text);
}

void perform(transfer *t)
{
    long status;
    CURLcode code = curl_easy_perform(t->easy);
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code || status != 200)
        measure_fail("libcurl", code ? curl_easy_strerror(code) : "status");
}

static void items(const char *url, size_t n)
{
    json_object *request = chat_request(true);
    transfer *t = transfer_new(url, "/chat/completions", take_stream);
    set_body(t, request);
    perform(t);
    t->items = 0;
    measure_begin();
    while (t->items < n)
        perform(t);
    measure_end(t->items);
    json_object_put(request);
    transfer_free(t);
}

static void latency(const char *url, size_t n)
{
    json_object *request = chat_request(true);
    transfer *t = transfer_new(url, "/chat/completions", take_stream);
    t->timed = true;
    set_body(t, request);
    measure_begin();
    perform(t);
    measure_end(n);
    json_object_put(request);
    transfer_free(t);
}

static void call(transfer *t)
{
    json_object *request = chat_request(false), *choices, *part;
    set_body(t, request);
    t->rest.length = 0;
    perform(t);
    json_object_put(request);
    json_object *reply = parse(t->rest.data, t->rest.length);
    use_string(reply, "id");
    use_int(reply, "created");
    use_string(reply, "model");
    if (json_object_object_get_ex(reply, "choices", &choices) && json_object_array_length(choices)) {
        json_object *choice = json_object_array_get_idx(choices, 0);
        use_string(choice, "finish_reason");
        if (json_object_object_get_ex(choice, "message", &part)) {
            use_string(part, "role");
            use_string(part, "content");
        }
    }
    if (json_object_object_get_ex(reply, "usage", &part)) {
        use_int(part, "prompt_tokens");
        use_int(part, "completion_tokens");
        use_int(part, "total_tokens");
    }
    json_object_put(reply);
}

static void calls(const char *url, size_t n)
{
    transfer *t = transfer_new(url, "/chat/completions", take_answer);
    for (int i = 0; i < 100; i++)
        call(t);
    measure_begin();
    for (size_t i = 0; i < n; i++)
        call(t);
    measure_end(n);
    transfer_free(t);
}

static size_t embed(transfer *t)
{
    json_object *request = json_object_new_object(), *input = json_object_new_array(), *data, *embedding;
    size_t numbers = 0;
    json_object_array_add(input, json_object_new_string(EMBEDDED));
    json_object_object_add(request, "model", json_object_new_string(MODEL));
    json_object_object_add(request, "input", input);
    set_body(t, request);
    perform(t);
    json_object_put(request);
    json_object *reply = t->tree;
    if (!json_object_object_get_ex(reply, "data", &data))
        measure_fail("embeddings", NULL);
    for (size_t i = 0; i < json_object_array_length(data); i++) {
        if (!json_object_object_get_ex(json_object_array_get_idx(data, i), "embedding", &embedding))
            measure_fail("embeddings", NULL);
        size_t n = json_object_array_length(embedding);
        float *vector = malloc(n * sizeof *vector);
        for (size_t j = 0; vector && j < n; j++)
            vector[j] = (float)json_object_get_double(json_object_array_get_idx(embedding, j));
        measure_use_number(vector ? vector[n - 1] : 0);
        free(vector);
        numbers += n;
    }
    json_object_put(reply);
    return numbers;
}

static void embeddings(const char *url, size_t n)
{
    transfer *t = transfer_new(url, "/embeddings", take_tree);
    measure_begin();
    size_t numbers = embed(t);
    measure_end(numbers);
    if (numbers != n)
        measure_fail("embeddings", "not as many as there should be");
    transfer_free(t);
}

/* ---- threads: each has a handle of its own ---- */

typedef struct worker {
    pthread_t thread;
    transfer *transfer;
    size_t n;
} worker;

static void *work(void *user)
{
    worker *w = user;
    while (w->n--)
        call(w->transfer);
    json_tokener_free(tokener);
    tokener = NULL;
    return NULL;
}

static void threads(const char *url, size_t n)
{
    worker workers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){ .transfer = transfer_new(url, "/chat/completions", take_answer), .n = n / THREADS };
        call(workers[i].transfer);
    }
    measure_begin();
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
            measure_fail("thread", NULL);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    measure_end(n / THREADS * THREADS);
    for (size_t i = 0; i < THREADS; i++)
        transfer_free(workers[i].transfer);
}

int main(int argc, char **argv)
{
    static const ability abilities[] = { { "items", items }, { "calls", calls }, { "embeddings", embeddings },
        { "latency", latency }, { "together", together }, { "threads", threads }, { "models", models }, { "decode", decode },
        { "start", start }, { "download", download }, { NULL, NULL } };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return measure_main(argc, argv, abilities);
}
