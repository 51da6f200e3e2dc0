/* hand.h: what the parts of the hand-written client share: transfers, and reading members of a tree. */
#ifndef BENCH_HAND_H
#define BENCH_HAND_H

#include "measure.h"

#include <curl/curl.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct buffer {
    char *data;
    size_t length, capacity;
} buffer;

/* One transfer: its handle and what of it has come but is not a whole line yet. */
typedef struct transfer {
    CURL *easy;
    buffer rest;
    json_object *tree; /* of an answer that is parsed as it comes */
    size_t items;
    bool begun, done, timed;
} transfer;

transfer *transfer_new(const char *url, const char *path, curl_write_callback take);
void transfer_free(transfer *t);
void perform(transfer *t);
/* The text of the request must live until the transfer is over: the caller puts the object. */
void set_body(transfer *t, json_object *request);
json_object *chat_request(bool stream);

/* Callbacks of libcurl: a chat stream; an answer kept whole; one that is parsed as it comes. */
size_t take_stream(char *data, size_t size, size_t n, void *user);
size_t take_answer(char *data, size_t size, size_t n, void *user);
size_t take_tree(char *data, size_t size, size_t n, void *user);

json_object *parse(const char *text, size_t length);
void use_string(json_object *parent, const char *name);
void use_int(json_object *parent, const char *name);

/* hand_many.c */
void together(const char *url, size_t n);
/* hand_platform.c */
void models(const char *url, size_t n);
void decode(const char *url, size_t n);
void start(const char *url, size_t n);
void download(const char *url, size_t n);

#endif
