#include "probe.h"

#include <regex.h>

static bool matches(const kz_schema *schema, const char *name, const char *text)
{
    regex_t expression;
    CHECK(regcomp(&expression, field(schema, name)->check->pattern, REG_EXTENDED | REG_NOSUB) == 0);
    bool found = regexec(&expression, text, 0, NULL, 0) == 0;
    regfree(&expression);
    return found;
}

int main(void)
{
    const kz_schema *p = operation("send")->params;
    const kz_check *age = field(p, "age")->check, *list = field(p, "list")->check, *text = field(p, "text")->check;
    CHECK(age->flags == (KZ_HAS_MINIMUM | KZ_HAS_MAXIMUM | KZ_EXCLUSIVE_MAXIMUM) && age->minimum == 0 && age->maximum == 150);
    CHECK(!strcmp(field(p, "age")->fallback, "7") && !strcmp(field(p, "text")->fallback, "\"a \\\"b\\\"\""));
    CHECK(field(p, "old")->check->flags == (KZ_HAS_MINIMUM | KZ_EXCLUSIVE_MINIMUM));
    CHECK(text->min_length == 1 && text->max_length == 8 && text->flags == KZ_HAS_MAX_LENGTH);
    CHECK(list->min_items == 1 && list->max_items == 3 && list->flags == KZ_HAS_MAX_ITEMS && list->pattern);
    CHECK(field(p, "open")->check->flags == KZ_OPEN_ENUM && field(p, "sealed")->check->flags == 0);
    CHECK(!strcmp(field(p, "sealed")->check->values[1], "b") && !field(p, "sealed")->check->values[2]);
    CHECK(!strcmp(field(p, "when")->check->format, "date-time") && !field(p, "odd")->check && !field(p, "ahead")->check);
    CHECK(!strcmp(field(p, "port")->check->values[1], "443"));
    CHECK(matches(p, "list", "123") && !matches(p, "list", "12a"));
    CHECK(matches(p, "digits", "123-abc_9") && matches(p, "digits", "12") && !matches(p, "digits", "1") &&
        !matches(p, "digits", "12-"));
    CHECK(matches(p, "space", "ab \tx.-$") == false && matches(p, "space", "ab x.-$") && !matches(p, "space", "a] x$"));
    CHECK(matches(p, "hexes", "A]-z/") && matches(p, "hexes", "A^^z/") && !matches(p, "hexes", "A]-4/") &&
        !matches(p, "hexes", "B]-z/"));
    return 0;
}
