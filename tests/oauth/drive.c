/* drive.c: see drive.h. */
#include "drive.h"

#include "../../core/auth.h"

#include <stdlib.h>
#include <string.h>

extern const kz_plugin_descriptor kz_plugin_auth_oauth;

const kz_provider_vtable *drive_vtable(void)
{
    return kz_plugin_auth_oauth.vtable;
}

kz_client *drive_client(const char *const *settings, kz_error **error)
{
    kz_config *config = kz_config_new(error);
    kz_config_set_isolated(config, true, error);
    kz_config_set_auth(config, "oauth", drive_vtable(), NULL, error);
    kz_config_set(config, "token_store", "none", error);
    for (; *settings; settings += 2)
        kz_config_set(config, settings[0], settings[1], error);
    kz_client *client = kz_client_new(config, error);
    kz_config_free(config);
    if (client && kzi_auth_prepare(client->auth, error))
        return client;
    kz_client_free(client);
    return NULL;
}

void *drive_create(kz_client *client, kz_error **error)
{
    return drive_vtable()->create(client->auth, error);
}

static bool show(void *user, const kz_sign_in_notice *notice, kz_error **error)
{
    (void)user, (void)error;
    if (!notice->url || (strncmp(notice->url, "http://", 7) != 0 && strncmp(notice->url, "https://", 8) != 0))
        abort();
    return true;
}

/* As the core hands an answer to the provider. */
static bool set_answer(kz_client *client, kzi_auth_run *run, const char *text, long status, size_t length)
{
    kzi_call call = { .client = client, .status = status, .method = "POST", .detached = true };
    run->step.answer = (kz_provider_answer){ .status = status };
    if (!status) {
        kz_error_set(&run->failure, KZ_ERROR_CONNECTION, NULL, "cut off");
    } else {
        kzi_buffer_append(&run->body, text, length);
        run->step.answer.body = run->body.data;
        run->step.answer.length = run->body.length;
    }
    if (status >= 400 && !run->body.failed) {
        kzi_buffer_puts(&call.url, "http://127.0.0.1/token");
        kzi_buffer_append(&call.answer, text, length);
        if (run->step.request.body) { /* what it says of that is masked */
            call.body_kind = KZ_BODY_FORM;
            kzi_buffer_append(&call.body, run->step.request.body, run->step.request.body_length);
        }
        if (!call.answer.failed && !call.url.failed && !call.body.failed)
            kzi_answer_api_error(&call);
        run->failure = call.error;
        kzi_buffer_free(&call.answer);
        kzi_buffer_free(&call.body);
        kzi_buffer_free(&call.url);
        if (kz_error_is(run->failure, KZ_ERROR_NO_MEMORY))
            run->step.answer.status = 0;
    }
    run->step.answer.failure = run->failure;
    return !run->body.failed && (run->failure || (status && status < 400));
}

static void forget_answer(kzi_auth_run *run)
{
    kzi_buffer_free(&run->body);
    kz_error_clear(&run->failure);
    run->step.answer = (kz_provider_answer){ 0 };
}

static kz_step turn(
    kz_client *client, void *self, kzi_auth_run *run, const char *text, long status, size_t length, kz_error **error)
{
    bool fine = !text || set_answer(client, run, text, status, length);
    kz_step step = KZ_STEP_FAILED;
    if (!fine)
        kz_error_no_memory(error);
    else if (run->step.reason == KZ_PROVIDER_SIGN_OUT)
        step = drive_vtable()->sign_out(self, &run->step, error);
    else
        step = drive_vtable()->acquire(self, &run->step, error);
    forget_answer(run);
    return step;
}

kz_step drive(kz_client *client, void *self, kz_provider_reason reason, const char *memory, NextAnswer next, void *user,
    bool *granted, kz_error **error)
{
    enum { MOST = 100 };
    kz_sign_in person = { .size = sizeof person, .way = KZ_SIGN_IN_DEVICE, .show = show };
    kzi_auth_run run = { .auth = client->auth };
    kz_step step = KZ_STEP_WAIT;
    run.step = (kz_provider_step){
        .size = sizeof run.step, .reason = reason, .fd = -1, .core = &run, .token = "the-access-token"
    };
    run.step.person = reason == KZ_PROVIDER_SIGN_IN ? &person : NULL;
    run.step.memory = (kz_json){ memory, memory ? strlen(memory) : 0 };
    for (int i = 0; i < MOST && (step == KZ_STEP_WAIT || step == KZ_STEP_REQUEST); i++) {
        long status = 0;
        size_t length = 0;
        char *text = step == KZ_STEP_REQUEST ? next(user, &status, &length) : NULL;
        if (step == KZ_STEP_REQUEST && !text)
            break;
        step = turn(client, self, &run, text, status, length, error);
        kz_wipe(text, length);
        free(text);
    }
    *granted = run.granted != NULL;
    if (run.step.work)
        drive_vtable()->release(run.step.work);
    kzi_grant_unref(run.granted);
    return step;
}
