/* Where clouds push what devices say: POST /api/v1/in/{name}. */
#ifndef APP_PUSHES_H
#define APP_PUSHES_H

#include "gateway.h"

struct yj_pushes;
struct yj_pushes *yj_pushes_new(void); /* NULL when memory is short */
void yj_pushes_free(struct yj_pushes *p);

/* Adds the route to the gateway's HTTP server, which must listen. 0 or a yj_err. */
int yj_pushes_routes(struct yj_gateway *g) YJ_MUST_CHECK;

#endif
