/* What waits in memory for each channel: row numbers of the outbox, in order. A lane that cannot
 * send holds up only itself. The outbox on disk stays the truth: lanes are filled from it by a
 * cursor, and a lane that overflows is filled again later. */
#ifndef APP_LANES_H
#define APP_LANES_H

#include "gateway.h"

struct yj_lanes *yj_lanes_new(void); /* NULL when memory is short */
void yj_lanes_free(struct yj_lanes *lanes);

void yj_lanes_wake(struct yj_gateway *g);	 /* the outbox has new rows, once committed */
void yj_lanes_restart(struct yj_gateway *g);	 /* read the outbox from its beginning again */
void yj_lanes_broker_down(struct yj_gateway *g); /* what was under way over MQTT is forgotten */
/* Does something wait for room on this channel? */
bool yj_lanes_waiting(const struct yj_gateway *g, const char *channel);
/* Notes, within the caller's transaction, that pages of an incident under way (of one person, or
 * "": of all) are overtaken. And: that is on disk; calls end, and what still lies in a spool is
 * taken back. */
void yj_lanes_note_called_off(struct yj_gateway *g, int64_t incident, const char *who);
void yj_lanes_call_off(struct yj_gateway *g);
/* Fills the lanes and sends what their channels take. Outside of transactions. */
void yj_lanes_drain(struct yj_gateway *g);
/* Sends one row that is in no outbox, over the connection that does not carry calls for help (that
 * one is dropped with every batch that cannot be stored); its result is not noted. 0 or a yj_err.
 */
int yj_lanes_send_unrecorded(struct yj_gateway *g, const struct yj_outbox_row *row) YJ_MUST_CHECK;
/* Next channels whose time has come, within the caller's transaction; and: it was undone. */
int yj_lanes_due(struct yj_gateway *g) YJ_MUST_CHECK;
void yj_lanes_undone(struct yj_gateway *g);
/* When the next page will have waited for its channel for channel_wait (T); INT64_MAX: none. */
int64_t yj_lanes_late_due(struct yj_gateway *g);
/* A channel has ended without giving results: all that is under way beside mqtt is sent again,
 * under the same ids. */
void yj_lanes_forget(struct yj_gateway *g);
/* Has this row been handed to its channel (and not been taken back)? */
bool yj_lanes_has_left(const struct yj_gateway *g, int64_t n);
/* A delivery has a result (kept from being sent again), and the result is on disk. */
void yj_lanes_result(struct yj_gateway *g, int64_t n);
void yj_lanes_settled(struct yj_gateway *g, int64_t n);

#endif
