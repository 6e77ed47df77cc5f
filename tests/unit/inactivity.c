/* When a silence is looked after: quiet hours, the getting-up time, days on which the clock is
 * changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core/inactivity.h"

#define M(h, m) ((h)*60 + (m))
#define HOUR_MS 3600000LL

static const struct yj_quiet night = {M(22, 0), M(6, 0), 60};

static void test_left(void **state)
{
	(void)state;
	assert_int_equal(yj_quiet_left(&night, M(21, 59)), 0);
	assert_int_equal(yj_quiet_left(&night, M(22, 0)), 540);
	assert_int_equal(yj_quiet_left(&night, M(0, 0)), 420);
	assert_int_equal(yj_quiet_left(&night, M(6, 0)), 60);
	assert_int_equal(yj_quiet_left(&night, M(6, 59)), 1);
	assert_int_equal(yj_quiet_left(&night, M(7, 0)), 0);
	const struct yj_quiet noon = {M(12, 0), M(14, 0), 0};
	assert_int_equal(yj_quiet_left(&noon, M(11, 59)), 0);
	assert_int_equal(yj_quiet_left(&noon, M(13, 0)), 60);
	assert_int_equal(yj_quiet_left(&noon, M(14, 0)), 0);
	/* none: a getting-up time alone is none either */
	const struct yj_quiet none = {0, 0, 60};
	for (int m = 0; m < 1440; m++)
		assert_int_equal(yj_quiet_left(&none, m), 0);
	/* past midnight with its getting-up time alone */
	const struct yj_quiet late = {M(20, 0), M(23, 30), 60};
	assert_int_equal(yj_quiet_left(&late, M(0, 29)), 1);
	assert_int_equal(yj_quiet_left(&late, M(0, 30)), 0);
}

static void test_is_due(void **state)
{
	(void)state;
	assert_false(yj_inactivity_is_due(12 * HOUR_MS - 1, 12 * HOUR_MS, &night, M(12, 0)));
	assert_true(yj_inactivity_is_due(12 * HOUR_MS, 12 * HOUR_MS, &night, M(12, 0)));
	assert_false(yj_inactivity_is_due(90 * HOUR_MS, 12 * HOUR_MS, &night, M(3, 0)));
	/* nobody knows the time: no hour is a quiet one */
	assert_true(yj_inactivity_is_due(12 * HOUR_MS, 12 * HOUR_MS, &night, -1));
}

static void test_grace(void **state)
{
	(void)state;
	assert_int_equal(yj_inactivity_grace_ms(24 * HOUR_MS), 600000);
	assert_int_equal(yj_inactivity_grace_ms(8000), 1000);
}

static int local_minute(int64_t utc_ms)
{
	time_t t = (time_t)(utc_ms / 1000);
	struct tm tm;
	localtime_r(&t, &tm);
	return tm.tm_hour * 60 + tm.tm_min;
}

static int64_t at(int year, int month, int day, int hour, int minute)
{
	struct tm tm = {.tm_year = year - 1900,
	    .tm_mon = month - 1,
	    .tm_mday = day,
	    .tm_hour = hour,
	    .tm_min = minute,
	    .tm_isdst = -1};
	return (int64_t)mktime(&tm) * 1000;
}

static void in_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

/* Seven by the clock of that morning, however long the night was. */
static void test_changed_clocks(void **state)
{
	(void)state;
	in_zone(":Europe/Berlin");
	const int days[][3] = {{2026, 3, 28}, {2026, 3, 29}, {2026, 10, 24}, {2026, 10, 25}};
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		const int *d = days[i];
		for (int m = M(22, 0); m < M(31, 0); m += 7) {
			int64_t enough = at(d[0], d[1], d[2], 0, 0) + (int64_t)m * 60000;
			int64_t due = yj_inactivity_due(enough, &night, local_minute);
			assert_int_equal(yj_quiet_left(&night, local_minute(due)), 0);
			if (due != enough)
				assert_int_equal(local_minute(due), M(7, 0));
		}
	}
	/* 22:00 to 07:00 are eight hours in spring and ten in autumn */
	int64_t spring = at(2026, 3, 28, 22, 0), autumn = at(2026, 10, 24, 22, 0);
	assert_int_equal(yj_inactivity_due(spring, &night, local_minute) - spring, 8 * HOUR_MS);
	assert_int_equal(yj_inactivity_due(autumn, &night, local_minute) - autumn, 10 * HOUR_MS);
	in_zone(":Asia/Shanghai");
	int64_t noon = at(2026, 11, 24, 12, 0);
	assert_int_equal(yj_inactivity_due(noon, &night, local_minute), noon);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_left),
	    cmocka_unit_test(test_is_due),
	    cmocka_unit_test(test_grace),
	    cmocka_unit_test(test_changed_clocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
