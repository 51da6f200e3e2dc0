/* measure.c: see measure.h. */
#include "measure.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

/* How things stand at one moment. */
typedef struct moment {
    struct rusage usage;
    int64_t wall;
    long memory; /* KiB */
    unsigned long allocations;
} moment;

static moment begun, ended;
static size_t count;
static bool rests;

static bool timing;
static int64_t received;
static int64_t *delays;
static size_t n_delays, room;
static _Thread_local uint64_t sink;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Stands before the C library's: notes when bytes came to libcurl. */
__attribute__((visibility("default"))) ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    static ssize_t (*real)(int, void *, size_t, int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "recv");
    ssize_t n = real(fd, buffer, size, flags);
    if (timing && n > 0)
        received = now_ns();
    return n;
}

/* Kibibytes: what is in memory now ("VmRSS:"), or was at most ("VmHWM:"). */
static long memory(const char *what)
{
    char line[256];
    long value = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, what, strlen(what)))
            value = strtol(line + strlen(what), NULL, 10);
    if (file)
        fclose(file);
    return value;
}

/* Of the whole process, where allocations.c was loaded before the C library. */
static unsigned long allocations(void)
{
    const unsigned long *counter = dlsym(RTLD_DEFAULT, "bench_allocations");
    return counter ? __atomic_load_n(counter, __ATOMIC_RELAXED) : 0;
}

void measure_begin(void)
{
    begun.memory = memory("VmRSS:");
    n_delays = 0;
    begun.allocations = allocations();
    begun.wall = now_ns();
    getrusage(RUSAGE_SELF, &begun.usage);
}

void measure_end(size_t n)
{
    getrusage(RUSAGE_SELF, &ended.usage);
    ended.wall = now_ns();
    ended.allocations = allocations();
    ended.memory = memory("VmHWM:");
    count = n;
}

void measure_rest(void)
{
    rests = true;
    ended.memory = memory("VmRSS:");
}

void measure_delivered(void)
{
    int64_t delay = now_ns() - received;
    if (n_delays < room)
        delays[n_delays++] = delay;
}

void measure_use(const char *text, size_t length)
{
    sink += length + (length ? (unsigned char)text[length - 1] : 0);
}

void measure_use_number(double number)
{
    sink += number > 0;
}

void measure_fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why ? why : "failed");
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double seconds(struct timeval from, struct timeval to)
{
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_usec - from.tv_usec) * 1e-6;
}

static const ability *find(const ability *abilities, const char *name)
{
    while (abilities->name && strcmp(abilities->name, name) != 0)
        abilities++;
    return abilities->name ? abilities : NULL;
}

static int usage(const char *program, const ability *abilities)
{
    fprintf(stderr, "usage: %s WHAT URL COUNT, of", program);
    for (; abilities->name; abilities++)
        fprintf(stderr, " %s", abilities->name);
    fprintf(stderr, "\n");
    return 2;
}

/* The descriptors of a thousand streams. */
static void allow_many_files(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int measure_main(int argc, char **argv, const ability *abilities)
{
    const ability *chosen = argc == 4 ? find(abilities, argv[1]) : NULL;
    size_t n = chosen ? strtoul(argv[3], NULL, 10) : 0;
    if (!n)
        return usage(argv[0], abilities);
    allow_many_files();
    timing = !strcmp(chosen->name, "latency");
    room = timing ? n : 1;
    delays = calloc(room, sizeof *delays);
    if (!delays)
        return 1;
    chosen->run(argv[2], n);
    qsort(delays, n_delays, sizeof *delays, by_value);
    printf("{\"n\": %zu, \"user\": %.6f, \"system\": %.6f, \"wall\": %.6f, \"memory\": %ld, \"peak\": %ld, \"allocations\": %lu, "
           "\"median\": %lld, \"p99\": %lld, \"sink\": %llu}\n",
        count, seconds(begun.usage.ru_utime, ended.usage.ru_utime), seconds(begun.usage.ru_stime, ended.usage.ru_stime),
        (double)(ended.wall - begun.wall) * 1e-9, rests ? ended.memory : ended.memory - begun.memory, memory("VmHWM:"),
        ended.allocations - begun.allocations, n_delays ? (long long)delays[n_delays / 2] : 0,
        n_delays ? (long long)delays[n_delays * 99 / 100] : 0, (unsigned long long)sink);
    free(delays);
    return 0;
}
