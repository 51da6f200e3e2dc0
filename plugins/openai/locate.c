/* locate.c: which deployment answers a call, where no address is configured: the one that the options of the call name, else the
 * active one that serves the model that the call asks for. What was found is remembered for the client, until nobody answers
 * there. Asked by the core in the course of a call (kz_locate); nothing here waits. */
#include "../serving/endpoint.h"
#include "openai-tables.h"

#include <kamiwaza/models.h>
#include <pthread.h>
#include <stdlib.h>

enum { MOST_REMEMBERED = 64 };

typedef struct place {
    char *key; /* "model=tiny" */
    char *url;
} place;

typedef struct state {
    pthread_mutex_t lock;
    place places[MOST_REMEMBERED];
    unsigned next; /* the place that is used next, the oldest */
} state;

static void place_clear(place *p)
{
    free(p->key);
    free(p->url);
    *p = (place){ 0 };
}

void *kzp_openai_create(kz_service *service, kz_error **error)
{
    (void)service;
    state *s = calloc(1, sizeof *s);
    if (!s)
        kz_error_no_memory(error);
    else
        pthread_mutex_init(&s->lock, NULL);
    return s;
}

void kzp_openai_destroy(void *memory)
{
    state *s = memory;
    for (size_t i = 0; i < MOST_REMEMBERED; i++)
        place_clear(&s->places[i]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static place *place_of(state *s, const char *key)
{
    for (size_t i = 0; i < MOST_REMEMBERED; i++)
        if (s->places[i].key && !strcmp(s->places[i].key, key))
            return &s->places[i];
    return NULL;
}

/* A server that cannot be remembered for want of memory is found again the next time. */
static void remember(state *s, const char *key, const char *url)
{
    place made = { strdup(key), strdup(url) };
    if (!made.key || !made.url)
        place_clear(&made);
    pthread_mutex_lock(&s->lock);
    place *p = place_of(s, key);
    if (!p)
        p = &s->places[s->next++ % MOST_REMEMBERED];
    place_clear(p);
    *p = made;
    pthread_mutex_unlock(&s->lock);
}

/* True where it is known; *answer is what the step then is. */
static bool recall(state *s, const char *key, kz_locate *step, kz_step *answer, kz_error **error)
{
    pthread_mutex_lock(&s->lock);
    const place *p = place_of(s, key);
    char *url = p ? strdup(p->url) : NULL;
    pthread_mutex_unlock(&s->lock);
    if (!url)
        return false;
    *answer = kz_locate_found(step, url, true, error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
    free(url);
    return true;
}

/* What is looked for, as "deployment_id=…", "repo_id=…", "model=…", or "" where the call says nothing. */
static bool key_of(const kz_locate *step, char *key, size_t size, kz_error **error)
{
    static const char *const kinds[] = { "deployment_id=", "repo_id=", "model=" };
    const char *target = step->target;
    int length = target ? snprintf(key, size, "%s", target)
                        : snprintf(key, size, "%s%s", step->argument ? "model=" : "", step->argument ? step->argument : "");
    bool known = !target;
    for (size_t i = 0; i < 3 && !known; i++)
        known = !strncmp(target, kinds[i], strlen(kinds[i])) && target[strlen(kinds[i])];
    if (!known)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "target",
            "The target \"%s\" of a call to a model is none of deployment_id=ID, repo_id=ORG/NAME, model=NAME.", target);
    return length < (int)size || kz_error_set(error, KZ_ERROR_ARGUMENT, "model", "The name of a model is too long.");
}

static bool fits(const kz_deployment *d, const char *key)
{
    const char *wanted = strchr(key, '=');
    if (!wanted)
        return true;
    wanted++;
    if (!strncmp(key, "deployment_id=", 14))
        return !strcmp(d->id, wanted);
    if (!strncmp(key, "repo_id=", 8)) /* by then the identifier of its model */
        return d->m_id && !strcmp(d->m_id, wanted);
    return (d->m_name && !strcmp(d->m_name, wanted)) || !strcmp(d->id, wanted) || (d->m_id && !strcmp(d->m_id, wanted));
}

/* The names of what is up, for people. */
static void name_all(const kz_deployment_list *list, char *out, size_t size)
{
    size_t used = 0;
    *out = 0;
    for (size_t i = 0; i < list->n_items; i++) {
        const kz_deployment *d = list->items[i];
        if (kzp_deployment_is_up(d) && used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", d->m_name ? d->m_name : d->id);
    }
}

static kz_step not_found(const char *key, const kz_deployment_list *list, size_t found, kz_error **error)
{
    char all[512];
    name_all(list, all, sizeof all);
    if (found)
        kz_error_set(error, KZ_ERROR_ARGUMENT, "target",
            "Several deployments are active (%s): say which is meant by the option target (deployment_id=ID, model=NAME), or set "
            "KAMIWAZA_OPENAI_BASE_URL.",
            all);
    else
        kz_error_set(error, KZ_ERROR_NOT_FOUND, "model",
            "No active deployment answers%s%s. Active: %s. Deploy the model (kamiwaza serving deploy), or set "
            "KAMIWAZA_OPENAI_BASE_URL.",
            *key ? " for " : "", key, *all ? all : "none");
    return KZ_STEP_FAILED;
}

static kz_step choose(kz_locate *step, const char *key, const char *wanted, const kz_deployment_list *list, kz_error **error)
{
    const kz_deployment *one = NULL;
    size_t found = 0;
    for (size_t i = 0; i < list->n_items; i++)
        if (kzp_deployment_is_up(list->items[i]) && fits(list->items[i], wanted)) {
            one = one ? one : list->items[i];
            found++;
        }
    if (!one || (!*key && found > 1))
        return not_found(key, list, found, error);
    char url[1024];
    kzp_endpoint(step->handle, one, url, sizeof url);
    remember(kz_service_state(step->handle), key, url);
    return kz_locate_found(step, url, false, error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
}

static kz_step request(kz_locate *step, const char *service, const kz_op_ref *op)
{
    step->service = service;
    step->op = op;
    return KZ_STEP_REQUEST;
}

/* A repository is known by its model: the models are asked for first, then the deployments. */
static kz_step by_repository(kz_locate *step, const char *key, kz_error **error)
{
    char wanted[300];
    if (step->round == 0)
        return request(step, "models", &kz_models_list_op);
    if (step->round == 1) {
        const kz_model_list *models = step->result;
        const kz_model *model = NULL;
        for (size_t i = 0; i < models->n_items && !model; i++)
            if (models->items[i] && models->items[i]->repo_modelId && !strcmp(models->items[i]->repo_modelId, key + 8))
                model = models->items[i];
        if (!model || !model->id) {
            kz_error_set(error, KZ_ERROR_NOT_FOUND, "target", "The platform knows no model of the repository %s.", key + 8);
            return KZ_STEP_FAILED;
        }
        snprintf(step->note, sizeof step->note, "%s", model->id);
        return request(step, "serving", &kz_serving_list_deployments_op);
    }
    snprintf(wanted, sizeof wanted, "repo_id=%s", step->note);
    return choose(step, key, wanted, step->result, error);
}

kz_step kzp_openai_locate(kz_locate *step, kz_error **error)
{
    char key[512];
    kz_step answer;
    if (!key_of(step, key, sizeof key, error))
        return KZ_STEP_FAILED;
    if (!step->round && !step->gone && recall(kz_service_state(step->handle), key, step, &answer, error))
        return answer;
    if (!strncmp(key, "repo_id=", 8))
        return by_repository(step, key, error);
    return step->round ? choose(step, key, key, step->result, error) : request(step, "serving", &kz_serving_list_deployments_op);
}
