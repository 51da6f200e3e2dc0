/* header.h: what values of answer headers mean (they come from a server: anything may stand there, and none ends with NUL), and the
 * lists of headers that requests carry. */
#ifndef KZI_HEADER_H
#define KZI_HEADER_H

#include "buffer.h"

#include <curl/curl.h>
#include <kamiwaza/base.h>
#include <time.h>

/* Whether the header line (with or without its end) is `name`'s; *value receives what it says, without spaces around. */
bool kzi_header_is(const char *line, size_t length, const char *name, const char **value, size_t *value_length);
/* Retry-After and the like, in milliseconds: a number of `unit` milliseconds each, or a date. -1: not readable. */
int64_t kzi_header_delay(const char *value, size_t length, int64_t unit, time_t now);
/* Digits and nothing else, up to 18 of them; -1: something else. */
int64_t kzi_header_number(const char *value, size_t length);
/* Where the part of a Content-Range begins, "bytes 5-9/10": 5. -1: no such part. */
int64_t kzi_header_range_start(const char *value, size_t length);

/* The headers of an answer, kept: lines without their ends, a NUL behind each. False: no memory. */
bool kzi_head_add(kzi_buffer *head, const char *line, size_t length);
/* The value of the first header of this name, whatever its case; NULL: there is none. */
const char *kzi_head_find(const char *head, size_t length, const char *name);

/* Whether a request may have this header: a name without ':' or spaces, a value (or NULL) of one line. */
bool kzi_header_is_safe(const char *name, const char *value);
/* Appends a header to the list. Without a value it says that libcurl's own header of this name is to be left out. False: no memory. */
bool kzi_header_put(struct curl_slist **list, const char *name, const char *value);
/* The same unless the list has one of this name. */
bool kzi_header_put_default(struct curl_slist **list, const char *name, const char *value);

#endif
