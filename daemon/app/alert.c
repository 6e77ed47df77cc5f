#include "alert.h"

#include <stdio.h>

#include "effects.h"
#include "space.h"
#include "texts.h"

int yj_alert_received(struct yj_alert *a, int64_t incident, bool test)
{
	if (!a->id[0])
		return 0;
	enum yj_topic_type type = a->event->topic_type;
	bool calling = incident && (type == YJ_TOPIC_CALL || type == YJ_TOPIC_ALARM);
	const char *text = yj_text_received(a->g->config->gateway.language, test, calling);
	return yj_effects_received(a->g, &a->device, a->id, incident, text);
}

const char *yj_alert_via(const struct yj_alert *a)
{
	if (a->found)
		return "";
	return a->raw->family ? "http" : "mqtt";
}

struct yj_log_event yj_alert_event(
    const struct yj_alert *a, enum yj_event_type type, char subject[YJ_ALERT_SUBJECT_MAX])
{
	struct yj_log_event e = yj_event_of(type);
	snprintf(subject, YJ_ALERT_SUBJECT_MAX, "device/%s", a->device.id);
	e.subject = subject;
	e.resident = a->whose.resident;
	e.device = a->device.id;
	e.alert = a->id[0] ? a->id : NULL;
	e.region = a->whose.region;
	e.via = yj_alert_via(a);
	return e;
}

int yj_alert_reject(struct yj_alert *a, enum yj_reason reason)
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
		e.resident = a->whose.resident;
		e.region = a->whose.region;
	}
	e.subject = subject;
	e.alert = a->id[0] ? a->id : NULL;
	e.via = yj_alert_via(a);
	e.more = json_pack("{s:s, s:I, s:s}", "reason", yj_reason_name(reason), "length",
	    (json_int_t)a->raw->len, "sha256", sha256);
	rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}
