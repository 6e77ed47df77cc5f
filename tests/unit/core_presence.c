/* What is believed of wills, silence and coming and going; and trends of batteries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/presence.h"
#include "core/trend.h"

#define MIN 60000LL

static void test_sessions(void **state)
{
	static const struct {
		bool online;
		int64_t session;
		bool was;
		int64_t known, then;
		enum yj_heed heed;
	} rows[] = {
	    {false, 0, true, 9, 9, YJ_HEED_TAKE}, /* without a session as ever */
	    {true, 0, false, 9, 9, YJ_HEED_TAKE},
	    {true, 1, false, 0, 1, YJ_HEED_TAKE},
	    {false, 1, true, 1, 1, YJ_HEED_TAKE},   /* its own will */
	    {false, 1, true, 2, 2, YJ_HEED_IGNORE}, /* the one before's */
	    {false, 3, true, 2, 3, YJ_HEED_TAKE},   /* whose birth we missed */
	    {true, 3, true, 2, 3, YJ_HEED_TAKE},
	    {true, 1, true, 2, 2, YJ_HEED_TAKE},  /* an old one out of a client's queue */
	    {true, 1, false, 7, 1, YJ_HEED_TAKE}, /* the counter was lost */
	    {false, 1, false, 7, 7, YJ_HEED_IGNORE},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t known = rows[i].known;
		assert_int_equal(
		    yj_presence_heed(rows[i].online, rows[i].session, rows[i].was, &known),
		    rows[i].heed);
		assert_int_equal(known, rows[i].then);
	}
}

static void test_silence(void **state)
{
	const struct yj_beats b = {.beat_ms = 5 * MIN, .offline_after = 3, .grace_ms = 2 * MIN};
	const struct yj_beats quick = {.beat_ms = 10000, .offline_after = 3, .grace_ms = 2 * MIN};
	const struct yj_beats never = {.beat_ms = 0, .offline_after = 3, .grace_ms = 2 * MIN};
	(void)state;
	assert_false(yj_presence_missed(&b, 100 * MIN, 0, 115 * MIN));
	assert_true(yj_presence_missed(&b, 100 * MIN, 0, 115 * MIN + 1));
	assert_false(yj_presence_missed(&never, 1, 0, INT64_MAX));
	/* Nobody could be heard before: the beats count from then on. */
	assert_false(yj_presence_missed(&b, 100 * MIN, 200 * MIN, 215 * MIN));
	assert_true(yj_presence_missed(&b, 100 * MIN, 200 * MIN, 215 * MIN + 1));
	/* A quick one has the grace to come back, and its own pace once it has. */
	assert_false(yj_presence_missed(&quick, 100 * MIN, 200 * MIN, 202 * MIN));
	assert_true(yj_presence_missed(&quick, 100 * MIN, 200 * MIN, 202 * MIN + 1));
	assert_true(yj_presence_missed(&quick, 200 * MIN, 200 * MIN, 200 * MIN + 30001));
	assert_false(yj_presence_missed(&quick, 200 * MIN, 200 * MIN, 200 * MIN + 30000));
}

static void test_kept(void **state)
{
	(void)state;
	assert_int_equal(yj_presence_kept_ms(&(struct yj_kept){1, 0, false}, 2 * MIN), 8000);
	assert_int_equal(yj_presence_kept_ms(&(struct yj_kept){5, 95, false}, 2 * MIN), 8000);
	assert_int_equal(yj_presence_kept_ms(&(struct yj_kept){3, 0, false}, 2 * MIN), 2 * MIN);
	assert_int_equal(yj_presence_kept_ms(&(struct yj_kept){50, 50, false}, 2 * MIN), 2 * MIN);
	assert_int_equal(yj_presence_kept_ms(&(struct yj_kept){1, 99, true}, 2 * MIN), 2 * MIN);
	assert_int_equal(yj_presence_kept_ms(&(struct yj_kept){1, 99, false}, 1000), 1000);
}

static void test_flapping(void **state)
{
	struct yj_flap f = {.n = 0};
	(void)state;
	for (int i = 0; i < 6; i++)
		assert_int_equal(yj_flap_change(&f, 6, 10 * MIN, i * MIN), YJ_FLAP_TELL);
	assert_int_equal(yj_flap_change(&f, 6, 10 * MIN, 10 * MIN - 1), YJ_FLAP_BEGINS);
	for (int i = 0; i < 50; i++)
		assert_int_equal(yj_flap_change(&f, 6, 10 * MIN, 11 * MIN + i), YJ_FLAP_HELD);
	assert_false(yj_flap_steady(&f, 10 * MIN, 21 * MIN - 1));
	assert_true(yj_flap_steady(&f, 10 * MIN, 21 * MIN));
	/* As often, but slowly: never. */
	f = (struct yj_flap){.n = 0};
	for (int i = 0; i < 1000; i++)
		assert_int_equal(yj_flap_change(&f, 6, 10 * MIN, i * 10 * MIN / 6), YJ_FLAP_TELL);
	/* No limit. */
	for (int i = 0; i < 1000; i++)
		assert_int_equal(yj_flap_change(&f, 0, 10 * MIN, 100000 * MIN), YJ_FLAP_TELL);
}

/* ── batteries ── */

static struct yj_battery_trend trend(const double *values, size_t n)
{
	struct yj_daily v[200];
	struct yj_battery_trend t;
	for (size_t i = 0; i < n; i++)
		v[i] = (struct yj_daily){(int32_t)(1000 + i), values[i]};
	yj_battery_trend(v, n, &t);
	return t;
}

static void test_battery(void **state)
{
	static const double falling[] = {90, 88, 86, 84, 82, 80};
	static const double changed[] = {30, 25, 20, 15, 10, 100, 99, 98, 97, 96, 95};
	static const double just_changed[] = {50, 40, 30, 20, 10, 100, 99};
	static const double dip[] = {90, 88, 86, 4, 82, 80, 78, 76, 74};
	static const double wavers[] = {80, 79, 80, 79, 80, 79, 80, 79};
	static const double rising[] = {50, 52, 54, 56, 58, 60};
	static const double empty[] = {8, 6, 4, 2, 0, 0};
	(void)state;
	struct yj_battery_trend t = trend(falling, 6);
	assert_true(t.known && t.falls);
	assert_int_equal(t.empty_day, 1005 + 40);
	assert_false(trend(falling, 4).known);
	t = trend(changed, 11);
	assert_true(t.falls);
	assert_int_equal(t.empty_day, 1010 + 95);
	assert_false(trend(just_changed, 7).known);
	t = trend(dip, 9);
	assert_true(t.falls);
	assert_in_range(t.empty_day, 1008 + 36, 1008 + 38);
	assert_false(trend(wavers, 8).falls);
	assert_true(trend(rising, 6).known);
	assert_false(trend(rising, 6).falls);
	t = trend(empty, 6);
	assert_true(t.falls);
	assert_in_range(t.empty_day, 1004, 1006);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sessions),
	    cmocka_unit_test(test_silence),
	    cmocka_unit_test(test_kept),
	    cmocka_unit_test(test_flapping),
	    cmocka_unit_test(test_battery),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
