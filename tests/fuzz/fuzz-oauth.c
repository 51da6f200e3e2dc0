/* fuzz-oauth.c: what providers of OAuth answer, and what comes back through a browser. The first byte chooses how somebody signs in; then come
 * the answers in turn, each ended by a record separator (0x1e) and begun by a byte that stands for its status. Whatever is answered, a sign-in
 * ends with a credential or an error that can be shown on a terminal, holds no secret, and leaves nothing behind. */
#include "../../core/auth.h"
#include "fuzz.h"
#include "oauth.h"
#include "json_scan.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECRET "never-to-be-said"

extern const kz_plugin_descriptor kz_plugin_auth_oauth;
static const kz_provider_vtable *vtable;

typedef struct answers {
    const char *at, *end;
} answers;

/* The next answer: its status, and the rest in memory of its own. */
static char *next(answers *input, long *status, size_t *length)
{
    static const long statuses[] = { 200, 400, 401, 404, 500, 0 };
    if (input->at == input->end)
        return NULL;
    const char *stop = memchr(input->at, 0x1e, (size_t)(input->end - input->at));
    stop = stop ? stop : input->end;
    *status = statuses[(unsigned char)*input->at % 6];
    *length = stop > input->at ? (size_t)(stop - input->at - 1) : 0;
    char *text = malloc(*length + 1);
    HOLDS(text);
    memcpy(text, input->at + (stop > input->at), *length);
    text[*length] = 0;
    input->at = stop + (stop < input->end);
    return text;
}

static bool show(void *user, const kz_sign_in_notice *notice, kz_error **error)
{
    (void)user, (void)error;
    HOLDS(notice->url && (!strncmp(notice->url, "http://", 7) || !strncmp(notice->url, "https://", 8)));
    return true;
}

static void check_error(const kz_error *error)
{
    HOLDS(error);
    for (; error; error = error->cause) {
        HOLDS(kzi_utf8_valid(error->message, strlen(error->message)) && strlen(error->message) < 8192);
        HOLDS(!strstr(error->message, SECRET));
        for (const char *c = error->message; *c; c++)
            HOLDS((unsigned char)*c >= ' ' || *c == '\n' || *c == '\t');
    }
}

/* As the core hands an answer to the provider. */
static void set_answer(kz_client *client, kzi_auth_run *run, const char *text, long status, size_t length)
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
    if (status >= 400) {
        kzi_buffer_puts(&call.url, "http://127.0.0.1/token");
        kzi_buffer_append(&call.answer, text, length);
        kzi_answer_api_error(&call);
        run->failure = call.error;
        kzi_buffer_free(&call.answer);
        kzi_buffer_free(&call.url);
    }
    run->step.answer.failure = run->failure;
}

static void forget_answer(kzi_auth_run *run)
{
    kzi_buffer_free(&run->body);
    kz_error_clear(&run->failure);
    run->step.answer = (kz_provider_answer){ 0 };
}

static void sign_in(kz_client *client, void *self, kz_provider_reason reason, answers *input)
{
    kz_sign_in person = { .size = sizeof person, .way = KZ_SIGN_IN_DEVICE, .show = show };
    kzi_auth_run run = { .auth = client->auth };
    kz_error *error = NULL;
    kz_step step = KZ_STEP_WAIT;
    run.step = (kz_provider_step){ .size = sizeof run.step, .reason = reason, .fd = -1, .core = &run };
    run.step.person = reason == KZ_PROVIDER_SIGN_IN ? &person : NULL;
    run.step.token = "token";
    if (reason == KZ_PROVIDER_REFUSED)
        run.step.memory = KZ_JSON("{\"refresh_token\":\"" SECRET "\",\"sub\":\"ada\"}");
    for (int rounds = 0; rounds < 100 && (step == KZ_STEP_WAIT || step == KZ_STEP_REQUEST); rounds++) {
        long status = 0;
        size_t length = 0;
        char *text = step == KZ_STEP_REQUEST ? next(input, &status, &length) : NULL;
        if (step == KZ_STEP_REQUEST && !text)
            break;
        if (text)
            set_answer(client, &run, text, status, length);
        free(text);
        step = (reason == KZ_PROVIDER_SIGN_OUT ? vtable->sign_out : vtable->acquire)(self, &run.step, &error);
        forget_answer(&run);
        HOLDS((step == KZ_STEP_FAILED) == (error != NULL));
    }
    if (error)
        check_error(error);
    HOLDS(step != KZ_STEP_DONE || run.granted || reason == KZ_PROVIDER_SIGN_OUT);
    if (run.step.work)
        vtable->release(run.step.work);
    kzi_grant_unref(run.granted);
    kz_error_free(error);
}

/* The listener that a browser is sent back to: what is sent to it byte for byte. */
static void come_back(const oauth *self, answers *input)
{
    kz_error *error = NULL;
    const char *query = NULL;
    char page[4096];
    oauth_loopback *loopback = oauth_loopback_open(self, "state-0", &error);
    if (!loopback) { /* no port is free */
        kz_error_free(error);
        return;
    }
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    address.sin_port = htons((uint16_t)strtol(strrchr(oauth_loopback_uri(loopback), ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (!connect(fd, (struct sockaddr *)&address, sizeof address) &&
        send(fd, input->at, (size_t)(input->end - input->at), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
        oauth_redirect what = oauth_loopback_turn(loopback, &query);
        HOLDS((what == OAUTH_REDIRECTED) == (*query != 0));
        void *root = what ? kz_result_new(&kz_schema_json_value, sizeof(kz_json_value), &error) : NULL;
        if (root) {
            oauth_query_value(root, query, "code", &error);
            oauth_query_value(root, query, "error_description", &error);
        }
        kz_free(root);
        kz_error_clear(&error);
        recv(fd, page, sizeof page, MSG_DONTWAIT);
    }
    close(fd);
    oauth_loopback_close(loopback);
}

static kz_client *client_for(bool by_hand)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    vtable = kz_plugin_auth_oauth.vtable;
    kz_config_set_isolated(config, true, &error);
    kz_config_set_auth(config, "oauth", vtable, NULL, &error);
    kz_config_set(config, "token_store", "none", &error);
    kz_config_set(config, "auth_client_id", "app", &error);
    kz_config_set(config, "auth_issuer", "http://127.0.0.1", &error);
    if (by_hand) {
        kz_config_set(config, "auth_token_endpoint", "http://127.0.0.1/token", &error);
        kz_config_set(config, "auth_device_endpoint", "http://127.0.0.1/device", &error);
        kz_config_set(config, "auth_revocation_endpoint", "http://127.0.0.1/revoke", &error);
        kz_config_set(config, "auth_jwks_uri", "http://127.0.0.1/keys", &error);
    } else {
        kz_config_set(config, "auth_client_secret", SECRET, &error);
    }
    kz_client *client = kz_client_new(config, &error);
    kz_config_free(config);
    HOLDS(client && kzi_auth_prepare(client->auth, &error));
    return client;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static kz_client *clients[2]; /* that discover, and that know the endpoints */
    if (!clients[0])
        for (int i = 0; i < 2; i++)
            clients[i] = client_for(i);
    if (!size)
        return 0;
    answers input = { (const char *)data + 1, (const char *)data + size };
    kz_client *client = clients[data[0] & 1];
    kz_error *error = NULL;
    void *self = vtable->create(client->auth, &error);
    HOLDS(self);
    static const kz_provider_reason reasons[] = { KZ_PROVIDER_SIGN_IN, KZ_PROVIDER_FIRST, KZ_PROVIDER_REFUSED,
        KZ_PROVIDER_SIGN_OUT };
    if (data[0] & 8)
        come_back(self, &input);
    else
        sign_in(client, self, reasons[data[0] >> 1 & 3], &input);
    vtable->destroy(self);
    return 0;
}
