/* answer.c: what a call answered, written to where it goes. `call` and --json print the JSON exactly as the library has
 * it; else lists become lines for programs, and tables for people. Streams are written as they arrive, bytes as they
 * are. */
#include "cli.h"

#include <string.h>

static bool write_line(output *out, const char *text, size_t length, kz_error **error)
{
    return output_write(out, text, length, error) && output_write(out, "\n", 1, error);
}

static bool write_json_line(output *out, kz_json json, kz_error **error)
{
    g_autoptr(GString) line = g_string_new(NULL);
    text_line(line, json);
    return write_line(out, line->str, line->len, error);
}

static bool write_tree_line(output *out, json_object *tree, kz_error **error)
{
    const char *text = json_object_is_type(tree, json_type_string)
        ? json_object_get_string(tree)
        : json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    return write_line(out, text, strlen(text), error);
}

/* For programs: one line for each item of a list, texts without quotes, anything else on one line. */
static bool write_plain(output *out, kz_json json, json_object *tree, kz_error **error)
{
    if (json_object_is_type(tree, json_type_string))
        return write_tree_line(out, tree, error);
    if (!json_object_is_type(tree, json_type_array))
        return write_json_line(out, json, error);
    bool fine = true;
    for (size_t i = 0; fine && i < json_object_array_length(tree); i++)
        fine = write_tree_line(out, json_object_array_get_idx(tree, i), error);
    return fine;
}

static bool write_shown(output *out, json_object *tree, kz_error **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    print_value(text, tree, 0, text_width(1), text_color(1));
    return output_write(out, text->str, text->len, error);
}

static bool write_json(output *out, kz_json json, bool plain_json, kz_error **error)
{
    if (!json.text)
        return true;
    if (plain_json)
        return write_line(out, json.text, json.length, error);
    kz_error *failure = NULL;
    json_object *tree = kz_json_tree(json, &failure);
    if (failure)
        return kz_error_move(error, &failure);
    bool fine = output_is_terminal(out) ? write_shown(out, tree, error) : write_plain(out, json, tree, error);
    json_object_put(tree);
    return fine;
}

static bool is_text(const kz_bytes *bytes)
{
    return !memchr(bytes->data, 0, bytes->length) && g_utf8_validate(bytes->data, (gssize)bytes->length, NULL);
}

static bool write_bytes(output *out, const kz_bytes *bytes, bool refuse, kz_error **error)
{
    if (refuse && output_is_terminal(out) && !is_text(bytes))
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "output",
            "The answer is binary, which a terminal cannot show; add --output FILE, or --output - to print it all the same.");
    return output_write(out, bytes->data, bytes->length, error);
}

static bool write_item(output *out, const cli *app, const void *item, bool is_bytes, bool plain_json, kz_error **error)
{
    if (is_bytes)
        return write_bytes(out, item, !app->output, error) && output_flush(out, error);
    kz_json json = kz_json_of(item);
    if (plain_json || !output_is_terminal(out))
        return write_json_line(out, json, error) && output_flush(out, error);
    progress_clear();
    return write_json(out, json, false, error) && output_flush(out, error);
}

static bool write_stream(const cli *app, output *out, kz_answer *answer, bool plain_json, kz_error **error)
{
    kz_error *failure = NULL;
    void *item;
    while ((item = kz_stream_next(answer->stream, &failure)))
        if (!write_item(out, app, item, answer->is_bytes, plain_json, &failure))
            break;
    if (!failure)
        return true;
    return kz_error_move(error, &failure);
}

/* The items of a paged list, together, so that a terminal shows one table. */
static bool write_gathered(output *out, kz_answer *answer, kz_error **error)
{
    g_autoptr(GString) all = g_string_new("[");
    kz_error *failure = NULL;
    void *item;
    while ((item = kz_stream_next(answer->stream, &failure))) {
        if (all->len > 1)
            g_string_append_c(all, ',');
        text_line(all, kz_json_of(item));
    }
    g_string_append_c(all, ']');
    progress_clear();
    kz_error *other = NULL;
    bool fine = write_json(out, (kz_json){ all->str, all->len }, false, failure ? &other : error);
    kz_error_clear(&other);
    return failure ? kz_error_move(error, &failure) : fine;
}

bool answer_write(cli *app, kz_answer *answer, bool plain_json, bool gather, kz_error **error)
{
    output *out = output_open(app, !answer->stream, error);
    bool fine = out;
    if (fine && answer->stream) {
        gather = gather && !plain_json && output_is_terminal(out);
        fine = gather ? write_gathered(out, answer, error) : write_stream(app, out, answer, plain_json, error);
    } else if (fine && answer->result) {
        progress_clear();
        fine = answer->is_bytes ? write_bytes(out, answer->result, !app->output, error)
                                : write_json(out, kz_json_of(answer->result), plain_json, error);
    }
    if (out) {
        /* What was written before a failure is kept of streams; the failure is told first. */
        kz_error *late = NULL;
        fine = output_close(out, fine || answer->stream, &late) && fine;
        kz_error_move(error, &late);
    }
    kz_stream_close(answer->stream);
    kz_free(answer->result);
    *answer = (kz_answer){ 0 };
    return fine;
}

bool answer_write_tree(cli *app, json_object *tree, kz_error **error)
{
    const char *text = json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    output *out = output_open(app, true, error);
    bool fine = out && write_json(out, (kz_json){ text, strlen(text) }, app->json, error);
    if (out)
        fine = output_close(out, fine, error) && fine;
    json_object_put(tree);
    return fine;
}
