#include "answertake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliveries.h"
#include "notices.h"
#include "replies.h"

void yj_answertake_hash(const struct yj_answer_view *view, const void *body, size_t len,
    unsigned char hash[YJ_HASH_LEN])
{
	unsigned char both[2 * YJ_HASH_LEN];
	char about[64];
	int n = snprintf(about, sizeof about, "%lld/%lld", (long long)view->row.incident,
	    (long long)view->row.notice);
	yj_inbound_hash((int)YJ_TOPIC_REPLY, about, (size_t)n, both);
	yj_inbound_hash((int)YJ_TOPIC_REPLY, body, len, both + YJ_HASH_LEN);
	yj_inbound_hash((int)YJ_TOPIC_REPLY, both, sizeof both, hash);
}

static const char *const said_words[] = {"nothing", "going", "second", "also", "remote", "declined",
    "arrived", "help", "noted", "resolved", "confirmed", "closed", "no_outcome", "not_now",
    "not_allowed"};
_Static_assert(sizeof said_words / sizeof said_words[0] == YJ_SAID_COUNT, "a word for each");

static enum yj_answer_said refused(const struct yj_answer *a)
{
	switch (a->fault) {
	case YJ_ANSWER_TAKEN:
	case YJ_ANSWER_NO_INCIDENT:
		return YJ_SAID_NOT_NOW;
	case YJ_ANSWER_NO_CAREGIVER:
	case YJ_ANSWER_NOT_ALLOWED:
		return YJ_SAID_NOT_ALLOWED;
	case YJ_ANSWER_REFUSED:
		break;
	}
	switch (a->verdict) {
	case YJ_VERDICT_CLOSED:
		return YJ_SAID_CLOSED;
	case YJ_VERDICT_OUTCOME:
		return YJ_SAID_NO_OUTCOME;
	case YJ_VERDICT_OK:
	case YJ_VERDICT_SECOND:
	case YJ_VERDICT_STATE:
		return YJ_SAID_NOT_NOW;
	}
	return YJ_SAID_NOT_NOW;
}

/* inc: as it stands after the answer. */
static enum yj_answer_said taken(const struct yj_answer *a, const struct yj_incident *inc)
{
	bool mine = strcmp(inc->by, a->caregiver) == 0;
	if (a->verdict == YJ_VERDICT_SECOND)
		return YJ_SAID_SECOND;
	switch (a->action) {
	case YJ_REPLY_SEEN:
		return YJ_SAID_NOTED;
	case YJ_REPLY_ACK:
		return mine			 ? YJ_SAID_GOING
		       : a->how == YJ_HOW_REMOTE ? YJ_SAID_REMOTE
		       : a->how == YJ_HOW_GOING	 ? YJ_SAID_ALSO
						 : YJ_SAID_NOTED;
	case YJ_REPLY_DECLINE:
		return YJ_SAID_DECLINED;
	case YJ_REPLY_ARRIVE:
		return YJ_SAID_ARRIVED;
	case YJ_REPLY_RESOLVE:
		return YJ_SAID_RESOLVED;
	case YJ_REPLY_NOTE:
		return a->code == YJ_NOTE_NEED_HELP ? YJ_SAID_HELP : YJ_SAID_NOTED;
	}
	return YJ_SAID_NOTED;
}

static int write_result(
    struct yj_answer_take *t, bool ok, const char *reason, const char *by, enum yj_answer_said said)
{
	json_t *result = json_pack("{s:s, s:b, s:s*, s:s*, s:s}", "id", t->reply->id, "ok", (int)ok,
	    "reason", reason, "by", by, "said", said_words[said]);
	char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;
	if (text)
		snprintf(t->result, sizeof t->result, "%s", text);
	json_decref(result);
	free(text);
	return text ? 0 : YJ_ERR_NOMEM;
}

/* This delivery has come, whatever channel it went over; of others it says nothing. */
static int receipt(struct yj_gateway *g, struct yj_answer_take *t)
{
	int rc = yj_deliveries_receipt(g, t->view->row.n, true, NULL);
	return rc < 0 ? rc : write_result(t, true, NULL, NULL, YJ_SAID_NOTED);
}

static int answer(struct yj_gateway *g, struct yj_answer_take *t)
{
	const struct yj_msg_reply *r = t->reply;
	struct yj_answer a = {
	    .caregiver = t->view->row.target,
	    .incident = r->incident,
	    .action = r->action,
	    .how = r->how,
	    .eta_min = r->eta_min,
	    .outcome = r->outcome,
	    .code = r->code == YJ_NOTE_NONE ? YJ_NOTE_OTHER : r->code,
	    .note = r->note,
	    .actor = {.actor = t->actor, .via = "http"},
	    .channel = t->view->row.channel, /* which brought the link, and is proved by it */
	};
	struct yj_incident inc;
	int rc = yj_replies_answer(g, &a);
	if (rc == 0)
		rc = yj_incident_load(g->store, t->view->row.incident, &inc);
	if (rc < 0)
		return rc;
	bool ok = a.fault == YJ_ANSWER_TAKEN;
	return write_result(t, ok, ok ? NULL : yj_answer_reason(&a), a.by[0] ? a.by : NULL,
	    ok ? taken(&a, &inc) : refused(&a));
}

static int confirm(struct yj_gateway *g, struct yj_answer_take *t)
{
	const struct yj_answer_view *v = t->view;
	if (v->removed)
		return write_result(t, false, "unknown_caregiver", NULL, YJ_SAID_NOT_ALLOWED);
	if (t->reply->action == YJ_REPLY_SEEN)
		return receipt(g, t);
	if (t->reply->action != YJ_REPLY_ACK)
		return write_result(
		    t, false, yj_verdict_name(YJ_VERDICT_STATE), NULL, YJ_SAID_NOT_NOW);
	int rc = yj_notices_confirm(g, v->row.notice, v->row.target, v->row.channel);
	return rc < 0 ? rc : write_result(t, true, NULL, NULL, YJ_SAID_CONFIRMED);
}

int yj_answertake_run(struct yj_gateway *g, void *arg)
{
	struct yj_answer_take *t = arg;
	const struct yj_answer_view *v = t->view;
	enum yj_seen seen;
	int64_t incident;
	int rc = yj_dedupe_check(g->store, t->reply->id, v->row.target, t->hash, &seen, &incident,
	    t->result, sizeof t->result);
	if (rc < 0 || (seen == YJ_SEEN_SAME && t->result[0]))
		return rc;
	bool seen_only = t->reply->action == YJ_REPLY_SEEN && !v->removed;
	rc = v->row.notice ? confirm(g, t) : seen_only ? receipt(g, t) : answer(g, t);
	if (rc == 0)
		rc = yj_dedupe_add(
		    g->store, t->reply->id, v->row.target, t->hash, g->now.t, 0, t->result);
	return rc;
}

enum yj_answer_said yj_answertake_said(const char *result, char *first)
{
	enum yj_answer_said said = YJ_SAID_NOTHING;
	json_t *o = json_loads(result, 0, NULL);
	const char *word = json_string_value(json_object_get(o, "said"));
	const char *by = json_string_value(json_object_get(o, "by"));
	for (unsigned i = 0; word && i < YJ_SAID_COUNT; i++)
		if (strcmp(said_words[i], word) == 0)
			said = (enum yj_answer_said)i;
	snprintf(first, YJ_CALLED_MAX + 1, "%s", by ? by : "");
	json_decref(o);
	return said;
}

json_t *yj_answertake_result(const char *result)
{
	json_t *o = json_loads(result, 0, NULL);
	if (o)
		json_object_del(o, "said");
	return o;
}
