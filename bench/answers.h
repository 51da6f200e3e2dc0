/* answers.h: what the benchmark's server answers, made once and sent again and again. */
#ifndef BENCH_ANSWERS_H
#define BENCH_ANSWERS_H

#include <stddef.h>
#include <stdint.h>

/* Bytes to send, whole: head, body and, where it is a stream, the frames of chunked transfer. */
typedef struct answer {
    char *bytes;
    size_t length, capacity;
} answer;

/* The head of a stream, one chunk of it (they differ a little; `i` is any number), and its end. */
void answer_stream_head(answer *out);
void answer_chunk(answer *out, size_t i);
void answer_stream_end(answer *out);
/* A stream of `n` chunks. */
void answer_stream(answer *out, size_t n);
/* A chat completion of some 600 bytes. */
void answer_completion(answer *out);
/* `rows` embeddings of `columns` numbers, written as servers do: a float as the shortest text of the double it is. */
void answer_embeddings(answer *out, size_t rows, size_t columns);
/* The platform's list of `n` models, some 800 bytes each. */
void answer_models(answer *out, size_t n);
/* A file of `size` bytes: the head of the answer, and the block that is sent until it is whole. */
void answer_file(answer *head, answer *block, uint64_t size);

#endif
