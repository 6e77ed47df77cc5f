/* Absences that somebody else has said: wills and families' availability. A broker that stops says
 * goodbye for all its devices, and one that starts still has what it said then. So an absence that
 * is heard live counts once the broker has acknowledged something that was sent to it after that:
 * one that stops does not any more. One that the broker had kept, or that was under way when
 * the connection broke, counts when the device is not heard of for a while after. */
#include <stdio.h>
#include <string.h>

#include "presence.h"
#include "presence_table.h"
#include "tokens.h"

static void add(struct yj_presence *p, struct yj_seat *e, bool kept)
{
	struct yj_doubt *d =
	    yj_presence_room((void **)&p->doubts, p->n_doubts, &p->cap_doubts, sizeof *p->doubts);
	if (!d)
		return; /* then it will be missed */
	if (++p->last_doubt == 0)
		p->last_doubt = 1;
	*d = (struct yj_doubt){e->name, p->last_doubt, kept};
	e->doubt = p->last_doubt;
	p->n_doubts++;
}

/* Asks the broker for a sign of life. */
static void probe(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	char topic[YJ_NAME_MAX + 32];
	if (p->probed || !p->up)
		return;
	snprintf(topic, sizeof topic, "yj/v1/gw/%s/probe", g->config->gateway.id);
	if (yj_link_publish(g->chatter, topic, "{}", 2, 1, false, YJ_TOKEN_PROBE) == 0)
		p->probed = p->last_doubt;
}

void yj_presence_doubt(struct yj_gateway *g, struct yj_seat *e, bool kept)
{
	struct yj_presence *p = g->presence;
	if (e->doubt)
		return;
	add(p, e, kept || !p->up);
	if (!kept)
		probe(g);
}

/* Keeps those doubts that still stand and for which keep says so; the others are believed. */
static void settle(
    struct yj_gateway *g, bool (*keep)(const struct yj_presence *p, const struct yj_doubt *d))
{
	struct yj_presence *p = g->presence;
	size_t kept = 0;
	for (size_t i = 0; i < p->n_doubts; i++) {
		struct yj_doubt d = p->doubts[i];
		struct yj_seat *e = yj_presence_seat_of(p, d.name);
		if (e->doubt != d.n)
			continue; /* it has been heard of since */
		if (keep(p, &d)) {
			p->doubts[kept++] = d;
			continue;
		}
		e->doubt = 0;
		yj_presence_turn(g, e, false, d.kept ? YJ_ABSENCE_KEPT : YJ_ABSENCE_LIVE);
	}
	p->n_doubts = kept;
}

static bool not_asked(const struct yj_presence *p, const struct yj_doubt *d)
{
	return d->kept || d->n > p->probed;
}

void yj_presence_probed(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	bool more = false;
	if (!p->probed)
		return; /* the connection was lost since */
	settle(g, not_asked);
	p->probed = 0;
	for (size_t i = 0; i < p->n_doubts; i++)
		more = more || !p->doubts[i].kept;
	if (more)
		probe(g);
}

static bool is_live(const struct yj_presence *p, const struct yj_doubt *d)
{
	(void)p;
	return !d->kept;
}

static bool all_stay(const struct yj_presence *p, const struct yj_doubt *d)
{
	(void)p;
	(void)d;
	return true;
}

/* Once, some seconds after the start: were they few, or everybody? */
static void weigh(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	struct yj_kept k = {.was_cut = p->was_cut};
	settle(g, all_stay);
	for (size_t i = 0; i < p->n_doubts; i++)
		k.absent += p->doubts[i].kept;
	k.there = p->online > k.absent ? p->online - k.absent : 0;
	p->kept_ms = yj_presence_kept_ms(&k, g->config->devices.grace_ms);
}

void yj_presence_judge(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	int64_t up_ms = g->now.t - p->heard_t;
	if (p->n_doubts == 0)
		return;
	if (!p->kept_ms && up_ms >= YJ_KEPT_SOON_MS)
		weigh(g);
	if (p->kept_ms && up_ms >= p->kept_ms)
		settle(g, is_live);
	if (!p->probed && p->n_doubts && !p->doubts[p->n_doubts - 1].kept)
		probe(g);
}

void yj_presence_doubt_all(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	for (size_t i = 0; i < p->n_doubts; i++)
		p->doubts[i].kept = true;
	p->probed = 0;
	p->kept_ms = 0;
}
