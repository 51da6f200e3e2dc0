/* clock.c: the time and the chance that the core goes by. A file of its own, so that a test can lead both elsewhere when it links. */
#include "engine.h"

#include <sys/random.h>
#include <time.h>

static int64_t to_ms(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

int64_t kzi_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return to_ms(&now);
}

int64_t kzi_boot_ms(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_BOOTTIME, &now) ? kzi_now_ms() : to_ms(&now);
}

void kzi_random(uint64_t *numbers, size_t n)
{
    if (getrandom(numbers, n * sizeof *numbers, GRND_NONBLOCK) == (ssize_t)(n * sizeof *numbers))
        return;
    for (size_t i = 0; i < n; i++) {
        numbers[i] = ((uint64_t)kzi_now_ms() + i) * 0x9e3779b97f4a7c15u;
        numbers[i] ^= numbers[i] >> 29;
    }
}
