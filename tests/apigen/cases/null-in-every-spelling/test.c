#include "probe.h"

HAS_TYPE(const kz_thing *, kz_probe_send_params, object);
HAS_TYPE(const kz_thing *, kz_probe_send_params, object2);

int main(void)
{
    const kz_schema *params = operation("send")->params;
    CHECK(!(field(params, "plain")->flags & KZ_FIELD_NULLABLE));
    for (uint32_t i = 1; i < params->n_fields; i++)
        CHECK(params->fields[i].flags & KZ_FIELD_NULLABLE);
    const char *strings[] = { "plain", "flag", "both", "any", "values" };
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        CHECK(is(field(params, strings[i]), KZ_TYPE_STRING, KZ_ONE, KZ_IN_BODY));
    CHECK(field(params, "one")->type == KZ_TYPE_INT && field(params, "constant")->type == KZ_TYPE_INT);
    CHECK(field(params, "object")->schema == &kzt_kz_thing && field(params, "object2")->schema == &kzt_kz_thing);
    CHECK(is(field(params, "list"), KZ_TYPE_BOOL, KZ_LIST, KZ_IN_BODY) && field(params, "old")->type == KZ_TYPE_NUMBER);
    CHECK(!strcmp(field(params, "values")->check->values[0], "a") && !field(params, "values")->check->values[1]);
    return 0;
}
