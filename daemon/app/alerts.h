/* What homes say: calls, alarms, cancels, check-ins, "I am well", and what cannot be read. Each
 * function runs within the caller's transaction, as one item that can be undone alone. */
#ifndef APP_ALERTS_H
#define APP_ALERTS_H

#include "gateway.h"

struct yj_raw { /* a message as it was read; borrowed */
	const char *topic;
	const void *payload;
	size_t len;
	bool retained;	 /* the broker's replay */
	uint16_t packet; /* these two as in struct yj_link_msg */
	bool again;
	/* A push over HTTP: the family of its inlet. NULL: from the broker, by its topic. */
	const struct yj_family *family;
};

/* One decoded message of a device on the `help` connection, of any type that is remembered by id.
 * A foreign device's is what foreign.c made of it. */
int yj_alerts_message(
    struct yj_gateway *g, const struct yj_event *event, const struct yj_raw *raw) YJ_MUST_CHECK;

/* A message that was refused by the decoder, or that crashed the daemon (YJ_REASON_POISON): it is
 * kept and logged, and an unreadable call of a known device opens an incident. */
int yj_alerts_refused(struct yj_gateway *g, const struct yj_event *event, const struct yj_raw *raw,
    enum yj_reason reason) YJ_MUST_CHECK;

#endif
