/* certificates.h: certificates that are made when a test runs: an authority of its own, and what it signed. */
#ifndef TEST_CERTIFICATES_H
#define TEST_CERTIFICATES_H

/* Makes them in a new folder: ca (the authority), good (for localhost), other (for example.org), client, each .pem and .key; expired.pem (with
 * good.key), selfsigned.pem (for localhost, selfsigned.key), and locked.key, client's with the password "word". */
void certificates_make(void);
/* The path of one, to be freed. */
char *certificates_path(const char *name);
void certificates_remove(void);

#endif
