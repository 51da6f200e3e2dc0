#include "probe.h"

HAS_TYPE(const kz_upload *, kz_probe_upload_params, file);
HAS_TYPE(const kz_upload *, kz_probe_upload_params, more);
HAS_TYPE(size_t, kz_probe_upload_params, n_more);
HAS_TYPE(const kz_thing *, kz_probe_list_params, body);
HAS_TYPE(const kz_upload *, kz_probe_bytes_params, body);
HAS_TYPE(kz_json, kz_probe_free_params, body);

int main(void)
{
    CHECK(operation("form")->body == KZ_BODY_FORM && field(operation("form")->params, "user")->flags == KZ_FIELD_REQUIRED);
    const kz_schema *upload = operation("upload")->params;
    CHECK(operation("upload")->body == KZ_BODY_MULTIPART);
    CHECK(is(field(upload, "file"), KZ_TYPE_UPLOAD, KZ_ONE, KZ_IN_BODY) &&
        is(field(upload, "more"), KZ_TYPE_UPLOAD, KZ_LIST, KZ_IN_BODY));
    CHECK(is(field(upload, "modern"), KZ_TYPE_UPLOAD, KZ_ONE, KZ_IN_BODY) &&
        is(field(upload, "purpose"), KZ_TYPE_STRING, KZ_ONE, KZ_IN_BODY));
    CHECK(is(field(upload, "either"), KZ_TYPE_UPLOAD, KZ_ONE, KZ_IN_BODY));
    CHECK(is(field_at(upload, "either", 1), KZ_TYPE_UPLOAD, KZ_LIST, KZ_IN_BODY));
    const kz_field *list = field(operation("list")->params, "body");
    CHECK(is(list, KZ_TYPE_OBJECT, KZ_LIST, KZ_IN_BODY_WHOLE) && list->schema == &kzt_kz_thing &&
        !strcmp(list->aliases[0], "things"));
    CHECK(operation("bytes")->body == KZ_BODY_BYTES && !strcmp(operation("bytes")->content_type, "audio/wav"));
    CHECK(is(field(operation("bytes")->params, "body"), KZ_TYPE_UPLOAD, KZ_ONE, KZ_IN_BODY_WHOLE));
    CHECK(operation("octets")->body == KZ_BODY_BYTES && !operation("octets")->content_type);
    CHECK(operation("merge")->body == KZ_BODY_JSON && !strcmp(operation("merge")->content_type, "application/merge-patch+json"));
    /* A body that may be left out requires nothing. */
    CHECK(field(operation("merge")->params, "id")->flags == 0);
    CHECK(is(field(operation("free")->params, "body"), KZ_TYPE_JSON, KZ_ONE, KZ_IN_BODY_WHOLE));
    return 0;
}
