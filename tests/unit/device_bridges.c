/* Zigbee2MQTT, ESPHome, Home Assistant and Homie, where captures do not show it: the order of their
 * tables, what the broker is asked for, whose topics are whose, feedback, and times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/registry.h"
#include "names.c"
#include "zigbee2mqtt_fields.c"

static void test_tables_are_in_order(void **state)
{
	(void)state;
	for (size_t i = 1; i < sizeof words / sizeof words[0]; i++)
		assert_true(strcmp(words[i - 1].word, words[i].word) < 0);
	for (size_t i = 1; i < sizeof fields / sizeof fields[0]; i++)
		assert_true(fields[i - 1].len < fields[i].len ||
			    (fields[i - 1].len == fields[i].len &&
				strcmp(fields[i - 1].name, fields[i].name) < 0));
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		bool known;
		struct yj_text name = {fields[i].name, strlen(fields[i].name)};
		assert_int_equal(yj_zigbee2mqtt_field(name, &known).means, fields[i].meaning.means);
		assert_true(known);
	}
	bool known;
	yj_zigbee2mqtt_field((struct yj_text){"smoke_", 6}, &known);
	assert_false(known);
	yj_zigbee2mqtt_field((struct yj_text){"smok", 4}, &known);
	assert_false(known);
}

/* ── whose topics ── */

static void test_whose_topics(void **state)
{
	static const struct {
		const char *topic, *family;
	} cases[] = {
	    {"zigbee2mqtt/a/b", "zigbee2mqtt"},
	    {"homie/5/d/$state", "homie"},
	    {"homeassistant/binary_sensor/x/state", "homeassistant"},
	    {"homeassistant/status", "homeassistant"},
	    {"statestream/binary_sensor/x/state", "homeassistant"},
	    {"node/binary_sensor/x/state", "esphome"},
	    {"a/b/node/event/x/state", "esphome"},
	    {"node/status", "esphome"},
	    {"yj/v1/gw/gw-1/state", "native"},
	    {"node/what/x/state", NULL},
	    {"binary_sensor/x/state", NULL},
	    {"/status", NULL},
	    {"status", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct yj_family *f = yj_family_of_topic(cases[i].topic);
		if (cases[i].family)
			assert_string_equal(f ? f->name : "", cases[i].family);
		else
			assert_null(f);
	}
}

static void join(void *ctx, const char *filter)
{
	char *all = ctx;
	strcat(strcat(all, filter), " ");
}

static void test_filters(void **state)
{
	static const struct {
		const char *family, *address, *filters;
	} cases[] = {
	    {"zigbee2mqtt", NULL, "zigbee2mqtt/# "},
	    {"zigbee2mqtt", "home17/sos", "zigbee2mqtt/# "},
	    {"homie", NULL, "homie/# "},
	    {"homeassistant", "binary_sensor.x", "homeassistant/+/+/state statestream/+/+/state "},
	    {"homeassistant", NULL, "homeassistant/# statestream/# "},
	    {"esphome", NULL, "+/+/+/state +/status "},
	    {"esphome", "node", "+/+/+/state +/status "},
	    {"esphome", "esphome/home17/bed", "esphome/+/+/+/+/state esphome/+/+/status "},
	    {"esphome", "esphome/bed", "esphome/+/+/+/state esphome/+/status "},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char all[512] = "";
		yj_family_find(cases[i].family)->filters(cases[i].address, join, all);
		assert_string_equal(all, cases[i].filters);
	}
	char many[YJ_ADDRESS_MAX + 1], all[512] = "";
	memset(many, '/', YJ_ADDRESS_MAX);
	many[YJ_ADDRESS_MAX] = '\0';
	yj_family_find("esphome")->filters(many, join, all); /* within its bounds */
}

/* ── feedback ── */

static int tell(const char *family, const char *address, const char *route, const char *feedback,
    enum yj_home_state what, struct yj_wire *wire)
{
	struct yj_to to = {.address = address, .route = route, .feedback = feedback};
	struct yj_msg_down_call down = {.id = "1", .state = what};
	memset(wire, 0, sizeof *wire);
	return yj_family_find(family)->tell(&to, &down, wire);
}

static void test_what_is_told(void **state)
{
	static const struct {
		const char *family, *address, *route, *feedback;
		enum yj_home_state what;
		const char *topic, *payload;
	} cases[] = {
	    {"zigbee2mqtt", "b", "", "siren_3f", YJ_HOME_RECEIVED, "zigbee2mqtt/siren_3f/set",
		"{\"warning\":{\"mode\":\"emergency\",\"level\":\"low\",\"strobe\":true,"
		"\"duration\":1}}"},
	    {"zigbee2mqtt", "b", "", "三楼/警笛", YJ_HOME_CLOSED, "zigbee2mqtt/三楼/警笛/set",
		"{\"warning\":{\"mode\":\"stop\",\"level\":\"low\",\"strobe\":false,\"duration\":"
		"0}}"},
	    {"zigbee2mqtt", "b", "", "lamp:light", YJ_HOME_RECEIVED, "zigbee2mqtt/lamp/set",
		"{\"effect\":\"blink\"}"},
	    {"zigbee2mqtt", "b", "", "lamp:light", YJ_HOME_ANSWERED, "zigbee2mqtt/lamp/set",
		"{\"state\":\"ON\"}"},
	    {"zigbee2mqtt", "b", "", "plug:switch", YJ_HOME_CLOSED, "zigbee2mqtt/plug/set",
		"{\"state\":\"OFF\"}"},
	    {"esphome", "call-r3", "", "switch/lamp", YJ_HOME_RECEIVED,
		"call-r3/switch/lamp/command", "ON"},
	    {"esphome", "call-r3", "", "switch/lamp", YJ_HOME_CLOSED, "call-r3/switch/lamp/command",
		"OFF"},
	    {"esphome", "call-r3", "", "button/beep", YJ_HOME_ANSWERED,
		"call-r3/button/beep/command", "PRESS"},
	    {"esphome", "call-r3", "", "home/desk/light/lamp", YJ_HOME_RECEIVED,
		"home/desk/light/lamp/command", "{\"state\":\"ON\",\"flash\":2}"},
	    {"homie", "p12", "", "lamp/on", YJ_HOME_ANSWERED, "homie/5/p12/lamp/on/set", "true"},
	    {"homie", "p12", "homie/p12", "lamp/on", YJ_HOME_CLOSED, "homie/p12/lamp/on/set",
		"false"},
	    {"homie", "p12", "homie/5/p12", "hall/lamp/on", YJ_HOME_RECEIVED,
		"homie/5/hall/lamp/on/set", "true"},
	};
	struct yj_wire wire;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(tell(cases[i].family, cases[i].address, cases[i].route,
				     cases[i].feedback, cases[i].what, &wire),
		    0);
		assert_string_equal(wire.topic, cases[i].topic);
		assert_int_equal(wire.len, strlen(cases[i].payload));
		assert_memory_equal(wire.payload, cases[i].payload, wire.len);
		assert_int_equal(wire.qos, 1);
	}
}

static void test_what_cannot_be_told(void **state)
{
	static const struct {
		const char *family, *feedback;
	} bad[] = {
	    {"zigbee2mqtt", ""},
	    {"zigbee2mqtt", "#"},
	    {"zigbee2mqtt", "a/+"},
	    {"zigbee2mqtt", ":light"},
	    {"zigbee2mqtt", "+:switch"},
	    {"esphome", ""},
	    {"esphome", "/"},
	    {"esphome", "a/"},
	    {"esphome", "lamp"},
	    {"esphome", "switch/"},
	    {"esphome", "switch/#"},
	    {"esphome", "lock/door"},
	    {"esphome", "node/lock/door"},
	    {"homie", ""},
	    {"homie", "lamp"},
	    {"homie", "lamp/"},
	    {"homie", "/on"},
	    {"homie", "a/b/c/d"},
	    {"homie", "+/on"},
	};
	char longest[YJ_TOPIC_MAX + 8];
	struct yj_wire wire;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(
		    tell(bad[i].family, "a", "", bad[i].feedback, YJ_HOME_RECEIVED, &wire),
		    YJ_ERR_NOTFOUND);
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	memcpy(longest, "switch/", 7);
	assert_int_equal(
	    tell("zigbee2mqtt", "a", "", longest, YJ_HOME_RECEIVED, &wire), YJ_ERR_NOTFOUND);
	assert_int_equal(
	    tell("esphome", "a", "", longest, YJ_HOME_RECEIVED, &wire), YJ_ERR_NOTFOUND);
	assert_int_equal(tell("homie", "a", "", longest, YJ_HOME_RECEIVED, &wire), YJ_ERR_NOTFOUND);
	assert_int_equal(
	    tell("zigbee2mqtt", "a", "", "siren", YJ_HOME_SEARCHING, &wire), YJ_ERR_NOTFOUND);
}

/* ── what a report says beside its kind ── */

static struct yj_reports reports;

static const struct yj_report *decode(const char *topic, const char *payload)
{
	static struct yj_decoder *decoder;
	if (!decoder)
		decoder = yj_decoder_new();
	reports.n = 0;
	yj_family_of_topic(topic)->read(decoder, topic, payload, strlen(payload), &reports);
	assert_int_equal(reports.n, 1);
	return &reports.v[0];
}

static int64_t last_seen(const char *value)
{
	char payload[128];
	snprintf(payload, sizeof payload, "{\"action\":\"single\",\"last_seen\":%s}", value);
	return decode("zigbee2mqtt/a", payload)->ts_ms;
}

static void test_times(void **state)
{
	(void)state;
	assert_int_equal(last_seen("1776440038123"), 1776440038123);
	assert_int_equal(last_seen("\"1776440038123\""), 1776440038123);
	assert_int_equal(last_seen("\"2026-04-17T15:33:58.123Z\""), 1776440038123);
	assert_int_equal(last_seen("\"2026-04-17T23:33:58.123+08:00\""), 1776440038123);
	assert_int_equal(last_seen("\"2026-04-17 15:33:58\""), INT64_MAX);
	assert_int_equal(last_seen("\"1970-01-01T00:00:12Z\""), INT64_MAX);
	assert_int_equal(last_seen("12"), INT64_MAX);
	assert_int_equal(last_seen("-1776440038123"), INT64_MAX);
	assert_int_equal(last_seen("1e18"), INT64_MAX);
	assert_int_equal(last_seen("null"), INT64_MAX);
	assert_int_equal(
	    decode("homeassistant/event/call/state", "2026-04-17T15:33:58.123+00:00")->ts_ms,
	    1776440038123);
}

static void test_phantoms_are_doubtful(void **state)
{
	(void)state;
	const char *topic = "zigbee2mqtt/a";
	assert_false(decode(topic, "{\"action\":\"emergency\",\"battery\":90}")->signs[0].doubtful);
	assert_true(decode(topic, "{\"action\":\"emergency\",\"battery\":0}")->signs[0].doubtful);
	assert_int_equal(reports.v[0].readings.faults, YJ_FAULT_TROUBLE);
	assert_true(
	    decode(topic, "{\"device\":{\"model\":\"TS0601_sos\"},\"action\":\"emergency\"}")
		->signs[0]
		.doubtful);
	assert_false(decode(topic, "{\"action\":\"single\",\"battery\":0}")->signs[0].doubtful);
}

static void test_faults(void **state)
{
	const struct yj_readings *r;
	(void)state;
	r = &decode("zigbee2mqtt/a", "{\"tamper\":true,\"trouble\":false}")->readings;
	assert_int_equal(r->faults, YJ_FAULT_TAMPER);
	assert_int_equal(r->faults_known, YJ_FAULT_TAMPER | YJ_FAULT_TROUBLE);
	r = &decode("zigbee2mqtt/a", "{\"fault\":\"probe_fault\"}")->readings;
	assert_int_equal(r->faults, YJ_FAULT_TROUBLE);
	r = &decode("zigbee2mqtt/a", "{\"fault\":\"none\",\"tamper\":null}")->readings;
	assert_int_equal(r->faults, 0);
	assert_int_equal(r->faults_known, YJ_FAULT_TROUBLE);
	r = &decode("n/binary_sensor/case_tamper/state", "ON")->readings;
	assert_int_equal(r->faults, YJ_FAULT_TAMPER);
	r = &decode("homie/d/$state", "alert")->readings;
	assert_int_equal(r->faults, YJ_FAULT_TROUBLE);
	r = &decode("homie/5/d/$alert/childlost", "")->readings;
	assert_int_equal(r->faults, 0);
	assert_int_equal(r->faults_known, YJ_FAULT_TROUBLE);
}

static void test_names_that_are_long(void **state)
{
	char topic[200], name[100];
	(void)state;
	memset(name, 'x', 99);
	name[99] = '\0';
	snprintf(topic, sizeof topic, "n/binary_sensor/%s_button/state", name);
	const struct yj_report *r = decode(topic, "ON");
	assert_int_equal(r->n_signs, 1);
	assert_int_equal(strlen(r->signs[0].key), YJ_KEY_MAX);
	snprintf(topic, sizeof topic, "n/event/%s/state", name);
	r = decode(topic, "{\"event_type\":\"long_press\"}");
	assert_int_equal(strlen(r->signs[0].key), YJ_KEY_MAX);
	assert_string_equal(strchr(r->signs[0].key, ':'), ":long_press");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tables_are_in_order),
	    cmocka_unit_test(test_whose_topics),
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_what_is_told),
	    cmocka_unit_test(test_what_cannot_be_told),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_phantoms_are_doubtful),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_names_that_are_long),
	};
	return cmocka_run_group_tests_name("device_bridges", tests, NULL, NULL);
}
