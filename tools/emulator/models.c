/* models.c: the service models with state: models, files and configurations that are made and forgotten, the search of the hub,
 * and downloads that go on with time. */
#include "emulator.h"

#include <string.h>

static gboolean missing(Request *request, const char *what)
{
    char *text = g_strdup_printf("%s not found", what);
    reply_error(request, 404, text);
    g_free(text);
    return TRUE;
}

/* How far a download is by now. */
static void progress(Emulator *emulator, json_object *file)
{
    gint64 started = int_of(file, "x_started_ms"), size = MAX(int_of(file, "size"), 1);
    if (!started || !bool_of(file, "is_downloading"))
        return;
    gint64 elapsed = now_ms() - started, done = (gint64)((double)elapsed * (double)emulator->speed / 1000);
    gboolean whole = done >= size;
    gint64 left = whole ? 0 : (size - done) / emulator->speed;
    char *took = g_strdup_printf(
        "%02d:%02d:%02d", (int)(elapsed / 3600000), (int)(elapsed / 60000 % 60), (int)(elapsed / 1000 % 60));
    char *rest = g_strdup_printf("%02d:%02d:%02d", (int)(left / 3600), (int)(left / 60 % 60), (int)(left % 60));
    char *rate = g_strdup_printf("%.1f MB/s", (double)emulator->speed / 1e6);
    json_object_object_add(file, "download_percentage", json_object_new_int64(whole ? 100 : done * 100 / size));
    json_object_object_add(file, "is_downloading", json_object_new_boolean(!whole));
    json_object_object_add(file, "download", json_object_new_boolean(TRUE));
    put_text(file, "download_elapsed", took);
    put_text(file, "download_remaining", rest);
    put_text(file, "download_throughput", rate);
    g_free(took);
    g_free(rest);
    g_free(rate);
}

static json_object *files_of(Request *request, const char *model_id)
{
    json_object *all = state_list(request->emulator, "files"), *list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        json_object *file = json_object_array_get_idx(all, i);
        progress(request->emulator, file);
        if (!model_id || !g_strcmp0(text_of(file, "model_id"), model_id))
            json_object_array_add(list, shown(file));
    }
    return list;
}

static json_object *model_shown(Request *request, json_object *model, gboolean with_files)
{
    json_object *copy = json_object_new_object();
    merge(copy, model);
    json_object_object_add(copy, "m_files", with_files ? files_of(request, text_of(model, "id")) : json_object_new_array());
    return copy;
}

static gboolean list_models(Request *request)
{
    json_object *all = state_list(request->emulator, "models"), *list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(all); i++)
        json_object_array_add(
            list, model_shown(request, json_object_array_get_idx(all, i), bool_of(request->args, "load_files")));
    return reply(request, list);
}

static gboolean get_model(Request *request)
{
    json_object *model = find_by(state_list(request->emulator, "models"), "id", arg(request, "model_id"));
    return model ? reply(request, model_shown(request, model, TRUE)) : missing(request, "Model");
}

/* A configuration for each model, so that it can be deployed at once. */
static void add_default_config(Request *request, const char *model_id)
{
    json_object *config = json_tokener_parse("{\"name\":\"default\",\"default\":true,\"config\":{},\"system_config\":{}}");
    char *id = make_id(request->emulator), *now = now_text();
    put_text(config, "id", id);
    put_text(config, "m_id", model_id);
    put_text(config, "created_at", now);
    json_object_array_add(state_list(request->emulator, "configs"), config);
    g_free(id);
    g_free(now);
}

static json_object *add_model(Request *request, json_object *facts)
{
    json_object *model = json_object_new_object();
    char *id = make_id(request->emulator), *now = now_text();
    merge(model, facts);
    json_object_object_del(model, "m_files");
    put_text(model, "id", id);
    put_text(model, "created_timestamp", now);
    json_object_array_add(state_list(request->emulator, "models"), model);
    add_default_config(request, id);
    g_free(id);
    g_free(now);
    return model;
}

static gboolean create_model(Request *request)
{
    return reply(request, model_shown(request, add_model(request, request->body), TRUE));
}

static gboolean delete_model(Request *request)
{
    const char *id = arg(request, "model_id");
    json_object *list = state_list(request->emulator, "models");
    if (!find_by(list, "id", id))
        return missing(request, "Model");
    remove_by(list, "id", id);
    remove_by(state_list(request->emulator, "files"), "model_id", id);
    remove_by(state_list(request->emulator, "configs"), "m_id", id);
    return reply(request, json_tokener_parse("{\"result\":true}"));
}

static gboolean search(Request *request)
{
    json_object *limit = NULL;
    gboolean limited = json_object_object_get_ex(request->body, "limit", &limit) && limit;
    return reply(request,
        hub_search(
            text_of(request->body, "query"), bool_of(request->body, "exact"), limited ? json_object_get_int64(limit) : 100));
}

static gboolean search_files(Request *request)
{
    return reply(request, hub_files(request->emulator, text_of(request->body, "model")));
}

static gboolean is_wanted(json_object *names, const char *name)
{
    if (!json_object_is_type(names, json_type_array) || !json_object_array_length(names))
        return TRUE;
    for (size_t i = 0; i < json_object_array_length(names); i++)
        if (!g_strcmp0(json_object_get_string(json_object_array_get_idx(names, i)), name))
            return TRUE;
    return FALSE;
}

/* The file's entry, fetched from now on unless it is there. */
static const char *fetch_file(Request *request, const char *model_id, json_object *facts)
{
    json_object *all = state_list(request->emulator, "files"), *file = NULL;
    for (size_t i = 0; i < json_object_array_length(all) && !file; i++) {
        json_object *each = json_object_array_get_idx(all, i);
        if (!g_strcmp0(text_of(each, "model_id"), model_id) && !g_strcmp0(text_of(each, "name"), text_of(facts, "name")))
            file = each;
    }
    if (!file) {
        char *id = make_id(request->emulator);
        file = json_object_new_object();
        merge(file, facts);
        put_text(file, "id", id);
        put_text(file, "model_id", model_id);
        json_object_array_add(all, file);
        g_free(id);
    }
    if (!bool_of(file, "download")) {
        char *now = now_text();
        json_object_object_add(file, "x_started_ms", json_object_new_int64(now_ms()));
        json_object_object_add(file, "is_downloading", json_object_new_boolean(TRUE));
        put_text(file, "dl_requested_at", now);
        put_text(file, "download_cancelled_at", NULL);
        progress(request->emulator, file);
        g_free(now);
    }
    return text_of(file, "id");
}

static gboolean download(Request *request)
{
    const char *repo = text_of(request->body, "model");
    json_object *facts = hub_model(repo), *names = NULL;
    if (!facts)
        return missing(request, "Model");
    json_object *model = find_by(state_list(request->emulator, "models"), "repo_modelId", repo);
    if (!model)
        model = add_model(request, facts);
    json_object_put(facts);
    json_object_object_get_ex(request->body, "files_to_download", &names);
    json_object *available = hub_files(request->emulator, repo), *ids = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(available); i++) {
        json_object *file = json_object_array_get_idx(available, i);
        if (is_wanted(names, text_of(file, "name")))
            json_object_array_add(ids, json_object_new_string(fetch_file(request, text_of(model, "id"), file)));
    }
    json_object_put(available);
    json_object *answer = json_tokener_parse("{\"result\":true,\"message\":\"Model files download initiated\"}");
    json_object_object_add(answer, "files", ids);
    return reply(request, answer);
}

static gboolean download_status(Request *request)
{
    const char *wanted = arg(request, "model_id");
    json_object *all = state_list(request->emulator, "files"), *list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        json_object *file = json_object_array_get_idx(all, i);
        const char *model_id = text_of(file, "model_id");
        json_object *model = find_by(state_list(request->emulator, "models"), "id", model_id);
        progress(request->emulator, file);
        if (!text_of(file, "dl_requested_at") ||
            (wanted && g_strcmp0(wanted, model_id) && g_strcmp0(wanted, text_of(model, "repo_modelId"))))
            continue;
        json_object *status = shown(file);
        put_text(status, "m_id", model_id);
        json_object_array_add(list, status);
    }
    return reply(request, list);
}

static gboolean cancel_download(Request *request)
{
    json_object *file = find_by(state_list(request->emulator, "files"), "id", arg(request, "model_file_id"));
    if (!file)
        return missing(request, "Model file");
    progress(request->emulator, file);
    gboolean active = bool_of(file, "is_downloading");
    char *now = now_text();
    if (active) {
        json_object_object_add(file, "is_downloading", json_object_new_boolean(FALSE));
        json_object_object_add(file, "download", json_object_new_boolean(FALSE));
        put_text(file, "download_cancelled_at", now);
    }
    json_object *answer = json_object_new_object();
    json_object_object_add(answer, "result", json_object_new_boolean(active));
    put_text(answer, "message", active ? "Download cancelled" : "No download is active");
    put_text(answer, "file_id", text_of(file, "id"));
    put_text(answer, "cancelled_at", active ? now : NULL);
    g_free(now);
    return reply(request, answer);
}

static gboolean list_files(Request *request)
{
    return reply(request, files_of(request, NULL));
}

static gboolean get_file(Request *request)
{
    json_object *file = find_by(state_list(request->emulator, "files"), "id", arg(request, "model_file_id"));
    if (!file)
        return missing(request, "Model file");
    progress(request->emulator, file);
    return reply(request, shown(file));
}

static gboolean create_file(Request *request)
{
    return reply(request, json_object_get(add_entry(request, "files")));
}

static gboolean delete_file(Request *request)
{
    const char *id = arg(request, "model_file_id");
    if (!find_by(state_list(request->emulator, "files"), "id", id))
        return missing(request, "Model file");
    remove_by(state_list(request->emulator, "files"), "id", id);
    return reply(request, json_tokener_parse("{\"result\":true}"));
}

static gboolean memory_usage(Request *request)
{
    json_object *files = files_of(request, arg(request, "model_id"));
    gint64 sum = 0;
    for (size_t i = 0; i < json_object_array_length(files); i++)
        sum += int_of(json_object_array_get_idx(files, i), "size");
    json_object_put(files);
    return reply(request, json_object_new_int64(sum + sum / 5));
}

static gboolean list_configs(Request *request)
{
    json_object *all = state_list(request->emulator, "configs"), *list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        json_object *config = json_object_array_get_idx(all, i);
        if (!g_strcmp0(text_of(config, "m_id"), arg(request, "model_id")) &&
            (!bool_of(request->args, "default") || bool_of(config, "default")))
            json_object_array_add(list, json_object_get(config));
    }
    return reply(request, list);
}

static gboolean create_config(Request *request)
{
    return reply(request, json_object_get(add_entry(request, "configs")));
}

static gboolean get_config(Request *request)
{
    json_object *config = find_by(state_list(request->emulator, "configs"), "id", arg(request, "model_config_id"));
    return config ? reply(request, json_object_get(config)) : missing(request, "Model config");
}

static gboolean update_config(Request *request)
{
    json_object *config = find_by(state_list(request->emulator, "configs"), "id", arg(request, "model_config_id"));
    if (!config)
        return missing(request, "Model config");
    merge(config, request->body);
    return reply(request, json_object_get(config));
}

static gboolean delete_config(Request *request)
{
    const char *id = arg(request, "model_config_id");
    if (!find_by(state_list(request->emulator, "configs"), "id", id))
        return missing(request, "Model config");
    remove_by(state_list(request->emulator, "configs"), "id", id);
    return reply(request, NULL);
}

static gboolean guides(Request *request)
{
    return reply(request,
        json_tokener_parse(
            "[{\"base_model_id\":\"Qwen/Qwen3-8B-GGUF\",\"name\":\"Qwen3 8B\",\"producer\":\"Qwen\","
            "\"context_length\":\"32k\",\"use_case\":[\"General Use\"],\"size_category\":\"medium\",\"quality_overall\":\"good\","
            "\"score_average\":61.5,\"variants\":[{\"platform\":[\"GPU\",\"Mac\",\"CPU\"],\"variant_repo\":\"Qwen/"
            "Qwen3-8B-GGUF\","
            "\"variant_type\":\"gguf\",\"minimum_vram\":8,\"speed_rating\":\"fast\"}]},{\"base_model_id\":\"Qwen/"
            "Qwen3-0.6B-GGUF\","
            "\"name\":\"Qwen3 "
            "0.6B\",\"producer\":\"Qwen\",\"context_length\":\"32k\",\"use_case\":\"text\",\"size_category\":\"small\","
            "\"quality_overall\":\"fair\",\"score_average\":31,\"variants\":[{\"platform\":\"CPU\",\"variant_repo\":\"Qwen/"
            "Qwen3-0.6B-GGUF\","
            "\"variant_type\":\"gguf\",\"minimum_vram\":1,\"speed_rating\":\"very_fast\"}]}]"));
}

const Route models_routes[] = {
    { "models.list", list_models },
    { "models.create", create_model },
    { "models.get", get_model },
    { "models.delete", delete_model },
    { "models.memory_usage", memory_usage },
    { "models.search_hubs", search },
    { "models.search_files", search_files },
    { "models.request_download", download },
    { "models.all_download_status", download_status },
    { "models.cancel_download", cancel_download },
    { "models.list_files", list_files },
    { "models.get_file", get_file },
    { "models.create_file", create_file },
    { "models.delete_file", delete_file },
    { "models.list_configs", list_configs },
    { "models.list_model_configs", list_configs },
    { "models.create_config", create_config },
    { "models.get_config", get_config },
    { "models.update_config", update_config },
    { "models.delete_config", delete_config },
    { "models.list_guides", guides },
    { NULL, NULL },
};
