/* Message ids of the simulator: UUID version 7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/limits.h"
#include "uuid7.h"

static const uint8_t zeros[10];
static const uint8_t ones[10] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void test_layout(void **state)
{
	/* the time of RFC 9562, appendix A.6 */
	struct sim_uuid7 gen = {0};
	char id[SIM_UUID7_LEN];

	(void)state;
	assert_string_equal(sim_uuid7_make(&gen, 0x017F22E279B0, zeros, id),
	    "017f22e2-79b0-7000-8000-000000000000");
	gen = (struct sim_uuid7){0};
	assert_string_equal(
	    sim_uuid7_make(&gen, 0x017F22E279B0, ones, id), "017f22e2-79b0-77ff-bfff-ffffffffffff");
	assert_true(strlen(id) <= YJ_MSGID_MAX);
}

static void test_grows_within_a_millisecond(void **state)
{
	struct sim_uuid7 gen = {0};
	char before[SIM_UUID7_LEN] = "", id[SIM_UUID7_LEN];

	(void)state;
	/* far more than the counter holds, so the time has to be pushed on */
	for (int i = 0; i < 20000; i++) {
		sim_uuid7_make(&gen, 1764000000000, i % 2 == 0 ? ones : zeros, id);
		assert_true(strcmp(before, id) < 0);
		memcpy(before, id, sizeof(id));
	}
	assert_true(gen.last_ms > 1764000000000);
}

static void test_grows_when_the_clock_goes_back(void **state)
{
	struct sim_uuid7 gen = {0};
	char before[SIM_UUID7_LEN], id[SIM_UUID7_LEN];

	(void)state;
	sim_uuid7_make(&gen, 1764000000000, ones, before);
	assert_true(strcmp(before, sim_uuid7_make(&gen, 1763999999000, zeros, id)) < 0);
	assert_true(strcmp(id, sim_uuid7_make(&gen, 1764000000001, zeros, before)) < 0);
}

static void test_process_ids_differ(void **state)
{
	char a[SIM_UUID7_LEN], b[SIM_UUID7_LEN];

	(void)state;
	sim_uuid7_next(a);
	sim_uuid7_next(b);
	assert_true(strcmp(a, b) < 0);
	assert_int_equal(a[14], '7');
	/* the random tails of two ids agree once in 2^62 */
	assert_string_not_equal(a + 19, b + 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_grows_within_a_millisecond),
	    cmocka_unit_test(test_grows_when_the_clock_goes_back),
	    cmocka_unit_test(test_process_ids_differ),
	};

	return cmocka_run_group_tests_name("sim_uuid7", tests, NULL, NULL);
}
