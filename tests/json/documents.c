/* documents.c: see documents.h. */
#include "documents.h"

#include <math.h>
#include <string.h>

static guint below(Documents *d, guint n)
{
    return g_rand_int(d->random) % n;
}

static guint64 bits(Documents *d)
{
    guint64 high = g_rand_int(d->random);
    return high << 32 | g_rand_int(d->random);
}

static void space(Documents *d)
{
    while (!below(d, 6))
        g_string_append_c(d->out, " \t\r\n"[below(d, 4)]);
}

/* A code point: often plain, sometimes at an edge, sometimes anywhere. */
static guint code_point(Documents *d)
{
    static const guint edges[] = { 0, 1, 0x1f, 0x20, '"', '\\', '/', 0x7e, 0x7f, 0x80, 0x7ff, 0x800, 0x2028, 0xd7ff, 0xe000,
        0xfeff, 0xfffd, 0xffff, 0x10000, 0x1f600, 0x10ffff };
    guint c = below(d, 4);
    if (c < 2)
        return 'a' + below(d, 26);
    if (c == 2)
        return edges[below(d, G_N_ELEMENTS(edges))];
    c = below(d, 0x110000);
    return c >= 0xd800 && c < 0xe000 ? 0xfffd : c;
}

static void escape_unit(Documents *d, guint unit)
{
    g_string_append_printf(d->out, below(d, 2) ? "\\u%04x" : "\\u%04X", unit);
}

static void put_code_point(Documents *d, guint c)
{
    static const char short_escapes[] = "\"\\/\b\f\n\r\t", letters[] = "\"\\/bfnrt";
    const char *known = c && c < 0x80 ? strchr(short_escapes, (int)c) : NULL;
    gboolean must = c < 0x20 || c == '"' || c == '\\';
    if (known && (must || !below(d, 3)) && below(d, 4)) {
        g_string_append_c(d->out, '\\');
        g_string_append_c(d->out, letters[known - short_escapes]);
    } else if (!must && (below(d, 5) || (c > 0xffff && (c & 0xf800) == 0xd800))) {
        g_string_append_unichar(d->out, c); /* json-c 0.16 takes a pair for 0x1d800 and the like for half of one */
    } else if (c < 0x10000) {
        escape_unit(d, c);
    } else {
        escape_unit(d, 0xd800 + ((c - 0x10000) >> 10));
        escape_unit(d, 0xdc00 + ((c - 0x10000) & 0x3ff));
    }
}

static void put_string(Documents *d, gboolean nul)
{
    guint length = below(d, 10) ? below(d, 12) : below(d, 400);
    g_string_append_c(d->out, '"');
    for (guint i = 0; i < length; i++) {
        guint c = code_point(d);
        put_code_point(d, c || nul ? c : 'z');
    }
    g_string_append_c(d->out, '"');
}

/* A name as it is, or with some of its letters escaped. */
static void put_name(Documents *d, const char *name)
{
    gboolean escaped = !below(d, 8);
    space(d);
    g_string_append_c(d->out, '"');
    for (; *name; name++) {
        if (escaped && (guchar)*name < 0x80 && below(d, 2))
            escape_unit(d, (guchar)*name);
        else
            g_string_append_c(d->out, *name);
    }
    g_string_append_c(d->out, '"');
    space(d);
    g_string_append_c(d->out, ':');
    space(d);
}

static void put_whole(Documents *d)
{
    static const gint64 edges[] = { 0, 1, -1, 9, 10, G_MAXINT32, G_MININT32, G_MAXINT64, G_MAXINT64 - 1, G_MININT64,
        G_MININT64 + 1, 9007199254740991, 9007199254740992, 9007199254740993, -9007199254740993 };
    gint64 value = below(d, 3) ? (gint64)(bits(d) >> below(d, 64)) : edges[below(d, G_N_ELEMENTS(edges))];
    if (!below(d, 2) && value > G_MININT64)
        value = -value;
    g_string_append_printf(d->out, "%" G_GINT64_FORMAT, value);
    if (!d->plain && !below(d, 8) && ABS(value) < 1000000000)
        g_string_append(d->out, !value || below(d, 2) ? ".0" : value % 1000 ? ".000e0" : "000e-3");
}

static double any_double(Documents *d)
{
    guint64 word = bits(d);
    double value;
    switch (below(d, 4)) {
    case 0: return below(d, 100000) / 1000.0;
    case 1: word &= ~G_GUINT64_CONSTANT(0xfffffffffffff); break;   /* powers of two */
    case 2: word &= G_GUINT64_CONSTANT(0x800fffffffffffff); break; /* below the normal ones */
    default: break;
    }
    memcpy(&value, &word, sizeof value);
    return isfinite(value) ? value : 0.5;
}

/* A number that is no integer by its text: json-c would bend integers beyond 64 bits. */
static void put_number(Documents *d)
{
    static const char *const formats[] = { "%.17e", "%.17E", "%.3e", "%.40e", "%.0e" };
    double value = any_double(d);
    char text[400];
    if (below(d, 2)) {
        g_ascii_formatd(text, sizeof text, formats[below(d, G_N_ELEMENTS(formats))], value);
        if (!isfinite(g_ascii_strtod(text, NULL))) /* rounded up beyond all doubles */
            g_strlcpy(text, "1e5", sizeof text);
    } else if (fabs(value) < 1e15) {
        g_ascii_formatd(text, sizeof text, below(d, 2) ? "%.6f" : "%.300f", value);
    } else {
        g_ascii_formatd(text, sizeof text, "%.20e", value);
    }
    g_string_append(d->out, text);
}

static void put_items(Documents *d, char open, char close, guint n, void (*item)(Documents *, gpointer, guint), gpointer data)
{
    g_string_append_c(d->out, open);
    space(d);
    for (guint i = 0; i < n; i++) {
        if (i) {
            space(d);
            g_string_append_c(d->out, ',');
            space(d);
        }
        item(d, data, i);
    }
    space(d);
    g_string_append_c(d->out, close);
}

typedef struct Place {
    const kz_schema *schema;
    const kz_field *field;
    unsigned depth;
    guint *order;
} Place;

static void any_item(Documents *d, gpointer data, guint i)
{
    (void)i;
    documents_value(d, ((Place *)data)->depth);
}

/* A name that json-c, whose names end at NUL, can hold; of its own, so that it is there once. */
static void any_member(Documents *d, gpointer data, guint i)
{
    char name[16];
    g_snprintf(name, sizeof name, "%u", d->once ? i : i / 2);
    GString *text = g_string_new(name);
    for (guint n = below(d, 3); n; n--) {
        guint c = code_point(d);
        g_string_append_unichar(text, c < 0x20 || c == '"' || c == '\\' ? 'q' : c);
    }
    put_name(d, text->str);
    g_string_free(text, TRUE);
    documents_value(d, ((Place *)data)->depth);
}

void documents_value(Documents *d, unsigned depth)
{
    Place inner = { .depth = depth + 1 };
    switch (below(d, depth < d->depth ? 8 : 6)) {
    case 0: g_string_append(d->out, "null"); break;
    case 1: g_string_append(d->out, below(d, 2) ? "true" : "false"); break;
    case 2: put_whole(d); break;
    case 3: put_number(d); break;
    case 6: put_items(d, '[', ']', below(d, 6), any_item, &inner); break;
    case 7: put_items(d, '{', '}', below(d, 6), any_member, &inner); break;
    default: put_string(d, !d->plain); break;
    }
}

static void put_one(Documents *d, const kz_field *field, unsigned depth)
{
    switch (field->type) {
    case KZ_TYPE_STRING: put_string(d, !d->plain); break;
    case KZ_TYPE_INT: put_whole(d); break;
    case KZ_TYPE_NUMBER:
        if (below(d, 4))
            put_number(d);
        else /* such as every double holds exactly */
            g_string_append_printf(d->out, "%d", (gint32)g_rand_int(d->random));
        break;
    case KZ_TYPE_BOOL: g_string_append(d->out, below(d, 2) ? "true" : "false"); break;
    case KZ_TYPE_OBJECT: documents_object(d, field->schema, depth + 1); break;
    default: documents_value(d, depth); break;
    }
}

static void field_item(Documents *d, gpointer data, guint i)
{
    const Place *place = data;
    const kz_field *field = place->field;
    (void)i;
    if (!d->plain && !below(d, 8) && (field->type == KZ_TYPE_STRING || field->type == KZ_TYPE_OBJECT))
        g_string_append(d->out, "null");
    else
        put_one(d, field, place->depth);
}

static void field_entry(Documents *d, gpointer data, guint i)
{
    char name[16];
    g_snprintf(name, sizeof name, "k%u", d->once || below(d, 4) ? i : i / 2);
    put_name(d, name);
    field_item(d, data, i);
}

static void put_field(Documents *d, const kz_field *field, unsigned depth)
{
    Place place = { .field = field, .depth = depth };
    if (field->container == KZ_LIST)
        put_items(d, '[', ']', below(d, below(d, 20) ? 4 : 100), field_item, &place);
    else if (field->container == KZ_MAP)
        put_items(d, '{', '}', below(d, 5), field_entry, &place);
    else
        put_one(d, field, depth);
}

static void schema_member(Documents *d, gpointer data, guint i)
{
    const Place *place = data;
    const kz_schema *schema = place->schema;
    guint index = place->order[i];
    if (index >= schema->n_fields) {
        put_name(d, index % 2 ? "unknown" : "texts_");
        documents_value(d, place->depth);
        return;
    }
    const kz_field *field = &schema->fields[index];
    gboolean scalar = field->container == KZ_ONE && (field->type < KZ_TYPE_OBJECT);
    put_name(d, field->name);
    if (!below(d, 10) && (!d->plain || scalar))
        g_string_append(d->out, "null");
    else
        put_field(d, field, place->depth);
}

static gboolean name_is_taken(const kz_schema *schema, const guint *order, guint n, guint index)
{
    for (guint i = 0; i < n; i++)
        if (order[i] == index ||
            (order[i] < schema->n_fields && index < schema->n_fields &&
                !strcmp(schema->fields[order[i]].name, schema->fields[index].name)))
            return TRUE;
    return FALSE;
}

/* Which members, in which order. */
static guint choose(Documents *d, const kz_schema *schema, unsigned depth, guint *order, guint most)
{
    guint n = 0, wanted = below(d, most), known = schema->n_fields, unknown = d->plain ? 0 : 2;
    gboolean in_order = below(d, 2);
    guint next = 0;
    while (n < wanted) {
        guint index = in_order ? next++ : below(d, known + unknown);
        if (index >= known + unknown)
            break;
        if (index < known && depth >= d->depth && schema->fields[index].type == KZ_TYPE_OBJECT)
            index = known ? 0 : index;
        if (index < known && schema->fields[index].type == KZ_TYPE_UPLOAD)
            index = 0;
        if (index < known && !strcmp(schema->fields[index].name, "kind")) /* said by the union around it */
            index = known - 1;
        if (d->once && name_is_taken(schema, order, n, index)) {
            wanted--;
            continue;
        }
        order[n++] = index;
    }
    return n;
}

static void put_union(Documents *d, const kz_schema *schema, unsigned depth)
{
    const kz_field *kind = &schema->fields[1 + below(d, schema->n_fields - 1)];
    GString *whole = d->out;
    d->out = g_string_new(NULL);
    documents_object(d, kind->schema, depth + 1);
    const char *inner = strchr(d->out->str, '{') + 1;
    gboolean empty = !strchr(d->out->str, ':');
    g_string_append_printf(whole, "{\"%s\" : \"%s\"%s%s", schema->tag, kind->name, empty ? "" : ",", inner);
    g_string_free(d->out, TRUE);
    d->out = whole;
}

void documents_object(Documents *d, const kz_schema *schema, unsigned depth)
{
    guint order[40];
    Place place = { .schema = schema, .depth = depth, .order = order };
    if (schema->shape == KZ_SHAPE_UNION && !d->plain) {
        put_union(d, schema, depth);
    } else if (schema->shape == KZ_SHAPE_LIST) {
        Place items = { .field = &schema->fields[0], .depth = depth };
        put_items(d, '[', ']', depth < d->depth ? below(d, 4) : 0, field_item, &items);
    } else if (schema->shape == KZ_SHAPE_VALUE) {
        documents_value(d, depth);
    } else {
        guint n = choose(d, schema, depth, order, depth ? 8 : 30);
        put_items(d, '{', '}', n, schema_member, &place);
    }
}
