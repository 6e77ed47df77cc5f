/* Random nights of a bed sensor: lost samples, wrong ones, outages. Whatever it says,
 * - bed.in and bed.out come in turn, and never for less than a turn;
 * - an exit comes only of a bed that is empty, once per absence, not before its time, and never
 * while nobody can be heard;
 * - an absence by night that all samples agree on is told, at the latest a turn and the grace late;
 * - a vital is never told of fewer bad samples in a row than it takes, nor earlier. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/bed.h"
#include "random.h"

#define S 1000LL
#define NIGHT_S 20000
#define RUNS 400

struct night {
	struct rng rng;
	struct yj_bed bed;
	struct yj_bed_rules rules;
	int64_t t, hears_since;
	bool dark;
	/* the model */
	enum yj_lies said;  /* by the newest bed.in or bed.out */
	int64_t agreed_out; /* every sample since says out; INT64_MAX: not so */
	bool agreed_night;  /* and the first of them, after bed.in, came by night */
	bool told;	    /* the exit of this absence */
	int bad_in_a_row;
	int64_t bad_since;
};

static int64_t span_s(struct night *n, int64_t from_s, int64_t to_s)
{
	return (from_s + (int64_t)rng_below(&n->rng, (uint64_t)(to_s - from_s + 1))) * S;
}

static void take(struct night *n, unsigned news)
{
	bool deaf = n->hears_since == INT64_MAX;
	if (news & (YJ_BED_IN | YJ_BED_OUT)) {
		enum yj_lies now = n->bed.lies;
		assert_int_not_equal(now, n->said);
		assert_false((news & YJ_BED_IN) && (news & YJ_BED_OUT));
		assert_int_equal(now, news & YJ_BED_IN ? YJ_LIES_IN : YJ_LIES_OUT);
		if (n->said != YJ_LIES_UNKNOWN)
			assert_true(n->t - n->bed.since >= n->rules.turn_ms);
		n->said = now;
		n->told = now == YJ_LIES_OUT && n->told;
	}
	if (news & YJ_BED_EXIT) {
		assert_false(deaf || n->told);
		assert_int_equal(n->said, YJ_LIES_OUT);
		assert_true(n->t >= n->bed.since + n->rules.return_ms);
		n->told = true;
	}
	if (news & ((unsigned)YJ_BED_VITAL << YJ_VITAL_HR)) {
		assert_true(n->bad_in_a_row >= n->rules.samples);
		assert_true(n->t - n->bad_since >= n->rules.for_ms);
	}
}

static void tick_to(struct night *n, int64_t until)
{
	for (;;) {
		struct yj_bed_now now = {n->t, n->hears_since, n->dark};
		int64_t due = yj_bed_due(&n->bed, &n->rules, &now);
		if (due > until)
			break;
		n->t = due > n->t ? due : n->t;
		now.t = n->t;
		take(n, yj_bed_tick(&n->bed, &n->rules, &now));
		assert_true(yj_bed_due(&n->bed, &n->rules, &now) > n->t); /* it goes on */
	}
	n->t = until;
}

static void model_sample(struct night *n, bool in, double hr)
{
	if (in || n->bed.lies == YJ_LIES_UNKNOWN) {
		n->agreed_out = INT64_MAX;
	} else if (n->agreed_out == INT64_MAX) {
		n->agreed_out = n->t;
		n->agreed_night = n->bed.lies == YJ_LIES_IN && n->dark;
	}
	bool bad = hr > 0 && (hr < 40 || hr > 130), well = hr >= 45 && hr <= 125;
	if (!in || (well && hr > 0))
		n->bad_in_a_row = 0;
	else if (bad && n->bad_in_a_row++ == 0)
		n->bad_since = n->t;
}

static void sample(struct night *n, bool in)
{
	double hr = in ? (double)rng_below(&n->rng, 200) : -1;
	if (rng_one_in(&n->rng, 3))
		hr = in ? 150 : hr;
	struct yj_bed_sample s = {in, {hr, -1, -1}};
	struct yj_bed_now now = {n->t, n->hears_since, n->dark};
	model_sample(n, in, hr);
	take(n, yj_bed_sample(&n->bed, &n->rules, &s, &now));
}

/* What all samples agree on is told in time, if somebody could hear for long enough. */
static void check_told(const struct night *n)
{
	if (n->agreed_out == INT64_MAX || n->hears_since == INT64_MAX || n->told)
		return;
	int64_t late = n->agreed_out + n->rules.return_ms + n->rules.turn_ms;
	int64_t hears = n->hears_since + n->rules.grace_ms + n->rules.turn_ms;
	if (n->agreed_night && n->bed.lies == YJ_LIES_OUT)
		assert_true(n->t <= (late > hears ? late : hears));
}

static void one_night(uint64_t seed)
{
	struct night n = {.rng = {seed}, .said = YJ_LIES_UNKNOWN, .agreed_out = INT64_MAX};
	n.rules = (struct yj_bed_rules){.turn_ms = span_s(&n, 1, 30),
	    .return_ms = span_s(&n, 40, 1200),
	    .grace_ms = 120 * S,
	    .for_ms = span_s(&n, 1, 120),
	    .calm_ms = span_s(&n, 1, 600),
	    .samples = 2 + (int)rng_below(&n.rng, 4),
	    .ranges = {{40, 130}, {8, 30}, {88, 100}}};
	yj_bed_init(&n.bed);
	n.t = S;
	bool in = true;
	while (n.t < NIGHT_S * S) {
		int64_t step = rng_one_in(&n.rng, 20) ? span_s(&n, 60, 1500) : span_s(&n, 1, 25);
		tick_to(&n, n.t + step);
		check_told(&n);
		if (rng_one_in(&n.rng, 40))
			n.hears_since = n.hears_since == INT64_MAX ? n.t : INT64_MAX;
		if (rng_one_in(&n.rng, 60))
			n.dark = !n.dark;
		if (rng_one_in(&n.rng, 15))
			in = !in;
		if (n.hears_since != INT64_MAX && !rng_one_in(&n.rng, 8))
			sample(&n, rng_one_in(&n.rng, 12) ? !in : in);
	}
}

static void nights(void **state)
{
	(void)state;
	const char *seed = getenv("YJ_SEED"), *runs = getenv("YJ_RUNS");
	uint64_t first = seed ? strtoull(seed, NULL, 10) : 20260701;
	uint64_t n = runs ? strtoull(runs, NULL, 10) : RUNS;
	printf("seed %llu, %llu nights\n", (unsigned long long)first, (unsigned long long)n);
	for (uint64_t i = 0; i < n; i++)
		one_night(first + i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nights)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
