/* The gateway as a whole: start, the loop's callbacks, and the clean stop. */
#ifndef APP_SERVICE_H
#define APP_SERVICE_H

#include "gateway.h"

#define YJ_EXIT_CONFIG 78 /* sysexits.h EX_CONFIG: a restart would not help */

/* Makes everything of g->base and g->config and begins. 0, or the exit code, with the reason in the
 * process log. fallback: the configuration is the last good one. */
int yj_service_start(struct yj_gateway *g, bool fallback);
/* Ends and frees everything. started: yj_service_start has succeeded, so that the end is logged and
 * said. */
void yj_service_stop(struct yj_gateway *g, bool started);

#endif
