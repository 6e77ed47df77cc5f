/* Topics: the golden vectors of proto/golden/topics.jsonl, names, and buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/topic.h"
#include "proto/words.h"
#include "proto_vectors.h"

static const char *const type_names[] = {"call", "alarm", "well", "cancel", "heartbeat", "vital",
    "checkin", "visit", "dev_state", "down_call", "down_visit", "inbox", "reply", "result",
    "gw_state", "log"};

/* An exact copy, so that the address sanitizer sees a byte too far. */
static char *exact(const char *bytes, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, len);
	return copy;
}

static void check_speaker(const char *topic, size_t len, const json_t *want)
{
	char who[YJ_NAME_MAX + 1] = "nobody";
	int err = yj_topic_speaker(topic, len, who);
	if (json_is_null(want)) {
		assert_int_equal(err, YJ_ERR_NOTFOUND);
		assert_string_equal(who, "nobody");
		return;
	}
	size_t want_len;
	char *name = vectors_bytes(want, &want_len);
	assert_int_equal(err, 0);
	assert_string_equal(who, name);
	free(name);
}

static void check_topic(const json_t *vector)
{
	size_t len;
	char *bytes = vectors_bytes(json_object_get(vector, "topic"), &len);
	char *topic = exact(bytes, len);
	const char *type = json_string_value(json_object_get(vector, "type"));
	struct yj_topic parsed;
	struct yj_topic untouched;
	memset(&parsed, 0x5a, sizeof(parsed));
	memset(&untouched, 0x5a, sizeof(untouched));
	int err = yj_topic_parse(topic, len, &parsed);
	if (!type) {
		if (err != YJ_ERR_INVAL)
			fail_msg("read: %s", bytes);
		assert_memory_equal(&parsed, &untouched, sizeof(parsed));
	} else {
		size_t who_len;
		char *who = vectors_bytes(json_object_get(vector, "who"), &who_len);
		if (err != 0)
			fail_msg("not read: %s", bytes);
		assert_string_equal(type_names[parsed.type], type);
		assert_string_equal(parsed.who, who);
		char back[YJ_TOPIC_MAX];
		assert_int_equal(yj_topic_format(parsed.type, who, back, sizeof(back)), (int)len);
		assert_string_equal(back, bytes);
		free(who);
	}
	check_speaker(topic, len, json_object_get(vector, "speaker"));
	free(topic);
	free(bytes);
}

static void test_vectors(void **state)
{
	(void)state;
	json_t *all = vectors_load("topics");
	size_t i;
	json_t *vector;
	bool seen[YJ_TOPIC_LOG + 1] = {false};
	json_array_foreach(all, i, vector)
	{
		check_topic(vector);
		const char *type = json_string_value(json_object_get(vector, "type"));
		for (size_t t = 0; type && t <= YJ_TOPIC_LOG; t++)
			seen[t] = seen[t] || strcmp(type_names[t], type) == 0;
	}
	for (size_t t = 0; t <= YJ_TOPIC_LOG; t++)
		assert_true(seen[t]);
	json_decref(all);
}

static void test_no_prefix_of_a_topic_is_a_topic(void **state)
{
	(void)state;
	const char *topic = "yj/v1/dev/d1/up/heartbeat";
	struct yj_topic parsed;
	for (size_t len = 0; len < strlen(topic); len++) {
		char *prefix = exact(topic, len);
		assert_int_equal(yj_topic_parse(prefix, len, &parsed), YJ_ERR_INVAL);
		free(prefix);
	}
}

static void test_names(void **state)
{
	(void)state;
	char longest[YJ_NAME_MAX + 2];
	memset(longest, 'a', sizeof(longest) - 1);
	longest[YJ_NAME_MAX + 1] = '\0';
	assert_false(yj_name_valid(longest));
	longest[YJ_NAME_MAX] = '\0';
	assert_true(yj_name_valid(longest));
	assert_false(yj_name_valid(""));
	const char *good = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	for (int c = 1; c < 256; c++) {
		char name[] = {'x', (char)c, '\0'};
		assert_int_equal(yj_name_valid(name), strchr(good, c) != NULL);
		assert_int_equal(yj_name_valid(name + 1), strchr(good, c) != NULL);
	}
}

static void test_format_refuses(void **state)
{
	(void)state;
	char buf[YJ_TOPIC_MAX] = "kept";
	assert_int_equal(yj_topic_format(YJ_TOPIC_CALL, "", buf, sizeof(buf)), YJ_ERR_INVAL);
	assert_int_equal(yj_topic_format(YJ_TOPIC_CALL, "a/b", buf, sizeof(buf)), YJ_ERR_INVAL);
	assert_int_equal(yj_topic_format(YJ_TOPIC_CALL, "+", buf, sizeof(buf)), YJ_ERR_INVAL);
	assert_int_equal(yj_topic_format(YJ_TOPIC_LOG, "d1", buf, sizeof(buf)), YJ_ERR_INVAL);
	assert_int_equal(
	    yj_topic_format((enum yj_topic_type)99, "d1", buf, sizeof(buf)), YJ_ERR_INVAL);
	const char *want = "yj/v1/gw/gw-1/state";
	size_t len = strlen(want);
	assert_int_equal(yj_topic_format(YJ_TOPIC_GW_STATE, "gw-1", buf, 0), YJ_ERR_FULL);
	assert_int_equal(yj_topic_format(YJ_TOPIC_GW_STATE, "gw-1", buf, len), YJ_ERR_FULL);
	assert_string_equal(buf, "kept");
	assert_int_equal(yj_topic_format(YJ_TOPIC_GW_STATE, "gw-1", buf, len + 1), (int)len);
	assert_string_equal(buf, want);
}

static void test_every_event_has_a_log_topic(void **state)
{
	(void)state;
	for (int i = 0; i < YJ_EV_COUNT; i++) {
		const char *event = yj_event_name((enum yj_event_type)i);
		char buf[YJ_TOPIC_MAX];
		struct yj_topic parsed;
		int len = yj_topic_format(YJ_TOPIC_LOG, event, buf, sizeof(buf));
		assert_true(len > 0);
		assert_int_equal(yj_topic_parse(buf, (size_t)len, &parsed), 0);
		assert_int_equal(parsed.type, YJ_TOPIC_LOG);
		assert_string_equal(parsed.who, event);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_no_prefix_of_a_topic_is_a_topic),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_format_refuses),
	    cmocka_unit_test(test_every_event_has_a_log_topic),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
