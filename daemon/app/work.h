/* What a failed device is: work for the maintenance role, listed, told by day to those who serve
 * the home, and again while it lasts; never an incident. A device that is away, or without mains,
 * is work only after devices.work_after, and not while its village is dark. */
#ifndef APP_WORK_H
#define APP_WORK_H

#include "gateway.h"
#include "store/work.h"

/* Within the caller's transaction; 0 or a yj_err. A fault of a device was found, or is gone. What
 * is there is not raised again. */
int yj_work_raise(struct yj_gateway *g, const char *device, enum yj_work what) YJ_MUST_CHECK;
int yj_work_over(struct yj_gateway *g, const char *device, enum yj_work what) YJ_MUST_CHECK;

/* Is there something to tell? And tells it, within the caller's transaction. */
bool yj_works_due(struct yj_gateway *g);
int yj_works_tell(struct yj_gateway *g) YJ_MUST_CHECK;

#endif
