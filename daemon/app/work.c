#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "notices.h"
#include "store/outage.h"
#include "ways.h"
#include "work_text.h"

#define ROWS 200 /* told at once */
#define HOUR_MS 3600000LL
#define REMIND_HOUR 9 /* of the municipality's clock */

static const struct {
	bool may_pass; /* nobody hears of it before devices.work_after */
	int again_days;
} rules[YJ_WORK_COUNT] = {
    [YJ_WORK_OFFLINE] = {true, 1},
    [YJ_WORK_FLAPPING] = {true, 7},
    [YJ_WORK_BATTERY] = {false, 7},
    [YJ_WORK_FORECAST] = {false, 7},
    [YJ_WORK_MAINS] = {true, 1},
    [YJ_WORK_TAMPER] = {false, 7},
    [YJ_WORK_TROUBLE] = {false, 1},
    [YJ_WORK_SEALED] = {false, 7},
};

int yj_work_raise(struct yj_gateway *g, const char *device, enum yj_work what)
{
	int64_t now = g->now.utc_ms;
	bool waits = rules[what].may_pass;
	int rc = yj_work_add(g->store, device, what, now,
	    waits ? now + g->config->devices.work_after_ms : now, !waits);
	if (rc == 0 && what == YJ_WORK_BATTERY) /* it is soon no more */
		rc = yj_work_gone(g->store, device, YJ_WORK_FORECAST, now);
	return rc;
}

int yj_work_over(struct yj_gateway *g, const char *device, enum yj_work what)
{
	return yj_work_gone(g->store, device, what, g->now.utc_ms);
}

bool yj_works_due(struct yj_gateway *g)
{
	return g->now.utc_known && yj_work_any_due(g->store, g->now.utc_ms);
}

/* ── when ── */

/* The next time that the clock shows this, after now; days: so many days later at least. */
static int64_t at_clock(const struct yj_gateway *g, int minute, int days)
{
	time_t t = (time_t)(g->now.utc_ms / 1000);
	struct tm tm = {0};
	localtime_r(&t, &tm);
	if (days == 0 && tm.tm_hour * 60 + tm.tm_min >= minute)
		days = 1;
	tm.tm_mday += days;
	tm.tm_hour = minute / 60;
	tm.tm_min = minute % 60;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

/* ── whom ── */

/* Those of the maintenance role who serve the home; else operators who do; else whoever sits at the
 * desk. */
static int people(struct yj_gateway *g, const struct yj_whose *whose, struct yj_names *names)
{
	static const enum yj_role roles[] = {YJ_ROLE_MAINTENANCE, YJ_ROLE_OPERATOR};
	int rc = 0;
	for (size_t i = 0; rc == 0 && names->n == 0 && i < 2; i++) {
		const struct yj_target to = {.type = YJ_TARGET_ROLE, .role = roles[i]};
		rc = yj_people_expand(g->store, whose, &to, 1, names);
	}
	return rc == 0 && names->n == 0 ? yj_people_seats(g->store, names) : rc;
}

/* ── telling ── */

struct told { /* what one person is told */
	char who[YJ_NAME_MAX + 17];
	struct yj_work_text text;
};

struct telling {
	struct yj_gateway *g;
	struct told *v;
	size_t n, cap;
};

static struct told *of(struct telling *t, const char *who)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].who, who) == 0)
			return &t->v[i];
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 16;
		void *v = realloc(t->v, cap * sizeof *t->v);
		if (!v)
			return NULL;
		t->v = v;
		t->cap = cap;
	}
	memset(&t->v[t->n], 0, sizeof *t->v);
	snprintf(t->v[t->n].who, sizeof t->v[t->n].who, "%s", who);
	return &t->v[t->n++];
}

static int add(struct telling *t, const struct yj_work_row *row, const struct yj_whose *whose)
{
	struct yj_names names = {0};
	int rc = people(t->g, whose, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		struct told *to = of(t, names.v[i]);
		rc = to ? yj_work_text_add(t->g, &to->text, row, whose) : YJ_ERR_NOMEM;
	}
	yj_names_done(&names);
	return rc;
}

/* Is its village dark? Then it is not the device that has failed. */
static int excused(
    struct yj_gateway *g, const struct yj_work_row *row, const struct yj_whose *whose, bool *is)
{
	int64_t incident;
	int rc = YJ_ERR_NOTFOUND;
	if (rules[row->what].may_pass)
		rc = yj_outage_of_region(g->store, whose->region, &incident);
	*is = rc == 0;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

static int one(struct telling *t, const struct yj_work_row *row)
{
	struct yj_gateway *g = t->g;
	struct yj_device d;
	struct yj_whose whose = {0};
	bool is_excused = false;
	int64_t now = g->now.utc_ms;
	int rc = yj_device_find(g->store, row->device, &d);
	if (rc == YJ_ERR_NOTFOUND || (rc == 0 && (d.gone || d.revoked)))
		return yj_work_gone(g->store, row->device, row->what, now);
	if (rc == 0)
		rc = yj_whose_find(g->store, &d, &whose);
	if (rc == 0)
		rc = excused(g, row, &whose, &is_excused);
	if (rc < 0)
		return rc;
	if (is_excused)
		return yj_work_later(g->store, row->n, now, now + HOUR_MS, false, false);
	if (yj_ways_night(g))
		return yj_work_later(g->store, row->n, now,
		    at_clock(g, g->config->notify.night_until_min, 0), true, false);
	rc = add(t, row, &whose);
	return rc < 0 ? rc
		      : yj_work_later(g->store, row->n, now,
			    at_clock(g, REMIND_HOUR * 60, rules[row->what].again_days), true, true);
}

int yj_works_tell(struct yj_gateway *g)
{
	static struct yj_work_row rows[ROWS];
	struct telling t = {.g = g};
	size_t n = 0;
	int rc = yj_work_due(g->store, g->now.utc_ms, rows, ROWS, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = one(&t, &rows[i]);
	for (size_t i = 0; rc == 0 && i < t.n; i++) {
		char text[YJ_NOTICE_TEXT_MAX];
		yj_work_text_end(g, &t.v[i].text, text);
		rc = yj_notices_tell(g, YJ_NOTICE_WORK, t.v[i].who, text, false, NULL);
	}
	free(t.v);
	return rc;
}
