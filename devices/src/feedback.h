/* Messages to devices, for families that say what is shown with a fixed text. */
#ifndef DEVICES_FEEDBACK_H
#define DEVICES_FEEDBACK_H

#include "devices/foreign.h"

struct yj_shown {	     /* one for each enum yj_home_state */
	const char *payload; /* NULL: this state is not shown */
};

/* Fills *out, with QoS 1. 0; YJ_ERR_NOTFOUND if it is not shown, or the topic is none to publish to
 * (too long, or with a wildcard). */
int yj_shown_put(const struct yj_shown *shown, struct yj_wire *out, const char *topic, ...)
    __attribute__((format(printf, 3, 4))) YJ_MUST_CHECK;

#endif
