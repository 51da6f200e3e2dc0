/* words.c: see words.h. The block holds the pointers first, then the texts: a line of n bytes has at most (n + 1) / 2 words. */
#include "words.h"

#include "scope.h"

#include <stdlib.h>
#include <string.h>

typedef struct splitter {
    const char *at;
    char *to;
    const char *problem;
} splitter;

/* What stands between single quotes. */
static void take_single(splitter *s)
{
    const char *end = strchr(s->at, '\'');
    if (!end) {
        s->problem = "has a single quote that is not closed";
        return;
    }
    s->to = (char *)mempcpy(s->to, s->at, (size_t)(end - s->at));
    s->at = end + 1;
}

/* What stands between double quotes, where a backslash is one unless it guards. */
static void take_double(splitter *s)
{
    while (*s->at && *s->at != '"') {
        if (*s->at == '$' || *s->at == '`') {
            s->problem = "has a $ or ` in double quotes, which only a shell replaces; use single quotes for the character itself";
            return;
        }
        if (*s->at == '\\' && s->at[1] && strchr("\"\\$`", s->at[1]))
            s->at++;
        *s->to++ = *s->at++;
    }
    if (!*s->at)
        s->problem = "has a double quote that is not closed";
    else
        s->at++;
}

static void take_word(splitter *s)
{
    if (*s->at == '~')
        s->problem = "has a word that begins with ~, which only a shell replaces; write the folder out";
    while (!s->problem && *s->at && !strchr(" \t\n", *s->at)) {
        char c = *s->at++;
        if (c == '\'') {
            take_single(s);
        } else if (c == '"') {
            take_double(s);
        } else if (c == '\\') {
            if (*s->at)
                *s->to++ = *s->at++;
            else
                s->problem = "ends with a backslash";
        } else if (strchr("|&;<>()$`", c)) {
            s->problem =
                "has a character that only a shell understands (one of |&;<>()$`); quote it, or put the command into a script";
        } else {
            *s->to++ = c;
        }
    }
    *s->to++ = 0;
}

char **kzi_words_split(const char *line, const char *what, kz_error **error)
{
    size_t length = strlen(line), most = (length + 1) / 2 + 1, n = 0;
    char **words = calloc(1, most * sizeof *words + length + 2);
    if (!words) {
        kz_error_no_memory(error);
        return NULL;
    }
    splitter s = { .at = line, .to = (char *)(words + most) };
    while (!s.problem) {
        s.at += strspn(s.at, " \t\n");
        if (!*s.at)
            break;
        words[n++] = s.to;
        take_word(&s);
    }
    if (!s.problem && (!n || !*words[0]))
        s.problem = "names no program";
    if (!s.problem)
        return words;
    kz_error_set(error, KZ_ERROR_CONFIG, what, "The setting %s %s.", what, s.problem);
    kzi_words_free(words);
    return NULL;
}

void kzi_words_free(char **words)
{
    size_t n = 0;
    if (!words)
        return;
    while (words[n])
        kzi_wipe(words[n], strlen(words[n])), n++;
    free(words);
}
