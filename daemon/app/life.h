/* Passive safety: when each resident was last heard of, and who is missed (docs/passive-safety.md).
 * Signs are kept in memory and written back in bulk. What the memory finds due is decided by the
 * database, in the transaction that opens the incident. */
#ifndef APP_LIFE_H
#define APP_LIFE_H

#include "gateway.h"

struct yj_life *yj_life_new(struct yj_gateway *g); /* NULL when memory is short */
void yj_life_free(struct yj_life *l);
/* At the start: who was heard of when, as the run before has left it. */
int yj_life_recall(struct yj_gateway *g) YJ_MUST_CHECK;

enum yj_life_how {
	YJ_LIFE_PASSIVE, /* a sensor or bed tells of somebody who is there */
	YJ_LIFE_WELL,	 /* "I am well" */
	YJ_LIFE_PRESS,	 /* a call, an alarm of the person, a cancel: wherever the button is */
	YJ_LIFE_CARE,	 /* a caregiver is there */
};
/* A sign from this device; ts_ms: what its clock says, or INT64_MAX. */
void yj_life_sign(struct yj_gateway *g, const char *device, enum yj_life_how how, int64_t ts_ms);
/* A device has measured something, with or without a sign: whose it is is watched from now on. */
void yj_life_reading(struct yj_gateway *g, const char *device, bool life);
/* People have looked after a resident; closed: an incident of theirs was closed. */
void yj_life_cared(struct yj_gateway *g, const char *resident);

/* One of the connections has come up or is lost. */
void yj_life_heard(struct yj_gateway *g);
/* The directory has changed for this resident, or (NULL) for anybody; or the configuration has. */
void yj_life_changed(struct yj_gateway *g, const char *resident);
/* Somebody has just said that they are away: signs of the next minutes are those of leaving. */
void yj_life_away(struct yj_gateway *g, const char *resident);

/* Looks at a part of the residents, and opens what is due; every few seconds. */
void yj_life_sweep(struct yj_gateway *g);

/* Signs that change something (back home, heard of again). The rest within the caller's
 * transaction, and what becomes of it. */
bool yj_life_has_news(const struct yj_gateway *g);
int yj_life_news(struct yj_gateway *g) YJ_MUST_CHECK;
bool yj_life_has_changes(const struct yj_gateway *g);
int yj_life_write(struct yj_gateway *g, bool all) YJ_MUST_CHECK;
void yj_life_committed(struct yj_gateway *g);
void yj_life_undone(struct yj_gateway *g);

/* For people: {"last_sign", "missed_at", "watched", "rests"}; YJ_ERR_NOTFOUND: nothing is known. */
int yj_life_json(struct yj_gateway *g, const char *resident, json_t **out) YJ_MUST_CHECK;
/* How many are watched now. */
size_t yj_life_watched(const struct yj_gateway *g);

/* The minute of the day, by the municipality's clock. */
int yj_life_minute(int64_t utc_ms);

#endif
