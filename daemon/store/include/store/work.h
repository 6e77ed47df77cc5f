/* Work for the maintenance role: a row per device and fault, from when it is found until it is gone
 * or somebody has done it. */
#ifndef STORE_WORK_H
#define STORE_WORK_H

#include <jansson.h>

#include "proto/limits.h"
#include "store/store.h"

enum yj_work { /* as stored; a mask of 1 << these fits 8 bits */
	YJ_WORK_OFFLINE,
	YJ_WORK_FLAPPING,
	YJ_WORK_BATTERY,
	YJ_WORK_FORECAST, /* the battery will be empty soon */
	YJ_WORK_MAINS,
	YJ_WORK_TAMPER,
	YJ_WORK_TROUBLE,
	YJ_WORK_SEALED,
	YJ_WORK_COUNT
};
const char *yj_work_name(enum yj_work what); /* "offline" … */

struct yj_work_row {
	int64_t n;
	char device[YJ_NAME_MAX + 1];
	enum yj_work what;
	int64_t since_utc_ms;
	bool raised, told;
};

/* The id for people, {gateway}-w{n}. parse: YJ_ERR_NOTFOUND if it is none. */
void yj_work_id(const struct yj_store *s, int64_t n, char *buf, size_t cap);
int yj_work_parse(const struct yj_store *s, const char *id, int64_t *n) YJ_MUST_CHECK;

/* Begins it, unless it is there. raised: people may see it at once; else it waits for due. */
int yj_work_add(struct yj_store *s, const char *device, enum yj_work what, int64_t now_utc_ms,
    int64_t due_utc_ms, bool raised) YJ_MUST_CHECK;
/* It is gone by itself: what was never raised is forgotten. */
int yj_work_gone(
    struct yj_store *s, const char *device, enum yj_work what, int64_t now_utc_ms) YJ_MUST_CHECK;
/* Somebody has done it: that row, or (n 0) all of the device. *done counts. */
int yj_work_done(struct yj_store *s, int64_t n, const char *device, const char *by,
    int64_t now_utc_ms, int *done) YJ_MUST_CHECK;
/* What a device has, raised or not, as a mask. */
int yj_work_of(struct yj_store *s, const char *device, unsigned *mask) YJ_MUST_CHECK;
int yj_work_get(struct yj_store *s, int64_t n, struct yj_work_row *row) YJ_MUST_CHECK;

/* Those due by now, in the order of devices, at most cap. */
int yj_work_due(struct yj_store *s, int64_t now_utc_ms, struct yj_work_row *rows, size_t cap,
    size_t *n) YJ_MUST_CHECK;
bool yj_work_any_due(struct yj_store *s, int64_t now_utc_ms);
/* It comes up again at due. raised and told: that has happened now. */
int yj_work_later(struct yj_store *s, int64_t n, int64_t now_utc_ms, int64_t due_utc_ms,
    bool raised, bool told) YJ_MUST_CHECK;

/* As JSON, newest first: id, device, what, resident, region, since, told_at, and of those that have
 * ended (only with all) ended_at and by. region: a prefix, "" for all. *list is new. */
int yj_read_work(struct yj_store *s, bool all, const char *region, json_t **list) YJ_MUST_CHECK;
/* Names of what a device has that was raised, as a JSON array. */
int yj_read_work_of(struct yj_store *s, const char *device, json_t **list) YJ_MUST_CHECK;

#endif
