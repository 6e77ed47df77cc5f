#include "beds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beds_incident.h"
#include "config_ways.h"
#include "dispatch.h"
#include "fnv.h"

#define NOTE_ROWS 1000		/* beds whose occupants come into the history, per transaction */
#define NEWS_ROWS 500		/* sensors per transaction */
#define GRACE_MS (120LL * 1000) /* for a sensor to be heard again after an outage */

struct entry {
	char device[YJ_NAME_MAX + 1];
	struct yj_bed bed;
	int64_t since_utc_ms;
	double values[YJ_VITAL_COUNT]; /* the newest */
	unsigned news;		       /* not written yet */
	bool queued;
	bool wrong, wrong_told, wrong_due; /* who lies there: found, told and committed, to look */
	int64_t wrong_t;		   /* when to look whether they should lie there */
	bool looked_up;
	int64_t return_ms; /* of its own; 0: as configured */
	struct yj_vital_range ranges[YJ_VITAL_COUNT];
};

struct yj_beds {
	struct entry **v; /* open addressing by device */
	size_t n, cap;
	struct entry **todo;
	size_t n_todo, cap_todo, n_done;
	int64_t due_t;	     /* of all of them, or earlier */
	int64_t hears_since; /* INT64_MAX: nobody can be heard */
	bool noting;	     /* the history of beds lags behind the directory */
};

struct yj_beds *yj_beds_new(void)
{
	struct yj_beds *b = calloc(1, sizeof *b);
	if (b)
		b->due_t = b->hears_since = INT64_MAX;
	return b;
}

void yj_beds_free(struct yj_beds *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->cap; i++)
		free(b->v[i]);
	free(b->v);
	free(b->todo);
	free(b);
}

static size_t place_of(struct entry *const *v, size_t cap, const char *device)
{
	size_t i = (size_t)(yj_fnv_text(device) >> 16) & (cap - 1);
	while (v[i] && strcmp(v[i]->device, device) != 0)
		i = (i + 1) & (cap - 1);
	return i;
}

static bool grow(struct yj_beds *b)
{
	size_t cap = b->cap ? b->cap * 2 : 64;
	struct entry **v = calloc(cap, sizeof(struct entry *));
	struct entry **todo = realloc(b->todo, cap * sizeof(struct entry *));
	b->todo = todo ? todo : b->todo;
	if (!v || !todo) {
		free(v);
		return false;
	}
	for (size_t i = 0; i < b->cap; i++)
		if (b->v[i])
			v[place_of(v, cap, b->v[i]->device)] = b->v[i];
	free(b->v);
	b->v = v;
	b->cap = cap;
	return true;
}

static struct entry *entry_of(struct yj_beds *b, const char *device)
{
	if ((b->n + 1) * 8 > b->cap * 7 && !grow(b))
		return NULL;
	struct entry **at = &b->v[place_of(b->v, b->cap, device)];
	if (!*at) {
		*at = calloc(1, sizeof **at);
		if (!*at)
			return NULL;
		b->n++;
		snprintf((*at)->device, sizeof(*at)->device, "%s", device);
		yj_bed_init(&(*at)->bed);
		(*at)->wrong_t = INT64_MAX;
	}
	return *at;
}

static int load_row(void *ctx, const struct yj_bed_row *row)
{
	struct yj_gateway *g = ctx;
	struct entry *e = entry_of(g->beds, row->device);
	if (!e)
		return YJ_ERR_NOMEM;
	e->bed.lies = (enum yj_lies)row->lies;
	e->bed.since = row->since_t;
	e->bed.turn_since = row->turn_t;
	e->bed.turn_night = row->turn_night;
	e->bed.return_due = row->return_t;
	e->bed.exit_told = row->told & YJ_BED_TOLD_EXIT;
	for (int i = 0; i < YJ_VITAL_COUNT; i++)
		e->bed.runs[i].told = row->told & ((unsigned)YJ_BED_TOLD_VITAL << i);
	e->since_utc_ms = row->since_utc_ms;
	e->wrong = e->wrong_told = row->told & YJ_BED_TOLD_WRONG;
	if (e->bed.lies == YJ_LIES_IN && !e->wrong_told)
		e->wrong_t = row->since_t + YJ_BED_WRONG_MS;
	return 0;
}

int yj_beds_load(struct yj_gateway *g)
{
	g->beds->noting = true; /* the last run may have ended within it */
	return yj_bed_each(g->store, load_row, g);
}

static int note(struct yj_gateway *g)
{
	int rc = yj_dir_beds_note_piece(g->store, NOTE_ROWS, &g->beds->noting);
	if (g->beds->noting) /* others have their turn in between */
		yj_dispatch_later(g);
	return rc;
}

int yj_beds_note(struct yj_gateway *g, const char *actor, const char *reason)
{
	int rc = yj_dir_beds_note_begin(g->store, g->now.utc_ms, actor, reason);
	g->beds->noting = true;
	for (int i = 0; rc == 0 && g->beds->noting && i < 4; i++) /* of a few beds all at once */
		rc = note(g);
	return rc;
}

/* ── time and rules ── */

static struct yj_bed_now now_of(const struct yj_gateway *g)
{
	const struct yj_config *c = g->config;
	/* who does not know the time of day would rather be called once too often */
	bool night = !g->now.utc_known ||
		     yj_ways_within(c->beds.night_from_min, c->beds.night_until_min, g->now.utc_ms);
	return (struct yj_bed_now){g->now.t, g->beds->hears_since, night};
}

static struct yj_bed_rules rules_of(const struct yj_gateway *g, const struct entry *e)
{
	const struct yj_config *c = g->config;
	struct yj_bed_rules r = {
	    .turn_ms = c->beds.turn_ms,
	    .return_ms = e->return_ms ? e->return_ms : c->beds.return_within_ms,
	    .grace_ms = GRACE_MS,
	    .for_ms = c->vitals.for_ms,
	    .calm_ms = c->vitals.calm_ms,
	    .samples = c->vitals.samples,
	};
	for (int i = 0; i < YJ_VITAL_COUNT; i++)
		r.ranges[i] = e->ranges[i].high > 0 ? e->ranges[i] : c->vitals.ranges[i];
	return r;
}

static void look_up(struct yj_gateway *g, struct entry *e)
{
	struct yj_bed_finding f;
	if (yj_bed_finding_of(g, e->device, &f) < 0)
		return;
	e->return_ms = f.place.return_within_ms;
	memcpy(e->ranges, f.place.ranges, sizeof e->ranges);
	e->looked_up = true;
}

static int64_t due_of(const struct yj_gateway *g, const struct entry *e)
{
	struct yj_bed_rules rules = rules_of(g, e);
	struct yj_bed_now now = now_of(g);
	int64_t due = yj_bed_due(&e->bed, &rules, &now);
	return e->wrong_t < due ? e->wrong_t : due;
}

static void queue(struct yj_gateway *g, struct entry *e)
{
	struct yj_beds *b = g->beds;
	if (e->queued) /* todo has room for all, see grow() */
		return;
	e->queued = true;
	b->todo[b->n_todo++] = e;
	if (!g->stopping)
		yj_dispatch_soon(g);
}

/* What is stored of it. */
static bool same(const struct yj_bed *a, const struct yj_bed *b)
{
	for (int i = 0; i < YJ_VITAL_COUNT; i++)
		if (a->runs[i].told != b->runs[i].told)
			return false;
	return a->lies == b->lies && a->turn_since == b->turn_since &&
	       a->return_due == b->return_due && a->exit_told == b->exit_told;
}

static void changed(
    struct yj_gateway *g, struct entry *e, const struct yj_bed *before, unsigned news)
{
	if (news & (YJ_BED_IN | YJ_BED_OUT)) {
		e->since_utc_ms = g->now.utc_ms - (g->now.t - e->bed.since);
		e->wrong = false;
		e->wrong_t = e->bed.lies == YJ_LIES_IN ? e->bed.since + YJ_BED_WRONG_MS : INT64_MAX;
	}
	e->news |= news;
	if (news || !same(before, &e->bed))
		queue(g, e);
	int64_t due = due_of(g, e);
	if (due < g->beds->due_t) {
		g->beds->due_t = due;
		yj_gateway_rearm(g);
	}
}

void yj_beds_take(struct yj_gateway *g, const char *device, const struct yj_readings *r)
{
	struct yj_bed_sample sample = {r->in_bed, {r->hr, r->rr, r->spo2_pct}};
	if (r->in_bed < 0 && r->hr < 0 && r->rr < 0 && r->spo2_pct < 0)
		return;
	struct entry *e = entry_of(g->beds, device);
	if (!e)
		return;
	if (!e->looked_up)
		look_up(g, e);
	struct yj_bed before = e->bed;
	struct yj_bed_rules rules = rules_of(g, e);
	struct yj_bed_now now = now_of(g);
	for (int i = 0; i < YJ_VITAL_COUNT; i++)
		if (sample.values[i] > 0)
			e->values[i] = sample.values[i];
	unsigned news = yj_bed_sample(&e->bed, &rules, &sample, &now);
	changed(g, e, &before, news);
}

void yj_beds_heard(struct yj_gateway *g, bool up)
{
	g->beds->hears_since = up ? g->now.t : INT64_MAX;
	g->beds->due_t = up ? g->now.t : INT64_MAX; /* all are looked at */
	yj_gateway_rearm(g);
}

void yj_beds_forget(struct yj_gateway *g)
{
	struct yj_beds *b = g->beds;
	for (size_t i = 0; i < b->cap; i++) {
		struct entry *e = b->v[i];
		if (!e)
			continue;
		e->looked_up = false;
		if (e->bed.lies == YJ_LIES_IN) /* it may be wrong only now, or well again */
			e->wrong_t = g->now.t + (e->wrong ? 0 : YJ_BED_WRONG_MS);
		b->due_t = e->wrong_t < b->due_t ? e->wrong_t : b->due_t;
	}
	yj_gateway_rearm(g);
}

bool yj_beds_noting(const struct yj_gateway *g)
{
	return g->beds->noting;
}

size_t yj_beds_wrong(const struct yj_gateway *g)
{
	size_t n = 0;
	for (size_t i = 0; i < g->beds->cap; i++)
		n += g->beds->v[i] && g->beds->v[i]->wrong;
	return n;
}

/* ── what is due ── */

int64_t yj_beds_due(const struct yj_gateway *g)
{
	return g->beds->n_todo ? INT64_MIN : g->beds->due_t;
}

static void tick(struct yj_gateway *g, struct entry *e)
{
	if (!e->looked_up)
		look_up(g, e);
	struct yj_bed before = e->bed;
	struct yj_bed_rules rules = rules_of(g, e);
	struct yj_bed_now now = now_of(g);
	unsigned news = yj_bed_tick(&e->bed, &rules, &now);
	if (e->wrong_t <= g->now.t) {
		e->wrong_t = INT64_MAX;
		e->wrong_due = true;
		queue(g, e);
	}
	changed(g, e, &before, news);
}

static void tick_all(struct yj_gateway *g)
{
	struct yj_beds *b = g->beds;
	int64_t next = INT64_MAX;
	b->due_t = INT64_MIN; /* so that it is rearmed once, for all */
	for (size_t i = 0; i < b->cap; i++) {
		if (!b->v[i])
			continue;
		if (due_of(g, b->v[i]) <= g->now.t)
			tick(g, b->v[i]);
		int64_t due = due_of(g, b->v[i]);
		next = due < next ? due : next;
	}
	b->due_t = next;
}

static int put_row(struct yj_gateway *g, const struct entry *e)
{
	struct yj_bed_row row = {
	    .lies = (int)e->bed.lies,
	    .since_t = e->bed.since,
	    .since_utc_ms = e->since_utc_ms,
	    .turn_t = e->bed.turn_since,
	    .turn_night = e->bed.turn_night,
	    .return_t = e->bed.return_due,
	    .told =
		(e->bed.exit_told ? YJ_BED_TOLD_EXIT : 0U) | (e->wrong ? YJ_BED_TOLD_WRONG : 0U),
	};
	for (int i = 0; i < YJ_VITAL_COUNT; i++)
		row.told |= e->bed.runs[i].told ? (unsigned)YJ_BED_TOLD_VITAL << i : 0;
	memcpy(row.device, e->device, sizeof row.device);
	return yj_bed_put(g->store, &row);
}

/* Both can have happened while nothing could be written. */
static int log_both(const struct yj_bed_finding *f, const struct entry *e)
{
	bool in = e->bed.lies == YJ_LIES_IN;
	int rc = 0;
	if (e->news & (in ? YJ_BED_OUT : YJ_BED_IN))
		rc = yj_bed_log(f, in ? YJ_EV_BED_OUT : YJ_EV_BED_IN);
	if (rc == 0 && e->news & (in ? YJ_BED_IN : YJ_BED_OUT))
		rc = yj_bed_log(f, in ? YJ_EV_BED_IN : YJ_EV_BED_OUT);
	return rc;
}

static int tell(struct yj_gateway *g, struct entry *e)
{
	struct yj_bed_finding f;
	struct yj_bed_rules rules = rules_of(g, e);
	int rc = put_row(g, e);
	if (rc == 0)
		rc = yj_bed_finding_of(g, e->device, &f);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	rc = log_both(&f, e);
	if (rc == 0 && e->news & YJ_BED_EXIT)
		rc = yj_bed_exit(&f, rules.return_ms);
	if (rc == 0 && e->news & YJ_BED_IN && e->bed.lies == YJ_LIES_IN)
		rc = yj_bed_back(&f);
	unsigned vitals = e->news / YJ_BED_VITAL;
	if (rc == 0 && vitals)
		rc = yj_bed_vitals(&f, vitals, e->values);
	if (rc == 0 && e->wrong_due) {
		rc = yj_bed_wrong(&f, !e->wrong_told, &e->wrong);
		if (rc == 0)
			rc = put_row(g, e);
	}
	return rc;
}

static int guarded_tell(struct yj_gateway *g, struct entry *e)
{
	int rc = yj_store_mark(g->store);
	if (rc < 0)
		return rc;
	rc = tell(g, e);
	if (rc == 0)
		return yj_store_keep(g->store);
	yj_store_undo(g->store);
	if (yj_dispatch_store_failed(rc))
		return rc;
	yj_log(YJ_LOG_ERR, "event=bed_failed device=%s error=%s store=\"%s\"", e->device,
	    yj_err_name(rc), yj_store_error(g->store));
	return 0;
}

int yj_beds_run(struct yj_gateway *g)
{
	struct yj_beds *b = g->beds;
	int rc = b->noting ? note(g) : 0;
	if (rc < 0)
		return rc;
	if (b->due_t <= g->now.t)
		tick_all(g);
	for (size_t i = 0; i < NEWS_ROWS && b->n_done < b->n_todo; i++) {
		rc = guarded_tell(g, b->todo[b->n_done]);
		if (rc < 0)
			return rc;
		b->n_done++;
	}
	if (b->n_done < b->n_todo)
		yj_dispatch_soon(g);
	return 0;
}

void yj_beds_committed(struct yj_gateway *g)
{
	struct yj_beds *b = g->beds;
	for (size_t i = 0; i < b->n_done; i++) {
		b->todo[i]->queued = b->todo[i]->wrong_due = false;
		b->todo[i]->news = 0;
		b->todo[i]->wrong_told = b->todo[i]->wrong;
	}
	b->n_todo -= b->n_done;
	if (b->n_done && b->n_todo)
		memmove(b->todo, b->todo + b->n_done, b->n_todo * sizeof(struct entry *));
	b->n_done = 0;
}

void yj_beds_undone(struct yj_gateway *g)
{
	g->beds->n_done = 0;
	g->beds->noting = true; /* perhaps */
}
