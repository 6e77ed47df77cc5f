/* What of presence goes to the log and the database. */
#include <stdio.h>
#include <string.h>

#include "dispatch.h"
#include "outages.h"
#include "pager.h"
#include "presence.h"
#include "presence_table.h"
#include "space.h"
#include "store/status.h"
#include "store/trend.h"
#include "visits.h"
#include "work.h"

#define WRITE_ROWS 2000 /* status rows per transaction */
#define NEWS_ROWS 500	/* news per transaction */

static int write_day(struct yj_gateway *g, struct yj_seat *e)
{
	const struct yj_device_day day = {.day = e->day,
	    .battery_pct = e->day_battery_pct,
	    .rssi_sum = e->rssi_sum,
	    .rssi_n = e->rssi_n};
	if (!(e->flags & YJ_P_DAY_DUE))
		return 0;
	int rc = yj_day_put(g->store, yj_presence_id(g->presence, e->name), &day);
	if (rc == 0)
		e->flags = (uint16_t)(e->flags & ~YJ_P_DAY_DUE);
	return rc;
}

static int write_one(struct yj_gateway *g, struct yj_seat *e)
{
	struct yj_presence *p = g->presence;
	struct yj_device_status s = {
	    .online = e->flags & YJ_P_ONLINE,
	    .seen_utc_ms = e->seen_utc_ms,
	    .battery_pct = e->battery_pct,
	    .battery_low = e->flags & YJ_P_LOW,
	    .rssi_dbm = e->rssi_dbm,
	    .mains = e->flags & YJ_P_MAINS_SAID ? !!(e->flags & YJ_P_MAINS) : -1,
	    .session = e->session,
	    .flapping = e->flags & YJ_P_HELD,
	};
	if (e->fw)
		snprintf(s.fw, sizeof s.fw, "%s", p->fws[e->fw - 1]);
	int rc = yj_status_put(g->store, yj_presence_id(p, e->name), &s);
	return rc < 0 ? rc : write_day(g, e);
}

static int log_event(
    struct yj_gateway *g, const struct yj_news *n, const char *device, const struct yj_whose *whose)
{
	struct yj_log_event e = yj_event_of(n->type);
	char subject[YJ_NAME_MAX + 16];
	snprintf(subject, sizeof subject, "device/%s", device);
	e.subject = subject;
	e.device = device;
	e.resident = whose->resident;
	e.region = whose->region;
	if (n->flapping >= 0) {
		e.more = json_pack("{s:b}", "flapping", n->flapping);
		if (!e.more)
			return YJ_ERR_NOMEM;
	}
	int rc = yj_gateway_log(g, &e);
	json_decref(e.more);
	return rc;
}

static int went_offline(
    struct yj_gateway *g, const struct yj_news *n, const char *device, const struct yj_whose *whose)
{
	if (n->flapping == 1) /* it is neither here nor there */
		return 0;
	int rc = n->flapping == 0 ? 0 : yj_outages_member(g, device, whose);
	return rc < 0 ? rc : yj_work_raise(g, device, YJ_WORK_OFFLINE);
}

static int log_change(struct yj_gateway *g, const struct yj_news *n, const char *device)
{
	struct yj_device d;
	struct yj_whose whose = {0};
	int rc = yj_device_find(g->store, device, &d);
	if (rc == 0)
		rc = yj_whose_find(g->store, &d, &whose);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	rc = log_event(g, n, device, &whose);
	if (rc == 0) /* with it, so that a crash makes no second event of it */
		rc = write_one(g, yj_presence_seat_of(g->presence, n->name));
	if (rc == 0 && n->type == YJ_EV_DEVICE_OFFLINE)
		rc = went_offline(g, n, device, &whose);
	return rc;
}

static int log_work(struct yj_gateway *g, const struct yj_news *n, const char *device)
{
	enum yj_work what = (enum yj_work)n->work;
	if (!yj_space_spare(g))
		return 0;
	return n->begins ? yj_work_raise(g, device, what) : yj_work_over(g, device, what);
}

static int log_news(struct yj_gateway *g, const struct yj_news *n)
{
	char device[YJ_NAME_MAX + 1];
	snprintf(device, sizeof device, "%s", yj_presence_id(g->presence, n->name));
	if (n->work >= 0)
		return log_work(g, n, device);
	int rc = 0;
	if (n->type == YJ_EV_DEVICE_ONLINE) {
		rc = yj_outages_back(g, device);
		if (rc == 0 && yj_space_spare(g))
			rc = yj_work_over(g, device, YJ_WORK_OFFLINE);
	}
	if (rc == 0 && n->type != YJ_EV_COUNT && yj_space_spare(g))
		rc = log_change(g, n, device);
	if (rc == 0 && n->again)
		rc = yj_pager_home_again(g, device);
	if (rc == 0 && (n->again || n->type == YJ_EV_DEVICE_ONLINE))
		rc = yj_visits_back(g, device);
	return rc;
}

static int guarded_news(struct yj_gateway *g, const struct yj_news *n)
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
	yj_log(YJ_LOG_ERR, "event=news_failed device=%s error=%s",
	    yj_presence_id(g->presence, n->name), yj_err_name(rc));
	return 0;
}

static int write_status(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	size_t written = 0, looked = 0;
	while (p->dirty && written < WRITE_ROWS && looked++ < p->cap) {
		struct yj_seat *e = &p->v[p->write_at++ & (p->cap - 1)];
		if (!e->name || !(e->flags & YJ_P_DIRTY))
			continue;
		int rc = write_one(g, e);
		if (rc < 0)
			return rc;
		e->flags = (uint16_t)(e->flags & ~YJ_P_DIRTY);
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
	for (size_t i = 0; p->n_written && i < p->cap; i++) {
		if (!(p->v[i].flags & YJ_P_KNOWN))
			continue;
		yj_presence_touch(p, &p->v[i]); /* which ones is not noted: then all */
		if (p->v[i].day)
			p->v[i].flags |= YJ_P_DAY_DUE;
	}
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
