/* password.c: the auth provider "password": a user of the platform signs in with name and password and gets a token, which is renewed by
 * its refresh token, and by the password again where that is refused. Who is there may be asked for both. The token travels as a cookie
 * too, which some parts of the platform go by. */
#include <kamiwaza/auth-plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct password {
    char *token_url, *refresh_url, *logout_url;
    const char *username, *password; /* or NULL; borrowed from the client */
    const char *scope, *client_id, *cookie;
} password;

/* What is kept to renew the token. */
typedef struct memory {
    const char *refresh_token;
} memory;
static const kz_field memory_fields[] = {
    { .name = "refresh_token", .offset = offsetof(memory, refresh_token), .type = KZ_TYPE_STRING, .place = KZ_IN_BODY },
};
static const uint16_t memory_order[] = { 0 };
static const kz_schema memory_schema = {
    .name = "memory", .title = "memory", .size = sizeof(memory), .n_fields = 1, .fields = memory_fields, .by_name = memory_order
};

/* Between the rounds of one run. */
typedef struct work {
    enum { REFRESHING, SIGNING_IN } phase;
    memory *kept;
    char username[512]; /* given by a person */
    char what[560];     /* "Signing in as ada" */
    kz_string_value *form;
    char *secret; /* what the request holds besides: an address, a header */
    kz_string_entry headers[2];
} work;

static const kz_string_entry form_headers[] = { { "Content-Type", "application/x-www-form-urlencoded" } };

/* ---- the provider ---- */

static void destroy(void *self)
{
    password *it = self;
    free(it->token_url);
    free(it->refresh_url);
    free(it->logout_url);
    free(it);
}

static char *join(const char *base, const char *path, const char *query)
{
    size_t length = strlen(base), size;
    while (length && base[length - 1] == '/')
        length--;
    size = length + strlen(path) + strlen(query) + 1;
    char *url = malloc(size);
    if (url)
        snprintf(url, size, "%.*s%s%s", (int)length, base, path, query);
    return url;
}

static void *create(kz_provider *provider, kz_error **error)
{
    const char *base = kz_provider_value(provider, "base_url");
    password *it = calloc(1, sizeof *it);
    if (it) {
        it->token_url = join(base, "/auth/token", "");
        it->refresh_url = join(base, "/auth/refresh", "?");
        it->logout_url = join(base, "/auth/logout", "");
        it->username = kz_provider_value(provider, "username");
        it->password = kz_provider_value(provider, "password");
        it->scope = kz_provider_value(provider, "scope");
        it->client_id = kz_provider_value(provider, "client_id");
        it->cookie = kz_provider_value(provider, "cookie");
    }
    bool fine = it && it->token_url && it->refresh_url && it->logout_url;
    if (!fine)
        kz_error_no_memory(error);
    else if (it->password && !it->username)
        fine = kz_error_set(error, KZ_ERROR_CONFIG, "username",
            "There is a password but nobody that it belongs to: set username (KAMIWAZA_USERNAME) too.");
    if (fine && kz_provider_keeps(provider, it->username, error))
        return it;
    if (it)
        destroy(it);
    return NULL;
}

/* ---- getting a token ---- */

static void drop_request(work *state)
{
    kz_free(state->form);
    state->form = NULL;
    if (state->secret)
        kz_wipe(state->secret, strlen(state->secret));
    free(state->secret);
    state->secret = NULL;
}

static void release(void *data)
{
    work *state = data;
    drop_request(state);
    kz_free(state->kept);
    kz_wipe(state, sizeof *state);
    free(state);
}

/* What a person is to do who is not there. */
static kz_step nobody(const password *it, kz_provider_step *step, const kz_error *refused, kz_error **error)
{
    kz_error *cause = kz_error_copy(refused);
    if (refused)
        kz_provider_pause(step, 0);
    if (it->username)
        kz_error_wrap(error, &cause, KZ_ERROR_AUTHENTICATION, "password",
            "%s%s is not signed in%s; run: kamiwaza login, or set password (KAMIWAZA_PASSWORD).",
            refused ? "The session has ended: " : "", it->username, refused ? " any more" : "");
    else
        kz_error_wrap(error, &cause, KZ_ERROR_AUTHENTICATION, "username",
            "%sNobody is signed in%s; run: kamiwaza login, or set username and password (KAMIWAZA_USERNAME, KAMIWAZA_PASSWORD).",
            refused ? "The session has ended: " : "", refused ? " any more" : "");
    return KZ_STEP_FAILED;
}

static bool ask(const kz_sign_in *person, const char *what, bool secret, char *answer, size_t size, kz_error **error)
{
    if (person->ask(person->user, what, secret, answer, size, error) && *answer)
        return true;
    return kz_error_set(error, KZ_ERROR_AUTHENTICATION, what, "Signing in was given up: no %s was given.", what);
}

/* Where a password can come from: the settings, or a person that can be asked. */
static bool can_sign_in(const password *it, const kz_provider_step *step)
{
    return (it->username && it->password) || (step->person && step->person->ask);
}

static kz_step sign_in(const password *it, kz_provider_step *step, kz_error **error)
{
    work *state = step->work;
    char secret[4096] = "";
    const kz_sign_in *person = step->person;
    if (person && (person->way == KZ_SIGN_IN_BROWSER || person->way == KZ_SIGN_IN_DEVICE)) {
        kz_error_set(error, KZ_ERROR_AUTHENTICATION, "auth",
            "Signing in by password needs no %s; leave that out, or choose another way with the setting auth, such as oauth.",
            person->way == KZ_SIGN_IN_BROWSER ? "browser" : "other device");
        return KZ_STEP_FAILED;
    }
    bool fine = (it->username || ask(person, "username", false, state->username, sizeof state->username, error)) &&
        (it->password || ask(person, "password", true, secret, sizeof secret, error));
    if (fine) {
        const char *username = it->username ? it->username : state->username;
        snprintf(state->what, sizeof state->what, "Signing in as %s", username);
        const kz_string_entry fields[] = { { "grant_type", "password" }, { "username", username },
            { "password", it->password ? it->password : secret }, { "scope", it->scope }, { "client_id", it->client_id } };
        drop_request(state);
        state->form = kz_provider_form(fields, sizeof fields / sizeof *fields, error);
    }
    kz_wipe(secret, sizeof secret);
    if (!fine || !state->form)
        return KZ_STEP_FAILED;
    state->phase = SIGNING_IN;
    step->request = (kz_provider_http){ .method = "POST",
        .url = it->token_url,
        .headers = form_headers,
        .n_headers = 1,
        .body = state->form->value,
        .body_length = strlen(state->form->value) };
    return KZ_STEP_REQUEST;
}

static kz_step refresh(const password *it, kz_provider_step *step, kz_error **error)
{
    work *state = step->work;
    const kz_string_entry field = { "refresh_token", state->kept->refresh_token };
    state->form = kz_provider_form(&field, 1, error);
    if (!state->form)
        return KZ_STEP_FAILED;
    state->secret = join(it->refresh_url, "", state->form->value);
    if (!state->secret) {
        kz_error_no_memory(error);
        return KZ_STEP_FAILED;
    }
    state->phase = REFRESHING;
    step->request = (kz_provider_http){ .method = "POST", .url = state->secret };
    return KZ_STEP_REQUEST;
}

static kz_step start(const password *it, kz_provider_step *step, kz_error **error)
{
    work *state = step->work = calloc(1, sizeof *state);
    if (!state) {
        kz_error_no_memory(error);
        return KZ_STEP_FAILED;
    }
    if (step->reason != KZ_PROVIDER_SIGN_IN && step->memory.text) {
        kz_error *unread = NULL;
        state->kept = kz_result_read(&memory_schema, sizeof *state->kept, step->memory, &unread);
        if (unread && kz_error_is(unread, KZ_ERROR_NO_MEMORY)) {
            kz_error_move(error, &unread);
            return KZ_STEP_FAILED;
        }
        kz_error_clear(&unread); /* kept by something else: worth nothing */
    }
    if (state->kept && state->kept->refresh_token && *state->kept->refresh_token)
        return refresh(it, step, error);
    return can_sign_in(it, step) ? sign_in(it, step, error) : nobody(it, step, NULL, error);
}

static kz_step grant(const password *it, kz_provider_step *step, const kz_provider_tokens *tokens, kz_error **error)
{
    const work *state = step->work;
    const char *next = tokens->refresh_token ? tokens->refresh_token
        : state->phase == REFRESHING         ? state->kept->refresh_token
                                             : NULL;
    memory *kept = next ? kz_result_new(&memory_schema, sizeof *kept, error) : NULL;
    kz_json_value *text = NULL;
    if (kept) {
        kept->refresh_token = kz_result_string(kept, next, SIZE_MAX, error);
        text = kept->refresh_token ? kz_result_json(&memory_schema, kept, error) : NULL;
    }
    const kz_provider_grant facts = { .size = sizeof facts,
        .token = tokens->access_token,
        .lifetime = tokens->lifetime,
        .memory = text ? text->value : (kz_json){ 0 },
        .user = it->username   ? it->username
            : *state->username ? state->username
                               : NULL,
        .renewable = next || it->password };
    bool fine = (!next || text) && kz_provider_granted(step, &facts, error);
    kz_free(text);
    kz_free(kept);
    return fine ? KZ_STEP_DONE : KZ_STEP_FAILED;
}

/* Whether the platform has refused what it was given, rather than not answered: for a passing reason, or because something else did. */
static bool is_refusal(const kz_provider_answer *answer)
{
    static const int statuses[] = { 400, 401, 403, 422, 423 };
    const char *start = answer->status ? answer->body + strspn(answer->body, " \t\r\n") : "";
    for (size_t i = 0; *start != '<' && i < sizeof statuses / sizeof *statuses; i++)
        if (answer->status == statuses[i])
            return true;
    return false;
}

static kz_step answered(const password *it, kz_provider_step *step, kz_error **error)
{
    work *state = step->work;
    bool refreshing = state->phase == REFRESHING;
    kz_error *problem = NULL;
    kz_provider_tokens *tokens = kz_provider_read_tokens(step, refreshing ? "Renewing the session" : state->what, &problem);
    kz_step next = KZ_STEP_FAILED;
    drop_request(state);
    if (tokens) {
        next = grant(it, step, tokens, error);
    } else if (refreshing && is_refusal(&step->answer)) {
        kz_provider_forget(step);
        next = can_sign_in(it, step) ? sign_in(it, step, error) : nobody(it, step, problem, error);
    } else {
        if (!refreshing && it->password && is_refusal(&step->answer))
            kz_provider_pause(step, 0); /* again and again, it would lock the account */
        kz_error_move(error, &problem);
    }
    kz_error_clear(&problem);
    kz_free(tokens);
    return next;
}

static kz_step acquire(void *self, kz_provider_step *step, kz_error **error)
{
    return step->work ? answered(self, step, error) : start(self, step, error);
}

/* ---- signing out ---- */

static kz_step sign_out(void *self, kz_provider_step *step, kz_error **error)
{
    const password *it = self;
    work *state = step->work;
    if (state) {
        const kz_provider_answer *answer = &step->answer;
        bool over = answer->status && (answer->status < 400 || is_refusal(answer)); /* a session that is none is over too */
        if (over)
            return KZ_STEP_DONE;
        kz_error *cause = kz_error_copy(answer->failure);
        kz_error_move(error, &cause);
        return KZ_STEP_FAILED;
    }
    if (!step->token)
        return KZ_STEP_DONE;
    state = step->work = calloc(1, sizeof *state);
    size_t size = strlen(step->token) + sizeof "Bearer ";
    if (state)
        state->secret = malloc(size);
    if (!state || !state->secret) {
        kz_error_no_memory(error);
        return KZ_STEP_FAILED;
    }
    snprintf(state->secret, size, "Bearer %s", step->token);
    state->headers[0] = (kz_string_entry){ "Authorization", state->secret };
    state->headers[1] = (kz_string_entry){ "Content-Type", "application/json" };
    step->request = (kz_provider_http){ .method = "POST",
        .url = it->logout_url,
        .headers = state->headers,
        .n_headers = 2,
        .body = "{}",
        .body_length = 2,
        .idempotent = 1 };
    return KZ_STEP_REQUEST;
}

/* ---- requests ---- */

/* Whether the token can be the value of a cookie (RFC 6265). */
static bool fits_cookie(const char *token)
{
    for (const char *c = token; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("\",;\\", *c))
            return false;
    return *token != 0;
}

static bool authorise(void *self, kz_provider_request *request, kz_error **error)
{
    const password *it = self;
    if (!request->token || !it->cookie || !strcmp(it->cookie, "none") || !fits_cookie(request->token) ||
        kz_provider_header(request, "Cookie"))
        return true;
    size_t size = strlen(it->cookie) + strlen(request->token) + 2;
    char *value = malloc(size);
    if (!value)
        return kz_error_no_memory(error);
    snprintf(value, size, "%s=%s", it->cookie, request->token);
    bool fine = kz_provider_put_header(request, "Cookie", value, error);
    kz_wipe(value, size);
    free(value);
    return fine;
}

static const kz_provider_setting settings[] = {
    { .name = "scope", .fallback = "openid email profile", .summary = "What the token is to be good for." },
    { .name = "client_id",
        .fallback = "kamiwaza-platform",
        .summary = "The name by which the platform knows this kind of program." },
    { .name = "cookie",
        .fallback = "access_token",
        .summary = "The cookie that carries the token besides the header Authorization; none: there is none." },
};

static const kz_provider_vtable vtable = { .size = sizeof vtable,
    .title = "Password",
    .summary = "A user of the platform signs in with name and password.",
    .settings = settings,
    .n_settings = sizeof settings / sizeof *settings,
    .create = create,
    .destroy = destroy,
    .acquire = acquire,
    .release = release,
    .authorise = authorise,
    .sign_out = sign_out };

KZ_PLUGIN(auth_password) = { .abi_major = KZ_ABI_MAJOR,
    .abi_minor = KZ_ABI_MINOR,
    .size = sizeof(kz_plugin_descriptor),
    .kind = KZ_PLUGIN_AUTH,
    .name = "auth-password",
    .version = "0.1.0",
    .vtable = &vtable };
