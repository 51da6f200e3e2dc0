#include "probe.h"

HAS_TYPE(const char *, kz_probe_send_params, stop);
HAS_TYPE(const char *const *, kz_probe_send_params, stop_list);
HAS_TYPE(size_t, kz_probe_send_params, n_stop_list);
HAS_TYPE(const kz_part *, kz_probe_send_params, content_list);
HAS_TYPE(const char *const *, kz_probe_send_params, other_list);

int main(void)
{
    const kz_schema *params = operation("send")->params;
    const kz_field *one = field(params, "stop"), *many = field_at(params, "stop", 1);
    CHECK(many == one + 1 && is_sorted(params));
    CHECK(one->flags == (KZ_FIELD_REQUIRED | KZ_FIELD_NULLABLE) && is(one, KZ_TYPE_STRING, KZ_ONE, KZ_IN_BODY));
    CHECK(many->flags == (one->flags | KZ_FIELD_ALTERNATIVE) && is(many, KZ_TYPE_STRING, KZ_LIST, KZ_IN_BODY));
    CHECK(!strcmp(many->c_name, "stop_list"));
    CHECK(is(field_at(params, "content", 1), KZ_TYPE_OBJECT, KZ_LIST, KZ_IN_BODY));
    /* In a query one string is a list of one. */
    CHECK(is(field(params, "q"), KZ_TYPE_STRING, KZ_LIST, KZ_IN_QUERY));
    return 0;
}
