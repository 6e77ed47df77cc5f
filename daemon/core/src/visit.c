#include "core/visit.h"

#include <assert.h>
#include <stddef.h>

bool yj_visit_is_over(const struct yj_visit *v)
{
	return v->phase >= YJ_VISIT_IS_DECLINED;
}

static void check(const struct yj_visit *v)
{
	assert(v->tries >= 1);
	assert(yj_visit_is_over(v) == (v->due_t == INT64_MAX));
	assert(v->phase != YJ_VISIT_IS_ANSWERED || v->mode != YJ_MODE_CHECK_IN);
	(void)v;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When to ring again, or to stop ringing. */
static void arm_ring(struct yj_visit *v, const struct yj_visit_rules *rules, int64_t now_t)
{
	int64_t end = v->ring_t + rules->ring_for_ms;
	v->due_t = v->heard ? end : earlier(end, now_t + YJ_VISIT_RING_AGAIN_MS);
}

static unsigned ring(struct yj_visit *v, const struct yj_visit_rules *rules, int64_t now_t)
{
	v->phase = YJ_VISIT_IS_RINGING;
	bool fell = v->tries > 0 && v->mode == YJ_MODE_CHECK_IN;
	v->mode = (v->tries == 0 || v->there) && !fell ? v->asked_mode : YJ_MODE_CHECK_IN;
	v->tries++;
	v->heard = false;
	v->ring_t = now_t;
	arm_ring(v, rules, now_t);
	return YJ_VISIT_DO_RING | YJ_VISIT_DO_TELL;
}

static unsigned over(struct yj_visit *v, enum yj_visit_phase phase, enum yj_visit_reason reason)
{
	v->phase = phase;
	v->reason = reason;
	v->due_t = INT64_MAX;
	return YJ_VISIT_DO_TELL;
}

static unsigned end(struct yj_visit *v, enum yj_visit_reason reason)
{
	return over(v, YJ_VISIT_IS_ENDED, reason) | YJ_VISIT_DO_ENDED;
}

static unsigned miss(struct yj_visit *v, const struct yj_visit_rules *rules, int64_t now_t)
{
	unsigned acts = YJ_VISIT_DO_MISSED | YJ_VISIT_DO_END | YJ_VISIT_DO_TELL;
	if (v->tries > rules->retries)
		return acts | YJ_VISIT_DO_ALARM |
		       over(v, YJ_VISIT_IS_UNANSWERED, YJ_VISIT_WHY_NONE);
	v->phase = YJ_VISIT_IS_MISSED;
	v->due_t = now_t + rules->retry_after_ms;
	return acts;
}

static unsigned accept(struct yj_visit *v, const struct yj_visit_rules *rules, int64_t now_t)
{
	unsigned acts = YJ_VISIT_DO_ANSWERED | YJ_VISIT_DO_TELL;
	if (v->mode == YJ_MODE_CHECK_IN || !v->there)
		return acts | YJ_VISIT_DO_END | end(v, YJ_VISIT_WHY_ANSWERED);
	v->phase = YJ_VISIT_IS_ANSWERED;
	v->due_t = now_t + rules->max_duration_ms;
	return acts;
}

static unsigned while_ringing(
    struct yj_visit *v, const struct yj_visit_rules *rules, enum yj_visit_in in, int64_t now_t)
{
	switch (in) {
	case YJ_VISIT_IN_RINGING:
		if (v->heard)
			return 0;
		v->heard = true;
		v->ring_t = now_t;
		arm_ring(v, rules, now_t);
		return YJ_VISIT_DO_RINGING;
	case YJ_VISIT_IN_ACCEPT:
		return accept(v, rules, now_t);
	case YJ_VISIT_IN_SELF:
		return v->there ? accept(v, rules, now_t) : miss(v, rules, now_t);
	case YJ_VISIT_IN_DECLINE:
		return YJ_VISIT_DO_DECLINED | over(v, YJ_VISIT_IS_DECLINED, YJ_VISIT_WHY_RESIDENT);
	case YJ_VISIT_IN_BACK:
		return YJ_VISIT_DO_RING;
	case YJ_VISIT_IN_HANG_UP:
		v->there = false;
		if (v->tries == 1 && now_t - v->began_t < YJ_VISIT_MISTAKE_MS)
			return YJ_VISIT_DO_ENDED | YJ_VISIT_DO_END |
			       over(v, YJ_VISIT_IS_CANCELLED, YJ_VISIT_WHY_CALLER);
		return miss(v, rules, now_t);
	case YJ_VISIT_IN_GONE:
		v->there = false;
		return 0;
	case YJ_VISIT_IN_WITHDRAW:
		return YJ_VISIT_DO_END | end(v, YJ_VISIT_WHY_WITHDRAWN);
	case YJ_VISIT_IN_TICK:
		if (now_t >= v->ring_t + rules->ring_for_ms)
			return miss(v, rules, now_t);
		arm_ring(v, rules, now_t);
		return v->heard ? 0 : YJ_VISIT_DO_RING;
	case YJ_VISIT_IN_FALL:
	case YJ_VISIT_IN_END:  /* of a ring before */
	case YJ_VISIT_IN_SIGN: /* it is answered at the terminal */
		return 0;
	}
	return 0;
}

static unsigned while_answered(
    struct yj_visit *v, const struct yj_visit_rules *rules, enum yj_visit_in in, int64_t now_t)
{
	switch (in) {
	case YJ_VISIT_IN_ACCEPT:
	case YJ_VISIT_IN_SELF:
		return YJ_VISIT_DO_RELAY;
	case YJ_VISIT_IN_FALL:
		v->phase = YJ_VISIT_IS_RINGING;
		v->mode = YJ_MODE_CHECK_IN;
		v->heard = true;
		v->ring_t = now_t;
		arm_ring(v, rules, now_t);
		return YJ_VISIT_DO_RELAY | YJ_VISIT_DO_TELL;
	case YJ_VISIT_IN_DECLINE:
	case YJ_VISIT_IN_END:
		return end(v, YJ_VISIT_WHY_RESIDENT);
	case YJ_VISIT_IN_HANG_UP:
		return YJ_VISIT_DO_END | end(v, YJ_VISIT_WHY_CALLER);
	case YJ_VISIT_IN_GONE:
		return YJ_VISIT_DO_END | end(v, YJ_VISIT_WHY_LOST);
	case YJ_VISIT_IN_WITHDRAW:
		return YJ_VISIT_DO_END | end(v, YJ_VISIT_WHY_WITHDRAWN);
	case YJ_VISIT_IN_TICK:
		return now_t < v->due_t ? 0 : YJ_VISIT_DO_END | end(v, YJ_VISIT_WHY_LIMIT);
	case YJ_VISIT_IN_RINGING:
	case YJ_VISIT_IN_BACK:
	case YJ_VISIT_IN_SIGN:
		return 0;
	}
	return 0;
}

static unsigned while_missed(
    struct yj_visit *v, const struct yj_visit_rules *rules, enum yj_visit_in in, int64_t now_t)
{
	switch (in) {
	case YJ_VISIT_IN_ACCEPT: /* as it stopped ringing: nobody waits for it any more */
		return YJ_VISIT_DO_ANSWERED | YJ_VISIT_DO_END | end(v, YJ_VISIT_WHY_ANSWERED);
	case YJ_VISIT_IN_SELF: /* too late for the caller, and nobody else looks */
		return YJ_VISIT_DO_END;
	case YJ_VISIT_IN_SIGN:
		return end(v, YJ_VISIT_WHY_ANSWERED);
	case YJ_VISIT_IN_DECLINE:
		return YJ_VISIT_DO_DECLINED | over(v, YJ_VISIT_IS_DECLINED, YJ_VISIT_WHY_RESIDENT);
	case YJ_VISIT_IN_HANG_UP:
	case YJ_VISIT_IN_GONE:
		v->there = false;
		return 0;
	case YJ_VISIT_IN_WITHDRAW:
		return end(v, YJ_VISIT_WHY_WITHDRAWN);
	case YJ_VISIT_IN_TICK:
		return now_t < v->due_t ? 0 : ring(v, rules, now_t);
	case YJ_VISIT_IN_RINGING:
	case YJ_VISIT_IN_END:
	case YJ_VISIT_IN_FALL:
	case YJ_VISIT_IN_BACK:
		return 0;
	}
	return 0;
}

unsigned yj_visit_begin(struct yj_visit *v, const struct yj_visit_rules *rules,
    enum yj_visit_mode mode, bool there, int64_t now_t)
{
	*v = (struct yj_visit){
	    .mode = mode, .asked_mode = mode, .there = there, .began_t = now_t, .due_t = now_t};
	unsigned acts = ring(v, rules, now_t);
	check(v);
	return acts | YJ_VISIT_DO_REQUESTED;
}

unsigned yj_visit_step(
    struct yj_visit *v, const struct yj_visit_rules *rules, enum yj_visit_in in, int64_t now_t)
{
	unsigned acts = 0;
	check(v);
	switch (v->phase) {
	case YJ_VISIT_IS_RINGING:
		acts = while_ringing(v, rules, in, now_t);
		break;
	case YJ_VISIT_IS_ANSWERED:
		acts = while_answered(v, rules, in, now_t);
		break;
	case YJ_VISIT_IS_MISSED:
		acts = while_missed(v, rules, in, now_t);
		break;
	case YJ_VISIT_IS_DECLINED:
	case YJ_VISIT_IS_CANCELLED:
	case YJ_VISIT_IS_UNANSWERED:
	case YJ_VISIT_IS_ENDED:
		break;
	}
	check(v);
	return acts;
}
