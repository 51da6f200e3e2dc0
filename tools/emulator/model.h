/* model.h: what the parts of the emulated models share: one call of the OpenAI interface, the wish that it amounts to, and the
 * tokens that answer it. A plain answer and a stream are two views of the same tokens, so they always agree. */
#ifndef EMULATOR_MODEL_H
#define EMULATOR_MODEL_H

#include "emulator.h"

enum { CONTEXT_TOKENS = 32768 }; /* what a model can hold, question and answer together */

/* One call on its way. */
typedef struct Call {
    Emulator *emulator;
    struct MHD_Connection *connection;
    const Fault *fault;
    const char *verb;
    const char *path;      /* within the interface: "/chat/completions" */
    const char *tail;      /* what follows the route's path: an id, with what is below it; or NULL */
    char *deployment;      /* the one whose endpoint was asked, or NULL: all */
    json_object *body;     /* or NULL */
    const char *model;     /* as the request names it */
    const char *operation; /* the path of its route, or NULL: there is none */
    char *request_id;
    int status;
} Call;

/* send.c: each ends the call. */
enum MHD_Result send_json(Call *call, int status, json_object *answer); /* takes the answer */
enum MHD_Result send_bytes(Call *call, const char *type, const char *data, size_t length);
/* An error object; param and code may be NULL. */
enum MHD_Result send_error(Call *call, int status, const char *param, const char *code, const char *format, ...)
    G_GNUC_PRINTF(5, 6);
/* Waits for as long as so many tokens take. */
void take_time(const Emulator *emulator, gint64 start, gint64 tokens);

/* A stream of events, made in advance and sent one HTTP chunk each, at the speed of tokens. */
typedef struct Events Events;
Events *events_new(void);
/* `name` may be NULL. Takes the data; `tokens`: how many tokens had to be made for it. */
void events_add(Events *events, const char *name, json_object *data, int tokens);
void events_done(Events *events);                        /* data: [DONE] */
enum MHD_Result send_events(Call *call, Events *events); /* takes the events */

/* tokens.c */
typedef enum Part { PART_REASONING, PART_TEXT, PART_REFUSAL, PART_CALL } Part;
typedef struct Token {
    char *text;
    Part part;
    int call;  /* which of the wished calls these arguments belong to */
    int state; /* of the Markov chain when it was drawn, -1: it had to be this one */
} Token;
GArray *tokens_new(void);
/* Splits a text, NULL for none, into tokens that yield it again when joined. */
void tokens_add(GArray *tokens, const char *text, Part part, int call);
void tokens_push(GArray *tokens, const char *text, Part part, int state);
gint64 count_tokens(const char *text);
/* The text of one part, call by call. */
char *tokens_text(const GArray *tokens, Part part, int call);
/* A number that stands for a token, and its text again; NULL: it stands for none. */
gint64 token_number(const char *text);
char *token_of_number(gint64 number);

/* markov.c */
typedef struct Candidate {
    const char *text;
    double logprob;
} Candidate;
guint64 draw(guint64 *seed); /* the next random number, of 32 bits */
guint64 seed_of(guint64 seed, const char *text);
/* The state in which a sentence begins. */
int markov_start(void);
/* Draws the next token; the new state goes into *state. */
const char *markov_next(int *state, guint64 *seed);
gboolean markov_ends(int state); /* a sentence has just ended */
/* The likeliest tokens of a state, best first; how many there were. */
size_t markov_candidates(int state, Candidate *out, size_t n);
char *markov_sentence(guint64 *seed);

/* json_schema.c: a document that satisfies a schema. */
json_object *json_of_schema(json_object *schema, guint64 *seed);
char *json_text(json_object *json);

/* generate.c */
typedef struct Wish {
    guint64 seed;
    gint64 max_tokens; /* 0: as many as come */
    gint64 prompt_tokens;
    json_object *stop;    /* a text or a list of texts, or NULL */
    json_object *calls;   /* tools to be called: functions with "name" and "parameters"; or NULL */
    json_object *schema;  /* what the text is to satisfy, or NULL */
    json_object *choices; /* texts to choose from, or NULL */
    char *opening;        /* what the text begins with, or NULL */
    gboolean any_json, reasoning, refuses, endless;
} Wish;
typedef struct Choice {
    GArray *tokens;
    const char *finish; /* "stop", "length", "tool_calls" */
} Choice;
Choice *generate(const Wish *wish, guint64 nth);
void choice_free(Choice *choice);
void wish_clear(Wish *wish);

/* wish.c: from a chat request to what is wished for. */
json_object *member(json_object *object, const char *name); /* NULL: there is none, or null */
char *content_text(json_object *content);                   /* a text, or the texts of a list of parts */
/* FALSE: an error was sent, *result tells how. */
gboolean check_numbers(Call *call, enum MHD_Result *result);
gboolean check_messages(Call *call, enum MHD_Result *result);
gboolean wish_of_chat(Call *call, json_object *messages, Wish *wish, enum MHD_Result *result);

/* tools.c: which tools a request has the model call, a new list of functions, NULL: none. FALSE: an error was sent. */
gboolean wished_calls(Call *call, const char *question, json_object **calls, enum MHD_Result *result);

/* logprobs.c */
json_object *chat_logprobs(const Token *tokens, size_t n, gboolean first, gint64 top);
json_object *completion_logprobs(const Token *tokens, size_t n, gboolean first, gint64 top, gint64 *offset);

/* model_names.c */
json_object *models_that_answer(Call *call);
/* The status that answers a call of this model: 200, 404 (there is none), 503 (it is not up yet). */
int model_status(Call *call, const char *name);

/* The routes. */
typedef enum MHD_Result (*CallHandler)(Call *call);
enum MHD_Result chat_completions(Call *call);
enum MHD_Result completions(Call *call);
enum MHD_Result embeddings(Call *call);
enum MHD_Result list_models(Call *call);
enum MHD_Result get_model(Call *call);
enum MHD_Result create_response(Call *call);
enum MHD_Result speech(Call *call);
enum MHD_Result tokenize(Call *call);
enum MHD_Result detokenize(Call *call);
enum MHD_Result rerank(Call *call);

#endif
