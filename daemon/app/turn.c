#include "turn.h"

#include <stdio.h>
#include <string.h>

#include "diverts.h"
#include "lanes.h"
#include "life.h"
#include "pager.h"
#include "plans.h"
#include "rounds.h"

#define STEPS_MAX (2 * YJ_LEVELS_MAX + 4) /* levels that are passed over at once, and the desk */

static void state_of(const struct yj_incident *inc, struct yj_state *s)
{
	yj_state_init(s, inc->kind);
	s->state = inc->state;
	s->level = inc->level;
	s->round = inc->round;
	s->outstanding = inc->outstanding;
	s->flags = inc->flags;
	s->level_due = inc->level_due;
	s->arrive_due = inc->arrive_due;
	s->remind_due = inc->remind_due;
	s->resolve_due = inc->resolve_due;
	s->rejoin_due = inc->rejoin_due;
	s->joined_due = inc->joined_due;
	s->acked_at = inc->acked_at;
	s->arrived_at = inc->arrived_at;
	s->joined_at = inc->joined_at;
	memcpy(s->by, inc->by, sizeof s->by);
}

static void state_to(const struct yj_state *s, struct yj_incident *inc)
{
	inc->state = s->state;
	inc->level = s->level;
	inc->round = s->round;
	inc->outstanding = s->outstanding;
	inc->flags = s->flags;
	inc->level_due = s->level_due;
	inc->arrive_due = s->arrive_due;
	inc->remind_due = s->remind_due;
	inc->resolve_due = s->resolve_due;
	inc->rejoin_due = s->rejoin_due;
	inc->joined_due = s->joined_due;
	inc->acked_at = s->acked_at;
	inc->arrived_at = s->arrived_at;
	inc->joined_at = s->joined_at;
	memcpy(inc->by, s->by, sizeof inc->by);
	if (!inc->poisoned)
		inc->due = yj_state_deadline(s);
	else if (s->state != YJ_INC_OPEN) /* somebody has taken it; until then the desk is paged */
		inc->due = YJ_NEVER;
}

static json_t *details(const struct yj_act *a)
{
	json_t *more = json_object();
	if (!more)
		return NULL;
	if (a->people >= 0)
		json_object_set_new(more, "people", json_integer(a->people));
	if (a->reason)
		json_object_set_new(more, "reason", json_string(a->reason));
	if (a->how != YJ_HOW_NONE)
		json_object_set_new(more, "how", json_string(yj_how_name(a->how)));
	if (a->eta_min >= 0)
		json_object_set_new(more, "eta", json_integer(a->eta_min));
	if (a->code != YJ_NOTE_NONE)
		json_object_set_new(more, "code", json_string(yj_note_code_name(a->code)));
	return more;
}

static int do_log(struct yj_gateway *g, const struct yj_turn *turn, const struct yj_act *a)
{
	const struct yj_incident *inc = turn->inc;
	if (turn->quiet_join && a->event == YJ_EV_INCIDENT_JOINED)
		return 0;
	struct yj_log_event e = yj_event_of(a->event);
	e.incident = inc->n;
	e.resident = inc->whose.resident;
	e.device = turn->device ? turn->device : inc->device;
	e.caregiver = a->who;
	e.alert = a->event == YJ_EV_INCIDENT_OPENED || a->event == YJ_EV_INCIDENT_JOINED ||
			  a->event == YJ_EV_INCIDENT_WITHDRAWN
		      ? turn->alert
		      : NULL;
	e.kind = (int)inc->kind;
	e.level = (int)a->level;
	e.region = inc->whose.region;
	e.outcome = yj_outcome_name(a->outcome);
	e.actor = turn->actor.actor;
	e.via = turn->actor.via;
	e.late = inc->late;
	e.drill = inc->drill;
	e.more = details(a);
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

static int set_person(struct yj_gateway *g, const struct yj_incident *inc, const char *who,
    enum yj_person_status status, unsigned flag)
{
	struct yj_person p = {.status = status};
	int rc = yj_person_get(g->store, inc->n, who, &p);
	if (rc == YJ_ERR_NOTFOUND)
		snprintf(p.caregiver, sizeof p.caregiver, "%s", who);
	else if (rc < 0)
		return rc;
	p.status = status;
	p.flags |= flag;
	return yj_person_put(g->store, inc->n, &p);
}

static int do_broke(struct yj_gateway *g, const struct yj_incident *inc, const char *who)
{
	struct yj_person p = {.status = YJ_PERSON_DECLINED};
	int rc = yj_person_get(g->store, inc->n, who, &p);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	return set_person(g, inc, who, p.status, YJ_PERSON_BROKE);
}

static int do_outcome(struct yj_turn *turn, const struct yj_act *a)
{
	if (a->event == YJ_EV_INCIDENT_RESOLVED)
		turn->inc->outcome = a->outcome;
	return 0;
}

/* Carries out one action; a page of a set says in *people how many it reached. */
static int act(struct yj_gateway *g, struct yj_turn *turn, const struct yj_plan *plan,
    const struct yj_act *a, const struct yj_state *state, int64_t *people, enum yj_set *set)
{
	struct yj_incident *inc = turn->inc;
	int rc;
	switch (a->type) {
	case YJ_ACT_LOG:
		rc = do_log(g, turn, a);
		return rc < 0 ? rc : do_outcome(turn, a);
	case YJ_ACT_PAGE: {
		uint32_t n = 0;
		rc = yj_pager_page(g, inc, plan, a, state, &n);
		if (a->set != YJ_SET_ONE) {
			*people = n;
			*set = a->set;
		}
		if (n)
			inc->paged_t = g->now.t;
		return rc;
	}
	case YJ_ACT_TELL:
		return yj_pager_tell(g, inc, plan, a, state);
	case YJ_ACT_HOME:
		return yj_pager_home(g, inc, a);
	case YJ_ACT_CALL_OFF:
		yj_lanes_note_called_off(g, inc->n, "");
		return yj_outbox_call_off(g->store, inc->n);
	case YJ_ACT_FORGET:
		return yj_person_forget(g->store, inc->n);
	case YJ_ACT_DECLINED:
		rc = yj_outbox_overtake_page(g->store, inc->n, a->who);
		yj_lanes_note_called_off(g, inc->n, a->who);
		return rc < 0 ? rc : set_person(g, inc, a->who, YJ_PERSON_DECLINED, 0);
	case YJ_ACT_LOST:
		return set_person(g, inc, a->who, YJ_PERSON_LOST, 0);
	case YJ_ACT_BROKE:
		return do_broke(g, inc, a->who);
	}
	return YJ_ERR_INVAL;
}

/* Whoever answered hears the news too, also if nobody had asked them. */
static int note_answerer(struct yj_gateway *g, const struct yj_incident *inc,
    const struct yj_in *in, enum yj_verdict verdict)
{
	bool answers = in->type == YJ_IN_ACK || in->type == YJ_IN_ARRIVE;
	if (!answers || (verdict != YJ_VERDICT_OK && verdict != YJ_VERDICT_SECOND))
		return 0;
	struct yj_person p = {.status = YJ_PERSON_INFORMED};
	int rc = yj_person_get(g->store, inc->n, in->who, &p);
	if (rc != YJ_ERR_NOTFOUND)
		return rc;
	snprintf(p.caregiver, sizeof p.caregiver, "%s", in->who);
	return yj_person_put(g->store, inc->n, &p);
}

static int act_all(struct yj_gateway *g, struct yj_turn *turn, const struct yj_plan *plan,
    const struct yj_step *step, int64_t *people, enum yj_set *set)
{
	for (size_t i = 0; i < step->n_acts; i++) {
		int rc = act(g, turn, plan, &step->acts[i], &step->state, people, set);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int yj_turn_run(struct yj_gateway *g, struct yj_turn *turn, enum yj_verdict *verdict)
{
	struct yj_incident *inc = turn->inc;
	const struct yj_plan *plan;
	struct yj_rules rules;
	int rc = yj_plans_get(
	    g->plans, g->store, inc->policy_hash, inc->kind, inc->whose.assigned, &plan, &rules);
	bool seats = false;
	if (rc == 0 && inc->diverted) /* or, where there is no seat any more, as ever */
		rc = yj_diverts_desk(g, &seats);
	if (rc == 0 && seats) {
		plan = NULL;
		rules.n_levels = 1;
	}
	if (rc == 0 && inc->stored && inc->closed_utc_ms == INT64_MAX)
		rc = yj_whose_renew(g->store, inc->device, &inc->whose);
	if (rc < 0)
		return rc;
	struct yj_state state;
	if (inc->stored)
		state_of(inc, &state);
	else
		yj_state_init(&state, inc->kind);
	if (state.level >= rules.n_levels) /* its policy was damaged: the default one serves */
		state.level = rules.n_levels - 1u;
	struct yj_in in = turn->in;
	bool due = in.type == YJ_IN_TICK && state.level_due <= g->now.t;
	if (inc->diverted && !seats && due) { /* no seat is left: those of its policy */
		in.type = YJ_IN_ANEW;
		inc->diverted = false;
	}
	struct yj_step step;
	for (int n = 0; n < STEPS_MAX; n++) {
		yj_incident_step(&rules, &state, &in, g->now.t, &step);
		if (n == 0 && verdict)
			*verdict = step.verdict;
		rc = note_answerer(g, inc, &in, step.verdict);
		if (rc < 0)
			return rc;
		int64_t people = -1;
		enum yj_set set = YJ_SET_LEVEL;
		rc = act_all(g, turn, plan, &step, &people, &set);
		if (rc < 0)
			return rc;
		state = step.state;
		if (people < 0)
			break;
		in = (struct yj_in){.type = YJ_IN_PAGED, .people = (uint32_t)people, .set = set};
	}
	bool ended = yj_state_closed(&state) && inc->closed_utc_ms == INT64_MAX;
	bool there = state.state == YJ_INC_RESOLVED || state.state == YJ_INC_ARRIVED;
	if (inc->whose.resident[0] &&
	    ((there && state.state != inc->state) || (ended && inc->kind == YJ_KIND_INACTIVITY)))
		yj_life_cared(g, inc->whose.resident);
	if (inc->whose.resident[0] && ended)
		yj_rounds_changed(g, inc->whose.resident);
	state_to(&state, inc);
	if (yj_state_closed(&state) && inc->closed_utc_ms == INT64_MAX)
		inc->closed_utc_ms = g->now.utc_ms;
	return yj_incident_save(g->store, inc, turn->text);
}

int yj_turn_standing(struct yj_gateway *g, const struct yj_incident *inc, const char *who,
    struct yj_in *in, bool *was_paged)
{
	struct yj_person p;
	int rc = yj_person_get(g->store, inc->n, who, &p);
	*was_paged = false;
	if (rc == YJ_ERR_NOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	*was_paged = p.status != YJ_PERSON_INFORMED;
	in->counted = p.status == YJ_PERSON_ASKED && p.round == inc->round;
	in->broke = p.flags & YJ_PERSON_BROKE;
	in->summoned = p.flags & YJ_PERSON_SUMMONED;
	return 0;
}
