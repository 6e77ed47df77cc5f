/* Random worlds around one incident: a policy, people with habits, a history of what happens. */
#ifndef CORE_WORLD_H
#define CORE_WORLD_H

#include "core_model.h"
#include "random.h"

#define HISTORY_MAX 400
#define PENDING_MAX 256

enum happening_type {
	HAPPENS_TURN,  /* an input to the incident */
	HAPPENS_MOVE,  /* a level has other people from now on */
	HAPPENS_LEAVE, /* who leaves the directory, which is an input too if they are known to it */
	HAPPENS_RETURN,
};

struct happening {
	enum happening_type type;
	int64_t at;
	struct yj_in in; /* but for who and their standing */
	int who;
	unsigned level;
	uint64_t people;
};

enum habit {
	HABIT_SILENT,
	HABIT_DECLINES,
	HABIT_UNREACHABLE,
	HABIT_REMOTE,
	HABIT_LIES,	/* goes, and is never seen */
	HABIT_QUITS,	/* goes, and declines then */
	HABIT_LEAVES,	/* goes, and leaves the directory */
	HABIT_ARRIVES,	/* without an answer, and stays for ever */
	HABIT_NEEDY,	/* goes, and needs help */
	HABIT_HELPS,	/* goes, arrives, resolves */
	HABIT_ANYTHING, /* a different one each time */
	HABIT_COUNT
};

struct history {
	struct model start;
	struct happening v[HISTORY_MAX];
	size_t n;
};

struct world {
	struct rng *rng;
	struct model m;
	struct history *history; /* what happened, to be replayed */
	enum habit habits[MODEL_PEOPLE_MAX];
	unsigned n_people;
	int64_t now;
	int64_t longest_ms;   /* of any delay */
	int64_t outage, back; /* the daemon is down in between */
	struct happening pending[PENDING_MAX];
	size_t n_pending;
};

/* A policy, people and habits; the incident is open at w->now. */
void world_init(struct world *w, struct rng *rng, struct history *history);

/* The next thing happens. False: the history is full, or nothing more will. */
bool world_go_on(struct world *w);

/* Makes it happen to another model: the replay. */
void happening_apply(struct model *m, const struct happening *h);

#endif
