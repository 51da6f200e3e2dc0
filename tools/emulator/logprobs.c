/* logprobs.c: how likely each token was: what the chain knows about the token that it drew, and next to certain for the rest. */
#include "model.h"

#include <string.h>

enum { MOST = 20 };

/* The logprob of a token and the candidates it was drawn from; the first token of a text has no space before it. */
static double look_up(const Token *token, gboolean first, Candidate *out, size_t *n)
{
    Candidate all[512];
    double own = -0.0001;
    *n = 1;
    out[0] = (Candidate){ token->text, own };
    if (token->state < 0)
        return own;
    size_t count = markov_candidates(token->state, all, G_N_ELEMENTS(all));
    *n = MIN(count, (size_t)MOST);
    for (size_t i = 0; i < count; i++) {
        all[i].text += first && *all[i].text == ' ';
        if (!strcmp(all[i].text, token->text))
            own = all[i].logprob;
        if (i < *n)
            out[i] = all[i];
    }
    return own;
}

static json_object *entry(const char *text, double logprob)
{
    json_object *entry = json_object_new_object(), *bytes = json_object_new_array();
    put_text(entry, "token", text);
    json_object_object_add(entry, "logprob", json_object_new_double(logprob));
    for (; *text; text++)
        json_object_array_add(bytes, json_object_new_int((guchar)*text));
    json_object_object_add(entry, "bytes", bytes);
    return entry;
}

json_object *chat_logprobs(const Token *tokens, size_t n, gboolean first, gint64 top)
{
    json_object *list = json_object_new_array(), *answer = json_object_new_object();
    for (size_t i = 0; i < n; i++) {
        Candidate rivals[MOST];
        size_t count;
        if (tokens[i].part != PART_TEXT)
            continue;
        json_object *one = entry(tokens[i].text, look_up(&tokens[i], first, rivals, &count)), *others = json_object_new_array();
        for (size_t j = 0; j < MIN(count, (size_t)top); j++)
            json_object_array_add(others, entry(rivals[j].text, rivals[j].logprob));
        json_object_object_add(one, "top_logprobs", others);
        json_object_array_add(list, one);
        first = FALSE;
    }
    json_object_object_add(answer, "content", list);
    json_object_object_add(answer, "refusal", NULL);
    return answer;
}

json_object *completion_logprobs(const Token *tokens, size_t n, gboolean first, gint64 top, gint64 *offset)
{
    json_object *answer = json_object_new_object(), *texts = json_object_new_array(), *values = json_object_new_array();
    json_object *tops = json_object_new_array(), *offsets = json_object_new_array();
    for (size_t i = 0; i < n; i++, first = FALSE) {
        Candidate rivals[MOST];
        size_t count;
        double own = look_up(&tokens[i], first, rivals, &count);
        json_object *map = json_object_new_object();
        for (size_t j = 0; j < MIN(count, (size_t)top); j++)
            json_object_object_add(map, rivals[j].text, json_object_new_double(rivals[j].logprob));
        json_object_array_add(texts, json_object_new_string(tokens[i].text));
        json_object_array_add(values, json_object_new_double(own));
        json_object_array_add(tops, map);
        json_object_array_add(offsets, json_object_new_int64(*offset));
        *offset += g_utf8_strlen(tokens[i].text, -1);
    }
    json_object_object_add(answer, "tokens", texts);
    json_object_object_add(answer, "token_logprobs", values);
    json_object_object_add(answer, "top_logprobs", tops);
    json_object_object_add(answer, "text_offset", offsets);
    return answer;
}
