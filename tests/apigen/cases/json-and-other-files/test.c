#include "probe.h"

HAS_TYPE(const kz_thing *, kz_thing, next);

int main(void)
{
    CHECK(operation("get")->result == &kzt_kz_thing && field(&kzt_kz_thing, "next")->schema == &kzt_kz_thing);
    CHECK(field(operation("get")->params, "id")->place == KZ_IN_PATH);
    CHECK(!strcmp(((const kz_service_vtable *)kz_plugin_probe.vtable)->title, "Probe \"quoted\""));
    CHECK(!strcmp(operation("get")->summary, "Ends * / a comment, \"quotes\", a back\\slash."));
    return 0;
}
