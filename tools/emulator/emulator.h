/* emulator.h: what the parts of the emulator share: the platform's state, a request on its way, and how answers are made. All
 * state is JSON (json-c) under one lock; time makes downloads and deployments progress when they are looked at. */
#ifndef EMULATOR_H
#define EMULATOR_H

#include <glib.h>
#include <json-c/json.h>
#include <kamiwaza/plugin.h>
#include <microhttpd.h>

typedef struct Emulator {
    kz_client *client;
    char **services;
    guint64 seed;
    gint64 speed;       /* bytes a second of downloads that the platform makes */
    gint64 token_speed; /* tokens a second that models answer with, 0: as fast as possible */
    char **models;      /* that answer without a deployment, or NULL */
    gint ending;        /* atomic: the program is about to end, answers are cut short */
    gint64 deploy_ms;   /* from the request of a deployment to its end */
    char *state_path;   /* or NULL: nothing is kept */
    char *require_key;
    gboolean require_auth;   /* let in only who has signed in */
    gint64 token_lifetime;   /* of access tokens, in seconds */
    char *origin;            /* http://HOST:PORT */
    struct evp_pkey_st *key; /* that tokens are signed with, or NULL: not needed yet */
    char *fault;             /* of every request, or NULL */
    gboolean verbose;
    guint16 port;
    GMutex lock;
    json_object *state; /* { models, files, configs, deployments, locations, clusters, federations, hardware, users ... } */
    GHashTable *fault_counts;
    GHashTable *executed; /* operations by name: how often */
    gint64 connections;
    guint64 counter; /* of identifiers made */
} Emulator;

typedef struct Request {
    Emulator *emulator;
    struct MHD_Connection *connection;
    const kz_operation *operation;
    const char *service;
    json_object *args;  /* path and query arguments, typed */
    json_object *body;  /* or NULL */
    json_object *user;  /* whom the credentials stand for, borrowed from the state; NULL: nobody */
    json_object *token; /* the entry of the token that came, borrowed, or NULL */
    int status;
    json_object *answer; /* made by a handler */
    GPtrArray *headers;  /* of the answer: names and values in turn */
} Request;

/* A handler of one operation; false: it has nothing to say, the schema answers. */
typedef gboolean (*Handler)(Request *request);
typedef struct Route {
    const char *operation;
    Handler handler;
} Route;

/* Tables of handlers, ended by { NULL }. */
extern const Route models_routes[], serving_routes[], cluster_routes[], users_routes[], sign_in_routes[], sessions_routes[],
    pats_routes[], identity_providers_routes[], gateway_routes[], authz_routes[];

/* state.c */
void state_begin(Emulator *emulator);
void state_save(Emulator *emulator);
json_object *state_list(Emulator *emulator, const char *name);
char *make_id(Emulator *emulator);
char *now_text(void);
gint64 now_ms(void);
/* The entry of a list whose member has this value, borrowed; NULL: none. */
json_object *find_by(json_object *list, const char *member, const char *value);
void remove_by(json_object *list, const char *member, const char *value);
/* Removes the entries that ended (exp_ms) more than `kept_ms` ago. */
void forget_ended(json_object *list, gint64 kept_ms);
const char *text_of(json_object *object, const char *member);
gint64 int_of(json_object *object, const char *member);
gboolean bool_of(json_object *object, const char *member);
void put_text(json_object *object, const char *member, const char *value);
/* A new entry: the body's members, an id and the time, appended to a list of the state; borrowed. */
json_object *add_entry(Request *request, const char *list);
/* Copies the members of `from` over those of `to`. */
void merge(json_object *to, json_object *from);
gboolean reply(Request *request, json_object *answer); /* takes the answer */
gboolean reply_error(Request *request, int status, const char *detail);
void reply_header(Request *request, const char *name, const char *value);
/* An entry as answers show it: without what the emulator notes for itself (x_...). */
json_object *shown(json_object *entry);
const char *arg(const Request *request, const char *name);

/* hub.c */
json_object *hub_search(const char *query, gboolean exact, gint64 limit);
json_object *hub_files(Emulator *emulator, const char *repo);
json_object *hub_model(const char *repo);
/* The size of a file of the hub, -1: there is none. */
gint64 hub_file_size(const char *repo, const char *file);
void hub_fill(guint64 seed, const char *repo, const char *file, gint64 offset, char *out, size_t length);

/* check.c: FastAPI's list of what is wrong with a request, or NULL. */
json_object *check_request(const Request *request);
/* answer.c: something that fits a schema. */
json_object *sample(const kz_schema *schema, guint64 seed, int depth);
/* routes.c */
/* The fields of a form as the members of an object. */
json_object *read_form(const char *body, size_t length);
/* The arguments of the query. */
void read_query(Request *request);
enum MHD_Result serve(
    Emulator *emulator, struct MHD_Connection *connection, const char *method, const char *url, const char *body, size_t length);
/* control.c */
gboolean is_control_path(const char *url);
void control_begin(Emulator *emulator);
void control_end(Emulator *emulator);
/* Answers a request for the emulator itself. */
void control(Request *request, const char *method, const char *url);
/* Of the HTTP server: a connection comes or goes. */
void count_connection(
    void *user, struct MHD_Connection *connection, void **socket_context, enum MHD_ConnectionNotificationCode what);
/* A request was acted on, before it is answered: the operation is counted unless it failed (NULL: none was found), and with --verbose
 * a line is written. Not under the lock. */
void note_request(Emulator *emulator, struct MHD_Connection *connection, const char *method, const char *url,
    const char *operation, int status);
/* faults.c */
typedef struct Fault {
    int status;
    gint64 delay, cut, drip;
    gboolean garbage;
    gboolean closes; /* in place of an answer */
} Fault;
Fault fault_of(Emulator *emulator, struct MHD_Connection *connection, const char *path);
/* A response of a copy of this text, with what the fault makes of it. */
struct MHD_Response *response_of_text(const char *text, size_t length, const Fault *fault);
/* An answer of text, with what the fault makes of it. `headers`: names and values in turn, or NULL. */
enum MHD_Result send_text(struct MHD_Connection *connection, int status, const char *type, const char *text, size_t length,
    const GPtrArray *headers, const Fault *fault);
/* serving.c: brings a deployment to its state of now. */
void deployment_advance(const Emulator *emulator, json_object *deployment);
/* model_server.c: whether a path belongs to the OpenAI interface of a model; its answer. */
gboolean is_model_path(const char *url);
enum MHD_Result serve_model(Emulator *emulator, struct MHD_Connection *connection, const char *method, const char *url,
    const char *body, size_t length, const Fault *fault);
/* files.c: /hub/ORG/NAME/resolve/REVISION/FILE */
enum MHD_Result send_file(Emulator *emulator, struct MHD_Connection *connection, const char *path, const Fault *fault);

#endif
