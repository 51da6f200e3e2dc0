/* test-address.c: which addresses and hosts are inside: each range at its edges, and the same said in other words. */
#include "engine.h"

#include <arpa/inet.h>
#include <glib.h>

typedef struct Range {
    const char *before, *first, *last, *behind; /* NULL: there is none */
} Range;

static const Range ranges[] = {
    { NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0" },
    { "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0" },
    { "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0" },
    { "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0" },
    { "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0" },
    { "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0" },
    { "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0" },
    { "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0" },
    { "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0" },
    { "223.255.255.255", "224.0.0.0", "255.255.255.255", NULL },
    { "64:ff9b::ffff:ffff:ffff", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b:2::" },
    { "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::" },
    { "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
    { NULL, "::", "::1", "2001:4860::8" },
};

static bool is_inside(const char *text)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    bool four = inet_pton(AF_INET, text, &in.sin_addr) == 1;
    g_assert_true(four || inet_pton(AF_INET6, text, &in6.sin6_addr) == 1);
    bool inside = kzi_address_is_inside(four ? (struct sockaddr *)&in : (struct sockaddr *)&in6);
    g_assert_cmpint(kzi_host_is_inside(text), ==, inside);
    return inside;
}

static void check(const char *text, bool inside)
{
    if (text && is_inside(text) != inside)
        g_error("%s is taken to be %s", text, inside ? "outside" : "inside");
}

static void test_ranges(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ranges); i++) {
        check(ranges[i].before, false);
        check(ranges[i].first, true);
        check(ranges[i].last, true);
        check(ranges[i].behind, false);
    }
    const struct sockaddr local = { .sa_family = AF_UNIX };
    g_assert_true(kzi_address_is_inside(&local));
}

/* IPv6 has ways to write an address of IPv4. */
static void test_embedded(void)
{
    static const char *const forms[] = { "::%s", "::ffff:%s", "64:ff9b::%s" };
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        char inside[64], outside[64];
        g_snprintf(inside, sizeof inside, forms[i], "10.1.2.3");
        g_snprintf(outside, sizeof outside, forms[i], "11.1.2.3");
        check(inside, true);
        check(outside, false);
    }
    check("2002:a01:203::", true);
    check("2002:b01:203::", false);
}

static void test_hosts(void)
{
    static const char *const inside[] = { "localhost", "LOCALHOST", "localhost.", "a.localhost", "A.LocalHost.", "10.0.0.1.",
        "[::1]", "::1", "[fe80::1%25eth0]", "fe80::1%eth0", "[::ffff:7f00:1]" };
    static const char *const outside[] = { "", ".", "localhost.example.org", "notlocalhost", "example.org", "10.example.org",
        "8.8.8.8", "[2001:4860::8]", "fe80.example.org" };
    for (gsize i = 0; i < G_N_ELEMENTS(inside); i++)
        if (!kzi_host_is_inside(inside[i]))
            g_error("%s is taken to be outside", inside[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(outside); i++)
        if (kzi_host_is_inside(outside[i]))
            g_error("%s is taken to be inside", outside[i]);
    char *longest = g_strnfill(1000, 'a');
    g_assert_false(kzi_host_is_inside(longest));
    g_free(longest);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/address/ranges-have-their-edges", test_ranges);
    g_test_add_func("/address/ipv4-within-ipv6-is-seen", test_embedded);
    g_test_add_func("/address/hosts-by-name-and-number", test_hosts);
    return g_test_run();
}
