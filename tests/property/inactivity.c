/* Random quiet hours, limits and clocks that are changed: what the moment promises, minute by
 * minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/inactivity.h"
#include "random.h"

#define MINUTE_MS 60000LL
#define DAY_MS (1440 * MINUTE_MS)

/* A clock that is put by `step` minutes at `change_ms`. */
static int64_t change_ms;
static int offset, step;

static int minute_of(int64_t utc_ms)
{
	int64_t m = utc_ms / MINUTE_MS + offset + (utc_ms >= change_ms ? step : 0);
	return (int)(m % 1440);
}

static struct yj_quiet some_quiet(struct rng *g)
{
	struct yj_quiet q = {(int)rng_below(g, 1440), 0, (int)rng_below(g, 361)};
	q.until = (q.from + (int)rng_below(g, 1081 - (uint64_t)q.after)) % 1440;
	return q;
}

static void some_clock(struct rng *g)
{
	static const int steps[] = {0, 60, -60, 30, -30, 120};
	offset = (int)rng_below(g, 1440);
	step = steps[rng_below(g, sizeof steps / sizeof steps[0])];
	change_ms = 10 * DAY_MS + (int64_t)rng_below(g, 1440) * MINUTE_MS;
}

/* The first minute from `enough` on at which a look every minute finds it due. */
static int64_t looked_for(int64_t enough, const struct yj_quiet *q)
{
	int64_t t = enough;
	while (yj_quiet_left(q, minute_of(t)) > 0)
		t += MINUTE_MS;
	return t;
}

static void test_moments(void **state)
{
	(void)state;
	const char *runs_text = getenv("YJ_RUNS"), *seed_text = getenv("YJ_SEED");
	struct rng g = {seed_text ? strtoull(seed_text, NULL, 10) : 1};
	long runs = runs_text ? strtol(runs_text, NULL, 10) : 20000;
	for (long run = 0; run < runs; run++) {
		struct yj_quiet q = some_quiet(&g);
		some_clock(&g);
		int64_t enough = 9 * DAY_MS + (int64_t)rng_below(&g, 2 * DAY_MS);
		int64_t due = yj_inactivity_due(enough, &q, minute_of);
		int64_t later =
		    yj_inactivity_due(enough + (int64_t)rng_below(&g, DAY_MS), &q, minute_of);
		/* never early, never in the quiet hours, never given up */
		assert_true(due >= enough);
		assert_int_equal(yj_quiet_left(&q, minute_of(due)), 0);
		assert_true(due - enough <= (1080 + 240) * MINUTE_MS);
		/* whoever was heard last earlier is not looked after later */
		assert_true(due <= later);
		/* what is shown ahead is what a look every minute finds */
		int64_t found = looked_for(enough, &q);
		assert_true(due <= found && found - due < MINUTE_MS);
		/* and the question of the moment agrees with it */
		assert_true(yj_inactivity_is_due(100, 100, &q, minute_of(due)));
		if (due > enough)
			assert_false(yj_inactivity_is_due(100, 100, &q, minute_of(enough)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_moments)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
