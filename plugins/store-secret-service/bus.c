/* bus.c: see bus.h. No bus is started for us: one that nobody else is on has no keyring. */
#include "bus.h"

#include <sys/auxv.h>

#define REMEDY "or set token_store to \"file\""

bool bus_is_there(kz_error **error)
{
    if (getauxval(AT_SECURE))
        return kz_error_set(error, KZ_ERROR_CONFIG, "token_store",
            "A setuid program does not use the keyring of whoever started it. Set token_store to \"file\" or \"none\".");
    const char *address = g_getenv("DBUS_SESSION_BUS_ADDRESS"), *folder = g_getenv("XDG_RUNTIME_DIR");
    char *path = g_strconcat(folder && *folder ? folder : "/nowhere", "/bus", NULL);
    bool there = (address && *address) || g_file_test(path, G_FILE_TEST_EXISTS);
    g_free(path);
    return there ||
        kz_error_set(error, KZ_ERROR_CONFIG, "token_store",
            "There is no session bus to reach a keyring by: neither DBUS_SESSION_BUS_ADDRESS is set, nor is there a file bus in "
            "XDG_RUNTIME_DIR. Sign in to a desktop, " REMEDY ".");
}

bool bus_lacks_service(const GError *problem)
{
    static const int codes[] = { G_DBUS_ERROR_SERVICE_UNKNOWN, G_DBUS_ERROR_NAME_HAS_NO_OWNER,
        G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND, G_DBUS_ERROR_SPAWN_EXEC_FAILED, G_DBUS_ERROR_SPAWN_CHILD_EXITED,
        G_DBUS_ERROR_SPAWN_FAILED };
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
        if (g_error_matches(problem, G_DBUS_ERROR, codes[i]))
            return true;
    return false;
}

kz_error *bus_error(const GError *problem)
{
    kz_error *failure = NULL;
    GError *plain = g_error_copy(problem);
    g_dbus_error_strip_remote_error(plain);
    if (bus_lacks_service(problem))
        kz_error_set(&failure, KZ_ERROR_CONFIG, "token_store",
            "There is no keyring (org.freedesktop.secrets) on the session bus: %s. Start one, such as gnome-keyring, KWallet or "
            "KeePassXC, " REMEDY ".",
            plain->message);
    else if (problem->domain == G_IO_ERROR)
        kz_error_set(&failure, KZ_ERROR_CONFIG, "token_store",
            "The session bus, and so the keyring, cannot be reached: %s. Check DBUS_SESSION_BUS_ADDRESS, " REMEDY ".",
            plain->message);
    else
        kz_error_set(&failure, KZ_ERROR_STATE, "token_store", "The keyring failed: %s. Try again, " REMEDY ".", plain->message);
    g_error_free(plain);
    return failure;
}
