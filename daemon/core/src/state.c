#include "state.h"

#include <string.h>

void yj_state_init(struct yj_state *state, enum yj_kind kind)
{
	*state = (struct yj_state){
	    .state = YJ_INC_OPEN,
	    .kind = kind,
	    .level_due = YJ_NEVER,
	    .arrive_due = YJ_NEVER,
	    .remind_due = YJ_NEVER,
	    .resolve_due = YJ_NEVER,
	    .rejoin_due = YJ_NEVER,
	    .joined_due = YJ_NEVER,
	    .acked_at = YJ_NEVER,
	    .arrived_at = YJ_NEVER,
	    .joined_at = YJ_NEVER,
	};
}

bool yj_state_closed(const struct yj_state *state)
{
	return state->state == YJ_INC_RESOLVED || state->state == YJ_INC_CANCELLED;
}

int64_t yj_state_deadline(const struct yj_state *state)
{
	int64_t due = yj_min_time(state->level_due, state->arrive_due);
	due = yj_min_time(due, state->remind_due);
	due = yj_min_time(due, state->resolve_due);
	due = yj_min_time(due, state->rejoin_due);
	return yj_min_time(due, state->joined_due);
}

int64_t yj_state_silence_bound(
    const struct yj_rules *rules, const struct yj_state *state, int64_t now)
{
	int64_t bound = rules->repeat_every_ms;
	for (unsigned i = 0; i + 1 < rules->n_levels; i++)
		bound = yj_max_time(bound, rules->wait_ms[i] + rules->verify_within_ms);
	bound = yj_max_time(bound, rules->arrive_max_ms);
	bound = yj_max_time(bound, rules->resolve_within_ms);
	(void)state;
	return now + bound;
}

/* Which deadlines each state arms. */
bool yj_state_valid(const struct yj_rules *rules, const struct yj_state *s)
{
	if (s->level >= rules->n_levels)
		return false;
	bool answered = s->by[0] != '\0';
	bool idle = s->arrive_due == YJ_NEVER && s->remind_due == YJ_NEVER;
	switch (s->state) {
	case YJ_INC_OPEN:
		return s->level_due != YJ_NEVER && idle && s->resolve_due == YJ_NEVER &&
		       s->rejoin_due == YJ_NEVER && s->joined_due == YJ_NEVER && !answered;
	case YJ_INC_ACKED:
		return s->level_due == YJ_NEVER && s->arrive_due != YJ_NEVER &&
		       s->resolve_due == YJ_NEVER && s->rejoin_due == YJ_NEVER &&
		       s->acked_at != YJ_NEVER && answered;
	case YJ_INC_ARRIVED:
		return s->level_due == YJ_NEVER && idle && s->resolve_due != YJ_NEVER &&
		       s->joined_due == YJ_NEVER && s->arrived_at != YJ_NEVER && answered;
	case YJ_INC_RESOLVED:
	case YJ_INC_CANCELLED:
		return yj_state_deadline(s) == YJ_NEVER;
	}
	return false;
}

const char *yj_verdict_name(enum yj_verdict verdict)
{
	switch (verdict) {
	case YJ_VERDICT_OK:
		return "ok";
	case YJ_VERDICT_SECOND:
		return "second";
	case YJ_VERDICT_CLOSED:
		return "closed";
	case YJ_VERDICT_OUTCOME:
		return "outcome_required";
	case YJ_VERDICT_STATE:
		return "state";
	}
	return "state";
}
