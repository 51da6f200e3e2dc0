/* resolver.h: the names of a test. A program that links resolver.c and exports its symbols answers libcurl's questions for hosts by
 * itself: a name that ends in ".test" is this machine, "hangs.test" gets no answer until the test says so. */
#ifndef TEST_WIRE_RESOLVER_H
#define TEST_WIRE_RESOLVER_H

#include <glib.h>

/* How many questions for "hangs.test" wait for their answer. */
guint resolver_hanging(void);
/* Waits until that many wait. */
void resolver_wait_hanging(guint n);
/* Answers them all, and waits until each has gone. */
void resolver_release(void);

#endif
