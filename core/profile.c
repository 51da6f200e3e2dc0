/* profile.c: see profile.h. The text is checked strictly before json-c makes a tree of it, so that messages have line and
 * column and a failure of json-c's can only be that memory ran out. A file with secrets that others may read is refused. */
#include "profile.h"

#include "config_auth.h"
#include "file.h"
#include "schema_json.h"
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST = 1024 * 1024, DEEPEST = 32 };

bool kzi_environment_is_trusted(void)
{
    return !getauxval(AT_SECURE);
}

static bool find_path(char *path, size_t size)
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int n = folder && *folder == '/' ? snprintf(path, size, "%s/kamiwaza/config.json", folder)
        : home && *home              ? snprintf(path, size, "%s/.config/kamiwaza/config.json", home)
                                     : -1;
    return n > 0 && (size_t)n < size;
}

/* The whole file; *missing when there is none. */
static bool read_file(const char *path, kzi_buffer *text, bool *open_to_others, bool *missing, kz_error **error)
{
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us up */
    *missing = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
    if (*missing)
        return true;
    if (fd < 0 || fstat(fd, &facts)) {
        int code = errno;
        if (fd >= 0)
            close(fd);
        return kz_error_set(error, KZ_ERROR_CONFIG, path, "The profile file %s cannot be read: %s.", path, strerrordesc_np(code));
    }
    if (!S_ISREG(facts.st_mode)) {
        close(fd);
        return kz_error_set(error, KZ_ERROR_CONFIG, path, "The profile file %s cannot be read: it is no regular file.", path);
    }
    *open_to_others = facts.st_mode & (S_IRGRP | S_IROTH);
    int problem = kzi_file_read(fd, LARGEST, text);
    close(fd);
    if (problem == ENOMEM)
        return kz_error_no_memory(error);
    if (problem)
        return kz_error_set(error, KZ_ERROR_CONFIG, path, "The profile file %s cannot be read: %s.", path,
            problem == EFBIG ? "it is larger than 1 MiB" : strerrordesc_np(problem));
    return true;
}

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(object, name, &value);
    return value;
}

/* A value as the environment would write it; lists are joined by what their setting separates with. */
static bool as_text(kzi_buffer *out, struct json_object *value, char separator)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        kzi_buffer_append(out, json_object_get_string(value), (size_t)json_object_get_string_len(value));
        return true;
    case json_type_boolean: kzi_buffer_puts(out, json_object_get_boolean(value) ? "true" : "false"); return true;
    case json_type_int:
    case json_type_double: {
        const char *text = json_object_to_json_string(value);
        if (text)
            kzi_buffer_puts(out, text);
        else
            out->failed = true;
        return true;
    }
    case json_type_array:
        for (size_t i = 0; separator && i < json_object_array_length(value); i++) {
            struct json_object *item = json_object_array_get_idx(value, i);
            if (json_object_get_type(item) != json_type_string)
                return false;
            if (i)
                kzi_buffer_putc(out, separator);
            kzi_buffer_puts(out, json_object_get_string(item));
        }
        return separator != 0;
    default: return false;
    }
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

static bool take_one(const char *name, struct json_object *value, const char *path, bool open_to_others, kzi_profile_take take,
    void *user, kz_error **error)
{
    size_t n;
    int index = kzi_setting_index(name);
    bool provider = index < 0 && kzi_auth_value_is_name(name);
    if (index < 0 && !provider)
        return unknown_setting(name, path, error);
    const kz_setting *setting = provider ? NULL : &kz_settings(&n)[index];
    kzi_kind kind = provider ? KZI_TEXT : kzi_setting_rows(&n)[index].kind;
    if (!value)
        return true;
    if ((provider ? kzi_auth_value_is_secret(name) : setting->secret) && open_to_others)
        return kz_error_set(
            error, KZ_ERROR_CONFIG, name, "%s holds the secret %s but others may read it; run: chmod 600 %s", path, name, path);
    kzi_buffer text = { 0 };
    bool fine = as_text(&text, value, kind == KZI_PATHS ? ':' : kind == KZI_HEADERS ? '\n' : 0);
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

static bool take_profile(struct json_object *root, const char *path, const char *wanted, bool open_to_others,
    kzi_profile_take take, void *user, kz_error **error)
{
    struct json_object *profiles = member(root, "profiles"), *chosen = member(root, "profile");
    if (json_object_get_type(root) != json_type_object || (profiles && json_object_get_type(profiles) != json_type_object))
        return kz_error_set(
            error, KZ_ERROR_CONFIG, path, "%s must be an object with \"profiles\", an object of named profiles.", path);
    json_object_object_foreach(root, key, unused)
    {
        (void)unused;
        if (strcmp(key, "profile") != 0 && strcmp(key, "profiles") != 0)
            return kz_error_set(error, KZ_ERROR_CONFIG, key,
                "%s has \"%s\" at its top; there are only \"profile\" (a name) and \"profiles\".", path, key);
    }
    if (chosen && json_object_get_type(chosen) != json_type_string)
        return kz_error_set(error, KZ_ERROR_CONFIG, "profile", "In %s, \"profile\" must be the name of a profile.", path);
    const char *name = wanted ? wanted : chosen ? json_object_get_string(chosen) : "default";
    struct json_object *profile = profiles ? member(profiles, name) : NULL;
    if (!profile && !wanted && !chosen)
        return true;
    if (!profile || json_object_get_type(profile) != json_type_object)
        return kz_error_set(error, KZ_ERROR_CONFIG, name, "%s has no profile \"%s\".", path, name);
    json_object_object_foreach(profile, setting, value)
    {
        if (!take_one(setting, value, path, open_to_others, take, user, error))
            return false;
    }
    return true;
}

/* The text is known to be JSON, so json-c can only run out of depth or memory; "null" is a tree too. */
static bool make_tree(const kzi_buffer *text, const char *path, struct json_object **root, kz_error **error)
{
    struct json_tokener *parser = json_tokener_new_ex(DEEPEST);
    if (!parser)
        return kz_error_no_memory(error);
    *root = json_tokener_parse_ex(parser, text->data, (int)text->length + 1);
    enum json_tokener_error problem = json_tokener_get_error(parser);
    json_tokener_free(parser);
    if (problem == json_tokener_success)
        return true;
    if (problem == json_tokener_error_depth)
        return kz_error_set(error, KZ_ERROR_CONFIG, path, "%s nests deeper than %d levels; profiles need 4.", path, DEEPEST);
    return kz_error_no_memory(error);
}

bool kzi_profile_read(kzi_profile_take take, void *user, kz_error **error)
{
    char path[4096];
    const char *wanted = getenv("KAMIWAZA_PROFILE");
    bool open_to_others = false, missing = true;
    size_t line, column;
    const char *problem;
    kzi_buffer text = { 0 };
    if (wanted && !*wanted)
        wanted = NULL;
    bool known = find_path(path, sizeof path), fine = !known || read_file(path, &text, &open_to_others, &missing, error);
    if (fine && missing && wanted)
        fine = kz_error_set(error, KZ_ERROR_CONFIG, wanted,
            "KAMIWAZA_PROFILE asks for the profile \"%s\", but there is no file %s.", wanted,
            known ? path : "for profiles (HOME is not set)");
    if (fine && !missing && !kzi_json_valid(text.data ? text.data : "", text.length, 0, &line, &column, &problem))
        fine = kz_error_set(
            error, KZ_ERROR_CONFIG, path, "%s is not JSON: %s (line %zu, column %zu).", path, problem, line, column);
    if (fine && !missing) {
        struct json_object *root = NULL;
        fine = make_tree(&text, path, &root, error) && take_profile(root, path, wanted, open_to_others, take, user, error);
        json_object_put(root);
    }
    kzi_buffer_free(&text);
    return fine;
}
