/* test-providers.c: what a provider may do and the core sees to: signing requests, settings, signing in and out, and what never travels. */
#include "gate.h"

#include <stdio.h>

/* ---- a provider that signs ---- */

static bool sign(void *self, kz_provider_request *request, kz_error **error)
{
    char text[256];
    (void)self;
    g_assert_cmpuint(request->size, ==, sizeof *request);
    g_assert_nonnull(kz_provider_header(request, "accept"));
    g_assert_null(kz_provider_header(request, "x-signature"));
    snprintf(text, sizeof text, "%s %d", request->method, (int)request->attempt);
    return kz_provider_put_query(request, "key", "secret-k&y", error) &&
        kz_provider_put_header(request, "X-Signature", text, error) &&
        kz_provider_put_header(request, "X-Signed-Url", strchr(request->url + 8, '/'), error);
}

static void *create(kz_provider *provider, kz_error **error)
{
    (void)error;
    return provider;
}

static const kz_provider_vtable signer = { .size = sizeof signer, .title = "Signer", .create = create, .authorise = sign };

static void test_each_attempt_is_signed_anew(void)
{
    Visit v;
    visit_begin(&v, &signer, (const char *[]){ "auth_issuer", NULL, NULL });
    v.gate.flaky = 2;
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_AUTHENTICATION, "who are you?");
    g_assert_cmpuint(wire_count(v.gate.server), ==, 3);
    for (guint i = 0; i < 3; i++) {
        const char *request = wire_request(v.gate.server, i);
        g_autofree char *line = g_strdup_printf("X-Signature: GET %u\r\n", i + 1);
        g_assert_nonnull(strstr(request, line));
        g_assert_true(g_str_has_prefix(request, "GET /truth?key=secret-k%26y HTTP"));
        g_assert_nonnull(strstr(request, "X-Signed-Url: /truth?key=secret-k%26y\r\n"));
    }
    visit_end(&v);
}

/* What was added to the query of one address has no part in the next. */
static void test_each_address_is_signed_anew(void)
{
    Visit v;
    visit_begin(&v, &signer, (const char *[]){ "auth_issuer", NULL, NULL });
    v.gate.moved = wire_url(v.gate.server);
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_API, "ten of them");
    g_assert_cmpuint(wire_count(v.gate.server), ==, 11);
    for (guint i = 1; i < 11; i++) {
        const char *request = wire_request(v.gate.server, i);
        g_assert_true(g_str_has_prefix(request, "GET /elsewhere?key=secret-k%26y HTTP"));
        g_assert_nonnull(strstr(request, "X-Signed-Url: /elsewhere?key=secret-k%26y\r\n"));
    }
    visit_end(&v);
}

static bool bad_sign(void *self, kz_provider_request *request, kz_error **error)
{
    (void)self;
    return kz_provider_put_header(request, "X-Signature", "a\r\nX-Other: b", error);
}

static void test_a_signature_cannot_break_the_headers(void)
{
    Visit v;
    const kz_provider_vtable bad = { .size = sizeof bad, .create = create, .authorise = bad_sign };
    visit_begin(&v, &bad, (const char *[]){ "auth_issuer", NULL, NULL });
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_ARGUMENT, "a value of one line");
    g_assert_cmpuint(wire_count(v.gate.server), ==, 0);
    visit_end(&v);
}

/* ---- what never travels ---- */

static void expect_stays(const kz_provider_vtable *vtable, const char *secret)
{
    Visit v;
    WireServer *other = wire_start(&(WireAnswer){ "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue", -1 }, 1);
    visit_begin(&v, vtable, vtable == &turnstile ? NULL : (const char *[]){ "auth_issuer", NULL, NULL });
    v.gate.moved = wire_url(other);
    g_assert_true(call(&v, &v.error));
    const char *request = wire_request(other, 0);
    if (strstr(request, secret) || strcasestr(request, "authorization"))
        g_error("%s", request);
    visit_end(&v);
    wire_stop(other);
}

static void test_credentials_stay_at_their_origin(void)
{
    expect_stays(&turnstile, "secret-");
    expect_stays(&signer, "secret-");
    expect_stays(&signer, "X-Signature");
}

static void test_a_provider_is_not_asked_over_plain_http(void)
{
    Visit v;
    visit_begin(&v, &turnstile, (const char *[]){ "auth_issuer", "http://login.example.org/token?secret-x", NULL });
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_CONFIG, "Signing in at http://login.example.org/token would go over plain HTTP");
    visit_end(&v);
}

/* ---- settings ---- */

static void test_unknown_settings_are_refused_by_name(void)
{
    Visit v;
    visit_begin(&v, &turnstile, (const char *[]){ "auth_isuer", "https://a.example", NULL });
    g_assert_false(call(&v, &v.error));
    g_assert_cmpstr(v.error->path, ==, "isuer");
    expect(&v, KZ_ERROR_CONFIG, "Did you mean auth_issuer?");
    g_assert_false(call(&v, &v.error)); /* again: it is not half created */
    expect(&v, KZ_ERROR_CONFIG, "Did you mean auth_issuer?");
    visit_end(&v);
}

static void test_settings_show_what_is_no_secret(void)
{
    Visit v;
    const char *source = NULL;
    size_t n = 0;
    visit_begin(&v, &turnstile, (const char *[]){ "auth_client_secret", "secret-s", NULL });
    g_assert_cmpstr(kz_client_setting(v.client, "auth_client_secret", &source), ==, "***");
    g_assert_cmpstr(source, ==, "code");
    g_assert_true(g_str_has_suffix(kz_client_setting(v.client, "auth_issuer", NULL), "/token"));
    g_assert_null(kz_client_setting(v.client, "auth_nothing", NULL));
    g_assert_nonnull(kz_client_provider_settings(v.client, &n, &v.error));
    g_assert_cmpuint(n, ==, 2);
    visit_end(&v);
}

static void test_a_missing_provider_is_named(void)
{
    Visit v;
    visit_begin(&v, NULL, (const char *[]){ "auth", "nowhere", NULL });
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_PLUGIN_NOT_FOUND, "auth-nowhere.so");
    g_assert_cmpuint(wire_count(v.gate.server), ==, 0);
    visit_end(&v);
}

static void *create_calling(kz_provider *provider, kz_error **error)
{
    Visit *v = kz_provider_user(provider);
    return call(v, error) ? provider : NULL;
}

static void test_a_provider_that_needs_itself_is_an_error(void)
{
    Visit v;
    const kz_provider_vtable cyclic = { .size = sizeof cyclic, .create = create_calling };
    visit_begin(&v, &cyclic, (const char *[]){ "auth_issuer", NULL, NULL });
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_STATE, "while the auth provider was being created");
    visit_end(&v);
}

static void test_a_vtable_that_is_none_is_refused(void)
{
    kz_error *error = NULL;
    const kz_provider_vtable small = { .size = 8, .create = create }, empty = { .size = sizeof empty };
    kz_config *config = kz_config_new(&error);
    const kz_provider_vtable *bad[] = { NULL, &small, &empty };
    for (int i = 0; i < 3; i++) {
        g_assert_false(kz_config_set_auth(config, "own", bad[i], NULL, &error));
        g_assert_true(kz_error_is(error, KZ_ERROR_ARGUMENT));
        g_assert_cmpstr(error->path, ==, "vtable");
        kz_error_clear(&error);
    }
    kz_config_free(config);
}

/* ---- a person ---- */

typedef struct Person {
    int asked, shown;
    bool refuses;
} Person;

static bool answer_question(void *user, const char *what, bool secret, char *answer, size_t size, kz_error **error)
{
    Person *person = user;
    (void)error;
    g_assert_cmpstr(what, ==, "token");
    g_assert_true(secret);
    person->asked++;
    g_strlcpy(answer, "secret-1", size);
    return !person->refuses;
}

static void test_a_token_given_by_a_person_is_used(void)
{
    Visit v;
    Person person = { 0 };
    kz_sign_in how = { .size = sizeof how, .ask = answer_question, .user = &person };
    visit_begin(&v, NULL, (const char *[]){ "auth", "bearer", "token_store", "none", "auth_issuer", NULL, NULL });
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_CONFIG, "kamiwaza login --with-token");
    g_assert_true(kz_client_sign_in(v.client, &how, &v.error));
    g_assert_true(call(&v, &v.error));
    kz_credential *credential = kz_client_credential(v.client, &v.error);
    g_assert_cmpstr(credential->provider, ==, "bearer");
    g_assert_cmpstr(credential->token, ==, "secret-1");
    kz_free(credential);
    g_assert_true(kz_client_sign_out(v.client, &v.error));
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_CONFIG, "There is no token");
    g_assert_cmpint(person.asked, ==, 1);
    visit_end(&v);
}

static void test_a_person_may_refuse(void)
{
    Visit v;
    Person person = { .refuses = true };
    kz_sign_in how = { .size = sizeof how, .ask = answer_question, .user = &person };
    visit_begin(&v, NULL, (const char *[]){ "auth", "bearer", "token_store", "none", "auth_issuer", NULL, NULL });
    g_assert_false(kz_client_sign_in(v.client, &how, &v.error));
    expect(&v, KZ_ERROR_CANCELLED, "was ended");
    visit_end(&v);
}

static void test_a_sign_in_ends_when_it_is_cancelled(void)
{
    Visit v;
    kz_sign_in how = { .size = sizeof how, .cancel = kz_cancel_new(NULL) };
    visit_begin(&v, &turnstile, NULL);
    kz_cancel_now(how.cancel);
    v.gate.holds = true;
    g_assert_false(kz_client_sign_in(v.client, &how, &v.error));
    expect(&v, KZ_ERROR_CANCELLED, "cancelled");
    how.cancel = (kz_cancel_free(how.cancel), NULL);
    how.timeout = KZ_NUMBER(0.01);
    g_assert_false(kz_client_sign_in(v.client, &how, &v.error));
    expect(&v, KZ_ERROR_TIMEOUT, "not finished in time");
    release_tokens(&v, false);
    g_assert_true(kz_client_sign_in(v.client, NULL, &v.error));
    visit_end(&v);
}

static void test_the_credential_says_where_it_is_from(void)
{
    Visit v;
    visit_begin(&v, &turnstile, NULL);
    v.gate.lifetime = 1000;
    kz_credential *credential = kz_client_credential(v.client, &v.error);
    fine(&v);
    g_assert_cmpstr(credential->provider, ==, kz_client_provider_name(v.client, &v.error));
    g_assert_cmpstr(credential->provider, ==, "turnstile");
    g_assert_cmpstr(credential->user, ==, "ada");
    g_assert_cmpstr(credential->source, ==, "provider");
    g_assert_cmpstr(credential->token, ==, "secret-1");
    g_assert_true(credential->renewable.value);
    gint64 left = credential->expires_at.value - g_get_real_time() / G_USEC_PER_SEC;
    g_assert_cmpint(left, >, 900);
    g_assert_cmpint(left, <=, 1000);
    kz_free(credential);
    visit_end(&v);
}

static void test_a_key_says_which_setting_it_is(void)
{
    Visit v;
    visit_begin(&v, NULL, (const char *[]){ "api_key", "secret-1", "auth_issuer", NULL, NULL });
    kz_credential *credential = kz_client_credential(v.client, &v.error);
    fine(&v);
    g_assert_cmpstr(credential->provider, ==, "api-key");
    g_assert_cmpstr(credential->source, ==, "code");
    g_assert_cmpstr(credential->token, ==, "secret-1");
    kz_free(credential);
    g_assert_true(call(&v, &v.error));
    g_assert_nonnull(strstr(wire_request(v.gate.server, 0), "X-API-Key: secret-1\r\n"));
    visit_end(&v);
}

static void test_nothing_is_configured(void)
{
    Visit v;
    visit_begin(&v, NULL, (const char *[]){ "auth_issuer", NULL, NULL });
    g_assert_null(kz_client_credential(v.client, &v.error));
    g_assert_null(kz_client_provider_name(v.client, &v.error));
    fine(&v);
    g_assert_false(kz_client_sign_in(v.client, NULL, &v.error));
    expect(&v, KZ_ERROR_CONFIG, "No way to sign in is configured");
    g_assert_true(kz_client_sign_out(v.client, &v.error));
    g_assert_false(kz_client_sign_in(NULL, NULL, &v.error));
    expect(&v, KZ_ERROR_ARGUMENT, "client");
    visit_end(&v);
}

/* ---- what a provider may get wrong ---- */

static kz_step grant_nonsense(void *self, kz_provider_step *step, kz_error **error)
{
    Visit *v = kz_provider_user(self);
    const kz_string_entry header = { "X Y", "z" };
    kz_provider_grant grants[] = { { .size = sizeof *grants, .token = "two words" }, { .size = sizeof *grants, .token = "" },
        { .size = sizeof *grants, .token = "a\nb" }, { .size = sizeof *grants, .token = "a", .lifetime = KZ_NUMBER(-1) },
        { .size = sizeof *grants, .token = "a", .headers = &header, .n_headers = 1 } };
    return kz_provider_granted(step, &grants[v->gate.tokens], error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
}

static kz_step fail_silently(void *self, kz_provider_step *step, kz_error **error)
{
    (void)self, (void)step, (void)error;
    return KZ_STEP_FAILED;
}

static kz_step never_end(void *self, kz_provider_step *step, kz_error **error)
{
    (void)self, (void)error;
    step->request = (kz_provider_http){ .method = "GET", .url = "ftp://nowhere.example" };
    return KZ_STEP_REQUEST;
}

static void test_nonsense_is_refused(void)
{
    Visit v;
    const kz_provider_vtable nonsense = { .size = sizeof nonsense, .create = create, .acquire = grant_nonsense };
    static const char *const why[] = { "no spaces", "not empty", "line breaks", "ended already", "Header 1" };
    visit_begin(&v, &nonsense, (const char *[]){ "auth_issuer", NULL, NULL });
    for (v.gate.tokens = 0; v.gate.tokens < 5; v.gate.tokens++) {
        g_assert_false(call(&v, &v.error));
        expect(&v, KZ_ERROR_AUTHENTICATION, why[v.gate.tokens]);
    }
    visit_end(&v);
    const kz_provider_vtable silent = { .size = sizeof silent, .create = create, .acquire = fail_silently };
    visit_begin(&v, &silent, (const char *[]){ "auth_issuer", NULL, NULL });
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_PLUGIN, "did not say why");
    visit_end(&v);
    const kz_provider_vtable lost = { .size = sizeof lost, .create = create, .acquire = never_end };
    visit_begin(&v, &lost, (const char *[]){ "auth_issuer", NULL, NULL });
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_AUTHENTICATION, "no http(s) URL");
    visit_end(&v);
}

/* An older provider, whose vtable ends early, is not read beyond its end. */
static void test_a_smaller_vtable_works(void)
{
    Visit v;
    kz_provider_vtable older = turnstile;
    older.size = offsetof(kz_provider_vtable, release);
    memset((char *)&older + older.size, 0x5a, sizeof older - older.size);
    visit_begin(&v, &older, NULL);
    g_assert_true(call(&v, &v.error));
    g_assert_true(kz_client_sign_out(v.client, &v.error));
    visit_end(&v);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/providers/each-address-is-signed-anew", test_each_address_is_signed_anew);
    g_test_add_func("/providers/each-attempt-is-signed-anew", test_each_attempt_is_signed_anew);
    g_test_add_func("/providers/a-signature-cannot-break-the-headers", test_a_signature_cannot_break_the_headers);
    g_test_add_func("/providers/credentials-stay-at-their-origin", test_credentials_stay_at_their_origin);
    g_test_add_func("/providers/a-provider-is-not-asked-over-plain-http", test_a_provider_is_not_asked_over_plain_http);
    g_test_add_func("/providers/unknown-settings-are-refused-by-name", test_unknown_settings_are_refused_by_name);
    g_test_add_func("/providers/settings-show-what-is-no-secret", test_settings_show_what_is_no_secret);
    g_test_add_func("/providers/a-missing-provider-is-named", test_a_missing_provider_is_named);
    g_test_add_func("/providers/a-provider-that-needs-itself-is-an-error", test_a_provider_that_needs_itself_is_an_error);
    g_test_add_func("/providers/a-vtable-that-is-none-is-refused", test_a_vtable_that_is_none_is_refused);
    g_test_add_func("/providers/a-token-given-by-a-person-is-used", test_a_token_given_by_a_person_is_used);
    g_test_add_func("/providers/a-person-may-refuse", test_a_person_may_refuse);
    g_test_add_func("/providers/a-sign-in-ends-when-it-is-cancelled", test_a_sign_in_ends_when_it_is_cancelled);
    g_test_add_func("/providers/the-credential-says-where-it-is-from", test_the_credential_says_where_it_is_from);
    g_test_add_func("/providers/a-key-says-which-setting-it-is", test_a_key_says_which_setting_it_is);
    g_test_add_func("/providers/nothing-is-configured", test_nothing_is_configured);
    g_test_add_func("/providers/nonsense-is-refused", test_nonsense_is_refused);
    g_test_add_func("/providers/a-smaller-vtable-works", test_a_smaller_vtable_works);
    return g_test_run();
}
