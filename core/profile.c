/* profile.c: see profile.h. A file with secrets that others may read is refused; messages about its text have line and column. */
#include "profile.h"

#include "config_auth.h"
#include "file.h"
#include "json_scan.h"
#include "schema_json.h"
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { LARGEST = 1024 * 1024, DEEPEST = 32 };

bool kzi_environment_is_trusted(void)
{
    return !getauxval(AT_SECURE);
}

static void find_path(char *path, size_t size)
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int n = folder && *folder == '/' ? snprintf(path, size, "%s/kamiwaza/config.json", folder)
        : home && *home              ? snprintf(path, size, "%s/.config/kamiwaza/config.json", home)
                                     : -1;
    if (n < 0 || (size_t)n >= size)
        *path = 0;
}

/* The whole file; file->missing when there is none. */
static bool read_file(kzi_profile_file *file, kz_error **error)
{
    const char *path = file->path;
    int fd = TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)); /* a FIFO must not hold us up */
    file->missing = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
    if (file->missing)
        return true;
    if (fd < 0 || fstat(fd, &file->facts)) {
        int code = errno;
        if (fd >= 0)
            close(fd);
        return kz_error_set(error, KZ_ERROR_CONFIG, path, "The profile file %s cannot be read: %s.", path, strerrordesc_np(code));
    }
    if (!S_ISREG(file->facts.st_mode)) {
        close(fd);
        return kz_error_set(error, KZ_ERROR_CONFIG, path, "The profile file %s cannot be read: it is no regular file.", path);
    }
    int problem = kzi_file_read(fd, LARGEST, &file->text);
    close(fd);
    if (problem == ENOMEM)
        return kz_error_no_memory(error);
    if (problem)
        return kz_error_set(error, KZ_ERROR_CONFIG, path, "The profile file %s cannot be read: %s.", path,
            problem == EFBIG ? "it is larger than 1 MiB" : strerrordesc_np(problem));
    return true;
}

static kz_json whole(const kzi_profile_file *file)
{
    const char *text = file->text.data ? file->text.data : "";
    size_t spaces = strspn(text, " \t\r\n");
    return (kz_json){ text + spaces, file->text.length - spaces };
}

static bool is_object(kz_json json)
{
    return json.length && *json.text == '{';
}

/* There is nothing in it but what this library knows. */
static bool check_shape(const kzi_profile_file *file, kz_error **error)
{
    kzi_members members;
    kzi_span name;
    kz_json value, root = whole(file);
    bool shaped = is_object(root);
    kzi_members_begin(&members, root);
    while (shaped && kzi_members_next(&members, &name, &value)) {
        char key[64];
        bool chosen = kzi_span_is(&name, "profile"), all = kzi_span_is(&name, "profiles");
        kzi_span_cut(&name, key, sizeof key);
        if (!chosen && !all)
            return kz_error_set(error, KZ_ERROR_CONFIG, key,
                "%s has \"%s\" at its top; there are only \"profile\" (a name) and \"profiles\".", file->path, key);
        if (chosen && *value.text != '"')
            return kz_error_set(
                error, KZ_ERROR_CONFIG, "profile", "In %s, \"profile\" must be the name of a profile.", file->path);
        shaped = chosen || is_object(value);
    }
    return shaped ||
        kz_error_set(error, KZ_ERROR_CONFIG, file->path, "%s must be an object with \"profiles\", an object of named profiles.",
            file->path);
}

bool kzi_profile_load(kzi_profile_file *file, kz_error **error)
{
    size_t line, column;
    const char *problem;
    *file = (kzi_profile_file){ .missing = true };
    find_path(file->path, sizeof file->path);
    if (!*file->path)
        return true;
    if (!read_file(file, error))
        return false;
    if (file->missing)
        return true;
    if (kzi_json_valid(file->text.data ? file->text.data : "", file->text.length, DEEPEST, &line, &column, &problem))
        return check_shape(file, error);
    if (strstr(problem, "deeper"))
        return kz_error_set(error, KZ_ERROR_CONFIG, file->path, "%s nests deeper than %d levels; profiles need 4 (line %zu).",
            file->path, DEEPEST, line);
    return kz_error_set(
        error, KZ_ERROR_CONFIG, file->path, "%s is not JSON: %s (line %zu, column %zu).", file->path, problem, line, column);
}

void kzi_profile_unload(kzi_profile_file *file)
{
    kzi_buffer_free(&file->text);
}

kz_json kzi_profile_all(const kzi_profile_file *file)
{
    return kz_json_member(whole(file), "profiles");
}

char *kzi_profile_chosen(const kzi_profile_file *file)
{
    kzi_buffer name = { 0 };
    kz_json chosen = kz_json_member(whole(file), "profile");
    if (chosen.text)
        kzi_json_put_plain(&name, chosen);
    else
        kzi_buffer_puts(&name, "default");
    return kzi_buffer_take(&name, NULL);
}

/* ---- the settings of one profile ---- */

/* Lists are joined by what their setting separates with. */
static bool put_list(kzi_buffer *out, kz_json list, char separator)
{
    kzi_items items;
    kz_json item;
    size_t n = 0;
    kzi_items_begin(&items, list);
    while (kzi_items_next(&items, &item)) {
        if (*item.text != '"')
            return false;
        if (n++)
            kzi_buffer_putc(out, separator);
        kzi_json_put_plain(out, item);
    }
    return true;
}

bool kzi_profile_text(kzi_buffer *out, const char *name, kz_json value)
{
    size_t n;
    int index = kzi_setting_index(name);
    kzi_kind kind = index < 0 ? KZI_TEXT : kzi_setting_rows(&n)[index].kind;
    if (*value.text == '[')
        return (kind == KZI_PATHS || kind == KZI_HEADERS) && put_list(out, value, kind == KZI_PATHS ? ':' : '\n');
    if (*value.text != '{' && *value.text != 'n')
        kzi_json_put_plain(out, value);
    return *value.text != '{';
}

static bool unknown_setting(const char *name, const char *path, kz_error **error)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    const char *names[64];
    for (size_t i = 0; i < n; i++)
        names[i] = settings[i].name;
    const char *near = kzi_nearest(name, names, n);
    return kz_error_set(error, KZ_ERROR_CONFIG, name, "%s has a setting \"%s\", which there is not.%s%s%s", path, name,
        near ? " Did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool take_one(
    const kzi_profile_file *file, const char *name, kz_json value, kzi_profile_take take, void *user, kz_error **error)
{
    size_t n;
    const char *path = file->path;
    int index = kzi_setting_index(name);
    bool provider = index < 0 && kzi_auth_value_is_name(name);
    if ((index < 0 && !provider) || !strcmp(name, "profile"))
        return unknown_setting(name, path, error);
    const kz_setting *setting = provider ? NULL : &kz_settings(&n)[index];
    if ((provider ? kzi_auth_value_is_secret(name) : setting->secret) && file->facts.st_mode & (S_IRGRP | S_IROTH) &&
        *value.text != 'n')
        return kz_error_set(
            error, KZ_ERROR_CONFIG, name, "%s holds the secret %s but others may read it; run: chmod 600 %s", path, name, path);
    kzi_buffer text = { 0 };
    bool fine = kzi_profile_text(&text, name, value);
    if (text.failed)
        kz_error_no_memory(error);
    else if (!fine)
        kz_error_set(error, KZ_ERROR_CONFIG, name, "In %s the setting %s has a value of the wrong type; it takes %s.", path, name,
            provider ? "string" : setting->type);
    fine = fine && !text.failed;
    if (fine && text.length && strlen(text.data) != text.length)
        fine = kz_error_set(error, KZ_ERROR_CONFIG, name, "In %s the setting %s holds a NUL character; remove it.", path, name);
    fine = fine && (!text.length || take(user, name, text.data, path, error));
    kzi_buffer_free(&text);
    return fine;
}

static bool take_profile(
    const kzi_profile_file *file, const char *name, bool needed, kzi_profile_take take, void *user, kz_error **error)
{
    kzi_members members;
    kzi_span setting;
    kz_json value, profile = kz_json_member(kzi_profile_all(file), name);
    bool fine = true;
    if (!profile.text && !needed)
        return true;
    if (!is_object(profile))
        return kz_error_set(error, KZ_ERROR_CONFIG, name, "%s has no profile \"%s\".", file->path, name);
    fine = take(user, "profile", name, file->path, error);
    kzi_members_begin(&members, profile);
    while (fine && kzi_members_next(&members, &setting, &value)) {
        char key[128];
        kzi_span_cut(&setting, key, sizeof key);
        fine = take_one(file, key, value, take, user, error);
    }
    return fine;
}

bool kzi_profile_read(const char *wanted, const char *source, bool needed, kzi_profile_take take, void *user, kz_error **error)
{
    kzi_profile_file file;
    bool fine = kzi_profile_load(&file, error);
    if (fine && file.missing && wanted && needed)
        fine = kz_error_set(error, KZ_ERROR_CONFIG, wanted, "The profile \"%s\" is asked for (%s), but there is no file %s.",
            wanted, source, *file.path ? file.path : "for profiles (HOME is not set)");
    if (fine && !file.missing) {
        char *chosen = wanted ? NULL : kzi_profile_chosen(&file);
        bool named = wanted || kz_json_member(whole(&file), "profile").text;
        if (!wanted && !chosen)
            fine = kz_error_no_memory(error);
        else
            fine = take_profile(&file, wanted ? wanted : chosen, named && needed, take, user, error);
        free(chosen);
    }
    kzi_profile_unload(&file);
    return fine;
}
