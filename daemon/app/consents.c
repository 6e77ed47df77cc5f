#include "consents.h"

#include <stdio.h>
#include <string.h>

#include "away.h"
#include "core/consent.h"
#include "core/inactivity.h"
#include "life.h"
#include "plans.h"
#include "proto/time.h"
#include "store/consent.h"
#include "visits.h"

#define CALLS_MAX 64 /* of a resident at once, that are looked at */

/* A no holds whatever the clock says of its beginning, for clocks are put right. While nobody knows
 * the time, what ends at one has ended, and a no goes on. */
static bool holds(const struct yj_now *now, const struct yj_consent_row *row)
{
	int64_t at;
	if (!now->utc_known)
		return !row->granted || !row->until[0];
	if (row->granted && yj_away_begin(row->said_at, &at) && now->utc_ms < at)
		return false;
	if (!row->until[0])
		return true;
	return yj_away_end(row->until, &at) ? now->utc_ms < at : !row->granted;
}

static enum yj_near near_of(const struct yj_consent_row *row)
{
	enum yj_role role;
	if (!row->who[0])
		return YJ_NEAR_ALL;
	return yj_role_parse(row->who, &role) == 0 ? YJ_NEAR_ROLE : YJ_NEAR_PERSON;
}

/* What this resident says now of this caregiver. */
static int load(struct yj_gateway *g, const char *resident, const struct yj_caregiver *who,
    struct yj_consents *out)
{
	struct yj_consent_row rows[YJ_CONSENT_ROWS_MAX];
	size_t n;
	memset(out, 0, sizeof *out);
	int rc = yj_consents_of(g->store, resident, who->id, who->role, rows, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (holds(&g->now, &rows[i]))
			out->said[rows[i].kind][near_of(&rows[i])] =
			    rows[i].granted ? YJ_SAID_YES : YJ_SAID_NO;
	return rc;
}

static bool is_night(const struct yj_gateway *g)
{
	const struct yj_quiet night = {
	    g->config->visits.night_from_min, g->config->visits.night_until_min, 0};
	return !g->now.utc_known || yj_quiet_left(&night, yj_life_minute(g->now.utc_ms)) > 0;
}

/* Everybody else to whom the terminal is bound must have agreed to being seen. */
static int ask_others(struct yj_gateway *g, const char *resident, const struct yj_caregiver *who,
    const char *terminal, bool *agreed)
{
	struct yj_names there = {0};
	struct yj_consents c;
	int rc = yj_consents_residents_at(g->store, terminal, &there);
	*agreed = true;
	for (size_t i = 0; rc == 0 && *agreed && i < there.n; i++) {
		if (strcmp(there.v[i], resident) == 0)
			continue;
		rc = load(g, there.v[i], who, &c);
		*agreed = yj_consent_said(&c, YJ_CONSENT_SHARED_ROOM) == YJ_SAID_YES;
	}
	yj_names_done(&there);
	return rc;
}

static int look_for_help(struct yj_gateway *g, const char *resident, struct yj_consent_case *now)
{
	struct yj_consent_call calls[CALLS_MAX];
	size_t n;
	int rc = yj_consents_calls(g->store, resident, calls, CALLS_MAX, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct yj_plan *plan = NULL;
		struct yj_rules rules;
		if (!yj_kind_is_help(calls[i].kind))
			continue;
		rc = yj_plans_get(g->plans, g->store, calls[i].policy_hash, calls[i].kind,
		    calls[i].assigned, &plan, &rules);
		now->help_open = true;
		now->auto_connect |= rc == 0 && plan && plan->auto_connect;
	}
	return rc;
}

int yj_consents_judge(struct yj_gateway *g, const struct yj_whose *whose,
    const struct yj_caregiver *who, const struct yj_device *terminal, bool asked,
    struct yj_consents_verdict *out)
{
	struct yj_consents c;
	struct yj_consent_case now = {.night = is_night(g)};
	bool serves = false;
	memset(out, 0, sizeof *out);
	out->why = "not_yours";
	if (who->gone)
		return 0;
	int rc = yj_caregiver_serves(g->store, who->id, whose, terminal->id, 0, &serves);
	if (rc == 0)
		rc = load(g, whose->resident, who, &c);
	if (rc == 0)
		rc = yj_consents_shared(g->store, whose->resident, terminal->id, &now.shared);
	if (rc == 0)
		rc = ask_others(g, whose->resident, who, terminal->id, &now.shared_agreed);
	if (rc == 0)
		rc = look_for_help(g, whose->resident, &now);
	if (rc < 0)
		return rc;
	now.serves = serves || asked || who->role == YJ_ROLE_OPERATOR;
	struct yj_consent_verdict v = yj_consent_judge(&c, &now);
	out->may_visit = v.visit == YJ_WHY_NONE;
	out->auto_answer = v.auto_answer == YJ_WHY_NONE;
	out->rests_on = v.rests_on;
	out->why = out->may_visit ? "" : v.visit == YJ_WHY_STRANGER ? "not_yours" : "no_consent";
	return 0;
}

int yj_consents_stand(struct yj_gateway *g, const char *resident, const char *caregiver,
    unsigned rests_on, bool *stand)
{
	struct yj_caregiver who;
	struct yj_consents c;
	*stand = false;
	int rc = yj_caregiver_find(g->store, caregiver, &who);
	if (rc == YJ_ERR_NOTFOUND || (rc == 0 && who.gone))
		return 0;
	if (rc == 0)
		rc = load(g, resident, &who, &c);
	if (rc == 0)
		*stand = yj_consent_stands(&c, rests_on);
	return rc;
}

/* ── taking back ── */

static int log_withdrawal(struct yj_gateway *g, const struct yj_consents_withdrawal *w,
    const struct yj_actor *actor, int rows)
{
	struct yj_log_event e = yj_event_of(YJ_EV_DIRECTORY_CHANGED);
	char key[3 * YJ_NAME_MAX];
	snprintf(key, sizeof key, "%s/%s/%s", w->resident, yj_consent_name(w->kind), w->who);
	e.subject = "directory/consents";
	e.resident = w->resident;
	e.caregiver = w->caregiver;
	e.actor = actor->actor;
	e.via = actor->via;
	e.more = json_pack("{s:s, s:s, s:s, s:i}", "of", "consents", "change", "withdrawn", "key",
	    key, "rows", rows);
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

int yj_consents_withdraw(
    struct yj_gateway *g, const struct yj_consents_withdrawal *w, const struct yj_actor *actor)
{
	char now[YJ_RFC3339_LEN];
	int rows = 0;
	int rc = yj_consents_withdraw_rows(g->store, w->resident, w->kind, w->who, w->by,
	    g->now.utc_known ? yj_rfc3339_format(g->now.utc_ms, now) : NULL, &rows);
	if (rc == 0 && rows)
		rc = log_withdrawal(g, w, actor, rows);
	return rc < 0 ? rc : yj_visits_withdrawn(g, w->resident);
}

static bool is_id(const char *s)
{
	size_t n = strlen(s);
	return n <= YJ_NAME_MAX && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					     "0123456789_-") == n;
}

/* Only the family speaks for a resident, and only for theirs. */
static int may_withdraw(
    struct yj_gateway *g, const char *caregiver, const char *resident, bool *may)
{
	struct yj_caregiver who;
	int rc = yj_away_may(g, caregiver, resident);
	*may = false;
	if (rc == YJ_ERR_NOTFOUND || rc == YJ_ERR_DENIED)
		return 0;
	if (rc == 0)
		rc = yj_caregiver_find(g->store, caregiver, &who);
	*may = rc == 0 && who.role == YJ_ROLE_FAMILY;
	return rc;
}

int yj_consents_post(struct yj_gateway *g, const char *caregiver, const json_t *body,
    const struct yj_actor *actor, const char **no)
{
	const json_t *of = json_object_get(body, "who");
	const char *kind = json_string_value(json_object_get(body, "kind"));
	struct yj_consents_withdrawal w = {
	    .resident = json_string_value(json_object_get(body, "resident")),
	    .who = of && !json_is_null(of) ? json_string_value(of) : "",
	    .by = YJ_CONSENT_BY_FAMILY,
	    .caregiver = caregiver,
	};
	bool may;
	*no = "invalid";
	if (!w.resident || !w.resident[0] || !is_id(w.resident) || !w.who || !is_id(w.who) ||
	    !kind || yj_consent_parse(kind, &w.kind) < 0)
		return 0;
	*no = "not_yours";
	int rc = may_withdraw(g, caregiver, w.resident, &may);
	if (rc < 0 || !may)
		return rc;
	rc = yj_consents_withdraw(g, &w, actor);
	*no = rc == YJ_ERR_NOTFOUND ? "unknown_caregiver" : "";
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}
