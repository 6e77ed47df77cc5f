/* One input to one incident: the core's step, and its actions carried out in the store, within the
 * caller's transaction. */
#ifndef APP_TURN_H
#define APP_TURN_H

#include "gateway.h"

struct yj_turn {
	struct yj_incident *inc; /* loaded; or fresh, for YJ_IN_OPEN */
	struct yj_in in;
	struct yj_actor actor;
	const char *text;   /* what the resident said, kept with the incident; NULL: nothing new */
	const char *device; /* the device that speaks, for the log; NULL: the one that opened it */
	const char *alert;  /* its message id, for the log; NULL: none */
	bool quiet_join;    /* a flood: the join is counted, not logged */
};

/* Steps and saves. *verdict (may be NULL) is what the actor is told. 0 or a yj_err; after one the
 * item must be undone. */
int yj_turn_run(struct yj_gateway *g, struct yj_turn *turn, enum yj_verdict *verdict) YJ_MUST_CHECK;

/* The core's view of a caregiver's standing in an incident: counted, broke, summoned. */
int yj_turn_standing(struct yj_gateway *g, const struct yj_incident *inc, const char *who,
    struct yj_in *in, bool *was_paged) YJ_MUST_CHECK;

#endif
