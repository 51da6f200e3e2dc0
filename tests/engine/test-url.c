/* test-url.c: origins, loopback addresses, URLs fit for people, percent-encoding. */
#include "engine.h"

#include <glib.h>
#include <string.h>

static void test_public(void)
{
    static const char *const cases[][2] = {
        { "https://host/api/models/?load_files=true", "https://host/api/models/" },
        { "https://user:secret@host:8443/x#part", "https://host:8443/x" },
        { "https://user:p@ss@host/x", "https://host/x" },
        { "http://host?token=secret", "http://host" },
        { "user:secret@host/x?from=https://y", "host/x" },
        { "https:/user:secret@host/x", "https:/host/x" },
        { "https://host/x@y:z", "https://host/x@y:z" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char text[256];
        kzi_public_url(cases[i][0], text, sizeof text);
        g_assert_cmpstr(text, ==, cases[i][1]);
    }
    char small[12];
    kzi_public_url("https://a-long-host/path", small, sizeof small);
    g_assert_cmpuint(strlen(small), <, sizeof small);
    kzi_public_url("https://user:a-very-long-secret@host/path", small, sizeof small);
    g_assert_cmpstr(small, ==, "https://hos");
    kzi_public_url(NULL, small, sizeof small);
    g_assert_cmpstr(small, ==, "");
}

static void test_origin(void)
{
    g_assert_true(kzi_same_origin("https://Host/a", "https://host:443/b?c"));
    g_assert_true(kzi_same_origin("http://host:80/", "http://host"));
    g_assert_false(kzi_same_origin("https://host/", "http://host/"));
    g_assert_false(kzi_same_origin("https://host/", "https://host:8443/"));
    g_assert_false(kzi_same_origin("https://host/", "https://host.evil/"));
    g_assert_false(kzi_same_origin("https://host@evil/", "https://host/"));
    g_assert_false(kzi_same_origin("https://host/", "no url"));
}

static void test_loopback(void)
{
    g_assert_true(kzi_is_loopback("http://127.0.0.1:8080/api"));
    g_assert_true(kzi_is_loopback("http://127.8.9.1/"));
    g_assert_true(kzi_is_loopback("http://LOCALHOST/"));
    g_assert_true(kzi_is_loopback("http://[::1]:99/"));
    g_assert_false(kzi_is_loopback("http://127.0.0.1.evil.example/"));
    g_assert_false(kzi_is_loopback("http://localhost.evil.example/"));
    g_assert_false(kzi_is_loopback("http://127.0.0.1@evil.example/"));
    g_assert_false(kzi_is_loopback("http://128.0.0.1/"));
}

static void test_encoding(void)
{
    char every[256], back[256];
    for (int i = 0; i < 256; i++)
        every[i] = (char)i;
    kzi_buffer out = { 0 };
    kzi_percent_encode(&out, every, sizeof every);
    g_assert_null(strpbrk(out.data, " /?#&=+\"<>"));
    int length;
    char *plain = curl_easy_unescape(NULL, out.data, (int)out.length, &length);
    g_assert_cmpint(length, ==, 256);
    memcpy(back, plain, 256);
    curl_free(plain);
    g_assert_cmpmem(every, 256, back, 256);
    kzi_buffer_clear(&out);
    kzi_percent_encode(&out, "aZ09-._~", 8);
    g_assert_cmpstr(out.data, ==, "aZ09-._~");
    kzi_buffer_free(&out);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/url/public-form-holds-no-user-password-or-query", test_public);
    g_test_add_func("/url/same-origin-compares-scheme-host-and-port", test_origin);
    g_test_add_func("/url/loopback-is-not-fooled-by-look-alikes", test_loopback);
    g_test_add_func("/url/percent-encoding-survives-every-byte", test_encoding);
    return g_test_run();
}
