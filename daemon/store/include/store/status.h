/* What a device last said of itself (docs/contract.md, heartbeat and state). */
#ifndef STORE_STATUS_H
#define STORE_STATUS_H

#include "proto/limits.h"
#include "store/store.h"

struct yj_device_status {
	bool online;
	int64_t seen_utc_ms;
	int battery_pct; /* -1: never said */
	bool battery_low;
	int rssi_dbm;	 /* 0: never said */
	int mains;	 /* 1, 0, -1: never said */
	char fw[33];	 /* "": never said */
	int64_t session; /* of its newest birth; 0: never said */
	bool flapping;
};
int yj_status_get(struct yj_store *s, const char *device,
    struct yj_device_status *out) YJ_MUST_CHECK; /* 0 or YJ_ERR_NOTFOUND */
/* The next devices in the order of their ids, after `after`, with how each was. At most
 * cap; fewer: there are no more. */
struct yj_status_name {
	char device[YJ_NAME_MAX + 1];
	bool online;
	bool flapping;
};
int yj_status_next(struct yj_store *s, const char *after, struct yj_status_name *names, size_t cap,
    size_t *n) YJ_MUST_CHECK;
/* How many devices the directory has. */
int yj_status_known(struct yj_store *s, int64_t *n) YJ_MUST_CHECK;
int yj_status_put(
    struct yj_store *s, const char *device, const struct yj_device_status *status) YJ_MUST_CHECK;

#endif
