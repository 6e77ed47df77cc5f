#include "core_world.h"

#include <string.h>

#define DAY_MS (24 * 3600 * 1000LL)

static void some_policy(struct rng *r, struct yj_rules *rules)
{
	int64_t scale = rng_span(r, 3 * DAY_MS);
	rules->n_levels = (uint8_t)(1 + rng_below(r, rng_one_in(r, 4) ? YJ_LEVELS_MAX : 4));
	for (unsigned i = 0; i < rules->n_levels; i++)
		rules->wait_ms[i] = rng_span(r, scale);
	rules->repeat_every_ms = rng_span(r, scale);
	rules->verify_within_ms = rng_one_in(r, 4) ? 0 : rng_span(r, scale);
	rules->arrive_within_ms = rng_span(r, scale);
	rules->arrive_max_ms = rules->arrive_within_ms + rng_span(r, scale) - 1;
	rules->resolve_within_ms = rng_span(r, scale);
	rules->resident_may_cancel = rng_one_in(r, 4);
}

static uint64_t some_people(struct rng *r, unsigned n_people)
{
	uint64_t all = n_people < 64 ? (1ULL << n_people) - 1 : UINT64_MAX;
	switch (rng_below(r, 5)) {
	case 0:
		return 0;
	case 1:
		return (1ULL << rng_below(r, n_people ? n_people : 1)) & all;
	case 2:
		return rng_next(r) & all;
	default:
		return rng_next(r) & rng_next(r) & all;
	}
}

static void note(struct world *w, const struct happening *h)
{
	w->history->v[w->history->n++] = *h;
	happening_apply(&w->m, h);
}

void happening_apply(struct model *m, const struct happening *h)
{
	uint64_t one = h->who < 0 ? 0 : 1ULL << h->who;
	switch (h->type) {
	case HAPPENS_TURN:
		model_turn(m, h->in, h->who, h->at);
		break;
	case HAPPENS_MOVE:
		m->level[h->level] = h->people;
		break;
	case HAPPENS_LEAVE:
		m->gone |= one;
		if ((m->known & one) || model_person(m->state.by) == h->who)
			model_turn(m, (struct yj_in){.type = YJ_IN_GONE}, h->who, h->at);
		break;
	case HAPPENS_RETURN:
		m->gone &= ~one;
		break;
	}
}

static void later(struct world *w, int64_t delay, struct happening h)
{
	h.at = w->now + delay;
	if (w->n_pending < PENDING_MAX)
		w->pending[w->n_pending++] = h;
}

static int64_t delay(struct world *w)
{
	return rng_one_in(w->rng, 5) ? 0 : rng_span(w->rng, w->longest_ms);
}

static struct happening does(int who, enum yj_in_type type)
{
	return (struct happening){
	    .type = HAPPENS_TURN,
	    .who = who,
	    .in = {.type = type, .how = YJ_HOW_GOING, .eta_min = -1, .outcome = YJ_OUTCOME_HELPED},
	};
}

static struct happening goes(struct world *w, int who)
{
	struct happening h = does(who, YJ_IN_ACK);
	h.in.eta_min = rng_one_in(w->rng, 2) ? -1 : (int)rng_below(w->rng, 1441);
	return h;
}

static struct happening is_remote(int who)
{
	struct happening h = does(who, YJ_IN_ACK);
	h.in.how = YJ_HOW_REMOTE;
	return h;
}

static struct happening says(int who, enum yj_note_code code)
{
	struct happening h = does(who, YJ_IN_NOTE);
	h.in.code = code;
	return h;
}

/* What somebody does who has been paged. */
static void react(struct world *w, int who)
{
	enum habit habit = w->habits[who];
	if (habit == HABIT_ANYTHING)
		habit = (enum habit)rng_below(w->rng, HABIT_ANYTHING);
	int64_t first = delay(w), second = first + delay(w), third = second + delay(w);
	switch (habit) {
	case HABIT_SILENT:
	case HABIT_ANYTHING:
	case HABIT_COUNT:
		break;
	case HABIT_DECLINES:
		later(w, first, does(who, YJ_IN_DECLINE));
		break;
	case HABIT_UNREACHABLE:
		later(w, first, does(who, YJ_IN_LOST));
		break;
	case HABIT_REMOTE:
		later(w, first, is_remote(who));
		break;
	case HABIT_LIES:
		later(w, first, goes(w, who));
		later(w, second, goes(w, who));
		break;
	case HABIT_QUITS:
		later(w, first, goes(w, who));
		later(w, second, does(who, YJ_IN_DECLINE));
		break;
	case HABIT_LEAVES:
		later(w, first, goes(w, who));
		later(w, second, (struct happening){.type = HAPPENS_LEAVE, .who = who});
		later(w, third, (struct happening){.type = HAPPENS_RETURN, .who = who});
		break;
	case HABIT_ARRIVES:
		later(w, first, does(who, YJ_IN_ARRIVE));
		break;
	case HABIT_NEEDY:
		later(w, first, goes(w, who));
		later(w, second, says(who, YJ_NOTE_NEED_HELP));
		later(w, third, does(who, YJ_IN_ARRIVE));
		break;
	case HABIT_HELPS:
		later(w, first, goes(w, who));
		later(w, second, does(who, YJ_IN_ARRIVE));
		later(w, third, does(who, YJ_IN_RESOLVE));
		break;
	}
}

/* What comes from nowhere: the resident, operators, the directory, people who were not asked. */
static struct happening chance(struct world *w)
{
	struct rng *r = w->rng;
	int who = w->n_people ? (int)rng_below(r, w->n_people) : MODEL_NOBODY;
	struct happening h = does(MODEL_NOBODY, YJ_IN_JOIN);
	h.in.anew = rng_one_in(r, 8);
	switch (who < 0 ? rng_below(r, 7) : rng_below(r, 20)) {
	case 0:
	case 1:
		h.in.type = YJ_IN_WITHDRAW;
		h.in.own_calls = rng_one_in(r, 4);
		return h;
	case 2:
	case 3:
		return (struct happening){.type = HAPPENS_MOVE,
		    .level = (unsigned)rng_below(r, w->m.rules.n_levels),
		    .people = some_people(r, w->n_people),
		    .who = MODEL_NOBODY};
	case 4:
	case 5:
	case 6:
	case 7:
	case 8:
		return h;
	case 9:
	case 10:
		return does(who, YJ_IN_SUMMON);
	case 11:
		return says(who, (enum yj_note_code)(1 + rng_below(r, YJ_NOTE_OTHER)));
	case 12:
		return says(who, YJ_NOTE_NEED_HELP);
	case 13:
		return (struct happening){.type = HAPPENS_LEAVE, .who = who};
	case 14:
		return (struct happening){.type = HAPPENS_RETURN, .who = who};
	case 15:
		return does(who, YJ_IN_DECLINE);
	case 16:
		return goes(w, who);
	case 17:
		return is_remote(who);
	case 18:
		return does(who, YJ_IN_ARRIVE);
	default:
		if (rng_one_in(r, 4))
			return does(MODEL_NOBODY, rng_one_in(r, 2) ? YJ_IN_OVER : YJ_IN_ANEW);
		h = does(who, rng_one_in(r, 2) ? YJ_IN_CANCEL : YJ_IN_RESOLVE);
		h.in.outcome = (enum yj_outcome)rng_below(r, YJ_OUTCOME_OTHER + 1);
		return h;
	}
}

/* People who are paged will do something, each in their way. */
static void answer_pages(struct world *w)
{
	uint64_t paged = w->m.paged | w->m.joined;
	w->m.paged = w->m.joined = 0;
	for (int i = 0; i < (int)w->n_people; i++) {
		if (paged >> i & 1)
			react(w, i);
	}
}

void world_init(struct world *w, struct rng *rng, struct history *history)
{
	static const enum yj_kind kinds[] = {
	    YJ_KIND_SOS, YJ_KIND_FALL, YJ_KIND_SERVICE, YJ_KIND_UNASSIGNED};
	memset(w, 0, sizeof *w);
	w->rng = rng;
	w->history = history;
	history->n = 0;
	model_init(&w->m, kinds[rng_below(rng, 4)]);
	some_policy(rng, &w->m.rules);
	unsigned most = rng_one_in(rng, 8) ? MODEL_PEOPLE_MAX : 7;
	w->n_people = (unsigned)rng_below(rng, most + 1);
	for (unsigned i = 0; i < w->m.rules.n_levels; i++)
		w->m.level[i] = some_people(rng, w->n_people);
	w->m.desk = some_people(rng, w->n_people);
	enum habit all = (enum habit)rng_below(rng, HABIT_COUNT);
	bool alike = rng_one_in(rng, 3);
	for (unsigned i = 0; i < w->n_people; i++)
		w->habits[i] = alike ? all : (enum habit)rng_below(rng, HABIT_COUNT);
	w->longest_ms = 2 * model_bound_ms(&w->m.rules);
	w->now = (int64_t)rng_below(rng, 1ULL << 41);
	w->outage = w->back = INT64_MAX;
	if (rng_one_in(rng, 3)) {
		w->outage = w->now + rng_span(rng, w->longest_ms);
		w->back = w->outage + rng_span(rng, 10 * w->longest_ms);
	}
	history->start = w->m;
	struct happening open = does(MODEL_NOBODY, YJ_IN_OPEN);
	open.at = w->now;
	note(w, &open);
	answer_pages(w);
	later(w, delay(w), chance(w));
}

static size_t earliest(const struct world *w)
{
	size_t best = 0;
	for (size_t i = 1; i < w->n_pending; i++) {
		if (w->pending[i].at < w->pending[best].at)
			best = i;
	}
	return best;
}

/* The daemon never makes these: people who are gone do not act, and whom nobody waits for cannot be
 * lost. */
static bool is_possible(const struct world *w, const struct happening *h)
{
	bool there = h->who < 0 || !(w->m.gone >> h->who & 1);
	if (h->type == HAPPENS_RETURN)
		return !there;
	if (h->type == HAPPENS_TURN && h->in.type == YJ_IN_LOST)
		return there && (model_counted(&w->m) >> h->who & 1);
	return there;
}

bool world_go_on(struct world *w)
{
	int64_t due = yj_state_deadline(&w->m.state);
	size_t i = earliest(w);
	int64_t next = w->n_pending ? w->pending[i].at : INT64_MAX;
	if (w->m.wrong || w->history->n == HISTORY_MAX || (due == YJ_NEVER && !w->n_pending))
		return false;
	bool tick = due < next || (due == next && rng_one_in(w->rng, 2));
	int64_t at = tick ? due : next;
	if (at >= w->outage && at < w->back) {
		at = w->back; /* at the start what is overdue comes first */
		tick = due <= at;
	}
	if (at > w->now)
		w->now = at;
	struct happening h = does(MODEL_NOBODY, YJ_IN_TICK);
	if (!tick) {
		h = w->pending[i];
		w->pending[i] = w->pending[--w->n_pending];
		if (rng_one_in(w->rng, 8) && !yj_state_closed(&w->m.state))
			later(w, 0, h); /* once more */
	}
	h.at = w->now;
	if (!is_possible(w, &h))
		return true;
	note(w, &h);
	answer_pages(w);
	if (!yj_state_closed(&w->m.state) && rng_one_in(w->rng, 3))
		later(w, delay(w), chance(w));
	return true;
}
