/* descriptor.c: see descriptor.h. A plugin that was built for another version, by another tool or by mistake is refused with what is
 * wrong with it, instead of being read past its end. The core reads no more of a struct than the size in it says, and only where a file
 * of the program is mapped: tables are data of the plugin's file or of a library that it is linked with.
 *
 * This is no defence against a plugin that means harm: its constructors have run before anything can be looked at, and it shares the
 * process. What keeps such a file out is trust.c. */
#include "descriptor.h"

#include "config_auth.h"
#include "token_store.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST = 65536 }; /* of a descriptor or a table of functions */

bool kzi_plugin_refuse(const kzi_checker *checker, const char *format, ...)
{
    char reason[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return kz_error_set(checker->error, KZ_ERROR_PLUGIN_INCOMPATIBLE, checker->name, "The plugin %s (%s) %s.", checker->name,
        checker->where, reason);
}

bool kzi_plugin_holds(kzi_checker *checker, const void *array, uint64_t n, uint64_t size)
{
    return !n || (n <= UINT32_MAX && kzi_image_holds(&checker->image, array, n * size));
}

bool kzi_plugin_text(kzi_checker *checker, const char *text)
{
    return !text || kzi_image_has_text(&checker->image, text);
}

/* Whether a function of a table is there to be looked at; what a table is too small for is not. */
#define IS_CODE(checker, vtable, type, member) \
    ((vtable)->size < END_OF(type, member) || kzi_plugin_code(checker, (vtable)->member))

static bool check_auth(kzi_checker *checker, const void *table)
{
    const kz_provider_vtable *vtable = table;
    if (!kzi_auth_vtable_is_whole(vtable))
        return kzi_plugin_refuse(checker, "lacks what each provider has: create(), and a list of its settings");
    if (!IS_CODE(checker, vtable, kz_provider_vtable, create) || !IS_CODE(checker, vtable, kz_provider_vtable, destroy) ||
        !IS_CODE(checker, vtable, kz_provider_vtable, acquire) || !IS_CODE(checker, vtable, kz_provider_vtable, release) ||
        !IS_CODE(checker, vtable, kz_provider_vtable, authorise) || !IS_CODE(checker, vtable, kz_provider_vtable, sign_out))
        return kzi_plugin_refuse(checker, "has a function that lies outside of its file");
    if (!kzi_plugin_text(checker, vtable->title) || !kzi_plugin_text(checker, vtable->summary))
        return kzi_plugin_refuse(checker, "has a text that lies outside of its file");
    if (!kzi_plugin_holds(checker, vtable->settings, vtable->n_settings, sizeof *vtable->settings))
        return kzi_plugin_refuse(checker, "has settings that lie outside of its file");
    for (uint64_t i = 0; i < vtable->n_settings; i++) {
        const kz_provider_setting *setting = &vtable->settings[i];
        if (!setting->name || !kzi_plugin_text(checker, setting->name) || !*setting->name ||
            setting->name[strspn(setting->name, "abcdefghijklmnopqrstuvwxyz0123456789_")])
            return kzi_plugin_refuse(checker, "has a setting without a name of a-z, 0-9 and _ (number %u)", (unsigned)i);
        if (!kzi_plugin_text(checker, setting->fallback) || !kzi_plugin_text(checker, setting->summary))
            return kzi_plugin_refuse(checker, "has a text that lies outside of its file, in the setting %s", setting->name);
    }
    return true;
}

static bool check_store(kzi_checker *checker, const void *table)
{
    const kz_store_vtable *vtable = table;
    if (!kzi_store_vtable_is_whole(vtable))
        return kzi_plugin_refuse(checker, "lacks functions: a token store has create(), read() and write()");
    if (!kzi_plugin_code(checker, vtable->create) || !kzi_plugin_code(checker, vtable->destroy) ||
        !kzi_plugin_code(checker, vtable->read) || !kzi_plugin_code(checker, vtable->write))
        return kzi_plugin_refuse(checker, "has a function that lies outside of its file");
    return (kzi_plugin_text(checker, vtable->title) && kzi_plugin_text(checker, vtable->summary)) ||
        kzi_plugin_refuse(checker, "has a text that lies outside of its file");
}

/* What each kind of plugin has for a table. A new kind is a row. */
static const struct {
    const char *not_this; /* "The plugin x ..." */
    uint64_t least;       /* size of its table */
    bool (*check)(kzi_checker *checker, const void *table);
} kinds[] = {
    [KZ_PLUGIN_SERVICE] = { "is no service", END_OF(kz_service_vtable, destroy), kzi_service_table_check },
    [KZ_PLUGIN_AUTH] = { "is no way to sign in", END_OF(kz_provider_vtable, create), check_auth },
    [KZ_PLUGIN_STORE] = { "is no token store", END_OF(kz_store_vtable, write), check_store },
};

static bool is_kind(uint64_t kind)
{
    return kind && kind < sizeof kinds / sizeof *kinds;
}

static bool fits(const kzi_checker *checker, const kz_plugin_descriptor *d, uint64_t kind)
{
    if (strcmp(d->name, checker->name) != 0)
        return kzi_plugin_refuse(checker, "calls itself by another name than its file: \"%.100s\"", d->name);
    return !kind || d->kind == kind ||
        kzi_plugin_refuse(checker, "%s", is_kind(kind) ? kinds[kind].not_this : "is of another kind");
}

/* A struct that begins with its size, which is no less than `least` and no more than what its file holds. */
static bool check_sized(kzi_checker *checker, const void *table, uint64_t least, const char *what)
{
    uint64_t size;
    if (!table)
        return kzi_plugin_refuse(checker, "lacks %s", what);
    if (!kzi_image_holds(&checker->image, table, sizeof size))
        return kzi_plugin_refuse(checker, "has %s that lies outside of its file", what);
    memcpy(&size, table, sizeof size);
    if (size < least)
        return kzi_plugin_refuse(
            checker, "has %s of %llu bytes; it has at least %llu", what, (unsigned long long)size, (unsigned long long)least);
    if (size > LARGEST || !kzi_image_holds(&checker->image, table, size))
        return kzi_plugin_refuse(
            checker, "has %s that says it has %llu bytes, more than its file holds there", what, (unsigned long long)size);
    return true;
}

static bool check_head(kzi_checker *checker, const kz_plugin_descriptor *d)
{
    if (!kzi_image_holds(&checker->image, d, END_OF(kz_plugin_descriptor, size)))
        return kzi_plugin_refuse(checker, "has a descriptor that lies outside of its file");
    if (d->abi_major != KZ_ABI_MAJOR)
        return kz_error_set(checker->error, KZ_ERROR_PLUGIN_INCOMPATIBLE, checker->name,
            "The plugin %s (%s) was built for plugin ABI %u.%u; this library has %d.%d. Install the plugin that belongs to it.",
            checker->name, checker->where, d->abi_major, d->abi_minor, KZ_ABI_MAJOR, KZ_ABI_MINOR);
    if (d->size < END_OF(kz_plugin_descriptor, vtable))
        return kzi_plugin_refuse(checker, "has a descriptor of %llu bytes; it has at least %zu", (unsigned long long)d->size,
            END_OF(kz_plugin_descriptor, vtable));
    if (d->size > LARGEST || !kzi_image_holds(&checker->image, d, d->size))
        return kzi_plugin_refuse(
            checker, "has a descriptor that says it has %llu bytes, more than its file holds there", (unsigned long long)d->size);
    if (!d->name || !kzi_plugin_text(checker, d->name) || !d->version || !kzi_plugin_text(checker, d->version))
        return kzi_plugin_refuse(checker, "has a descriptor without a name or a version");
    if (!is_kind(d->kind))
        return kzi_plugin_refuse(checker, "is of a kind that this library does not know (%llu)", (unsigned long long)d->kind);
    return true;
}

bool kzi_descriptor_check(const kz_plugin_descriptor *d, const char *where, const char *name, uint64_t kind, kz_error **error)
{
    kzi_checker checker = { .where = where, .name = name, .error = error };
    if (!kzi_image_take(&checker.image))
        return kz_error_no_memory(error);
    bool fine = check_head(&checker, d) && fits(&checker, d, kind) &&
        check_sized(&checker, d->vtable, kinds[d->kind].least, "a table of functions") &&
        kinds[d->kind].check(&checker, d->vtable);
    kzi_image_free(&checker.image);
    return fine;
}

bool kzi_descriptor_fits(const kz_plugin_descriptor *d, const char *where, const char *name, uint64_t kind, kz_error **error)
{
    kzi_checker checker = { .where = where, .name = name, .error = error };
    return fits(&checker, d, kind);
}
