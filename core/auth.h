/* auth.h (core): the credentials of one client. auth.c chooses and creates the provider, grant.c is the credential itself, auth_run.c asks
 * the provider step by step, auth_refusal.c keeps it from being asked again what it has refused, auth_renew.c makes one renewal serve all
 * calls, auth_person.c is signing in and out. */
#ifndef KZI_AUTH_H
#define KZI_AUTH_H

#include "engine.h"
#include "token_store.h"

#include <kamiwaza/auth-plugin.h>

/* ---- a credential (grant.c); it never changes and is counted, so that calls may carry it while another takes its place ---- */

typedef struct kzi_grant {
    atomic_int refs;
    kzi_scope *scope;                        /* owns the texts; wiped */
    uint64_t number;                         /* of this client's credentials, from 1 */
    const char *lines[KZI_CREDENTIAL_LINES]; /* "Authorization: Bearer ..." */
    unsigned n_lines;
    const char *token, *user, *source;
    kz_json memory;
    int64_t ends_at;    /* milliseconds of kzi_boot_ms(), 0: not known */
    int64_t renew_at;   /* likewise */
    int64_t expires_at; /* Unix seconds, 0: not known */
    bool renewable;
} kzi_grant;

kzi_grant *kzi_grant_new(const kz_provider_grant *facts, kz_error **error);
kzi_grant *kzi_grant_ref(kzi_grant *grant);
void kzi_grant_unref(kzi_grant *grant);
/* Whether it can go on requests now, and whether it is time to renew it. */
bool kzi_grant_is_good(const kzi_grant *grant);
bool kzi_grant_is_ending(const kzi_grant *grant);
/* Whether both say the same on requests. */
bool kzi_grant_is_same(const kzi_grant *one, const kzi_grant *other);
/* As the text of an entry of the token store, and back: NULL without an error when it is none. */
bool kzi_grant_write(const kzi_grant *grant, kzi_buffer *out);
kzi_grant *kzi_grant_read(const char *text, size_t length, kz_error **error);

/* ---- one run of a provider: getting, renewing or revoking (auth_run.c) ---- */

typedef enum {
    KZI_RUN_LOOK,  /* what does the store have? */
    KZI_RUN_LOCK,  /* no other process may renew meanwhile */
    KZI_RUN_AGAIN, /* or has it done so already? */
    KZI_RUN_ASK,   /* the provider */
    KZI_RUN_CLAIM, /* the store, to keep what a person got */
    KZI_RUN_KEEP,  /* in the store */
    KZI_RUN_OVER
} kzi_run_phase;

typedef struct kzi_auth_run {
    kz_provider *auth;
    kz_provider_step step;
    kzi_run_phase phase;
    kzi_grant *before;  /* in force when it began, or NULL */
    kzi_grant *stored;  /* what the store has */
    kzi_grant *granted; /* what came of it */
    char *challenge;
    bool forget;     /* what is kept is worth nothing */
    bool spent;      /* so is what `before` was kept by: an earlier run found that */
    bool pauses;     /* kz_provider_pause() */
    double pause;    /* seconds, 0: the usual */
    kz_error *why;   /* the provider failed; told when that is forgotten */
    int held;        /* lock of the store's entry, -1 */
    int64_t wake_at; /* of a wait; 0: none */

    /* The request under way; it belongs to its loop, and outlives the run if need be. What it brings is put here under auth->lock. */
    uint64_t request; /* its number, 0: none is under way */
    kzi_loop *request_loop;
    int64_t request_deadline;
    long status;
    kzi_buffer head, body;
    kz_error *failure;

    kzi_call *leader; /* the call whose thread takes the steps; NULL: nobody's (auth_renew.c) */
    struct kzi_auth_run *next;
} kzi_auth_run;

/* Under auth->lock. */
kzi_auth_run *kzi_auth_run_new(kz_provider *auth, kz_provider_reason reason, const char *challenge, kz_error **error);
/* Takes steps until it is over or must wait: KZ_STEP_WAIT with run->wake_at, 0 while a request is under way on `loop`. */
kz_step kzi_auth_run_turn(kzi_auth_run *run, kzi_loop *loop, kz_error **error);
/* Without auth->lock. */
void kzi_auth_run_free(kzi_auth_run *run);

/* auth_request.c: begins run->step.request on the loop. */
bool kzi_auth_request_begin(kzi_auth_run *run, kzi_loop *loop, kz_error **error);
/* Whether it has ended, one way or another. */
bool kzi_auth_request_is_over(kzi_auth_run *run);
/* What the last one brought. */
void kzi_auth_request_forget(kzi_auth_run *run);

/* ---- the provider of a client (auth.c) ---- */

enum { KZI_AUTH_NEW, KZI_AUTH_CREATING, KZI_AUTH_READY };

struct kz_provider {
    kz_client *client;
    const char *name; /* "oauth"; NULL: no way to sign in */
    const kz_provider_vtable *vtable;
    void *self, *user;
    bool keeps;
    char *account;
    char *key, *label; /* of its entry in the token store */
    kzi_token_store *store;
    pthread_mutex_t lock; /* what follows */
    pthread_cond_t ready;
    atomic_int status; /* READY may be seen without the lock */
    pthread_t creator;
    kzi_grant *grant; /* in force */
    uint64_t n_grants, n_requests;
    kzi_auth_run *runs;    /* all */
    kzi_auth_run *renewal; /* the one that calls wait for */
    kzi_call *waiters;     /* chained by auth_next */
    int64_t not_before;    /* a renewal ahead of time failed: not again until then */
    kz_error *failure;     /* of the last renewal */
    uint64_t failure_of;   /* the credential that could not be renewed */
    uint64_t n_failures;
    kz_error *refusal;       /* what calls are told instead of asking the provider again, or NULL (auth_refusal.c) */
    kzi_grant *refused_with; /* what the store had then, or NULL */
    int64_t refused_until;   /* of kzi_boot_ms() */
    double pause;            /* seconds that it is for, 0: not the usual one */
    uint64_t forgotten;      /* the credential that can be renewed no more, though it says so */
};

kz_provider *kzi_auth_new(kz_client *client, kz_error **error);
void kzi_auth_free(kz_provider *auth);
/* Makes sure that the provider is there. True with auth->vtable NULL: none is configured. */
bool kzi_auth_prepare(kz_provider *auth, kz_error **error);
/* The credential in force, counted, or NULL. */
kzi_grant *kzi_auth_grant(kz_provider *auth);
/* Puts a credential in force (taken over; NULL: none is). */
void kzi_auth_set_grant(kz_provider *auth, kzi_grant *grant);
/* Whether the vtable is large enough for a member that ends at `end`. */
bool kzi_auth_has(const kz_provider_vtable *vtable, size_t end);
#define KZI_AUTH_FUNCTION(auth, member) \
    (kzi_auth_has((auth)->vtable, offsetof(kz_provider_vtable, member) + sizeof(void (*)(void))) ? (auth)->vtable->member : NULL)

/* Whether a setting, by its full name, is one of the provider's that are no secret; loads its plugin for settings auth_*. */
bool kzi_auth_setting_is_open(kz_provider *auth, const char *name);

extern const kz_provider_vtable kzi_auth_api_key, kzi_auth_bearer;

/* ---- what was refused (auth_refusal.c) ---- */

/* Whether the run is not to ask the provider: then the slot has what that said before. */
bool kzi_auth_is_refused(const kzi_auth_run *run, kz_error **error);
/* A run has failed. */
void kzi_auth_remember_refusal(const kzi_auth_run *run, const kz_error *failure);
/* Under auth->lock: there is another credential, or somebody has signed out. */
void kzi_auth_forget_refusal(kz_provider *auth);

/* ---- one renewal for all calls (auth_renew.c) ---- */

/* NEXT: call->grant can be used, if there is one; WAIT: a renewal is under way; END: call->error says why not. `refused` is the number of the credential
 * that the server did not take, 0: none was sent. */
kzi_step kzi_auth_acquire(kzi_call *call, uint64_t refused, const char *challenge);
/* The call ends: it waits no more, and another goes on with the renewal that it led. */
void kzi_auth_leave(kzi_call *call);

#endif
