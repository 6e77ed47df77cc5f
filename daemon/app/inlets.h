/* Where providers post what comes back: POST /api/v1/sms/{secret}, the secret being that of the
 * channel's callback_secret_file; and what all that is posted has in common (pushes.h too). */
#ifndef APP_INLETS_H
#define APP_INLETS_H

#include <event2/http.h>

#include "gateway.h"

/* What all inlets share. The body, "" for none, NULL when memory is short. */
const char *yj_inlets_body(struct evhttp_request *req, size_t *len);
/* What became of it: 0: it is on disk, 200; YJ_ERR_INVAL: it cannot be read, 400; else 503, and
 * whoever posted it posts it again. */
void yj_inlets_reply(struct evhttp_request *req, int rc);

/* Adds the routes to the gateway's HTTP server, which must listen. 0 or a yj_err. */
int yj_inlets_routes(struct yj_gateway *g) YJ_MUST_CHECK;

#endif
