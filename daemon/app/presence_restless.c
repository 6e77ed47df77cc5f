/* Devices that come and go all the time: told once, and again when they are steady. */
#include <stdlib.h>
#include <string.h>

#include "presence_table.h"

static struct yj_restless *of(struct yj_presence *p, struct yj_seat *e)
{
	if (!e->restless) {
		struct yj_restless *r = yj_presence_room(
		    (void **)&p->restless, p->n_restless, &p->cap_restless, sizeof *p->restless);
		if (!r)
			return NULL;
		*r = (struct yj_restless){.name = e->name};
		e->restless = (uint32_t)++p->n_restless;
	}
	return &p->restless[e->restless - 1];
}

static void drop(struct yj_presence *p, struct yj_seat *e)
{
	struct yj_restless *last = &p->restless[p->n_restless - 1];
	if (last->name != e->name) {
		yj_presence_seat_of(p, last->name)->restless = e->restless;
		p->restless[e->restless - 1] = *last;
	}
	e->restless = 0;
	e->changed_s = 0;
	if (--p->n_restless == 0) {
		free(p->restless);
		p->restless = NULL;
		p->cap_restless = 0;
	}
}

/* A device that changes once, as in an outage, costs nothing: only a second time in the window is
 * remembered apart. */
enum yj_flap_says yj_presence_flap(struct yj_gateway *g, struct yj_seat *e)
{
	const int limit = g->config->devices.flapping;
	const int64_t window_ms = g->config->devices.flapping_window_ms, now = g->now.t;
	int64_t before = (int64_t)e->changed_s * 1000;
	e->changed_s = (uint32_t)(now / 1000) + (now < 1000);
	if (limit == 0 && !e->restless)
		return YJ_FLAP_TELL;
	if (!e->restless && (before == 0 || now - before >= window_ms))
		return YJ_FLAP_TELL;
	bool first = !e->restless;
	struct yj_restless *r = of(g->presence, e);
	if (!r)
		return YJ_FLAP_TELL;
	if (first)
		(void)yj_flap_change(&r->flap, limit, window_ms, before);
	return yj_flap_change(&r->flap, limit, window_ms, now);
}

/* As in the run before. */
void yj_presence_hold(struct yj_gateway *g, struct yj_seat *e)
{
	struct yj_restless *r = of(g->presence, e);
	if (!r)
		return;
	(void)yj_flap_change(&r->flap, 0, 1, g->now.t);
	r->flap.held = true;
	e->flags |= YJ_P_HELD;
}

static void steady(struct yj_gateway *g, struct yj_seat *e)
{
	bool online = e->flags & YJ_P_ONLINE;
	if (!(e->flags & YJ_P_HELD))
		return;
	e->flags = (uint16_t)(e->flags & ~YJ_P_HELD);
	yj_presence_touch(g->presence, e);
	yj_presence_add_news(g, e,
	    &(struct yj_news){.type = online ? YJ_EV_DEVICE_ONLINE : YJ_EV_DEVICE_OFFLINE,
		.flapping = 0,
		.work = -1});
	yj_presence_work(g, e, YJ_WORK_FLAPPING, false);
}

void yj_presence_calm(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	for (size_t i = p->n_restless; p->restless && i-- > 0;) {
		struct yj_restless *r = &p->restless[i];
		if (!yj_flap_steady(&r->flap, g->config->devices.flapping_window_ms, g->now.t))
			continue;
		struct yj_seat *e = yj_presence_seat_of(p, r->name);
		steady(g, e);
		drop(p, e);
	}
}
