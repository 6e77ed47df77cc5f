/* TLS towards the broker with our own context: libmosquitto is given a numeric address, and would
 * check the certificate against that instead of the configured name. */
#ifndef TLS_H
#define TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "proto/err.h"

/* A client context that verifies the peer against host (name or address, borrowed for the
 * context's life) and sends it as server name. ca_file NULL: the system's authorities. cert_file
 * and key_file: both or none; a key with a passphrase is refused. 0, YJ_ERR_INVAL (*why, static),
 * YJ_ERR_NOMEM. *out is owned. */
int tls_context_new(const char *host, const char *ca_file, const char *cert_file,
    const char *key_file, SSL_CTX **out, const char **why) YJ_MUST_CHECK;

/* Why the handshake failed, or NULL if the peer's certificate was not the reason. Static text. */
const char *tls_verify_error(const SSL *ssl);

#endif
