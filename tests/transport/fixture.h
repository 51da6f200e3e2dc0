/* fixture.h: what the tests of one client in many threads share. */
#ifndef TEST_TRANSPORT_FIXTURE_H
#define TEST_TRANSPORT_FIXTURE_H

#include <glib.h>
#include <kamiwaza/openai.h>

/* A chat with the model "tiny". */
extern const kz_chat_completion_params hello;

/* A client of a server; `models`: the base URL of the OpenAI interface, or NULL. */
kz_client *client_of(const char *url, const char *models);
/* The slot must be empty. */
void no_error(const kz_error *error);

#endif
