#include "pager.h"

#include <stdio.h>
#include <string.h>

#include "channels.h"
#include "lanes.h"
#include "outages.h"
#include "ways.h"

#define CLOSED_AGAIN_MS (24LL * 3600 * 1000) /* an older end concerns no home any more */

static int add_row(struct yj_gateway *g, struct yj_outbox_row *row)
{
	int rc = yj_outbox_add(g->store, row, g->now.utc_ms);
	if (rc == 0)
		yj_lanes_wake(g);
	return rc;
}

/* A channel may stand elsewhere in the list by now (night has come), so the next one is the first
 * that this page has not been sent over. */
static int next_way(
    struct yj_gateway *g, const struct yj_outbox_row *row, char *channel, size_t cap)
{
	struct yj_caregiver who;
	struct yj_ways ways;
	struct yj_names used = {0};
	int rc = yj_caregiver_find(g->store, row->target, &who);
	if (rc == YJ_ERR_NOTFOUND || (rc == 0 && who.gone))
		return 0;
	if (rc < 0)
		return rc;
	yj_ways_get(g, &who, &ways);
	if (ways.n == 1 && strcmp(ways.v[0], row->channel) == 0)
		return 0;
	rc = yj_outbox_page_channels(g->store, row->page, &used);
	for (size_t i = 0; rc == 0 && i < ways.n && !channel[0]; i++)
		if (!yj_names_have(&used, ways.v[i]))
			snprintf(channel, cap, "%s", ways.v[i]);
	yj_names_done(&used);
	return rc;
}

static int begin_next(struct yj_gateway *g, struct yj_outbox_row *row, bool *begun)
{
	int left, last;
	char channel[sizeof row->channel] = "";
	*begun = false;
	int rc = yj_outbox_page_left(g->store, row->page, false, &left, &last);
	if (rc < 0 || last > row->chain)
		return rc;
	rc = next_way(g, row, channel, sizeof channel);
	if (rc < 0 || !channel[0])
		return rc;
	memcpy(row->channel, channel, sizeof row->channel);
	row->n = 0;
	row->chain++;
	row->due_t = g->now.t;
	row->status = YJ_DELIVERY_PENDING;
	row->attempts = 0;
	rc = add_row(g, row);
	*begun = rc == 0;
	return rc;
}

int yj_pager_has_next(struct yj_gateway *g, const struct yj_outbox_row *row, bool *has)
{
	char channel[sizeof row->channel] = "";
	int rc = next_way(g, row, channel, sizeof channel);
	*has = channel[0] != '\0';
	return rc;
}

int yj_pager_next_channel(struct yj_gateway *g, const struct yj_outbox_row *row, bool at_once)
{
	struct yj_outbox_row next = *row;
	bool begun;
	int rc;
	do {
		rc = begin_next(g, &next, &begun);
	} while (rc == 0 && begun && at_once && yj_channels_down(g, next.channel));
	return rc;
}

/* Nobody is rung up for news if they can be written to. */
static size_t first_for_news(const struct yj_ways *ways)
{
	size_t first = 0;
	while (first + 1 < ways->n && strcmp(ways->v[first], "voice") == 0)
		first++;
	return first;
}

/* One message to one person: a delivery over their first channel, and over the next ones at once
 * while those before are known to be down and it is a call for help. */
static int send_to(struct yj_gateway *g, const struct yj_incident *inc,
    const struct yj_caregiver *who, enum yj_page_state say, const char *said,
    const struct yj_state *state)
{
	struct yj_outbox_row row = {
	    .due_t = g->now.t,
	    .status = YJ_DELIVERY_PENDING,
	    .incident = inc->n,
	    .say = (int)say,
	    .level = state->level,
	    .round = state->round,
	};
	snprintf(row.target, sizeof row.target, "%s", who->id);
	snprintf(row.said, sizeof row.said, "%s", said);
	bool page = say == YJ_PAGE_OPEN || say == YJ_PAGE_JOINED || say == YJ_PAGE_REMIND;
	struct yj_ways ways;
	yj_ways_get(g, who, &ways);
	bool news = !page || strcmp(said, "-") == 0;
	size_t first = news ? first_for_news(&ways) : 0;
	snprintf(row.channel, sizeof row.channel, "%s", ways.v[first]);
	int rc = add_row(g, &row);
	if (rc < 0 || !page || !yj_kind_is_help(inc->kind))
		return rc;
	return yj_channels_down(g, row.channel) ? yj_pager_next_channel(g, &row, true) : 0;
}

/* Asks one person of a set, unless they are the one who has just failed or have declined. */
static int ask(struct yj_gateway *g, const struct yj_incident *inc, const struct yj_act *a,
    const char *id, const struct yj_state *state, bool *asked)
{
	*asked = false;
	bool summoned = a->set == YJ_SET_ONE;
	bool of_level = a->set == YJ_SET_LEVEL || a->set == YJ_SET_OTHERS;
	if (a->set == YJ_SET_OTHERS && strcmp(id, a->who) == 0)
		return 0;
	struct yj_person p = {.status = YJ_PERSON_INFORMED};
	int rc = yj_person_get(g->store, inc->n, id, &p);
	bool known = rc == 0;
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	if (of_level && p.status == YJ_PERSON_DECLINED)
		return 0;
	struct yj_caregiver who;
	rc = yj_caregiver_find(g->store, id, &who);
	if (rc < 0)
		return rc;
	snprintf(p.caregiver, sizeof p.caregiver, "%s", id);
	/* whoever is paged by hand counts for a round only if that round waits for them already */
	if (!summoned)
		p.round = state->round;
	else if (p.status != YJ_PERSON_ASKED)
		p.round = 0;
	p.status = YJ_PERSON_ASKED;
	p.flags |= summoned ? YJ_PERSON_SUMMONED : 0;
	p.level = state->level;
	rc = yj_person_put(g->store, inc->n, &p);
	if (rc == 0 && known) {
		rc = yj_outbox_overtake_page(g->store, inc->n, id);
		yj_lanes_note_called_off(g, inc->n, id);
	}
	if (rc == 0)
		rc = send_to(g, inc, &who, a->say, "", state);
	*asked = rc == 0;
	return rc;
}

/* Whoever answered is told something more: their standing stays. */
static int tell_answerer(struct yj_gateway *g, const struct yj_incident *inc,
    const struct yj_act *a, const struct yj_state *state)
{
	struct yj_caregiver who;
	int rc = yj_caregiver_find(g->store, a->who, &who);
	if (rc == 0)
		rc = send_to(g, inc, &who, a->say, "", state);
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

static int expand_level(struct yj_gateway *g, const struct yj_incident *inc,
    const struct yj_plan *plan, uint32_t level, struct yj_names *names)
{
	if (!plan)
		return inc->diverted ? yj_people_seats(g->store, names)
				     : yj_people_desk(g->store, names);
	if (inc->kind == YJ_KIND_OUTAGE)
		return yj_outages_expand(
		    g, inc, plan->levels[level].to, plan->levels[level].n, names);
	return yj_people_expand(
	    g->store, &inc->whose, plan->levels[level].to, plan->levels[level].n, names);
}

static int expand(struct yj_gateway *g, const struct yj_incident *inc, const struct yj_plan *plan,
    const struct yj_act *a, const struct yj_state *state, struct yj_names *names)
{
	int rc = 0;
	switch (a->set) {
	case YJ_SET_LEVEL:
	case YJ_SET_OTHERS:
		return expand_level(g, inc, plan, state->level, names);
	case YJ_SET_EVERYONE:
		rc = expand_level(g, inc, plan, state->level, names);
		return rc < 0 ? rc : yj_people_of(g->store, inc->n, false, names);
	case YJ_SET_DESK:
		return yj_people_desk(g->store, names);
	case YJ_SET_ONE:
		return yj_names_add(names, a->who);
	}
	return YJ_ERR_INVAL;
}

int yj_pager_page(struct yj_gateway *g, const struct yj_incident *inc, const struct yj_plan *plan,
    const struct yj_act *a, const struct yj_state *state, uint32_t *people)
{
	if (a->set == YJ_SET_ONE && a->say != YJ_PAGE_OPEN) {
		*people = 1;
		return tell_answerer(g, inc, a, state);
	}
	struct yj_names names = {0};
	uint32_t n = 0;
	int rc = expand(g, inc, plan, a, state, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		bool asked;
		rc = ask(g, inc, a, names.v[i], state, &asked);
		n += asked;
	}
	yj_names_done(&names);
	*people = n;
	return rc;
}

/* At the opening: those who are informed and were not asked. */
static int tell_informed(struct yj_gateway *g, const struct yj_incident *inc,
    const struct yj_plan *plan, const struct yj_state *state)
{
	struct yj_names names = {0};
	int rc = plan
		     ? yj_people_expand(g->store, &inc->whose, plan->inform, plan->n_inform, &names)
		     : 0;
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		struct yj_person p = {.status = YJ_PERSON_INFORMED};
		rc = yj_person_get(g->store, inc->n, names.v[i], &p);
		bool asked = rc == 0 && p.status == YJ_PERSON_ASKED;
		if (rc < 0 && rc != YJ_ERR_NOTFOUND)
			break;
		snprintf(p.caregiver, sizeof p.caregiver, "%s", names.v[i]);
		p.flags |= YJ_PERSON_INFORM;
		rc = yj_person_put(g->store, inc->n, &p);
		struct yj_caregiver who;
		if (rc == 0 && !asked) {
			rc = yj_caregiver_find(g->store, names.v[i], &who);
			if (rc == 0)
				rc = send_to(g, inc, &who, YJ_PAGE_OPEN, "-", state);
		}
	}
	yj_names_done(&names);
	return rc;
}

/* Is this person's first channel for news an SMS? Their own deed is no news worth one: they were
 * told what became of it where they answered. */
static bool reads_sms(struct yj_gateway *g, const struct yj_caregiver *who)
{
	struct yj_ways ways;
	yj_ways_get(g, who, &ways);
	return strncmp(ways.v[first_for_news(&ways)], "sms", 3) == 0;
}

int yj_pager_tell(struct yj_gateway *g, const struct yj_incident *inc, const struct yj_plan *plan,
    const struct yj_act *a, const struct yj_state *state)
{
	if (a->say == YJ_PAGE_OPEN)
		return tell_informed(g, inc, plan, state);
	struct yj_names names = {0};
	int rc = yj_people_of(g->store, inc->n, true, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		struct yj_caregiver who;
		rc = yj_caregiver_find(g->store, names.v[i], &who);
		if (rc == 0 && !(strcmp(who.id, a->who) == 0 && reads_sms(g, &who)))
			rc = send_to(g, inc, &who, a->say, a->who, state);
	}
	yj_names_done(&names);
	return rc;
}

static int tell_home(struct yj_gateway *g, int64_t incident, const char *device,
    enum yj_home_state say, const char *by)
{
	struct yj_outbox_row row = {
	    .due_t = g->now.t,
	    .status = YJ_DELIVERY_PENDING,
	    .incident = incident,
	    .home = true,
	    .say = (int)say,
	    .channel = "mqtt",
	};
	snprintf(row.target, sizeof row.target, "%s", device);
	snprintf(row.said, sizeof row.said, "%s", by);
	int rc = yj_outbox_overtake_home(g->store, incident, device);
	return rc < 0 ? rc : add_row(g, &row);
}

int yj_pager_home(struct yj_gateway *g, const struct yj_incident *inc, const struct yj_act *a)
{
	struct yj_names devices = {0};
	int rc = yj_incident_devices(g->store, inc->n, (int)a->home, &devices);
	for (size_t i = 0; rc == 0 && i < devices.n; i++)
		rc = tell_home(g, inc->n, devices.v[i], a->home, a->who);
	yj_names_done(&devices);
	return rc;
}

/* The end is told once more at most: it may have come while nobody was there to hear it. */
static int tell_again(struct yj_gateway *g, int64_t incident, const char *device)
{
	struct yj_incident_device d;
	char by[YJ_NAME_MAX + 1] = "";
	int rc = yj_incident_device_get(g->store, incident, device, &d);
	if (rc < 0 || d.told == YJ_HOME_RECEIVED)
		return rc;
	rc = yj_outbox_home_said(g->store, incident, device, d.told, by, sizeof by);
	if (rc == 0 || rc == YJ_ERR_NOTFOUND)
		rc = tell_home(g, incident, device, d.told, by);
	if (rc == 0 && d.told == YJ_HOME_CLOSED)
		rc = yj_incident_device_told(g->store, incident, device, YJ_HOME_RECEIVED);
	return rc;
}

int yj_pager_home_again(struct yj_gateway *g, const char *device)
{
	int64_t ns[16];
	size_t n;
	int rc = yj_incident_of_device(
	    g->store, device, g->now.utc_ms - CLOSED_AGAIN_MS, ns, sizeof ns / sizeof ns[0], &n);
	while (rc == 0 && n)
		rc = tell_again(g, ns[--n], device);
	return rc;
}
