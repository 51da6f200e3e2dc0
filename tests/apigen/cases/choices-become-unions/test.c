#include "probe.h"

HAS_TYPE(const kz_pet *, kz_probe_send_params, pet);
HAS_TYPE(const kz_figure_input *, kz_probe_send_params, shapes);
HAS_TYPE(const char *, kz_pet, species);
HAS_TYPE(const kz_dog *, kz_pet, wolf);
HAS_TYPE(const char *, kz_flat, content);
HAS_TYPE(const char *const *, kz_flat, content_list);

int main(void)
{
    const kz_schema *params = operation("send")->params;
    const kz_schema *pet = field(params, "pet")->schema;
    CHECK(pet->shape == KZ_SHAPE_UNION && !strcmp(pet->tag, "species") && pet->request == 1 && pet->n_fields == 4);
    CHECK(!strcmp(pet->fields[0].name, "species") && pet->fields[0].type == KZ_TYPE_STRING);
    CHECK(field(pet, "cat")->schema == &kzt_kz_cat && field(pet, "dog")->schema == field(pet, "wolf")->schema);
    /* A kind may have two names. */
    const kz_schema *tool = field(params, "tool")->schema;
    CHECK(tool->n_fields == 4 && field(tool, "search")->schema == field(tool, "search_2025")->schema);
    const kz_schema *shape = operation("send")->result;
    CHECK(shape == &kzt_kz_figure && shape->shape == KZ_SHAPE_UNION && !strcmp(shape->tag, "type") && is_sorted(shape));
    CHECK(!shape->request && shape->fields[0].offset == 0 && field(shape, "square")->type == KZ_TYPE_OBJECT);
    CHECK(is(field(params, "shapes"), KZ_TYPE_OBJECT, KZ_LIST, KZ_IN_BODY));
    const kz_schema *flat = field(params, "flat")->schema;
    CHECK(flat->shape == KZ_SHAPE_OBJECT && flat->n_fields == 4 && is_sorted(flat));
    CHECK(field(flat, "role")->flags == KZ_FIELD_REQUIRED && !strcmp(field(flat, "role")->check->values[1], "tool"));
    CHECK(field_at(flat, "content", 1)->flags == KZ_FIELD_ALTERNATIVE && field_at(flat, "content", 1)->container == KZ_LIST);
    CHECK(field(params, "unclear")->type == KZ_TYPE_JSON && field(params, "mixed")->type == KZ_TYPE_JSON);
    CHECK(field(params, "count")->type == KZ_TYPE_NUMBER && field(params, "name")->check->flags == KZ_OPEN_ENUM);
    return 0;
}
