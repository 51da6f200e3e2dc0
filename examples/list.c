/* list.c: the first program: prints the names of the platform's models. */
#include <kamiwaza/models.h>
#include <stdio.h>

int main(void)
{
    /* clang-format off */
    kz_error *error = NULL;
    kz_client *client = kz_client_new(NULL, &error);            /* settings from KAMIWAZA_* and the profile */
    kz_models *models = kz_client_models(client, &error);       /* loads models.so, once per client */
    kz_model_list *list = kz_models_list(models, NULL, &error); /* typed; unknown JSON fields kept */
    for (size_t i = 0; list && i < list->n_items; i++)
        puts(list->items[i]->name);
    if (error) fprintf(stderr, "%s\n", error->message);
    kz_free(list);
    kz_error_free(error);
    kz_client_free(client);
    /* clang-format on */
    return 0;
}
