/* setuid-probe.c: a program that test-setuid.c makes setuid: says which plugins it would find, where it would send its calls, and what
 * becomes of loading the plugin "bait". With a word: that is its plugin path, set in code. */
#include <kamiwaza/kamiwaza.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    if (argc > 1)
        kz_config_set(config, "plugin_path", argv[1], &error);
    kz_client *client = kz_client_new(config, &error);
    kz_plugin_list *list = kz_client_plugins(client, false, &error);
    for (size_t i = 0; list && i < list->n_items; i++)
        printf("found %s\n", list->items[i].name);
    const char *source = NULL, *url = client ? kz_client_setting(client, "base_url", &source) : NULL;
    printf("calls go to %s by %s\n", url ? url : "nowhere", source ? source : "nobody");
    kz_client_service(client, "bait", &error);
    printf("%s\n", error ? error->message : "loaded");
    kz_free(list);
    kz_error_free(error);
    kz_client_free(client);
    kz_config_free(config);
    return 0;
}
