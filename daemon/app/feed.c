#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "tokens.h"

#define WINDOW 64
#define PER_TURN 32
#define CURSOR "platform"

struct yj_feed {
	struct event *work;  /* of low priority */
	struct event *again; /* nobody was listening: later */
	int64_t acked, sent, saved;
	bool loaded, waiting;
	int pause_s;
};

static int publish(void *ctx, const struct yj_log_row *row)
{
	struct yj_gateway *g = ctx;
	char topic[YJ_TOPIC_MAX];
	char *json = yj_log_cloudevent(g->store, row);
	if (!json)
		return YJ_ERR_NOMEM;
	int rc = yj_topic_format(YJ_TOPIC_LOG, yj_event_name(row->type), topic, sizeof topic);
	if (rc >= 0)
		rc = yj_link_publish(g->chatter, topic, json, strlen(json), 1, false,
		    YJ_TOKEN_FEED | (uint64_t)row->seq);
	free(json);
	if (rc == 0)
		g->feed->sent = row->seq;
	return rc;
}

static void on_work(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	struct yj_gateway *g = ctx;
	struct yj_feed *f = g->feed;
	if (!yj_link_is_up(g->chatter) || f->waiting || g->stopping)
		return;
	if (!f->loaded) {
		if (yj_cursor_get(g->store, CURSOR, &f->acked) < 0)
			return;
		f->sent = f->saved = f->acked;
		f->loaded = true;
	}
	/* while nobody is known to listen, one event asks whether somebody does */
	int64_t head, room = (f->pause_s ? 1 : WINDOW) - (f->sent - f->acked);
	if (room <= 0 || yj_log_head(g->store, &head) < 0 || head <= f->sent)
		return;
	struct yj_log_filter filter = {
	    .after_seq = f->sent,
	    .limit = room < PER_TURN ? room : PER_TURN,
	};
	if (yj_log_read(g->store, &filter, publish, g) == 0 && f->sent < head &&
	    f->sent - f->acked < WINDOW)
		event_active(f->work, EV_TIMEOUT, 0);
}

static void on_again(evutil_socket_t fd, short what, void *ctx)
{
	struct yj_gateway *g = ctx;
	g->feed->waiting = false;
	on_work(fd, what, ctx);
}

struct yj_feed *yj_feed_new(struct yj_gateway *g)
{
	struct yj_feed *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	f->work = event_new(g->base, -1, 0, on_work, g);
	f->again = event_new(g->base, -1, 0, on_again, g);
	if (!f->work || !f->again) {
		yj_feed_free(f);
		return NULL;
	}
	event_priority_set(f->work, 2);
	event_priority_set(f->again, 2);
	return f;
}

void yj_feed_free(struct yj_feed *f)
{
	if (!f)
		return;
	if (f->work)
		event_free(f->work);
	if (f->again)
		event_free(f->again);
	free(f);
}

void yj_feed_wake(struct yj_gateway *g)
{
	if (!g->feed->waiting && yj_link_is_up(g->chatter))
		event_active(g->feed->work, EV_TIMEOUT, 0);
}

void yj_feed_published(struct yj_gateway *g, int64_t seq, int code)
{
	struct yj_feed *f = g->feed;
	if (code == 0 && seq == f->acked + 1) {
		f->acked = seq;
		f->pause_s = 0;
		event_active(f->work, EV_TIMEOUT, 0);
		return;
	}
	if (seq <= f->acked || f->waiting)
		return;
	/* nobody listens, or the broker refuses: from the first that was not taken, later */
	f->sent = f->acked;
	f->waiting = true;
	f->pause_s = f->pause_s ? f->pause_s * 2 : 2;
	if (f->pause_s > 60)
		f->pause_s = 60;
	struct timeval tv = {.tv_sec = f->pause_s};
	event_add(f->again, &tv);
}

void yj_feed_down(struct yj_gateway *g)
{
	g->feed->sent = g->feed->acked;
	g->feed->waiting = false;
	event_del(g->feed->again);
}

void yj_feed_undone(struct yj_gateway *g)
{
	g->feed->saved = -1;
}

bool yj_feed_has_news(const struct yj_gateway *g)
{
	return g->feed->loaded && g->feed->saved != g->feed->acked;
}

int yj_feed_save(struct yj_gateway *g)
{
	struct yj_feed *f = g->feed;
	if (!f->loaded || f->saved == f->acked)
		return 0;
	int rc = yj_cursor_set(g->store, CURSOR, f->acked);
	if (rc == 0)
		f->saved = f->acked;
	return rc;
}
