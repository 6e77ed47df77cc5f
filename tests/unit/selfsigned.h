/* A fresh key and a certificate that it signs itself. */
#ifndef TEST_SELFSIGNED_H
#define TEST_SELFSIGNED_H

#include <openssl/ssl.h>
#include <stdbool.h>

/* Writes both as PEM for the name "localhost" and address 127.0.0.1. 0 or -1. */
int selfsigned_write(const char *cert_file, const char *key_file);
/* The same inside a server's context; NULL on failure. */
SSL_CTX *selfsigned_ctx(void);
/* The same, with the certificate in cert_file too, so that somebody may vouch for it; expired: it
 * ended an hour ago. */
SSL_CTX *selfsigned_ctx_aged(const char *cert_file, bool expired);

#endif
