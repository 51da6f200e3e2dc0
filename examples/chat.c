/* chat.c: a conversation with a model, streamed: each line of standard input is a question, the answer appears word by word, and the
 * model remembers what was said. Which server answers comes from KAMIWAZA_*; the argument is the model.
 *
 *     cc chat.c $(pkg-config --cflags --libs kamiwaza) -o chat && ./chat qwen */
#include <kamiwaza/openai.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 32, LONGEST = 1024 };

/* Prints the answer to the last message as it comes and returns it whole. */
static kz_chat_completion *answer(
    kz_openai *openai, const char *model, const kz_chat_message *messages, size_t n, kz_error **error)
{
    kz_chat_accumulator *whole = kz_chat_accumulator_new(openai, error);
    kz_stream *stream = kz_openai_chat_completions_create_stream(
        openai, &(kz_chat_completion_params){ .model = model, .messages = messages, .n_messages = n }, error);
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
    static char questions[MOST][LONGEST];
    kz_chat_message messages[2 * MOST];
    kz_chat_completion *answers[MOST];
    size_t n = 0;
    kz_error *error = NULL;
    kz_client *client = kz_client_new(NULL, &error);
    kz_openai *openai = kz_client_openai(client, &error);
    while (!error && n < MOST && fgets(questions[n], LONGEST, stdin)) {
        questions[n][strcspn(questions[n], "\n")] = 0;
        messages[2 * n] = (kz_chat_message){ .role = "user", .content = questions[n] };
        answers[n] = answer(openai, argc > 1 ? argv[1] : "tiny", messages, 2 * n + 1, &error);
        if (!answers[n])
            break;
        n++;
        if (!answers[n - 1]->n_choices)
            break;
        messages[2 * n - 1] = (kz_chat_message){ .from = answers[n - 1]->choices[0]->message };
    }
    int status = error != NULL;
    if (error)
        fprintf(stderr, "chat: %s\n", error->message);
    while (n)
        kz_free(answers[--n]);
    kz_error_free(error);
    kz_client_free(client);
    return status;
}
