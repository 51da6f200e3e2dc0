/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "../client.h"

static const kz_chat_message messages[] = { { .role = "user", .content = "Hello" } };
const kz_chat_completion_params hello = { .model = "tiny", .messages = messages, .n_messages = 1 };

static void connect(Fixture *f, const char *name, const char *value, const char *url)
{
    f->error = NULL;
    f->base = NULL;
    f->client = test_client(url, SETTINGS("max_retries", "1", "api_key", "secret-key", name, value), &f->error);
    f->openai = kz_client_openai(f->client, &f->error);
    if (f->error)
        g_error("%s", f->error->message);
}

void begin(Fixture *f, const WireAnswer *script, gsize n)
{
    f->server = wire_start(script, (gssize)n);
    char *base = g_strconcat(wire_url(f->server), "/v1", NULL);
    connect(f, "openai_base_url", base, wire_url(f->server));
    g_free(base);
}

void begin_proxied(Fixture *f, const char *base, const WireAnswer *answer)
{
    WireServer *server = answer ? wire_start(answer, 1) : NULL;
    char *proxy = g_strdup_printf("http://user:proxy-secret@%s", server ? wire_url(server) + 7 : "127.0.0.1:9");
    connect(f, "proxy", proxy, base);
    f->server = server;
    f->base = kz_openai_with_options(f->openai, &(kz_call_options){ .base_url = base }, &f->error);
    f->openai = f->base;
    g_free(proxy);
}

void begin_platform(Fixture *f, const char *base_url)
{
    f->server = NULL;
    connect(f, "use_https", "false", base_url);
}

void end(Fixture *f)
{
    test_no_error(f->error);
    kz_service_free(f->base);
    kz_client_free(f->client);
    if (f->server)
        wire_stop(f->server);
}

void expect_error(Fixture *f, int code, const char *text)
{
    test_error(&f->error, code, text);
}

const char *body_of(Fixture *f, guint i)
{
    return strstr(wire_request(f->server, i), "\r\n\r\n") + 4;
}

void asked(Fixture *f, guint i, const char *text)
{
    if (!strstr(wire_request(f->server, i), text))
        g_error("request %u lacks %s:\n%s", i, text, wire_request(f->server, i));
}

void not_asked(Fixture *f, guint i, const char *text)
{
    if (strstr(wire_request(f->server, i), text))
        g_error("request %u holds %s:\n%s", i, text, wire_request(f->server, i));
}
