#include "probe.h"

HAS_TYPE(const kz_item *const *, kz_item_list, items);
HAS_TYPE(kz_opt_int, kz_item_list, per_page);
HAS_TYPE(const int64_t *, kz_probe_int_list, items);
HAS_TYPE(const kz_string_entry *, kz_probe_map_result, value);

/* The types of the functions, checked by the compiler. */
kz_item_list *(*const list_fn)(kz_probe *, const kz_probe_list_params *, kz_error **) = NULL;

static const void *answered;
static char stream_made;

void *kz_call(void *service, const kz_op_ref *op, const void *params, kz_error **error)
{
    (void)service, (void)params, (void)error;
    answered = op->name;
    return &stream_made;
}

kz_stream *kz_call_stream(void *service, const kz_op_ref *op, const void *params, kz_error **error)
{
    answered = op->name;
    return kz_call(service, op, params, error);
}

int main(void)
{
    const kz_operation *list = operation("list");
    CHECK(list->answer == KZ_ANSWER_JSON && list->result == &kzt_kz_item_list && list->result->shape == KZ_SHAPE_LIST);
    CHECK(list->result->n_fields == 4 && list->result->fields[0].schema == &kzt_kz_item);
    CHECK(!strcmp(list->paging->offset, "skip") && !strcmp(list->paging->limit, "limit") && list->paging->page_size == 50);
    CHECK(operation("strings")->result == &kz_schema_string_list && operation("string")->result == &kz_schema_string_value);
    CHECK(operation("ints")->result == &kzt_kz_probe_int_list && kzt_kz_probe_int_list.fields[0].type == KZ_TYPE_INT);
    CHECK(operation("bool")->result == &kz_schema_bool_value && operation("any")->result == &kz_schema_json_value);
    CHECK(operation("map")->result->shape == KZ_SHAPE_VALUE && operation("map")->result->fields[0].container == KZ_MAP);
    CHECK(operation("none")->answer == KZ_ANSWER_NOTHING && !operation("none")->result);
    CHECK(operation("text")->answer == KZ_ANSWER_TEXT && operation("text")->result == &kz_schema_string_value);
    CHECK(operation("bytes")->answer == KZ_ANSWER_BYTES && operation("bytes")->result == &kz_schema_bytes);
    CHECK(operation("chunks")->answer == KZ_ANSWER_CHUNKS);
    CHECK(operation("events")->answer == KZ_ANSWER_EVENTS && operation("events")->result == &kzt_kz_item);
    CHECK(operation("lines")->answer == KZ_ANSWER_LINES && operation("lines")->result == &kzt_kz_item);
    CHECK(operation("default")->answer == KZ_ANSWER_JSON && operation("default")->result == &kzt_kz_item);
    kz_item_list *items = kz_probe_list(NULL, NULL, NULL);
    CHECK(items && !strcmp(answered, "list"));
    kz_stream *each = kz_probe_list_each(NULL, NULL, NULL), *events = kz_probe_events(NULL, NULL, NULL);
    CHECK(each && events && !strcmp(answered, "events"));
    return list_fn != NULL;
}
