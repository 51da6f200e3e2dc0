/* fixture.c: see fixture.h. The plugin is linked in and led through a vtable of the test, which sees every wait and cuts it short. */
#include "fixture.h"

#include <openssl/pem.h>
#include <string.h>

extern const kz_plugin_descriptor kz_plugin_auth_oauth;

static const kz_provider_vtable *plugin(void)
{
    return kz_plugin_auth_oauth.vtable;
}

/* ---- the vtable between ---- */

typedef struct Between {
    Fixture *f;
    void *self;
} Between;

static void *create(kz_provider *provider, kz_error **error)
{
    void *self = plugin()->create(provider, error);
    Between *between = self ? g_new0(Between, 1) : NULL;
    if (between)
        *between = (Between){ kz_provider_user(provider), self };
    return between;
}

static void destroy(void *self)
{
    Between *between = self;
    plugin()->destroy(between->self);
    g_free(between);
}

static kz_step see(Fixture *f, kz_provider_step *step, kz_step result)
{
    if (result == KZ_STEP_WAIT && step->fd < 0 && !f->polls) {
        g_assert_cmpuint(f->n_waits, <, MOST_WAITS);
        f->waits[f->n_waits++] = step->wait;
        step->wait = 0;
    }
    g_mutex_lock(&f->lock);
    while (result == KZ_STEP_REQUEST && f->gated && !f->opened && !strcmp(step->request.method, "POST"))
        g_cond_wait(&f->changed, &f->lock);
    g_mutex_unlock(&f->lock);
    return result;
}

void open_gate(Fixture *f)
{
    g_mutex_lock(&f->lock);
    f->opened = TRUE;
    g_cond_signal(&f->changed);
    g_mutex_unlock(&f->lock);
}

static void see_memory(Fixture *f, const kz_provider_step *step)
{
    if (!step->memory.text)
        return;
    g_free(f->memory);
    f->memory = g_strndup(step->memory.text, step->memory.length);
}

static kz_step acquire(void *self, kz_provider_step *step, kz_error **error)
{
    Between *between = self;
    see_memory(between->f, step);
    return see(between->f, step, plugin()->acquire(between->self, step, error));
}

static kz_step sign_out(void *self, kz_provider_step *step, kz_error **error)
{
    Between *between = self;
    see_memory(between->f, step);
    return see(between->f, step, plugin()->sign_out(between->self, step, error));
}

static void release(void *work)
{
    plugin()->release(work);
}

/* ---- the person ---- */

static gpointer browse_on(gpointer data)
{
    Fixture *f = data;
    f->browser(f, f->shown_url);
    return NULL;
}

static void remember(char **place, const char *text)
{
    if (!g_strcmp0(*place, text)) /* the browser may be reading it */
        return;
    g_free(*place);
    *place = g_strdup(text);
}

static bool browse(void *user, const char *url)
{
    Fixture *f = user;
    remember(&f->shown_url, url);
    if (f->browser)
        f->thread = g_thread_new("browser", browse_on, f);
    return true;
}

static bool show(void *user, const kz_sign_in_notice *notice, kz_error **error)
{
    Fixture *f = user;
    (void)error;
    g_assert_nonnull(notice->text);
    remember(&f->shown_url, notice->url);
    remember(&f->shown_code, notice->code);
    remember(&f->shown_whole, notice->url_with_code);
    f->shown_lifetime = notice->lifetime;
    if (f->browser && !f->thread)
        f->thread = g_thread_new("browser", browse_on, f);
    return true;
}

/* ---- the client ---- */

static void keep_log(const kz_log_record *record, void *user)
{
    static GMutex lock;
    GString *log = user;
    g_mutex_lock(&lock);
    g_string_append_printf(log, "%s: %s", record->area, record->message);
    for (gsize i = 0; i < record->n_fields; i++)
        g_string_append_printf(log, " %s=%s", record->fields[i].name, record->fields[i].value ? record->fields[i].value : "");
    g_string_append_c(log, '\n');
    g_mutex_unlock(&lock);
}

void begin(Fixture *f)
{
    *f = (Fixture){ .log = g_string_new(NULL),
        .texts = g_ptr_array_new_with_free_func(g_free),
        .secrets = g_ptr_array_new_with_free_func(g_free),
        .pages = g_ptr_array_new_with_free_func(g_free),
        .person = { .size = sizeof f->person, .show = show, .browse = browse } };
    f->person.user = f;
    static const char *const secrets[] = { TOKEN, "s3cret-of-app", "czNjcmV0" /* the same in base64 */, "device-code-1",
        "refresh-1", "refresh-2" };
    for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++)
        keep_secret(f, secrets[i]);
}

void keep_secret(Fixture *f, const char *text)
{
    g_ptr_array_add(f->secrets, g_strdup(text));
}

void add_text(Fixture *f, const char *whole)
{
    g_assert_cmpuint(f->n_answers, <, MOST_ANSWERS);
    char *text = g_strdup(whole);
    g_ptr_array_add(f->texts, text);
    f->answers[f->n_answers++] = (WireAnswer){ text, -1, 0, NULL };
}

void add_json(Fixture *f, const char *status, const char *body)
{
    g_autofree char *whole = g_strconcat(status, "\n", body, NULL); /* put in order when the address is known */
    add_text(f, whole);
}

static char *with_url(const char *text, const char *url)
{
    g_auto(GStrv) parts = g_strsplit(text, "<>", -1);
    return g_strjoinv(url, parts);
}

void set_json(Fixture *f, guint i, const char *status, const char *body)
{
    g_autofree char *filled = with_url(body, wire_url(f->server));
    char *whole = g_strdup_printf(
        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(filled), filled);
    g_ptr_array_add(f->texts, whole);
    f->answers[i].text = whole;
}

static void start_server(Fixture *f)
{
    f->server = wire_start(f->answers, f->n_answers);
    for (guint i = 0; i < f->n_answers; i++) {
        const char *body = f->answers[i].text ? strchr(f->answers[i].text, '\n') : NULL;
        if (!body || g_str_has_prefix(f->answers[i].text, "HTTP/"))
            continue;
        g_autofree char *status = g_strndup(f->answers[i].text, (gsize)(body - f->answers[i].text));
        set_json(f, i, status, body + 1);
    }
}

void open_client(Fixture *f, const char *const *settings)
{
    static kz_provider_vtable between;
    between = *plugin();
    between.create = create;
    between.destroy = destroy;
    between.acquire = acquire;
    between.sign_out = sign_out;
    between.release = release;
    if (f->n_answers)
        start_server(f);
    const char *url = f->server ? wire_url(f->server) : "http://127.0.0.1:9";
    kz_config *config = kz_config_new(&f->error);
    kz_config_set_isolated(config, true, &f->error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &f->error);
    kz_config_set(config, "base_url", url, &f->error);
    kz_config_set(config, "max_retries", "0", &f->error);
    kz_config_set(config, "token_store", "none", &f->error);
    if (f->as_installed)
        kz_config_set(config, "auth", "oauth", &f->error);
    else
        kz_config_set_auth(config, "oauth", &between, f, &f->error);
    kz_config_set_log(config, keep_log, f->log, KZ_LOG_TRACE, &f->error);
    for (; *settings; settings += 2) {
        g_autofree char *value = with_url(settings[1], url);
        kz_config_set(config, settings[0], value, &f->error);
    }
    f->client = kz_client_new(config, &f->error);
    kz_config_free(config);
    g_assert_null(f->error);
}

static void assert_silent(Fixture *f, const char *where)
{
    for (guint i = 0; i < f->secrets->len; i++)
        if (where && strstr(where, f->secrets->pdata[i]))
            g_error("a secret (%s) is said: %s", (char *)f->secrets->pdata[i], where);
}

void end(Fixture *f)
{
    if (f->thread)
        g_thread_join(f->thread);
    if (f->error)
        g_error("%s", f->error->message);
    kz_client_free(f->client);
    assert_silent(f, f->log->str);
    if (f->server)
        wire_stop(f->server);
    g_string_free(f->log, TRUE);
    g_ptr_array_unref(f->texts);
    g_ptr_array_unref(f->secrets);
    g_ptr_array_unref(f->pages);
    g_free(f->memory);
    g_free(f->shown_url);
    g_free(f->shown_code);
    g_free(f->shown_whole);
}

bool signs_in(Fixture *f)
{
    bool fine = kz_client_sign_in(f->client, &f->person, &f->error);
    if (f->thread)
        g_thread_join(g_steal_pointer(&f->thread));
    g_assert_cmpint(fine, ==, !f->error);
    return fine;
}

bool calls(Fixture *f)
{
    kz_answer answer = { 0 };
    bool fine = kz_call_by_name(f->client, "models.list", (kz_json){ 0 }, NULL, &answer, &f->error);
    kz_free(answer.result);
    return fine;
}

kz_credential *credential_of(Fixture *f)
{
    return kz_client_credential(f->client, &f->error);
}

void expect_error(Fixture *f, kz_error_code code, const char *const *texts)
{
    g_assert_nonnull(f->error);
    g_test_message("%s", f->error->message);
    for (const kz_error *each = f->error; each; each = each->cause) {
        g_autofree char *detail = each->detail.text ? g_strndup(each->detail.text, each->detail.length) : NULL;
        assert_silent(f, each->message);
        assert_silent(f, each->url);
        assert_silent(f, detail);
        g_assert_true(g_utf8_validate(each->message, -1, NULL));
        g_assert_null(strpbrk(each->message, "\x1b\r\x7f"));
        g_assert_cmpuint(strlen(each->message), <, 2048);
    }
    if (!kz_error_is(f->error, code))
        g_error("%s: %s", kz_error_class(f->error->code), f->error->message);
    for (; *texts; texts++)
        if (!strstr(f->error->message, *texts))
            g_error("no \"%s\" in: %s", *texts, f->error->message);
    kz_error_clear(&f->error);
}

char *write_private_key(EVP_PKEY *key, const char *password)
{
    char *path = NULL;
    int fd = g_file_open_tmp("kz-key-XXXXXX", &path, NULL);
    FILE *file = fdopen(fd, "w");
    g_assert_true(PEM_write_PrivateKey(file, key, password ? EVP_aes_128_cbc() : NULL, (const unsigned char *)password,
        password ? (int)strlen(password) : 0, NULL, NULL));
    fclose(file);
    return path;
}
