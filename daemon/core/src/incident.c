#include "core/incident.h"

#include <assert.h>
#include <string.h>

#include "acts.h"
#include "state.h"

static bool is_last_level(const struct turn *t)
{
	return t->s->level + 1 >= t->rules->n_levels;
}

static void arm_level(struct turn *t)
{
	int64_t wait =
	    is_last_level(t) ? t->rules->repeat_every_ms : t->rules->wait_ms[t->s->level];
	t->s->level_due = t->now + wait;
}

static void escalate(struct turn *t, const char *reason)
{
	t->s->level++;
	act_log(t, YJ_EV_INCIDENT_ESCALATED, NULL)->reason = reason;
	act_home(t, YJ_HOME_SEARCHING, NULL);
	act_page(t, YJ_SET_LEVEL, NULL);
	arm_level(t);
}

static void unreachable(struct turn *t)
{
	if (t->s->flags & YJ_FLAG_DESK)
		return;
	t->s->flags |= YJ_FLAG_DESK;
	act_log(t, YJ_EV_INCIDENT_UNREACHABLE, NULL);
	act_page(t, YJ_SET_DESK, NULL);
	if (t->s->state == YJ_INC_OPEN) {
		int64_t soon = yj_min_time(t->rules->repeat_every_ms, YJ_UNREACHABLE_MS);
		t->s->level_due = yj_min_time(t->s->level_due, t->now + soon);
	}
}

/* Nobody of the level is left who could answer. */
static void exhausted(struct turn *t, const char *reason)
{
	if (is_last_level(t)) {
		unreachable(t);
	} else if (t->s->state == YJ_INC_OPEN) {
		escalate(t, reason);
	} else { /* help for somebody who answered: climb, but their answer stands */
		t->s->level++;
		act_page(t, YJ_SET_OTHERS, t->s->by);
	}
}

static void repeat_last(struct turn *t)
{
	act_add(t, YJ_ACT_FORGET);
	act_page(t, YJ_SET_EVERYONE, NULL);
	arm_level(t);
}

static void one_less(struct turn *t, const char *reason)
{
	if (!t->in->counted || t->s->outstanding == 0)
		return;
	t->s->outstanding--;
	bool looking = t->s->state == YJ_INC_OPEN || (t->s->flags & YJ_FLAG_HELPING);
	if (t->s->outstanding == 0 && looking)
		exhausted(t, reason);
}

static void disarm(struct yj_state *s)
{
	s->level_due = s->arrive_due = s->remind_due = s->resolve_due = YJ_NEVER;
	s->rejoin_due = s->joined_due = YJ_NEVER;
}

static void close_as(struct turn *t, enum yj_inc_state state, const char *who)
{
	t->s->state = state;
	disarm(t->s);
	t->s->outstanding = 0;
	act_add(t, YJ_ACT_CALL_OFF);
	act_tell(t, YJ_PAGE_CLOSED, who);
	act_home(t, YJ_HOME_CLOSED, who);
}

/* Back to looking for somebody, at the level where it stands. Of a set of OTHERS, who has just
 * failed: so they are not the only one paged at the next level either. */
static void reopen(struct turn *t, enum yj_set set, const char *who, const char *reason)
{
	struct yj_state *s = t->s;
	s->state = YJ_INC_OPEN;
	s->by[0] = '\0';
	disarm(s);
	s->acked_at = s->arrived_at = s->joined_at = YJ_NEVER;
	s->flags &= ~(uint32_t)YJ_FLAG_HELPING;
	if (set == YJ_SET_OTHERS)
		act_mark(t, YJ_ACT_DECLINED, who);
	act_log(t, YJ_EV_INCIDENT_REOPENED, who)->reason = reason;
	act_home(t, YJ_HOME_SEARCHING, NULL);
	act_page(t, set, who);
	arm_level(t);
}

static void reopen_broken(struct turn *t, const char *reason)
{
	char who[YJ_NAME_MAX + 1];
	set_who(who, t->s->by);
	act_mark(t, YJ_ACT_BROKE, who);
	reopen(t, YJ_SET_OTHERS, who, reason);
}

static void reopen_at_start(struct turn *t, enum yj_set set)
{
	char who[YJ_NAME_MAX + 1];
	set_who(who, t->s->by);
	t->s->level = 0;
	act_add(t, YJ_ACT_FORGET);
	reopen(t, set, who, "joined");
}

static void arm_arrival(struct turn *t, int eta_min)
{
	const struct yj_rules *r = t->rules;
	struct yj_state *s = t->s;
	int64_t due = t->now + r->arrive_within_ms;
	if (eta_min >= 0)
		due = yj_max_time(due, t->now + (int64_t)eta_min * 60000 + YJ_ETA_SLACK_MS);
	due = yj_min_time(due, s->acked_at + r->arrive_max_ms);
	s->arrive_due = due;
	s->remind_due = s->acked_at + (due - s->acked_at) / 3 * 2;
	if (s->remind_due <= t->now)
		s->remind_due = YJ_NEVER;
}

/* Two who take over from each other again and again must not put the arrival off for ever: without
 * a summons since, the time of the answer before goes on. */
static void take_answer(struct turn *t, const char *who)
{
	struct yj_state *s = t->s;
	if (s->state == YJ_INC_OPEN || (s->flags & YJ_FLAG_SUMMONED))
		s->acked_at = t->now;
	if (t->in->summoned)
		s->flags &= ~(uint32_t)YJ_FLAG_SUMMONED;
	s->state = YJ_INC_ACKED;
	disarm(s);
	set_who(s->by, who);
	s->joined_at = YJ_NEVER;
	s->outstanding = 0;
	s->flags &= ~(uint32_t)YJ_FLAG_HELPING;
	arm_arrival(t, t->in->eta_min);
	struct yj_act *a = act_log(t, YJ_EV_INCIDENT_ACKED, who);
	a->how = YJ_HOW_GOING;
	a->eta_min = t->in->eta_min;
	act_add(t, YJ_ACT_CALL_OFF);
	act_tell(t, YJ_PAGE_ANSWERED, who);
	act_home(t, YJ_HOME_ANSWERED, who);
}

static enum yj_verdict welcome_second(struct turn *t)
{
	act_log(t, YJ_EV_INCIDENT_NOTED, t->in->who)->reason = "second";
	return t->s->by[0] && strcmp(t->s->by, t->in->who) != 0 ? YJ_VERDICT_SECOND : YJ_VERDICT_OK;
}

/* Whoever has arrived has heard of the call that came after. */
static void answer_join(struct turn *t)
{
	act_log(t, YJ_EV_INCIDENT_NOTED, t->in->who)->reason = "joined";
	t->s->rejoin_due = YJ_NEVER;
}

static enum yj_verdict on_remote(struct turn *t)
{
	struct yj_state *s = t->s;
	act_log(t, YJ_EV_INCIDENT_CONTACTED, t->in->who)->how = YJ_HOW_REMOTE;
	if (s->state != YJ_INC_OPEN)
		return s->by[0] && strcmp(s->by, t->in->who) != 0 ? YJ_VERDICT_SECOND
								  : YJ_VERDICT_OK;
	act_tell(t, YJ_PAGE_CONTACTED, t->in->who);
	act_home(t, YJ_HOME_ANSWERED, t->in->who)->how = YJ_HOW_REMOTE;
	int64_t until = t->now + t->rules->verify_within_ms;
	if (!(s->flags & YJ_FLAG_HELD) && !is_last_level(t) && until > s->level_due) {
		s->flags |= YJ_FLAG_HELD;
		s->level_due = until;
	}
	return YJ_VERDICT_OK;
}

static enum yj_verdict on_ack(struct turn *t)
{
	struct yj_state *s = t->s;
	bool same = s->by[0] && strcmp(s->by, t->in->who) == 0;
	if (s->state == YJ_INC_ARRIVED && same && s->rejoin_due != YJ_NEVER) {
		answer_join(t);
		return YJ_VERDICT_OK;
	}
	if (t->in->how == YJ_HOW_REMOTE)
		return on_remote(t);
	if (s->state == YJ_INC_OPEN && !t->in->broke) {
		take_answer(t, t->in->who);
		return YJ_VERDICT_OK;
	}
	if (s->state == YJ_INC_ACKED && !same && t->in->summoned && !t->in->broke) {
		take_answer(t, t->in->who);
		return YJ_VERDICT_OK;
	}
	if (s->state == YJ_INC_ACKED && same) {
		if (t->in->eta_min >= 0) {
			act_log(t, YJ_EV_INCIDENT_NOTED, t->in->who)->reason = "eta";
			arm_arrival(t, t->in->eta_min);
		}
		return YJ_VERDICT_OK;
	}
	return welcome_second(t);
}

static enum yj_verdict on_decline(struct turn *t)
{
	struct yj_state *s = t->s;
	act_log(t, YJ_EV_INCIDENT_DECLINED, t->in->who);
	if (s->by[0] && strcmp(s->by, t->in->who) == 0) {
		reopen_broken(t, "declined");
		return YJ_VERDICT_OK;
	}
	act_mark(t, YJ_ACT_DECLINED, t->in->who);
	one_less(t, "declined");
	return YJ_VERDICT_OK;
}

/* Arriving or resolving is an answer too, for somebody who had not given one. */
static void imply_answer(struct turn *t)
{
	if (strcmp(t->s->by, t->in->who) != 0)
		act_log(t, YJ_EV_INCIDENT_ACKED, t->in->who)->how = YJ_HOW_GOING;
}

static enum yj_verdict on_arrive(struct turn *t)
{
	struct yj_state *s = t->s;
	if (s->state == YJ_INC_ARRIVED && strcmp(s->by, t->in->who) == 0) {
		if (s->rejoin_due != YJ_NEVER) /* the arrival was before */
			answer_join(t);
		return YJ_VERDICT_OK;
	}
	if (s->state == YJ_INC_ARRIVED && s->rejoin_due == YJ_NEVER)
		return welcome_second(t);
	imply_answer(t);
	disarm(s);
	s->state = YJ_INC_ARRIVED;
	set_who(s->by, t->in->who);
	s->arrived_at = t->now;
	s->outstanding = 0;
	s->resolve_due = t->now + t->rules->resolve_within_ms;
	s->flags &= ~(uint32_t)YJ_FLAG_HELPING;
	act_log(t, YJ_EV_INCIDENT_ARRIVED, t->in->who);
	act_add(t, YJ_ACT_CALL_OFF);
	act_tell(t, YJ_PAGE_ARRIVED, t->in->who);
	act_home(t, YJ_HOME_ARRIVED, t->in->who);
	return YJ_VERDICT_OK;
}

static enum yj_verdict on_resolve(struct turn *t)
{
	if (yj_kind_is_help(t->s->kind) && t->in->outcome == YJ_OUTCOME_NONE)
		return YJ_VERDICT_OUTCOME;
	imply_answer(t);
	set_who(t->s->by, t->in->who);
	act_log(t, YJ_EV_INCIDENT_RESOLVED, t->in->who)->outcome = t->in->outcome;
	close_as(t, YJ_INC_RESOLVED, t->in->who);
	return YJ_VERDICT_OK;
}

static void on_over(struct turn *t)
{
	struct yj_act *a = act_log(t, YJ_EV_INCIDENT_RESOLVED, NULL);
	a->outcome = YJ_OUTCOME_OTHER;
	a->reason = "over";
	close_as(t, YJ_INC_RESOLVED, NULL);
}

static enum yj_verdict on_cancel(struct turn *t)
{
	if (t->s->state == YJ_INC_ARRIVED)
		return YJ_VERDICT_STATE;
	act_log(t, YJ_EV_INCIDENT_CANCELLED, t->in->who);
	close_as(t, YJ_INC_CANCELLED, t->in->who);
	return YJ_VERDICT_OK;
}

static void on_withdraw(struct turn *t)
{
	bool may = t->rules->resident_may_cancel && t->in->own_calls;
	if (may && t->s->state != YJ_INC_ARRIVED) {
		act_log(t, YJ_EV_INCIDENT_CANCELLED, NULL)->reason = "resident";
		close_as(t, YJ_INC_CANCELLED, NULL);
		return;
	}
	act_log(t, YJ_EV_INCIDENT_WITHDRAWN, NULL);
	if (!(t->s->flags & YJ_FLAG_WITHDRAWN) || !(t->s->flags & YJ_FLAG_TOLD))
		act_tell(t, YJ_PAGE_WITHDRAWN, NULL);
	t->s->flags |= YJ_FLAG_WITHDRAWN | YJ_FLAG_TOLD;
}

static void on_join_acked(struct turn *t)
{
	struct yj_state *s = t->s;
	act_home(t, YJ_HOME_ANSWERED, s->by);
	if (s->joined_at == YJ_NEVER || t->now - s->joined_at >= YJ_JOINED_EVERY_MS) {
		s->joined_at = t->now;
		s->joined_due = YJ_NEVER;
		act_page_one(t, YJ_PAGE_JOINED, s->by);
	} else {
		s->joined_due = s->joined_at + YJ_JOINED_EVERY_MS;
	}
}

static void on_join_arrived(struct turn *t)
{
	struct yj_state *s = t->s;
	if (!yj_kind_is_help(s->kind))
		return;
	if (t->now - s->arrived_at > YJ_ARRIVED_GRACE_MS) {
		reopen_at_start(t, YJ_SET_LEVEL);
		return;
	}
	act_home(t, YJ_HOME_ARRIVED, s->by);
	if (s->rejoin_due == YJ_NEVER) {
		s->rejoin_due = t->now + t->rules->wait_ms[0];
		act_page_one(t, YJ_PAGE_JOINED, s->by);
	}
}

static void begin_anew(struct turn *t)
{
	t->s->level = 0;
	act_add(t, YJ_ACT_FORGET);
	act_page(t, YJ_SET_LEVEL, NULL);
	arm_level(t);
}

static void on_join(struct turn *t)
{
	bool withdrawn = t->s->flags & YJ_FLAG_WITHDRAWN;
	act_log(t, YJ_EV_INCIDENT_JOINED, NULL);
	t->s->flags &= ~(uint32_t)YJ_FLAG_WITHDRAWN;
	switch (t->s->state) {
	case YJ_INC_OPEN:
		if (t->in->anew)
			begin_anew(t);
		else if (withdrawn)
			act_page(t, YJ_SET_LEVEL, NULL);
		break;
	case YJ_INC_ACKED:
		if (withdrawn) /* whoever goes was told that it is off: they must hear at once */
			t->s->joined_at = YJ_NEVER;
		on_join_acked(t);
		break;
	case YJ_INC_ARRIVED:
		on_join_arrived(t);
		break;
	case YJ_INC_RESOLVED:
	case YJ_INC_CANCELLED:
		break;
	}
}

static void on_note(struct turn *t)
{
	struct yj_state *s = t->s;
	act_log(t, YJ_EV_INCIDENT_NOTED, t->in->who)->code = t->in->code;
	if (s->state == YJ_INC_ARRIVED && t->in->who && strcmp(s->by, t->in->who) == 0)
		s->rejoin_due = YJ_NEVER;
	if (t->in->code != YJ_NOTE_NEED_HELP)
		return;
	if (s->state == YJ_INC_OPEN && !is_last_level(t)) {
		escalate(t, "need_help");
		return;
	}
	if (s->state != YJ_INC_OPEN)
		s->flags |= YJ_FLAG_HELPING;
	if (!is_last_level(t))
		s->level++;
	act_page(t, YJ_SET_OTHERS, t->in->who);
}

static void on_gone(struct turn *t)
{
	if (t->s->by[0] && strcmp(t->s->by, t->in->who) == 0) {
		reopen_broken(t, "gone");
		return;
	}
	act_mark(t, YJ_ACT_DECLINED, t->in->who);
	one_less(t, "gone");
}

static void on_paged(struct turn *t)
{
	struct yj_act *a = act_log(t, YJ_EV_INCIDENT_NOTIFIED, NULL);
	a->people = (int32_t)t->in->people;
	if (t->in->set == YJ_SET_DESK) {
		a->reason = "desk";
		t->s->outstanding += t->in->people;
		return;
	}
	t->s->outstanding = t->in->people;
	if (t->in->set == YJ_SET_EVERYONE)
		a->reason = "repeat";
	if (t->in->people == 0)
		exhausted(t, "nobody");
}

static void on_tick(struct turn *t)
{
	struct yj_state *s = t->s;
	switch (s->state) {
	case YJ_INC_OPEN:
		if (s->level_due > t->now)
			break;
		if (is_last_level(t))
			repeat_last(t);
		else
			escalate(t, "timeout");
		break;
	case YJ_INC_ACKED:
		if (s->arrive_due <= t->now) {
			reopen_broken(t, "arrival_overdue");
			break;
		}
		if (s->remind_due <= t->now) {
			s->remind_due = YJ_NEVER;
			act_page_one(t, YJ_PAGE_REMIND, s->by);
		}
		if (s->joined_due <= t->now) {
			s->joined_due = YJ_NEVER;
			s->joined_at = t->now;
			act_page_one(t, YJ_PAGE_JOINED, s->by);
		}
		break;
	case YJ_INC_ARRIVED:
		if (s->rejoin_due <= t->now)
			reopen_at_start(t, YJ_SET_OTHERS);
		else if (s->resolve_due <= t->now) {
			char who[YJ_NAME_MAX + 1];
			set_who(who, s->by);
			reopen(t, YJ_SET_OTHERS, who, "resolution_overdue");
		}
		break;
	case YJ_INC_RESOLVED:
	case YJ_INC_CANCELLED:
		break;
	}
}

static void on_open(struct turn *t)
{
	act_log(t, YJ_EV_INCIDENT_OPENED, NULL);
	act_page(t, YJ_SET_LEVEL, NULL);
	act_tell(t, YJ_PAGE_OPEN, NULL);
	arm_level(t);
}

static enum yj_verdict dispatch(struct turn *t)
{
	switch (t->in->type) {
	case YJ_IN_OPEN:
		on_open(t);
		return YJ_VERDICT_OK;
	case YJ_IN_JOIN:
		on_join(t);
		return YJ_VERDICT_OK;
	case YJ_IN_WITHDRAW:
		on_withdraw(t);
		return YJ_VERDICT_OK;
	case YJ_IN_PAGED:
		on_paged(t);
		return YJ_VERDICT_OK;
	case YJ_IN_LOST:
		act_mark(t, YJ_ACT_LOST, t->in->who);
		one_less(t, "unreachable");
		return YJ_VERDICT_OK;
	case YJ_IN_ACK:
		return on_ack(t);
	case YJ_IN_DECLINE:
		return on_decline(t);
	case YJ_IN_ARRIVE:
		return on_arrive(t);
	case YJ_IN_RESOLVE:
		return on_resolve(t);
	case YJ_IN_CANCEL:
		return on_cancel(t);
	case YJ_IN_NOTE:
		on_note(t);
		return YJ_VERDICT_OK;
	case YJ_IN_SUMMON:
		t->s->flags |= YJ_FLAG_SUMMONED;
		act_log(t, YJ_EV_INCIDENT_PAGED, t->in->who);
		act_page_one(t, YJ_PAGE_OPEN, t->in->who);
		return YJ_VERDICT_OK;
	case YJ_IN_GONE:
		on_gone(t);
		return YJ_VERDICT_OK;
	case YJ_IN_TICK:
		on_tick(t);
		return YJ_VERDICT_OK;
	case YJ_IN_ANEW:
		if (t->s->state == YJ_INC_OPEN)
			begin_anew(t);
		return YJ_VERDICT_OK;
	case YJ_IN_OVER:
		on_over(t);
		return YJ_VERDICT_OK;
	}
	return YJ_VERDICT_STATE;
}

void yj_incident_step(const struct yj_rules *rules, const struct yj_state *state,
    const struct yj_in *in, int64_t now, struct yj_step *out)
{
	out->state = *state;
	out->n_acts = 0;
	if (yj_state_closed(state)) {
		out->verdict = in->type == YJ_IN_TICK ? YJ_VERDICT_OK : YJ_VERDICT_CLOSED;
		return;
	}
	assert(in->type == YJ_IN_OPEN || yj_state_valid(rules, state));
	struct turn t = {.rules = rules, .out = out, .s = &out->state, .in = in, .now = now};
	out->verdict = dispatch(&t);
	assert(yj_state_valid(rules, &out->state));
}
