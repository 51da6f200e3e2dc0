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

static struct {
    struct rusage usage;
    int64_t wall;
    long memory;
} begun;
static struct rusage ended;
static int64_t wall;
static size_t count;

static bool timing;
static int64_t received;
static int64_t *delays;
static size_t n_delays, room;
static uint64_t sink;

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

void measure_begin(void)
{
    begun.memory = memory("VmRSS:");
    n_delays = 0;
    begun.wall = now_ns();
    getrusage(RUSAGE_SELF, &begun.usage);
}

void measure_end(size_t n)
{
    getrusage(RUSAGE_SELF, &ended);
    wall = now_ns() - begun.wall;
    count = n;
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

int measure_main(int argc, char **argv, const abilities *client)
{
    size_t n = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    const char *what = n ? argv[1] : "";
    void (*run)(const char *, size_t) = !strcmp(what, "items") ? client->items
        : !strcmp(what, "calls")                               ? client->calls
        : !strcmp(what, "embeddings")                          ? client->embeddings
        : !strcmp(what, "latency")                             ? client->latency
        : !strcmp(what, "together")                            ? client->together
                                                               : NULL;
    if (!run) {
        fprintf(stderr, "usage: %s items|calls|embeddings|latency|together URL COUNT\n", argv[0]);
        return 2;
    }
    room = n;
    delays = calloc(room, sizeof *delays);
    timing = !strcmp(what, "latency");
    if (!delays)
        return 1;
    run(argv[2], n);
    qsort(delays, n_delays, sizeof *delays, by_value);
    printf("{\"n\": %zu, \"user\": %.6f, \"system\": %.6f, \"wall\": %.6f, \"memory\": %ld, \"median\": %lld, \"p99\": %lld, "
           "\"sink\": %llu}\n",
        count, seconds(begun.usage.ru_utime, ended.ru_utime), seconds(begun.usage.ru_stime, ended.ru_stime), (double)wall * 1e-9,
        memory("VmHWM:") - begun.memory, n_delays ? (long long)delays[n_delays / 2] : 0,
        n_delays ? (long long)delays[n_delays * 99 / 100] : 0, (unsigned long long)sink);
    free(delays);
    return 0;
}
