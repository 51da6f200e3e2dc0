/* files.c: the hub's files over HTTP: whole or a range of bytes, with ETag, length and HEAD; made as they are sent. */
#include "emulator.h"

#include <string.h>

typedef struct Reader {
    guint64 seed;
    char *repo, *name;
    gint64 offset;
    gint64 cut; /* end with an error after so many bytes, 0: never */
} Reader;

static ssize_t read_block(void *user, uint64_t position, char *buffer, size_t size)
{
    Reader *r = user;
    if (r->cut && (gint64)position >= r->cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (r->cut)
        size = MIN(size, (size_t)(r->cut - (gint64)position));
    hub_fill(r->seed, r->repo, r->name, r->offset + (gint64)position, buffer, size);
    return (ssize_t)size;
}

static void reader_free(void *user)
{
    Reader *r = user;
    g_free(r->repo);
    g_free(r->name);
    g_free(r);
}

/* "ORG/NAME/resolve/REVISION/FILE" */
static gboolean split(const char *path, char **repo, char **name)
{
    const char *mark = strstr(path, "/resolve/"), *revision = mark ? mark + 9 : NULL,
               *file = revision ? strchr(revision, '/') : NULL;
    if (!file || !file[1])
        return FALSE;
    *repo = g_strndup(path, (gsize)(mark - path));
    *name = g_strdup(file + 1);
    return TRUE;
}

static gint64 range_start(struct MHD_Connection *connection, const char *etag, gint64 size)
{
    const char *range = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Range");
    const char *condition = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-Range");
    if (!range || !g_str_has_prefix(range, "bytes=") || (condition && strcmp(condition, etag) != 0))
        return -1;
    gint64 start = g_ascii_strtoll(range + 6, NULL, 10);
    return start >= size ? G_MAXINT64 : start;
}

enum MHD_Result send_file(Emulator *emulator, struct MHD_Connection *connection, const char *path, const Fault *fault)
{
    char *repo = NULL, *name = NULL;
    gint64 size = split(path, &repo, &name) ? hub_file_size(repo, name) : -1;
    if (size < 0) {
        g_free(repo);
        g_free(name);
        return send_text(connection, 404, "text/plain", "Entry not found", 15, NULL, fault);
    }
    char *etag = g_strdup_printf("\"%08x%08x\"", g_str_hash(path), (guint)(emulator->seed * 2654435761u));
    gint64 start = range_start(connection, etag, size);
    if (start == G_MAXINT64) {
        g_free(repo);
        g_free(name);
        g_free(etag);
        return send_text(connection, 416, "text/plain", "", 0, NULL, fault);
    }
    Reader *r = g_new0(Reader, 1);
    *r = (Reader){ .seed = emulator->seed, .repo = repo, .name = name, .offset = MAX(start, 0), .cut = fault->cut };
    struct MHD_Response *response = MHD_create_response_from_callback(
        (uint64_t)(size - r->offset), 65536, read_block, r, reader_free);
    MHD_add_response_header(response, "ETag", etag);
    MHD_add_response_header(response, "Accept-Ranges", "bytes");
    MHD_add_response_header(response, "Content-Type", "application/octet-stream");
    if (start >= 0) {
        char *range = g_strdup_printf("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, start, size - 1, size);
        MHD_add_response_header(response, "Content-Range", range);
        g_free(range);
    }
    enum MHD_Result result = MHD_queue_response(connection, start >= 0 ? 206 : 200, response);
    MHD_destroy_response(response);
    g_free(etag);
    return result;
}
