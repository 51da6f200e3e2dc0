/* authz.c: relations between subjects and objects, and who may do what: an owner may edit, an editor may view, and what a group may,
 * its members may. */
#include "sign_in.h"

#include <string.h>

enum { DEEPEST = 8 }; /* groups within groups */

static json_object *member_of(json_object *object, const char *name)
{
    json_object *value = NULL;
    json_object_object_get_ex(object, name, &value);
    return value;
}

/* "user:42" */
static char *name_of(json_object *thing)
{
    return g_strdup_printf("%s:%s", text_of(thing, "namespace"), text_of(thing, "id"));
}

static const char *tenant_of(Request *request)
{
    const char *own = text_of(request->body, "tenant_id");
    const char *acting = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "X-Tenant-Id");
    return own ? own : acting ? acting : TENANT;
}

typedef struct Wanted {
    const char *tenant;
    const char *subject, *relation, *object; /* NULL: any */
} Wanted;

static gboolean fits(json_object *tuple, const Wanted *wanted)
{
    return !g_strcmp0(text_of(tuple, "tenant"), wanted->tenant) &&
        (!wanted->subject || !g_strcmp0(text_of(tuple, "subject"), wanted->subject)) &&
        (!wanted->relation || !g_strcmp0(text_of(tuple, "relation"), wanted->relation)) &&
        (!wanted->object || !g_strcmp0(text_of(tuple, "object"), wanted->object));
}

static gboolean put(Request *request)
{
    json_object *all = state_list(request->emulator, "tuples");
    if (!is_admin(request))
        return TRUE;
    char *subject = name_of(member_of(request->body, "subject")), *object = name_of(member_of(request->body, "object"));
    const Wanted wanted = { tenant_of(request), subject, text_of(request->body, "relation"), object };
    gboolean known = FALSE;
    for (size_t i = 0; i < json_object_array_length(all); i++)
        known |= fits(json_object_array_get_idx(all, i), &wanted);
    if (!known) {
        json_object *tuple = json_object_new_object();
        put_text(tuple, "tenant", wanted.tenant);
        put_text(tuple, "subject", subject);
        put_text(tuple, "relation", wanted.relation);
        put_text(tuple, "object", object);
        json_object_array_add(all, tuple);
    }
    g_free(subject);
    g_free(object);
    request->status = 204;
    return TRUE;
}

static gboolean remove_all(Request *request)
{
    json_object *all = state_list(request->emulator, "tuples"), *subject = member_of(request->body, "subject");
    if (!is_admin(request))
        return TRUE;
    char *who = subject ? name_of(subject) : NULL, *what = name_of(member_of(request->body, "object"));
    const Wanted wanted = { tenant_of(request), who, text_of(request->body, "relation"), what };
    for (size_t i = json_object_array_length(all); i-- > 0;)
        if (fits(json_object_array_get_idx(all, i), &wanted))
            json_object_array_del_idx(all, i, 1);
    g_free(who);
    g_free(what);
    request->status = 204;
    return TRUE;
}

/* Whether who has relation `has` has `wanted` too. */
static gboolean implies(const char *has, const char *wanted)
{
    static const char *const ranks[] = { "owner", "editor", "viewer", NULL };
    guint a = 0, b = 0;
    while (ranks[a] && g_strcmp0(ranks[a], has))
        a++;
    while (ranks[b] && g_strcmp0(ranks[b], wanted))
        b++;
    return !g_strcmp0(has, wanted) || (ranks[a] && ranks[b] && a < b);
}

static gboolean stands(json_object *all, const Wanted *wanted, int depth)
{
    gboolean found = FALSE;
    for (size_t i = 0; depth < DEEPEST && !found && i < json_object_array_length(all); i++) {
        json_object *tuple = json_object_array_get_idx(all, i);
        const Wanted own = { wanted->tenant, wanted->subject, NULL, NULL };
        if (!fits(tuple, &own))
            continue;
        const Wanted group = { wanted->tenant, text_of(tuple, "object"), wanted->relation, wanted->object };
        found = (!g_strcmp0(text_of(tuple, "object"), wanted->object) && implies(text_of(tuple, "relation"), wanted->relation)) ||
            (!g_strcmp0(text_of(tuple, "relation"), "member") && stands(all, &group, depth + 1));
    }
    return found;
}

static gboolean check(Request *request)
{
    char *subject = name_of(member_of(request->body, "subject")), *object = name_of(member_of(request->body, "object"));
    const Wanted wanted = { tenant_of(request), subject, text_of(request->body, "relation"), object };
    gboolean allow = stands(state_list(request->emulator, "tuples"), &wanted, 0);
    char *id = make_id(request->emulator);
    char *reason = g_strdup_printf("%s %s %s of %s", subject, allow ? "is" : "is not", wanted.relation, object);
    json_object *answer = json_object_new_object();
    json_object_object_add(answer, "allow", json_object_new_boolean(allow));
    put_text(answer, "decision_id", id);
    put_text(answer, "reason", reason);
    g_free(subject);
    g_free(object);
    g_free(id);
    g_free(reason);
    return reply(request, answer);
}

const Route authz_routes[] = {
    { "authz.put_tuple", put },
    { "authz.remove_tuple", remove_all },
    { "authz.remove_object", remove_all },
    { "authz.check_access", check },
    { NULL, NULL },
};
