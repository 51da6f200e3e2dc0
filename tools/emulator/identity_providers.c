/* identity_providers.c: the identity providers that the platform offers at its sign-in. Their client secrets are checked to be
 * there and not kept. */
#include "sign_in.h"

static json_object *list_of(Request *request, gboolean only_enabled)
{
    json_object *all = state_list(request->emulator, "providers"), *list = json_object_new_array(),
                *answer = json_object_new_object();
    for (size_t i = 0; i < json_object_array_length(all); i++)
        if (!only_enabled || bool_of(json_object_array_get_idx(all, i), "enabled"))
            json_object_array_add(list, json_object_get(json_object_array_get_idx(all, i)));
    json_object_object_add(answer, "providers", list);
    json_object_object_add(answer, "idp_management_enabled", json_object_new_boolean(TRUE));
    return answer;
}

static gboolean list(Request *request)
{
    return is_admin(request) ? reply(request, list_of(request, FALSE)) : TRUE;
}

static gboolean list_public(Request *request)
{
    return reply(request, list_of(request, TRUE));
}

static gboolean reply_change(Request *request, const char *status, json_object *provider)
{
    json_object *answer = json_object_new_object();
    put_text(answer, "status", status);
    put_text(answer, "alias", text_of(provider, "alias"));
    json_object_object_add(answer, "provider", json_object_get(provider));
    json_object_object_add(answer, "idp_management_enabled", json_object_new_boolean(TRUE));
    return reply(request, answer);
}

/* The members for the kind of provider that the request is about, or NULL with the request answered. */
static json_object *settings_of(Request *request)
{
    const char *kind = text_of(request->body, "provider");
    json_object *settings = NULL;
    if (g_strcmp0(kind, "google") && g_strcmp0(kind, "oidc"))
        reply_error(request, 400, "The provider is google or oidc");
    else if (!json_object_object_get_ex(request->body, kind, &settings) || !settings)
        reply_error(request, 400, "The settings of this provider are missing");
    return settings;
}

static void fill(json_object *provider, json_object *body, json_object *settings)
{
    put_text(provider, "provider_id", text_of(body, "provider"));
    put_text(provider, "display_name", text_of(settings, "hosted_domain"));
}

static gboolean register_provider(Request *request)
{
    json_object *settings = is_admin(request) ? settings_of(request) : NULL, *all = state_list(request->emulator, "providers");
    if (!settings)
        return TRUE;
    const char *alias = text_of(settings, "alias") ? text_of(settings, "alias") : "google";
    json_object *provider = find_by(all, "alias", alias);
    const char *status = provider ? "updated" : "created";
    if (!provider) {
        provider = json_object_new_object();
        put_text(provider, "alias", alias);
        json_object_object_add(provider, "enabled", json_object_new_boolean(TRUE));
        json_object_array_add(all, provider);
    }
    fill(provider, request->body, settings);
    return reply_change(request, status, provider);
}

static json_object *find(Request *request)
{
    json_object *all = state_list(request->emulator, "providers");
    json_object *provider = is_admin(request) ? find_by(all, "alias", arg(request, "alias")) : NULL;
    if (!provider && !request->answer)
        reply_error(request, 404, "Identity provider not found");
    return provider;
}

static gboolean update(Request *request)
{
    json_object *provider = find(request), *settings = provider ? settings_of(request) : NULL;
    if (!settings)
        return TRUE;
    fill(provider, request->body, settings);
    return reply_change(request, "updated", provider);
}

static gboolean toggle(Request *request)
{
    json_object *provider = find(request);
    if (!provider)
        return TRUE;
    json_object_object_add(provider, "enabled", json_object_new_boolean(bool_of(request->body, "enabled")));
    return reply_change(request, bool_of(provider, "enabled") ? "enabled" : "disabled", provider);
}

static gboolean forget(Request *request)
{
    json_object *provider = find(request);
    if (!provider)
        return TRUE;
    reply_change(request, "deleted", provider);
    json_object_object_add(request->answer, "deleted", json_object_new_boolean(TRUE));
    remove_by(state_list(request->emulator, "providers"), "alias", arg(request, "alias"));
    return TRUE;
}

const Route identity_providers_routes[] = {
    { "auth.list_identity_providers", list },
    { "auth.list_public_identity_providers", list_public },
    { "auth.register_identity_provider", register_provider },
    { "auth.update_identity_provider", update },
    { "auth.toggle_identity_provider", toggle },
    { "auth.delete_identity_provider", forget },
    { NULL, NULL },
};
