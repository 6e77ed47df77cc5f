#include "backs.h"

#include <stdio.h>
#include <string.h>

#include "deliveries.h"
#include "dispatch.h"
#include "notices.h"
#include "replies.h"
#include "spoken.h"
#include "texts.h"
#include "trips.h"

#define OPEN_MAX 16			   /* incidents of one person that are looked at */
#define NOTICE_AGE_MS (24LL * 3600 * 1000) /* an older test is not what "1" is about */
#define ENDED_AGE_MS NOTICE_AGE_MS

/* A machine may answer each text with a text: beyond so many to one person an hour, none is sent.
 */
#define TOLD_EVERY_MS (3600LL * 1000)
#define TOLD_MAX 20
#define TOLD_SMALL_TALK_MAX 3

struct job { /* one report or text under way */
	const struct yj_back *back;
	char caregiver[YJ_NAME_MAX + 1]; /* who speaks */
	char tell[512]; /* what they are told over the same channel, "" if nothing */
};

/* The delivery that a report is about; YJ_ERR_NOTFOUND: none of ours. */
static int find_delivery(struct yj_gateway *g, const struct yj_back *back, int64_t *n)
{
	if (back->token) {
		*n = (int64_t)back->token;
		return 0;
	}
	int rc = YJ_ERR_NOTFOUND;
	if (back->ref[0])
		rc = yj_outbox_find_ref(g->store, back->channel, back->ref, n);
	if (rc != YJ_ERR_NOTFOUND || !back->delivery)
		return rc;
	/* a provider that was given the delivery's id says that, of what it was given */
	struct yj_outbox_row row;
	rc = yj_delivery_parse(g->store, back->delivery, n);
	if (rc == 0)
		rc = yj_outbox_get(g->store, *n, &row);
	return rc == 0 && strcmp(row.channel, back->channel) != 0 ? YJ_ERR_NOTFOUND : rc;
}

static int on_report(struct yj_gateway *g, const struct yj_back *back)
{
	int64_t n;
	int rc = find_delivery(g, back, &n);
	if (rc == 0)
		rc = yj_deliveries_receipt(g, n, back->type == YJ_BACK_RECEIPT, back->words);
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

/* How sure it is that an answer is about this. */
enum sure { NOT_SURE, ENDED, TEST, TOLD, ASKED };

/* What an answer is about. */
struct about {
	char incident[YJ_NAME_MAX + 24]; /* its id, or a notice's; "" if it is not known */
	int choices;			 /* how many it could be about */
	int64_t first;			 /* one of them */
	enum sure sure;
};

static bool among(int64_t n, const int64_t *ns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ns[i] == n)
			return true;
	return false;
}

/* Without a number it is what they were asked for; else, who has declined or was only told may go
 * all the same; else a test; else it has ended, which they should hear. */
static int choose_alone(struct yj_gateway *g, const char *caregiver, struct about *about)
{
	int64_t n;
	if (about->choices == 1)
		yj_incident_id(g->store, about->first, about->incident, sizeof about->incident);
	if (about->choices > 0)
		return 0;
	int rc = yj_notice_open(g->store, caregiver, g->now.utc_ms - NOTICE_AGE_MS, &n);
	if (rc == 0) {
		about->sure = TEST;
		yj_notice_id(g->store, n, about->incident, sizeof about->incident);
	}
	if (rc != YJ_ERR_NOTFOUND)
		return rc;
	rc = yj_incident_ended_of(g->store, caregiver, g->now.utc_ms - ENDED_AGE_MS, &n);
	if (rc == 0) {
		about->sure = ENDED;
		yj_incident_id(g->store, n, about->incident, sizeof about->incident);
	}
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

static int choose(struct yj_gateway *g, const char *caregiver, int64_t code, struct about *about)
{
	int64_t ns[OPEN_MAX];
	size_t n = 0;
	memset(about, 0, sizeof *about);
	int rc = yj_incident_of_person(g->store, caregiver, ns, OPEN_MAX, &n);
	bool named = among(code, ns, n);
	about->sure = n && (code < 0 || named) ? ASKED : NOT_SURE;
	about->choices = (int)n;
	about->first = n ? ns[0] : 0;
	if (rc == 0 && about->sure == NOT_SURE) {
		rc = yj_incident_told_of(g->store, caregiver, ns, OPEN_MAX, &n);
		named = among(code, ns, n);
		about->sure = n && (code < 0 || named) ? TOLD : NOT_SURE;
		if (about->choices == 0 && n) {
			about->choices = (int)n;
			about->first = ns[0];
		}
	}
	if (rc < 0)
		return rc;
	if (code < 0)
		return choose_alone(g, caregiver, about);
	yj_incident_id(g->store, code, about->incident, sizeof about->incident);
	return 0;
}

/* Whose text it is: of those with the number, the one who most surely has that to answer. */
static int who_speaks(struct yj_gateway *g, const struct yj_back *back, int64_t code,
    struct job *job, struct about *about)
{
	char digits[16];
	struct yj_names names = {0};
	if (yj_spoken_number(back->from, digits) < 7)
		return YJ_ERR_NOTFOUND;
	int rc = yj_caregiver_by_phone(g->store, digits, &names);
	for (size_t i = 0; rc == 0 && i < names.n && about->sure != ASKED; i++) {
		struct about one;
		rc = choose(g, names.v[i], code, &one);
		if (rc < 0 || (i > 0 && one.sure <= about->sure))
			continue;
		*about = one;
		snprintf(job->caregiver, sizeof job->caregiver, "%s", names.v[i]);
	}
	if (rc == 0 && names.n == 0)
		rc = YJ_ERR_NOTFOUND;
	yj_names_done(&names);
	return rc;
}

/* Whose key it was: of the one who was called. */
static int who_pressed(
    struct yj_gateway *g, const struct yj_back *back, struct job *job, struct about *about)
{
	struct yj_outbox_row row;
	int rc = yj_outbox_get(g->store, (int64_t)back->token, &row);
	if (rc < 0)
		return rc;
	snprintf(job->caregiver, sizeof job->caregiver, "%s", row.target);
	about->choices = 1;
	if (row.notice)
		yj_notice_id(g->store, row.notice, about->incident, sizeof about->incident);
	else
		yj_incident_id(g->store, row.incident, about->incident, sizeof about->incident);
	return 0;
}

static void fill_answer(enum yj_spoken spoken, struct yj_answer *a)
{
	a->eta_min = -1;
	switch (spoken) {
	case YJ_SPOKEN_GOING:
		a->action = YJ_REPLY_ACK;
		a->how = YJ_HOW_GOING;
		break;
	case YJ_SPOKEN_CANNOT:
		a->action = YJ_REPLY_DECLINE;
		break;
	case YJ_SPOKEN_REMOTE:
		a->action = YJ_REPLY_ACK;
		a->how = YJ_HOW_REMOTE;
		break;
	case YJ_SPOKEN_ARRIVED:
		a->action = YJ_REPLY_ARRIVE;
		break;
	case YJ_SPOKEN_HELP:
		a->action = YJ_REPLY_NOTE;
		a->code = YJ_NOTE_NEED_HELP;
		break;
	case YJ_SPOKEN_OTHER:
		a->action = YJ_REPLY_NOTE;
		a->code = YJ_NOTE_OTHER;
		break;
	}
}

/* A number that nobody here has: it is noted that somebody tried, and not who. */
static int deny(struct yj_gateway *g, const struct yj_back *back)
{
	struct yj_log_event e = yj_event_of(YJ_EV_USER_DENIED);
	char subject[YJ_NAME_MAX + 32];
	snprintf(subject, sizeof subject, "channel/%s", back->channel);
	e.subject = subject;
	e.actor = back->channel;
	e.via = back->channel;
	return yj_gateway_log(g, &e);
}

static int may_tell(struct yj_gateway *g, const struct job *job, int64_t max, bool *may)
{
	int64_t told = 0;
	int rc = yj_notice_count(
	    g->store, job->caregiver, g->now.utc_ms - TOLD_EVERY_MS, TOLD_MAX, &told);
	*may = rc == 0 && told < max;
	return rc;
}

static int tell(struct yj_gateway *g, struct job *job, enum yj_spoken spoken,
    const struct yj_answer *a, const struct about *about)
{
	bool may;
	int rc = may_tell(g, job, spoken == YJ_SPOKEN_OTHER ? TOLD_SMALL_TALK_MAX : TOLD_MAX, &may);
	if (rc < 0 || !may)
		return rc;
	struct yj_text_answer t = {
	    .taken = a && a->fault == YJ_ANSWER_TAKEN,
	    .understood = spoken != YJ_SPOKEN_OTHER,
	    .going = a && a->action == YJ_REPLY_ACK && a->how == YJ_HOW_GOING,
	    .remote = a && a->action == YJ_REPLY_ACK && a->how == YJ_HOW_REMOTE,
	    .declined = a && a->action == YJ_REPLY_DECLINE,
	    .closed = a && a->fault == YJ_ANSWER_REFUSED && a->verdict == YJ_VERDICT_CLOSED,
	    .by = a ? a->by : "",
	    .unknown =
		a && (a->fault == YJ_ANSWER_NOT_ALLOWED || a->fault == YJ_ANSWER_NO_INCIDENT),
	    .choices = about->choices,
	    .code = about->first,
	};
	yj_text_answer(g->config->gateway.language, &t, job->tell, sizeof job->tell);
	return 0;
}

/* Somebody says that a resident is away or back. */
static int on_trip(struct yj_gateway *g, struct job *job, const struct about *about, bool *handled)
{
	struct yj_trip trip;
	char who[YJ_NAME_MAX + 1] = "";
	bool may = true;
	*handled = false;
	if (job->back->token || !yj_trip_read(job->back->text, &trip))
		return 0;
	int rc = yj_trip_take(g, job->back->from, job->back->channel, &trip, about->sure == ASKED,
	    handled, who, job->tell, sizeof job->tell);
	if (rc == 0 && *handled) {
		memcpy(job->caregiver, who, sizeof who);
		rc = may_tell(g, job, TOLD_MAX, &may);
	}
	if (!may)
		job->tell[0] = '\0';
	return rc;
}

static int on_text(struct yj_gateway *g, struct job *job)
{
	bool handled = false;
	const struct yj_back *back = job->back;
	struct about about = {0};
	int64_t code;
	enum yj_spoken spoken = yj_spoken_read(back->text, &code);
	int rc = back->token ? who_pressed(g, back, job, &about)
			     : who_speaks(g, back, code, job, &about);
	if (rc == YJ_ERR_NOTFOUND)
		return deny(g, back);
	if (rc == 0)
		rc = on_trip(g, job, &about, &handled);
	if (rc < 0 || handled)
		return rc;
	if (!about.incident[0]) /* nothing to answer, or it is not said what */
		return about.choices > 0 ? tell(g, job, spoken, NULL, &about) : 0;
	if (about.sure == ENDED && spoken == YJ_SPOKEN_OTHER)
		return 0; /* thanks, or a machine */
	struct yj_answer a = {
	    .caregiver = job->caregiver,
	    .incident = about.incident,
	    .note = spoken == YJ_SPOKEN_OTHER ? back->text : NULL,
	    .channel = back->channel,
	    .actor = {.actor = back->channel, .via = back->channel},
	};
	fill_answer(spoken, &a);
	rc = yj_replies_answer(g, &a);
	bool heard = a.fault == YJ_ANSWER_TAKEN || a.fault == YJ_ANSWER_REFUSED;
	/* a stranger to it learns nothing; who has mistyped the number of theirs must hear so */
	if (rc == 0 && (heard || about.choices > 0))
		rc = tell(g, job, spoken, &a, &about);
	return rc;
}

static int take(struct yj_gateway *g, void *arg)
{
	struct job *job = arg;
	const struct yj_back *back = job->back;
	bool fresh = true;
	int rc = back->id[0] ? yj_back_note(g->store, back->channel, back->id, (int)back->type,
				   g->now.utc_ms, &fresh)
			     : 0;
	if (rc < 0 || !fresh)
		return rc;
	switch (back->type) {
	case YJ_BACK_RECEIPT:
	case YJ_BACK_FAILED:
		return on_report(g, back);
	case YJ_BACK_TEXT:
		rc = on_text(g, job);
		/* an SMS is answered by one; a call speaks for itself */
		if (rc == 0 && job->tell[0] && !back->token)
			rc = yj_notices_tell_over(g, job->caregiver, back->channel, job->tell);
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	}
	return YJ_ERR_INVAL;
}

int yj_backs_take(void *gateway, const struct yj_back *back)
{
	struct yj_gateway *g = gateway;
	struct job job = {.back = back};
	return yj_dispatch_do(g, take, &job);
}
