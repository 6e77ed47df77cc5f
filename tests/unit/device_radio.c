/* Shelly, Tasmota, OpenMQTTGateway and rtl_433 beside their messages (which are captures in
 * tests/fixtures/families): whose topic it is, what they are subscribed to, which addresses they
 * share, and how they show what became of a call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "devices/registry.h"

static void test_owners(void **state)
{
	static const char *const rows[][2] = {
	    {"shellies/shellybutton1-A4CF12F45174/input_event/0", "shelly"},
	    {"shellies/announce", "shelly"},
	    {"shellies/shellydw2-483FDA825476/sensor/state", "shelly"},
	    {"shellies/shellyflood-764A11/sensor/battery", "shelly"},
	    {"shellies/shelly1-B929CC/light/0/status", "shelly"},
	    {"rtl_433/pi4/devices/Kerui-Security/7/state", "rtl_433"},
	    {"tele/sensor/STATE", "tasmota"},
	    {"shellyplusi4-a8032ab0c018/events/rpc", "shelly"},
	    {"home/3/bed/events/ble", "shelly"},
	    {"shellyplus1/status/smoke:0", "shelly"},
	    {"shellyplus1/status/bthomedevice:200", "shelly"},
	    {"shellyplus1/online", "shelly"},
	    {"tele/a/LWT", "tasmota"},
	    {"tele/home/a/SENSOR", "tasmota"},
	    {"stat/a/RESULT", "tasmota"},
	    {"cmnd/a/POWER", "tasmota"},
	    {"a/tele/STATE", "tasmota"},
	    {"home/a/b/stat/RESULT", "tasmota"},
	    {"home/OpenMQTTGateway/LWT", "openmqttgateway"},
	    {"home/OpenMQTTGateway/433toMQTT", "openmqttgateway"},
	    {"site/3/gw/BTtoMQTT/BC026EAABBCC", "openmqttgateway"},
	    {"home/OpenMQTTGateway/commands/MQTTto433", "openmqttgateway"},
	    {"home/OpenMQTTGateway/RTL_433toMQTT/X10-Security/1", "openmqttgateway"},
	    {"rtl_433/pi4/events", "rtl_433"},
	    {"rtl_433/pi4/devices/X10-Security/a40b/event", "rtl_433"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct yj_family *f = yj_family_of_topic(rows[i][0]);
		assert_non_null(f);
		assert_string_equal(f->name, rows[i][1]);
	}
}

static void test_topics_of_nobody_here(void **state)
{
	static const char *const topics[] = {"a/status/anything", "status/smoke:0", "online",
	    "/online", "events/rpc", "a/LWT", "433toMQTT", "/433toMQTT/x", "a/commands/go",
	    "tele/a", "stat/", "a/b", "tele//", "rtl_433", "shellies"};
	static const char *const names[] = {"shelly", "tasmota", "rtl_433"};
	(void)state;
	for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
		for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
			assert_false(yj_family_find(names[k])->owns(topics[i]));
	assert_false(yj_family_find("openmqttgateway")->owns("a/LWT"));
	assert_false(yj_family_find("openmqttgateway")->owns("433toMQTT"));
	assert_false(yj_family_find("openmqttgateway")->owns("/433toMQTT"));
	assert_false(yj_family_find("openmqttgateway")->owns("a/b/commands/go"));
}

static char added[1024];

static void add(void *ctx, const char *filter)
{
	size_t used = strlen(added);
	(void)ctx;
	snprintf(added + used, sizeof added - used, "%s%s", used ? " " : "", filter);
}

static const char *filters(const char *family, const char *address)
{
	added[0] = '\0';
	yj_family_find(family)->filters(address, add, NULL);
	return added;
}

static void test_filters(void **state)
{
	static const char shelly[] = "shellies/# +/events/rpc +/events/ble +/status/+ +/online";
	static const char omg[] = "+/+/BTtoMQTT/+ +/+/433toMQTT +/+/SRFBtoMQTT "
				  "+/+/RTL_433toMQTT/# +/+/SYStoMQTT +/+/HCSR501toMQTT +/+/LWT";
	(void)state;
	assert_string_equal(filters("shelly", NULL), shelly);
	assert_string_equal(filters("shelly", "shellyplus1-a"), shelly);
	assert_string_equal(filters("shelly", "shellyblugw-a/bthomedevice:202"), shelly);
	assert_string_equal(filters("shelly", "ble:"), shelly);
	assert_string_equal(filters("shelly", "home/bed"),
	    "home/bed/events/rpc home/bed/events/ble home/bed/status/+ home/bed/online");
	assert_string_equal(filters("shelly", "home/bed/bthomedevice:202"),
	    "home/bed/events/rpc home/bed/events/ble home/bed/status/+ home/bed/online");
	assert_string_equal(filters("tasmota", NULL), "tele/+/+ +/tele/+ stat/+/+ +/stat/+");
	assert_string_equal(filters("tasmota", "rf:"), "tele/+/+ +/tele/+ stat/+/+ +/stat/+");
	assert_string_equal(filters("tasmota", "home/bed"),
	    "tele/home/bed/+ home/bed/tele/+ stat/home/bed/+ home/bed/stat/+");
	assert_string_equal(filters("openmqttgateway", NULL), omg);
	assert_string_equal(filters("openmqttgateway", "home/OpenMQTTGateway"), omg);
	assert_string_equal(filters("openmqttgateway", "rf:"), omg);
	assert_string_equal(filters("openmqttgateway", "X10-Security/a40b"), omg);
	assert_non_null(strstr(filters("openmqttgateway", "site/3/gw"), "site/3/gw/BTtoMQTT/+"));
	assert_null(strstr(added, "+/+"));
	assert_string_equal(filters("rtl_433", NULL), "rtl_433/+/events rtl_433/+/availability");
}

static void test_shared_addresses(void **state)
{
	static const struct {
		const char *family, *address;
		bool is;
	} rows[] = {
	    {"tasmota", "rf:4AF10A", true},
	    {"tasmota", "rf:", true},
	    {"tasmota", "RF:4af10a", true},
	    {"tasmota", "ble:bc026eaabbcc", false},
	    {"tasmota", "wc_button_2", false},
	    {"tasmota", "zbbridge/bed31", false},
	    {"openmqttgateway", "rf:4AF10A", true},
	    {"openmqttgateway", "ble:bc026eaabbcc", true},
	    {"openmqttgateway", "X10-Security/a40b", true},
	    {"openmqttgateway", "home/OpenMQTTGateway", false},
	    {"shelly", "ble:bc026eaabbcc", true},
	    {"shelly", "rf:4AF10A", false},
	    {"shelly", "shellyplus1/bthomedevice:202", false},
	    {"rtl_433", "X10-Security/a40b", true},
	    {"rtl_433", "rtl_433/pi4", false},
	    {"rtl_433", "rf:4AF10A", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(
		    yj_family_find(rows[i].family)->shares(rows[i].address), rows[i].is);
	assert_null(yj_family_find("zigbee2mqtt")->shares);
}

#define RPC "{\"id\":1,\"src\":\"yijian\",\"method\":"

static const struct {
	const char *family, *address, *feedback;
	enum yj_home_state state;
	const char *topic, *payload; /* NULL: it shows nothing */
} told[] = {
    {"tasmota", "wc_button_2", "", YJ_HOME_RECEIVED, NULL, NULL},
    {"tasmota", "wc_button_2", "POWER", YJ_HOME_RECEIVED, "cmnd/wc_button_2/POWER", "ON"},
    {"tasmota", "wc_button_2", "POWER2", YJ_HOME_CLOSED, "cmnd/wc_button_2/POWER2", "OFF"},
    {"tasmota", "wc_button_2", "POWER", YJ_HOME_ANSWERED, NULL, NULL},
    {"tasmota", "wc_button_2", "POWER", YJ_HOME_SEARCHING, NULL, NULL},
    {"tasmota", "wc_button_2", "POWER", YJ_HOME_ARRIVED, NULL, NULL},
    {"tasmota", "wc_button_2", "answered:POWER", YJ_HOME_RECEIVED, NULL, NULL},
    {"tasmota", "wc_button_2", "answered:POWER", YJ_HOME_ANSWERED, "cmnd/wc_button_2/POWER", "ON"},
    {"tasmota", "wc_button_2", "answered:POWER", YJ_HOME_SEARCHING, "cmnd/wc_button_2/POWER",
	"OFF"},
    {"tasmota", "wc_button_2", "answered:POWER", YJ_HOME_ARRIVED, NULL, NULL},
    {"tasmota", "wc_button_2", "answered:POWER", YJ_HOME_CLOSED, "cmnd/wc_button_2/POWER", "OFF"},
    {"tasmota", "wc_button_2", "Buzzer", YJ_HOME_RECEIVED, "cmnd/wc_button_2/Buzzer", "3"},
    {"tasmota", "wc_button_2", "Reset", YJ_HOME_RECEIVED, NULL, NULL},
    {"tasmota", "rf:4AF10A", "cmnd/siren_1f/POWER", YJ_HOME_RECEIVED, "cmnd/siren_1f/POWER", "ON"},
    {"tasmota", "rf:4AF10A", "siren_1f/cmnd/POWER", YJ_HOME_RECEIVED, "siren_1f/cmnd/POWER", "ON"},
    {"tasmota", "rf:4AF10A", "cmnd/+/POWER", YJ_HOME_RECEIVED, NULL, NULL},
    {"tasmota", "rf:4AF10A", "yj/v1/gw/state", YJ_HOME_RECEIVED, NULL, NULL},
    {"tasmota", "rf:4AF10A", "shellyplus1-a/rpc Switch.Set 0", YJ_HOME_RECEIVED,
	"shellyplus1-a/rpc", RPC "\"Switch.Set\",\"params\":{\"id\":0,\"on\":true}}"},
    {"shelly", "shelly1-b9", "relay/0", YJ_HOME_RECEIVED, "shellies/shelly1-b9/relay/0/command",
	"on"},
    {"shelly", "shelly1-b9", "answered:relay/0", YJ_HOME_CLOSED,
	"shellies/shelly1-b9/relay/0/command", "off"},
    {"shelly", "ble:bc026eaabbcc", "shellies/shelly1-b9/relay/0/command", YJ_HOME_RECEIVED,
	"shellies/shelly1-b9/relay/0/command", "on"},
    {"shelly", "home/bed", "Switch.Set 1", YJ_HOME_CLOSED, "home/bed/rpc",
	RPC "\"Switch.Set\",\"params\":{\"id\":1,\"on\":false}}"},
    {"shelly", "blugw/bthomedevice:202", "Light.Set 0", YJ_HOME_RECEIVED, "blugw/rpc",
	RPC "\"Light.Set\",\"params\":{\"id\":0,\"on\":true}}"},
    {"shelly", "smoke-1", "Smoke.Mute 0", YJ_HOME_RECEIVED, NULL, NULL},
    {"shelly", "smoke-1", "Smoke.Mute 0", YJ_HOME_ANSWERED, "smoke-1/rpc",
	RPC "\"Smoke.Mute\",\"params\":{\"id\":0}}"},
    {"shelly", "smoke-1", "Smoke.Mute 0", YJ_HOME_CLOSED, "smoke-1/rpc",
	RPC "\"Smoke.Mute\",\"params\":{\"id\":0}}"},
    {"shelly", "smoke-1", "Shelly.FactoryReset 0", YJ_HOME_RECEIVED, NULL, NULL},
    {"shelly", "smoke-1", "smoke-1/rpc Shelly.FactoryReset 0", YJ_HOME_RECEIVED, NULL, NULL},
    {"shelly", "smoke-1", "smoke-1/rpc Switch.Set x", YJ_HOME_RECEIVED, NULL, NULL},
    {"openmqttgateway", "rf:141154", "home/omg/commands/MQTTto433 1315156 1315160",
	YJ_HOME_RECEIVED, "home/omg/commands/MQTTto433", "{\"value\":1315156,\"repeat\":10}"},
    {"openmqttgateway", "rf:141154", "home/omg/commands/MQTTto433 1315156 1315160", YJ_HOME_CLOSED,
	"home/omg/commands/MQTTto433", "{\"value\":1315160,\"repeat\":10}"},
    {"openmqttgateway", "rf:141154", "home/omg/commands/MQTTto433 1315156", YJ_HOME_CLOSED, NULL,
	NULL},
    {"openmqttgateway", "rf:141154", "home/omg/commands/MQTTtoBT 1", YJ_HOME_RECEIVED, NULL, NULL},
    {"rtl_433", "X10-Security/a40b", "cmnd/siren_1f/POWER", YJ_HOME_RECEIVED, "cmnd/siren_1f/POWER",
	"ON"},
    {"rtl_433", "X10-Security/a40b", "", YJ_HOME_RECEIVED, NULL, NULL},
};

static void test_telling(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
		struct yj_to to = {told[i].address, "", told[i].feedback};
		struct yj_msg_down_call down = {.id = "1", .state = told[i].state};
		struct yj_wire wire = {.len = 0};
		int rc = yj_family_find(told[i].family)->tell(&to, &down, &wire);
		assert_int_equal(rc, told[i].topic ? 0 : YJ_ERR_NOTFOUND);
		if (rc < 0)
			continue;
		assert_string_equal(wire.topic, told[i].topic);
		assert_int_equal(wire.len, strlen(told[i].payload));
		assert_memory_equal(wire.payload, told[i].payload, wire.len);
		assert_int_equal(wire.qos, 1);
	}
}

/* Times of devices are for people, and only where they can be believed. */
static void test_time(void **state)
{
	static const struct {
		const char *ts;
		int64_t ms;
	} rows[] = {{"1795138095.02", 1795138095020}, {"1577836800", 1577836800000},
	    {"1577836799.9", INT64_MAX}, {"1.61", INT64_MAX}, {"-5", INT64_MAX},
	    {"1e300", INT64_MAX}, {"\"x\"", INT64_MAX}};
	struct yj_decoder *d = yj_decoder_new();
	static struct yj_reports out;
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char payload[256];
		int n = snprintf(payload, sizeof payload,
		    "{\"method\":\"NotifyEvent\",\"params\":{\"ts\":%s,\"events\":[{\"component\":"
		    "\"input:0\",\"event\":\"single_push\"}]}}",
		    rows[i].ts);
		out.n = 0;
		yj_family_find("shelly")->read(d, "a/events/rpc", payload, (size_t)n, &out);
		assert_int_equal(out.n, 1);
		assert_true(out.v[0].ts_ms == rows[i].ms);
		assert_int_equal(out.v[0].signs[0].repeat,
		    rows[i].ms == INT64_MAX ? YJ_REPEAT_WINDOW : YJ_REPEAT_ID);
	}
	yj_decoder_free(d);
}

/* A gateway of many BLU devices, and one event too many: what fits is told. */
static void test_more_than_there_is_room_for(void **state)
{
	char payload[4096] =
	    "{\"method\":\"NotifyEvent\",\"params\":{\"ts\":1795138095,\"events\":[";
	struct yj_decoder *d = yj_decoder_new();
	static struct yj_reports out;
	(void)state;
	for (int i = 0; i < 20; i++) {
		size_t used = strlen(payload);
		snprintf(payload + used, sizeof payload - used,
		    "%s{\"component\":\"bthomedevice:%d\",\"event\":\"single_push\"}", i ? "," : "",
		    200 + i);
	}
	strcat(payload, "]}}");
	out.n = 0;
	yj_family_find("shelly")->read(d, "a/events/rpc", payload, strlen(payload), &out);
	assert_int_equal(out.n, YJ_REPORTS_MAX);
	assert_string_equal(out.v[YJ_REPORTS_MAX - 1].address, "a/bthomedevice:207");
	yj_decoder_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_owners),
	    cmocka_unit_test(test_topics_of_nobody_here),
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_shared_addresses),
	    cmocka_unit_test(test_telling),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_more_than_there_is_room_for),
	};
	return cmocka_run_group_tests_name("device_radio", tests, NULL, NULL);
}
