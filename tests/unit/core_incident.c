/* docs/contract.md, "Incidents", states, "Opening and joining", and how the resident takes a call
 * back: the rules that are the core's, sentence by sentence. */
#include "core_rig.h"

#include <string.h>

static void a_repeat_joins_and_does_not_restart_the_clock(void **state)
{
	(void)state;
	OPEN("a", "b");
	for (int64_t t = S; t < MIN; t += 7 * S) {
		rig_at(t);
		rig_join();
		rig_did("joined");
		rig_paged("");
	}
	rig_at(MIN);
	rig_paged("b");
}

static void joined_while_acked_whoever_answered_is_paged_every_5_minutes(void **state)
{
	(void)state;
	OPEN("ab");
	rig_going("a");
	rig_at(MIN);
	rig_join();
	rig_did("joined(a)");
	rig_did("home:answered:a"); /* the device hears it again */
	rig_paged("");
	rig_at(2 * MIN);
	rig_join();
	rig_did_not("joined(a)");
	rig_did("home:answered:a");
	rig_at(3 * MIN);
	rig_join();
	rig_at(6 * MIN - 1);
	rig_quiet();
	rig_at(6 * MIN); /* what came in between is paged then */
	rig_did("joined(a)");
	rig_at(15 * MIN);
	rig_quiet();
	rig_join();
	rig_did("joined(a)");
	rig_at(20 * MIN - 1);
	rig_join();
	rig_did_not("joined(a)");
	rig_is(YJ_INC_ACKED, 0, "a");
}

static void joined_after_a_take_over_the_new_one_is_paged_at_once(void **state)
{
	(void)state;
	OPEN("ab");
	rig_going("a");
	rig_join();
	rig_did("joined(a)");
	rig_summon("d");
	rig_going("d");
	rig_join();
	rig_did("joined(d)");
}

static void joined_within_5_minutes_of_the_arrival_asks_first(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_at(MIN);
	rig_going("c");
	rig_arrive("c");
	rig_at(5 * MIN);
	rig_join();
	rig_did("joined(c)");
	rig_did("home:arrived:c");
	rig_paged("");
	rig_is(YJ_INC_ARRIVED, 1, "c");
	rig_at(6 * MIN - 1);
	rig_join(); /* the question stands, and is not asked again */
	rig_did_not("joined(c)");
	rig_at(6 * MIN); /* no answer within level 0's wait */
	rig_did("reopened:c:joined");
	rig_did("home:searching");
	rig_paged("ab");
	rig_is(YJ_INC_OPEN, 0, "");
	rig_arrive("a");
	rig_at(11 * MIN); /* to the millisecond */
	rig_join();
	rig_did("joined(a)");
}

static void any_answer_of_whoever_arrived_keeps_it(void **state)
{
	(void)state;
	for (int how = 0; how < 4; how++) {
		OPEN("ab", "c");
		rig_arrive("a");
		rig_at(MIN);
		rig_join();
		if (how == 0)
			rig_going("a");
		else if (how == 1)
			rig_remote("a");
		else if (how == 2)
			rig_note("a", YJ_NOTE_SPOKE_RESIDENT);
		else
			rig_arrive("a");
		rig_did(how == 2 ? "noted:a" : "noted:a:joined");
		rig_at(3 * MIN);
		rig_is(YJ_INC_ARRIVED, 0, "a");
		rig_join();
		rig_did("joined(a)");
	}
}

static void to_arrive_again_puts_the_resolution_off_no_more(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_arrive("a");
	rig_at(4 * MIN);
	rig_join();
	rig_arrive("a");
	rig_did("noted:a:joined");
	rig_did_not("arrived:a");
	rig_at(4 * H);
	rig_did("reopened:a:resolution_overdue");
}

static void nobody_elses_does(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_arrive("a");
	rig_join();
	rig_going("b");
	rig_remote("b");
	rig_note("b", YJ_NOTE_OTHER);
	rig_at(MIN);
	rig_did("reopened:a:joined");
	rig_paged("b");
}

static void joined_later_than_that_reopens_at_once_at_level_0(void **state)
{
	(void)state;
	OPEN("ab", "c", "d");
	rig_decline("b");
	rig_at(4 * MIN);
	rig_is(YJ_INC_OPEN, 2, "");
	rig_arrive("c");
	rig_at(9 * MIN + 1);
	rig_join();
	rig_did("reopened:c:joined");
	rig_did("forget");
	rig_paged("ab");
	rig_is(YJ_INC_OPEN, 0, "");
	rig_at(10 * MIN);
	rig_quiet();
	rig_at(10 * MIN + 1);
	rig_paged("c");
}

static void what_is_no_call_for_help_does_not_reopen(void **state)
{
	(void)state;
	OPEN_KIND(YJ_KIND_SERVICE, "a");
	rig_arrive("a");
	rig_at(H);
	rig_join();
	rig_did("joined");
	rig_is(YJ_INC_ARRIVED, 0, "a");
	OPEN_KIND(YJ_KIND_SMOKE, "a");
	rig_arrive("a");
	rig_at(H);
	rig_join();
	rig_is(YJ_INC_OPEN, 0, "");
}

static void joined_after_withdrawn_the_level_is_paged_again(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_at(10 * S);
	rig_withdraw(true);
	rig_at(20 * S);
	rig_join();
	rig_paged("ab");
	rig_join();
	rig_paged("");
	rig_at(60 * S); /* the clock ran on */
	rig_paged("c");
}

static void joined_after_withdrawn_an_unreachable_level_pages_the_desk_again(void **state)
{
	(void)state;
	OPEN("a");
	rig_decline("a");
	rig_paged("yz");
	rig_withdraw(true);
	rig_join();
	rig_did("unreachable");
	rig_paged("yz");
}

static void a_withdrawal_tells_and_the_clock_runs_on(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_withdraw(true);
	rig_did("withdrawn");
	rig_did("tell:withdrawn");
	rig_did_not("off");
	rig_is(YJ_INC_OPEN, 0, "");
	rig_withdraw(true);
	rig_did_not("tell:withdrawn"); /* once is enough */
	rig_at(MIN);
	rig_paged("b");
	rig_withdraw(true);
	rig_did("tell:withdrawn"); /* b has not heard of it */
	rig_going("b");
	rig_withdraw(true);
	rig_is(YJ_INC_ACKED, 1, "b");
}

static void a_policy_may_let_the_resident_cancel(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig.rules.resident_may_cancel = true;
	rig_withdraw(false); /* not all its alerts are calls of that device */
	rig_is(YJ_INC_OPEN, 0, "");
	rig_withdraw(true);
	rig_did("cancelled:resident");
	rig_did("off");
	rig_did("tell:closed");
	rig_did("home:closed");
	rig_is(YJ_INC_CANCELLED, 0, "");
	OPEN("a", "b");
	rig.rules.resident_may_cancel = true;
	rig_going("a");
	rig_withdraw(true);
	rig_is(YJ_INC_CANCELLED, 0, "a");
	OPEN("a", "b");
	rig.rules.resident_may_cancel = true;
	rig_arrive("a");
	rig_withdraw(true); /* somebody is there */
	rig_is(YJ_INC_ARRIVED, 0, "a");
}

static void cancelled_from_open_or_acked_only(void **state)
{
	(void)state;
	OPEN("a");
	rig_cancel("z");
	rig_did("cancelled:z");
	rig_did("off");
	rig_is(YJ_INC_CANCELLED, 0, "");
	OPEN("a");
	rig_going("a");
	rig_cancel("z");
	rig_is(YJ_INC_CANCELLED, 0, "a");
	OPEN("a");
	rig_arrive("a");
	rig_cancel("z");
	assert_int_equal(rig.verdict, YJ_VERDICT_STATE);
	rig_quiet();
	rig_is(YJ_INC_ARRIVED, 0, "a");
}

static void a_call_for_help_is_resolved_with_an_outcome(void **state)
{
	(void)state;
	OPEN("a");
	rig_going("a");
	rig_resolve("a", YJ_OUTCOME_NONE);
	assert_int_equal(rig.verdict, YJ_VERDICT_OUTCOME);
	rig_quiet();
	rig_is(YJ_INC_ACKED, 0, "a");
	rig_resolve("a", YJ_OUTCOME_HELPED);
	rig_did("resolved:a");
	rig_did("off");
	rig_did("tell:closed");
	rig_did("home:closed:a");
	rig_is(YJ_INC_RESOLVED, 0, "a");
	OPEN_KIND(YJ_KIND_FAMILY, "a");
	rig_resolve("a", YJ_OUTCOME_NONE);
	rig_is(YJ_INC_RESOLVED, 0, "a");
}

static void resolving_counts_as_the_answer(void **state)
{
	(void)state;
	OPEN("ab");
	rig_going("a");
	rig_resolve("b", YJ_OUTCOME_OTHER);
	rig_did("acked:b");
	rig_did("resolved:b");
	rig_is(YJ_INC_RESOLVED, 0, "b");
}

static void what_comes_after_the_end_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	OPEN("ab");
	rig_resolve("a", YJ_OUTCOME_HELPED);
	struct yj_state before = rig.state;
	void (*const late[])(const char *) = {rig_going, rig_remote, rig_decline, rig_arrive,
	    rig_cancel, rig_summon, rig_lost, rig_gone};
	for (size_t i = 0; i < sizeof late / sizeof late[0]; i++) {
		late[i]("b");
		assert_int_equal(rig.verdict, YJ_VERDICT_CLOSED);
		rig_quiet();
	}
	rig_resolve("b", YJ_OUTCOME_OTHER);
	rig_note("b", YJ_NOTE_NEED_HELP);
	rig_join();
	rig_withdraw(true);
	assert_int_equal(rig.verdict, YJ_VERDICT_CLOSED);
	rig_at(30 * 24 * H);
	rig_quiet();
	assert_true(model_same_state(&before, &rig.state));
}

static void all_that_passed_in_an_outage_makes_one_step(void **state)
{
	(void)state;
	OPEN("ab");
	rig_going("a");
	rig_join();
	rig_at(MIN);
	rig_join(); /* remind, joined and arrival are all overdue then */
	rig_late(24 * H);
	rig_did("reopened:a:arrival_overdue");
	rig_did_not("remind(a)");
	rig_paged("b");
	rig_late(24 * H);
	rig_quiet();
}

static void verdicts_have_names(void **state)
{
	(void)state;
	assert_string_equal(yj_verdict_name(YJ_VERDICT_OK), "ok");
	assert_string_equal(yj_verdict_name(YJ_VERDICT_SECOND), "second");
	assert_string_equal(yj_verdict_name(YJ_VERDICT_CLOSED), "closed");
	assert_string_equal(yj_verdict_name(YJ_VERDICT_OUTCOME), "outcome_required");
	assert_string_equal(yj_verdict_name(YJ_VERDICT_STATE), "state");
}

static void a_state_with_a_missing_deadline_is_not_valid(void **state)
{
	(void)state;
	OPEN("a");
	struct yj_state s = rig.state;
	s.level_due = YJ_NEVER;
	assert_false(yj_state_valid(&rig.rules, &s));
	s = rig.state;
	s.level = 1;
	assert_false(yj_state_valid(&rig.rules, &s));
	rig_going("a");
	s = rig.state;
	s.arrive_due = YJ_NEVER;
	assert_false(yj_state_valid(&rig.rules, &s));
	rig_arrive("a");
	s = rig.state;
	s.resolve_due = YJ_NEVER;
	assert_false(yj_state_valid(&rig.rules, &s));
	s = rig.state;
	memset(s.by, 0, sizeof s.by);
	assert_false(yj_state_valid(&rig.rules, &s));
	rig_resolve("a", YJ_OUTCOME_HELPED);
	s = rig.state;
	s.level_due = 1;
	assert_false(yj_state_valid(&rig.rules, &s));
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_repeat_joins_and_does_not_restart_the_clock),
	    T(joined_while_acked_whoever_answered_is_paged_every_5_minutes),
	    T(joined_after_a_take_over_the_new_one_is_paged_at_once),
	    T(joined_within_5_minutes_of_the_arrival_asks_first),
	    T(any_answer_of_whoever_arrived_keeps_it),
	    T(to_arrive_again_puts_the_resolution_off_no_more),
	    T(nobody_elses_does),
	    T(joined_later_than_that_reopens_at_once_at_level_0),
	    T(what_is_no_call_for_help_does_not_reopen),
	    T(joined_after_withdrawn_the_level_is_paged_again),
	    T(joined_after_withdrawn_an_unreachable_level_pages_the_desk_again),
	    T(a_withdrawal_tells_and_the_clock_runs_on),
	    T(a_policy_may_let_the_resident_cancel),
	    T(cancelled_from_open_or_acked_only),
	    T(a_call_for_help_is_resolved_with_an_outcome),
	    T(resolving_counts_as_the_answer),
	    T(what_comes_after_the_end_is_refused_and_changes_nothing),
	    T(all_that_passed_in_an_outage_makes_one_step),
	    T(verdicts_have_names),
	    T(a_state_with_a_missing_deadline_is_not_valid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
