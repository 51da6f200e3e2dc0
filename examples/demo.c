/* demo.c: the main job in one program: search a model, have the platform download it with progress, deploy it, wait until it is
 * up, list what runs, stop it. Settings come from KAMIWAZA_*; the argument is the repository. */
#include <kamiwaza/models.h>
#include <kamiwaza/serving.h>
#include <stdio.h>
#include <string.h>

static bool show(const kz_progress *p, void *user)
{
    (void)user;
    if (!strcmp(p->unit, "percent"))
        printf("  %s %s: %lld %%\n", p->phase, p->item ? p->item : "", (long long)p->done);
    else if (p->item)
        printf("  %s: %s\n", p->phase, p->item);
    fflush(stdout);
    return true;
}

static void search(kz_models *models, const char *repo, kz_error **error)
{
    printf("Searching for %s\n", repo);
    kz_model_list *hits = kz_models_search(models, &(kz_models_search_params){ .query = repo }, error);
    for (size_t i = 0; hits && i < hits->n_items; i++) {
        const kz_model *model = hits->items[i];
        printf("  %s, %zu files", model->repo_modelId, model->n_m_files);
        for (size_t j = 0; j < model->n_available_quantizations; j++)
            printf("%s%s", j ? ", " : ": ", model->available_quantizations[j]);
        putchar('\n');
    }
    kz_free(hits);
}

static void download(kz_models *models, const char *repo, kz_error **error)
{
    printf("Downloading it\n");
    kz_models *watched = kz_models_with_options(models, &(kz_call_options){ .progress = show }, error);
    kz_download *done = kz_models_download(
        watched, &(kz_models_download_params){ .repo_id = repo, .quantization = "q4_k_m" }, error);
    for (size_t i = 0; done && i < done->n_files; i++)
        printf("  there: %s, %lld bytes\n", done->files[i]->name, (long long)done->files[i]->size.value);
    kz_free(done);
    kz_service_free(watched);
}

static void deploy(kz_serving *serving, const char *repo, kz_error **error)
{
    printf("Deploying it\n");
    kz_serving *watched = kz_serving_with_options(serving, &(kz_call_options){ .progress = show }, error);
    kz_string_value *id = kz_serving_deploy(serving, &(kz_serving_deploy_params){ .repo_id = repo }, error);
    kz_deployment *up = kz_serving_wait(
        watched, &(kz_serving_wait_params){ .deployment_id = id ? id->value : NULL, .poll_interval = KZ_NUMBER(0.25) }, error);
    if (up)
        printf("  %s is %s\n", up->m_name, up->status);
    kz_free(up);
    kz_free(id);
    kz_service_free(watched);
}

static void list(kz_serving *serving, kz_error **error)
{
    printf("What runs\n");
    kz_active_deployment_list *active = kz_serving_list_active(serving, NULL, error);
    for (size_t i = 0; active && i < active->n_items; i++)
        printf("  %s at %s\n", active->items[i]->m_name, active->items[i]->endpoint);
    kz_free(active);
}

int main(int argc, char **argv)
{
    const char *repo = argc > 1 ? argv[1] : "Qwen/Qwen3-8B-GGUF";
    kz_error *error = NULL;
    kz_client *client = kz_client_new(NULL, &error);
    kz_models *models = kz_client_models(client, &error);
    kz_serving *serving = kz_client_serving(client, &error);
    search(models, repo, &error);
    download(models, repo, &error);
    deploy(serving, repo, &error);
    list(serving, &error);
    kz_free(kz_serving_stop(serving, &(kz_serving_stop_params){ .repo_id = repo }, &error));
    if (error)
        fprintf(stderr, "demo: %s\n", error->message);
    else
        printf("Stopped it\n");
    int status = error != NULL;
    kz_error_free(error);
    kz_client_free(client);
    return status;
}
