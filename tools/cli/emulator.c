/* emulator.c: `kamiwaza emulator`: becomes the emulator, a program of its own: that of KAMIWAZA_EMULATOR, else the one
 * of the build tree that this command belongs to, else the installed one. Its words are passed on as they are. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static char *beside(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    if (!self)
        return NULL;
    g_autofree char *folder = g_path_get_dirname(self);
    return g_build_filename(folder, "..", "emulator", "kamiwaza-emulator", NULL);
}

static char *find(void)
{
    const char *named = secure_getenv("KAMIWAZA_EMULATOR");
    if (named && *named)
        return g_strdup(named);
    g_autofree char *built = beside();
    if (built && !access(built, X_OK))
        return g_steal_pointer(&built);
    return g_strdup(KZ_LIBEXEC_DIR "/kamiwaza-emulator");
}

int emulator_run(cli *app, words *line, kz_error **error)
{
    (void)app;
    g_autofree char *program = find();
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_ptr_array_add(argv, program);
    for (; line->at < line->n; line->at++)
        g_ptr_array_add(argv, line->items[line->at]);
    g_ptr_array_add(argv, NULL);
    execv(program, (char **)argv->pdata);
    kz_error_set(error, KZ_ERROR_PLUGIN_NOT_FOUND, "emulator",
        "The emulator could not be started: %s: %s. Install kamiwaza-emulator, or name the program in KAMIWAZA_EMULATOR.",
        program, g_strerror(errno));
    return CLI_FAILED;
}
