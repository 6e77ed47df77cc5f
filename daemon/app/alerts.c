#include "alerts.h"

#include <stdio.h>
#include <string.h>

#include "effects.h"
#include "floods.h"
#include "plans.h"
#include "presence.h"
#include "space.h"
#include "turn.h"

#define TS_MIN_MS 1577836800000LL /* 2020-01-01: before that a clock is not set */
#define TS_AHEAD_MS 86400000LL
#define EARLY_CANCEL_MS (10LL * 60 * 1000)
#define TEST_MS (5LL * 60 * 1000) /* a command's time, see commands.c */

/* One alert under way. */
struct alert {
	struct yj_gateway *g;
	const struct yj_event *event;
	const struct yj_raw *raw;
	struct yj_device device; /* id is set even if the directory does not know it */
	bool known;		 /* to the directory */
	bool stranger;		 /* not known, or no longer allowed */
	struct yj_whose whose;
	enum yj_kind kind;
	const char *id;
	const char *text;
	int64_t ts_ms;
	bool is_call;
	bool reused, flood, unplausible;
	unsigned char hash[YJ_HASH_LEN];
};

static int received(struct alert *a, int64_t incident, bool test)
{
	if (!a->id[0])
		return 0;
	return yj_effects_received(
	    a->g, a->event->family, a->event->speaker, a->id, incident, test);
}

#define SUBJECT_MAX (YJ_NAME_MAX + 16)

/* What an event of this message says of its device, and of whose it is. */
static struct yj_log_event event_of(
    const struct alert *a, enum yj_event_type type, char subject[SUBJECT_MAX])
{
	struct yj_log_event e = yj_event_of(type);
	snprintf(subject, SUBJECT_MAX, "device/%s", a->device.id);
	e.subject = subject;
	e.resident = a->whose.resident;
	e.device = a->device.id;
	e.alert = a->id[0] ? a->id : NULL;
	e.region = a->whose.region;
	e.via = "mqtt";
	return e;
}

static int reject(struct alert *a, enum yj_reason reason)
{
	struct yj_gateway *g = a->g;
	char sha256[65] = "", where[YJ_NAME_MAX + 1];
	snprintf(where, sizeof where, "%s", a->known ? a->device.id : "");
	yj_metrics_count_pair(&g->metrics, g->metrics.rejected, yj_reason_name(reason), where);
	if (!yj_space_spare(g) && reason != YJ_REASON_POISON)
		return 0;
	int rc = yj_rejected_add(g->store, g->now.utc_ms, a->raw->topic, a->event->speaker, reason,
	    a->raw->payload, a->raw->len, sha256);
	if (rc < 0 || a->flood)
		return rc;
	struct yj_log_event e = yj_event_of(YJ_EV_ALERT_REJECTED);
	char subject[YJ_NAME_MAX + 16] = "gateway";
	if (a->known) {
		snprintf(subject, sizeof subject, "device/%s", a->device.id);
		e.device = a->device.id;
	}
	e.subject = subject;
	e.alert = a->id[0] ? a->id : NULL;
	e.via = "mqtt";
	e.more = json_pack("{s:s, s:I, s:s}", "reason", yj_reason_name(reason), "length",
	    (json_int_t)a->raw->len, "sha256", sha256);
	rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

static int log_received(struct alert *a, int64_t incident, bool late, bool test)
{
	struct yj_gateway *g = a->g;
	char subject[SUBJECT_MAX], incident_id[YJ_NAME_MAX + 24];
	struct yj_log_event e = event_of(a, YJ_EV_ALERT_RECEIVED, subject);
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
	int rc = yj_gateway_log(g, &e);
	json_decref(e.more);
	return rc;
}

/* What the device's clock says, if it can be believed. */
static bool is_late(struct alert *a, int64_t stale_after_ms)
{
	const struct yj_now *now = &a->g->now;
	a->unplausible =
	    a->ts_ms < TS_MIN_MS || (now->utc_known && a->ts_ms > now->utc_ms + TS_AHEAD_MS);
	return !a->unplausible && now->utc_known && now->utc_ms - a->ts_ms > stale_after_ms;
}

static int fresh_incident(struct alert *a, struct yj_incident *inc)
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

static int open_or_join(struct alert *a, int64_t *incident)
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
	inc.late = fresh ? late : inc.late;
	inc.alerts++;
	char text[512];
	copy_text(text, sizeof text, a->text ? a->text : "");
	struct yj_turn turn = {
	    .inc = &inc,
	    .in = {.type = fresh ? YJ_IN_OPEN : YJ_IN_JOIN},
	    .actor = {.via = "mqtt"},
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
	if (rc == 0 && !a->flood && a->kind != YJ_KIND_UNREADABLE && !a->stranger)
		rc = log_received(a, inc.n, late, false);
	if (rc == 0)
		rc = yj_turn_run(g, &turn, NULL);
	*incident = inc.n;
	return rc;
}

static int withdraw(struct alert *a, int64_t incident)
{
	struct yj_gateway *g = a->g;
	struct yj_incident inc;
	bool own = false;
	int rc = yj_incident_load(g->store, incident, &inc);
	if (rc == 0)
		rc = yj_incident_own_calls(g->store, incident, a->device.id, &own);
	if (rc < 0)
		return rc;
	struct yj_turn turn = {
	    .inc = &inc,
	    .in = {.type = YJ_IN_WITHDRAW, .own_calls = own},
	    .actor = {.via = "mqtt"},
	    .device = a->device.id,
	    .alert = a->id,
	};
	return yj_turn_run(g, &turn, NULL);
}

/* A press that an installer or operator announced. */
static int take_test(struct alert *a, bool *taken)
{
	*taken = false;
	if (a->device.test_until_t == INT64_MAX || !a->is_call)
		return 0;
	const struct yj_plan *plan = NULL;
	struct yj_rules rules;
	struct yj_incident inc;
	int rc = fresh_incident(a, &inc); /* for its policy */
	if (rc == 0)
		rc = yj_plans_get(
		    a->g->plans, a->g->store, inc.policy_hash, a->kind, true, &plan, &rules);
	if (rc < 0 || !plan)
		return rc;
	/* a press from before any command that still counts is late too */
	int64_t stale_ms = plan->stale_after_ms < TEST_MS ? plan->stale_after_ms : TEST_MS;
	if (is_late(a, stale_ms) || a->g->now.t > a->device.test_until_t)
		return 0;
	*taken = true;
	return yj_device_test_set(a->g->store, a->device.id, INT64_MAX);
}

static int on_alert(struct alert *a, int64_t *incident)
{
	struct yj_gateway *g = a->g;
	bool test = false;
	int rc = 0;
	a->flood = yj_floods_count(g, a->device.id);
	yj_metrics_count(&g->metrics, &g->metrics.alerts[a->kind]);
	if (a->stranger) {
		rc = reject(a, a->known ? YJ_REASON_REVOKED_DEVICE : YJ_REASON_UNKNOWN_DEVICE);
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
				rc = a->stranger ? 0 : reject(a, YJ_REASON_UNBOUND_DEVICE);
				if (rc == 0 && a->flood)
					rc = yj_floods_add(g, a->device.id);
				return rc < 0 ? rc : received(a, 0, false);
			}
			a->kind = YJ_KIND_UNASSIGNED;
		}
		rc = open_or_join(a, incident);
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
	return rc < 0 ? rc : received(a, *incident, test);
}

static int on_cancel(struct alert *a, int64_t *incident)
{
	struct yj_gateway *g = a->g;
	const char *ref = a->event->msg.u.cancel.ref;
	if (a->stranger) {
		int rc = reject(a, a->known ? YJ_REASON_REVOKED_DEVICE : YJ_REASON_UNKNOWN_DEVICE);
		return rc < 0 ? rc : received(a, 0, false);
	}
	int rc = ref ? yj_dedupe_incident(g->store, ref, a->device.id, incident)
		     : yj_incident_newest_call(g->store, a->device.id, incident);
	if (rc == YJ_ERR_NOTFOUND && ref) {
		rc = yj_early_cancel_put(g->store, a->device.id, ref, g->now.t + EARLY_CANCEL_MS);
		return rc < 0 ? rc : received(a, 0, false);
	}
	struct yj_incident inc;
	if (rc == 0)
		rc = yj_incident_load(g->store, *incident, &inc);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	bool open = rc == 0 && inc.state != YJ_INC_RESOLVED && inc.state != YJ_INC_CANCELLED;
	rc = open ? withdraw(a, *incident) : reject(a, YJ_REASON_NO_CALL);
	return rc < 0 ? rc : received(a, *incident, false);
}

static int on_well(struct alert *a)
{
	if (a->stranger || !a->whose.resident[0]) {
		int rc = reject(a, !a->known	       ? YJ_REASON_UNKNOWN_DEVICE
				   : a->device.revoked ? YJ_REASON_REVOKED_DEVICE
						       : YJ_REASON_UNBOUND_DEVICE);
		return rc < 0 ? rc : received(a, 0, false);
	}
	char subject[SUBJECT_MAX];
	struct yj_log_event e = event_of(a, YJ_EV_RESIDENT_WELL, subject);
	snprintf(subject, sizeof subject, "resident/%s", a->whose.resident);
	int rc = yj_gateway_log(a->g, &e);
	return rc < 0 ? rc : received(a, 0, false);
}

static int log_checkin(struct alert *a, const struct yj_msg_checkin *m)
{
	char subject[SUBJECT_MAX];
	struct yj_log_event e = event_of(a, YJ_EV_CHECKIN, subject);
	e.caregiver = m->caregiver;
	e.more = json_pack("{s:s, s:s}", "method", yj_checkin_method_name(m->method), "type",
	    yj_checkin_type_name(m->type));
	int rc = e.more ? yj_gateway_log(a->g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

/* A check-in on the home's device is an arrival for all that is open there. */
static int arrive_all(struct alert *a, const char *caregiver)
{
	int64_t ns[32];
	size_t n = 0;
	int rc = yj_incident_open_at(
	    a->g->store, &a->whose, a->device.id, ns, sizeof ns / sizeof ns[0], &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct yj_incident inc;
		bool paged;
		rc = yj_incident_load(a->g->store, ns[i], &inc);
		struct yj_turn turn = {
		    .inc = &inc,
		    .in = {.type = YJ_IN_ARRIVE, .who = caregiver},
		    .actor = {.actor = a->device.id, .via = "checkin"},
		    .device = a->device.id,
		};
		if (rc == 0)
			rc = yj_turn_standing(a->g, &inc, caregiver, &turn.in, &paged);
		if (rc == 0)
			rc = yj_turn_run(a->g, &turn, NULL);
	}
	return rc;
}

static int on_checkin(struct alert *a)
{
	const struct yj_msg_checkin *m = &a->event->msg.u.checkin;
	struct yj_gateway *g = a->g;
	enum yj_reason no = YJ_REASON_NONE;
	struct yj_caregiver who;
	bool serves = false;
	int rc = 0;
	if (!a->known)
		no = YJ_REASON_UNKNOWN_DEVICE;
	else if (a->device.revoked)
		no = YJ_REASON_REVOKED_DEVICE;
	else if (!a->whose.assigned)
		no = YJ_REASON_UNBOUND_DEVICE;
	if (!no) {
		rc = yj_caregiver_find(g->store, m->caregiver, &who);
		if (rc == 0 && !who.gone)
			rc = yj_caregiver_serves(
			    g->store, m->caregiver, &a->whose, a->device.id, 0, &serves);
		if (rc < 0 && rc != YJ_ERR_NOTFOUND)
			return rc;
		no = serves ? YJ_REASON_NONE : YJ_REASON_CAREGIVER;
	}
	if (no) {
		rc = reject(a, no);
		return rc < 0 ? rc : received(a, 0, false);
	}
	rc = log_checkin(a, m);
	bool arrival = m->type == YJ_CHECKIN_VISIT && who.role != YJ_ROLE_MAINTENANCE &&
		       who.role != YJ_ROLE_PROVIDER;
	if (rc == 0 && arrival)
		rc = arrive_all(a, m->caregiver);
	return rc < 0 ? rc : received(a, 0, false);
}

/* The device as the directory has it, and whose it is. */
static int look_up(struct alert *a)
{
	struct yj_gateway *g = a->g;
	const char *name = a->event->speaker;
	int rc = strcmp(a->event->family->name, "native") == 0
		     ? yj_device_find(g->store, name, &a->device)
		     : yj_device_find_address(g->store, a->event->family->name, name, &a->device);
	a->known = rc == 0;
	if (rc == YJ_ERR_NOTFOUND) {
		snprintf(a->device.id, sizeof a->device.id, "%s", name);
		a->device.test_until_t = INT64_MAX;
		a->device.gone = true;
		rc = 0;
	}
	if (a->known && a->device.gone)
		a->device.revoked = true;
	a->stranger = !a->known || a->device.revoked;
	return rc < 0 ? rc : yj_whose_find(g->store, &a->device, &a->whose);
}

static int log_duplicate(struct alert *a, int64_t incident)
{
	struct yj_gateway *g = a->g;
	yj_metrics_count(&g->metrics, &g->metrics.duplicates);
	if (!yj_space_spare(g) || yj_floods_count_duplicate(g, a->device.id))
		return 0;
	char subject[SUBJECT_MAX], incident_id[YJ_NAME_MAX + 24];
	struct yj_log_event e = event_of(a, YJ_EV_ALERT_DUPLICATE, subject);
	if (incident) {
		yj_incident_id(g->store, incident, incident_id, sizeof incident_id);
		e.more = json_pack("{s:s}", "incident", incident_id);
	}
	int rc = yj_gateway_log(g, &e);
	json_decref(e.more);
	return rc;
}

static int by_type(struct alert *a, int64_t *incident)
{
	const struct yj_message *m = &a->event->msg;
	switch (m->type) {
	case YJ_TOPIC_CALL:
		a->kind = m->u.call.button;
		a->text = m->u.call.text;
		a->ts_ms = m->u.call.ts_ms;
		a->is_call = true;
		return on_alert(a, incident);
	case YJ_TOPIC_ALARM:
		a->kind = m->u.alarm.kind;
		a->text = m->u.alarm.text;
		a->ts_ms = m->u.alarm.ts_ms;
		return on_alert(a, incident);
	case YJ_TOPIC_CANCEL:
		return on_cancel(a, incident);
	case YJ_TOPIC_WELL:
		return on_well(a);
	case YJ_TOPIC_CHECKIN:
		return on_checkin(a);
	case YJ_TOPIC_HEARTBEAT:
	case YJ_TOPIC_VITAL:
	case YJ_TOPIC_VISIT:
	case YJ_TOPIC_DEV_STATE:
	case YJ_TOPIC_DOWN_CALL:
	case YJ_TOPIC_DOWN_VISIT:
	case YJ_TOPIC_INBOX:
	case YJ_TOPIC_REPLY:
	case YJ_TOPIC_RESULT:
	case YJ_TOPIC_GW_STATE:
	case YJ_TOPIC_LOG:
		break;
	}
	return 0;
}

static const char *message_id(const struct yj_message *m)
{
	switch (m->type) {
	case YJ_TOPIC_CALL:
		return m->u.call.id;
	case YJ_TOPIC_ALARM:
		return m->u.alarm.id;
	case YJ_TOPIC_CANCEL:
		return m->u.cancel.id;
	case YJ_TOPIC_WELL:
		return m->u.well.id;
	case YJ_TOPIC_CHECKIN:
		return m->u.checkin.id;
	case YJ_TOPIC_HEARTBEAT:
	case YJ_TOPIC_VITAL:
	case YJ_TOPIC_VISIT:
	case YJ_TOPIC_DEV_STATE:
	case YJ_TOPIC_DOWN_CALL:
	case YJ_TOPIC_DOWN_VISIT:
	case YJ_TOPIC_INBOX:
	case YJ_TOPIC_REPLY:
	case YJ_TOPIC_RESULT:
	case YJ_TOPIC_GW_STATE:
	case YJ_TOPIC_LOG:
		break;
	}
	return NULL;
}

/* What is not remembered by id: only strangers are of interest here. */
static int on_chatter(struct alert *a)
{
	a->id = "";
	if (!a->stranger)
		return 0;
	a->flood = yj_floods_count(a->g, a->device.id);
	int rc = reject(a, a->known ? YJ_REASON_REVOKED_DEVICE : YJ_REASON_UNKNOWN_DEVICE);
	return rc == 0 && a->flood ? yj_floods_add(a->g, a->device.id) : rc;
}

int yj_alerts_message(struct yj_gateway *g, const struct yj_event *event, const struct yj_raw *raw)
{
	struct alert a = {.g = g, .event = event, .raw = raw, .id = message_id(&event->msg)};
	int rc = look_up(&a);
	if (rc < 0)
		return rc;
	if (!a.id)
		return on_chatter(&a);
	if (!a.stranger)
		yj_presence_seen(g, a.device.id);
	yj_inbound_hash((int)event->msg.type, raw->payload, raw->len, a.hash);
	enum yj_seen seen;
	int64_t incident = 0;
	rc = yj_dedupe_check(g->store, a.id, a.device.id, a.hash, &seen, &incident, NULL, 0);
	if (rc < 0)
		return rc;
	if (seen == YJ_SEEN_SAME) {
		rc = log_duplicate(&a, incident);
		return rc < 0 ? rc : received(&a, incident, false);
	}
	a.reused = seen == YJ_SEEN_REUSED;
	rc = by_type(&a, &incident);
	if (rc == 0)
		rc = yj_dedupe_add(g->store, a.id, a.device.id, a.hash, g->now.t, incident, NULL);
	return rc;
}

int yj_alerts_refused(struct yj_gateway *g, const struct yj_event *event, const struct yj_raw *raw,
    enum yj_reason reason)
{
	struct alert a = {.g = g, .event = event, .raw = raw, .id = event->why.id};
	bool may_be_call = event->has_type && (event->topic_type == YJ_TOPIC_CALL ||
						  event->topic_type == YJ_TOPIC_ALARM);
	int rc = 0;
	bool from_device = event->speaker[0] && event->family &&
			   !(event->has_type && event->topic_type == YJ_TOPIC_REPLY);
	if (from_device)
		rc = look_up(&a);
	if (rc < 0)
		return rc;
	a.flood = yj_floods_count(g, a.device.id);
	int64_t incident = 0;
	enum yj_seen seen = YJ_SEEN_NEW;
	bool usable = from_device && !a.stranger;
	if (usable && may_be_call && a.id[0]) {
		yj_inbound_hash((int)event->topic_type, raw->payload, raw->len, a.hash);
		rc =
		    yj_dedupe_check(g->store, a.id, a.device.id, a.hash, &seen, &incident, NULL, 0);
		if (rc == 0 && seen == YJ_SEEN_SAME) {
			rc = log_duplicate(&a, incident);
			return rc < 0 ? rc : received(&a, incident, false);
		}
	}
	if (rc == 0)
		rc = reject(&a, reason);
	if (rc == 0 && a.flood)
		rc = yj_floods_add(g, a.device.id);
	if (rc < 0 || !from_device)
		return rc;
	if (usable && may_be_call) {
		a.kind = YJ_KIND_UNREADABLE;
		yj_metrics_count(&g->metrics, &g->metrics.alerts[a.kind]);
		rc = open_or_join(&a, &incident);
		if (rc == 0 && a.id[0])
			rc = yj_dedupe_add(
			    g->store, a.id, a.device.id, a.hash, g->now.t, incident, NULL);
	}
	return rc < 0 ? rc : received(&a, incident, false);
}
