/* measure.h: what the clients of the benchmark share: what is to be measured, the clocks, and one line of JSON as the answer.
 * A client is a process of its own: CLIENT WHAT URL COUNT; the same for ours and the hand-written one. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#define MODEL "gpt-3.5-turbo"
#define KEY "sk-1234567890abcdefghijklmnopqrstuvwxyz1234567890ab"
#define SYSTEM "You are a helpful assistant."
#define QUESTION "Say \"hello\" and tell what you can do."
#define EMBEDDED "the quick brown fox jumps over the lazy dog"

/* What a client can do, each with all it needs beforehand: measure_begin() says that the preparations are over, and
 * measure_end() that `n` items, calls or numbers have been had. */
typedef struct abilities {
    void (*items)(const char *url, size_t n);      /* a stream */
    void (*calls)(const char *url, size_t n);      /* plain calls one after the other */
    void (*embeddings)(const char *url, size_t n); /* one answer of n numbers */
    void (*latency)(
        const char *url, size_t n); /* a stream whose chunks come one at a time; each is told to measure_delivered() */
    void (*together)(const char *url, size_t n); /* n streams at once */
} abilities;

int measure_main(int argc, char **argv, const abilities *client);
void measure_begin(void);
void measure_end(size_t n);
/* An item has reached the program; when the bytes that made it came, measure.c knows, because it watches recv(). */
void measure_delivered(void);
/* What a program does with a text: look at it. Keeps compilers from leaving things out. */
void measure_use(const char *text, size_t length);
void measure_use_number(double number);
_Noreturn void measure_fail(const char *what, const char *why);

#endif
