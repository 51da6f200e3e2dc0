#include "probe.h"

HAS_TYPE(const kz_both_input *, kz_probe_put_params, both);
HAS_TYPE(const kz_asked *, kz_probe_put_params, asked);
HAS_TYPE(const kz_pair_input *, kz_probe_put_params, pair);
HAS_TYPE(const kz_both *, kz_probe_put_result, both);
HAS_TYPE(const kz_told *, kz_probe_put_result, told);
HAS_TYPE(const kz_pair *, kz_probe_put_result, pair);
HAS_TYPE(const kz_both_inner_input *, kz_both_input, inner);

int main(void)
{
    CHECK(offsetof(kz_both, id) == 0 && offsetof(kz_both_input, id) == 24);
    CHECK(kzt_kz_both_input.request && !kzt_kz_both.request && kzt_kz_both_input.from_offset == 16);
    CHECK(field(&kzt_kz_both_input, "id")->flags == KZ_FIELD_READ_ONLY && field(&kzt_kz_both, "id")->flags == 0);
    CHECK(sizeof(kz_pair) == 16 && kzt_kz_asked.request);
    return 0;
}
