/* mortal.h: a process that dies at a system call of the library's own choice of the test, as by kill -9. The linker leads the calls here
 * that change files (see meson.build). */
#ifndef TEST_MORTAL_H
#define TEST_MORTAL_H

#include <stdbool.h>

/* Does the work in a child that dies before its system call number `n` (from 0), or right after it (`after`). False: it needed fewer
 * calls, and did the work. */
bool mortal_child(void (*work)(void *user), void *user, int n, bool after);

#endif
