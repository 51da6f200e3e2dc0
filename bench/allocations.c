/* allocations.c: counts what a process allocates. Loaded before the C library (LD_PRELOAD) into a client of the benchmark, which
 * finds the counter by its name; never there while time is taken. */
#include <stddef.h>

#define SHOWN __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);
SHOWN extern unsigned long bench_allocations;
SHOWN void *malloc(size_t size);
SHOWN void *calloc(size_t n, size_t size);
SHOWN void *realloc(void *memory, size_t size);

unsigned long bench_allocations;

static void count(void)
{
    __atomic_fetch_add(&bench_allocations, 1, __ATOMIC_RELAXED);
}

void *malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count();
    return __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
    count();
    return __libc_realloc(memory, size);
}
