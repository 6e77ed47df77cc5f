/* Zigbee2Tasmota: {"ZbReceived":{NAME:{…}}} with the fields of a Zigbee message, some of them raw
 * ("0006!02"). https://tasmota.github.io/docs/Zigbee/ */
#include <stdio.h>
#include <string.h>

#include "radio.h"
#include "tasmota.h"
#include "topics.h"

enum zb { ZB_STATE, ZB_CHANGE, ZB_LIFE, ZB_BATTERY, ZB_CLICK, ZB_ZONE };
static const struct {
	const char *field;
	enum zb what;
	enum yj_kind kind;
} zb_fields[] = {
    {"Fire", ZB_STATE, YJ_KIND_SMOKE},
    {"Smoke", ZB_STATE, YJ_KIND_SMOKE},
    {"Water", ZB_STATE, YJ_KIND_LEAK},
    {"CO", ZB_STATE, YJ_KIND_GAS},
    {"Gas", ZB_STATE, YJ_KIND_GAS},
    {"PersonalAlarm", ZB_STATE, YJ_KIND_SOS},
    {"Panic", ZB_STATE, YJ_KIND_SOS},
    {"Contact", ZB_CHANGE, 0},
    {"Occupancy", ZB_LIFE, 0},
    {"Movement", ZB_LIFE, 0},
    {"Motion", ZB_LIFE, 0},
    {"BatteryPercentage", ZB_BATTERY, 0},
    {"Battery", ZB_BATTERY, 0},
    {"Click", ZB_CLICK, 0},
    {"Action", ZB_CLICK, 0},
    {"ZoneStatusChange", ZB_ZONE, 0},
    {"ZoneStatus", ZB_ZONE, 0},
};

static enum yj_kind zone_kind(int64_t type)
{
	switch (type) {
	case 0x28:
		return YJ_KIND_SMOKE;
	case 0x2a:
		return YJ_KIND_LEAK;
	case 0x2b:
		return YJ_KIND_GAS;
	case 0x2c:
	case 0x10f:
	case 0x115:
	case 0x21d:
		return YJ_KIND_SOS;
	default:
		return YJ_KIND_COUNT;
	}
}

/* The bits of an IAS zone. Of what kind it is the message need not say: then an alarm is a press,
 * as of a button, whose key "zone" may be given another meaning. */
static void zb_zone(const struct yj_js *js, struct yj_report *r, yj_js_at o, int64_t status)
{
	static const char *const told[] = {
	    "Contact", "Occupancy", "Movement", "Motion", "Fire", "Water", "CO", "PersonalAlarm"};
	int64_t type = 0;
	bool alarm = (status & 3) != 0;
	yj_readings_fault(&r->readings, YJ_FAULT_TAMPER, (status & 4) != 0);
	yj_readings_fault(&r->readings, YJ_FAULT_TROUBLE, (status & 0x40) != 0);
	r->readings.battery_low = (status & 8) != 0;
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
		if (yj_js_get(js, o, told[i]))
			return;
	if (yj_js_integer(js, yj_js_get(js, o, "ZoneType"), &type) && type > 0) {
		if (zone_kind(type) != YJ_KIND_COUNT)
			yj_report_state(r, zone_kind(type), "ZoneStatus", alarm);
	} else if (alarm) {
		yj_tasmota_press(r, "", "zone");
	}
}

/* Of a remote, not of a lamp: only commands have "!" in their raw names ("0006!02"). Power is then
 * 0, 1 or 2 (toggle); older ones say "toggle". */
static void zb_power(const struct yj_js *js, struct yj_report *r, yj_js_at at, bool command)
{
	char word[8];
	int64_t n;
	if (yj_js_is(at, YJ_JS_STRING) && yj_js_copy(js, at, word, sizeof word)) {
		if (yj_tasmota_is_press(word))
			yj_tasmota_press(r, "", word);
	} else if (command && yj_js_integer(js, at, &n) && n > 0) {
		yj_tasmota_press(r, "", n == 1 ? "on" : "toggle");
	}
}

/* "0501!02": a keypad's emergency, fire and panic keys; "0500!00": an IAS zone's bits. */
static bool zb_raw(const struct yj_js *js, struct yj_report *r, yj_js_at o, yj_js_at key)
{
	const char *text = js->text + key->from;
	size_t len = key->to - key->from;
	if (len != 7 || text[4] != '!')
		return false;
	if (memcmp(text, "0501!03", 7) == 0) {
		yj_radio_alarm(r, YJ_KIND_SMOKE, "0501!03");
	} else if (memcmp(text, "0501!02", 7) == 0 || memcmp(text, "0501!04", 7) == 0) {
		struct yj_sign *s = yj_radio_press(r, "panic");
		if (s)
			s->emergency = true;
	} else if (memcmp(text, "0500!00", 7) == 0 && !yj_js_get(js, o, "ZoneStatusChange") &&
		   key[1].to - key[1].from >= 4) {
		unsigned char bits[2];
		if (yj_radio_hex(js->text + key[1].from, 4, bits, sizeof bits) == 2)
			zb_zone(js, r, o, bits[0] | bits[1] << 8);
	}
	return memcmp(text, "0006", 4) == 0;
}

static void zb_field(const struct yj_js *js, struct yj_report *r, yj_js_at o, size_t i, yj_js_at at)
{
	double number;
	int64_t whole;
	bool on;
	switch (zb_fields[i].what) {
	case ZB_STATE:
		if (yj_js_bool(js, at, &on))
			yj_report_state(r, zb_fields[i].kind, zb_fields[i].field, on);
		break;
	case ZB_CHANGE:
		if (yj_js_bool(js, at, &on))
			yj_report_change(r, zb_fields[i].field, SIZE_MAX, on);
		break;
	case ZB_LIFE:
		r->readings.life = r->readings.life || (yj_js_bool(js, at, &on) && on);
		break;
	case ZB_BATTERY:
		if (yj_js_number(js, at, &number))
			yj_readings_battery(&r->readings, number);
		break;
	case ZB_CLICK:
		yj_tasmota_click(js, r, at);
		break;
	case ZB_ZONE:
		if (yj_js_integer(js, at, &whole))
			zb_zone(js, r, o, whole);
		break;
	}
}

static void zb_device(const struct yj_js *js, struct yj_report *r, yj_js_at o)
{
	bool command = false;
	r->base = YJ_BASE_TELEMETRY;
	for (yj_js_at k = yj_js_first(js, o); k; k = yj_js_next(js, o, k)) {
		command = zb_raw(js, r, o, k) || command;
		for (size_t i = 0; i < sizeof zb_fields / sizeof zb_fields[0]; i++)
			if (yj_js_equals(js, k, zb_fields[i].field))
				zb_field(js, r, o, i, k + 1);
	}
	yj_js_at power = yj_js_get(js, o, "Power");
	if (power)
		zb_power(js, r, power, command);
}

/* TOPIC/NAME, or TOPIC/0x4F2E of one without a name; with SetOption89 the topic has it already. */
void yj_tasmota_zigbee(const struct yj_js *js, const char *topic, size_t topic_len, yj_js_at all,
    struct yj_reports *out)
{
	char name[YJ_ADDRESS_MAX + 1], address[2 * YJ_ADDRESS_MAX + 2];
	size_t before;
	for (yj_js_at k = yj_js_first(js, all); k; k = yj_js_next(js, all, k)) {
		if (!yj_js_is(k + 1, YJ_JS_OBJECT))
			continue;
		if (!yj_js_copy(js, yj_js_get(js, k + 1, "Name"), name, sizeof name))
			yj_js_copy(js, k, name, sizeof name);
		bool has = yj_ends_with(topic, topic_len, name, &before) && before > 1 &&
			   topic[before - 1] == '/';
		snprintf(address, sizeof address, "%.*s%s%s", (int)topic_len, topic, has ? "" : "/",
		    has ? "" : name);
		struct yj_report *r = yj_report_add(out);
		if (!r)
			return;
		yj_report_name(r, address, SIZE_MAX);
		zb_device(js, r, k + 1);
	}
}
