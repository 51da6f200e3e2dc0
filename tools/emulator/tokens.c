/* tokens.c: how texts fall into tokens: a word or a mark, with the space before it. Joined, the tokens are the text again. */
#include "model.h"

#include <string.h>

enum { LONGEST = 16 };

static void clear(gpointer data)
{
    g_free(((Token *)data)->text);
}

GArray *tokens_new(void)
{
    GArray *tokens = g_array_new(FALSE, TRUE, sizeof(Token));
    g_array_set_clear_func(tokens, clear);
    return tokens;
}

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '\'' || (guchar)c >= 0x80;
}

/* The length of the first token of a text that is not empty; characters stay whole. */
static size_t token_length(const char *text)
{
    size_t n = *text == ' ' && text[1] && !g_ascii_isspace(text[1]);
    if (!is_word(text[n]))
        return n + 1;
    size_t begin = n;
    while (is_word(text[n]) && (n - begin < LONGEST || ((guchar)text[n] & 0xc0) == 0x80))
        n++;
    return n;
}

void tokens_push(GArray *tokens, const char *text, Part part, int state)
{
    Token token = { .text = g_strdup(text), .part = part, .state = state };
    g_array_append_val(tokens, token);
}

void tokens_add(GArray *tokens, const char *text, Part part, int call)
{
    for (size_t n; text && *text; text += n) {
        n = token_length(text);
        Token token = { .text = g_strndup(text, n), .part = part, .call = call, .state = -1 };
        g_array_append_val(tokens, token);
    }
}

gint64 count_tokens(const char *text)
{
    gint64 count = 0;
    for (; text && *text; count++)
        text += token_length(text);
    return count;
}

char *tokens_text(const GArray *tokens, Part part, int call)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < tokens->len; i++) {
        const Token *token = &g_array_index(tokens, Token, i);
        if (token->part == part && token->call == call)
            g_string_append(text, token->text);
    }
    return g_string_free(text, FALSE);
}

/* Every token that was ever numbered, so that numbers can be told back. */
static GMutex lock;
static GHashTable *numbers;
static GPtrArray *texts;

gint64 token_number(const char *text)
{
    g_mutex_lock(&lock);
    if (!numbers) {
        numbers = g_hash_table_new(g_str_hash, g_str_equal);
        texts = g_ptr_array_new();
    }
    gpointer found = g_hash_table_lookup(numbers, text);
    if (!found) {
        char *copy = g_strdup(text);
        g_ptr_array_add(texts, copy);
        found = GUINT_TO_POINTER(texts->len);
        g_hash_table_insert(numbers, copy, found);
    }
    g_mutex_unlock(&lock);
    return GPOINTER_TO_UINT(found);
}

char *token_of_number(gint64 number)
{
    g_mutex_lock(&lock);
    char *text = texts && number > 0 && number <= texts->len ? g_strdup(texts->pdata[number - 1]) : NULL;
    g_mutex_unlock(&lock);
    return text;
}
