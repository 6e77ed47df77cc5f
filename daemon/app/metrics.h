/* What /metrics shows: counters and histograms of this process. What a transaction counts is taken
 * back with it. */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include <event2/buffer.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/words.h"

#define YJ_BUCKETS 14

struct yj_histogram {
	uint64_t buckets[YJ_BUCKETS + 1]; /* the last is +Inf */
	uint64_t count;
	double sum_s;
};

enum yj_delivery_result { YJ_RESULT_SENT, YJ_RESULT_DELIVERED, YJ_RESULT_FAILED, YJ_RESULT_COUNT };

#define YJ_METRIC_PAIRS 512 /* label pairs kept of one metric */
/* of these for "" and "other", as which further second labels count: one of each per first label */
#define YJ_METRIC_PAIRS_SPARE 64

struct yj_pairs { /* counters by two labels */
	struct {
		char a[96], b[80];
		uint64_t n;
	} v[YJ_METRIC_PAIRS];
	unsigned n;
};

struct yj_counted {	      /* by a transaction that is not committed yet */
	uint64_t *counter[2]; /* each by one; the second may be NULL */
	double *sum_s;	      /* may be NULL */
	double by_s;
};

struct yj_metrics {
	uint64_t alerts[YJ_KIND_COUNT];
	uint64_t duplicates;
	uint64_t audits;
	uint64_t pushes_denied;	      /* over HTTP, by whom nobody knows */
	struct yj_pairs *rejected;    /* reason, device */
	struct yj_pairs *deliveries;  /* channel, result */
	struct yj_histogram commit;   /* seconds of one commit */
	struct yj_histogram lateness; /* seconds a deadline fired late */
	struct yj_counted *counted;
	size_t n_counted, cap_counted;
};

struct yj_gateway;

int yj_metrics_init(struct yj_metrics *m); /* 0 or YJ_ERR_NOMEM */
void yj_metrics_done(struct yj_metrics *m);
/* Counts for good. */
void yj_histogram_add(struct yj_histogram *h, double seconds);
/* Within a transaction. */
void yj_metrics_count(struct yj_metrics *m, uint64_t *counter);
void yj_metrics_count_pair(
    struct yj_metrics *m, struct yj_pairs *pairs, const char *a, const char *b);
void yj_metrics_time(struct yj_metrics *m, struct yj_histogram *h, double seconds);
/* A point within a transaction, to which it may be taken back (0: its beginning); and: it is
 * committed. */
size_t yj_metrics_mark(const struct yj_metrics *m);
void yj_metrics_undo(struct yj_metrics *m, size_t mark);
void yj_metrics_keep(struct yj_metrics *m);
/* The Prometheus text exposition, version 0.0.4. */
void yj_metrics_write(struct yj_gateway *g, struct evbuffer *out);

#endif
