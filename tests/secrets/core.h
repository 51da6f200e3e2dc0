/* core.h: what a core file of this process would hold, looked through for secrets: all memory that can be written, whoever it belongs to: the
 * heap, what was mapped, stacks, those of threads that ended too, and the data of the program and its libraries. Left out is what the
 * TLS library calls its own: the data of its files, and its heap (aside.h). The environment counts: these tests put nothing secret into it. */
#ifndef TEST_SECRETS_CORE_H
#define TEST_SECRETS_CORE_H

#include "secrets.h"

/* A piece of memory that does not count. */
void core_leave_out(const void *memory, gsize length);
/* Whether a secret is there: how a test makes sure that it sees what it looks for. */
gboolean core_holds(Secret which);
/* Whether there is none; those that are there are told on standard error. Under a sanitizer, which keeps what was freed, nothing is looked at;
 * this and the other are true then. */
gboolean core_is_clean(void);

#endif
