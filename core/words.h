/* words.h: a command line as the words that a program is started with, without a shell. */
#ifndef KZI_WORDS_H
#define KZI_WORDS_H

#include <kamiwaza/error.h>

/* The words of `line`, NULL-terminated, in one block of memory that kzi_words_free() wipes. Quotes and backslashes mean what they mean
 * to a shell; nothing is substituted, and what only a shell understands (pipes, $NAME ...) must be quoted. `what` is the setting that
 * errors name; they show none of its text. NULL with the slot filled: CONFIG, NO_MEMORY. */
char **kzi_words_split(const char *line, const char *what, kz_error **error);
void kzi_words_free(char **words);

#endif
