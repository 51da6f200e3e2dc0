/* clock.h: the core's time and chance in the hands of a test. The linker leads the core's clock here, and its waiting too: where
 * nothing can come, a wait passes at once and the clock goes on by it. So whatever waits for a time waits for nobody. */
#ifndef TEST_FAULTS_CLOCK_H
#define TEST_FAULTS_CLOCK_H

#include <glib.h>

/* From now on the clock stands still but for waits that are passed over; or the machine's again. */
void clock_virtual(gboolean on);
/* Milliseconds that have passed on it, of either kind. */
gint64 clock_now(void);
/* So much time goes by on it. */
void clock_pass(gint64 milliseconds);
/* What chance says from now on. */
void clock_chance(guint64 number);
/* An eventfd that is readable while somebody holds back what the core waits for: nothing can come then either, and one wait passes
 * for each read of it. -1: nobody does. */
void clock_stalled_by(int fd);
/* Done within each wait for which no transfer runs, before it passes; NULL: nothing. */
void clock_in_a_wait(void (*does)(void *user), void *user);
/* How many times a wait was passed over, and how long each of the first ones took. */
guint clock_waits(gint64 *milliseconds, guint room);

#endif
