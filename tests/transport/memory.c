/* memory.c: see memory.h. */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void secret_masked(int n, unsigned char masked[SECRET])
{
    for (int i = 0; i < SECRET; i++)
        masked[i] = (unsigned char)('a' + (i * (n + 1) + n) % 23) ^ MASK;
}

void secret_plain(int n, char plain[SECRET + 1])
{
    secret_masked(n, (unsigned char *)plain);
    for (int i = 0; i < SECRET; i++)
        plain[i] ^= MASK;
    plain[SECRET] = 0;
}

int times_in_memory(const unsigned char masked[SECRET])
{
    FILE *maps = fopen("/proc/self/maps", "re"), *memory = fopen("/proc/self/mem", "re");
    char line[512];
    int found = 0;
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char rights[8] = "", path[256] = "";
        sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &from, &to, rights, path);
        if (rights[1] != 'w' || to - from > 64ul << 20 || (*path && strcmp(path, "[heap]") != 0))
            continue;
        unsigned char *copy = malloc(to - from);
        fseek(memory, (long)from, SEEK_SET);
        size_t n = fread(copy, 1, to - from, memory);
        for (size_t i = 0; i + SECRET <= n; i++) {
            size_t j = 0;
            while (j < SECRET && (copy[i + j] ^ MASK) == masked[j])
                j++;
            found += j == SECRET;
        }
        explicit_bzero(copy, to - from);
        free(copy);
    }
    fclose(maps);
    fclose(memory);
    return found;
}
