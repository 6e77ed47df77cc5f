/* Percentiles of the fleet's summary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "latency.h"

static void test_percentiles(void **state)
{
	struct sim_latency lat = {0};

	(void)state;
	assert_int_equal(sim_latency_percentile(&lat, 50), -1);
	/* 1 to 5000, scattered (7919 is prime to 5000) */
	for (int64_t i = 0; i < 5000; i++)
		assert_int_equal(sim_latency_add(&lat, i * 7919 % 5000 + 1), 0);
	assert_int_equal(sim_latency_percentile(&lat, 0), 1);
	assert_int_equal(sim_latency_percentile(&lat, 50), 2500);
	assert_int_equal(sim_latency_percentile(&lat, 99), 4950);
	assert_int_equal(sim_latency_percentile(&lat, 100), 5000);
	sim_latency_done(&lat);
	assert_int_equal(sim_latency_percentile(&lat, 50), -1);
}

static void test_bounds(void **state)
{
	struct sim_latency lat = {0};

	(void)state;
	assert_int_equal(sim_latency_add(&lat, -5), 0);
	assert_int_equal(sim_latency_percentile(&lat, 99), 0);
	assert_int_equal(sim_latency_add(&lat, INT64_MAX), 0);
	assert_int_equal(sim_latency_percentile(&lat, 99), UINT32_MAX);
	sim_latency_done(&lat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_percentiles),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("sim_latency", tests, NULL, NULL);
}
