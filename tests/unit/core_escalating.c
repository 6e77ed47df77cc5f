/* docs/contract.md, "Escalating": the rules that are the core's, sentence by sentence. */
#include "core_rig.h"

static void level_0_is_paged_at_once(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_did("opened");
	rig_did("page(a,b)");
	rig_did("notified=2");
	rig_is(YJ_INC_OPEN, 0, "");
}

static void who_belongs_to_a_level_is_worked_out_when_it_is_paged(void **state)
{
	(void)state;
	OPEN("a", "b", "c");
	rig.level[1] = 1 << 3; /* d took b's place */
	rig_at(60 * S);
	rig_paged("d");
}

static void a_level_not_answered_within_its_wait_escalates(void **state)
{
	(void)state;
	OPEN("a", "b", "c");
	rig_at(60 * S - 1);
	rig_quiet();
	rig_at(60 * S);
	rig_did("escalated:timeout");
	rig_did("home:searching");
	rig_paged("b");
	rig_is(YJ_INC_OPEN, 1, "");
	rig_at(180 * S - 1);
	rig_quiet();
	rig_at(180 * S);
	rig_paged("c");
	rig_is(YJ_INC_OPEN, 2, "");
}

static void a_level_all_of_whom_declined_escalates_at_once(void **state)
{
	(void)state;
	OPEN("ab", "c", "d");
	rig_decline("a");
	rig_did("declined:a");
	rig_paged("");
	rig_at(10 * S);
	rig_decline("b");
	rig_did("escalated:declined");
	rig_paged("c");
	rig_at(130 * S - 1); /* with a full wait */
	rig_quiet();
	rig_at(130 * S);
	rig_paged("d");
}

static void a_level_that_cannot_be_reached_escalates_at_once(void **state)
{
	(void)state;
	OPEN("ab", "c", "d");
	rig_lost("a");
	rig_paged("");
	rig_decline("b");
	rig_did("escalated:declined");
	rig_paged("c");
	rig_lost("c");
	rig_did("escalated:unreachable");
	rig_paged("d");
}

static void a_level_whose_people_left_escalates_at_once(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_gone("a");
	rig_did("escalated:gone");
	rig_paged("b");
}

static void somebody_who_returns_is_not_counted_twice(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_gone("a");
	rig.gone = 0;
	rig_decline("a");
	rig_is(YJ_INC_OPEN, 0, "");
	rig_decline("a");
	rig_is(YJ_INC_OPEN, 0, "");
}

static void a_level_with_nobody_escalates_at_once(void **state)
{
	(void)state;
	OPEN("", "", "c", "d");
	rig_did("escalated:nobody");
	rig_paged("c");
	rig_is(YJ_INC_OPEN, 2, "");
	rig_at(180 * S - 1);
	rig_quiet();
	rig_at(180 * S);
	rig_paged("d");
}

static void sixteen_empty_levels_end_at_the_desk_in_one_turn(void **state)
{
	(void)state;
	OPEN("", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "");
	rig_is(YJ_INC_OPEN, 15, "");
	rig_did("unreachable");
	rig_paged("yz");
}

static void whoever_declined_is_not_paged_at_the_next_level(void **state)
{
	(void)state;
	OPEN("ab", "ac", "a", "d");
	rig_decline("a");
	rig_at(60 * S);
	rig_paged("c");
	rig_at(180 * S); /* level 2 has only a: exhausted */
	rig_paged("d");
	rig_is(YJ_INC_OPEN, 3, "");
}

static void whoever_cannot_be_reached_is_paged_at_the_next_level(void **state)
{
	(void)state;
	OPEN("ab", "ac", "d");
	rig_lost("a");
	rig_at(60 * S);
	rig_paged("ac");
}

static void the_last_level_is_repeated_every_repeat_every(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_at(60 * S);
	for (int64_t n = 1; n <= 300; n++) {
		rig_at(60 * S + n * 5 * MIN - 1);
		rig_quiet();
		rig_at(60 * S + n * 5 * MIN);
		rig_did("notified:repeat=2");
		rig_did_not("unreachable");
		rig_is(YJ_INC_OPEN, 1, "");
	}
}

static void its_wait_is_not_used(void **state)
{
	(void)state;
	OPEN("a");
	rig_at(5 * MIN - 1);
	rig_quiet();
	rig_at(5 * MIN);
	rig_paged("a");
}

static void each_repeat_pages_everybody_and_forgets_declines_and_failures(void **state)
{
	(void)state;
	OPEN("ab", "c", "de");
	rig_decline("a");
	rig_lost("b");
	rig_paged("c");
	rig_decline("c");
	rig_paged("de");
	rig_decline("d");
	rig_at(5 * MIN);
	rig_did("forget");
	rig_paged("abcde");
	assert_int_equal(rig.state.outstanding, 5);
}

static void a_repeat_pages_those_who_now_belong_to_the_last_level(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_at(60 * S);
	rig.level[1] = 1 << 2;
	rig_at(6 * MIN);
	rig_paged("abc");
}

static void a_round_that_reaches_nobody_is_unreachable_and_pages_the_desk(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_at(60 * S);
	rig_lost("b");
	rig_did("unreachable");
	rig_did("notified:desk=2");
	rig_paged("yz");
	rig_at(120 * S - 1);
	rig_quiet();
	rig_at(120 * S); /* and is repeated after 60 s */
	rig_did("notified:repeat=4");
	rig_paged("abyz");
	rig_did_not("unreachable");
	rig_at(420 * S - 1); /* that reached somebody */
	rig_quiet();
	rig_at(420 * S);
	rig_paged("abyz");
}

static void a_last_level_that_has_declined_is_unreachable(void **state)
{
	(void)state;
	OPEN("a");
	rig_at(10 * S);
	rig_decline("a");
	rig_did("unreachable");
	rig_paged("yz");
	rig_at(70 * S - 1);
	rig_quiet();
	rig_at(70 * S);
	rig_paged("ayz");
}

static void unreachable_again_in_each_round(void **state)
{
	(void)state;
	OPEN("a");
	rig.desk = 0;
	rig_lost("a");
	rig_did("unreachable");
	rig_paged("");
	for (int64_t n = 1; n < 100; n++) {
		rig_at(n * MIN);
		rig_paged("a");
		rig_lost("a");
		rig_did("unreachable");
	}
}

static void once_in_a_round(void **state)
{
	(void)state;
	OPEN("a");
	rig_lost("a");
	rig_paged("yz");
	rig_lost("y");
	rig_did_not("unreachable");
	rig_decline("z");
	rig_did_not("unreachable");
	rig_paged("");
	rig_at(60 * S);
	rig_paged("ayz");
}

static void repeated_after_repeat_every_where_that_is_shorter(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig.rules.repeat_every_ms = 20 * S;
	rig_at(60 * S);
	rig_decline("b");
	rig_did("unreachable");
	rig_at(80 * S - 1);
	rig_quiet();
	rig_at(80 * S);
	rig_paged("abyz");
}

static void unreachable_never_puts_the_repeat_off(void **state)
{
	(void)state;
	OPEN("a");
	rig_at(5 * MIN - 10 * S);
	rig_decline("a");
	rig_at(5 * MIN - 1);
	rig_quiet();
	rig_at(5 * MIN);
	rig_paged("ayz");
}

static void nobody_at_all_is_raised_every_minute(void **state)
{
	(void)state;
	OPEN("");
	rig.gone = rig.desk;
	rig_at(59 * S);
	rig_quiet();
	for (int64_t n = 1; n < 100; n++) {
		rig_at(n * MIN);
		rig_did("unreachable");
	}
}

static void an_incident_never_ends_by_time_alone(void **state)
{
	(void)state;
	OPEN("a", "b");
	rig_at(30 * 24 * H);
	rig_is(YJ_INC_OPEN, 1, "");
	rig_paged("ab");
}

static void a_late_tick_makes_one_step_with_a_full_wait_then(void **state)
{
	(void)state;
	OPEN("a", "b", "c");
	rig_late(24 * H);
	rig_paged("b");
	rig_is(YJ_INC_OPEN, 1, "");
	rig_at(24 * H + 2 * MIN - 1);
	rig_quiet();
	rig_at(24 * H + 2 * MIN);
	rig_paged("c");
	rig_late(48 * H);
	rig_did("notified:repeat=3");
	rig_late(48 * H);
	rig_quiet();
}

static void a_tick_before_its_time_does_nothing(void **state)
{
	(void)state;
	OPEN("a", "b");
	struct yj_state before = rig.state;
	for (int64_t t = 0; t < 60 * S; t += 7) {
		rig_late(t);
		rig_quiet();
	}
	assert_true(model_same_state(&before, &rig.state));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(level_0_is_paged_at_once),
	    cmocka_unit_test(who_belongs_to_a_level_is_worked_out_when_it_is_paged),
	    cmocka_unit_test(a_level_not_answered_within_its_wait_escalates),
	    cmocka_unit_test(a_level_all_of_whom_declined_escalates_at_once),
	    cmocka_unit_test(a_level_that_cannot_be_reached_escalates_at_once),
	    cmocka_unit_test(a_level_whose_people_left_escalates_at_once),
	    cmocka_unit_test(somebody_who_returns_is_not_counted_twice),
	    cmocka_unit_test(a_level_with_nobody_escalates_at_once),
	    cmocka_unit_test(sixteen_empty_levels_end_at_the_desk_in_one_turn),
	    cmocka_unit_test(whoever_declined_is_not_paged_at_the_next_level),
	    cmocka_unit_test(whoever_cannot_be_reached_is_paged_at_the_next_level),
	    cmocka_unit_test(the_last_level_is_repeated_every_repeat_every),
	    cmocka_unit_test(its_wait_is_not_used),
	    cmocka_unit_test(each_repeat_pages_everybody_and_forgets_declines_and_failures),
	    cmocka_unit_test(a_repeat_pages_those_who_now_belong_to_the_last_level),
	    cmocka_unit_test(a_round_that_reaches_nobody_is_unreachable_and_pages_the_desk),
	    cmocka_unit_test(a_last_level_that_has_declined_is_unreachable),
	    cmocka_unit_test(unreachable_again_in_each_round),
	    cmocka_unit_test(once_in_a_round),
	    cmocka_unit_test(repeated_after_repeat_every_where_that_is_shorter),
	    cmocka_unit_test(unreachable_never_puts_the_repeat_off),
	    cmocka_unit_test(nobody_at_all_is_raised_every_minute),
	    cmocka_unit_test(an_incident_never_ends_by_time_alone),
	    cmocka_unit_test(a_late_tick_makes_one_step_with_a_full_wait_then),
	    cmocka_unit_test(a_tick_before_its_time_does_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
