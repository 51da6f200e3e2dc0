/* functions.h: the functions of the plugin that programs get by kz_service_function(), shared by the files that have them. */
#ifndef KZP_OPENAI_FUNCTIONS_H
#define KZP_OPENAI_FUNCTIONS_H

#include "openai-tables.h"

/* accumulate_chat.c */
kz_chat_accumulator *kzp_chat_accumulator_new(kz_openai *openai, const kz_interface *interface, kz_error **error);
bool kzp_chat_accumulator_add(kz_chat_accumulator *all, const kz_chat_completion_chunk *chunk, kz_error **error);
const char *kzp_chat_accumulator_text(const kz_chat_accumulator *all, int64_t choice);
void *kzp_chat_accumulator_result(const kz_chat_accumulator *all, uint64_t size, kz_error **error);
void kzp_chat_accumulator_free(kz_chat_accumulator *all);

/* accumulate_response.c */
kz_openai_response_accumulator *kzp_response_accumulator_new(kz_openai *openai, const kz_interface *interface, kz_error **error);
bool kzp_response_accumulator_add(
    kz_openai_response_accumulator *all, const kz_openai_response_stream_event *event, kz_error **error);
void *kzp_response_accumulator_result(const kz_openai_response_accumulator *all, uint64_t size, kz_error **error);
void kzp_response_accumulator_free(kz_openai_response_accumulator *all);

/* tools.c */
void *kzp_chat_run_tools(
    kz_openai *openai, const kz_op_ref *op, const void *params, const kz_chat_tool_loop *loop, kz_error **error);

/* structured.c */
bool kzp_chat_json(const kz_chat_completion *reply, kz_json *json, kz_error **error);

#endif
