/* settings.c: the one table of settings: from it follow what code, environment and profile may say, `kamiwaza config --help`,
 * the manual, defaults and their checks. */
#include "settings.h"

#include "schema_json.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const base_url_aliases[] = { "KAMIWAZA_BASE_URI", NULL };
static const char *const api_key_aliases[] = { "KAMIWAZA_API_TOKEN", NULL };
static const char *const verify_aliases[] = { "KAMIWAZA_VERIFY_SSL", NULL };
static const char *const hub_token_aliases[] = { "HF_TOKEN", NULL };
static const char *const key_headers[] = { "both", "authorization", "x-api-key", NULL };
static const char *const http_versions[] = { "auto", "1.1", "2", NULL };
static const char *const log_levels[] = { "off", "error", "warning", "info", "debug", "trace", NULL };

#define DAY ((int64_t)24 * 3600 * 1000)
#define BYTES_MAX ((int64_t)1 << 40)
#define URL_ALLOWED "http:// or https:// and a host, without user, query or fragment"
/* One row a setting. */
/* clang-format off */
/* row(member, variable, aliases, type, unit, allowed, default, kind, low, high, choices, secret, meaning) */
#define SETTINGS(row)                                                                                                          \
    row(base_url, "BASE_URL", base_url_aliases, "url", NULL, URL_ALLOWED, "https://api.kamiwaza.ai",                           \
        KZI_URL, 0, 0, NULL, 0, "Where the platform answers; deployed platforms usually have /api at its end.")                \
    row(openai_base_url, "OPENAI_BASE_URL", NULL, "url", NULL, URL_ALLOWED, NULL, KZI_URL, 0, 0, NULL, 0,                      \
        "Where models answer; unset, the deployment that serves a model is looked up.")                                        \
    row(hub_url, "HUB_URL", NULL, "url", NULL, URL_ALLOWED, "https://huggingface.co", KZI_URL, 0, 0,                           \
        NULL, 0, "The hub that model files are fetched from to this machine.")                                                 \
    row(hub_token, "HUB_TOKEN", hub_token_aliases, "string", NULL, "any text", NULL, KZI_TEXT, 0, 0, NULL, 1,                  \
        "A token for that hub, sent to it alone.")                                                                             \
    row(api_key, "API_KEY", api_key_aliases, "string", NULL, "any text", NULL, KZI_TEXT, 0, 0, NULL, 1,                        \
        "The API key that requests carry.")                                                                                    \
    row(token, "TOKEN", NULL, "string", NULL, "any text", NULL, KZI_TEXT, 0, 0, NULL, 1, "A bearer token that requests carry.") \
    row(username, "USERNAME", NULL, "string", NULL, "any text", NULL, KZI_TEXT, 0, 0, NULL, 0, "Who signs in by password.")    \
    row(password, "PASSWORD", NULL, "string", NULL, "any text", NULL, KZI_TEXT, 0, 0, NULL, 1, "The password of that user.")   \
    row(credential_command, "CREDENTIAL_COMMAND", NULL, "string", NULL, "a program and its arguments", NULL, KZI_TEXT, 0, 0,   \
        NULL, 0, "A program that prints a token; run without a shell.")                                                        \
    row(auth, "AUTH", NULL, "string", NULL, "api-key, bearer, command, or an auth plugin's name", NULL, KZI_TEXT, 0, 0, NULL,  \
        0, "How to sign in; unset, by what is given.")                                                                         \
    row(token_store, "TOKEN_STORE", NULL, "string", NULL, "file, none, or a store plugin's name", "file", KZI_TEXT, 0, 0,      \
        NULL, 0, "Where tokens of a sign-in are kept.")                                                                        \
    row(token_path, "TOKEN_PATH", NULL, "path", NULL, "a file", NULL, KZI_PATH, 0, 0, NULL, 0,                                 \
        "The file of the token store; unset, one in the XDG state folder.")                                                    \
    row(api_key_header, "API_KEY_HEADER", NULL, "choice", NULL, "both, authorization, x-api-key", "both", KZI_CHOICE, 0, 0,    \
        key_headers, 0, "Which header carries the API key; servers of OpenAI's interface get one.")                                                                   \
    row(timeout, "TIMEOUT", NULL, "duration", "seconds", "0 (none) to 86400", "30", KZI_DURATION, 0, DAY, NULL, 0,             \
        "The longest a whole call may take, retries included; streams and downloads have none unless their call says so.")     \
    row(connect_timeout, "CONNECT_TIMEOUT", NULL, "duration", "seconds", "0 (none) to 86400", "10", KZI_DURATION, 0, DAY,      \
        NULL, 0, "The longest that connecting may take.")                                                                      \
    row(idle_timeout, "IDLE_TIMEOUT", NULL, "duration", "seconds", "0 (none) to 86400", "60", KZI_DURATION, 0, DAY, NULL, 0,   \
        "The longest that a server may send nothing.")                                                                         \
    row(max_retries, "MAX_RETRIES", NULL, "integer", NULL, "0 to 100", "3", KZI_INTEGER, 0, 100, NULL, 0,                      \
        "How often a request that failed for a passing reason is sent again.")                                                 \
    row(retry_budget, "RETRY_BUDGET", NULL, "duration", "seconds", "0 (the timeout) to 86400", "0", KZI_DURATION, 0, DAY,      \
        NULL, 0, "The longest that all attempts of a call together may take.")                                                 \
    row(verify_tls, "VERIFY_TLS", verify_aliases, "boolean", NULL, "true or false", "true", KZI_BOOLEAN, 0, 1, NULL, 0,        \
        "Whether servers must show a valid certificate; off only for tests.")                                                  \
    row(ca_file, "CA_FILE", NULL, "path", NULL, "a file", NULL, KZI_PATH, 0, 0, NULL, 0,                                       \
        "Certificates of the authorities to trust, PEM, instead of the system's.")                                             \
    row(client_cert, "CLIENT_CERT", NULL, "path", NULL, "a file", NULL, KZI_PATH, 0, 0, NULL, 0, "Our own certificate, PEM.")  \
    row(client_key, "CLIENT_KEY", NULL, "path", NULL, "a file", NULL, KZI_PATH, 0, 0, NULL, 0, "Its private key, PEM.")        \
    row(client_key_password, "CLIENT_KEY_PASSWORD", NULL, "string", NULL, "any text", NULL, KZI_TEXT, 0, 0, NULL, 1,           \
        "The password of that key.")                                                                                           \
    row(proxy, "PROXY", NULL, "string", NULL, "a URL, or empty for the environment's", NULL, KZI_TEXT, 0, 0, NULL, 1,          \
        "The proxy to go through.")                                                                                            \
    row(headers, "HEADERS", NULL, "list", NULL, "\"Name: value\", one a line", NULL, KZI_HEADERS, 0, 0, NULL, 1,               \
        "Further headers of every request.")                                                                                   \
    row(user_agent, "USER_AGENT", NULL, "string", NULL, "any text", "libkamiwaza/" KZ_VERSION, KZI_TEXT, 0, 0, NULL, 0,        \
        "What requests say they come from.")                                                                                   \
    row(http_version, "HTTP_VERSION", NULL, "choice", NULL, "auto, 1.1, 2", "auto", KZI_CHOICE, 0, 0, http_versions, 0,        \
        "The HTTP version; auto takes HTTP/2 where a TLS server offers it.")                                                   \
    row(allow_plain_http, "ALLOW_PLAIN_HTTP", NULL, "boolean", NULL, "true or false", "false", KZI_BOOLEAN, 0, 1, NULL, 0,     \
        "Whether credentials may go over plain HTTP to other machines.")                                                       \
    row(max_header_size, "MAX_HEADER_SIZE", NULL, "integer", "bytes", "1 KiB to 16 MiB", "256KiB", KZI_SIZE, 1024, 16 << 20,   \
        NULL, 0, "The largest headers of one answer.")                                                                         \
    row(max_body_size, "MAX_BODY_SIZE", NULL, "integer", "bytes", "1 KiB to 1 TiB", "256MiB", KZI_SIZE, 1024, BYTES_MAX, NULL, \
        0, "The largest answer that is taken into memory, after decompression.")                                               \
    row(max_result_size, "MAX_RESULT_SIZE", NULL, "integer", "bytes", "64 KiB to 1 TiB", "512MiB", KZI_SIZE, 65536, BYTES_MAX,  \
        NULL, 0, "The most memory that one result, or item of a stream, may take beside its text.")                            \
    row(max_json_depth, "MAX_JSON_DEPTH", NULL, "integer", NULL, "1 to 10000", "128", KZI_INTEGER, 1, 10000, NULL, 0,          \
        "How deep the JSON of an answer may nest.")                                                                            \
    row(max_line_size, "MAX_LINE_SIZE", NULL, "integer", "bytes", "1 KiB to 1 TiB", "64MiB", KZI_SIZE, 1024, BYTES_MAX, NULL,  \
        0, "The largest item of a stream.")                                                                                    \
    row(max_connections, "MAX_CONNECTIONS", NULL, "integer", NULL, "0 to 4096", "16", KZI_INTEGER, 0, 4096, NULL, 0,           \
        "How many idle connections a client keeps warm.")                                                                      \
    row(max_host_calls, "MAX_HOST_CALLS", NULL, "integer", NULL, "0 (any) to 100000", "0", KZI_INTEGER, 0, 100000, NULL, 0,    \
        "How many asynchronous requests may be under way to one host at once on one loop; others wait in order.")              \
    row(compressed, "COMPRESSED", NULL, "boolean", NULL, "true or false", "true", KZI_BOOLEAN, 0, 1, NULL, 0,                  \
        "Whether to ask for compressed answers.")                                                                              \
    row(plugin_path, "PLUGIN_PATH", NULL, "list", NULL, "folders, separated by ':'", NULL, KZI_PATHS, 0, 0, NULL, 0,           \
        "Folders where plugins are looked for before the installed ones.")                                                     \
    row(use_https, "USE_HTTPS", NULL, "boolean", NULL, "true or false", "true", KZI_BOOLEAN, 0, 1, NULL, 0,                    \
        "Whether the endpoints of deployments are https.")                                                                     \
    row(profile, "PROFILE", NULL, "string", NULL, "the name of a profile", NULL, KZI_TEXT, 0, 0, NULL, 0,                      \
        "The profile that settings are taken from; unset, the one that the file of profiles chooses, or \"default\".")       \
    row(log, "LOG", NULL, "choice", NULL, "off, error, warning, info, debug, trace", "off", KZI_CHOICE, 0, 0, log_levels, 0,   \
        "What the command writes to standard error.")
/* clang-format on */
#define PUBLIC_ROW(member, variable, other, kind_name, unit_name, values, standard, kind, low, high, list, hidden, meaning) \
    { .name = #member,                                                                                                      \
        .env = "KAMIWAZA_" variable,                                                                                        \
        .aliases = other,                                                                                                   \
        .type = kind_name,                                                                                                  \
        .unit = unit_name,                                                                                                  \
        .allowed = values,                                                                                                  \
        .fallback = standard,                                                                                               \
        .summary = meaning,                                                                                                 \
        .secret = hidden },
#define PRIVATE_ROW(member, variable, other, kind_name, unit_name, values, standard, what, low, high, list, hidden, meaning) \
    { .offset = offsetof(kzi_settings, member), .kind = what, .lowest = low, .highest = high, .choices = list },

static const kz_setting table[] = { SETTINGS(PUBLIC_ROW) };
static const kzi_setting rows[] = { SETTINGS(PRIVATE_ROW) };
enum { N_SETTINGS = sizeof table / sizeof *table };

const kz_setting *kz_settings(size_t *n_settings)
{
    if (n_settings)
        *n_settings = N_SETTINGS;
    return table;
}

const kzi_setting *kzi_setting_rows(size_t *n)
{
    *n = N_SETTINGS;
    return rows;
}

int kzi_setting_index(const char *name)
{
    for (int i = 0; i < N_SETTINGS; i++)
        if (!strcmp(table[i].name, name))
            return i;
    return -1;
}

static bool refuse(int index, const char *value, const char *source, kz_error **error)
{
    const kz_setting *setting = &table[index];
    /* A URL is refused for its user, password or query, and those may be secret whatever the setting is. */
    bool hidden = setting->secret || (rows[index].kind == KZI_URL && strpbrk(value, "@?#"));
    return kz_error_set(error, KZ_ERROR_CONFIG, setting->name, "The setting %s is %s%s%s (from %s); allowed: %s%s%s.",
        setting->name, hidden ? "" : "\"", hidden ? "not valid" : value, hidden ? "" : "\"", source, setting->allowed,
        setting->unit ? ", in " : "", setting->unit ? setting->unit : "");
}

static bool parse_boolean(const char *value, int64_t *out)
{
    static const char *const words[][2] = { { "false", "true" }, { "0", "1" }, { "no", "yes" }, { "off", "on" } };
    for (size_t i = 0; i < 4; i++)
        for (int truth = 0; truth < 2; truth++)
            if (!strcasecmp(value, words[i][truth])) {
                *out = truth;
                return true;
            }
    return false;
}

typedef struct unit {
    const char *name;
    double factor;
} unit;
static const unit time_units[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "min", 60000 }, { "h", 3600000 },
    { 0 } };
static const unit size_units[] = { { "", 1 }, { "B", 1 }, { "KiB", 1024 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { 0 } };
static const unit no_units[] = { { "", 1 }, { 0 } };

/* Digits with at most one point and a unit: no signs, exponents or names of infinities, in any locale. */
static bool parse_number(const char *value, const unit *units, bool whole, int64_t *out)
{
    double number = 0, place = 0;
    const char *at = value;
    int digits = 0;
    for (; (*at >= '0' && *at <= '9') || (*at == '.' && !place && !whole); at++) {
        if (*at == '.') {
            place = 1;
            continue;
        }
        if (++digits > 18)
            return false;
        number = number * 10 + (*at - '0');
        place *= 10;
    }
    while (*at == ' ')
        at++;
    for (const unit *u = units; digits && u->name; u++)
        if (!strcasecmp(at, u->name)) {
            double result = number / (place ? place : 1) * u->factor;
            *out = (int64_t)(result + 0.5);
            if (!*out && number > 0)
                *out = 1; /* 0 means "no limit", which a very short time does not */
            return result < 9e18;
        }
    return false;
}

bool kzi_duration_parse(const char *value, int64_t *ms)
{
    return parse_number(value, time_units, false, ms);
}

static bool is_url(const char *value)
{
    const char *host = !strncasecmp(value, "http://", 7) ? value + 7 : !strncasecmp(value, "https://", 8) ? value + 8 : NULL;
    if (!host || !*host || *host == '/' || *host == ':' || strpbrk(value, "?#@ \t\r\n\\\"<>"))
        return false;
    const char *port = *host == '[' ? strchr(host, ']') : host;
    if (!port)
        return false;
    port += strcspn(port, ":/");
    size_t digits = *port == ':' ? strspn(port + 1, "0123456789") : 0;
    return *port != ':' ||
        (digits && digits <= 5 && (!port[1 + digits] || port[1 + digits] == '/') && strtol(port + 1, NULL, 10) <= 65535);
}

static void list_free(kzi_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        kzi_wipe_free(list->items[i], strlen(list->items[i]));
    free(list->items);
    *list = (kzi_list){ 0 };
}

static bool is_header(const char *line)
{
    size_t name = strcspn(line, ": \t\r");
    return name && line[name] == ':' && !strchr(line, '\r');
}

/* Adds the parts of `value` behind those that are there. */
static bool add_list(kzi_list *list, const char *value, char separator, bool *valid)
{
    *valid = true;
    while (*value) {
        size_t length = strcspn(value, (char[]){ separator, 0 });
        char *item = strndup(value, length), **longer = NULL;
        value += length + (value[length] != 0);
        if (!length) {
            free(item);
            continue;
        }
        if (item && separator == '\n' && !is_header(item))
            *valid = false;
        if (item)
            longer = realloc(list->items, (list->n + 1) * sizeof *longer);
        if (!longer) {
            free(item);
            return false;
        }
        list->items = longer;
        list->items[list->n++] = item;
    }
    return true;
}

static bool store_text(char **place, const char *value, bool url)
{
    char *copy = strdup(value);
    if (!copy)
        return false;
    for (size_t n = strlen(copy); url && n && copy[n - 1] == '/'; n--)
        copy[n - 1] = 0;
    if (*place)
        kzi_wipe_free(*place, strlen(*place));
    *place = copy;
    return true;
}

static bool is_choice(const char *const *choices, const char *value)
{
    for (; *choices; choices++)
        if (!strcmp(*choices, value))
            return true;
    return false;
}

bool kzi_setting_parse(kzi_settings *settings, int index, const char *value, const char *source, kz_error **error)
{
    const kzi_setting *row = &rows[index];
    kzi_settings scratch = { 0 };
    char *place = (char *)(settings ? settings : &scratch) + row->offset;
    int64_t number = 0;
    bool valid = true, stored = true;
    switch (row->kind) {
    case KZI_URL: valid = is_url(value); break;
    case KZI_CHOICE: valid = is_choice(row->choices, value); break;
    case KZI_TEXT: valid = !strpbrk(value, "\r\n"); break;
    case KZI_PATH: valid = *value != 0; break;
    case KZI_BOOLEAN: valid = parse_boolean(value, &number); break;
    case KZI_INTEGER: valid = parse_number(value, no_units, true, &number); break;
    case KZI_SIZE: valid = parse_number(value, size_units, true, &number); break;
    case KZI_DURATION: valid = parse_number(value, time_units, false, &number); break;
    case KZI_PATHS: stored = add_list((kzi_list *)(void *)place, value, ':', &valid); break;
    case KZI_HEADERS: stored = add_list((kzi_list *)(void *)place, value, '\n', &valid); break;
    }
    bool is_number = row->kind >= KZI_INTEGER && row->kind <= KZI_BOOLEAN;
    if (valid && is_number)
        valid = number >= row->lowest && number <= row->highest;
    if (valid && is_number)
        memcpy(place, &number, sizeof number);
    else if (valid && row->kind != KZI_PATHS && row->kind != KZI_HEADERS)
        stored = store_text((char **)(void *)place, value, row->kind == KZI_URL);
    kzi_settings_free(&scratch);
    if (!stored)
        return kz_error_no_memory(error);
    return valid || refuse(index, value, source, error);
}

void kzi_settings_free(kzi_settings *settings)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        void *place = (char *)settings + rows[i].offset;
        if (rows[i].kind == KZI_PATHS || rows[i].kind == KZI_HEADERS) {
            list_free(place);
        } else if (rows[i].kind < KZI_INTEGER || rows[i].kind == KZI_CHOICE) {
            char **text = place;
            if (*text)
                kzi_wipe_free(*text, strlen(*text));
            *text = NULL;
        }
    }
}
