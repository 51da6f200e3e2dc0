/* auto_selector.c: picks a model from the curated guide, weighing scores, size, speed and what is there or runs already, and a
 * variant of it for the platform. */
#include "flows.h"

#include <kamiwaza/serving.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

typedef enum preference { BALANCED, BIGGER, FASTER } preference;

typedef struct selection {
    const kz_models_auto_selector_select_params *params;
    const kz_model_guide_list *guides;
    const kz_deployment_list *deployments;
    const kz_model_list *models;
    const char *platform;
    const char *use_case;
    preference performance;
} selection;

static int rank(const char *word, const char *const *words, int n, int otherwise)
{
    for (int i = 0; word && i < n; i++)
        if (!strcasecmp(word, words[i]))
            return i + 1;
    return otherwise;
}

static int size_rank(const kz_model_guide *guide)
{
    static const char *const words[] = { "small", "medium", "large", "very_large" };
    return rank(guide->size_category, words, 4, 0);
}

static int speed_rank(const kz_model_variant *variant)
{
    static const char *const words[] = { "slow", "medium", "fast", "very_fast" };
    return rank(variant->speed_rating, words, 4, 2);
}

/* "General Use " is meant by "general use". */
static bool same_word(const char *text, const char *word)
{
    while (*text == ' ')
        text++;
    size_t length = strlen(text);
    while (length && text[length - 1] == ' ')
        length--;
    return length == strlen(word) && !strncasecmp(text, word, length);
}

static bool is_case(const char *text, const char *use_case)
{
    static const char *const known[][6] = { { "text", "general use", "text", "chat", "language", NULL },
        { "vision", "vision", "vision/multimodal", "multimodal", NULL }, { "diffusion", "diffusion", "image", NULL } };
    for (size_t i = 0; text && i < 3; i++)
        if (!strcmp(use_case, known[i][0]))
            for (size_t j = 1; known[i][j]; j++)
                if (same_word(text, known[i][j]))
                    return true;
    return false;
}

static bool fits_case(const selection *s, const kz_model_guide *guide)
{
    bool fits = is_case(guide->use_case, s->use_case);
    for (size_t i = 0; !fits && i < guide->n_use_case_list; i++)
        fits = is_case(guide->use_case_list[i], s->use_case);
    return fits;
}

static const kz_model *model_of_repo(const selection *s, const char *repo_id)
{
    for (size_t i = 0; i < s->models->n_items; i++) {
        const kz_model *model = s->models->items[i];
        if (model->repo_modelId && repo_id && !strcmp(model->repo_modelId, repo_id))
            return model;
    }
    return NULL;
}

static bool runs(const kz_deployment *deployment)
{
    return deployment->status && !strcmp(deployment->status, "DEPLOYED");
}

/* The first deployment that runs a model of the repository. */
static const kz_deployment *running(const selection *s, const char *repo_id)
{
    for (size_t i = 0; i < s->deployments->n_items; i++) {
        const kz_deployment *deployment = s->deployments->items[i];
        for (size_t j = 0; runs(deployment) && j < s->models->n_items; j++) {
            const kz_model *model = s->models->items[j];
            if (model->id && deployment->m_id && !strcmp(model->id, deployment->m_id) && model->repo_modelId && repo_id &&
                !strcmp(model->repo_modelId, repo_id))
                return deployment;
        }
    }
    return NULL;
}

static bool is_downloaded(const selection *s, const char *repo_id)
{
    const kz_model *model = model_of_repo(s, repo_id);
    for (size_t i = 0; model && i < model->n_m_files; i++)
        if (kzp_true(model->m_files[i]->download))
            return true;
    return false;
}

static bool fits_platform(const selection *s, const kz_model_variant *variant)
{
    bool fits = variant->platform && !strcasecmp(variant->platform, s->platform);
    for (size_t i = 0; !fits && i < variant->n_platform_list; i++)
        fits = variant->platform_list[i] && !strcasecmp(variant->platform_list[i], s->platform);
    return fits;
}

/* Whether `a` is to be preferred to `b`; of equals the first stays. */
static bool is_better(const selection *s, const kz_model_variant *a, const kz_model_variant *b)
{
    if (s->performance != BIGGER)
        return speed_rank(a) > speed_rank(b);
    if (a->minimum_vram.value != b->minimum_vram.value)
        return a->minimum_vram.value > b->minimum_vram.value;
    return a->quality_penalty.value < b->quality_penalty.value;
}

static const kz_model_variant *best_variant(const selection *s, const kz_model_guide *guide)
{
    const kz_model_variant *best = NULL;
    for (int pass = 0; pass < 2 && !best; pass++) /* none for this platform: any */
        for (size_t i = 0; i < guide->n_variants; i++)
            if ((pass || fits_platform(s, guide->variants[i])) && (!best || is_better(s, guide->variants[i], best)))
                best = guide->variants[i];
    return best;
}

static double score(const selection *s, const kz_model_guide *guide, bool launch)
{
    double sum = guide->score_average.value;
    if (kzp_true(s->params->needs_reasoning))
        sum += (guide->score_reasoning.value != 0 ? guide->score_reasoning.value : guide->score_instruction_following.value) *
            0.5;
    const kz_model_variant *variant = best_variant(s, guide);
    if (s->performance == BIGGER)
        sum += size_rank(guide) * 2;
    else if (s->performance == FASTER && variant)
        sum += speed_rank(variant) * 1.5;
    bool prefer = s->params->prefer_downloaded.state != KZ_SET || s->params->prefer_downloaded.value;
    if (launch && prefer && is_downloaded(s, guide->base_model_id))
        sum += 5;
    return sum;
}

/* Whether a guide entry is among those to choose from. */
static bool counts(const selection *s, const kz_model_guide *guide, bool any_fits, bool must_run)
{
    bool fits = !strcmp(s->use_case, "other") || !any_fits || fits_case(s, guide);
    return fits && (!must_run || running(s, guide->base_model_id));
}

static const kz_model_guide *best_guide(selection *s, bool *launch, double *points)
{
    const char *intent = kzp_has(s->params->intent) ? s->params->intent : "auto";
    bool any_fits = false, any_runs = false;
    for (size_t i = 0; i < s->guides->n_items; i++)
        any_fits |= fits_case(s, s->guides->items[i]);
    for (size_t i = 0; i < s->guides->n_items; i++)
        any_runs |= counts(s, s->guides->items[i], any_fits, true);
    *launch = !strcmp(intent, "launch") || (!strcmp(intent, "auto") && !any_runs);
    if (*launch && s->performance == BALANCED && !any_runs)
        s->performance = BIGGER;
    const kz_model_guide *best = NULL;
    for (size_t i = 0; i < s->guides->n_items; i++) {
        const kz_model_guide *guide = s->guides->items[i];
        if (!counts(s, guide, any_fits, !*launch))
            continue;
        double sum = score(s, guide, *launch);
        if (best && sum <= *points)
            continue;
        best = guide;
        *points = sum;
    }
    return best;
}

static int by_request(const void *a, const void *b)
{
    const kz_deployment *x = *(const kz_deployment *const *)a, *y = *(const kz_deployment *const *)b;
    return strcmp(x->requested_at ? x->requested_at : "", y->requested_at ? y->requested_at : "");
}

static bool suggest_shutdown(const selection *s, kz_model_recommendation *result, kz_error **error)
{
    size_t n = 0, most = s->deployments->n_items + 1;
    const kz_deployment **sorted = kz_result_memory(result, most * sizeof *sorted, error);
    kz_json *list = kz_result_memory(result, most * sizeof *list, error);
    for (size_t i = 0; list && i < s->deployments->n_items; i++)
        if (runs(s->deployments->items[i]))
            sorted[n++] = s->deployments->items[i];
    if (n)
        qsort(sorted, n, sizeof *sorted, by_request);
    for (size_t i = 0; i < n; i++)
        list[i] = kz_json_of(sorted[i]);
    result->shutdown_suggestions = list;
    result->n_shutdown_suggestions = n;
    return list != NULL;
}

static void variant_reason(const selection *s, const kz_model_variant *variant, char *out, size_t size)
{
    if (s->performance == BIGGER)
        snprintf(out, size, "prefers higher VRAM (%lldGB)", (long long)variant->minimum_vram.value);
    else if (s->performance == FASTER)
        snprintf(out, size, "prefers speed rating %s", variant->speed_rating ? variant->speed_rating : "medium");
    else
        snprintf(out, size, "balanced trade-off");
}

static bool explain(const selection *s, kz_model_recommendation *result, bool launch, double points, kz_error **error)
{
    char text[1024], why[128];
    variant_reason(s, result->variant, why, sizeof why);
    snprintf(text, sizeof text, "Guide '%s' (score %.1f); Variant repo %s (%s)%s", result->guide->name, points,
        result->variant->variant_repo, why,
        result->deployment.text ? "; Existing deployment is already running"
            : launch            ? "; Requires launching a new deployment"
                                : "");
    result->rationale = kz_result_string(result, text, SIZE_MAX, error);
    return result->rationale != NULL;
}

static bool choose(selection *s, kz_model_recommendation *result, kz_error **error)
{
    bool launch = false;
    double points = 0;
    const kz_model_guide *guide = best_guide(s, &launch, &points);
    if (!guide)
        return kz_error_set(error, KZ_ERROR_NOT_FOUND, NULL, "No entry of the guide fits%s.", launch ? "" : " and runs");
    result->guide = guide;
    result->variant = best_variant(s, guide);
    if (!result->variant)
        return kz_error_set(error, KZ_ERROR_NOT_FOUND, guide->name, "The guide's entry %s has no variants.", guide->name);
    const kz_deployment *deployment = running(s, guide->base_model_id);
    if (deployment)
        result->deployment = kz_json_of(deployment);
    result->intent = kz_result_string(result, launch ? "launch" : "running", SIZE_MAX, error);
    result->action = kz_result_string(result, deployment ? "reuse" : "deploy", SIZE_MAX, error);
    if (launch && kzp_true(s->params->allow_shutdown) && !suggest_shutdown(s, result, error))
        return false;
    return explain(s, result, launch, points, error);
}

static const char *own_platform(void)
{
    struct utsname name;
    if (uname(&name))
        return "cpu";
    return !strcmp(name.sysname, "Darwin") ? "mac" : !strcmp(name.sysname, "Linux") ? "gpu" : "cpu";
}

void *kzp_models_auto_selector_select(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_auto_selector_select_params *params = arguments;
    kz_serving *serving = kz_service_peer(service, "serving", error);
    kz_model_recommendation *result = kz_result_new(&kzt_kz_model_recommendation, sizeof *result, error);
    kz_model_guide_list *guides = kz_models_list_guides((kz_models *)service, NULL, error);
    kz_deployment_list *deployments = kz_serving_list_deployments(serving, NULL, error);
    kz_model_list *models = kz_models_list((kz_models *)service, &(kz_models_list_params){ .load_files = KZ_TRUE }, error);
    const char *performance = kzp_has(params->performance) ? params->performance : "balanced";
    selection s = { .params = params,
        .guides = guides,
        .deployments = deployments,
        .models = models,
        .platform = kzp_has(params->platform_hint) ? params->platform_hint : own_platform(),
        .use_case = kzp_has(params->use_case) ? params->use_case : "text",
        .performance = !strcmp(performance, "bigger") ? BIGGER
            : !strcmp(performance, "faster")          ? FASTER
                                                      : BALANCED };
    if (result) {
        kz_result_adopt(result, guides);
        kz_result_adopt(result, deployments);
        kz_result_adopt(result, models);
    }
    if (!*error && choose(&s, result, error))
        return result;
    if (result) {
        kz_free(result);
        return NULL;
    }
    kz_free(guides);
    kz_free(deployments);
    kz_free(models);
    return NULL;
}
