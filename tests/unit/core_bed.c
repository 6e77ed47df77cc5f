/* One bed sensor: turns in bed, exits by night, who cannot hear, runs of vitals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/bed.h"

#define S 1000LL
#define MIN (60 * S)

static const struct yj_bed_rules rules = {
    .turn_ms = 10 * S,
    .return_ms = 15 * MIN,
    .grace_ms = 2 * MIN,
    .for_ms = 60 * S,
    .calm_ms = 5 * MIN,
    .samples = 3,
    .ranges = {{40, 130}, {8, 30}, {88, 100}},
};

static int64_t hears_since;
static bool night;

static struct yj_bed_now at(int64_t t)
{
	return (struct yj_bed_now){t, hears_since, night};
}

static unsigned say(struct yj_bed *bed, int64_t t, int in_bed, double hr)
{
	struct yj_bed_sample s = {in_bed, {hr, -1, -1}};
	struct yj_bed_now now = at(t);
	return yj_bed_sample(bed, &rules, &s, &now);
}

static unsigned tick(struct yj_bed *bed, int64_t t)
{
	struct yj_bed_now now = at(t);
	return yj_bed_tick(bed, &rules, &now);
}

static int64_t due(const struct yj_bed *bed, int64_t t)
{
	struct yj_bed_now now = at(t);
	return yj_bed_due(bed, &rules, &now);
}

static struct yj_bed in_bed(void)
{
	struct yj_bed bed;
	yj_bed_init(&bed);
	hears_since = 0;
	night = true;
	assert_int_equal(say(&bed, 1 * S, 1, 60), YJ_BED_IN);
	return bed;
}

static void turns(void **state)
{
	(void)state;
	struct yj_bed bed = in_bed();
	assert_int_equal(say(&bed, 100 * S, 0, -1), 0);
	assert_int_equal(due(&bed, 100 * S), 110 * S);
	assert_int_equal(tick(&bed, 110 * S - 1), 0);
	assert_int_equal(say(&bed, 110 * S - 1, 1, 60), 0);
	assert_true(due(&bed, 110 * S) == INT64_MAX);
	assert_int_equal(say(&bed, 200 * S, 0, -1), 0);
	assert_int_equal(tick(&bed, 210 * S), YJ_BED_OUT);
	assert_int_equal(bed.since, 200 * S);
	assert_int_equal(due(&bed, 210 * S), 200 * S + 15 * MIN);
}

static void exits(void **state)
{
	(void)state;
	struct yj_bed bed = in_bed();
	say(&bed, 100 * S, 0, -1);
	assert_int_equal(tick(&bed, 110 * S), YJ_BED_OUT);
	assert_int_equal(say(&bed, 100 * S + 15 * MIN - 5 * S, 1, 60), 0);
	assert_int_equal(tick(&bed, 100 * S + 15 * MIN), 0); /* perhaps they are back */
	assert_int_equal(say(&bed, 100 * S + 15 * MIN + 1, 0, -1), YJ_BED_EXIT);
	assert_int_equal(tick(&bed, 100 * S + 60 * MIN), 0); /* once */
	assert_int_equal(say(&bed, 100 * S + 61 * MIN, 1, 60), 0);
	assert_int_equal(tick(&bed, 100 * S + 62 * MIN), YJ_BED_IN | YJ_BED_BACK);
	night = false;
	say(&bed, 200 * MIN, 0, -1);
	night = true; /* what counts is when they got up */
	assert_int_equal(tick(&bed, 201 * MIN), YJ_BED_OUT);
	assert_true(due(&bed, 201 * MIN) == INT64_MAX);
	yj_bed_init(&bed);
	assert_int_equal(say(&bed, 300 * MIN, 0, -1), YJ_BED_OUT); /* nobody got up */
	assert_true(due(&bed, 300 * MIN) == INT64_MAX);
}

static void deaf(void **state)
{
	(void)state;
	struct yj_bed bed = in_bed();
	say(&bed, 100 * S, 0, -1);
	tick(&bed, 110 * S);
	hears_since = INT64_MAX;
	assert_true(due(&bed, 30 * MIN) == INT64_MAX);
	assert_int_equal(tick(&bed, 30 * MIN), 0);
	hears_since = 40 * MIN;
	assert_int_equal(due(&bed, 40 * MIN), 42 * MIN);
	assert_int_equal(tick(&bed, 42 * MIN - 1), 0);
	struct yj_bed silent = bed, out = bed, back = bed;
	assert_int_equal(tick(&silent, 42 * MIN), YJ_BED_EXIT);
	assert_int_equal(say(&out, 41 * MIN, 0, -1), YJ_BED_EXIT);
	assert_int_equal(say(&back, 41 * MIN, 1, 60), 0);
	assert_int_equal(tick(&back, 41 * MIN + 10 * S), YJ_BED_IN);
	bed = in_bed(); /* up as the connection was lost, and back before it returned */
	say(&bed, 100 * S, 0, -1);
	hears_since = 40 * MIN;
	assert_int_equal(say(&bed, 41 * MIN, 1, 60), 0);
	assert_int_equal(tick(&bed, 60 * MIN), 0);
}

static void vitals(void **state)
{
	(void)state;
	const unsigned hr = (unsigned)YJ_BED_VITAL << YJ_VITAL_HR;
	struct yj_bed bed = in_bed();
	assert_int_equal(say(&bed, 10 * S, 1, 140), 0);
	assert_int_equal(say(&bed, 20 * S, 1, 0), 0);	/* nothing measured */
	assert_int_equal(say(&bed, 30 * S, 1, 128), 0); /* within, but not well */
	assert_int_equal(say(&bed, 40 * S, 1, 140), 0);
	assert_int_equal(say(&bed, 70 * S - 1, 1, 140), 0);
	assert_int_equal(say(&bed, 70 * S, 1, 140), hr);
	assert_int_equal(say(&bed, 80 * S, 1, 140), 0);
	assert_int_equal(say(&bed, 90 * S, 1, 70), 0);
	assert_int_equal(say(&bed, 300 * S, 1, 140), 0); /* not well for long enough */
	for (int64_t t = 400; t < 500; t += 10)
		assert_int_equal(say(&bed, t * S, 1, 140), 0);
	for (int64_t t = 500; t <= 800; t += 10)
		assert_int_equal(say(&bed, t * S, 1, 70), 0);
	say(&bed, 810 * S, 1, 30);
	say(&bed, 840 * S, 1, 30);
	assert_int_equal(say(&bed, 870 * S, 1, 30), hr);
	bed = in_bed();
	say(&bed, 10 * S, 1, 140);
	say(&bed, 20 * S, 1, 140);
	assert_int_equal(say(&bed, 20 * MIN, 1, 140), 0); /* another night */
	say(&bed, 20 * MIN + 10 * S, 0, -1);
	say(&bed, 20 * MIN + 20 * S, 1, 140);
	assert_int_equal(bed.runs[YJ_VITAL_HR].n, 1);
	say(&bed, 20 * MIN + 20 * S, 1, 140); /* the same one twice */
	assert_int_equal(bed.runs[YJ_VITAL_HR].n, 1);
}

static void ranges(void **state)
{
	(void)state;
	struct yj_vital_range r[YJ_VITAL_COUNT];
	static const char good[] = " hr=45-120 ; spo2=90-100;";
	assert_int_equal(yj_vital_ranges_parse(good, strlen(good), r), 0);
	assert_true(r[YJ_VITAL_HR].low == 45 && r[YJ_VITAL_HR].high == 120);
	assert_true(r[YJ_VITAL_RR].high == 0 && r[YJ_VITAL_SPO2].low == 90);
	static const char *const bad[] = {"hr", "hr=", "hr=40", "hr=-40", "hr=40-", "hr=120-40",
	    "hr=40-301", "hr=40-100;hr=40-90", "HR=40-100", "hr=40-100-1", "hr=4o-100", "=40-100",
	    "spo2=90-100.5", "hr=nan-100", "hr=40–100"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(yj_vital_ranges_parse(bad[i], strlen(bad[i]), r), YJ_ERR_INVAL);
	assert_true(r[YJ_VITAL_HR].low == 45); /* untouched */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(turns), cmocka_unit_test(exits),
	    cmocka_unit_test(deaf), cmocka_unit_test(vitals), cmocka_unit_test(ranges)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
