/* fuzz-header.c: lines of an answer's head: delays and ranges are in bounds or not readable, whatever a server writes. */
#include "fuzz.h"
#include "header.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "retry-after", "retry-after-ms", "content-range" };
    const char *line = (const char *)data, *value = line;
    size_t length = size;
    for (int i = 0; i < 3; i++)
        if (kzi_header_is(line, size, names[i], &value, &length))
            HOLDS(value >= line && value + length <= line + size);
    int64_t seconds = kzi_header_delay(value, length, 1000, 1700000000), ms = kzi_header_delay(value, length, 1, 1700000000);
    HOLDS(seconds >= -1 && ms >= -1 && (seconds < 0) == (ms < 0));
    int64_t start = kzi_header_range_start(value, length);
    HOLDS(start >= -1 && start < 1000000000000000000);
    return 0;
}
