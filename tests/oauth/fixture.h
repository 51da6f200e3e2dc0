/* fixture.h: what the tests of auth-oauth share: a client that signs in by the plugin with a person and a browser that are scripted, and a log
 * in which no secret may ever be found. */
#ifndef TEST_OAUTH_FIXTURE_H
#define TEST_OAUTH_FIXTURE_H

#include "../wire/http.h"
#include "../wire/server.h"

#include <glib.h>
#include <kamiwaza/auth-plugin.h>
#include <openssl/evp.h>

enum { MOST_ANSWERS = 12, MOST_WAITS = 16 };

typedef struct Fixture Fixture;
/* What the browser does with the address, on a thread of its own. */
typedef void (*Browser)(Fixture *f, const char *url);

struct Fixture {
    WireServer *server; /* plays provider and platform, or NULL */
    WireAnswer answers[MOST_ANSWERS];
    guint n_answers;
    kz_client *client;
    kz_error *error;
    GString *log;
    GPtrArray *texts;   /* owned by the test */
    GPtrArray *secrets; /* nowhere in logs and errors */
    /* The person. */
    kz_sign_in person;
    Browser browser;
    GThread *thread;
    char *shown_url, *shown_code, *shown_whole;
    double shown_lifetime;
    GPtrArray *pages; /* what the browser was answered */
    /* What the plugin waited for, in seconds; in these tests such waits are over at once. */
    double waits[MOST_WAITS];
    guint n_waits;
    gboolean polls; /* they are left as they are, and not counted */
    /* Where `gated`, the code is exchanged only after open_gate(). */
    gboolean gated, opened;
    char *memory;          /* what the last renewal was given to renew by, as JSON */
    gboolean as_installed; /* not through the test's vtable, but as programs do: by the name of the plugin */
    GMutex lock;
    GCond changed;
};

/* What most tests say and hear; none of it is ever in a log or an error. */
#define TOKEN "access-0123456789"
#define TOKENS(more) "{\"access_token\":\"" TOKEN "\",\"token_type\":\"Bearer\"" more "}"
#define BY_HAND "auth_token_endpoint", "<>/token", "auth_client_id", "app"
#define ALONE BY_HAND, "auth_client_secret", "s3cret-of-app"
#define DEVICE "{\"device_code\":\"device-code-1\",\"user_code\":\"ABCD-EFGH\",\"verification_uri\":\"<>/device\""
#define BY_DEVICE BY_HAND, "auth_device_endpoint", "<>/device_authorization", "auth_grant", "device_code"
/* What the token is to be good for, as a setting and in forms. */
#define FOR_THOSE "auth_audience", "those", "auth_resource", "https://api.example/x"
#define THOSE "&audience=those&resource=https%3A%2F%2Fapi.example%2Fx"
#define PENDING "{\"error\":\"authorization_pending\"}"

/* begin() empties; then answers are added, or none; then open() starts the server (if there are answers) and the client. Settings are names
 * and values in turn; "<>" in them and in answers stands for the server's address. */
void begin(Fixture *f);
/* An answer in turn: a status line without "HTTP/1.1", and a JSON body; or a whole answer. */
void add_json(Fixture *f, const char *status, const char *body);
void add_text(Fixture *f, const char *whole);
/* Changes an answer before it is asked for. */
void set_json(Fixture *f, guint i, const char *status, const char *body);
void open_gate(Fixture *f);
void open_client(Fixture *f, const char *const *settings);
#define OPEN(f, ...) open_client(f, (const char *const[]){ __VA_ARGS__, NULL })
/* One more text that must never be said. */
void keep_secret(Fixture *f, const char *text);
/* Ends with the check that nothing secret was said. */
void end(Fixture *f);

/* Signs in with the person in f->person. */
bool signs_in(Fixture *f);
/* Makes a call to the platform, and whether it went well. */
bool calls(Fixture *f);
/* The credential in force, or NULL with f->error. */
kz_credential *credential_of(Fixture *f);
/* f->error is of the class, holds each text (NULL-terminated), and is cleared. */
void expect_error(Fixture *f, kz_error_code code, const char *const *texts);
#define EXPECT(f, code, ...) expect_error(f, code, (const char *const[]){ __VA_ARGS__, NULL })

/* Writes a key as a PEM file, encrypted unless `password` is NULL; its path (g_free()), to be removed. */
char *write_private_key(EVP_PKEY *key, const char *password);

#endif
