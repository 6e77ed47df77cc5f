/* Counters and histograms, and what is taken back with a transaction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "metrics.h"

static uint64_t of(const struct yj_pairs *p, const char *a, const char *b)
{
	for (unsigned i = 0; i < p->n; i++)
		if (strcmp(p->v[i].a, a) == 0 && strcmp(p->v[i].b, b) == 0)
			return p->v[i].n;
	return 0;
}

/* More devices than there is room for: none is lost, and those of no device stay by themselves. */
static void test_every_one_counts(void **state)
{
	struct yj_metrics m;
	char device[16];
	(void)state;
	assert_int_equal(yj_metrics_init(&m), 0);
	for (int i = 0; i < 2000; i++) {
		snprintf(device, sizeof device, "b%d", i);
		yj_metrics_count_pair(&m, m.rejected, i % 2 ? "json" : "field", device);
	}
	yj_metrics_count_pair(&m, m.rejected, "unknown_device", "");
	yj_metrics_count_pair(&m, m.rejected, "size", "b9999");
	assert_int_equal(of(m.rejected, "unknown_device", ""), 1);
	assert_int_equal(of(m.rejected, "size", "other"), 1);
	assert_int_equal(of(m.rejected, "json", "b1"), 1);
	uint64_t sum = 0;
	for (unsigned i = 0; i < m.rejected->n; i++)
		sum += m.rejected->v[i].n;
	assert_int_equal(sum, 2002);
	yj_metrics_done(&m);
}

static void test_taken_back(void **state)
{
	struct yj_metrics m;
	(void)state;
	assert_int_equal(yj_metrics_init(&m), 0);
	yj_metrics_count(&m, &m.duplicates);
	yj_metrics_time(&m, &m.lateness, 0.25);
	yj_metrics_keep(&m);
	yj_metrics_count(&m, &m.duplicates);
	size_t mark = yj_metrics_mark(&m);
	yj_metrics_count_pair(&m, m.deliveries, "mqtt", "sent");
	yj_metrics_time(&m, &m.lateness, 100);
	yj_metrics_undo(&m, mark);
	assert_int_equal(of(m.deliveries, "mqtt", "sent"), 0);
	assert_int_equal(m.lateness.count, 1);
	assert_int_equal(m.lateness.buckets[YJ_BUCKETS], 0);
	assert_true(m.lateness.sum_s > 0.24 && m.lateness.sum_s < 0.26);
	assert_int_equal(m.duplicates, 2);
	yj_metrics_undo(&m, 0);
	assert_int_equal(m.duplicates, 1);
	yj_metrics_undo(&m, 0);
	assert_int_equal(m.duplicates, 1);
	yj_metrics_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_one_counts),
	    cmocka_unit_test(test_taken_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
