/* The registry of device families and the native family. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/registry.h"

static struct yj_event decode_bytes(const char *topic, const void *payload, size_t len)
{
	struct yj_event event;

	memset(&event, 0xa5, sizeof(event));
	assert_int_equal(yj_event_decode(topic, payload, len, false, &event), 0);
	return event;
}

static struct yj_event decode(const char *topic, const char *payload)
{
	return decode_bytes(topic, payload, strlen(payload));
}

static void assert_refused(const char *topic, const char *payload, enum yj_reason reason,
    const char *speaker, const char *id)
{
	struct yj_event event = decode(topic, payload);

	assert_int_equal(event.verdict, YJ_EVENT_REFUSED);
	assert_int_equal(event.why.reason, reason);
	assert_string_equal(event.speaker, speaker);
	assert_string_equal(event.why.id, id);
	yj_event_done(&event);
}

static void test_table(void **state)
{
	(void)state;
	assert_non_null(yj_family_find("native"));
	assert_null(yj_family_find("nobody"));
	assert_ptr_equal(yj_family_at(0), yj_family_find("native"));
	size_t count = 0;
	while (yj_family_at(count) != NULL) {
		assert_ptr_equal(yj_family_find(yj_family_at(count)->name), yj_family_at(count));
		count++;
	}
	assert_true(count >= 1);
	assert_null(yj_family_at(count + 1));
}

static void test_owner_of_topic(void **state)
{
	const struct yj_family *native = yj_family_find("native");

	(void)state;
	assert_ptr_equal(yj_family_of_topic("yj/v1/dev/d1/up/call"), native);
	assert_ptr_equal(yj_family_of_topic("yj/what/ever"), native);
	assert_ptr_equal(yj_family_of_topic("yj"), native);
	assert_null(yj_family_of_topic("yjx/v1"));
	assert_ptr_equal(yj_family_of_topic("zigbee2mqtt/button"), yj_family_find("zigbee2mqtt"));
	assert_null(yj_family_of_topic("nobody/button"));
	assert_null(yj_family_of_topic(""));
	assert_refused("somebody/else", "{}", YJ_REASON_TOPIC, "", "");
}

static void test_call(void **state)
{
	struct yj_event event = decode("yj/v1/dev/d1/up/call",
	    "{\"id\":\"a-1\",\"ts\":1764000000000,\"button\":\"sos\",\"new\":[1]}");

	(void)state;
	assert_int_equal(event.verdict, YJ_EVENT_MESSAGE);
	assert_string_equal(event.family->name, "native");
	assert_string_equal(event.speaker, "d1");
	assert_true(event.has_type);
	assert_int_equal(event.topic_type, YJ_TOPIC_CALL);
	assert_int_equal(event.msg.type, YJ_TOPIC_CALL);
	assert_string_equal(event.msg.u.call.id, "a-1");
	assert_int_equal(event.msg.u.call.button, YJ_KIND_SOS);
	yj_event_done(&event);
	assert_null(event.msg.doc);
	yj_event_done(&event);
}

static void test_every_word_to_the_gateway(void **state)
{
	static const struct {
		const char *topic, *payload;
		enum yj_topic_type type;
	} words[] = {
	    {"yj/v1/dev/d1/up/alarm", "{\"id\":\"a\",\"ts\":1,\"kind\":\"fall\"}", YJ_TOPIC_ALARM},
	    {"yj/v1/dev/d1/up/well", "{\"id\":\"a\",\"ts\":1}", YJ_TOPIC_WELL},
	    {"yj/v1/dev/d1/up/cancel", "{\"id\":\"a\",\"ts\":1}", YJ_TOPIC_CANCEL},
	    {"yj/v1/dev/d1/up/heartbeat", "{\"ts\":1}", YJ_TOPIC_HEARTBEAT},
	    {"yj/v1/dev/d1/up/vital", "{\"id\":\"a\",\"ts\":1,\"hr\":70}", YJ_TOPIC_VITAL},
	    {"yj/v1/dev/d1/up/checkin",
		"{\"id\":\"a\",\"ts\":1,\"caregiver\":\"c1\",\"method\":\"nfc\"}",
		YJ_TOPIC_CHECKIN},
	    {"yj/v1/dev/d1/up/visit", "{\"session\":\"s\",\"state\":\"ringing\"}", YJ_TOPIC_VISIT},
	    {"yj/v1/dev/d1/state", "{\"online\":true}", YJ_TOPIC_DEV_STATE},
	    {"yj/v1/cg/d1/reply", "{\"id\":\"a\",\"incident\":\"i\",\"action\":\"seen\",\"ts\":1}",
		YJ_TOPIC_REPLY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct yj_event event = decode(words[i].topic, words[i].payload);

		assert_int_equal(event.verdict, YJ_EVENT_MESSAGE);
		assert_int_equal(event.topic_type, words[i].type);
		assert_string_equal(event.speaker, "d1");
		yj_event_done(&event);
	}
}

static void test_what_the_gateway_says_is_refused(void **state)
{
	(void)state;
	assert_refused("yj/v1/dev/d1/down/call",
	    "{\"id\":\"a\",\"state\":\"received\",\"text\":\"\"}", YJ_REASON_TOPIC, "d1", "");
	assert_refused("yj/v1/dev/d1/down/visit", "{\"session\":\"s\",\"action\":\"ring\"}",
	    YJ_REASON_TOPIC, "d1", "");
	assert_refused("yj/v1/cg/c1/inbox", "{}", YJ_REASON_TOPIC, "c1", "");
	assert_refused("yj/v1/cg/c1/result", "{}", YJ_REASON_TOPIC, "c1", "");
	assert_refused("yj/v1/gw/g1/state", "{\"online\":true}", YJ_REASON_TOPIC, "", "");
	assert_refused("yj/v1/log/incident.opened", "{}", YJ_REASON_TOPIC, "", "");
}

static void test_wrong_topics(void **state)
{
	const char *good = "{\"id\":\"a\",\"ts\":1,\"button\":\"sos\"}";

	(void)state;
	assert_refused("yj/v1/dev/d1/up/calls", good, YJ_REASON_TOPIC, "d1", "");
	assert_refused("yj/v1/dev/d1/up/call/x", good, YJ_REASON_TOPIC, "d1", "");
	assert_refused("yj/v1/dev/d1/up", good, YJ_REASON_TOPIC, "d1", "");
	assert_refused("yj/v1/dev/d 1/up/call", good, YJ_REASON_TOPIC, "", "");
	assert_refused("yj/v2/dev/d1/up/call", good, YJ_REASON_TOPIC, "", "");
	assert_refused("yj/v1/dev//up/call", good, YJ_REASON_TOPIC, "", "");
}

static void test_unreadable(void **state)
{
	static const char not_utf8[] =
	    "{\"id\":\"a-2\",\"ts\":1,\"button\":\"sos\",\"text\":\"\xff\"}";
	struct yj_event event = decode("yj/v1/dev/d1/up/call", not_utf8);

	(void)state;
	assert_int_equal(event.verdict, YJ_EVENT_REFUSED);
	assert_int_equal(event.why.reason, YJ_REASON_UTF8);
	assert_string_equal(event.why.id, "a-2");
	/* the gateway opens an `unreadable` incident for these, so it must know what it was */
	assert_true(event.has_type);
	assert_int_equal(event.topic_type, YJ_TOPIC_CALL);
	yj_event_done(&event);

	assert_refused("yj/v1/dev/d1/up/call", "help me", YJ_REASON_JSON, "d1", "");
	assert_refused("yj/v1/dev/d1/up/call", "", YJ_REASON_JSON, "d1", "");
	assert_refused(
	    "yj/v1/dev/d1/up/alarm", "{\"id\":\"a-3\",\"ts\":1}", YJ_REASON_FIELD, "d1", "a-3");
}

static void test_oversize(void **state)
{
	size_t len = YJ_PAYLOAD_MAX + 1;
	char *big = malloc(len + 1);
	int head;

	(void)state;
	assert_non_null(big);
	memset(big, ' ', len);
	big[len] = '\0';
	head = snprintf(big, len, "{\"id\":\"big-1\",\"ts\":1,\"button\":\"sos\"}");
	big[head] = ' ';

	struct yj_event event = decode_bytes("yj/v1/dev/d1/up/call", big, len);
	assert_int_equal(event.verdict, YJ_EVENT_REFUSED);
	assert_int_equal(event.why.reason, YJ_REASON_SIZE);
	assert_string_equal(event.why.id, "big-1");
	assert_string_equal(event.speaker, "d1");
	yj_event_done(&event);

	event = decode_bytes("yj/v1/dev/d1/up/call", big, len - 1);
	assert_int_equal(event.verdict, YJ_EVENT_MESSAGE);
	yj_event_done(&event);
	free(big);
}

static void test_cleared_state_is_ignored(void **state)
{
	struct yj_event event = decode("yj/v1/dev/d1/state", "");

	(void)state;
	assert_int_equal(event.verdict, YJ_EVENT_IGNORED);
	assert_string_equal(event.speaker, "d1");
	yj_event_done(&event);
}

/* MQTT 5.0, section 4.7, for the filters that the family uses. */
static bool matches(const char *filter, const char *topic)
{
	for (;;) {
		size_t flen = strcspn(filter, "/"), tlen = strcspn(topic, "/");

		if (flen == 1 && *filter == '#')
			return true;
		if (!(flen == 1 && *filter == '+') &&
		    (flen != tlen || memcmp(filter, topic, flen) != 0))
			return false;
		filter += flen;
		topic += tlen;
		if (*filter == '\0' || *topic == '\0')
			return *filter == *topic || (*topic == '\0' && strcmp(filter, "/#") == 0);
		filter++;
		topic++;
	}
}

static int count_matches(const char *const *filters, const char *topic)
{
	int count = 0;

	for (size_t i = 0; filters[i] != NULL; i++)
		count += matches(filters[i], topic) ? 1 : 0;
	return count;
}

static void test_filters(void **state)
{
	static const struct {
		const char *topic;
		int help, chatter;
	} rows[] = {
	    {"yj/v1/dev/d1/up/call", 1, 1},
	    {"yj/v1/dev/d1/up/alarm", 1, 1},
	    {"yj/v1/dev/d1/up/well", 1, 1},
	    {"yj/v1/dev/d1/up/cancel", 1, 1},
	    {"yj/v1/dev/d1/up/checkin", 1, 1},
	    {"yj/v1/dev/d1/up/visit", 1, 1},
	    {"yj/v1/dev/\xe8\x80\x81/up/call", 1, 1},
	    {"yj/v1/dev//up/call", 1, 1},
	    {"yj/v1/cg/c1/reply", 1, 0},
	    {"yj/v1/dev/d1/up/heartbeat", 0, 1},
	    {"yj/v1/dev/d1/up/vital", 0, 1},
	    {"yj/v1/dev/d1/up/calls", 0, 1},
	    {"yj/v1/dev/d1/up/call/x", 0, 1},
	    {"yj/v1/dev/d1/up", 0, 1},
	    {"yj/v1/dev/d1/state", 0, 1},
	    {"yj/v1/dev/d1/down/call", 0, 0},
	    {"yj/v1/cg/c1/inbox", 0, 0},
	    {"yj/v1/log/incident.opened", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    count_matches(yj_native_help_filters, rows[i].topic), rows[i].help);
		assert_int_equal(
		    count_matches(yj_native_chatter_filters, rows[i].topic), rows[i].chatter);
		assert_int_equal(yj_native_is_help(rows[i].topic), rows[i].help == 1);
	}
}

static void test_feedback(void **state)
{
	const struct yj_msg_down_call down = {.id = "a-1",
	    .incident = "i-1",
	    .state = YJ_HOME_ANSWERED,
	    .by = "王医生",
	    .text = "就来"};
	char topic[YJ_TOPIC_MAX] = "untouched";
	char *payload = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(yj_native_tell("d1", &down, topic, 8, &payload, &len), YJ_ERR_FULL);
	assert_int_equal(
	    yj_native_tell("d 1", &down, topic, sizeof(topic), &payload, &len), YJ_ERR_INVAL);
	assert_string_equal(topic, "untouched");
	assert_null(payload);
	assert_int_equal(yj_native_tell("d1", &down, topic, sizeof(topic), &payload, &len), 0);
	assert_string_equal(topic, "yj/v1/dev/d1/down/call");
	assert_int_equal(strlen(payload), len);

	struct yj_message back;
	struct yj_refusal why;
	assert_int_equal(yj_message_decode(YJ_TOPIC_DOWN_CALL, payload, len, &back, &why), 0);
	assert_string_equal(back.u.down_call.id, "a-1");
	assert_int_equal(back.u.down_call.state, YJ_HOME_ANSWERED);
	assert_string_equal(back.u.down_call.by, "王医生");
	yj_message_done(&back);
	free(payload);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_owner_of_topic),
	    cmocka_unit_test(test_call),
	    cmocka_unit_test(test_every_word_to_the_gateway),
	    cmocka_unit_test(test_what_the_gateway_says_is_refused),
	    cmocka_unit_test(test_wrong_topics),
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_oversize),
	    cmocka_unit_test(test_cleared_state_is_ignored),
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_feedback),
	};

	return cmocka_run_group_tests_name("devices", tests, NULL, NULL);
}
