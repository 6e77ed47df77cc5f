#include "visitwatch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/stream.h"
#include "visits.h"

#define GONE_MS 60000

struct watcher { /* one stream */
	struct yj_gateway *g;
	struct yj_stream *stream;
	struct visit *visit;
	struct watcher *next;
};

struct visit { /* one that somebody waits for */
	int64_t n;
	int64_t gone_t; /* without a stream until then; INT64_MAX: there is one */
	struct watcher *watchers;
	struct visit *next;
};

struct word { /* to be told after the commit */
	int64_t n;
	const char *name; /* static; NULL: the state */
	json_t *data;
};

struct yj_visitwatch {
	struct visit *visits;
	struct word *words;
	size_t n_words, cap;
};

struct yj_visitwatch *yj_visitwatch_new(void)
{
	return calloc(1, sizeof(struct yj_visitwatch));
}

static void drop_words(struct yj_visitwatch *w)
{
	for (size_t i = 0; i < w->n_words; i++)
		json_decref(w->words[i].data);
	w->n_words = 0;
}

static void drop_visit(struct yj_visitwatch *w, struct visit *v)
{
	struct visit **at = &w->visits;
	while (*at != v)
		at = &(*at)->next;
	*at = v->next;
	while (v->watchers) {
		struct watcher *x = v->watchers;
		v->watchers = x->next;
		yj_stream_close(x->stream);
		free(x);
	}
	free(v);
}

void yj_visitwatch_free(struct yj_visitwatch *w)
{
	if (!w)
		return;
	while (w->visits)
		drop_visit(w, w->visits);
	drop_words(w);
	free(w->words);
	free(w);
}

static struct visit *find(struct yj_visitwatch *w, int64_t n)
{
	struct visit *v = w->visits;
	while (v && v->n != n)
		v = v->next;
	return v;
}

static struct visit *find_or_add(struct yj_gateway *g, int64_t n)
{
	struct visit *v = find(g->visitwatch, n);
	if (v)
		return v;
	v = calloc(1, sizeof *v);
	if (!v)
		return NULL;
	v->n = n;
	v->gone_t = g->now.t + GONE_MS;
	v->next = g->visitwatch->visits;
	g->visitwatch->visits = v;
	return v;
}

int yj_visitwatch_expect(struct yj_gateway *g, int64_t n)
{
	return find_or_add(g, n) ? 0 : YJ_ERR_NOMEM;
}

/* ── telling ── */

static void send_state(struct yj_gateway *g, struct watcher *x, const struct yj_visit_row *row)
{
	char id[24];
	json_t *state = NULL;
	char *text = NULL;
	if (yj_visits_json(g, row, &state) == 0)
		text = json_dumps(state, JSON_COMPACT);
	snprintf(id, sizeof id, "%" PRId64, row->version);
	if (text)
		yj_stream_send(x->stream, "state", id, text);
	free(text);
	json_decref(state);
}

static int add_word(struct yj_gateway *g, int64_t n, const char *name, json_t *data)
{
	struct yj_visitwatch *w = g->visitwatch;
	if (!find(w, n)) { /* nobody listens */
		json_decref(data);
		return 0;
	}
	if (w->n_words == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 16;
		void *p = realloc(w->words, cap * sizeof *w->words);
		if (!p) {
			json_decref(data);
			return YJ_ERR_NOMEM;
		}
		w->words = p;
		w->cap = cap;
	}
	w->words[w->n_words++] = (struct word){n, name, data};
	return 0;
}

int yj_visitwatch_state(struct yj_gateway *g, int64_t n)
{
	return add_word(g, n, NULL, NULL);
}

int yj_visitwatch_event(struct yj_gateway *g, int64_t n, const char *name, json_t *data)
{
	return data ? add_word(g, n, name, data) : YJ_ERR_NOMEM;
}

void yj_visitwatch_forget(struct yj_gateway *g)
{
	drop_words(g->visitwatch);
}

static void tell(struct yj_gateway *g, struct visit *v, const struct word *word)
{
	struct yj_visit_row row;
	char *text = word->data ? json_dumps(word->data, JSON_COMPACT) : NULL;
	bool state = !word->name && yj_visit_load(g->store, v->n, &row) == 0;
	for (struct watcher *x = v->watchers; x; x = x->next) {
		if (state)
			send_state(g, x, &row);
		else if (word->name && text)
			yj_stream_send(x->stream, word->name, NULL, text);
	}
	free(text);
	if (state && row.due_t == INT64_MAX) /* over: nothing more is to be heard */
		drop_visit(g->visitwatch, v);
}

void yj_visitwatch_committed(struct yj_gateway *g)
{
	struct yj_visitwatch *w = g->visitwatch;
	for (size_t i = 0; i < w->n_words; i++) {
		struct visit *v = find(w, w->words[i].n);
		if (v)
			tell(g, v, &w->words[i]);
	}
	drop_words(w);
}

/* ── coming and going ── */

static void on_closed(void *ctx)
{
	struct watcher *x = ctx, **at = &x->visit->watchers;
	struct yj_gateway *g = x->g;
	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	if (!x->visit->watchers) {
		yj_gateway_sample(g);
		x->visit->gone_t = g->now.t + GONE_MS;
		yj_gateway_rearm(g);
	}
	free(x);
}

static void reply_over(
    struct yj_gateway *g, const struct yj_visit_row *row, struct evhttp_request *req)
{
	struct watcher x = {.g = g};
	if (yj_stream_open(g->http, req, NULL, NULL, &x.stream) < 0)
		return;
	send_state(g, &x, row);
	yj_stream_close(x.stream);
}

/* Nobody needs as many, and the server has not so many that one page that comes again and again
 * could have them all: the oldest go. */
static void make_room(struct visit *v)
{
	struct watcher **at = &v->watchers;
	for (int n = 0; *at && n < YJ_VISIT_WATCHERS_MAX - 1; n++)
		at = &(*at)->next;
	while (*at) {
		struct watcher *x = *at;
		*at = x->next;
		yj_stream_close(x->stream);
		free(x);
	}
}

void yj_visitwatch_open(
    struct yj_gateway *g, const struct yj_visit_row *row, struct evhttp_request *req)
{
	if (row->due_t == INT64_MAX) {
		reply_over(g, row, req);
		return;
	}
	struct visit *v = find_or_add(g, row->n);
	struct watcher *x = calloc(1, sizeof *x);
	if (!v || !x) {
		free(x);
		yj_http_problem(req, 503, "Service Unavailable", NULL);
		return;
	}
	x->g = g;
	x->visit = v;
	if (yj_stream_open(g->http, req, on_closed, x, &x->stream) < 0) {
		free(x);
		return;
	}
	make_room(v);
	x->next = v->watchers;
	v->watchers = x;
	v->gone_t = INT64_MAX;
	send_state(g, x, row);
}

int64_t yj_visitwatch_due(const struct yj_gateway *g)
{
	int64_t due = INT64_MAX;
	for (const struct visit *v = g->visitwatch->visits; v; v = v->next)
		if (v->gone_t < due)
			due = v->gone_t;
	return due;
}

int64_t yj_visitwatch_gone(struct yj_gateway *g)
{
	for (struct visit *v = g->visitwatch->visits; v; v = v->next) {
		if (v->gone_t > g->now.t)
			continue;
		int64_t n = v->n;
		drop_visit(g->visitwatch, v);
		return n;
	}
	return 0;
}
