/* users.c: the users of the platform, created, changed, deleted by administrators, and what each may change alone. */
#include "sign_in.h"

#include <string.h>

#define FIRST_USER "admin"
#define FIRST_PASSWORD "kamiwaza"

static void set_password(json_object *user, const char *password)
{
    char *salt = secret_new(), *hash = g_compute_hmac_for_string(G_CHECKSUM_SHA256, (guchar *)salt, strlen(salt), password, -1);
    put_text(user, "x_salt", salt);
    put_text(user, "x_password", hash);
    g_free(salt);
    g_free(hash);
}

gboolean password_fits(json_object *user, const char *password)
{
    const char *salt = text_of(user, "x_salt"), *kept = text_of(user, "x_password");
    if (!salt || !kept || !password)
        return FALSE;
    char *hash = g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *)salt, strlen(salt), password, -1);
    gboolean fits = !strcmp(hash, kept);
    g_free(hash);
    return fits;
}

gboolean has_role(json_object *user, const char *role)
{
    json_object *roles = NULL;
    json_object_object_get_ex(user, "roles", &roles);
    for (size_t i = 0; roles && i < json_object_array_length(roles); i++)
        if (!g_ascii_strcasecmp(json_object_get_string(json_object_array_get_idx(roles, i)), role))
            return TRUE;
    return FALSE;
}

json_object *user_by_id(Emulator *emulator, const char *id)
{
    return find_by(state_list(emulator, "users"), "id", id);
}

json_object *user_by_name(Emulator *emulator, const char *name)
{
    return find_by(state_list(emulator, "users"), "username", name);
}

json_object *user_of(Emulator *emulator, const char *name, const char *password)
{
    json_object *user = user_by_name(emulator, name);
    return user && bool_of(user, "active") && password_fits(user, password) ? user : NULL;
}

json_object *first_user(Emulator *emulator)
{
    json_object *users = state_list(emulator, "users");
    for (size_t i = 0; i < json_object_array_length(users); i++)
        if (has_role(json_object_array_get_idx(users, i), "admin"))
            return json_object_array_get_idx(users, i);
    return NULL;
}

static void touch(json_object *user)
{
    char *now = now_text();
    put_text(user, "updated_at", now);
    g_free(now);
}

json_object *user_new(Emulator *emulator, const char *name, const char *password, const char *role)
{
    json_object *user = json_object_new_object(), *roles = json_object_new_array();
    char *id = make_id(emulator), *now = now_text();
    put_text(user, "id", id);
    put_text(user, "username", name);
    if (role)
        json_object_array_add(roles, json_object_new_string(role));
    if (g_strcmp0(role, "user"))
        json_object_array_add(roles, json_object_new_string("user"));
    json_object_object_add(user, "roles", roles);
    json_object_object_add(user, "active", json_object_new_boolean(TRUE));
    json_object_object_add(user, "deleted", json_object_new_boolean(FALSE));
    json_object_object_add(user, "is_external", json_object_new_boolean(!password));
    json_object_object_add(user, "is_superuser", json_object_new_boolean(!g_strcmp0(role, "admin")));
    put_text(user, "created_at", now);
    put_text(user, "updated_at", now);
    if (password)
        set_password(user, password);
    json_object_array_add(state_list(emulator, "users"), user);
    g_free(id);
    g_free(now);
    return user;
}

gboolean users_begin(Emulator *emulator, char **wanted)
{
    if (!first_user(emulator))
        user_new(emulator, FIRST_USER, FIRST_PASSWORD, "admin");
    for (; wanted && *wanted; wanted++) {
        char *colon = strchr(*wanted, ':');
        if (!colon || colon == *wanted || !colon[1])
            return FALSE;
        char *name = g_strndup(*wanted, (gsize)(colon - *wanted));
        json_object *user = user_by_name(emulator, name);
        if (user)
            set_password(user, colon + 1);
        else
            user_new(emulator, name, colon + 1, "user");
        g_free(name);
    }
    return TRUE;
}

static json_object *find(Request *request)
{
    json_object *user = is_admin(request) ? user_by_id(request->emulator, arg(request, "user_id")) : NULL;
    if (!user && !request->answer)
        reply_error(request, 404, "User not found");
    return user;
}

static gboolean list_users(Request *request)
{
    json_object *users = state_list(request->emulator, "users"), *list;
    if (!is_admin(request))
        return TRUE;
    list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(users); i++)
        json_object_array_add(list, shown(json_object_array_get_idx(users, i)));
    return reply(request, list);
}

static gboolean get_user(Request *request)
{
    json_object *user = find(request);
    return user ? reply(request, shown(user)) : TRUE;
}

/* Whether a name is taken by another than `user`; the request is then answered. */
static gboolean is_taken(Request *request, const char *name, json_object *user)
{
    json_object *other = user_by_name(request->emulator, name);
    return other && other != user && reply_error(request, 409, "A user with this name exists");
}

static gboolean create_user(Request *request)
{
    const char *name = text_of(request->body, "username");
    json_object *roles = NULL;
    if (!is_admin(request) || is_taken(request, name, NULL))
        return TRUE;
    json_object *user = user_new(request->emulator, name, text_of(request->body, "password"), "user");
    put_text(user, "email", text_of(request->body, "email"));
    if (json_object_object_get_ex(request->body, "roles", &roles) && roles)
        json_object_object_add(user, "roles", json_object_get(roles));
    json_object_object_add(user, "is_superuser", json_object_new_boolean(has_role(user, "admin")));
    reply(request, shown(user));
    request->status = 201;
    return TRUE;
}

static gboolean update_user(Request *request)
{
    static const char *const members[] = { "username", "email", "active", "roles" };
    json_object *user = find(request), *value = NULL;
    if (!user || is_taken(request, text_of(request->body, "username"), user))
        return TRUE;
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (json_object_object_get_ex(request->body, members[i], &value) && value)
            json_object_object_add(user, members[i], json_object_get(value));
    json_object_object_add(user, "is_superuser", json_object_new_boolean(has_role(user, "admin")));
    touch(user);
    if (!bool_of(user, "active"))
        sessions_end_of(request->emulator, text_of(user, "id"));
    return reply(request, shown(user));
}

static gboolean delete_user(Request *request)
{
    json_object *user = find(request);
    if (!user)
        return TRUE;
    json_object *answer = shown(user);
    json_object_object_add(answer, "deleted", json_object_new_boolean(TRUE));
    json_object_object_add(answer, "active", json_object_new_boolean(FALSE));
    sessions_end_of(request->emulator, text_of(user, "id"));
    remove_by(state_list(request->emulator, "pats"), "owner_id", text_of(user, "id"));
    remove_by(state_list(request->emulator, "users"), "id", text_of(answer, "id"));
    return reply(request, answer);
}

static gboolean reset_password(Request *request)
{
    json_object *user = find(request);
    if (!user)
        return TRUE;
    if (bool_of(user, "is_external"))
        return reply_error(request, 400, "The password of this user is kept by an identity provider");
    set_password(user, text_of(request->body, "new_password"));
    sessions_end_of(request->emulator, text_of(user, "id"));
    touch(user);
    return reply(request, shown(user));
}

static gboolean change_my_password(Request *request)
{
    json_object *user = request->user, *answer;
    if (bool_of(user, "is_external"))
        return reply_error(request, 403, "The password of this user is kept by an identity provider");
    if (!password_fits(user, text_of(request->body, "current_password")))
        return reply_error(request, 400, "The current password is another");
    set_password(user, text_of(request->body, "new_password"));
    touch(user);
    answer = json_object_new_object();
    json_object_object_add(answer, "changed", json_object_new_boolean(TRUE));
    return reply(request, answer);
}

static gboolean me(Request *request)
{
    json_object *user = request->user, *answer = json_object_new_object(), *roles = NULL;
    json_object_object_get_ex(user, "roles", &roles);
    put_text(answer, "username", text_of(user, "username"));
    put_text(answer, "email", text_of(user, "email"));
    put_text(answer, "sub", text_of(user, "id"));
    json_object_object_add(answer, "roles", json_object_get(roles));
    json_object_object_add(answer, "groups", json_object_new_array());
    return reply(request, answer);
}

const Route users_routes[] = {
    { "auth.get_current_user", me },
    { "auth.change_my_password", change_my_password },
    { "auth.list_users", list_users },
    { "auth.get_user", get_user },
    { "auth.create_user", create_user },
    { "auth.update_user", update_user },
    { "auth.delete_user", delete_user },
    { "auth.reset_user_password", reset_password },
    { NULL, NULL },
};
