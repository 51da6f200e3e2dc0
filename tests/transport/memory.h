/* memory.h: looks for what should have been wiped. A secret that is looked for is held masked, so that it is not found in the test itself. */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include <stddef.h>

enum { SECRET = 40, MASK = 0x2a };

/* Secret number n, masked; and the same in plain, with a NUL behind, to be wiped by who asks. */
void secret_masked(int n, unsigned char masked[SECRET]);
void secret_plain(int n, char plain[SECRET + 1]);
/* How often the masked text stands unmasked in the memory of this process that was allocated. */
int times_in_memory(const unsigned char masked[SECRET]);

#endif
