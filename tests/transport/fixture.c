/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "../client.h"

static const kz_chat_message message = { .role = "user", .content = "Hello" };
const kz_chat_completion_params hello = { .model = "tiny", .messages = &message, .n_messages = 1, .max_tokens = { 8, KZ_SET } };

void no_error(const kz_error *error)
{
    if (error)
        g_error("%s: %s", kz_error_class(error->code), error->message);
}

kz_client *client_of(const char *url, const char *models)
{
    kz_error *error = NULL;
    kz_client *client = test_client(url, SETTINGS("max_connections", "64", models ? "openai_base_url" : NULL, models), &error);
    no_error(error);
    return client;
}
