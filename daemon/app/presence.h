/* What devices say of themselves on the chatter connection: state, heartbeats, vitals. Kept in
 * memory, written back in bulk; a change that is news becomes an event. */
#ifndef APP_PRESENCE_H
#define APP_PRESENCE_H

#include "gateway.h"

struct yj_presence *yj_presence_new(void); /* NULL when memory is short */
void yj_presence_free(struct yj_presence *p);

/* One message of the chatter connection. true: it is to be dispatched as well (to be refused). */
bool yj_presence_message(struct yj_gateway *g, const struct yj_link_msg *msg);
/* It has been heard of: it is online. */
void yj_presence_seen(struct yj_gateway *g, const char *device);
/* It, or its will or its bridge, says whether it is online. retained: the broker had kept that. */
void yj_presence_said(struct yj_gateway *g, const char *device, bool online, bool retained);
/* What it says of its battery, signal and mains (readings.h calls this). */
void yj_presence_readings(
    struct yj_gateway *g, const char *device, const struct yj_readings *readings);
/* Logs what is news; writes back some of what has changed. Within the caller's transaction. */
int yj_presence_log(struct yj_gateway *g) YJ_MUST_CHECK;
int yj_presence_write(struct yj_gateway *g) YJ_MUST_CHECK;
/* That transaction stands, or was undone: then it is all written again. */
void yj_presence_committed(struct yj_gateway *g);
void yj_presence_undone(struct yj_gateway *g);
/* Is there an event to log; is there anything to write at all? */
bool yj_presence_has_news(const struct yj_gateway *g);
bool yj_presence_has_changes(const struct yj_gateway *g);
/* Looks at a part of the devices for missed heartbeats; every few seconds. */
void yj_presence_sweep(struct yj_gateway *g);
/* One of the connections on which devices are heard has come up, or is lost. */
void yj_presence_heard(struct yj_gateway *g);
/* The broker has acknowledged the probe for absences. */
void yj_presence_probed(struct yj_gateway *g);
/* The day by the municipality's clock, from 1970-01-01; 0: not known. */
int32_t yj_presence_today(struct yj_gateway *g);
/* Somebody has done work of this device: it may begin again. */
void yj_presence_work_done(struct yj_gateway *g, const char *device);

/* A device in use whose region is known, and that is online or went offline in this run. */
struct yj_presence_of {
	const char *id;
	int64_t region; /* 12 digits as a number */
	bool online;
	int64_t gone_t; /* offline: from when on that counts for an outage */
};
/* Walks all of them; ids are good until the next message. */
void yj_presence_each(
    const struct yj_gateway *g, void (*fn)(void *ctx, const struct yj_presence_of *of), void *ctx);
/* Until it is back, the absence of a device counts for no outage. */
void yj_presence_excuse(struct yj_gateway *g, const char *device);
/* The directory has changed: who is known is looked up again. */
void yj_presence_forget(struct yj_gateway *g);
/* Devices in the directory, and those that are online. Counts the directory: not for the hot path.
 */
void yj_presence_counts(const struct yj_gateway *g, int64_t *known, int64_t *online);

#endif
