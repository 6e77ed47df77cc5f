#include "sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "out.h"

/* The payload as an object, for printing. */
static json_t *fields_of(const char *payload, size_t len)
{
	return json_loadb(payload, len, 0, NULL);
}

static const char *word_of(const char *topic)
{
	const char *slash = strrchr(topic, '/');

	return slash == NULL ? topic : slash + 1;
}

static void send_due(struct sim_sender *s)
{
	struct sim_pending_item *item;
	struct timeval wait;
	int64_t now_ms = sim_mono_ms();

	evtimer_del(s->timer);
	if (!sim_conn_is_up(s->conn))
		return;
	while ((item = sim_pending_first(&s->pending)) != NULL && item->due_ms <= now_ms) {
		if (sim_conn_publish(s->conn, item->topic, item->payload, item->len, false, NULL) <
		    0)
			return; /* the next connect calls again */
		sim_pending_sent(&s->pending, item, now_ms);
		sim_out(s->who, item->sent == 1 ? "sent" : "repeated",
		    json_pack("{s:s,s:s,s:i}", "message", word_of(item->topic), "id", item->id,
			"times", item->sent));
	}
	if (item != NULL) {
		wait = sim_timeval_ms(item->due_ms - now_ms);
		evtimer_add(s->timer, &wait);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	send_due(arg);
}

static void on_up(void *ctx)
{
	struct sim_sender *s = ctx;

	sim_out(s->who, "connected", NULL);
	if (s->ops->up != NULL)
		s->ops->up(s->ctx);
	send_due(s);
}

static void on_connecting(void *ctx)
{
	struct sim_sender *s = ctx;

	if (s->ops->connecting != NULL)
		s->ops->connecting(s->ctx);
}

static void on_down(void *ctx)
{
	struct sim_sender *s = ctx;

	evtimer_del(s->timer);
	sim_out(s->who, "disconnected", NULL);
}

static void on_message(void *ctx, const char *topic, const void *payload, size_t len)
{
	struct sim_sender *s = ctx;
	struct yj_topic parsed;
	struct yj_message msg;
	struct yj_refusal why;

	if (yj_topic_parse(topic, strlen(topic), &parsed) < 0 || strcmp(parsed.who, s->who) != 0) {
		sim_err("%s: a message on %s", s->who, topic);
		return;
	}
	if (yj_message_decode(parsed.type, payload, len, &msg, &why) < 0) {
		sim_err("%s: cannot read a message on %s (%s %s)", s->who, topic,
		    yj_reason_name(why.reason), why.field);
		return;
	}
	sim_out(s->who, word_of(topic), fields_of(payload, len));
	if (s->ops->message != NULL)
		s->ops->message(s->ctx, &parsed, &msg);
	yj_message_done(&msg);
}

static void on_published(void *ctx, int mid, int code)
{
	struct sim_sender *s = ctx;

	if (s->ops->published != NULL)
		s->ops->published(s->ctx, mid, code);
}

static const struct sim_conn_ops conn_ops = {.connecting = on_connecting,
    .up = on_up,
    .down = on_down,
    .message = on_message,
    .published = on_published};

static int open_state(struct sim_sender *s, const char *dir)
{
	int rc = sim_pending_open(&s->pending, dir, s->who);

	if (rc == YJ_ERR_BUSY)
		sim_err("%s: another process is using %s", s->who, s->pending.path);
	else if (rc < 0)
		sim_err("%s: %s: %s", s->pending.path, yj_err_name(rc),
		    rc == YJ_ERR_IO ? strerror(errno) : "cannot be used");
	return rc;
}

int sim_sender_init(struct sim_sender *s, struct event_base *base, const struct sim_options *opts,
    const char *who, const struct sim_conn_conf *conf, const struct sim_sender_ops *ops, void *ctx)
{
	int rc;

	*s = (struct sim_sender){.base = base, .who = who, .ops = ops, .ctx = ctx};
	sim_pending_init(&s->pending, opts->retry_first_ms, opts->retry_max_ms);
	s->timer = evtimer_new(base, on_timer, s);
	if (s->timer == NULL)
		return YJ_ERR_NOMEM;
	rc = opts->state_dir == NULL ? 0 : open_state(s, opts->state_dir);
	if (rc < 0)
		return rc;
	return sim_conn_new(base, conf, &conn_ops, s, &s->conn);
}

void sim_sender_done(struct sim_sender *s)
{
	if (s->conn != NULL)
		sim_conn_stop(s->conn);
	sim_conn_free(s->conn);
	if (s->timer != NULL)
		event_free(s->timer);
	sim_pending_done(&s->pending);
	s->conn = NULL;
	s->timer = NULL;
}

static int encode(const struct sim_sender *s, const struct yj_message *msg,
    char topic[YJ_TOPIC_MAX], char **payload, size_t *len)
{
	int rc = yj_topic_format(msg->type, s->who, topic, YJ_TOPIC_MAX);

	if (rc < 0)
		return rc;
	*payload = yj_message_encode(msg, len);
	return *payload == NULL ? YJ_ERR_NOMEM : 0;
}

int sim_sender_say(struct sim_sender *s, const struct yj_message *msg, const char *id)
{
	char topic[YJ_TOPIC_MAX];
	char *payload = NULL;
	size_t len;
	int rc = 0;

	if (sim_pending_find(&s->pending, id) == NULL) {
		rc = encode(s, msg, topic, &payload, &len);
		if (rc == 0)
			rc = sim_pending_add(&s->pending, topic, id, payload, len, sim_mono_ms());
	}
	free(payload);
	if (rc < 0)
		sim_err("%s: cannot say this: %s", s->who, yj_err_name(rc));
	else
		send_due(s);
	return rc;
}

void sim_sender_confirm(struct sim_sender *s, const char *id)
{
	if (sim_pending_confirm(&s->pending, id) < 0)
		sim_err("%s: cannot write %s: %s", s->who, s->pending.path, strerror(errno));
}

int sim_sender_tell(struct sim_sender *s, const struct yj_message *msg, bool retain, int *mid)
{
	char topic[YJ_TOPIC_MAX];
	char *payload = NULL;
	size_t len = 0;
	int rc = encode(s, msg, topic, &payload, &len);

	if (rc == 0)
		rc = sim_conn_publish(s->conn, topic, payload, len, retain, mid);
	if (rc == 0)
		sim_out(s->who, "said",
		    json_pack("{s:s,s:o}", "message", word_of(topic), "payload",
			fields_of(payload, len)));
	free(payload);
	return rc;
}
