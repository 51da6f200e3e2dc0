#include "probe.h"

#include <kamiwaza/probe.h>

HAS_TYPE(kz_json, kz_probe_parts_add_params, extra);
HAS_TYPE(const void *, kz_probe_parts_add_params, from);
HAS_TYPE(const char *const *, kz_probe_parts_add_params, tags);
HAS_TYPE(const int64_t *, kz_probe_parts_add_params, ids);
HAS_TYPE(kz_opt_bool, kz_probe_parts_add_params, dry);
HAS_TYPE(const char *, kz_probe_parts_add_params, x_trace);
HAS_TYPE(kz_opt_number, kz_probe_parts_add_params, weight);

static const kz_op_ref *called;

bool kz_call_bool(void *service, const kz_op_ref *op, const void *params, kz_error **error)
{
    (void)service, (void)params, (void)error;
    called = op;
    return true;
}

int main(void)
{
    const kz_operation *op = operation("parts.add");
    const kz_schema *params = op->params;
    CHECK(!strcmp(op->method, "POST") && !strcmp(op->path, "/things/{thing_id}/parts"));
    CHECK(op->flags == (KZ_OP_RETRY_ALWAYS | KZ_OP_DEPRECATED));
    CHECK(!strcmp(op->aliases[0], "add_part") && !op->aliases[1]);
    CHECK(!strcmp(op->base_setting, "parts_base_url") && !strcmp(op->body_name, "part"));
    CHECK(op->body == KZ_BODY_JSON && op->answer == KZ_ANSWER_NOTHING && !op->result);
    CHECK(params->request == 1 && params->extra_offset == 0 && params->from_offset == 16);
    CHECK(params->size == sizeof(kz_probe_parts_add_params) && is_sorted(params));
    CHECK(offsetof(kz_probe_parts_add_params, thing_id) == 24 && params->fields[0].offset == 24);
    CHECK(is(field(params, "thing_id"), KZ_TYPE_STRING, KZ_ONE, KZ_IN_PATH));
    CHECK(field(params, "thing_id")->flags & KZ_FIELD_REQUIRED);
    CHECK(!strcmp(field(params, "thing_id")->check->format, "uuid"));
    CHECK(is(field(params, "tags"), KZ_TYPE_STRING, KZ_LIST, KZ_IN_QUERY) && field(params, "tags")->flags == KZ_FIELD_EXPLODE);
    CHECK(field(params, "tags")->count_offset == offsetof(kz_probe_parts_add_params, n_tags));
    CHECK(is(field(params, "ids"), KZ_TYPE_INT, KZ_LIST, KZ_IN_QUERY) && field(params, "ids")->flags == 0);
    CHECK(!strcmp(field(params, "dry")->fallback, "false") && !strcmp(field(params, "dry")->aliases[0], "dry_run"));
    CHECK(is(field(params, "X-Trace"), KZ_TYPE_STRING, KZ_ONE, KZ_IN_HEADER));
    CHECK(!strcmp(field(params, "X-Trace")->c_name, "x_trace"));
    CHECK(is(field(params, "crumb"), KZ_TYPE_STRING, KZ_ONE, KZ_IN_COOKIE));
    CHECK(is(field(params, "name"), KZ_TYPE_STRING, KZ_ONE, KZ_IN_BODY) && field(params, "name")->flags == KZ_FIELD_REQUIRED);
    CHECK(field(params, "local")->place == KZ_IN_OPTION);
    CHECK(field(params, "stamp")->flags & KZ_FIELD_READ_ONLY);
    CHECK(field(params, "token")->flags & KZ_FIELD_SECRET);
    /* What came later stands last, so that structs only grow. */
    CHECK(!strcmp(params->fields[params->n_fields - 1].name, "late"));
    for (uint32_t i = 0; i < params->n_fields; i++)
        CHECK(strcmp(params->fields[i].name, "Authorization") != 0);
    CHECK(operation("open")->flags == KZ_OP_NO_AUTH && operation("open")->params->n_fields == 0);

    CHECK(kz_probe_parts_add(NULL, NULL, NULL));
    CHECK(called->interface == &kz_probe_interface && !strcmp(called->name, "parts.add") && called->hint == 0);
    CHECK(called->params_size == params->size && called->result_size == 0);
    CHECK(kz_probe_interface.layout == params->layout && !strcmp(kz_probe_interface.service, "probe"));
    CHECK(kz_probe_interface.n_sizes == 2 && kz_probe_interface.sizes[1].size == params->size);
    CHECK(!strcmp(kz_plugin_probe.name, "probe") && !strcmp(kz_plugin_probe.version, "1.2"));
    CHECK(kz_plugin_probe.abi_major == KZ_ABI_MAJOR && kz_plugin_probe.kind == KZ_PLUGIN_SERVICE);
    return 0;
}
