/* Inside of presence: what is kept in memory of each device, small because there are many. */
#ifndef APP_PRESENCE_TABLE_H
#define APP_PRESENCE_TABLE_H

#include "core/presence.h"
#include "gateway.h"
#include "store/work.h"

enum {			/* flags */
	YJ_P_KNOWN = 1, /* in the directory and in use */
	YJ_P_ONLINE = 2,
	YJ_P_LOW = 4, /* its battery */
	YJ_P_DIRTY = 8,
	YJ_P_LOOKED_UP = 16,
	YJ_P_MAINS = 32,
	YJ_P_MAINS_SAID = 64,
	YJ_P_HELD = 128,    /* it comes and goes: not told until it is steady */
	YJ_P_DAY_DUE = 256, /* its day is to be written */
};

#define YJ_BEAT_NEVER UINT32_MAX /* its silence means nothing */

struct yj_seat {       /* one device */
	uint32_t name; /* yj_presence_id; 0: free */
	uint16_t flags;
	uint16_t fw;	    /* yj_presence_fw; 0: never said */
	int16_t rssi_dbm;   /* 0: never said */
	int8_t battery_pct; /* -1: never said */
	uint8_t work;	    /* 1 << enum yj_work: begun */
	uint32_t beat_s;    /* 0: the configured one */
	uint32_t restless;  /* place in restless + 1; 0: none */
	uint32_t changed_s; /* when it last came or went; 0: long ago */
	uint32_t doubt;	    /* number of the doubt about its absence; 0: none */
	/* today */
	uint16_t day;
	uint16_t rssi_n;
	int32_t rssi_sum;
	int8_t day_battery_pct;
	int64_t seen_t; /* in this run; 0: not yet */
	int64_t seen_utc_ms;
	int64_t region; /* 12 digits as a number; 0: none */
	int64_t gone_t; /* offline: from when on it counts for an outage; 0: it does not */
	int64_t session;
};

struct yj_doubt { /* an absence that is not believed yet */
	uint32_t name, n;
	bool kept; /* the broker had kept it, or was lost since; else it waits for a probe */
};

struct yj_restless { /* changes of a device that has come or gone twice lately */
	uint32_t name;
	struct yj_flap flap;
};

struct yj_news {
	uint32_t name;
	enum yj_event_type type; /* YJ_EV_COUNT: none */
	bool again;		 /* tell it what its incidents stand at */
	int8_t flapping;	 /* 1: it begins, 0: it is over, -1: it is not about that */
	int8_t work;		 /* enum yj_work or -1 */
	bool begins;		 /* that work, else it is gone */
};

struct yj_presence {
	struct yj_seat *v; /* open addressing by id */
	size_t n, cap;
	size_t online;
	size_t sweep_at, write_at, dirty;
	char *names; /* ids, each with its NUL */
	size_t names_used, names_cap;
	char (*fws)[YJ_KEY_MAX + 1];
	size_t n_fws, cap_fws;

	int64_t heard_t; /* both connections have been up since */
	int64_t deaf_t;	 /* when one was last lost */
	bool up, was_cut;
	int64_t kept_ms; /* how long what was kept waits in this time up; 0: not known yet */
	struct yj_doubt *doubts;
	size_t n_doubts, cap_doubts;
	uint32_t last_doubt, probed; /* probed: doubts up to it are asked about; 0: none */

	struct yj_restless *restless;
	size_t n_restless, cap_restless;

	int64_t day_from_utc_ms, day_until_utc_ms; /* what day is, */
	uint16_t day;				   /* 0: not known */

	struct yj_news *news;
	size_t n_news, cap_news;
	/* by the transaction under way */
	size_t n_logged, n_written;
	char recalled[YJ_NAME_MAX + 1]; /* so far the run before has been looked at */
	bool recalled_all;
};

/* The seat of a device, made if need be; NULL when memory is short. Good until the next one is
 * made. */
struct yj_seat *yj_presence_seat(struct yj_presence *p, const char *id);
/* The same of a device that is there: never NULL for a name of a seat. */
struct yj_seat *yj_presence_seat_of(struct yj_presence *p, uint32_t name);
const char *yj_presence_id(const struct yj_presence *p, uint32_t name);
/* The number of a firmware's name; 0 when there is no room for it. */
uint16_t yj_presence_fw(struct yj_presence *p, const char *fw);
/* Makes room for one more of size bytes; NULL when memory is short, and *v stays. */
void *yj_presence_room(void **v, size_t n, size_t *cap, size_t size);

void yj_presence_touch(struct yj_presence *p, struct yj_seat *e);
/* A seat whose directory was looked at; NULL: none in use. */
struct yj_seat *yj_presence_known(struct yj_gateway *g, const char *device);
void yj_presence_look_up(struct yj_gateway *g, struct yj_seat *e);
/* What is to be logged, done or begun in the next transaction. */
void yj_presence_add_news(
    struct yj_gateway *g, const struct yj_seat *e, const struct yj_news *news);
void yj_presence_work(struct yj_gateway *g, struct yj_seat *e, enum yj_work what, bool begins);

/* What is known of an absence: the connection told live, the broker had kept it, or silence. */
enum yj_absence { YJ_ABSENCE_LIVE, YJ_ABSENCE_KEPT, YJ_ABSENCE_MISSED };
void yj_presence_turn(struct yj_gateway *g, struct yj_seat *e, bool online, enum yj_absence how);
/* presence_doubt.c: an absence that was said; and what a sweep makes of doubts. */
void yj_presence_doubt(struct yj_gateway *g, struct yj_seat *e, bool kept);
void yj_presence_judge(struct yj_gateway *g);
/* Both connections are up, or one was lost: then nothing that waits is believed soon. */
void yj_presence_doubt_all(struct yj_gateway *g);
/* presence_restless.c: a device that has just changed. */
enum yj_flap_says yj_presence_flap(struct yj_gateway *g, struct yj_seat *e);
void yj_presence_hold(struct yj_gateway *g, struct yj_seat *e);
void yj_presence_calm(struct yj_gateway *g);

#endif
