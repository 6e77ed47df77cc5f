#include "conn.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "clock.h"
#include "out.h"

#define BACKOFF_MIN_MS 200
#define BACKOFF_MAX_MS 5000
#define STABLE_MS 5000 /* a connection that held so long is no reason to wait */
#define CONNECT_MAX_MS 10000
#define INFLIGHT_MAX 1000
#define STOP_MS 1000
#define SESSION_EXPIRY_S (7 * 24 * 3600)

struct sim_conn {
	struct sim_conn_conf conf;
	const struct sim_conn_ops *ops;
	void *ctx;
	struct event_base *base;
	struct mosquitto *mosq;
	struct event *readable, *writable;
	struct event *tick;  /* keepalive, and the limit on connecting */
	struct event *retry; /* the next attempt */
	mosquitto_property *connect_props;
	int64_t backoff_ms;
	int64_t began_ms;
	int fd;
	bool connected; /* the broker has said yes: what a kept session holds may come now */
	bool up;	/* and the subscriptions stand */
	bool stopping;
	int complained; /* the last refusal that was printed */
};

static void attempt(evutil_socket_t fd, short what, void *arg);

static void complain(struct sim_conn *c, int code, const char *what, const char *why)
{
	if (c->complained == code)
		return;
	c->complained = code;
	sim_err("%s: %s: %s (trying on)", c->conf.client_id, what, why);
}

static void drop_events(struct sim_conn *c)
{
	if (c->readable != NULL)
		event_free(c->readable);
	if (c->writable != NULL)
		event_free(c->writable);
	c->readable = c->writable = NULL;
	c->fd = -1;
}

static void lost(struct sim_conn *c)
{
	const bool was_up = c->up;
	struct timeval wait;

	drop_events(c);
	c->up = c->connected = false;
	event_del(c->tick);
	if (c->stopping)
		return;
	/* two programs with one client id throw each other out: if both came back at once,
	 * neither would get anything done */
	if (was_up && sim_mono_ms() - c->began_ms > STABLE_MS)
		c->backoff_ms = BACKOFF_MIN_MS;
	wait = sim_timeval_ms(c->backoff_ms / 2 + random() % (c->backoff_ms / 2 + 1));
	c->backoff_ms = c->backoff_ms * 2 < BACKOFF_MAX_MS ? c->backoff_ms * 2 : BACKOFF_MAX_MS;
	event_add(c->retry, &wait);
	if (was_up && c->ops->down != NULL)
		c->ops->down(c->ctx);
}

/* After every call into the library: its socket may be gone, or it may have something to write. */
static void settle(struct sim_conn *c, int rc)
{
	if (c->fd < 0)
		return;
	if (mosquitto_socket(c->mosq) < 0 ||
	    (rc != MOSQ_ERR_SUCCESS && rc != MOSQ_ERR_CONN_PENDING)) {
		/* the broker's own reason stands, and is not followed by that of the closing */
		const bool refused = !c->connected && c->complained >= 2 && c->complained < 1000;

		if (!c->stopping && rc != MOSQ_ERR_SUCCESS && !refused)
			complain(c, 1000 + rc, "connection", mosquitto_strerror(rc));
		lost(c);
		return;
	}
	if (mosquitto_want_write(c->mosq))
		event_add(c->writable, NULL);
	else
		event_del(c->writable);
}

static bool more_to_read(struct sim_conn *c)
{
	SSL *ssl = mosquitto_ssl_get(c->mosq);
	int waiting = 0;

	if (mosquitto_socket(c->mosq) < 0)
		return false;
	if (ssl != NULL && SSL_pending(ssl) > 0)
		return true;
	return ioctl(c->fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct sim_conn *c = arg;
	int rc;

	(void)fd;
	(void)what;
	do {
		/* the library takes a stale EAGAIN for its own */
		errno = 0;
		rc = mosquitto_loop_read(c->mosq, 1);
	} while (rc == MOSQ_ERR_SUCCESS && more_to_read(c));
	settle(c, rc);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct sim_conn *c = arg;

	(void)fd;
	(void)what;
	errno = 0;
	settle(c, mosquitto_loop_write(c->mosq, 1));
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct sim_conn *c = arg;

	(void)fd;
	(void)what;
	if (!c->up && sim_mono_ms() - c->began_ms > CONNECT_MAX_MS) {
		/* a host that does not even refuse: attempt() closes the socket */
		complain(c, 1, "connection", "no answer");
		lost(c);
		return;
	}
	settle(c, mosquitto_loop_misc(c->mosq));
}

static void is_up(struct sim_conn *c)
{
	c->up = true;
	c->complained = 0;
	if (c->ops->up != NULL)
		c->ops->up(c->ctx);
}

static int filter_count(const struct sim_conn *c)
{
	int count = 0;

	while (count < SIM_CONN_FILTERS_MAX && c->conf.filters[count] != NULL)
		count++;
	return count;
}

static void on_connect(
    struct mosquitto *mosq, void *arg, int code, int flags, const mosquitto_property *props)
{
	struct sim_conn *c = arg;
	char *filters[SIM_CONN_FILTERS_MAX];
	const int count = filter_count(c);

	(void)flags;
	(void)props;
	if (code != 0) {
		/* the broker closes the connection now, and lost() tries again */
		complain(c, code, "refused by the broker",
		    c->conf.mqtt == 5 ? mosquitto_reason_string(code)
				      : mosquitto_connack_string(code));
		return;
	}
	c->connected = true;
	if (count == 0) {
		is_up(c);
		return;
	}
	for (int i = 0; i < count; i++)
		filters[i] = (char *)(uintptr_t)c->conf.filters[i];
	mosquitto_subscribe_multiple(mosq, NULL, count, filters, 1, 0, NULL);
}

static void on_subscribe(struct mosquitto *mosq, void *arg, int mid, int count, const int *granted,
    const mosquitto_property *props)
{
	struct sim_conn *c = arg;

	(void)mosq;
	(void)mid;
	(void)props;
	for (int i = 0; i < count; i++) {
		if (granted[i] >= 128)
			sim_err("%s: the broker refuses the subscription to %s", c->conf.client_id,
			    i < filter_count(c) ? c->conf.filters[i] : "?");
	}
	is_up(c);
}

static void on_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *msg,
    const mosquitto_property *props)
{
	struct sim_conn *c = arg;

	(void)mosq;
	(void)props;
	if (c->ops->message != NULL)
		c->ops->message(c->ctx, msg->topic, msg->payload,
		    (size_t)(msg->payloadlen < 0 ? 0 : msg->payloadlen));
	errno = 0;
}

static void on_publish(
    struct mosquitto *mosq, void *arg, int mid, int code, const mosquitto_property *props)
{
	struct sim_conn *c = arg;

	(void)mosq;
	(void)props;
	if (code >= 128)
		sim_err("%s: the broker refuses a publish: %s", c->conf.client_id,
		    mosquitto_reason_string(code));
	if (c->ops->published != NULL)
		c->ops->published(c->ctx, mid, code);
	errno = 0;
}

static void attempt(evutil_socket_t fd, short what, void *arg)
{
	struct sim_conn *c = arg;
	struct timeval second = {.tv_sec = 1};
	int rc;

	(void)fd;
	(void)what;
	errno = 0;
	c->began_ms = sim_mono_ms();
	if (c->ops->connecting != NULL)
		c->ops->connecting(c->ctx);
	rc = mosquitto_connect_bind_async(
	    c->mosq, c->conf.host, c->conf.port, c->conf.keepalive_s, NULL);
	c->fd = mosquitto_socket(c->mosq);
	event_add(c->tick, &second);
	if (c->fd < 0) {
		complain(c, 1000 + rc, "connection",
		    rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
		lost(c);
		return;
	}
	c->readable = event_new(c->base, c->fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(c->base, c->fd, EV_WRITE | EV_PERSIST, on_writable, c);
	if (c->readable == NULL || c->writable == NULL) {
		lost(c);
		return;
	}
	event_add(c->readable, NULL);
	event_add(c->writable, NULL);
}

/* Only the blocking connect takes properties, and they are kept for all that follow; so let it
 * fail at once on an address that no TCP connection can be made to. */
static int keep_properties(struct sim_conn *c)
{
	if (!c->conf.persistent || c->conf.mqtt != 5)
		return 0;
	if (mosquitto_property_add_int32(
		&c->connect_props, MQTT_PROP_SESSION_EXPIRY_INTERVAL, SESSION_EXPIRY_S) != 0)
		return YJ_ERR_NOMEM;
	mosquitto_connect_bind_v5(
	    c->mosq, "255.255.255.255", 9, c->conf.keepalive_s, NULL, c->connect_props);
	return 0;
}

static int configure(struct sim_conn *c)
{
	const struct sim_conn_conf *conf = &c->conf;
	struct mosquitto *m = c->mosq;
	int rc;

	mosquitto_int_option(
	    m, MOSQ_OPT_PROTOCOL_VERSION, conf->mqtt == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
	mosquitto_int_option(m, MOSQ_OPT_SEND_MAXIMUM, INFLIGHT_MAX);
	mosquitto_int_option(m, MOSQ_OPT_RECEIVE_MAXIMUM, INFLIGHT_MAX);
	/* else a press waits 40 ms for the answer to the acknowledgement before it */
	mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_connect_v5_callback_set(m, on_connect);
	mosquitto_subscribe_v5_callback_set(m, on_subscribe);
	mosquitto_message_v5_callback_set(m, on_message);
	mosquitto_publish_v5_callback_set(m, on_publish);
	if (conf->username != NULL &&
	    mosquitto_username_pw_set(m, conf->username, conf->password) != MOSQ_ERR_SUCCESS)
		return YJ_ERR_INVAL;
	if (conf->ca_file != NULL || conf->cert_file != NULL) {
		rc = mosquitto_tls_set(m, conf->ca_file,
		    conf->ca_file == NULL ? "/etc/ssl/certs" : NULL, conf->cert_file,
		    conf->key_file, NULL);
		if (rc != MOSQ_ERR_SUCCESS) {
			sim_err("certificates: %s", mosquitto_strerror(rc));
			return YJ_ERR_INVAL;
		}
	}
	return keep_properties(c);
}

int sim_conn_new(struct event_base *base, const struct sim_conn_conf *conf,
    const struct sim_conn_ops *ops, void *ctx, struct sim_conn **out)
{
	struct sim_conn *c = calloc(1, sizeof(*c));
	int rc = YJ_ERR_NOMEM;

	if (c == NULL)
		return rc;
	c->conf = *conf;
	c->ops = ops;
	c->ctx = ctx;
	c->base = base;
	c->fd = -1;
	c->backoff_ms = BACKOFF_MIN_MS;
	c->mosq = mosquitto_new(conf->client_id, !conf->persistent, c);
	c->tick = event_new(base, -1, EV_PERSIST, on_tick, c);
	c->retry = evtimer_new(base, attempt, c);
	if (c->mosq != NULL && c->tick != NULL && c->retry != NULL)
		rc = configure(c);
	if (rc < 0) {
		sim_conn_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void sim_conn_start(struct sim_conn *c)
{
	struct timeval now = {0};

	event_add(c->retry, &now);
}

int sim_conn_will(struct sim_conn *c, const char *topic, const char *payload)
{
	int rc = mosquitto_will_set(c->mosq, topic, (int)strlen(payload), payload, 1, true);

	return rc == MOSQ_ERR_SUCCESS ? 0 : rc == MOSQ_ERR_NOMEM ? YJ_ERR_NOMEM : YJ_ERR_INVAL;
}

bool sim_conn_is_up(const struct sim_conn *c)
{
	return c->up;
}

int sim_conn_publish(
    struct sim_conn *c, const char *topic, const void *payload, size_t len, bool retain, int *mid)
{
	int rc;

	if (!c->connected)
		return YJ_ERR_BUSY;
	rc = mosquitto_publish_v5(c->mosq, mid, topic, (int)len, payload, 1, retain, NULL);
	switch (rc) {
	case MOSQ_ERR_SUCCESS:
	case MOSQ_ERR_NO_CONN:
	case MOSQ_ERR_CONN_LOST:
		/* taken in any case; a broken socket shows itself when it is read */
		if (c->fd >= 0 && mosquitto_want_write(c->mosq))
			event_add(c->writable, NULL);
		return 0;
	case MOSQ_ERR_NOMEM:
		return YJ_ERR_NOMEM;
	default:
		return YJ_ERR_INVAL;
	}
}

void sim_conn_stop(struct sim_conn *c)
{
	const int64_t until_ms = sim_mono_ms() + STOP_MS;

	c->stopping = true;
	event_del(c->retry);
	if (c->fd < 0)
		return;
	mosquitto_disconnect_v5(c->mosq, 0, NULL);
	while (mosquitto_socket(c->mosq) >= 0 && mosquitto_want_write(c->mosq) &&
	       sim_mono_ms() < until_ms) {
		struct pollfd ready = {.fd = c->fd, .events = POLLOUT};

		poll(&ready, 1, 50);
		errno = 0;
		if (mosquitto_loop_write(c->mosq, 1) != MOSQ_ERR_SUCCESS)
			break;
	}
	lost(c);
}

void sim_conn_free(struct sim_conn *c)
{
	if (c == NULL)
		return;
	c->stopping = true;
	drop_events(c);
	if (c->tick != NULL)
		event_free(c->tick);
	if (c->retry != NULL)
		event_free(c->retry);
	mosquitto_destroy(c->mosq);
	mosquitto_property_free_all(&c->connect_props);
	free(c);
}
