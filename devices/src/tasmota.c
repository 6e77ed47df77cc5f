/* Tasmota: PREFIX/TOPIC/COMMAND with the prefixes cmnd (to the device), stat (its answers) and tele
 * (what it says by itself), or TOPIC/PREFIX/COMMAND, by its FullTopic. TOPIC may have levels.
 * https://tasmota.github.io/docs/MQTT/
 *
 * All with QoS 0. Buttons say what was done only with SetOption73 1, switches with SetOption114 1.
 * `Time` is local and says no zone: it is not used. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "families.h"
#include "radio.h"
#include "show.h"
#include "tasmota.h"
#include "topics.h"

#define AGAIN_MS 1000 /* one press, told by two topics */

/* ── topics ── */

struct address {
	const char *prefix, *topic, *command;
	size_t prefix_len, topic_len;
};

static bool is_prefix(const char *text, size_t len)
{
	return len == 4 && (memcmp(text, "tele", 4) == 0 || memcmp(text, "stat", 4) == 0 ||
			       memcmp(text, "cmnd", 4) == 0);
}

/* PREFIX/TOPIC/COMMAND or TOPIC/PREFIX/COMMAND */
static bool part(const char *topic, struct address *a)
{
	const char *first = strchr(topic, '/'), *last = strrchr(topic, '/');
	if (!first || first == last || last[1] == '\0')
		return false;
	const char *second = last;
	while (second[-1] != '/')
		second--;
	a->command = last + 1;
	a->prefix_len = 4;
	if (is_prefix(topic, (size_t)(first - topic))) {
		a->prefix = topic;
		a->topic = first + 1;
		a->topic_len = (size_t)(last - first - 1);
	} else if (is_prefix(second, (size_t)(last - second))) {
		a->prefix = second;
		a->topic = topic;
		a->topic_len = (size_t)(second - 1 - topic);
	} else {
		return false;
	}
	return a->topic_len > 0;
}

static bool owns(const char *topic)
{
	struct address a;
	return part(topic, &a);
}

/* ── buttons and switches ── */

/* "Button1" → the number behind the word. false: another field. */
static bool numbered(const struct yj_js *js, yj_js_at key, const char *word, char n[static 4])
{
	const char *text = js->text + key->from;
	size_t len = key->to - key->from, word_len = strlen(word);
	if (len <= word_len || len - word_len > 3 || strncasecmp(text, word, word_len) != 0)
		return false;
	for (size_t i = word_len; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	memcpy(n, text + word_len, len - word_len);
	n[len - word_len] = '\0';
	return true;
}

static bool among(const char *const *words, const char *text)
{
	for (; *words; words++)
		if (strcasecmp(*words, text) == 0)
			return true;
	return false;
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text | 0x20);
}

void yj_tasmota_press(struct yj_report *r, const char *n, const char *action)
{
	char key[YJ_KEY_MAX + 1];
	snprintf(key, sizeof key, "%s%s%.20s", n, n[0] ? ":" : "", action);
	lower(key);
	struct yj_sign *s = yj_report_press(r, key);
	if (!s)
		return;
	s->repeat = YJ_REPEAT_WINDOW;
	s->window_ms = AGAIN_MS;
}

bool yj_tasmota_is_press(const char *action)
{
	static const char *const ends[] = {"CLEAR", "NONE", "OFF", "RELEASE", "INC_DEC", "INV",
	    "DELAY", "POWER_RELEASE", "POWER_RELEASE_100", "POWER_INCREMENT", "", NULL};
	return !among(ends, action);
}

void yj_tasmota_click(const struct yj_js *js, struct yj_report *r, yj_js_at at)
{
	char action[24];
	if (yj_js_is(at, YJ_JS_STRING) && yj_js_copy(js, at, action, sizeof action) &&
	    yj_tasmota_is_press(action))
		yj_tasmota_press(r, "", action);
}

/* {"Action":"SINGLE"}; older ones {"ACTION":"SINGLE"}, {"TRIG":"SINGLE"}, {"STATE":"ON"} */
static bool take_action(const struct yj_js *js, struct yj_report *r, const char *n, yj_js_at o)
{
	static const char *const fields[] = {"Action", "TRIG", "State"};
	char action[24];
	for (yj_js_at k = yj_js_first(js, o); k; k = yj_js_next(js, o, k)) {
		for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
			if (!yj_js_equals_case(js, k, fields[i]) ||
			    !yj_js_is(k + 1, YJ_JS_STRING) ||
			    !yj_js_copy(js, k + 1, action, sizeof action))
				continue;
			if (yj_tasmota_is_press(action))
				yj_tasmota_press(r, n, action);
			return true;
		}
	}
	return false;
}

/* In SENSOR a switch only says how it stands. */
static void take_switch(const struct yj_js *js, struct yj_report *r, const char *n, yj_js_at at)
{
	bool on;
	if (take_action(js, r, n, at) || !yj_js_bool(js, at, &on))
		return;
	char field[16];
	snprintf(field, sizeof field, "Switch%s", n);
	yj_report_change(r, field, SIZE_MAX, on);
}

/* ── 433 MHz ── */

/* Data is hexadecimal: six digits of an RF bridge, or with 0x; with SetOption28 a decimal number.
 */
static uint64_t rf_code(const struct yj_js *js, yj_js_at data)
{
	char text[24], *end;
	int64_t number;
	if (yj_js_is(data, YJ_JS_NUMBER))
		return yj_js_integer(js, data, &number) && number > 0 ? (uint64_t)number : 0;
	if (!yj_js_is(data, YJ_JS_STRING) || !yj_js_copy(js, data, text, sizeof text))
		return 0;
	size_t len = strlen(text);
	bool hex = strncasecmp(text, "0x", 2) == 0 || len == 6 || strspn(text, "0123456789") != len;
	if (text[0] == '\0' || strspn(text, "0123456789abcdefABCDEFxX") != len)
		return 0;
	uint64_t code = strtoull(text, &end, hex ? 16 : 10);
	return *end == '\0' ? code : 0;
}

/* ── one message ── */

static void take_state(const struct yj_js *js, struct yj_report *r)
{
	double number;
	r->base = YJ_BASE_HEARTBEAT;
	if (yj_js_number(js, yj_js_path(js, js->tokens, "Wifi", "Signal", NULL), &number))
		yj_readings_rssi(&r->readings, number);
}

static void take_fields(const struct yj_js *js, struct yj_report *r)
{
	char n[4], version[YJ_KEY_MAX + 1];
	for (yj_js_at k = yj_js_first(js, js->tokens); k; k = yj_js_next(js, js->tokens, k)) {
		if (numbered(js, k, "Button", n))
			take_action(js, r, n, k + 1);
		else if (numbered(js, k, "Switch", n))
			take_switch(js, r, n, k + 1);
		else if (yj_js_equals(js, k, "Click"))
			yj_tasmota_click(js, r, k + 1);
		else if (yj_js_equals(js, k, "Info1") &&
			 yj_js_copy(js, yj_js_get(js, k + 1, "Version"), version, sizeof version))
			snprintf(r->readings.fw, sizeof r->readings.fw, "%s", version);
	}
}

/* stat/NAME/BUTTON1 with {"ACTION":"SINGLE"} */
static void take_command(const struct yj_js *js, struct yj_report *r, const char *command)
{
	static const char *const words[] = {"BUTTON", "SWITCH"};
	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(words[i]);
		if (strncasecmp(command, words[i], len) == 0 && command[len] && r->n_signs == 0) {
			char n[2] = {command[len], '\0'};
			take_action(js, r, n, js->tokens);
		}
	}
}

static void take_lwt(struct yj_report *r, const char *payload, size_t len)
{
	if (yj_word_is(payload, len, "Online"))
		r->says = YJ_SAYS_ONLINE;
	else if (yj_word_is(payload, len, "Offline"))
		r->says = YJ_SAYS_OFFLINE;
}

static void take_object(struct yj_decoder *d, const struct address *a, struct yj_reports *out)
{
	const struct yj_js *js = &d->js;
	yj_js_at rf = yj_js_get(js, js->tokens, "RfReceived");
	yj_js_at zb = yj_js_get(js, js->tokens, "ZbReceived");
	if (rf)
		yj_radio_code(out, rf_code(js, yj_js_get(js, rf, "Data")));
	if (zb)
		yj_tasmota_zigbee(js, a->topic, a->topic_len, zb, out);
	struct yj_report *r = yj_report_add(out);
	if (!r)
		return;
	yj_report_name(r, a->topic, a->topic_len);
	if (rf || zb)
		return; /* a bridge lives */
	if (strcmp(a->command, "STATE") == 0)
		take_state(js, r);
	else if (strcmp(a->command, "SENSOR") == 0)
		r->base = YJ_BASE_TELEMETRY;
	take_fields(js, r);
	take_command(js, r, a->command);
}

static void read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	static const char *const objects[] = {"RESULT", "SENSOR", "STATE", NULL};
	struct address a;
	if (!part(topic, &a) || memcmp(a.prefix, "cmnd", 4) == 0)
		return;
	int rc = YJ_ERR_INVAL;
	if (strcmp(a.command, "LWT") != 0 && len > 0 && payload[0] == '{')
		rc = yj_js_read(&d->js, payload, len);
	if (rc == 0) {
		take_object(d, &a, out);
		return;
	}
	struct yj_report *r = yj_report_add(out);
	if (!r)
		return;
	yj_report_name(r, a.topic, a.topic_len);
	if (strcmp(a.command, "LWT") == 0)
		take_lwt(r, payload, len);
	else if (among(objects, a.command))
		yj_report_error(r, rc == YJ_ERR_BADMSG ? YJ_REASON_UTF8 : YJ_REASON_JSON);
}

static void filters(const char *address, void (*add)(void *ctx, const char *filter), void *ctx)
{
	static const char *const prefixes[] = {"tele", "stat"};
	char filter[YJ_ADDRESS_MAX + 16];
	bool own = address && strchr(address, '/');
	for (size_t i = 0; i < 2; i++) {
		const char *p = prefixes[i];
		snprintf(filter, sizeof filter, "%s/%s/+", p, own ? address : "+");
		add(ctx, filter);
		snprintf(filter, sizeof filter, "%s/%s/+", own ? address : "+", p);
		add(ctx, filter);
	}
}

/* Beside the forms of show.h, what the device itself can: "POWER1", "Buzzer". */
static int tell(const struct yj_to *to, const struct yj_msg_down_call *down, struct yj_wire *out)
{
	char own[YJ_TOPIC_MAX + 64];
	const char *at = strchr(to->feedback, ':');
	at = at ? at + 1 : to->feedback;
	if (*at == '\0' || strchr(at, '/'))
		return yj_show(to->feedback, down, out);
	snprintf(own, sizeof own, "%.*scmnd/%s/%s", (int)(at - to->feedback), to->feedback,
	    to->address, at);
	return yj_show(own, down, out);
}

const struct yj_family yj_tasmota_family = {
    .name = "tasmota",
    .heartbeat_ms = 0, /* LWT says when it is gone; a remote speaks only when it is pressed */
    .owns = owns,
    .read = read,
    .filters = filters,
    .shares = yj_radio_is_rf,
    .tell = tell,
};
