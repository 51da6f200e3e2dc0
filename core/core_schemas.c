/* core_schemas.c: the tables of the results that belong to the core: single values, lists of strings, binary content. */
#include <kamiwaza/plugin.h>

#define VALUE_OF(id, c_type, label, kind)                                                                           \
    static const kz_field id##_fields[] = { { .name = "value", .offset = offsetof(c_type, value), .type = kind } }; \
    static const uint16_t id##_order[] = { 0 };                                                                     \
    const kz_schema kz_schema_##id = { .name = #c_type,                                                             \
        .title = label,                                                                                             \
        .size = sizeof(c_type),                                                                                     \
        .n_fields = 1,                                                                                              \
        .shape = KZ_SHAPE_VALUE,                                                                                    \
        .fields = id##_fields,                                                                                      \
        .by_name = id##_order }

VALUE_OF(string_value, kz_string_value, "string", KZ_TYPE_STRING);
VALUE_OF(int_value, kz_int_value, "integer", KZ_TYPE_INT);
VALUE_OF(number_value, kz_number_value, "number", KZ_TYPE_NUMBER);
VALUE_OF(bool_value, kz_bool_value, "boolean", KZ_TYPE_BOOL);
VALUE_OF(json_value, kz_json_value, "any JSON", KZ_TYPE_JSON);

static const kz_field string_list_fields[] = {
    { .name = "items",
        .offset = offsetof(kz_string_list, items),
        .count_offset = offsetof(kz_string_list, n_items),
        .type = KZ_TYPE_STRING,
        .container = KZ_LIST },
};
static const uint16_t string_list_order[] = { 0 };
const kz_schema kz_schema_string_list = { .name = "kz_string_list",
    .title = "list of strings",
    .size = sizeof(kz_string_list),
    .n_fields = 1,
    .shape = KZ_SHAPE_LIST,
    .fields = string_list_fields,
    .by_name = string_list_order };

const kz_schema kz_schema_bytes = { .name = "kz_bytes", .title = "binary content", .size = sizeof(kz_bytes) };
