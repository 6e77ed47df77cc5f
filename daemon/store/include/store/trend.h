/* What devices told of battery and signal day by day, and where that is going (core/trend.h). Days
 * are counted from 1970-01-01 by the municipality's clock. */
#ifndef STORE_TREND_H
#define STORE_TREND_H

#include "proto/limits.h"
#include "store/store.h"

#define YJ_DAYS_KEPT 90
#define YJ_FORECAST_NEAR_DAYS 14 /* a battery that will be empty so soon is work */

struct yj_device_day {
	int32_t day;
	int battery_pct; /* the least; -1: not told */
	int64_t rssi_sum;
	int64_t rssi_n;
};
/* Adds to what is there of that day: the lesser battery, and of the signal what counts more. */
int yj_day_put(
    struct yj_store *s, const char *device, const struct yj_device_day *day) YJ_MUST_CHECK;
/* The days from `from` on, ascending, at most cap (the newest). */
int yj_days_get(struct yj_store *s, const char *device, int32_t from, struct yj_device_day *v,
    size_t cap, size_t *n) YJ_MUST_CHECK;
int yj_days_forget(struct yj_store *s, const char *device, int32_t before) YJ_MUST_CHECK;

struct yj_device_trend {
	bool battery_known, rssi_known, falls;
	double battery_per_day, rssi_per_day;
	int32_t empty_day; /* if falls */
};
/* What has not changed is not written. */
int yj_trend_put(
    struct yj_store *s, const char *device, const struct yj_device_trend *trend) YJ_MUST_CHECK;
int yj_trend_get(struct yj_store *s, const char *device,
    struct yj_device_trend *out) YJ_MUST_CHECK; /* 0 or YJ_ERR_NOTFOUND */
/* "2026-12-01" */
#define YJ_DAY_LEN 11
const char *yj_day_text(int32_t day, char buf[YJ_DAY_LEN]);

#endif
