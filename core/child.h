/* child.h: a program that is run for its output: without a shell, with nothing of ours but the environment, never waited for. */
#ifndef KZI_CHILD_H
#define KZI_CHILD_H

#include "buffer.h"
#include <kamiwaza/error.h>
#include <sys/types.h>

typedef struct kzi_child {
    pid_t pid;         /* 0: it has ended, or was never started */
    int fd;            /* its standard output, non-blocking; -1: at its end */
    int status;        /* of waitpid(), once it has ended */
    bool unknown;      /* nobody knows how it ended: this program ignores SIGCHLD or has waited for it elsewhere */
    kzi_buffer output; /* wiped when freed */
} kzi_child;

typedef enum { KZI_CHILD_RUNS, KZI_CHILD_ENDED, KZI_CHILD_TOO_MUCH } kzi_child_state;

/* Starts `words` in a process group of its own, its standard input and error at /dev/null. Fills the slot with `code`, without the
 * words but the first. */
bool kzi_child_start(kzi_child *child, char *const *words, kz_error_code code, kz_error **error);
/* Takes what it has printed, up to `most` bytes. Never blocks. Memory may have run out: output.failed. */
kzi_child_state kzi_child_look(kzi_child *child, size_t most);
/* Kills what still runs, its whole group, and gives everything back. */
void kzi_child_end(kzi_child *child);

#endif
