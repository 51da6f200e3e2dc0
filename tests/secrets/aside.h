/* aside.h: OpenSSL's heap in memory of its own, so that the search can leave it out: what a TLS library leaves in memory is its own affair.
 * (It keeps what was sent and received in buffers that it frees without wiping them.) */
#ifndef TEST_SECRETS_ASIDE_H
#define TEST_SECRETS_ASIDE_H

/* Before anything uses OpenSSL. */
void aside_begin(void);

#endif
