/* stage.h: how these tests run. The servers belong to one process, which knows all secrets in plain; the client belongs to another, the
 * scene, whose memory is looked through when the client is gone. A test is a stage with a scene on it:
 *
 *     Stage stage;
 *     stage_begin(&stage);
 *     stage_play(&stage, "/secrets/calls/subprocess");    a test of the same program, as a process of its own
 *     stage_end(&stage);
 *
 * There is an emulator, which lets in only who has a credential (API_KEY; "ada" with PASSWORD; the client "robot" with CLIENT_SECRET), a
 * relay before it, and a parrot: a server that answers with what it was sent. When the stage ends, what the emulator has logged and kept,
 * the command lines of all programs at each request, and what a server at another origin was sent are looked through too. */
#ifndef TEST_SECRETS_STAGE_H
#define TEST_SECRETS_STAGE_H

#include "relay.h"
#include "seen.h"
#include "secrets.h"

typedef struct Stage {
    GSubprocess *emulator;
    Relay relay;
    WireServer *parrot, *elsewhere;
    char *url;
    Seen seen;
} Stage;

void stage_begin(Stage *stage);
/* What the scene can ask for by scene_told(): STAGE_... below, and more that a test has. */
void stage_tell(const char *name, const char *value);
void stage_play(Stage *stage, const char *scene);
void stage_end(Stage *stage);
/* The path of a file in the folder that stage and scene share; freed by the caller. */
char *stage_path(const char *name);

/* A folder that stage and scene share; there, "noted" is what the relay has seen. */
#define STAGE_FOLDER "KAMIWAZA_TEST_FOLDER"
/* What a stage tells. */
#define STAGE_RELAY "relay"       /* the emulator's URL by way of the relay, without "/api" */
#define STAGE_EMULATOR "emulator" /* its own, likewise */
#define STAGE_PARROT "parrot"     /* "/moved" there leads to another origin */

/* ---- the scene ---- */

typedef struct Scene {
    Seen seen;
    kz_error *error;
} Scene;

/* Prepares the library with KZ_WIPE. */
void scene_begin(Scene *scene);
/* What the stage told, and a URL that begins with it; freed by the caller. */
char *scene_told(const char *name);
char *scene_url(const char *where, const char *path);
/* A configuration for the base URL that heeds nothing else, and logs all there is into what is seen. */
kz_config *scene_config(Scene *scene, const char *base_url);
/* Sets a setting to a secret, between two texts; "" for none. */
void scene_secret(Scene *scene, kz_config *config, const char *setting, const char *before, Secret which, const char *behind);
/* A client of the configuration, which is freed. */
kz_client *scene_client(Scene *scene, kz_config *config);
/* What went wrong, if anything did, is seen. */
void scene_error(Scene *scene);
/* Nothing went wrong. */
void scene_good(const Scene *scene);
/* Makes sure that the search would see the secret if it were left behind now. */
void scene_holds(Secret which);
/* Nothing secret was seen, and none is left in memory. */
void scene_end(Scene *scene);

#endif
