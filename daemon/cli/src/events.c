#include "events.h"

#include <errno.h>
#include <stdlib.h>

#include "term.h"

#define PIECE_EVENTS 500
#define STOP_PIECE 1

struct piece {
	struct yj_store *s;
	struct yj_events *events;
	FILE *text; /* in memory */
	int64_t last_seq;
	int n;
	bool failed;
};

static int take(void *ctx, const struct yj_log_row *row)
{
	struct piece *p = ctx;
	p->last_seq = row->seq;
	p->n++;
	if (p->events->until_utc_ms && row->utc_ms > p->events->until_utc_ms)
		return p->n >= PIECE_EVENTS ? STOP_PIECE : 0;
	if (p->events->json) {
		char *event = yj_log_cloudevent(p->s, row);
		if (event)
			yj_json_text_put(p->text, event);
		else
			p->failed = true;
		fputc('\n', p->text);
		free(event);
	} else {
		yj_event_line(p->text, row, p->events->color);
	}
	p->events->count++;
	return p->n >= PIECE_EVENTS ? STOP_PIECE : 0;
}

static int take_first(void *ctx, const struct yj_log_row *row)
{
	int64_t *first = ctx;
	*first = row->seq;
	return STOP_PIECE;
}

/* Finds where the newest `limit` begin, so that they can be read forward from there. */
static int find_newest(struct yj_store *s, struct yj_log_filter *filter)
{
	int64_t first = 0;
	int rc = yj_log_read(s, filter, take_first, &first);
	if (rc < 0)
		return rc;
	filter->newest = false;
	if (first) {
		filter->after_seq = first - 1;
		return 0;
	}
	return yj_log_head(s, &filter->after_seq);
}

static int write_piece(struct yj_store *s, struct yj_events *events, FILE *out, bool *more)
{
	char *text = NULL;
	size_t len = 0;
	struct piece p = {.s = s, .events = events, .text = open_memstream(&text, &len)};
	if (!p.text)
		return YJ_ERR_NOMEM;
	int rc = yj_log_read(s, &events->filter, take, &p);
	if (fclose(p.text) != 0 || p.failed)
		rc = YJ_ERR_NOMEM;
	if (rc >= 0) {
		*more = rc == STOP_PIECE;
		if (events->filter.limit && (events->filter.limit -= p.n) == 0)
			*more = false;
		rc = 0;
		if (fwrite(text, 1, len, out) != len || fflush(out) != 0)
			rc = YJ_ERR_IO;
		if (p.last_seq)
			events->filter.after_seq = p.last_seq;
	}
	free(text);
	return rc;
}

int yj_events_write(struct yj_store *s, struct yj_events *events, FILE *out)
{
	if (events->filter.newest) {
		int rc = find_newest(s, &events->filter);
		if (rc < 0)
			return rc;
	}
	bool more = true;
	while (more) {
		int rc = write_piece(s, events, out, &more);
		if (rc < 0)
			return rc;
	}
	return 0;
}
