#include "probe.h"

/* No plugin comes of it: this one takes the name without a clash. */
const kz_plugin_descriptor kz_plugin_probe;

int main(void)
{
    kz_probe_letter letter = { .pages = KZ_INT(2), .stamp = &(kz_probe_stamp){ .price = KZ_NUMBER(0.85) } };
    const kz_schema *schema = &kzt_kz_probe_letter;
    CHECK(letter.stamp->price.value < 1 && schema->size == sizeof letter && !schema->request && is_sorted(schema));
    CHECK(is(field(schema, "to"), KZ_TYPE_STRING, KZ_ONE, KZ_IN_BODY));
    CHECK(is(field_at(schema, "to", 1), KZ_TYPE_STRING, KZ_LIST, KZ_IN_BODY));
    CHECK(field(schema, "stamp")->schema == &kzt_kz_probe_stamp);
    HAS_TYPE(kz_opt_int, kz_probe_letter, pages);
    return 0;
}
