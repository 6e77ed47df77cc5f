/* docs/contract.md, "Answering": the rules that are the core's, sentence by sentence. */
#include "core_rig.h"

static void the_first_going_wins(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_at(10 * S);
	rig_going("a");
	rig_did("acked:a");
	rig_did("off"); /* pending pages are cancelled */
	rig_did("tell:answered");
	rig_did("home:answered:a");
	rig_paged("");
	rig_is(YJ_INC_ACKED, 0, "a");
	rig_at(29 * MIN); /* and the search has ended */
	rig_paged("");
}

static void the_second_is_told_who_was_first(void **state)
{
	(void)state;
	OPEN("ab");
	rig_going("a");
	rig_going("b");
	assert_int_equal(rig.verdict, YJ_VERDICT_SECOND);
	rig_did("noted:b:second");
	rig_did_not("acked:b");
	rig_is(YJ_INC_ACKED, 0, "a");
	rig_remote("b");
	assert_int_equal(rig.verdict, YJ_VERDICT_SECOND);
	rig_arrive("a");
	rig_going("b");
	assert_int_equal(rig.verdict, YJ_VERDICT_SECOND);
	rig_arrive("b");
	assert_int_equal(rig.verdict, YJ_VERDICT_SECOND);
	rig_is(YJ_INC_ARRIVED, 0, "a");
	rig_going("a");
	assert_int_equal(rig.verdict, YJ_VERDICT_OK);
}

static void a_remote_answer_stops_neither_pages_nor_clock(void **state)
{
	(void)state;
	OPEN("a", "b", "c");
	rig_at(5 * S);
	rig.rules.verify_within_ms = 0;
	rig_remote("a");
	rig_did("contacted:a");
	rig_did("tell:contacted");
	rig_did("home:answered:a");
	rig_did_not("off");
	rig_is(YJ_INC_OPEN, 0, "");
	rig_at(60 * S - 1);
	rig_quiet();
	rig_at(60 * S);
	rig_paged("b");
}

static void once_it_holds_the_next_level_back_for_verify_within(void **state)
{
	(void)state;
	OPEN("a", "b", "c");
	rig_at(50 * S);
	rig_remote("a");
	rig_at(60 * S);
	rig_quiet();
	rig_remote("a");
	rig_at(170 * S - 1);
	rig_quiet();
	rig_at(170 * S);
	rig_paged("b");
	rig_at(280 * S);
	rig_remote("b"); /* once per incident */
	rig_at(290 * S - 1);
	rig_quiet();
	rig_at(290 * S);
	rig_paged("c");
}

static void an_early_remote_answer_holds_nothing_back_that_is_later(void **state)
{
	(void)state;
	OPEN("a", "b", "c");
	rig.rules.verify_within_ms = 20 * S;
	rig_remote("a");
	rig_at(60 * S);
	rig_paged("b");
	rig_at(179 * S);
	rig_remote("b"); /* the first one that holds */
	rig_at(199 * S - 1);
	rig_quiet();
	rig_at(199 * S);
	rig_paged("c");
}

static void a_remote_answer_never_holds_the_repeat_back(void **state)
{
	(void)state;
	OPEN("a");
	rig_at(5 * MIN - S);
	rig_remote("a");
	rig_at(5 * MIN);
	rig_paged("a");
}

static void a_remote_answer_neither_ends_nor_holds_an_exhausted_level(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_remote("a");
	rig_decline("b");
	rig_paged("");
	rig_decline("a");
	rig_paged("c");
}

static void without_eta_the_arrival_is_due_after_arrive_within(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_at(10 * S);
	rig_going("a");
	rig_at(10 * S + 30 * MIN - 1);
	rig_is(YJ_INC_ACKED, 0, "a");
	rig_at(10 * S + 30 * MIN);
	rig_did("reopened:a:arrival_overdue");
}

static void with_eta_it_is_due_5_minutes_after_it(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_going_eta("a", 40);
	rig_at(45 * MIN - 1);
	rig_is(YJ_INC_ACKED, 0, "a");
	rig_at(45 * MIN);
	rig_did("reopened:a:arrival_overdue");
}

static void but_not_before_arrive_within(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_going_eta("a", 0);
	rig_at(30 * MIN - 1);
	rig_is(YJ_INC_ACKED, 0, "a");
	rig_at(30 * MIN);
	rig_did("reopened:a:arrival_overdue");
}

static void and_not_after_arrive_max(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_going_eta("a", INT32_MAX);
	rig_at(90 * MIN - 1);
	rig_is(YJ_INC_ACKED, 0, "a");
	rig_at(90 * MIN);
	rig_did("reopened:a:arrival_overdue");
}

static void a_new_eta_of_the_same_person_counts_until_arrive_max(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_going("a");
	for (int64_t t = 20 * MIN; t <= 80 * MIN; t += 20 * MIN) {
		rig_at(t);
		rig_going_eta("a", 60);
		rig_did("noted:a:eta");
		assert_int_equal(rig.verdict, YJ_VERDICT_OK);
	}
	rig_at(90 * MIN - 1);
	rig_is(YJ_INC_ACKED, 0, "a");
	rig_at(90 * MIN);
	rig_did("reopened:a:arrival_overdue");
}

static void the_same_answer_again_puts_nothing_off(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_going("a");
	rig_at(29 * MIN);
	rig_going("a");
	rig_quiet();
	assert_int_equal(rig.verdict, YJ_VERDICT_OK);
	rig_at(30 * MIN);
	rig_did("reopened:a:arrival_overdue");
}

static void at_two_thirds_of_the_time_the_person_gets_remind(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_at(MIN - 1);
	rig_going("a");
	rig_at(MIN - 1 + 20 * MIN - 1);
	rig_quiet();
	rig_at(MIN - 1 + 20 * MIN);
	rig_did("remind(a)");
	rig_paged("");
	rig_at(MIN - 1 + 30 * MIN - 1);
	rig_quiet();
}

static void need_help_pages_the_next_level_and_leaves_the_state(void **state)
{
	(void)state;
	OPEN("a", "ab", "c");
	rig_going("a");
	rig_note("a", YJ_NOTE_NEED_HELP);
	rig_did("noted:a");
	rig_paged("b");
	rig_is(YJ_INC_ACKED, 1, "a");
	rig_arrive("a");
	rig_note("a", YJ_NOTE_NEED_HELP);
	rig_paged("c");
	rig_is(YJ_INC_ARRIVED, 2, "a");
	rig_decline("c"); /* exhausted: the desk */
	rig_paged("yz");
	rig_is(YJ_INC_ARRIVED, 2, "a");
}

static void need_help_climbs_over_who_declines_but_not_to_the_one_who_asks(void **state)
{
	(void)state;
	OPEN("a", "b", "ac", "a", "d");
	rig_going("a");
	rig_note("a", YJ_NOTE_NEED_HELP);
	rig_paged("b");
	rig_decline("b");
	rig_paged("c");
	rig_lost("c"); /* level 3 is a alone */
	rig_paged("d");
	rig_is(YJ_INC_ACKED, 4, "a");
}

static void need_help_of_an_open_one_escalates_with_a_full_wait(void **state)
{
	(void)state;
	OPEN("a", "b", "c");
	rig_at(30 * S);
	rig_note("a", YJ_NOTE_NEED_HELP);
	rig_did("escalated:need_help");
	rig_paged("b");
	rig_at(150 * S - 1);
	rig_quiet();
	rig_at(150 * S);
	rig_paged("c");
}

static void need_help_at_the_last_level_pages_its_others_and_keeps_the_clock(void **state)
{
	(void)state;
	OPEN("ab");
	rig_at(MIN);
	rig_note("a", YJ_NOTE_NEED_HELP);
	rig_paged("b");
	rig_at(5 * MIN);
	rig_paged("ab");
}

static void other_notes_page_nobody(void **state)
{
	(void)state;
	OPEN("a", "b");
	for (int code = YJ_NOTE_CALLED_120; code <= YJ_NOTE_OTHER; code++) {
		if (code == YJ_NOTE_NEED_HELP)
			continue;
		rig_note("a", (enum yj_note_code)code);
		rig_did("noted:a");
		rig_paged("");
		rig_is(YJ_INC_OPEN, 0, "");
	}
}

static void a_chosen_person_is_paged_and_their_going_takes_over(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_going("a");
	rig_at(20 * MIN - 1);
	rig_summon("d");
	rig_did("paged:d");
	rig_paged("d");
	rig_is(YJ_INC_ACKED, 0, "a");
	rig_going("b"); /* others still do not */
	assert_int_equal(rig.verdict, YJ_VERDICT_SECOND);
	rig_going("d");
	assert_int_equal(rig.verdict, YJ_VERDICT_OK);
	rig_did("acked:d");
	rig_did("tell:answered");
	rig_did("home:answered:d");
	rig_paged("");
	rig_is(YJ_INC_ACKED, 0, "d");
	rig_at(49 * MIN); /* with a time of their own */
	rig_is(YJ_INC_ACKED, 0, "d");
	rig_at(50 * MIN);
	rig_did("reopened:d:arrival_overdue");
	rig_paged("ab"); /* a did not fail */
}

static void whoever_was_taken_over_from_did_not_break_anything(void **state)
{
	(void)state;
	OPEN("ab");
	rig_going("a");
	rig_summon("d");
	rig_going("d");
	rig_decline("d");
	rig_going("a");
	rig_is(YJ_INC_ACKED, 0, "a");
}

static void two_who_take_over_from_each_other_do_not_put_the_arrival_off(void **state)
{
	(void)state;
	OPEN("a");
	rig_summon("c");
	rig_summon("d");
	rig_going("c");
	for (int64_t t = MIN; t < 88 * MIN; t += 2 * MIN) {
		rig_at(t);
		rig_going_eta("d", 60);
		rig_at(t + MIN);
		rig_going_eta("c", 60);
	}
	rig_at(90 * MIN - 1);
	rig_is(YJ_INC_ACKED, 0, "c");
	rig_at(90 * MIN);
	rig_did("reopened:c:arrival_overdue");
}

static void a_summons_does_not_count_for_the_level(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_summon("d");
	rig_decline("d");
	rig_is(YJ_INC_OPEN, 0, "");
	rig_decline("a");
	rig_summon("a");
	rig_paged("a");
	rig_decline("a"); /* b is still asked */
	rig_is(YJ_INC_OPEN, 0, "");
	rig_decline("b");
	rig_paged("c");
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_first_going_wins),
	    T(the_second_is_told_who_was_first),
	    T(a_remote_answer_stops_neither_pages_nor_clock),
	    T(once_it_holds_the_next_level_back_for_verify_within),
	    T(an_early_remote_answer_holds_nothing_back_that_is_later),
	    T(a_remote_answer_never_holds_the_repeat_back),
	    T(a_remote_answer_neither_ends_nor_holds_an_exhausted_level),
	    T(without_eta_the_arrival_is_due_after_arrive_within),
	    T(with_eta_it_is_due_5_minutes_after_it),
	    T(but_not_before_arrive_within),
	    T(and_not_after_arrive_max),
	    T(a_new_eta_of_the_same_person_counts_until_arrive_max),
	    T(the_same_answer_again_puts_nothing_off),
	    T(at_two_thirds_of_the_time_the_person_gets_remind),
	    T(need_help_pages_the_next_level_and_leaves_the_state),
	    T(need_help_climbs_over_who_declines_but_not_to_the_one_who_asks),
	    T(need_help_of_an_open_one_escalates_with_a_full_wait),
	    T(need_help_at_the_last_level_pages_its_others_and_keeps_the_clock),
	    T(other_notes_page_nobody),
	    T(a_chosen_person_is_paged_and_their_going_takes_over),
	    T(whoever_was_taken_over_from_did_not_break_anything),
	    T(two_who_take_over_from_each_other_do_not_put_the_arrival_off),
	    T(a_summons_does_not_count_for_the_level),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
