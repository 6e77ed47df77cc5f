/* What golden vectors cannot say of the codec: encodings of records that no payload decodes to, and
 * memory that runs out. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/message.h"

static void assert_encodes(const struct yj_message *m, const char *want)
{
	size_t len = 0;
	char *text = yj_message_encode(m, &len);
	assert_non_null(text);
	assert_string_equal(text, want);
	assert_int_equal(len, strlen(want));
	free(text);
	text = yj_message_encode(m, NULL);
	assert_string_equal(text, want);
	free(text);
}

static void test_missing_required_string(void **state)
{
	(void)state;
	struct yj_message m = {.type = YJ_TOPIC_DOWN_CALL};
	m.u.down_call.id = "a";
	m.u.down_call.text = "";
	assert_encodes(&m, "{\"id\":\"a\",\"state\":\"received\",\"text\":\"\"}");
	m.u.down_call.text = NULL;
	assert_null(yj_message_encode(&m, NULL));
	m.u.down_call.text = "";
	m.u.down_call.id = NULL;
	assert_null(yj_message_encode(&m, NULL));
	m.u.down_call.id = ""; /* would be refused by whoever reads it */
	assert_null(yj_message_encode(&m, NULL));
	struct yj_message log = {.type = YJ_TOPIC_LOG};
	assert_null(yj_message_encode(&log, NULL));
}

static void test_missing_resident(void **state)
{
	(void)state;
	struct yj_message m = {.type = YJ_TOPIC_INBOX};
	struct yj_msg_inbox *inbox = &m.u.inbox;
	inbox->id = inbox->incident = "i";
	inbox->text = "";
	inbox->resident.id = inbox->resident.name = "";
	inbox->resident.address = inbox->resident.phone = "";
	char *text = yj_message_encode(&m, NULL);
	assert_non_null(text);
	free(text);
	inbox->resident.phone = NULL;
	assert_null(yj_message_encode(&m, NULL));
}

static void test_text_that_is_not_utf8_is_repaired(void **state)
{
	(void)state;
	struct yj_message m = {.type = YJ_TOPIC_RESULT};
	m.u.result.id = "a";
	m.u.result.ok = true;
	m.u.result.by = "\xc3(\xff"
			"\xe6\x9d\x8e"
			"\xed\xa0\x80"
			"x\xe6";
	assert_encodes(&m, "{\"id\":\"a\",\"ok\":true,\"by\":\"\xef\xbf\xbd(\xef\xbf\xbd"
			   "\xe6\x9d\x8e"
			   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
			   "x\xef\xbf\xbd\"}");
}

static void test_numbers_that_json_has_not(void **state)
{
	(void)state;
	struct yj_message m = {.type = YJ_TOPIC_ALARM};
	m.u.alarm.id = "a";
	m.u.alarm.kind = YJ_KIND_GAS;
	m.u.alarm.has_value = true;
	m.u.alarm.value = (double)NAN;
	m.u.alarm.pos = (struct yj_pos){.set = true, .lat = (double)INFINITY};
	assert_encodes(&m, "{\"id\":\"a\",\"ts\":0,\"kind\":\"gas\"}");
	m.u.alarm.value = -(double)INFINITY;
	m.u.alarm.pos = (struct yj_pos){.set = true, .acc_m = (double)NAN};
	assert_encodes(
	    &m, "{\"id\":\"a\",\"ts\":0,\"kind\":\"gas\",\"pos\":{\"lat\":0,\"lon\":0}}");
}

static void test_long_text_grows_the_buffer(void **state)
{
	(void)state;
	enum { LEN = 1 << 20 };
	char *note = malloc(LEN + 1);
	memset(note, '"', LEN);
	note[LEN] = '\0';
	struct yj_message m = {.type = YJ_TOPIC_RESULT};
	m.u.result.id = "a";
	m.u.result.reason = note;
	size_t len;
	char *text = yj_message_encode(&m, &len);
	assert_non_null(text);
	assert_int_equal(len, strlen("{\"id\":\"a\",\"ok\":false,\"reason\":\"\"}") + 2 * LEN);
	assert_int_equal(strlen(text), len);
	free(text);
	free(note);
}

static void test_done_is_safe_twice(void **state)
{
	(void)state;
	struct yj_message m = {0};
	struct yj_message zero = {0};
	struct yj_refusal why;
	yj_message_done(&m);
	const char *text = "{\"id\":\"a\",\"ts\":5}";
	assert_int_equal(yj_message_decode(YJ_TOPIC_WELL, text, strlen(text), &m, &why), 0);
	assert_non_null(m.doc);
	yj_message_done(&m);
	assert_memory_equal(&m, &zero, sizeof(m));
	yj_message_done(&m);
}

static void test_log_is_no_message(void **state)
{
	(void)state;
	struct yj_message m;
	struct yj_refusal why;
	assert_int_equal(yj_message_decode(YJ_TOPIC_LOG, "{}", 2, &m, &why), YJ_ERR_INVAL);
}

static int allocs_left;

static void *scarce_malloc(size_t size)
{
	if (allocs_left-- > 0)
		return malloc(size);
	errno = ENOMEM; /* as malloc does (POSIX) */
	return NULL;
}

/* Fails each allocation of the parser in turn: the decode says so, or does without it. */
static void test_out_of_memory(void **state)
{
	(void)state;
	/* The large number makes the codec parse a second time. Tokens are under 16 bytes: where
	 * jansson fails to grow its buffer of a longer one, it aborts. */
	const char *text = "{\"id\":\"a\",\"x\":[1e999,{\"y\":\"z\"}],\"ts\":5,"
			   "\"kind\":\"fall\",\"text\":\"\xe4\xb8\x80\"}";
	struct yj_message untouched;
	memset(&untouched, 0x5a, sizeof(untouched));
	int failures = 0;
	int err = YJ_ERR_NOMEM;
	json_set_alloc_funcs(scarce_malloc, free);
	for (int allocs = 0; err != 0; allocs++) {
		struct yj_message m = untouched;
		struct yj_refusal why;
		allocs_left = allocs;
		err = yj_message_decode(YJ_TOPIC_ALARM, text, strlen(text), &m, &why);
		if (err == 0) {
			yj_message_done(&m);
			break;
		}
		assert_int_equal(err, YJ_ERR_NOMEM);
		assert_memory_equal(&m, &untouched, sizeof(m));
		failures++;
		assert_in_range(allocs, 0, 1000);
	}
	json_set_alloc_funcs(malloc, free);
	assert_in_range(failures, 20, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_missing_required_string),
	    cmocka_unit_test(test_missing_resident),
	    cmocka_unit_test(test_text_that_is_not_utf8_is_repaired),
	    cmocka_unit_test(test_numbers_that_json_has_not),
	    cmocka_unit_test(test_long_text_grows_the_buffer),
	    cmocka_unit_test(test_done_is_safe_twice),
	    cmocka_unit_test(test_log_is_no_message),
	    cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
