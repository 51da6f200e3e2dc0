/* failing.h: allocations that fail on command. The linker leads the allocations of the library and of the plugins here; a
 * countdown of the calling thread says which one fails, so a server in the same process goes on working. */
#ifndef TEST_FAILING_H
#define TEST_FAILING_H

#include <kamiwaza/kamiwaza.h>
#include <stdbool.h>

/* The allocation number `n` (from 0) of this thread from now on will fail, once. */
void failing_begin(int n);
/* Back to normal; whether that allocation was reached. */
bool failing_end(void);

/* What is done with each of its allocations failing; false with the slot filled, or true. */
typedef bool (*FailingWork)(void *user, kz_error **error);

/* What can fail in the n-th place. */
typedef struct FailingFault {
    const char *what;                      /* "allocation" */
    void (*begin)(int n);                  /* number `n` (from 0) of this thread from now on will fail, once */
    bool (*end)(void);                     /* back to normal; whether it was reached */
    bool (*allows)(const kz_error *error); /* such an error may come of it */
    void (*hold)(bool held);               /* nothing fails for now, or does again */
} FailingFault;

/* While the work prepares or looks at something itself: what it does then does not count. */
void failing_hold(bool held);

/* Does the work with the n-th place failing, for every n until it needs no more, and once more after each. Each time it ends well or
 * with an error that the fault allows. Returns how many places there were. */
int failing_each_of(const FailingFault *fault, FailingWork work, void *user);
/* The same for allocations: well, or with NO_MEMORY (`any_error`: with some error). */
void failing_each(FailingWork work, void *user, bool any_error);

#endif
