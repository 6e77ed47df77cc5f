/* Rounds: who is to be looked in on by which day. Pure: days are numbers since 1970-01-01 by the
 * municipality's clock, which the caller works out; what counted when is the caller's to know.
 *
 * A list covers residents by class and region. Without lists of their own people are covered by
 * those that are built in; a list takes the place of those of the class it names (of all of them if
 * it names none) for whom it covers, so that there is always at least one for everybody. */
#ifndef CORE_ROUND_H
#define CORE_ROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/period.h"

#define YJ_NO_DAY INT32_MIN

/* ── days ── */

/* The day one period later; of months the same day of the month, or the month's last. */
int32_t yj_round_day_after(int32_t day, const struct yj_period *period);

struct yj_round_history {
	int32_t last;	/* what counted last; YJ_NO_DAY: never */
	int32_t known;	/* since when the resident is known */
	int32_t begins; /* not due before this: the list, their class or their return is of then */
};
/* The last day on which it is still in time. */
int32_t yj_round_due(const struct yj_round_history *h, const struct yj_period *period);

/* Steps of a climb that are reached so many days after the due day; after: ascending. */
size_t yj_round_climb(const int32_t *after_days, size_t n, int32_t overdue_days);

/* ── lists ── */

enum yj_round_class { /* as stored, in masks of 1 << these */
	YJ_ROUND_HIGH,
	YJ_ROUND_KEY,
	YJ_ROUND_GENERAL,
	YJ_ROUND_MOUNTAIN, /* lives alone in the mountains, whatever the risk */
	YJ_ROUND_OTHER,	   /* no risk is known */
	YJ_ROUND_CLASS_COUNT
};
#define YJ_ROUND_ALL ((1U << YJ_ROUND_CLASS_COUNT) - 1)

struct yj_round_list {
	char id[YJ_NAME_MAX + 1];
	unsigned classes; /* mask */
	char region[13];  /* a prefix, "": everywhere */
	struct yj_period period;
	unsigned counts; /* mask of 1 << enum yj_seen_as */
	bool built_in;
	int32_t begins; /* since when it is there */
};

#define YJ_ROUND_BUILT_IN 5
extern const struct yj_round_list yj_round_built_in[YJ_ROUND_BUILT_IN];

/* Which lists are there for somebody of these classes in this region: their indexes, in order.
 * Returns how many; at most cap. */
size_t yj_round_pick(const struct yj_round_list *lists, size_t n, unsigned classes,
    const char *region, size_t *picked, size_t cap);

#endif
