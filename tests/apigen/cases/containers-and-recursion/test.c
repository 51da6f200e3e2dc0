#include "probe.h"

HAS_TYPE(const kz_node *const *, kz_node, children);
HAS_TYPE(const kz_node_input *, kz_node_input, children);
HAS_TYPE(const kz_node *, kz_node, parent);
HAS_TYPE(const double *, kz_node, numbers);
HAS_TYPE(const bool *, kz_node, bools);
HAS_TYPE(const kz_json *, kz_node, anything);
HAS_TYPE(const kz_json *, kz_node, nested);
HAS_TYPE(const kz_string_entry *, kz_node, labels);
HAS_TYPE(const kz_json_entry *, kz_node, limits);
HAS_TYPE(const kz_json_entry *, kz_node, nodes);
HAS_TYPE(kz_json, kz_node, free);
HAS_TYPE(kz_json, kz_node, whatever);
HAS_TYPE(const char *, kz_node_inline_deep, x);

int main(void)
{
    const kz_schema *s = operation("send")->result;
    CHECK(s == &kzt_kz_node && is_sorted(s) && s->sealed == 1 && s->n_fields == 15);
    CHECK(field(s, "children")->schema == s && field(s, "parent")->schema == s);
    CHECK(field(&kzt_kz_node_input, "children")->schema == &kzt_kz_node_input && kzt_kz_node_input.request == 1);
    CHECK(field(s, "labels")->container == KZ_MAP && field(s, "labels")->type == KZ_TYPE_STRING);
    CHECK(field(s, "limits")->container == KZ_MAP && field(s, "limits")->type == KZ_TYPE_JSON);
    CHECK(field(s, "nested")->container == KZ_LIST && field(s, "nested")->type == KZ_TYPE_JSON);
    CHECK(field(s, "free")->container == KZ_ONE && field(s, "open")->type == KZ_TYPE_JSON);
    /* Every member is a multiple of eight bytes and nothing pads. */
    size_t next = 0;
    for (uint32_t i = 0; i < s->n_fields; i++) {
        CHECK(s->fields[i].offset == next && next % 8 == 0);
        bool wide = s->fields[i].container != KZ_ONE || s->fields[i].type == KZ_TYPE_JSON;
        next += wide ? sizeof(void *) + sizeof(size_t) : sizeof(void *);
    }
    CHECK(next == s->size);
    return 0;
}
