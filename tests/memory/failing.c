/* failing.c: see failing.h. */
#include "failing.h"

#include <glib.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
#define SHOWN __attribute__((visibility("default"))) /* to the plugins */
SHOWN void *__wrap_malloc(size_t size);
SHOWN void *__wrap_calloc(size_t n, size_t size);
SHOWN void *__wrap_realloc(void *memory, size_t size);
SHOWN char *__wrap_strdup(const char *text);
SHOWN char *__wrap_strndup(const char *text, size_t length);
SHOWN int __wrap_asprintf(char **out, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));

static _Thread_local int countdown = -1; /* negative: none fails */
static _Thread_local bool reached;

void failing_begin(int n)
{
    countdown = n;
    reached = false;
}

bool failing_end(void)
{
    countdown = -1;
    return reached;
}

static bool fails(void)
{
    if (countdown < 0 || countdown-- > 0)
        return false;
    return reached = true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strndup(const char *text, size_t length)
{
    length = strnlen(text, length);
    char *copy = fails() ? NULL : __real_malloc(length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = 0;
    }
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = fails() ? -1 : vasprintf(out, format, arguments);
    va_end(arguments);
    return length;
}

/* libcurl 7.88 cannot say that a reset found no memory for the path of the CA bundle: it leaves a handle with half of its defaults
 * behind. So nothing fails in there. */
void __real_curl_easy_reset(void *easy);
void __wrap_curl_easy_reset(void *easy);
void __wrap_curl_easy_reset(void *easy)
{
    int before = countdown;
    countdown = -1;
    __real_curl_easy_reset(easy);
    countdown = before;
}

static const FailingFault *current;

void failing_hold(bool held)
{
    current->hold(held);
}

int failing_each_of(const FailingFault *fault, FailingWork work, void *user)
{
    current = fault;
    for (int n = 0;; n++) {
        kz_error *error = NULL;
        g_assert_cmpint(n, <, 20000);
        fault->begin(n);
        bool done = work(user, &error);
        bool hit = fault->end();
        if (done != !error)
            g_error("%s %d: %s", fault->what, n, done ? "done, with an error" : "neither done nor an error");
        if (error && (!hit || !fault->allows(error)))
            g_error("%s %d: %s: %s", fault->what, n, kz_error_class(error->code), error->message);
        kz_error_clear(&error);
        if (!hit)
            return n;
        if (!work(user, &error))
            g_error("after %s %d failed: %s", fault->what, n, error->message);
    }
}

static void hold(bool held)
{
    static _Thread_local int before;
    if (held)
        before = countdown;
    countdown = held ? -1 : before;
}

static bool is_no_memory(const kz_error *error)
{
    return error->code == KZ_ERROR_NO_MEMORY;
}

static bool is_any(const kz_error *error)
{
    return *error->message;
}

void failing_each(FailingWork work, void *user, bool any_error)
{
    const FailingFault fault = { "allocation", failing_begin, failing_end, any_error ? is_any : is_no_memory, hold };
    int n = failing_each_of(&fault, work, user);
    g_assert_cmpint(n, >, 0);
    g_test_message("%d allocations", n);
}
