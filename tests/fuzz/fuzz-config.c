/* fuzz-config.c: configuration from outside: the text of a profile file, up to a NUL, then lines NAME=VALUE of the environment. The
 * first byte says what others may do with the file. A client comes of it, or an error that says what to do; neither shows a secret. */
#include "config.h"
#include "fuzz.h"
#include "temporary.h"

#include <kamiwaza/client.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST = 64 };

static char *names[MOST];
static size_t n_names;

static void write_profile(const char *folder, const uint8_t *text, size_t length, bool open_to_others)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/kamiwaza", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/kamiwaza/config.json", folder);
    fuzz_write(path, text, length);
    HOLDS(!chmod(path, open_to_others ? 0644 : 0600));
}

/* One variable; only ours, since others are libcurl's. */
static void set(const char *line, size_t length)
{
    const char *equals = memchr(line, '=', length);
    if (!equals || strncmp(line, "KAMIWAZA_", 9) != 0 || n_names == MOST)
        return;
    char *name = strndup(line, (size_t)(equals - line)), *value = strndup(equals + 1, length - (size_t)(equals + 1 - line));
    HOLDS(name && value && !setenv(name, value, 1));
    names[n_names++] = name;
    free(value);
}

static void set_all(const char *text, size_t length)
{
    while (length) {
        const char *end = memchr(text, '\n', length);
        size_t n = end ? (size_t)(end - text) : length;
        set(text, n);
        n += end != NULL;
        text += n;
        length -= n;
    }
}

static void unset_all(void)
{
    while (n_names) {
        unsetenv(names[--n_names]);
        free(names[n_names]);
    }
}

/* Whether the input has the text again, as the value of something that is no secret perhaps. */
static bool is_said_twice(const char *text, const uint8_t *data, size_t size)
{
    size_t length = strlen(text);
    const uint8_t *end = data + size, *first = memmem(data, size, text, length);
    return first && memmem(first + 1, (size_t)(end - first - 1), text, length);
}

/* The value of no secret is said, unless it is so short that it may stand there for another reason. */
static void hides_secrets(const kz_error *error, const uint8_t *data, size_t size)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    for (size_t i = 0; i < n; i++) {
        const char *value = settings[i].secret && settings[i].env ? getenv(settings[i].env) : NULL;
        HOLDS(!value || strlen(value) < 12 || !strstr(error->message, value) || is_said_twice(value, data, size));
    }
}

static void look(const kz_client *client)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    for (size_t i = 0; i < n; i++) {
        const char *source = NULL, *value = kz_client_setting(client, settings[i].name, &source);
        HOLDS(!value == !source);
        HOLDS(!value || !settings[i].secret || !strcmp(value, "***"));
    }
    HOLDS(kz_client_setting(client, "base_url", NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    const char *folder = fuzz_folder();
    const uint8_t *end = memchr(data + 1, 0, size - 1);
    size_t length = end ? (size_t)(end - data - 1) : size - 1;
    setenv("XDG_CONFIG_HOME", folder, 1);
    write_profile(folder, data + 1, length, data[0] & 1);
    if (end)
        set_all((const char *)end + 1, size - length - 2);
    kz_error *error = NULL;
    kz_client *client = kz_client_new(NULL, &error);
    HOLDS(!client == (error != NULL));
    if (client)
        look(client);
    else {
        HOLDS(error->code == KZ_ERROR_CONFIG && error->path && error->message[0]);
        hides_secrets(error, data, size);
    }
    kz_client_free(client);
    kz_error_free(error);
    unset_all();
    return 0;
}
