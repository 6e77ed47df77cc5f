/* The client's side of the control socket (ctl/server.h), blocking, for yijianctl. */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <jansson.h>
#include <stddef.h>

#include "proto/err.h"

/* Sends one request and reads its answer. args (an object) and body are borrowed and may be NULL.
 * timeout_ms is for the whole of it; 0 or less: no limit.
 * 0: *answer (owned by the caller) is the answer object, with "ok" true or false; a server that
 * refuses before it has read everything is heard too.
 * YJ_ERR_BUSY: no daemon answers at the path; YJ_ERR_DENIED: no permission on the socket;
 * YJ_ERR_INVAL: the path is too long for a socket, or the request over the caps of proto/limits.h;
 * YJ_ERR_IO: it broke off or took too long (errno ETIMEDOUT), so that it is not known whether the
 * request was carried out; YJ_ERR_BADMSG: it spoke nonsense; YJ_ERR_NOMEM. */
int yj_ctl_ask(const char *path, const char *cmd, json_t *args, const void *body, size_t body_len,
    int timeout_ms, json_t **answer) YJ_MUST_CHECK;

#endif
