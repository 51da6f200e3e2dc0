/* descriptor_service.c: the table of a service and all that hangs on it: operations, the schemas of their arguments and results, and
 * what those lead to. Reading, checking and writing JSON trust these tables blindly, so a table that would lead them beyond a struct is
 * refused here, with the name of the schema and of the member. Called by descriptor.c. */
#include "descriptor.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_OPERATIONS = 65536, LARGEST_STRUCT = 65536, MOST_NAMES = 65536, WORD = 8 };

typedef struct walk {
    kzi_checker *checker;
    const kz_schema **list; /* what was met, in that order */
    size_t n, room;
    const kz_schema **seen; /* the same by address: `room` * 2 places */
} walk;

static bool outside(walk *w, const char *what, const char *of)
{
    return kzi_plugin_refuse(w->checker, "has %s that lies outside of its file, in %s", what, of);
}

/* ---- what was met ---- */

static bool mark(const kz_schema **seen, size_t places, const kz_schema *schema)
{
    size_t at = (uintptr_t)schema / sizeof(void *) * 2654435761U & (places - 1);
    while (seen[at] && seen[at] != schema)
        at = (at + 1) & (places - 1);
    bool is_new = !seen[at];
    seen[at] = schema;
    return is_new;
}

static bool grow(walk *w)
{
    size_t room = w->room ? w->room * 2 : 256;
    const kz_schema **list = realloc(w->list, room * sizeof *list), **seen = calloc(room * 2, sizeof *seen);
    if (list)
        w->list = list;
    if (!list || !seen) {
        free(seen);
        return kz_error_no_memory(w->checker->error);
    }
    for (size_t i = 0; i < w->n; i++)
        mark(seen, room * 2, list[i]);
    free(w->seen);
    w->seen = seen;
    w->room = room;
    return true;
}

/* Looks at a schema later, unless it is known. */
static bool add(walk *w, const kz_schema *schema)
{
    if (w->n == w->room && !grow(w))
        return false;
    if (mark(w->seen, w->room * 2, schema))
        w->list[w->n++] = schema;
    return true;
}

/* ---- names ---- */

static bool check_texts(walk *w, const char *const *texts, const char *what, const char *of)
{
    for (size_t i = 0; texts; i++) {
        if (i == MOST_NAMES || !kzi_plugin_holds(w->checker, &texts[i], 1, sizeof *texts))
            return outside(w, what, of);
        if (!texts[i])
            break;
        if (!kzi_plugin_text(w->checker, texts[i]))
            return outside(w, what, of);
    }
    return true;
}

/* Fields are found by name through this order. */
static bool check_order(walk *w, const kz_schema *s)
{
    for (uint32_t i = 0; i < s->n_fields; i++)
        if (s->by_name[i] >= s->n_fields || (i && strcmp(s->fields[s->by_name[i - 1]].name, s->fields[s->by_name[i]].name) > 0))
            return kzi_plugin_refuse(w->checker, "has the schema %s whose members are not in the order that it says", s->name);
    return true;
}

/* ---- members ---- */

static bool refuse_member(walk *w, const kz_schema *s, const kz_field *f, const char *why)
{
    return kzi_plugin_refuse(w->checker, "has the schema %s whose member %s %s", s->name, f->name, why);
}

static uint32_t width(const kz_field *f)
{
    bool two_words = f->container == KZ_ONE &&
        (f->type == KZ_TYPE_INT || f->type == KZ_TYPE_NUMBER || f->type == KZ_TYPE_BOOL || f->type == KZ_TYPE_JSON);
    return two_words ? 2 * WORD : WORD;
}

/* The words of a struct that are taken: each belongs to one member. */
typedef struct words {
    uint8_t taken[LARGEST_STRUCT / WORD / 8 + 1];
} words;

static bool take_words(words *taken, uint32_t size, uint32_t offset, uint32_t bytes)
{
    if (offset % WORD || offset > size || bytes > size - offset)
        return false;
    for (uint32_t word = offset / WORD; word < (offset + bytes) / WORD; word++) {
        if (taken->taken[word / 8] & 1U << word % 8)
            return false;
        taken->taken[word / 8] |= (uint8_t)(1U << word % 8);
    }
    return true;
}

static bool check_place(walk *w, const kz_schema *s, const kz_field *f, words *taken)
{
    if (!take_words(taken, s->size, f->offset, width(f)))
        return refuse_member(w, s, f, "does not lie in the struct by itself");
    if (f->container != KZ_ONE && !take_words(taken, s->size, f->count_offset, WORD))
        return refuse_member(w, s, f, "has a count that does not lie in the struct by itself");
    return true;
}

static bool check_type(walk *w, const kz_schema *s, const kz_field *f)
{
    if (!f->type || f->type > KZ_TYPE_FLOAT || f->container > KZ_MAP || f->place > KZ_IN_OPTION)
        return refuse_member(w, s, f, "is of a type that this library does not know; it may be made for a newer one");
    if (f->type == KZ_TYPE_FLOAT && f->container != KZ_LIST)
        return refuse_member(w, s, f, "is a 32-bit number, which there is only in lists");
    if (f->container == KZ_MAP && f->type != KZ_TYPE_STRING && f->type != KZ_TYPE_JSON)
        return refuse_member(w, s, f, "is a map of something else than strings or JSON");
    if (f->type == KZ_TYPE_UPLOAD && !s->request)
        return refuse_member(w, s, f, "is content to upload, in a result");
    if (f->flags & KZ_FIELD_ALTERNATIVE && f == s->fields)
        return refuse_member(w, s, f, "is an alternative to nothing");
    if (f->type != KZ_TYPE_OBJECT)
        return true;
    if (!f->schema || !kzi_plugin_holds(w->checker, f->schema, 1, sizeof *f->schema))
        return refuse_member(w, s, f, "is an object without a schema");
    if (f->schema->request != s->request)
        return refuse_member(
            w, s, f, s->request ? "is an object of a result, in a request" : "is an object of a request, in a result");
    return add(w, f->schema);
}

static bool check_field(walk *w, const kz_schema *s, const kz_field *f, words *taken)
{
    if (!f->name || !kzi_plugin_text(w->checker, f->name))
        return kzi_plugin_refuse(
            w->checker, "has the schema %s with a member without a name (number %u)", s->name, (unsigned)(f - s->fields));
    if (!kzi_plugin_text(w->checker, f->c_name) || !kzi_plugin_text(w->checker, f->fallback) ||
        !kzi_plugin_text(w->checker, f->summary) || !kzi_plugin_text(w->checker, f->sent))
        return refuse_member(w, s, f, "has a text that lies outside of its file");
    if (!check_type(w, s, f) || !check_place(w, s, f, taken) || !check_texts(w, f->aliases, "a name", f->name))
        return false;
    const kz_check *check = f->check;
    if (!check)
        return true;
    if (!kzi_plugin_holds(w->checker, check, 1, sizeof *check))
        return refuse_member(w, s, f, "has a check that lies outside of its file");
    if (!kzi_plugin_text(w->checker, check->pattern) || !kzi_plugin_text(w->checker, check->format))
        return refuse_member(w, s, f, "has a text that lies outside of its file");
    return check_texts(w, check->values, "a value", f->name);
}

/* ---- schemas ---- */

static bool check_shape(walk *w, const kz_schema *s)
{
    const kz_field *first = s->fields;
    switch (s->shape) {
    case KZ_SHAPE_OBJECT: return true;
    case KZ_SHAPE_LIST:
        return (s->n_fields && first->container == KZ_LIST && !s->request) ||
            kzi_plugin_refuse(w->checker, "has the schema %s, a list %s", s->name,
                s->request ? "in a request" : "whose first member is no list");
    case KZ_SHAPE_VALUE:
        return (s->n_fields && !s->request) ||
            kzi_plugin_refuse(w->checker, "has the schema %s, a value without a member", s->name);
    case KZ_SHAPE_UNION:
        if (!s->tag || !kzi_plugin_text(w->checker, s->tag) || s->n_fields < 2 || first->type != KZ_TYPE_STRING ||
            first->container != KZ_ONE)
            return kzi_plugin_refuse(
                w->checker, "has the schema %s, a choice without a member that tells its kinds apart", s->name);
        for (uint32_t i = 1; i < s->n_fields; i++)
            if (s->fields[i].type != KZ_TYPE_OBJECT || s->fields[i].container != KZ_ONE)
                return refuse_member(w, s, &s->fields[i], "is no object, in a choice of objects");
        return true;
    default:
        return kzi_plugin_refuse(
            w->checker, "has the schema %s of a shape that this library does not know; it may be made for a newer one", s->name);
    }
}

static bool check_schema(walk *w, const kz_schema *s)
{
    words taken;
    if (!s->name || !kzi_plugin_text(w->checker, s->name))
        return kzi_plugin_refuse(w->checker, "has a schema without a name");
    if (s->size % WORD || s->size > LARGEST_STRUCT)
        return kzi_plugin_refuse(w->checker, "has the schema %s of an impossible size, %u bytes", s->name, s->size);
    memset(taken.taken, 0, s->size / WORD / 8 + 1);
    if (!kzi_plugin_text(w->checker, s->title) || !kzi_plugin_text(w->checker, s->summary))
        return outside(w, "a text", s->name);
    if (!kzi_plugin_holds(w->checker, s->fields, s->n_fields, sizeof *s->fields) ||
        !kzi_plugin_holds(w->checker, s->by_name, s->n_fields, sizeof *s->by_name))
        return outside(w, "a list of members", s->name);
    if (s->request > 1 ||
        (s->request &&
            (!take_words(&taken, s->size, s->extra_offset, sizeof(kz_json)) ||
                !take_words(&taken, s->size, s->from_offset, WORD))))
        return kzi_plugin_refuse(w->checker, "has the schema %s, a request without room for extra and from", s->name);
    for (uint32_t i = 0; i < s->n_fields; i++)
        if (!check_field(w, s, &s->fields[i], &taken))
            return false;
    return check_order(w, s) && check_shape(w, s);
}

/* ---- operations ---- */

static bool refuse_operation(walk *w, const kz_operation *op, const char *why)
{
    return kzi_plugin_refuse(w->checker, "has the operation %s, which %s", op->name, why);
}

static bool check_operation_texts(walk *w, const kz_operation *op)
{
    const char *const texts[] = { op->method, op->path, op->body_name, op->base_setting, op->summary, op->description,
        op->content_type, op->stream };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!kzi_plugin_text(w->checker, texts[i]))
            return outside(w, "a text", op->name);
    if (!check_texts(w, op->aliases, "a name", op->name))
        return false;
    const kz_paging *paging = op->paging;
    if (paging &&
        (!kzi_plugin_holds(w->checker, paging, 1, sizeof *paging) || !kzi_plugin_text(w->checker, paging->offset) ||
            !kzi_plugin_text(w->checker, paging->limit) || !kzi_plugin_text(w->checker, paging->cursor)))
        return outside(w, "a description of its pages", op->name);
    return true;
}

static bool check_operation(walk *w, const kz_operation *op, unsigned number)
{
    if (!op->name || !kzi_plugin_text(w->checker, op->name) || !*op->name)
        return kzi_plugin_refuse(w->checker, "has an operation without a name (number %u)", number);
    if (!check_operation_texts(w, op))
        return false;
    if (op->body > KZ_BODY_BYTES || op->answer > KZ_ANSWER_CHUNKS)
        return refuse_operation(w, op, "is of a kind that this library does not know; it may be made for a newer one");
    if (!op->flow && (!op->method || !op->path || *op->path != '/'))
        return refuse_operation(w, op, "has neither a function nor a method and a path");
    if (!kzi_plugin_code(w->checker, op->flow))
        return refuse_operation(w, op, "has a function that lies outside of its file");
    if (!op->params || !kzi_plugin_holds(w->checker, op->params, 1, sizeof *op->params) || !op->params->request)
        return refuse_operation(w, op, "has no schema of its arguments");
    bool needs_result = op->answer != KZ_ANSWER_NOTHING;
    if (needs_result && (!op->result || !kzi_plugin_holds(w->checker, op->result, 1, sizeof *op->result) || op->result->request))
        return refuse_operation(w, op, "has no schema of its result");
    if (op->paging && needs_result && op->result->shape != KZ_SHAPE_LIST)
        return refuse_operation(w, op, "has pages of something that is no list");
    return add(w, op->params) && (!needs_result || add(w, op->result));
}

static bool check_all(walk *w, const kz_service_vtable *vtable)
{
    for (uint64_t i = 0; i < vtable->n_operations; i++)
        if (!check_operation(w, &vtable->operations[i], (unsigned)i))
            return false;
    for (size_t i = 0; i < w->n; i++)
        if (!check_schema(w, w->list[i]))
            return false;
    return true;
}

/* Behind the size of the table stand functions; one may be missing. */
static bool check_functions(kzi_checker *checker, const char *table)
{
    uint64_t size;
    void (*function)(void);
    if (!kzi_plugin_holds(checker, table, 1, sizeof size))
        return kzi_plugin_refuse(checker, "has functions for programs that lie outside of its file");
    memcpy(&size, table, sizeof size);
    if (!kzi_plugin_holds(checker, table, 1, size))
        return kzi_plugin_refuse(checker,
            "has functions for programs that say they have %llu bytes, more than its file holds there", (unsigned long long)size);
    for (uint64_t at = sizeof size; at + sizeof function <= size; at += sizeof function) {
        memcpy(&function, table + at, sizeof function);
        if (!kzi_plugin_code(checker, function))
            return kzi_plugin_refuse(checker, "has a function for programs that lies outside of its file (number %u)",
                (unsigned)((at - sizeof size) / sizeof function));
    }
    return true;
}

/* What was added to the table since its first version; older plugins lack it. */
static bool check_additions(kzi_checker *checker, const kz_service_vtable *vtable)
{
    if (vtable->size >= END_OF(kz_service_vtable, locate_by) &&
        (!kzi_plugin_code(checker, vtable->locate) || !kzi_plugin_text(checker, vtable->locate_by)))
        return kzi_plugin_refuse(checker, "has a way to find its server that lies outside of its file");
    return vtable->size < END_OF(kz_service_vtable, functions) || !vtable->functions ||
        check_functions(checker, vtable->functions);
}

bool kzi_service_table_check(kzi_checker *checker, const void *table)
{
    const kz_service_vtable *vtable = table;
    walk w = { .checker = checker };
    if (vtable->n_operations > MOST_OPERATIONS || (vtable->n_operations && !vtable->operations) ||
        !kzi_plugin_holds(checker, vtable->operations, vtable->n_operations, sizeof *vtable->operations))
        return kzi_plugin_refuse(
            checker, "has %llu operations, but no list of them in its file", (unsigned long long)vtable->n_operations);
    if (!kzi_plugin_text(checker, vtable->title) || !kzi_plugin_text(checker, vtable->summary))
        return kzi_plugin_refuse(checker, "has a text that lies outside of its file");
    if (!kzi_plugin_code(checker, vtable->create) || !kzi_plugin_code(checker, vtable->destroy))
        return kzi_plugin_refuse(checker, "has a function that lies outside of its file");
    bool fine = check_all(&w, vtable) && check_additions(checker, vtable);
    free(w.list);
    free(w.seen);
    return fine;
}
