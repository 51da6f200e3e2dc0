/* test-allocations.c: a stream in steady state allocates nothing for an item, counted in the whole process: by the library, by
 * libcurl and by the C library on the thread that reads. Pulled and pushed, events and blocks cut against each other. */
#include "../client.h"
#include "server.h"

#include <kamiwaza/openai.h>
#include <string.h>

/* ---- counting: our own malloc() before the C library's, or the sanitizers' hooks where they have taken that place ---- */

static _Thread_local bool counting;
static _Thread_local guint n_allocations;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

static void count(void)
{
    n_allocations += counting;
}

#ifdef SANITIZED
/* Of <sanitizer/allocator_interface.h>, which gcc does not bring. */
int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void *, size_t), void (*free_hook)(const volatile void *));

static void allocated(const volatile void *memory, size_t size)
{
    (void)memory, (void)size;
    count();
}

static void freed(const volatile void *memory)
{
    (void)memory;
}

static void watch_allocations(void)
{
    g_assert_true(__sanitizer_install_malloc_and_free_hooks(allocated, freed));
}
#else
#define EXPORTED __attribute__((visibility("default")))
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);

EXPORTED void *malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

EXPORTED void *calloc(size_t n, size_t size)
{
    count();
    return __libc_calloc(n, size);
}

EXPORTED void *realloc(void *memory, size_t size)
{
    count();
    return __libc_realloc(memory, size);
}

static void watch_allocations(void)
{
}
#endif

/* ---- the stream ---- */

/* Steady state: the memory of a stream has found its size, which the first item of all sees to: it is larger than what comes in one
 * go, so everything that keeps a part of an item has been used. Counted from then to item LAST: the block of bytes that holds
 * the end of the stream makes libcurl allocate for trailers. */
enum { LARGE = 2000000, ITEMS = 3000, WARM = 10, LAST = ITEMS - 200 };

typedef struct Fixture {
    WireServer *server;
    GString *text;
    WireAnswer answer;
    kz_client *client;
    kz_openai *openai;
    kz_error *error;
    guint items;
} Fixture;

static const kz_chat_completion_params params = {
    .model = "m", .messages = (const kz_chat_message[]){ { .role = "user", .content = "Hello" } }, .n_messages = 1
};

/* A chat, item by item, in HTTP chunks of `block` bytes that know nothing of the items; 0: one for each item. */
static void begin(Fixture *f, gsize block)
{
    GString *body = g_string_new(NULL);
    *f = (Fixture){ .text = g_string_new("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                         "Transfer-Encoding: chunked\r\n\r\n") };
    char *large = g_strnfill(LARGE, 'x');
    g_string_append_printf(body, "data: {\"id\":\"%s\"}\n\n", large);
    if (!block)
        g_string_append_printf(f->text, "%x\r\n%s\r\n", (unsigned)body->len, body->str);
    g_free(large);
    for (int i = 0; i <= ITEMS; i++) {
        gsize before = body->len;
        if (i == ITEMS)
            g_string_append(body, "data: [DONE]\n\n");
        else
            g_string_append_printf(body,
                "data: "
                "{\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":1764000000,\"model\":\"m\",\"choices\":[{"
                "\"index\":0,"
                "\"delta\":{\"content\":\" w\\u00f6rd %d "
                "\\\"quoted\\\"\",\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]},"
                "\"finish_reason\":null}],\"later\":{\"unknown\":[1,2.5,\"x\"]}}\n\n",
                i % 10);
        if (!block)
            g_string_append_printf(
                f->text, "%x\r\n%.*s\r\n", (unsigned)(body->len - before), (int)(body->len - before), body->str + before);
    }
    for (gsize at = 0; block && at < body->len; at += block) {
        int n = (int)MIN(block, body->len - at);
        g_string_append_printf(f->text, "%x\r\n%.*s\r\n", (unsigned)n, n, body->str + at);
    }
    g_string_append(f->text, "0\r\n\r\n");
    g_string_free(body, TRUE);
    f->answer = (WireAnswer){ f->text->str, (gssize)f->text->len, 0 };
    f->server = wire_start(&f->answer, 1);
    f->client = test_client(NULL, SETTINGS("openai_base_url", wire_url(f->server)), &f->error);
    f->openai = kz_client_openai(f->client, &f->error);
}

static void end(Fixture *f)
{
    counting = false;
    if (f->error)
        g_error("%s", f->error->message);
    g_assert_cmpuint(f->items, ==, ITEMS);
    g_assert_cmpuint(n_allocations, ==, 0);
    kz_client_free(f->client);
    wire_stop(f->server);
    g_string_free(f->text, TRUE);
}

static void take(Fixture *f, const kz_chat_completion_chunk *chunk)
{
    if (!chunk->n_choices) {
        g_assert_cmpuint(strlen(chunk->id), ==, LARGE);
        return;
    }
    const kz_chat_chunk_choice *choice = chunk->choices[0];
    if (choice->delta->content[7] != (char)('0' + f->items % 10) ||
        strcmp(choice->delta->tool_calls[0]->function->arguments, "{}"))
        g_error("item %u is not what was sent", f->items);
    f->items++;
    counting = f->items >= WARM && f->items < LAST;
}

static void pull(gsize block)
{
    Fixture f;
    const kz_chat_completion_chunk *chunk;
    begin(&f, block);
    n_allocations = 0;
    kz_stream *stream = kz_openai_chat_completions_create_stream(f.openai, &params, &f.error);
    while ((chunk = kz_stream_next(stream, &f.error)))
        take(&f, chunk);
    kz_stream_close(stream);
    end(&f);
}

static void test_pulled_items_allocate_nothing(void)
{
    pull(0);
}

static void test_items_cut_anywhere_allocate_nothing(void)
{
    pull(97);
    pull(4099);
}

static kz_flow_control take_pushed(kz_pending *pending, void *item, void *user)
{
    (void)pending;
    take(user, item);
    return KZ_GO_ON;
}

static void push(gsize block)
{
    Fixture f;
    begin(&f, block);
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    n_allocations = 0;
    kz_pending *pending = kz_submit_stream(
        loop, f.openai, &kz_openai_chat_completions_create_stream_op, &params, take_pushed, NULL, &f, &f.error);
    while (!kz_pending_is_done(pending))
        kz_loop_wait(loop, -1);
    counting = false;
    g_assert_nonnull(kz_pending_take(pending, &f.error));
    kz_pending_free(pending);
    kz_loop_free(loop);
    end(&f);
}

static void test_pushed_items_allocate_nothing(void)
{
    push(0);
    push(4099);
}

/* That nothing is counted means something only if something would be. */
static void test_allocations_are_counted(void)
{
    n_allocations = 0;
    counting = true;
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    counting = false;
    g_assert_cmpuint(n_allocations, >, 0);
    kz_config_free(config);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    watch_allocations();
    g_test_add_func("/allocations/are-counted", test_allocations_are_counted);
    g_test_add_func("/allocations/pulled-items-allocate-nothing", test_pulled_items_allocate_nothing);
    g_test_add_func("/allocations/items-cut-anywhere-allocate-nothing", test_items_cut_anywhere_allocate_nothing);
    g_test_add_func("/allocations/pushed-items-allocate-nothing", test_pushed_items_allocate_nothing);
    return g_test_run();
}
