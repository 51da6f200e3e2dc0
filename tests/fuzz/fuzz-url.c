/* fuzz-url.c: what the core asks of a URL. Its public form has no password, query or fragment; an origin equals itself; what is
 * percent-encoded comes back as it was. */
#include "engine.h"
#include "fuzz.h"

#include <string.h>

/* What libcurl takes for the password is not shown, unless the same text stands elsewhere too. */
static void hides_password(const char *url, const char *public)
{
    CURLU *parsed = curl_url();
    char *password = NULL;
    HOLDS(parsed);
    if (!curl_url_set(parsed, CURLUPART_URL, url, 0) && !curl_url_get(parsed, CURLUPART_PASSWORD, &password, 0)) {
        const char *first = strlen(password) > 3 ? strstr(url, password) : NULL;
        HOLDS(!first || strstr(first + 1, password) || !strstr(public, password));
    }
    curl_free(password);
    curl_url_cleanup(parsed);
}

static void encodes(const char *text, size_t length)
{
    kzi_buffer out = { 0 };
    int n = 0;
    kzi_percent_encode(&out, text, length);
    char *plain = curl_easy_unescape(NULL, out.data ? out.data : "", (int)out.length, &n);
    HOLDS(plain && (size_t)n == length && !memcmp(plain, text, length));
    curl_free(plain);
    kzi_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *url = malloc(size + 1), small[16], large[4096];
    if (!url)
        abort();
    memcpy(url, data, size);
    url[size] = 0;
    kzi_public_url(url, large, sizeof large);
    kzi_public_url(url, small, sizeof small);
    HOLDS(strlen(large) < sizeof large && !strpbrk(large, "?#"));
    HOLDS(strlen(small) < sizeof small && !strncmp(small, large, strlen(small)));
    hides_password(url, large);
    bool local = kzi_is_loopback(url);
    HOLDS(kzi_same_origin(url, "http://127.0.0.1/") == kzi_same_origin("http://127.0.0.1/", url));
    HOLDS(local || !kzi_same_origin(url, "http://127.0.0.1/"));
    HOLDS(!local || kzi_same_origin(url, url));
    encodes((const char *)data, size);
    free(url);
    return 0;
}
