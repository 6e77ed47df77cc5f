/* Zigbee2MQTT: BASE/NAME with a device's whole state as JSON, BASE/NAME/availability, BASE/bridge/
 * …. https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
 *
 * Sent with QoS 0 unless the device's options say `qos: 1`. Nothing in a message tells a repeat;
 * what it caches comes again with every report, but for `action`. */
#include <string.h>

#include "decoder.h"
#include "families.h"
#include "topics.h"

#define BASE "zigbee2mqtt/"
#define AGAIN_MS 2000 /* the same key of one device: told as JSON and on NAME/action */

static bool owns(const char *topic)
{
	return yj_topic_behind(topic, BASE) != NULL;
}

/* ── what a message says ── */

static bool among(const char *const *words, const char *text, size_t len)
{
	for (; *words; words++)
		if (strlen(*words) == len && memcmp(*words, text, len) == 0)
			return true;
	return false;
}

/* A word of an action: "1_double", "button_2_hold", "emergency". */
static bool has_word(const char *action, const char *const *words)
{
	for (const char *p = action;; p++) {
		size_t len = strcspn(p, "_-");
		if (among(words, p, len))
			return true;
		p += len;
		if (*p == '\0')
			return false;
	}
}

static void take_action(struct yj_report *r, const char *action)
{
	static const char *const help[] = {"emergency", "sos", "panic", NULL};
	static const char *const press[] = {"single", "double", "triple", "quadruple", "many",
	    "hold", "long", "press", "pressed", "click", "push", "short", "on", "toggle", NULL};
	static const char *const end[] = {"release", "released", "stop", "off", NULL};
	if (!action[0])
		return;
	if (strcmp(action, "disarm") == 0) {
		yj_report_sign(r, YJ_SIGN_CANCEL);
		return;
	}
	bool emergency = has_word(action, help);
	if (!emergency && (has_word(action, end) || !has_word(action, press))) {
		if (has_word(action, end))
			r->base = YJ_BASE_IGNORE;
		return;
	}
	struct yj_sign *s = yj_report_press(r, action);
	if (!s)
		return;
	s->emergency = emergency;
	s->repeat = YJ_REPEAT_WINDOW;
	s->window_ms = AGAIN_MS;
}

static void take_object(struct yj_decoder *d, struct yj_report *r)
{
	const struct yj_js *js = &d->js;
	char action[YJ_KEY_MAX + 1];
	double number;
	bool flag;
	r->base = YJ_BASE_HEARTBEAT;
	if (yj_js_number(js, yj_js_get(js, js->tokens, "battery"), &number))
		yj_readings_battery(&r->readings, number);
	if (yj_js_bool(js, yj_js_get(js, js->tokens, "battery_low"), &flag))
		r->readings.battery_low = flag;
	if (yj_js_copy(js, yj_js_get(js, js->tokens, "action"), action, sizeof action))
		take_action(r, action);
}

/* ── where it says it ── */

static void take_availability(
    struct yj_decoder *d, struct yj_report *r, const char *payload, size_t len)
{
	yj_js_at state = NULL;
	if (yj_js_read(&d->js, payload, len) == 0)
		state = yj_js_get(&d->js, d->js.tokens, "state");
	if (yj_word_is(payload, len, "online") || yj_js_equals(&d->js, state, "online"))
		r->says = YJ_SAYS_ONLINE;
	else if (yj_word_is(payload, len, "offline") || yj_js_equals(&d->js, state, "offline"))
		r->says = YJ_SAYS_OFFLINE;
}

static void read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	const char *name = yj_topic_behind(topic, BASE);
	if (!name || !*name)
		return;
	size_t n = strlen(name), before;
	if (strncmp(name, "bridge/", 7) == 0 && strcmp(name, "bridge/state") != 0)
		return;
	if (yj_ends_with(name, n, "/set", &before) || yj_ends_with(name, n, "/get", &before) ||
	    strstr(name, "/set/"))
		return;
	struct yj_report *r = yj_report_add(out);
	if (strcmp(name, "bridge/state") == 0) {
		yj_report_name(r, BASE "bridge", SIZE_MAX);
		take_availability(d, r, payload, len);
	} else if (yj_ends_with(name, n, "/availability", &before)) {
		yj_report_name(r, name, before);
		take_availability(d, r, payload, len);
	} else if (yj_ends_with(name, n, "/action", &before) && len > 0 && payload[0] != '{') {
		char action[YJ_KEY_MAX + 1] = "";
		yj_report_name(r, name, before);
		if (len < sizeof action) {
			memcpy(action, payload, len);
			action[len] = '\0';
			take_action(r, action);
		}
	} else {
		yj_report_name(r, name, n);
		int rc = yj_js_read(&d->js, payload, len);
		if (rc == 0 && yj_js_is(d->js.tokens, YJ_JS_OBJECT))
			take_object(d, r);
		else
			yj_report_error(r, rc == YJ_ERR_BADMSG ? YJ_REASON_UTF8 : YJ_REASON_JSON);
	}
}

static void filters(const char *address, void (*add)(void *ctx, const char *filter), void *ctx)
{
	(void)address;
	add(ctx, BASE "#");
}

const struct yj_family yj_zigbee2mqtt_family = {
    .name = "zigbee2mqtt",
    .heartbeat_ms = 25LL * 3600 * 1000,
    .owns = owns,
    .read = read,
    .filters = filters,
};
