/* fixture.c: see fixture.h. */
#include "fixture.h"

void begin(Fixture *f, const WireAnswer *script, gsize n, const char *const *settings)
{
    f->server = wire_start(script, n);
    f->error = NULL;
    kz_config *config = kz_config_new(&f->error);
    kz_config_set_isolated(config, true, &f->error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &f->error);
    kz_config_set(config, "base_url", wire_url(f->server), &f->error);
    for (; settings && *settings; settings += 2)
        kz_config_set(config, settings[0], settings[1], &f->error);
    f->client = kz_client_new(config, &f->error);
    f->kinds = kz_client_kinds(f->client, &f->error);
    kz_config_free(config);
    if (f->error)
        g_error("%s", f->error->message);
}

void begin_with(Fixture *f, const WireAnswer *answer)
{
    begin(f, answer, 1, NULL);
}

void no_error(const Fixture *f)
{
    if (f->error)
        g_error("%s: %s", kz_error_class(f->error->code), f->error->message);
}

void end(Fixture *f)
{
    no_error(f);
    kz_client_free(f->client);
    wire_stop(f->server);
}

void expect_error(Fixture *f, int code, const char *text)
{
    g_assert_nonnull(f->error);
    if (!kz_error_is(f->error, code) || (text && !strstr(f->error->message, text)))
        g_error("%s: %s", kz_error_class(f->error->code), f->error->message);
    kz_error_clear(&f->error);
}

const char *body_of(Fixture *f, guint i)
{
    return strstr(wire_request(f->server, i), "\r\n\r\n") + 4;
}
