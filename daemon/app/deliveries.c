#include "deliveries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels.h"
#include "dispatch.h"
#include "inhand.h"
#include "lanes.h"
#include "pager.h"
#include "store/notice.h"
#include "turn.h"

#define NO_SUBSCRIBERS 16 /* MQTT 5.0, 3.4.2.1 */
#define MQTT_RETRY_MS 5000
#define WRITE_MAX 1000	/* per transaction */
#define POISON "poison" /* the words of a result that no channel gives */

struct yj_results {
	struct yj_sent_result *v;
	size_t n, cap;
	size_t written; /* by the transaction under way */
};

struct yj_results *yj_results_new(void)
{
	return calloc(1, sizeof(struct yj_results));
}

void yj_results_free(struct yj_results *r)
{
	if (!r)
		return;
	free(r->v);
	free(r);
}

void yj_deliveries_report(struct yj_gateway *g, const struct yj_sent_result *result)
{
	struct yj_results *r = g->results;
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 64;
		void *v = realloc(r->v, cap * sizeof *r->v);
		if (!v) { /* the row stays pending and is sent again after a restart of the lanes */
			yj_lanes_settled(g, (int64_t)result->token);
			yj_lanes_restart(g);
			return;
		}
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n++] = *result;
	yj_lanes_result(g, (int64_t)result->token);
	bool well = result->outcome == YJ_SENT_OK || result->outcome == YJ_SENT_DELIVERED;
	if (well && r->n < WRITE_MAX)
		yj_dispatch_later(g);
	else
		yj_dispatch_soon(g);
}

void yj_deliveries_published(struct yj_gateway *g, int64_t n, int code)
{
	struct yj_sent_result r = {.token = (uint64_t)n, .outcome = YJ_SENT_OK};
	if (code == NO_SUBSCRIBERS) {
		r.outcome = YJ_SENT_FINAL;
		snprintf(r.words, sizeof r.words, "no matching subscribers");
	} else if (code >= 128) {
		r.outcome = YJ_SENT_RETRY;
		r.retry_ms = MQTT_RETRY_MS;
		snprintf(r.words, sizeof r.words, "refused by the broker (%d)", code);
	}
	yj_deliveries_report(g, &r);
}

void yj_deliveries_poison(struct yj_gateway *g, int64_t n)
{
	struct yj_sent_result r = {.token = (uint64_t)n, .outcome = YJ_SENT_FINAL};
	snprintf(r.words, sizeof r.words, POISON);
	yj_deliveries_report(g, &r);
}

/* One result under way. */
struct outcome {
	struct yj_gateway *g;
	struct yj_outbox_row row;
	struct yj_incident inc;
	const struct yj_sent_result *result;
	bool page; /* somebody was asked */
};

static int log_delivery(struct outcome *o, enum yj_event_type type, enum yj_delivery_result result)
{
	static const char *const names[] = {"sent", "delivered", "failed"};
	struct yj_gateway *g = o->g;
	struct yj_log_event e = yj_event_of(type);
	char id[YJ_NAME_MAX + 24];
	yj_delivery_id(g->store, o->row.n, id, sizeof id);
	char subject[YJ_NAME_MAX + 32];
	yj_metrics_count_pair(&g->metrics, g->metrics.deliveries, o->row.channel, names[result]);
	e.caregiver = o->row.target;
	if (o->row.notice) {
		snprintf(subject, sizeof subject, "caregiver/%s", o->row.target);
		e.subject = subject;
	} else {
		e.incident = o->inc.n;
		e.resident = o->inc.whose.resident;
		e.kind = (int)o->inc.kind;
		e.level = (int)o->row.level;
		e.region = o->inc.whose.region;
		e.drill = o->inc.drill;
	}
	e.more = json_pack("{s:s, s:s, s:s}", "delivery", id, "channel", o->row.channel, "state",
	    yj_page_state_name((enum yj_page_state)o->row.say));
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

static int attempts_of(struct yj_gateway *g, const char *channel)
{
	const struct yj_channel *c = yj_channels_find(g, channel);
	return c ? c->attempts(c->self) : 5;
}

/* The person of a page whose last channel has failed cannot be reached. A page that waits for the
 * broker has not failed if it is all that the person has. */
static int maybe_lost(
    struct yj_gateway *g, const struct yj_outbox_row *row, struct yj_incident *inc)
{
	int left, last;
	int rc =
	    yj_outbox_page_left(g->store, row->page, yj_channels_down(g, "mqtt"), &left, &last);
	if (rc < 0 || left > 0)
		return rc;
	struct yj_turn turn = {.inc = inc, .in = {.type = YJ_IN_LOST, .who = row->target}};
	bool paged;
	rc = yj_turn_standing(g, inc, row->target, &turn.in, &paged);
	if (rc < 0 || row->round != inc->round || !turn.in.counted)
		return rc;
	return yj_turn_run(g, &turn, NULL);
}

int yj_deliveries_pass_on(
    struct yj_gateway *g, const struct yj_outbox_row *row, struct yj_incident *inc)
{
	int rc = yj_pager_next_channel(g, row, true);
	return rc < 0 ? rc : maybe_lost(g, row, inc);
}

static int on_sent(struct outcome *o)
{
	struct yj_outbox_row *row = &o->row;
	struct yj_gateway *g = o->g;
	bool receipt = o->result->outcome == YJ_SENT_DELIVERED;
	row->attempts++;
	row->due_t = INT64_MAX;
	bool dropped = row->status == YJ_DELIVERY_DROPPED; /* overtaken while it was under way */
	row->status = receipt ? YJ_DELIVERY_DELIVERED : YJ_DELIVERY_SENT;
	bool has_next = false;
	int rc = 0;
	if (o->page && !receipt && !dropped && yj_kind_is_help(o->inc.kind))
		rc = yj_pager_has_next(g, row, &has_next);
	if (rc < 0)
		return rc;
	if (has_next)
		row->due_t = g->now.t + g->config->notify.channel_wait_ms;
	rc = yj_outbox_set(g->store, row, o->result->words, g->now.utc_ms);
	if (rc == 0)
		rc = log_delivery(o, YJ_EV_DELIVERY_SENT, YJ_RESULT_SENT);
	if (rc == 0 && o->result->ref[0])
		rc = yj_outbox_ref(g->store, row->n, o->result->ref);
	if (rc == 0 && receipt)
		rc = log_delivery(o, YJ_EV_DELIVERY_DELIVERED, YJ_RESULT_DELIVERED);
	return rc;
}

static int on_failed(struct outcome *o)
{
	struct yj_outbox_row *row = &o->row;
	struct yj_gateway *g = o->g;
	bool dropped = row->status == YJ_DELIVERY_DROPPED;
	row->attempts++;
	bool again = o->result->outcome == YJ_SENT_RETRY && !dropped &&
		     row->attempts < attempts_of(g, row->channel);
	row->status = again ? YJ_DELIVERY_PENDING : YJ_DELIVERY_FAILED;
	row->due_t =
	    again ? g->now.t + (o->result->retry_ms > 0 ? o->result->retry_ms : 1) : INT64_MAX;
	int rc = yj_outbox_set(g->store, row, o->result->words, g->now.utc_ms);
	if (rc == 0 && !again)
		rc = log_delivery(o, YJ_EV_DELIVERY_FAILED, YJ_RESULT_FAILED);
	if (rc == 0 && row->notice && !again && strcmp(row->said, YJ_NOTICE_ALONE) != 0)
		return yj_pager_next_channel(g, row, false);
	if (rc < 0 || !o->page || dropped)
		return rc;
	bool help = yj_kind_is_help(o->inc.kind);
	if (!again || help)
		rc = yj_pager_next_channel(g, row, help);
	if (rc == 0 && !again)
		rc = maybe_lost(g, row, &o->inc);
	return rc;
}

/* What a home was told, or not: it hears it again when it comes online. */
static int on_home(
    struct yj_gateway *g, struct yj_outbox_row *row, const struct yj_sent_result *result)
{
	bool again = result->outcome == YJ_SENT_RETRY && row->attempts < 5;
	row->attempts++;
	row->status = again			      ? YJ_DELIVERY_PENDING
		      : result->outcome == YJ_SENT_OK ? YJ_DELIVERY_SENT
						      : YJ_DELIVERY_FAILED;
	row->due_t = again ? g->now.t + result->retry_ms : INT64_MAX;
	return yj_outbox_set(g->store, row, result->words, g->now.utc_ms);
}

static int write_one(struct yj_gateway *g, const struct yj_sent_result *result)
{
	struct outcome o = {.g = g, .result = result};
	int rc = yj_outbox_get(g->store, (int64_t)result->token, &o.row);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	if (strcmp(result->words, POISON) == 0) /* set aside, and failed like any other */
		rc = yj_inhand_poison_delivery(g, &o.row);
	if (rc < 0)
		return rc;
	bool open = o.row.status == YJ_DELIVERY_PENDING || o.row.status == YJ_DELIVERY_DROPPED;
	if (!open)
		return 0;
	if (o.row.home)
		return on_home(g, &o.row, result);
	if (!o.row.notice)
		rc = yj_incident_load(g->store, o.row.incident, &o.inc);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	o.page = o.row.say <= (int)YJ_PAGE_REMIND && strcmp(o.row.said, "-") != 0;
	switch (result->outcome) {
	case YJ_SENT_OK:
	case YJ_SENT_DELIVERED:
		return on_sent(&o);
	case YJ_SENT_RETRY:
	case YJ_SENT_FINAL:
		return on_failed(&o);
	}
	return 0;
}

/* The receipt may overtake the broker's own answer, so a row that is under way counts as sent. */
static int seen_one(struct yj_gateway *g, const struct yj_incident *inc, struct yj_outbox_row *row)
{
	struct outcome o = {.g = g, .row = *row, .inc = *inc};
	bool sent = row->status == YJ_DELIVERY_SENT;
	if (!sent && !yj_lanes_has_left(g, row->n))
		return 0;
	o.row.status = YJ_DELIVERY_DELIVERED;
	o.row.due_t = INT64_MAX;
	o.row.attempts += sent ? 0 : 1;
	int rc = yj_outbox_set(g->store, &o.row, NULL, g->now.utc_ms);
	if (rc == 0 && !sent)
		rc = log_delivery(&o, YJ_EV_DELIVERY_SENT, YJ_RESULT_SENT);
	if (rc == 0)
		rc = log_delivery(&o, YJ_EV_DELIVERY_DELIVERED, YJ_RESULT_DELIVERED);
	return rc;
}

int yj_deliveries_seen(struct yj_gateway *g, const struct yj_incident *inc, const char *caregiver)
{
	struct yj_outbox_row rows[32];
	size_t n = 0;
	int rc =
	    yj_outbox_unseen(g->store, inc->n, caregiver, rows, sizeof rows / sizeof rows[0], &n);
	while (rc == 0 && n) /* newest first: older ones that nobody saw may be many */
		rc = seen_one(g, inc, &rows[--n]);
	return rc;
}

/* Is the person of this row still waited for, by this very page? */
static int still_asked(struct outcome *o, bool *asked)
{
	struct yj_in in = {0};
	bool paged;
	*asked = false;
	if (!o->page || o->inc.state != YJ_INC_OPEN || o->row.round != o->inc.round)
		return 0;
	int rc = yj_turn_standing(o->g, &o->inc, o->row.target, &in, &paged);
	*asked = rc == 0 && in.counted;
	return rc;
}

/* After it was sent: the next channel begins at once, as after any failure. */
static int on_lost(struct outcome *o, const char *words)
{
	struct yj_outbox_row *row = &o->row;
	struct yj_gateway *g = o->g;
	bool asked = row->notice && strcmp(row->said, YJ_NOTICE_ALONE) != 0;
	row->status = YJ_DELIVERY_FAILED;
	row->due_t = INT64_MAX;
	int rc = yj_outbox_set(g->store, row, words, g->now.utc_ms);
	if (rc == 0)
		rc = log_delivery(o, YJ_EV_DELIVERY_FAILED, YJ_RESULT_FAILED);
	if (rc == 0 && !row->notice)
		rc = still_asked(o, &asked);
	if (rc < 0 || !asked)
		return rc;
	rc = yj_pager_next_channel(g, row, yj_kind_is_help(o->inc.kind));
	return rc < 0 || row->notice ? rc : maybe_lost(g, row, &o->inc);
}

int yj_deliveries_receipt(struct yj_gateway *g, int64_t n, bool arrived, const char *words)
{
	struct outcome o = {.g = g};
	int rc = yj_outbox_get(g->store, n, &o.row);
	if (rc == 0 && !o.row.notice && !o.row.home)
		rc = yj_incident_load(g->store, o.row.incident, &o.inc);
	if (rc < 0 || o.row.home)
		return rc;
	o.page = o.row.say <= (int)YJ_PAGE_REMIND && strcmp(o.row.said, "-") != 0;
	if (arrived && o.row.status <= YJ_DELIVERY_SENT)
		return seen_one(g, &o.inc, &o.row);
	if (!arrived && o.row.status == YJ_DELIVERY_SENT)
		return on_lost(&o, words);
	return 0;
}

/* The last resort: the delivery is set aside, and nothing follows from it. */
static int set_aside(struct yj_gateway *g, int64_t n)
{
	char id[YJ_NAME_MAX + 24], subject[YJ_NAME_MAX + 40];
	yj_delivery_id(g->store, n, id, sizeof id);
	snprintf(subject, sizeof subject, "delivery/%s", id);
	int rc = yj_outbox_poison(g->store, n);
	return rc < 0 ? rc : yj_inhand_log(g, "delivery", subject);
}

/* A result that cannot be written for a reason of its own, or crashed the daemon, costs its
 * delivery, not the others. */
static int guarded_one(struct yj_gateway *g, const struct yj_sent_result *as_told)
{
	struct yj_sent_result poison = {
	    .token = as_told->token, .outcome = YJ_SENT_FINAL, .words = POISON};
	enum yj_aside aside = yj_inhand_result(g, (int64_t)as_told->token);
	if (aside == YJ_ASIDE_RAW)
		return set_aside(g, (int64_t)as_told->token);
	const struct yj_sent_result *result = aside == YJ_ASIDE_NOT ? as_told : &poison;
	if (!g->guarded)
		return write_one(g, result);
	size_t counted = yj_metrics_mark(&g->metrics);
	int rc = yj_store_mark(g->store);
	if (rc < 0)
		return rc;
	rc = write_one(g, result);
	if (rc == 0)
		return yj_store_keep(g->store);
	yj_store_undo(g->store);
	yj_metrics_undo(&g->metrics, counted);
	if (yj_dispatch_store_failed(rc))
		return rc;
	yj_log(YJ_LOG_ERR, "event=result_failed delivery=%lld error=%s", (long long)result->token,
	    yj_err_name(rc));
	return set_aside(g, (int64_t)result->token);
}

int yj_deliveries_write(struct yj_gateway *g)
{
	struct yj_results *r = g->results;
	r->written = 0;
	size_t n = r->n < WRITE_MAX ? r->n : WRITE_MAX;
	for (size_t i = 0; i < n; i++) {
		int rc = guarded_one(g, &r->v[i]);
		if (rc < 0)
			return rc;
	}
	r->written = n;
	return 0;
}

void yj_deliveries_written(struct yj_gateway *g)
{
	struct yj_results *r = g->results;
	for (size_t i = 0; i < r->written; i++)
		yj_lanes_settled(g, (int64_t)r->v[i].token);
	if (r->written)
		memmove(r->v, r->v + r->written, (r->n - r->written) * sizeof *r->v);
	r->n -= r->written;
	bool full = r->written == WRITE_MAX;
	r->written = 0;
	if (r->n && full)
		yj_dispatch_soon(g);
	else if (r->n)
		yj_dispatch_later(g);
}

void yj_deliveries_undone(struct yj_gateway *g)
{
	g->results->written = 0;
}
