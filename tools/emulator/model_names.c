/* model_names.c: which models answer: those of the deployments that are up, by the name of the model, its repository or an id, and
 * those that the option --model names. */
#include "model.h"

static gboolean is_named(Emulator *emulator, json_object *deployment, const char *name)
{
    json_object *model = find_by(state_list(emulator, "models"), "id", text_of(deployment, "m_id"));
    return !g_strcmp0(name, text_of(deployment, "m_name")) || !g_strcmp0(name, text_of(deployment, "id")) ||
        !g_strcmp0(name, text_of(deployment, "m_id")) || !g_strcmp0(name, text_of(model, "repo_modelId")) ||
        !g_strcmp0(name, "model"); /* whatever is there */
}

static gboolean is_asked(const Call *call, json_object *deployment)
{
    return !call->deployment || !g_strcmp0(call->deployment, text_of(deployment, "id"));
}

static int status_of(json_object *deployment)
{
    const char *status = text_of(deployment, "status");
    return !g_strcmp0(status, "DEPLOYED") ? 200 : !g_strcmp0(status, "STOPPED") || !g_strcmp0(status, "FAILED") ? 404 : 503;
}

int model_status(Call *call, const char *name)
{
    Emulator *emulator = call->emulator;
    if (!call->deployment && emulator->models && g_strv_contains((const char *const *)emulator->models, name))
        return 200;
    int best = 404;
    g_mutex_lock(&emulator->lock);
    json_object *all = state_list(emulator, "deployments");
    for (size_t i = 0; i < json_object_array_length(all) && best != 200; i++) {
        json_object *deployment = json_object_array_get_idx(all, i);
        deployment_advance(emulator, deployment);
        int status = status_of(deployment);
        if (is_asked(call, deployment) && status != 404 && is_named(emulator, deployment, name))
            best = status;
    }
    g_mutex_unlock(&emulator->lock);
    return best;
}

static void add_model(json_object *list, const char *name, const char *root, gint64 created)
{
    if (find_by(list, "id", name))
        return;
    json_object *model = json_object_new_object();
    put_text(model, "id", name);
    put_text(model, "object", "model");
    json_object_object_add(model, "created", json_object_new_int64(created));
    put_text(model, "owned_by", "emulator");
    put_text(model, "root", root ? root : name);
    json_object_object_add(model, "max_model_len", json_object_new_int64(CONTEXT_TOKENS));
    json_object_array_add(list, model);
}

json_object *models_that_answer(Call *call)
{
    Emulator *emulator = call->emulator;
    json_object *list = json_object_new_array();
    for (char **name = call->deployment ? NULL : emulator->models; name && *name; name++)
        add_model(list, *name, NULL, 1700000000);
    g_mutex_lock(&emulator->lock);
    json_object *all = state_list(emulator, "deployments");
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        json_object *deployment = json_object_array_get_idx(all, i);
        deployment_advance(emulator, deployment);
        json_object *model = find_by(state_list(emulator, "models"), "id", text_of(deployment, "m_id"));
        if (is_asked(call, deployment) && status_of(deployment) == 200)
            add_model(
                list, text_of(deployment, "m_name"), text_of(model, "repo_modelId"), int_of(deployment, "x_requested_ms") / 1000);
    }
    g_mutex_unlock(&emulator->lock);
    return list;
}

enum MHD_Result list_models(Call *call)
{
    json_object *answer = json_object_new_object();
    put_text(answer, "object", "list");
    json_object_object_add(answer, "data", models_that_answer(call));
    return send_json(call, 200, answer);
}

enum MHD_Result get_model(Call *call)
{
    json_object *list = models_that_answer(call);
    char *name = g_uri_unescape_string(call->tail, NULL);
    json_object *found = find_by(list, "id", name);
    enum MHD_Result result = found
        ? send_json(call, 200, json_object_get(found))
        : send_error(call, 404, "model", "model_not_found", "There is no model \"%s\" here.", call->tail);
    json_object_put(list);
    g_free(name);
    return result;
}
