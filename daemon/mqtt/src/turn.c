/* Durable first, then tell anyone: one turn reads, has the owner commit, and only then writes.
 * libmosquitto queues a PUBACK before it hands a message over, and sends it with whatever is
 * written next; therefore nothing in this file, or called from it, writes while a batch is not
 * committed. */
#include <errno.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <syslog.h>

#include "link_impl.h"

/* Packets of one turn that are no messages, so that a flood of answers cannot hold the loop. */
#define READS_MAX (4 * YJ_BATCH_MAX)

static void commit(struct yj_link *link)
{
	if (link->batch_n == 0)
		return;
	link->batch_n = 0;
	int rc = link->ops.commit(link->ctx);
	if (rc < 0) {
		link_log(link, LOG_ERR, "event=commit_failed why=\"%s\"", yj_err_name(rc));
		link_lose(link, "a commit failed");
	}
}

/* Whether a message is marked as sent before, libmosquitto tells its log alone, just before it
 * hands the message over. What comes again comes first: then the log, which costs time, is off. */
static void on_line(struct mosquitto *mosq, void *ctx, int level, const char *line)
{
	(void)mosq;
	struct yj_link *link = ctx;
	if (level == MOSQ_LOG_DEBUG && strstr(line, " received PUBLISH (d") != NULL)
		link->marked = strstr(line, " received PUBLISH (d1,") != NULL;
}

static bool take_mark(struct yj_link *link, const struct mosquitto_message *m)
{
	bool marked = link->marked;
	link->marked = false;
	if (link->marks && !marked && m->qos > 0 && !m->retain) {
		link->marks = false;
		mosquitto_log_callback_set(link->mosq, NULL);
	}
	return marked;
}

/* Callbacks end with errno 0: libmosquitto takes an EAGAIN that the owner left there for its own.
 */
static void on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *m)
{
	(void)mosq;
	struct yj_link *link = ctx;
	/* A single read may bring more than fits, e.g. a TLS record full of QoS 0. Their PUBACKs
	 * wait for the end of the turn like the others. */
	if (link->batch_n == link->conf.batch_max)
		commit(link);
	if (!link->lost) {
		const struct yj_link_msg msg = {
		    .topic = m->topic,
		    .payload = m->payload == NULL ? "" : m->payload,
		    .len = (size_t)m->payloadlen,
		    .qos = m->qos,
		    .retain = m->retain,
		    .packet = (uint16_t)m->mid,
		    .again = take_mark(link, m),
		};
		link->batch_n++;
		link->ops.message(link->ctx, &msg);
	}
	errno = 0;
}

static void on_publish(
    struct mosquitto *mosq, void *ctx, int mid, int code, const mosquitto_property *props)
{
	(void)mosq;
	(void)props;
	struct yj_link *link = ctx;
	uint64_t token;
	if (window_take(&link->confirmed, (uint16_t)mid, &token) ||
	    window_take(&link->written, (uint16_t)mid, &token))
		link->ops.published(link->ctx, token, code);
	errno = 0;
}

static void on_subscribe(struct mosquitto *mosq, void *ctx, int mid, int n, const int *granted,
    const mosquitto_property *props)
{
	(void)mosq;
	(void)props;
	if (n > 0)
		subs_answered(ctx, mid, granted[0]);
	errno = 0;
}

static void on_unsubscribe(
    struct mosquitto *mosq, void *ctx, int mid, const mosquitto_property *props)
{
	(void)mosq;
	(void)props;
	subs_forgotten(ctx, mid);
	errno = 0;
}

static void on_disconnect(
    struct mosquitto *mosq, void *ctx, int rc, const mosquitto_property *props)
{
	(void)mosq;
	(void)props;
	/* From 128 on a reason of the broker's DISCONNECT, below an error of the library. */
	link_lose(ctx, rc >= 128 ? mosquitto_reason_string(rc) : mosquitto_strerror(rc));
	errno = 0;
}

static void read_limits(struct yj_link *link, const mosquitto_property *props)
{
	uint16_t receive_max = UINT16_MAX;
	uint16_t keepalive_s = (uint16_t)link->conf.keepalive_s;
	uint32_t packet_max = 0;
	mosquitto_property_read_int16(props, MQTT_PROP_RECEIVE_MAXIMUM, &receive_max, false);
	mosquitto_property_read_int16(props, MQTT_PROP_SERVER_KEEP_ALIVE, &keepalive_s, false);
	mosquitto_property_read_int32(props, MQTT_PROP_MAXIMUM_PACKET_SIZE, &packet_max, false);
	window_reset(&link->confirmed, receive_max);
	window_reset(&link->written, YJ_INFLIGHT_MAX);
	link->keepalive_s = keepalive_s;
	link->packet_max = packet_max;
}

static void on_connect(
    struct mosquitto *mosq, void *ctx, int code, int flags, const mosquitto_property *props)
{
	struct yj_link *link = ctx;
	if (code != 0) {
		link_lose(link, mosquitto_reason_string(code));
		return;
	}
	bool session_present = (flags & 1) != 0;
	link->marks = link->conf.persistent && session_present;
	link->marked = false;
	mosquitto_log_callback_set(mosq, link->marks ? on_line : NULL);
	bool session_lost = link->conf.persistent && link->session_expected && !session_present;
	read_limits(link, props);
	link->phase = PHASE_ONLINE;
	link->session_expected = true;
	link->up_ms = link->read_ms = link->wrote_ms = link_now_ms();
	link->told[0] = '\0';
	if (link->keepalive_s > 0)
		link_timer(link, (int64_t)link->keepalive_s * 1000 + 1000);
	else
		event_del(&link->timer);
	link_log(link, session_lost ? LOG_ERR : LOG_INFO, "event=connected session=%s",
	    session_lost      ? "lost"
	    : session_present ? "kept"
			      : "new");
	subs_send(link);
	link->ops.state(link->ctx, YJ_LINK_UP, session_lost, "connected");
	errno = 0;
}

void turn_callbacks(struct yj_link *link)
{
	mosquitto_connect_v5_callback_set(link->mosq, on_connect);
	mosquitto_disconnect_v5_callback_set(link->mosq, on_disconnect);
	mosquitto_message_callback_set(link->mosq, on_message);
	mosquitto_publish_v5_callback_set(link->mosq, on_publish);
	mosquitto_subscribe_v5_callback_set(link->mosq, on_subscribe);
	mosquitto_unsubscribe_v5_callback_set(link->mosq, on_unsubscribe);
}

static bool more_to_read(const struct yj_link *link)
{
	int n = 0;
	SSL *ssl = mosquitto_ssl_get(link->mosq);
	if (ssl != NULL && SSL_pending(ssl) > 0)
		return true;
	return ioctl(link->fd, FIONREAD, &n) == 0 && n > 0;
}

/* EAGAIN is only a hint that all is read: libmosquitto's own wake-up pipe leaves it too. */
static void read_all(struct yj_link *link)
{
	for (int i = 0; i < READS_MAX && !link->lost && link->batch_n < link->conf.batch_max; i++) {
		errno = 0;
		int rc = mosquitto_loop_read(link->mosq, 1);
		if (rc != MOSQ_ERR_SUCCESS) {
			link_lose(link, mosquitto_strerror(rc));
			return;
		}
		if (errno == EAGAIN && !more_to_read(link))
			return;
	}
}

/* libmosquitto writes packet by packet; held back until the last of a turn, they fill segments. */
static void hold_segments(const struct yj_link *link, int on)
{
	(void)setsockopt(link->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static void write_all(struct yj_link *link)
{
	if (!mosquitto_want_write(link->mosq))
		return;
	link->wrote_ms = link_now_ms();
	hold_segments(link, 1);
	int rc = mosquitto_loop_write(link->mosq, 1);
	if (!link->lost)
		hold_segments(link, 0);
	if (rc != MOSQ_ERR_SUCCESS)
		link_lose(link, mosquitto_strerror(rc));
}

void turn_run(struct yj_link *link, bool readable)
{
	link->in_turn = true;
	if (readable) {
		link->read_ms = link_now_ms();
		read_all(link);
	}
	/* Also if the connection was lost meanwhile: the messages are here, so help can start. The
	 * broker brings them again, as they are not acknowledged. */
	commit(link);
	if (!link->lost)
		write_all(link);
	link->in_turn = false;
	if (link->lost) {
		link_down(link);
		return;
	}
	SSL *ssl = mosquitto_ssl_get(link->mosq);
	conn_watch(link);
	/* What TLS has decrypted already makes no descriptor readable. */
	if (link->mosq != NULL && ssl != NULL && SSL_pending(ssl) > 0)
		event_active(&link->readable, EV_READ, 0);
}

/* libmosquitto pings when nothing was written or read for a keep-alive, and gives the connection up
 * when a ping was not answered for as long. It counts in whole seconds. */
void turn_keepalive(struct yj_link *link)
{
	link->in_turn = true;
	int rc = mosquitto_loop_misc(link->mosq);
	if (rc != MOSQ_ERR_SUCCESS)
		link_lose(link, mosquitto_strerror(rc));
	link->in_turn = false;
	int64_t quiet_since = link->read_ms < link->wrote_ms ? link->read_ms : link->wrote_ms;
	int64_t wait_ms = quiet_since + (int64_t)link->keepalive_s * 1000 - link_now_ms();
	link_timer(link, (wait_ms > 0 ? wait_ms : 0) + 1000);
	turn_run(link, false);
}
