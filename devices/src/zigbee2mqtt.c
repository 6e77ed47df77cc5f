/* Zigbee2MQTT: BASE/NAME with a device's whole state as JSON, or BASE/NAME/FIELD for each part of
 * it, BASE/NAME/availability, BASE/bridge/…. A name may have several levels, and a base too: then
 * its last levels are the first ones of each name, and there are several bridges.
 * https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
 *
 * Sent with QoS 0 unless the device's options say `qos: 1`. Nothing in a message tells a repeat;
 * what it caches comes again with every report, but for `action`. */
#include <stdio.h>
#include <string.h>

#include "decoder.h"
#include "families.h"
#include "feedback.h"
#include "topics.h"
#include "zigbee2mqtt_fields.h"

#define BASE "zigbee2mqtt/"

static bool owns(const char *topic)
{
	return yj_topic_behind(topic, BASE) != NULL;
}

/* ── what a message says ── */

static struct yj_text text_of(const struct yj_js *js, yj_js_at at)
{
	return (struct yj_text){js->text + at->from, at->to - at->from};
}

/* Nothing has to be escaped that means something here, but it may be. */
#define PLAIN_MAX 64
static struct yj_text plain(const struct yj_js *js, yj_js_at at, char buf[PLAIN_MAX])
{
	if (!at->escaped || !yj_js_copy(js, at, buf, PLAIN_MAX))
		return text_of(js, at);
	return (struct yj_text){buf, strlen(buf)};
}

static bool begins(struct yj_text text, const char *with)
{
	size_t len = strlen(with);
	return text.len >= len && memcmp(text.at, with, len) == 0;
}

static bool ends(struct yj_text text, const char *with)
{
	size_t len = strlen(with);
	return text.len >= len && memcmp(text.at + text.len - len, with, len) == 0;
}

/* HEIMAN's smoke and CO alarms; sirens and air monitors have other words there. */
static void judge_stage(struct yj_meaning *meaning, struct yj_text *value)
{
	if (yj_text_is(*value, "alarmed") || yj_text_is(*value, "warning_alarm"))
		*value = (struct yj_text){"alarm", 5};
	else if (yj_text_is(*value, "prealarm"))
		*value = (struct yj_text){"normal", 6};
	else if (!yj_text_is(*value, "critical_alarm") && !yj_text_is(*value, "normal"))
		meaning->means = YJ_MEANS_TELEMETRY;
}

/* A valve has one word for all that is wrong with it. */
static void judge_valve(struct yj_text *value)
{
	struct yj_text word;
	const char *found = "normal";
	for (size_t at = 0; yj_text_word(*value, &at, &word);)
		if (yj_text_is(word, "leakage"))
			found = "leak";
	*value = (struct yj_text){found, strlen(found)};
}

/* Names that devices of several sorts have, and mean other things by. */
static void judge(struct yj_meaning *meaning, struct yj_text name, struct yj_text *value)
{
	double n;
	if (meaning->means == YJ_MEANS_BED) {
		/* covers, valves and thermostats */
		if (yj_text_is(name, "work_state") && !begins(*value, "presence") &&
		    !begins(*value, "none"))
			meaning->means = YJ_MEANS_TELEMETRY;
	} else if (yj_text_is(name, "alarm_state")) {
		judge_stage(meaning, value);
	} else if (yj_text_is(name, "valve_abnormal_state") ||
		   yj_text_is(name, "current_device_status")) {
		judge_valve(value);
	} else if ((yj_text_is(name, "water") || yj_text_is(name, "gas")) &&
		   yj_text_number(*value, &n)) { /* meters */
		meaning->means = YJ_MEANS_TELEMETRY;
	}
}

static void take_as(
    struct yj_report *r, struct yj_meaning meaning, struct yj_text name, struct yj_text value)
{
	char field[YJ_FIELD_MAX + 1];
	if (meaning.means == YJ_MEANS_ALARM || meaning.means == YJ_MEANS_BED)
		judge(&meaning, name, &value);
	/* most are settings, and need no name */
	size_t len = meaning.means == YJ_MEANS_TELEMETRY ? 0
		     : name.len < sizeof field		 ? name.len
							 : YJ_FIELD_MAX;
	memcpy(field, name.at, len);
	field[len] = '\0';
	yj_take_field(r, meaning, field, value);
}

/* A device with several endpoints says NAME_1 or NAME_l1. */
static struct yj_text without_endpoint(struct yj_text name)
{
	size_t n = name.len;
	while (n > 0 && name.at[n - 1] >= '0' && name.at[n - 1] <= '9')
		n--;
	if (n < name.len && n > 1 && name.at[n - 1] == 'l')
		n--;
	if (n < name.len && n > 1 && name.at[n - 1] == '_')
		name.len = n - 1;
	return name;
}

static struct yj_meaning meaning_of(struct yj_text name)
{
	static const struct yj_meaning leak = {YJ_MEANS_ALARM, YJ_KIND_LEAK};
	bool known;
	struct yj_meaning meaning = yj_zigbee2mqtt_field(name, &known), part;
	struct yj_text stem = known ? name : without_endpoint(name);
	if (stem.len == name.len)
		return meaning;
	if (ends(stem, "_leak_detect"))
		return leak;
	if (ends(stem, "_battery_low"))
		stem = (struct yj_text){"battery_low", 11};
	part = yj_zigbee2mqtt_field(stem, &known);
	/* meters count water and gas */
	if (part.means == YJ_MEANS_BATTERY_LOW || part.means == YJ_MEANS_LIFE ||
	    (part.means == YJ_MEANS_ALARM && stem.len > 3 && !yj_text_is(stem, "water")))
		return part;
	return meaning;
}

/* The names of the maker's and of the firmware's versions, where they are sent along. */
static void take_versions(const struct yj_js *js, struct yj_report *r)
{
	const yj_js_at ways[] = {yj_js_path(js, js->tokens, "device", "softwareBuildID", NULL),
	    yj_js_path(js, js->tokens, "update", "installed_version", NULL)};
	for (size_t i = 0; i < sizeof ways / sizeof ways[0] && !r->readings.fw[0]; i++)
		if (!yj_js_copy(js, ways[i], r->readings.fw, sizeof r->readings.fw))
			r->readings.fw[0] = '\0';
}

/* TS0601_sos has called by itself, at times with a battery of 0 % (zigbee2mqtt issue 31821): a call
 * all the same, and work for maintenance. */
static void doubt(const struct yj_js *js, struct yj_report *r)
{
	yj_js_at model = yj_js_path(js, js->tokens, "device", "model", NULL);
	if (!yj_js_equals(js, model, "TS0601_sos") && r->readings.battery_pct != 0)
		return;
	for (size_t i = 0; i < r->n_signs; i++) {
		if (!r->signs[i].emergency)
			continue;
		r->signs[i].doubtful = true;
		r->readings.faults |= YJ_FAULT_TROUBLE;
		r->readings.faults_known |= YJ_FAULT_TROUBLE;
	}
}

static void take_object(struct yj_decoder *d, struct yj_report *r)
{
	const struct yj_js *js = &d->js;
	yj_js_at action = NULL, stage = NULL;
	bool versions = false, smoke = false, co = false;
	char key[PLAIN_MAX], word[PLAIN_MAX];
	r->base = YJ_BASE_HEARTBEAT;
	for (yj_js_at k = yj_js_first(js, js->tokens); k; k = yj_js_next(js, js->tokens, k)) {
		yj_js_at v = k + 1;
		struct yj_text name = plain(js, k, key);
		struct yj_meaning meaning = meaning_of(name);
		if (meaning.means == YJ_MEANS_ALARM) {
			smoke = smoke || yj_text_is(name, "smoke");
			co = co || yj_text_is(name, "carbon_monoxide");
		}
		if (meaning.means == YJ_MEANS_ACTION)
			action = yj_js_is(v, YJ_JS_STRING) && v->to > v->from ? v : action;
		else if (yj_js_is(v, YJ_JS_OBJECT))
			versions = true;
		else if (yj_js_is(v, YJ_JS_STRING) && yj_text_is(name, "alarm_state"))
			stage = v;
		else if (!yj_js_is(v, YJ_JS_ARRAY) && !yj_js_is(v, YJ_JS_NULL))
			take_as(r, meaning, name, plain(js, v, word));
	}
	if (versions)
		take_versions(js, r);
	if (stage) { /* whose stage it is, the other fields tell */
		struct yj_meaning meaning = {
		    YJ_MEANS_ALARM, co && !smoke ? YJ_KIND_GAS : YJ_KIND_SMOKE};
		take_as(r, meaning, (struct yj_text){"alarm_state", 11}, plain(js, stage, word));
	}
	if (action) /* the last, for the end of a press takes the rest with it */
		yj_take_action(r, "", plain(js, action, word));
	if (r->n_signs > 0)
		doubt(js, r);
}

/* ── where it says it ── */

static void take_availability(
    struct yj_decoder *d, struct yj_report *r, const char *payload, size_t len)
{
	yj_js_at state = NULL;
	if (len > 0 && payload[0] == '{' && yj_js_read(&d->js, payload, len) == 0)
		state = yj_js_get(&d->js, d->js.tokens, "state");
	if (yj_word_is(payload, len, "online") || yj_js_equals(&d->js, state, "online"))
		r->says = YJ_SAYS_ONLINE;
	else if (yj_word_is(payload, len, "offline") || yj_js_equals(&d->js, state, "offline"))
		r->says = YJ_SAYS_OFFLINE;
}

/* What stands behind the bridge's level, or NULL: the topic is of a device. */
static const char *of_bridge(const char *name, size_t *before)
{
	static const char *const parts[] = {"state", "logging", "devices", "groups", "info",
	    "event", "extensions", "converters", "config", "definitions", "health", "log",
	    "networkmap", "request", "response", NULL};
	if (strncmp(name, "bridge/", 7) == 0) {
		*before = 0;
		return name + 7;
	}
	const char *at = strstr(name, "/bridge/");
	for (size_t i = 0; at && parts[i]; i++) {
		size_t len = strlen(parts[i]);
		const char *end = at + 8 + len;
		if (strncmp(at + 8, parts[i], len) == 0 && (*end == '\0' || *end == '/')) {
			*before = (size_t)(at + 1 - name);
			return at + 8;
		}
	}
	return NULL;
}

static bool is_command(const char *name, size_t n)
{
	size_t before;
	return yj_ends_with(name, n, "/set", &before) || yj_ends_with(name, n, "/get", &before) ||
	       strstr(name, "/set/") || strstr(name, "/get/");
}

/* NAME/FIELD with the bare value. */
static void take_attribute(
    struct yj_reports *out, const char *name, const char *field, const char *payload, size_t len)
{
	struct yj_report *r = yj_report_add(out);
	struct yj_text text = {field, strlen(field)};
	yj_report_name(r, name, (size_t)(field - 1 - name));
	if (len == 0 || strncmp(field, "update-", 7) == 0 || strncmp(field, "device-", 7) == 0)
		return;
	r->base = YJ_BASE_HEARTBEAT;
	take_as(r, meaning_of(text), text, (struct yj_text){payload, len});
}

static void take_device(struct yj_decoder *d, struct yj_report *r, const char *payload, size_t len)
{
	if (len == 0) /* a retained message is taken back */
		return;
	int rc = yj_js_read(&d->js, payload, len);
	if (rc == 0 && yj_js_is(d->js.tokens, YJ_JS_OBJECT))
		take_object(d, r);
	else
		yj_report_error(r, rc == YJ_ERR_BADMSG ? YJ_REASON_UTF8 : YJ_REASON_JSON);
}

static void read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	const char *name = yj_topic_behind(topic, BASE), *part, *last;
	if (!name || !*name)
		return;
	size_t n = strlen(name), before;
	part = of_bridge(name, &before);
	if ((part && strcmp(part, "state") != 0) || is_command(name, n))
		return;
	last = strrchr(name, '/');
	if (part) {
		struct yj_report *r = yj_report_add(out);
		char address[YJ_TOPIC_MAX];
		snprintf(address, sizeof address, BASE "%.*sbridge", (int)before, name);
		yj_report_name(r, address, SIZE_MAX);
		take_availability(d, r, payload, len);
	} else if (yj_ends_with(name, n, "/availability", &before)) {
		struct yj_report *r = yj_report_add(out);
		yj_report_name(r, name, before);
		take_availability(d, r, payload, len);
	} else if (last && last > name &&
		   (len > 0 ? payload[0] != '{' : strcmp(last, "/action") == 0)) {
		take_attribute(out, name, last + 1, payload, len);
	} else {
		struct yj_report *r = yj_report_add(out);
		yj_report_name(r, name, n);
		take_device(d, r, payload, len);
	}
}

static void filters(const char *address, void (*add)(void *ctx, const char *filter), void *ctx)
{
	(void)address;
	add(ctx, BASE "#");
}

/* ── what a siren or a lamp shows: "SIREN", "NAME:light", "NAME:switch" ── */

static const struct yj_shown siren[] = {
    [YJ_HOME_RECEIVED] = {"{\"warning\":{\"mode\":\"emergency\",\"level\":\"low\","
			  "\"strobe\":true,\"duration\":1}}"},
    [YJ_HOME_ANSWERED] = {"{\"warning\":{\"mode\":\"emergency\",\"level\":\"medium\","
			  "\"strobe\":true,\"duration\":3}}"},
    [YJ_HOME_SEARCHING] = {NULL},
    [YJ_HOME_ARRIVED] = {"{\"warning\":{\"mode\":\"stop\",\"level\":\"low\","
			 "\"strobe\":false,\"duration\":0}}"},
    [YJ_HOME_CLOSED] = {"{\"warning\":{\"mode\":\"stop\",\"level\":\"low\","
			"\"strobe\":false,\"duration\":0}}"},
};
static const struct yj_shown light[] = {
    [YJ_HOME_RECEIVED] = {"{\"effect\":\"blink\"}"},
    [YJ_HOME_ANSWERED] = {"{\"state\":\"ON\"}"},
    [YJ_HOME_SEARCHING] = {"{\"effect\":\"blink\"}"},
    [YJ_HOME_ARRIVED] = {"{\"state\":\"ON\"}"},
    [YJ_HOME_CLOSED] = {"{\"state\":\"OFF\"}"},
};
static const struct yj_shown onoff[] = {
    [YJ_HOME_RECEIVED] = {"{\"state\":\"ON\"}"},
    [YJ_HOME_ANSWERED] = {"{\"state\":\"ON\"}"},
    [YJ_HOME_SEARCHING] = {NULL},
    [YJ_HOME_ARRIVED] = {"{\"state\":\"ON\"}"},
    [YJ_HOME_CLOSED] = {"{\"state\":\"OFF\"}"},
};

static int tell(const struct yj_to *to, const struct yj_msg_down_call *down, struct yj_wire *out)
{
	const struct yj_shown *shown = siren;
	size_t n = strlen(to->feedback), before = n;
	if (yj_ends_with(to->feedback, n, ":light", &before))
		shown = light;
	else if (yj_ends_with(to->feedback, n, ":switch", &before))
		shown = onoff;
	if (before == 0)
		return YJ_ERR_NOTFOUND;
	return yj_shown_put(&shown[down->state], out, BASE "%.*s/set", (int)before, to->feedback);
}

const struct yj_family yj_zigbee2mqtt_family = {
    .name = "zigbee2mqtt",
    .heartbeat_ms = 25LL * 3600 * 1000,
    .owns = owns,
    .read = read,
    .filters = filters,
    .tell = tell,
};
