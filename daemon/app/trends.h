/* Once a day, a few devices at a time: where their battery and signal are going, which is kept
 * beside them, and work where a battery will be empty soon. */
#ifndef APP_TRENDS_H
#define APP_TRENDS_H

#include "gateway.h"

bool yj_trends_due(struct yj_gateway *g);
/* The next few, within the caller's transaction; 0 or a yj_err. And once that is committed. */
int yj_trends_look(struct yj_gateway *g) YJ_MUST_CHECK;
void yj_trends_looked(struct yj_gateway *g);

#endif
