/* uv.c: the library in a program with libuv's loop: several questions to a model at once, each answer printed when it is there. Which
 * server answers comes from KAMIWAZA_*; the arguments are the model and the questions. */
#include <kamiwaza/async.h>
#include <kamiwaza/openai.h>
#include <stdio.h>
#include <uv.h>

typedef struct program {
    kz_loop *loop;
    uv_poll_t watcher;
    int status;
} program;

static void answered(kz_pending *call, void *user)
{
    program *self = user;
    kz_error *error = NULL;
    kz_chat_completion *reply = kz_pending_take(call, &error);
    if (reply && reply->n_choices && reply->choices[0]->message->content)
        puts(reply->choices[0]->message->content);
    if (error)
        fprintf(stderr, "uv: %s\n", error->message);
    self->status |= error != NULL;
    kz_free(reply);
    kz_error_free(error);
    kz_pending_free(call);
}

/* The descriptor is readable: there is something to do. With nothing pending any more, the program ends. */
static void readable(uv_poll_t *watcher, int status, int events)
{
    program *self = watcher->data;
    (void)status, (void)events;
    if (!kz_loop_dispatch(self->loop))
        uv_close((uv_handle_t *)watcher, NULL);
}

int main(int argc, char **argv)
{
    program self = { 0 };
    kz_error *error = NULL;
    kz_client *client = kz_client_new(NULL, &error);
    kz_openai *openai = kz_client_openai(client, &error);
    self.loop = kz_loop_new(client, &error);
    self.watcher.data = &self;
    for (int i = 2; i < (argc > 2 ? argc : 3); i++) {
        const kz_chat_message question = { .role = "user", .content = argc > 2 ? argv[i] : "Hello" };
        kz_submit(self.loop, openai, &kz_openai_chat_completions_create_op,
            &(kz_chat_completion_params){ .model = argc > 1 ? argv[1] : "tiny", .messages = &question, .n_messages = 1 },
            answered, &self, &error);
    }
    if (error) {
        fprintf(stderr, "uv: %s\n", error->message);
        self.status = 1;
    } else {
        uv_poll_init(uv_default_loop(), &self.watcher, kz_loop_fd(self.loop));
        uv_poll_start(&self.watcher, UV_READABLE, readable);
        uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    }
    uv_loop_close(uv_default_loop());
    kz_error_free(error);
    kz_loop_free(self.loop);
    kz_client_free(client);
    return self.status;
}
