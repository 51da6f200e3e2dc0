#include "probe.h"

HAS_TYPE(const kz_base *, kz_derived, parent);
HAS_TYPE(const kz_base *, kz_derived, again);

int main(void)
{
    const kz_schema *s = &kzt_kz_derived;
    CHECK(operation("get")->result == s && s->request == 0 && s->n_fields == 5 && is_sorted(s));
    CHECK(s->size == sizeof(kz_derived) && offsetof(kz_derived, id) == 0);
    CHECK(field(s, "id")->flags == KZ_FIELD_REQUIRED && field(s, "size")->flags == KZ_FIELD_REQUIRED);
    CHECK(field(s, "kind")->type == KZ_TYPE_STRING && !strcmp(field(s, "kind")->check->values[1], "small"));
    CHECK(field(s, "parent")->schema == &kzt_kz_base && field(s, "again")->schema == &kzt_kz_base);
    CHECK(field(s, "again")->flags == KZ_FIELD_DEPRECATED);
    CHECK(!strcmp(s->summary, "More than the base."));
    return 0;
}
