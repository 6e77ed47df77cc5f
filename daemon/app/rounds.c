#include "rounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beds.h"
#include "dispatch.h"
#include "rounds_inside.h"
#include "space.h"
#include "ways.h"

#define PIECE 200	      /* residents read at once */
#define CHANGED_MAX 200	      /* residents that are looked at singly; more: everybody is */
#define URGENT_MAX 50	      /* told in one go */
#define PAUSE_US 5000	      /* between two pieces, for what is more urgent */
#define LATE_MIN 120	      /* so long after the hour it is told, whatever the night says */
#define DONE_KEY "rounds_day" /* the day whose telling is done */

enum job { IDLE, LOOK_AT_ALL, LOOK_AT_SOME, DAILY, BEGUN, ENDED, CHANGES };

struct yj_rounds {
	struct event *step;
	struct yj_names changed; /* to be looked at again */
	size_t looked;		 /* so many of them have been */
	bool all;		 /* everybody is */
	struct yj_names urgent;	 /* with a major change that nobody was told of */
	enum job job;
	struct yj_round_plan *plan;
	struct yj_round_run *run;
	struct yj_round_extra extra; /* of BEGUN and ENDED */
	bool telling;		     /* all residents were looked at */
	/* how far it has come, and how far this piece has */
	char after[YJ_NAME_MAX + 1], next[YJ_NAME_MAX + 1];
	int32_t after_day, next_day;
	bool end, done;	  /* no more residents; no more at all */
	int32_t told_day; /* DONE_KEY; YJ_NO_DAY: not read yet */
};

#define NO_DAY INT32_MIN

/* ── the ledger ── */

int yj_rounds_seen(struct yj_gateway *g, const struct yj_seen_in *entry)
{
	struct yj_whose whose;
	int rc = yj_whose_resident(g->store, entry->resident, &whose);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	if (!yj_visit_result_counts(entry->result)) /* it may correct one that counted */
		yj_rounds_changed(g, entry->resident);
	return yj_ledger_put(g->store, entry, whose.region, g->now.utc_ms, "", NULL);
}

/* ── the job under way ── */

static void end_job(struct yj_rounds *r)
{
	yj_round_run_free(r->run);
	yj_round_plan_free(r->plan);
	r->run = NULL;
	r->plan = NULL;
	r->job = IDLE;
	event_del(r->step);
}

static void schedule(struct yj_rounds *r)
{
	struct timeval tv = {.tv_usec = PAUSE_US};
	event_add(r->step, &tv);
}

/* Was somebody told of the major change after which they are to be visited? */
static int note_urgent(struct yj_gateway *g, const struct yj_round_resident *resident)
{
	struct yj_rounds *r = g->rounds;
	struct yj_round_item items[YJ_ROUND_ITEMS_MAX];
	size_t n;
	if (resident->change_utc_ms == INT64_MIN || resident->rests)
		return 0;
	int rc = yj_round_items(g->store, r->plan, resident, items, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		int32_t day;
		bool missed;
		if (items[i].sort != YJ_ROUND_AFTER_CHANGE)
			continue;
		rc = yj_round_told(g->store, resident->resident, items[i].key, &day, &missed);
		if (rc == 0 && day != items[i].due_day && r->urgent.n < CHANGED_MAX)
			rc = yj_names_add(&r->urgent, resident->resident);
	}
	return rc;
}

static int look_at(struct yj_gateway *g, struct yj_round_resident *resident)
{
	int rc = yj_round_remember(g->store, g->rounds->plan, resident);
	return rc < 0 ? rc : note_urgent(g, resident);
}

static int look_at_some(struct yj_gateway *g)
{
	struct yj_rounds *r = g->rounds;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < r->changed.n; i++) {
		struct yj_round_resident one;
		rc = yj_round_resident_get(g->store, r->changed.v[i], &one);
		if (rc == 0)
			rc = look_at(g, &one);
		else if (rc == YJ_ERR_NOTFOUND)
			rc = 0;
	}
	r->looked = r->changed.n;
	r->done = true;
	return rc;
}

/* One resident of a run, and when to look at them again. */
static int visit(struct yj_gateway *g, const struct yj_round_resident *one)
{
	struct yj_rounds *r = g->rounds;
	int32_t next;
	int rc = yj_round_run_visit(r->run, one, &next);
	if (rc == 0 && r->job == DAILY && one->known && !one->rests && next != INT32_MAX &&
	    next > yj_round_day(g->now.utc_ms, NULL) && next != one->look_day)
		rc = yj_round_look_set(g->store, one->resident, next);
	return rc;
}

/* A piece of the residents, as long as it may take. */
static int walk(struct yj_gateway *g, bool by_look,
    int (*each)(struct yj_gateway *g, struct yj_round_resident *one))
{
	static struct yj_round_resident v[PIECE];
	struct yj_rounds *r = g->rounds;
	int64_t until = yj_round_ticks_ms() + YJ_ROUND_PIECE_MS;
	int32_t today = yj_round_day(g->now.utc_ms, NULL);
	size_t n = 0, i = 0;
	int rc = by_look ? yj_round_looks(g->store, today, r->after_day, r->after, v, PIECE, &n)
			 : yj_round_residents(g->store, r->after, v, PIECE, &n);
	for (; rc == 0 && i < n && yj_round_ticks_ms() < until; i++) {
		r->next_day = v[i].look_day;
		memcpy(r->next, v[i].resident, sizeof r->next);
		rc = each(g, &v[i]);
	}
	r->end = rc == 0 && i == n && n < PIECE;
	return rc;
}

static int visit_walked(struct yj_gateway *g, struct yj_round_resident *one)
{
	return visit(g, one);
}

static int look_at_all(struct yj_gateway *g)
{
	struct yj_rounds *r = g->rounds;
	int rc = r->after[0] ? 0 : yj_round_plan_note(g->store, r->plan);
	if (rc == 0)
		rc = walk(g, false, look_at);
	r->done = r->end;
	return rc;
}

/* All that is urgent and not told yet, in one transaction: events and notices stand or fall
 * together. */
static int tell_changes(struct yj_gateway *g)
{
	struct yj_rounds *r = g->rounds;
	bool more = true;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < r->urgent.n && i < URGENT_MAX; i++) {
		struct yj_round_resident one;
		rc = yj_round_resident_get(g->store, r->urgent.v[i], &one);
		if (rc == 0)
			rc = visit(g, &one);
		else if (rc == YJ_ERR_NOTFOUND)
			rc = 0;
	}
	while (rc == 0 && more)
		rc = yj_round_run_tell(r->run, &more);
	r->done = true;
	return rc;
}

static int finish_run(struct yj_gateway *g)
{
	struct yj_rounds *r = g->rounds;
	char day[16];
	int rc = yj_round_people_forget(g->store);
	if (rc == 0 && r->job == DAILY) {
		snprintf(day, sizeof day, "%d", (int)r->told_day);
		rc = yj_store_meta_set(g->store, DONE_KEY, day);
	} else if (rc == 0 && r->job == BEGUN) {
		rc = yj_round_extra_told(g->store, r->extra.n);
	} else if (rc == 0) {
		rc = yj_round_extra_end(g->store, r->extra.n, g->now.utc_ms);
		if (rc == YJ_ERR_NOTFOUND) /* somebody has ended it meanwhile */
			rc = 0;
	}
	return rc;
}

static int run_piece(struct yj_gateway *g)
{
	struct yj_rounds *r = g->rounds;
	bool more = false;
	if (!r->telling)
		return walk(g, r->job == DAILY && !yj_round_plan_extra(r->plan), visit_walked);
	int rc = yj_round_run_tell(r->run, &more);
	if (rc == 0 && !more)
		rc = finish_run(g);
	r->done = !more;
	return rc;
}

static int piece(struct yj_gateway *g, void *arg)
{
	struct yj_rounds *r = g->rounds;
	(void)arg;
	r->end = r->done = false;
	memcpy(r->next, r->after, sizeof r->next);
	r->next_day = r->after_day;
	switch (r->job) {
	case LOOK_AT_ALL:
		return look_at_all(g);
	case LOOK_AT_SOME:
		return look_at_some(g);
	case CHANGES:
		return tell_changes(g);
	case DAILY:
	case BEGUN:
	case ENDED:
		return run_piece(g);
	case IDLE:
		break;
	}
	return 0;
}

static void drop_first(struct yj_names *names, size_t n)
{
	n = n < names->n ? n : names->n;
	names->n -= n;
	memmove(names->v, names->v + n, names->n * sizeof *names->v);
}

/* A piece is on the disk. */
static void went_well(struct yj_gateway *g)
{
	struct yj_rounds *r = g->rounds;
	memcpy(r->after, r->next, sizeof r->after);
	r->after_day = r->next_day;
	r->telling = r->telling || r->end;
	if (r->done && r->run && r->job != CHANGES)
		yj_log(YJ_LOG_INFO, "event=rounds_told people=%zu", yj_round_run_people(r->run));
	if (r->done && r->job == LOOK_AT_SOME)
		drop_first(&r->changed, r->looked);
	if (r->done && r->job == CHANGES)
		drop_first(&r->urgent, URGENT_MAX);
	if (!r->done) {
		schedule(r);
		return;
	}
	end_job(r);
	yj_rounds_look(g);
}

static void on_step(evutil_socket_t fd, short what, void *ctx)
{
	struct yj_gateway *g = ctx;
	(void)fd;
	(void)what;
	if (g->store_failing || !yj_space_spare(g) || yj_dispatch_do(g, piece, NULL) < 0) {
		/* what was gathered may be undone: it begins anew */
		g->rounds->all |= g->rounds->job == LOOK_AT_ALL;
		g->rounds->told_day = NO_DAY;
		end_job(g->rounds);
		return;
	}
	went_well(g);
}

/* ── what is next ── */

/* At the hour, or later on that day while it is no night; once a day, also if the clock is put
 * back, and not if it was ahead by mistake. */
static bool daily_is_due(struct yj_gateway *g)
{
	struct yj_rounds *r = g->rounds;
	char value[16];
	int minute, from = g->config->rounds.remind_at_min;
	if (!g->now.utc_known)
		return false;
	int32_t today = yj_round_day(g->now.utc_ms, &minute);
	if (r->told_day == NO_DAY &&
	    yj_store_meta_get(g->store, DONE_KEY, value, sizeof value) == 0)
		r->told_day = (int32_t)strtol(value, NULL, 10);
	if (r->told_day != NO_DAY && r->told_day > today + 1)
		r->told_day = minute >= from ? today : today - 1;
	if ((r->told_day != NO_DAY && r->told_day >= today) || minute < from ||
	    (minute >= from + LATE_MIN && yj_ways_night(g)))
		return false;
	r->told_day = today;
	return true;
}

static bool begin(struct yj_gateway *g, enum job job)
{
	static const enum yj_round_run_sort sorts[] = {[DAILY] = YJ_RUN_DAILY,
	    [BEGUN] = YJ_RUN_BEGUN,
	    [ENDED] = YJ_RUN_ENDED,
	    [CHANGES] = YJ_RUN_CHANGES};
	struct yj_rounds *r = g->rounds;
	if (yj_round_plan_read(g->store, g->now.utc_ms, &r->plan) < 0)
		return false;
	if (job >= DAILY) {
		bool extra = job == BEGUN || job == ENDED;
		r->run = yj_round_run_new(g, sorts[job], r->plan, extra ? &r->extra : NULL);
		if (!r->run) {
			end_job(r);
			return false;
		}
	}
	r->job = job;
	r->telling = false;
	r->after[0] = '\0';
	r->after_day = NO_DAY;
	schedule(r);
	return true;
}

void yj_rounds_look(struct yj_gateway *g)
{
	struct yj_rounds *r = g->rounds;
	if (r->job != IDLE || g->stopping || g->store_failing || !yj_space_spare(g) ||
	    !g->now.utc_known || yj_beds_noting(g))
		return;
	if (r->all) {
		r->all = false;
		yj_names_done(&r->changed);
		r->all = !begin(g, LOOK_AT_ALL);
	} else if (r->changed.n) {
		(void)begin(g, LOOK_AT_SOME);
	} else if (yj_round_extra_next(g->store, g->now.utc_ms, &r->extra) == 0) {
		(void)begin(g, r->extra.told ? ENDED : BEGUN);
	} else if (daily_is_due(g)) {
		if (!begin(g, DAILY))
			r->told_day = NO_DAY;
	} else if (r->urgent.n && !yj_ways_night(g)) {
		(void)begin(g, CHANGES);
	}
}

void yj_rounds_changed(struct yj_gateway *g, const char *resident)
{
	struct yj_rounds *r = g->rounds;
	if (!resident || r->changed.n >= CHANGED_MAX || yj_names_add(&r->changed, resident) < 0)
		r->all = true;
}

struct yj_rounds *yj_rounds_new(struct yj_gateway *g)
{
	struct yj_rounds *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->told_day = NO_DAY;
	r->all = true; /* what was not looked at before the start */
	r->step = evtimer_new(g->base, on_step, g);
	if (!r->step) {
		free(r);
		return NULL;
	}
	return r;
}

void yj_rounds_free(struct yj_rounds *r)
{
	if (!r)
		return;
	end_job(r);
	event_free(r->step);
	yj_names_done(&r->changed);
	yj_names_done(&r->urgent);
	free(r);
}
