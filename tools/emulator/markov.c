/* markov.c: a chain of tokens learnt from one short text: after each token comes one of those that came after it there. Whoever
 * draws with the same seed reads the same text. */
#include "corpus.h"
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Successor {
    int token;
    int count;
} Successor;
typedef struct State {
    const char *text;
    GArray *next; /* of Successor, most frequent first */
    int total;
} State;

static GArray *states;

static int number_of(GHashTable *known, const char *text)
{
    gpointer found = g_hash_table_lookup(known, text);
    if (found)
        return GPOINTER_TO_INT(found) - 1;
    State state = { .text = g_strdup(text), .next = g_array_new(FALSE, TRUE, sizeof(Successor)) };
    g_array_append_val(states, state);
    g_hash_table_insert(known, (gpointer)state.text, GINT_TO_POINTER((gint)states->len));
    return (int)states->len - 1;
}

static void count(State *state, int token)
{
    state->total++;
    for (guint i = 0; i < state->next->len; i++)
        if (g_array_index(state->next, Successor, i).token == token) {
            g_array_index(state->next, Successor, i).count++;
            return;
        }
    Successor successor = { .token = token, .count = 1 };
    g_array_append_val(state->next, successor);
}

static int more_frequent(const void *a, const void *b)
{
    const Successor *x = a, *y = b;
    return x->count != y->count ? y->count - x->count : x->token - y->token;
}

/* State 0 is the mark that ends a sentence. */
static void learn(void)
{
    static gsize learnt;
    if (!g_once_init_enter(&learnt))
        return;
    GArray *tokens = tokens_new();
    char *text = g_strconcat(" ", corpus, NULL); /* so that the first word looks like those within */
    GHashTable *known = g_hash_table_new(g_str_hash, g_str_equal);
    states = g_array_new(FALSE, TRUE, sizeof(State));
    tokens_add(tokens, text, PART_TEXT, 0);
    int before = number_of(known, ".");
    for (guint i = 0; i < tokens->len; i++) {
        int now = number_of(known, g_array_index(tokens, Token, i).text);
        count(&g_array_index(states, State, before), now);
        before = now;
    }
    for (guint i = 0; i < states->len; i++)
        g_array_sort(g_array_index(states, State, i).next, more_frequent);
    g_hash_table_unref(known);
    g_array_unref(tokens);
    g_free(text);
    g_once_init_leave(&learnt, 1);
}

guint64 draw(guint64 *seed)
{
    guint64 x = *seed += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return (x ^ x >> 31) >> 32;
}

guint64 seed_of(guint64 seed, const char *text)
{
    guint64 hash = G_GUINT64_CONSTANT(0xcbf29ce484222325) ^ seed * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    for (; text && *text; text++)
        hash = (hash ^ (guchar)*text) * G_GUINT64_CONSTANT(0x100000001b3);
    return hash;
}

int markov_start(void)
{
    learn();
    return 0;
}

gboolean markov_ends(int state)
{
    return state == 0;
}

const char *markov_next(int *state, guint64 *seed)
{
    const State *now = &g_array_index(states, State, *state);
    int left = (int)(draw(seed) % (guint64)now->total);
    const Successor *successor = &g_array_index(now->next, Successor, 0);
    while ((left -= successor->count) >= 0)
        successor++;
    *state = successor->token;
    return g_array_index(states, State, successor->token).text;
}

size_t markov_candidates(int state, Candidate *out, size_t n)
{
    const State *now = &g_array_index(states, State, state);
    n = MIN(n, now->next->len);
    for (size_t i = 0; i < n; i++) {
        const Successor *successor = &g_array_index(now->next, Successor, i);
        out[i].text = g_array_index(states, State, successor->token).text;
        out[i].logprob = log((double)successor->count / now->total);
    }
    return n;
}

char *markov_sentence(guint64 *seed)
{
    GString *text = g_string_new(NULL);
    int state = markov_start();
    do
        g_string_append(text, markov_next(&state, seed));
    while (!markov_ends(state));
    g_string_erase(text, 0, 1); /* the space before the first word */
    return g_string_free(text, FALSE);
}
