/* Visits over HTTP (docs/visits.md): /api/v1/me and /api/v1/visits. */
#ifndef APP_VISITAPI_H
#define APP_VISITAPI_H

#include "gateway.h"

/* Adds the routes to the gateway's HTTP server, which must listen. 0 or a yj_err. */
int yj_visitapi_routes(struct yj_gateway *g) YJ_MUST_CHECK;

#endif
