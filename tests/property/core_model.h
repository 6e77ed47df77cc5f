/* A model of what stands around the core: who is in which level, whom a set reaches, who has been
 * asked, has declined, cannot be reached. It runs a turn as the daemon does (every page of a set is
 * answered by YJ_IN_PAGED) and checks what must hold after every single step. */
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include "core/incident.h"

#define MODEL_PEOPLE_MAX 64 /* a set of people is a mask: bit i is person i */
#define MODEL_TRACE_MAX 4096
#define MODEL_NOBODY (-1)
#define MODEL_EVENTS (YJ_EV_INCIDENT_CANCELLED - YJ_EV_INCIDENT_OPENED + 1)

struct model {
	/* the policy and the directory; the test may change the people between turns */
	struct yj_rules rules;
	uint64_t level[YJ_LEVELS_MAX];
	uint64_t desk;
	uint64_t gone; /* left the directory */
	/* the incident as it is stored */
	struct yj_state state;
	uint64_t known, declined, lost, summoned, broke;
	uint32_t round[MODEL_PEOPLE_MAX]; /* the round in which a person was paged last */
	/* what the last turn did */
	enum yj_verdict verdict;
	uint64_t paged; /* by a set, or by hand */
	uint64_t joined, reminded;
	uint64_t events; /* bit e - YJ_EV_INCIDENT_OPENED: this was logged */
	uint32_t pages;	 /* page actions */
	/* over all turns */
	int64_t heard_at; /* the newest page, unreachable, answer or arrival */
	int64_t paged_at; /* the newest page or unreachable */
	bool behind;	  /* after an outage: inputs came before the tick that was due */
	uint64_t digest;  /* of all actions so far */
	uint32_t most_acts;
	uint32_t count[MODEL_EVENTS]; /* how often each event was logged, from incident.opened on */
	uint64_t notified;	      /* people that incident.notified speaks of */
	uint64_t asked;		      /* people whom pages of sets reached */
	const char *wrong;	      /* the first rule that was broken; NULL */
	bool traced;
	char
	    trace[MODEL_TRACE_MAX]; /* traced: the last turn in words, each with a space after it */
};

/* No people, no rules yet; the state is fresh. */
void model_init(struct model *m, enum yj_kind kind);

/* One turn. in->who is taken from `who` (MODEL_NOBODY: none), and so is the person's standing. */
void model_turn(struct model *m, struct yj_in in, int who, int64_t now);

/* Ticks at each deadline up to and with `until`, each at its own time. */
void model_run(struct model *m, int64_t until);

/* How often an incident event was logged. */
uint32_t model_count(const struct model *m, enum yj_event_type event);

const char *model_id(int person);
int model_person(const char *id); /* MODEL_NOBODY for "" and NULL */
bool model_logged(const struct model *m, enum yj_event_type event);
bool model_same_state(const struct yj_state *a, const struct yj_state *b);
/* Who has been asked in this round and has neither declined nor failed. */
uint64_t model_counted(const struct model *m);
/* Everybody there is. */
uint64_t model_everybody(const struct model *m);
/* The promise: how long an incident may be without a page. */
int64_t model_bound_ms(const struct yj_rules *rules);

#endif
