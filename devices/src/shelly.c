/* Shelly. Gen 1: shellies/ID/…, most of it one word or number a topic.
 * https://shelly-api-docs.shelly.cloud/gen1/#mqtt
 *
 * Everything is told again every mqtt_update_period (30 s), the last press too: only its event_cnt
 * says that it is a new one. It begins anew at a boot, which is told as an empty event. */
#include "shelly.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "families.h"
#include "radio.h"
#include "show.h"
#include "topics.h"

#define GEN1 "shellies/"

bool yj_shelly_word(const char *payload, size_t len, bool *on)
{
	static const char *const yes[] = {"true", "1", "on", "open"};
	static const char *const no[] = {"false", "0", "off", "close"};
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		*on = yj_word_is(payload, len, yes[i]);
		if (*on || yj_word_is(payload, len, no[i]))
			return true;
	}
	return false;
}

static bool number_of(const char *payload, size_t len, double *out)
{
	char buf[32], *end;
	if (len == 0 || len >= sizeof buf || !strchr("-0123456789", payload[0]))
		return false;
	memcpy(buf, payload, len);
	buf[len] = '\0';
	*out = strtod(buf, &end);
	return *end == '\0';
}

static bool object(struct yj_decoder *d, struct yj_report *r, const char *payload, size_t len)
{
	int rc = yj_js_read(&d->js, payload, len);
	if (rc == 0 && yj_js_is(d->js.tokens, YJ_JS_OBJECT))
		return true;
	yj_report_error(r, rc == YJ_ERR_BADMSG ? YJ_REASON_UTF8 : YJ_REASON_JSON);
	return false;
}

/* ── a press ── */

static const char *how(const char *event)
{
	static const char *const names[][2] = {{"S", "single"}, {"SS", "double"}, {"SSS", "triple"},
	    {"L", "long"}, {"SL", "short_long"}, {"LS", "long_short"}};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(event, names[i][0]) == 0)
			return names[i][1];
	return event;
}

/* rest is "input_event/N" */
static void input_event(
    struct yj_decoder *d, struct yj_report *r, const char *rest, const char *payload, size_t len)
{
	char event[12], key[2 * YJ_KEY_MAX], count[24];
	if (!object(d, r, payload, len))
		return;
	yj_js_at at = yj_js_get(&d->js, d->js.tokens, "event");
	bool counted =
	    yj_js_copy(&d->js, yj_js_get(&d->js, d->js.tokens, "event_cnt"), count, sizeof count);
	if (!yj_js_is(at, YJ_JS_STRING) || !yj_js_copy(&d->js, at, event, sizeof event))
		return;
	if (counted)
		yj_report_dedup(r, YJ_REPEAT_NONE, "event_cnt", count, SIZE_MAX);
	struct yj_sign *s = NULL;
	if (event[0]) {
		snprintf(key, sizeof key, "%.8s:%s", rest + strlen("input_event/"), how(event));
		s = yj_radio_press(r, key);
	} else if (counted) {
		s = yj_report_sign(r, YJ_SIGN_RESET);
	}
	if (s && counted) {
		s->repeat = YJ_REPEAT_COUNTER;
		snprintf(s->field, sizeof s->field, "%s", rest);
	}
}

/* ── what a sensor says in one word ── */

enum means {
	MEASURED,
	BATTERY,
	CHARGER,
	SMOKE,
	FLOOD,
	GAS,
	OPERATION,
	MOTION,
	CHANGE,
	ERRORS,
};
static const struct {
	const char *topic;
	enum means means;
} words[] = {
    {"sensor/battery", BATTERY},
    {"sensor/charger", CHARGER},
    {"sensor/smoke", SMOKE},
    {"sensor/flood", FLOOD},
    {"sensor/gas", GAS},
    {"sensor/operation", OPERATION},
    {"sensor/motion", MOTION},
    {"sensor/state", CHANGE},
    {"sensor/error", ERRORS},
    {"input/0", CHANGE},
    {"input/1", CHANGE},
    {"input/2", CHANGE},
    /* told again every period, so no press: that is input_event */
    {"longpush", CHANGE},
    {"longpush/0", CHANGE},
    {"longpush/1", CHANGE},
    {"longpush/2", CHANGE},
};

/* none, mild, heavy; `test` is its own test, `unknown` its warming up */
static void gas(struct yj_report *r, const char *payload, size_t len)
{
	bool none = yj_word_is(payload, len, "none");
	if (none || yj_word_is(payload, len, "mild") || yj_word_is(payload, len, "heavy"))
		yj_report_state(r, YJ_KIND_GAS, "gas", !none);
}

static void word(
    struct yj_report *r, enum means means, const char *rest, const char *payload, size_t len)
{
	double number;
	bool on, is = yj_shelly_word(payload, len, &on);
	r->base = YJ_BASE_TELEMETRY;
	switch (means) {
	case MEASURED:
		break;
	case BATTERY:
		r->base = YJ_BASE_HEARTBEAT;
		if (number_of(payload, len, &number))
			yj_readings_battery(&r->readings, number);
		break;
	case CHARGER:
		if (is)
			r->readings.mains = on;
		break;
	case SMOKE:
	case FLOOD:
		if (is)
			yj_report_state(r, means == SMOKE ? YJ_KIND_SMOKE : YJ_KIND_LEAK,
			    means == SMOKE ? "smoke" : "flood", on);
		break;
	case GAS:
		gas(r, payload, len);
		break;
	case OPERATION:
		if (!yj_word_is(payload, len, "unknown"))
			yj_readings_fault(
			    &r->readings, YJ_FAULT_TROUBLE, yj_word_is(payload, len, "fault"));
		break;
	case MOTION:
		r->readings.life = is && on;
		break;
	case CHANGE:
		if (is)
			yj_report_change(r, rest, SIZE_MAX, on);
		break;
	case ERRORS:
		if (number_of(payload, len, &number))
			yj_readings_fault(&r->readings, YJ_FAULT_TROUBLE, number != 0);
		break;
	}
}

/* ── what it says in an object: info, status, announce ── */

static void take_object(
    struct yj_decoder *d, struct yj_report *r, bool status, const char *payload, size_t len)
{
	const struct yj_js *js = &d->js;
	double number;
	bool on;
	if (!object(d, r, payload, len))
		return;
	yj_js_at top = js->tokens, bat = yj_js_get(js, top, "bat"), fw;
	if (yj_js_is(bat, YJ_JS_OBJECT))
		bat = yj_js_get(js, bat, "value");
	if (yj_js_number(js, bat, &number))
		yj_readings_battery(&r->readings, number);
	if (yj_js_number(js, yj_js_path(js, top, "wifi_sta", "rssi", NULL), &number))
		yj_readings_rssi(&r->readings, number);
	if (yj_js_bool(js, yj_js_get(js, top, "charger"), &on))
		r->readings.mains = on;
	fw = yj_js_get(js, top, "fw_ver");
	if (!fw)
		fw = yj_js_path(js, top, "update", "old_version", NULL);
	yj_js_copy(js, fw, r->readings.fw, sizeof r->readings.fw);
	if (!status)
		return;
	r->base = YJ_BASE_TELEMETRY; /* a motion sensor's */
	if (yj_js_bool(js, yj_js_get(js, top, "motion"), &on))
		r->readings.life = on;
}

static void take_gen1(
    struct yj_decoder *d, struct yj_report *r, const char *rest, const char *payload, size_t len)
{
	bool on;
	if (strcmp(rest, "online") == 0) {
		if (yj_shelly_word(payload, len, &on))
			r->says = on ? YJ_SAYS_ONLINE : YJ_SAYS_OFFLINE;
	} else if (yj_topic_behind(rest, "input_event/")) {
		input_event(d, r, rest, payload, len);
	} else if (strcmp(rest, "announce") == 0) {
		take_object(d, r, false, payload, len);
	} else if (strcmp(rest, "info") == 0 || strcmp(rest, "status") == 0) {
		r->base = YJ_BASE_HEARTBEAT;
		take_object(d, r, strcmp(rest, "status") == 0, payload, len);
	} else if (len > 0) {
		enum means means = MEASURED;
		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
			if (strcmp(rest, words[i].topic) == 0)
				means = words[i].means;
		word(r, means, rest, payload, len);
	}
}

static void read_gen1(struct yj_decoder *d, const char *behind, const char *payload, size_t len,
    struct yj_reports *out)
{
	size_t n = strcspn(behind, "/"), end = strlen(behind), before;
	if (n == 0 || behind[n] == '\0' || yj_ends_with(behind, end, "/command", &before) ||
	    yj_ends_with(behind, end, "/set", &before))
		return; /* to all and from all, or what somebody tells it */
	struct yj_report *r = yj_report_add(out);
	yj_report_name(r, behind, n);
	take_gen1(d, r, behind + n + 1, payload, len);
}

/* ── the family ── */

static bool owns(const char *topic)
{
	return yj_topic_behind(topic, GEN1) != NULL || yj_shelly_rpc_owns(topic);
}

static void read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	const char *behind = yj_topic_behind(topic, GEN1);
	if (behind)
		read_gen1(d, behind, payload, len, out);
	else
		yj_shelly_rpc_read(d, topic, payload, len, out);
}

/* The prefix of a Gen 2 device by its address, which may be a part of it. */
static size_t prefix_len(const char *address)
{
	const char *last = strrchr(address, '/');
	if (last && yj_shelly_is_part(last + 1, strlen(last + 1)))
		return (size_t)(last - address);
	return strlen(address);
}

static void filters(const char *address, void (*add)(void *ctx, const char *filter), void *ctx)
{
	static const char *const ends[] = {"/events/rpc", "/events/ble", "/status/+", "/online"};
	size_t len = address ? prefix_len(address) : 0;
	bool own = address && memchr(address, '/', len) != NULL;
	char filter[YJ_ADDRESS_MAX + 16];
	if (!own)
		add(ctx, GEN1 "#");
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(filter, sizeof filter, "%.*s%s", own ? (int)len : 1, own ? address : "+",
		    ends[i]);
		add(ctx, filter);
	}
}

/* Beside the forms of show.h, what the device itself can: "relay/0", "Switch.Set 0". */
static int tell(const struct yj_to *to, const struct yj_msg_down_call *down, struct yj_wire *out)
{
	static const char *const rpc[] = {"Switch.Set ", "Light.Set ", "Smoke.Mute "};
	char own[YJ_TOPIC_MAX + 64];
	const char *at = strchr(to->feedback, ':');
	at = at ? at + 1 : to->feedback;
	int when = (int)(at - to->feedback);
	snprintf(own, sizeof own, "%s", to->feedback);
	if (yj_topic_behind(at, "relay/") || yj_topic_behind(at, "light/"))
		snprintf(own, sizeof own, "%.*s" GEN1 "%s/%s/command", when, to->feedback,
		    to->address, at);
	for (size_t i = 0; i < sizeof rpc / sizeof rpc[0]; i++)
		if (yj_topic_behind(at, rpc[i]))
			snprintf(own, sizeof own, "%.*s%.*s/rpc %s", when, to->feedback,
			    (int)prefix_len(to->address), to->address, at);
	return yj_show(own, down, out);
}

const struct yj_family yj_shelly_family = {
    .name = "shelly",
    .heartbeat_ms = 0, /* `online` says when it is gone, and batteries sleep for hours */
    .owns = owns,
    .read = read,
    .filters = filters,
    .shares = yj_radio_is_ble,
    .tell = tell,
};
