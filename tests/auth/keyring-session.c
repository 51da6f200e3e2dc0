/* keyring-session.c: see keyring-session.h. The bus starts no services by itself, so what is on it is what the test puts there. */
#include "keyring-session.h"

#include "../wire/remove.h"
#include "token-folder.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define SECRETS "org.freedesktop.secrets"
#define SERVICE "org.freedesktop.Secret.Service"
#define PROMPTER "org.gnome.keyring.SystemPrompter"

static const char bus_config[] = "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
                                 "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\"><busconfig><type>session</type>"
                                 "<listen>unix:dir=%s</listen><auth>EXTERNAL</auth><policy context=\"default\"><allow "
                                 "send_destination=\"*\" eavesdrop=\"true\"/>"
                                 "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>";

const char *keyring_session_missing(void)
{
    static const char *const programs[] = { "dbus-daemon", "gnome-keyring-daemon" };
    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        char *path = g_find_program_in_path(programs[i]);
        if (!path)
            return programs[i];
        g_free(path);
    }
    return NULL;
}

/* Nothing outlives a test that is cut short. */
static void die_with_parent(gpointer user)
{
    (void)user;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void keyring_session_begin(KeyringSession *session)
{
    GError *error = NULL;
    *session = (KeyringSession){ .folder = g_dir_make_tmp("kz-keyring-XXXXXX", NULL) };
    char *path = g_build_filename(session->folder, "bus.conf", NULL), *config = g_strdup_printf(bus_config, session->folder);
    g_assert_true(g_file_set_contents(path, config, -1, NULL));
    char *option = g_strconcat("--config-file=", path, NULL);
    GSubprocessLauncher *launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
    session->bus = g_subprocess_launcher_spawn(
        launcher, &error, "dbus-daemon", option, "--nofork", "--nopidfile", "--print-address=1", NULL);
    g_object_unref(launcher);
    g_assert_no_error(error);
    GDataInputStream *out = g_data_input_stream_new(g_subprocess_get_stdout_pipe(session->bus));
    char *address = g_data_input_stream_read_line(out, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(address);
    g_setenv("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
    session->connection = g_dbus_connection_new_for_address_sync(address,
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, &error);
    g_assert_no_error(error);
    g_object_unref(out);
    g_free(address);
    g_free(path);
    g_free(config);
    g_free(option);
}

/* ---- the keyring ---- */

typedef struct watch {
    bool wanted, met;
} watch;

static void appeared(GDBusConnection *connection, const char *name, const char *owner, gpointer user)
{
    (void)connection, (void)name, (void)owner;
    ((watch *)user)->met |= ((watch *)user)->wanted;
}

static void vanished(GDBusConnection *connection, const char *name, gpointer user)
{
    (void)connection, (void)name;
    ((watch *)user)->met |= !((watch *)user)->wanted;
}

static void wait_for_name(KeyringSession *session, bool there)
{
    watch w = { .wanted = there };
    guint id = g_bus_watch_name_on_connection(
        session->connection, SECRETS, G_BUS_NAME_WATCHER_FLAGS_NONE, appeared, vanished, &w, NULL);
    while (!w.met)
        g_main_context_iteration(NULL, TRUE);
    g_bus_unwatch_name(id);
}

/* The program, which is given its password. */
static GSubprocess *run_keyring(KeyringSession *session)
{
    GError *error = NULL;
    GSubprocessLauncher *launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
    g_subprocess_launcher_setenv(launcher, "HOME", session->folder, TRUE);
    g_subprocess_launcher_setenv(launcher, "XDG_DATA_HOME", session->folder, TRUE);
    g_subprocess_launcher_setenv(launcher, "XDG_RUNTIME_DIR", session->folder, TRUE);
    char *control = g_strconcat(session->folder, "/control", NULL);
    g_subprocess_launcher_setenv(launcher, "GNOME_KEYRING_CONTROL", control, TRUE);
    const char *const arguments[] = { "gnome-keyring-daemon", "--unlock", "--components=secrets", "--control-directory", control,
        "--foreground", NULL };
    GSubprocess *keyring = g_subprocess_launcher_spawnv(launcher, arguments, &error);
    g_assert_no_error(error);
    GOutputStream *in = g_subprocess_get_stdin_pipe(keyring);
    g_assert_true(g_output_stream_write_all(in, "a test password", 15, NULL, NULL, NULL));
    g_assert_true(g_output_stream_close(in, NULL, NULL));
    g_object_unref(launcher);
    g_free(control);
    return keyring;
}

void keyring_session_start(KeyringSession *session)
{
    session->keyring = run_keyring(session);
    wait_for_name(session, true);
}

void keyring_session_stop(KeyringSession *session)
{
    siginfo_t facts;
    g_subprocess_send_signal(session->keyring, SIGSTOP);
    g_assert_cmpint(waitid(P_PID, (id_t)atoi(g_subprocess_get_identifier(session->keyring)), &facts, WSTOPPED | WNOWAIT), ==, 0);
}

void keyring_session_kill(KeyringSession *session)
{
    g_subprocess_force_exit(session->keyring);
    g_subprocess_wait(session->keyring, NULL, NULL);
    g_clear_object(&session->keyring);
    wait_for_name(session, false);
}

void keyring_session_lock(KeyringSession *session)
{
    GError *error = NULL;
    const char *const all[] = { "/org/freedesktop/secrets/collection/login", NULL };
    GVariant *answer = g_dbus_connection_call_sync(session->connection, SECRETS, "/org/freedesktop/secrets", SERVICE, "Lock",
        g_variant_new("(^ao)", all), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
    g_assert_no_error(error);
    g_variant_unref(answer);
}

/* ---- the prompter ---- */

static void never(GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *method,
    GVariant *parameters, GDBusMethodInvocation *call, gpointer user)
{
    (void)connection, (void)sender, (void)path, (void)interface, (void)method, (void)parameters, (void)call, (void)user;
}

void keyring_session_hang_prompts(KeyringSession *session)
{
    static const GDBusInterfaceVTable functions = { .method_call = never };
    GError *error = NULL;
    GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(
        "<node><interface name='org.gnome.keyring.internal.Prompter'><method name='BeginPrompting'><arg type='o'/></method>"
        "<method name='PerformPrompt'><arg type='o'/><arg type='s'/><arg type='a{sv}'/><arg type='s'/></method>"
        "<method name='StopPrompting'><arg type='o'/></method></interface></node>",
        &error);
    g_assert_no_error(error);
    g_dbus_connection_register_object(
        session->connection, "/org/gnome/keyring/Prompter", node->interfaces[0], &functions, NULL, NULL, &error);
    g_assert_no_error(error);
    GVariant *answer = g_dbus_connection_call_sync(session->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
        "org.freedesktop.DBus", "RequestName", g_variant_new("(su)", PROMPTER, 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
        &error);
    g_assert_no_error(error);
    g_variant_unref(answer);
    g_dbus_node_info_unref(node);
}

void keyring_session_end(KeyringSession *session)
{
    if (session->keyring)
        keyring_session_kill(session);
    g_dbus_connection_close_sync(session->connection, NULL, NULL);
    g_clear_object(&session->connection);
    g_subprocess_force_exit(session->bus);
    g_subprocess_wait(session->bus, NULL, NULL);
    g_clear_object(&session->bus);
    remove_all(session->folder);
    g_free(session->folder);
}
