/* LoRaWAN: which models a text names, the fields of decoded objects, downlinks and what they take.
 * What messages become is in tests/fixtures/families. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/registry.h"
#include "lorawan.h"

#define EUI "24e124535b316056"
#define UP "application/app-1/device/" EUI "/event/up"

static struct yj_decoder *decoder;
static struct yj_reports reports;

static const struct yj_report *read_one(const char *family, const char *topic, const char *payload)
{
	reports.n = 0;
	yj_family_find(family)->read(decoder, topic, payload, strlen(payload), &reports);
	return reports.n == 1 ? &reports.v[0] : NULL;
}

static const struct yj_report *uplink(const char *profile, const char *more)
{
	char payload[1024];
	snprintf(payload, sizeof payload,
	    "{\"deduplicationId\":\"d-1\",\"deviceInfo\":{\"deviceProfileName\":\"%s\"},\"fPort\":"
	    "85,%s}",
	    profile, more);
	const struct yj_report *r = read_one("chirpstack", UP, payload);
	assert_non_null(r);
	return r;
}

/* ── models ── */

static const char *name_of(const char *text)
{
	const struct yj_lora_model *m = yj_lora_model(text);
	return m ? m->name : "";
}

static void test_models(void **state)
{
	static const char *const texts[][2] = {
	    {"ws101", "ws101"},
	    {"WS101-868M", "ws101"},
	    {"Milesight WS101 SOS", "ws101"},
	    {"milesight-iot em300-zld", "em300zld"},
	    {"EM300ZLD", "em300zld"},
	    {"em300_zld", "em300zld"},
	    {"Tracker-D", "trackerd"},
	    {"dragino pb01-l", "pb01l"},
	    {"R312A", "r312a"},
	    {"netvox r312", "r312"},
	    {"MClimate LoRaWAN Button", "mclimate"},
	    {"ERS", "ers"},
	    {"Elsys ERS CO2", "elsys"},
	    {"Milesight EM500", "milesight"},
	    /* no guesses */
	    {"ws1010", ""},
	    {"aws101", ""},
	    {"r312b", ""},
	    {"ERS street 4", ""},
	    {"EMS", "ems"},
	    {"EMS button", ""},
	    {"MClimate Vicki", ""},
	    {"tracker device", ""},
	    {"Button", ""},
	    {"", ""},
	    {"---", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_string_equal(name_of(texts[i][0]), texts[i][1]);
}

static void test_long_texts_are_read_to_their_caps(void **state)
{
	char text[600];
	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_string_equal(name_of(text), "");
	memset(text, ' ', sizeof text - 1);
	memcpy(text + 500, "ws101", 5);
	assert_string_equal(name_of(text), "ws101");
	for (size_t i = 0; i + 1 < sizeof text; i += 2)
		memcpy(text + i, "a ", 2);
	assert_string_equal(name_of(text), "");
}

/* ── fields ── */

static void test_every_field_is_found(void **state)
{
	static const char *const press[] = {"button", "button_event", "buttonPress",
	    "button_pressed", "ButtonState", "buttonStatus", "button_event_status", "ButtonTrigger",
	    "click", "press", "pressed", "pressEvent", "doorbell", "button_1", "BUTTON-12", "sos",
	    "SOS_alarm", "sos_button", "sosEvent", "sos_status", "emergency", "emergency_alarm",
	    "emergencyCall", "help", "panic", "panicAlarm", "panic_button", "Alarm"};
	static const struct {
		const char *name;
		enum yj_kind kind;
	} states[] = {{"fall", YJ_KIND_FALL}, {"fall_alarm", YJ_KIND_FALL},
	    {"fallDetected", YJ_KIND_FALL}, {"fall_status", YJ_KIND_FALL},
	    {"FireAlarm", YJ_KIND_SMOKE}, {"smoke", YJ_KIND_SMOKE}, {"smoke_alarm", YJ_KIND_SMOKE},
	    {"smokeStatus", YJ_KIND_SMOKE}, {"carbon_monoxide", YJ_KIND_GAS},
	    {"COAlarm", YJ_KIND_GAS}, {"gas", YJ_KIND_GAS}, {"gas_alarm", YJ_KIND_GAS},
	    {"gas_status", YJ_KIND_GAS}, {"flood", YJ_KIND_LEAK}, {"flood_status", YJ_KIND_LEAK},
	    {"leak", YJ_KIND_LEAK}, {"leakage", YJ_KIND_LEAK}, {"leakage_status", YJ_KIND_LEAK},
	    {"leakDetected", YJ_KIND_LEAK}, {"leak_status", YJ_KIND_LEAK}, {"water", YJ_KIND_LEAK},
	    {"waterleak", YJ_KIND_LEAK}, {"water_leak", YJ_KIND_LEAK},
	    {"WaterLeak_1", YJ_KIND_LEAK}, {"WaterLeak_2", YJ_KIND_LEAK},
	    {"water_leak_detected", YJ_KIND_LEAK}, {"WATER_LEAK_STATUS", YJ_KIND_LEAK},
	    {"ALARM_status", YJ_KIND_SOS}};
	static const char *const life[] = {
	    "accMotion", "motion", "motion_status", "occupancy", "pir", "pirStatus", "presence"};
	static const char *const doors[] = {"contact", "contactState", "digital", "digital2",
	    "door", "DOOR_OPEN_STATUS", "door_status", "magnet", "magnet_status", "in_bed",
	    "bed_status"};
	char object[96];

	(void)state;
	for (size_t i = 0; i < sizeof press / sizeof press[0]; i++) {
		snprintf(object, sizeof object, "\"object\":{\"%s\":1.0}", press[i]);
		const struct yj_report *r = uplink("Own", object);
		assert_int_equal(r->n_signs, 1);
		assert_int_equal(r->signs[0].type, YJ_SIGN_PRESS);
		snprintf(object, sizeof object, "\"object\":{\"%s\":\"FALSE\"}", press[i]);
		r = uplink("Own", object);
		assert_int_equal(r->n_signs, 0);
		assert_int_equal(r->base, YJ_BASE_TELEMETRY);
	}
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		snprintf(object, sizeof object, "\"object\":{\"%s\":true}", states[i].name);
		const struct yj_report *r = uplink("Own", object);
		assert_int_equal(r->n_signs, 1);
		assert_int_equal(r->signs[0].type, YJ_SIGN_STATE);
		assert_int_equal(r->signs[0].kind, states[i].kind);
		assert_true(r->signs[0].on);
		snprintf(object, sizeof object, "\"object\":{\"%s\":\"no\"}", states[i].name);
		assert_false(uplink("Own", object)->signs[0].on);
		snprintf(object, sizeof object, "\"object\":{\"%s\":\"perhaps\"}", states[i].name);
		assert_int_equal(uplink("Own", object)->n_signs, 0);
	}
	for (size_t i = 0; i < sizeof life / sizeof life[0]; i++) {
		snprintf(object, sizeof object, "\"object\":{\"%s\":\"trigger\"}", life[i]);
		assert_true(uplink("Own", object)->readings.life);
	}
	for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++) {
		snprintf(object, sizeof object, "\"object\":{\"%s\":1}", doors[i]);
		const struct yj_report *r = uplink("Own", object);
		assert_int_equal(r->n_signs, 1);
		assert_int_equal(r->signs[0].type, YJ_SIGN_CHANGE);
		assert_false(r->readings.life);
	}
}

static void test_what_is_of_the_device_itself_is_a_heartbeat(void **state)
{
	static const char *const infos[] = {"\"battery\":71", "\"batteryLevel\":71.0",
	    "\"battery_percent\":\"71\"", "\"batteryPercentage\":\"71%\"", "\"battery_pct\":71"};
	char object[160];
	(void)state;
	for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++) {
		snprintf(object, sizeof object,
		    "\"object\":{%s,\"hardware_version\":\"v2\",\"firmware_version\":\"v3.1\"}",
		    infos[i]);
		const struct yj_report *r = uplink("Own", object);
		assert_int_equal(r->base, YJ_BASE_HEARTBEAT);
		assert_true(r->readings.battery_pct > 70.9 && r->readings.battery_pct < 71.1);
		assert_string_equal(r->readings.fw, "v3.1");
	}
	assert_int_equal(
	    uplink("Own", "\"object\":{\"lowBattery\":true}")->readings.battery_low, 1);
	assert_int_equal(uplink("Own", "\"object\":{\"lowBattery\":0}")->readings.battery_low, 0);
	assert_int_equal(uplink("Own", "\"object\":{\"batV\":\"3.0\"}")->readings.battery_low, -1);
	assert_int_equal(
	    uplink("Own", "\"object\":{\"tamper\":1}")->readings.faults, YJ_FAULT_TAMPER);
}

/* The depth of nesting and the number of signs have ends. */
static void test_deep_and_wide_objects(void **state)
{
	char more[900] = "\"object\":{", *p = more + strlen(more);
	(void)state;
	for (int i = 1; i <= 30; i++)
		p += sprintf(p, "%s\"button_%d\":1", i > 1 ? "," : "", i);
	strcpy(p, "}");
	assert_int_equal(uplink("Own", more)->n_signs, YJ_SIGNS_MAX);
	assert_int_equal(
	    uplink("Own", "\"object\":{\"a\":{\"b\":{\"c\":{\"sos\":true}}}}")->n_signs, 1);
	assert_int_equal(
	    uplink("Own", "\"object\":{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"sos\":true}}}}}}")
		->n_signs,
	    0);
	assert_int_equal(uplink("Own", "\"object\":{\"\":1,\"\\u0000\":2}")->n_signs, 0);
}

static void test_what_nobody_can_read_is_a_fault(void **state)
{
	(void)state;
	const struct yj_report *r = uplink("WaveTrend Z9", "\"data\":\"/y4B\"");
	assert_int_equal(r->base, YJ_BASE_TELEMETRY);
	assert_int_equal(r->n_signs, 0);
	assert_int_equal(r->readings.faults & YJ_FAULT_SEALED, YJ_FAULT_SEALED);
	r = uplink("WS101", "\"data\":\"/y4B\"");
	assert_int_equal(r->readings.faults, 0);
	assert_int_equal(r->readings.faults_known & YJ_FAULT_SEALED, YJ_FAULT_SEALED);
	r = uplink("WaveTrend Z9", "\"data\":\"/y4B\",\"object\":{\"mode\":3}");
	assert_int_equal(r->readings.faults, 0);
	/* nothing was sent: nothing is known of that */
	r = uplink("WaveTrend Z9", "\"data\":\"\"");
	assert_int_equal(r->readings.faults_known, 0);
}

static void test_one_press_under_several_names(void **state)
{
	(void)state;
	const struct yj_report *r =
	    uplink("WS101", "\"object\":{\"button_event\":{\"status\":\"short press\"},"
			    "\"press\":\"short\",\"click\":true,\"button_pressed\":1}");
	assert_int_equal(r->n_signs, 1);
	assert_string_equal(r->signs[0].key, "single");
	r = uplink("Own", "\"object\":{\"sos\":true,\"sos_event\":1,\"event\":\"SOS\"}");
	assert_int_equal(r->n_signs, 1);
	assert_true(r->signs[0].emergency);
	r = uplink("WS156", "\"data\":\"/zQBAAD/NAIAAP80DAAA\"");
	assert_int_equal(r->n_signs, 3);
	assert_string_equal(r->signs[2].key, "12");
}

/* ── what is the server's word only ── */

static void test_hearsay(void **state)
{
	static const struct {
		const char *family, *topic, *payload;
		bool hearsay;
	} words[] = {
	    {"chirpstack", "application/a/device/" EUI "/event/txack", "{}", true},
	    {"chirpstack", "application/a/device/" EUI "/event/log", "{}", true},
	    {"chirpstack", "application/a/device/" EUI "/event/ack", "{}", false},
	    {"chirpstack", "application/a/device/" EUI "/event/join", "{}", false},
	    {"chirpstack", "application/a/device/" EUI "/event/up", "{}", false},
	    {"tts", "v3/a@t/devices/d/down/queued", "{}", true},
	    {"tts", "v3/a@t/devices/d/location/solved", "{}", true},
	    {"tts", "v3/a@t/devices/d/up", "{\"uplink_normalized\":{}}", true},
	    {"tts", "v3/a@t/devices/d/up", "{\"uplink_message\":{}}", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		const struct yj_report *r =
		    read_one(words[i].family, words[i].topic, words[i].payload);
		assert_non_null(r);
		assert_int_equal(r->hearsay, words[i].hearsay);
	}
}

static void test_times_signal_and_ids(void **state)
{
	(void)state;
	const struct yj_report *r =
	    uplink("Own", "\"time\":\"2026-11-20T01:34:15.775023242+00:00\",\"object\":{\"x\":1},"
			  "\"rxInfo\":[{\"rssi\":-120},{},{\"rssi\":-70.5},{\"rssi\":7}]");
	assert_true(r->ts_ms == 1795138455775LL);
	assert_int_equal(r->readings.rssi_dbm, -70);
	r = uplink("Own", "\"time\":\"yesterday\",\"rxInfo\":[]");
	assert_true(r->ts_ms == INT64_MAX);
	assert_int_equal(r->readings.rssi_dbm, 0);

	r = read_one("tts", "v3/a@t/devices/d/up",
	    "{\"uplink_message\":{\"session_key_id\":\"AYl2m7aM\",\"f_cnt\":12}}");
	assert_string_equal(r->dedup, "12");
	assert_string_equal(r->id, "AYl2m7aM.12");
	assert_int_equal(r->repeat, YJ_REPEAT_ID);
	r = read_one("tts", "v3/a@t/devices/d/up", "{\"uplink_message\":{\"f_cnt\":12}}");
	assert_int_equal(r->repeat, YJ_REPEAT_NONE);
}

/* ── topics ── */

static void test_owned_topics(void **state)
{
	static const char *const topics[][2] = {
	    {"application/1/device/" EUI "/event/up", "chirpstack"},
	    {"application/1/device/" EUI "/command/down", "chirpstack"},
	    {"application/1/device/" EUI "/rx", NULL},
	    {"application/1/device//event/up", NULL},
	    {"application/1/node/" EUI "/event/up", NULL},
	    {"eu868/gateway/ac1f09fffe08f3a2/event/up", NULL},
	    {"v3/a@t/devices/d/up", "tts"},
	    {"v3/a@t/devices/d/down/push", "tts"},
	    {"v3/a@t/devices/d", NULL},
	    {"v3/a@t/devices/d/down/push/x", NULL},
	    {"v3/a@t/gateways/g/up", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
		const struct yj_family *f = yj_family_of_topic(topics[i][0]);
		const char *want = topics[i][1];
		assert_true(want ? f && strcmp(f->name, want) == 0
				 : !f || (strcmp(f->name, "chirpstack") != 0 &&
					     strcmp(f->name, "tts") != 0));
	}
}

static void note_filter(void *ctx, const char *filter)
{
	char *all = ctx;
	strcat(all, filter);
	strcat(all, " ");
}

static void test_filters(void **state)
{
	char all[256] = "";
	(void)state;
	yj_family_find("chirpstack")->filters(EUI, note_filter, all);
	assert_string_equal(all, "application/+/device/+/event/+ ");
	all[0] = '\0';
	yj_family_find("tts")->filters(NULL, note_filter, all);
	assert_string_equal(all, "v3/+/devices/+/up v3/+/devices/+/join ");
}

/* ── downlinks ── */

static struct yj_wire wire;

static int tell(const char *family, const char *address, const char *route, const char *feedback,
    enum yj_home_state say)
{
	struct yj_to to = {.address = address, .route = route, .feedback = feedback};
	struct yj_msg_down_call down = {.state = say};
	memset(&wire, 0, sizeof wire);
	return yj_family_find(family)->tell(&to, &down, &wire);
}

static void test_tell_by_the_model(void **state)
{
	(void)state;
	assert_int_equal(
	    tell("chirpstack", "24E124535B316056", "app-1 ws101", "", YJ_HOME_RECEIVED), 0);
	assert_string_equal(wire.topic, "application/app-1/device/" EUI "/command/down");
	assert_string_equal(wire.payload,
	    "{\"devEui\":\"" EUI "\",\"confirmed\":false,\"fPort\":85,\"data\":\"/z4B\"}");
	assert_int_equal(wire.len, strlen(wire.payload));
	assert_int_equal(wire.qos, 1);
	assert_int_equal(
	    tell("chirpstack", EUI, "app-1 ws101", "", YJ_HOME_CLOSED), YJ_ERR_NOTFOUND);

	assert_int_equal(tell("tts", "bed-201", "calls@ttn vs373 264", "", YJ_HOME_CLOSED), 0);
	assert_string_equal(wire.topic, "v3/calls@ttn/devices/bed-201/down/push");
	assert_string_equal(wire.payload,
	    "{\"downlinks\":[{\"f_port\":85,\"frm_payload\":\"+bQIAQI=\","
	    "\"priority\":\"NORMAL\"}]}");
	/* of an alarm without a number */
	assert_int_equal(
	    tell("tts", "bed-201", "calls@ttn vs373", "", YJ_HOME_CLOSED), YJ_ERR_NOTFOUND);
	/* a model that shows nothing, one that is not known, nobody heard of yet */
	assert_int_equal(
	    tell("tts", "d", "calls@ttn em300zld", "", YJ_HOME_RECEIVED), YJ_ERR_NOTFOUND);
	assert_int_equal(tell("tts", "d", "calls@ttn -", "", YJ_HOME_RECEIVED), YJ_ERR_NOTFOUND);
	assert_int_equal(tell("tts", "d", "", "85:00", YJ_HOME_RECEIVED), YJ_ERR_NOTFOUND);
}

static void test_tell_by_the_directory(void **state)
{
	static const struct {
		const char *feedback;
		enum yj_home_state say;
		const char *payload; /* NULL: nothing */
	} words[] = {
	    {"2:00", YJ_HOME_RECEIVED, "\"fPort\":2,\"data\":\"AA==\""},
	    {"2:00", YJ_HOME_CLOSED, NULL},
	    {"received=85:FF3E01;closed=10:ab00cd01", YJ_HOME_RECEIVED,
		"\"fPort\":85,\"data\":\"/z4B\""},
	    {"received=85:FF3E01;closed=10:ab00cd01", YJ_HOME_CLOSED,
		"\"fPort\":10,\"data\":\"qwDNAQ==\""},
	    {"received=85:FF3E01;closed=10:ab00cd01", YJ_HOME_SEARCHING, NULL},
	    {"answered=223:0102", YJ_HOME_ANSWERED, "\"fPort\":223,\"data\":\"AQI=\""},
	    {"0:00", YJ_HOME_RECEIVED, NULL},
	    {"224:00", YJ_HOME_RECEIVED, NULL},
	    {"85:", YJ_HOME_RECEIVED, NULL},
	    {"85:F", YJ_HOME_RECEIVED, NULL},
	    {"85:0G", YJ_HOME_RECEIVED, NULL},
	    {"FF3E01", YJ_HOME_RECEIVED, NULL},
	    {";;received=", YJ_HOME_RECEIVED, NULL},
	    {"85:FF@@", YJ_HOME_RECEIVED, NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		int rc = tell("chirpstack", EUI, "app-1 ws101", words[i].feedback, words[i].say);
		assert_int_equal(rc, words[i].payload ? 0 : YJ_ERR_NOTFOUND);
		if (words[i].payload)
			assert_non_null(strstr(wire.payload, words[i].payload));
	}
}

static void test_tell_has_room(void **state)
{
	char feedback[600] = "85:", route[YJ_ROUTE_MAX + 1];
	(void)state;
	for (size_t i = 3; i < 3 + 2 * 120; i++)
		feedback[i] = 'A';
	assert_int_equal(tell("chirpstack", EUI, "app-1 -", feedback, YJ_HOME_RECEIVED), 0);
	memset(feedback + 3, 'A', 590);
	assert_int_equal(
	    tell("chirpstack", EUI, "app-1 -", feedback, YJ_HOME_RECEIVED), YJ_ERR_NOTFOUND);
	memset(route, 'a', sizeof route - 1);
	route[sizeof route - 1] = '\0';
	(void)tell("tts", "d", route, "85:00", YJ_HOME_RECEIVED);
	assert_true(wire.len < sizeof wire.payload && memchr(wire.topic, '\0', sizeof wire.topic));
}

static void test_tell_writes_to_no_wildcard(void **state)
{
	(void)state;
	assert_int_equal(tell("tts", "a+b", "x@y -", "85:00", YJ_HOME_RECEIVED), YJ_ERR_NOTFOUND);
	assert_int_equal(tell("tts", "d", "x#y -", "85:00", YJ_HOME_RECEIVED), YJ_ERR_NOTFOUND);
	assert_int_equal(
	    tell("chirpstack", EUI, "a/# -", "85:00", YJ_HOME_RECEIVED), YJ_ERR_NOTFOUND);
	assert_int_equal(
	    tell("chirpstack", "ab\"}", "app -", "85:00", YJ_HOME_RECEIVED), YJ_ERR_NOTFOUND);
}

static void test_routes(void **state)
{
	(void)state;
	assert_string_equal(uplink("WS101", "\"data\":\"AXVc\"")->route, "app-1 ws101");
	assert_string_equal(uplink("Own", "\"data\":\"AXVc\"")->route, "app-1 -");
	/* a fall keeps its number until another alarm is raised: 06 FB 08 01 00 01 00 */
	assert_string_equal(uplink("VS373", "\"data\":\"BvsIAQABAA==\"")->route, "app-1 vs373 264");
	assert_string_equal(uplink("VS373", "\"data\":\"A/gEAHgAlgA=\"")->route, "");
	assert_string_equal(
	    uplink("VS373", "\"object\":{\"events\":[{\"alarm_id\":9.0,\"alarm_type\":\"fall\","
			    "\"alarm_status\":\"alarm_triggered\"}]}")
		->route,
	    "app-1 vs373 9");
}

static int make_decoder(void **state)
{
	(void)state;
	decoder = yj_decoder_new();
	return decoder ? 0 : -1;
}

static int free_decoder(void **state)
{
	(void)state;
	yj_decoder_free(decoder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_models),
	    cmocka_unit_test(test_long_texts_are_read_to_their_caps),
	    cmocka_unit_test(test_every_field_is_found),
	    cmocka_unit_test(test_what_is_of_the_device_itself_is_a_heartbeat),
	    cmocka_unit_test(test_deep_and_wide_objects),
	    cmocka_unit_test(test_what_nobody_can_read_is_a_fault),
	    cmocka_unit_test(test_one_press_under_several_names),
	    cmocka_unit_test(test_hearsay),
	    cmocka_unit_test(test_times_signal_and_ids),
	    cmocka_unit_test(test_owned_topics),
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_tell_by_the_model),
	    cmocka_unit_test(test_tell_by_the_directory),
	    cmocka_unit_test(test_tell_has_room),
	    cmocka_unit_test(test_tell_writes_to_no_wildcard),
	    cmocka_unit_test(test_routes),
	};
	return cmocka_run_group_tests(tests, make_decoder, free_decoder);
}
