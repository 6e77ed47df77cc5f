#include <assert.h>
#include <errno.h>
#include <event2/util.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>

#include "link_impl.h"
#include "tls.h"

#define TOLD_EVERY_MS (5LL * 60 * 1000)

int64_t link_now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void link_timer(struct yj_link *link, int64_t wait_ms)
{
	const struct timeval tv = {
	    .tv_sec = (time_t)(wait_ms / 1000), .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};
	/* Without it nobody would ever connect again; a restart is better. */
	if (event_add(&link->timer, &tv) != 0)
		abort();
}

void link_log(struct yj_link *link, int level, const char *fmt, ...)
{
	char text[400];
	char line[700];
	if (link->ops.log == NULL)
		return;
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(line, sizeof(line), "link=%s broker=%s port=%d %s", link->conf.client_id,
	    link->conf.host, link->conf.port, text);
	link->ops.log(link->ctx, level, line);
}

void link_lose(struct yj_link *link, const char *why)
{
	if (link->lost)
		return;
	link->lost = true;
	snprintf(link->why, sizeof(link->why), "%s", why);
}

/* Half of the delay is chance, so that a town's gateways do not all come back at once. */
static int64_t backoff_ms(struct yj_link *link)
{
	int64_t delay = link->conf.backoff_min_ms;
	for (int i = 0; i < link->failures && delay < link->conf.backoff_max_ms; i++)
		delay *= 2;
	if (delay > link->conf.backoff_max_ms)
		delay = link->conf.backoff_max_ms;
	uint32_t chance;
	evutil_secure_rng_get_bytes(&chance, sizeof(chance));
	return delay - delay / 2 + (int64_t)((uint64_t)chance * (uint64_t)(delay / 2) >> 32);
}

static void tell_failure(struct yj_link *link, int64_t wait_ms)
{
	int64_t now_ms = link_now_ms();
	if (strcmp(link->told, link->why) == 0 && now_ms - link->told_ms < TOLD_EVERY_MS)
		return;
	memcpy(link->told, link->why, sizeof(link->told));
	link->told_ms = now_ms;
	link_log(link, LOG_WARNING, "event=%s retry_ms=%lld why=\"%s\"",
	    link->phase == PHASE_ONLINE ? "connection_lost" : "connect_failed", (long long)wait_ms,
	    link->why);
}

static int64_t next_wait_ms(struct yj_link *link)
{
	bool was_up = link->phase == PHASE_ONLINE;
	/* One that held is a good sign; one that breaks again and again (a commit that fails,
	 * another client with our id) is none. */
	if (was_up && link_now_ms() - link->up_ms >= link->conf.backoff_max_ms)
		link->failures = 0;
	if (!was_up && link->addr_next < link->addrs.n)
		return 0; /* the host's next address */
	int64_t wait_ms = backoff_ms(link);
	link->failures++;
	return wait_ms;
}

void link_down(struct yj_link *link)
{
	assert(!link->in_turn);
	bool was_up = link->phase == PHASE_ONLINE;
	char why[sizeof(link->why)];
	if (link->pausing) {
		link->phase = PHASE_PAUSED;
		link->pausing = false;
		event_del(&link->timer);
	} else {
		int64_t wait_ms = next_wait_ms(link);
		tell_failure(link, wait_ms);
		link->phase = PHASE_WAITING;
		link_timer(link, wait_ms);
	}
	conn_close(link);
	memcpy(why, link->why, sizeof(why));
	if (was_up)
		link->ops.state(link->ctx, YJ_LINK_DOWN, false, why);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	struct yj_link *link = ctx;
	switch (link->phase) {
	case PHASE_WAITING:
		conn_attempt(link);
		break;
	case PHASE_RESOLVING:
		link_lose(link, "the look-up of the host name took too long");
		link_down(link);
		break;
	case PHASE_CONNECTING:
		link_lose(link, "the host does not answer");
		link_down(link);
		break;
	case PHASE_HANDSHAKE:
		link_lose(link, "the TLS handshake took too long");
		link_down(link);
		break;
	case PHASE_GREETING:
		link_lose(link, "no CONNACK");
		link_down(link);
		break;
	case PHASE_ONLINE:
		turn_keepalive(link);
		break;
	case PHASE_IDLE:
	case PHASE_PAUSED:
	case PHASE_STOPPED:
		break;
	}
}

static void on_flush(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	struct yj_link *link = ctx;
	if (link->phase == PHASE_ONLINE)
		turn_run(link, false);
}

static void flush_soon(struct yj_link *link)
{
	if (!link->in_turn)
		event_active(&link->flush, EV_TIMEOUT, 0);
}

static int make(struct yj_link *link, const char **why)
{
	const struct conf *conf = &link->conf;
	if (conf->tls) {
		int rc = tls_context_new(
		    conf->host, conf->ca_file, conf->cert_file, conf->key_file, &link->tls, why);
		if (rc != 0)
			return rc;
	}
	if (addrs_numeric(conf->host, &link->addrs) != 0) {
		link->resolver = resolver_new(link->base, conf->host, conn_resolved, link);
		if (link->resolver == NULL)
			return YJ_ERR_NOMEM;
	}
	event_assign(&link->timer, link->base, -1, 0, on_timer, link);
	event_assign(&link->flush, link->base, -1, 0, on_flush, link);
	return 0;
}

int yj_link_new(struct event_base *base, const struct yj_link_conf *conf,
    const struct yj_link_ops *ops, void *ctx, struct yj_link **out, const char **why)
{
	const char *wrong = "out of memory";
	/* Once for the process, and never undone: the library's clean-up would unload OpenSSL's
	 * configuration for all its users. */
	static bool ready;
	if (!ready && mosquitto_lib_init() != MOSQ_ERR_SUCCESS)
		return YJ_ERR_NOMEM;
	ready = true;
	struct yj_link *link = calloc(1, sizeof(*link));
	if (link == NULL)
		return YJ_ERR_NOMEM;
	link->base = base;
	link->ops = *ops;
	link->ctx = ctx;
	link->fd = -1;
	int rc = conf_copy(&link->conf, conf, &wrong);
	if (rc == 0)
		rc = make(link, &wrong);
	if (rc != 0) {
		SSL_CTX_free(link->tls);
		conf_clear(&link->conf);
		free(link);
		if (why != NULL)
			*why = wrong;
		return rc;
	}
	*out = link;
	return 0;
}

int yj_link_subscribe(struct yj_link *link, const char *filter, int qos, bool retained)
{
	int rc = subs_add(link, filter, qos, retained);
	if (rc == 0)
		flush_soon(link);
	return rc;
}

int yj_link_unsubscribe(struct yj_link *link, const char *filter)
{
	int rc = subs_remove(link, filter);
	if (rc == 0)
		flush_soon(link);
	return rc;
}

int yj_link_start(struct yj_link *link, bool expect_session)
{
	if (link->phase != PHASE_IDLE)
		return YJ_ERR_INVAL;
	link->session_expected = expect_session;
	conn_attempt(link);
	return 0;
}

static int publish_error(int rc)
{
	switch (rc) {
	case MOSQ_ERR_SUCCESS:
		return 0;
	case MOSQ_ERR_NOMEM:
		return YJ_ERR_NOMEM;
	case MOSQ_ERR_NO_CONN:
		return YJ_ERR_BUSY;
	default:
		return YJ_ERR_INVAL;
	}
}

int yj_link_publish(struct yj_link *link, const char *topic, const void *payload, size_t len,
    int qos, bool retain, uint64_t token)
{
	if (!yj_link_is_up(link))
		return YJ_ERR_BUSY;
	if (topic == NULL || topic[0] == '\0' || len > YJ_PACKET_MAX || qos < 0 || qos > 1)
		return YJ_ERR_INVAL;
	/* Type, length, topic, packet id, no properties, payload. libmosquitto keeps what it finds
	 * too large only when it sends it. */
	if (link->packet_max != 0 && 5 + 2 + strlen(topic) + 2 + 1 + len > link->packet_max)
		return YJ_ERR_INVAL;
	struct window *window = qos == 0 ? &link->written : &link->confirmed;
	if (window_room(window) <= 0)
		return YJ_ERR_BUSY;
	int mid = 0;
	int rc = publish_error(
	    mosquitto_publish(link->mosq, &mid, topic, (int)len, payload, qos, retain));
	if (rc != 0)
		return rc;
	window_add(window, (uint16_t)mid, token);
	flush_soon(link);
	return 0;
}

int yj_link_room(const struct yj_link *link)
{
	return yj_link_is_up(link) ? window_room(&link->confirmed) : 0;
}

bool yj_link_is_up(const struct yj_link *link)
{
	return link->phase == PHASE_ONLINE && !link->lost;
}

void yj_link_pause(struct yj_link *link)
{
	if (link->phase == PHASE_IDLE || link->phase == PHASE_PAUSED ||
	    link->phase == PHASE_STOPPED)
		return;
	link->pausing = true;
	link_lose(link, "paused");
	if (!link->in_turn)
		link_down(link);
}

int yj_link_resume(struct yj_link *link)
{
	if (link->phase == PHASE_IDLE || link->phase == PHASE_STOPPED)
		return YJ_ERR_INVAL;
	link->pausing = false; /* paused in this very turn: the back-off brings it back */
	if (link->phase == PHASE_PAUSED) {
		link->phase = PHASE_WAITING;
		link_timer(link, 0);
	}
	return 0;
}

/* Waits for the socket; false when time is up. */
static bool wait_for(struct yj_link *link, short events, int64_t until_ms)
{
	int64_t left_ms = until_ms - link_now_ms();
	if (left_ms <= 0)
		return false;
	struct pollfd pfd = {.fd = link->fd, .events = events};
	return poll(&pfd, 1, (int)left_ms) > 0 || errno == EINTR;
}

/* Closing with bytes unread makes TCP send a reset, which may overtake our DISCONNECT at the
 * broker, and that publishes the will: so read until the broker closes. */
static void drain(struct yj_link *link, int64_t until_ms)
{
	char rest[4096];
	(void)shutdown(link->fd, SHUT_WR);
	while (wait_for(link, POLLIN, until_ms)) {
		ssize_t n = recv(link->fd, rest, sizeof(rest), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return;
	}
}

void yj_link_stop(struct yj_link *link, int64_t timeout_ms)
{
	assert(!link->in_turn);
	int64_t until_ms = link_now_ms() + timeout_ms;
	if (yj_link_is_up(link)) {
		link->in_turn = true;
		mosquitto_disconnect(link->mosq);
		/* The library closes its descriptor when DISCONNECT is written. */
		do
			(void)mosquitto_loop_write(link->mosq, 1);
		while (mosquitto_socket(link->mosq) >= 0 && wait_for(link, POLLOUT, until_ms));
		if (mosquitto_socket(link->mosq) < 0)
			drain(link, until_ms);
		link->in_turn = false;
	}
	link->phase = PHASE_STOPPED;
	event_del(&link->timer);
	event_del(&link->flush);
	conn_close(link);
}

void yj_link_free(struct yj_link *link)
{
	if (link == NULL)
		return;
	assert(!link->in_turn);
	conn_close(link);
	event_del(&link->timer);
	event_del(&link->flush);
	resolver_free(link->resolver);
	subs_clear(link);
	SSL_CTX_free(link->tls);
	conf_clear(&link->conf);
	free(link);
}
