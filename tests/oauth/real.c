/* real.c: see real.h. */
#include "real.h"

#include "pages.h"

#include <gio/gio.h>

static GSubprocess *process;
static char *issuer;
static const char *trusted;

void real_start(json_t *settings, const char *authority)
{
    GError *problem = NULL;
    g_autofree char *text = json_dumps(settings, 0);
    json_decref(settings);
    trusted = authority;
    process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &problem, "node",
        g_getenv("KAMIWAZA_TEST_PROVIDER"), text, NULL);
    g_assert_no_error(problem);
    g_autoptr(GDataInputStream) out = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process));
    g_filter_input_stream_set_close_base_stream(G_FILTER_INPUT_STREAM(out), FALSE);
    issuer = g_data_input_stream_read_line(out, NULL, NULL, NULL);
    if (!issuer)
        g_error("the provider does not start: node %s '%s'", g_getenv("KAMIWAZA_TEST_PROVIDER"), text);
}

const char *real_issuer(void)
{
    return issuer;
}

void real_stop(void)
{
    g_output_stream_close(g_subprocess_get_stdin_pipe(process), NULL, NULL);
    g_subprocess_wait(process, NULL, NULL);
    g_clear_object(&process);
    g_clear_pointer(&issuer, g_free);
}

json_t *real_ask(const char *path, const char *credentials, const char *form)
{
    Page page;
    g_autofree char *url = g_strconcat(issuer, path, NULL);
    page_open(&page, trusted);
    curl_easy_setopt(page.browser, CURLOPT_USERPWD, credentials);
    page_visit(&page, url, form);
    json_t *answer = json_loads(page.text->str, 0, NULL);
    page_close(&page);
    g_assert_nonnull(answer);
    return answer;
}

json_t *real_introspect(const char *token)
{
    g_autofree char *form = g_strconcat("token=", token, NULL);
    return real_ask("/token/introspection", "inspector:looks", form);
}

gboolean real_is_active(const char *token)
{
    json_t *facts = real_introspect(token);
    gboolean active = json_is_true(json_object_get(facts, "active"));
    json_decref(facts);
    return active;
}
