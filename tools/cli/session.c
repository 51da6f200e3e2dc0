/* session.c: the one client of a run, made when a command first needs it, and the options that its calls carry: a token
 * that SIGINT cancels, and progress. Logging is decided here: --verbose, else the setting `log`. */
#include "cli.h"

#include <unistd.h>

/* What the library says unasked: that a setting makes the run less safe. */
static void notice(const kz_log_record *record, void *user)
{
    if (record->level <= KZ_LOG_WARNING && g_strcmp0(record->area, "config") == 0)
        logger_write(record, user);
}

static kz_client *make(cli *app, kz_log_fn log, kz_log_level level, kz_error **error)
{
    kz_config_set_log(app->config, log, app, level, error);
    return kz_client_new(app->config, error);
}

static kz_client *make_logged(cli *app, kz_error **error)
{
    if (app->verbose)
        return make(app, logger_write, KZ_LOG_DEBUG, error);
    /* The level may be in the profile, which only a client reads: ask a silent one. */
    kz_client *client = make(app, NULL, KZ_LOG_ERROR, error);
    if (!client)
        return NULL;
    const char *source = NULL, *name = kz_client_setting(client, "log", &source);
    kz_log_level level;
    bool logs = logger_level(name, &level);
    if (!logs && app->quiet)
        return client;
    kz_client_free(client);
    return logs ? make(app, logger_write, level, error) : make(app, notice, KZ_LOG_WARNING, error);
}

kz_client *session_client(cli *app, kz_error **error)
{
    if (app->client && !app->changed)
        return app->client;
    kz_client_free(app->client);
    app->changed = false;
    app->client = make_logged(app, error);
    if (app->client && !app->cancel) {
        app->cancel = kz_cancel_new(error);
        interrupt_watch(app->cancel);
    }
    if (!app->client || !app->cancel)
        return NULL;
    app->call.cancel = app->cancel;
    /* A program that reads standard error is not to be told of progress by `call`; a person is. */
    bool shows = !app->quiet && (!app->machine || isatty(STDERR_FILENO));
    app->call.progress = shows ? progress_show : NULL;
    app->call.progress_user = app;
    return app->client;
}

void session_end(cli *app)
{
    kz_client_free(app->client);
    interrupt_watch(NULL);
    kz_cancel_free(app->cancel);
    kz_config_free(app->config);
    *app = (cli){ 0 };
}
