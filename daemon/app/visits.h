/* Visits: a caregiver looks in on a resident through the terminal in their home (docs/visits.md).
 * The rules are the core's (core/visit.h); here they become rows, words to the terminal and to the
 * caller, and the log. All but _due, _forget and _committed run within the caller's transaction. */
#ifndef APP_VISITS_H
#define APP_VISITS_H

#include "alert.h"
#include "core/visit.h"
#include "gateway.h"
#include "store/visit.h"

struct yj_visits_ask { /* somebody wants to visit; borrowed */
	const char *resident;
	const char *caregiver;
	enum yj_visit_mode mode;
	json_t *offer;	  /* NULL for a check-in */
	bool there;	  /* somebody waits for the answer */
	int64_t incident; /* in which it is asked; 0: none */
	const char *actor, *via;
};

enum yj_visits_no { /* why not */
	YJ_VISITS_YES,
	YJ_VISITS_UNKNOWN,    /* no such resident or caregiver */
	YJ_VISITS_NOT_YOURS,  /* who does not serve the resident */
	YJ_VISITS_NO_CONSENT, /* the resident has said no */
	YJ_VISITS_NO_TERMINAL,
	YJ_VISITS_BUSY,	    /* somebody else is there: `busy` says who */
	YJ_VISITS_TOO_LONG, /* the offer does not fit into a message */
	YJ_VISITS_TOO_FAST, /* they have begun YJ_VISITS_PER_MIN in a minute */
};
/* The word for programs: "not_yours" and the like. */
const char *yj_visits_no_word(enum yj_visits_no no);

/* What somebody may do with a resident, and where it would ring. */
struct yj_visits_may {
	enum yj_visits_no no;
	unsigned auto_answer; /* as in struct yj_visit_row */
	bool online;
	struct yj_whose whose;
	struct yj_caregiver who;
	struct yj_device terminal;
	struct yj_visit_row busy; /* of YJ_VISITS_BUSY */
};
/* Reads only. 0 or a yj_err. */
int yj_visits_may(struct yj_gateway *g, const char *resident, const char *caregiver,
    struct yj_visits_may *out) YJ_MUST_CHECK;

/* Begins one, if it may be. A refusal is 0 with may->no. */
int yj_visits_begin(struct yj_gateway *g, const struct yj_visits_ask *ask,
    struct yj_visits_may *may, struct yj_visit_row *out) YJ_MUST_CHECK;

/* One input of the caller's side. */
int yj_visits_step(struct yj_gateway *g, struct yj_visit_row *row, enum yj_visit_in in,
    const char *actor, const char *via) YJ_MUST_CHECK;
/* What the caller tells the terminal: a new offer, another mode. YJ_ERR_FULL: too long. */
int yj_visits_signal(struct yj_gateway *g, struct yj_visit_row *row, json_t *signal) YJ_MUST_CHECK;
/* How the caller found the resident. */
int yj_visits_result(struct yj_gateway *g, struct yj_visit_row *row, enum yj_visit_result result,
    const char *note) YJ_MUST_CHECK;

/* A word of a terminal. */
int yj_visits_message(struct yj_alert *a) YJ_MUST_CHECK;
/* A device has come online: it may have missed a ring. */
int yj_visits_back(struct yj_gateway *g, const char *device) YJ_MUST_CHECK;
/* The resident was heard of: whoever waits for them waits no more. */
int yj_visits_sign(struct yj_gateway *g, const char *resident) YJ_MUST_CHECK;
/* The resident calls for help: whoever visits them is told. */
int yj_visits_help(struct yj_gateway *g, const struct yj_alert *a, int64_t incident) YJ_MUST_CHECK;
/* Consents or the directory have changed: visits that are no longer allowed end, those of this
 * resident, or ("") all. */
int yj_visits_withdrawn(struct yj_gateway *g, const char *resident) YJ_MUST_CHECK;
/* The same, soon: outside of a transaction. */
void yj_visits_changed(struct yj_gateway *g);

/* When there is something to do, and doing it. */
int64_t yj_visits_due(struct yj_gateway *g);
int yj_visits_run(struct yj_gateway *g) YJ_MUST_CHECK;
void yj_visits_forget(struct yj_gateway *g); /* the transaction was undone */
void yj_visits_committed(struct yj_gateway *g);

/* For the caller: {"id", "state", ..., "answer"?}. 0 or a yj_err. */
int yj_visits_json(
    struct yj_gateway *g, const struct yj_visit_row *row, json_t **out) YJ_MUST_CHECK;

#endif
