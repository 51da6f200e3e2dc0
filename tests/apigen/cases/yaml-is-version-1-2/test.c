#include "probe.h"

int main(void)
{
    const kz_schema *p = operation("get")->params;
    const char *expected[] = { "on", "off", "yes", "no", "2024-01-02", "12:30" };
    for (int i = 0; i < 6; i++)
        CHECK(!strcmp(field(p, "switch")->check->values[i], expected[i]));
    CHECK(!strcmp(field(p, "first")->summary, "Shared.") && !strcmp(field(p, "second")->summary, "Shared."));
    CHECK(!strcmp(field(p, "second")->check->format, "uuid") && !field(p, "first")->check);
    CHECK(field(p, "odd")->check->maximum == 16 && field(p, "odd")->check->minimum == 8);
    return 0;
}
