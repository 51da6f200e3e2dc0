/* code.c: see code.h. */
#include "code.h"

#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>
#include <string.h>

/* ---- keys ---- */

json_t *first_key, *second_key, *rsa_key;

static json_t *make_key(const char *algorithm, const char *id)
{
    json_t *key = json_pack("{s:s,s:s}", "alg", algorithm, "kid", id);
    g_assert_true(jose_jwk_gen(NULL, key));
    return key;
}

/* The public part of a key as a set. */
char *key_set(json_t *key)
{
    json_t *public = json_deep_copy(key), *set;
    g_assert_true(jose_jwk_pub(NULL, public));
    json_object_del(public, "key_ops");
    set = json_pack("{s:[o]}", "keys", public);
    char *text = json_dumps(set, 0);
    json_decref(set);
    return text;
}

/* ---- ID tokens ---- */

json_t *claims_of(Fixture *f, const char *over)
{
    double now = (double)(g_get_real_time() / 1000000);
    g_autofree char *nonce = parameter_of(f->shown_url, "nonce");
    json_t *claims = json_pack("{s:s,s:s,s:s,s:f,s:f,s:s*}", "iss", wire_url(f->server), "sub", "ada", "aud", "app", "exp",
        now + 300, "iat", now, "nonce", nonce);
    json_t *more = json_loads(over ? over : "{}", 0, NULL), *value;
    const char *name;
    g_assert_nonnull(more);
    json_object_foreach(more, name, value)
    {
        if (json_is_null(value))
            json_object_del(claims, name);
        else
            json_object_set(claims, name, value);
    }
    json_decref(more);
    return claims;
}

static char *encoded(const char *text)
{
    gsize size = jose_b64_enc_buf(NULL, strlen(text), NULL, 0);
    char *out = g_malloc0(size + 1);
    jose_b64_enc_buf(text, strlen(text), out, size);
    return out;
}

char *sign(const char *payload, const char *algorithm, const char *id, json_t *key, bool critical)
{
    g_autofree char *body = encoded(payload);
    json_t *jws = json_pack("{s:s}", "payload", body), *head = json_pack("{s:s,s:s}", "alg", algorithm, "kid", id);
    if (critical)
        json_object_set_new(head, "crit", json_pack("[s]", "b64"));
    json_t *template = json_pack("{s:o}", "protected", head), *bare = json_deep_copy(key);
    json_object_del(bare, "alg");
    g_assert_true(jose_jws_sig(NULL, jws, template, bare));
    char *token = g_strdup_printf("%s.%s.%s", json_string_value(json_object_get(jws, "protected")), body,
        json_string_value(json_object_get(jws, "signature")));
    json_decref(bare);
    json_decref(template);
    json_decref(jws);
    return token;
}

/* The mistake that let tokens be made by anybody: the public key taken for a shared secret. */
static char *sign_by_public_key(const char *payload)
{
    g_autofree char *set = key_set(first_key), *secret = encoded(set);
    json_t *key = json_pack("{s:s,s:s}", "kty", "oct", "k", secret);
    char *token = sign(payload, "HS256", "one", key, false);
    json_decref(key);
    return token;
}

static char *make_token(Fixture *f, const Trial *trial)
{
    json_t *claims = claims_of(f, trial->claims);
    g_autofree char *payload = json_dumps(claims, 0);
    json_decref(claims);
    if (trial->flags & BY_PUBLIC_KEY)
        return sign_by_public_key(payload);
    if (trial->flags & NO_SIGNATURE) {
        g_autofree char *body = encoded(payload), *head = encoded("{\"alg\":\"none\"}");
        return g_strdup_printf("%s.%s.", head, body);
    }
    json_t *key = trial->flags & BY_RSA ? rsa_key : trial->flags & OTHER_KEY ? second_key : first_key;
    char *token = sign(payload, trial->algorithm ? trial->algorithm : "ES256",
        trial->flags & UNKNOWN_KEY                             ? "unheard-of"
            : key == second_key && !(trial->flags & OTHER_KEY) ? "two"
            : key == rsa_key                                   ? "rsa"
                                                               : "one",
        key, trial->flags & CRITICAL);
    if (trial->flags & BROKEN_SIGNATURE)
        strrchr(token, '.')[4] ^= 1;
    if (trial->flags & CUT)
        *strrchr(token, '.') = 0;
    return token;
}

/* ---- the browser ---- */

const Trial usual = { 0 };
const Trial *current;
guint token_answer; /* which of the answers is the token's */

void put_tokens(Fixture *f, const Trial *trial)
{
    g_autofree char *token = make_token(f, trial);
    g_autofree char *answer = g_strdup_printf(
        "{\"access_token\":\"access-1\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}", token);
    g_ptr_array_add(f->secrets, g_strdup(token));
    set_json(f, token_answer, "200 OK", answer);
}

char *redirect_of(Fixture *f, const char *query)
{
    g_autofree char *uri = parameter_of(f->shown_url, "redirect_uri");
    return g_strdup_printf(
        "GET /callback?%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nReferer: https://idp.example/\r\n\r\n", query, port_of(uri));
}

char *good_query(Fixture *f)
{
    g_autofree char *state = parameter_of(f->shown_url, "state");
    g_autofree char *issuer = g_uri_escape_string(wire_url(f->server), NULL, FALSE);
    return g_strdup_printf("code=" CODE "&state=%s&iss=%s", state, issuer);
}

guint16 listener_of(const char *url)
{
    g_autofree char *uri = parameter_of(url, "redirect_uri");
    return port_of(uri);
}

void come_back(Fixture *f, const char *query)
{
    g_autofree char *request = redirect_of(f, query);
    g_ptr_array_add(f->pages, exchange(listener_of(f->shown_url), request));
}

void keep_secrets(Fixture *f)
{
    static const char *const names[] = { "state", "nonce", "code_challenge" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (strstr(f->shown_url, names[i]))
            g_ptr_array_add(f->secrets, parameter_of(f->shown_url, names[i]));
    g_ptr_array_add(f->secrets, g_strdup(CODE));
}

void sign_in_well(Fixture *f, const char *url)
{
    (void)url;
    g_autofree char *query = good_query(f);
    keep_secrets(f);
    put_tokens(f, current);
    come_back(f, query);
}

void begin_browser(Fixture *f, Browser browser)
{
    begin(f);
    f->browser = browser;
    token_answer = 1;
    current = &usual;
}

void code_begin(void)
{
    first_key = make_key("ES256", "one");
    second_key = make_key("ES256", "two");
    rsa_key = make_key("RS256", "rsa");
    json_object_del(rsa_key, "alg");
    json_object_del(rsa_key, "key_ops");
}

void code_end(void)
{
    json_decref(first_key);
    json_decref(second_key);
    json_decref(rsa_key);
}
