/* address.c: which addresses are inside: of this machine, of private networks and of the link. A server outside must not be able to
 * send a client there by a redirect (policy_redirect.c, transport.c). */
#include "engine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

typedef struct range {
    unsigned char first[4];
    int bits;
} range;

/* Not addresses of the public network, by IANA's registry for IPv4. */
static const range inside4[] = { { { 0 }, 8 }, { { 10 }, 8 }, { { 100, 64 }, 10 }, { { 127 }, 8 }, { { 169, 254 }, 16 },
    { { 172, 16 }, 12 }, { { 192, 0, 0 }, 24 }, { { 192, 168 }, 16 }, { { 198, 18 }, 15 }, { { 224 }, 3 } };

static bool is_inside4(const unsigned char *address)
{
    uint32_t a, b;
    memcpy(&a, address, sizeof a);
    for (size_t i = 0; i < sizeof inside4 / sizeof *inside4; i++) {
        memcpy(&b, inside4[i].first, sizeof b);
        if (!((ntohl(a) ^ ntohl(b)) >> (32 - inside4[i].bits)))
            return true;
    }
    return false;
}

static bool is_inside6(const unsigned char *a)
{
    static const unsigned char zeros[12], mapped[12] = { [10] = 0xff, [11] = 0xff }, nat64[12] = { 0, 0x64, 0xff, 0x9b },
                                          nat64_local[6] = { 0, 0x64, 0xff, 0x9b, 0, 1 };
    if (!memcmp(a, zeros, 12) || !memcmp(a, mapped, 12) || !memcmp(a, nat64, 12)) /* an IPv4 address in other words; ::, ::1 */
        return is_inside4(a + 12);
    if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
        return is_inside4(a + 2);
    if (!memcmp(a, nat64_local, 6))
        return true;
    return (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && a[1] >= 0x80) || a[0] == 0xff; /* private, of the link or site, multicast */
}

bool kzi_address_is_inside(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return is_inside4((const unsigned char *)&((const struct sockaddr_in *)(const void *)address)->sin_addr);
    if (address->sa_family == AF_INET6)
        return is_inside6((const unsigned char *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    return true;
}

bool kzi_host_is_inside(const char *host)
{
    static const char local[] = "localhost";
    enum { LOCAL = sizeof local - 1 };
    unsigned char address[16];
    char text[256];
    host += *host == '[';
    size_t length = strcspn(host, "]%");         /* a zone is that of a link */
    length -= length && host[length - 1] == '.'; /* a name that is whole */
    if (!length || length >= sizeof text)
        return false;
    memcpy(text, host, length);
    text[length] = 0;
    if (length >= LOCAL && !strcasecmp(text + length - LOCAL, local) && (length == LOCAL || text[length - LOCAL - 1] == '.'))
        return true;
    if (inet_pton(AF_INET, text, address) == 1)
        return is_inside4(address);
    return inet_pton(AF_INET6, text, address) == 1 && is_inside6(address);
}
