/* auth_command.c: the built-in provider "command". It runs the program of credential_command and reads a token from what that prints: the
 * token itself on one line, or a JSON object with the token and maybe its end, in the spellings of the tools that are used for this.
 * The core keeps the token until it ends or is refused. Nothing that the program prints is ever part of an error. */
#include "auth_command.h"

#include "auth_tokens.h"
#include "child.h"
#include "moment.h"
#include "schema_json.h"
#include "engine.h"
#include "settings.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { MOST = 64 * 1024 };
static const double shortest_wait = 0.005, longest_wait = 0.1, pause_after_failure = 5;
static const char setting[] = "credential_command";

typedef struct provider {
    char **words;
    int64_t timeout; /* milliseconds, 0: none */
} provider;

/* One run of the program. */
typedef struct run {
    kzi_child child;
    int64_t deadline; /* monotonic milliseconds, 0: none */
    double wait;
} run;

static void destroy(void *self)
{
    provider *it = self;
    kzi_words_free(it->words);
    free(it);
}

static void *create(kz_provider *auth, kz_error **error)
{
    const char *line = kz_provider_value(auth, setting), *timeout = kz_provider_value(auth, "command_timeout");
    if (!line || !*line) {
        kz_error_set(error, KZ_ERROR_CONFIG, setting,
            "auth is \"command\", but no command is set; set %s (KAMIWAZA_CREDENTIAL_COMMAND) to a program that prints a token.",
            setting);
        return NULL;
    }
    provider *it = calloc(1, sizeof *it);
    if (!it) {
        kz_error_no_memory(error);
        return NULL;
    }
    it->words = kzi_words_split(line, setting, error);
    bool fine = it->words != NULL;
    if (fine && (!kzi_duration_parse(timeout ? timeout : "30", &it->timeout) || it->timeout > (int64_t)24 * 3600 * 1000))
        fine = kz_error_set(error, KZ_ERROR_CONFIG, "auth_command_timeout",
            "The setting auth_command_timeout is \"%s\"; allowed: 0 (none) to 86400, in seconds.", timeout);
    if (fine)
        return it;
    destroy(it);
    return NULL;
}

static void release(void *work)
{
    run *it = work;
    kzi_child_end(&it->child);
    free(it);
}

static bool fail(const provider *it, kz_error **error, const char *problem)
{
    return kz_error_set(error, KZ_ERROR_AUTHENTICATION, setting, "The credential command %s %s.", it->words[0], problem);
}

/* ---- what it printed ---- */

/* When the token ends: Unix time or a text, or how many seconds are left. */
static bool read_end(kz_json object, kzi_scope *scope, const char *whose, kz_opt_number *lifetime, kz_error **error)
{
    static const struct {
        const char *name;
        bool left; /* seconds from now */
    } spellings[] = { { "expires_in", true }, { "expires_at", false }, { "expires_on", false }, { "expiresOn", false },
        { "expirationTimestamp", false } };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        const char *name = spellings[i].name;
        kz_json value = kzi_token_member(object, name);
        double seconds;
        int64_t moment;
        if (!value.text)
            continue;
        if (!kzi_token_number(value, &seconds)) {
            const char *text = *value.text == '"' && !spellings[i].left ? kzi_token_text(object, name, scope, whose, error)
                                                                        : NULL;
            if (!text || !kzi_moment_read(text, &moment))
                return kz_error_set(error, KZ_ERROR_AUTHENTICATION, name, "%s has an \"%s\" that is %s.", whose, name,
                    spellings[i].left ? "no number of seconds" : "neither Unix time nor a time such as 2026-03-04T05:06:07Z");
            seconds = (double)moment;
        }
        return kzi_token_lifetime(spellings[i].left ? seconds : seconds - (double)time(NULL), name, whose, lifetime, error);
    }
    return true;
}

static bool read_json(const provider *it, kz_json whole, kz_provider_grant *grant, kzi_scope *scope, kz_error **error)
{
    static const char *const spellings[] = { "token", "access_token", "accessToken" };
    char whose[256];
    size_t line, column;
    const char *problem;
    if (!kzi_json_valid(whole.text, whole.length, KZI_MAX_DEPTH, &line, &column, &problem))
        return kz_error_set(error, KZ_ERROR_AUTHENTICATION, setting,
            "The credential command %s printed JSON that is none: %s (line %zu, column %zu).", it->words[0], problem, line,
            column);
    snprintf(whose, sizeof whose, "What the credential command %s printed", it->words[0]);
    kz_json nested = kzi_token_member(whole, "status"); /* the form of Kubernetes: ExecCredential */
    if (nested.length && *nested.text == '{')
        whole = nested;
    kz_error *failure = NULL;
    for (size_t i = 0; !grant->token && !failure && i < sizeof spellings / sizeof *spellings; i++)
        grant->token = kzi_token_text(whole, spellings[i], scope, whose, &failure);
    if (!grant->token && !failure)
        kz_error_set(&failure, KZ_ERROR_AUTHENTICATION, "token", "%s has no \"token\" and no \"access_token\".", whose);
    if (!failure)
        read_end(whole, scope, whose, &grant->lifetime, &failure);
    return failure ? kz_error_move(error, &failure) : true;
}

static bool read_text(const provider *it, const char *text, size_t length, kz_provider_grant *grant, kz_error **error)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f || strchr("<>\"'", text[i]))
            return fail(it, error,
                "printed something that is neither a JSON object nor a token: a token is one line of visible characters, without "
                "blanks and quotes");
    grant->token = text;
    return true;
}

static kz_step read_output(const provider *it, run *work, kz_provider_step *step, kz_error **error)
{
    kzi_buffer *output = &work->child.output;
    kz_provider_grant grant = { .size = sizeof grant, .renewable = 1 };
    kzi_buffer_puts(output, "");
    while (output->length && strchr(" \t\r\n", output->data[output->length - 1]))
        output->data[--output->length] = 0;
    const char *text = output->data ? output->data : "", *start = text + strspn(text, " \t\r\n");
    size_t length = output->length - (size_t)(start - text);
    kzi_scope *scope = kzi_scope_new(256);
    bool fine = scope && !output->failed;
    if (!fine)
        kz_error_no_memory(error);
    else if (!length)
        fine = fail(it, error, "printed nothing");
    else if (*start == '{')
        fine = read_json(it, (kz_json){ start, length }, &grant, scope, error);
    else
        fine = read_text(it, start, length, &grant, error);
    fine = fine && kz_provider_granted(step, &grant, error);
    kzi_scope_free(scope);
    return fine ? KZ_STEP_DONE : KZ_STEP_FAILED;
}

/* ---- running it ---- */

static kz_step judge(const provider *it, run *work, kz_provider_step *step, kz_error **error)
{
    int status = work->child.status;
    char problem[160];
    if (work->child.unknown || (WIFEXITED(status) && !WEXITSTATUS(status)))
        return read_output(it, work, step, error);
    if (WIFSIGNALED(status))
        snprintf(problem, sizeof problem, "was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(problem, sizeof problem, "ended with the status %d; run it by hand to see what it says", WEXITSTATUS(status));
    fail(it, error, problem);
    return KZ_STEP_FAILED;
}

static kz_step run_on(const provider *it, kz_provider_step *step, kz_error **error)
{
    run *work = step->work;
    char problem[160];
    if (!work) {
        work = step->work = calloc(1, sizeof *work);
        if (!work) {
            kz_error_no_memory(error);
            return KZ_STEP_FAILED;
        }
        work->wait = shortest_wait;
        work->deadline = it->timeout ? kzi_now_ms() + it->timeout : 0;
        if (!kzi_child_start(&work->child, it->words, KZ_ERROR_AUTHENTICATION, error))
            return KZ_STEP_FAILED;
    }
    switch (kzi_child_look(&work->child, MOST)) {
    case KZI_CHILD_ENDED: return judge(it, work, step, error);
    case KZI_CHILD_TOO_MUCH: fail(it, error, "printed more than 64 KiB, which is no token; it was ended"); return KZ_STEP_FAILED;
    default: break;
    }
    int64_t left = work->deadline ? work->deadline - kzi_now_ms() : INT64_MAX;
    if (left <= 0) {
        snprintf(problem, sizeof problem, "did not end within %g s and was killed; see auth_command_timeout",
            (double)it->timeout / 1000);
        fail(it, error, problem);
        return KZ_STEP_FAILED;
    }
    step->wait = work->wait < (double)left / 1000 ? work->wait : (double)left / 1000;
    step->fd = work->child.fd;
    work->wait = work->wait * 1.5 < longest_wait ? work->wait * 1.5 : longest_wait;
    return KZ_STEP_WAIT;
}

/* Calls in plenty do not start a failing program each; a person who mends it does not wait long. */
static kz_step acquire(void *self, kz_provider_step *step, kz_error **error)
{
    kz_step next = run_on(self, step, error);
    if (next == KZ_STEP_FAILED)
        kz_provider_pause(step, pause_after_failure);
    return next;
}

static const kz_provider_setting settings[] = {
    { .name = "command_timeout",
        .fallback = "30",
        .summary = "The longest that the credential command may run, in seconds; 0: no limit." },
};

const kz_provider_vtable kzi_auth_command = { .size = sizeof kzi_auth_command,
    .title = "Credential command",
    .summary = "A program that prints a token, as text or JSON, run without a shell.",
    .settings = settings,
    .n_settings = sizeof settings / sizeof *settings,
    .create = create,
    .destroy = destroy,
    .acquire = acquire,
    .release = release };
