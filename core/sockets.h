/* sockets.h: the sockets of a loop. */
#ifndef KZI_SOCKETS_H
#define KZI_SOCKETS_H

#include "loop.h"

/* Has a handle take its sockets from the loop; OPENSOCKETDATA is the call that it serves. */
void kzi_sockets_set(CURL *easy, kzi_loop *loop);
/* Whether bytes have come, that nobody asked for, on the connection from this port of ours: what a server sent behind its last answer
 * must not be taken for the next one. For connections without TLS. */
bool kzi_socket_is_stale(kzi_loop *loop, int port);

#endif
