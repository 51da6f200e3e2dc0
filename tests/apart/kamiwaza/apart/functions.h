/* functions.h: what the service of these tests has beside its operations. The newer version has more, and has given one up that was
 * planned: its place stays. */
#ifndef TEST_APART_FUNCTIONS_H
#define TEST_APART_FUNCTIONS_H

#include <kamiwaza/apart.h>

typedef struct kz_apart_functions {
    uint64_t size;
    int64_t (*answer)(void);
#ifdef APART_NEWER
    int64_t (*given_up)(void);
    int64_t (*question)(void);
#endif
} kz_apart_functions;

/* 0 with the slot filled where the plugin lacks it. */
static inline int64_t kz_apart_answer(const kz_apart *apart, kz_error **error)
{
    const kz_apart_functions *functions = KZ_PLUGIN_FUNCTION(kz_apart_functions, apart, answer, error);
    return functions ? functions->answer() : 0;
}

#ifdef APART_NEWER
static inline int64_t kz_apart_question(const kz_apart *apart, kz_error **error)
{
    const kz_apart_functions *functions = KZ_PLUGIN_FUNCTION(kz_apart_functions, apart, question, error);
    return functions ? functions->question() : 0;
}

/* Of use together alone. */
static inline int64_t kz_apart_both(const kz_apart *apart, kz_error **error)
{
    const kz_apart_functions *functions = KZ_PLUGIN_FUNCTIONS(kz_apart_functions, apart, answer, question, error);
    return functions ? functions->answer() + functions->question() : 0;
}

static inline int64_t kz_apart_given_up(const kz_apart *apart, kz_error **error)
{
    const kz_apart_functions *functions = KZ_PLUGIN_FUNCTION(kz_apart_functions, apart, given_up, error);
    return functions ? functions->given_up() : 0;
}
#endif

#endif
