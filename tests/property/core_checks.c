#include "core_checks.h"

#include <string.h>

#define SPARE_ACTS 2
#define MINUTE_MS (60 * 1000)

static void must(struct model *m, bool holds, const char *rule)
{
	if (!holds && !m->wrong)
		m->wrong = rule;
}

bool model_same_state(const struct yj_state *a, const struct yj_state *b)
{
	return a->state == b->state && a->kind == b->kind && a->level == b->level &&
	       a->round == b->round && a->outstanding == b->outstanding && a->flags == b->flags &&
	       a->level_due == b->level_due && a->arrive_due == b->arrive_due &&
	       a->remind_due == b->remind_due && a->resolve_due == b->resolve_due &&
	       a->rejoin_due == b->rejoin_due && a->joined_due == b->joined_due &&
	       a->acked_at == b->acked_at && a->arrived_at == b->arrived_at &&
	       a->joined_at == b->joined_at && strcmp(a->by, b->by) == 0;
}

static bool same_act(const struct yj_act *a, const struct yj_act *b)
{
	return a->type == b->type && a->event == b->event && a->set == b->set && a->say == b->say &&
	       a->home == b->home && strcmp(a->who, b->who) == 0 && a->level == b->level &&
	       a->people == b->people && a->reason == b->reason && a->how == b->how &&
	       a->eta_min == b->eta_min && a->outcome == b->outcome && a->code == b->code;
}

static bool same_step(const struct yj_step *a, const struct yj_step *b)
{
	if (!model_same_state(&a->state, &b->state) || a->verdict != b->verdict ||
	    a->n_acts != b->n_acts)
		return false;
	for (size_t i = 0; i < a->n_acts; i++) {
		if (!same_act(&a->acts[i], &b->acts[i]))
			return false;
	}
	return true;
}

int64_t model_bound_ms(const struct yj_rules *rules)
{
	int64_t bound = rules->repeat_every_ms;
	for (unsigned i = 0; i + 1 < rules->n_levels; i++) {
		if (rules->wait_ms[i] + rules->verify_within_ms > bound)
			bound = rules->wait_ms[i] + rules->verify_within_ms;
	}
	if (rules->arrive_max_ms > bound)
		bound = rules->arrive_max_ms;
	return rules->resolve_within_ms > bound ? rules->resolve_within_ms : bound;
}

void core_check_begin(struct core_check *c, struct model *m, const struct yj_in *in, int64_t now)
{
	c->in = *in;
	c->before = m->state;
	c->due = yj_state_deadline(&m->state);
	if (c->due < now && in->type != YJ_IN_TICK)
		m->behind = true;
	else if (c->due <= now && in->type == YJ_IN_TICK)
		m->behind = false;
}

static bool has_act(const struct yj_step *step, enum yj_act_type type)
{
	for (size_t i = 0; i < step->n_acts; i++) {
		if (step->acts[i].type == type)
			return true;
	}
	return false;
}

static bool has_tell(const struct yj_step *step, enum yj_page_state say)
{
	for (size_t i = 0; i < step->n_acts; i++) {
		if (step->acts[i].type == YJ_ACT_TELL && step->acts[i].say == say)
			return true;
	}
	return false;
}

static unsigned pages_set(const struct yj_step *step)
{
	unsigned n = 0;
	for (size_t i = 0; i < step->n_acts; i++)
		n += step->acts[i].type == YJ_ACT_PAGE && step->acts[i].set != YJ_SET_ONE;
	return n;
}

static bool is_answered(const struct yj_state *s)
{
	return s->state == YJ_INC_ACKED || s->state == YJ_INC_ARRIVED;
}

/* Nothing may change for an incident that has ended, and nothing by what is refused. */
static void check_refusal(
    struct model *m, const struct yj_state *s, const struct yj_in *in, const struct yj_step *step)
{
	bool refused = step->verdict == YJ_VERDICT_CLOSED || step->verdict == YJ_VERDICT_OUTCOME ||
		       step->verdict == YJ_VERDICT_STATE;
	must(m, !yj_state_closed(s) || refused || in->type == YJ_IN_TICK, "an end refuses");
	must(m,
	    !(yj_state_closed(s) || refused) ||
		(step->n_acts == 0 && model_same_state(s, &step->state)),
	    "what is refused, or comes after the end, changes nothing");
}

/* Who goes there ends the search; only whoever answered, summons and need_help page after that. */
static void check_answer(
    struct model *m, const struct yj_state *s, const struct yj_in *in, const struct yj_step *step)
{
	const struct yj_state *after = &step->state;
	bool new_answer =
	    is_answered(after) && (after->state != s->state || strcmp(after->by, s->by) != 0);
	must(m, !new_answer || has_act(step, YJ_ACT_CALL_OFF), "an answer calls pending pages off");
	must(m, !new_answer || !pages_set(step), "no page to others with an answer");
	must(m,
	    !new_answer ||
		has_tell(step, after->state == YJ_INC_ACKED ? YJ_PAGE_ANSWERED : YJ_PAGE_ARRIVED),
	    "those paged hear of an answer and of an arrival");
	bool helping = after->flags & YJ_FLAG_HELPING;
	must(m, !is_answered(after) || helping || !pages_set(step),
	    "no page to others after an answer until it is reopened");
	must(m,
	    s->state != YJ_INC_OPEN || after->state != YJ_INC_ACKED ||
		(in->type == YJ_IN_ACK && in->how != YJ_HOW_REMOTE && !in->broke),
	    "only somebody who goes there, and has not broken an answer, ends the search");
	must(m,
	    after->state != YJ_INC_ARRIVED || s->state == YJ_INC_ARRIVED ||
		in->type == YJ_IN_ARRIVE,
	    "only an arrival arrives");
	bool away = is_answered(s) && after->state == YJ_INC_OPEN;
	must(m,
	    !away || in->type == YJ_IN_TICK || in->type == YJ_IN_JOIN ||
		((in->type == YJ_IN_DECLINE || in->type == YJ_IN_GONE) &&
		    strcmp(in->who, s->by) == 0),
	    "only the person whose answer stands can reopen");
	must(m, !yj_state_closed(after) || !has_act(step, YJ_ACT_PAGE), "an end pages nobody");
	must(m, in->type != YJ_IN_TICK || yj_state_closed(s) || !yj_state_closed(after),
	    "no end by time alone");
}

/* What somebody says is heard: their own decline, their going after a summons, a resident's call.
 */
static void check_heard(
    struct model *m, const struct yj_state *s, const struct yj_in *in, const struct yj_step *step)
{
	const struct yj_state *after = &step->state;
	bool own = s->by[0] && in->who && strcmp(in->who, s->by) == 0;
	bool going = in->type == YJ_IN_ACK && in->how != YJ_HOW_REMOTE;
	bool taken = s->state == YJ_INC_ACKED && after->state == YJ_INC_ACKED &&
		     strcmp(s->by, after->by) != 0;
	must(m, !taken || (going && in->summoned && !in->broke),
	    "the first wins, but for whoever was called by hand");
	must(m,
	    !(s->state == YJ_INC_ACKED && going && in->summoned && !in->broke) ||
		strcmp(after->by, in->who) == 0,
	    "whoever was called by hand takes over");
	bool gives_up = in->type == YJ_IN_DECLINE || in->type == YJ_IN_GONE;
	must(m, !(is_answered(s) && own && gives_up) || after->state == YJ_INC_OPEN,
	    "a decline by whose answer stands reopens");
	bool broken = s->state == YJ_INC_ACKED && after->state == YJ_INC_OPEN;
	must(m, !broken || has_act(step, YJ_ACT_BROKE), "an answer that was not kept is noted");
	bool joined = in->type == YJ_IN_JOIN;
	must(m,
	    !(joined && s->state == YJ_INC_ACKED) || has_act(step, YJ_ACT_PAGE) ||
		after->joined_due != YJ_NEVER,
	    "joined, whoever answered hears of it, now or soon");
	must(m,
	    !(joined && s->state == YJ_INC_OPEN && in->anew) ||
		(pages_set(step) && after->level == 0 && after->round == s->round + 1),
	    "joined for other people, the first level is paged at once");
	must(m,
	    !(joined && s->state == YJ_INC_OPEN && (s->flags & YJ_FLAG_WITHDRAWN)) ||
		pages_set(step),
	    "joined after it was withdrawn, the level is paged again");
	must(m,
	    !(joined && s->state == YJ_INC_ARRIVED && yj_kind_is_help(s->kind)) ||
		after->state == YJ_INC_OPEN || after->rejoin_due != YJ_NEVER,
	    "joined while arrived, somebody must answer");
}

/* How an incident may end. */
static void check_end(
    struct model *m, const struct yj_state *s, const struct yj_in *in, const struct yj_step *step)
{
	enum yj_inc_state after = step->state.state;
	if (after == s->state)
		return;
	bool over = in->type == YJ_IN_OVER;
	must(m, after != YJ_INC_RESOLVED || over || in->type == YJ_IN_RESOLVE,
	    "only resolve resolves, and what is over by itself");
	must(m, !over || (after == YJ_INC_RESOLVED && strcmp(step->state.by, s->by) == 0),
	    "what is over ends from every state, and is nobody's answer");
	must(m,
	    after != YJ_INC_RESOLVED || over || !yj_kind_is_help(s->kind) ||
		in->outcome != YJ_OUTCOME_NONE,
	    "a call for help is resolved with an outcome");
	must(m, after != YJ_INC_CANCELLED || s->state != YJ_INC_ARRIVED,
	    "cancelled from open or acked only");
	must(m,
	    after != YJ_INC_CANCELLED || in->type == YJ_IN_CANCEL ||
		(in->type == YJ_IN_WITHDRAW && in->own_calls && m->rules.resident_may_cancel),
	    "cancelled by an operator, or by the resident where the policy says so");
}

/* When the arrival is due, and how often a join is told. */
static void check_arrival(struct model *m, const struct yj_state *s, const struct yj_in *in,
    int64_t now, const struct yj_step *step)
{
	const struct yj_state *after = &step->state;
	if (after->state == YJ_INC_ACKED && in->type == YJ_IN_ACK &&
	    after->arrive_due != s->arrive_due) {
		int64_t latest = after->acked_at + m->rules.arrive_max_ms;
		int64_t soonest = now + m->rules.arrive_within_ms;
		must(m, after->arrive_due <= latest, "not after arrive_max");
		must(m, after->arrive_due >= (soonest < latest ? soonest : latest),
		    "not before arrive_within");
	}
	bool told = s->state == YJ_INC_ACKED && after->state == YJ_INC_ACKED &&
		    after->joined_at != s->joined_at && after->joined_at != YJ_NEVER;
	bool again = in->type == YJ_IN_JOIN && (s->flags & YJ_FLAG_WITHDRAWN);
	must(m,
	    !told || again || s->joined_at == YJ_NEVER || now - s->joined_at >= YJ_JOINED_EVERY_MS,
	    "joined, at most every 5 minutes");
	must(m, !again || s->state != YJ_INC_ACKED || has_act(step, YJ_ACT_PAGE),
	    "joined after it was withdrawn, whoever is on the way hears of it at once");
	must(m,
	    in->type != YJ_IN_JOIN || s->state != YJ_INC_ARRIVED || !yj_kind_is_help(s->kind) ||
		now - s->arrived_at <= YJ_ARRIVED_GRACE_MS ||
		(after->state == YJ_INC_OPEN && after->level == 0),
	    "joined long after the arrival, it reopens at level 0");
}

static void check_clock(struct model *m, const struct yj_state *s, const struct yj_in *in,
    int64_t now, const struct yj_step *step)
{
	const struct yj_state *after = &step->state;
	bool held = !(s->flags & YJ_FLAG_HELD) && (after->flags & YJ_FLAG_HELD);
	must(m,
	    !held || (in->type == YJ_IN_ACK && in->how == YJ_HOW_REMOTE &&
			 after->level_due == now + m->rules.verify_within_ms),
	    "only a remote answer holds a level back, by verify_within");
	must(m, !(s->flags & YJ_FLAG_HELD) || (after->flags & YJ_FLAG_HELD), "once per incident");
	bool later = s->state == YJ_INC_OPEN && after->state == YJ_INC_OPEN &&
		     s->level_due != YJ_NEVER && after->level_due > s->level_due;
	must(m, !later || held || has_act(step, YJ_ACT_PAGE), "a level is put off by a page alone");
	bool rest = in->type == YJ_IN_TICK && yj_state_deadline(s) > now;
	must(m, !rest || (step->n_acts == 0 && model_same_state(s, after)),
	    "a tick before the deadline does nothing");
	must(m, in->type != YJ_IN_ACK || in->how != YJ_HOW_REMOTE || after->state == s->state,
	    "a remote answer leaves the state");
	must(m, in->type != YJ_IN_NOTE || after->state == s->state, "a note leaves the state");
}

void core_check_step(struct model *m, const struct yj_in *in, int64_t now, struct yj_step *out)
{
	struct yj_step again;
	struct yj_state copy;
	memset(out, 0x55, sizeof *out);
	memset(&again, 0xaa, sizeof again);
	memcpy(&copy, &m->state, sizeof copy);
	yj_incident_step(&m->rules, &m->state, in, now, out);
	yj_incident_step(&m->rules, &copy, in, now, &again);
	must(m, same_step(out, &again), "the same state and input give the same step");
	must(m, out->n_acts + SPARE_ACTS < YJ_ACTS_MAX, "the actions stay clear of their cap");
	must(m, pages_set(out) <= 1, "a step pages one set");
	must(m, yj_state_valid(&m->rules, &out->state), "the state is valid");
	if (out->n_acts > m->most_acts)
		m->most_acts = (uint32_t)out->n_acts;
	check_refusal(m, &m->state, in, out);
	check_answer(m, &m->state, in, out);
	check_heard(m, &m->state, in, out);
	check_end(m, &m->state, in, out);
	check_arrival(m, &m->state, in, now, out);
	check_clock(m, &m->state, in, now, out);
}

static void check_counts(struct model *m)
{
	const struct yj_state *s = &m->state;
	uint32_t counted = (uint32_t)__builtin_popcountll(model_counted(m));
	bool looking =
	    s->state == YJ_INC_OPEN || (!yj_state_closed(s) && (s->flags & YJ_FLAG_HELPING));
	must(m, s->outstanding == (looking ? counted : 0),
	    "outstanding is those paged who have not failed, while somebody is looked for");
}

/* What time or a reopening begins has its full wait. */
static void check_full_wait(const struct core_check *c, struct model *m, int64_t now)
{
	const struct yj_state *s = &m->state;
	bool fired = c->in.type == YJ_IN_TICK && c->due <= now;
	if (s->state != YJ_INC_OPEN || !(fired || is_answered(&c->before)))
		return;
	bool last = s->level + 1 == m->rules.n_levels;
	int64_t wait = last ? m->rules.repeat_every_ms : m->rules.wait_ms[s->level];
	if ((s->flags & YJ_FLAG_DESK) && wait > MINUTE_MS)
		wait = MINUTE_MS;
	must(m, s->level_due == now + wait, "a level that is paged has its full wait");
	bool repeated =
	    fired && last && c->before.state == YJ_INC_OPEN && c->before.level == s->level;
	must(m, !repeated || (m->known & ~m->gone & ~m->paged) == 0,
	    "a repeat pages everybody who was paged before");
	must(
	    m, !repeated || (m->declined | m->lost) == 0, "a repeat forgets declines and failures");
}

/* The theorem: after each turn somebody is being waited for, and not for too long. */
static void check_silence(const struct core_check *c, struct model *m, int64_t now)
{
	const struct yj_state *s = &m->state;
	if (yj_state_closed(s)) {
		must(m, yj_state_deadline(s) == YJ_NEVER, "an end has no deadline");
		return;
	}
	int64_t bound = model_bound_ms(&m->rules);
	must(m, yj_state_silence_bound(&m->rules, s, now) == now + bound,
	    "the bound of the promise");
	must(m, m->behind || yj_state_deadline(s) <= m->heard_at + bound,
	    "no silence: a page is due in time");
	bool raised = model_logged(m, YJ_EV_INCIDENT_UNREACHABLE);
	must(m,
	    c->in.type != YJ_IN_TICK || c->due > now || m->paged || m->joined || m->reminded ||
		raised,
	    "a deadline that passes pages somebody, or is unreachable");
	if (s->state != YJ_INC_OPEN)
		return;
	bool last = s->level + 1 == m->rules.n_levels;
	must(m, s->outstanding > 0 || (last && (s->flags & YJ_FLAG_DESK)),
	    "an exhausted level escalates, or is unreachable");
	int64_t soon = m->rules.repeat_every_ms < MINUTE_MS ? m->rules.repeat_every_ms : MINUTE_MS;
	must(m, !raised || s->level_due <= now + soon, "unreachable is repeated within a minute");
	must(m, !raised || (m->desk & ~m->gone & ~m->paged) == 0, "unreachable pages the desk");
	if (is_answered(&c->before)) {
		int by = model_person(c->before.by);
		bool joined_late =
		    c->in.type == YJ_IN_JOIN; /* whoever arrived is asked again, too */
		must(m, joined_late || raised || (m->paged & ~(1ULL << by)),
		    "reopened, somebody is paged who has not just failed");
		must(m, joined_late || raised || !(m->paged >> by & 1),
		    "reopened, whoever failed is not paged");
	}
}

void core_check_end(const struct core_check *c, struct model *m, int64_t now)
{
	check_counts(m);
	check_silence(c, m, now);
	check_full_wait(c, m, now);
	must(m, c->in.type != YJ_IN_TICK || m->pages <= YJ_LEVELS_MAX + 2u, "one step a tick");
}
