/* cluster.c: the service cluster with state: locations, clusters, nodes, hardware and federations that are made, listed by pages and
 * changed. */
#include "emulator.h"

static gboolean page(Request *request, const char *name)
{
    json_object *all = state_list(request->emulator, name), *list = json_object_new_array(), *limit = NULL;
    gint64 skip = int_of(request->args, "skip"), n = (gint64)json_object_array_length(all);
    gint64 most = json_object_object_get_ex(request->args, "limit", &limit) && limit ? json_object_get_int64(limit) : n;
    for (gint64 i = MAX(skip, 0); i < n && i - skip < most; i++)
        json_object_array_add(list, json_object_get(json_object_array_get_idx(all, (size_t)i)));
    return reply(request, list);
}

static gboolean get(Request *request, const char *name, const char *argument)
{
    json_object *entry = find_by(state_list(request->emulator, name), "id", arg(request, argument));
    return entry ? reply(request, json_object_get(entry)) : reply_error(request, 404, "Not found");
}

static gboolean update(Request *request, const char *name, const char *argument)
{
    json_object *entry = find_by(state_list(request->emulator, name), "id", arg(request, argument));
    if (!entry)
        return reply_error(request, 404, "Not found");
    merge(entry, request->body);
    return reply(request, json_object_get(entry));
}

static gboolean create(Request *request, const char *name)
{
    return reply(request, json_object_get(add_entry(request, name)));
}

#define OPERATIONS(one, many, id)                  \
    static gboolean list_##many(Request *request)  \
    {                                              \
        return page(request, #many);               \
    }                                              \
    static gboolean get_##one(Request *request)    \
    {                                              \
        return get(request, #many, id);            \
    }                                              \
    static gboolean create_##one(Request *request) \
    {                                              \
        return create(request, #many);             \
    }
OPERATIONS(location, locations, "location_id")
OPERATIONS(cluster, clusters, "cluster_id")
OPERATIONS(hardware, hardware, "hardware_id")
OPERATIONS(federation, federations, "federation_id")

static gboolean update_location(Request *request)
{
    return update(request, "locations", "location_id");
}

static gboolean update_federation(Request *request)
{
    return update(request, "federations", "federation_id");
}

static gboolean delete_federation(Request *request)
{
    remove_by(state_list(request->emulator, "federations"), "id", arg(request, "federation_id"));
    return reply(request, NULL);
}

static gboolean list_nodes(Request *request)
{
    return page(request, "nodes");
}

static gboolean get_node(Request *request)
{
    json_object *node = find_by(state_list(request->emulator, "nodes"), "id", arg(request, "node_id")), *answer;
    if (!node)
        return reply_error(request, 404, "Not found");
    answer = json_object_new_object();
    json_object_object_add(answer, "node", json_object_get(node));
    json_object_object_add(answer, "hardware",
        json_object_get(find_by(state_list(request->emulator, "hardware"), "id", text_of(node, "hardware_id"))));
    return reply(request, answer);
}

static gboolean hostname(Request *request)
{
    return reply(request, json_tokener_parse("{\"hostname\":\"localhost\"}"));
}

const Route cluster_routes[] = {
    { "cluster.list_locations", list_locations },
    { "cluster.get_location", get_location },
    { "cluster.create_location", create_location },
    { "cluster.update_location", update_location },
    { "cluster.list_clusters", list_clusters },
    { "cluster.get_cluster", get_cluster },
    { "cluster.create_cluster", create_cluster },
    { "cluster.list_hardware", list_hardware },
    { "cluster.get_hardware", get_hardware },
    { "cluster.create_hardware", create_hardware },
    { "cluster.list_nodes", list_nodes },
    { "cluster.get_node", get_node },
    { "cluster.list_federations", list_federations },
    { "cluster.get_federation", get_federation },
    { "cluster.create_federation", create_federation },
    { "cluster.update_federation", update_federation },
    { "cluster.delete_federation", delete_federation },
    { "cluster.get_hostname", hostname },
    { NULL, NULL },
};
