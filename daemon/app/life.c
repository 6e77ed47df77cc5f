#include "life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dispatch.h"
#include "fnv.h"
#include "life_inside.h"

#define SWEEP_ROWS 20000 /* looked at per sweep */
#define REFRESH_ROWS 200 /* asked of the directory at a time */
#define REFRESH_MS 50
#define WORTH_WRITING_MS 300000 /* a restart may find signs so much older */
#define LATE_MS 600000		/* a message that has waited longer says nothing of now */
#define TS_MIN_MS 1577836800000LL
#define NOBODY UINT32_MAX     /* a device whose signs are nobody's */
#define MANY (UINT32_MAX - 1) /* several people's: asked each time */

/* ── the hearing clock ── */

int64_t yj_life_boot_ms(const struct yj_gateway *g)
{
	return g->clock.row.boottime_ms;
}

int64_t yj_life_clock(const struct yj_gateway *g)
{
	const struct yj_life *l = g->life;
	return l->hearing_ms + (l->up ? yj_life_boot_ms(g) - l->since_boot_ms : 0);
}

void yj_life_heard(struct yj_gateway *g)
{
	struct yj_life *l = g->life;
	bool up = g->help && g->chatter && yj_link_is_up(g->help) && yj_link_is_up(g->chatter) &&
		  !(g->trouble & YJ_TROUBLE_DEAF);
	if (up == l->up)
		return;
	yj_gateway_sample(g);
	l->hearing_ms = yj_life_clock(g);
	l->since_boot_ms = yj_life_boot_ms(g);
	l->up = up;
	l->up_ms = l->hearing_ms;
}

struct yj_quiet yj_life_quiet(const struct yj_gateway *g)
{
	const struct yj_config *c = g->config;
	return (struct yj_quiet){
	    c->inactivity.quiet_from, c->inactivity.quiet_until, c->inactivity.after_quiet};
}

int yj_life_minute(int64_t utc_ms)
{
	time_t t = (time_t)(utc_ms / 1000);
	struct tm tm = {0};
	localtime_r(&t, &tm);
	return tm.tm_hour * 60 + tm.tm_min;
}

/* ── residents and devices ── */

static uint64_t hash(const char *id)
{
	uint64_t h = yj_fnv_text(id);
	return h ? h : 1;
}

static uint32_t *place(const struct yj_life *l, const char *id)
{
	size_t i = (size_t)(hash(id) >> 16) & (l->n_places - 1);
	while (l->places[i] && strcmp(l->v[l->places[i] - 1].id, id) != 0)
		i = (i + 1) & (l->n_places - 1);
	return &l->places[i];
}

struct yj_life_one *yj_life_find(struct yj_life *l, const char *id)
{
	uint32_t at = l->n_places ? *place(l, id) : 0;
	return at ? &l->v[at - 1] : NULL;
}

static bool grow(struct yj_life *l)
{
	size_t cap = l->cap ? l->cap * 2 : 256, n_places = cap * 2;
	struct yj_life_one *v = calloc(cap, sizeof *v);
	uint32_t *places = calloc(n_places, sizeof *places);
	if (!v || !places) {
		free(v);
		free(places);
		return false;
	}
	if (l->v)
		memcpy(v, l->v, l->n * sizeof *v);
	free(l->v);
	free(l->places);
	l->v = v;
	l->places = places;
	l->n_places = n_places;
	l->cap = cap;
	for (size_t i = 0; i < l->n; i++)
		*place(l, v[i].id) = (uint32_t)i + 1;
	return true;
}

static void schedule(struct yj_life *l)
{
	struct timeval tv = {.tv_usec = REFRESH_MS * 1000L};
	if (!event_pending(l->refresh, EV_TIMEOUT, NULL))
		event_add(l->refresh, &tv);
}

void yj_life_make_stale(struct yj_life *l, struct yj_life_one *e)
{
	if (!(e->flags & YJ_LIFE_STALE)) {
		e->flags |= YJ_LIFE_STALE;
		l->stale++;
	}
	schedule(l);
}

void yj_life_touch(struct yj_life *l, struct yj_life_one *e)
{
	if (!(e->flags & YJ_LIFE_DIRTY)) {
		e->flags |= YJ_LIFE_DIRTY;
		l->dirty++;
	}
}

struct yj_life_one *yj_life_one_of(struct yj_gateway *g, const char *id)
{
	struct yj_life *l = g->life;
	struct yj_life_one *e = yj_life_find(l, id);
	if (e)
		return e;
	if ((l->n == l->cap && !grow(l)) || !l->v || !l->places)
		return NULL;
	e = &l->v[l->n];
	*e = (struct yj_life_one){
	    .heard_ms = yj_life_clock(g), .utc_ms = g->now.utc_ms, .rest_t = INT64_MAX};
	snprintf(e->id, sizeof e->id, "%s", id);
	*place(l, id) = (uint32_t)++l->n;
	yj_life_touch(l, e);
	yj_life_make_stale(l, e);
	return e;
}

static void forget_devices(struct yj_life *l)
{
	if (l->n_devices)
		memset(l->devices, 0, l->cap_devices * sizeof *l->devices);
	l->n_devices = 0;
}

static struct yj_life_device *device_place(struct yj_life_device *v, size_t cap, uint64_t key)
{
	size_t i = (size_t)(key >> 16) & (cap - 1);
	while (v[i].key && v[i].key != key)
		i = (i + 1) & (cap - 1);
	return &v[i];
}

static struct yj_life_device *device_of(struct yj_life *l, const char *id)
{
	if ((l->n_devices + 1) * 4 > l->cap_devices * 3) {
		size_t cap = l->cap_devices ? l->cap_devices * 2 : 256;
		struct yj_life_device *v = calloc(cap, sizeof *v);
		if (!v)
			return NULL;
		for (size_t i = 0; i < l->cap_devices; i++)
			if (l->devices[i].key)
				*device_place(v, cap, l->devices[i].key) = l->devices[i];
		free(l->devices);
		l->devices = v;
		l->cap_devices = cap;
	}
	return device_place(l->devices, l->cap_devices, hash(id));
}

/* ── signs ── */

static void heard_of(
    struct yj_gateway *g, struct yj_life_one *e, enum yj_life_how how, int64_t age_ms)
{
	struct yj_life *l = g->life;
	int64_t at = yj_life_clock(g) - age_ms;
	bool rests = e->flags & YJ_LIFE_RESTS;
	if (rests && (how == YJ_LIFE_CARE || (e->flags & YJ_LIFE_NEVER) ||
			 g->now.t - e->rest_t < YJ_LIFE_HOLD_MS))
		return;
	if (at > e->heard_ms) {
		e->heard_ms = at;
		e->utc_ms = g->now.utc_ms - age_ms;
		if (at - e->written_ms > WORTH_WRITING_MS)
			yj_life_touch(l, e);
	}
	if (how != YJ_LIFE_PRESS && how != YJ_LIFE_CARE && !(e->flags & YJ_LIFE_EXPECTED)) {
		e->flags |= YJ_LIFE_EXPECTED;
		yj_life_touch(l, e);
		yj_life_make_stale(l, e);
	}
	bool open = (e->flags & YJ_LIFE_OPEN) && !(e->flags & YJ_LIFE_TOLD);
	if ((rests || open) && !(e->flags & YJ_LIFE_NEWS)) {
		e->flags |= YJ_LIFE_NEWS;
		e->how = (uint8_t)how;
		l->news++;
		yj_dispatch_soon(g);
	}
}

/* Each of whom a device tells is told of; life: with a sign. */
static void of_device(
    struct yj_gateway *g, const char *device, bool life, enum yj_life_how how, int64_t age_ms)
{
	struct yj_life *l = g->life;
	struct yj_life_device *d = device_of(l, device);
	if (d && d->key && d->who != MANY) {
		if (d->who != NOBODY && life)
			heard_of(g, &l->v[d->who], how, age_ms);
		return;
	}
	if (d && d->key && !life)
		return;
	struct yj_names names = {0};
	int rc = yj_life_residents(g->store, device, &names);
	struct yj_life_one *e = NULL;
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		e = yj_life_one_of(g, names.v[i]);
		if (e && life)
			heard_of(g, e, how, age_ms);
	}
	if (rc == 0 && d) {
		l->n_devices += !d->key;
		d->key = hash(device);
		d->who = names.n == 0 ? NOBODY : names.n > 1 || !e ? MANY : (uint32_t)(e - l->v);
	}
	yj_names_done(&names);
}

void yj_life_sign(struct yj_gateway *g, const char *device, enum yj_life_how how, int64_t ts_ms)
{
	const struct yj_now *now = &g->now;
	bool told = ts_ms != INT64_MAX && ts_ms >= TS_MIN_MS && now->utc_known;
	int64_t age = told && now->utc_ms - ts_ms > LATE_MS ? now->utc_ms - ts_ms : 0;
	of_device(g, device, true, how, age);
}

void yj_life_reading(struct yj_gateway *g, const char *device, bool life)
{
	of_device(g, device, life, YJ_LIFE_PASSIVE, 0);
}

void yj_life_cared(struct yj_gateway *g, const char *resident)
{
	struct yj_life_one *e = yj_life_find(g->life, resident);
	if (!e)
		return;
	e->heard_ms = yj_life_clock(g);
	e->utc_ms = g->now.utc_ms;
	e->flags = (uint16_t)(e->flags & ~(YJ_LIFE_OPEN | YJ_LIFE_TOLD));
	yj_life_touch(g->life, e);
	yj_life_make_stale(
	    g->life, e); /* should the transaction be undone, it is open all the same */
}

/* ── what the directory says ── */

static int64_t limit_of(
    const struct yj_config *c, const struct yj_life_one *e, const struct yj_life_facts *f)
{
	bool expected = e->flags & YJ_LIFE_EXPECTED;
	if (!f->there || f->devices == 0 || c->inactivity.watch == YJ_INACTIVITY_OFF)
		return 0;
	if (f->limit_ms != INT64_MAX)
		return f->limit_ms;
	if (c->inactivity.watch == YJ_INACTIVITY_SENSORS && f->sensors == 0 && !expected)
		return 0;
	return f->high ? c->inactivity.high_ms : c->inactivity.others_ms;
}

static void begin_anew(struct yj_gateway *g, struct yj_life_one *e)
{
	e->heard_ms = yj_life_clock(g);
	e->utc_ms = g->now.utc_ms;
}

void yj_life_apply(struct yj_gateway *g, struct yj_life_one *e, const struct yj_life_facts *f)
{
	unsigned before = e->flags, flags = e->flags;
	bool here = f->status[0] == '\0' || strcmp(f->status, "active") == 0;
	bool away = !here && strcmp(f->status, "away") == 0;
	e->limit_ms = limit_of(g->config, e, f);
	if (e->limit_ms && !(flags & YJ_LIFE_WATCHED))
		begin_anew(g, e);
	flags = e->limit_ms ? flags | YJ_LIFE_WATCHED : flags & ~(unsigned)YJ_LIFE_WATCHED;
	flags = !here && !away ? flags | YJ_LIFE_NEVER : flags & ~(unsigned)YJ_LIFE_NEVER;
	if (here && !f->elsewhere)
		flags &= ~(unsigned)YJ_LIFE_BACK;
	bool rests = (!here || f->elsewhere) && !(flags & YJ_LIFE_BACK);
	if (rests && !(flags & YJ_LIFE_RESTS)) {
		flags |= YJ_LIFE_RESTS;
		e->rest_t = g->now.t;
	} else if (!rests && (flags & YJ_LIFE_RESTS)) {
		flags &= ~(unsigned)YJ_LIFE_RESTS;
		e->rest_t = INT64_MAX;
		begin_anew(g, e);
	}
	flags = f->open ? flags | YJ_LIFE_OPEN : flags & ~(unsigned)(YJ_LIFE_OPEN | YJ_LIFE_TOLD);
	e->flags = (uint16_t)flags;
	if ((flags & YJ_LIFE_STORED) != (before & YJ_LIFE_STORED))
		yj_life_touch(g->life, e);
}

static void on_refresh(evutil_socket_t fd, short what, void *ctx)
{
	struct yj_gateway *g = ctx;
	struct yj_life *l = g->life;
	(void)fd;
	(void)what;
	yj_gateway_sample(g);
	yj_store_look(g->store);
	for (size_t i = 0, asked = 0; i < l->n && l->stale && asked < REFRESH_ROWS; i++) {
		struct yj_life_one *e = &l->v[l->refresh_at++ % l->n];
		struct yj_life_facts facts;
		if (!(e->flags & YJ_LIFE_STALE))
			continue;
		asked++;
		e->flags = (uint16_t)(e->flags & ~YJ_LIFE_STALE);
		l->stale--;
		if (yj_life_facts(g->store, e->id, &facts) == 0)
			yj_life_apply(g, e, &facts);
	}
	yj_store_look_done(g->store);
	if (l->stale)
		schedule(l);
}

void yj_life_changed(struct yj_gateway *g, const char *resident)
{
	struct yj_life *l = g->life;
	forget_devices(l);
	struct yj_life_one *e = resident ? yj_life_find(l, resident) : NULL;
	struct yj_life_facts facts;
	if (e && yj_life_facts(g->store, e->id, &facts) == 0)
		yj_life_apply(g, e, &facts);
	if (e)
		yj_life_make_stale(l, e); /* should the transaction be undone */
	for (size_t i = 0; !resident && i < l->n; i++)
		yj_life_make_stale(l, &l->v[i]);
}

void yj_life_away(struct yj_gateway *g, const char *resident)
{
	struct yj_life_one *e = yj_life_one_of(g, resident);
	if (!e)
		return;
	e->flags = (uint16_t)((e->flags & ~YJ_LIFE_BACK) | YJ_LIFE_RESTS);
	e->rest_t = g->now.t;
	yj_life_touch(g->life, e);
	yj_life_make_stale(g->life, e);
}

/* ── who is missed ── */

static bool is_due(const struct yj_gateway *g, const struct yj_life_one *e, int minute)
{
	const struct yj_life *l = g->life;
	int64_t clock = yj_life_clock(g);
	struct yj_quiet quiet = yj_life_quiet(g);
	return e->limit_ms && !(e->flags & (YJ_LIFE_RESTS | YJ_LIFE_OPEN)) &&
	       clock >= e->not_before_ms &&
	       clock - l->up_ms >= yj_inactivity_grace_ms(e->limit_ms) &&
	       yj_inactivity_is_due(clock - e->heard_ms, e->limit_ms, &quiet, minute);
}

void yj_life_sweep(struct yj_gateway *g)
{
	struct yj_life *l = g->life;
	yj_life_heard(g);
	if (!l->up || g->store_failing)
		return;
	int minute = g->now.utc_known ? yj_life_minute(g->now.utc_ms) : -1;
	size_t n = l->n < SWEEP_ROWS ? l->n : SWEEP_ROWS;
	l->n_due = 0;
	for (size_t i = 0; i < n && l->n_due < YJ_LIFE_DUE_MAX; i++) {
		size_t at = l->sweep_at++ % l->n;
		if (is_due(g, &l->v[at], minute))
			l->due[l->n_due++] = at;
	}
	if (l->n_due)
		(void)!yj_dispatch_do(g, yj_life_open_due, NULL);
}

size_t yj_life_watched(const struct yj_gateway *g)
{
	size_t n = 0;
	for (size_t i = 0; i < g->life->n; i++)
		n += g->life->v[i].limit_ms && !(g->life->v[i].flags & YJ_LIFE_RESTS);
	return n;
}

struct yj_life *yj_life_new(struct yj_gateway *g)
{
	struct yj_life *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->refresh = event_new(g->base, -1, 0, on_refresh, g);
	if (!l->refresh) {
		free(l);
		return NULL;
	}
	return l;
}

void yj_life_free(struct yj_life *l)
{
	if (!l)
		return;
	event_free(l->refresh);
	free(l->v);
	free(l->places);
	free(l->devices);
	free(l);
}
