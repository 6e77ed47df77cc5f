/* What a device's keys mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/keys.h"

static const struct {
	const char *keys, *key;
	int means; /* -1: ignored */
} rows[] = {
    {"", "single", YJ_KIND_SOS},
    {"double=family", "single", YJ_KIND_SOS},
    {"double=family", "double", YJ_KIND_FAMILY},
    {"double=family", "DOUBLE", YJ_KIND_FAMILY},
    {" single=sos; double=SERVICE ;hold=ignore", "double", YJ_KIND_SERVICE},
    {"single=sos;hold=ignore", "hold", -1},
    {"*=ignore;single=sos", "single", YJ_KIND_SOS},
    {"single=sos;*=ignore", "single", YJ_KIND_SOS},
    {"single=sos;*=ignore", "x", -1},
    {"single=family;single=service", "single", YJ_KIND_FAMILY},
    {"single", "single", YJ_KIND_SOS}, /* unreadable: a press is never lost by it */
    {"single=nonsense", "single", YJ_KIND_SOS},
    {"1:long=family", "1:long", YJ_KIND_FAMILY},
    {"long=family", "1:long", YJ_KIND_FAMILY}, /* of whichever button */
    {"long=family;1:long=service", "1:long", YJ_KIND_SERVICE},
    {"*=ignore;long=family", "1:long", YJ_KIND_FAMILY},
    {"long=family;*=ignore", "1:single", -1},
    {"1=family", "1:long", YJ_KIND_SOS},
};

static void test_meanings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum yj_kind button = YJ_KIND_COUNT;
		bool counts = yj_keys_button(rows[i].keys, rows[i].key, &button);
		assert_int_equal(counts, rows[i].means >= 0);
		if (counts)
			assert_int_equal(button, rows[i].means);
	}
}

static void test_check(void **state)
{
	(void)state;
	assert_null(yj_keys_check(""));
	assert_null(yj_keys_check("single=sos;double=family;*=ignore;"));
	assert_non_null(yj_keys_check("single"));
	assert_non_null(yj_keys_check("=sos"));
	assert_non_null(yj_keys_check("single="));
	assert_non_null(yj_keys_check("single=sos;double=help"));
	assert_non_null(yj_keys_check("single=fall"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_meanings),
	    cmocka_unit_test(test_check),
	};
	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
