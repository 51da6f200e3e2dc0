/* remove.h: what a test leaves on disk goes with it. */
#ifndef TEST_WIRE_REMOVE_H
#define TEST_WIRE_REMOVE_H

#include <glib/gstdio.h>

/* Removes a file or a folder and all in it; a link is removed, not what it leads to. */
static inline void remove_all(const char *path)
{
    GDir *folder = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        char *inner = g_build_filename(path, name, NULL);
        remove_all(inner);
        g_free(inner);
    }
    if (folder)
        g_dir_close(folder);
    g_remove(path);
}

#endif
