/* One visit, pure (docs/visits.md). Times are ms on the timeline T.
 *
 *   RINGING ──accept──▶ ANSWERED ──end, hang up, lost, limit, withdrawn──▶ ENDED
 *      │ │ └──decline──▶ DECLINED
 *      │ └──hung up within 10 s of the first ring──▶ CANCELLED
 *      └──ring_for is over, or hung up later──▶ MISSED ──retry_after──▶ RINGING
 *                                                 │  └──a sign of life──▶ ENDED (somebody is there)
 *                                                 └──no more tries──▶ UNANSWERED, an alarm
 *
 * - While it rings, the ring is repeated every 5 s until the terminal has said that it rings, from
 *   which moment the ring lasts ring_for.
 * - A try after the first rings in the mode that was asked for while the caller's page is open, and
 *   as a check-in else: somebody who is asked needs nobody to talk to.
 * - What the terminal answers by itself is an answer only for a caller who is there: nobody has
 * seen the resident else, nor heard them.
 * - An accepted check-in ends with its answer.
 * - A link too poor for a voice makes a check-in of what was ANSWERED: it rings at once, and
 * whoever does not answer that is missed as ever.
 * - What comes for a visit that is over changes nothing. */
#ifndef CORE_VISIT_H
#define CORE_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/words.h"

enum yj_visit_phase { /* as stored; the first two are the ones that occupy a terminal */
	YJ_VISIT_IS_RINGING,
	YJ_VISIT_IS_ANSWERED,
	YJ_VISIT_IS_MISSED,
	YJ_VISIT_IS_DECLINED, /* from here on: over */
	YJ_VISIT_IS_CANCELLED,
	YJ_VISIT_IS_UNANSWERED,
	YJ_VISIT_IS_ENDED,
};

enum yj_visit_reason { /* why it is over */
	YJ_VISIT_WHY_NONE,
	YJ_VISIT_WHY_CALLER,
	YJ_VISIT_WHY_RESIDENT,
	YJ_VISIT_WHY_LOST,
	YJ_VISIT_WHY_LIMIT,
	YJ_VISIT_WHY_ANSWERED, /* a check-in was; or somebody was heard of otherwise */
	YJ_VISIT_WHY_WITHDRAWN,
};

#define YJ_VISIT_RING_AGAIN_MS 5000
#define YJ_VISIT_MISTAKE_MS 10000

struct yj_visit_rules {
	int64_t ring_for_ms;
	int64_t retry_after_ms;
	int64_t max_duration_ms;
	uint32_t retries;
};

struct yj_visit {
	enum yj_visit_phase phase;
	enum yj_visit_reason reason;
	enum yj_visit_mode mode, asked_mode;
	bool there;	 /* the caller's page is open */
	bool heard;	 /* the terminal rings */
	uint32_t tries;	 /* rings so far, 1 or more */
	int64_t began_t; /* the first ring */
	int64_t ring_t;	 /* the present ring, from which ring_for counts */
	int64_t due_t;	 /* the next TICK; INT64_MAX: none */
};

enum yj_visit_in {
	YJ_VISIT_IN_RINGING, /* the terminal: it rings */
	YJ_VISIT_IN_ACCEPT,
	YJ_VISIT_IN_SELF, /* the terminal has answered by itself */
	YJ_VISIT_IN_DECLINE,
	YJ_VISIT_IN_END,  /* the terminal has hung up */
	YJ_VISIT_IN_BACK, /* the terminal has come online: it may not know of the visit */
	YJ_VISIT_IN_FALL, /* the link bears no voice any more */
	YJ_VISIT_IN_SIGN, /* the resident was heard of otherwise */
	YJ_VISIT_IN_HANG_UP,
	YJ_VISIT_IN_GONE, /* the caller's page is closed for good */
	YJ_VISIT_IN_WITHDRAW,
	YJ_VISIT_IN_TICK,
};

enum yj_visit_act {		   /* what follows, several at once */
	YJ_VISIT_DO_RING = 1,	   /* tell the terminal to ring */
	YJ_VISIT_DO_END = 2,	   /* tell the terminal that it is over */
	YJ_VISIT_DO_TELL = 4,	   /* the caller: its state has changed */
	YJ_VISIT_DO_REQUESTED = 8, /* from here on: one for the log */
	YJ_VISIT_DO_RINGING = 16,
	YJ_VISIT_DO_ANSWERED = 32,
	YJ_VISIT_DO_DECLINED = 64,
	YJ_VISIT_DO_MISSED = 128,
	YJ_VISIT_DO_ENDED = 256,
	YJ_VISIT_DO_ALARM = 512,  /* nobody answers */
	YJ_VISIT_DO_RELAY = 1024, /* what the terminal said goes to the caller */
};

bool yj_visit_is_over(const struct yj_visit *v);

/* Begins: rings. there: with somebody who waits for the answer. Returns what follows. */
unsigned yj_visit_begin(struct yj_visit *v, const struct yj_visit_rules *rules,
    enum yj_visit_mode mode, bool there, int64_t now_t);

/* One input. Returns what follows. */
unsigned yj_visit_step(
    struct yj_visit *v, const struct yj_visit_rules *rules, enum yj_visit_in in, int64_t now_t);

#endif
