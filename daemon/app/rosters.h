/* Gaps in rosters, found ahead: a time with nobody on duty in a group that a policy names is told
 * to operators, duty rooms and maintenance 48 h before it begins, once. */
#ifndef APP_ROSTERS_H
#define APP_ROSTERS_H

#include "gateway.h"

#define YJ_ROSTER_AHEAD_MS (48LL * 3600 * 1000)

/* Is it time to look? Rosters are looked at when a gap comes near, every 10 minutes, and after
 * every change; never while UTC is not known. */
bool yj_rosters_due(const struct yj_gateway *g);
/* Rosters, policies or the clock have changed: look soon. */
void yj_rosters_changed(struct yj_gateway *g);
/* Looks, and tells of what is new, within the caller's transaction. 0 or a yj_err. */
int yj_rosters_report(struct yj_gateway *g) YJ_MUST_CHECK;
/* The transaction of yj_rosters_report is committed. */
void yj_rosters_reported(struct yj_gateway *g);

#endif
