/* Who is missed, and what the connections coming and going mean for that. */
#include <string.h>

#include "outages.h"
#include "presence.h"
#include "presence_table.h"
#include "store/status.h"

#define SWEEP_PARTS 12	 /* a device is looked at once in so many sweeps */
#define SWEEP_LEAST 4096 /* of a few, all */
#define RECALL_ROWS 1000 /* status rows of the run before looked at per sweep */
#define SETTLE_MS 180000 /* goodbyes around a loss of the connection count so late for outages */
#define BEFORE_DEAF_MS 30000
#define START_MS 20000 /* to be heard of after a start of the gateway alone */

/* Who was online in the run before and is not heard of in this one must be missed too. */
static void recall(struct yj_gateway *g)
{
	static struct yj_status_name names[RECALL_ROWS];
	struct yj_presence *p = g->presence;
	size_t n = 0;
	if (yj_status_next(g->store, p->recalled, names, RECALL_ROWS, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		if (!names[i].online && !names[i].flapping)
			continue;
		struct yj_seat *e = yj_presence_seat(p, names[i].device);
		if (e && !(e->flags & YJ_P_LOOKED_UP))
			yj_presence_look_up(g, e);
		if (e && (e->flags & YJ_P_ONLINE) && e->seen_t == 0)
			e->seen_t = g->started_t;
	}
	p->recalled_all = n < RECALL_ROWS;
	if (n)
		memcpy(p->recalled, names[n - 1].device, sizeof p->recalled);
}

static void look_at(struct yj_gateway *g, struct yj_seat *e)
{
	struct yj_presence *p = g->presence;
	const int64_t grace_ms = g->config->devices.grace_ms;
	const struct yj_beats beats = {
	    .beat_ms = e->beat_s == YJ_BEAT_NEVER ? 0
		       : e->beat_s		  ? (int64_t)e->beat_s * 1000
						  : g->config->devices.heartbeat_ms,
	    .offline_after = g->config->devices.offline_after,
	    /* whose broker was there all the time is still connected to it */
	    .grace_ms = !p->was_cut && grace_ms > START_MS ? START_MS : grace_ms,
	};
	if (!e->name || !(e->flags & YJ_P_ONLINE) || e->seen_t == 0)
		return;
	if (yj_presence_missed(&beats, e->seen_t, p->heard_t, g->now.t))
		yj_presence_turn(g, e, false, YJ_ABSENCE_MISSED);
}

void yj_presence_sweep(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	if (!p->recalled_all)
		recall(g);
	yj_presence_calm(g);
	if (!p->up) /* nobody can be heard, so nobody is missed */
		return;
	yj_presence_judge(g);
	size_t part = p->cap / SWEEP_PARTS + 1;
	if (part < SWEEP_LEAST)
		part = p->cap < SWEEP_LEAST ? p->cap : SWEEP_LEAST;
	for (size_t i = 0; i < part && p->cap; i++)
		look_at(g, &p->v[p->sweep_at++ & (p->cap - 1)]);
}

/* Goodbyes shortly before nobody could be heard count for outages only if they last. */
static void doubt_goodbyes(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	for (size_t i = 0; i < p->cap; i++) {
		struct yj_seat *e = &p->v[i];
		if (e->gone_t && e->gone_t > p->deaf_t - BEFORE_DEAF_MS) {
			e->gone_t = g->now.t + SETTLE_MS;
			yj_outages_gone(g, e->gone_t);
		}
	}
}

void yj_presence_heard(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	bool up = yj_link_is_up(g->help) && yj_link_is_up(g->chatter);
	if (up == p->up)
		return;
	yj_gateway_sample(g);
	p->up = up;
	yj_presence_doubt_all(g);
	if (!up) {
		p->was_cut = true;
		p->deaf_t = g->now.t;
		return;
	}
	p->heard_t = g->now.t;
	doubt_goodbyes(g);
}
