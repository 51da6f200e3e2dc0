/* flows.c: what the service of these tests does by hand, in all of its versions: says what it was given, makes things, streams them. */
#include "apart-tables.h"

#include <stdlib.h>
#include <string.h>

typedef struct teller {
    char text[4096];
    size_t length;
} teller;

static void say(teller *t, const char *words)
{
    size_t n = words ? strlen(words) : 0;
    if (n < sizeof t->text - t->length) {
        memcpy(t->text + t->length, words ? words : "", n);
        t->length += n;
    }
}

static void say_number(teller *t, const char *before, kz_opt_int number)
{
    if (number.state != KZ_SET)
        return;
    char digits[2] = { (char)('0' + number.value % 10), 0 };
    say(t, before);
    say(t, digits);
}

static void say_note(teller *t, const kz_note *note)
{
    say(t, "'");
    say(t, note->text);
#ifdef APART_NEWER
    if (note->language)
        say(t, "@"), say(t, note->language);
#endif
    say(t, "'");
}

static void say_order(teller *t, const kz_order *order)
{
    say(t, order->name);
    for (size_t i = 0; i < order->n_lines; i++) {
        const kz_line *line = &order->lines[i];
        say(t, i ? ", " : "(");
        say(t, line->item);
        say_number(t, "*", line->count);
        for (size_t k = 0; k < line->n_notes; k++)
            say_note(t, &line->notes[k]);
#ifdef APART_NEWER
        if (line->price.state == KZ_SET)
            say(t, "$");
#endif
    }
    say(t, order->lines ? ")" : "");
    if (order->note)
        say_note(t, order->note);
    for (size_t i = 0; i < order->n_tags; i++)
        say(t, " #"), say(t, order->tags[i]);
    if (order->figure)
        say(t, order->figure->circle ? " circle" : order->figure->square ? " square" : " something");
#ifdef APART_NEWER
    say(t, order->urgent.value ? " urgent" : "");
    for (size_t i = 0; i < order->n_after; i++)
        say_note(t, &order->after[i]);
#endif
    say(t, ";");
}

void *kzp_apart_tell(kz_service *service, const void *params, kz_error **error)
{
    const kz_apart_tell_params *given = params;
    teller t = { .length = 0 };
    (void)service;
    if (given->order)
        say_order(&t, given->order);
    for (size_t i = 0; i < given->n_orders; i++)
        say_order(&t, &given->orders[i]);
    kz_string_value *value = kz_result_new(&kz_schema_string_value, sizeof *value, error);
    if (value)
        value->value = kz_result_string(value, t.text, t.length, error);
    return value;
}

static const kz_piece *piece(void *root, const char *name, kz_error **error)
{
    kz_piece *made = kz_result_object(root, &kzt_kz_piece, sizeof *made, error);
    if (made)
        made->name = kz_result_string(root, name, SIZE_MAX, error);
#ifdef APART_NEWER
    if (made)
        made->depth = KZ_INT(4);
#endif
    return made;
}

static void *make(const char *name, kz_error **error)
{
    kz_error *failure = NULL;
    kz_thing *thing = kz_result_new(&kzt_kz_thing, sizeof *thing, &failure);
    const kz_piece **pieces = thing ? kz_result_memory(thing, 2 * sizeof *pieces, &failure) : NULL;
    if (pieces) {
        thing->name = kz_result_string(thing, name, SIZE_MAX, &failure);
        thing->size = KZ_INT(3);
        thing->inner = piece(thing, "inner", &failure);
        pieces[0] = piece(thing, "first", &failure);
        pieces[1] = piece(thing, "second", &failure);
        thing->pieces = pieces;
        thing->n_pieces = 2;
#ifdef APART_NEWER
        thing->weight = KZ_NUMBER(0.5);
        thing->newest = piece(thing, "newest", &failure);
#endif
    }
    if (!failure)
        return thing;
    kz_free(thing);
    if (error)
        *error = failure;
    return NULL;
}

void *kzp_apart_make(kz_service *service, const void *params, kz_error **error)
{
    const kz_apart_make_params *given = params;
    (void)service;
    return make(given->name ? given->name : "nobody's", error);
}

void *kzp_apart_nothing(kz_service *service, const void *params, kz_error **error)
{
    (void)service;
    (void)params;
    kz_thing *thing = kz_result_new(&kzt_kz_thing, sizeof *thing, error);
    kz_result_set_json(thing, KZ_JSON("null"));
    return thing;
}

static void *next(void *user, kz_error **error)
{
    int *left = user;
    return *left ? make((*left)-- == 2 ? "one" : "two", error) : NULL;
}

void *kzp_apart_pour(kz_service *service, const void *params, kz_error **error)
{
    static const kz_stream_source source = { .next = next, .free = free };
    (void)params;
    int *left = malloc(sizeof *left);
    if (!left)
        return NULL;
    *left = 2;
    return kz_stream_new(service, &source, left, error);
}

#ifndef APART_OLDEST
kz_step kzp_apart_locate(kz_locate *step, kz_error **error)
{
    const char *base = kz_service_setting(step->handle, "base_url");
    if (step->argument && !strcmp(step->argument, "nowhere")) {
        kz_error_set(error, KZ_ERROR_NOT_FOUND, "name", "Nobody serves it.");
        return KZ_STEP_FAILED;
    }
    return kz_locate_found(step, base, false, error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
}

static int64_t answer(void)
{
    return 42;
}

#ifdef APART_NEWER
static int64_t question(void)
{
    return 54;
}
#endif

const struct kz_apart_functions kzp_apart_functions = {
    .size = sizeof(kz_apart_functions),
    .answer = answer,
#ifdef APART_NEWER
    .question = question,
#endif
};
#endif
