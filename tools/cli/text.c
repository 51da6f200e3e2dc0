/* text.c: small things about text: names as people type them, JSON strings, what a terminal can show, sizes for people.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

char *text_kebab(const char *name)
{
    char *text = g_ascii_strdown(name, -1);
    return g_strdelimit(text, "_ ", '-');
}

char *text_plain(const char *name)
{
    char *text = g_ascii_strdown(name, -1);
    return g_strdelimit(text, "-. ", '_');
}

void text_json(GString *to, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_string_append_c(to, '"');
    for (const char *c = valid; *c; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_printf(to, "\\%c", *c);
        else if (*c == '\n')
            g_string_append(to, "\\n");
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            g_string_append_printf(to, "\\u%04x", (unsigned)(unsigned char)*c);
        else
            g_string_append_c(to, *c);
    }
    g_string_append_c(to, '"');
}

void text_line(GString *to, kz_json json)
{
    gsize at = to->len;
    g_string_append_len(to, json.text, (gssize)json.length);
    /* A line break inside a JSON string is always escaped, so these stand between tokens. */
    for (; at < to->len; at++)
        if (to->str[at] == '\n' || to->str[at] == '\r')
            to->str[at] = ' ';
}

char *text_shown(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *shown = g_string_sized_new(strlen(valid));
    for (const char *c = valid; *c; c = g_utf8_next_char(c)) {
        gunichar letter = g_utf8_get_char(c);
        g_string_append_unichar(shown, g_unichar_iscntrl(letter) ? ' ' : letter);
    }
    return g_string_free(shown, FALSE);
}

size_t text_columns(const char *text)
{
    size_t columns = 0;
    for (const char *c = text; *c; c = g_utf8_next_char(c)) {
        gunichar letter = g_utf8_get_char(c);
        if (!g_unichar_iszerowidth(letter))
            columns += g_unichar_iswide(letter) ? 2 : 1;
    }
    return columns;
}

char *text_size(double bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
    size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < G_N_ELEMENTS(units)) {
        bytes /= 1024;
        unit++;
    }
    return g_strdup_printf(unit && bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

/* Edits that make one name of the other. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(b);
    g_autofree size_t *row = g_new(size_t, n + 1);
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t change = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = MIN(change, MIN(diagonal, row[j]) + 1);
        }
    }
    return row[n];
}

const char *text_nearest(const char *name, const char *const *names)
{
    g_autofree char *plain = text_plain(name);
    const char *nearest = NULL;
    size_t least = strlen(plain) / 3 + 2;
    for (; *names; names++) {
        g_autofree char *other = text_plain(*names);
        /* The beginning of a name is near however much is missing. */
        size_t edits = strlen(plain) > 2 && g_str_has_prefix(other, plain) ? 1 : distance(plain, other);
        if (edits < least) {
            least = edits;
            nearest = *names;
        }
    }
    return nearest;
}

bool text_color(int fd)
{
    const char *no = getenv("NO_COLOR"), *kind = getenv("TERM");
    return isatty(fd) && !(no && *no) && !(kind && !strcmp(kind, "dumb"));
}

int text_width(int fd)
{
    struct winsize size;
    if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    long width = columns ? strtol(columns, NULL, 10) : 0;
    return width > 0 && width < 10000 ? (int)width : 80;
}
