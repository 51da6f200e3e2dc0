/* poll.c: calls that do not block, in a program with a poll loop of its own: a list of models, while the program goes on
 * reading what is typed. Ends when the answer is there or at the end of input. */
#include <kamiwaza/models.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

typedef struct program {
    bool finished;
    int status;
} program;

static void show(kz_pending *call, void *user)
{
    program *self = user;
    kz_error *error = NULL;
    kz_model_list *list = kz_pending_take(call, &error);
    for (size_t i = 0; list && i < list->n_items; i++)
        puts(list->items[i]->name);
    if (error)
        fprintf(stderr, "%s\n", error->message);
    self->status = error != NULL;
    self->finished = true;
    kz_free(list);
    kz_error_free(error);
    kz_pending_free(call);
}

int main(void)
{
    kz_error *error = NULL;
    program self = { 0 };
    kz_client *client = kz_client_new(NULL, &error);
    kz_models *models = kz_client_models(client, &error);
    kz_loop *loop = kz_loop_new(client, &error);
    kz_submit(loop, models, &kz_models_list_op, NULL, show, &self, &error);
    struct pollfd fds[] = { { .fd = kz_loop_fd(loop), .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
    while (!error && !self.finished && poll(fds, 2, -1) > 0) {
        char line[256];
        if (fds[0].revents)
            kz_loop_dispatch(loop);
        if (fds[1].revents && read(STDIN_FILENO, line, sizeof line) <= 0)
            fds[1].fd = -1; /* nothing more is typed */
    }
    if (error) {
        fprintf(stderr, "%s\n", error->message);
        self.status = 1;
    }
    kz_error_free(error);
    kz_loop_free(loop);
    kz_client_free(client);
    return self.status;
}
