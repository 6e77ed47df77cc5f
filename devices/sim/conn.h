/* One MQTT connection of the simulator in libevent's loop. It connects without blocking (a host
 * name is resolved in place), never gives up, and subscribes anew after each connect. */
#ifndef SIM_CONN_H
#define SIM_CONN_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

#define SIM_CONN_FILTERS_MAX 4

struct sim_conn;

struct sim_conn_conf { /* all strings are borrowed and must outlive the connection */
	const char *host;
	int port;
	const char *client_id;
	const char *username; /* NULL: none */
	const char *password;
	const char *ca_file; /* this or cert_file: TLS */
	const char *cert_file;
	const char *key_file;
	int mqtt;	 /* 3 (that is 3.1.1) or 5 */
	bool persistent; /* the broker keeps the session */
	int keepalive_s;
	const char *filters[SIM_CONN_FILTERS_MAX]; /* QoS 1; up to the first NULL */
};

struct sim_conn_ops {		       /* each may be NULL; none of them may free the connection */
	void (*up)(void *ctx);	       /* connected, and the subscriptions stand */
	void (*connecting)(void *ctx); /* before each attempt: the time for sim_conn_will */
	void (*down)(void *ctx);
	void (*message)(void *ctx, const char *topic, const void *payload, size_t len);
	/* The broker has taken (code below 128) or refused a publish. */
	void (*published)(void *ctx, int mid, int code);
};

/* 0, YJ_ERR_NOMEM, or YJ_ERR_INVAL with a line on stderr (a certificate that cannot be read). */
int sim_conn_new(struct event_base *base, const struct sim_conn_conf *conf,
    const struct sim_conn_ops *ops, void *ctx, struct sim_conn **out) YJ_MUST_CHECK;
void sim_conn_start(struct sim_conn *conn);

/* The will (retained, QoS 1) of the next connection, copied. 0, YJ_ERR_INVAL or YJ_ERR_NOMEM. */
int sim_conn_will(struct sim_conn *conn, const char *topic, const char *payload) YJ_MUST_CHECK;

bool sim_conn_is_up(const struct sim_conn *conn);

/* QoS 1. 0, YJ_ERR_BUSY when not connected, YJ_ERR_INVAL, YJ_ERR_NOMEM. mid may be NULL. Once
 * taken, the library sends it again after a reconnect until the broker has acknowledged it. */
int sim_conn_publish(struct sim_conn *conn, const char *topic, const void *payload, size_t len,
    bool retain, int *mid) YJ_MUST_CHECK;

/* Writes what is queued, says DISCONNECT (so no will goes out), at most a second. */
void sim_conn_stop(struct sim_conn *conn);
void sim_conn_free(struct sim_conn *conn); /* NULL is fine; without stop the will goes out */

#endif
