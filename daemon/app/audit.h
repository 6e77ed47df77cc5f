/* The self-audit, every few seconds: each incident has its next step in time, the outbox moves, the
 * disk has room; and the housekeeping that may wait for it. */
#ifndef APP_AUDIT_H
#define APP_AUDIT_H

#include "gateway.h"

#define YJ_AUDIT_S 5

void yj_audit_run(struct yj_gateway *g);

#endif
