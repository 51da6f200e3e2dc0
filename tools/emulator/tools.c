/* tools.c: which tools an answer calls: the one that tool_choice names, one at least when it says "required", and otherwise those
 * that the last message of the user mentions. */
#include "model.h"

#include <string.h>

/* Whether a question mentions a tool: get_weather, or "get weather" in words. */
static gboolean mentions(const char *question, const char *name)
{
    char *where = g_ascii_strdown(question, -1), *what = g_ascii_strdown(name, -1);
    gboolean found = strstr(where, what) != NULL;
    g_strdelimit(what, "_-", ' ');
    found = found || strstr(where, what);
    g_free(where);
    g_free(what);
    return found;
}

/* The function of a tool: chat puts it into a member, responses have it flat. */
static json_object *function_of(json_object *tool)
{
    json_object *function = member(tool, "function");
    function = function ? function : tool;
    return member(function, "name") && text_of(function, "name") ? function : NULL;
}

static const char *chosen_name(json_object *choice)
{
    json_object *function = json_object_is_type(choice, json_type_object) ? function_of(choice) : NULL;
    return function ? text_of(function, "name") : NULL;
}

static json_object *choose(json_object *tools, const char *question, const char *named, gboolean required, gboolean several)
{
    json_object *calls = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(tools); i++) {
        json_object *function = function_of(json_object_array_get_idx(tools, i));
        const char *name = text_of(function, "name");
        gboolean wanted = function && (named ? !strcmp(name, named) : mentions(question, name));
        if (wanted && (several || !json_object_array_length(calls)))
            json_object_array_add(calls, json_object_get(function));
    }
    if (required && !json_object_array_length(calls))
        json_object_array_add(calls, json_object_get(function_of(json_object_array_get_idx(tools, 0))));
    if (json_object_array_length(calls))
        return calls;
    json_object_put(calls);
    return NULL;
}

gboolean wished_calls(Call *call, const char *question, json_object **calls, enum MHD_Result *result)
{
    json_object *tools = member(call->body, "tools"), *choice = member(call->body, "tool_choice");
    const char *named = chosen_name(choice), *mode = choice ? json_object_get_string(choice) : "auto";
    gboolean required = !strcmp(mode, "required"),
             given = json_object_is_type(tools, json_type_array) && json_object_array_length(tools) > 0;
    json_object *several = member(call->body, "parallel_tool_calls");
    for (size_t i = 0; given && i < json_object_array_length(tools); i++) {
        json_object *tool = json_object_array_get_idx(tools, i);
        if (g_strcmp0(text_of(tool, "type"), "function") != 0 || !function_of(tool)) {
            *result = send_error(call, 400, "tools", NULL, "The tool %zu is no function with a name.", i);
            return FALSE;
        }
    }
    if (choice && !given && strcmp(mode, "none") != 0) {
        *result = send_error(call, 400, "tool_choice", NULL, "There is a \"tool_choice\" but no \"tools\".");
        return FALSE;
    }
    if (!given || !strcmp(mode, "none"))
        return TRUE;
    *calls = choose(tools, question, named, required, !several || json_object_get_boolean(several));
    if (named && !*calls) {
        *result = send_error(call, 400, "tool_choice", NULL, "No tool is called \"%s\".", named);
        return FALSE;
    }
    return TRUE;
}
