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
/* Does the work with the n-th allocation failing, for every n until it needs no more, and once more after each. Each time it ends well
 * or with NO_MEMORY (`any_error`: with some error). */
void failing_each(FailingWork work, void *user, bool any_error);

#endif
