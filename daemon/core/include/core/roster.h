/* Rosters: who of a group is on duty at a reading of the wall clock. Pure: no zone and no clock,
 * which are the caller's; a reading that the clock skips (spring) never comes, and one that it
 * shows twice (autumn) counts twice.
 *
 *   overrides of that time      if there are any, only they hold; several add up
 *   else shifts of the day on which they begin: the holiday's on a holiday, else the weekly ones
 *
 * A shift belongs to the day on which it begins, also past midnight: the night before a holiday
 * ends on the holiday's morning as ever, and a rotation gives a whole night to one side. */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/limits.h"

#define YJ_DAY_MIN 1440 /* minutes of a wall clock's day */

struct yj_wall {     /* a reading of the wall clock */
	int32_t day; /* since 1970-01-01, which was a Thursday */
	int minute;  /* of the day, 0 to 1439 */
};

struct yj_crew { /* some of a roster's people, a bit for each */
	uint64_t bits[YJ_ROSTER_PEOPLE_MAX / 64];
};

struct yj_shift {
	unsigned days;	 /* bits 0 (Monday) to 6 (Sunday) of the days on which it begins */
	int from, until; /* minutes, 0 to 1439 and 1 to 1440; until <= from: on the next day */
	int32_t start;	 /* of the rotation: the first day of the first turn */
	int every_days;	 /* how long a turn is, at least 1 */
	size_t turn;	 /* index of the first turn's crew in the roster's crews */
	size_t n_turns;	 /* at least 1; 1: no rotation */
};

struct yj_override {
	int32_t first, last; /* days on which it begins, both included */
	int from, until;     /* as of a shift */
	size_t crew;	     /* index in the roster's crews; nobody is a choice too */
};

struct yj_holiday {
	int32_t first, last; /* both included */
};

struct yj_roster { /* borrows all of it */
	const struct yj_crew *crews;
	const struct yj_shift *shifts;
	size_t n_shifts;
	const struct yj_shift *holiday_shifts;
	size_t n_holiday_shifts;
	const struct yj_override *overrides;
	size_t n_overrides;
	const struct yj_holiday *holidays;
	size_t n_holidays;
};

bool yj_crew_has(const struct yj_crew *crew, size_t person);
void yj_crew_add(struct yj_crew *crew, size_t person);
bool yj_crew_is_empty(const struct yj_crew *crew);
void yj_crew_join(struct yj_crew *crew, const struct yj_crew *more);
bool yj_crew_equal(const struct yj_crew *a, const struct yj_crew *b);

/* 0 for Monday to 6 for Sunday; days before 1970 too. */
unsigned yj_weekday(int32_t day);
/* The day of a date of the Gregorian calendar, and back. */
int32_t yj_day_of(int year, unsigned month, unsigned mday);
void yj_day_date(int32_t day, int *year, unsigned *month, unsigned *mday);

/* Who is on duty. */
struct yj_crew yj_roster_on(const struct yj_roster *roster, struct yj_wall at);
/* For how many minutes of the wall clock that cannot change, `at` included: 1 up to the rest of
 * its day. It may then be the same all the same. */
int yj_roster_steady(const struct yj_roster *roster, struct yj_wall at);

#endif
