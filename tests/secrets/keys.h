/* keys.h: private keys in files that need the password KEY_PASSWORD. */
#ifndef TEST_SECRETS_KEYS_H
#define TEST_SECRETS_KEYS_H

/* Locks the key of a PEM file (NULL: a new one) into another file. */
void key_lock(const char *from, const char *to);

#endif
