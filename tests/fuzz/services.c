/* services.c: see services.h. */
#include "services.h"

#include "fuzz.h"

#include <string.h>

/* FUZZ_SERVICES is SERVICE(models) SERVICE(serving) ... of those that are built. */
#define SERVICE(id) KZ_API extern const kz_plugin_descriptor kz_plugin_##id;
FUZZ_SERVICES
#undef SERVICE
#define SERVICE(id) &kz_plugin_##id,
static const kz_plugin_descriptor *const services[] = { FUZZ_SERVICES };

typedef struct entry {
    uint16_t hash;
    const void *thing;
    const kz_plugin_descriptor *service;
} entry;

typedef struct table {
    entry *entries;
    size_t n;
} table;

static table answers, requests;

static uint16_t hash(uint32_t from, const char *text)
{
    for (; *text; text++)
        from = (from ^ (unsigned char)*text) * 16777619u;
    return (uint16_t)(from ^ from >> 16);
}

uint16_t fuzz_key(const char *name)
{
    return hash(2166136261u, name);
}

static bool add(table *t, const char *name, const void *thing, const kz_plugin_descriptor *service)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->entries[i].thing == thing)
            return false;
    if (!(t->n & (t->n - 1)))
        t->entries = realloc(t->entries, (t->n ? t->n * 2 : 1) * sizeof *t->entries);
    HOLDS(t->entries);
    t->entries[t->n++] = (entry){ fuzz_key(name), thing, service };
    return true;
}

static void add_answers(const kz_schema *schema, const kz_plugin_descriptor *service)
{
    if (!schema || !add(&answers, schema->name, schema, service))
        return;
    for (uint32_t i = 0; i < schema->n_fields; i++)
        add_answers(schema->fields[i].schema, service);
}

static void collect(void)
{
    char name[256];
    if (answers.n)
        return;
    for (size_t s = 0; s < sizeof services / sizeof *services; s++) {
        const kz_service_vtable *vtable = services[s]->vtable;
        for (uint64_t i = 0; i < vtable->n_operations; i++) {
            const kz_operation *op = &vtable->operations[i];
            if (op->result && op->result->n_fields)
                add_answers(op->result, services[s]);
            snprintf(name, sizeof name, "%s.%s", services[s]->name, op->name);
            if (op->method && !op->flow)
                add(&requests, name, op, services[s]);
        }
    }
}

static const entry *pick(const table *t, uint16_t key)
{
    const entry *best = NULL;
    for (size_t i = 0; i < t->n; i++)
        if (!best || (uint16_t)(t->entries[i].hash - key) < (uint16_t)(best->hash - key))
            best = &t->entries[i];
    HOLDS(best);
    return best;
}

const kz_schema *fuzz_answer_schema(uint16_t key)
{
    collect();
    return pick(&answers, key)->thing;
}

const kz_operation *fuzz_request(uint16_t key, const kz_plugin_descriptor **service)
{
    collect();
    const entry *found = pick(&requests, key);
    *service = found->service;
    return found->thing;
}
