/* Inside of life: what its files share. */
#ifndef APP_LIFE_INSIDE_H
#define APP_LIFE_INSIDE_H

#include "core/inactivity.h"
#include "life.h"
#include "store/life.h"

#define YJ_LIFE_DUE_MAX 200		   /* opened in one transaction */
#define YJ_LIFE_HOLD_MS (30LL * 60 * 1000) /* signs so soon after `away` are those of leaving */

enum {
	/* stored */
	YJ_LIFE_EXPECTED = 1, /* has given signs by which they are watched without a sensor */
	YJ_LIFE_RESTS = 2,
	YJ_LIFE_BACK = 4, /* a sign has come although the directory has them elsewhere */
	YJ_LIFE_WATCHED = 8,
	YJ_LIFE_STORED = 15,
	/* of this run */
	YJ_LIFE_DIRTY = 16,
	YJ_LIFE_STALE = 32, /* the directory is to be asked again */
	YJ_LIFE_OPEN = 64,  /* their incident is not closed */
	YJ_LIFE_TOLD = 128, /* that they were heard of since */
	YJ_LIFE_NEWS = 256,
	YJ_LIFE_NEVER = 512,	/* moved or dead: no sign is theirs */
	YJ_LIFE_AT_HAND = 1024, /* judged or told by the transaction under way */
	YJ_LIFE_UNDONE = YJ_LIFE_STORED | YJ_LIFE_OPEN | YJ_LIFE_TOLD | YJ_LIFE_NEVER,
};

struct yj_life_one {
	char id[YJ_NAME_MAX + 1];
	uint16_t flags;
	uint8_t how;	  /* enum yj_life_how, of the news */
	int64_t heard_ms; /* on the hearing clock */
	int64_t written_ms;
	int64_t utc_ms;
	int64_t limit_ms; /* 0: not watched */
	int64_t rest_t;
	int64_t not_before_ms; /* on the hearing clock */
	/* before the transaction under way, while AT_HAND */
	int64_t before_rest_t;
	uint16_t before;
};

struct yj_life {
	struct yj_life_one *v; /* as they came; an index is good for the run */
	size_t n, cap;
	uint32_t *places; /* by id: index + 1, 0: free */
	size_t n_places;
	struct yj_life_device {
		uint64_t key; /* of its id; 0: free */
		uint32_t who; /* index of its one resident, or below */
	} * devices;
	size_t n_devices, cap_devices;

	/* the hearing clock: advances while the gateway can hear */
	int64_t hearing_ms, since_boot_ms, up_ms, saved_boot_ms;
	bool up;

	size_t dirty, stale, news;
	size_t sweep_at, write_at, refresh_at;
	size_t due[YJ_LIFE_DUE_MAX], n_due;
	size_t n_opened, n_written, n_news; /* by the transaction under way */
	struct event *refresh;
};

struct yj_quiet yj_life_quiet(const struct yj_gateway *g);
int64_t yj_life_clock(const struct yj_gateway *g);
int64_t yj_life_boot_ms(const struct yj_gateway *g);
struct yj_life_one *yj_life_find(struct yj_life *l, const char *id); /* or NULL */
/* Somebody who is heard of from now on, or is there already. NULL when memory is short. */
struct yj_life_one *yj_life_one_of(struct yj_gateway *g, const char *id);
void yj_life_touch(struct yj_life *l, struct yj_life_one *e); /* to be written */
void yj_life_make_stale(
    struct yj_life *l, struct yj_life_one *e); /* the directory is to be asked */
/* What the directory says of somebody, taken over. */
void yj_life_apply(struct yj_gateway *g, struct yj_life_one *e, const struct yj_life_facts *facts);

/* Notes how somebody stands, for yj_life_undone. */
void yj_life_at_hand(struct yj_life_one *e);

/* life_open.c: within a transaction, each as an item of its own. */
int yj_life_open_due(struct yj_gateway *g, void *arg);

#endif
