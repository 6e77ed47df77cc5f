/* Signs of life on their way to the disk and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "life_inside.h"

#define WRITE_ROWS 2000	    /* per transaction */
#define SAVE_CLOCK_MS 30000 /* a crash stops the hearing clock by as much */

static bool clock_is_old(const struct yj_gateway *g)
{
	const struct yj_life *l = g->life;
	return l->n && l->up && yj_life_boot_ms(g) - l->saved_boot_ms >= SAVE_CLOCK_MS;
}

bool yj_life_has_changes(const struct yj_gateway *g)
{
	return g->life->dirty || clock_is_old(g);
}

static int save_clock(struct yj_gateway *g)
{
	char text[32];
	snprintf(text, sizeof text, "%lld", (long long)yj_life_clock(g));
	int rc = yj_store_meta_set(g->store, "hearing_ms", text);
	if (rc == 0)
		g->life->saved_boot_ms = yj_life_boot_ms(g);
	return rc;
}

int yj_life_write(struct yj_gateway *g, bool all)
{
	struct yj_life *l = g->life;
	size_t max = all ? l->n : WRITE_ROWS;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < l->n && l->dirty && l->n_written < max; i++) {
		struct yj_life_one *e = &l->v[l->write_at++ % l->n];
		if (!(e->flags & YJ_LIFE_DIRTY))
			continue;
		struct yj_life_row row = {.heard_ms = e->heard_ms,
		    .utc_ms = e->utc_ms,
		    .flags = e->flags & YJ_LIFE_STORED,
		    .rest_t = e->rest_t};
		memcpy(row.resident, e->id, sizeof row.resident);
		rc = yj_life_put(g->store, &row);
		if (rc < 0)
			break;
		e->flags = (uint16_t)(e->flags & ~YJ_LIFE_DIRTY);
		e->written_ms = e->heard_ms;
		l->dirty--;
		l->n_written++;
	}
	return rc == 0 && l->n && (all || l->n_written || clock_is_old(g)) ? save_clock(g) : rc;
}

void yj_life_at_hand(struct yj_life_one *e)
{
	if (e->flags & YJ_LIFE_AT_HAND)
		return;
	e->before = e->flags;
	e->before_rest_t = e->rest_t;
	e->flags |= YJ_LIFE_AT_HAND;
}

void yj_life_committed(struct yj_gateway *g)
{
	struct yj_life *l = g->life;
	for (size_t i = 0; (l->n_opened || l->n_news) && i < l->n; i++)
		l->v[i].flags = (uint16_t)(l->v[i].flags & ~YJ_LIFE_AT_HAND);
	l->n_written = l->n_opened = l->n_news = 0;
}

/* Who was judged is judged again, and who was told of is told of. */
static void put_back(struct yj_life *l, struct yj_life_one *e)
{
	if (!(e->flags & YJ_LIFE_AT_HAND))
		return;
	e->flags = (uint16_t)((e->flags & ~(YJ_LIFE_UNDONE | YJ_LIFE_AT_HAND)) |
			      (e->before & YJ_LIFE_UNDONE));
	e->rest_t = e->before_rest_t;
	if ((e->before & YJ_LIFE_NEWS) && !(e->flags & YJ_LIFE_NEWS)) {
		e->flags |= YJ_LIFE_NEWS;
		l->news++;
	}
	yj_life_touch(l, e);
	yj_life_make_stale(l, e);
}

void yj_life_undone(struct yj_gateway *g)
{
	struct yj_life *l = g->life;
	for (size_t i = 0; l->n_written && i < l->n; i++) /* which ones is not noted: then all */
		yj_life_touch(l, &l->v[i]);
	if (l->n_written)
		l->saved_boot_ms = 0;
	for (size_t i = 0; (l->n_opened || l->n_news) && i < l->n; i++)
		put_back(l, &l->v[i]);
	l->n_written = l->n_opened = l->n_news = 0;
}

static int recall(void *ctx, const struct yj_life_row *row)
{
	struct yj_gateway *g = ctx;
	struct yj_life_one *e = yj_life_one_of(g, row->resident);
	if (!e)
		return YJ_ERR_NOMEM;
	e->heard_ms = e->written_ms = row->heard_ms;
	e->utc_ms = row->utc_ms;
	e->rest_t = row->rest_t;
	e->flags = (uint16_t)((row->flags & YJ_LIFE_STORED) | YJ_LIFE_STALE);
	return 0;
}

int yj_life_recall(struct yj_gateway *g)
{
	struct yj_life *l = g->life;
	char text[32] = "";
	int rc = yj_store_meta_get(g->store, "hearing_ms", text, sizeof text);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	l->hearing_ms = l->up_ms = strtoll(text, NULL, 10);
	rc = yj_life_each(g->store, recall, g);
	l->dirty = 0; /* recall keeps nobody dirty */
	return rc;
}
