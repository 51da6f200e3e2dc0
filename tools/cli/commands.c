/* commands.c: what the command offers by itself, beside the services: one table for dispatch, help and completion. */
#include "cli.h"

#include <string.h>

static const char *const login_words[] = { "--device", "enter a code on another device", "--no-browser", "open no browser",
    "--with-token", "read a token from standard input", "--user", "the name of the user", NULL };
static const char *const profiles_words[] = { "list", "the profiles", "show", "the settings of one", "use", "make one count",
    "remove", "take one away", NULL };
static const char *const plugins_words[] = { "--check", "open each plugin", NULL };
static const char *const shells[] = { "bash", "", "zsh", "", "fish", "", NULL };

static const command table[] = {
    { "login", "login [--device | --no-browser | --with-token] [--user NAME]", "sign in, so that other commands and programs are",
        "By what the settings, the terminal and the provider allow: in a browser, by a code that is\n"
        "entered on another device, or by a password. What is asked for is read from standard input\n"
        "where that is no terminal. The profile is told what is not secret; the token is kept in the\n"
        "token store.\n\n"
        "  --device      by a code that is entered on another device\n"
        "  --no-browser  opens no browser: a code for another device, or the address to open\n"
        "  --with-token  keeps a token that is read from standard input\n"
        "  --user NAME   who signs in by password\n\n"
        "  kamiwaza login --base-url https://host/api\n"
        "  kamiwaza login --set auth=oauth --set auth_issuer=https://id.host --set auth_client_id=ID\n"
        "  kamiwaza --profile work login --with-token < token-file\n",
        login_run, login_words },
    { "logout", "logout", "sign out: revoke the token and forget it", NULL, logout_run, NULL },
    { "whoami", "whoami", "tell who is signed in, and where the credential comes from", NULL, whoami_run, NULL },
    { "token", "token", "print the token in force, for scripts",
        "It is a secret: whoever has it can do what you can. With --json its end is told too.\n\n"
        "  curl -H \"Authorization: Bearer $(kamiwaza token)\" https://host/api/models/\n",
        token_run, NULL },
    { "profiles", "profiles [list | show [NAME] | use NAME | remove NAME]", "look at the profiles, choose one, remove one",
        "Secrets are masked. A profile is made by: kamiwaza --profile NAME login\n", profiles_run, profiles_words },
    { "call", "call SERVICE.METHOD [ARGS|@FILE|-]", "call any operation by its name, JSON in and out",
        "ARGS is a JSON object, @FILE one in a file, - one on standard input. SERVICE.METHOD and the\n"
        "names in ARGS are ours or the reference client's. {\"$bytes\": BASE64} is binary content,\n"
        "{\"$file\": {\"path\": P}} or {\"$file\": {\"filename\": F, \"$bytes\": BASE64}} a file to upload.\n"
        "The result is one JSON document; a stream one JSON value a line, as it arrives; binary content\n"
        "as it is. A failure is one JSON object, the last line of standard error.\n\n"
        "  kamiwaza call models.search '{\"query\": \"qwen\", \"limit\": 5}'\n",
        call_run, NULL },
    { "chat", "chat [QUESTION...] [--model M] [--system TEXT]", "talk with a deployed model, or ask it one question",
        "Without words and at a terminal: a conversation; /help in it tells what there is besides,\n"
        "Ctrl-C stops an answer. From a pipe: one question. The answer is shown as it comes.\n\n"
        "  --model M         the model; without it the first that the server has\n"
        "  --system TEXT     what the model is told beforehand\n"
        "  --temperature T   how freely words are chosen\n"
        "  --max-tokens N    the most tokens of an answer\n\n"
        "  echo 'Sum this up:' | cat - report.txt | kamiwaza chat --model qwen\n",
        chat_run, NULL },
    { "plugins", "plugins [--check]", "list the plugins that would be found",
        "With --check each plugin is opened, and what keeps it from being used is said; the exit status\nis then 3 when there is "
        "any such.\n",
        plugins_run, plugins_words },
    { "config", "config [NAME]", "show every setting, its value and where it came from",
        "Secrets are masked. With NAME: the value of one setting.\n", config_run, NULL },
    { "emulator", "emulator [OPTIONS]", "run the platform's emulator on this machine",
        "The options are those of the emulator:\n"
        "kamiwaza emulator --help\n",
        emulator_run, NULL },
    { "completion", "completion bash|zsh|fish", "print the completion script of a shell",
        "  bash:  source <(kamiwaza completion bash)\n"
        "  zsh:   kamiwaza completion zsh > \"${fpath[1]}/_kamiwaza\"\n"
        "  fish:  kamiwaza completion fish | source\n",
        completion_run, shells },
    { "help", "help [COMMAND | SERVICE [OPERATION]]", "the same as --help after the words", NULL, help_run, NULL },
};

const command *commands_table(size_t *n)
{
    *n = G_N_ELEMENTS(table);
    return table;
}

const command *commands_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if (!strcmp(table[i].name, name))
            return &table[i];
    return NULL;
}

int help_run(cli *app, words *line, kz_error **error)
{
    app->help = true;
    while (line->at < line->n && line->items[line->at][0] == '-') {
        int got = options_read(app, line, error);
        if (!got)
            kz_error_set(error, KZ_ERROR_ARGUMENT, NULL, "There is no option %s; see: kamiwaza --help", line->items[line->at]);
        if (got <= 0)
            return CLI_FAILED;
    }
    const char *word = line->at < line->n ? line->items[line->at++] : NULL;
    const command *found = word ? commands_find(word) : NULL;
    if (found && found->run == config_run)
        return config_run(app, line, error);
    if (word && (!found || found->run == help_run))
        return operation_run(app, word, line, error);
    kz_error *ignored = NULL;
    kz_client *client = found ? NULL : session_client(app, &ignored);
    kz_error_clear(&ignored);
    g_autofree char *text = found ? help_command(found) : help_main(client);
    return output_text(app, text, error) ? CLI_OK : CLI_FAILED;
}
