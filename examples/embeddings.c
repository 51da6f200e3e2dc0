/* embeddings.c: texts as vectors, and which of them is nearest to the first. Which server answers comes from KAMIWAZA_*; the
 * arguments are the model and the texts. */
#include <kamiwaza/openai.h>
#include <stdio.h>

static double similarity(const kz_embedding *a, const kz_embedding *b)
{
    double product = 0;
    for (size_t i = 0; i < a->n_embedding && i < b->n_embedding; i++)
        product += (double)a->embedding[i] * (double)b->embedding[i];
    return product;
}

int main(int argc, char **argv)
{
    static const char *const usual[] = { "A cat sleeps.", "A cat is sleeping.", "Taxes rise in spring." };
    const char *const *texts = argc > 3 ? (const char *const *)argv + 2 : usual;
    size_t n = argc > 3 ? (size_t)argc - 2 : 3;
    kz_error *error = NULL;
    kz_client *client = kz_client_new(NULL, &error);
    kz_openai *openai = kz_client_openai(client, &error);
    kz_embeddings *all = kz_openai_embeddings_create(
        openai, &(kz_embeddings_params){ .model = argc > 1 ? argv[1] : "tiny", .input_list = texts, .n_input_list = n }, &error);
    for (size_t i = 1; all && i < all->n_data; i++)
        printf("%.3f  %s\n", similarity(all->data[0], all->data[i]), texts[i]);
    if (error)
        fprintf(stderr, "embeddings: %s\n", error->message);
    int status = error != NULL;
    kz_free(all);
    kz_error_free(error);
    kz_client_free(client);
    return status;
}
