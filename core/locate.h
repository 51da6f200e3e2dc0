/* locate.h: what a call has that must find its server first (policy_locate.c). */
#ifndef KZI_LOCATE_H
#define KZI_LOCATE_H

#include "engine.h"

typedef struct kzi_locate {
    kzi_instance *owner;
    kz_service handle; /* what the plugin sees */
    char *argument;    /* of the call, by which its server is found, or NULL */
    kzi_call *first;   /* the request that runs first */
    uint64_t round;
    char note[256];
    kzi_buffer base;    /* what was found */
    kzi_buffer before;  /* what is in the URL now */
    size_t base_length; /* how much of the URL that is, 0: none yet */
    bool remembered, again;
} kzi_locate;

/* Whether the plugin says which server answers. */
bool kzi_locates(const kzi_instance *instance);
/* The call, whose URL is a path so far, will be located by its plugin. */
bool kzi_locate_prepare(kzi_call *call, kzi_instance *owner, uint64_t size, kz_error **error);
/* The request that runs first is taken out of the loop. */
void kzi_locate_stop(kzi_call *call);
void kzi_locate_free(kzi_call *call);

#endif
