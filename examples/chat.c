/* chat.c: a conversation with a model, streamed: each line of standard input is a question, the answer appears word by word, and the
 * model remembers what was said. Which server answers comes from KAMIWAZA_*; the argument is the model.
 *
 *     cc chat.c $(pkg-config --cflags --libs kamiwaza) -o chat && ./chat qwen */
#include <kamiwaza/openai.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MESSAGES = 64 };

typedef struct conversation {
    kz_chat_message messages[MOST_MESSAGES];
    kz_chat_completion *answers[MOST_MESSAGES]; /* what the messages of the model point to */
    char *questions[MOST_MESSAGES];
    size_t n;
} conversation;

/* Prints the answer as it comes and returns it whole. */
static kz_chat_completion *answer(kz_openai *openai, const char *model, const conversation *c, kz_error **error)
{
    kz_chat_accumulator *whole = kz_chat_accumulator_new(openai, error);
    kz_stream *stream = kz_openai_chat_completions_create_stream(
        openai, &(kz_chat_completion_params){ .model = model, .messages = c->messages, .n_messages = c->n }, error);
    for (const kz_chat_completion_chunk *chunk; (chunk = kz_stream_next(stream, error));) {
        kz_chat_accumulator_add(whole, chunk, error);
        if (chunk->n_choices && chunk->choices[0]->delta->content)
            fputs(chunk->choices[0]->delta->content, stdout);
        fflush(stdout);
    }
    putchar('\n');
    kz_stream_close(stream);
    kz_chat_completion *reply = kz_chat_accumulator_result(whole, error);
    kz_chat_accumulator_free(whole);
    return reply;
}

int main(int argc, char **argv)
{
    kz_error *error = NULL;
    kz_client *client = kz_client_new(NULL, &error);
    kz_openai *openai = kz_client_openai(client, &error);
    conversation c = { .n = 0 };
    char line[4096];
    while (!error && c.n + 2 <= MOST_MESSAGES && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        c.questions[c.n] = strdup(line);
        c.messages[c.n] = (kz_chat_message){ .role = "user", .content = c.questions[c.n] };
        c.n++;
        kz_chat_completion *reply = answer(openai, argc > 1 ? argv[1] : "tiny", &c, &error);
        if (reply && reply->n_choices) {
            c.answers[c.n] = reply;
            c.messages[c.n++] = (kz_chat_message){ .from = reply->choices[0]->message };
        }
    }
    if (error)
        fprintf(stderr, "chat: %s\n", error->message);
    for (size_t i = 0; i < MOST_MESSAGES; i++) {
        kz_free(c.answers[i]);
        free(c.questions[i]);
    }
    int status = error != NULL;
    kz_error_free(error);
    kz_client_free(client);
    return status;
}
