/* Residents who are away for a time, and back: by an operator, by those who serve them, by time. */
#ifndef APP_AWAY_H
#define APP_AWAY_H

#include "gateway.h"

#define YJ_AWAY_MAX_MS (366LL * 86400000)

/* May this person say so: do they serve the resident, in a role that knows? 0, YJ_ERR_NOTFOUND (no
 * such resident), YJ_ERR_DENIED, or a yj_err. */
int yj_away_may(struct yj_gateway *g, const char *caregiver, const char *resident) YJ_MUST_CHECK;
/* The end of a `status_until`: a time, or the end of a day. false: it is neither. */
bool yj_away_end(const char *until, int64_t *utc_ms);
/* Likewise, the beginning of a day. */
bool yj_away_begin(const char *from, int64_t *utc_ms);

/* Within the caller's transaction. until: a date or time that yj_away_end knows, "" (back): none.
 */
int yj_away_set(struct yj_gateway *g, const char *resident, const char *until,
    const struct yj_actor *actor, const char *caregiver) YJ_MUST_CHECK;
int yj_away_back(struct yj_gateway *g, const char *resident, const struct yj_actor *actor,
    const char *caregiver) YJ_MUST_CHECK;

/* Whose time is over is back; now and then. */
bool yj_away_due(struct yj_gateway *g);
int yj_away_run(struct yj_gateway *g, void *arg) YJ_MUST_CHECK;

#endif
