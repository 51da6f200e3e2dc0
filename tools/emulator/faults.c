/* faults.c: what goes wrong on request: by the header X-Emulator-Fault or the option --fault. A specification is a list:
 * status=503, delay=MS, cut=BYTES, drip=MS (a byte at a time), garbage, close (acted on, not answered), count=N (only the first N
 * requests that carry it), path=PREFIX (only below it). */
#include "emulator.h"

#include <string.h>

/* One more request with this specification: is it among the first `count`? */
static gboolean still_counts(Emulator *emulator, const char *spec, gint64 count)
{
    g_mutex_lock(&emulator->lock);
    gint64 seen = GPOINTER_TO_SIZE(g_hash_table_lookup(emulator->fault_counts, spec)) + 1;
    g_hash_table_replace(emulator->fault_counts, g_strdup(spec), GSIZE_TO_POINTER(seen));
    g_mutex_unlock(&emulator->lock);
    return seen <= count;
}

static Fault parse(Emulator *emulator, const char *spec, const char *path)
{
    Fault fault = { 0 };
    gint64 count = -1;
    char **parts = g_strsplit(spec, ",", -1);
    for (char **part = parts; *part; part++) {
        char *value = strchr(*part, '=');
        gint64 number = value ? g_ascii_strtoll(value + 1, NULL, 10) : 0;
        if (g_str_has_prefix(*part, "status="))
            fault.status = (int)number;
        else if (g_str_has_prefix(*part, "delay="))
            fault.delay = number;
        else if (g_str_has_prefix(*part, "cut="))
            fault.cut = MAX(number, 1);
        else if (g_str_has_prefix(*part, "drip="))
            fault.drip = MAX(number, 1);
        else if (g_str_has_prefix(*part, "count="))
            count = number;
        else if (!strcmp(*part, "garbage"))
            fault.garbage = TRUE;
        else if (!strcmp(*part, "close"))
            fault.closes = TRUE;
        else if (g_str_has_prefix(*part, "path=") && !g_str_has_prefix(path, value + 1))
            count = 0;
    }
    g_strfreev(parts);
    if (!count || (count > 0 && !still_counts(emulator, spec, count)))
        return (Fault){ 0 };
    return fault;
}

Fault fault_of(Emulator *emulator, struct MHD_Connection *connection, const char *path)
{
    const char *spec = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Emulator-Fault");
    if (!spec)
        spec = emulator->fault;
    return spec ? parse(emulator, spec, path) : (Fault){ 0 };
}

typedef struct Slow {
    char *text;
    size_t length;
    gint64 cut, drip;
} Slow;

static ssize_t read_slowly(void *user, uint64_t position, char *buffer, size_t size)
{
    Slow *slow = user;
    if (slow->cut && (gint64)position >= slow->cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (slow->drip)
        g_usleep((gulong)slow->drip * 1000);
    size = slow->drip ? 1 : MIN(size, slow->length - position);
    if (slow->cut)
        size = MIN(size, (size_t)(slow->cut - (gint64)position));
    memcpy(buffer, slow->text + position, size);
    return (ssize_t)size;
}

static void slow_free(void *user)
{
    Slow *slow = user;
    g_free(slow->text);
    g_free(slow);
}

struct MHD_Response *response_of_text(const char *text, size_t length, const Fault *fault)
{
    static const char rubbish[] = "\x01{{ this is not what was asked for \xff\xfe";
    if (fault->garbage) {
        text = rubbish;
        length = sizeof rubbish - 1;
    }
    if ((!fault->cut && !fault->drip) || !length)
        return MHD_create_response_from_buffer(length, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    Slow *slow = g_new0(Slow, 1);
    *slow = (Slow){ .text = g_memdup2(text, length), .length = length, .cut = fault->cut, .drip = fault->drip };
    return MHD_create_response_from_callback(length, 4096, read_slowly, slow, slow_free);
}

enum MHD_Result send_text(struct MHD_Connection *connection, int status, const char *type, const char *text, size_t length,
    const GPtrArray *headers, const Fault *fault)
{
    struct MHD_Response *response = response_of_text(text, length, fault);
    MHD_add_response_header(response, "Content-Type", type);
    for (guint i = 0; headers && i + 1 < headers->len; i += 2)
        MHD_add_response_header(response, headers->pdata[i], headers->pdata[i + 1]);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}
