/* Random rosters against a model that paints every minute of two months. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/roster.h"
#include "random.h"

#define FIRST 20760 /* days; the window goes over a year's end */
#define DAYS 62
#define MINUTES (DAYS * YJ_DAY_MIN)
#define MAX 6

struct world {
	struct yj_crew crews[64];
	size_t n_crews;
	struct yj_shift shifts[MAX], holiday_shifts[MAX];
	struct yj_override overrides[MAX];
	struct yj_holiday holidays[MAX];
	struct yj_roster r;
};

static uint8_t painted[MINUTES], replaced[MINUTES], replacement[MINUTES];

/* Times on the hour and odd ones alike, so that edges meet. */
static int some_minute(struct rng *g)
{
	return (int)(rng_one_in(g, 2) ? rng_below(g, 24) * 60 : rng_below(g, (uint64_t)YJ_DAY_MIN));
}

static size_t some_crew(struct rng *g, struct world *w)
{
	w->crews[w->n_crews] = (struct yj_crew){{rng_below(g, 256)}};
	return w->n_crews++;
}

static void some_shift(struct rng *g, struct world *w, struct yj_shift *s)
{
	s->days = (unsigned)(1 + rng_below(g, 127));
	s->from = some_minute(g);
	s->until = some_minute(g);
	s->until = s->until ? s->until : YJ_DAY_MIN;
	s->start = (int32_t)(FIRST - 30 + (int32_t)rng_below(g, 60));
	s->every_days = (int)(1 + rng_below(g, 9));
	s->n_turns = (size_t)(1 + rng_below(g, 3));
	s->turn = w->n_crews;
	for (size_t i = 0; i < s->n_turns; i++)
		some_crew(g, w);
}

static void some_dates(struct rng *g, int32_t *first, int32_t *last)
{
	*first = FIRST - 2 + (int32_t)rng_below(g, DAYS + 2);
	*last = *first + (int32_t)rng_below(g, 4);
}

static void some_world(struct rng *g, struct world *w)
{
	memset(w, 0, sizeof *w);
	w->r = (struct yj_roster){w->crews, w->shifts, rng_below(g, MAX), w->holiday_shifts,
	    rng_below(g, MAX), w->overrides, rng_below(g, MAX), w->holidays, rng_below(g, MAX)};
	for (size_t i = 0; i < w->r.n_shifts; i++)
		some_shift(g, w, &w->shifts[i]);
	for (size_t i = 0; i < w->r.n_holiday_shifts; i++)
		some_shift(g, w, &w->holiday_shifts[i]);
	for (size_t i = 0; i < w->r.n_holidays; i++)
		some_dates(g, &w->holidays[i].first, &w->holidays[i].last);
	for (size_t i = 0; i < w->r.n_overrides; i++) {
		struct yj_override *o = &w->overrides[i];
		some_dates(g, &o->first, &o->last);
		o->from = some_minute(g);
		o->until = some_minute(g);
		o->until = o->until ? o->until : YJ_DAY_MIN;
		o->crew = some_crew(g, w);
	}
}

/* Minutes from..until of a day, until at most the next day's. */
static void paint(uint8_t *to, uint8_t *mark, int32_t day, int from, int until, uint64_t crew)
{
	int length = until > from ? until - from : until + YJ_DAY_MIN - from;
	for (int i = 0; i < length; i++) {
		int64_t at = (int64_t)(day - FIRST) * YJ_DAY_MIN + from + i;
		if (at < 0 || at >= MINUTES)
			continue;
		to[at] |= (uint8_t)crew;
		if (mark)
			mark[at] = 1;
	}
}

/* Whose turn it is, counted day by day. */
static size_t turn_of(const struct yj_shift *s, int32_t day)
{
	size_t turn = 0;
	int into = 0;
	for (int32_t d = s->start; d < day; d++) {
		if (++into == s->every_days) {
			into = 0;
			turn = (turn + 1) % s->n_turns;
		}
	}
	for (int32_t d = s->start; d > day; d--) {
		if (--into < 0) {
			into = s->every_days - 1;
			turn = (turn + s->n_turns - 1) % s->n_turns;
		}
	}
	return turn;
}

static void paint_all(const struct world *w)
{
	memset(painted, 0, sizeof painted);
	memset(replaced, 0, sizeof replaced);
	memset(replacement, 0, sizeof replacement);
	for (int32_t day = FIRST - 1; day < FIRST + DAYS; day++) {
		bool holiday = false;
		for (size_t i = 0; i < w->r.n_holidays; i++)
			holiday |= w->holidays[i].first <= day && day <= w->holidays[i].last;
		size_t n = holiday ? w->r.n_holiday_shifts : w->r.n_shifts;
		for (size_t i = 0; i < n; i++) {
			const struct yj_shift *s = &(holiday ? w->holiday_shifts : w->shifts)[i];
			if (s->days & 1U << ((day - 4) % 7)) /* day 4 was a Monday */
				paint(painted, NULL, day, s->from, s->until,
				    w->crews[s->turn + turn_of(s, day)].bits[0]);
		}
		for (size_t i = 0; i < w->r.n_overrides; i++) {
			const struct yj_override *o = &w->overrides[i];
			if (o->first <= day && day <= o->last)
				paint(replacement, replaced, day, o->from, o->until,
				    w->crews[o->crew].bits[0]);
		}
	}
}

static uint8_t model(int at)
{
	return replaced[at] ? replacement[at] : painted[at];
}

static void check(const struct world *w)
{
	int steady_until = 0;
	for (int at = 0; at < MINUTES; at++) {
		struct yj_wall wall = {FIRST + at / YJ_DAY_MIN, at % YJ_DAY_MIN};
		struct yj_crew crew = yj_roster_on(&w->r, wall);
		if (crew.bits[0] != model(at))
			fail_msg("day %d minute %d: %llx, not %x", wall.day, wall.minute,
			    (unsigned long long)crew.bits[0], model(at));
		if (at && at < steady_until && model(at) != model(at - 1))
			fail_msg("day %d minute %d: it was to be steady", wall.day, wall.minute);
		if (at >= steady_until) {
			int steady = yj_roster_steady(&w->r, wall);
			if (steady < 1 || wall.minute + steady > YJ_DAY_MIN)
				fail_msg("day %d minute %d: %d", wall.day, wall.minute, steady);
			steady_until = at + steady;
		}
	}
}

static void test_rosters(void **state)
{
	(void)state;
	const char *seed = getenv("YJ_SEED"), *runs = getenv("YJ_RUNS");
	uint64_t first = seed ? strtoull(seed, NULL, 10) : 1;
	uint64_t n = runs ? strtoull(runs, NULL, 10) : 150;
	for (uint64_t i = 0; i < n; i++) {
		struct rng g = {first + i};
		struct world w;
		printf("YJ_SEED=%llu YJ_RUNS=1\n", (unsigned long long)(first + i));
		some_world(&g, &w);
		paint_all(&w);
		check(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rosters)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
