/* One connection, from the look-up to its end; the phases are drawn in link_impl.h. */
#include <errno.h>
#include <fcntl.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link_impl.h"
#include "tls.h"

static void on_readable(evutil_socket_t fd, short what, void *ctx);
static void on_writable(evutil_socket_t fd, short what, void *ctx);

/* At once but from the loop, so that a row of addresses that refuse is no recursion. */
static void attempt_failed(struct yj_link *link, const char *why)
{
	link_lose(link, why);
	link_down(link);
}

/* OpenSSL's own words are only to be had through libmosquitto's log. Off once connected: with a log
 * callback libmosquitto formats a line for every packet. */
static void on_log(struct mosquitto *mosq, void *ctx, int level, const char *line)
{
	(void)mosq;
	struct yj_link *link = ctx;
	if (level != MOSQ_LOG_ERR || link->lost)
		return;
	const char *verify = tls_verify_error(mosquitto_ssl_get(link->mosq));
	link_lose(link, verify != NULL ? verify : line);
}

/* Session expiry without end (MQTT 5, 3.1.2.11.2). libmosquitto takes CONNECT properties only in
 * its blocking connect; that one keeps them and then refuses a missing host, and the asynchronous
 * connect sends them. */
static int set_expiry(struct yj_link *link)
{
	mosquitto_property *props = NULL;
	int rc =
	    mosquitto_property_add_int32(&props, MQTT_PROP_SESSION_EXPIRY_INTERVAL, UINT32_MAX);
	if (rc != MOSQ_ERR_SUCCESS)
		return rc;
	rc = mosquitto_connect_bind_v5(link->mosq, NULL, link->conf.port, 0, NULL, props);
	mosquitto_property_free_all(&props);
	return rc == MOSQ_ERR_INVAL ? MOSQ_ERR_SUCCESS : rc;
}

static int set_options(struct yj_link *link)
{
	const struct conf *conf = &link->conf;
	struct mosquitto *m = link->mosq;
	int rc = mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	if (rc == 0)
		rc = mosquitto_int_option(m, MOSQ_OPT_RECEIVE_MAXIMUM, conf->batch_max);
	if (rc == 0)
		rc = mosquitto_int_option(m, MOSQ_OPT_SEND_MAXIMUM, YJ_INFLIGHT_MAX);
	if (rc == 0)
		rc = mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
	/* Without threads: every packet is only queued until we write. */
	if (rc == 0)
		rc = mosquitto_threaded_set(m, true);
	if (rc == 0 && (conf->username != NULL || conf->password != NULL))
		rc = mosquitto_username_pw_set(m, conf->username, conf->password);
	if (rc == 0 && conf->will_topic != NULL) {
		size_t len = conf->will_payload == NULL ? 0 : strlen(conf->will_payload);
		rc = mosquitto_will_set(m, conf->will_topic, (int)len, conf->will_payload, 1, true);
	}
	if (rc == 0 && link->tls != NULL)
		rc = mosquitto_int_option(m, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
	if (rc == 0 && link->tls != NULL)
		rc = mosquitto_void_option(m, MOSQ_OPT_SSL_CTX, link->tls);
	if (rc == 0 && conf->persistent)
		rc = set_expiry(link);
	return rc;
}

/* A peer that vanished is noticed by the kernel, long before two keep-alives have passed, and
 * without waking us. Best effort: the keep-alive finds it too. */
static void set_socket(int fd, int keepalive_s)
{
	int on = 1;
	int idle_s = keepalive_s / 2;
	int every_s = 5;
	int count = 3;
	unsigned int unacked_ms = (unsigned int)keepalive_s * 1000;
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof(every_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked_ms, sizeof(unacked_ms));
}

static int open_socket(struct yj_link *link, const char *addr)
{
	errno = 0;
	int rc = mosquitto_connect_async(link->mosq, addr, link->conf.port, link->conf.keepalive_s);
	if (rc != MOSQ_ERR_SUCCESS) {
		link_lose(link, rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
		return YJ_ERR_IO;
	}
	int theirs = mosquitto_socket(link->mosq);
	(void)fcntl(theirs, F_SETFD, FD_CLOEXEC);
	link->fd = fcntl(theirs, F_DUPFD_CLOEXEC, 0);
	if (link->fd < 0) {
		link_lose(link, strerror(errno));
		return YJ_ERR_IO;
	}
	set_socket(link->fd, link->conf.keepalive_s);
	event_assign(
	    &link->readable, link->base, link->fd, EV_READ | EV_PERSIST, on_readable, link);
	event_assign(
	    &link->writable, link->base, link->fd, EV_WRITE | EV_PERSIST, on_writable, link);
	return 0;
}

static void conn_open(struct yj_link *link, const char *addr)
{
	link->phase = PHASE_CONNECTING;
	link->lost = false;
	link->batch_n = 0;
	link->keepalive_s = link->conf.keepalive_s;
	link->packet_max = 0;
	link_timer(link, link->conf.connect_timeout_ms);
	link->mosq = mosquitto_new(link->conf.client_id, !link->conf.persistent, link);
	if (link->mosq == NULL) {
		attempt_failed(link, strerror(errno));
		return;
	}
	turn_callbacks(link);
	mosquitto_log_callback_set(link->mosq, on_log);
	int rc = set_options(link);
	if (rc != MOSQ_ERR_SUCCESS) {
		attempt_failed(link, mosquitto_strerror(rc));
		return;
	}
	if (open_socket(link, addr) != 0) {
		link_down(link);
		return;
	}
	conn_watch(link);
}

void conn_attempt(struct yj_link *link)
{
	link->phase = PHASE_RESOLVING;
	if (link->addr_next < link->addrs.n) {
		conn_open(link, link->addrs.text[link->addr_next++]);
		return;
	}
	link->addr_next = 0;
	if (link->resolver == NULL) { /* a numeric host */
		conn_open(link, link->addrs.text[link->addr_next++]);
		return;
	}
	link->addrs.n = 0;
	link->lost = false;
	link_timer(link, link->conf.connect_timeout_ms);
	int rc = resolver_start(link->resolver);
	if (rc != 0)
		attempt_failed(link, yj_err_name(rc));
}

void conn_resolved(void *ctx, const struct addrs *addrs, const char *why)
{
	struct yj_link *link = ctx;
	bool waited_for = link->phase == PHASE_RESOLVING;
	if (addrs->n > 0) { /* also when it came too late: for the next attempt */
		link->addrs = *addrs;
		link->addr_next = 0;
		if (waited_for)
			conn_attempt(link);
	} else if (waited_for) {
		attempt_failed(link, why == NULL ? "no address" : why);
	}
}

void conn_close(struct yj_link *link)
{
	if (link->fd >= 0) {
		event_del(&link->readable);
		event_del(&link->writable);
	}
	if (link->mosq != NULL)
		mosquitto_destroy(link->mosq);
	link->mosq = NULL;
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	window_reset(&link->confirmed, 0);
	window_reset(&link->written, 0);
}

static bool wants_write(struct yj_link *link)
{
	SSL *ssl = mosquitto_ssl_get(link->mosq);
	/* During the handshake, and after a write that TLS postponed, libmosquitto goes on saying
	 * "want write" when it is TLS that waits for the peer: the loop would spin. */
	if (ssl != NULL && !SSL_is_init_finished(ssl))
		return SSL_want_write(ssl);
	return mosquitto_want_write(link->mosq) && (ssl == NULL || SSL_want_write(ssl));
}

void conn_watch(struct yj_link *link)
{
	bool connecting = link->phase == PHASE_CONNECTING;
	bool write = connecting || wants_write(link);
	int rc = connecting ? 0 : event_add(&link->readable, NULL);
	if (rc == 0)
		rc = write ? event_add(&link->writable, NULL) : event_del(&link->writable);
	if (rc != 0) {
		link_lose(link, "the event loop takes no more events");
		link_down(link);
	}
}

static void greet(struct yj_link *link)
{
	link->phase = PHASE_GREETING;
	turn_run(link, false);
}

/* A broken connection makes libmosquitto's TLS connect say "all is well" for ever. */
static bool peer_is_gone(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static void handshake(struct yj_link *link)
{
	link->phase = PHASE_HANDSHAKE;
	link->in_turn = true;
	int rc = mosquitto_loop_read(link->mosq, 1);
	link->in_turn = false;
	SSL *ssl = mosquitto_ssl_get(link->mosq);
	if (rc != MOSQ_ERR_SUCCESS)
		link_lose(link, mosquitto_strerror(rc));
	else if (!SSL_is_init_finished(ssl) && peer_is_gone(link->fd))
		link_lose(link, "the peer closed the connection during the TLS handshake");
	if (link->lost)
		link_down(link);
	else if (SSL_is_init_finished(ssl))
		greet(link);
	else
		conn_watch(link);
}

static void connected(struct yj_link *link)
{
	int err = 0;
	socklen_t len = sizeof(err);
	if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
		err = errno;
	if (err != 0)
		attempt_failed(link, strerror(err));
	else if (link->tls != NULL)
		handshake(link);
	else
		greet(link);
}

static void on_ready(struct yj_link *link, bool readable)
{
	switch (link->phase) {
	case PHASE_CONNECTING:
		connected(link);
		break;
	case PHASE_HANDSHAKE:
		handshake(link);
		break;
	case PHASE_GREETING:
	case PHASE_ONLINE:
		turn_run(link, readable);
		break;
	case PHASE_IDLE:
	case PHASE_WAITING:
	case PHASE_RESOLVING:
	case PHASE_PAUSED:
	case PHASE_STOPPED:
		break; /* both events of one turn of the loop, and the first ended it */
	}
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	on_ready(ctx, true);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	on_ready(ctx, false);
}
