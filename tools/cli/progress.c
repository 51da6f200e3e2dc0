/* progress.c: how far a call is, on standard error: one line that is drawn anew on a terminal, and a plain line every
 * ten percent (or when the phase changes) elsewhere. Called by the library on the thread of the call. */
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The line that is on the terminal, and the last plain line. */
static struct {
    bool shown;
    char *phase, *item;
    int64_t tenth;
} last = { .tenth = -1 };

void progress_clear(void)
{
    if (last.shown)
        fputs("\r\033[K", stderr);
    last.shown = false;
}

static bool is_bytes(const kz_progress *progress)
{
    return progress->unit && !strcmp(progress->unit, "bytes");
}

static char *amount(const kz_progress *progress, double value)
{
    if (is_bytes(progress))
        return text_size(value);
    return g_strdup_printf("%.0f", value);
}

static double share(const kz_progress *progress)
{
    return progress->total > 0 ? CLAMP((double)progress->done / (double)progress->total, 0, 1) : -1;
}

static void add_amounts(GString *line, const kz_progress *progress)
{
    bool percent = progress->unit && !strcmp(progress->unit, "percent");
    if (share(progress) >= 0)
        g_string_append_printf(line, " %3d %%", (int)(share(progress) * 100));
    if (!percent && progress->done >= 0) {
        g_autofree char *done = amount(progress, (double)progress->done);
        g_string_append_printf(line, "  %s", done);
        if (progress->total > 0) {
            g_autofree char *total = amount(progress, (double)progress->total);
            g_string_append_printf(line, " of %s", total);
        }
        if (!is_bytes(progress) && progress->unit)
            g_string_append_printf(line, " %s", progress->unit);
    }
    if (is_bytes(progress) && progress->rate > 0) {
        g_autofree char *rate = text_size(progress->rate);
        g_string_append_printf(line, "  %s/s", rate);
    }
    if (progress->remaining_ms >= 0 && share(progress) < 1) {
        int64_t seconds = (progress->remaining_ms + 999) / 1000;
        if (seconds >= 3600)
            g_string_append_printf(
                line, "  %d:%02d:%02d left", (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
        else
            g_string_append_printf(line, "  %d:%02d left", (int)(seconds / 60), (int)(seconds % 60));
    }
}

static void add_name(GString *line, const kz_progress *progress)
{
    g_autofree char *phase = text_shown(progress->phase ? progress->phase : "working");
    g_string_append(line, phase);
    if (progress->item) {
        g_autofree char *item = text_shown(progress->item);
        g_string_append_printf(line, " %s", item);
    }
}

static void add_bar(GString *line, const kz_progress *progress, int columns)
{
    double part = share(progress);
    if (part < 0 || columns < 6)
        return;
    int inside = MIN(columns, 32) - 2, full = (int)(part * inside);
    g_string_append(line, " [");
    for (int i = 0; i < inside; i++)
        g_string_append_c(line, i < full ? '#' : '.');
    g_string_append_c(line, ']');
}

/* Cuts text at a number of columns, so that a line never wraps: a wrapped one could not be drawn over. */
static void cut(GString *text, size_t columns)
{
    while (text->len && text_columns(text->str) > columns)
        g_string_truncate(text, (gsize)(g_utf8_prev_char(text->str + text->len) - text->str));
}

static void draw(const kz_progress *progress)
{
    int width = text_width(STDERR_FILENO) - 1;
    g_autoptr(GString) line = g_string_new(NULL), amounts = g_string_new(NULL);
    add_name(line, progress);
    add_amounts(amounts, progress);
    int room = width - (int)text_columns(amounts->str);
    cut(line, (size_t)MAX(room, 0));
    add_bar(line, progress, room - (int)text_columns(line->str) - 1);
    g_string_append(line, amounts->str);
    cut(line, (size_t)MAX(width, 0));
    fprintf(stderr, "\r%s\033[K", line->str);
    fflush(stderr);
    last.shown = true;
}

static void report(const kz_progress *progress)
{
    int64_t tenth = share(progress) >= 0 ? (int64_t)(share(progress) * 10) : -1;
    bool same = !g_strcmp0(last.phase, progress->phase) && (share(progress) >= 0 || !g_strcmp0(last.item, progress->item));
    if (same && tenth == last.tenth)
        return;
    g_autoptr(GString) line = g_string_new(NULL);
    add_name(line, progress);
    add_amounts(line, progress);
    fprintf(stderr, "%s\n", line->str);
    g_free(last.phase);
    g_free(last.item);
    last.phase = g_strdup(progress->phase);
    last.item = g_strdup(progress->item);
    last.tenth = tenth;
}

bool progress_show(const kz_progress *progress, void *user)
{
    (void)user;
    if (isatty(STDERR_FILENO))
        draw(progress);
    else
        report(progress);
    return true;
}
