/* chat.c: `kamiwaza chat`: a conversation with a model in the terminal, or one question from the words or a pipe. The answer is
 * shown as it comes; Ctrl-C stops it and keeps the conversation. */
#include "cli.h"

#include <errno.h>
#include <kamiwaza/openai.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct said {
    char *role;
    char *text;
} said;

typedef struct chat {
    cli *app;
    kz_openai *openai;
    output *out;
    char *model;
    char *system;
    kz_opt_number temperature;
    kz_opt_int max_tokens;
    GArray *history; /* of said; the system's words apart */
    bool dim;        /* thoughts are being shown */
} chat;

static void said_clear(gpointer data)
{
    said *one = data;
    g_free(one->role);
    g_free(one->text);
}

static void say(chat *c, const char *role, const char *text)
{
    const said one = { g_strdup(role), g_strdup(text) };
    g_array_append_val(c->history, one);
}

/* ---- options ---- */

static bool take_number(words *line, const char *name, double *number, bool *given, kz_error **error)
{
    const char *text = NULL;
    char *end;
    int got = options_take(line, name, &text, error);
    *given = got > 0;
    if (got <= 0)
        return got == 0;
    *number = g_ascii_strtod(text, &end);
    return (*text && !*end) || kz_error_set(error, KZ_ERROR_ARGUMENT, name, "--%s takes a number, not \"%s\".", name, text);
}

static bool read_options(chat *c, words *line, kz_error **error)
{
    const char *model = NULL, *system = NULL;
    double temperature = 0, max_tokens = 0;
    bool warm, limited;
    if (options_take(line, "model", &model, error) < 0 || options_take(line, "system", &system, error) < 0 ||
        !take_number(line, "temperature", &temperature, &warm, error) ||
        !take_number(line, "max-tokens", &max_tokens, &limited, error))
        return false;
    c->model = g_strdup(model);
    c->system = g_strdup(system);
    if (warm)
        c->temperature = KZ_NUMBER(temperature);
    if (limited)
        c->max_tokens = KZ_INT((int64_t)max_tokens);
    return true;
}

/* The model that is asked where none is named: the first that the server has. */
static bool choose_model(chat *c, kz_error **error)
{
    if (c->model)
        return true;
    kz_openai_model_list *models = kz_openai_models_list(c->openai, NULL, error);
    if (models && models->n_items && models->items[0]->id)
        c->model = g_strdup(models->items[0]->id);
    else if (models)
        kz_error_set(error, KZ_ERROR_NOT_FOUND, "model", "The server has no model; name one with --model.");
    kz_free(models);
    return c->model != NULL;
}

/* ---- one answer ---- */

/* What a terminal must not be told by a model: control characters, and with them escape sequences. */
static char *harmless(const char *text, size_t length)
{
    GString *to = g_string_sized_new(length);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i], next = i + 1 < length ? (unsigned char)text[i + 1] : 0;
        if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)
            continue;
        if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
            i++;
            continue;
        }
        g_string_append_c(to, (char)byte);
    }
    return g_string_free(to, FALSE);
}

static bool show(chat *c, const char *text, bool thought, kz_error **error)
{
    if (!text || !*text)
        return true;
    bool terminal = output_is_terminal(c->out), colored = terminal && text_color(STDOUT_FILENO);
    if (thought && !terminal)
        return true;
    if (c->dim != thought && terminal) {
        const char *change = thought ? (colored ? "\033[2m" : "") : (colored ? "\033[0m\n\n" : "\n\n");
        if (!output_write(c->out, change, strlen(change), error))
            return false;
        c->dim = thought;
    }
    size_t length = kz_string_length(text);
    g_autofree char *plain = terminal ? harmless(text, length) : NULL;
    return output_write(c->out, plain ? plain : text, plain ? strlen(plain) : length, error) && output_flush(c->out, error);
}

static kz_stream *ask(chat *c, kz_openai *openai, kz_error **error)
{
    guint shift = c->system ? 1 : 0;
    g_autofree kz_chat_message *messages = g_new0(kz_chat_message, c->history->len + 1);
    if (c->system)
        messages[0] = (kz_chat_message){ .role = "system", .content = c->system };
    for (guint i = 0; i < c->history->len; i++) {
        const said *one = &g_array_index(c->history, said, i);
        messages[i + shift] = (kz_chat_message){ .role = one->role, .content = one->text };
    }
    return kz_openai_chat_completions_create_stream(openai,
        &(kz_chat_completion_params){ .model = c->model,
            .messages = messages,
            .n_messages = c->history->len + shift,
            .temperature = c->temperature,
            .max_tokens = c->max_tokens },
        error);
}

/* Shows the answer as it comes; what came of it is part of the conversation, whole or not. */
static bool answer(chat *c, kz_cancel *cancel, kz_error **error)
{
    const kz_call_options with = { .cancel = cancel };
    kz_openai *openai = kz_openai_with_options(c->openai, &with, error);
    kz_stream *stream = openai ? ask(c, openai, error) : NULL;
    GString *whole = g_string_new(NULL);
    bool fine = true;
    for (const kz_chat_completion_chunk *chunk; stream && fine && (chunk = kz_stream_next(stream, error));) {
        const kz_chat_delta *delta = chunk->n_choices ? chunk->choices[0]->delta : NULL;
        if (!delta)
            continue;
        fine = show(c, delta->reasoning_content ? delta->reasoning_content : delta->reasoning, true, error) &&
            show(c, delta->content, false, error) && show(c, delta->refusal, false, error);
        g_string_append(whole, delta->content ? delta->content : "");
    }
    kz_stream_close(stream);
    kz_service_free(openai);
    if (c->dim && text_color(STDOUT_FILENO))
        output_write(c->out, "\033[0m", 4, NULL);
    c->dim = false;
    if (whole->len)
        say(c, "assistant", whole->str);
    g_string_free(whole, TRUE);
    return fine && !*error && output_write(c->out, "\n", 1, error) && output_flush(c->out, error);
}

/* ---- the conversation ---- */

static bool save(const chat *c, const char *path, kz_error **error)
{
    g_autoptr(GError) problem = NULL;
    json_object *all = json_object_new_array();
    for (guint i = 0; i < c->history->len + (c->system ? 1 : 0); i++) {
        const said *one = i || !c->system ? &g_array_index(c->history, said, i - (c->system ? 1 : 0)) : NULL;
        json_object *message = json_object_new_object();
        json_object_object_add(message, "role", json_object_new_string(one ? one->role : "system"));
        json_object_object_add(message, "content", json_object_new_string(one ? one->text : c->system));
        json_object_array_add(all, message);
    }
    const char *text = json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
    bool fine = g_file_set_contents(path, text, -1, &problem);
    json_object_put(all);
    return fine || kz_error_set(error, KZ_ERROR_ARGUMENT, path, "%s", problem->message);
}

static const char commands[] = "/system TEXT  what the model is told beforehand; without TEXT: nothing\n"
                               "/model NAME   asks another model\n"
                               "/history      shows the conversation\n"
                               "/clear        begins anew\n"
                               "/save FILE    writes the conversation as JSON\n"
                               "/quit         ends, as does Ctrl-D; Ctrl-C stops an answer\n";

static bool show_history(chat *c, kz_error **error)
{
    GString *text = g_string_new(NULL);
    if (c->system)
        g_string_append_printf(text, "system: %s\n", c->system);
    for (guint i = 0; i < c->history->len; i++) {
        const said *one = &g_array_index(c->history, said, i);
        g_autofree char *plain = harmless(one->text, strlen(one->text));
        g_string_append_printf(text, "%s: %s\n", one->role, plain);
    }
    bool fine = output_write(c->out, text->str, text->len, error);
    g_string_free(text, TRUE);
    return fine;
}

static void set(char **place, const char *text)
{
    g_free(*place);
    *place = *text ? g_strdup(text) : NULL;
}

/* One line that begins with a slash. False: the conversation is over. */
static bool obey(chat *c, const char *line, kz_error **error)
{
    size_t length = strcspn(line, " ");
    g_autofree char *name = g_strndup(line, length), *rest = g_strstrip(g_strdup(line + length));
    if (!strcmp(name, "/quit") || !strcmp(name, "/exit"))
        return false;
    if (!strcmp(name, "/system"))
        set(&c->system, rest);
    else if (!strcmp(name, "/model") && *rest)
        set(&c->model, rest);
    else if (!strcmp(name, "/clear"))
        g_array_set_size(c->history, 0);
    else if (!strcmp(name, "/history"))
        show_history(c, error);
    else if (!strcmp(name, "/save") && *rest)
        save(c, rest, error);
    else
        output_write(c->out, commands, sizeof commands - 1, error);
    output_flush(c->out, error);
    return true;
}

static const sigset_t *interrupts(void)
{
    static sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    return &set;
}

/* Asks with a token of its own, which Ctrl-C sets; in a conversation at no other time than this. */
static bool ask_once(chat *c, const char *question, kz_error **error)
{
    kz_cancel *cancel = kz_cancel_new(error);
    if (!cancel)
        return false;
    say(c, "user", question);
    guint asked = c->history->len;
    sigset_t before;
    interrupt_watch(cancel);
    pthread_sigmask(SIG_UNBLOCK, interrupts(), &before);
    bool fine = answer(c, cancel, error);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    interrupt_watch(c->app->cancel);
    kz_cancel_free(cancel);
    if (!fine && c->history->len == asked) /* a question without an answer is no part of a conversation */
        g_array_set_size(c->history, asked - 1);
    return fine;
}

static void ignore(int number)
{
    (void)number;
}

/* Ctrl-C at the prompt empties the line and ends nothing. It is let through while the terminal is waited for and at no other time, so
 * that none is missed. Standard input is not buffered: what the terminal holds is all there is. */
static ssize_t read_line(char **line, size_t *size)
{
    const struct sigaction action = { .sa_handler = ignore };
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    sigset_t let_through;
    pthread_sigmask(SIG_BLOCK, NULL, &let_through);
    sigdelset(&let_through, SIGINT);
    sigaction(SIGINT, &action, NULL);
    fputs("> ", stdout);
    fflush(stdout);
    while (ppoll(&input, 1, NULL, &let_through) < 0 && errno == EINTR) {
        fputs("\n> ", stdout);
        fflush(stdout);
    }
    return getline(line, size, stdin);
}

static bool converse(chat *c, kz_error **error)
{
    char *line = NULL;
    size_t size = 0;
    sigset_t before;
    setvbuf(stdin, NULL, _IONBF, 0);
    pthread_sigmask(SIG_BLOCK, interrupts(), &before);
    fprintf(stderr, "%s. /help tells what else there is.\n", c->model);
    while (read_line(&line, &size) >= 0) {
        kz_error *problem = NULL;
        bool go_on = true;
        g_strstrip(line);
        if (*line == '/')
            go_on = obey(c, line, &problem);
        else if (*line)
            ask_once(c, line, &problem);
        if (problem && kz_error_is(problem, KZ_ERROR_CANCELLED))
            fputs("\n(stopped)\n", stderr);
        else if (problem)
            failure_report(c->app, problem);
        kz_error_free(problem);
        if (!go_on)
            break;
    }
    free(line);
    interrupt_watch(c->app->cancel);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)error;
    return true;
}

static bool run(chat *c, char *const *plain, kz_error **error)
{
    if (!choose_model(c, error))
        return false;
    if (plain[0]) {
        g_autofree char *question = g_strjoinv(" ", (char **)(uintptr_t)plain);
        return ask_once(c, question, error);
    }
    if (isatty(STDIN_FILENO))
        return converse(c, error);
    size_t length;
    g_autofree char *question = source_read("the question", "-", &length, error);
    if (question && !*g_strstrip(question))
        return kz_error_set(error, KZ_ERROR_ARGUMENT, NULL, "There is no question: give it as words or on standard input.");
    return question && ask_once(c, question, error);
}

int chat_run(cli *app, words *line, kz_error **error)
{
    chat c = { .app = app };
    bool fine = read_options(&c, line, error);
    g_auto(GStrv) plain = fine ? options_read_all(app, line, "chat", SIZE_MAX, NULL, NULL, error) : NULL;
    if (plain && app->help) {
        g_autofree char *text = help_command(commands_find("chat"));
        fine = output_text(app, text, error);
    } else if (plain) {
        kz_client *client = session_client(app, error);
        c.openai = client ? kz_openai_with_options(kz_client_openai(client, error), &app->call, error) : NULL;
        c.out = c.openai ? output_open(app, false, error) : NULL;
        c.history = g_array_new(FALSE, FALSE, sizeof(said));
        g_array_set_clear_func(c.history, said_clear);
        fine = c.out && run(&c, plain, error);
        if (c.out)
            fine = output_close(c.out, true, error) && fine;
        g_array_free(c.history, TRUE);
        kz_service_free(c.openai);
    }
    g_free(c.model);
    g_free(c.system);
    return plain && fine ? CLI_OK : CLI_FAILED;
}
