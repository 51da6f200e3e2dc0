/* probe.h: what the programs of the cases share: look up a table of the service `probe` and its parts, say what is wrong. */
#ifndef PROBE_H
#define PROBE_H

#include "probe-tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const kz_plugin_descriptor kz_plugin_probe;

#define CHECK(what)                                                                  \
    do {                                                                             \
        if (!(what)) {                                                               \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #what); \
            exit(1);                                                                 \
        }                                                                            \
    } while (0)

static inline const kz_operation *operation(const char *name)
{
    const kz_service_vtable *table = kz_plugin_probe.vtable;
    for (uint64_t i = 0; i < table->n_operations; i++)
        if (!strcmp(table->operations[i].name, name))
            return &table->operations[i];
    fprintf(stderr, "there is no operation %s\n", name);
    exit(1);
}

/* The `nth` field of a name: a string or a list has two. */
static inline const kz_field *field_at(const kz_schema *schema, const char *name, int nth)
{
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (!strcmp(schema->fields[i].name, name) && nth-- == 0)
            return &schema->fields[i];
    fprintf(stderr, "%s has no %s\n", schema->name, name);
    exit(1);
}

static inline const kz_field *field(const kz_schema *schema, const char *name)
{
    return field_at(schema, name, 0);
}

static inline bool is(const kz_field *f, int type, int container, int place)
{
    return f->type == type && f->container == container && f->place == place;
}

/* by_name is a permutation, sorted. */
static inline bool is_sorted(const kz_schema *schema)
{
    for (uint32_t i = 1; i < schema->n_fields; i++) {
        int order = strcmp(schema->fields[schema->by_name[i - 1]].name, schema->fields[schema->by_name[i]].name);
        if (order > 0 || (order == 0 && schema->by_name[i - 1] >= schema->by_name[i]))
            return false;
    }
    return true;
}

/* The address of a member's declared type: a member of another type does not compile. */
#define HAS_TYPE(type, struct_name, member) _Static_assert(_Generic(((struct_name *)0)->member, type : 1, default : 0), #member)

#endif
