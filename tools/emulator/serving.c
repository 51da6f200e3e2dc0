/* serving.c: the service serving with state: deployments that come up, fail or stop with time, their copies, and logs that grow. A
 * model whose name contains "fail" does not come up. */
#include "emulator.h"

#include <string.h>

static const char *const log_lines[] = { "starting engine", "reading model files", "allocating memory", "loading weights 25 %",
    "loading weights 50 %", "loading weights 75 %", "loading weights 100 %", "warming up", "ready to answer" };

static gboolean missing(Request *request)
{
    return reply_error(request, 404, "Deployment not found");
}

void deployment_advance(const Emulator *emulator, json_object *deployment)
{
    gint64 age = now_ms() - int_of(deployment, "x_requested_ms");
    const char *status = text_of(deployment, "status");
    if (!g_strcmp0(status, "STOPPED") || !g_strcmp0(status, "FAILED"))
        return;
    gboolean fails = text_of(deployment, "m_name") && strstr(text_of(deployment, "m_name"), "fail");
    const char *now = age < emulator->deploy_ms / 3 ? "REQUESTED"
        : age < emulator->deploy_ms                 ? "DEPLOYING"
        : fails                                     ? "FAILED"
                                                    : "DEPLOYED";
    put_text(deployment, "status", now);
    if (!strcmp(now, "FAILED")) {
        put_text(deployment, "last_error_code", "ENGINE_EXIT");
        put_text(deployment, "last_error_message", "The engine ended while it loaded the model");
    }
    json_object *instances = NULL;
    json_object_object_get_ex(deployment, "instances", &instances);
    for (size_t i = 0; instances && i < json_object_array_length(instances); i++)
        put_text(json_object_array_get_idx(instances, i), "status", strcmp(now, "DEPLOYED") ? "STARTING" : "DEPLOYED");
}

static json_object *deployment_shown(const Emulator *emulator, json_object *deployment)
{
    json_object *copy = shown(deployment);
    json_object_object_add(
        copy, "lb_port", json_object_new_int64(emulator->port)); /* of this start, not of that of its request */
    return copy;
}

static json_object *find(Request *request)
{
    json_object *deployment = find_by(state_list(request->emulator, "deployments"), "id", arg(request, "deployment_id"));
    if (deployment)
        deployment_advance(request->emulator, deployment);
    return deployment;
}

static json_object *new_instance(Request *request, const char *deployment_id, gint64 port)
{
    json_object *instance = json_object_new_object();
    char *id = make_id(request->emulator), *now = now_text();
    put_text(instance, "id", id);
    put_text(instance, "deployment_id", deployment_id);
    put_text(instance, "deployed_at", now);
    put_text(instance, "host_name", "emulator");
    put_text(instance, "status", "STARTING");
    json_object_object_add(instance, "listen_port", json_object_new_int64(port));
    g_free(id);
    g_free(now);
    return instance;
}

static gboolean deploy(Request *request)
{
    json_object *model = find_by(state_list(request->emulator, "models"), "id", text_of(request->body, "m_id"));
    if (!model)
        return reply_error(request, 404, "Model not found");
    json_object *deployment = add_entry(request, "deployments"), *copies = json_object_new_array(), *wanted = NULL;
    const char *id = text_of(deployment, "id");
    gint64 port = request->emulator->port;
    gint64 n = json_object_object_get_ex(request->body, "starting_copies", &wanted) && wanted ? json_object_get_int64(wanted) : 1;
    for (gint64 i = 0; i < CLAMP(n, 1, 64); i++)
        json_object_array_add(copies, new_instance(request, id, port));
    put_text(deployment, "requested_at", text_of(deployment, "created_at"));
    put_text(deployment, "m_name", text_of(model, "name"));
    put_text(deployment, "status", "REQUESTED");
    json_object_object_add(deployment, "instances", copies);
    json_object_object_add(deployment, "x_requested_ms", json_object_new_int64(now_ms()));
    return reply(request, json_object_new_string(id));
}

static gboolean list(Request *request)
{
    json_object *all = state_list(request->emulator, "deployments"), *list = json_object_new_array();
    const char *model_id = arg(request, "model_id");
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        json_object *deployment = json_object_array_get_idx(all, i);
        deployment_advance(request->emulator, deployment);
        if (!model_id || !g_strcmp0(text_of(deployment, "m_id"), model_id))
            json_object_array_add(list, deployment_shown(request->emulator, deployment));
    }
    return reply(request, list);
}

static gboolean get(Request *request)
{
    json_object *deployment = find(request);
    return deployment ? reply(request, deployment_shown(request->emulator, deployment)) : missing(request);
}

static gboolean status(Request *request)
{
    json_object *deployment = find(request);
    return deployment ? reply(request, json_object_new_string(text_of(deployment, "status"))) : missing(request);
}

static gboolean stop(Request *request)
{
    json_object *deployment = find(request);
    if (!deployment)
        return missing(request);
    put_text(deployment, "status", "STOPPED");
    json_object_object_add(deployment, "instances", json_object_new_array());
    return reply(request, json_object_new_boolean(TRUE));
}

static gboolean logs(Request *request)
{
    json_object *deployment = find(request), *lines = json_object_new_array(), *answer = json_object_new_object();
    if (!deployment) {
        json_object_put(lines);
        json_object_put(answer);
        return missing(request);
    }
    gint64 age = now_ms() - int_of(deployment, "x_requested_ms"), all = G_N_ELEMENTS(log_lines);
    gint64 n = request->emulator->deploy_ms > 0 ? age * all / request->emulator->deploy_ms + 1 : all;
    gboolean fails = !g_strcmp0(text_of(deployment, "status"), "FAILED"),
             stopped = !g_strcmp0(text_of(deployment, "status"), "STOPPED");
    for (gint64 i = 0; i < MIN(n, all - fails); i++)
        json_object_array_add(lines, json_object_new_string(log_lines[i]));
    if (fails)
        json_object_array_add(lines, json_object_new_string("error: the engine ended with status 1"));
    put_text(answer, "deployment_id", text_of(deployment, "id"));
    put_text(answer, "engine_type", "emulated");
    put_text(answer, "log_file_path", "/emulator/deployment.log");
    gint64 count = (gint64)json_object_array_length(lines);
    json_object_object_add(answer, "logs", lines);
    json_object_object_add(answer, "total_lines_seen", json_object_new_int64(count));
    json_object_object_add(answer, "current_lines_stored", json_object_new_int64(count));
    json_object_object_add(answer, "compressed", json_object_new_boolean(FALSE));
    json_object_object_add(answer, "capture_active", json_object_new_boolean(n < all && !fails && !stopped));
    return reply(request, answer);
}

static gboolean instances(Request *request)
{
    json_object *all = state_list(request->emulator, "deployments"), *list = json_object_new_array(), *copies = NULL;
    const char *wanted = arg(request, "deployment_id");
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        json_object *deployment = json_object_array_get_idx(all, i);
        deployment_advance(request->emulator, deployment);
        if ((wanted && g_strcmp0(text_of(deployment, "id"), wanted)) ||
            !json_object_object_get_ex(deployment, "instances", &copies))
            continue;
        for (size_t j = 0; j < json_object_array_length(copies); j++)
            json_object_array_add(list, json_object_get(json_object_array_get_idx(copies, j)));
    }
    return reply(request, list);
}

const Route serving_routes[] = {
    { "serving.create_deployment", deploy },
    { "serving.list_deployments", list },
    { "serving.get_deployment", get },
    { "serving.delete_deployment", stop },
    { "serving.get_deployment_status", status },
    { "serving.get_logs", logs },
    { "serving.list_instances", instances },
    { NULL, NULL },
};
