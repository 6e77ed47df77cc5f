#include "core/round.h"

#include <string.h>

#include "core/roster.h"
#include "proto/words.h"

/* ── days ── */

static unsigned month_days(int year, unsigned month)
{
	static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

int32_t yj_round_day_after(int32_t day, const struct yj_period *period)
{
	int year;
	unsigned month, mday;
	if (!period->months)
		return day + period->days;
	yj_day_date(day, &year, &month, &mday);
	int months = (int)month - 1 + period->months;
	year += months / 12;
	month = (unsigned)(months % 12) + 1;
	unsigned last = month_days(year, month);
	return yj_day_of(year, month, mday < last ? mday : last);
}

int32_t yj_round_due(const struct yj_round_history *h, const struct yj_period *period)
{
	int32_t from = h->last == YJ_NO_DAY ? h->known : h->last;
	int32_t due = yj_round_day_after(from, period);
	return due > h->begins ? due : h->begins;
}

size_t yj_round_climb(const int32_t *after_days, size_t n, int32_t overdue_days)
{
	size_t reached = 0;
	while (reached < n && overdue_days >= after_days[reached])
		reached++;
	return reached;
}

/* ── lists ── */

#define VISITED (1U << YJ_AS_VISIT | 1U << YJ_AS_CHECKIN | 1U << YJ_AS_ON_SITE)

const struct yj_round_list yj_round_built_in[YJ_ROUND_BUILT_IN] = {
    {.id = "default-high",
	.classes = 1U << YJ_ROUND_HIGH,
	.period = {7, 0},
	.counts = VISITED,
	.built_in = true},
    {.id = "default-mountain-daily",
	.classes = 1U << YJ_ROUND_MOUNTAIN,
	.period = {1, 0},
	.counts = VISITED | 1U << YJ_AS_WELL,
	.built_in = true},
    {.id = "default-mountain-monthly",
	.classes = 1U << YJ_ROUND_MOUNTAIN,
	.period = {0, 1},
	.counts = 1U << YJ_AS_ON_SITE,
	.built_in = true},
    {.id = "default-monthly",
	.classes = 1U << YJ_ROUND_KEY | 1U << YJ_ROUND_OTHER,
	.period = {0, 1},
	.counts = VISITED,
	.built_in = true},
    {.id = "default-quarterly",
	.classes = 1U << YJ_ROUND_GENERAL,
	.period = {0, 3},
	.counts = VISITED,
	.built_in = true},
};

static bool covers(const struct yj_round_list *l, unsigned classes, const char *region)
{
	return (l->classes & classes) && strncmp(region, l->region, strlen(l->region)) == 0;
}

/* "Others" are everybody whom nothing else that is built in is about. */
static bool covers_built_in(const struct yj_round_list *l, unsigned classes)
{
	bool high_or_mountain = classes & (1U << YJ_ROUND_HIGH | 1U << YJ_ROUND_MOUNTAIN);
	if (l->classes & (1U << YJ_ROUND_HIGH | 1U << YJ_ROUND_MOUNTAIN))
		return l->classes & classes;
	return !high_or_mountain && (l->classes & classes);
}

size_t yj_round_pick(const struct yj_round_list *lists, size_t n, unsigned classes,
    const char *region, size_t *picked, size_t cap)
{
	unsigned taken = 0; /* classes of which a list of their own takes the place */
	size_t got = 0;
	for (size_t i = 0; i < n; i++) {
		if (lists[i].built_in || !covers(&lists[i], classes, region))
			continue;
		taken |= lists[i].classes;
		if (got < cap)
			picked[got++] = i;
	}
	for (size_t i = 0; i < n && got < cap; i++)
		if (lists[i].built_in && covers_built_in(&lists[i], classes) &&
		    !(lists[i].classes & classes & taken))
			picked[got++] = i;
	return got;
}
