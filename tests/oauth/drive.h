/* drive.h: takes the steps of the provider auth-oauth as the core does, with answers that the test has instead of requests: no network, no
 * waiting. For tests that make very many of them. */
#ifndef TEST_OAUTH_DRIVE_H
#define TEST_OAUTH_DRIVE_H

#include <kamiwaza/auth-plugin.h>

/* The next answer: `length` bytes of malloc() with a NUL behind, and its status (0: nobody answered); NULL: there is no more. */
typedef char *(*NextAnswer)(void *user, long *status, size_t *length);

const kz_provider_vtable *drive_vtable(void);
/* A client that signs in by auth-oauth; settings are names and values in turn. NULL with the slot filled. */
kz_client *drive_client(const char *const *settings, kz_error **error);
/* One provider of the client, as create() makes it; destroy it by the vtable. */
void *drive_create(kz_client *client, kz_error **error);
/* One run, with a person who is shown things. `memory`: what is kept of the last grant, or NULL. How it ended: REQUEST where answers ran out,
 * DONE with *granted whether there is a credential. */
kz_step drive(kz_client *client, void *self, kz_provider_reason reason, const char *memory, NextAnswer next, void *user,
    bool *granted, kz_error **error);

#endif
