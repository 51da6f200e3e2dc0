/* fuzz-oauth.c: what providers of OAuth answer, and what comes back through a browser. The first byte chooses how somebody signs in; then come
 * the answers in turn, each ended by a record separator (0x1e) and begun by a byte that stands for its status. Whatever is answered, a sign-in
 * ends with a credential or an error that can be shown on a terminal, and leaves nothing behind. */
#include "../oauth/drive.h"
#include "fuzz.h"
#include "oauth.h"
#include "utf8.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct answers {
    const char *at, *end;
} answers;

/* The next answer: its status, and the rest in memory of its own. */
static char *next(void *user, long *status, size_t *length)
{
    answers *input = user;
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

static void check_error(const kz_error *error)
{
    HOLDS(error);
    for (; error; error = error->cause) {
        HOLDS(kzi_utf8_valid(error->message, strlen(error->message)) && strlen(error->message) < 8192);
        for (const char *c = error->message; *c; c++)
            HOLDS((unsigned char)*c >= ' ' || *c == '\n' || *c == '\t');
    }
}

static void sign_in(kz_client *client, void *self, kz_provider_reason reason, answers *input)
{
    kz_error *error = NULL;
    bool granted;
    const char *memory = reason == KZ_PROVIDER_REFUSED ? "{\"refresh_token\":\"spent\",\"sub\":\"ada\"}" : NULL;
    kz_step step = drive(client, self, reason, memory, next, input, &granted, &error);
    HOLDS((step == KZ_STEP_FAILED) == (error != NULL));
    HOLDS(step != KZ_STEP_DONE || granted || reason == KZ_PROVIDER_SIGN_OUT);
    if (error)
        check_error(error);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const settings[][13] = {
        { "auth_client_id", "app", "auth_issuer", "http://127.0.0.1", "auth_client_secret", "secret" },
        { "auth_client_id", "app", "auth_issuer", "http://127.0.0.1", "auth_token_endpoint", "http://127.0.0.1/token",
            "auth_device_endpoint", "http://127.0.0.1/device", "auth_revocation_endpoint", "http://127.0.0.1/revoke",
            "auth_jwks_uri", "http://127.0.0.1/keys" },
    };
    static kz_client *clients[2]; /* that discovers, and that knows the endpoints */
    for (int i = 0; i < 2 && !clients[1]; i++)
        HOLDS(clients[i] = drive_client(settings[i], &(kz_error *){ NULL }));
    if (!size)
        return 0;
    answers input = { (const char *)data + 1, (const char *)data + size };
    kz_client *client = clients[data[0] & 1];
    kz_error *error = NULL;
    void *self = drive_create(client, &error);
    HOLDS(self);
    static const kz_provider_reason reasons[] = { KZ_PROVIDER_SIGN_IN, KZ_PROVIDER_FIRST, KZ_PROVIDER_REFUSED,
        KZ_PROVIDER_SIGN_OUT };
    if (data[0] & 8)
        come_back(self, &input);
    else
        sign_in(client, self, reasons[data[0] >> 1 & 3], &input);
    drive_vtable()->destroy(self);
    return 0;
}
