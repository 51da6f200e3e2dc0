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
#define TARGET "BENCH_FILE" /* the variable that names the file to download to */

enum { THREADS = 8 };

/* Something that a client can do, with all that it needs beforehand: measure_begin() says that the preparations are over, and
 * measure_end() that `n` items, calls or numbers have been had. A list of them ends with one without a name. */
typedef struct ability {
    const char *name;
    void (*run)(const char *url, size_t n);
} ability;

int measure_main(int argc, char **argv, const ability *abilities);
void measure_begin(void);
void measure_end(size_t n);
/* What is in memory now is what counts, rather than the most that was. */
void measure_rest(void);
/* An item has reached the program; when the bytes that made it came, measure.c knows, because it watches recv(). */
void measure_delivered(void);
/* What a program does with a text: look at it. Keeps compilers from leaving things out. For one thread. */
void measure_use(const char *text, size_t length);
void measure_use_number(double number);
_Noreturn void measure_fail(const char *what, const char *why);

#endif
