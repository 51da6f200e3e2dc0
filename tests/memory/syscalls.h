/* syscalls.h: system calls that fail on command. A program that links syscalls.c and exports its symbols stands between the C library
 * and all that calls it: the core, the plugins, libcurl. A countdown of the calling thread says which call fails, so a server in
 * the same process goes on working. */
#ifndef TEST_SYSCALLS_H
#define TEST_SYSCALLS_H

#include "failing.h"

/* Lets every system call of the work fail in turn, with each of ENOSPC, EMFILE, EIO and EINTR, and moves less than was asked for
 * where a call may do so. Each time it ends well or with an error that is no answer of the server's; after an interruption and a
 * short count, which are no failures, it ends well where the library itself made the call. Returns how many were let fail. */
int syscalls_each(FailingWork work, void *user);

#endif
