/* One connection to the broker, durable first: nothing that was read is acknowledged before the
 * owner has committed it (docs/design.md, "Durable first, then tell anyone").
 *
 * libmosquitto runs in threaded mode without threads: every outgoing packet, PUBACKs among them, is
 * only queued until this link calls mosquitto_loop_write, and it does so only outside of a
 * batch. Single-threaded: every call and callback happens in the event loop's thread. */
#ifndef MQTT_LINK_H
#define MQTT_LINK_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

struct yj_link;

struct yj_link_conf {	  /* all strings are copied; NULL or "" means not set */
	const char *host; /* name or address; names are resolved off the loop */
	int port;
	const char *client_id; /* with a '.', so that no device can have it */
	const char *username;
	const char *password;
	const char *ca_file; /* any of the next three set: TLS, the broker's name is verified */
	const char *cert_file;
	const char *key_file;
	bool tls;		/* TLS with the system's authorities */
	bool persistent;	/* clean session false, session expiry without end */
	int receive_maximum;	/* of MQTT 5, and the cap of a batch; 1 to YJ_BATCH_MAX */
	int keepalive_s;	/* 0: 30 */
	const char *will_topic; /* retained, QoS 1; NULL: no will */
	const char *will_payload;
	int64_t backoff_min_ms;	    /* 0: 200 */
	int64_t backoff_max_ms;	    /* 0: 10000; delays double, with jitter of half their length;
				     * a connection that held so long starts anew with the least */
	int64_t connect_timeout_ms; /* 0: 10000; from the look-up or the SYN to the CONNACK */
};

struct yj_link_msg { /* borrowed, valid during the callback */
	const char *topic;
	const void *payload;
	size_t len;
	int qos;
	bool retain;
	uint16_t packet; /* its identifier, the same when it is delivered again; 0 at QoS 0 */
	bool again;	 /* the broker says that it has sent it before, over another connection */
};

enum yj_link_state { YJ_LINK_DOWN, YJ_LINK_UP };

struct yj_link_ops {
	/* One message was read. Only note it: work is done in commit. */
	void (*message)(void *ctx, const struct yj_link_msg *msg);
	/* All that was readable (or the batch's cap) has been handed over by `message`: make it
	 * durable now. 0: acknowledgements go out. Negative: nothing of the batch is acknowledged,
	 * the connection is dropped and made again after the back-off, and the broker delivers
	 * everything again. Called only after at least one message. The callee may call
	 * yj_link_publish; nothing leaves before it has returned 0. */
	int (*commit)(void *ctx);
	/* The broker's answer to a yj_link_publish with QoS 1: code 0 success, 16 (0x10) "no
	 * matching subscribers" (MQTT 5), from 128 on refused; QoS 0: called when written. NOT
	 * called for publishes that were under way when the connection was lost: those are reported
	 * by `state` DOWN, after which the owner forgets all its tokens. */
	void (*published)(void *ctx, uint64_t token, int code);
	/* The connection is up (after CONNACK) or down. session_lost: we asked for our persistent
	 * session, had been connected to this broker before in this process or `expect_session`
	 * was set, and the broker said it has none: alerts may be gone. */
	void (*state)(void *ctx, enum yj_link_state state, bool session_lost, const char *why);
	/* May be NULL. The broker's answer to a subscription, after each connect: code 0 to 2 the
	 * granted QoS, from 128 on refused (nothing will come from this filter). */
	void (*subscribed)(void *ctx, const char *filter, int code);
	/* May be NULL. A line of key=value text for the process log; level as in syslog(3).
	 * Attempts that go on failing for the same reason are told once in five minutes. */
	void (*log)(void *ctx, int level, const char *line);
};

/* Makes a link that is not started. ctx and base are borrowed. 0, YJ_ERR_INVAL (bad configuration,
 * e.g. unreadable certificate; *why says it in a static string), YJ_ERR_NOMEM. */
int yj_link_new(struct event_base *base, const struct yj_link_conf *conf,
    const struct yj_link_ops *ops, void *ctx, struct yj_link **out, const char **why) YJ_MUST_CHECK;

/* Adds a subscription, kept over reconnects; sent at once if connected. Before or after start.
 * no_local unless the filter is shared, and (retain_handling 2) without retained replay if
 * !retained. qos 0 or 1. The same filter again: replaced. YJ_ERR_INVAL for a bad filter,
 * YJ_ERR_FULL over YJ_SUBSCRIPTIONS_MAX, YJ_ERR_NOMEM. */
int yj_link_subscribe(
    struct yj_link *link, const char *filter, int qos, bool retained) YJ_MUST_CHECK;
/* Takes it back, with a persistent session also at the next connect if it is down now, and
 * also when only an earlier run had subscribed it. Errors as above. */
int yj_link_unsubscribe(struct yj_link *link, const char *filter) YJ_MUST_CHECK;

/* Begins connecting; never blocks. expect_session: an earlier run had a session. YJ_ERR_INVAL if
 * started already. */
int yj_link_start(struct yj_link *link, bool expect_session) YJ_MUST_CHECK;

/* Queues a publish, QoS 0 or 1. token is the owner's. 0; YJ_ERR_BUSY when not connected, or
 * YJ_INFLIGHT_MAX (or the broker's Receive Maximum, if less) publishes with QoS 1 are under way, or
 * YJ_INFLIGHT_MAX with QoS 0 not written yet (nothing is taken; ask again from `published` or
 * `state`); YJ_ERR_INVAL for a bad topic or a payload over YJ_PACKET_MAX or the broker's
 * limit; YJ_ERR_NOMEM. Bytes are written after this link's current batch is committed, else within
 * this turn of the loop. May be called from every callback. */
int yj_link_publish(struct yj_link *link, const char *topic, const void *payload, size_t len,
    int qos, bool retain, uint64_t token) YJ_MUST_CHECK;

/* How many more QoS 1 publishes would be taken now; 0 when not connected. */
int yj_link_room(const struct yj_link *link);
bool yj_link_is_up(const struct yj_link *link);

/* Stops reading and acknowledging (the store cannot write), and continues: pause drops the
 * connection without flushing acknowledgements (`state` DOWN follows, from a callback after
 * its end); resume connects again at once, YJ_ERR_INVAL if it was not started. */
void yj_link_pause(struct yj_link *link);
int yj_link_resume(struct yj_link *link) YJ_MUST_CHECK;

/* Writes what is queued, sends DISCONNECT (so that no will is published) and waits, blocking, at
 * most timeout_ms until the broker has taken it. For a clean stop; no callbacks but `published` of
 * QoS 0. stop and free: not from a callback of this link. */
void yj_link_stop(struct yj_link *link, int64_t timeout_ms);
/* NULL is fine; pending acknowledgements are not sent; no callbacks. */
void yj_link_free(struct yj_link *link);

#endif
