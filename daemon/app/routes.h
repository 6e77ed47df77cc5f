/* All that the gateway answers over HTTP, beside the probes of the server itself. */
#ifndef APP_ROUTES_H
#define APP_ROUTES_H

#include "gateway.h"

/* Adds all routes to the gateway's HTTP server, which must listen. 0 or a yj_err. */
int yj_routes_add(struct yj_gateway *g) YJ_MUST_CHECK;

#endif
