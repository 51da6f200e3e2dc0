/* temporary.h: files of targets that read files. */
#ifndef TEST_FUZZ_TEMPORARY_H
#define TEST_FUZZ_TEMPORARY_H

#include <stdbool.h>
#include <stddef.h>

/* A folder that is removed with all that is in it when the process ends. */
const char *fuzz_folder(void);
/* Makes or replaces a file. */
void fuzz_write(const char *path, const void *data, size_t length);

#endif
