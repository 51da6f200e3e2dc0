/* test-authz.c: the service authz at the emulator: relations and what follows from them; identity providers, what a proxy asks, and
 * what browsers see of a sign-in: cookies, challenges, redirects. */
#include "emulator.h"

#include <kamiwaza/auth.h>
#include <kamiwaza/authz.h>
#include <kamiwaza/models.h>
#include <string.h>

static kz_auth *auth_of(EmulatorFixture *f)
{
    return kz_client_auth(f->client, &f->error);
}

static kz_authz *authz_of(EmulatorFixture *f)
{
    return kz_client_authz(f->client, &f->error);
}

static void relate(EmulatorFixture *f, const char *kind, const char *id, const char *relation, const char *to, const char *to_id)
{
    kz_authz_upsert_tuple(authz_of(f),
        &(kz_authz_upsert_tuple_params){
            .relationship = &(kz_relationship_tuple){ .subject = &(kz_authz_subject){ .namespace_ = kind, .id = id },
                .relation = relation,
                .object = &(kz_authz_object){ .namespace_ = to, .id = to_id } } },
        &f->error);
    g_assert_null(f->error);
}

static bool may(EmulatorFixture *f, const char *user, const char *relation, const char *model, const char *tenant)
{
    kz_access_decision *decision = kz_authz_check_access(authz_of(f),
        &(kz_authz_check_access_params){ .tenant_id = tenant,
            .subject = &(kz_authz_subject){ .namespace_ = "user", .id = user },
            .relation = relation,
            .object = &(kz_authz_object){ .namespace_ = "model", .id = model } },
        &f->error);
    g_assert_null(f->error);
    bool allow = decision->allow.value;
    g_assert_true(strlen(decision->decision_id) > 0 && strstr(decision->reason, user));
    kz_free(decision);
    return allow;
}

static void test_relations(void)
{
    EmulatorFixture f;
    emulator_begin(&f, NULL);
    relate(&f, "user", "ann", KZ_RELATION_OWNER, "model", "m");
    relate(&f, "user", "bob", KZ_RELATION_MEMBER, "group", "readers");
    relate(&f, "group", "readers", KZ_RELATION_VIEWER, "model", "m");
    relate(&f, "group", "readers", KZ_RELATION_VIEWER, "model", "m"); /* holds already: nothing more */
    g_assert_true(may(&f, "ann", "owner", "m", NULL) && may(&f, "ann", "viewer", "m", NULL));
    g_assert_true(may(&f, "bob", "viewer", "m", NULL) && !may(&f, "bob", "editor", "m", NULL));
    g_assert_false(may(&f, "ann", "owner", "other", NULL));
    g_assert_false(may(&f, "ann", "owner", "m", "another"));
    const kz_relationship_tuple_delete gone = { .subject = &(kz_authz_subject){ .namespace_ = "group", .id = "readers" },
        .object = &(kz_authz_object){ .namespace_ = "model", .id = "m" } };
    g_assert_true(kz_authz_delete_tuple(authz_of(&f), &(kz_authz_delete_tuple_params){ .relationship = &gone }, &f.error));
    g_assert_true(!may(&f, "bob", "viewer", "m", NULL) && may(&f, "ann", "owner", "m", NULL));
    const kz_relationship_object_delete all = { .object = gone.object };
    g_assert_true(kz_authz_delete_object(
        authz_of(&f), &(kz_authz_delete_object_params){ .relationship = &all, .tenant_id = "another" }, &f.error));
    g_assert_true(may(&f, "ann", "owner", "m", NULL)); /* those of another tenant */
    g_assert_true(kz_authz_delete_object(authz_of(&f), &(kz_authz_delete_object_params){ .relationship = &all }, &f.error));
    g_assert_false(may(&f, "ann", "owner", "m", NULL));
    emulator_end(&f);
}

static void test_tenants(void)
{
    EmulatorFixture f;
    emulator_begin(&f, NULL);
    const kz_relationship_tuple tuple = { .subject = &(kz_authz_subject){ .namespace_ = "user", .id = "ann" },
        .relation = "owner",
        .object = &(kz_authz_object){ .namespace_ = "model", .id = "m" } };
    g_assert_true(kz_authz_upsert_tuple(
        authz_of(&f), &(kz_authz_upsert_tuple_params){ .relationship = &tuple, .tenant_id = "acme" }, &f.error));
    g_assert_true(may(&f, "ann", "owner", "m", "acme") && !may(&f, "ann", "owner", "m", NULL));
    kz_relationship_tuple own = tuple;
    own.tenant_id = "other";
    g_assert_true(kz_authz_upsert_tuple(
        authz_of(&f), &(kz_authz_upsert_tuple_params){ .relationship = &own, .tenant_id = "acme" }, &f.error));
    g_assert_true(may(&f, "ann", "owner", "m", "other")); /* its own word counts */
    emulator_end(&f);
}

static void test_identity_providers(void)
{
    EmulatorFixture f;
    emulator_begin(&f, NULL);
    const kz_oidc_provider oidc = {
        .alias = "work", .issuer = "https://id.host.example", .client_id = "c", .client_secret = "very secret"
    };
    kz_identity_provider_change *made = kz_auth_register_identity_provider(
        auth_of(&f), &(kz_auth_register_identity_provider_params){ .provider = "oidc", .oidc = &oidc }, &f.error);
    g_assert_null(f.error);
    g_assert_true(!strcmp(made->status, "created") && !strcmp(made->provider->alias, "work"));
    kz_identity_provider_change *off = kz_auth_toggle_identity_provider(
        auth_of(&f), &(kz_auth_toggle_identity_provider_params){ .alias = "work", .enabled = KZ_FALSE }, &f.error);
    kz_identity_providers *offered = kz_auth_list_public_identity_providers(auth_of(&f), NULL, &f.error),
                          *all = kz_auth_list_identity_providers(auth_of(&f), NULL, &f.error);
    g_assert_true(off && offered->n_providers == 0 && all->n_providers == 1 && !all->providers[0]->enabled.value);
    g_assert_null(strstr(kz_json_of(all).text, "very secret"));
    kz_identity_provider_change *gone = kz_auth_delete_identity_provider(
        auth_of(&f), &(kz_auth_delete_identity_provider_params){ .alias = "work" }, &f.error);
    g_assert_true(gone->deleted.value);
    g_assert_null(
        kz_auth_delete_identity_provider(auth_of(&f), &(kz_auth_delete_identity_provider_params){ .alias = "work" }, &f.error));
    g_assert_true(kz_error_is(f.error, KZ_ERROR_NOT_FOUND));
    kz_error_clear(&f.error);
    void *const results[] = { made, off, offered, all, gone };
    for (size_t i = 0; i < G_N_ELEMENTS(results); i++)
        kz_free(results[i]);
    emulator_end(&f);
}

static void test_proxy(void)
{
    EmulatorFixture f;
    emulator_begin(&f, NULL);
    kz_validation_headers *headers = kz_auth_forward_auth_headers(auth_of(&f), NULL, &f.error);
    g_assert_null(f.error);
    g_assert_cmpstr(headers->user_name, ==, "admin");
    g_assert_cmpuint(headers->n_user_roles, ==, 2);
    g_assert_cmpstr(headers->user_roles[1], ==, "user");
    g_assert_true(headers->signature && headers->signature_ts && headers->request_id);
    g_assert_nonnull(strstr(kz_json_of(headers).text, "\"x-user-roles\":[\"admin\",\"user\"]"));
    const char *const plain[] = { "user" }, *const admin[] = { "user", "Admin" };
    const kz_validation_headers_input users = { .user_roles = plain, .n_user_roles = 1 };
    const kz_validation_headers_input admins = { .user_roles = admin, .n_user_roles = 2 };
    g_assert_true(kz_auth_require_admin(auth_of(&f), &(kz_auth_require_admin_params){ .headers = &admins }, &f.error));
    g_assert_false(kz_auth_require_admin(auth_of(&f), &(kz_auth_require_admin_params){ .headers = &users }, &f.error));
    g_assert_true(kz_error_is(f.error, KZ_ERROR_PERMISSION));
    kz_error_clear(&f.error);
    kz_jwks *keys = kz_auth_get_jwks(auth_of(&f), NULL, &f.error);
    g_assert_true(keys->n_keys == 1 && !strcmp(keys->keys[0]->alg, "RS256") && strlen(keys->keys[0]->n) > 300);
    kz_free(keys);
    kz_free(headers);
    emulator_end(&f);
}

/* The value between `before` and `after`, or NULL. */
static char *between(const char *text, const char *before, const char *after)
{
    const char *start = strstr(text, before);
    start = start ? start + strlen(before) : NULL;
    const char *stop = start ? strstr(start, after) : NULL;
    return stop ? g_strndup(start, (gsize)(stop - start)) : NULL;
}

static void test_browser(void)
{
    static const char *const options[] = { "--require-auth", NULL };
    EmulatorFixture f;
    emulator_begin(&f, options);
    kz_string_value *page = kz_auth_login_url(
        auth_of(&f), &(kz_auth_login_url_params){ .redirect_uri = "/a b?c=d", .provider = "google" }, &f.error);
    g_assert_null(f.error);
    char *expected = g_strconcat(f.url, "/auth/login?redirect_uri=%2Fa%20b%3Fc%3Dd&provider=google", NULL);
    g_assert_cmpstr(page->value, ==, expected);
    char *what = g_strconcat("GET ", strstr(page->value, "/api/"), NULL), *answer = emulator_ask(f.url, what, NULL, NULL);
    char *next = between(answer, "\r\nLocation: http://", "\r\n"), *callback = g_strconcat("GET ", strchr(next, '/'), NULL);
    char *arrived = emulator_ask(f.url, callback, NULL, NULL);
    char *cookie = between(arrived, "\r\nSet-Cookie: ", ";"), *line = g_strdup_printf("Cookie: theme=dark; %s\r\n", cookie);
    g_assert_nonnull(strstr(arrived, "\r\nLocation: /a b?c=d\r\n"));
    g_assert_nonnull(strstr(arrived, "; HttpOnly"));
    char *me = emulator_ask(f.url, "GET /api/auth/users/me", line, NULL);
    g_assert_nonnull(strstr(me, "\"username\":\"admin\""));
    char *again = emulator_ask(f.url, callback, NULL, NULL);
    g_assert_true(g_str_has_prefix(again, "HTTP/1.1 400 ")); /* a code is good once */
    char *left = emulator_ask(f.url, "POST /api/auth/logout", line, NULL);
    g_assert_nonnull(strstr(left, "\r\nSet-Cookie: access_token=; "));
    char *refused = emulator_ask(f.url, "GET /api/auth/users/me", line, NULL);
    g_assert_nonnull(strstr(refused, "\r\nWWW-Authenticate: Bearer realm=\"kamiwaza\", error=\"invalid_token\""));
    char *unknown = emulator_ask(f.url, "GET /v1/models", NULL, NULL);
    g_assert_nonnull(strstr(unknown, "\r\nWWW-Authenticate: Bearer"));
    char *const texts[] = { expected, what, answer, next, callback, arrived, cookie, line, me, again, left, refused, unknown };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    kz_free(page);
    emulator_end(&f);
}

/* Once, on demand, credentials are refused that are good. */
static void test_refusal_on_demand(void)
{
    static const char *const options[] = { "--fault", "status=401,count=1,path=/api/models", NULL };
    EmulatorFixture f;
    emulator_begin(&f, options);
    kz_models *models = kz_client_models(f.client, &f.error);
    g_assert_null(kz_models_list(models, NULL, &f.error));
    g_assert_true(kz_error_is(f.error, KZ_ERROR_AUTHENTICATION));
    kz_error_clear(&f.error);
    kz_model_list *list = kz_models_list(models, NULL, &f.error);
    g_assert_nonnull(list);
    kz_free(list);
    emulator_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/authz/relations-imply-others", test_relations);
    g_test_add_func("/authz/tenants-are-apart", test_tenants);
    g_test_add_func("/auth/identity-providers-come-and-go", test_identity_providers);
    g_test_add_func("/auth/a-proxy-learns-who-asks", test_proxy);
    g_test_add_func("/auth/a-browser-signs-in-with-a-cookie", test_browser);
    g_test_add_func("/auth/a-refusal-on-demand", test_refusal_on_demand);
    return g_test_run();
}
