#include "probe.h"

HAS_TYPE(const char *, kz_probe_send_params, stop);
HAS_TYPE(const char *const *, kz_probe_send_params, stop_list);
HAS_TYPE(size_t, kz_probe_send_params, n_stop_list);
HAS_TYPE(const kz_part *, kz_probe_send_params, content_list);
HAS_TYPE(const char *const *, kz_probe_send_params, other_list);
HAS_TYPE(const int64_t *, kz_probe_send_params, input_numbers);
HAS_TYPE(const kz_json *, kz_probe_send_params, input_lists);
HAS_TYPE(kz_json, kz_probe_send_params, alike);
HAS_TYPE(const kz_upload *, kz_probe_attach_params, file_list);

int main(void)
{
    const kz_schema *params = operation("send")->params;
    const kz_field *one = field(params, "stop"), *many = field_at(params, "stop", 1);
    CHECK(many == one + 1 && is_sorted(params));
    CHECK(one->flags == (KZ_FIELD_REQUIRED | KZ_FIELD_NULLABLE) && is(one, KZ_TYPE_STRING, KZ_ONE, KZ_IN_BODY));
    CHECK(many->flags == (one->flags | KZ_FIELD_ALTERNATIVE) && is(many, KZ_TYPE_STRING, KZ_LIST, KZ_IN_BODY));
    CHECK(!strcmp(many->c_name, "stop_list"));
    CHECK(is(field_at(params, "content", 1), KZ_TYPE_OBJECT, KZ_LIST, KZ_IN_BODY));
    /* Several lists are told apart by their items, where these differ in kind. */
    CHECK(is(field_at(params, "input", 1), KZ_TYPE_STRING, KZ_LIST, KZ_IN_BODY));
    CHECK(is(field_at(params, "input", 2), KZ_TYPE_INT, KZ_LIST, KZ_IN_BODY));
    CHECK(is(field_at(params, "input", 3), KZ_TYPE_JSON, KZ_LIST, KZ_IN_BODY));
    CHECK(is(field_at(params, "input", 4), KZ_TYPE_OBJECT, KZ_ONE, KZ_IN_BODY));
    /* A file comes first, whatever its place. */
    const kz_schema *form = operation("attach")->params;
    CHECK(is(field(form, "file"), KZ_TYPE_UPLOAD, KZ_ONE, KZ_IN_BODY));
    CHECK(is(field_at(form, "file", 1), KZ_TYPE_UPLOAD, KZ_LIST, KZ_IN_BODY));
    CHECK(is(field(form, "video"), KZ_TYPE_UPLOAD, KZ_ONE, KZ_IN_BODY));
    CHECK(is(field_at(form, "video", 1), KZ_TYPE_OBJECT, KZ_ONE, KZ_IN_BODY));
    /* In a query one string is a list of one. */
    CHECK(is(field(params, "q"), KZ_TYPE_STRING, KZ_LIST, KZ_IN_QUERY));
    return 0;
}
