/* things.h: a small schema by hand that has a member of every kind, for the tests of reading and writing. */
#ifndef TEST_THINGS_H
#define TEST_THINGS_H

#include "result.h"
#include "schema_json.h"

typedef struct thing thing;
struct thing {
    const char *name;
    kz_opt_int size;
    kz_opt_number ratio;
    kz_opt_bool good;
    kz_json any;
    const thing *inner;
    const char *const *words;
    size_t n_words;
    const int64_t *numbers;
    size_t n_numbers;
    const thing *const *parts;
    size_t n_parts;
    const kz_string_entry *labels;
    size_t n_labels;
    const char *use;
    const char *const *use_list;
    size_t n_use_list;
};

typedef struct order order;
struct order {
    kz_json extra;
    const void *from;
    const char *name;
    kz_opt_int size;
    kz_opt_number ratio;
    kz_opt_bool good;
    const order *parts;
    size_t n_parts;
    const kz_upload *content;
};

extern const kz_schema thing_schema, order_schema;

#define THING_FIELD(member, kind)                                        \
    {                                                                    \
        .name = #member, .offset = offsetof(thing, member), .type = kind \
    }
#define THING_LIST(member, kind)                                                                                       \
    {                                                                                                                  \
        .name = #member, .offset = offsetof(thing, member), .count_offset = offsetof(thing, n_##member), .type = kind, \
        .container = KZ_LIST                                                                                           \
    }
static const kz_field thing_fields[] = {
    THING_FIELD(name, KZ_TYPE_STRING),
    THING_FIELD(size, KZ_TYPE_INT),
    THING_FIELD(ratio, KZ_TYPE_NUMBER),
    THING_FIELD(good, KZ_TYPE_BOOL),
    THING_FIELD(any, KZ_TYPE_JSON),
    { .name = "inner", .offset = offsetof(thing, inner), .type = KZ_TYPE_OBJECT, .schema = &thing_schema },
    THING_LIST(words, KZ_TYPE_STRING),
    THING_LIST(numbers, KZ_TYPE_INT),
    { .name = "parts",
        .offset = offsetof(thing, parts),
        .count_offset = offsetof(thing, n_parts),
        .type = KZ_TYPE_OBJECT,
        .container = KZ_LIST,
        .schema = &thing_schema },
    { .name = "labels",
        .offset = offsetof(thing, labels),
        .count_offset = offsetof(thing, n_labels),
        .type = KZ_TYPE_STRING,
        .container = KZ_MAP },
    THING_FIELD(use, KZ_TYPE_STRING),
    { .name = "use",
        .offset = offsetof(thing, use_list),
        .count_offset = offsetof(thing, n_use_list),
        .type = KZ_TYPE_STRING,
        .container = KZ_LIST,
        .flags = KZ_FIELD_ALTERNATIVE },
};
/* any good inner labels name numbers parts ratio size use use words */
static const uint16_t thing_order[] = { 4, 3, 5, 9, 0, 7, 8, 2, 1, 10, 11, 6 };
const kz_schema thing_schema = {
    .name = "thing", .title = "Thing", .size = sizeof(thing), .n_fields = 12, .fields = thing_fields, .by_name = thing_order
};

static const kz_check size_check = { .flags = KZ_HAS_MINIMUM | KZ_HAS_MAXIMUM, .minimum = 1, .maximum = 100 };
static const char *const name_aliases[] = { "title", NULL };
static const kz_field order_fields[] = {
    { .name = "name",
        .aliases = name_aliases,
        .offset = offsetof(order, name),
        .type = KZ_TYPE_STRING,
        .flags = KZ_FIELD_REQUIRED },
    { .name = "size", .offset = offsetof(order, size), .type = KZ_TYPE_INT, .check = &size_check },
    { .name = "ratio", .offset = offsetof(order, ratio), .type = KZ_TYPE_NUMBER },
    { .name = "good", .offset = offsetof(order, good), .type = KZ_TYPE_BOOL },
    { .name = "parts",
        .offset = offsetof(order, parts),
        .count_offset = offsetof(order, n_parts),
        .type = KZ_TYPE_OBJECT,
        .container = KZ_LIST,
        .schema = &order_schema },
    { .name = "content", .offset = offsetof(order, content), .type = KZ_TYPE_UPLOAD },
};
static const uint16_t order_order[] = { 5, 3, 0, 4, 2, 1 };
const kz_schema order_schema = { .name = "order",
    .title = "Order",
    .size = sizeof(order),
    .n_fields = 6,
    .request = 1,
    .extra_offset = offsetof(order, extra),
    .from_offset = offsetof(order, from),
    .fields = order_fields,
    .by_name = order_order };

#endif
