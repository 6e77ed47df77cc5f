/* Batteries of all kinds: the forecast is near the truth whatever days are missing, wrong or
 * wavering, and there is none for a battery that does not run down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/trend.h"

static uint64_t seed, state_of;

static uint64_t next(void)
{
	uint64_t z = state_of += 0x9e3779b97f4a7c15;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static double fraction(void)
{
	return (double)(next() >> 11) / 9007199254740992.0;
}

static long runs(void)
{
	const char *s = getenv("YJ_RUNS");
	return s ? strtol(s, NULL, 10) : 20000;
}

/* A battery that loses per_day from `first` on, as whole percents of most days; some days are wrong
 * altogether, never three in a row: that would be a battery that was changed. */
static size_t live(struct yj_daily *v, int days, double first, double per_day, int wrong_in)
{
	size_t n = 0, right = 0;
	for (int d = 0; d < days; d++) {
		double true_pct = first - per_day * d, told = true_pct + (fraction() - 0.5);
		if (d != 0 && d != days - 1 && next() % 6 == 0)
			continue;
		bool wrong = wrong_in && right > 1 && next() % (uint64_t)wrong_in == 0;
		right = wrong ? 0 : right + 1;
		if (wrong)
			told = true_pct - 10 - 30 * fraction();
		told = (double)(long)(told + 0.5);
		v[n++] = (struct yj_daily){d, told < 0 ? 0 : told > 100 ? 100 : told};
	}
	return n;
}

static void test_forecast_is_near(void **state)
{
	(void)state;
	for (long i = 0; i < runs(); i++) {
		struct yj_daily v[200];
		int days = 20 + (int)(next() % 60);
		double per_day = 0.2 + fraction();
		double first = per_day * (days + 10) + fraction() * 20;
		if (first > 100) {
			first = 100;
			days = (int)(first / per_day) - 10;
			if (days < 15)
				continue;
		}
		size_t n = live(v, days, first, per_day, i % 2 ? 12 : 0);
		struct yj_battery_trend t;
		yj_battery_trend(v, n, &t);
		double truth = first / per_day;
		double off = (double)t.empty_day - truth;
		double allowed = 3 + 0.25 * (truth - days) + 4 / per_day;
		if (!t.falls || off > allowed || off < -allowed)
			fail_msg(
			    "seed %llu, run %ld: %d days at %.3f from %.1f: empty on %d, truth "
			    "%.1f",
			    (unsigned long long)seed, i, days, per_day, first, t.empty_day, truth);
	}
}

static void test_no_forecast_without_a_fall(void **state)
{
	(void)state;
	for (long i = 0; i < runs(); i++) {
		struct yj_daily v[200];
		struct yj_battery_trend t;
		size_t n = live(v, 3 + (int)(next() % 90), 100 * fraction(), -fraction() * 0.02, 0);
		yj_battery_trend(v, n, &t);
		if (t.falls && t.empty_day - v[n - 1].day < 120)
			fail_msg("seed %llu, run %ld: falls", (unsigned long long)seed, i);
	}
}

/* A new battery: what was before does not count. */
static void test_change_begins_anew(void **state)
{
	(void)state;
	for (long i = 0; i < runs(); i++) {
		struct yj_daily before[200], both[400];
		struct yj_battery_trend alone, after;
		struct yj_daily v[200];
		size_t n_before =
		    live(before, 10 + (int)(next() % 40), 20 + 30 * fraction(), 0.4, 0);
		size_t n = live(v, 5 + (int)(next() % 30), 95 + 5 * fraction(), 0.5, 0);
		int32_t shift = before[n_before - 1].day + 1;
		for (size_t k = 0; k < n; k++)
			v[k].day += shift;
		memcpy(both, before, n_before * sizeof *both);
		memcpy(both + n_before, v, n * sizeof *both);
		yj_battery_trend(v, n, &alone);
		yj_battery_trend(both, n_before + n, &after);
		if (alone.known != after.known || alone.falls != after.falls ||
		    alone.empty_day != after.empty_day)
			fail_msg("seed %llu, run %ld", (unsigned long long)seed, i);
	}
}

int main(void)
{
	const char *s = getenv("YJ_SEED");
	seed = s ? strtoull(s, NULL, 10) : 20261124;
	state_of = seed;
	printf("seed %llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forecast_is_near),
	    cmocka_unit_test(test_no_forecast_without_a_fall),
	    cmocka_unit_test(test_change_begins_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
