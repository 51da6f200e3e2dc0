/* aside.c: see aside.h. Memory is handed out once and never again: a test is over before it runs out. */
#include "aside.h"

#include "core.h"

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum { HEAP = 512 << 20, ALIGN = 16 };

static char *heap;
static atomic_size_t used;

/* The size stands before each piece. */
static void *take(size_t size, const char *file, int line)
{
    size_t whole = (size + 2 * ALIGN - 1) / ALIGN * ALIGN, at = atomic_fetch_add(&used, whole);
    (void)file, (void)line;
    if (at + whole > HEAP)
        return NULL;
    memcpy(heap + at, &size, sizeof size);
    return heap + at + ALIGN;
}

static void *change(void *memory, size_t size, const char *file, int line)
{
    size_t old = 0;
    if (memory)
        memcpy(&old, (char *)memory - ALIGN, sizeof old);
    void *fresh = size ? take(size, file, line) : NULL;
    if (fresh && memory)
        memcpy(fresh, memory, old < size ? old : size);
    return fresh;
}

static void give_back(void *memory, const char *file, int line)
{
    (void)memory, (void)file, (void)line;
}

void aside_begin(void)
{
    heap = mmap(NULL, HEAP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    g_assert_true(heap != MAP_FAILED);
    core_leave_out(heap, HEAP);
    g_assert_cmpint(CRYPTO_set_mem_functions(take, change, give_back), ==, 1);
}
