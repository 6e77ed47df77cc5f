/* The inside of a link, shared by link.c (interface, back-off), conn.c (one connection from the
 * look-up to its end), turn.c (read, commit, write) and subs.c (subscriptions). */
#ifndef LINK_IMPL_H
#define LINK_IMPL_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <mosquitto.h>
#include <openssl/ssl.h>

#include "conf.h"
#include "mqtt/link.h"
#include "proto/limits.h"
#include "resolve.h"
#include "window.h"

/*   IDLE ──start──▶ RESOLVING ──▶ CONNECTING ──▶ HANDSHAKE (TLS) ──▶ GREETING ──CONNACK──▶ ONLINE
 *                    ▲   ▲  │            │             │                 │                  │
 *                    │   │  └────────────┴──── fault, time is up ────────┴──────────────────┤
 *                    │   └──back-off── WAITING ◀────────────────────────────────────────────┤
 *                    └──resume── PAUSED ◀──pause (from everywhere but IDLE and STOPPED)─────┤
 *                                STOPPED ◀──stop (from everywhere, for good)────────────────┘
 * A numeric host goes through RESOLVING without waiting there, a plain connection past HANDSHAKE.
 */
enum phase {
	PHASE_IDLE,
	PHASE_WAITING,
	PHASE_RESOLVING,
	PHASE_CONNECTING,
	PHASE_HANDSHAKE,
	PHASE_GREETING,
	PHASE_ONLINE,
	PHASE_PAUSED,
	PHASE_STOPPED,
};

struct sub {
	char *filter;
	int qos;
	bool retained;
	bool gone; /* taken back, but the broker has not confirmed it */
	int mid;   /* of the SUBSCRIBE or UNSUBSCRIBE under way on this connection; 0: none */
};

struct yj_link {
	struct event_base *base;
	struct conf conf;
	struct yj_link_ops ops;
	void *ctx;
	SSL_CTX *tls; /* NULL: plain */
	struct resolver *resolver;
	struct addrs addrs;
	int addr_next;
	struct sub subs[YJ_SUBSCRIPTIONS_MAX];
	int sub_n;

	enum phase phase;
	bool session_expected;
	int failures;	    /* in a row; the back-off's exponent */
	struct event timer; /* back-off, time limit of an attempt, or keep-alive, by phase */
	struct event flush; /* write what was queued outside of a turn */
	char told[160];	    /* the last failure that was logged, and when */
	int64_t told_ms;

	/* One connection. libmosquitto gets a new instance for each, so that nothing of an old one,
	 * be it a queued PUBACK or an unconfirmed publish, can ever reach the next. */
	struct mosquitto *mosq;
	int fd; /* our own duplicate: libmosquitto closes its descriptor as it pleases */
	struct event readable;
	struct event writable;
	int64_t up_ms;
	int64_t read_ms; /* when something was last read and written, for the keep-alive */
	int64_t wrote_ms;
	int keepalive_s;	 /* the broker may ask for another than ours */
	uint32_t packet_max;	 /* 0: no limit */
	struct window confirmed; /* QoS 1: until PUBACK */
	struct window written;	 /* QoS 0: until written */

	bool marks;    /* the broker may still send again what was not acknowledged */
	bool marked;   /* the message that is being read is such a one */
	bool in_turn;  /* libmosquitto or the owner is on the stack: destroy nothing */
	bool lost;     /* this connection is to be dropped at the end of the turn */
	bool pausing;  /* and not to be made again */
	char why[160]; /* the first reason for lost */
	int batch_n;   /* messages handed over and not committed */
};

/* link.c */
int64_t link_now_ms(void);
void link_log(struct yj_link *link, int level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Notes that the connection is to be dropped; the first reason stays. */
void link_lose(struct yj_link *link, const char *why);
/* Ends the connection that was lost: tells the owner and waits for the next attempt. */
void link_down(struct yj_link *link);
void link_timer(struct yj_link *link, int64_t wait_ms);

/* conn.c */
void conn_attempt(struct yj_link *link); /* begins; never blocks, calls nobody but log */
void conn_close(struct yj_link *link);	 /* without writing anything; harmless if there is none */
void conn_resolved(void *ctx, const struct addrs *addrs, const char *why);
/* What the loop is to watch for now. */
void conn_watch(struct yj_link *link);

/* turn.c */
void turn_callbacks(struct yj_link *link); /* sets them on link->mosq */
/* Reads (if readable), commits, writes, in this order, and drops the connection if it must. */
void turn_run(struct yj_link *link, bool readable);
void turn_keepalive(struct yj_link *link);

/* subs.c */
int subs_add(struct yj_link *link, const char *filter, int qos, bool retained) YJ_MUST_CHECK;
int subs_remove(struct yj_link *link, const char *filter) YJ_MUST_CHECK;
void subs_send(struct yj_link *link); /* all of them, after CONNACK */
void subs_answered(struct yj_link *link, int mid, int code);
void subs_forgotten(struct yj_link *link, int mid);
void subs_clear(struct yj_link *link);

#endif
