/* proxy.h: stands between a client and a server on loopback, and does one thing to the connection when so many bytes have gone one
 * way. It looks at nothing that goes through it. */
#ifndef TEST_FAULTS_PROXY_H
#define TEST_FAULTS_PROXY_H

#include <glib.h>

typedef enum ProxyFault {
    PROXY_PASSES,
    PROXY_CUTS,   /* ends the connection in order on both sides */
    PROXY_RESETS, /* ends it with a reset */
    PROXY_HOLDS,  /* lets nothing more through until the client gives up the connection */
    PROXY_FAULTS
} ProxyFault;
typedef enum ProxyWay { PROXY_UP /* to the server */, PROXY_DOWN } ProxyWay;

typedef struct Proxy Proxy;

/* Listens, and connects to this port of 127.0.0.1 for each connection that comes. */
Proxy *proxy_start(guint16 upstream);
guint16 proxy_port(const Proxy *proxy);
/* From now on bytes are counted anew; once `position` of them have gone this way, in whatever connection, the fault happens, once. */
void proxy_arm(Proxy *proxy, ProxyFault fault, ProxyWay way, guint64 position);
/* How many bytes have gone this way since then. */
guint64 proxy_count(Proxy *proxy, ProxyWay way);
/* Whether the fault has happened. */
gboolean proxy_has_struck(Proxy *proxy);
/* An eventfd that is readable while a connection is held; one read of it lets one wait of the client's pass. */
int proxy_stall_fd(const Proxy *proxy);
/* Waits until all connections have ended: the clients' are closed. */
void proxy_wait_quiet(Proxy *proxy);
void proxy_stop(Proxy *proxy);

#endif
