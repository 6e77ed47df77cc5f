/* GET /api/v1/openapi.json: the description of all that the gateway answers over HTTP, which is the
 * file openapi.json beside this one. */
#ifndef APP_OPENAPI_H
#define APP_OPENAPI_H

#include "gateway.h"

/* The document; *len is its length. Static, without a terminator. */
const char *yj_openapi(size_t *len);

/* Adds the route to the gateway's HTTP server, which must listen. 0 or a yj_err. */
int yj_openapi_routes(struct yj_gateway *g) YJ_MUST_CHECK;

#endif
