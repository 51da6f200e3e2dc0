/* pats.c: personal access tokens of users: told once, kept as digests, good until they end or are revoked. */
#include "sign_in.h"

enum { DEFAULT_TTL = 30 * 24 * 3600 };

static gboolean create_pat(Request *request)
{
    Emulator *emulator = request->emulator;
    static const char *const texts[] = { "name", "scope", "aud" };
    json_object *claims = json_object_new_object(), *pat = json_object_new_object(), *answer = json_object_new_object(), *given;
    gint64 now = now_ms() / 1000,
           ttl = json_object_object_get_ex(request->args, "ttl_seconds", &given) ? json_object_get_int64(given) : DEFAULT_TTL;
    char *id = make_id(emulator), *jti = make_id(emulator), *created = now_text();
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        put_text(pat, texts[i], arg(request, texts[i]));
    put_text(pat, "id", id);
    put_text(pat, "jti", jti);
    put_text(pat, "owner_id", text_of(request->user, "id"));
    put_text(pat, "tenant_id", TENANT);
    put_text(pat, "created_at", created);
    put_text(pat, "updated_at", created);
    json_object_object_add(pat, "ttl_seconds", json_object_new_int64(ttl));
    json_object_object_add(pat, "exp", json_object_new_int64(now + ttl));
    json_object_object_add(pat, "revoked", json_object_new_boolean(FALSE));
    put_text(claims, "jti", jti);
    put_text(claims, "sub", text_of(request->user, "id"));
    put_text(claims, "typ", "pat");
    json_object_object_add(claims, "exp", json_object_new_int64(now + ttl));
    char *token = sign_claims(emulator, claims), *hash = digest(token);
    put_text(pat, "x_hash", hash);
    json_object_array_add(state_list(emulator, "pats"), pat);
    put_text(answer, "token", token);
    json_object_object_add(answer, "pat", shown(pat));
    json_object_put(claims);
    g_free(id);
    g_free(jti);
    g_free(created);
    g_free(token);
    g_free(hash);
    return reply(request, answer);
}

static gboolean list_pats(Request *request)
{
    json_object *all = state_list(request->emulator, "pats"), *list = json_object_new_array(), *answer = json_object_new_object();
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        json_object *pat = json_object_array_get_idx(all, i);
        if (!g_strcmp0(text_of(pat, "owner_id"), text_of(request->user, "id")))
            json_object_array_add(list, shown(pat));
    }
    json_object_object_add(answer, "pats", list);
    return reply(request, answer);
}

static gboolean revoke_pat(Request *request)
{
    json_object *pat = find_by(state_list(request->emulator, "pats"), "jti", arg(request, "jti")), *answer;
    if (!pat || g_strcmp0(text_of(pat, "owner_id"), text_of(request->user, "id")))
        return reply_error(request, 404, "Token not found");
    char *now = now_text();
    json_object_object_add(pat, "revoked", json_object_new_boolean(TRUE));
    put_text(pat, "updated_at", now);
    g_free(now);
    answer = json_object_new_object();
    json_object_object_add(answer, "revoked", json_object_new_boolean(TRUE));
    put_text(answer, "jti", text_of(pat, "jti"));
    return reply(request, answer);
}

const Route pats_routes[] = {
    { "auth.create_pat", create_pat },
    { "auth.list_pats", list_pats },
    { "auth.revoke_pat", revoke_pat },
    { NULL, NULL },
};
