#include "core_model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core_checks.h"

#define STEPS_MAX (2 * YJ_LEVELS_MAX + 4)

const char *model_id(int person)
{
	static const char ids[MODEL_PEOPLE_MAX][4] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
	    "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z",
	    "p26", "p27", "p28", "p29", "p30", "p31", "p32", "p33", "p34", "p35", "p36", "p37",
	    "p38", "p39", "p40", "p41", "p42", "p43", "p44", "p45", "p46", "p47", "p48", "p49",
	    "p50", "p51", "p52", "p53", "p54", "p55", "p56", "p57", "p58", "p59", "p60", "p61",
	    "p62", "p63"};
	return person < 0 ? "" : ids[person];
}

int model_person(const char *id)
{
	if (!id || !id[0])
		return MODEL_NOBODY;
	if (!id[1])
		return id[0] - 'a';
	return (id[1] - '0') * 10 + id[2] - '0';
}

void model_init(struct model *m, enum yj_kind kind)
{
	memset(m, 0, sizeof *m);
	yj_state_init(&m->state, kind);
	m->rules.n_levels = 1;
	m->digest = 14695981039346656037U;
}

bool model_logged(const struct model *m, enum yj_event_type event)
{
	return m->events >> (event - YJ_EV_INCIDENT_OPENED) & 1;
}

uint32_t model_count(const struct model *m, enum yj_event_type event)
{
	return m->count[event - YJ_EV_INCIDENT_OPENED];
}

uint64_t model_counted(const struct model *m)
{
	uint64_t mask = 0;
	for (int i = 0; i < MODEL_PEOPLE_MAX; i++) {
		if (m->round[i] == m->state.round)
			mask |= 1ULL << i;
	}
	return mask & m->known & ~m->declined & ~m->lost;
}

uint64_t model_everybody(const struct model *m)
{
	uint64_t all = m->desk | m->known;
	for (unsigned i = 0; i < m->rules.n_levels; i++)
		all |= m->level[i];
	return all & ~m->gone;
}

static void say(struct model *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct model *m, const char *format, ...)
{
	if (!m->traced)
		return;
	size_t len = strlen(m->trace);
	va_list ap;
	va_start(ap, format);
	vsnprintf(m->trace + len, sizeof m->trace - len, format, ap);
	va_end(ap);
}

static void say_people(struct model *m, const char *word, uint64_t people)
{
	if (!m->traced)
		return;
	say(m, "%s(", word);
	const char *comma = "";
	for (int i = 0; i < MODEL_PEOPLE_MAX; i++) {
		if (people >> i & 1) {
			say(m, "%s%s", comma, model_id(i));
			comma = ",";
		}
	}
	say(m, ") ");
}

static void digest(struct model *m, const void *data, size_t len)
{
	const unsigned char *bytes = data;
	for (size_t i = 0; i < len; i++)
		m->digest = (m->digest ^ bytes[i]) * 1099511628211U;
}

static void digest_act(struct model *m, const struct yj_act *a)
{
	int32_t numbers[] = {(int32_t)a->type, (int32_t)a->event, (int32_t)a->set, (int32_t)a->say,
	    (int32_t)a->home, (int32_t)a->level, a->people, (int32_t)a->how, a->eta_min,
	    (int32_t)a->outcome, (int32_t)a->code};
	digest(m, numbers, sizeof numbers);
	digest(m, a->who, strlen(a->who) + 1);
	if (a->reason)
		digest(m, a->reason, strlen(a->reason) + 1);
}

/* Whom a set reaches, as the daemon's pager works it out. */
static uint64_t expand(const struct model *m, const struct yj_act *a)
{
	int who = model_person(a->who);
	uint64_t one = who < 0 ? 0 : 1ULL << who;
	uint64_t level = m->level[m->state.level];
	switch (a->set) {
	case YJ_SET_LEVEL:
		return level & ~m->gone & ~m->declined;
	case YJ_SET_OTHERS:
		return level & ~m->gone & ~m->declined & ~one;
	case YJ_SET_EVERYONE:
		return (level | m->known) & ~m->gone;
	case YJ_SET_DESK:
		return m->desk & ~m->gone;
	case YJ_SET_ONE:
		return one & ~m->gone;
	}
	return 0;
}

static void ask(struct model *m, uint64_t people, bool by_hand)
{
	for (int i = 0; i < MODEL_PEOPLE_MAX; i++) {
		if (!(people >> i & 1))
			continue;
		bool counted = model_counted(m) >> i & 1;
		if (!by_hand)
			m->round[i] = m->state.round;
		else if (!counted)
			m->round[i] =
			    0; /* the level does not wait for whoever was called by hand */
	}
	m->known |= people;
	m->declined &= ~people;
	m->lost &= ~people;
	if (by_hand)
		m->summoned |= people;
}

static uint64_t do_page(struct model *m, const struct yj_act *a)
{
	uint64_t people = expand(m, a);
	m->pages++;
	if (a->set != YJ_SET_ONE)
		m->asked += (uint64_t)__builtin_popcountll(people);
	say_people(m, a->say == YJ_PAGE_OPEN ? "page" : yj_page_state_name(a->say), people);
	if (a->say == YJ_PAGE_OPEN) {
		ask(m, people, a->set == YJ_SET_ONE);
		m->paged |= people;
	} else if (a->say == YJ_PAGE_JOINED) {
		m->joined |= people;
	} else {
		m->reminded |= people;
	}
	return people;
}

static void do_log(struct model *m, const struct yj_act *a)
{
	m->events |= 1ULL << (a->event - YJ_EV_INCIDENT_OPENED);
	m->count[a->event - YJ_EV_INCIDENT_OPENED]++;
	if (a->people >= 0)
		m->notified += (uint64_t)a->people;
	say(m, "%s", yj_event_name(a->event) + strlen("incident."));
	if (a->who[0])
		say(m, ":%s", a->who);
	if (a->reason)
		say(m, ":%s", a->reason);
	if (a->people >= 0)
		say(m, "=%d", (int)a->people);
	say(m, " ");
}

static void forget(struct model *m, const struct yj_act *a, uint64_t *of)
{
	int who = model_person(a->who);
	if (who >= 0) {
		*of |= 1ULL << who;
		m->known |= 1ULL << who;
	}
}

/* Whoever declined unasked is not one of those "paged before". */
static void forget_all(struct model *m)
{
	m->declined = m->lost = 0;
	for (int i = 0; i < MODEL_PEOPLE_MAX; i++) {
		if (m->round[i] == 0 && !(m->summoned >> i & 1))
			m->known &= ~(1ULL << i);
	}
}

/* Carries out one action. True for a page of a set, which *people and *set describe. */
static bool carry_out(struct model *m, const struct yj_act *a, uint32_t *people, enum yj_set *set)
{
	digest_act(m, a);
	switch (a->type) {
	case YJ_ACT_LOG:
		do_log(m, a);
		break;
	case YJ_ACT_PAGE: {
		uint64_t reached = do_page(m, a);
		*people = (uint32_t)__builtin_popcountll(reached);
		*set = a->set;
		return a->set != YJ_SET_ONE;
	}
	case YJ_ACT_TELL:
		say(m, "tell:%s ", yj_page_state_name(a->say));
		break;
	case YJ_ACT_HOME:
		say(m, "home:%s%s%s ", yj_home_state_name(a->home), a->who[0] ? ":" : "", a->who);
		break;
	case YJ_ACT_CALL_OFF:
		say(m, "off ");
		break;
	case YJ_ACT_FORGET:
		forget_all(m);
		say(m, "forget ");
		break;
	case YJ_ACT_DECLINED:
		m->lost &= ~(1ULL << model_person(a->who));
		forget(m, a, &m->declined);
		break;
	case YJ_ACT_LOST:
		m->declined &= ~(1ULL << model_person(a->who));
		forget(m, a, &m->lost);
		break;
	case YJ_ACT_BROKE:
		forget(m, a, &m->broke);
		break;
	}
	return false;
}

static void heard(struct model *m, int64_t now)
{
	bool paged =
	    m->paged || m->joined || m->reminded || model_logged(m, YJ_EV_INCIDENT_UNREACHABLE);
	if (paged)
		m->paged_at = now;
	if (paged || model_logged(m, YJ_EV_INCIDENT_ACKED) ||
	    model_logged(m, YJ_EV_INCIDENT_ARRIVED))
		m->heard_at = now;
}

static struct yj_in fill(const struct model *m, struct yj_in in, int who)
{
	uint64_t one = who < 0 ? 0 : 1ULL << who;
	in.who = model_id(who);
	in.counted = one & model_counted(m);
	in.broke = one & m->broke;
	in.summoned = one & m->summoned;
	return in;
}

void model_turn(struct model *m, struct yj_in in, int who, int64_t now)
{
	struct core_check check;
	m->paged = m->joined = m->reminded = m->events = 0;
	m->pages = 0;
	m->trace[0] = '\0';
	in = fill(m, in, who);
	core_check_begin(&check, m, &in, now);
	for (int n = 0;; n++) {
		struct yj_step step;
		core_check_step(m, &in, now, &step);
		if (n == 0)
			m->verdict = step.verdict;
		if (n == STEPS_MAX && !m->wrong)
			m->wrong = "a turn ends within 2 * levels + 4 steps";
		m->state = step.state;
		bool asked = false;
		uint32_t people = 0;
		enum yj_set set = YJ_SET_LEVEL;
		for (size_t i = 0; i < step.n_acts; i++)
			asked = carry_out(m, &step.acts[i], &people, &set) || asked;
		if (!asked || m->wrong)
			break;
		in = (struct yj_in){.type = YJ_IN_PAGED, .people = people, .set = set};
	}
	heard(m, now);
	core_check_end(&check, m, now);
}

void model_run(struct model *m, int64_t until)
{
	while (!m->wrong && yj_state_deadline(&m->state) <= until) {
		struct yj_in tick = {.type = YJ_IN_TICK};
		model_turn(m, tick, MODEL_NOBODY, yj_state_deadline(&m->state));
	}
}
