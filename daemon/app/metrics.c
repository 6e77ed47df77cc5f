#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beds.h"
#include "gateway.h"
#include "life.h"

static const double bounds[YJ_BUCKETS] = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60};

int yj_metrics_init(struct yj_metrics *m)
{
	memset(m, 0, sizeof *m);
	m->rejected = calloc(1, sizeof *m->rejected);
	m->deliveries = calloc(1, sizeof *m->deliveries);
	return m->rejected && m->deliveries ? 0 : YJ_ERR_NOMEM;
}

void yj_metrics_done(struct yj_metrics *m)
{
	free(m->rejected);
	free(m->deliveries);
	free(m->counted);
	memset(m, 0, sizeof *m);
}

static uint64_t *bucket(struct yj_histogram *h, double seconds)
{
	int i = 0;
	while (i < YJ_BUCKETS && seconds > bounds[i])
		i++;
	return &h->buckets[i];
}

void yj_histogram_add(struct yj_histogram *h, double seconds)
{
	++*bucket(h, seconds);
	h->count++;
	h->sum_s += seconds;
}

/* Without memory it counts all the same, and stays counted if the transaction is undone. */
static void remember(struct yj_metrics *m, struct yj_counted counted)
{
	if (m->n_counted == m->cap_counted) {
		size_t cap = m->cap_counted ? m->cap_counted * 2 : 256;
		void *v = realloc(m->counted, cap * sizeof *m->counted);
		if (!v)
			return;
		m->counted = v;
		m->cap_counted = cap;
	}
	m->counted[m->n_counted++] = counted;
}

void yj_metrics_count(struct yj_metrics *m, uint64_t *counter)
{
	++*counter;
	remember(m, (struct yj_counted){.counter = {counter, NULL}});
}

void yj_metrics_time(struct yj_metrics *m, struct yj_histogram *h, double seconds)
{
	yj_histogram_add(h, seconds);
	remember(m, (struct yj_counted){{bucket(h, seconds), &h->count}, &h->sum_s, seconds});
}

static uint64_t *pair(struct yj_pairs *p, const char *a, const char *b)
{
	for (unsigned i = 0; i < p->n; i++)
		if (strcmp(p->v[i].a, a) == 0 && strcmp(p->v[i].b, b) == 0)
			return &p->v[i].n;
	bool spare = b[0] == '\0' || strcmp(b, "other") == 0;
	if (p->n >= YJ_METRIC_PAIRS - YJ_METRIC_PAIRS_SPARE && !spare)
		return pair(p, a, "other");
	if (p->n == YJ_METRIC_PAIRS)
		return NULL;
	snprintf(p->v[p->n].a, sizeof p->v[p->n].a, "%s", a);
	snprintf(p->v[p->n].b, sizeof p->v[p->n].b, "%s", b);
	return &p->v[p->n++].n;
}

void yj_metrics_count_pair(struct yj_metrics *m, struct yj_pairs *p, const char *a, const char *b)
{
	uint64_t *counter = pair(p, a, b);
	if (counter)
		yj_metrics_count(m, counter);
}

size_t yj_metrics_mark(const struct yj_metrics *m)
{
	return m->n_counted;
}

void yj_metrics_undo(struct yj_metrics *m, size_t mark)
{
	while (m->n_counted > mark) {
		struct yj_counted *c = &m->counted[--m->n_counted];
		for (int i = 0; i < 2; i++)
			if (c->counter[i])
				--*c->counter[i];
		if (c->sum_s)
			*c->sum_s -= c->by_s;
	}
}

void yj_metrics_keep(struct yj_metrics *m)
{
	m->n_counted = 0;
}

static void head(struct evbuffer *out, const char *name, const char *type, const char *help)
{
	evbuffer_add_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_histogram(
    struct evbuffer *out, const char *name, const char *help, const struct yj_histogram *h)
{
	head(out, name, "histogram", help);
	uint64_t sum = 0;
	for (int i = 0; i < YJ_BUCKETS; i++) {
		sum += h->buckets[i];
		evbuffer_add_printf(
		    out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, bounds[i], sum);
	}
	evbuffer_add_printf(out,
	    "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %.15g\n%s_count %" PRIu64 "\n", name,
	    h->count, name, h->sum_s, name, h->count);
}

static void write_pairs(struct evbuffer *out, const char *name, const char *help, const char *a,
    const char *b, const struct yj_pairs *p)
{
	head(out, name, "counter", help);
	for (unsigned i = 0; i < p->n; i++) {
		if (p->v[i].b[0])
			evbuffer_add_printf(out, "%s{%s=\"%s\",%s=\"%s\"} %" PRIu64 "\n", name, a,
			    p->v[i].a, b, p->v[i].b, p->v[i].n);
		else
			evbuffer_add_printf(
			    out, "%s{%s=\"%s\"} %" PRIu64 "\n", name, a, p->v[i].a, p->v[i].n);
	}
}

static void write_open(struct yj_gateway *g, struct evbuffer *out)
{
	int64_t counts[YJ_LEVELS_MAX], pending, oldest;
	head(out, "yijian_incidents_open", "gauge", "Incidents that are not closed, by level.");
	if (yj_incident_counts(g->store, counts) == 0)
		for (int i = 0; i < YJ_LEVELS_MAX; i++)
			if (counts[i] || i == 0)
				evbuffer_add_printf(out,
				    "yijian_incidents_open{level=\"%d\"} %" PRId64 "\n", i,
				    counts[i]);
	head(out, "yijian_outbox_pending", "gauge", "Deliveries that wait to be sent.");
	if (yj_outbox_pending(g->store, &pending, &oldest) == 0)
		evbuffer_add_printf(out, "yijian_outbox_pending %" PRId64 "\n", pending);
}

void yj_metrics_write(struct yj_gateway *g, struct evbuffer *out)
{
	const struct yj_metrics *m = &g->metrics;
	head(out, "yijian_alerts_total", "counter", "Alerts taken, by kind.");
	for (int i = 0; i < YJ_KIND_COUNT; i++)
		evbuffer_add_printf(out, "yijian_alerts_total{kind=\"%s\"} %" PRIu64 "\n",
		    yj_kind_name((enum yj_kind)i), m->alerts[i]);
	head(out, "yijian_alerts_duplicate_total", "counter", "Alerts that had come before.");
	evbuffer_add_printf(out, "yijian_alerts_duplicate_total %" PRIu64 "\n", m->duplicates);
	write_pairs(out, "yijian_alerts_rejected_total", "Messages refused.", "reason", "device",
	    m->rejected);
	head(out, "yijian_pushes_denied_total", "counter",
	    "Pushes over HTTP without the right token or signature.");
	evbuffer_add_printf(out, "yijian_pushes_denied_total %" PRIu64 "\n", m->pushes_denied);
	write_open(g, out);
	write_pairs(out, "yijian_deliveries_total", "What became of deliveries.", "channel",
	    "result", m->deliveries);
	write_histogram(out, "yijian_commit_seconds", "How long a commit takes.", &m->commit);
	write_histogram(
	    out, "yijian_deadline_lateness_seconds", "How late deadlines fire.", &m->lateness);
	head(out, "yijian_residents_watched", "gauge",
	    "Residents who are missed when they are silent.");
	evbuffer_add_printf(out, "yijian_residents_watched %zu\n", yj_life_watched(g));
	head(out, "yijian_audits_total", "counter", "Self-audits done.");
	evbuffer_add_printf(out, "yijian_audits_total %" PRIu64 "\n", m->audits);
	head(out, "yijian_degraded", "gauge", "1 while the gateway is degraded.");
	evbuffer_add_printf(out, "yijian_degraded %d\n", g->trouble != 0);
	head(out, "yijian_beds_wrong", "gauge", "Beds in which somebody lies who should not.");
	evbuffer_add_printf(out, "yijian_beds_wrong %zu\n", yj_beds_wrong(g));
	head(out, "yijian_build_info", "gauge", "Version of this program.");
	evbuffer_add_printf(out, "yijian_build_info{version=\"" YJ_VERSION "\"} 1\n");
}
