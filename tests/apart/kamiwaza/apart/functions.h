/* functions.h: what the service of these tests has beside its operations, since its newer version. */
#ifndef TEST_APART_FUNCTIONS_H
#define TEST_APART_FUNCTIONS_H

#include <stdint.h>

typedef struct kz_apart_functions {
    uint64_t size;
    int64_t (*answer)(void);
} kz_apart_functions;

#endif
