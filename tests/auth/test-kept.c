/* test-kept.c: what clients keep in the token store: an entry for each base URL, way to sign in and account, and what they do with a store that is
 * damaged, open to others, or full. */
#include "gate.h"
#include "token-folder.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>

static void *create(kz_provider *provider, kz_error **error)
{
    return kz_provider_keeps(provider, kz_provider_value(provider, "username"), error) ? turnstile.create(provider, error) : NULL;
}

static kz_provider_vtable keeper;

typedef struct Home {
    Visit v;
    TokenFolder f;
} Home;

static void begin(Home *h)
{
    token_folder_begin(&h->f);
    keeper = turnstile;
    keeper.create = create;
    visit_begin(&h->v, &keeper, (const char *const[]){ "token_store", "file", "token_path", h->f.path, "username", "ada", NULL });
}

static void end(Home *h)
{
    visit_end(&h->v);
    token_folder_end(&h->f);
}

/* The token that a new client has, and where it is from. `settings` are names and values in turn, NULL at the end. */
static void expect_token(Home *h, const char *provider, const char *const *settings, int number, bool kept)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    g_autofree char *issuer = g_strconcat(wire_url(h->v.gate.server), "/token", NULL),
                    *due = g_strdup_printf("secret-%d", number);
    set_epoch(&h->v, number);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    kz_config_set(config, "base_url", wire_url(h->v.gate.server), &error);
    kz_config_set(config, "token_path", h->f.path, &error);
    kz_config_set(config, provider ? "auth_issuer" : "auth_token_endpoint", issuer, &error);
    for (; *settings; settings += 2)
        kz_config_set(config, settings[0], settings[1], &error);
    if (provider)
        kz_config_set_auth(config, provider, &keeper, NULL, &error);
    kz_client *client = kz_client_new(config, &error);
    kz_credential *credential = kz_client_credential(client, &error);
    if (error)
        g_error("%s", error->message);
    g_assert_cmpstr(credential->source, ==, kept ? "token store" : "provider");
    g_assert_cmpstr(credential->token, ==, due);
    kz_free(credential);
    kz_client_free(client);
    kz_config_free(config);
}

static void test_entries(void)
{
    Home h;
    begin(&h);
    g_autofree char *below = g_strconcat(wire_url(h.v.gate.server), "/below", NULL);
    const struct {
        const char *provider, *settings[5];
    } cases[] = { { "turnstile", { "username", "ada" } }, { "turnstile", { "username", "bob" } },
        { "turnstile", { "username", "ada", "base_url", below } }, { "turnpike", { "username", "ada" } },
        { "turnstile", { NULL } } };
    for (int kept = 0; kept < 2; kept++)
        for (int i = 0; i < (int)G_N_ELEMENTS(cases); i++)
            expect_token(&h, cases[i].provider, cases[i].settings, i + 1, kept);
    g_assert_cmpint(h.v.gate.asked, ==, (int)G_N_ELEMENTS(cases));
    end(&h);
}

/* What a token is good for, and whose it is, is told apart by OAuth too. */
static void test_entries_of_oauth(void)
{
    Home h;
    begin(&h);
    g_autofree char *another = g_strconcat(wire_url(h.v.gate.server), "/token2", NULL);
    const char *const changes[][2] = { { "auth_client_id", "app" }, { "auth_client_id", "tool" }, { "auth_scope", "read" },
        { "auth_scope", "write" }, { "auth_audience", "read" }, { "auth_resource", "read" }, { "auth_token_endpoint", another } };
    for (int kept = 0; kept < 2; kept++)
        for (int i = 0; i < (int)G_N_ELEMENTS(changes); i++) {
            const char *const settings[] = { "auth", "oauth", "auth_client_id", "app", "auth_client_secret", "secret-s",
                changes[i][0], changes[i][1], NULL };
            expect_token(&h, NULL, settings, i + 1, kept);
        }
    g_assert_cmpint(h.v.gate.asked, ==, (int)G_N_ELEMENTS(changes));
    end(&h);
}

/* A client that comes later, whose store is as `spoil` left it. */
static void expect_refused(void (*spoil)(const TokenFolder *f), kz_error_code code, const char *says)
{
    Home h;
    begin(&h);
    g_assert_true(call(&h.v, &h.v.error));
    spoil(&h.f);
    gsize before = 0, after = 0;
    g_autofree char *text = NULL, *kept = NULL;
    g_assert_true(g_file_get_contents(h.f.path, &text, &before, NULL));
    visit_again(&h.v, &keeper, (const char *const[]){ "token_store", "file", "token_path", h.f.path, "username", "ada", NULL });
    g_assert_false(call(&h.v, &h.v.error));
    g_assert_nonnull(strstr(h.v.error->message, h.f.path));
    expect(&h.v, code, says);
    g_assert_cmpint(h.v.gate.asked, ==, 1);
    g_assert_true(g_file_get_contents(h.f.path, &kept, &after, NULL));
    g_assert_cmpmem(text, before, kept, after); /* nothing is written over what may be mended */
    end(&h);
}

static void open_to_others(const TokenFolder *f)
{
    g_assert_cmpint(g_chmod(f->path, 0644), ==, 0);
}

static void cut(const TokenFolder *f)
{
    g_autofree char *text = token_bytes(f->path);
    token_put(f->path, text, (gssize)strlen(text) / 2);
}

static void put_page(const TokenFolder *f)
{
    token_put(f->path, "<html>", -1);
}

static void test_store_of_no_use(void)
{
    expect_refused(open_to_others, KZ_ERROR_CONFIG, "chmod 600");
    expect_refused(cut, KZ_ERROR_CONFIG, "sign in again");
    expect_refused(put_page, KZ_ERROR_CONFIG, "sign in again");
}

/* No file may grow: the kernel refuses each write, as on a full disk. */
static void allow_bytes(rlim_t most)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = MIN(most, limit.rlim_max);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

/* A renewal that cannot be kept is used all the same, and what was kept stays; who signs in is told. */
static void test_full(void)
{
    Home h;
    begin(&h);
    g_assert_true(call(&h.v, &h.v.error));
    g_autofree char *before = token_bytes(h.f.path);
    signal(SIGXFSZ, SIG_IGN);
    allow_bytes(0);
    set_epoch(&h.v, 2);
    bool goes_on = call(&h.v, &h.v.error);
    bool signs_in = kz_client_sign_in(h.v.client, NULL, &h.v.error);
    allow_bytes(RLIM_INFINITY);
    g_assert_true(goes_on);
    g_assert_false(signs_in);
    g_assert_nonnull(strstr(h.v.error->message, h.f.path));
    expect(&h.v, KZ_ERROR_CONFIG, "File too large");
    g_autofree char *after = token_bytes(h.f.path);
    g_assert_cmpstr(before, ==, after);
    g_assert_true(call(&h.v, &h.v.error));
    visit_end(&h.v);
    g_autofree char *left = g_strconcat(h.f.path, ".new", NULL);
    g_assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
    token_folder_end(&h.f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kept/for-each-base-url-way-and-account", test_entries);
    if (g_getenv("KAMIWAZA_TEST_OAUTH"))
        g_test_add_func("/kept/for-each-client-scope-and-audience", test_entries_of_oauth);
    g_test_add_func("/kept/a-store-of-no-use-is-an-error-and-stays", test_store_of_no_use);
    g_test_add_func("/kept/a-full-disk-costs-nothing", test_full);
    return g_test_run();
}
