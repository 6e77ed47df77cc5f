#include "alerts.h"

#include <stdio.h>
#include <string.h>

#include "alert.h"
#include "floods.h"
#include "life.h"
#include "presence.h"
#include "space.h"
#include "visits.h"

/* The device as the directory has it, and whose it is. */
static int look_up(struct yj_alert *a)
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

static int log_duplicate(struct yj_alert *a, int64_t incident)
{
	struct yj_gateway *g = a->g;
	yj_metrics_count(&g->metrics, &g->metrics.duplicates);
	if (!yj_space_spare(g) || yj_floods_count_duplicate(g, a->device.id))
		return 0;
	char subject[YJ_ALERT_SUBJECT_MAX], incident_id[YJ_NAME_MAX + 24];
	struct yj_log_event e = yj_alert_event(a, YJ_EV_ALERT_DUPLICATE, subject);
	if (incident) {
		yj_incident_id(g->store, incident, incident_id, sizeof incident_id);
		e.more = json_pack("{s:s}", "incident", incident_id);
	}
	int rc = yj_gateway_log(g, &e);
	json_decref(e.more);
	return rc;
}

static int by_type(struct yj_alert *a, int64_t *incident)
{
	const struct yj_message *m = &a->event->msg;
	switch (m->type) {
	case YJ_TOPIC_CALL:
		a->kind = m->u.call.button;
		a->text = m->u.call.text;
		a->ts_ms = m->u.call.ts_ms;
		a->is_call = true;
		return yj_calls_alert(a, incident);
	case YJ_TOPIC_ALARM:
		a->kind = m->u.alarm.kind;
		a->text = m->u.alarm.text;
		a->ts_ms = m->u.alarm.ts_ms;
		return yj_calls_alert(a, incident);
	case YJ_TOPIC_CANCEL:
		return yj_calls_cancel(a, incident);
	case YJ_TOPIC_WELL:
		return yj_checkins_well(a);
	case YJ_TOPIC_CHECKIN:
		return yj_checkins_checkin(a);
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

/* Is somebody there who said that? Smoke, gas, water and silence need nobody. */
static void sign_of_life(struct yj_alert *a)
{
	static const bool of_person[YJ_KIND_COUNT] = {[YJ_KIND_FALL] = true,
	    [YJ_KIND_BED_EXIT] = true,
	    [YJ_KIND_VITAL] = true,
	    [YJ_KIND_WANDER] = true};
	const struct yj_message *m = &a->event->msg;
	if (a->stranger)
		return;
	if (m->type == YJ_TOPIC_CALL)
		yj_life_sign(a->g, a->device.id, YJ_LIFE_PRESS, m->u.call.ts_ms);
	else if (m->type == YJ_TOPIC_ALARM && of_person[m->u.alarm.kind])
		yj_life_sign(a->g, a->device.id, YJ_LIFE_PRESS, m->u.alarm.ts_ms);
	else if (m->type == YJ_TOPIC_CANCEL)
		yj_life_sign(a->g, a->device.id, YJ_LIFE_PRESS, m->u.cancel.ts_ms);
	else if (m->type == YJ_TOPIC_WELL)
		yj_life_sign(a->g, a->device.id, YJ_LIFE_WELL, m->u.well.ts_ms);
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
static int on_chatter(struct yj_alert *a)
{
	a->id = "";
	if (!a->stranger)
		return 0;
	a->flood = yj_floods_count(a->g, a->device.id);
	int rc = yj_alert_reject(a, a->known ? YJ_REASON_REVOKED_DEVICE : YJ_REASON_UNKNOWN_DEVICE);
	return rc == 0 && a->flood ? yj_floods_add(a->g, a->device.id) : rc;
}

int yj_alerts_message(struct yj_gateway *g, const struct yj_event *event, const struct yj_raw *raw)
{
	struct yj_alert a = {.g = g, .event = event, .raw = raw, .id = message_id(&event->msg)};
	int rc = look_up(&a);
	if (rc < 0)
		return rc;
	if (event->msg.type == YJ_TOPIC_VISIT && !a.stranger) {
		yj_presence_seen(g, a.device.id);
		return yj_visits_message(&a);
	}
	if (!a.id)
		return on_chatter(&a);
	if (!a.stranger)
		yj_presence_seen(g, a.device.id);
	/* of a foreign one the id alone tells a repeat: gateways add what they like to the rest */
	bool native = strcmp(event->family->name, "native") == 0;
	yj_inbound_hash((int)event->msg.type, native ? raw->payload : a.id,
	    native ? raw->len : strlen(a.id), a.hash);
	enum yj_seen seen;
	int64_t incident = 0;
	rc = yj_dedupe_check(g->store, a.id, a.device.id, a.hash, &seen, &incident, NULL, 0);
	if (rc < 0)
		return rc;
	if (seen == YJ_SEEN_SAME) {
		rc = log_duplicate(&a, incident);
		return rc < 0 ? rc : yj_alert_received(&a, incident, false);
	}
	a.reused = seen == YJ_SEEN_REUSED;
	sign_of_life(&a);
	rc = by_type(&a, &incident);
	if (rc == 0)
		rc = yj_dedupe_add(g->store, a.id, a.device.id, a.hash, g->now.t, incident, NULL);
	return rc;
}

int yj_alerts_refused(struct yj_gateway *g, const struct yj_event *event, const struct yj_raw *raw,
    enum yj_reason reason)
{
	struct yj_alert a = {.g = g, .event = event, .raw = raw, .id = event->why.id};
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
			return rc < 0 ? rc : yj_alert_received(&a, incident, false);
		}
	}
	if (rc == 0)
		rc = yj_alert_reject(&a, reason);
	if (rc == 0 && a.flood)
		rc = yj_floods_add(g, a.device.id);
	if (rc < 0 || !from_device)
		return rc;
	if (usable && may_be_call) {
		a.kind = YJ_KIND_UNREADABLE;
		yj_metrics_count(&g->metrics, &g->metrics.alerts[a.kind]);
		rc = yj_calls_open_or_join(&a, &incident);
		if (rc == 0 && a.id[0])
			rc = yj_dedupe_add(
			    g->store, a.id, a.device.id, a.hash, g->now.t, incident, NULL);
	}
	return rc < 0 ? rc : yj_alert_received(&a, incident, false);
}
