/* token_lock.h: locks that hold among processes and within one, on parts of a lock file. Nobody waits in here. */
#ifndef KZI_TOKEN_LOCK_H
#define KZI_TOKEN_LOCK_H

#include "place.h"

#include <kamiwaza/plugin.h>
#include <stdatomic.h>

/* Tries to lock what `key` stands for (NULL: all that is not for a key) in the lock file that belongs to the place's file: its name
 * and ".lock". DONE: *held is for kzi_token_unlock(). WAIT: somebody else has it, or is about to make the file; *wait seconds, longer each
 * time (counted in *tries). Errors: CONFIG, STATE. */
kz_step kzi_token_lock(const kzi_place *place, const char *key, atomic_uint *tries, int *held, double *wait, kz_error **error);
/* Unlocks; *held becomes -1. */
void kzi_token_unlock(int *held);

#endif
