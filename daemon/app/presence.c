#include "presence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "outages.h"
#include "pager.h"
#include "readings.h"
#include "space.h"
#include "store/status.h"

#define SWEEP_PARTS 12	 /* a device is looked at once in so many sweeps */
#define WRITE_ROWS 2000	 /* status rows per transaction */
#define RECALL_ROWS 1000 /* status rows of the run before looked at per sweep */
#define NEWS_ROWS 500	 /* news per transaction */
#define BATTERY_BACK 5	 /* percent over the limit before it is low again */
/* A broker that stops says goodbye for all its devices, and one that starts still has what it said
 * then: what is heard of an absence around a loss of the connection counts only if it lasts. */
#define SETTLE_MS 180000
#define BEFORE_DEAF_MS 30000

enum { KNOWN = 1, ONLINE = 2, LOW = 4, DIRTY = 8, LOOKED_UP = 16, MAINS = 32, MAINS_SAID = 64 };

struct entry {
	char id[YJ_NAME_MAX + 1];
	uint8_t flags;
	int8_t battery_pct;
	int16_t rssi_dbm; /* 0: never said */
	int32_t heartbeat_s;
	int64_t seen_t; /* in this run; 0: not yet */
	int64_t seen_utc_ms;
	int64_t region; /* 12 digits as a number; 0: none */
	int64_t gone_t; /* offline: from when on it counts for an outage; 0: it does not */
};

struct news {
	char device[YJ_NAME_MAX + 1];
	enum yj_event_type type;
	bool again; /* tell it what its incidents stand at */
};

struct yj_presence {
	struct entry *v; /* open addressing by id; id[0] == 0: free */
	size_t n, cap;
	size_t online;
	size_t sweep_at, write_at, dirty;
	int64_t heard_t; /* the connection has been up since */
	int64_t deaf_t;	 /* when it was last lost */
	struct news *news;
	size_t n_news, cap_news;
	/* by the transaction under way */
	size_t n_logged, n_written;
	char recalled[YJ_NAME_MAX + 1]; /* so far the run before has been looked at */
	bool recalled_all;
};

struct yj_presence *yj_presence_new(void)
{
	return calloc(1, sizeof(struct yj_presence));
}

void yj_presence_free(struct yj_presence *p)
{
	if (!p)
		return;
	free(p->v);
	free(p->news);
	free(p);
}

static size_t place(const struct yj_presence *p, const char *id)
{
	uint64_t h = 14695981039346656037u;
	for (const char *c = id; *c; c++)
		h = (h ^ (unsigned char)*c) * 1099511628211u;
	size_t i = (size_t)(h >> 16) & (p->cap - 1);
	while (p->v[i].id[0] && strcmp(p->v[i].id, id) != 0)
		i = (i + 1) & (p->cap - 1);
	return i;
}

static bool grow(struct yj_presence *p)
{
	struct yj_presence bigger = *p;
	bigger.cap = p->cap ? p->cap * 2 : 256;
	bigger.v = calloc(bigger.cap, sizeof *bigger.v);
	if (!bigger.v)
		return false;
	for (size_t i = 0; i < p->cap; i++)
		if (p->v[i].id[0])
			bigger.v[place(&bigger, p->v[i].id)] = p->v[i];
	free(p->v);
	*p = bigger;
	return true;
}

static struct entry *entry_of(struct yj_presence *p, const char *id)
{
	if ((p->n + 1) * 8 > p->cap * 7 && !grow(p))
		return NULL;
	struct entry *e = &p->v[place(p, id)];
	if (!e->id[0]) {
		snprintf(e->id, sizeof e->id, "%s", id);
		e->battery_pct = -1;
		p->n++;
	}
	return e;
}

static void look_up(struct yj_gateway *g, struct entry *e)
{
	struct yj_device d;
	struct yj_device_status s;
	int rc = yj_device_find(g->store, e->id, &d);
	e->flags = (uint8_t)((e->flags & ~KNOWN) | LOOKED_UP);
	if (rc < 0 || d.gone || d.revoked)
		return;
	e->flags |= KNOWN;
	e->heartbeat_s = (int32_t)(d.heartbeat_ms / 1000);
	struct yj_whose whose;
	if (yj_whose_find(g->store, &d, &whose) == 0)
		e->region = strlen(whose.region) == 12 ? strtoll(whose.region, NULL, 10) : 0;
	if (e->seen_utc_ms == 0 && yj_status_get(g->store, e->id, &s) == 0) {
		if (s.online) {
			e->flags |= ONLINE;
			g->presence->online++;
		}
		if (s.battery_low)
			e->flags |= LOW;
		e->battery_pct = (int8_t)s.battery_pct;
		e->seen_utc_ms = s.seen_utc_ms;
	}
}

static void add_news(struct yj_gateway *g, const char *device, enum yj_event_type type, bool again)
{
	struct yj_presence *p = g->presence;
	if (p->n_news == p->cap_news) {
		size_t cap = p->cap_news ? p->cap_news * 2 : 64;
		void *v = realloc(p->news, cap * sizeof *p->news);
		if (!v)
			return;
		p->news = v;
		p->cap_news = cap;
	}
	struct news *n = &p->news[p->n_news++];
	snprintf(n->device, sizeof n->device, "%s", device);
	n->type = type;
	n->again = again;
	yj_dispatch_soon(g);
}

static void touch(struct yj_presence *p, struct entry *e)
{
	if (!(e->flags & DIRTY)) {
		e->flags |= DIRTY;
		p->dirty++;
	}
}

/* What is known of an absence: the connection told live, the broker had kept it, or silence. */
enum how { HOW_LIVE, HOW_KEPT, HOW_MISSED };

static void set_gone(struct yj_gateway *g, struct entry *e, enum how how)
{
	e->gone_t = g->now.t;
	if (how == HOW_KEPT)
		e->gone_t += SETTLE_MS;
	yj_outages_gone(g, e->gone_t);
}

static void set_online(struct yj_gateway *g, struct entry *e, bool online, enum how how)
{
	bool was = e->flags & ONLINE;
	if (was == online) {
		if (online && how == HOW_LIVE) /* it may have been away without anybody noticing */
			add_news(g, e->id, YJ_EV_COUNT, true);
		return;
	}
	e->flags = (uint8_t)(online ? e->flags | ONLINE : e->flags & ~ONLINE);
	if (online) {
		g->presence->online++;
		e->gone_t = 0;
	} else {
		g->presence->online--;
		set_gone(g, e, how);
	}
	touch(g->presence, e);
	add_news(g, e->id, online ? YJ_EV_DEVICE_ONLINE : YJ_EV_DEVICE_OFFLINE, online);
}

static void alive(struct yj_gateway *g, struct entry *e)
{
	e->seen_t = g->now.t;
	e->seen_utc_ms = g->now.utc_ms;
	touch(g->presence, e);
	if (!(e->flags & ONLINE))
		set_online(g, e, true, HOW_MISSED);
}

static void battery(struct yj_gateway *g, struct entry *e, const struct yj_readings *r)
{
	int limit = g->config->devices.low_battery_pct;
	bool said = r->battery_pct >= 0;
	if (said)
		e->battery_pct = (int8_t)lrint(r->battery_pct);
	bool low = r->battery_low == 1 || (said && r->battery_pct <= limit);
	bool well = said ? r->battery_low != 1 && r->battery_pct > limit + BATTERY_BACK
			 : r->battery_low == 0 && e->battery_pct < 0;
	if (low && !(e->flags & LOW)) {
		e->flags |= LOW;
		add_news(g, e->id, YJ_EV_DEVICE_LOW_BATTERY, false);
	} else if (well) {
		e->flags = (uint8_t)(e->flags & ~LOW);
	}
}

static struct entry *known(struct yj_gateway *g, const char *device)
{
	struct entry *e = entry_of(g->presence, device);
	if (e && !(e->flags & LOOKED_UP))
		look_up(g, e);
	return e && (e->flags & KNOWN) ? e : NULL;
}

void yj_presence_readings(struct yj_gateway *g, const char *device, const struct yj_readings *r)
{
	struct entry *e = known(g, device);
	if (!e)
		return;
	if (r->rssi_dbm)
		e->rssi_dbm = r->rssi_dbm;
	if (r->mains >= 0)
		e->flags = (uint8_t)((e->flags & ~MAINS) | MAINS_SAID | (r->mains ? MAINS : 0));
	battery(g, e, r);
	touch(g->presence, e);
}

void yj_presence_said(struct yj_gateway *g, const char *device, bool online, bool retained)
{
	struct entry *e = known(g, device);
	if (!e)
		return;
	if (online && !retained)
		e->seen_t = g->now.t;
	set_online(g, e, online, retained ? HOW_KEPT : HOW_LIVE);
}

void yj_presence_seen(struct yj_gateway *g, const char *device)
{
	struct entry *e = known(g, device);
	if (e)
		alive(g, e);
}

static void take(
    struct yj_gateway *g, const char *device, const struct yj_message *m, bool retained)
{
	switch (m->type) {
	case YJ_TOPIC_DEV_STATE:
		yj_presence_said(g, device, m->u.dev_state.online, retained);
		break;
	case YJ_TOPIC_HEARTBEAT:
		yj_presence_seen(g, device);
		yj_readings_heartbeat(g, device, &m->u.heartbeat);
		break;
	case YJ_TOPIC_VITAL:
		yj_presence_seen(g, device);
		if (!retained) /* of some other time */
			yj_readings_vital(g, device, &m->u.vital);
		break;
	case YJ_TOPIC_CALL:
	case YJ_TOPIC_ALARM:
	case YJ_TOPIC_WELL:
	case YJ_TOPIC_CANCEL:
	case YJ_TOPIC_CHECKIN:
	case YJ_TOPIC_VISIT:
	case YJ_TOPIC_DOWN_CALL:
	case YJ_TOPIC_DOWN_VISIT:
	case YJ_TOPIC_INBOX:
	case YJ_TOPIC_REPLY:
	case YJ_TOPIC_RESULT:
	case YJ_TOPIC_GW_STATE:
	case YJ_TOPIC_LOG:
		break;
	}
}

bool yj_presence_message(struct yj_gateway *g, const struct yj_link_msg *msg)
{
	if (msg->len == 0) /* a retained state that was cleared */
		return false;
	struct yj_event event;
	if (yj_event_decode(msg->topic, msg->payload, msg->len, msg->retain, &event) < 0)
		return false;
	bool refuse = event.verdict == YJ_EVENT_REFUSED;
	if (event.verdict == YJ_EVENT_MESSAGE) {
		struct entry *e = entry_of(g->presence, event.speaker);
		if (e && !(e->flags & LOOKED_UP))
			look_up(g, e);
		if (e && (e->flags & KNOWN))
			take(g, event.speaker, &event.msg, msg->retain);
		else if (e && !msg->retain) {
			refuse = true;
			if (event.msg.type == YJ_TOPIC_DEV_STATE && event.msg.u.dev_state.online)
				add_news(g, e->id, YJ_EV_COUNT, true); /* it may have called */
		}
	}
	yj_event_done(&event);
	return refuse;
}

static int log_news(struct yj_gateway *g, const struct news *n)
{
	int rc = n->type == YJ_EV_DEVICE_ONLINE ? yj_outages_back(g, n->device) : 0;
	if (rc < 0)
		return rc;
	if (n->type != YJ_EV_COUNT && yj_space_spare(g)) {
		struct yj_log_event e = yj_event_of(n->type);
		struct yj_device d;
		struct yj_whose whose = {0};
		char subject[YJ_NAME_MAX + 16];
		rc = yj_device_find(g->store, n->device, &d);
		if (rc == 0)
			rc = yj_whose_find(g->store, &d, &whose);
		if (rc < 0)
			return rc == YJ_ERR_NOTFOUND ? 0 : rc;
		snprintf(subject, sizeof subject, "device/%s", n->device);
		e.subject = subject;
		e.device = n->device;
		e.resident = whose.resident;
		e.region = whose.region;
		rc = yj_gateway_log(g, &e);
		if (rc == 0 && n->type == YJ_EV_DEVICE_OFFLINE)
			rc = yj_outages_member(g, n->device, &whose);
	}
	if (rc == 0 && n->again)
		rc = yj_pager_home_again(g, n->device);
	return rc;
}

static int guarded_news(struct yj_gateway *g, const struct news *n)
{
	int rc = yj_store_mark(g->store);
	if (rc < 0)
		return rc;
	rc = log_news(g, n);
	if (rc == 0)
		return yj_store_keep(g->store);
	yj_store_undo(g->store);
	if (yj_dispatch_store_failed(rc))
		return rc;
	yj_log(YJ_LOG_ERR, "event=news_failed device=%s error=%s", n->device, yj_err_name(rc));
	return 0;
}

static int write_status(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	size_t written = 0, looked = 0;
	while (p->dirty && written < WRITE_ROWS && looked++ < p->cap) {
		struct entry *e = &p->v[p->write_at++ & (p->cap - 1)];
		if (!e->id[0] || !(e->flags & DIRTY))
			continue;
		struct yj_device_status s = {
		    .online = e->flags & ONLINE,
		    .seen_utc_ms = e->seen_utc_ms,
		    .battery_pct = e->battery_pct,
		    .battery_low = e->flags & LOW,
		    .rssi_dbm = e->rssi_dbm,
		    .mains = e->flags & MAINS_SAID ? !!(e->flags & MAINS) : -1,
		};
		int rc = yj_status_put(g->store, e->id, &s);
		if (rc < 0)
			return rc;
		e->flags = (uint8_t)(e->flags & ~DIRTY);
		p->dirty--;
		p->n_written++;
		written++;
	}
	return 0;
}

int yj_presence_log(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	for (size_t i = 0; i < NEWS_ROWS && p->n_logged < p->n_news; i++) {
		int rc = guarded_news(g, &p->news[p->n_logged]);
		if (rc < 0)
			return rc;
		p->n_logged++;
	}
	if (p->n_logged < p->n_news)
		yj_dispatch_soon(g);
	return 0;
}

void yj_presence_committed(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	p->n_news -= p->n_logged;
	if (p->n_logged)
		memmove(p->news, p->news + p->n_logged, p->n_news * sizeof *p->news);
	p->n_logged = p->n_written = 0;
}

void yj_presence_undone(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	for (size_t i = 0; p->n_written && i < p->cap; i++)
		if (p->v[i].flags & KNOWN) /* which ones is not noted: then all */
			touch(p, &p->v[i]);
	p->n_logged = p->n_written = 0;
}

int yj_presence_write(struct yj_gateway *g)
{
	int rc = yj_presence_log(g);
	return rc < 0 || !g->presence->dirty ? rc : write_status(g);
}

bool yj_presence_has_news(const struct yj_gateway *g)
{
	return g->presence->n_news > 0;
}

bool yj_presence_has_changes(const struct yj_gateway *g)
{
	return g->presence->n_news || g->presence->dirty;
}

/* Who was online in the run before and is not heard of in this one must be missed too. */
static void recall(struct yj_gateway *g)
{
	static struct yj_status_name names[RECALL_ROWS];
	struct yj_presence *p = g->presence;
	size_t n = 0;
	if (yj_status_next(g->store, p->recalled, names, RECALL_ROWS, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct entry *e = names[i].online ? entry_of(p, names[i].device) : NULL;
		if (e && !(e->flags & LOOKED_UP))
			look_up(g, e);
		if (e && (e->flags & ONLINE) && e->seen_t == 0)
			e->seen_t = g->started_t;
	}
	p->recalled_all = n < RECALL_ROWS;
	if (n)
		memcpy(p->recalled, names[n - 1].device, sizeof p->recalled);
}

void yj_presence_sweep(struct yj_gateway *g)
{
	if (!g->presence->recalled_all)
		recall(g);
	struct yj_presence *p = g->presence;
	if (!yj_link_is_up(g->chatter)) /* nobody can be heard, so nobody is missed */
		return;
	size_t n = p->cap / SWEEP_PARTS + 1;
	for (size_t i = 0; i < n && p->cap; i++) {
		struct entry *e = &p->v[p->sweep_at++ & (p->cap - 1)];
		if (!e->id[0] || !(e->flags & ONLINE) || e->seen_t == 0)
			continue;
		int64_t beat = e->heartbeat_s ? (int64_t)e->heartbeat_s * 1000
					      : g->config->devices.heartbeat_ms;
		int64_t from = e->seen_t > p->heard_t ? e->seen_t : p->heard_t;
		if (g->now.t - from > beat * g->config->devices.offline_after)
			set_online(g, e, false, HOW_MISSED);
	}
}

void yj_presence_heard(struct yj_gateway *g, bool up)
{
	struct yj_presence *p = g->presence;
	yj_gateway_sample(g);
	if (!up) {
		p->deaf_t = g->now.t;
		return;
	}
	p->heard_t = g->now.t;
	for (size_t i = 0; i < p->cap; i++) {
		struct entry *e = &p->v[i];
		if (e->gone_t && e->gone_t > p->deaf_t - BEFORE_DEAF_MS) {
			e->gone_t = g->now.t + SETTLE_MS;
			yj_outages_gone(g, e->gone_t);
		}
	}
}

void yj_presence_each(
    const struct yj_gateway *g, void (*fn)(void *ctx, const struct yj_presence_of *of), void *ctx)
{
	const struct yj_presence *p = g->presence;
	for (size_t i = 0; i < p->cap; i++) {
		const struct entry *e = &p->v[i];
		bool online = e->flags & ONLINE;
		if (e->id[0] && (e->flags & KNOWN) && e->region && (online || e->gone_t))
			fn(ctx, &(struct yj_presence_of){e->id, e->region, online, e->gone_t});
	}
}

void yj_presence_excuse(struct yj_gateway *g, const char *device)
{
	struct entry *e = entry_of(g->presence, device);
	if (e)
		e->gone_t = 0;
}

void yj_presence_forget(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	for (size_t i = 0; i < p->cap; i++)
		p->v[i].flags = (uint8_t)(p->v[i].flags & ~LOOKED_UP);
}

void yj_presence_counts(const struct yj_gateway *g, int64_t *known, int64_t *online)
{
	if (yj_status_known(g->store, known) < 0)
		*known = 0;
	*online = (int64_t)g->presence->online;
}
