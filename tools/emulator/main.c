/* main.c: kamiwaza-emulator: the platform on one machine. Reads the options, starts the HTTP server, says where it listens, and
 * ends on SIGINT or SIGTERM. */
#include "provider.h"

#include <arpa/inet.h>
#include <glib-unix.h>
#include <locale.h>
#include <netinet/in.h>
#include <string.h>

#define SERVICES "models,serving,cluster,auth,authz"

enum { LARGEST_BODY = 64 * 1024 * 1024 };

static enum MHD_Result take(void *user, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **state)
{
    GByteArray *body = *state;
    (void)version;
    if (!body) {
        *state = g_byte_array_new();
        return MHD_YES;
    }
    if (*size) {
        if (body->len + *size > LARGEST_BODY)
            return MHD_NO;
        g_byte_array_append(body, (const guint8 *)data, (guint)*size);
        *size = 0;
        return MHD_YES;
    }
    return serve(user, connection, method, url, (const char *)body->data, body->len);
}

static void done(void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode why)
{
    (void)user, (void)connection, (void)why;
    if (*state)
        g_byte_array_unref(*state);
    *state = NULL;
}

/* Paths stay as they came: a slash within an argument is written %2F. */
static size_t keep_escapes(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user, (void)connection;
    return strlen(text);
}

static void *keep_path(void *user, const char *uri, struct MHD_Connection *connection)
{
    (void)user, (void)uri, (void)connection;
    return NULL;
}

static gboolean quit(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

/* The client that knows the tables, and the services there are: those of the list, or of all known ones those whose plugins are there. */
static gboolean open_tables(Emulator *emulator, const char *list)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    const char *path = g_getenv("KAMIWAZA_PLUGIN_PATH");
    char **wanted = g_strsplit(list ? list : SERVICES, ",", -1);
    GPtrArray *found = g_ptr_array_new();
    kz_config_set_isolated(config, true, &error);
    if (path && *path)
        kz_config_set(config, "plugin_path", path, &error);
    emulator->client = kz_client_new(config, &error);
    for (char **service = wanted; *service && !error; service++) {
        if (kz_client_table(emulator->client, *service, &error))
            g_ptr_array_add(found, g_strdup(*service));
        else if (!list && (service[1] || found->len) && kz_error_is(error, KZ_ERROR_PLUGIN_NOT_FOUND))
            kz_error_clear(&error);
    }
    g_ptr_array_add(found, NULL);
    emulator->services = (char **)g_ptr_array_free(found, FALSE);
    kz_config_free(config);
    g_strfreev(wanted);
    if (error)
        g_printerr("kamiwaza-emulator: %s\n", error->message);
    gboolean fine = !error;
    kz_error_free(error);
    return fine;
}

static struct MHD_Daemon *listen_at(Emulator *emulator, const char *host, int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((guint16)port) };
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        g_printerr("kamiwaza-emulator: \"%s\" is no IPv4 address\n", host);
        return NULL;
    }
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL,
        0, NULL, NULL, take, emulator, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED, done, NULL,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_URI_LOG_CALLBACK, keep_path, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, count_connection, emulator, MHD_OPTION_CONNECTION_TIMEOUT, 60u, MHD_OPTION_END);
    if (!daemon)
        g_printerr("kamiwaza-emulator: port %d of %s is not free\n", port, host);
    return daemon;
}

/* What others can see of this process in lists of processes: not the value of an option that is secret. Whole words only, as the parser
 * takes them: "--user NAME:PASSWORD" or "--user=NAME:PASSWORD". */
static void hide_secrets(int argc, char **argv)
{
    static const char *const options[] = { "--require-key", "--user", "--client" };
    for (int i = 1; i < argc; i++)
        for (size_t j = 0; j < G_N_ELEMENTS(options); j++) {
            size_t length = strlen(options[j]);
            char *value = strncmp(argv[i], options[j], length) ? NULL
                : argv[i][length] == '='                       ? argv[i] + length + 1
                : !argv[i][length] && i + 1 < argc             ? argv[i + 1]
                                                               : NULL;
            if (value)
                memset(value, '*', strlen(value));
        }
}

int main(int argc, char **argv)
{
    Emulator emulator = { .seed = 1, .speed = 2000000000, .deploy_ms = 1500, .token_lifetime = 3600 };
    char *host = NULL, *folder = NULL, *plugins = NULL, **users = NULL, **clients = NULL;
    int port = 0;
    gint64 seed = 1;
    const GOptionEntry entries[] = {
        { "port", 0, 0, G_OPTION_ARG_INT, &port, "Port to listen on; 0: a free one", "N" },
        { "host", 0, 0, G_OPTION_ARG_STRING, &host, "Address to listen on (127.0.0.1)", "ADDRESS" },
        { "state", 0, 0, G_OPTION_ARG_FILENAME, &folder, "Keep the state in this folder", "DIR" },
        { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "What identifiers and contents are made from", "N" },
        { "speed", 0, 0, G_OPTION_ARG_INT64, &emulator.speed, "Bytes a second of the platform's downloads", "BYTES" },
        { "deploy-time", 0, 0, G_OPTION_ARG_INT64, &emulator.deploy_ms, "Milliseconds until a deployment is up", "MS" },
        { "token-speed", 0, 0, G_OPTION_ARG_INT64, &emulator.token_speed, "Tokens a second of models; 0: no limit", "N" },
        { "model", 0, 0, G_OPTION_ARG_STRING_ARRAY, &emulator.models, "A model that answers without a deployment", "NAME" },
        { "fault", 0, 0, G_OPTION_ARG_STRING, &emulator.fault, "What goes wrong with requests: see the manual", "SPEC" },
        { "require-key", 0, 0, G_OPTION_ARG_STRING, &emulator.require_key, "The only key or token that is let in", "KEY" },
        { "require-auth", 0, 0, G_OPTION_ARG_NONE, &emulator.require_auth, "Let in only who has signed in", NULL },
        { "user", 0, 0, G_OPTION_ARG_STRING_ARRAY, &users, "A user beside admin:kamiwaza", "NAME:PASSWORD" },
        { "client", 0, 0, G_OPTION_ARG_STRING_ARRAY, &clients, "A client of the OpenID provider", "ID:SECRET" },
        { "token-lifetime", 0, 0, G_OPTION_ARG_INT64, &emulator.token_lifetime, "Seconds until an access token ends", "SECONDS" },
        { "plugins", 0, 0, G_OPTION_ARG_STRING, &plugins, "Services to emulate; else those of " SERVICES " that are installed",
            "NAMES" },
        { "verbose", 0, 0, G_OPTION_ARG_NONE, &emulator.verbose, "Write each request to standard error", NULL },
        G_OPTION_ENTRY_NULL,
    };
    GError *wrong = NULL;
    setlocale(LC_ALL, "");
    char **words = g_strdupv(argv);
    hide_secrets(argc, argv);
    GOptionContext *context = g_option_context_new("- the Kamiwaza platform, emulated on this machine");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse_strv(context, &words, &wrong) || emulator.speed < 1 || emulator.token_speed < 0 ||
        emulator.token_lifetime < 0 || port < 0 || port > 65535) {
        g_printerr("kamiwaza-emulator: %s\n",
            wrong ? wrong->message : "a speed is above 0, a port below 65536, a lifetime not negative");
        return 2;
    }
    g_option_context_free(context);
    g_strfreev(words);
    emulator.seed = (guint64)seed;
    emulator.fault_counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (folder) {
        g_mkdir_with_parents(folder, 0700);
        emulator.state_path = g_build_filename(folder, "state.json", NULL);
    }
    g_mutex_init(&emulator.lock);
    control_begin(&emulator);
    if (!open_tables(&emulator, plugins))
        return 3;
    state_begin(&emulator);
    if (!users_begin(&emulator, users) || !clients_begin(&emulator, clients)) {
        g_printerr("kamiwaza-emulator: --user takes NAME:PASSWORD, --client ID:SECRET\n");
        return 2;
    }
    struct MHD_Daemon *daemon = listen_at(&emulator, host ? host : "127.0.0.1", port);
    if (!daemon)
        return 1;
    emulator.port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    emulator.origin = g_strdup_printf("http://%s:%u", host ? host : "127.0.0.1", emulator.port);
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    g_unix_signal_add(SIGINT, quit, loop);
    g_unix_signal_add(SIGTERM, quit, loop);
    g_print("listening on %s/api\n", emulator.origin);
    g_main_loop_run(loop);
    g_atomic_int_set(&emulator.ending, 1);
    MHD_stop_daemon(daemon);
    state_save(&emulator);
    g_main_loop_unref(loop);
    keys_end(&emulator);
    control_end(&emulator);
    json_object_put(emulator.state);
    g_hash_table_unref(emulator.fault_counts);
    kz_client_free(emulator.client);
    g_strfreev(emulator.services);
    g_strfreev(emulator.models);
    g_strfreev(users);
    g_strfreev(clients);
    g_free(emulator.origin);
    g_free(emulator.state_path);
    g_free(emulator.fault);
    g_free(emulator.require_key);
    g_free(host);
    g_free(folder);
    g_free(plugins);
    return 0;
}
