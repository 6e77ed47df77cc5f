#include "outages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "outages_find.h"
#include "outages_text.h"
#include "presence.h"
#include "silences.h"
#include "space.h"
#include "store/outage.h"
#include "turn.h"

#define GATHER_MS 5000 /* others that go at the same time are waited for */

void yj_outages_gone(struct yj_gateway *g, int64_t gone_t)
{
	if (gone_t + GATHER_MS < g->outages.look_t)
		g->outages.look_t = gone_t + GATHER_MS;
}

int64_t yj_outages_due(const struct yj_gateway *g)
{
	/* who cannot hear cannot tell who is away */
	return g->chatter && yj_link_is_up(g->chatter) ? g->outages.look_t : INT64_MAX;
}

void yj_outages_undone(struct yj_gateway *g)
{
	yj_outages_gone(g, g->now.t);
}

int yj_outages_member(struct yj_gateway *g, const char *device, const struct yj_whose *whose)
{
	int64_t silence, incident;
	int rc = yj_silences_match(g, device, whose, YJ_KIND_OUTAGE, &silence);
	if (rc < 0)
		return rc;
	if (silence) {
		yj_presence_excuse(g, device);
		return 0;
	}
	rc = yj_outage_of_region(g->store, whose->region, &incident);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	return yj_outage_member(g->store, incident, device, whose->resident, whose->region);
}

int yj_outages_back(struct yj_gateway *g, const char *device)
{
	bool was;
	int rc = yj_outage_back(g->store, device, g->now.utc_ms, &was);
	if (rc == 0 && was)
		yj_outages_gone(g, g->now.t);
	return rc;
}

int yj_outages_expand(struct yj_gateway *g, const struct yj_incident *inc,
    const struct yj_target *to, size_t n_to, struct yj_names *names)
{
	struct yj_names regions = {0};
	struct yj_whose whose = inc->whose;
	const char *zeros = inc->whose.region + strlen(inc->whose.region);
	while (zeros > inc->whose.region && zeros[-1] == '0')
		zeros--;
	int digits = zeros - inc->whose.region > 6 ? 12 : 9; /* one step below its own */
	int rc = yj_outage_regions(g->store, inc->n, digits, &regions);
	for (size_t i = 0; rc == 0 && i < regions.n; i++) {
		snprintf(whose.region, sizeof whose.region, "%s", regions.v[i]);
		rc = yj_people_expand(g->store, &whose, to, n_to, names);
	}
	yj_names_done(&regions);
	return rc;
}

/* ── one look ── */

struct look {
	struct yj_gateway *g;
	struct yj_spot *v;
	size_t n, cap, gone;
	int64_t next_t; /* one that does not count yet */
	bool full;	/* of memory */
	struct yj_outage open[YJ_OUTAGES_MAX];
	size_t n_open;
};

static void count_gone(void *ctx, const struct yj_presence_of *of)
{
	struct look *l = ctx;
	const struct yj_now *now = &l->g->now;
	if (of->online)
		return;
	if (of->gone_t > now->t && of->gone_t < l->next_t)
		l->next_t = of->gone_t;
	l->gone += of->gone_t <= now->t && now->t - of->gone_t <= l->g->config->outage.window_ms;
}

static void collect(void *ctx, const struct yj_presence_of *of)
{
	struct look *l = ctx;
	int64_t t = l->g->now.t;
	bool gone =
	    !of->online && of->gone_t <= t && t - of->gone_t <= l->g->config->outage.window_ms;
	if (!of->online && !gone)
		return;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 1024;
		void *v = realloc(l->v, cap * sizeof *l->v);
		if (!v) {
			l->full = true;
			return;
		}
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = (struct yj_spot){.region = of->region, .id = of->id, .gone = gone};
}

/* Who is away for an outage whose incident somebody has closed is not told anew. */
static int sort_out_members(struct look *l)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->n; i++) {
		struct yj_spot *s = &l->v[i];
		int64_t incident;
		enum yj_inc_state state = YJ_INC_OPEN;
		int rc = s->gone ? yj_outage_of_device(l->g->store, s->id, &incident, &state)
				 : YJ_ERR_NOTFOUND;
		if (rc < 0 && rc != YJ_ERR_NOTFOUND)
			return rc;
		s->known = rc == 0;
		if (state != YJ_INC_RESOLVED && state != YJ_INC_CANCELLED)
			l->v[kept++] = *s;
	}
	l->n = kept;
	return 0;
}

static int log_outage(struct yj_gateway *g, enum yj_event_type type, const struct yj_outage *o,
    int64_t count, const char *reason)
{
	struct yj_log_event e = yj_event_of(type);
	e.incident = o->incident;
	e.kind = (int)YJ_KIND_OUTAGE;
	e.region = o->region;
	e.more = json_pack("{s:I, s:s*}", "count", (json_int_t)count, "reason", reason);
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

static int step(struct yj_gateway *g, struct yj_incident *inc, const struct yj_in *in)
{
	char text[YJ_OUTAGE_TEXT_MAX] = "";
	int rc = yj_outages_text(g, inc->n, text, sizeof text);
	struct yj_turn turn = {.inc = inc, .in = *in, .actor = {"", ""}, .text = text};
	return rc < 0 ? rc : yj_turn_run(g, &turn, NULL);
}

static int end(struct yj_gateway *g, const struct yj_outage *o, int64_t count, const char *reason)
{
	struct yj_incident inc = {0};
	int rc = yj_outage_end(g->store, o->incident, g->now.utc_ms);
	if (rc == 0)
		rc = log_outage(g, YJ_EV_OUTAGE_ENDED, o, count, reason);
	if (rc == 0)
		rc = yj_incident_load(g->store, o->incident, &inc);
	if (rc == 0 && inc.state != YJ_INC_RESOLVED && inc.state != YJ_INC_CANCELLED)
		rc = step(g, &inc, &(struct yj_in){.type = YJ_IN_OVER});
	return rc;
}

static int add_members(struct yj_gateway *g, int64_t incident, const struct yj_spot *v, size_t n)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct yj_device d;
		struct yj_whose whose;
		if (!v[i].marked || v[i].known)
			continue;
		rc = yj_device_find(g->store, v[i].id, &d);
		if (rc == 0)
			rc = yj_whose_find(g->store, &d, &whose);
		if (rc == 0)
			rc = yj_outage_member(
			    g->store, incident, d.id, whose.resident, whose.region);
	}
	return rc;
}

static int fresh_incident(struct yj_gateway *g, int64_t region, struct yj_incident *inc)
{
	memset(inc, 0, sizeof *inc);
	inc->kind = YJ_KIND_OUTAGE;
	inc->due = inc->paged_t = inc->closed_utc_ms = INT64_MAX;
	inc->opened_utc_ms = g->now.utc_ms;
	inc->opened_t = g->now.t;
	snprintf(
	    inc->whose.region, sizeof inc->whose.region, "%012" PRId64, region % 1000000000000);
	snprintf(inc->whose.policy, sizeof inc->whose.policy, "default");
	inc->whose.assigned = true;
	int rc = yj_policy_by_name(g->store, "default", inc->policy_hash);
	if (rc == 0)
		rc = yj_incident_reserve(g->store, &inc->n);
	snprintf(inc->whose.subject, sizeof inc->whose.subject, "g:%s/%" PRId64, inc->whose.region,
	    inc->n);
	return rc;
}

/* Is the outage young enough, and nobody on the way yet, so that it can become a bigger one? */
static bool may_grow(const struct look *l, const struct yj_outage *o)
{
	return o->state == YJ_INC_OPEN &&
	       l->g->now.t - o->began_t <= l->g->config->outage.window_ms;
}

static int digits_of(int64_t region)
{
	return region % 1000000 == 0 ? 6 : region % 1000 == 0 ? 9 : 12;
}

/* The smallest place that holds all that is new. */
static int64_t common_region(const struct yj_spot *v, size_t n)
{
	int digits = 12;
	int64_t first = 0;
	for (size_t i = 0; i < n; i++) {
		if (!v[i].marked || v[i].known)
			continue;
		if (!first)
			first = v[i].region;
		while (digits > 6 &&
		       yj_region_cut(first, digits) != yj_region_cut(v[i].region, digits))
			digits -= 3;
	}
	return yj_region_cut(first, digits);
}

static int begin(
    struct look *l, int64_t region, const struct yj_spot *v, size_t n, int digits, bool merges)
{
	struct yj_gateway *g = l->g;
	struct yj_incident inc = {0};
	int64_t members = 0, away = 0, counts[YJ_OUTAGES_MAX] = {0};
	int rc = fresh_incident(g, region, &inc);
	if (rc < 0)
		return rc;
	struct yj_outage o = {.incident = inc.n, .began_t = g->now.t};
	memcpy(o.region, inc.whose.region, sizeof o.region);
	rc = yj_outage_add(g->store, &o, g->now.utc_ms);
	if (rc == 0)
		rc = add_members(g, inc.n, v, n);
	for (size_t i = 0; rc == 0 && merges && i < l->n_open; i++) {
		bool within = yj_region_cut(strtoll(l->open[i].region, NULL, 10), digits) == region;
		if (!within || !may_grow(l, &l->open[i]))
			continue;
		rc = yj_outage_counts(g->store, l->open[i].incident, &counts[i], &away);
		if (rc == 0)
			rc = yj_outage_move(g->store, l->open[i].incident, inc.n);
	}
	if (rc == 0)
		rc = yj_outage_counts(g->store, inc.n, &members, &away);
	inc.alerts = members;
	if (rc == 0)
		rc = log_outage(g, YJ_EV_OUTAGE_BEGAN, &o, members, NULL);
	if (rc == 0)
		rc = step(g, &inc, &(struct yj_in){.type = YJ_IN_OPEN});
	for (size_t i = 0; rc == 0 && i < l->n_open; i++)
		if (counts[i])
			rc = end(g, &l->open[i], counts[i], "merged");
	return rc;
}

/* More of a place whose outage has just begun. */
static int grow(struct look *l, const struct yj_outage *o, const struct yj_spot *v, size_t n)
{
	struct yj_gateway *g = l->g;
	struct yj_incident inc = {0};
	int64_t away;
	int rc = add_members(g, o->incident, v, n);
	if (rc == 0)
		rc = yj_incident_load(g->store, o->incident, &inc);
	if (rc == 0)
		rc = yj_outage_counts(g->store, o->incident, &inc.alerts, &away);
	return rc < 0 ? rc : step(g, &inc, &(struct yj_in){.type = YJ_IN_JOIN, .anew = true});
}

static int found(void *ctx, const struct yj_spot *v, size_t n, int digits)
{
	struct look *l = ctx;
	bool any = false, merges = false;
	for (size_t i = 0; i < n; i++)
		any |= v[i].marked && !v[i].known;
	if (!any)
		return 0;
	int64_t place = yj_region_cut(v[0].region, digits);
	for (size_t i = 0; i < l->n_open; i++) {
		int64_t other = strtoll(l->open[i].region, NULL, 10);
		if (!may_grow(l, &l->open[i]))
			continue;
		if (digits_of(other) <= digits && yj_region_cut(place, digits_of(other)) == other)
			return grow(l, &l->open[i], v, n);
		merges |= yj_region_cut(other, digits) == place;
	}
	return begin(l, merges ? place : common_region(v, n), v, n, digits, merges);
}

static int begin_all(struct look *l)
{
	const struct yj_config *c = l->g->config;
	const struct yj_outage_limits limits = {c->outage.share_pct, c->outage.least};
	yj_presence_each(l->g, count_gone, l);
	if (l->gone < (size_t)c->outage.least)
		return 0;
	yj_presence_each(l->g, collect, l);
	if (l->full)
		return YJ_ERR_NOMEM;
	int rc = sort_out_members(l);
	return rc < 0 ? rc : yj_outages_find(l->v, l->n, &limits, found, l);
}

static int end_all(struct look *l)
{
	struct yj_gateway *g = l->g;
	int rc = yj_outage_list(g->store, l->open, YJ_OUTAGES_MAX, &l->n_open);
	for (size_t i = 0; rc == 0 && i < l->n_open; i++) {
		int64_t members, away;
		rc = yj_outage_counts(g->store, l->open[i].incident, &members, &away);
		if (rc == 0 && away * 2 < members + (members == 0))
			rc = end(g, &l->open[i], members, NULL);
	}
	return rc;
}

static int look(struct yj_gateway *g)
{
	static struct look l; /* too big for the stack */
	l = (struct look){.g = g, .next_t = INT64_MAX};
	int rc = end_all(&l);
	if (rc == 0)
		rc = yj_outage_list(g->store, l.open, YJ_OUTAGES_MAX, &l.n_open);
	if (rc == 0)
		rc = begin_all(&l);
	free(l.v);
	g->outages.look_t = l.next_t;
	return rc;
}

int yj_outages_look(struct yj_gateway *g)
{
	if (!yj_space_spare(g)) {
		g->outages.look_t = g->now.t + 60000;
		return 0;
	}
	int rc = yj_store_mark(g->store);
	if (rc < 0)
		return rc;
	rc = look(g);
	if (rc == 0)
		return yj_store_keep(g->store);
	yj_store_undo(g->store);
	if (yj_dispatch_store_failed(rc))
		return rc;
	yj_log(YJ_LOG_ERR, "event=outage_look_failed error=%s store=\"%s\"", yj_err_name(rc),
	    yj_store_error(g->store));
	return 0;
}
