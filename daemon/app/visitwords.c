#include "visitwords.h"

#include <stdio.h>
#include <string.h>

#include "effects.h"
#include "relay.h"

const char *yj_visitwords_reason(int reason)
{
	static const char *const words[] = {
	    "", "caller", "resident", "lost", "limit", "answered", "withdrawn"};
	return (size_t)reason < sizeof words / sizeof words[0] ? words[reason] : "";
}

static json_t *incident_id(const struct yj_gateway *g, int64_t n)
{
	char id[YJ_NAME_MAX + 24];
	if (!n)
		return NULL;
	yj_incident_id(g->store, n, id, sizeof id);
	return json_string(id);
}

/* Who calls, by the name that the terminal shows and says. */
static int caller(struct yj_gateway *g, const char *id, struct yj_caregiver *out)
{
	int rc = yj_caregiver_find(g->store, id, out);
	if (rc == YJ_ERR_NOTFOUND) {
		memset(out, 0, sizeof *out);
		snprintf(out->name, sizeof out->name, "%s", id);
		rc = 0;
	}
	return rc;
}

int yj_visitwords_ring(struct yj_gateway *g, const struct yj_visit_row *row, const char *offer)
{
	struct yj_caregiver who;
	json_t *servers = NULL;
	int64_t until_utc_ms;
	int rc = caller(g, row->caregiver, &who);
	if (rc == 0)
		rc = yj_relay_servers(g, row->id, &servers, &until_utc_ms);
	if (rc < 0)
		return rc;
	bool media = row->mode != YJ_MODE_CHECK_IN;
	json_t *signal = json_pack("{s:s, s:I, s:{s:s, s:s}, s:o*, s:o*, s:o*}", "mode",
	    yj_visit_mode_name(row->mode), "ring_for",
	    (json_int_t)(g->config->visits.ring_for_ms + 999) / 1000, "who", "id", row->caregiver,
	    "role", yj_role_name(who.role), "incident", incident_id(g, row->incident), "offer",
	    media && offer ? json_loads(offer, 0, NULL) : NULL, "ice_servers",
	    media ? servers : NULL);
	if (!media)
		json_decref(servers);
	const struct yj_msg_down_visit down = {.session = row->id,
	    .action = YJ_VISIT_RING,
	    .from = who.name,
	    .auto_answer = row->auto_answer != 0,
	    .signal = signal};
	rc = signal ? yj_effects_visit(g, row->device, &down) : YJ_ERR_NOMEM;
	json_decref(signal);
	return rc;
}

int yj_visitwords_end(struct yj_gateway *g, const struct yj_visit_row *row)
{
	json_t *signal = json_pack("{s:s}", "reason", yj_visitwords_reason(row->reason));
	const struct yj_msg_down_visit down = {
	    .session = row->id, .action = YJ_VISIT_END, .auto_answer = -1, .signal = signal};
	int rc = signal ? yj_effects_visit(g, row->device, &down) : YJ_ERR_NOMEM;
	json_decref(signal);
	return rc;
}

int yj_visitwords_log(struct yj_gateway *g, const struct yj_visit_row *row, enum yj_event_type type,
    const char *actor, const char *via)
{
	struct yj_log_event e = yj_event_of(type);
	char subject[YJ_VISIT_ID_MAX + 8];
	bool talked = type == YJ_EV_VISIT_ENDED && row->answered_utc_ms != INT64_MAX;
	const char *reason = yj_visitwords_reason(row->reason);
	snprintf(subject, sizeof subject, "visit/%s", row->id);
	e.subject = subject;
	e.resident = row->resident;
	e.device = row->device;
	e.caregiver = row->caregiver;
	e.region = row->region;
	e.actor = actor;
	e.via = via;
	e.more = json_pack("{s:s, s:I, s:b, s:o*, s:o*, s:s*, s:o*}", "mode",
	    yj_visit_mode_name(row->mode), "tries", (json_int_t)row->tries, "auto_answer",
	    row->auto_answer != 0, "incident", incident_id(g, row->incident), "raised",
	    incident_id(g, row->raised), "reason", reason[0] ? reason : NULL, "duration_s",
	    talked ? json_integer((row->ended_utc_ms - row->answered_utc_ms) / 1000) : NULL);
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

void yj_visitwords_alarm(const struct yj_gateway *g, const struct yj_visit_row *row,
    const char *name, char *buf, size_t cap)
{
	bool en = strcmp(g->config->gateway.language, "en") == 0;
	bool seen = row->heard;
	snprintf(buf, cap,
	    en ? "visit by %.128s: rang %u times, nobody answered%s"
	       : "%.128s探视，呼叫%u次无人应答%s",
	    name, (unsigned)row->tries,
	    seen ? ""
	    : en ? " (the terminal does not respond)"
		 : "（终端无响应）");
}
