/* registry.c: see registry.h. Searches the folders in order, then the installed one; built-in plugins come first. What was
 * loaded is remembered for the whole process, so a plugin is loaded once however many clients and threads ask. */
#include "registry.h"

#include "buffer.h"
#include "descriptor.h"
#include "loader.h"
#include "trust.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const kz_plugin_descriptor *const kzi_builtin_plugins[]; /* NULL-terminated, made by the build */

typedef struct loaded {
    struct loaded *next;
    char *real; /* its file, or "built in" */
    const kz_plugin_descriptor *descriptor;
} loaded;

static loaded *all; /* under kz_plugins_lock() */

static bool is_name(const char *name, size_t length)
{
    size_t dots = 0;
    if (!length || length > 100)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool edge = i == 0 || i + 1 == length || name[i - 1] == '.';
        if (name[i] == '.' && (edge || dots++))
            return false;
        if (name[i] != '.' && name[i] != '-' && !(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= '0' && name[i] <= '9'))
            return false;
    }
    return true;
}

static const kz_plugin_descriptor *builtin(const char *name)
{
    for (size_t i = 0; kzi_builtin_plugins[i]; i++)
        if (!strcmp(kzi_builtin_plugins[i]->name, name))
            return kzi_builtin_plugins[i];
    return NULL;
}

static const char *folder_at(const kzi_settings *settings, size_t i)
{
    return i < settings->plugin_path.n ? settings->plugin_path.items[i] : i == settings->plugin_path.n ? KZ_PLUGIN_DIR : NULL;
}

static bool not_found(const kzi_settings *settings, const char *name, kz_error **error)
{
    kzi_buffer looked = { 0 };
    for (size_t i = 0; folder_at(settings, i); i++) {
        const char *folder = folder_at(settings, i);
        bool missing = access(folder, F_OK) != 0;
        kzi_buffer_printf(&looked, "%s%s%s", i ? ", " : "", folder, missing ? " (which is missing)" : "");
    }
    const char *service = strncmp(name, "auth-", 5) ? name : name + 5;
    kz_error_set(error, KZ_ERROR_PLUGIN_NOT_FOUND, name,
        "The plugin %s is not installed: there is no %s.so in %s. On Debian the package libkamiwaza1-plugin-%s%s brings it; "
        "other folders are searched when KAMIWAZA_PLUGIN_PATH names them.",
        name, name, looked.data ? looked.data : KZ_PLUGIN_DIR, service == name ? "" : "auth-", service);
    kzi_buffer_free(&looked);
    return false;
}

/* Under the lock: what was loaded of the file, or of the built-in descriptor, and found to be in order. */
static const kz_plugin_descriptor *find_loaded(const char *real, const kz_plugin_descriptor *builtin_one)
{
    for (loaded *l = all; l; l = l->next)
        if (builtin_one ? l->descriptor == builtin_one : !strcmp(l->real, real))
            return l->descriptor;
    return NULL;
}

/* Under the lock: loads the file and remembers it. The file is the one that was checked, before and after. */
static const kz_plugin_descriptor *load(const kzi_trusted *file, const char *name, uint64_t kind, kz_error **error)
{
    if (!kzi_trust_holds(file, error))
        return NULL;
    const kz_plugin_descriptor *descriptor = kzi_loader_open(file->path, name, kind, error);
    return descriptor && kzi_trust_holds(file, error) ? descriptor : NULL;
}

/* Either `file` or `builtin_one` is given. */
static const kz_plugin_descriptor *obtain(const kzi_trusted *file, const kz_plugin_descriptor *builtin_one, const char *name,
    uint64_t kind, const char **loaded_from, kz_error **error)
{
    const char *where = file ? file->path : "built in";
    const kz_plugin_descriptor *known = find_loaded(where, builtin_one);
    if (known)
        return kzi_descriptor_fits(known, where, name, kind, error) ? known : NULL;
    loaded *entry = calloc(1, sizeof *entry);
    if (!entry || !(entry->real = strdup(where))) {
        free(entry);
        kz_error_no_memory(error);
        return NULL;
    }
    entry->descriptor = file                                          ? load(file, name, kind, error)
        : kzi_descriptor_check(builtin_one, where, name, kind, error) ? builtin_one
                                                                      : NULL;
    if (!entry->descriptor) {
        free(entry->real);
        free(entry);
        return NULL;
    }
    entry->next = all;
    all = entry;
    if (loaded_from)
        *loaded_from = entry->real;
    return entry->descriptor;
}

static const kz_plugin_descriptor *load_builtin(
    const kz_plugin_descriptor *builtin_one, const char *name, uint64_t kind, const char **loaded_from, kz_error **error)
{
    kz_plugins_lock();
    const kz_plugin_descriptor *descriptor = obtain(NULL, builtin_one, name, kind, loaded_from, error);
    kz_plugins_unlock();
    return descriptor;
}

static const kz_plugin_descriptor *load_file(
    const char *folder, const char *name, uint64_t kind, const char **loaded_from, kz_error **error)
{
    kzi_trusted file;
    if (!kzi_trust_open(folder, name, &file, error))
        return NULL;
    kz_plugins_lock();
    const kz_plugin_descriptor *descriptor = obtain(&file, NULL, name, kind, loaded_from, error);
    kz_plugins_unlock();
    kzi_trust_close(&file);
    return descriptor;
}

/* The first folder that has an entry of this name, whatever it is: a link that leads nowhere hides what comes after it no less than
 * a file that is refused. NULL: none has. */
static const char *folder_of(const kzi_settings *settings, const char *name)
{
    char path[PATH_MAX];
    struct stat facts;
    for (size_t i = 0; folder_at(settings, i); i++) {
        int n = snprintf(path, sizeof path, "%s/%s.so", folder_at(settings, i), name);
        if (n > 0 && n < (int)sizeof path && !lstat(path, &facts))
            return folder_at(settings, i);
    }
    return NULL;
}

const kz_plugin_descriptor *kzi_registry_load(
    const kzi_settings *settings, const char *name, kz_plugin_kind kind, const char **loaded_from, kz_error **error)
{
    if (loaded_from)
        *loaded_from = NULL;
    if (!is_name(name, strlen(name))) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "name",
            "\"%.100s\" is no name of a plugin: it has small letters, digits and '-', and for an extension one '.' between two "
            "names.",
            name);
        return NULL;
    }
    const kz_plugin_descriptor *builtin_one = builtin(name);
    if (builtin_one)
        return load_builtin(builtin_one, name, kind, loaded_from, error);
    const char *folder = folder_of(settings, name);
    if (folder)
        return load_file(folder, name, kind, loaded_from, error);
    not_found(settings, name, error);
    return NULL;
}

/* Names found, in order, each once. */
typedef struct finds {
    char **names, **paths;
    size_t n;
} finds;

static void finds_free(finds *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->names[i]);
        free(f->paths[i]);
    }
    free(f->names);
    free(f->paths);
}

static bool find_add(finds *f, const char *name, size_t length, const char *folder)
{
    for (size_t i = 0; i < f->n; i++)
        if (strlen(f->names[i]) == length && !memcmp(f->names[i], name, length))
            return true;
    char **names = realloc(f->names, (f->n + 1) * sizeof *names);
    if (names)
        f->names = names;
    char **paths = realloc(f->paths, (f->n + 1) * sizeof *paths);
    if (paths)
        f->paths = paths;
    char *copy = strndup(name, length), *path = NULL;
    bool fine = names && paths && copy && (!folder || asprintf(&path, "%s/%s.so", folder, copy) > 0);
    if (!fine) {
        free(copy);
        return false;
    }
    f->names[f->n] = copy;
    f->paths[f->n++] = path;
    return true;
}

static bool find_in(finds *f, const char *folder)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, NULL, alphasort);
    bool fine = n >= 0 || errno != ENOMEM;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        size_t length = strlen(name);
        if (fine && length > 3 && !strcmp(name + length - 3, ".so") && is_name(name, length - 3))
            fine = find_add(f, name, length - 3, folder);
        free(entries[i]);
    }
    free(entries);
    return fine;
}

static bool find_all(finds *f, const kzi_settings *settings)
{
    for (size_t i = 0; kzi_builtin_plugins[i]; i++)
        if (!find_add(f, kzi_builtin_plugins[i]->name, strlen(kzi_builtin_plugins[i]->name), NULL))
            return false;
    for (size_t i = 0; folder_at(settings, i); i++)
        if (!find_in(f, folder_at(settings, i)))
            return false;
    return true;
}

char **kzi_registry_extensions(const kzi_settings *settings, const char *service, kz_error **error)
{
    finds f = { 0 };
    size_t length = strlen(service), bytes = 0, n = 0;
    bool fine = find_all(&f, settings);
    for (size_t i = 0; i < f.n; i++)
        bytes += strlen(f.names[i]) + 1;
    char **names = fine ? malloc((f.n + 1) * sizeof *names + bytes) : NULL;
    char *text = names ? (char *)(names + f.n + 1) : NULL;
    for (size_t i = 0; names && i < f.n; i++) {
        if (strncmp(f.names[i], service, length) != 0 || f.names[i][length] != '.')
            continue;
        names[n++] = strcpy(text, f.names[i]);
        text += strlen(text) + 1;
    }
    if (names)
        names[n] = NULL;
    else
        kz_error_no_memory(error);
    finds_free(&f);
    return names;
}

/* Whether a plugin can be used, and what it says of itself. */
static bool look(const kzi_settings *settings, kz_plugin_list *list, kz_plugin_info *info, kz_error **error)
{
    kz_error *problem = NULL;
    const kz_plugin_descriptor *d = kzi_registry_load(settings, info->name, 0, NULL, &problem);
    if (d)
        info->version = kz_result_string(list, d->version, SIZE_MAX, error);
    if (problem)
        info->problem = kz_result_string(list, problem->message, SIZE_MAX, error);
    kz_error_free(problem);
    return !(error && *error);
}

/* The plugins that were found, or the one of them that is named `only`. */
static kz_plugin_list *list_of(const kzi_settings *settings, const finds *f, const char *only, bool check, kz_error **error)
{
    static const kz_schema schema = { .name = "kz_plugin_list", .size = sizeof(kz_plugin_list) };
    kz_error *failure = NULL;
    kz_plugin_list *list = kz_result_new(&schema, sizeof *list, &failure);
    kz_plugin_info *items = list ? kz_result_memory(list, (f->n + 1) * sizeof *items, &failure) : NULL;
    size_t n = 0;
    for (size_t i = 0; items && i < f->n && !failure; i++) {
        if (only && strcmp(f->names[i], only) != 0)
            continue;
        items[n].name = kz_result_string(list, f->names[i], SIZE_MAX, &failure);
        items[n].path = kz_result_string(list, f->paths[i], SIZE_MAX, &failure);
        if (check && !failure)
            look(settings, list, &items[n], &failure);
        n++;
    }
    if (items && !failure) {
        list->items = items;
        list->n_items = n;
        return list;
    }
    kz_free(list);
    kz_error_move(error, &failure);
    return NULL;
}

kz_plugin_list *kzi_registry_list(const kzi_settings *settings, const char *only, bool check, kz_error **error)
{
    finds f = { 0 };
    kz_plugin_list *list = NULL;
    if (find_all(&f, settings))
        list = list_of(settings, &f, only, check, error);
    else
        kz_error_no_memory(error);
    finds_free(&f);
    if (list && only && !list->n_items) {
        kz_free(list);
        list = NULL;
        not_found(settings, only, error);
    }
    return list;
}
