/* What is heard of devices. */
#include "presence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dispatch.h"
#include "outages.h"
#include "presence_table.h"
#include "readings.h"
#include "store/status.h"

#define BATTERY_BACK 5 /* percent over the limit before it is low again */
/* Goodbyes around a loss of the connection count for outages only if they last. */
#define SETTLE_MS 180000

/* ── the directory ── */

static void recall_status(struct yj_gateway *g, struct yj_seat *e)
{
	struct yj_device_status s;
	if (e->seen_utc_ms || yj_status_get(g->store, yj_presence_id(g->presence, e->name), &s))
		return;
	if (s.online) {
		e->flags |= YJ_P_ONLINE;
		g->presence->online++;
	}
	if (s.battery_low)
		e->flags |= YJ_P_LOW;
	if (s.mains >= 0)
		e->flags |= YJ_P_MAINS_SAID | (s.mains ? YJ_P_MAINS : 0);
	e->battery_pct = (int8_t)s.battery_pct;
	e->rssi_dbm = (int16_t)s.rssi_dbm;
	e->seen_utc_ms = s.seen_utc_ms;
	e->session = s.session;
	if (s.flapping)
		yj_presence_hold(g, e);
}

static uint32_t beat_of(const struct yj_device *d)
{
	const struct yj_family *family = yj_family_find(d->family);
	if (d->heartbeat_ms)
		return (uint32_t)((d->heartbeat_ms + 999) / 1000);
	if (!family || !family->read)
		return 0;
	return family->heartbeat_ms ? (uint32_t)(family->heartbeat_ms / 1000) : YJ_BEAT_NEVER;
}

void yj_presence_look_up(struct yj_gateway *g, struct yj_seat *e)
{
	struct yj_device d;
	struct yj_whose whose;
	unsigned work;
	int rc = yj_device_find(g->store, yj_presence_id(g->presence, e->name), &d);
	e->flags = (uint16_t)((e->flags & ~YJ_P_KNOWN) | YJ_P_LOOKED_UP);
	if (rc < 0 || d.gone || d.revoked) {
		g->presence->online -= (e->flags & YJ_P_ONLINE) != 0;
		e->flags = (uint16_t)(e->flags & ~YJ_P_ONLINE);
		return;
	}
	e->flags |= YJ_P_KNOWN;
	e->beat_s = beat_of(&d);
	if (yj_whose_find(g->store, &d, &whose) == 0)
		e->region = strlen(whose.region) == 12 ? strtoll(whose.region, NULL, 10) : 0;
	if (yj_work_of(g->store, d.id, &work) == 0)
		e->work = (uint8_t)work;
	recall_status(g, e);
}

static struct yj_seat *looked_up(struct yj_gateway *g, const char *device)
{
	struct yj_seat *e = yj_presence_seat(g->presence, device);
	if (e && !(e->flags & YJ_P_LOOKED_UP))
		yj_presence_look_up(g, e);
	return e;
}

struct yj_seat *yj_presence_known(struct yj_gateway *g, const char *device)
{
	struct yj_seat *e = looked_up(g, device);
	return e && (e->flags & YJ_P_KNOWN) ? e : NULL;
}

/* ── coming and going ── */

void yj_presence_add_news(struct yj_gateway *g, const struct yj_seat *e, const struct yj_news *news)
{
	struct yj_presence *p = g->presence;
	struct yj_news *n =
	    yj_presence_room((void **)&p->news, p->n_news, &p->cap_news, sizeof *p->news);
	if (!n)
		return;
	*n = *news;
	n->name = e->name;
	p->n_news++;
	yj_dispatch_soon(g);
}

static void again(struct yj_gateway *g, const struct yj_seat *e)
{
	yj_presence_add_news(g, e,
	    &(struct yj_news){.type = YJ_EV_COUNT, .again = true, .flapping = -1, .work = -1});
}

void yj_presence_work(struct yj_gateway *g, struct yj_seat *e, enum yj_work what, bool begins)
{
	bool has = e->work & 1U << what;
	if (has == begins)
		return;
	e->work = (uint8_t)(begins ? e->work | 1U << what : e->work & ~(1U << what));
	yj_presence_add_news(g, e,
	    &(struct yj_news){
		.type = YJ_EV_COUNT, .flapping = -1, .work = (int8_t)what, .begins = begins});
}

static void set_gone(struct yj_gateway *g, struct yj_seat *e, enum yj_absence how)
{
	e->gone_t = g->now.t;
	if (how == YJ_ABSENCE_KEPT && g->presence->heard_t + SETTLE_MS > e->gone_t)
		e->gone_t = g->presence->heard_t + SETTLE_MS;
	yj_outages_gone(g, e->gone_t);
}

static void tell_change(struct yj_gateway *g, struct yj_seat *e, bool online, enum yj_absence how)
{
	struct yj_news n = {.type = online ? YJ_EV_DEVICE_ONLINE : YJ_EV_DEVICE_OFFLINE,
	    .again = online,
	    .flapping = -1,
	    .work = -1};
	switch (yj_presence_flap(g, e)) {
	case YJ_FLAP_TELL:
		if (!online)
			set_gone(g, e, how);
		break;
	case YJ_FLAP_BEGINS:
		e->flags |= YJ_P_HELD;
		n.type = YJ_EV_DEVICE_OFFLINE;
		n.flapping = 1;
		break;
	case YJ_FLAP_HELD: /* its home hears of its calls all the same */
		if (online)
			again(g, e);
		return;
	}
	yj_presence_add_news(g, e, &n);
	if (n.flapping == 1)
		yj_presence_work(g, e, YJ_WORK_FLAPPING, true);
}

void yj_presence_turn(struct yj_gateway *g, struct yj_seat *e, bool online, enum yj_absence how)
{
	bool was = e->flags & YJ_P_ONLINE;
	if (online)
		e->doubt = 0;
	if (was == online) {
		if (online && how == YJ_ABSENCE_LIVE) /* away, maybe, without anybody noticing */
			again(g, e);
		return;
	}
	e->flags = (uint16_t)(online ? e->flags | YJ_P_ONLINE : e->flags & ~YJ_P_ONLINE);
	g->presence->online += online ? 1 : (size_t)-1;
	e->gone_t = 0;
	yj_presence_touch(g->presence, e);
	tell_change(g, e, online, how);
}

static void said(
    struct yj_gateway *g, struct yj_seat *e, bool online, int64_t session, bool retained)
{
	bool was = e->flags & YJ_P_ONLINE;
	int64_t before = e->session;
	if (yj_presence_heed(online, session, was, &e->session) == YJ_HEED_IGNORE)
		return;
	if (e->session != before)
		yj_presence_touch(g->presence, e);
	if (online && !retained) {
		e->seen_t = g->now.t;
		e->seen_utc_ms = g->now.utc_ms;
		yj_presence_touch(g->presence, e);
	}
	if (online)
		yj_presence_turn(g, e, true, retained ? YJ_ABSENCE_KEPT : YJ_ABSENCE_LIVE);
	else if (was)
		yj_presence_doubt(g, e, retained);
}

void yj_presence_said(struct yj_gateway *g, const char *device, bool online, bool retained)
{
	struct yj_seat *e = yj_presence_known(g, device);
	if (e)
		said(g, e, online, 0, retained);
}

static void alive(struct yj_gateway *g, struct yj_seat *e)
{
	e->seen_t = g->now.t;
	e->seen_utc_ms = g->now.utc_ms;
	e->doubt = 0;
	yj_presence_touch(g->presence, e);
	if (!(e->flags & YJ_P_ONLINE))
		yj_presence_turn(g, e, true, YJ_ABSENCE_MISSED);
}

void yj_presence_seen(struct yj_gateway *g, const char *device)
{
	struct yj_seat *e = yj_presence_known(g, device);
	if (e)
		alive(g, e);
}

/* ── readings ── */

static void battery(struct yj_gateway *g, struct yj_seat *e, const struct yj_readings *r)
{
	int limit = g->config->devices.low_battery_pct;
	bool said_pct = r->battery_pct >= 0;
	if (said_pct)
		e->battery_pct = (int8_t)lrint(r->battery_pct);
	bool low = r->battery_low == 1 || (said_pct && r->battery_pct <= limit);
	bool well = said_pct ? r->battery_low != 1 && r->battery_pct > limit + BATTERY_BACK
			     : r->battery_low == 0 && e->battery_pct < 0;
	if (low && !(e->flags & YJ_P_LOW)) {
		e->flags |= YJ_P_LOW;
		yj_presence_add_news(g, e,
		    &(struct yj_news){
			.type = YJ_EV_DEVICE_LOW_BATTERY, .flapping = -1, .work = -1});
		yj_presence_work(g, e, YJ_WORK_BATTERY, true);
	} else if (well) {
		e->flags = (uint16_t)(e->flags & ~YJ_P_LOW);
		yj_presence_work(g, e, YJ_WORK_BATTERY, false);
	}
}

/* Which day it is by the municipality's clock; looked up when a quarter of an hour is over. */
static void note_day(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	int64_t now = g->now.utc_ms;
	if (!g->now.utc_known || (now >= p->day_from_utc_ms && now < p->day_until_utc_ms)) {
		p->day = g->now.utc_known ? p->day : 0;
		return;
	}
	time_t t = (time_t)(now / 1000);
	struct tm tm = {0};
	localtime_r(&t, &tm);
	p->day = (uint16_t)((t + tm.tm_gmtoff) / 86400);
	p->day_from_utc_ms = now - now % 900000;
	p->day_until_utc_ms = p->day_from_utc_ms + 900000;
}

int32_t yj_presence_today(struct yj_gateway *g)
{
	note_day(g);
	return g->presence->day;
}

/* Written when the battery has less than before today, and of the signal ever more seldom. */
static void daily(struct yj_gateway *g, struct yj_seat *e, const struct yj_readings *r)
{
	note_day(g);
	if (!g->presence->day)
		return;
	if (e->day != g->presence->day) {
		e->day = g->presence->day;
		e->day_battery_pct = -1;
		e->rssi_n = 0;
		e->rssi_sum = 0;
	}
	if (r->battery_pct >= 0 &&
	    (e->day_battery_pct < 0 || e->battery_pct < e->day_battery_pct)) {
		e->day_battery_pct = e->battery_pct;
		e->flags |= YJ_P_DAY_DUE;
	}
	if (r->rssi_dbm && e->rssi_n < UINT16_MAX) {
		e->rssi_sum += r->rssi_dbm;
		e->rssi_n++;
		if ((e->rssi_n & (e->rssi_n - 1)) == 0)
			e->flags |= YJ_P_DAY_DUE;
	}
}

static void faults(struct yj_gateway *g, struct yj_seat *e, const struct yj_readings *r)
{
	static const struct {
		enum yj_fault fault;
		enum yj_work work;
	} map[] = {{YJ_FAULT_TAMPER, YJ_WORK_TAMPER}, {YJ_FAULT_TROUBLE, YJ_WORK_TROUBLE},
	    {YJ_FAULT_SEALED, YJ_WORK_SEALED}};
	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
		if ((r->faults | r->faults_known) & map[i].fault)
			yj_presence_work(g, e, map[i].work, r->faults & map[i].fault);
	/* what never was on mains has lost none */
	if (r->mains == 1 || (r->mains == 0 && e->flags & YJ_P_MAINS))
		yj_presence_work(g, e, YJ_WORK_MAINS, r->mains == 0);
}

void yj_presence_readings(struct yj_gateway *g, const char *device, const struct yj_readings *r)
{
	struct yj_presence *p = g->presence;
	struct yj_seat *e = yj_presence_known(g, device);
	if (!e)
		return;
	if (r->rssi_dbm)
		e->rssi_dbm = r->rssi_dbm;
	if (r->fw[0] && (!e->fw || strcmp(p->fws[e->fw - 1], r->fw) != 0))
		e->fw = yj_presence_fw(p, r->fw);
	battery(g, e, r);
	daily(g, e, r);
	faults(g, e, r);
	if (r->mains >= 0)
		e->flags = (uint16_t)((e->flags & ~YJ_P_MAINS) | YJ_P_MAINS_SAID |
				      (r->mains ? YJ_P_MAINS : 0));
	yj_presence_touch(p, e);
}

/* ── native messages ── */

static void take(struct yj_gateway *g, struct yj_seat *e, const char *device,
    const struct yj_message *m, bool retained)
{
	switch (m->type) {
	case YJ_TOPIC_DEV_STATE:
		said(g, e, m->u.dev_state.online, m->u.dev_state.session, retained);
		break;
	case YJ_TOPIC_HEARTBEAT:
		if (retained) /* of some other time */
			break;
		alive(g, e);
		yj_readings_heartbeat(g, device, &m->u.heartbeat);
		break;
	case YJ_TOPIC_VITAL:
		if (retained)
			break;
		alive(g, e);
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
		struct yj_seat *e = looked_up(g, event.speaker);
		if (e && (e->flags & YJ_P_KNOWN))
			take(g, e, event.speaker, &event.msg, msg->retain);
		else if (e && !msg->retain) {
			refuse = true;
			if (event.msg.type == YJ_TOPIC_DEV_STATE && event.msg.u.dev_state.online)
				again(g, e); /* it may have called */
		}
	}
	yj_event_done(&event);
	return refuse;
}
