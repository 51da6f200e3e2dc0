/* failing.h: allocations that fail on command. The linker leads the allocations of the library and of the plugins here; a
 * countdown of the calling thread says which one fails, so a server in the same process goes on working. */
#ifndef TEST_FAILING_H
#define TEST_FAILING_H

#include <stdbool.h>

/* The allocation number `n` (from 0) of this thread from now on will fail, once. */
void failing_begin(int n);
/* Back to normal; whether that allocation was reached. */
bool failing_end(void);

#endif
