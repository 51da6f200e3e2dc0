/* moment.h: dates and times as texts (RFC 3339), checked and read. */
#ifndef KZI_MOMENT_H
#define KZI_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-03-04T05:06:07Z", with a fraction and another zone or none. *seconds receives Unix time, of a time without a zone that of this
 * machine's; NULL: only checked. */
bool kzi_moment_read(const char *text, int64_t *seconds);
/* "2026-03-04". */
bool kzi_moment_is_date(const char *text);

#endif
