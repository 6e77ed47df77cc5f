/* BTHome v2: how long each object is, and what those that matter become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bthome.h"

static struct yj_reports reports;

static const struct yj_report *read_bytes(const unsigned char *bytes, size_t len)
{
	reports.n = 0;
	struct yj_report *r = yj_report_add(&reports);
	yj_bthome_read(r, bytes, len);
	return r;
}

#define READ(...)                                                                                  \
	read_bytes((const unsigned char[]){__VA_ARGS__}, sizeof((unsigned char[]){__VA_ARGS__}))

/* By the number of bytes, as the specification lists them. */
static const struct {
	size_t len;
	unsigned char ids[64];
} lengths[] = {
    {1, {0x00, 0x01, 0x09, 0x0f, 0x10, 0x11, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d,
	    0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b,
	    0x2c, 0x2d, 0x2e, 0x2f, 0x3a, 0x46, 0x57, 0x58, 0x59, 0x60}},
    {2, {0x02, 0x03, 0x06, 0x07, 0x08, 0x0c, 0x0d, 0x0e, 0x12, 0x13, 0x14, 0x3c, 0x3d, 0x3f, 0x40,
	    0x41, 0x43, 0x44, 0x45, 0x47, 0x48, 0x49, 0x4a, 0x51, 0x52, 0x56, 0x5a, 0x5d, 0x5e,
	    0x5f, 0xf0}},
    {3, {0x04, 0x05, 0x0a, 0x0b, 0x42, 0x4b, 0xf2}},
    {4, {0x3e, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x55, 0x5b, 0x5c, 0xf1}},
};

static void test_a_press_behind_each_object(void **state)
{
	size_t seen = 0;
	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		for (size_t k = 0; k < sizeof lengths[i].ids; k++) {
			unsigned char packet[8] = {0x44, lengths[i].ids[k]};
			size_t len = 2 + lengths[i].len;
			if (k > 0 && lengths[i].ids[k] == 0)
				break;
			packet[len++] = 0x3a;
			packet[len++] = 0x04;
			const struct yj_report *r = read_bytes(packet, len);
			const struct yj_sign *press = NULL;
			for (size_t n = 0; n < r->n_signs; n++)
				if (r->signs[n].type == YJ_SIGN_PRESS)
					press = &r->signs[n];
			assert_non_null(press);
			assert_non_null(strstr(press->key, "long"));
			seen++;
		}
	}
	assert_int_equal(seen, 87);
}

static void test_texts_have_a_length(void **state)
{
	(void)state;
	assert_int_equal(READ(0x44, 0x53, 2, 'a', 0x3a, 0x3a, 0x01)->n_signs, 1);
	assert_int_equal(READ(0x44, 0x53, 0, 0x3a, 0x01)->n_signs, 1);
	assert_int_equal(READ(0x44, 0x54, 200, 0x3a, 0x01)->base, YJ_BASE_ERROR);
	assert_int_equal(READ(0x44, 0x01, 50, 0x53)->base, YJ_BASE_HEARTBEAT);
}

static void test_what_cannot_be_read(void **state)
{
	(void)state;
	assert_int_equal(read_bytes((const unsigned char *)"", 0)->base, YJ_BASE_ERROR);
	assert_int_equal(READ(0x02, 0x3a, 0x01)->base, YJ_BASE_ERROR); /* version 1 */
	assert_int_equal(READ(0x64, 0x3a, 0x01)->base, YJ_BASE_ERROR); /* a version to come */
	assert_int_equal(READ(0x44, 0x99, 0x3a, 0x01)->base, YJ_BASE_ERROR);
	assert_int_equal(READ(0x44)->base, YJ_BASE_HEARTBEAT); /* it has nothing to say */
	const struct yj_report *r = READ(0x45, 0x11, 0x22, 0x33);
	assert_int_equal(r->base, YJ_BASE_ERROR);
	assert_int_equal(r->readings.faults, YJ_FAULT_SEALED);
	assert_int_equal(r->readings.faults_known, YJ_FAULT_SEALED);
}

static void test_presses(void **state)
{
	(void)state;
	assert_int_equal(READ(0x44, 0x00, 1, 0x3a, 0x00)->n_signs, 0);
	const struct yj_report *r = READ(0x44, 0x00, 0x1d, 0x01, 0x64, 0x3a, 0x02);
	assert_int_equal(r->n_signs, 1);
	assert_string_equal(r->signs[0].key, "double");
	assert_int_equal(r->signs[0].repeat, YJ_REPEAT_NONE); /* the packet's number tells */
	assert_int_equal(r->repeat, YJ_REPEAT_PACKET);
	assert_string_equal(r->dedup, "29");
	assert_true(r->readings.life);
	r = READ(0x44, 0x3a, 0x01);
	assert_int_equal(r->repeat, YJ_REPEAT_NONE);
	assert_int_equal(r->signs[0].repeat, YJ_REPEAT_WINDOW);
	r = READ(0x44, 0x00, 7, 0x3a, 0, 0x3a, 0xfe, 0x3a, 0, 0x3a, 0x01);
	assert_int_equal(r->n_signs, 2);
	assert_string_equal(r->signs[0].key, "2:hold");
	assert_string_equal(r->signs[1].key, "4:single");
	assert_string_equal(READ(0x44, 0x3a, 0x77)->signs[0].key, "other"); /* of a newer format */
}

static void test_conditions(void **state)
{
	static const struct {
		unsigned char id;
		enum yj_kind kind;
	} rows[] = {
	    {0x29, YJ_KIND_SMOKE}, {0x1c, YJ_KIND_GAS}, {0x17, YJ_KIND_GAS}, {0x20, YJ_KIND_LEAK}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct yj_report *r = READ(0x44, rows[i].id, 1);
		assert_int_equal(r->signs[0].type, YJ_SIGN_STATE);
		assert_int_equal(r->signs[0].kind, rows[i].kind);
		assert_true(r->signs[0].on);
		assert_false(READ(0x44, rows[i].id, 0)->signs[0].on);
	}
	assert_int_equal(READ(0x44, 0x2d, 1)->signs[0].type, YJ_SIGN_CHANGE);
	assert_true(READ(0x44, 0x21, 1)->readings.life);
	assert_false(READ(0x44, 0x21, 0)->readings.life);
	assert_int_equal(READ(0x44, 0x2b, 1)->readings.faults, YJ_FAULT_TAMPER);
	assert_int_equal(READ(0x44, 0x2b, 0)->readings.faults, 0);
	assert_int_equal(READ(0x44, 0x2b, 0)->readings.faults_known, YJ_FAULT_TAMPER);
	assert_int_equal(READ(0x44, 0x26, 1)->readings.faults, YJ_FAULT_TROUBLE);
	assert_int_equal(READ(0x44, 0x15, 1)->readings.battery_low, 1);
	assert_int_equal(READ(0x44, 0x16, 1)->readings.mains, 1);
	assert_string_equal(READ(0x44, 0xf1, 4, 3, 2, 1)->readings.fw, "1.2.3.4");
	assert_true(READ(0x44, 0x01, 101)->readings.battery_pct < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_press_behind_each_object),
	    cmocka_unit_test(test_texts_have_a_length),
	    cmocka_unit_test(test_what_cannot_be_read),
	    cmocka_unit_test(test_presses),
	    cmocka_unit_test(test_conditions),
	};
	return cmocka_run_group_tests_name("bthome", tests, NULL, NULL);
}
