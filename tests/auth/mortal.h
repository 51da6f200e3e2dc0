/* mortal.h: system calls at which a process dies, as by kill -9, or which fail. The linker leads the calls here
 * that change files (see meson.build). */
#ifndef TEST_MORTAL_H
#define TEST_MORTAL_H

#include <stdbool.h>

/* Does the work in a child that dies before its system call number `n` (from 0), or right after it (`after`). False: it needed fewer
 * calls, and did the work. */
bool mortal_child(void (*work)(void *user), void *user, int n, bool after);

/* The system call number `n` of this process from now on, of those named `name` (NULL: of all), fails with `code`, once. */
void mortal_fail(const char *name, int n, int code);
/* Back to normal; whether it came to that. */
bool mortal_fail_end(void);

/* Before the next system call named `name` comes what another process does right then. */
void mortal_before(const char *name, void (*what)(void *user), void *user);

#endif
