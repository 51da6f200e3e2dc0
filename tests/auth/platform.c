/* platform.c: see platform.h. */
#include "platform.h"

#include <string.h>

static char *answer(const char *status, const char *body)
{
    return g_strdup_printf(
        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
}

static char *sign_in(const Platform *it, const char *request)
{
    g_autofree char *due = g_strconcat("password=", it->password, "&", NULL);
    if (it->spent && strstr(request, "grant_type=refresh_token"))
        return answer("400 Bad Request", "{\"error\":\"invalid_grant\"}");
    if (it->status)
        return *it->status ? answer(it->status, it->body) : NULL;
    return strstr(request, due) ? answer("200 OK", it->grant) : answer("401 Unauthorized", "{\"detail\": \"Wrong password\"}");
}

static char *serve(const char *request, void *user)
{
    Platform *it = user;
    g_mutex_lock(&it->lock);
    bool asks = g_str_has_prefix(request, "POST ");
    it->asked += asks;
    char *text = asks ? sign_in(it, request) : it->refuses ? answer("401 Unauthorized", "{}") : answer("200 OK", "[]");
    g_mutex_unlock(&it->lock);
    return text;
}

void platform_begin(Platform *it)
{
    *it = (Platform){ .password = "right", .grant = "{\"access_token\": \"t1\"}" };
    g_mutex_init(&it->lock);
    it->server = wire_start_function(serve, it);
}

void platform_end(Platform *it)
{
    wire_stop(it->server);
    g_mutex_clear(&it->lock);
}

kz_client *platform_client(const Platform *it, const char *const *settings)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    g_autofree char *token_url = g_strconcat(wire_url(it->server), "/token", NULL);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "base_url", wire_url(it->server), &error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    kz_config_set(config, "token_store", "none", &error);
    kz_config_set(config, "max_retries", "0", &error);
    for (; *settings; settings += 2)
        kz_config_set(config, settings[0], strcmp(settings[1], "<token>") ? settings[1] : token_url, &error);
    kz_client *client = kz_client_new(config, &error);
    g_assert_null(error);
    kz_config_free(config);
    return client;
}
