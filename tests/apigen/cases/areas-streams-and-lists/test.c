/* Each area alone is enough to compile; the umbrella has all of them (the C++ check includes it). */
#include <kamiwaza/probe/talk.h>
#include <kamiwaza/probe/files.h>

#include "probe.h"

/* The types of the functions, checked by the compiler. */
static kz_stream *(*const talk)(kz_probe *, const kz_talk_params *, kz_error **) = NULL;
static kz_stream *(*const each)(kz_probe *, const kz_probe_files_list_params *, kz_error **) = NULL;

kz_stream *kz_call_stream(void *service, const kz_op_ref *op, const void *params, kz_error **error)
{
    (void)service, (void)params, (void)error;
    return (kz_stream *)(void *)(uintptr_t)op;
}

int main(void)
{
    const kz_operation *create = operation("talk.create"), *stream = operation("talk.create_stream");
    CHECK(create && stream && create->params == stream->params);
    CHECK(!strcmp(create->stream, "stream") && !strcmp(stream->stream, "stream"));
    CHECK(create->answer == KZ_ANSWER_JSON && stream->answer == KZ_ANSWER_EVENTS);
    CHECK(!strcmp(create->params->name, "kz_talk_params"));
    CHECK(!strcmp(create->result->name, "kz_acme_answer"));
    CHECK(field(create->result, "vector")->type == KZ_TYPE_FLOAT && field(create->result, "vector")->container == KZ_LIST);
    CHECK(!strcmp(field(create->params, "form")->sent, "base64") && !field(create->params, "text")->sent);
    CHECK(!strcmp(field(create->params, "parts")->sent, "[\"head\", \"body\"]"));
    kz_talk_params params = { .choice_object = NULL, .size_number = KZ_INT(1) };
    CHECK(params.size_number.value == 1);
    const kz_operation *list = operation("files.list");
    CHECK(
        list->paging && !list->paging->offset && !strcmp(list->paging->cursor, "after") && !strcmp(list->paging->limit, "limit"));
    CHECK(list->result->shape == KZ_SHAPE_LIST && !strcmp(list->result->fields[0].name, "data"));
    CHECK(!strcmp(list->result->fields[0].c_name, "items"));
    CHECK(field(list->params, "metadata")->container == KZ_MAP);
    CHECK(operation("files.create")->flags & KZ_OP_BRACKETS);
    CHECK(!talk && !each);
    CHECK((void *)kz_probe_talk_create_stream(NULL, NULL, NULL) == &kz_probe_talk_create_stream_op);
    CHECK((void *)kz_probe_files_list_each(NULL, NULL, NULL) == &kz_probe_files_list_op);
    /* What an area reaches is in its own table of sizes, what several reach in each of theirs. */
    size_t found = 0;
    for (size_t i = 0; i < kz_probe_files_interface.n_sizes; i++)
        found += !strcmp(kz_probe_files_interface.sizes[i].name, "kz_acme_owner") ||
            !strcmp(kz_probe_files_interface.sizes[i].name, "kz_acme_answer");
    CHECK(found == 1);
    return 0;
}
