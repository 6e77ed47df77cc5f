/* What calls and alarms do: open, join, test, and be taken back. */
#include <stdio.h>
#include <string.h>

#include "alert.h"
#include "diverts.h"
#include "floods.h"
#include "plans.h"
#include "silences.h"
#include "store/silence.h"
#include "turn.h"
#include "visits.h"

#define TS_MIN_MS 1577836800000LL /* 2020-01-01: before that a clock is not set */
#define TS_AHEAD_MS 86400000LL
#define EARLY_CANCEL_MS (10LL * 60 * 1000)
#define TEST_MS (5LL * 60 * 1000) /* a command's time, see commands.c */

static int log_received(struct yj_alert *a, int64_t incident, bool late, bool test)
{
	struct yj_gateway *g = a->g;
	char subject[YJ_ALERT_SUBJECT_MAX], incident_id[YJ_NAME_MAX + 24];
	struct yj_log_event e = yj_alert_event(a, YJ_EV_ALERT_RECEIVED, subject);
	e.kind = (int)a->kind;
	e.late = late;
	e.more = json_object();
	if (!e.more)
		return YJ_ERR_NOMEM;
	if (incident) {
		yj_incident_id(g->store, incident, incident_id, sizeof incident_id);
		json_object_set_new(e.more, "incident", json_string(incident_id));
	}
	if (a->reused)
		json_object_set_new(e.more, "id_reused", json_true());
	if (a->unplausible)
		json_object_set_new(e.more, "clock", json_string("unknown"));
	if (test)
		json_object_set_new(e.more, "test", json_true());
	if (a->silence) {
		yj_silence_id(g->store, a->silence, incident_id, sizeof incident_id);
		json_object_set_new(e.more, "silenced", json_string(incident_id));
	}
	int rc = yj_gateway_log(g, &e);
	json_decref(e.more);
	return rc;
}

/* What the device's clock says, if it can be believed. */
static bool is_late(struct yj_alert *a, int64_t stale_after_ms)
{
	const struct yj_now *now = &a->g->now;
	a->unplausible =
	    a->ts_ms < TS_MIN_MS || (now->utc_known && a->ts_ms > now->utc_ms + TS_AHEAD_MS);
	return !a->unplausible && now->utc_known && now->utc_ms - a->ts_ms > stale_after_ms;
}

static int fresh_incident(struct yj_alert *a, struct yj_incident *inc)
{
	struct yj_gateway *g = a->g;
	memset(inc, 0, sizeof *inc);
	inc->kind = a->kind;
	inc->whose = a->whose;
	inc->due = inc->paged_t = inc->closed_utc_ms = INT64_MAX;
	inc->opened_utc_ms = g->now.utc_ms;
	inc->opened_t = g->now.t;
	snprintf(inc->device, sizeof inc->device, "%s", a->device.id);
	int rc = yj_policy_by_name(g->store, a->whose.policy, inc->policy_hash);
	if (rc == YJ_ERR_NOTFOUND)
		rc = yj_policy_by_name(g->store, "default", inc->policy_hash);
	return rc;
}

/* As much as fits, in whole characters. */
static void copy_text(char *buf, size_t cap, const char *text)
{
	size_t len = strlen(text);
	if (len >= cap) {
		len = cap - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(buf, text, len);
	buf[len] = '\0';
}

int yj_calls_open_or_join(struct yj_alert *a, int64_t *incident)
{
	struct yj_gateway *g = a->g;
	struct yj_incident inc;
	int rc = yj_incident_find_open(g->store, a->whose.subject, a->kind, &inc);
	bool fresh = rc == YJ_ERR_NOTFOUND;
	if (fresh)
		rc = fresh_incident(a, &inc);
	if (rc < 0)
		return rc;
	const struct yj_plan *plan;
	struct yj_rules rules;
	rc = yj_plans_get(g->plans, g->store, inc.policy_hash, inc.kind, true, &plan, &rules);
	if (rc < 0)
		return rc;
	bool late = is_late(a, plan->stale_after_ms);
	bool diverted;
	rc = yj_diverts_now(g, a->device.id, &diverted);
	if (rc < 0)
		return rc;
	/* another device, or this one in its right mind again: everybody's after all */
	bool anew = !fresh && inc.diverted && !diverted;
	inc.diverted = diverted && (fresh || inc.diverted);
	inc.late = fresh ? late : inc.late;
	inc.alerts++;
	char text[512];
	copy_text(text, sizeof text, a->text ? a->text : "");
	struct yj_turn turn = {
	    .inc = &inc,
	    .in = {.type = fresh ? YJ_IN_OPEN : YJ_IN_JOIN, .anew = anew},
	    .actor = {.via = yj_alert_via(a)},
	    .text = a->text ? text : NULL,
	    .device = a->device.id,
	    .alert = a->id[0] ? a->id : NULL,
	    .quiet_join = a->flood,
	};
	if (fresh) { /* the number is needed by the device's row, which the first step reads */
		rc = yj_incident_reserve(g->store, &inc.n);
		if (rc < 0)
			return rc;
	}
	if (a->id[0])
		rc = yj_incident_device_note(g->store, inc.n, a->device.id, a->id, a->is_call);
	if (rc == 0 && !a->flood && !a->found && a->kind != YJ_KIND_UNREADABLE && !a->stranger)
		rc = log_received(a, inc.n, late, false);
	if (rc == 0)
		rc = yj_turn_run(g, &turn, NULL);
	*incident = inc.n;
	return rc;
}

static int withdraw(struct yj_alert *a, int64_t incident)
{
	struct yj_gateway *g = a->g;
	struct yj_incident inc;
	bool own = false;
	int rc = yj_incident_load(g->store, incident, &inc);
	if (rc == 0)
		rc = yj_incident_own_calls(g->store, incident, a->device.id, &a->whose, &own);
	if (rc < 0)
		return rc;
	struct yj_turn turn = {
	    .inc = &inc,
	    .in = {.type = YJ_IN_WITHDRAW, .own_calls = own},
	    .actor = {.via = yj_alert_via(a)},
	    .device = a->device.id,
	    .alert = a->id,
	};
	return yj_turn_run(g, &turn, NULL);
}

/* How old an alert of this kind may be before it is late. */
static int find_stale_after(struct yj_alert *a, int64_t *ms)
{
	const struct yj_plan *plan = NULL;
	struct yj_rules rules;
	struct yj_incident inc;
	int rc = fresh_incident(a, &inc); /* for its policy */
	if (rc == 0)
		rc = yj_plans_get(
		    a->g->plans, a->g->store, inc.policy_hash, a->kind, true, &plan, &rules);
	if (rc == 0)
		*ms = plan->stale_after_ms;
	return rc;
}

/* A press that an installer or operator announced. */
static int take_test(struct yj_alert *a, bool *taken)
{
	int64_t stale_ms = 0;
	*taken = false;
	if (a->device.test_until_t == INT64_MAX || !a->is_call)
		return 0;
	int rc = find_stale_after(a, &stale_ms);
	if (rc < 0)
		return rc;
	/* a press from before any command that still counts is late too */
	if (stale_ms > TEST_MS)
		stale_ms = TEST_MS;
	if (is_late(a, stale_ms) || a->g->now.t > a->device.test_until_t)
		return 0;
	*taken = true;
	return yj_device_test_done(a->g->store, a->device.id, a->whose.resident, a->g->now.utc_ms);
}

/* A lesser alert under a silence opens nothing; one of an incident that is open joins it. */
static int mute(struct yj_alert *a)
{
	struct yj_gateway *g = a->g;
	struct yj_incident open;
	int64_t silence = 0, stale_ms = 0;
	int rc = yj_silences_match(g, a->device.id, &a->whose, a->kind, &silence);
	if (rc < 0 || !silence)
		return rc;
	rc = yj_incident_find_open(g->store, a->whose.subject, a->kind, &open);
	if (rc != YJ_ERR_NOTFOUND)
		return rc;
	a->silence = silence;
	rc = yj_silence_count(g->store, silence);
	if (a->found)
		return rc;
	if (rc == 0)
		rc = find_stale_after(a, &stale_ms);
	if (rc == 0 && a->flood)
		return yj_floods_add(g, a->device.id);
	return rc < 0 ? rc : log_received(a, 0, is_late(a, stale_ms), false);
}

int yj_calls_alert(struct yj_alert *a, int64_t *incident)
{
	struct yj_gateway *g = a->g;
	bool test = false;
	int rc = 0;
	a->flood = yj_floods_count(g, a->device.id);
	yj_metrics_count(&g->metrics, &g->metrics.alerts[a->kind]);
	if (a->stranger) {
		rc = yj_alert_reject(
		    a, a->known ? YJ_REASON_REVOKED_DEVICE : YJ_REASON_UNKNOWN_DEVICE);
		if (rc < 0)
			return rc;
	} else {
		rc = take_test(a, &test);
	}
	if (rc < 0)
		return rc;
	if (!test) {
		if (!a->whose.assigned) {
			if (!yj_kind_is_help(a->kind) && !a->is_call) {
				rc = a->stranger ? 0 : yj_alert_reject(a, YJ_REASON_UNBOUND_DEVICE);
				if (rc == 0 && a->flood)
					rc = yj_floods_add(g, a->device.id);
				return rc < 0 ? rc : yj_alert_received(a, 0, false);
			}
			a->kind = YJ_KIND_UNASSIGNED;
		}
		rc = mute(a);
		if (rc < 0 || a->silence)
			return rc < 0 ? rc : yj_alert_received(a, 0, false);
		rc = yj_calls_open_or_join(a, incident);
		if (rc == 0)
			rc = yj_visits_help(g, a, *incident);
		if (rc == 0 && a->flood)
			rc = yj_floods_add(g, a->device.id);
		bool found = false;
		if (rc == 0 && a->is_call)
			rc = yj_early_cancel_take(g->store, a->device.id, a->id, g->now.t, &found);
		if (rc == 0 && found)
			rc = withdraw(a, *incident);
	} else {
		is_late(a, 0);
		rc = log_received(a, 0, false, true);
	}
	return rc < 0 ? rc : yj_alert_received(a, *incident, test);
}

int yj_calls_found(struct yj_alert *a, int64_t *incident)
{
	a->id = "";
	a->ts_ms = a->g->now.utc_ms;
	a->found = true;
	int rc = mute(a);
	return rc < 0 || a->silence ? rc : yj_calls_open_or_join(a, incident);
}

int yj_calls_cancel(struct yj_alert *a, int64_t *incident)
{
	struct yj_gateway *g = a->g;
	const char *ref = a->event->msg.u.cancel.ref;
	if (a->stranger) {
		int rc = yj_alert_reject(
		    a, a->known ? YJ_REASON_REVOKED_DEVICE : YJ_REASON_UNKNOWN_DEVICE);
		return rc < 0 ? rc : yj_alert_received(a, 0, false);
	}
	int rc = ref ? yj_dedupe_incident(g->store, ref, a->device.id, incident)
		     : yj_incident_newest_call(g->store, a->device.id, incident);
	if (rc == YJ_ERR_NOTFOUND && ref) {
		rc = yj_early_cancel_put(g->store, a->device.id, ref, g->now.t + EARLY_CANCEL_MS);
		return rc < 0 ? rc : yj_alert_received(a, 0, false);
	}
	struct yj_incident inc;
	if (rc == 0)
		rc = yj_incident_load(g->store, *incident, &inc);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	bool open = rc == 0 && inc.state != YJ_INC_RESOLVED && inc.state != YJ_INC_CANCELLED;
	rc = open ? withdraw(a, *incident) : yj_alert_reject(a, YJ_REASON_NO_CALL);
	return rc < 0 ? rc : yj_alert_received(a, *incident, false);
}
