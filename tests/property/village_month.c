/* Thirty days of a mountain village on the core alone: 200 homes, 40 caregivers with their habits,
 * nights, a doctor whom no message reaches. At the end the books must balance. YJ_SEED chooses. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core_model.h"
#include "random.h"

#define HOMES 200
#define NEAR 30 /* caregivers 0 to 29 are family and neighbours, five homes or more each */
#define GRID 6	/* 30 to 35 */
#define DOCTOR 36
#define DUTY 37 /* and 38 */
#define SEAT 39
#define S 1000LL
#define MIN (60 * S)
#define HOUR (60 * MIN)
#define DAY (24 * HOUR)
#define MONTH (30 * DAY)
#define INCIDENTS_MAX 6000
#define EVENTS_MAX 400000
#define NO_INCIDENT (-1)

enum deed {
	DEED_PRESS,
	DEED_TICK, /* of an incident; stale ones are passed over */
	DEED_TURN,
};

struct event {
	int64_t at;
	uint64_t seq; /* first come, first served */
	enum deed deed;
	int incident, home, who;
	struct yj_in in;
};

static const enum yj_kind kinds[] = {YJ_KIND_SOS, YJ_KIND_FALL, YJ_KIND_SERVICE};
#define KINDS ((int)(sizeof kinds / sizeof kinds[0]))

static uint64_t seed;
static struct rng rng;
static struct event *heap;
static size_t n_heap;
static uint64_t next_seq;
static struct model *incidents;
static int n_incidents;
static int open_of[HOMES][KINDS];
static uint64_t presses, withdrawals;
static bool settling; /* everybody does what they should */

static bool is_before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void push(struct event e)
{
	assert_in_range(n_heap, 0, EVENTS_MAX - 1);
	e.seq = next_seq++;
	size_t i = n_heap++;
	while (i && is_before(&e, &heap[(i - 1) / 2])) {
		heap[i] = heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap[i] = e;
}

static struct event pop(void)
{
	struct event first = heap[0], last = heap[--n_heap];
	size_t i = 0;
	for (size_t child = 1; child < n_heap; child = 2 * i + 1) {
		if (child + 1 < n_heap && is_before(&heap[child + 1], &heap[child]))
			child++;
		if (!is_before(&heap[child], &last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
	return first;
}

static bool is_night(int64_t now)
{
	int64_t hour = now % DAY / HOUR;
	return hour >= 22 || hour < 6;
}

static bool chance(unsigned percent)
{
	return rng_below(&rng, 100) < percent;
}

static int64_t between(int64_t from, int64_t to)
{
	return from + (int64_t)rng_below(&rng, (uint64_t)(to - from));
}

static void will(int incident, int who, int64_t at, struct yj_in in)
{
	push((struct event){
	    .at = at, .deed = DEED_TURN, .incident = incident, .who = who, .in = in});
}

static struct yj_in does(enum yj_in_type type)
{
	return (struct yj_in){
	    .type = type, .how = YJ_HOW_GOING, .eta_min = -1, .outcome = YJ_OUTCOME_HELPED};
}

/* Says "I am going", and mostly is as good as the word. */
static void go(int incident, int who, int64_t now)
{
	struct yj_in ack = does(YJ_IN_ACK);
	ack.eta_min = chance(30) ? (int)between(5, 60) : -1;
	int64_t at = now + between(5 * S, 50 * S);
	will(incident, who, at, ack);
	if (!settling && chance(3)) {
		will(incident, who, at + between(MIN, 10 * MIN), does(YJ_IN_DECLINE));
		return;
	}
	if (!settling && chance(5))
		return; /* and forgets */
	at += between(2 * MIN, 40 * MIN);
	will(incident, who, at, does(YJ_IN_ARRIVE));
	if (!settling && chance(4)) {
		struct yj_in note = does(YJ_IN_NOTE);
		note.code = YJ_NOTE_NEED_HELP;
		will(incident, who, at + MIN, note);
	}
	if (settling || !chance(5))
		will(incident, who, at + between(5 * MIN, 90 * MIN), does(YJ_IN_RESOLVE));
}

/* A seat that answers rings the home and sends somebody of the grid. */
static void send_somebody(int incident, int64_t now)
{
	struct yj_in remote = does(YJ_IN_ACK);
	remote.how = YJ_HOW_REMOTE;
	will(incident, SEAT, now + between(5 * S, 30 * S), remote);
	will(incident, NEAR + (int)rng_below(&rng, GRID), now + MIN, does(YJ_IN_SUMMON));
}

static void react(int incident, int who, int64_t now)
{
	struct yj_in remote = does(YJ_IN_ACK);
	remote.how = YJ_HOW_REMOTE;
	if (who == DOCTOR) {
		will(incident, who, now + between(S, 30 * S), does(YJ_IN_LOST));
	} else if (settling || who == DUTY || who == DUTY + 1) {
		if (settling || chance(80))
			go(incident, who, now);
	} else if (who == SEAT) {
		send_somebody(incident, now);
	} else if (is_night(now) && chance(85)) {
		return;				 /* asleep */
	} else if (who < NEAR && who % 5 == 0) { /* a daughter far away */
		will(incident, who, now + between(5 * S, 3 * MIN), remote);
	} else if (chance(45)) {
		go(incident, who, now);
	} else if (chance(40)) {
		will(incident, who, now + between(5 * S, 4 * MIN), does(YJ_IN_DECLINE));
	}
}

static void policy_of(struct model *m, int home)
{
	m->rules = (struct yj_rules){
	    .n_levels = 3,
	    .wait_ms = {60 * S, 120 * S, 120 * S},
	    .repeat_every_ms = 5 * MIN,
	    .verify_within_ms = 2 * MIN,
	    .arrive_within_ms = 30 * MIN,
	    .arrive_max_ms = 90 * MIN,
	    .resolve_within_ms = 4 * HOUR,
	    .resident_may_cancel = home % 10 == 0,
	};
	/* every twentieth home has nobody near */
	if (home % 20)
		m->level[0] = 1ULL << (home % NEAR) | 1ULL << ((home * 7 + 3) % NEAR);
	m->level[1] = 1ULL << (NEAR + home % GRID) | 1ULL << DOCTOR;
	m->level[2] = 1ULL << DUTY;
	m->desk = 1ULL << DUTY | 1ULL << (DUTY + 1) | 1ULL << SEAT;
}

static void turn(int incident, struct yj_in in, int who, int64_t now)
{
	struct model *m = &incidents[incident];
	int64_t due = yj_state_deadline(&m->state);
	model_turn(m, in, who, now);
	if (m->wrong)
		fail_msg("YJ_SEED=%" PRIu64 " incident %d: %s", seed, incident, m->wrong);
	for (int i = 0; i < 40; i++) {
		if (m->paged >> i & 1)
			react(incident, i, now);
		if ((m->joined >> i & 1) && chance(70))
			will(incident, i, now + 20 * S, does(YJ_IN_NOTE));
	}
	if (yj_state_deadline(&m->state) != due && !yj_state_closed(&m->state))
		push((struct event){
		    .at = yj_state_deadline(&m->state), .deed = DEED_TICK, .incident = incident});
}

static void press(const struct event *e)
{
	int kind = chance(70) ? 0 : (int)rng_below(&rng, KINDS);
	int *incident = &open_of[e->home][kind];
	presses++;
	if (*incident != NO_INCIDENT && !yj_state_closed(&incidents[*incident].state)) {
		turn(*incident, does(YJ_IN_JOIN), MODEL_NOBODY, e->at);
	} else {
		assert_in_range(n_incidents, 0, INCIDENTS_MAX - 1);
		*incident = n_incidents++;
		model_init(&incidents[*incident], kinds[kind]);
		policy_of(&incidents[*incident], e->home);
		turn(*incident, does(YJ_IN_OPEN), MODEL_NOBODY, e->at);
	}
	struct yj_in withdraw = does(YJ_IN_WITHDRAW);
	withdraw.own_calls = kind == 0;
	if (chance(4))
		will(*incident, MODEL_NOBODY, e->at + between(5 * S, 2 * MIN), withdraw);
	if (chance(25)) /* they press again, or it bounces */
		push((struct event){.at = e->at + between(1, 20 * MIN), .home = e->home});
}

static void happen(const struct event *e)
{
	struct model *m = &incidents[e->incident];
	switch (e->deed) {
	case DEED_PRESS:
		press(e);
		return;
	case DEED_TICK:
		if (e->at == yj_state_deadline(&m->state))
			turn(e->incident, does(YJ_IN_TICK), MODEL_NOBODY, e->at);
		return;
	case DEED_TURN:
		if (e->in.type == YJ_IN_LOST && !(model_counted(m) >> e->who & 1))
			return;
		withdrawals += e->in.type == YJ_IN_WITHDRAW && !yj_state_closed(&m->state);
		turn(e->incident, e->in, e->who, e->at);
		return;
	}
}

static void live_until(int64_t end)
{
	while (n_heap && heap[0].at <= end) {
		struct event e = pop();
		happen(&e);
	}
}

static uint32_t total(enum yj_event_type event)
{
	uint32_t sum = 0;
	for (int i = 0; i < n_incidents; i++)
		sum += model_count(&incidents[i], event);
	return sum;
}

/* The books of one incident. */
static void balance(const struct model *m, int64_t now)
{
	uint32_t acked = model_count(m, YJ_EV_INCIDENT_ACKED);
	uint32_t arrived = model_count(m, YJ_EV_INCIDENT_ARRIVED);
	uint32_t reopened = model_count(m, YJ_EV_INCIDENT_REOPENED);
	uint32_t resolved = model_count(m, YJ_EV_INCIDENT_RESOLVED);
	uint32_t cancelled = model_count(m, YJ_EV_INCIDENT_CANCELLED);
	bool closed = yj_state_closed(&m->state);
	assert_int_equal(model_count(m, YJ_EV_INCIDENT_OPENED), 1);
	assert_int_equal(resolved + cancelled, closed);
	assert_int_equal(resolved, m->state.state == YJ_INC_RESOLVED);
	assert_true(reopened <= acked);
	assert_true(arrived + resolved == 0 || acked > 0);
	assert_true(m->asked > 0); /* there is a duty: nobody is ever left alone */
	assert_int_equal(m->notified, m->asked);
	if (!closed) {
		assert_true(yj_state_deadline(&m->state) > now);
		assert_true(m->heard_at > now - model_bound_ms(&m->rules));
	}
}

static int not_closed(void)
{
	int n = 0;
	for (int i = 0; i < n_incidents; i++)
		n += !yj_state_closed(&incidents[i].state);
	return n;
}

static void the_books_balance_after_a_month(void **state)
{
	(void)state;
	for (int home = 0; home < HOMES; home++) {
		for (int k = 0; k < KINDS; k++)
			open_of[home][k] = NO_INCIDENT;
		for (int64_t at = between(0, 4 * DAY); at < MONTH; at += between(0, 4 * DAY))
			push((struct event){.at = at, .home = home});
	}
	live_until(MONTH);
	for (int i = 0; i < n_incidents; i++)
		balance(&incidents[i], MONTH);
	uint32_t opened = total(YJ_EV_INCIDENT_OPENED), joined = total(YJ_EV_INCIDENT_JOINED);
	uint32_t ended = total(YJ_EV_INCIDENT_RESOLVED) + total(YJ_EV_INCIDENT_CANCELLED);
	assert_int_equal(opened, n_incidents);
	assert_int_equal(opened + joined, presses);
	assert_int_equal((int)ended + not_closed(), n_incidents);
	print_message("%" PRIu64 " presses: %u incidents, %u joins; %u escalated, %u unreachable, "
		      "%u contacted, %u reopened, %u withdrawn, %u ended, %d not yet\n",
	    presses, opened, joined, total(YJ_EV_INCIDENT_ESCALATED),
	    total(YJ_EV_INCIDENT_UNREACHABLE), total(YJ_EV_INCIDENT_CONTACTED),
	    total(YJ_EV_INCIDENT_REOPENED), total(YJ_EV_INCIDENT_WITHDRAWN), ended, not_closed());
	/* the month was worth the while */
	assert_in_range(opened, 1500, INCIDENTS_MAX);
	assert_true(total(YJ_EV_INCIDENT_ESCALATED) > 500);
	assert_true(total(YJ_EV_INCIDENT_REOPENED) > 100);
	assert_true(total(YJ_EV_INCIDENT_CONTACTED) > 100);
	/* a withdrawal is logged as such, or ends the incident */
	assert_in_range(withdrawals, total(YJ_EV_INCIDENT_WITHDRAWN),
	    total(YJ_EV_INCIDENT_WITHDRAWN) + total(YJ_EV_INCIDENT_CANCELLED));
}

/* Whatever it was left in: once people do what they say, every incident comes to its end. */
static void everything_ends_once_people_come(void **state)
{
	(void)state;
	settling = true;
	live_until(MONTH + 2 * DAY);
	for (int i = 0; i < n_incidents; i++)
		balance(&incidents[i], MONTH + 2 * DAY);
	assert_int_equal(not_closed(), 0);
	assert_int_equal(total(YJ_EV_INCIDENT_OPENED) + total(YJ_EV_INCIDENT_JOINED), presses);
}

int main(void)
{
	const char *chosen = getenv("YJ_SEED");
	seed = chosen && chosen[0] ? strtoull(chosen, NULL, 10) : (uint64_t)time(NULL);
	printf("YJ_SEED=%" PRIu64 "\n", seed);
	fflush(stdout);
	rng.state = seed;
	heap = calloc(EVENTS_MAX, sizeof *heap);
	incidents = calloc(INCIDENTS_MAX, sizeof *incidents);
	if (!heap || !incidents)
		return 1;
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_books_balance_after_a_month),
	    cmocka_unit_test(everything_ends_once_people_come),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	free(heap);
	free(incidents);
	return rc;
}
