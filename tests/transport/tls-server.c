/* tls-server.c: see tls-server.h. One connection after the other. */
#include "tls-server.h"

#include "certificates.h"

#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>

static void serve(TlsServer *server, GSocket *connection)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"hostname\":\"h\"}";
    SSL *ssl = SSL_new(server->context);
    char text[4096];
    size_t length = 0;
    SSL_set_fd(ssl, g_socket_get_fd(connection));
    g_unix_set_fd_nonblocking(g_socket_get_fd(connection), FALSE, NULL); /* GLib's sockets never block by themselves */
    if (SSL_accept(ssl) == 1)
        for (int n; (n = SSL_read(ssl, text + length, (int)(sizeof text - 1 - length))) > 0;) {
            text[length += (size_t)n] = 0;
            if (!strstr(text, "\r\n\r\n"))
                continue;
            g_atomic_int_inc(&server->served);
            if (server->moved) {
                g_autofree char *redirect = g_strdup_printf(
                    "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", server->moved);
                SSL_write(ssl, redirect, (int)strlen(redirect));
            } else if (g_str_has_prefix(text, "GET ")) {
                SSL_write(ssl, answer, sizeof answer - 1);
            }
            length = 0;
            if (server->rude)
                break;
        }
    else /* what the client sends meanwhile is read, else the alert would be lost with the connection */
        for (shutdown(SSL_get_fd(ssl), SHUT_WR); recv(SSL_get_fd(ssl), text, sizeof text, 0) > 0;)
            ;
    if (server->rude) {
        const struct linger now = { .l_onoff = 1 };
        setsockopt(g_socket_get_fd(connection), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    SSL_free(ssl);
}

static gpointer accept_all(gpointer data)
{
    TlsServer *server = data;
    for (GSocket *connection; (connection = g_socket_accept(server->socket, server->stop, NULL));) {
        g_atomic_int_inc(&server->accepted);
        serve(server, connection);
        g_object_unref(connection);
    }
    return NULL;
}

void tls_server_start(TlsServer *server, const char *certificate, const char *key, gboolean wants_client)
{
    char *certificate_path = certificates_path(certificate), *key_path = certificates_path(key),
         *ca = certificates_path("ca.pem");
    *server = (TlsServer){ .context = SSL_CTX_new(TLS_server_method()), .stop = g_cancellable_new() };
    g_assert_cmpint(SSL_CTX_use_certificate_file(server->context, certificate_path, SSL_FILETYPE_PEM), ==, 1);
    g_assert_cmpint(SSL_CTX_use_PrivateKey_file(server->context, key_path, SSL_FILETYPE_PEM), ==, 1);
    if (wants_client) {
        SSL_CTX_load_verify_locations(server->context, ca, NULL);
        SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    GInetAddress *loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    GSocketAddress *address = g_inet_socket_address_new(loopback, 0);
    server->socket = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
    g_assert_true(g_socket_bind(server->socket, address, TRUE, NULL) && g_socket_listen(server->socket, NULL));
    g_object_unref(address);
    g_object_unref(loopback);
    address = g_socket_get_local_address(server->socket, NULL);
    server->url = g_strdup_printf("https://localhost:%u", g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address)));
    g_object_unref(address);
    server->thread = g_thread_new("tls", accept_all, server);
    g_free(certificate_path);
    g_free(key_path);
    g_free(ca);
}

void tls_server_stop(TlsServer *server)
{
    g_cancellable_cancel(server->stop);
    g_thread_join(server->thread);
    g_object_unref(server->socket);
    g_object_unref(server->stop);
    SSL_CTX_free(server->context);
    g_free(server->url);
}
