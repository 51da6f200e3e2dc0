/* fuzz-requests.c: arguments of a call by name to every operation of the services that is one request, as JSON behind two bytes
 * that choose the operation. What passes the check becomes a request: a URL of the server that was configured, with as many parts
 * as its path has; headers of one line each; a JSON body that read as arguments gives the same body. */
#include "engine.h"
#include "fuzz.h"
#include "requests.h"
#include "services.h"

#include <string.h>

#define SERVER "http://127.0.0.1:1/v1/inner"

static kz_client *client;

static void prepare(void)
{
    kz_error *error = NULL;
    kz_config *config = client ? NULL : kz_config_new(&error);
    if (!config)
        return;
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "base_url", SERVER, &error);
    kz_config_set(config, "openai_base_url", SERVER, &error);
    client = kz_client_new(config, &error);
    kz_config_free(config);
    HOLDS(client && !error);
}

static void check_url(const char *url)
{
    CURLU *parsed = curl_url();
    char *host = NULL, *port = NULL, *user = NULL, *plain = NULL, *whole = NULL;
    for (const char *c = url; *c; c++)
        HOLDS(*c > ' ' && *c < 127);
    HOLDS(parsed && !curl_url_set(parsed, CURLUPART_URL, url, 0));
    HOLDS(!curl_url_get(parsed, CURLUPART_HOST, &host, 0) && !strcmp(host, "127.0.0.1"));
    HOLDS(!curl_url_get(parsed, CURLUPART_PORT, &port, 0) && !strcmp(port, "1"));
    HOLDS(curl_url_get(parsed, CURLUPART_USER, &user, 0));
    HOLDS(!curl_url_get(parsed, CURLUPART_PATH, &plain, 0));
    HOLDS(!curl_url_set(parsed, CURLUPART_URL, url, CURLU_PATH_AS_IS) && !curl_url_get(parsed, CURLUPART_PATH, &whole, 0));
    HOLDS(!strcmp(plain, whole)); /* no argument leaves its folder */
    curl_free(host);
    curl_free(port);
    curl_free(plain);
    curl_free(whole);
    curl_url_cleanup(parsed);
}

/* What is sent once more is the same. */
static void check_body(const kzi_call *call)
{
    const kz_schema *schema = call->op->params;
    kzi_json_options options = { .arguments = true, .max_depth = UINT32_MAX };
    kzi_buffer again = { 0 };
    kz_error *error = NULL;
    fuzz_is_json(call->body.data, call->body.length);
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (schema->fields[i].place == KZ_IN_BODY_WHOLE)
            return;
    kzi_scope *scope = kzi_scope_new(1);
    HOLDS(scope);
    void *params = kzi_json_read(schema, scope, call->body.data, call->body.length, &options, &error);
    if (!params || !kzi_json_write(&again, schema, params, KZ_IN_BODY, NULL, &error))
        fprintf(stderr, "%s: %s\n%s\n", schema->name, call->body.data, error->message);
    HOLDS(!error);
    if (again.length != call->body.length || memcmp(again.data, call->body.data, again.length) != 0)
        fprintf(stderr, "%s: %s\n%s\n", schema->name, call->body.data, again.data);
    HOLDS(again.length == call->body.length && !memcmp(again.data, call->body.data, again.length));
    kzi_buffer_free(&again);
    kzi_scope_free(scope);
}

static void send_one(const kz_plugin_descriptor *service, const kz_operation *op, const void *params)
{
    kzi_instance instance = {
        .client = client, .name = (char *)(uintptr_t)service->name, .descriptor = service, .vtable = service->vtable
    };
    kz_service handle = { .instance = &instance, .borrowed = true };
    kzi_call call = { 0 };
    kz_error *error = NULL;
    if (kzi_call_prepare(&call, &handle, &instance, op, NULL, params, &error)) {
        check_url(call.url.data);
        for (struct curl_slist *line = call.headers; line; line = line->next)
            HOLDS(strchr(line->data, ':') && !strpbrk(line->data, "\r\n"));
        if (call.body_kind == KZ_BODY_JSON)
            check_body(&call);
    } else {
        HOLDS(error && error->code == KZ_ERROR_ARGUMENT && error->path && error->message[0]);
    }
    kzi_call_clear(&call);
    kz_error_free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    prepare();
    const kz_plugin_descriptor *service;
    const kz_operation *op = fuzz_request((uint16_t)(data[0] << 8 | data[1]), &service);
    kzi_json_options options = { .arguments = true, .body_name = op->body_name };
    kzi_scope *scope = kzi_scope_new(1);
    HOLDS(scope);
    const void *params = fuzz_arguments(op->params, scope, (kz_json){ (const char *)data + 2, size - 2 }, &options);
    if (params && fuzz_check(op->params, params))
        send_one(service, op, params);
    kzi_scope_free(scope);
    return 0;
}
