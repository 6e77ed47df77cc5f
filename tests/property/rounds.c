/* A town over a year, with lists that come and go, people who move between classes, are away and
 * come back, and visitors who come or do not: nobody is ever forgotten, and nobody is told of
 * before their day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/round.h"
#include "proto/words.h"
#include "random.h"

#define DAYS 400
#define TOWN 30
#define OWN_MAX 6

struct resident {
	unsigned classes;
	char region[13];
	bool rests;
	int32_t known, begins;
	int32_t last[YJ_AS_COUNT];
};

struct town {
	struct rng r;
	struct yj_round_list lists[OWN_MAX + YJ_ROUND_BUILT_IN];
	size_t n;
	struct resident people[TOWN];
	long told, missed, seen;
};

static unsigned some_classes(struct rng *r)
{
	static const unsigned risks[] = {
	    1U << YJ_ROUND_HIGH, 1U << YJ_ROUND_KEY, 1U << YJ_ROUND_GENERAL, 1U << YJ_ROUND_OTHER};
	return risks[rng_below(r, 4)] | (rng_one_in(r, 4) ? 1U << YJ_ROUND_MOUNTAIN : 0);
}

static struct yj_round_list some_list(struct rng *r, int32_t today)
{
	static const char *const regions[] = {"", "511781", "511781103", "511781103201"};
	struct yj_round_list l = {.begins = today, .counts = 1U + (unsigned)rng_below(r, 15)};
	l.classes = rng_one_in(r, 3) ? YJ_ROUND_ALL : 1U << rng_below(r, YJ_ROUND_CLASS_COUNT - 1);
	if (rng_one_in(r, 2))
		l.period.days = 1 + (int)rng_below(r, 40);
	else
		l.period.months = 1 + (int)rng_below(r, 4);
	snprintf(l.region, sizeof l.region, "%s", regions[rng_below(r, 4)]);
	snprintf(l.id, sizeof l.id, "own-%u", (unsigned)rng_below(r, 1000000));
	return l;
}

static void populate(struct town *t)
{
	memset(t->people, 0, sizeof t->people);
	t->n = 0;
	t->told = t->missed = t->seen = 0;
	for (size_t i = rng_below(&t->r, OWN_MAX + 1); i > 0; i--)
		t->lists[t->n++] = some_list(&t->r, 0);
	for (size_t i = 0; i < YJ_ROUND_BUILT_IN; i++)
		t->lists[t->n++] = yj_round_built_in[i];
	for (size_t i = 0; i < TOWN; i++) {
		struct resident *p = &t->people[i];
		p->classes = some_classes(&t->r);
		snprintf(p->region, sizeof p->region, "511781103%03u",
		    200 + (unsigned)rng_below(&t->r, 3));
		for (int c = 0; c < YJ_AS_COUNT; c++)
			p->last[c] = YJ_NO_DAY;
	}
}

static int32_t last_of(const struct resident *p, unsigned counts)
{
	int32_t last = YJ_NO_DAY;
	for (int c = 0; c < YJ_AS_COUNT; c++)
		if ((counts & (1U << c)) && p->last[c] > last)
			last = p->last[c];
	return last;
}

/* At least so long is every period, and at most. */
static int32_t shortest(const struct yj_period *p)
{
	return p->months ? 28 * p->months : p->days;
}

static int32_t longest(const struct yj_period *p)
{
	return p->months ? 31 * p->months : p->days;
}

static void look_at(struct town *t, struct resident *p, int32_t today)
{
	size_t picked[OWN_MAX + YJ_ROUND_BUILT_IN];
	size_t n = yj_round_pick(
	    t->lists, t->n, p->classes, p->region, picked, sizeof picked / sizeof picked[0]);
	assert_true(n > 0); /* always on some list */
	for (size_t i = 0; i < n; i++) {
		const struct yj_round_list *l = &t->lists[picked[i]];
		const struct yj_round_history h = {.last = last_of(p, l->counts),
		    .known = p->known,
		    .begins = p->begins > l->begins ? p->begins : l->begins};
		int32_t due = yj_round_due(&h, &l->period);
		int32_t from = h.last == YJ_NO_DAY ? h.known : h.last;
		bool told = due <= today;
		/* whoever was not seen for a whole period is told of, day by day, as long as the
		 * list holds and they are back */
		if (today - from >= longest(&l->period) && today >= h.begins)
			assert_true(told);
		/* and whoever was seen within the shortest one is not */
		if (today - from < shortest(&l->period) && today > h.begins)
			assert_false(told);
		assert_true(due >= h.begins && due - from >= shortest(&l->period));
		/* a visitor who goes to whom is told of ends it */
		if (told && rng_one_in(&t->r, 3)) {
			p->last[YJ_AS_ON_SITE] = today;
			p->last[YJ_AS_VISIT] = today;
		}
		t->told += told;
		t->missed += due < today;
	}
}

static void live(struct town *t, int32_t today)
{
	struct rng *r = &t->r;
	if (rng_one_in(r, 60) && t->n > YJ_ROUND_BUILT_IN) /* a list in place of another */
		t->lists[rng_below(r, t->n - YJ_ROUND_BUILT_IN)] = some_list(r, today);
	for (size_t i = 0; i < TOWN; i++) {
		struct resident *p = &t->people[i];
		bool rested = p->rests;
		if (rng_one_in(r, 90)) {
			p->classes = some_classes(r);
			p->begins = today;
		}
		if (rng_one_in(r, p->rests ? 10 : 80))
			p->rests = !p->rests;
		if (rested && !p->rests)
			p->begins = today;
		if (rng_one_in(r, 12)) {
			p->last[rng_below(r, YJ_AS_COUNT)] = today;
			t->seen++;
		}
		if (!p->rests)
			look_at(t, p, today);
	}
}

static void test_nobody_is_forgotten(void **state)
{
	(void)state;
	const char *runs_text = getenv("YJ_RUNS"), *seed_text = getenv("YJ_SEED");
	uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : 1;
	long runs = runs_text ? strtol(runs_text, NULL, 10) : 60;
	static struct town t;
	print_message("YJ_SEED=%llu\n", (unsigned long long)seed);
	for (long run = 0; run < runs; run++) {
		t.r.state = seed + (uint64_t)run;
		populate(&t);
		for (int32_t day = 1; day < DAYS; day++)
			live(&t, day);
		assert_true(t.told > 0 && t.missed > 0 && t.seen > 0);
	}
}

/* The climb only ever climbs, and a longer delay never reaches fewer people. */
static void test_climbs(void **state)
{
	(void)state;
	struct rng r = {7};
	for (int run = 0; run < 20000; run++) {
		int32_t after[8], at = 0;
		size_t n = rng_below(&r, 9), before = 0;
		for (size_t i = 0; i < n; i++)
			after[i] = at += (int32_t)rng_below(&r, 6);
		for (int32_t day = -3; day < 60; day++) {
			size_t reached = yj_round_climb(after, n, day);
			assert_true(reached >= before && reached <= n);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(i < reached, after[i] <= day);
			before = reached;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nobody_is_forgotten),
	    cmocka_unit_test(test_climbs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
