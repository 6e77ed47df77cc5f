/* docs/contract.md, "Answering": how an answer that is not kept, or an arrival without an end,
 * opens an incident again; and arrivals. Sentence by sentence. */
#include "core_rig.h"

static void a_decline_by_the_one_whose_answer_stands_reopens(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_going("a");
	rig_at(10 * MIN);
	rig_decline("a");
	rig_did("reopened:a:declined");
	rig_did("home:searching");
	rig_paged("b");
	rig_is(YJ_INC_OPEN, 0, "");
	rig_at(11 * MIN - 1); /* a full wait */
	rig_quiet();
	rig_at(11 * MIN);
	rig_paged("c");
}

static void so_it_does_after_the_arrival(void **state)
{
	(void)state;
	OPEN("ab");
	rig_arrive("a");
	rig_decline("a");
	rig_did("reopened:a:declined");
	rig_paged("b");
}

static void anybody_elses_decline_only_counts_for_the_level(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_going("a");
	rig_decline("b");
	rig_did("declined:b");
	rig_paged("");
	rig_is(YJ_INC_ACKED, 0, "a");
	rig_arrive("a");
	rig_decline("b");
	rig_is(YJ_INC_ARRIVED, 0, "a");
	rig_decline("a"); /* b has declined: the next level */
	rig_paged("c");
}

static void an_arrival_that_passes_counts_as_a_decline(void **state)
{
	(void)state;
	OPEN("ab", "ac", "d");
	rig_going("a");
	rig_at(30 * MIN);
	rig_did("reopened:a:arrival_overdue");
	rig_did("home:searching");
	rig_paged("b");
	rig_at(31 * MIN);
	rig_paged("c");
}

static void leaving_the_directory_counts_as_a_decline(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_going("a");
	rig_gone("b");
	rig_is(YJ_INC_ACKED, 0, "a");
	rig_gone("a");
	rig_did("reopened:a:gone");
	rig_paged("c");
	rig_is(YJ_INC_OPEN, 1, "");
}

static void reopened_the_next_level_is_paged_if_there_are_no_others(void **state)
{
	(void)state;
	OPEN("a", "b", "c");
	rig_going("a");
	rig_at(30 * MIN);
	rig_did("reopened:a:arrival_overdue");
	rig_did("escalated:nobody");
	rig_paged("b");
	rig_is(YJ_INC_OPEN, 1, "");
	rig_at(32 * MIN - 1);
	rig_quiet();
	rig_at(32 * MIN);
	rig_paged("c");
}

static void reopened_at_the_last_level_without_others_is_unreachable(void **state)
{
	(void)state;
	OPEN("a");
	rig_going("a");
	rig_at(30 * MIN);
	rig_did("unreachable");
	rig_paged("yz");
	rig_at(31 * MIN);
	rig_paged("ayz");
}

static void whoever_broke_an_answer_is_welcome_but_does_not_stop_the_clock(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_going("a");
	rig_at(30 * MIN);
	rig_going("a");
	assert_int_equal(rig.verdict, YJ_VERDICT_OK);
	rig_did_not("acked:a");
	rig_is(YJ_INC_OPEN, 0, "");
	rig_at(31 * MIN);
	rig_paged("c");
	rig_at(24 * H); /* not even after repeats */
	rig_going("a");
	rig_is(YJ_INC_OPEN, 1, "");
	rig_going("b");
	rig_summon("a");
	rig_going("a"); /* nor do they take over */
	rig_is(YJ_INC_ACKED, 1, "b");
}

static void only_their_arrival_does(void **state)
{
	(void)state;
	OPEN("ab", "c");
	rig_going("a");
	rig_decline("a");
	rig_arrive("a");
	rig_did("arrived:a");
	rig_is(YJ_INC_ARRIVED, 0, "a");
}

static void arrived_without_resolved_reopens(void **state)
{
	(void)state;
	OPEN("ab", "ac", "d");
	rig_going("a");
	rig_at(20 * MIN);
	rig_arrive("a");
	rig_at(20 * MIN + 4 * H - 1);
	rig_quiet();
	rig_at(20 * MIN + 4 * H);
	rig_did("reopened:a:resolution_overdue");
	rig_paged("b");
	rig_at(21 * MIN + 4 * H);
	rig_paged("c"); /* not to whoever has just failed alone */
	rig_going("a"); /* who may try again */
	rig_is(YJ_INC_ACKED, 1, "a");
}

static void an_arrival_by_somebody_else_counts_as_the_answer(void **state)
{
	(void)state;
	OPEN("ab");
	rig_arrive("b");
	rig_did("acked:b");
	rig_did("arrived:b");
	rig_did("off");
	rig_did("tell:arrived");
	rig_did("home:arrived:b");
	rig_is(YJ_INC_ARRIVED, 0, "b");
	OPEN("ab");
	rig_going("a");
	rig_arrive("b");
	rig_did("acked:b");
	rig_is(YJ_INC_ARRIVED, 0, "b");
	OPEN("ab");
	rig_going("a");
	rig_arrive("a");
	rig_did_not("acked:a"); /* that was said before */
	rig_did("arrived:a");
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_decline_by_the_one_whose_answer_stands_reopens),
	    T(so_it_does_after_the_arrival),
	    T(anybody_elses_decline_only_counts_for_the_level),
	    T(an_arrival_that_passes_counts_as_a_decline),
	    T(leaving_the_directory_counts_as_a_decline),
	    T(reopened_the_next_level_is_paged_if_there_are_no_others),
	    T(reopened_at_the_last_level_without_others_is_unreachable),
	    T(whoever_broke_an_answer_is_welcome_but_does_not_stop_the_clock),
	    T(only_their_arrival_does),
	    T(arrived_without_resolved_reopens),
	    T(an_arrival_by_somebody_else_counts_as_the_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
