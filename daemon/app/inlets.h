/* Where providers post what comes back: POST /api/v1/sms/{secret}, the secret being that of the
 * channel's callback_secret_file. */
#ifndef APP_INLETS_H
#define APP_INLETS_H

#include "gateway.h"

/* Adds the routes to the gateway's HTTP server, which must listen. 0 or a yj_err. */
int yj_inlets_routes(struct yj_gateway *g) YJ_MUST_CHECK;

#endif
