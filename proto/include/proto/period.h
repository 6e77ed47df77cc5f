/* How often something is to be done, in days or months of the calendar (rounds.csv, period). */
#ifndef PROTO_PERIOD_H
#define PROTO_PERIOD_H

#include <stddef.h>

#include "proto/err.h"

struct yj_period { /* one of them is 0 */
	int days;
	int months;
};

#define YJ_PERIOD_DAYS_MAX 366
#define YJ_PERIOD_MONTHS_MAX 24
#define YJ_PERIOD_LEN 8

/* "7d", "2w", "3mo", "daily", "weekly", "monthly", "quarterly", 每天 每周 每月 每季度, 7天 2周
 * 3个月. YJ_ERR_INVAL: none of these, or out of range. */
int yj_period_parse(const char *s, size_t len, struct yj_period *out) YJ_MUST_CHECK;
/* "7d" or "3mo", which parse reads again. */
const char *yj_period_text(const struct yj_period *p, char buf[YJ_PERIOD_LEN]);

#endif
