#include "lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels.h"
#include "compose.h"
#include "deliveries.h"
#include "dispatch.h"
#include "inhand.h"
#include "numset.h"
#include "pager.h"
#include "tokens.h"

#define LANE_MAX 8192 /* row numbers in one lane, and how many it begins with */
#define LANE_MIN 64
#define LANES_MAX 1536 /* more than there are channels: names come and go with reloads */
#define READ_ROWS 128
#define READS_MAX 64 /* pieces read per turn */
#define GIVEN_BACK_MS 5000
#define SLOW_MAX 256

enum { QUEUED = 1, FLYING_MQTT, FLYING, REPORTED };

struct lane {
	char name[YJ_NAME_MAX + 16];
	int64_t *ring;
	size_t head, n, cap;
	bool overflow; /* rows were passed over */
};

struct slow { /* a page that may be under way for long: a telephone call, an SMS that waits */
	int64_t n, incident;
	bool call;
	char target[YJ_NAME_MAX + 1], channel[YJ_NAME_MAX + 16];
};

struct cursor { /* how far the pending rows of the outbox have been looked at */
	int64_t due_t, n;
};
static const struct cursor from_the_first = {.due_t = -1};

struct yj_lanes {
	struct lane v[LANES_MAX];
	size_t n;
	struct yj_numset known; /* what is queued, under way or reported */
	int64_t at_due, at_n;	/* how far the outbox has been read */
	bool dirty;		/* it may hold more */
	bool sweeping;		/* the broker went down: pages begin their next channels */
	struct cursor sweep;
	struct cursor late, late_before; /* pages that no channel has taken in time */
	struct yj_outbox_row rows[READ_ROWS];
	struct slow slow[SLOW_MAX]; /* the newest; older ones have ended */
	size_t n_slow;		    /* of all so far */
};

struct yj_lanes *yj_lanes_new(void)
{
	struct yj_lanes *l = calloc(1, sizeof *l);
	if (l) {
		l->at_due = -1;
		l->late = l->late_before = from_the_first;
		l->dirty = true;
	}
	return l;
}

void yj_lanes_free(struct yj_lanes *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].ring);
	yj_numset_done(&l->known);
	free(l);
}

void yj_lanes_wake(struct yj_gateway *g)
{
	g->lanes->dirty = true;
}

static void sweep_anew(struct yj_lanes *l)
{
	l->sweeping = true;
	l->sweep = from_the_first;
}

/* What was swept may have been rolled back, so that begins again too; twice does no harm. */
void yj_lanes_restart(struct yj_gateway *g)
{
	g->lanes->at_due = -1;
	g->lanes->at_n = 0;
	g->lanes->dirty = true;
	if (g->help && !yj_link_is_up(g->help))
		sweep_anew(g->lanes);
}

/* A lane that holds nothing makes room for another channel: names come and go with reloads. */
static struct lane *idle_lane(struct yj_lanes *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].n == 0 && !l->v[i].overflow)
			return &l->v[i];
	return NULL;
}

static struct lane *lane_of(struct yj_lanes *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].name, name) == 0)
			return &l->v[i];
	struct lane *lane = NULL;
	int64_t *ring = l->n < LANES_MAX ? malloc(LANE_MIN * sizeof *ring) : NULL;
	if (ring) {
		lane = &l->v[l->n++];
		lane->ring = ring;
		lane->cap = LANE_MIN;
	} else {
		lane = idle_lane(l);
	}
	if (lane)
		snprintf(lane->name, sizeof lane->name, "%s", name);
	return lane;
}

bool yj_lanes_waiting(const struct yj_gateway *g, const char *channel)
{
	for (size_t i = 0; i < g->lanes->n; i++)
		if (strcmp(g->lanes->v[i].name, channel) == 0)
			return g->lanes->v[i].n > 0;
	return false;
}

/* Doubles the ring; false: it is as large as it may be, or memory is short. */
static bool grow(struct lane *lane)
{
	if (lane->cap == LANE_MAX)
		return false;
	int64_t *ring = malloc(2 * lane->cap * sizeof *ring);
	if (!ring)
		return false;
	for (size_t i = 0; i < lane->n; i++)
		ring[i] = lane->ring[(lane->head + i) % lane->cap];
	free(lane->ring);
	lane->ring = ring;
	lane->head = 0;
	lane->cap *= 2;
	return true;
}

static bool push(struct lane *lane, int64_t n)
{
	if (lane->n == lane->cap && !grow(lane))
		return false;
	lane->ring[(lane->head + lane->n++) % lane->cap] = n;
	return true;
}

void yj_lanes_broker_down(struct yj_gateway *g)
{
	struct yj_lanes *l = g->lanes;
	yj_numset_drop(&l->known, FLYING_MQTT);
	yj_lanes_restart(g);
	sweep_anew(l);
	yj_dispatch_soon(g);
}

void yj_lanes_forget(struct yj_gateway *g)
{
	yj_numset_drop(&g->lanes->known, FLYING);
	yj_lanes_restart(g);
	yj_dispatch_soon(g);
}

bool yj_lanes_has_left(const struct yj_gateway *g, int64_t n)
{
	return yj_numset_get(&g->lanes->known, n) > QUEUED;
}

void yj_lanes_result(struct yj_gateway *g, int64_t n)
{
	if (yj_numset_put(&g->lanes->known, n, REPORTED) < 0)
		yj_numset_remove(&g->lanes->known, n); /* then it may be sent twice */
}

void yj_lanes_settled(struct yj_gateway *g, int64_t n)
{
	yj_numset_remove(&g->lanes->known, n);
}

/* Reports a row that could not even be sent. */
static void give_back(struct yj_gateway *g, int64_t n, enum yj_sent outcome, const char *words)
{
	struct yj_sent_result r = {
	    .token = (uint64_t)n, .outcome = outcome, .retry_ms = GIVEN_BACK_MS};
	snprintf(r.words, sizeof r.words, "%s", words);
	yj_deliveries_report(g, &r);
}

/* Takes one row of the outbox into its lane. */
static void take(struct yj_gateway *g, const struct yj_outbox_row *row)
{
	struct yj_lanes *l = g->lanes;
	if (yj_numset_get(&l->known, row->n))
		return;
	struct lane *lane = lane_of(l, row->channel);
	if (!lane) {
		give_back(g, row->n, YJ_SENT_RETRY, "no lane is free");
		return;
	}
	if (!push(lane, row->n))
		lane->overflow = true;
	else if (yj_numset_put(&l->known, row->n, QUEUED) < 0) {
		lane->n--;
		lane->overflow = true;
	}
}

/* At least one look each time: a row that waits for its next attempt falls due without a word. */
static void fill(struct yj_gateway *g)
{
	struct yj_lanes *l = g->lanes;
	for (int reads = 0; reads == 0 || l->dirty; reads++) {
		if (reads == READS_MAX) {
			yj_dispatch_soon(g);
			return;
		}
		size_t n = 0;
		if (yj_outbox_due(g->store, YJ_DELIVERY_PENDING, g->now.t, l->at_due, l->at_n,
			l->rows, READ_ROWS, &n) < 0)
			return;
		for (size_t i = 0; i < n; i++)
			take(g, &l->rows[i]);
		if (n) {
			l->at_due = l->rows[n - 1].due_t;
			l->at_n = l->rows[n - 1].n;
		}
		l->dirty = n == READ_ROWS;
	}
}

static int send_mqtt(
    struct yj_gateway *g, const struct yj_outbox_row *row, struct yj_link *link, uint64_t token)
{
	char topic[YJ_TOPIC_MAX];
	char *payload = NULL;
	size_t len = 0;
	int rc = row->home ? yj_compose_home(g, row, topic, &payload, &len)
			   : yj_compose_inbox(g, row, topic, &payload, &len);
	if (rc == 0)
		rc = yj_link_publish(link, topic, payload, len, 1, false, token);
	free(payload);
	return rc;
}

static void on_sent(void *ctx, const struct yj_sent_result *result)
{
	yj_deliveries_report(ctx, result);
}

static void on_unrecorded(void *ctx, const struct yj_sent_result *result)
{
	(void)ctx;
	(void)result;
}

static void note_slow(
    struct yj_lanes *l, const struct yj_outbox_row *row, const struct yj_channel *channel)
{
	struct slow *s = &l->slow[l->n_slow++ % SLOW_MAX];
	*s = (struct slow){
	    .n = row->n, .incident = row->incident, .call = channel->form == YJ_FORM_SPEECH};
	memcpy(s->target, row->target, sizeof s->target);
	memcpy(s->channel, row->channel, sizeof s->channel);
}

/* A call that is to be taken back for one person goes on: they would be told that nobody is needed
 * any more. */
static bool concerns(const struct slow *s, int64_t incident, const char *who)
{
	return s->n && s->incident == incident &&
	       (!who[0] || (!s->call && strcmp(s->target, who) == 0));
}

/* Whose key it was hears what they pressed, and is not cut off by it: the channel knows them. */
static void take_back(struct yj_gateway *g, const struct yj_called_off *off)
{
	struct yj_lanes *l = g->lanes;
	for (size_t i = 0; i < SLOW_MAX && i < l->n_slow; i++) {
		struct slow *s = &l->slow[i];
		if (!concerns(s, off->incident, off->who))
			continue;
		const struct yj_channel *channel = yj_channels_find(g, s->channel);
		struct yj_outbox_row row;
		int rc = yj_outbox_get(g->store, s->n, &row);
		if (!channel || (rc < 0 && rc != YJ_ERR_NOTFOUND) ||
		    (rc == 0 && row.status == YJ_DELIVERY_PENDING)) /* news goes on */
			continue;
		channel->cancel(channel->self, (uint64_t)s->n);
		if (yj_numset_get(&l->known, s->n) == FLYING)
			yj_numset_remove(&l->known, s->n);
		s->n = 0;
	}
}

void yj_lanes_note_called_off(struct yj_gateway *g, int64_t incident, const char *who)
{
	const struct yj_lanes *l = g->lanes;
	bool any = false;
	for (size_t i = 0; i < SLOW_MAX && i < l->n_slow && !any; i++)
		any = concerns(&l->slow[i], incident, who);
	if (!any || g->noted.n_called_off == YJ_CALLED_OFF_MAX)
		return;
	struct yj_called_off *off = &g->noted.called_off[g->noted.n_called_off++];
	off->incident = incident;
	snprintf(off->who, sizeof off->who, "%s", who);
}

void yj_lanes_call_off(struct yj_gateway *g)
{
	for (size_t i = 0; i < g->noted.n_called_off; i++)
		take_back(g, &g->noted.called_off[i]);
	g->noted.n_called_off = 0;
}

static int send_channel(struct yj_gateway *g, const struct yj_outbox_row *row,
    void (*done)(void *ctx, const struct yj_sent_result *result))
{
	const struct yj_channel *channel = yj_channels_find(g, row->channel);
	if (!channel)
		return YJ_ERR_NOTFOUND;
	struct yj_page page;
	char words[4096], subject[256];
	int rc = yj_compose_page(g, row, &page);
	if (rc < 0)
		return rc;
	if (channel->form != YJ_FORM_FULL)
		yj_compose_words(g, &page, channel->form, words, sizeof words);
	yj_text_subject(g->config->gateway.language, &page.words, subject, sizeof subject);
	struct yj_delivery d = {
	    .token = (uint64_t)row->n,
	    .attempt = row->attempts + 1,
	    .id = page.id,
	    .caregiver = row->target,
	    .phone = page.who.phone,
	    .email = page.who.email,
	    .language = g->config->gateway.language,
	    .page = &page.inbox,
	    .text = channel->form == YJ_FORM_FULL ? page.text : words,
	    .subject = subject,
	    .asks = page.words.asks,
	};
	rc = channel->send(channel->self, &d, done, g);
	if (rc == 0 && channel->slow)
		note_slow(g->lanes, row, channel);
	yj_page_done(&page);
	return rc;
}

int yj_lanes_send_unrecorded(struct yj_gateway *g, const struct yj_outbox_row *row)
{
	if (strcmp(row->channel, "mqtt") == 0)
		return send_mqtt(g, row, g->chatter, YJ_TOKEN_NONE);
	return send_channel(g, row, on_unrecorded);
}

/* Asked before anything is read or put into words: of a thousand lanes many may wait. */
static bool has_room(struct yj_gateway *g, const char *name)
{
	const struct yj_channel *channel = yj_channels_find(g, name);
	return !channel || !channel->has_room || channel->has_room(channel->self);
}

/* Sends the first of a lane. false: the lane waits. */
static bool send_first(struct yj_gateway *g, struct lane *lane)
{
	struct yj_lanes *l = g->lanes;
	bool mqtt = strcmp(lane->name, "mqtt") == 0;
	if (mqtt ? yj_link_room(g->help) == 0 : !has_room(g, lane->name))
		return false;
	int64_t n = lane->ring[lane->head];
	struct yj_outbox_row row;
	int rc = yj_outbox_get(g->store, n, &row);
	bool wanted = rc == 0 && row.status == YJ_DELIVERY_PENDING && row.due_t <= g->now.t;
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return false;
	bool poisoned = wanted && yj_inhand_delivery(g, n);
	if (wanted && !poisoned) {
		rc = mqtt ? send_mqtt(g, &row, g->help, YJ_TOKEN_DELIVERY | (uint64_t)n)
			  : send_channel(g, &row, on_sent);
		yj_inhand_none(g);
		if (rc == YJ_ERR_BUSY)
			return false;
	}
	lane->head = (lane->head + 1) % lane->cap;
	lane->n--;
	if (poisoned)
		yj_deliveries_poison(g, n);
	else if (!wanted)
		yj_numset_remove(&l->known, n);
	else if (rc == YJ_ERR_NOTFOUND)
		give_back(g, n, YJ_SENT_FINAL,
		    row.home ? "the device cannot show it" : "no such channel or receiver");
	else if (rc == YJ_ERR_INVAL)
		give_back(g, n, YJ_SENT_FINAL, yj_err_name(rc));
	else if (rc < 0) /* memory, the disk: it says nothing about the receiver */
		give_back(g, n, YJ_SENT_RETRY, yj_err_name(rc));
	else if (yj_numset_put(&l->known, n, mqtt ? FLYING_MQTT : FLYING) < 0)
		yj_log(YJ_LOG_ERR, "event=out_of_memory delivery=%lld", (long long)n);
	return true;
}

void yj_lanes_drain(struct yj_gateway *g)
{
	struct yj_lanes *l = g->lanes;
	if (g->stopping)
		return;
	yj_store_look(g->store);
	fill(g);
	bool again = false;
	for (size_t i = 0; i < l->n; i++) {
		struct lane *lane = &l->v[i];
		while (lane->n && send_first(g, lane))
			;
		if (lane->overflow && lane->n == 0) {
			lane->overflow = false;
			again = true;
		}
	}
	yj_store_look_done(g->store);
	if (again) {
		yj_lanes_restart(g);
		yj_dispatch_soon(g);
	}
}

/* The time to wait for a receipt has passed: the next channel begins, the earlier one goes on. */
static int waited(struct yj_gateway *g, struct yj_outbox_row *row)
{
	bool poisoned = yj_inhand_delivery(g, row->n);
	row->due_t = INT64_MAX;
	int rc = yj_outbox_set(g->store, row, NULL, g->now.utc_ms);
	return rc < 0 || poisoned ? rc : yj_pager_next_channel(g, row, true);
}

static bool is_page(const struct yj_outbox_row *row)
{
	return !row->home && row->say <= (int)YJ_PAGE_REMIND;
}

/* The pages before may have overtaken this one, so it is read anew. One that fails for a reason of
 * its own costs only itself. */
static int pass_on_one(struct yj_gateway *g, int64_t n)
{
	struct yj_outbox_row row;
	struct yj_incident inc;
	int rc = yj_outbox_get(g->store, n, &row);
	if (rc == 0 && row.status != YJ_DELIVERY_PENDING)
		return 0;
	if (rc == 0)
		rc = yj_incident_load(g->store, row.incident, &inc);
	if (rc != 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	if (!yj_kind_is_help(inc.kind))
		return 0;
	if (!g->guarded)
		return yj_deliveries_pass_on(g, &row, &inc);
	size_t counted = yj_metrics_mark(&g->metrics);
	rc = yj_store_mark(g->store);
	if (rc < 0)
		return rc;
	rc = yj_deliveries_pass_on(g, &row, &inc);
	if (rc == 0)
		return yj_store_keep(g->store);
	yj_store_undo(g->store);
	yj_metrics_undo(&g->metrics, counted);
	if (yj_dispatch_store_failed(rc))
		return rc;
	yj_log(YJ_LOG_ERR, "event=next_channel_failed delivery=%lld error=%s", (long long)n,
	    yj_err_name(rc));
	return 0;
}

/* Of the next pages that wait for their channel, and were due by then: those of calls for help
 * begin their next channels. channel: only those that wait for that one; NULL: any. */
static int pass_on(
    struct yj_gateway *g, struct cursor *at, int64_t until_t, const char *channel, bool *more)
{
	struct yj_lanes *l = g->lanes;
	size_t n = 0;
	int rc = yj_outbox_due(
	    g->store, YJ_DELIVERY_PENDING, until_t, at->due_t, at->n, l->rows, READ_ROWS, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct yj_outbox_row *row = &l->rows[i];
		*at = (struct cursor){row->due_t, row->n};
		if (!is_page(row) || (channel && strcmp(row->channel, channel) != 0) ||
		    yj_inhand_delivery(g, row->n))
			continue;
		rc = pass_on_one(g, row->n);
	}
	if (rc < 0)
		return rc;
	*more = n == READ_ROWS;
	if (*more)
		yj_dispatch_soon(g);
	return 0;
}

/* A channel that is slow to take a page (an endpoint that hangs, a broker that is silent but not
 * gone) delays the next one no longer than one that took it. */
static int pass_on_late(struct yj_gateway *g)
{
	struct yj_lanes *l = g->lanes;
	bool more;
	l->late_before = l->late;
	return pass_on(g, &l->late, g->now.t - g->config->notify.channel_wait_ms, NULL, &more);
}

int64_t yj_lanes_late_due(struct yj_gateway *g)
{
	struct yj_lanes *l = g->lanes;
	size_t n = 0;
	if (yj_outbox_due(g->store, YJ_DELIVERY_PENDING, INT64_MAX, l->late.due_t, l->late.n,
		l->rows, 1, &n) < 0)
		return g->now.t + 1000;
	return n ? l->rows[0].due_t + g->config->notify.channel_wait_ms : INT64_MAX;
}

void yj_lanes_undone(struct yj_gateway *g)
{
	g->lanes->late = g->lanes->late_before;
	yj_lanes_restart(g);
}

int yj_lanes_due(struct yj_gateway *g)
{
	struct yj_lanes *l = g->lanes;
	int rc = 0;
	if (l->sweeping && yj_channels_down(g, "mqtt"))
		rc = pass_on(g, &l->sweep, g->now.t, "mqtt", &l->sweeping);
	if (rc == 0)
		rc = pass_on_late(g);
	size_t n = 0;
	if (rc == 0)
		rc = yj_outbox_due(
		    g->store, YJ_DELIVERY_SENT, g->now.t, -1, 0, l->rows, READ_ROWS, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = waited(g, &l->rows[i]);
	if (rc == 0 && n == READ_ROWS)
		yj_dispatch_soon(g);
	return rc;
}
