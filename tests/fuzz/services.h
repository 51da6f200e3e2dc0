/* services.h: the tables of the services that are built, for targets that pick a schema or an operation by a key. A key picks what
 * has the next hash of its name, so that few inputs of a corpus change their meaning when the services grow. */
#ifndef TEST_FUZZ_SERVICES_H
#define TEST_FUZZ_SERVICES_H

#include <kamiwaza/plugin.h>

/* A schema that answers are decoded by. */
const kz_schema *fuzz_answer_schema(uint16_t key);

/* An operation that is one request, and the service it belongs to. */
const kz_operation *fuzz_request(uint16_t key, const kz_plugin_descriptor **service);

/* The key that picks what has this name: "kz_model", "models.list". */
uint16_t fuzz_key(const char *name);

#endif
