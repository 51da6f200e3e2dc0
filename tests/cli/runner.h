/* runner.h: for the tests of the command: runs it with an environment of its own and tells what came of it, and plays a
 * server on loopback whose answers are a table. */
#ifndef KZ_TEST_RUNNER_H
#define KZ_TEST_RUNNER_H

#include <glib.h>

typedef struct outcome {
    int status;      /* exit status, -1 when a signal ended it */
    char *out, *err; /* with a NUL behind; on a terminal everything is in `out` */
    gsize out_length;
} outcome;

/* One answer: to the first route whose method and path (without query) are those of the request. */
typedef struct route {
    const char *method, *path;
    int status;
    const char *type, *body;
    gsize length;      /* 0: as long as the text */
    const char *after; /* what to send a second request to the same route, or NULL: the same */
} route;

typedef struct server server;
server *server_start(const route *routes, gsize n_routes);
/* The requests so far, each "GET /api/things?limit=5\nBODY"; NULL-terminated (g_strfreev). */
char **server_requests(server *it);
const char *server_url(const server *it);
void server_stop(server *it);

/* The environment of the next runs; NULL as the value removes it. Secrets and settings of the person who tests are out.
 */
void runner_set(const char *name, const char *value);
/* A folder that the runs have as HOME, removed at the end. */
const char *runner_home(void);
/* A file of the command's in it ("config.json"), and its text, empty where it is not there. */
char *runner_path(const char *name);
char *runner_text(const char *name);
/* Runs `kamiwaza` with the words up to NULL. */
outcome run(const char *first, ...) G_GNUC_NULL_TERMINATED;
/* The same with `input` on standard input. */
outcome run_with_input(const char *input, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* The same on a terminal `columns` wide. */
outcome run_on_terminal(int columns, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* What somebody who sits at the terminal waits for, and does then. */
typedef struct turn {
    const char *waits_for;               /* NULL: no more turns */
    const char *types;                   /* or NULL */
    gboolean (*does)(const char *shown); /* is given all that was shown so far; FALSE: that is not enough yet; or NULL */
} turn;
/* The same on a terminal where somebody sits. *shows tells whether the terminal shows what is typed when all is over. */
outcome run_in_talk(const turn *talk, gboolean *shows, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* The same, and sends `number` once standard error has said anything. */
outcome run_and_signal(int number, const char *first, ...) G_GNUC_NULL_TERMINATED;
void outcome_clear(outcome *it);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(outcome, outcome_clear)

/* Sets up the folder and the environment; runs the tests; cleans up. */
int runner_main(void);

/* The text holds the part; else the test fails and shows the text. */
void assert_holds(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);
/* Exit status, with what was said when it is another. */
void assert_status(const outcome *it, int status);

#endif
