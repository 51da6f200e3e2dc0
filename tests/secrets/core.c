/* core.c: see core.h. The memory is read through /proc/self/mem, a block at a time, into one that is left out itself. */
#include "core.h"

#include "../faults/sanitized.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, MOST_HITS = 40, MOST_LEFT_OUT = 4, AROUND = 64 };

typedef struct Hit {
    SecretHit what;
    gsize address;
    char place[64], around[AROUND + 1];
} Hit;

typedef struct Found {
    Hit hits[MOST_HITS]; /* the first ones */
    guint n, of[N_SECRETS];
    gsize looked_at; /* bytes */
    char block[BLOCK];
} Found;

typedef struct Range {
    gsize from, to;
} Range;

static Range left_out[MOST_LEFT_OUT];
static guint n_left_out;

void core_leave_out(const void *memory, gsize length)
{
    g_assert_cmpuint(n_left_out, <, MOST_LEFT_OUT);
    left_out[n_left_out++] = (Range){ (gsize)memory, (gsize)memory + length };
}

static gboolean counts(const char *rights, const char *path)
{
    static const char *const of_tls[] = { "/libssl", "/libcrypto", "/libgnutls", "/libnettle", "/libhogweed" };
    for (guint i = 0; i < G_N_ELEMENTS(of_tls); i++)
        if (strstr(path, of_tls[i]))
            return FALSE;
    return rights[0] == 'r' && rights[1] == 'w' && !g_str_has_prefix(path, "/dev/");
}

/* What stands there, as far as it can be shown. */
static void take_hit(Found *found, const SecretHit *what, gsize address, gsize length, const char *place)
{
    for (Secret which = 0; which < N_SECRETS; which++)
        found->of[which] += secret_is(which, what->name);
    if (found->n++ >= MOST_HITS)
        return;
    Hit *hit = &found->hits[found->n - 1];
    *hit = (Hit){ .what = *what, .address = address + what->at };
    g_strlcpy(hit->place, *place ? place : "mapped memory", sizeof hit->place);
    gsize first = what->at > AROUND / 2 ? what->at - AROUND / 2 : 0;
    for (gsize i = 0; i < AROUND && first + i < length; i++)
        hit->around[i] = g_ascii_isprint(found->block[first + i]) ? found->block[first + i] : '.';
}

static void look(Found *found, int memory, gsize from, gsize to, const char *place)
{
    while (from + PIECE <= to) {
        gssize length = pread(memory, found->block, MIN(to - from, BLOCK), (off_t)from);
        SecretHit hit;
        if (length < PIECE)
            return;
        for (gsize at = 0; secrets_next(found->block, (gsize)length, at, &hit); at = hit.at + PIECE)
            take_hit(found, &hit, from, (gsize)length, place);
        found->looked_at += (gsize)length;
        from += (gsize)length - (PIECE - 1);
    }
}

/* Neighbours are listed as one. */
static void look_beside(Found *found, int memory, gsize from, gsize to, const char *place, guint range)
{
    for (; range < n_left_out; range++) {
        const Range *out = &left_out[range];
        if (out->to <= from || out->from >= to)
            continue;
        if (from < out->from)
            look_beside(found, memory, from, out->from, place, range + 1);
        from = out->to;
    }
    look(found, memory, from, to, place);
}

static Found *search(void)
{
    SecretHit none;
    secrets_next("", 0, 0, &none); /* the table is made before the memory is listed */
    FILE *maps = fopen("/proc/self/maps", "re");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512];
    Found *found = mmap(NULL, sizeof *found, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    g_assert_true(maps && memory >= 0 && found != MAP_FAILED);
    core_leave_out(found, sizeof *found);
    while (fgets(line, sizeof line, maps)) {
        gsize from, to;
        char rights[8] = "", path[256] = "";
        sscanf(line, "%zx-%zx %7s %*s %*s %*s %255s", &from, &to, rights, path);
        if (counts(rights, path))
            look_beside(found, memory, from, to, path, 0);
    }
    n_left_out--;
    fclose(maps);
    close(memory);
    return found;
}

gboolean core_holds(Secret which)
{
    if (SANITIZED)
        return TRUE;
    Found *found = search();
    gboolean there = found->of[which] > 0;
    munmap(found, sizeof *found);
    return there;
}

gboolean core_is_clean(void)
{
    if (SANITIZED)
        return TRUE;
    Found *found = search();
    for (guint i = 0; i < MIN(found->n, MOST_HITS); i++) {
        const Hit *hit = &found->hits[i];
        g_printerr("# %s is in memory, %s, at %zx in %s: %s\n", hit->what.name, hit->what.disguise, hit->address, hit->place,
            hit->around);
    }
    g_printerr("# %u pieces of secrets in %zu KiB of memory\n", found->n, found->looked_at / 1024);
    gboolean clean = !found->n;
    munmap(found, sizeof *found);
    return clean;
}
