/* Is a push from whom it says: tokens, signatures, and OneNET's own way. */
#ifndef APP_PUSHCHECK_H
#define APP_PUSHCHECK_H

#include <event2/http.h>

#include "config.h"
#include "devices/onenet.h"

/* base64(md5(token nonce msg)), as OneNET writes it; a '+' that became a space, and '=' that are
 * not there, are no difference. */
bool yj_pushcheck_onenet(const char *token, const char *nonce, const char *msg, size_t len,
    const char *signature) YJ_MUST_CHECK;

/* *open is the body to read: the body, or (malloc'd, the caller frees it) one with the message
 * decrypted; NULL: it could not be opened, and stays as it is. false: it is not from them. */
bool yj_pushcheck(const struct yj_config_inlet *in, struct yj_decoder *d,
    struct evhttp_request *req, const char *body, size_t len, char **open,
    size_t *open_len) YJ_MUST_CHECK;

#endif
