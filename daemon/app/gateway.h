/* One running gateway: everything app/ holds together. Nothing authoritative lives only here; what
 * must survive is in the store. All of it belongs to the loop's thread. */
#ifndef APP_GATEWAY_H
#define APP_GATEWAY_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "config.h"
#include "core/incident.h"
#include "ctl/server.h"
#include "devices/registry.h"
#include "http/server.h"
#include "log.h"
#include "metrics.h"
#include "mqtt/link.h"
#include "notify/channel.h"
#include "store/inbound.h"
#include "store/incident.h"
#include "store/log.h"
#include "store/outbox.h"
#include "store/store.h"

struct yj_lanes;     /* lanes.h: what waits in memory for each channel */
struct yj_presence;  /* presence.h */
struct yj_inhand;    /* inhand.h: the item that is being touched */
struct yj_feed;	     /* feed.h: the log on its way to the platform */
struct yj_emergency; /* emergency.h */
struct yj_space;     /* space.h */
struct yj_imports;   /* imports.h */
struct yj_floods;    /* floods.h */
struct yj_plans;     /* plans.h */
struct yj_deadman;   /* deadman.h */
struct yj_channels;  /* channels.h */
struct yj_foreign;   /* foreign.h */
struct yj_families;  /* families.h */
struct yj_beds;	     /* beds.h */
struct yj_life;	     /* life.h */
struct yj_pushes;    /* pushes.h */
struct yj_answerpage;
struct yj_visitwatch; /* visitwatch.h */
struct yj_rounds;     /* rounds.h */

enum yj_trouble {		/* reasons to be degraded, each set and cleared by its finder */
	YJ_TROUBLE_CONFIG = 1,	/* started on the last configuration that worked */
	YJ_TROUBLE_STORE = 2,	/* the store cannot write */
	YJ_TROUBLE_SPACE = 4,	/* the disk is nearly full */
	YJ_TROUBLE_BROKER = 8,	/* no connection for calls for help */
	YJ_TROUBLE_DEAF = 64,	/* the broker refuses a subscription */
	YJ_TROUBLE_AUDIT = 16,	/* an incident's next step or the outbox is overdue */
	YJ_TROUBLE_MOVED = 128, /* the database is not where it was when it was opened */
	YJ_TROUBLE_HTTP = 256,	/* somebody else has the address of its HTTP server */
	YJ_TROUBLE_CTL = 512,	/* its control socket cannot be made */
	YJ_TROUBLE_POISON = 32, /* an incident was set aside and is still open */
};

struct yj_now {	   /* sampled once per turn of the loop */
	int64_t t; /* the gateway's timeline, ms */
	int64_t utc_ms;
	bool utc_known;
};

#define YJ_CALLED_OFF_MAX 64 /* more at once go on until they end by themselves */
struct yj_called_off {	     /* pages under way that are to be taken back */
	int64_t incident;
	char who[YJ_NAME_MAX + 1]; /* of this person; "": of everybody */
};
/* What a transaction notes here as written, put back when it is undone. */
struct yj_noted {
	unsigned trouble_logged;     /* as the log and the state topic know it */
	int64_t newest_event_utc_ms; /* the clock is not believed before it */
	int64_t timeline_saved_ms;   /* boot time at which the timeline was stored */
	int64_t clock_step_ms;	     /* a step of UTC that is not logged yet */
	bool clock_dirty;	     /* the timeline is to be stored at once */
	bool session_lost;	     /* of the help connection, until it is logged */
	bool session_made;	     /* the broker has one of us, until it is noted */
	struct yj_called_off called_off[YJ_CALLED_OFF_MAX];
	size_t n_called_off;
};

struct yj_gateway {
	struct event_base *base;
	struct yj_config *config;
	const char *config_path;
	struct yj_store *store;
	struct yj_clock clock;
	struct yj_now now;
	struct yj_noted noted, noted_before;
	int64_t started_utc_ms, started_t;

	struct yj_link *help, *chatter;
	struct yj_channels *channels;
	struct yj_http *http;
	struct yj_ctl *ctl;

	struct yj_inbox *inbox;	    /* dispatch.c: messages read and not yet committed */
	struct yj_effects *effects; /* effects.h: what is told once the commit stands */
	struct yj_results *results; /* deliveries.h: results of channels not yet written */
	struct yj_lanes *lanes;
	struct yj_presence *presence;
	struct yj_inhand *inhand;
	struct yj_feed *feed;
	struct yj_space *space;
	struct yj_emergency *emergency;
	struct yj_imports *imports;
	struct yj_floods *floods;
	struct yj_plans *plans;
	struct yj_deadman *deadman;
	struct yj_foreign *foreign;
	struct yj_families *families;
	struct yj_beds *beds;
	struct yj_life *life;
	struct yj_pushes *pushes;
	struct yj_rounds *rounds;
	struct yj_answerpage *answerpage; /* answerpage.h: links by which people answer */

	struct {
		int64_t due_utc_ms;  /* when to look for gaps again; 0: at once */
		int64_t next_utc_ms; /* due, once the report is committed */
	} rosters;		     /* rosters.h */

	struct { /* trends.h: how far it has come today */
		int32_t day;
		char after[YJ_NAME_MAX + 1], next[YJ_NAME_MAX + 1];
		bool done;
	} trends;

	struct { /* silences.h: ends of those that are active; known: as the store has them */
		bool known;
		int64_t first_utc_ms, last_utc_ms;
	} silences;
	struct { /* diverts.h */
		bool known;
		int64_t due_t;
	} diverts;
	struct { /* outages.h */
		int64_t look_t;
	} outages;

	struct yj_visitwatch *visitwatch; /* visitwatch.h */
	struct {			  /* visits.h; known: as the store has them */
		bool known, expected, check;
		int64_t due_t;
	} visits;

	int64_t away_due_t; /* away.h */

	unsigned trouble;		   /* enum yj_trouble */
	char degraded[128];		   /* "" or why */
	bool store_failing;		   /* commits fail: nothing is read until one succeeds */
	int64_t retry_t;		   /* and when to try again */
	int (*owed)(struct yj_gateway *g); /* what the start could not write, or NULL */
	bool
	    guarded; /* each item of the transaction is marked, so that a bad one is undone alone */
	bool state_stale; /* the state topic could not be published */
	bool careful;	  /* after unclean starts: steps of one */
	bool stopping;
	bool restart_wanted; /* the audit found no other way */

	struct event *timer; /* a timerfd on CLOCK_BOOTTIME: the next deadline */
	struct event *turn;  /* pending work of this turn */
	struct event *flush; /* the broker takes publishes again */
	struct event *audit;
	struct yj_metrics metrics;
};

/* Who acts: beside the caregiver in whose name. */
struct yj_actor {
	const char *actor; /* account or channel, "" if none */
	const char *via;   /* "mqtt", "ctl", "" */
};

/* Samples the clock; notices steps. */
void yj_gateway_sample(struct yj_gateway *g);

/* Appends an event with the present time. 0 or a yj_err. */
int yj_gateway_log(struct yj_gateway *g, struct yj_log_event *event) YJ_MUST_CHECK;

/* An empty event of a type. */
struct yj_log_event yj_event_of(enum yj_event_type type);

/* Sets or clears a trouble; publishes the state and logs degraded/recovered when it changes. */
void yj_gateway_trouble(struct yj_gateway *g, enum yj_trouble trouble, bool on);

/* Stores the timeline, within the caller's transaction. */
int yj_gateway_save_clock(struct yj_gateway *g) YJ_MUST_CHECK;
/* Is there something for the audit's transaction to write? */
bool yj_gateway_has_housework(struct yj_gateway *g, bool purge_is_due);
/* What this turn has found and not logged yet (clock steps, lost sessions, degraded), within the
 * caller's transaction; and after the commit: the state topic. */
int yj_gateway_write(struct yj_gateway *g) YJ_MUST_CHECK;
void yj_gateway_publish_state(struct yj_gateway *g, bool online);
/* A transaction begins; and it was undone. */
void yj_gateway_mark(struct yj_gateway *g);
void yj_gateway_undone(struct yj_gateway *g);

/* Rearms the timer for the earliest deadline of incidents, outbox, floods and retries. */
void yj_gateway_rearm(struct yj_gateway *g);

#endif
