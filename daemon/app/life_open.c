/* What becomes of a silence that is long enough, and of a sign that somebody waited for. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "dispatch.h"
#include "life_inside.h"
#include "notices.h"
#include "proto/time.h"
#include "space.h"
#include "texts.h"
#include "turn.h"

#define DARK_MS 3600000 /* who comes out of an outage is given the time to be heard */
#define AGAIN_MS 300000 /* after a failure */

static int fresh_incident(
    struct yj_gateway *g, const struct yj_whose *whose, struct yj_incident *inc)
{
	memset(inc, 0, sizeof *inc);
	inc->kind = YJ_KIND_INACTIVITY;
	inc->whose = *whose;
	inc->due = inc->paged_t = inc->closed_utc_ms = INT64_MAX;
	inc->opened_utc_ms = g->now.utc_ms;
	inc->opened_t = g->now.t;
	int rc = yj_policy_by_name(g->store, whose->policy, inc->policy_hash);
	if (rc == YJ_ERR_NOTFOUND)
		rc = yj_policy_by_name(g->store, "default", inc->policy_hash);
	return rc < 0 ? rc : yj_incident_reserve(g->store, &inc->n);
}

static int open_incident(
    struct yj_gateway *g, struct yj_life_one *e, const struct yj_life_facts *facts)
{
	struct yj_whose whose;
	struct yj_incident inc;
	char text[256];
	int rc = yj_whose_resident(g->store, e->id, &whose);
	if (rc == 0)
		rc = fresh_incident(g, &whose, &inc);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	yj_text_silence(g->config->gateway.language, g->now.utc_known ? e->utc_ms : INT64_MAX,
	    (yj_life_clock(g) - e->heard_ms) / 60000, facts->online == 0, text, sizeof text);
	struct yj_turn turn = {
	    .inc = &inc, .in = {.type = YJ_IN_OPEN}, .actor = {"", ""}, .text = text};
	rc = yj_turn_run(g, &turn, NULL);
	if (rc == 0)
		e->flags |= YJ_LIFE_OPEN;
	/* without a sensor they are missed again only after another sign */
	if (rc == 0 && facts->sensors == 0)
		e->flags = (uint16_t)(e->flags & ~YJ_LIFE_EXPECTED);
	return rc;
}

/* The memory may be behind the directory: what stands there counts. */
static int judge(struct yj_gateway *g, struct yj_life_one *e)
{
	struct yj_life_facts facts;
	struct yj_quiet quiet = yj_life_quiet(g);
	bool dark = false;
	int rc = yj_life_facts(g->store, e->id, &facts);
	if (rc < 0)
		return rc;
	yj_life_apply(g, e, &facts);
	int minute = g->now.utc_known ? yj_life_minute(g->now.utc_ms) : -1;
	int64_t silent = yj_life_clock(g) - e->heard_ms;
	if (!e->limit_ms || (e->flags & (YJ_LIFE_RESTS | YJ_LIFE_OPEN)) ||
	    !yj_inactivity_is_due(silent, e->limit_ms, &quiet, minute))
		return 0;
	/* whoever works on the outage has the home on the list */
	rc = yj_life_dark(g->store, e->id, g->now.utc_ms - DARK_MS, &dark);
	if (rc < 0 || dark)
		return rc;
	return open_incident(g, e, &facts);
}

/* Runs one item such that it alone is undone when it fails. */
static int guarded(struct yj_gateway *g, struct yj_life_one *e,
    int (*run)(struct yj_gateway *g, struct yj_life_one *e))
{
	int rc = yj_store_mark(g->store);
	if (rc < 0)
		return rc;
	size_t counted = yj_metrics_mark(&g->metrics);
	rc = run(g, e);
	if (rc == 0)
		return yj_store_keep(g->store);
	yj_store_undo(g->store);
	yj_metrics_undo(&g->metrics, counted);
	if (yj_dispatch_store_failed(rc))
		return rc;
	e->not_before_ms = yj_life_clock(g) + AGAIN_MS;
	yj_log(YJ_LOG_ERR, "event=life_failed error=%s store=\"%s\"", yj_err_name(rc),
	    yj_store_error(g->store));
	return 0;
}

int yj_life_open_due(struct yj_gateway *g, void *arg)
{
	struct yj_life *l = g->life;
	int rc = 0;
	(void)arg;
	for (size_t i = 0; rc == 0 && i < l->n_due; i++) {
		l->n_opened++;
		yj_life_at_hand(&l->v[l->due[i]]);
		rc = guarded(g, &l->v[l->due[i]], judge);
	}
	return rc;
}

/* ── a sign that somebody waited for ── */

static int log_heard(struct yj_gateway *g, const struct yj_incident *inc)
{
	struct yj_log_event e = yj_event_of(YJ_EV_INCIDENT_NOTED);
	e.incident = inc->n;
	e.resident = inc->whose.resident;
	e.kind = (int)inc->kind;
	e.level = (int)inc->level;
	e.region = inc->whose.region;
	e.more = json_pack("{s:s, s:s}", "code", "other", "reason", "sign_of_life");
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

/* It may have been a cat: those who were asked hear of it, and go on. */
static int tell_paged(struct yj_gateway *g, struct yj_life_one *e)
{
	struct yj_whose whose;
	struct yj_incident inc = {.n = 0};
	struct yj_names names = {0};
	char name[YJ_CALLED_MAX + 1] = "", text[512];
	int rc = yj_whose_resident(g->store, e->id, &whose);
	if (rc == 0)
		rc = yj_incident_find_open(g->store, whose.subject, YJ_KIND_INACTIVITY, &inc);
	if (rc == 0)
		rc = yj_resident_name(g->store, e->id, name, sizeof name);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	yj_text_heard(g->config->gateway.language, name, text, sizeof text);
	rc = yj_incident_note_add(g->store, inc.n, "", text, g->now.utc_ms);
	if (rc == 0)
		rc = log_heard(g, &inc);
	if (rc == 0)
		rc = yj_people_of(g->store, inc.n, false, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		rc = yj_notices_tell(g, YJ_NOTICE_OTHER, names.v[i], text, false, NULL);
		if (rc == YJ_ERR_NOTFOUND)
			rc = 0;
	}
	yj_names_done(&names);
	e->flags |= YJ_LIFE_TOLD;
	return rc;
}

/* A sign of the home itself says that they are back; one of a button that it may be carried about,
 * and those who are paged should know of the journey: then they are only missed again. */
static int come_back(struct yj_gateway *g, struct yj_life_one *e)
{
	struct yj_life_facts facts;
	int rc = yj_life_facts(g->store, e->id, &facts);
	if (rc < 0 || !facts.there)
		return rc;
	bool away = strcmp(facts.status, "away") == 0;
	if (away && e->how != YJ_LIFE_PRESS) {
		rc = yj_life_status_set(g->store, e->id, "active", "");
		if (rc == 0)
			rc = yj_commands_log_change(g, "", "residents", e->id, "back", 1);
		facts.status[0] = '\0';
		away = false;
	}
	if (rc < 0)
		return rc;
	if (away || facts.elsewhere)
		e->flags |= YJ_LIFE_BACK;
	yj_life_apply(g, e, &facts);
	return 0;
}

static int one_news(struct yj_gateway *g, struct yj_life_one *e)
{
	if (e->flags & YJ_LIFE_RESTS)
		return come_back(g, e);
	return e->flags & YJ_LIFE_OPEN ? tell_paged(g, e) : 0;
}

bool yj_life_has_news(const struct yj_gateway *g)
{
	return g->life->news > 0;
}

int yj_life_news(struct yj_gateway *g)
{
	struct yj_life *l = g->life;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < l->n && l->news; i++) {
		struct yj_life_one *e = &l->v[i];
		if (!(e->flags & YJ_LIFE_NEWS))
			continue;
		yj_life_at_hand(e);
		e->flags = (uint16_t)(e->flags & ~YJ_LIFE_NEWS);
		l->news--;
		l->n_news++;
		if (yj_space_spare(g))
			rc = guarded(g, e, one_news);
	}
	return rc;
}

/* ── for people ── */

static const char *why_not(const struct yj_life_one *e, const struct yj_life_facts *f)
{
	if (e->flags & YJ_LIFE_OPEN)
		return "incident_open";
	if ((e->flags & YJ_LIFE_RESTS) && f->status[0] && strcmp(f->status, "active") != 0)
		return f->status;
	if (e->flags & YJ_LIFE_RESTS)
		return "bed_elsewhere";
	if (f->limit_ms == 0)
		return "off";
	return e->limit_ms ? NULL : "no_sensor";
}

int yj_life_json(struct yj_gateway *g, const char *resident, json_t **out)
{
	struct yj_life_one *e = yj_life_find(g->life, resident);
	struct yj_life_facts facts;
	struct yj_quiet quiet = yj_life_quiet(g);
	char last[YJ_RFC3339_LEN], due[YJ_RFC3339_LEN];
	if (!e)
		return YJ_ERR_NOTFOUND;
	int rc = yj_life_facts(g->store, resident, &facts);
	if (rc < 0)
		return rc;
	yj_life_apply(g, e, &facts);
	const char *why = why_not(e, &facts);
	int64_t left = e->heard_ms + e->limit_ms - yj_life_clock(g);
	int64_t enough = g->now.utc_ms + (left > 0 ? left : 0);
	yj_rfc3339_format(yj_inactivity_due(enough, &quiet, yj_life_minute), due);
	*out = json_pack("{s:s, s:s*, s:s*, s:b}", "last_sign", yj_rfc3339_format(e->utc_ms, last),
	    "missed_at", why ? NULL : due, "rests", why, "watched", why == NULL);
	return *out ? 0 : YJ_ERR_NOMEM;
}
