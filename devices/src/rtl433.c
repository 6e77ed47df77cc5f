/* rtl_433: rtl_433/HOST/events with a JSON object for each packet of a sensor, rtl_433/HOST/
 * availability; devices/… repeats the events field by field. https://triq.org/rtl_433/
 *
 * QoS is 0 unless `-F mqtt://…,qos=1`. It hears everybody's sensors and cars: only models whose
 * fields are known to mean something, and devices that somebody has registered, count. `time` is
 * local and says no zone unless asked to: it is not used. */
#include <stdio.h>
#include <string.h>

#include "decoder.h"
#include "families.h"
#include "radio.h"
#include "show.h"
#include "topics.h"

#define BASE "rtl_433/"

enum means {
	PRESS,	   /* key is told */
	PRESS_NOW, /* the value itself is the key */
	HELP,	   /* a press that says itself that it is for help */
	CANCEL,
	ALARM, /* told over and over, and never its end */
	STATE,
	CHANGE,
	OPENED, /* a CHANGE of what key names */
	CLOSED,
	LIFE,
};

/* What a field with a value means. model NULL: of any; value NULL: any; "~X": contains X. */
static const struct row {
	const char *model, *field, *value;
	enum means means;
	enum yj_kind kind;
	const char *key;
} rows[] = {
    {"Interlogix-Security", "subtype", "panic", HELP, 0, "panic"},
    {"X10-Security", "event", "~PANIC", HELP, 0, "panic"},
    {"X10-Security", "event", "~DISARM", CANCEL, 0, ""},
    {"X10-Security", "event", "~MOTION TRIPPED", LIFE, 0, ""},
    {"X10-Security", "event", "DOOR/WINDOW OPEN", OPENED, 0, "door"},
    {"X10-Security", "event", "DOOR/WINDOW CLOSED", CLOSED, 0, "door"},
    {"SimpliSafe-Keypad", "extradata", "~Panic Button", HELP, 0, "panic"},
    {"SimpliSafe-Keypad", "extradata", "~Disarm", CANCEL, 0, ""},
    {"SimpliSafe-Sensor", "extradata", "Contact Open", OPENED, 0, "door"},
    {"SimpliSafe-Sensor", "extradata", "Contact Closed", CLOSED, 0, "door"},
    {"Generic-Remote", "cmd", NULL, PRESS_NOW, 0, ""},
    {"HT680-Remote", "button1", "PRESSED", PRESS, 0, "1"},
    {"HT680-Remote", "button2", "PRESSED", PRESS, 0, "2"},
    {"HT680-Remote", "button3", "PRESSED", PRESS, 0, "3"},
    {"HT680-Remote", "button4", "PRESSED", PRESS, 0, "4"},
    {"Silvercrest-Remote", "button", NULL, PRESS_NOW, 0, ""},
    {"Chuango-Security", "cmd", "Alarm", HELP, 0, "alarm"},
    {"Chuango-Security", "cmd", "24H Zone", PRESS, 0, "24h"},
    {"Chuango-Security", "cmd", "Disarm", CANCEL, 0, ""},
    {"Visonic-Powercode", "alarm", "1", PRESS, 0, "alarm"},
    {"Honeywell-Security", "alarm", "1", PRESS, 0, "alarm"},
    {"2Gig-Security", "alarm", "1", PRESS, 0, "alarm"},
    {"Honeywell-ActivLink", "subtype", "Doorbell", PRESS, 0, "press"},
    {"Honeywell-ActivLink", "class", "Doorbell", PRESS, 0, "press"},
    {"Honeywell-ActivLink", "subtype", "PIR-Motion", LIFE, 0, ""},
    {"Honeywell-ActivLink", "class", "PIR-Motion", LIFE, 0, ""},
    {"Honeywell-ActivLink", "open", NULL, CHANGE, 0, ""},
    {"Quhwa-Doorbell", "id", NULL, PRESS, 0, "press"},
    {"Elro-DB286A", "id", NULL, PRESS, 0, "press"},
    {"Kerui-Security", "water", "1", ALARM, YJ_KIND_LEAK, ""},
    {"Govee-Water", "event", "Water Leak", ALARM, YJ_KIND_LEAK, ""},
    {"Govee-Water-H5054", "event", "Water Leak", ALARM, YJ_KIND_LEAK, ""},
    {"Govee-H5059", "event", "Water Leak", ALARM, YJ_KIND_LEAK, ""},
    {"Govee-H5054", "event", "Water Leak", ALARM, YJ_KIND_LEAK, ""},
    {"Govee-Contact", "event", "Open", OPENED, 0, "door"},
    {"Govee-Contact", "event", "Close", CLOSED, 0, "door"},
    {"Acurite-Leak", "leak_detected", NULL, STATE, YJ_KIND_LEAK, ""},
    {"Bresser-Leakage", "alarm", NULL, STATE, YJ_KIND_LEAK, ""},
    {"Cavius-Security", "text", "Fire alarm", ALARM, YJ_KIND_SMOKE, ""},
    {"Cavius-Security", "text", "~Water detected", ALARM, YJ_KIND_LEAK, ""},
    {"Smoke-GS558", "learn", "0", ALARM, YJ_KIND_SMOKE, ""},
    {NULL, "smoke", NULL, STATE, YJ_KIND_SMOKE, ""},
    {NULL, "motion", "1", LIFE, 0, ""},
    {NULL, "opened", NULL, CHANGE, 0, ""},
    {NULL, "contact_open", NULL, CHANGE, 0, ""},
    {"DSC-Security", "closed", NULL, CHANGE, 0, ""},
};

/* ── what a packet says ── */

/* Several listeners, or one that hears a packet of a counter twice. */
static void take_seq(const struct yj_js *js, struct yj_report *r, yj_js_at at)
{
	char seq[24];
	if (yj_js_copy(js, at, seq, sizeof seq))
		yj_report_dedup(r, YJ_REPEAT_PACKET, "seq", seq, SIZE_MAX);
}

static bool fits(const struct yj_js *js, yj_js_at at, const char *value)
{
	char text[64];
	if (!value)
		return true;
	if (!yj_js_copy(js, at, text, sizeof text))
		return false;
	return value[0] == '~' ? strstr(text, value + 1) != NULL : strcmp(text, value) == 0;
}

/* A counted packet is told apart by its number, another one by time. */
static struct yj_sign *press(struct yj_report *r, const char *key)
{
	return r->repeat == YJ_REPEAT_PACKET ? yj_report_press(r, key) : yj_radio_press(r, key);
}

static void take_row(
    const struct yj_js *js, struct yj_report *r, const struct row *row, yj_js_at at)
{
	char key[YJ_KEY_MAX + 1];
	struct yj_sign *s;
	bool on;
	switch (row->means) {
	case PRESS:
		press(r, row->key);
		break;
	case PRESS_NOW:
		if (yj_js_copy(js, at, key, sizeof key) && key[0])
			press(r, key);
		break;
	case HELP:
		s = press(r, row->key);
		if (s)
			s->emergency = true;
		break;
	case CANCEL:
		yj_report_sign(r, YJ_SIGN_CANCEL);
		break;
	case ALARM:
		yj_radio_alarm(r, row->kind, row->field);
		break;
	case STATE:
		if (yj_js_bool(js, at, &on))
			yj_report_state(r, row->kind, row->field, on);
		break;
	case CHANGE:
		if (yj_js_bool(js, at, &on))
			yj_report_change(r, row->field, SIZE_MAX, on);
		break;
	case OPENED:
	case CLOSED:
		yj_report_change(r, row->key, SIZE_MAX, row->means == OPENED);
		break;
	case LIFE:
		r->readings.life = true;
		break;
	}
}

/* Inputs 1 to 5: which of them are open or were since the last packet. */
static unsigned switches(const struct yj_js *js, unsigned *said)
{
	unsigned open = 0;
	char field[] = "switch1";
	*said = 0;
	for (unsigned i = 0; i < 5; i++) {
		field[6] = (char)('1' + i);
		yj_js_at at = yj_js_get(js, js->tokens, field);
		*said |= at ? 1U << i : 0;
		open |= yj_js_equals(js, at, "OPEN") ? 1U << i : 0;
	}
	return open;
}

/* Its type says what the inputs mean. A panic pendant with all of them closed has perhaps not been
 * pressed; nobody can tell from here. */
static void interlogix(const struct yj_js *js, struct yj_report *r)
{
	yj_js_at type = yj_js_get(js, js->tokens, "subtype");
	unsigned said, open = switches(js, &said);
	if (yj_js_equals(js, type, "panic") && said == 0x1f && open == 0 && r->n_signs > 0)
		r->signs[0].doubtful = true;
	else if (yj_js_equals(js, type, "smoke") && said)
		yj_report_state(r, YJ_KIND_SMOKE, "smoke", open != 0);
	else if (yj_js_equals(js, type, "contact") && said)
		yj_report_change(r, "switch1", SIZE_MAX, (open & 1) != 0);
	else if (yj_js_equals(js, type, "motion"))
		r->readings.life = (open & 1) != 0;
	for (unsigned i = 0; i < 5 && yj_js_equals(js, type, "keyfob"); i++) {
		char key[] = "1"; /* a fob's are the other way round */
		key[0] = (char)('1' + i);
		if ((said & ~open) >> i & 1)
			press(r, key);
	}
}

static void take_battery(const struct yj_js *js, struct yj_report *r)
{
	double level;
	if (yj_js_number(js, yj_js_get(js, js->tokens, "battery_ok"), &level) && level >= 0 &&
	    level <= 1) {
		r->readings.battery_low = level * 100 <= 15;
		if (level > 0 && level < 1)
			yj_readings_battery(&r->readings, level * 100);
	}
	if (yj_js_number(js, yj_js_get(js, js->tokens, "battery_pct"), &level))
		yj_readings_battery(&r->readings, level);
}

static void take_tamper(const struct yj_js *js, struct yj_report *r)
{
	static const char *const names[] = {"tamper", "tampered"};
	bool on;
	for (size_t i = 0; i < 2; i++) {
		if (yj_js_bool(js, yj_js_get(js, js->tokens, names[i]), &on))
			yj_readings_fault(&r->readings, YJ_FAULT_TAMPER, on);
	}
}

/* MODEL/ID, without an id MODEL/CHANNEL, without both MODEL. */
static void name(const struct yj_js *js, struct yj_report *r, const char *model)
{
	char address[YJ_ADDRESS_MAX + 1], id[48];
	bool has = yj_js_copy(js, yj_js_get(js, js->tokens, "id"), id, sizeof id) ||
		   yj_js_copy(js, yj_js_get(js, js->tokens, "channel"), id, sizeof id);
	snprintf(address, sizeof address, "%s%s%s", model, has ? "/" : "", has ? id : "");
	yj_report_name(r, address, SIZE_MAX);
}

void yj_rtl433_read(struct yj_decoder *d, struct yj_reports *out)
{
	const struct yj_js *js = &d->js;
	char model[64];
	if (!yj_js_copy(js, yj_js_get(js, js->tokens, "model"), model, sizeof model) || !model[0] ||
	    strcmp(model, "status") == 0)
		return;
	struct yj_report *r = yj_report_add(out);
	if (!r)
		return;
	name(js, r, model);
	r->base = YJ_BASE_TELEMETRY;
	take_seq(js, r, yj_js_get(js, js->tokens, "seq"));
	take_battery(js, r);
	take_tamper(js, r);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].model && strcmp(rows[i].model, model) != 0)
			continue;
		yj_js_at at = yj_js_get(js, js->tokens, rows[i].field);
		if (at && fits(js, at, rows[i].value))
			take_row(js, r, &rows[i], at);
	}
	if (strcmp(model, "Interlogix-Security") == 0)
		interlogix(js, r);
}

/* ── the family ── */

static bool owns(const char *topic)
{
	return yj_topic_behind(topic, BASE) != NULL;
}

static void take_availability(struct yj_report *r, const char *payload, size_t len)
{
	if (yj_word_is(payload, len, "online"))
		r->says = YJ_SAYS_ONLINE;
	else if (yj_word_is(payload, len, "offline"))
		r->says = YJ_SAYS_OFFLINE;
}

static void read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	size_t before, n = strlen(topic);
	bool events = yj_ends_with(topic, n, "/events", &before);
	bool availability = !events && yj_ends_with(topic, n, "/availability", &before);
	if (!owns(topic) || (!events && !availability))
		return;
	int rc = events ? yj_js_read(&d->js, payload, len) : 0;
	if (events && rc == 0) {
		yj_rtl433_read(d, out);
		return;
	}
	struct yj_report *r = yj_report_add(out);
	if (!r)
		return;
	yj_report_name(r, topic, before);
	if (availability)
		take_availability(r, payload, len);
	else
		yj_report_error(r, rc == YJ_ERR_BADMSG ? YJ_REASON_UTF8 : YJ_REASON_JSON);
}

static void filters(const char *address, void (*add)(void *ctx, const char *filter), void *ctx)
{
	(void)address;
	add(ctx, BASE "+/events");
	add(ctx, BASE "+/availability");
}

static int tell(const struct yj_to *to, const struct yj_msg_down_call *down, struct yj_wire *out)
{
	return yj_show(to->feedback, down, out);
}

const struct yj_family yj_rtl_433_family = {
    .name = "rtl_433",
    .heartbeat_ms = 0, /* some sensors report every minute, pendants only when they are pressed */
    .owns = owns,
    .read = read,
    .filters = filters,
    .shares = yj_radio_is_model,
    .tell = tell,
};
