/* base64url without padding (RFC 4648, section 5), for tokens in links. */
#ifndef APP_BASE64URL_H
#define APP_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>

/* Characters of len bytes, with the terminator. */
#define YJ_BASE64URL_LEN(len) (((len)*4 + 2) / 3 + 1)

/* Writes bytes as text, which has room for YJ_BASE64URL_LEN(len). */
void yj_base64url_write(const unsigned char *bytes, size_t len, char *text);

/* Reads at most cap bytes. false for what yj_base64url_write never writes (each sequence of bytes
 * has one spelling) and for what is longer. */
bool yj_base64url_read(const char *text, unsigned char *bytes, size_t cap, size_t *len)
    __attribute__((warn_unused_result));

#endif
