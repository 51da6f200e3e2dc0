/* clock.c: the time and the chance that the core goes by. A file of its own, so that a test can lead both elsewhere when it links. */
#include "auth.h"
#include "engine.h"

#include <sys/random.h>
#include <time.h>

int64_t kzi_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t kzi_boot_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_BOOTTIME, &now))
        return kzi_now_ms();
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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
