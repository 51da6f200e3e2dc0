/* tls-server.h: a server that speaks TLS by itself, with one of the certificates of certificates.h, and answers every GET alike. */
#ifndef TEST_TRANSPORT_TLS_SERVER_H
#define TEST_TRANSPORT_TLS_SERVER_H

#include <gio/gio.h>
#include <openssl/ssl.h>

typedef struct TlsServer {
    SSL_CTX *context;
    GSocket *socket;
    GThread *thread;
    GCancellable *stop;
    char *url;
    gint served, accepted;
    const char *moved; /* where it sends its clients, or NULL */
    gboolean rude;     /* it resets connections: those that send much, and those that it has answered */
} TlsServer;

/* `certificate` and `key` are names of files of certificates.h; `wants_client`: whoever has no certificate of the authority is refused. */
void tls_server_start(TlsServer *server, const char *certificate, const char *key, gboolean wants_client);
void tls_server_stop(TlsServer *server);

#endif
