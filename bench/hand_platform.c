/* hand_platform.c: the platform's side by hand: a list of models as a json-c tree, from the network and from memory; the start of
 * a program; a download to a file. */
#include "hand.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void use_models(json_object *list)
{
    size_t n = json_object_array_length(list);
    for (size_t i = 0; i < n; i++) {
        json_object *model = json_object_array_get_idx(list, i);
        use_string(model, "id");
        use_string(model, "name");
        use_string(model, "repo_modelId");
        use_string(model, "hub");
        use_string(model, "created_timestamp");
        use_int(model, "private");
    }
}

/* The list as a tree. */
static json_object *list_models(transfer *t)
{
    t->begun = false;
    t->tree = NULL;
    perform(t);
    if (!t->tree)
        measure_fail("models", NULL);
    use_models(t->tree);
    return t->tree;
}

void models(const char *url, size_t n)
{
    transfer *t = transfer_new(url, "/models/", take_tree);
    measure_begin();
    for (size_t i = 0; i < n; i++)
        json_object_put(list_models(t));
    measure_end(n);
    transfer_free(t);
}

void decode(const char *url, size_t n)
{
    transfer *t = transfer_new(url, "/models/", take_answer);
    perform(t);
    measure_begin();
    for (size_t i = 0; i < n; i++) {
        json_object *list = parse(t->rest.data, t->rest.length);
        use_models(list);
        json_object_put(list);
    }
    measure_end(n);
    transfer_free(t);
}

/* A program that asks once; what it takes while it rests. */
void start(const char *url, size_t n)
{
    measure_begin();
    transfer *t = transfer_new(url, "/models/", take_tree);
    json_object *list = list_models(t);
    json_object_put(list);
    measure_end(n);
    measure_rest();
    transfer_free(t);
}

static size_t write_to_file(char *data, size_t size, size_t n, void *user)
{
    const int *fd = user;
    size_t length = size * n, done = 0;
    while (done < length) {
        ssize_t written = write(*fd, data + done, length - done);
        if (written < 0)
            return 0;
        done += (size_t)written;
    }
    return length;
}

void download(const char *url, size_t n)
{
    enum { BUFFER = 128 * 1024 };
    const char *path = getenv(TARGET);
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    if (fd < 0)
        measure_fail(TARGET, "cannot be written");
    measure_begin();
    transfer *t = transfer_new(url, "", write_to_file);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, &fd);
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, (long)BUFFER);
    perform(t);
    measure_end(n);
    transfer_free(t);
    if (lseek(fd, 0, SEEK_END) != (off_t)n || close(fd))
        measure_fail(path, "is not whole");
}
