/* profiles.c: changing the profile file, for tools: what is not changed stays as it is written, a file that another program has changed
 * meanwhile is not written over, and one that others may write is not written at all. */
#include "config_auth.h"
#include "error_private.h"
#include "json_edit.h"
#include "json_scan.h"
#include "place.h"
#include "profile.h"
#include "schema_json.h"
#include "settings.h"
#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

struct kz_config_profiles {
    kzi_profile_file file;
    kzi_buffer shown; /* the text with its secrets masked */
    char *chosen;
};

static kz_json text_of(const kzi_buffer *buffer)
{
    return (kz_json){ buffer->data ? buffer->data : "", buffer->length };
}

/* ---- what is shown ---- */

static bool is_secret(const char *name)
{
    size_t n;
    int index = kzi_setting_index(name);
    return index < 0 ? kzi_auth_value_is_secret(name) : kz_settings(&n)[index].secret;
}

static bool mask_profile(kzi_buffer *out, kz_json profile)
{
    kzi_members members;
    kzi_span name;
    kz_json value;
    kzi_buffer masked = { 0 };
    kzi_buffer_append(&masked, profile.text, profile.length);
    kzi_members_begin(&members, profile);
    while (!masked.failed && kzi_members_next(&members, &name, &value)) {
        char key[128];
        kzi_buffer next = { 0 };
        kzi_span_cut(&name, key, sizeof key);
        if (!is_secret(key) || *value.text == 'n')
            continue;
        kzi_json_put_changed(&next, text_of(&masked), key, KZ_JSON("\"***\""), 2);
        kzi_buffer_free(&masked);
        masked = next;
    }
    kzi_buffer_append(out, masked.data, masked.length);
    out->failed |= masked.failed;
    kzi_buffer_free(&masked);
    return !out->failed;
}

/* Works out what is shown, and which profile is chosen. */
static bool look(kz_config_profiles *profiles, kz_error **error)
{
    kzi_members members;
    kzi_span name;
    kz_json profile;
    bool first = true;
    kzi_buffer *out = &profiles->shown;
    kzi_buffer_clear(out);
    free(profiles->chosen);
    profiles->chosen = kzi_profile_chosen(&profiles->file);
    kzi_buffer_puts(out, "{\"profile\":");
    if (profiles->chosen)
        kzi_json_put_string(out, profiles->chosen, strlen(profiles->chosen));
    kzi_buffer_puts(out, ",\"profiles\":{");
    kzi_members_begin(&members, kzi_profile_all(&profiles->file));
    while (kzi_members_next(&members, &name, &profile)) {
        kzi_buffer_puts(out, first ? "\"" : ",\"");
        kzi_buffer_append(out, name.text, name.length);
        kzi_buffer_puts(out, "\":");
        mask_profile(out, profile);
        first = false;
    }
    kzi_buffer_puts(out, "}}");
    return (profiles->chosen && !out->failed) || kz_error_no_memory(error);
}

kz_config_profiles *kz_config_profiles_read(kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    kz_config_profiles *profiles = calloc(1, sizeof *profiles);
    if (!profiles) {
        kz_error_no_memory(error);
        return NULL;
    }
    bool fine = kzi_profile_load(&profiles->file, error);
    if (fine && (!*profiles->file.path || !kzi_environment_is_trusted()))
        fine = kz_error_set(error, KZ_ERROR_CONFIG, NULL,
            "There is no place for profiles: neither XDG_CONFIG_HOME nor HOME is set, or they do not count here.");
    if (fine && look(profiles, error))
        return profiles;
    kz_config_profiles_free(profiles);
    return NULL;
}

void kz_config_profiles_free(kz_config_profiles *profiles)
{
    if (!profiles)
        return;
    kzi_profile_unload(&profiles->file);
    kzi_buffer_free(&profiles->shown);
    free(profiles->chosen);
    free(profiles);
}

const char *kz_config_profiles_path(const kz_config_profiles *profiles)
{
    return profiles ? profiles->file.path : NULL;
}

const char *kz_config_profiles_chosen(const kz_config_profiles *profiles)
{
    return profiles ? profiles->chosen : NULL;
}

kz_json kz_config_profiles_json(const kz_config_profiles *profiles)
{
    return profiles ? text_of(&profiles->shown) : (kz_json){ 0 };
}

/* ---- changes ---- */

/* Takes the new text over; the old one stays where something failed. */
static bool change(kz_config_profiles *profiles, kzi_buffer *text, kz_error **error)
{
    if (text->failed) {
        kzi_buffer_free(text);
        return kz_error_no_memory(error);
    }
    kzi_buffer before = profiles->file.text;
    profiles->file.text = *text;
    *text = (kzi_buffer){ 0 };
    bool fine = look(profiles, error);
    if (!fine) {
        *text = profiles->file.text;
        profiles->file.text = before;
        before = *text;
    }
    kzi_buffer_free(&before);
    return fine;
}

/* The file with the profile replaced by `profile`, or taken out. */
static bool replace_profile(kz_config_profiles *profiles, const char *name, kz_json profile, kz_error **error)
{
    kzi_buffer all = { 0 }, text = { 0 };
    kzi_json_put_changed(&all, kzi_profile_all(&profiles->file), name, profile, 1);
    if (!all.failed)
        kzi_json_put_changed(&text, text_of(&profiles->file.text), "profiles", text_of(&all), 0);
    kzi_buffer_putc(&text, '\n');
    text.failed |= all.failed;
    kzi_buffer_free(&all);
    return change(profiles, &text, error);
}

static bool is_name(const char *name)
{
    bool fine = name && *name && strlen(name) <= 100 && kzi_utf8_valid(name, strlen(name));
    for (const char *c = name; fine && *c; c++)
        fine = (unsigned char)*c > ' ' && *c != 0x7f;
    return fine;
}

static bool check_name(const kz_config_profiles *profiles, const char *name, kz_error **error)
{
    if (kzi_stuck(error))
        return false;
    return (profiles && is_name(name)) ||
        kz_error_set(error, KZ_ERROR_ARGUMENT, "profile", "A profile has a name without blanks, of at most 100 bytes.");
}

static bool check_setting(const char *name, const char *value, kz_error **error)
{
    int index = kzi_setting_index(name);
    if (index < 0 && kzi_auth_value_is_name(name))
        return !value || kzi_utf8_valid(value, strlen(value)) ||
            kz_error_set(error, KZ_ERROR_CONFIG, name, "The setting %s must be UTF-8.", name);
    if (index < 0 || !strcmp(name, "profile"))
        return kz_error_set(error, KZ_ERROR_CONFIG, name, "A profile has no setting \"%s\".", name);
    return !value || (kzi_setting_parse(NULL, index, value, "code", error) && kzi_utf8_valid(value, strlen(value))) ||
        kz_error_set(error, KZ_ERROR_CONFIG, name, "The setting %s must be UTF-8.", name);
}

bool kz_config_profiles_set(
    kz_config_profiles *profiles, const char *profile, const char *name, const char *value, kz_error **error)
{
    if (!check_name(profiles, profile, error) || (name && !check_setting(name, value, error)))
        return false;
    kz_json before = kz_json_member(kzi_profile_all(&profiles->file), profile);
    kzi_buffer after = { 0 }, text = { 0 };
    if (value)
        kzi_json_put_string(&text, value, strlen(value));
    if (name)
        kzi_json_put_changed(&after, before, name, value ? text_of(&text) : (kz_json){ 0 }, 2);
    else
        kzi_buffer_append(&after, before.text ? before.text : "{}", before.text ? before.length : 2);
    bool fine = !after.failed && !text.failed ? replace_profile(profiles, profile, text_of(&after), error)
                                              : kz_error_no_memory(error);
    kzi_buffer_free(&after);
    kzi_buffer_free(&text);
    return fine;
}

static bool check_there(const kz_config_profiles *profiles, const char *profile, kz_error **error)
{
    return check_name(profiles, profile, error) &&
        (kz_json_member(kzi_profile_all(&profiles->file), profile).text ||
            kz_error_set(error, KZ_ERROR_CONFIG, profile, "%s has no profile \"%s\".", profiles->file.path, profile));
}

static bool set_chosen(kz_config_profiles *profiles, const char *profile, kz_error **error)
{
    kzi_buffer name = { 0 }, text = { 0 };
    if (profile)
        kzi_json_put_string(&name, profile, strlen(profile));
    kzi_json_put_changed(&text, text_of(&profiles->file.text), "profile", profile ? text_of(&name) : (kz_json){ 0 }, 0);
    kzi_buffer_putc(&text, '\n');
    text.failed |= name.failed;
    kzi_buffer_free(&name);
    return change(profiles, &text, error);
}

bool kz_config_profiles_choose(kz_config_profiles *profiles, const char *profile, kz_error **error)
{
    return check_there(profiles, profile, error) && set_chosen(profiles, profile, error);
}

bool kz_config_profiles_remove(kz_config_profiles *profiles, const char *profile, kz_error **error)
{
    if (!check_there(profiles, profile, error))
        return false;
    bool was_chosen = !strcmp(profile, profiles->chosen);
    return replace_profile(profiles, profile, (kz_json){ 0 }, error) && (!was_chosen || set_chosen(profiles, NULL, error));
}

/* ---- writing ---- */

/* Whether the file is the one that was read. */
static bool is_unchanged(const kz_config_profiles *profiles, const kzi_place *place)
{
    struct stat now;
    const struct stat *then = &profiles->file.facts;
    if (fstatat(place->folder, place->name, &now, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT && profiles->file.missing;
    return !profiles->file.missing && now.st_dev == then->st_dev && now.st_ino == then->st_ino && now.st_size == then->st_size &&
        now.st_mtim.tv_sec == then->st_mtim.tv_sec && now.st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}

bool kz_config_profiles_save(kz_config_profiles *profiles, kz_error **error)
{
    kzi_place place;
    if (kzi_stuck(error))
        return false;
    if (!profiles)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "profiles", "There are no profiles to be saved.");
    const char *path = profiles->file.path;
    bool fine = kzi_place_open(&place, &kzi_place_profiles, path, true, error);
    if (fine)
        flock(place.folder, LOCK_EX); /* where that works; the look at the file catches most others */
    if (fine && !is_unchanged(profiles, &place))
        fine = kz_error_set(
            error, KZ_ERROR_STATE, path, "%s was changed by another program meanwhile; nothing was written. Try again.", path);
    fine = fine && kzi_place_replace(&place, text_of(&profiles->file.text), error);
    if (fine)
        fine = !fstatat(place.folder, place.name, &profiles->file.facts, AT_SYMLINK_NOFOLLOW) ||
            kzi_place_failed(place.kind, "looked at", path, errno, error);
    profiles->file.missing &= !fine;
    kzi_place_close(&place);
    return fine;
}
