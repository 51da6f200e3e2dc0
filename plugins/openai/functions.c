/* functions.c: the table of the plugin's functions for programs. It grows at its end. */
#include "functions.h"

const struct kz_openai_functions kzp_openai_functions = {
    .size = sizeof(kz_openai_functions),
    .chat_accumulator_new = kzp_chat_accumulator_new,
    .chat_accumulator_add = kzp_chat_accumulator_add,
    .chat_accumulator_text = kzp_chat_accumulator_text,
    .chat_accumulator_result = kzp_chat_accumulator_result,
    .chat_accumulator_free = kzp_chat_accumulator_free,
    .response_accumulator_new = kzp_response_accumulator_new,
    .response_accumulator_add = kzp_response_accumulator_add,
    .response_accumulator_result = kzp_response_accumulator_result,
    .response_accumulator_free = kzp_response_accumulator_free,
    .chat_run_tools = kzp_chat_run_tools,
    .chat_json = kzp_chat_json,
};
