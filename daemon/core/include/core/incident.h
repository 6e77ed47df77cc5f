/* The rules of one incident, pure: step(rules, state, input, now) -> state', actions, verdict.
 * No allocation, clock, randomness, I/O or globals; everything is a plain copyable value.
 *
 *                      ┌───────── decline, arrival or resolution overdue, gone, joined ──────┐
 *                      ▼                                                                     │
 *   OPEN in ────────▶ open ──── ack (going) ────▶ acked ──── arrive ────▶ arrived ───────────┤
 *                    │ │ ▲                        │ │ └───── (reopened) ──────────▶ open      │
 *        wait passes,│ │ └─ escalate, repeat      │ │                          resolve        │
 *        exhausted   └─┼──────────────────────────┼─┼── resolve ──▶ resolved ◀───────────────┘
 *                      └──── cancel ──────────────┘─┴── cancel ───▶ cancelled
 *   From each of the three `over` resolves too.
 *
 * - Open: somebody is being looked for. level_due is always armed; when it passes, the next level
 *   is paged, or, at the last one, everybody again. A level whose people have all declined or
 *   cannot be reached escalates at once; at the last level that is `unreachable`, which pages the
 *   desk (every duty and operator) and repeats within a minute.
 * - Acked: somebody is on the way. arrive_due is always armed (and remind_due before it).
 * - Arrived: somebody is there. resolve_due is always armed.
 *
 * Times are milliseconds on the gateway's timeline T; YJ_NEVER means not armed. */
#ifndef CORE_INCIDENT_H
#define CORE_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/words.h"

#define YJ_NEVER INT64_MAX
#define YJ_JOINED_EVERY_MS (5LL * 60 * 1000)  /* whoever answered is paged for joins this often */
#define YJ_ARRIVED_GRACE_MS (5LL * 60 * 1000) /* a join this soon after the arrival asks first */
#define YJ_ETA_SLACK_MS (5LL * 60 * 1000)     /* the arrival is due this long after the eta */
#define YJ_UNREACHABLE_MS (60LL * 1000)	      /* a round that reached nobody is repeated by then */

/* What a policy says for incidents of one kind, as numbers; who is in a level is the store's. */
struct yj_rules {
	uint8_t n_levels;		/* 1 to YJ_LEVELS_MAX */
	int64_t wait_ms[YJ_LEVELS_MAX]; /* > 0 each; of the last one only a join uses it */
	int64_t repeat_every_ms;	/* > 0 */
	int64_t verify_within_ms;	/* >= 0 */
	int64_t arrive_within_ms;	/* > 0 */
	int64_t arrive_max_ms;		/* >= arrive_within_ms */
	int64_t resolve_within_ms;	/* > 0 */
	bool resident_may_cancel;
};

enum yj_state_flag {
	YJ_FLAG_HELD = 1,      /* a remote answer has held a level back: once per incident */
	YJ_FLAG_WITHDRAWN = 2, /* the resident took it back and has not called since */
	YJ_FLAG_DESK = 4,      /* this round was unreachable and the desk has been paged */
	YJ_FLAG_HELPING = 8, /* whoever answered needs help: levels are climbed beside the answer */
	YJ_FLAG_SUMMONED = 16, /* paged by hand, and nobody so paged has answered since */
	YJ_FLAG_TOLD = 32,     /* withdrawn, and nobody has been paged since that was told */
};

struct yj_state {
	enum yj_inc_state state;
	enum yj_kind kind;
	uint32_t level;	      /* 0 to n_levels - 1 */
	uint32_t round;	      /* counts pagings; a person counts for the round they were paged in */
	uint32_t outstanding; /* people of this round who have neither declined nor failed */
	uint32_t flags;
	int64_t level_due;
	int64_t arrive_due;
	int64_t remind_due;
	int64_t resolve_due;
	int64_t rejoin_due; /* arrived, called again: reopens unless whoever arrived answers */
	int64_t joined_due; /* a page about joins that had to wait */
	int64_t acked_at;
	int64_t arrived_at;
	int64_t joined_at;	  /* the newest page about joins */
	char by[YJ_NAME_MAX + 1]; /* whose answer stands, "" if nobody's */
};

enum yj_in_type {
	YJ_IN_OPEN,	/* the alert that opens it; the state is a fresh one of yj_state_init */
	YJ_IN_JOIN,	/* another alert of the same resident and kind */
	YJ_IN_WITHDRAW, /* the resident takes it back */
	YJ_IN_PAGED,	/* the store's answer to YJ_ACT_PAGE of a set: how many are in it */
	YJ_IN_LOST,	/* a person cannot be reached: every channel of this round's page failed */
	YJ_IN_ACK,
	YJ_IN_DECLINE,
	YJ_IN_ARRIVE,
	YJ_IN_RESOLVE,
	YJ_IN_CANCEL, /* by an operator */
	YJ_IN_NOTE,
	YJ_IN_SUMMON, /* page a chosen person */
	YJ_IN_GONE,   /* a person left the directory */
	YJ_IN_TICK,   /* time has passed */
	YJ_IN_ANEW,   /* its levels are other people now: it begins at the first, if it is open */
	YJ_IN_OVER,   /* what it is about is over by itself; nobody ends it */
};

enum yj_set {
	YJ_SET_LEVEL,	 /* who belongs to the level now, but for those who have declined */
	YJ_SET_OTHERS,	 /* the same without `who` */
	YJ_SET_EVERYONE, /* the level and everybody paged before; earlier declines are forgotten */
	YJ_SET_DESK,	 /* every duty and operator, whatever their region or roster */
	YJ_SET_ONE,	 /* `who` alone; not counted and not answered by YJ_IN_PAGED */
};

struct yj_in {
	enum yj_in_type type;
	const char *who; /* a caregiver's id where a person acts, else "" or NULL; borrowed */
	bool counted;	/* who was paged in the current round and has neither declined nor failed */
	bool broke;	/* who did not keep an earlier answer to this incident */
	bool summoned;	/* who was paged by hand: their `going` takes over */
	bool anew;	/* JOIN: its levels are other people now, so they begin at the first one */
	bool own_calls; /* WITHDRAW: all its alerts are calls of the device that withdraws */
	enum yj_how how; /* ACK: GOING or REMOTE */
	int eta_min;	 /* ACK: minutes, -1: not given */
	enum yj_outcome outcome;
	enum yj_note_code code;
	enum yj_set set; /* PAGED: which set */
	uint32_t people; /* PAGED: how many were paged */
};

enum yj_act_type {
	YJ_ACT_LOG,	 /* an event of `event`, with who, level, people, reason, code where set */
	YJ_ACT_PAGE,	 /* page `set` with `say`; stamp them with the state's round and level */
	YJ_ACT_TELL,	 /* news `say` to all who were paged or are informed; who did it */
	YJ_ACT_HOME,	 /* tell the devices of the incident `home`; who did it */
	YJ_ACT_CALL_OFF, /* drop pages that are not yet sent, and their next channels */
	YJ_ACT_FORGET,	 /* forget everybody's declines and failures */
	YJ_ACT_DECLINED, /* who has declined */
	YJ_ACT_LOST,	 /* who cannot be reached */
	YJ_ACT_BROKE,	 /* who did not keep the answer */
};

struct yj_act {
	enum yj_act_type type;
	enum yj_event_type event;
	enum yj_set set;
	enum yj_page_state say;
	enum yj_home_state home;
	char who[YJ_NAME_MAX + 1];
	uint32_t level;
	int32_t people;	    /* LOG: -1 if it says nothing */
	const char *reason; /* LOG: a static word, or NULL */
	enum yj_how how;
	int eta_min;
	enum yj_outcome outcome;
	enum yj_note_code code;
};

#define YJ_ACTS_MAX 16

enum yj_verdict { /* what the one who acted is told */
	YJ_VERDICT_OK,
	YJ_VERDICT_SECOND,  /* ok, but somebody else was first: state.by */
	YJ_VERDICT_CLOSED,  /* refused: it has ended */
	YJ_VERDICT_OUTCOME, /* refused: a call for help is resolved with an outcome */
	YJ_VERDICT_STATE,   /* refused: not in this state */
};
const char *yj_verdict_name(enum yj_verdict verdict); /* "ok", "second", "closed" … */

struct yj_step {
	struct yj_state state;
	enum yj_verdict verdict;
	size_t n_acts;
	struct yj_act acts[YJ_ACTS_MAX];
};

/* A fresh state of an incident that YJ_IN_OPEN will open. */
void yj_state_init(struct yj_state *state, enum yj_kind kind);

/* One step. *out may not overlap *state. `in` must be possible: YJ_IN_OPEN on a fresh state only,
 * YJ_IN_PAGED only as the answer to a page; what people do is allowed at any time and refused by
 * the verdict. A page of a set must be answered by YJ_IN_PAGED before any other input. */
void yj_incident_step(const struct yj_rules *rules, const struct yj_state *state,
    const struct yj_in *in, int64_t now, struct yj_step *out);

/* When the next YJ_IN_TICK is wanted; YJ_NEVER for one that has ended. */
int64_t yj_state_deadline(const struct yj_state *state);

/* Is it closed: resolved or cancelled. */
bool yj_state_closed(const struct yj_state *state);

/* By when, at the latest, a page goes out to somebody from this state if nobody takes it a step
 * further (answers, arrives): the promise "no silence". Only for states that are not closed. */
int64_t yj_state_silence_bound(
    const struct yj_rules *rules, const struct yj_state *state, int64_t now);

/* Do the invariants of the diagram hold? The step asserts them before and after. */
bool yj_state_valid(const struct yj_rules *rules, const struct yj_state *state);

#endif
