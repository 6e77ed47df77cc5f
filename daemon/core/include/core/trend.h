/* Where a value that a device tells day by day is going: a robust line (Theil and Sen: the median
 * of the slopes between all pairs), so that a day that is wrong bends nothing, and the day on which
 * a battery will be empty. Days are counted from any day 0. */
#ifndef CORE_TREND_H
#define CORE_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YJ_TREND_DAYS 60	 /* so far back */
#define YJ_TREND_LEAST 5	 /* days with a value that it takes */
#define YJ_TREND_JUMP_PCT 15	 /* a battery that rises by so much was changed */
#define YJ_TREND_AHEAD_DAYS 1825 /* what is further away is no forecast */

struct yj_daily {
	int32_t day; /* ascending, each once */
	double value;
};

struct yj_line {
	bool known;
	double per_day;
	double at_end; /* its value on the last day */
	double noise;  /* median distance of the days from it */
	int32_t span;  /* days from the first to the last */
};
/* Through the last YJ_TREND_DAYS of n days. */
void yj_trend_line(const struct yj_daily *v, size_t n, struct yj_line *out);

struct yj_battery_trend {
	bool known;	   /* there are days enough since it was last changed */
	double per_day;	   /* percent */
	bool falls;	   /* by more than noise */
	int32_t empty_day; /* if falls: the first day on which it has nothing left */
};
/* v: percent left, of the days up to now. */
void yj_battery_trend(const struct yj_daily *v, size_t n, struct yj_battery_trend *out);

#endif
