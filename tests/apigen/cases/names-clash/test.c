#include "probe.h"

HAS_TYPE(const char *, kz_probe_get_class_params, class_);
HAS_TYPE(kz_opt_int, kz_probe_get_class_params, from_);
HAS_TYPE(kz_opt_int, kz_probe_get_class_params, extra_);
HAS_TYPE(const char *, kz_probe_get_class_params, _2fa_code);
HAS_TYPE(const char *, kz_probe_get_class_params, camelCase);
HAS_TYPE(kz_opt_bool, kz_probe_get_class_params, linux_);
HAS_TYPE(kz_opt_int, kz_probe_get_class_params, n_items);
HAS_TYPE(const char *const *, kz_probe_get_class_params, items_);
HAS_TYPE(const char *, kz_probe_get_class_params, and_);
HAS_TYPE(const char *, kz_probe_get_class_params, chosen);
HAS_TYPE(const char *, kz_probe_put_params, id_);

int main(void)
{
    /* Names of the core, of functions and of each other are left alone. */
    CHECK(operation("get_class")->result == &kzt_kz_probe_error);
    CHECK(!strcmp(operation("get_class")->aliases[0], "getClass"));
    CHECK(operation("get_class_2")->result == &kzt_kz_probe_probe_get_class);
    CHECK(!strcmp(operation("get_a")->path, "/a") && operation("get_a")->result == &kzt_kz_quick);
    CHECK(!strcmp(field(operation("get_class")->params, "class")->c_name, "class_"));
    CHECK(!field(operation("get_class")->params, "camelCase")->c_name);
    const kz_schema *put = operation("put")->params;
    CHECK(field(put, "id")->place == KZ_IN_PATH && field_at(put, "id", 1)->place == KZ_IN_BODY && is_sorted(put));
    CHECK(!strcmp(KZ_PROBE_ERROR_CODE_API, "api") && !strcmp(KZ_PROBE_ERROR_CODE_API_2, "API"));
    CHECK(!strcmp(KZ_PROBE_ERROR_CODE_A_P_I, "a-p-i") && !strcmp(KZ_PROBE_ERROR_CODE_EMPTY, "") &&
        !strcmp(KZ_PROBE_ERROR_CODE_3D, "3d"));
    CHECK(!strcmp(KZ_PROBE_ERROR_KIND_SERVER, "server"));
    return 0;
}
