#include "core_rig.h"

#include <stdio.h>
#include <string.h>

struct model rig;
static int64_t now;

static uint64_t people_of(const char *letters)
{
	uint64_t people = 0;
	for (; *letters; letters++)
		people |= 1ULL << (*letters - 'a');
	return people;
}

static int64_t ms(int64_t since_opening)
{
	return 1000000 + since_opening;
}

static void turn(struct yj_in in, const char *who)
{
	model_turn(&rig, in, who ? model_person(who) : MODEL_NOBODY, now);
	if (rig.wrong)
		fail_msg("broken: %s; after: %s", rig.wrong, rig.trace);
}

void rig_open(enum yj_kind kind, const char *const *levels)
{
	model_init(&rig, kind);
	rig.traced = true;
	rig.rules = (struct yj_rules){
	    .repeat_every_ms = 5 * MIN,
	    .verify_within_ms = 2 * MIN,
	    .arrive_within_ms = 30 * MIN,
	    .arrive_max_ms = 90 * MIN,
	    .resolve_within_ms = 4 * H,
	};
	for (uint8_t n = 0; levels[n]; n++) {
		rig.rules.wait_ms[n] = (n + 1) * MIN;
		rig.level[n] = people_of(levels[n]);
		rig.rules.n_levels = (uint8_t)(n + 1);
	}
	rig.desk = people_of("yz");
	now = ms(0);
	turn((struct yj_in){.type = YJ_IN_OPEN}, NULL);
}

void rig_at(int64_t at)
{
	rig.trace[0] = '\0';
	rig.paged = rig.joined = rig.reminded = rig.events = 0;
	now = ms(at);
	model_run(&rig, now);
	if (rig.wrong)
		fail_msg("broken: %s; after: %s", rig.wrong, rig.trace);
}

void rig_late(int64_t at)
{
	now = ms(at);
	turn((struct yj_in){.type = YJ_IN_TICK}, NULL);
}

void rig_going_eta(const char *who, int minutes)
{
	turn((struct yj_in){.type = YJ_IN_ACK, .how = YJ_HOW_GOING, .eta_min = minutes}, who);
}

void rig_going(const char *who)
{
	rig_going_eta(who, -1);
}

void rig_remote(const char *who)
{
	turn((struct yj_in){.type = YJ_IN_ACK, .how = YJ_HOW_REMOTE, .eta_min = -1}, who);
}

void rig_decline(const char *who)
{
	turn((struct yj_in){.type = YJ_IN_DECLINE}, who);
}

void rig_arrive(const char *who)
{
	turn((struct yj_in){.type = YJ_IN_ARRIVE}, who);
}

void rig_resolve(const char *who, enum yj_outcome outcome)
{
	turn((struct yj_in){.type = YJ_IN_RESOLVE, .outcome = outcome}, who);
}

void rig_cancel(const char *who)
{
	turn((struct yj_in){.type = YJ_IN_CANCEL}, who);
}

void rig_note(const char *who, enum yj_note_code code)
{
	turn((struct yj_in){.type = YJ_IN_NOTE, .code = code}, who);
}

void rig_summon(const char *who)
{
	turn((struct yj_in){.type = YJ_IN_SUMMON}, who);
}

void rig_lost(const char *who)
{
	turn((struct yj_in){.type = YJ_IN_LOST}, who);
}

void rig_gone(const char *who)
{
	rig.gone |= people_of(who);
	turn((struct yj_in){.type = YJ_IN_GONE}, who);
}

void rig_join(void)
{
	turn((struct yj_in){.type = YJ_IN_JOIN}, NULL);
}

void rig_withdraw(bool own_calls)
{
	turn((struct yj_in){.type = YJ_IN_WITHDRAW, .own_calls = own_calls}, NULL);
}

void rig_paged(const char *people)
{
	if (rig.paged != people_of(people))
		fail_msg("not %s was paged: %s", people[0] ? people : "nobody", rig.trace);
}

static bool did(const char *what)
{
	char token[256], trace[MODEL_TRACE_MAX + 1];
	snprintf(token, sizeof token, " %s ", what);
	snprintf(trace, sizeof trace, " %s", rig.trace);
	return strstr(trace, token);
}

void rig_did(const char *what)
{
	if (!did(what))
		fail_msg("%s is missing: %s", what, rig.trace);
}

void rig_did_not(const char *what)
{
	if (did(what))
		fail_msg("%s is too much: %s", what, rig.trace);
}

void rig_quiet(void)
{
	assert_string_equal(rig.trace, "");
}

void rig_is(enum yj_inc_state state, uint32_t level, const char *by)
{
	assert_string_equal(yj_inc_state_name(rig.state.state), yj_inc_state_name(state));
	assert_int_equal(rig.state.level, level);
	assert_string_equal(rig.state.by, by);
}
