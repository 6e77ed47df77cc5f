#include "replies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliveries.h"
#include "effects.h"
#include "notices.h"
#include "turn.h"

const char *yj_answer_reason(const struct yj_answer *answer)
{
	switch (answer->fault) {
	case YJ_ANSWER_TAKEN:
		return "";
	case YJ_ANSWER_NO_INCIDENT:
		return "unknown_incident";
	case YJ_ANSWER_NO_CAREGIVER:
		return "unknown_caregiver";
	case YJ_ANSWER_NOT_ALLOWED:
		return "not_allowed";
	case YJ_ANSWER_REFUSED:
		return yj_verdict_name(answer->verdict);
	}
	return "";
}

/* What an operator typed may be a name or a number: it is not logged unless the directory has it.
 */
static int deny(
    struct yj_gateway *g, const struct yj_answer *a, const struct yj_incident *inc, bool known)
{
	struct yj_log_event e = yj_event_of(YJ_EV_USER_DENIED);
	char subject[YJ_NAME_MAX + 16] = "caregiver";
	if (known || strcmp(a->actor.via, "mqtt") == 0) {
		snprintf(subject, sizeof subject, "caregiver/%s", a->caregiver);
		e.caregiver = a->caregiver;
	}
	e.subject = subject;
	e.actor = a->actor.actor;
	e.via = a->actor.via;
	char id[YJ_NAME_MAX + 24] = "";
	if (inc) {
		yj_incident_id(g->store, inc->n, id, sizeof id);
		e.resident = inc->whose.resident;
		e.kind = (int)inc->kind;
		e.level = (int)inc->level;
		e.region = inc->whose.region;
		e.drill = inc->drill;
	}
	e.more = json_pack("{s:s, s:s*}", "action",
	    a->cancels ? "cancel" : yj_reply_action_name(a->action), "incident", inc ? id : NULL);
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

static int may_answer(struct yj_gateway *g, const struct yj_incident *inc,
    const struct yj_caregiver *who, bool was_paged, bool *may)
{
	*may = was_paged || who->role == YJ_ROLE_OPERATOR;
	if (*may)
		return 0;
	return yj_caregiver_serves(g->store, who->id, &inc->whose, inc->device, inc->n, may);
}

static enum yj_in_type input_of(enum yj_reply_action action)
{
	switch (action) {
	case YJ_REPLY_SEEN:
	case YJ_REPLY_ACK:
		return YJ_IN_ACK;
	case YJ_REPLY_DECLINE:
		return YJ_IN_DECLINE;
	case YJ_REPLY_ARRIVE:
		return YJ_IN_ARRIVE;
	case YJ_REPLY_RESOLVE:
		return YJ_IN_RESOLVE;
	case YJ_REPLY_NOTE:
		return YJ_IN_NOTE;
	}
	return YJ_IN_NOTE;
}

static int name_of(struct yj_gateway *g, const char *id, char *buf, size_t cap)
{
	struct yj_caregiver who;
	int rc = yj_caregiver_find(g->store, id, &who);
	snprintf(buf, cap, "%s", rc == 0 ? who.name : id);
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

static int take(struct yj_gateway *g, struct yj_answer *a, struct yj_incident *inc,
    const struct yj_caregiver *who, struct yj_in *in)
{
	in->type = a->cancels ? YJ_IN_CANCEL : input_of(a->action);
	in->who = who->id;
	in->how = a->how;
	if (in->how == YJ_HOW_NONE) {
		bool goes =
		    who->on_site == 1 || (who->on_site < 0 && who->role != YJ_ROLE_OPERATOR);
		in->how = goes ? YJ_HOW_GOING : YJ_HOW_REMOTE;
	}
	in->eta_min = a->eta_min;
	in->outcome = a->outcome;
	in->code = a->code;
	struct yj_turn turn = {.inc = inc, .in = *in, .actor = a->actor};
	int rc = yj_outbox_quiet(g->store, inc->n, who->id);
	if (rc == 0)
		rc = yj_turn_run(g, &turn, &a->verdict);
	bool ok = a->verdict == YJ_VERDICT_OK || a->verdict == YJ_VERDICT_SECOND;
	if (rc == 0 && ok && a->note && a->note[0]) /* who was refused says it again */
		rc = yj_incident_note_add(g->store, inc->n, who->id, a->note, g->now.utc_ms);
	if (rc < 0)
		return rc;
	a->fault = ok ? YJ_ANSWER_TAKEN : YJ_ANSWER_REFUSED;
	bool first = strcmp(inc->by, who->id) == 0;
	if (inc->by[0] && !first &&
	    (a->verdict == YJ_VERDICT_SECOND || a->verdict == YJ_VERDICT_CLOSED))
		rc = name_of(g, inc->by, a->by, sizeof a->by);
	return rc;
}

/* Of a notice: that it was seen, or confirmed. */
static int answer_notice(struct yj_gateway *g, struct yj_answer *a, int64_t n)
{
	struct yj_notice notice;
	int rc = yj_notice_get(g->store, n, &notice);
	a->fault = YJ_ANSWER_NO_INCIDENT;
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	a->fault = YJ_ANSWER_NOT_ALLOWED;
	if (strcmp(notice.caregiver, a->caregiver) != 0)
		return deny(g, a, NULL, false);
	bool takes = a->action != YJ_REPLY_RESOLVE; /* whoever says anything has it */
	a->fault = takes ? YJ_ANSWER_TAKEN : YJ_ANSWER_REFUSED;
	a->verdict = YJ_VERDICT_STATE;
	if (!takes || !a->channel)
		return 0;
	if (a->action == YJ_REPLY_SEEN)
		return yj_notices_seen(g, n, a->channel);
	return yj_notices_confirm(g, n, a->caregiver, a->channel);
}

static int answer_incident(struct yj_gateway *g, struct yj_answer *a)
{
	struct yj_incident inc;
	struct yj_caregiver who;
	int64_t n;
	a->fault = YJ_ANSWER_NO_INCIDENT;
	a->verdict = YJ_VERDICT_OK;
	a->by[0] = '\0';
	int rc = yj_incident_parse(g->store, a->incident, &n);
	if (rc == 0)
		rc = yj_incident_load(g->store, n, &inc);
	bool found = rc == 0;
	if (found && inc.closed_utc_ms == INT64_MAX)
		rc = yj_whose_renew(g->store, inc.device, &inc.whose);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	rc = yj_caregiver_find(g->store, a->caregiver, &who);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	if (rc == YJ_ERR_NOTFOUND || who.gone) {
		a->fault = YJ_ANSWER_NO_CAREGIVER;
		return deny(g, a, found ? &inc : NULL, rc == 0);
	}
	if (!found)
		return 0;
	struct yj_in in = {0};
	bool was_paged, may = false;
	rc = yj_turn_standing(g, &inc, who.id, &in, &was_paged);
	if (rc == 0)
		rc = may_answer(g, &inc, &who, was_paged, &may);
	if (rc < 0)
		return rc;
	if (a->action ==
	    YJ_REPLY_SEEN) { /* a receipt changes nothing, so anybody who was told may */
		a->fault = YJ_ANSWER_TAKEN;
		return yj_deliveries_seen(g, &inc, who.id);
	}
	if (!may) {
		a->fault = YJ_ANSWER_NOT_ALLOWED;
		return deny(g, a, &inc, true);
	}
	return take(g, a, &inc, &who, &in);
}

int yj_replies_answer(struct yj_gateway *g, struct yj_answer *a)
{
	int64_t notice;
	int rc = yj_notice_parse(g->store, a->incident, &notice);
	if (rc == 0)
		return answer_notice(g, a, notice);
	rc = answer_incident(g, a);
	bool spoke = a->fault == YJ_ANSWER_TAKEN || a->fault == YJ_ANSWER_REFUSED;
	/* `seen` is said by the app and not by the person */
	if (rc < 0 || !spoke || !a->channel || a->action == YJ_REPLY_SEEN)
		return rc;
	return yj_proof_note(g->store, a->caregiver, a->channel, g->now.utc_ms);
}

static int send_result(
    struct yj_gateway *g, const char *caregiver, const struct yj_msg_result *r, char **json)
{
	struct yj_message m = {.type = YJ_TOPIC_RESULT, .u.result = *r};
	*json = yj_message_encode(&m, NULL);
	return *json ? yj_effects_result(g, caregiver, *json) : YJ_ERR_NOMEM;
}

int yj_replies_message(struct yj_gateway *g, const struct yj_event *event, const struct yj_raw *raw)
{
	const struct yj_msg_reply *r = &event->msg.u.reply;
	unsigned char hash[YJ_HASH_LEN];
	yj_inbound_hash((int)event->msg.type, raw->payload, raw->len, hash);
	enum yj_seen seen;
	int64_t incident;
	char before[2048]; /* an id and a name of nothing but escapes fit */
	int rc = yj_dedupe_check(
	    g->store, r->id, event->speaker, hash, &seen, &incident, before, sizeof before);
	if (rc < 0)
		return rc;
	if (seen == YJ_SEEN_SAME && before[0])
		return yj_effects_result(g, event->speaker, before);
	struct yj_answer a = {
	    .caregiver = event->speaker,
	    .incident = r->incident,
	    .action = r->action,
	    .how = r->how,
	    .eta_min = r->eta_min,
	    .outcome = r->outcome,
	    .code = r->code == YJ_NOTE_NONE ? YJ_NOTE_OTHER : r->code,
	    .note = r->note,
	    .channel = "mqtt",
	    .actor = {.actor = "mqtt", .via = "mqtt"},
	};
	rc = yj_replies_answer(g, &a);
	if (rc < 0)
		return rc;
	bool ok = a.fault == YJ_ANSWER_TAKEN;
	struct yj_msg_result result = {
	    .id = r->id,
	    .ok = ok,
	    .reason = ok ? NULL : yj_answer_reason(&a),
	    .by = a.by[0] ? a.by : NULL,
	};
	char *json = NULL;
	rc = send_result(g, event->speaker, &result, &json);
	if (rc == 0)
		rc = yj_dedupe_add(g->store, r->id, event->speaker, hash, g->now.t, 0, json);
	free(json);
	return rc;
}

int yj_replies_refused(struct yj_gateway *g, const struct yj_event *event)
{
	struct yj_msg_result result = {.id = event->why.id, .ok = false, .reason = "unreadable"};
	char *json = NULL;
	int rc = send_result(g, event->speaker, &result, &json);
	free(json);
	return rc;
}
