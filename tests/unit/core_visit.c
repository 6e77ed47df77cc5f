/* One visit: rings, tries, ends; and that nobody who does not answer is ever forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/visit.h"

#define S 1000LL
#define MIN (60 * S)

static const struct yj_visit_rules rules = {
    .ring_for_ms = 60 * S,
    .retry_after_ms = 5 * MIN,
    .max_duration_ms = 120 * MIN,
    .retries = 2,
};

static struct yj_visit begun(enum yj_visit_mode mode)
{
	struct yj_visit v;
	assert_int_equal(yj_visit_begin(&v, &rules, mode, true, 0),
	    YJ_VISIT_DO_REQUESTED | YJ_VISIT_DO_RING | YJ_VISIT_DO_TELL);
	assert_int_equal(v.phase, YJ_VISIT_IS_RINGING);
	return v;
}

static unsigned step(struct yj_visit *v, enum yj_visit_in in, int64_t t)
{
	return yj_visit_step(v, &rules, in, t);
}

static void answered(void **state)
{
	(void)state;
	struct yj_visit v = begun(YJ_MODE_VIDEO);
	assert_int_equal(v.due_t, 5 * S);
	assert_int_equal(step(&v, YJ_VISIT_IN_TICK, 5 * S), YJ_VISIT_DO_RING); /* not heard */
	assert_int_equal(step(&v, YJ_VISIT_IN_RINGING, 6 * S), YJ_VISIT_DO_RINGING);
	assert_int_equal(step(&v, YJ_VISIT_IN_RINGING, 7 * S), 0);
	assert_int_equal(v.due_t, 66 * S);
	assert_int_equal(
	    step(&v, YJ_VISIT_IN_ACCEPT, 20 * S), YJ_VISIT_DO_ANSWERED | YJ_VISIT_DO_TELL);
	assert_int_equal(step(&v, YJ_VISIT_IN_ACCEPT, 21 * S), YJ_VISIT_DO_RELAY);
	assert_int_equal(step(&v, YJ_VISIT_IN_BACK, 22 * S), 0);
	assert_int_equal(step(&v, YJ_VISIT_IN_HANG_UP, 60 * S),
	    YJ_VISIT_DO_END | YJ_VISIT_DO_ENDED | YJ_VISIT_DO_TELL);
	assert_int_equal(v.reason, YJ_VISIT_WHY_CALLER);
	assert_true(yj_visit_is_over(&v));
	for (int in = YJ_VISIT_IN_RINGING; in <= YJ_VISIT_IN_TICK; in++)
		assert_int_equal(step(&v, (enum yj_visit_in)in, 70 * S), 0);
}

static void ends(void **state)
{
	(void)state;
	static const struct {
		enum yj_visit_in in;
		enum yj_visit_reason reason;
	} cases[] = {{YJ_VISIT_IN_END, YJ_VISIT_WHY_RESIDENT},
	    {YJ_VISIT_IN_DECLINE, YJ_VISIT_WHY_RESIDENT}, {YJ_VISIT_IN_GONE, YJ_VISIT_WHY_LOST},
	    {YJ_VISIT_IN_WITHDRAW, YJ_VISIT_WHY_WITHDRAWN}, {YJ_VISIT_IN_TICK, YJ_VISIT_WHY_LIMIT}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct yj_visit v = begun(YJ_MODE_VOICE);
		step(&v, YJ_VISIT_IN_ACCEPT, 1 * S);
		assert_true(step(&v, cases[i].in, 121 * MIN) & YJ_VISIT_DO_ENDED);
		assert_int_equal(v.reason, cases[i].reason);
	}
}

static void declined(void **state)
{
	(void)state;
	struct yj_visit v = begun(YJ_MODE_VIDEO);
	step(&v, YJ_VISIT_IN_RINGING, 1);
	assert_int_equal(
	    step(&v, YJ_VISIT_IN_DECLINE, 9 * S), YJ_VISIT_DO_DECLINED | YJ_VISIT_DO_TELL);
	assert_int_equal(v.phase, YJ_VISIT_IS_DECLINED);
}

static void a_mistake(void **state)
{
	(void)state;
	struct yj_visit v = begun(YJ_MODE_VIDEO);
	assert_true(step(&v, YJ_VISIT_IN_HANG_UP, 10 * S - 1) & YJ_VISIT_DO_ENDED);
	assert_int_equal(v.phase, YJ_VISIT_IS_CANCELLED);
	v = begun(YJ_MODE_VIDEO);
	assert_int_equal(step(&v, YJ_VISIT_IN_HANG_UP, 10 * S),
	    YJ_VISIT_DO_MISSED | YJ_VISIT_DO_END | YJ_VISIT_DO_TELL);
	assert_int_equal(v.phase, YJ_VISIT_IS_MISSED);
	assert_int_equal(v.due_t, 10 * S + 5 * MIN);
}

/* Nobody comes: three rings, then an alarm. The caller stays for the second and not the third. */
static void nobody(void **state)
{
	(void)state;
	struct yj_visit v = begun(YJ_MODE_VIDEO);
	step(&v, YJ_VISIT_IN_RINGING, 2 * S);
	assert_int_equal(step(&v, YJ_VISIT_IN_TICK, 62 * S - 1), 0);
	assert_int_equal(step(&v, YJ_VISIT_IN_TICK, 62 * S),
	    YJ_VISIT_DO_MISSED | YJ_VISIT_DO_END | YJ_VISIT_DO_TELL);
	assert_int_equal(v.due_t, 62 * S + 5 * MIN);
	assert_int_equal(step(&v, YJ_VISIT_IN_TICK, v.due_t), YJ_VISIT_DO_RING | YJ_VISIT_DO_TELL);
	assert_int_equal(v.mode, YJ_MODE_VIDEO);
	assert_int_equal(v.tries, 2);
	assert_int_equal(step(&v, YJ_VISIT_IN_GONE, v.due_t), 0);
	for (int i = 0; v.phase == YJ_VISIT_IS_RINGING && i < 20; i++)
		step(&v, YJ_VISIT_IN_TICK, v.due_t);
	assert_int_equal(v.phase, YJ_VISIT_IS_MISSED);
	step(&v, YJ_VISIT_IN_TICK, v.due_t);
	assert_int_equal(v.mode, YJ_MODE_CHECK_IN);
	unsigned acts = 0;
	for (int i = 0; !yj_visit_is_over(&v) && i < 20; i++)
		acts = step(&v, YJ_VISIT_IN_TICK, v.due_t);
	assert_true(acts & YJ_VISIT_DO_ALARM);
	assert_int_equal(v.phase, YJ_VISIT_IS_UNANSWERED);
}

static void a_sign_is_enough(void **state)
{
	(void)state;
	struct yj_visit v = begun(YJ_MODE_VIDEO);
	assert_int_equal(step(&v, YJ_VISIT_IN_SIGN, 1 * S), 0); /* it still rings */
	for (int i = 0; v.phase == YJ_VISIT_IS_RINGING && i < 20; i++)
		step(&v, YJ_VISIT_IN_TICK, v.due_t);
	assert_true(step(&v, YJ_VISIT_IN_SIGN, v.due_t) & YJ_VISIT_DO_ENDED);
	assert_int_equal(v.reason, YJ_VISIT_WHY_ANSWERED);
}

static void check_in(void **state)
{
	(void)state;
	struct yj_visit v = begun(YJ_MODE_CHECK_IN);
	unsigned acts = step(&v, YJ_VISIT_IN_ACCEPT, 3 * S);
	assert_int_equal(
	    acts, YJ_VISIT_DO_ANSWERED | YJ_VISIT_DO_END | YJ_VISIT_DO_ENDED | YJ_VISIT_DO_TELL);
	assert_int_equal(v.reason, YJ_VISIT_WHY_ANSWERED);
	v = begun(YJ_MODE_VIDEO); /* nobody is there any more to be talked with */
	step(&v, YJ_VISIT_IN_GONE, 1 * S);
	assert_true(step(&v, YJ_VISIT_IN_ACCEPT, 2 * S) & YJ_VISIT_DO_ENDED);
}

/* A terminal that answers by itself shows nobody to a caller who has gone. */
static void by_itself(void **state)
{
	(void)state;
	struct yj_visit v = begun(YJ_MODE_VIDEO);
	assert_int_equal(
	    step(&v, YJ_VISIT_IN_SELF, 1 * S), YJ_VISIT_DO_ANSWERED | YJ_VISIT_DO_TELL);
	assert_int_equal(step(&v, YJ_VISIT_IN_SELF, 2 * S), YJ_VISIT_DO_RELAY);
	v = begun(YJ_MODE_VIDEO);
	step(&v, YJ_VISIT_IN_GONE, 1 * S);
	assert_int_equal(step(&v, YJ_VISIT_IN_SELF, 2 * S),
	    YJ_VISIT_DO_MISSED | YJ_VISIT_DO_END | YJ_VISIT_DO_TELL);
	assert_int_equal(v.phase, YJ_VISIT_IS_MISSED);
	assert_int_equal(step(&v, YJ_VISIT_IN_SELF, 3 * S), YJ_VISIT_DO_END);
	assert_int_equal(v.phase, YJ_VISIT_IS_MISSED);
}

static void a_poor_link(void **state)
{
	(void)state;
	struct yj_visit v = begun(YJ_MODE_VIDEO);
	step(&v, YJ_VISIT_IN_ACCEPT, 1 * S);
	assert_int_equal(step(&v, YJ_VISIT_IN_FALL, 100 * S), YJ_VISIT_DO_RELAY | YJ_VISIT_DO_TELL);
	assert_int_equal(v.phase, YJ_VISIT_IS_RINGING);
	assert_int_equal(v.mode, YJ_MODE_CHECK_IN);
	struct yj_visit other = v;
	assert_true(step(&v, YJ_VISIT_IN_ACCEPT, 110 * S) & YJ_VISIT_DO_ENDED);
	assert_int_equal(v.reason, YJ_VISIT_WHY_ANSWERED);
	assert_int_equal(step(&other, YJ_VISIT_IN_TICK, 160 * S - 1), 0);
	assert_true(step(&other, YJ_VISIT_IN_TICK, 160 * S) & YJ_VISIT_DO_MISSED);
	/* the link is no better at the next try, and the offer of the talk is gone */
	assert_true(step(&other, YJ_VISIT_IN_TICK, other.due_t) & YJ_VISIT_DO_RING);
	assert_int_equal(other.mode, YJ_MODE_CHECK_IN);
}

/* Whatever comes in whatever order: a visit that was not answered, declined, withdrawn or taken
 * back at once has its next step in time, or has become an alarm; and each ends. */
static void never_forgotten(void **state)
{
	(void)state;
	const char *given = getenv("YJ_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	srandom(seed);
	for (int run = 0; run < 20000; run++) {
		struct yj_visit v;
		int64_t t = 0;
		unsigned seen = yj_visit_begin(
		    &v, &rules, (enum yj_visit_mode)(random() % 3), random() % 2 == 0, t);
		for (int i = 0; !yj_visit_is_over(&v); i++) {
			assert_true(i < 10000);
			bool tick = random() % 2 == 0;
			int64_t wait = v.due_t - t;
			assert_true(
			    wait <= (v.phase == YJ_VISIT_IS_ANSWERED ? rules.max_duration_ms
								     : rules.retry_after_ms));
			t = tick || wait <= 0 ? v.due_t : t + random() % (wait + 1);
			seen |= step(&v,
			    tick ? YJ_VISIT_IN_TICK
				 : (enum yj_visit_in)(random() % (YJ_VISIT_IN_TICK + 1)),
			    t);
			assert_true(v.tries <= rules.retries + 1);
		}
		bool good = seen & (YJ_VISIT_DO_ANSWERED | YJ_VISIT_DO_DECLINED);
		good |= v.reason == YJ_VISIT_WHY_ANSWERED || v.reason == YJ_VISIT_WHY_WITHDRAWN ||
			v.phase == YJ_VISIT_IS_CANCELLED;
		assert_true(good || (seen & YJ_VISIT_DO_ALARM));
		assert_true(!(seen & YJ_VISIT_DO_ALARM) || v.phase == YJ_VISIT_IS_UNANSWERED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answered),
	    cmocka_unit_test(ends),
	    cmocka_unit_test(declined),
	    cmocka_unit_test(a_mistake),
	    cmocka_unit_test(nobody),
	    cmocka_unit_test(a_sign_is_enough),
	    cmocka_unit_test(check_in),
	    cmocka_unit_test(by_itself),
	    cmocka_unit_test(a_poor_link),
	    cmocka_unit_test(never_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
