/* loads.c: see loads.h. */
#include "loads.h"

#include <glib.h>
#include <string.h>

void loads_note(const kz_log_record *record, void *user)
{
    Loads *loads = user;
    char name[64];
    if (strcmp(record->area, "plugin") != 0)
        return;
    g_snprintf(name, sizeof name, "%s: %s", record->message, record->fields[0].value);
    pthread_mutex_lock(&loads->lock);
    int i = 0;
    while (i < loads->n && strcmp(loads->names[i], name) != 0)
        i++;
    g_assert_cmpint(i, <, (int)G_N_ELEMENTS(loads->names));
    if (i == loads->n)
        memcpy(loads->names[loads->n++], name, sizeof name);
    loads->times[i]++;
    pthread_mutex_unlock(&loads->lock);
}

void loads_check(const Loads *loads, int clients, int services, int others)
{
    int n_loaded = 0, n_made = 0;
    for (int i = 0; i < loads->n; i++) {
        bool made = g_str_has_prefix(loads->names[i], "the service is made: ");
        if (loads->times[i] != (made ? clients : 1))
            g_error("%d times %s", loads->times[i], loads->names[i]);
        n_loaded += g_str_has_prefix(loads->names[i], "the plugin is loaded: ");
        n_made += made;
    }
    g_assert_cmpint(n_made, ==, services);
    g_assert_cmpint(n_loaded, ==, services + others);
}
