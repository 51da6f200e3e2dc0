/* codes.c: what a browser brings back from a sign-in: good once, for a minute. */
#include "sign_in.h"

enum { LIFETIME_MS = 60000 };

char *code_new(Emulator *emulator, json_object *user, json_object *details)
{
    json_object *entry = json_object_new_object();
    char *code = secret_new(), *hash = digest(code);
    merge(entry, details);
    put_text(entry, "hash", hash);
    put_text(entry, "user_id", text_of(user, "id"));
    json_object_object_add(entry, "exp_ms", json_object_new_int64(now_ms() + LIFETIME_MS));
    forget_ended(state_list(emulator, "codes"), 0);
    json_object_array_add(state_list(emulator, "codes"), entry);
    g_free(hash);
    return code;
}

json_object *code_spend(Emulator *emulator, const char *code)
{
    json_object *codes = state_list(emulator, "codes");
    char *hash = digest(code ? code : "");
    json_object *entry = json_object_get(find_by(codes, "hash", hash));
    remove_by(codes, "hash", hash);
    g_free(hash);
    if (entry && int_of(entry, "exp_ms") > now_ms() && user_by_id(emulator, text_of(entry, "user_id")))
        return entry;
    json_object_put(entry);
    return NULL;
}
