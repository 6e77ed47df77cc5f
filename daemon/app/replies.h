/* What people say about an incident, over MQTT or through an operator. */
#ifndef APP_REPLIES_H
#define APP_REPLIES_H

#include "alerts.h"
#include "gateway.h"

/* A caregiver's reply, decoded. Within the caller's transaction. */
int yj_replies_message(
    struct yj_gateway *g, const struct yj_event *event, const struct yj_raw *raw) YJ_MUST_CHECK;
/* A reply that could not be read but has an id: it is answered ok false. */
int yj_replies_refused(struct yj_gateway *g, const struct yj_event *event) YJ_MUST_CHECK;

enum yj_answer_fault { /* why an answer was not taken */
	YJ_ANSWER_TAKEN,
	YJ_ANSWER_NO_INCIDENT,
	YJ_ANSWER_NO_CAREGIVER,
	YJ_ANSWER_NOT_ALLOWED,
	YJ_ANSWER_REFUSED, /* by the rules: see the verdict */
};

struct yj_answer {
	const char *caregiver;
	const char *incident;
	enum yj_reply_action action;
	bool cancels;	 /* not a reply's action but an operator's: ends it without an outcome */
	enum yj_how how; /* NONE: from the caregiver's on_site */
	int eta_min;
	enum yj_outcome outcome;
	enum yj_note_code code;
	const char *note;    /* free text, or NULL; never logged */
	const char *channel; /* over which they answered, which proves it; NULL: none of theirs */
	struct yj_actor actor;
	/* out */
	enum yj_answer_fault fault;
	enum yj_verdict verdict;
	char by[YJ_CALLED_MAX + 1]; /* name of whoever was first, "" if it was this one */
};
/* Carries out any action, checking who may; of a notice (its id in place of an incident's) `seen`
 * and any answer, which confirms it. Within the caller's transaction. 0 with fault set, or a
 * yj_err. */
int yj_replies_answer(struct yj_gateway *g, struct yj_answer *answer) YJ_MUST_CHECK;
/* The word for a fault or refusing verdict: `reason` of a result. */
const char *yj_answer_reason(const struct yj_answer *answer);

#endif
