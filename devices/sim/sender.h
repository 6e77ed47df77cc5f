/* A speaker with one connection, whose messages are repeated until they are confirmed. */
#ifndef SIM_SENDER_H
#define SIM_SENDER_H

#include <event2/event.h>

#include "conn.h"
#include "options.h"
#include "pending.h"
#include "proto/message.h"

struct sim_sender_ops { /* each may be NULL */
	void (*connecting)(void *ctx);
	void (*up)(void *ctx);
	void (*message)(void *ctx, const struct yj_topic *topic, const struct yj_message *msg);
	void (*published)(void *ctx, int mid, int code); /* of sim_sender_tell */
};

struct sim_sender {
	struct event_base *base;
	const char *who; /* borrowed: the device or caregiver */
	struct sim_conn *conn;
	struct sim_pending pending;
	struct event *timer;
	const struct sim_sender_ops *ops;
	void *ctx;
};

/* Makes the connection (not started) and loads what an earlier run left in --state-dir. conf is
 * what sim_options_conn gave, with filters added. 0, or a negative error with a line on
 * stderr. Release with sim_sender_done, also after a failure. */
int sim_sender_init(struct sim_sender *sender, struct event_base *base,
    const struct sim_options *opts, const char *who, const struct sim_conn_conf *conf,
    const struct sim_sender_ops *ops, void *ctx) YJ_MUST_CHECK;
void sim_sender_done(struct sim_sender *sender);

/* Says something until sim_sender_confirm: it is in the state file before it leaves. If the very
 * id is still unconfirmed from an earlier run, that message goes on with its own bytes.
 * 0 or a negative error with a line on stderr. */
int sim_sender_say(
    struct sim_sender *sender, const struct yj_message *msg, const char *id) YJ_MUST_CHECK;
void sim_sender_confirm(struct sim_sender *sender, const char *id);

/* Says something once; YJ_ERR_BUSY when not connected. mid may be NULL. */
int sim_sender_tell(
    struct sim_sender *sender, const struct yj_message *msg, bool retain, int *mid) YJ_MUST_CHECK;

#endif
