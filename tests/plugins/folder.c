/* folder.c: see folder.h. */
#include "folder.h"

#include "../wire/remove.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *folder_new(void)
{
    char *folder = g_dir_make_tmp("kz-plugins-XXXXXX", NULL), real[4096];
    g_assert_nonnull(folder);
    g_assert_nonnull(realpath(folder, real));
    g_assert_cmpint(chmod(real, 0755), ==, 0);
    g_free(folder);
    return g_strdup(real);
}

void folder_free(char *folder)
{
    remove_all(folder);
    g_free(folder);
}

char *folder_add(const char *folder, const char *name)
{
    g_autofree char *from = g_build_filename(g_getenv("KAMIWAZA_TEST_PLUGINS"), "hostile.so", NULL), *bytes = NULL;
    char *to = g_strdup_printf("%s/%s.so", folder, name);
    gsize length;
    g_assert_true(g_file_get_contents(from, &bytes, &length, NULL));
    g_assert_true(g_file_set_contents(to, bytes, (gssize)length, NULL));
    g_assert_cmpint(chmod(to, 0644), ==, 0);
    return to;
}

kz_client *folder_client(const char *folder)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "plugin_path", folder, &error);
    kz_client *client = kz_client_new(config, &error);
    kz_config_free(config);
    g_assert_null(error);
    return client;
}

void folder_refuses(const char *folder, const char *name, kz_error_code code, const char *part)
{
    kz_error *error = NULL;
    kz_client *client = folder_client(folder);
    g_assert_null(kz_client_service(client, name, &error));
    if (error->code != code || !strstr(error->message, part) || !strstr(error->message, name))
        g_error("%s: %s: %s", name, kz_error_class(error->code), error->message);
    kz_error_free(error);
    kz_client_free(client);
}

void folder_accepts(const char *folder, const char *name)
{
    kz_error *error = NULL;
    kz_client *client = folder_client(folder);
    kz_plugin_list *list = kz_client_plugin(client, name, &error);
    g_assert_null(error);
    g_assert_cmpuint(list->n_items, ==, 1);
    g_assert_cmpstr(list->items[0].problem, ==, NULL);
    g_assert_cmpstr(list->items[0].version, ==, "1");
    kz_free(list);
    kz_client_free(client);
}
