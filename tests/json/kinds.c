/* kinds.c: see kinds.h. */
#include "kinds.h"

#define ONE(in, member, kind, ...)                                                           \
    {                                                                                        \
        .name = #member, .offset = offsetof(in, member), .type = KZ_TYPE_##kind, __VA_ARGS__ \
    }
#define MANY(in, member, kind, ...)                                                                                        \
    {                                                                                                                      \
        .name = #member, .offset = offsetof(in, member), .count_offset = offsetof(in, n_##member), .type = KZ_TYPE_##kind, \
        .container = KZ_LIST, __VA_ARGS__                                                                                  \
    }
#define MAP(in, member, kind)                                                                                              \
    {                                                                                                                      \
        .name = #member, .offset = offsetof(in, member), .count_offset = offsetof(in, n_##member), .type = KZ_TYPE_##kind, \
        .container = KZ_MAP                                                                                                \
    }

static const kz_field round_fields[] = { ONE(kinds_round, kind, STRING, ), ONE(kinds_round, radius, NUMBER, ) };
static const uint16_t round_order[] = { 0, 1 };
static const kz_schema round_schema = {
    .name = "kinds_round", .size = sizeof(kinds_round), .n_fields = 2, .fields = round_fields, .by_name = round_order
};

static const kz_field union_fields[] = { ONE(kinds_union, kind, STRING, ),
    ONE(kinds_union, round, OBJECT, .schema = &round_schema), ONE(kinds_union, box, OBJECT, .schema = &kinds_schema) };
static const uint16_t union_order[] = { 2, 0, 1 };
const kz_schema kinds_union_schema = { .name = "kinds_union",
    .size = sizeof(kinds_union),
    .n_fields = 3,
    .shape = KZ_SHAPE_UNION,
    .tag = "kind",
    .fields = union_fields,
    .by_name = union_order };

static const kz_field list_fields[] = { MANY(kinds_list, items, OBJECT, .schema = &kinds_schema), ONE(kinds_list, total, INT, ) };
static const uint16_t list_order[] = { 0, 1 };
const kz_schema kinds_list_schema = { .name = "kinds_list",
    .size = sizeof(kinds_list),
    .n_fields = 2,
    .shape = KZ_SHAPE_LIST,
    .fields = list_fields,
    .by_name = list_order };

static const kz_field kinds_fields[] = {
    ONE(kinds, text, STRING, ),
    ONE(kinds, whole, INT, ),
    ONE(kinds, number, NUMBER, ),
    ONE(kinds, truth, BOOL, ),
    ONE(kinds, any, JSON, ),
    ONE(kinds, inner, OBJECT, .schema = &kinds_schema),
    MANY(kinds, texts, STRING, ),
    MANY(kinds, wholes, INT, ),
    MANY(kinds, numbers, NUMBER, ),
    MANY(kinds, truths, BOOL, ),
    MANY(kinds, anys, JSON, ),
    MANY(kinds, inners, OBJECT, .schema = &kinds_schema),
    MAP(kinds, labels, STRING),
    MAP(kinds, pieces, JSON),
    ONE(kinds, shape, OBJECT, .schema = &kinds_union_schema),
    ONE(kinds, list, OBJECT, .schema = &kinds_list_schema),
    ONE(kinds, value, OBJECT, .schema = &kz_schema_json_value),
    ONE(kinds, either, STRING, ),
    { .name = "either",
        .offset = offsetof(kinds, either_list),
        .count_offset = offsetof(kinds, n_either_list),
        .type = KZ_TYPE_STRING,
        .container = KZ_LIST,
        .flags = KZ_FIELD_ALTERNATIVE },
    { .name = "either",
        .offset = offsetof(kinds, either_object),
        .type = KZ_TYPE_OBJECT,
        .flags = KZ_FIELD_ALTERNATIVE,
        .schema = &kinds_schema },
};
/* any anys either either either inner inners labels list number numbers pieces shape text texts truth truths value whole wholes */
static const uint16_t kinds_order[] = { 4, 10, 17, 18, 19, 5, 11, 12, 15, 2, 8, 13, 14, 0, 6, 3, 9, 16, 1, 7 };
const kz_schema kinds_schema = {
    .name = "kinds", .size = sizeof(kinds), .n_fields = 20, .fields = kinds_fields, .by_name = kinds_order
};

static const char *const text_aliases[] = { "title", "caption", NULL };
static const kz_field asked_fields[] = {
    ONE(asked, text, STRING, .aliases = text_aliases),
    ONE(asked, whole, INT, ),
    ONE(asked, number, NUMBER, ),
    ONE(asked, truth, BOOL, ),
    ONE(asked, any, JSON, ),
    ONE(asked, inner, OBJECT, .schema = &asked_schema),
    MANY(asked, texts, STRING, ),
    MANY(asked, wholes, INT, ),
    MANY(asked, numbers, NUMBER, ),
    MANY(asked, truths, BOOL, ),
    MANY(asked, anys, JSON, ),
    MANY(asked, inners, OBJECT, .schema = &asked_schema),
    MAP(asked, labels, STRING),
    MAP(asked, pieces, JSON),
    ONE(asked, either, STRING, ),
    { .name = "either",
        .offset = offsetof(asked, either_list),
        .count_offset = offsetof(asked, n_either_list),
        .type = KZ_TYPE_STRING,
        .container = KZ_LIST,
        .flags = KZ_FIELD_ALTERNATIVE },
    ONE(asked, content, UPLOAD, ),
    MANY(asked, contents, UPLOAD, ),
};
/* any anys content contents either either inner inners labels number numbers pieces text texts truth truths whole wholes */
static const uint16_t asked_order[] = { 4, 10, 16, 17, 14, 15, 5, 11, 12, 2, 8, 13, 0, 6, 3, 9, 1, 7 };
const kz_schema asked_schema = { .name = "asked",
    .size = sizeof(asked),
    .n_fields = 18,
    .request = 1,
    .extra_offset = offsetof(asked, extra),
    .from_offset = offsetof(asked, from),
    .fields = asked_fields,
    .by_name = asked_order };
