/* done.h: how often the emulator did what it was asked, by the log that it writes with --verbose. */
#ifndef TEST_FAULTS_DONE_H
#define TEST_FAULTS_DONE_H

#include <glib.h>

/* How often each of the runs 1 to `n_runs` was executed (g_free()): lines that begin with `line_of`, whose id is the run's number. What
 * a run sends again with the same Idempotency-Key is the same request to a server that knows them, and counted once. */
guint *done_times(const char *log, const char *line_of, guint n_runs);

/* Each run, whose outcome says whether it had a result: once at the most, and once where there was one. Some were executed and had none,
 * since else nothing was put to the test. */
void done_check(const guint *times, const GByteArray *outcomes);

#endif
