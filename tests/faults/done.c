/* done.c: see done.h. */
#include "done.h"

#include <string.h>

guint *done_times(const char *log, const char *line_of, guint n_runs)
{
    char *text = NULL;
    guint *times = g_new0(guint, n_runs);
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_assert_true(g_file_get_contents(log, &text, NULL, NULL));
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        const char *id = g_str_has_prefix(*line, line_of) ? strstr(*line, " id ") : NULL;
        guint run = id ? (guint)g_ascii_strtoull(id + strlen(" id "), NULL, 10) : 0;
        g_assert_true(id || !g_str_has_prefix(*line, line_of));
        if (!id)
            continue;
        g_assert_cmpuint(run - 1, <, n_runs);
        times[run - 1] += !strstr(id, " key ") || g_hash_table_add(seen, g_strdup(id));
    }
    g_strfreev(lines);
    g_hash_table_unref(seen);
    g_free(text);
    return times;
}

void done_check(const guint *times, const GByteArray *outcomes)
{
    guint in_vain = 0, n = 0;
    for (guint i = 0; i < outcomes->len; i++) {
        g_assert_cmpuint(times[i], <=, 1);
        g_assert_cmpuint(times[i], >=, outcomes->data[i]);
        n += times[i];
        in_vain += times[i] && !outcomes->data[i];
    }
    g_test_message("%u runs, %u executed, %u of them without a result", outcomes->len, n, in_vain);
    g_assert_cmpuint(in_vain, >, 0);
}
