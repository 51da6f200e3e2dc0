/* works.h: calls of every kind, small and whole, that tests repeat with something failing in the n-th place: an allocation
 * (test-calls.c), a system call (test-syscalls.c). */
#ifndef TEST_MEMORY_WORKS_H
#define TEST_MEMORY_WORKS_H

#include "../wire/server.h"
#include "failing.h"

#include <kamiwaza/models.h>
#include <kamiwaza/trial.h>

/* What each work gets as its user. */
typedef struct Fixture {
    WireServer *server;
    kz_config *config;
    kz_client *client;
    kz_trial *trial;
    kz_models *models;
    char *folder;  /* for files */
    char *profile; /* the file with the settings of a program that sets none, below the folder */
} Fixture;

void works_begin(Fixture *f);
void works_end(Fixture *f);

typedef struct NamedWork {
    const char *name; /* the end of a test's path */
    FailingWork work;
    bool on_a_loop; /* of the program's */
    bool by_name;   /* of its server, which libcurl asks for in a thread of its own */
} NamedWork;

extern const NamedWork works[];
extern const gsize n_works;

#endif
