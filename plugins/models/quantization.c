/* quantization.c: see quantization.h. The order of fall-backs: variants of the same base, then better ones from near to far,
 * then worse ones. */
#include "quantization.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A base and how its variants end; from best to worst, as fall-backs go. q8_0 comes last: it is larger than its use. */
typedef struct family {
    const char *base;
    const char *variants[7];
} family;
static const family families[] = {
    { "fp16", { "" } },
    { "q6_k", { "", "_l", "_m", "_s" } },
    { "q5_k", { "", "_l", "_m", "_s" } },
    { "q4_k", { "", "_l", "_m", "_s" } },
    { "q4_0", { "" } },
    { "q4_1", { "" } },
    { "q3_k", { "", "_l", "_m", "_s", "_xl" } },
    { "q2_k", { "", "_l", "_m", "_s" } },
    { "q8_0", { "" } },
};
enum { N_FAMILIES = sizeof families / sizeof *families };

/* The length of a quantisation at `at` (behind the dash), 0: there is none. As in q4_k, q4_0, q5_k_m, iq2_xs, fp16. */
static size_t at_quantization(const char *at)
{
    const char *start = at;
    if ((at[0] | 32) == 'f' && (at[1] | 32) == 'p') {
        at += 2;
        while (isdigit((unsigned char)*at))
            at++;
        return at > start + 2 ? (size_t)(at - start) : 0;
    }
    if ((at[0] | 32) == 'i' && (at[1] | 32) == 'q') {
        if (at[2] < '1' || at[2] > '4' || at[3] != '_' || !isalpha((unsigned char)at[4]))
            return 0;
        at += 4;
        while (isalpha((unsigned char)*at))
            at++;
        return (size_t)(at - start);
    }
    if ((at[0] | 32) != 'q' || at[1] < '2' || at[1] > '8' || at[2] != '_')
        return 0;
    return isdigit((unsigned char)at[3]) || (at[3] | 32) == 'k' ? 4 : 0;
}

static void lower(char *out, const char *text, size_t length)
{
    size_t n = length < KZP_QUANTIZATION_SIZE ? length : KZP_QUANTIZATION_SIZE - 1;
    for (size_t i = 0; i < n; i++)
        out[i] = (char)tolower((unsigned char)text[i]);
    out[n] = 0;
}

bool kzp_quantization_of(const char *name, char out[KZP_QUANTIZATION_SIZE])
{
    bool found = false;
    for (const char *dash = name; dash && (dash = strchr(dash, '-')); dash++) {
        size_t length = at_quantization(dash + 1);
        if (!length)
            continue;
        lower(out, dash + 1, length);
        found = true;
    }
    return found;
}

/* What follows a base to make it a variant: _m in q4_k_m. */
static size_t variant_length(const char *at)
{
    size_t n = 1;
    if (*at != '_')
        return 0;
    while (isalpha((unsigned char)at[n]))
        n++;
    return n > 1 && n <= 3 ? n : 0;
}

bool kzp_quantization_matches(const char *name, const char *wanted)
{
    char base[KZP_QUANTIZATION_SIZE];
    size_t length = strlen(wanted);
    for (const char *dash = name; dash && (dash = strchr(dash, '-')); dash++) {
        size_t n = at_quantization(dash + 1);
        if (!n)
            continue;
        lower(base, dash + 1, n + variant_length(dash + 1 + n));
        if (!strcasecmp(base, wanted) || (strlen(base) > length && !strncasecmp(base, wanted, length) && base[length] == '_'))
            return true;
    }
    return false;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t kzp_quantization_names(const kz_model_file *const *files, size_t n_files, char (*out)[KZP_QUANTIZATION_SIZE])
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < n_files; i++)
        if (files[i] && kzp_quantization_of(files[i]->name, out[n]))
            n++;
    if (n)
        qsort(out, n, sizeof *out, compare);
    for (size_t i = 0; i < n; i++)
        if (!i || strcmp(out[i], out[kept - 1]) != 0)
            memmove(out[kept++], out[i], sizeof *out);
    return kept;
}

size_t kzp_quantization_count(const kz_model_file *const *files, size_t n_files)
{
    char first[KZP_QUANTIZATION_SIZE] = "", other[KZP_QUANTIZATION_SIZE];
    size_t count = 0;
    for (size_t i = 0; i < n_files && count < 2; i++)
        if (files[i] && kzp_quantization_of(files[i]->name, other) && strcmp(first, other) != 0) {
            strcpy(first, other);
            count++;
        }
    return count;
}

static size_t pick(const kz_model_file *const *files, size_t n_files, const char *wanted, const kz_model_file **picked)
{
    size_t n = 0;
    for (size_t i = 0; i < n_files; i++)
        if (files[i] && files[i]->name && kzp_quantization_matches(files[i]->name, wanted))
            picked[n++] = files[i];
    return n;
}

static size_t pick_family(const kz_model_file *const *files, size_t n_files, const family *f, const kz_model_file **picked)
{
    char name[KZP_QUANTIZATION_SIZE];
    for (size_t i = 0; i < 7 && (i == 0 || f->variants[i]); i++) {
        strcpy(name, f->base);
        strcat(name, f->variants[i]);
        size_t n = pick(files, n_files, name, picked);
        if (n)
            return n;
    }
    return 0;
}

/* The family that a name belongs to: q4_k_m to q4_k. */
static int family_of(const char *name)
{
    const char *second = strchr(name, '_');
    second = second ? strchr(second + 1, '_') : NULL;
    size_t length = second ? (size_t)(second - name) : strlen(name);
    for (int i = 0; i < N_FAMILIES; i++)
        if (strlen(families[i].base) == length && !strncasecmp(families[i].base, name, length))
            return i;
    return -1;
}

static bool may_fall_back(const char *wanted)
{
    const char *first = strchr(wanted, '_');
    return !first || !strchr(first + 1, '_'); /* a variant that was named stands for itself */
}

size_t kzp_quantization_pick(const kz_model_file *const *files, size_t n_files, const char *wanted, const kz_model_file **picked)
{
    size_t n = pick(files, n_files, wanted, picked);
    int own = n || !may_fall_back(wanted) ? -1 : family_of(wanted);
    if (n || own < 0)
        return n;
    n = pick_family(files, n_files, &families[own], picked);
    for (int i = own - 1; !n && i >= 0; i--)
        n = pick_family(files, n_files, &families[i], picked);
    for (int i = own + 1; !n && i < N_FAMILIES; i++)
        n = pick_family(files, n_files, &families[i], picked);
    return n;
}
