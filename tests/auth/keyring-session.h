/* keyring-session.h: a session bus of the test's own, with a real keyring on it or without, in a folder of its own. */
#ifndef TEST_KEYRING_SESSION_H
#define TEST_KEYRING_SESSION_H

#include <gio/gio.h>

typedef struct KeyringSession {
    char *folder;
    GSubprocess *bus, *keyring;  /* keyring NULL: none is started */
    GDBusConnection *connection; /* the test's own */
} KeyringSession;

/* Why the programs that it takes are not there, or NULL. */
const char *keyring_session_missing(void);
/* Starts the bus; DBUS_SESSION_BUS_ADDRESS names it from now on. */
void keyring_session_begin(KeyringSession *session);
/* Starts the keyring, unlocked, and waits until it is on the bus. */
void keyring_session_start(KeyringSession *session);
/* Stops it, until SIGCONT. */
void keyring_session_stop(KeyringSession *session);
/* Ends it as by kill -9, and waits until it is off the bus. */
void keyring_session_kill(KeyringSession *session);
/* Locks all of it. */
void keyring_session_lock(KeyringSession *session);
/* Makes every prompt for a password hang. */
void keyring_session_hang_prompts(KeyringSession *session);
void keyring_session_end(KeyringSession *session);

#endif
