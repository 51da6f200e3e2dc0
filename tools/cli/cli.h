/* cli.h: what the files of the `kamiwaza` command share: the state of one run, its words, and one function or two for
 * each file. The command knows no operation by itself: everything it offers is read from the tables of the services. */
#ifndef KZ_CLI_H
#define KZ_CLI_H

#include <glib.h>
#include <json-c/json.h>
#include <kamiwaza/kamiwaza.h>
#include <kamiwaza/plugin.h>

/* Exit statuses; documented in docs/cli.md, the manual page and --help. */
enum {
    CLI_OK = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_SETUP = 3,
    CLI_CONNECTION = 4,
    CLI_AUTHENTICATION = 5,
    CLI_CANCELLED = 130
};

/* One run of the command. */
typedef struct cli {
    kz_config *config; /* what the global options set */
    kz_client *client; /* made when first needed */
    kz_cancel *cancel;
    kz_call_options call; /* for every call of this run */
    const char *output;   /* --output FILE */
    const char *profile;  /* --profile NAME */
    bool json, quiet, verbose, help, version;
    bool changed; /* options were read since the client was made */
    bool machine; /* errors are one JSON object: `call`, and --json */
} cli;

/* The words of the command line that are still to be read. */
typedef struct words {
    char **items;
    size_t n, at;
} words;

/* options.c: the global options. */
typedef struct global_option {
    const char *name;
    char letter;
    const char *value;   /* what it takes, for people, or NULL */
    const char *setting; /* the setting it sets, or NULL */
    const char *summary;
} global_option;
const global_option *options_table(size_t *n);
/* Reads the option at the front of `line`: 1 read, 0 no global option, -1 failed. */
int options_read(cli *app, words *line, kz_error **error);
/* Reads what is left, for command `of` that takes `most` words at most; returns them as a NULL-terminated array
 * (g_strfreev). */
char **options_read_all(
    cli *app, words *line, const char *of, size_t most, const char *const *flags, unsigned *given, kz_error **error);
/* Takes `--name VALUE` or `--name=VALUE` out of the line: 1 there, 0 not, -1 failed. */
int options_take(words *line, const char *name, const char **value, kz_error **error);

/* session.c: the client of this run and the options of its calls. It is made anew after options that concern it: those
 * of an operation can only be told from global ones once a client has loaded its table. */
kz_client *session_client(cli *app, kz_error **error);
void session_end(cli *app);

/* Commands. Each returns the exit status, or fills the slot. */
int call_run(cli *app, words *line, kz_error **error);
int operation_run(cli *app, const char *service, words *line, kz_error **error);
int login_run(cli *app, words *line, kz_error **error);
int logout_run(cli *app, words *line, kz_error **error);
int whoami_run(cli *app, words *line, kz_error **error);
int token_run(cli *app, words *line, kz_error **error);
int profiles_run(cli *app, words *line, kz_error **error);
int chat_run(cli *app, words *line, kz_error **error);
int plugins_run(cli *app, words *line, kz_error **error);
int plugin_run(cli *app, words *line, kz_error **error);
int config_run(cli *app, words *line, kz_error **error);
int emulator_run(cli *app, words *line, kz_error **error);
int completion_run(cli *app, words *line, kz_error **error);
int complete_run(cli *app, words *line, kz_error **error);
int help_run(cli *app, words *line, kz_error **error);

/* commands.c: what the command offers by itself. */
typedef struct command {
    const char *name;
    const char *usage;
    const char *summary;
    const char *details; /* for its --help, or NULL */
    int (*run)(cli *app, words *line, kz_error **error);
    const char *const *words; /* what completion offers behind it: a word and what it is, in turn, NULL-terminated; or NULL */
} command;
const command *commands_table(size_t *n);
const command *commands_find(const char *name);

/* whoami.c: what is known of a credential, without it; json_object_put(). */
json_object *whoami_tree(const cli *app, const kz_credential *credential);
/* profiles.c: the profile that counts for this run. Borrowed. */
const char *profiles_current(const cli *app, const kz_config_profiles *profiles);
bool profiles_has(const kz_config_profiles *profiles, const char *name);

/* person.c: how the person at the terminal is reached; `opens`: a browser may be opened. */
kz_sign_in person_at_terminal(const cli *app, kz_sign_in_way way, bool opens);
/* terminal.c: asks for `what` ("password"), a `secret` without showing it. Errors: ARGUMENT (nothing comes, too long), CANCELLED. */
bool terminal_ask(const char *what, bool secret, char *answer, size_t size, kz_error **error);
/* browser.c: whether a browser can be opened, and opening it; false: it could not be started, or the address is not fit for that. */
bool browser_is_there(void);
bool browser_open(const char *url);

/* lookup.c: operations by the words a person types. */
/* Finds the operation that the first words name, longest first; *used receives how many words that took. NULL without
 * an error: no such operation. */
const kz_operation *lookup_operation(
    kz_client *client, const char *service, char *const *items, size_t n, size_t *used, kz_error **error);
/* Fills the slot with the nearest names of what the words do not name. */
void lookup_refuse(kz_client *client, const char *service, char *const *items, size_t n, kz_error **error);
/* The names of the services that could be used, opening none; NULL-terminated (g_strfreev). */
char **lookup_services(kz_client *client, kz_error **error);

/* arguments.c: the arguments of one operation, from words to a JSON object. */
typedef struct argument {
    const kz_field *field;
    const kz_field *list; /* its alternative that takes several, or NULL */
    char *option;         /* "load-files" */
    GPtrArray *values;    /* JSON texts */
} argument;
typedef struct arguments {
    const kz_operation *operation;
    argument *items;
    size_t n;
    kz_field body; /* stands for the body's members together */
} arguments;
arguments *arguments_new(const kz_operation *operation);
void arguments_free(arguments *all);
argument *arguments_find(const arguments *all, const char *option);
bool arguments_add(argument *item, const char *text, kz_error **error);
bool arguments_is_flag(const argument *item);
/* Gives words without a name to the arguments that are required, in order. */
bool arguments_place(arguments *all, char *const *items, size_t n, kz_error **error);
/* The JSON object for kz_call_by_name() (g_free). */
char *arguments_json(const arguments *all, size_t *length);

/* answer.c: what a call answered, to where it goes. */
bool answer_write(cli *app, kz_answer *answer, bool plain_json, bool gather, kz_error **error);
/* What the command itself has to say, shown as answers are; takes the tree. */
bool answer_write_tree(cli *app, struct json_object *tree, kz_error **error);

/* output.c: standard output or the file of --output. */
typedef struct output output;
/* `whole`: a file appears under its name only when output_close() is told that all went well. */
output *output_open(const cli *app, bool whole, kz_error **error);
bool output_write(output *out, const void *data, size_t length, kz_error **error);
bool output_flush(output *out, kz_error **error);
bool output_close(output *out, bool keep, kz_error **error);
bool output_is_terminal(const output *out);
/* Prints text on standard output, checked. */
bool output_text(const cli *app, const char *text, kz_error **error);

/* print.c, table.c: JSON for people. */
void print_value(GString *to, struct json_object *value, int indent, int width, bool color);
void table_print(GString *to, struct json_object *list, int indent, int width, bool color);
char *print_scalar(const char *name, struct json_object *value);
bool print_is_scalar(struct json_object *value);

/* text.c */
char *text_kebab(const char *name);
/* Lower case, with '_' for '-', ' ' and '.'. */
char *text_plain(const char *name);
void text_json(GString *to, const char *text);
/* JSON on one line: line breaks between its tokens become spaces. */
void text_line(GString *to, kz_json json);
/* Fit for a terminal: valid UTF-8, no control characters. */
char *text_shown(const char *text);
size_t text_columns(const char *text);
char *text_size(double bytes);
/* The nearest of `names` (NULL-terminated), or NULL when none is near. */
const char *text_nearest(const char *name, const char *const *names);
/* Whether standard error, or output, may be coloured. */
bool text_color(int fd);
int text_width(int fd);

/* failure.c */
int failure_status(const kz_error *error);
void failure_report(const cli *app, const kz_error *error);
/* Checks that `text` is JSON; fills the slot with an ARGUMENT error about `what` with line and column. */
bool failure_check_json(const char *what, const char *text, size_t length, kz_error **error);

/* source.c: text behind @file and -. */
char *source_read(const char *what, const char *name, size_t *length, kz_error **error);

/* progress.c, logger.c, interrupt.c */
bool progress_show(const kz_progress *progress, void *user);
/* Takes the bar off the terminal before something else is written there. */
void progress_clear(void);
void logger_write(const kz_log_record *record, void *user);
bool logger_level(const char *name, kz_log_level *level);
void interrupt_watch(kz_cancel *cancel);
bool interrupt_came(void);

/* help.c */
char *help_main(kz_client *client);
char *help_command(const command *it);
char *help_service(kz_client *client, const char *service, const char *prefix, kz_error **error);
char *help_operation(const char *service, const kz_operation *operation);
char *help_settings(void);
/* "REPO_ID" for an argument, and the line "kamiwaza models search QUERY [options]". */
char *help_usage(const char *service, const kz_operation *operation);

#endif
