/* Any bytes as a policy, people, and a history of one incident: every rule of the model holds after
 * every step, and at the end silence pages somebody in time.
 *   2 bytes  levels and kind; flags
 *   1 each   wait of each level, repeat, verify, arrive_within, arrive_max, resolve: powers of two
 *   1 each   people of each level, and of the desk: a mask of eight
 *   4 each   an event: what, who, how long after the one before, a detail */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../property/core_model.h"

#define EVENTS_MAX 512
#define PEOPLE 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *at;
	size_t left;
};

static uint8_t take(struct bytes *b)
{
	if (!b->left)
		return 0;
	b->left--;
	return *b->at++;
}

/* 1 ms to 24 days */
static int64_t span(uint8_t byte)
{
	return ((int64_t)1 << (byte & 31)) + (byte >> 5);
}

static void must(struct model *m)
{
	if (m->wrong) {
		/* the rule is seen in the debugger and in the log of the fuzzer */
		(void)!fputs(m->wrong, stderr);
		abort();
	}
}

static bool begin(struct model *m, struct bytes *b)
{
	static const enum yj_kind kinds[] = {YJ_KIND_SOS, YJ_KIND_SERVICE};
	uint8_t head = take(b), flags = take(b);
	model_init(m, kinds[head >> 4 & 1]);
	struct yj_rules *r = &m->rules;
	r->n_levels = (uint8_t)(1 + (head & 15));
	for (unsigned i = 0; i < r->n_levels; i++)
		r->wait_ms[i] = span(take(b));
	r->repeat_every_ms = span(take(b));
	r->verify_within_ms = span(take(b)) - 1;
	r->arrive_within_ms = span(take(b));
	r->arrive_max_ms = r->arrive_within_ms + span(take(b)) - 1;
	r->resolve_within_ms = span(take(b));
	r->resident_may_cancel = flags & 1;
	for (unsigned i = 0; i < r->n_levels; i++)
		m->level[i] = take(b);
	m->desk = take(b);
	return flags & 2;
}

static void turn(struct model *m, struct yj_in in, int who, int64_t now)
{
	model_turn(m, in, who, now);
	must(m);
}

static void person(struct model *m, enum yj_in_type type, int who, uint8_t detail, int64_t now)
{
	struct yj_in in = {
	    .type = type,
	    .how = detail & 1 ? YJ_HOW_REMOTE : YJ_HOW_GOING,
	    .eta_min = detail & 2 ? detail >> 2 : -1,
	    .outcome = (enum yj_outcome)(detail % (YJ_OUTCOME_OTHER + 1)),
	    .code = (enum yj_note_code)(1 + detail % YJ_NOTE_OTHER),
	};
	uint64_t one = 1ULL << who;
	if (m->gone & one)
		return;
	if (type == YJ_IN_LOST && !(model_counted(m) & one))
		return;
	turn(m, in, who, now);
}

static void leave(struct model *m, int who, int64_t now)
{
	m->gone |= 1ULL << who;
	if ((m->known >> who & 1) || model_person(m->state.by) == who)
		turn(m, (struct yj_in){.type = YJ_IN_GONE}, who, now);
}

static void event(struct model *m, uint8_t what, int who, uint8_t detail, int64_t now)
{
	static const enum yj_in_type types[] = {YJ_IN_ACK, YJ_IN_DECLINE, YJ_IN_ARRIVE,
	    YJ_IN_RESOLVE, YJ_IN_CANCEL, YJ_IN_NOTE, YJ_IN_SUMMON, YJ_IN_LOST};
	switch (what & 15) {
	case 8:
		turn(m, (struct yj_in){.type = YJ_IN_JOIN, .anew = detail & 1}, MODEL_NOBODY, now);
		break;
	case 9:
		turn(m, (struct yj_in){.type = YJ_IN_WITHDRAW, .own_calls = detail & 1},
		    MODEL_NOBODY, now);
		break;
	case 10:
		if (!(m->gone >> who & 1))
			leave(m, who, now);
		break;
	case 11:
		m->gone &= ~(1ULL << who);
		break;
	case 12:
		m->level[what >> 4 < m->rules.n_levels ? what >> 4 : 0] = detail;
		break;
	case 13:
		turn(m, (struct yj_in){.type = detail > 250 ? YJ_IN_OVER : YJ_IN_TICK},
		    MODEL_NOBODY, now);
		break;
	case 14:
	case 15:
		turn(m, (struct yj_in){.type = YJ_IN_TICK}, MODEL_NOBODY, now);
		break;
	default:
		person(m, types[what & 7], who, detail, now);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model m;
	struct bytes b = {data, size};
	bool outages = begin(&m, &b);
	int64_t now = 1000;
	turn(&m, (struct yj_in){.type = YJ_IN_OPEN}, MODEL_NOBODY, now);
	for (int n = 0; n < EVENTS_MAX && b.left; n++) {
		uint8_t what = take(&b), who = take(&b) % PEOPLE, after = take(&b),
			detail = take(&b);
		int64_t until = now + (after ? span((uint8_t)(after - 1)) : 0);
		/* the clock goes by itself, a few deadlines at a time; or it stood still until now
		 */
		for (int t = 0; t < 64 && !outages && yj_state_deadline(&m.state) < until; t++) {
			now = yj_state_deadline(&m.state);
			turn(&m, (struct yj_in){.type = YJ_IN_TICK}, MODEL_NOBODY, now);
		}
		if (outages || yj_state_deadline(&m.state) >= until)
			now = until;
		event(&m, what, who, detail, now);
	}
	for (int t = 0; t < 8 && !yj_state_closed(&m.state); t++) {
		int64_t due = yj_state_deadline(&m.state);
		if (due > now + model_bound_ms(&m.rules))
			abort();
		now = due > now ? due : now;
		turn(&m, (struct yj_in){.type = YJ_IN_TICK}, MODEL_NOBODY, now);
		if (m.paged_at != now)
			abort();
	}
	return 0;
}
