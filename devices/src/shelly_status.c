/* Shelly Gen 2 and later: what the components of a device say of themselves. */
#include <stdio.h>
#include <string.h>

#include "shelly.h"
#include "topics.h"

#define TS_LEAST 1577836800.0 /* 2020: before its clock was set, ts counts from the boot */

static bool word_is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

/* ── components ── */

static const struct {
	const char *name;
	enum yj_shelly_means means;
} components[] = {
    {"input", YJ_SHELLY_INPUT},
    {"button", YJ_SHELLY_INPUT}, /* a virtual one */
    {"smoke", YJ_SHELLY_ALARM_SMOKE},
    {"flood", YJ_SHELLY_ALARM_LEAK},
    {"gas", YJ_SHELLY_ALARM_GAS},
    {"devicepower", YJ_SHELLY_POWER},
    {"wifi", YJ_SHELLY_WIFI},
    {"presence", YJ_SHELLY_PRESENCE},
    {"presencezone", YJ_SHELLY_PRESENCE},
    {"motion", YJ_SHELLY_PRESENCE},
    {"occupancy", YJ_SHELLY_PRESENCE},
    {"bthomedevice", YJ_SHELLY_BLU},
    {"bthomesensor", YJ_SHELLY_BLU_PART},
    {"blutrv", YJ_SHELLY_MEASURES},
    {"sys", YJ_SHELLY_ALIVE},
    {"cloud", YJ_SHELLY_ALIVE},
    {"mqtt", YJ_SHELLY_ALIVE},
    {"ws", YJ_SHELLY_ALIVE},
    {"ble", YJ_SHELLY_ALIVE},
    {"bthome", YJ_SHELLY_ALIVE},
    {"eth", YJ_SHELLY_ALIVE},
    {"ui", YJ_SHELLY_ALIVE},
    {"script", YJ_SHELLY_ALIVE},
    {"knx", YJ_SHELLY_ALIVE},
    {"matter", YJ_SHELLY_ALIVE},
    {"zigbee", YJ_SHELLY_ALIVE},
    {"switch", YJ_SHELLY_MEASURES},
    {"light", YJ_SHELLY_MEASURES},
    {"rgb", YJ_SHELLY_MEASURES},
    {"rgbw", YJ_SHELLY_MEASURES},
    {"cct", YJ_SHELLY_MEASURES},
    {"cover", YJ_SHELLY_MEASURES},
    {"temperature", YJ_SHELLY_MEASURES},
    {"humidity", YJ_SHELLY_MEASURES},
    {"illuminance", YJ_SHELLY_MEASURES},
    {"voltmeter", YJ_SHELLY_MEASURES},
    {"em", YJ_SHELLY_MEASURES},
    {"em1", YJ_SHELLY_MEASURES},
    {"emdata", YJ_SHELLY_MEASURES},
    {"em1data", YJ_SHELLY_MEASURES},
    {"pm1", YJ_SHELLY_MEASURES},
    {"thermostat", YJ_SHELLY_MEASURES},
    {"boolean", YJ_SHELLY_MEASURES},
    {"number", YJ_SHELLY_MEASURES},
    {"text", YJ_SHELLY_MEASURES},
    {"enum", YJ_SHELLY_MEASURES},
};

/* "input:2": what stands before the number. false: no component that we know. */
bool yj_shelly_component(const char *text, size_t len, enum yj_shelly_means *means)
{
	const char *colon = memchr(text, ':', len);
	size_t n = colon ? (size_t)(colon - text) : len;
	for (size_t i = 0; i < sizeof components / sizeof components[0]; i++) {
		if (word_is(text, n, components[i].name)) {
			*means = components[i].means;
			return true;
		}
	}
	return false;
}

bool yj_shelly_is_part(const char *text, size_t len)
{
	enum yj_shelly_means means;
	return yj_shelly_component(text, len, &means) &&
	       (means == YJ_SHELLY_BLU || means == YJ_SHELLY_BLU_PART);
}

/* ── reports ── */

/* The report of the device, or of a part of it. A message has one of each, but for events of other
 * times (stamp). */
struct yj_report *yj_shelly_report(
    const struct yj_shelly_message *m, const char *part, size_t len, const char *stamp)
{
	char address[YJ_ADDRESS_MAX + 1];
	bool own = part && yj_shelly_is_part(part, len);
	int n = snprintf(address, sizeof address, "%.*s%s%.*s", (int)m->prefix_len, m->prefix,
	    own ? "/" : "", own ? (int)len : 0, own ? part : "");
	if (n < 0 || (size_t)n >= sizeof address)
		return NULL; /* so long a name cannot be registered */
	for (size_t i = 0; i < m->out->n; i++) {
		struct yj_report *r = &m->out->v[i];
		if (strcmp(r->address, address) == 0 &&
		    (!stamp || !r->dedup[0] || strcmp(r->dedup, stamp) == 0))
			return r;
	}
	struct yj_report *r = yj_report_add(m->out);
	if (!r)
		return NULL;
	yj_report_name(r, address, (size_t)n);
	r->ts_ms = m->ts_ms;
	return r;
}

static void raise_base(struct yj_report *r, enum yj_base base)
{
	if (r->base < base)
		r->base = base;
}

void yj_shelly_state(struct yj_report *r, enum yj_kind kind, const char *name, size_t len, bool on)
{
	char field[YJ_FIELD_MAX + 1];
	snprintf(field, sizeof field, "%.*s", (int)len, name);
	raise_base(r, YJ_BASE_TELEMETRY);
	yj_report_state(r, kind, field, on);
}

/* YJ_KIND_COUNT: it tells of no alarm. */
enum yj_kind yj_shelly_alarm(enum yj_shelly_means means)
{
	return means == YJ_SHELLY_ALARM_SMOKE  ? YJ_KIND_SMOKE
	       : means == YJ_SHELLY_ALARM_LEAK ? YJ_KIND_LEAK
	       : means == YJ_SHELLY_ALARM_GAS  ? YJ_KIND_GAS
					       : YJ_KIND_COUNT;
}

void yj_shelly_rssi(const struct yj_js *js, struct yj_report *r, yj_js_at o)
{
	double number;
	if (yj_js_number(js, yj_js_get(js, o, "rssi"), &number))
		yj_readings_rssi(&r->readings, number);
}

/* On external power the battery's percent is 0, if it has one at all. */
static void power(const struct yj_js *js, struct yj_report *r, yj_js_at o)
{
	double pct;
	bool mains = false;
	if (yj_js_bool(js, yj_js_path(js, o, "external", "present", NULL), &mains))
		r->readings.mains = mains;
	if (!mains && yj_js_number(js, yj_js_path(js, o, "battery", "percent", NULL), &pct))
		yj_readings_battery(&r->readings, pct);
}

static void blu(const struct yj_js *js, struct yj_report *r, yj_js_at o)
{
	double pct;
	if (yj_js_number(js, yj_js_get(js, o, "battery"), &pct))
		yj_readings_battery(&r->readings, pct);
	yj_shelly_rssi(js, r, o);
}

static void presence(const struct yj_js *js, struct yj_report *r, yj_js_at o)
{
	static const char *const keys[] = {
	    "value", "presence", "motion", "occupied", "num_objects"};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		yj_js_at at = yj_js_get(js, o, keys[i]);
		bool on = false;
		double n;
		if (yj_js_bool(js, at, &on) ? on : yj_js_number(js, at, &n) && n > 0)
			r->readings.life = true;
	}
}

/* One component's object, or the part of it that has changed. */
void yj_shelly_take(const struct yj_shelly_message *m, const char *name, size_t len, yj_js_at o)
{
	const struct yj_js *js = &m->d->js;
	enum yj_shelly_means means;
	yj_js_at at;
	bool on;
	struct yj_report *r = yj_shelly_component(name, len, &means) && yj_js_is(o, YJ_JS_OBJECT)
				  ? yj_shelly_report(m, name, len, NULL)
				  : NULL;
	if (!r)
		return;
	bool alive = means == YJ_SHELLY_ALIVE || means == YJ_SHELLY_WIFI ||
		     means == YJ_SHELLY_POWER || means == YJ_SHELLY_BLU;
	raise_base(r, alive ? YJ_BASE_HEARTBEAT : YJ_BASE_TELEMETRY);
	switch (means) {
	case YJ_SHELLY_MEASURES:
		break;
	case YJ_SHELLY_INPUT:
		if (yj_js_bool(js, yj_js_get(js, o, "state"), &on))
			yj_report_change(r, name, len, on);
		break;
	case YJ_SHELLY_ALARM_SMOKE:
	case YJ_SHELLY_ALARM_LEAK:
	case YJ_SHELLY_ALARM_GAS:
		if (yj_js_bool(js, yj_js_get(js, o, "alarm"), &on))
			yj_shelly_state(r, yj_shelly_alarm(means), name, len, on);
		if ((at = yj_js_get(js, o, "errors")))
			yj_readings_fault(
			    &r->readings, YJ_FAULT_TROUBLE, yj_js_first(js, at) != NULL);
		break;
	case YJ_SHELLY_PRESENCE:
		presence(js, r, o);
		break;
	case YJ_SHELLY_BLU_PART:
		if (yj_js_bool(js, yj_js_get(js, o, "value"), &on))
			yj_report_change(r, name, len, on);
		break;
	case YJ_SHELLY_ALIVE:
	case YJ_SHELLY_WIFI:
	case YJ_SHELLY_POWER:
	case YJ_SHELLY_BLU:
		if (means == YJ_SHELLY_POWER)
			power(js, r, o);
		else if (means == YJ_SHELLY_BLU)
			blu(js, r, o);
		else if (means == YJ_SHELLY_WIFI)
			yj_shelly_rssi(js, r, o);
		break;
	}
}

void yj_shelly_status(const struct yj_shelly_message *m, yj_js_at params)
{
	const struct yj_js *js = &m->d->js;
	if (!yj_shelly_report(
		m, NULL, 0, NULL)) /* the device first: of parts there may be too many */
		return;
	for (yj_js_at k = yj_js_first(js, params); k; k = yj_js_next(js, params, k))
		yj_shelly_take(m, js->text + k->from, k->to - k->from, k + 1);
}

int64_t yj_shelly_time(const struct yj_js *js, yj_js_at ts)
{
	double s;
	if (!yj_js_number(js, ts, &s) || s < TS_LEAST || s > 1e11)
		return INT64_MAX;
	return (int64_t)(s * 1000 + 0.5);
}
