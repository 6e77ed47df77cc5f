#include "dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alerts.h"
#include "beds.h"
#include "deliveries.h"
#include "diverts.h"
#include "effects.h"
#include "emergency.h"
#include "families.h"
#include "feed.h"
#include "floods.h"
#include "foreign.h"
#include "inhand.h"
#include "lanes.h"
#include "life.h"
#include "outages.h"
#include "plant.h"
#include "presence.h"
#include "replies.h"
#include "silences.h"
#include "space.h"
#include "turn.h"
#include "visits.h"

#define TICKS_MAX 200 /* due incidents per transaction */
#define RETRY_MS 1000 /* after a commit that failed */
#define LATER_MS 20   /* what can wait is written together */
#define COMPANY 8     /* messages in a batch with which it is written anyway */
#define INBOX_BYTES ((size_t)64 << 20)

struct item {
	size_t topic, payload, len; /* offsets into the bytes */
	bool retained, again;
	uint16_t packet;
};

struct yj_inbox {
	struct item *v;
	size_t n, cap;
	char *bytes;
	size_t used, size;
	bool lost; /* one could not be noted: the batch must fail */
};

struct yj_inbox *yj_inbox_new(void)
{
	return calloc(1, sizeof(struct yj_inbox));
}

void yj_inbox_free(struct yj_inbox *inbox)
{
	if (!inbox)
		return;
	free(inbox->v);
	free(inbox->bytes);
	free(inbox);
}

static void empty(struct yj_inbox *in)
{
	in->n = 0;
	in->used = 0;
	in->lost = false;
	if (in->size > (4u << 20)) { /* one burst of big messages is not kept for good */
		free(in->bytes);
		in->bytes = NULL;
		in->size = 0;
	}
}

static bool put(struct yj_inbox *in, const void *bytes, size_t len, size_t *at)
{
	if (in->used + len + 1 > in->size) {
		size_t size = in->size ? in->size * 2 : 1u << 16;
		while (size < in->used + len + 1)
			size *= 2;
		char *p = size <= INBOX_BYTES * 2 ? realloc(in->bytes, size) : NULL;
		if (!p)
			return false;
		in->bytes = p;
		in->size = size;
	}
	*at = in->used;
	if (len)
		memcpy(in->bytes + in->used, bytes, len);
	in->bytes[in->used + len] = '\0';
	in->used += len + 1;
	return true;
}

void yj_dispatch_note(struct yj_gateway *g, const struct yj_link_msg *msg)
{
	struct yj_inbox *in = g->inbox;
	if (in->n == in->cap) {
		size_t cap = in->cap ? in->cap * 2 : 64;
		void *v = realloc(in->v, cap * sizeof *in->v);
		if (!v) {
			in->lost = true;
			return;
		}
		in->v = v;
		in->cap = cap;
	}
	struct item item = {
	    .len = msg->len, .retained = msg->retain, .packet = msg->packet, .again = msg->again};
	if (!put(in, msg->topic, strlen(msg->topic), &item.topic) ||
	    !put(in, msg->payload, msg->len, &item.payload))
		in->lost = true;
	else
		in->v[in->n++] = item;
}

bool yj_dispatch_store_failed(int rc)
{
	return rc == YJ_ERR_IO || rc == YJ_ERR_FULL || rc == YJ_ERR_NOMEM || rc == YJ_ERR_BUSY ||
	       rc == YJ_ERR_DENIED || rc == YJ_ERR_BADMSG;
}

static int refuse(struct yj_gateway *g, const struct yj_event *event, const struct yj_raw *raw,
    enum yj_reason reason)
{
	if (event->has_type && event->topic_type == YJ_TOPIC_REPLY && event->why.id[0]) {
		int rc = yj_replies_refused(g, event);
		if (rc < 0)
			return rc;
	}
	return yj_alerts_refused(g, event, raw, reason);
}

static int decoded(struct yj_gateway *g, struct yj_event *event, const struct yj_raw *raw)
{
	int rc = 0;
	if (event->verdict == YJ_EVENT_REFUSED)
		rc = refuse(g, event, raw, event->why.reason);
	else if (event->verdict == YJ_EVENT_MESSAGE && event->msg.type == YJ_TOPIC_REPLY)
		rc = yj_replies_message(g, event, raw);
	else if (event->verdict == YJ_EVENT_MESSAGE)
		rc = yj_alerts_message(g, event, raw);
	return rc;
}

static const struct yj_family *family_of(const struct yj_raw *raw)
{
	return raw->family ? raw->family : yj_family_of_topic(raw->topic);
}

static int one_message(struct yj_gateway *g, const struct yj_raw *raw)
{
	struct yj_event event;
	const struct yj_family *family = family_of(raw);
	if (family && yj_family_reads(family))
		return yj_foreign_message(g, family, raw);
	int rc = yj_event_decode(raw->topic, raw->payload, raw->len, raw->retained, &event);
	if (rc < 0)
		return rc;
	rc = decoded(g, &event, raw);
	yj_event_done(&event);
	return rc;
}

/* Who speaks and the message's id, for the answer, without a look into the rest: a copy that breaks
 * off at once for the parser, while the id is still found. */
static int read_little(const struct yj_raw *raw, struct yj_event *event)
{
	const char *open = memchr(raw->payload, '{', raw->len);
	size_t head = open ? (size_t)(open - (const char *)raw->payload) + 1 : 0;
	char *copy = malloc(raw->len + 1);
	if (!copy)
		return YJ_ERR_NOMEM;
	memcpy(copy, raw->payload, head);
	copy[head] = '!';
	memcpy(copy + head + 1, (const char *)raw->payload + head, raw->len - head);
	int rc = yj_event_decode(raw->topic, copy, raw->len + 1, false, event);
	free(copy);
	return rc;
}

static int poisoned_message(struct yj_gateway *g, const struct yj_raw *raw)
{
	char subject[YJ_NAME_MAX + 16];
	struct yj_event event;
	const struct yj_family *family = family_of(raw);
	snprintf(subject, sizeof subject, "gateway/%s", g->config->gateway.id);
	if (family && yj_family_reads(family)) {
		int rc = yj_foreign_poisoned(g, family, raw);
		return rc < 0 ? rc : yj_inhand_log(g, "message", subject);
	}
	int rc = read_little(raw, &event);
	if (rc < 0)
		return rc;
	rc = refuse(g, &event, raw, YJ_REASON_POISON);
	yj_event_done(&event);
	return rc < 0 ? rc : yj_inhand_log(g, "message", subject);
}

/* The last resort: it is kept, and nothing more is asked of it. */
static int set_aside(struct yj_gateway *g, const struct yj_raw *raw)
{
	char sha256[65], subject[YJ_NAME_MAX + 16];
	snprintf(subject, sizeof subject, "gateway/%s", g->config->gateway.id);
	int rc = yj_rejected_add(g->store, g->now.utc_ms, raw->topic, NULL, YJ_REASON_POISON,
	    raw->payload, raw->len, sha256);
	return rc < 0 ? rc : yj_inhand_log(g, "message", subject);
}

/* A message that fails by itself is tried once more as one that was refused, so that it costs
 * neither the batch nor the message behind it. */
static int guarded_message(struct yj_gateway *g, const struct yj_raw *raw)
{
	enum yj_aside aside = yj_inhand_message(g, raw);
	if (aside == YJ_ASIDE_RAW)
		return set_aside(g, raw);
	bool poisoned = aside == YJ_ASIDE_REFUSE;
	if (!g->guarded && !poisoned)
		return one_message(g, raw);
	for (int attempt = 0;; attempt++) {
		int rc = yj_store_mark(g->store);
		if (rc < 0)
			return rc;
		yj_effects_mark(g);
		size_t counted = yj_metrics_mark(&g->metrics);
		rc = poisoned ? poisoned_message(g, raw) : one_message(g, raw);
		if (rc == 0)
			return yj_store_keep(g->store);
		yj_store_undo(g->store);
		yj_effects_undo(g);
		yj_metrics_undo(&g->metrics, counted);
		if (yj_dispatch_store_failed(rc))
			return rc;
		if (attempt > 0)
			return set_aside(g, raw);
		yj_log(YJ_LOG_ERR, "event=message_failed error=%s store=\"%s\"", yj_err_name(rc),
		    yj_store_error(g->store));
		poisoned = true;
	}
}

static int pushed(struct yj_gateway *g, void *arg)
{
	bool before = g->guarded;
	g->guarded = true;
	int rc = guarded_message(g, arg);
	g->guarded = before;
	yj_inhand_none(g);
	yj_plant_step("after_message");
	return rc;
}

int yj_dispatch_push(struct yj_gateway *g, struct yj_raw *raw)
{
	return yj_dispatch_do(g, pushed, raw);
}

static int all_messages(struct yj_gateway *g)
{
	struct yj_inbox *in = g->inbox;
	for (size_t i = 0; i < in->n; i++) {
		struct yj_raw raw = {
		    .topic = in->bytes + in->v[i].topic,
		    .payload = in->bytes + in->v[i].payload,
		    .len = in->v[i].len,
		    .retained = in->v[i].retained,
		    .packet = in->v[i].packet,
		    .again = in->v[i].again,
		};
		int rc = guarded_message(g, &raw);
		if (rc < 0)
			return rc;
		yj_plant_step("after_message");
	}
	return 0;
}

static int tick(struct yj_gateway *g, int64_t n)
{
	struct yj_incident inc;
	int rc = yj_incident_load(g->store, n, &inc);
	if (rc < 0)
		return rc;
	if (inc.poisoned) /* nobody has taken it yet */
		return yj_inhand_poison_incident(g, n);
	if (inc.due != INT64_MAX && inc.due <= g->now.t)
		yj_metrics_time(
		    &g->metrics, &g->metrics.lateness, (double)(g->now.t - inc.due) / 1000.0);
	struct yj_turn turn = {.inc = &inc, .in = {.type = YJ_IN_TICK}};
	return yj_turn_run(g, &turn, NULL);
}

static int guarded_tick(struct yj_gateway *g, int64_t n)
{
	if (yj_inhand_incident(g, n))
		return yj_inhand_poison_incident(g, n);
	if (!g->guarded)
		return tick(g, n);
	size_t counted = yj_metrics_mark(&g->metrics);
	int rc = yj_store_mark(g->store);
	if (rc < 0)
		return rc;
	rc = tick(g, n);
	if (rc == 0)
		return yj_store_keep(g->store);
	yj_store_undo(g->store);
	yj_metrics_undo(&g->metrics, counted);
	if (yj_dispatch_store_failed(rc))
		return rc;
	yj_log(YJ_LOG_ERR, "event=incident_failed incident=%lld error=%s store=\"%s\"",
	    (long long)n, yj_err_name(rc), yj_store_error(g->store));
	return yj_inhand_poison_incident(g, n);
}

static int all_ticks(struct yj_gateway *g, bool *more)
{
	int64_t ns[TICKS_MAX];
	size_t n;
	size_t cap = g->careful ? 1 : TICKS_MAX;
	if (yj_plant_stuck())
		return 0;
	int rc = yj_incident_due(g->store, g->now.t, ns, cap, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = guarded_tick(g, ns[i]);
	*more = rc == 0 && n == cap;
	return rc;
}

static int everything(struct yj_gateway *g, bool *more)
{
	int rc = g->owed ? g->owed(g) : 0;
	/* a press that comes alone does not wait for the receipts of those before it */
	bool alone = g->inbox->n > 0 && g->inbox->n < COMPANY;
	if (rc == 0 && !alone)
		rc = yj_deliveries_write(g);
	yj_plant_step("after_results");
	if (rc == 0)
		rc = all_messages(g);
	if (rc == 0)
		rc = all_ticks(g, more);
	yj_plant_step("after_ticks");
	if (rc == 0)
		rc = yj_lanes_due(g);
	if (rc == 0 && yj_floods_due(g) <= g->now.t)
		rc = yj_floods_flush(g, false);
	if (rc == 0 && yj_silences_due(g) <= g->now.t)
		rc = yj_silences_sweep(g);
	yj_inhand_none(g);
	if (rc == 0 && yj_presence_has_news(g))
		rc = yj_presence_log(g);
	if (rc == 0 && (yj_beds_noting(g) || yj_beds_due(g) <= g->now.t))
		rc = yj_beds_run(g);
	if (rc == 0 && yj_life_has_news(g))
		rc = yj_life_news(g);
	if (rc == 0 && yj_diverts_due(g) <= g->now.t)
		rc = yj_diverts_run(g);
	if (rc == 0 && yj_visits_due(g) <= g->now.t)
		rc = yj_visits_run(g);
	if (rc == 0 && yj_outages_due(g) <= g->now.t)
		rc = yj_outages_look(g);
	if (rc == 0)
		rc = yj_gateway_write(g);
	return rc;
}

static double seconds_since(const struct timespec *from)
{
	struct timespec to;
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (double)(to.tv_sec - from->tv_sec) + (double)(to.tv_nsec - from->tv_nsec) / 1e9;
}

static int commit(struct yj_gateway *g)
{
	struct timespec from;
	clock_gettime(CLOCK_MONOTONIC, &from);
	yj_plant_step("before_commit");
	int rc = yj_store_commit(g->store);
	yj_plant_step("after_commit");
	if (rc == 0)
		yj_metrics_keep(&g->metrics);
	yj_histogram_add(&g->metrics.commit, seconds_since(&from));
	return rc;
}

static int begin(struct yj_gateway *g)
{
	yj_gateway_mark(g);
	return yj_store_begin(g->store);
}

/* Whatever the transaction has changed in memory is put back with it. */
static void roll_back(struct yj_gateway *g)
{
	yj_deliveries_undone(g);
	yj_store_rollback(g->store);
	yj_gateway_undone(g);
	yj_presence_undone(g);
	yj_beds_undone(g);
	yj_life_undone(g);
	yj_feed_undone(g);
	yj_effects_forget(g);
	yj_floods_forget(g);
	yj_silences_forget(g);
	yj_diverts_forget(g);
	yj_outages_undone(g);
	yj_visits_forget(g);
	yj_metrics_undo(&g->metrics, 0);
	yj_lanes_undone(g);
}

static void undone(struct yj_gateway *g, int rc)
{
	roll_back(g);
	g->retry_t = g->now.t + RETRY_MS;
	if (!g->store_failing)
		yj_log(YJ_LOG_ERR, "event=commit_failed error=%s store=\"%s\"", yj_err_name(rc),
		    yj_store_error(g->store));
	g->store_failing = true;
	if (rc == YJ_ERR_FULL)
		yj_space_full(g);
	yj_gateway_trouble(g, YJ_TROUBLE_STORE, true);
	yj_emergency_run(g);
}

static void done(struct yj_gateway *g)
{
	if (g->store_failing) {
		g->store_failing = false;
		yj_log(YJ_LOG_WARN, "event=commit_works_again");
		yj_gateway_trouble(g, YJ_TROUBLE_STORE, false);
		yj_emergency_over(g);
	}
	yj_presence_committed(g);
	yj_beds_committed(g);
	yj_life_committed(g);
	yj_effects_publish(g);
	yj_visits_committed(g);
	yj_plant_step("after_effects");
	yj_families_refresh(g);
	yj_lanes_call_off(g);
	yj_lanes_drain(g);
	yj_plant_step("after_drain");
	yj_feed_wake(g);
}

static int transaction(struct yj_gateway *g, bool *more)
{
	int rc = g->inbox->lost ? YJ_ERR_NOMEM : begin(g);
	if (rc == 0)
		rc = everything(g, more);
	if (rc == 0)
		rc = commit(g);
	return rc;
}

int yj_dispatch_run(struct yj_gateway *g)
{
	yj_gateway_sample(g);
	bool more = false;
	int rc = transaction(g, &more);
	if (rc < 0 &&
	    !yj_dispatch_store_failed(rc)) { /* some item: find it, and spare the others */
		roll_back(g);
		g->guarded = true;
		rc = transaction(g, &more);
		g->guarded = false;
	}
	yj_inhand_none(g);
	empty(g->inbox);
	if (rc < 0) {
		undone(g, rc);
	} else {
		g->owed = NULL;
		yj_deliveries_written(g);
		done(g);
	}
	if (more)
		yj_dispatch_soon(g);
	yj_gateway_rearm(g);
	return rc;
}

int yj_dispatch_do(struct yj_gateway *g, int (*fn)(struct yj_gateway *g, void *arg), void *arg)
{
	yj_gateway_sample(g);
	int rc = begin(g);
	if (rc < 0) {
		undone(g, rc);
		yj_gateway_rearm(g);
		return rc;
	}
	rc = fn(g, arg);
	if (rc < 0 && !yj_dispatch_store_failed(rc)) { /* the command was bad, not the store */
		roll_back(g);
		return rc;
	}
	if (rc == 0)
		rc = commit(g);
	if (rc < 0)
		undone(g, rc);
	else
		done(g);
	yj_gateway_rearm(g);
	return rc;
}

void yj_dispatch_soon(struct yj_gateway *g)
{
	event_active(g->turn, EV_TIMEOUT, 0);
}

void yj_dispatch_later(struct yj_gateway *g)
{
	struct timeval tv = {.tv_usec = LATER_MS * 1000L};
	if (!event_pending(g->turn, EV_TIMEOUT, NULL))
		event_add(g->turn, &tv);
}
