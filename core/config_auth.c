/* config_auth.c: see config_auth.h. */
#include "config_auth.h"

#include "error_private.h"
#include "scope.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char prefix[] = "auth_", variable[] = "KAMIWAZA_AUTH_";
enum { PREFIX = sizeof prefix - 1, VARIABLE = sizeof variable - 1, LONGEST_NAME = 64 };

bool kzi_auth_value_is_name(const char *name)
{
    size_t length = strlen(name);
    return length > PREFIX && length < LONGEST_NAME && !strncmp(name, prefix, PREFIX) &&
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

bool kzi_auth_value_is_secret(const char *name)
{
    static const char *const ends[] = { "secret", "password", "token", "passphrase" };
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (length >= strlen(ends[i]) && !strcmp(name + length - strlen(ends[i]), ends[i]))
            return true;
    return false;
}

static void wipe_text(char *text)
{
    if (text)
        kzi_wipe_free(text, strlen(text));
}

static void drop(kzi_auth_value *item)
{
    free(item->name);
    wipe_text(item->value);
    free(item->source);
}

static kzi_auth_value *find(const kzi_auth_values *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (!strcmp(all->items[i].name, name + PREFIX))
            return &all->items[i];
    return NULL;
}

const kzi_auth_value *kzi_auth_value_find(const kzi_auth_values *all, const char *name)
{
    return strncmp(name, prefix, PREFIX) ? NULL : find(all, name);
}

static bool add(kzi_auth_values *all, const kzi_auth_value *item)
{
    kzi_auth_value *longer = realloc(all->items, (all->n + 1) * sizeof *longer);
    if (!longer)
        return false;
    all->items = longer;
    all->items[all->n++] = *item;
    return true;
}

bool kzi_auth_value_set(
    kzi_auth_values *all, const char *name, const char *value, const char *source, bool keep, kz_error **error)
{
    kzi_auth_value *there = find(all, name);
    if (there && keep)
        return true;
    if (value && strpbrk(value, "\r\n"))
        return kz_error_set(error, KZ_ERROR_CONFIG, name, "The setting %s (from %s) must not contain line breaks.", name, source);
    if (there) {
        drop(there);
        *there = all->items[--all->n];
    }
    if (!value)
        return true;
    kzi_auth_value item = { .name = strdup(name + PREFIX), .value = strdup(value), .source = strdup(source) };
    if (item.name && item.value && item.source && add(all, &item))
        return true;
    drop(&item);
    return kz_error_no_memory(error);
}

bool kzi_auth_values_from_environment(kzi_auth_values *all, kz_error **error)
{
    for (char **at = environ; at && *at; at++) {
        const char *equals = strchr(*at, '=');
        size_t length = equals ? (size_t)(equals - *at) : 0;
        char name[LONGEST_NAME + PREFIX], source[LONGEST_NAME + VARIABLE];
        if (strncmp(*at, variable, VARIABLE) != 0 || length <= VARIABLE || length >= LONGEST_NAME + VARIABLE - PREFIX ||
            !equals[1])
            continue;
        memcpy(source, *at, length);
        source[length] = 0;
        memcpy(name, prefix, PREFIX);
        for (size_t i = VARIABLE; i <= length; i++)
            name[PREFIX + i - VARIABLE] = (char)(source[i] >= 'A' && source[i] <= 'Z' ? source[i] - 'A' + 'a' : source[i]);
        if (kzi_auth_value_is_name(name) && !kzi_auth_value_set(all, name, equals + 1, source, true, error))
            return false;
    }
    return true;
}

void kzi_auth_values_free(kzi_auth_values *all)
{
    for (size_t i = 0; i < all->n; i++)
        drop(&all->items[i]);
    free(all->items);
    *all = (kzi_auth_values){ 0 };
}
