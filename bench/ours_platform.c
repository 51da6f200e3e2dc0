/* ours_platform.c: the platform's side with libkamiwaza: a list of models, from the network and from memory; the start of a
 * program; a download to a file. */
#include "ours.h"

#include <kamiwaza/models.h>
#include <kamiwaza/plugin.h>
#include <stdlib.h>

static kz_models *begin_models(const char *url)
{
    begin(url);
    kz_models *service = kz_client_models(client_of, &slot);
    check("models");
    return service;
}

static void use_models(const kz_model_list *list)
{
    for (size_t i = 0; i < list->n_items; i++) {
        const kz_model *model = list->items[i];
        use(model->id);
        use(model->name);
        use(model->repo_modelId);
        use(model->hub);
        use(model->created_timestamp);
        measure_use_number((double)model->private_.value);
    }
}

static kz_model_list *list_models(kz_models *service)
{
    kz_model_list *list = kz_models_list(service, NULL, &slot);
    check("models");
    use_models(list);
    return list;
}

void models(const char *url, size_t n)
{
    kz_models *service = begin_models(url);
    measure_begin();
    for (size_t i = 0; i < n; i++)
        kz_free(list_models(service));
    measure_end(n);
}

void decode(const char *url, size_t n)
{
    kz_models *service = begin_models(url);
    kz_model_list *answer = list_models(service);
    kz_json text = kz_json_of(answer);
    measure_begin();
    for (size_t i = 0; i < n; i++) {
        kz_model_list *list = kz_type_read(service, &kz_models_interface, "kz_model_list", sizeof(kz_model_list), text, &slot);
        check("decode");
        use_models(list);
        kz_free(list);
    }
    measure_end(n);
    kz_free(answer);
}

void start(const char *url, size_t n)
{
    measure_begin();
    kz_free(list_models(begin_models(url)));
    measure_end(n);
    measure_rest();
}

void download(const char *url, size_t n)
{
    kz_transfer transfer = { .url = url, .path = getenv(TARGET), .size = (int64_t)n };
    measure_begin();
    kz_service_fetch(begin_models(url), &transfer, 1, 1, "download", &slot);
    measure_end(n);
    kz_error_free(transfer.error);
    check("download");
}
