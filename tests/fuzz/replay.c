/* replay.c: feeds a fuzz target the files of the folders that are named, in order of their names, each whole and cut after every
 * byte: the same each time, with any compiler. */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

static char *content_of(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *content = NULL;
    if (!file || fseek(file, 0, SEEK_END))
        abort();
    *size = (size_t)ftell(file);
    rewind(file);
    content = malloc(*size + 1);
    if (!content || fread(content, 1, *size, file) != *size)
        abort();
    fclose(file);
    return content;
}

/* In memory of exactly its size, so that the sanitizers see who reads on. */
static void feed(const char *content, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        abort();
    memcpy(exact, content, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static int feed_folder(const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort), fed = 0;
    for (int i = 0; i < n; i++) {
        char path[4096];
        size_t size;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            char *content = content_of(path, &size);
            for (size_t cut = 0; cut <= size; cut++)
                feed(content, cut);
            free(content);
            fed++;
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return fed;
}

int main(int argc, char **argv)
{
    int fed = 0;
    for (int i = 1; i < argc; i++)
        fed += feed_folder(argv[i]);
    printf("1..1\n%s 1 - %d files of the corpus hold\n", fed ? "ok" : "not ok", fed);
    return !fed;
}
