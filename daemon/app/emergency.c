#include "emergency.h"

#include <stdlib.h>
#include <string.h>

#include "effects.h"
#include "inhand.h"
#include "lanes.h"
#include "pager.h"
#include "turn.h"

#define STEPS_MAX                                                                                  \
	(2 * YJ_LEVELS_MAX) /* remembered per incident; beyond, the last one is repeated */
#define ROWS 64
#define CUT_OFF_MS 5000 /* until the next try to reach somebody without the broker */

struct stepped { /* an incident, and when it was stepped without being stored */
	int64_t n;
	int64_t due_t; /* the next step */
	int64_t at_t[STEPS_MAX];
	unsigned steps;
};

struct yj_emergency {
	struct stepped *v;
	size_t n;
	int64_t since_t; /* commits fail; 0: they do not */
	int64_t sent;	 /* numbers of deliveries that are in no outbox */
	int room_most;	 /* that the connection has ever had */
	bool cut_off;	 /* nobody of the incident at hand can be reached without the broker */
	struct yj_outbox_row rows[ROWS];
};

struct yj_emergency *yj_emergency_new(void)
{
	return calloc(1, sizeof(struct yj_emergency));
}

void yj_emergency_free(struct yj_emergency *e)
{
	if (!e)
		return;
	free(e->v);
	free(e);
}

void yj_emergency_over(struct yj_gateway *g)
{
	struct yj_emergency *e = g->emergency;
	if (e->n)
		yj_log(YJ_LOG_WARN, "event=emergency_over incidents=%zu", e->n);
	free(e->v);
	e->v = NULL;
	e->n = 0;
	e->since_t = 0;
}

static struct stepped *of_incident(struct yj_emergency *e, int64_t n)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].n == n)
			return &e->v[i];
	if (!e->v)
		e->v = calloc(YJ_EMERGENCY_MAX, sizeof *e->v);
	if (!e->v || e->n == YJ_EMERGENCY_MAX)
		return NULL;
	e->v[e->n] = (struct stepped){.n = n};
	return &e->v[e->n++];
}

static int step(struct yj_gateway *g, int64_t n, int64_t at_t, int64_t *due_t)
{
	struct yj_incident inc;
	int64_t now_t = g->now.t;
	int rc = yj_incident_load(g->store, n, &inc);
	if (rc < 0)
		return rc;
	struct yj_turn turn = {.inc = &inc, .in = {.type = YJ_IN_TICK}};
	g->now.t = at_t;
	rc = yj_turn_run(g, &turn, NULL);
	g->now.t = now_t;
	*due_t = inc.due;
	return rc;
}

/* The number of the newest delivery of an incident. */
static int newest(struct yj_gateway *g, int64_t incident, int64_t *last)
{
	struct yj_emergency *e = g->emergency;
	size_t got;
	*last = 0;
	for (;;) {
		int rc = yj_outbox_of(g->store, incident, *last, e->rows, ROWS, &got);
		if (rc < 0 || got == 0)
			return rc;
		*last = e->rows[got - 1].n;
	}
}

/* Nobody can note how a channel fares, so all begin at once. */
static int all_channels(struct yj_gateway *g, int64_t incident, int64_t after)
{
	struct yj_emergency *e = g->emergency;
	size_t got;
	for (;;) {
		int rc = yj_outbox_of(g->store, incident, after, e->rows, ROWS, &got);
		if (rc < 0 || got == 0)
			return rc;
		after = e->rows[got - 1].n;
		for (size_t i = 0; rc == 0 && i < got; i++) {
			if (!e->rows[i].home && e->rows[i].status == YJ_DELIVERY_PENDING)
				rc = yj_pager_next_channel(g, &e->rows[i], false);
		}
		if (rc < 0)
			return rc;
	}
}

/* Does the connection take all its pages now? (Or as many as it ever will.) Without one the other
 * channels do what they can. */
static int find_room(struct yj_gateway *g, int64_t incident, int64_t after)
{
	struct yj_emergency *e = g->emergency;
	int needed = 0, others = 0, room = yj_link_room(g->chatter);
	size_t got;
	do {
		int rc = yj_outbox_of(g->store, incident, after, e->rows, ROWS, &got);
		if (rc < 0)
			return rc;
		for (size_t i = 0; i < got; i++) {
			bool mqtt = strcmp(e->rows[i].channel, "mqtt") == 0;
			needed += mqtt && e->rows[i].status == YJ_DELIVERY_PENDING;
			others += !mqtt && e->rows[i].status == YJ_DELIVERY_PENDING;
		}
		after = got ? e->rows[got - 1].n : after;
	} while (got);
	if (!yj_link_is_up(g->chatter)) {
		e->cut_off = others == 0;
		return others ? 0 : YJ_ERR_BUSY;
	}
	if (room > e->room_most)
		e->room_most = room;
	return room >= needed || room == e->room_most ? 0 : YJ_ERR_BUSY;
}

static int send_all(struct yj_gateway *g, int64_t incident, int64_t after)
{
	struct yj_emergency *e = g->emergency;
	size_t got;
	for (;;) {
		int rc = yj_outbox_of(g->store, incident, after, e->rows, ROWS, &got);
		if (rc < 0 || got == 0)
			return rc;
		after = e->rows[got - 1].n;
		for (size_t i = 0; i < got; i++) {
			struct yj_outbox_row *row = &e->rows[i];
			if (row->status != YJ_DELIVERY_PENDING)
				continue;
			/* a number that no row will ever have: what is undone is numbered again */
			row->n = -(g->now.utc_ms * 1000 + ++e->sent % 1000);
			if (yj_lanes_send_unrecorded(g, row) < 0)
				yj_log(YJ_LOG_ERR, "event=emergency_page_not_sent incident=%lld",
				    (long long)incident);
		}
	}
}

/* Steps an incident again up to where it stood without being stored, and once more. */
static int escalate(struct yj_gateway *g, struct stepped *s)
{
	int64_t last = 0, due_t = INT64_MAX;
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < s->steps; i++)
		rc = step(g, s->n, s->at_t[i], &due_t);
	if (rc == 0)
		rc = newest(g, s->n, &last);
	if (rc == 0)
		rc = step(g, s->n, g->now.t, &due_t);
	if (rc == 0)
		rc = all_channels(g, s->n, last);
	if (rc == 0)
		rc = find_room(g, s->n, last);
	if (rc == 0)
		rc = send_all(g, s->n, last);
	if (rc < 0)
		return rc;
	s->at_t[s->steps < STEPS_MAX ? s->steps++ : STEPS_MAX - 1] = g->now.t;
	s->due_t = due_t;
	return 0;
}

/* false: not even a transaction can be begun, or there is no room for more now, so the others need
 * not try. */
static bool one(struct yj_gateway *g, int64_t n)
{
	struct stepped *s = of_incident(g->emergency, n);
	if (!s || s->due_t > g->now.t || yj_inhand_incident(g, n))
		return true;
	g->emergency->cut_off = false;
	int rc = yj_store_begin(g->store);
	bool begun = rc == 0;
	if (begun)
		rc = escalate(g, s);
	yj_store_rollback(g->store);
	yj_effects_forget(g);
	yj_metrics_undo(&g->metrics, 0);
	yj_inhand_none(g);
	if (g->emergency->cut_off) {
		s->due_t = g->now.t + CUT_OFF_MS;
		return true;
	}
	if (begun && rc == YJ_ERR_BUSY)
		return false; /* it is due still, and comes with the next run */
	if (rc < 0) {
		s->due_t = g->now.t + YJ_EMERGENCY_AFTER_MS;
		yj_log(YJ_LOG_ERR, "event=emergency_failed incident=%lld error=%s", (long long)n,
		    yj_err_name(rc));
	}
	return begun;
}

void yj_emergency_run(struct yj_gateway *g)
{
	static int64_t due[YJ_EMERGENCY_MAX];
	struct yj_emergency *e = g->emergency;
	size_t n = 0;
	if (!e->since_t)
		e->since_t = g->now.t;
	if (g->stopping || g->now.t - e->since_t < YJ_EMERGENCY_AFTER_MS ||
	    yj_incident_due(g->store, g->now.t, due, YJ_EMERGENCY_MAX, &n) < 0)
		return;
	if (n && !e->n)
		yj_log(YJ_LOG_ERR, "event=emergency incidents=%zu", n);
	bool begun = true;
	for (size_t i = 0; begun && i < n; i++)
		begun = one(g, due[i]);
	yj_lanes_restart(g);
}
