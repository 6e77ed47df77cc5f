/* What /metrics shows: counters and histograms of this process. */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include <event2/buffer.h>
#include <stdint.h>

#include "proto/words.h"

#define YJ_BUCKETS 14

struct yj_histogram {
	uint64_t buckets[YJ_BUCKETS + 1]; /* the last is +Inf */
	uint64_t count;
	double sum_s;
};

enum yj_delivery_result { YJ_RESULT_SENT, YJ_RESULT_DELIVERED, YJ_RESULT_FAILED, YJ_RESULT_COUNT };

#define YJ_METRIC_PAIRS 512 /* label pairs kept of one metric; further ones count as "other" */

struct yj_pairs { /* counters by two labels */
	struct {
		char a[96], b[80];
		uint64_t n;
	} v[YJ_METRIC_PAIRS];
	unsigned n;
};

struct yj_metrics {
	uint64_t alerts[YJ_KIND_COUNT];
	uint64_t duplicates;
	struct yj_pairs *rejected;    /* reason, device */
	struct yj_pairs *deliveries;  /* channel, result */
	struct yj_histogram commit;   /* seconds of one commit */
	struct yj_histogram lateness; /* seconds a deadline fired late */
};

struct yj_gateway;

int yj_metrics_init(struct yj_metrics *m); /* 0 or YJ_ERR_NOMEM */
void yj_metrics_done(struct yj_metrics *m);
void yj_histogram_add(struct yj_histogram *h, double seconds);
void yj_pairs_add(struct yj_pairs *pairs, const char *a, const char *b);
/* The Prometheus text exposition, version 0.0.4. */
void yj_metrics_write(struct yj_gateway *g, struct evbuffer *out);

#endif
