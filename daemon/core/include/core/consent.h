/* Consents of a resident: who may call, and whether the terminal answers by itself. Pure: what was
 * said and how things stand are the caller's.
 *
 * The terminal answers by itself only where the resident (or a guardian) has said so:
 * `auto_answer`, or `alert` while a call for help is open. By night and in a shared room they must
 * have said that too, or a call for help is open whose policy connects by itself. Where nothing was
 * said, it rings. */
#ifndef CORE_CONSENT_H
#define CORE_CONSENT_H

#include <stdbool.h>

#include "proto/words.h"

enum yj_said { YJ_SAID_NOTHING, YJ_SAID_NO, YJ_SAID_YES };

enum yj_near { /* of whom it was said; the nearest counts */
	YJ_NEAR_PERSON,
	YJ_NEAR_ROLE,
	YJ_NEAR_ALL,
	YJ_NEAR_COUNT
};

struct yj_consents { /* what holds now for one caller */
	enum yj_said said[YJ_CONSENT_COUNT][YJ_NEAR_COUNT];
};

struct yj_consent_case { /* how things stand */
	bool serves;	 /* the caller serves the resident, is an operator or was asked for them */
	bool night;	 /* also while nobody knows the time */
	bool shared;	 /* others live in the room */
	bool
	    shared_agreed; /* and each of them whom the terminal serves has granted `shared_room` */
	bool help_open;	   /* a call for help of the resident is not closed */
	bool auto_connect; /* and its policy connects by itself */
};

enum yj_consent_why {
	YJ_WHY_NONE,	 /* may */
	YJ_WHY_STRANGER, /* does not serve them, and nobody has named this person */
	YJ_WHY_REFUSED,	 /* not to this caller */
	YJ_WHY_UNSAID,	 /* nobody has agreed that it answers by itself */
	YJ_WHY_NIGHT,
	YJ_WHY_SHARED,
};

struct yj_consent_verdict {
	enum yj_consent_why visit, auto_answer; /* YJ_WHY_NONE: yes */
	unsigned rests_on; /* 1 << enum yj_consent of those that its answering by itself takes */
};

/* What counts of a kind. */
enum yj_said yj_consent_said(const struct yj_consents *consents, enum yj_consent kind);

struct yj_consent_verdict yj_consent_judge(
    const struct yj_consents *consents, const struct yj_consent_case *now);

/* May what began go on, now that these consents hold? rests_on: of the verdict with which the
 * terminal was told to answer by itself, 0 if it was not. */
bool yj_consent_stands(const struct yj_consents *consents, unsigned rests_on);

#endif
