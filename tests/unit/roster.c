/* Rosters in the core: shifts past midnight, rotations, overrides, holidays, the calendar; and in
 * the store's zone: both days on which a clock is changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/roster.h"

#define M(h, m) ((h)*60 + (m))
#define ALL 0x7f
#define DAY(y, m, d) yj_day_of(y, m, d)

/* Crew i is person i alone; the last one is nobody. */
static struct yj_crew crews[8];

static int set_up(void **state)
{
	(void)state;
	memset(crews, 0, sizeof crews);
	for (size_t i = 0; i < 7; i++)
		yj_crew_add(&crews[i], i);
	return 0;
}

/* "0" for person 0 alone, "01" for two, "" for nobody. */
static const char *on(const struct yj_roster *r, int32_t day, int minute)
{
	static char text[16];
	size_t n = 0;
	struct yj_crew crew = yj_roster_on(r, (struct yj_wall){day, minute});
	for (size_t i = 0; i < 8; i++)
		if (yj_crew_has(&crew, i))
			text[n++] = (char)('0' + i);
	text[n] = '\0';
	return text;
}

static void test_calendar(void **state)
{
	(void)state;
	assert_int_equal(DAY(1970, 1, 1), 0);
	assert_int_equal(DAY(2026, 11, 23), 20780);
	assert_int_equal(yj_weekday(DAY(2026, 11, 23)), 0); /* a Monday */
	assert_int_equal(yj_weekday(DAY(1969, 12, 31)), 2);
	assert_int_equal(DAY(2028, 3, 1) - DAY(2028, 2, 28), 2); /* a leap year */
	assert_int_equal(DAY(2100, 3, 1) - DAY(2100, 2, 28), 1); /* not one */
	assert_int_equal(DAY(2000, 3, 1) - DAY(2000, 2, 28), 2);
	for (int32_t day = DAY(1899, 1, 1); day < DAY(2201, 1, 1); day++) {
		time_t t = (time_t)day * 86400;
		struct tm tm;
		int y;
		unsigned m, d;
		gmtime_r(&t, &tm);
		yj_day_date(day, &y, &m, &d);
		assert_int_equal(y, tm.tm_year + 1900);
		assert_int_equal(m, tm.tm_mon + 1);
		assert_int_equal(d, tm.tm_mday);
		assert_int_equal(yj_day_of(y, m, d), day);
		assert_int_equal(yj_weekday(day), (tm.tm_wday + 6) % 7);
	}
}

static void test_midnight(void **state)
{
	(void)state;
	/* Friday night alone */
	const struct yj_shift shifts[] = {{.days = 1U << 4,
	    .from = M(22, 0),
	    .until = M(6, 0),
	    .every_days = 1,
	    .turn = 0,
	    .n_turns = 1}};
	struct yj_roster r = {.crews = crews, .shifts = shifts, .n_shifts = 1};
	int32_t friday = DAY(2026, 11, 27);
	assert_string_equal(on(&r, friday, M(21, 59)), "");
	assert_string_equal(on(&r, friday, M(22, 0)), "0");
	assert_string_equal(on(&r, friday, M(23, 59)), "0");
	assert_string_equal(on(&r, friday + 1, 0), "0");
	assert_string_equal(on(&r, friday + 1, M(5, 59)), "0");
	assert_string_equal(on(&r, friday + 1, M(6, 0)), "");
	assert_string_equal(on(&r, friday + 1, M(22, 0)), "");
	assert_string_equal(on(&r, friday, M(5, 0)), ""); /* not the morning before */
	assert_int_equal(yj_roster_steady(&r, (struct yj_wall){friday, 0}), M(22, 0));
	assert_int_equal(yj_roster_steady(&r, (struct yj_wall){friday, M(22, 0)}), 120);
	assert_int_equal(yj_roster_steady(&r, (struct yj_wall){friday + 1, 0}), M(6, 0));
	assert_int_equal(yj_roster_steady(&r, (struct yj_wall){friday + 1, M(6, 0)}), M(18, 0));
}

static void test_whole_days(void **state)
{
	(void)state;
	const struct yj_shift shifts[] = {
	    {.days = 1, .from = 0, .until = YJ_DAY_MIN, .every_days = 1, .turn = 0, .n_turns = 1},
	    /* from eight to eight is a day and a night */
	    {.days = 1U << 2,
		.from = M(8, 0),
		.until = M(8, 0),
		.every_days = 1,
		.turn = 1,
		.n_turns = 1}};
	struct yj_roster r = {.crews = crews, .shifts = shifts, .n_shifts = 2};
	int32_t monday = DAY(2026, 11, 23);
	assert_string_equal(on(&r, monday - 1, M(23, 59)), "");
	assert_string_equal(on(&r, monday, 0), "0");
	assert_string_equal(on(&r, monday, M(23, 59)), "0");
	assert_string_equal(on(&r, monday + 1, 0), "");
	assert_string_equal(on(&r, monday + 2, M(7, 59)), "");
	assert_string_equal(on(&r, monday + 2, M(8, 0)), "1");
	assert_string_equal(on(&r, monday + 3, M(7, 59)), "1");
	assert_string_equal(on(&r, monday + 3, M(8, 0)), "");
}

static void test_rotation(void **state)
{
	(void)state;
	int32_t start = DAY(2026, 12, 21); /* a Monday: the turns go over the end of the year */
	const struct yj_shift shifts[] = {{.days = ALL,
	    .from = M(18, 0),
	    .until = M(8, 0),
	    .start = start,
	    .every_days = 7,
	    .turn = 0,
	    .n_turns = 3}};
	struct yj_roster r = {.crews = crews, .shifts = shifts, .n_shifts = 1};
	assert_string_equal(on(&r, start, M(18, 0)), "0");
	assert_string_equal(on(&r, start + 6, M(18, 0)), "0");
	/* the night that began in the first week is of the first week to its end */
	assert_string_equal(on(&r, start + 7, M(7, 59)), "0");
	assert_string_equal(on(&r, start + 7, M(18, 0)), "1");
	assert_string_equal(on(&r, DAY(2026, 12, 31), M(23, 59)), "1");
	assert_string_equal(on(&r, DAY(2027, 1, 1), 0), "1");
	assert_string_equal(on(&r, DAY(2027, 1, 3), M(20, 0)), "1");
	assert_string_equal(on(&r, DAY(2027, 1, 4), M(20, 0)), "2");
	assert_string_equal(on(&r, DAY(2027, 1, 11), M(20, 0)), "0");
	/* and before its start it went the same way */
	assert_string_equal(on(&r, start - 1, M(20, 0)), "2");
	assert_string_equal(on(&r, start - 8, M(20, 0)), "1");
}

static void test_leap_day(void **state)
{
	(void)state;
	int32_t start = DAY(2028, 2, 28);
	const struct yj_shift shifts[] = {{.days = ALL,
	    .from = 0,
	    .until = YJ_DAY_MIN,
	    .start = start,
	    .every_days = 1,
	    .turn = 0,
	    .n_turns = 3}};
	const struct yj_override overrides[] = {
	    {DAY(2028, 2, 29), DAY(2028, 2, 29), M(12, 0), M(13, 0), 5}};
	struct yj_roster r = {.crews = crews,
	    .shifts = shifts,
	    .n_shifts = 1,
	    .overrides = overrides,
	    .n_overrides = 1};
	assert_string_equal(on(&r, DAY(2028, 2, 28), 0), "0");
	assert_string_equal(on(&r, DAY(2028, 2, 28) + 1, 0), "1");
	assert_string_equal(on(&r, DAY(2028, 2, 28) + 1, M(12, 0)), "5");
	assert_string_equal(on(&r, DAY(2028, 3, 1), 0), "2");
}

static void test_overrides(void **state)
{
	(void)state;
	int32_t day = DAY(2026, 12, 1);
	const struct yj_shift shifts[] = {{.days = ALL,
	    .from = M(18, 0),
	    .until = M(8, 0),
	    .every_days = 1,
	    .turn = 0,
	    .n_turns = 1}};
	const struct yj_override overrides[] = {
	    {day, day, M(20, 0), M(2, 0), 1},	   /* over midnight */
	    {day, day + 1, M(21, 0), M(22, 0), 2}, /* adds up with the first */
	    {day + 3, day + 3, 0, YJ_DAY_MIN, 7},  /* nobody, on purpose */
	};
	struct yj_roster r = {.crews = crews,
	    .shifts = shifts,
	    .n_shifts = 1,
	    .overrides = overrides,
	    .n_overrides = 3};
	assert_string_equal(on(&r, day, M(19, 59)), "0");
	assert_string_equal(on(&r, day, M(20, 0)), "1");
	assert_string_equal(on(&r, day, M(21, 30)), "12");
	assert_string_equal(on(&r, day + 1, M(1, 59)), "1");
	assert_string_equal(on(&r, day + 1, M(2, 0)), "0");
	assert_string_equal(on(&r, day + 1, M(21, 30)), "2");
	assert_string_equal(on(&r, day + 2, M(23, 0)), "0");
	assert_string_equal(on(&r, day + 3, 0), "");
	assert_string_equal(on(&r, day + 3, M(23, 59)), "");
	/* what began on that day goes on once the override is over */
	assert_string_equal(on(&r, day + 4, 0), "0");
	assert_int_equal(yj_roster_steady(&r, (struct yj_wall){day, M(20, 0)}), 60);
	assert_int_equal(yj_roster_steady(&r, (struct yj_wall){day + 1, M(1, 0)}), 60);
}

static void test_holidays(void **state)
{
	(void)state;
	int32_t day = DAY(2027, 1, 1);
	const struct yj_shift shifts[] = {{.days = ALL,
	    .from = M(18, 0),
	    .until = M(8, 0),
	    .every_days = 1,
	    .turn = 0,
	    .n_turns = 1}};
	const struct yj_shift holiday[] = {{.days = ALL,
	    .from = M(8, 0),
	    .until = M(10, 0),
	    .every_days = 1,
	    .turn = 1,
	    .n_turns = 1}};
	const struct yj_holiday holidays[] = {{day, day + 1}};
	const struct yj_override overrides[] = {{day, day, M(9, 0), M(9, 30), 2}};
	struct yj_roster r = {.crews = crews,
	    .shifts = shifts,
	    .n_shifts = 1,
	    .holiday_shifts = holiday,
	    .n_holiday_shifts = 1,
	    .holidays = holidays,
	    .n_holidays = 1,
	    .overrides = overrides,
	    .n_overrides = 1};
	assert_string_equal(on(&r, day, M(7, 59)), "0"); /* the night before ends as ever */
	assert_string_equal(on(&r, day, M(8, 0)), "1");
	assert_string_equal(on(&r, day, M(9, 0)), "2");
	assert_string_equal(on(&r, day, M(9, 30)), "1");
	assert_string_equal(on(&r, day, M(19, 0)), "");
	assert_string_equal(on(&r, day + 1, M(7, 0)), "");
	assert_string_equal(on(&r, day + 1, M(9, 0)), "1");
	assert_string_equal(on(&r, day + 2, M(7, 0)), "");
	assert_string_equal(on(&r, day + 2, M(19, 0)), "0");
}

static void test_many_people(void **state)
{
	(void)state;
	struct yj_crew crew = {{0}}, other = {{0}};
	for (size_t i = 0; i < YJ_ROSTER_PEOPLE_MAX; i += 3)
		yj_crew_add(&crew, i);
	for (size_t i = 0; i < YJ_ROSTER_PEOPLE_MAX; i++)
		assert_int_equal(yj_crew_has(&crew, i), i % 3 == 0);
	assert_true(yj_crew_is_empty(&other));
	yj_crew_add(&other, YJ_ROSTER_PEOPLE_MAX - 2);
	assert_false(yj_crew_is_empty(&other));
	assert_false(yj_crew_equal(&crew, &other));
	yj_crew_join(&other, &crew);
	assert_true(yj_crew_has(&other, YJ_ROSTER_PEOPLE_MAX - 2));
	assert_true(yj_crew_has(&other, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_calendar),
	    cmocka_unit_test(test_midnight),
	    cmocka_unit_test(test_whole_days),
	    cmocka_unit_test(test_rotation),
	    cmocka_unit_test(test_leap_day),
	    cmocka_unit_test(test_overrides),
	    cmocka_unit_test(test_holidays),
	    cmocka_unit_test(test_many_people),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
