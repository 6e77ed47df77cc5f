/* Random histories of one incident. YJ_SEED chooses them (printed), YJ_RUNS how many there are. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core_world.h"

#define SHOWN 15 /* turns before a failure */
#define FUTURE_TURNS 150

static uint64_t seed;
static unsigned long runs;

static struct history history;
static struct world world;

/* Tells what led to it, so that nobody needs a debugger first. */
static void failed(unsigned long run, const char *rule)
{
	static struct model m;
	m = history.start;
	m.traced = true;
	print_error("YJ_SEED=%" PRIu64 " run %lu: %s\n", seed, run, rule);
	print_error("levels=%u desk=%" PRIx64 "\n", m.rules.n_levels, m.desk);
	for (size_t i = 0; i < history.n; i++) {
		const struct happening *h = &history.v[i];
		m.trace[0] = '\0';
		happening_apply(&m, h);
		if (i + SHOWN >= history.n)
			print_error("%" PRId64
				    " type=%d in=%d who=%s: %s-> %s level=%u by=%s due=%" PRId64
				    "\n",
			    h->at, (int)h->type, (int)h->in.type, model_id(h->who), m.trace,
			    yj_inc_state_name(m.state.state), m.state.level, m.state.by,
			    yj_state_deadline(&m.state));
	}
	fail_msg("%s", rule);
}

static void begin(struct rng *rng, unsigned long run)
{
	rng->state = seed * 1000003 + run;
	rng->state = rng_next(rng);
	world_init(&world, rng, &history);
}

/* The longest time without a page while people do what delays one most: an answer just before a
 * level's wait passes, one who takes over, an arrival just before it is due; or, joined while
 * arrived, an arrival of somebody else just before level 0's wait passes. */
static int64_t longest_gap_ms(const struct yj_rules *r)
{
	int64_t wait = r->repeat_every_ms;
	for (unsigned i = 0; i < r->n_levels; i++) {
		if (r->wait_ms[i] + r->verify_within_ms > wait)
			wait = r->wait_ms[i] + r->verify_within_ms;
	}
	return wait + 2 * r->arrive_max_ms + r->resolve_within_ms;
}

enum future { FUTURE_SILENT, FUTURE_DECLINE, FUTURE_LOST, FUTURE_LIE, FUTURES };

/* All who were paged do the same thing at once, and so do those who are paged by that. */
static void react_at_once(struct model *m, enum future future, uint64_t todo, int64_t now)
{
	static const enum yj_in_type types[FUTURES] = {
	    YJ_IN_TICK, YJ_IN_DECLINE, YJ_IN_LOST, YJ_IN_ACK};
	struct yj_in in = {.type = types[future], .how = YJ_HOW_GOING, .eta_min = 1440};
	for (int n = 0; todo && !m->wrong && n < 100 * MODEL_PEOPLE_MAX; n++) {
		int who = __builtin_ctzll(todo);
		todo &= todo - 1;
		if (future == FUTURE_LOST && !(model_counted(m) >> who & 1))
			continue;
		model_turn(m, in, who, now);
		todo |= m->paged;
	}
	if (todo && !m->wrong)
		m->wrong = "pages of one moment come to an end";
}

/* The theorem itself: from here on, whatever all people do alike, pages go out in time. */
static void try_future(const struct model *from, enum future future, int64_t now, unsigned long run)
{
	static struct model m;
	m = *from;
	int64_t bound = model_bound_ms(&m.rules), start = now, last = now;
	for (int n = 0; n < FUTURE_TURNS && now - start <= 3 * bound; n++) {
		int64_t due = yj_state_deadline(&m.state);
		if (due > last + bound)
			failed(run, "a future without a page in time");
		now = due > now ? due : now;
		model_turn(&m, (struct yj_in){.type = YJ_IN_TICK}, MODEL_NOBODY, now);
		if (m.paged_at == now)
			last = now;
		if (future != FUTURE_SILENT)
			react_at_once(&m, future, m.paged, now);
		if (m.wrong)
			failed(run, m.wrong);
	}
}

/* Two who were called by hand and take over from each other for as long as they can. */
static void try_rivals(const struct model *from, int64_t now, unsigned long run)
{
	static struct model m;
	m = *from;
	uint64_t people = model_everybody(&m);
	int64_t step = m.rules.arrive_max_ms / 2 + 1;
	int who[2];
	for (int i = 0; i < 2; i++) {
		if (!people)
			return;
		who[i] = __builtin_ctzll(people);
		people &= people - 1;
		model_turn(&m, (struct yj_in){.type = YJ_IN_SUMMON}, who[i], now);
	}
	struct yj_in going = {.type = YJ_IN_ACK, .how = YJ_HOW_GOING, .eta_min = 1440};
	int64_t paged_at = now;
	for (int n = 0; n < 60 && !m.wrong; n++) {
		for (; yj_state_deadline(&m.state) <= now + step && !m.wrong; n++) {
			int64_t due = yj_state_deadline(&m.state);
			model_turn(&m, (struct yj_in){.type = YJ_IN_TICK}, MODEL_NOBODY,
			    due > now ? due : now);
			if (n > FUTURE_TURNS)
				return;
		}
		now += step;
		model_turn(&m, going, who[n % 2], now);
		if (m.paged_at > paged_at)
			paged_at = m.paged_at;
		if (now - paged_at > longest_gap_ms(&m.rules) + step)
			failed(run, "rivals delay a page, but not for ever");
	}
	if (m.wrong)
		failed(run, m.wrong);
}

static void check_gap(unsigned long run, int64_t *paged_at)
{
	if (world.m.paged_at > *paged_at) {
		int64_t gap = world.m.paged_at - *paged_at;
		if (world.outage == INT64_MAX && gap > longest_gap_ms(&world.m.rules))
			failed(run, "people can delay a page, but not for ever");
		*paged_at = world.m.paged_at;
	}
}

static void every_history_keeps_every_rule_and_is_never_silent(void **state)
{
	(void)state;
	uint32_t most_acts = 0;
	uint64_t turns = 0;
	unsigned long closed = 0;
	for (unsigned long run = 0; run < runs; run++) {
		struct rng rng;
		begin(&rng, run);
		int64_t paged_at = world.now;
		do {
			if (world.m.wrong)
				failed(run, world.m.wrong);
			check_gap(run, &paged_at);
			if (!yj_state_closed(&world.m.state) && rng_one_in(&rng, 64))
				try_rivals(&world.m, world.now, run);
			if (!yj_state_closed(&world.m.state) && rng_one_in(&rng, 16))
				try_future(&world.m, (enum future)rng_below(&rng, FUTURES),
				    world.now, run);
		} while (world_go_on(&world));
		if (world.m.wrong)
			failed(run, world.m.wrong);
		most_acts = world.m.most_acts > most_acts ? world.m.most_acts : most_acts;
		turns += history.n;
		closed += yj_state_closed(&world.m.state);
	}
	print_message("%lu histories, %" PRIu64 " turns, %lu ended, at most %u actions a step\n",
	    runs, turns, closed, most_acts);
	assert_in_range(closed, runs / 20, runs); /* the histories are neither short nor endless */
	assert_in_range(turns / runs, 10, HISTORY_MAX);
}

static bool same_model(const struct model *a, const struct model *b)
{
	return model_same_state(&a->state, &b->state) && a->digest == b->digest &&
	       a->known == b->known && a->declined == b->declined && a->lost == b->lost &&
	       a->summoned == b->summoned && a->broke == b->broke && a->heard_at == b->heard_at &&
	       a->paged_at == b->paged_at && memcmp(a->round, b->round, sizeof a->round) == 0;
}

static void a_replay_equals_what_was_live(void **state)
{
	(void)state;
	static struct model m;
	for (unsigned long run = 0; run < runs; run++) {
		struct rng rng;
		begin(&rng, run);
		while (world_go_on(&world))
			;
		m = history.start;
		for (size_t i = 0; i < history.n; i++)
			happening_apply(&m, &history.v[i]);
		if (!same_model(&m, &world.m))
			failed(run, "a replay differs");
	}
}

/* A tick is due at the deadline: more of them, at any time in between, change nothing. */
static void ticks_of_any_granularity_give_the_same(void **state)
{
	(void)state;
	static struct model m;
	struct yj_in tick = {.type = YJ_IN_TICK};
	for (unsigned long run = 0; run < runs; run++) {
		struct rng rng;
		begin(&rng, run);
		while (world_go_on(&world))
			;
		m = history.start;
		int64_t now = history.v[0].at;
		for (size_t i = 0; i < history.n; i++) {
			const struct happening *h = &history.v[i];
			int64_t due = i ? yj_state_deadline(&m.state) : now;
			int64_t quiet = h->at < due ? h->at - now : due - 1 - now;
			for (int n = 0; i && quiet > 0 && n < 3; n++)
				model_turn(&m, tick, MODEL_NOBODY,
				    now + (int64_t)rng_below(&rng, (uint64_t)quiet));
			happening_apply(&m, h);
			now = h->at;
			if (m.wrong)
				failed(run, m.wrong);
		}
		if (!same_model(&m, &world.m))
			failed(run, "finer ticks differ");
	}
}

/* At any moment the state goes to disk and comes back: it is what its fields are, no more. */
static void a_state_goes_on_from_a_copy_of_its_fields(void **state)
{
	(void)state;
	static struct model m;
	for (unsigned long run = 0; run < runs; run++) {
		struct rng rng;
		begin(&rng, run);
		while (world_go_on(&world))
			;
		m = history.start;
		for (size_t i = 0; i < history.n; i++) {
			struct yj_state s;
			memset(&s, 0x5a, sizeof s);
			yj_state_init(&s, m.state.kind);
			s.state = m.state.state;
			s.level = m.state.level;
			s.round = m.state.round;
			s.outstanding = m.state.outstanding;
			s.flags = m.state.flags;
			s.level_due = m.state.level_due;
			s.arrive_due = m.state.arrive_due;
			s.remind_due = m.state.remind_due;
			s.resolve_due = m.state.resolve_due;
			s.rejoin_due = m.state.rejoin_due;
			s.joined_due = m.state.joined_due;
			s.acked_at = m.state.acked_at;
			s.arrived_at = m.state.arrived_at;
			s.joined_at = m.state.joined_at;
			memcpy(s.by, m.state.by, strlen(m.state.by) + 1);
			memset(&m.state, 0xa5, sizeof m.state);
			m.state = s;
			happening_apply(&m, &history.v[i]);
		}
		if (m.wrong || !same_model(&m, &world.m))
			failed(run, "a state that was stored differs");
	}
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);
	return value && value[0] ? strtoull(value, NULL, 10) : otherwise;
}

int main(void)
{
	seed = from_environment("YJ_SEED", (uint64_t)time(NULL));
	runs = (unsigned long)from_environment("YJ_RUNS", 2000);
	printf("YJ_SEED=%" PRIu64 " YJ_RUNS=%lu\n", seed, runs);
	fflush(stdout);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_history_keeps_every_rule_and_is_never_silent),
	    cmocka_unit_test(a_replay_equals_what_was_live),
	    cmocka_unit_test(ticks_of_any_granularity_give_the_same),
	    cmocka_unit_test(a_state_goes_on_from_a_copy_of_its_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
