/* Shelly Gen 2 and later. PREFIX/events/rpc carries NotifyEvent (presses), NotifyStatus (what has
 * changed) and NotifyFullStatus (a sleeping device that woke); PREFIX/status/COMPONENT the same
 * conditions once more. PREFIX is the topic prefix of the settings and may have levels; `src` is
 * the device's id, whatever the prefix.
 * https://shelly-api-docs.shelly.cloud/gen2/General/Notifications
 *
 * BLU devices that a Shelly listens to itself are its components bthomedevice:N. Others come
 * through scripts: raw on PREFIX/events/ble, or decoded as an event of the script. */
#include <stdio.h>
#include <string.h>

#include "bthome.h"
#include "radio.h"
#include "shelly.h"
#include "topics.h"

/* ── events ── */

/* "single_push", "long_double_push", "hold_press" … btn_down and btn_up come beside them. */
static bool is_push(char *event)
{
	size_t len = strlen(event), before;
	if (strncmp(event, "btn_", 4) == 0)
		return false;
	if (yj_ends_with(event, len, "_push", &before) ||
	    yj_ends_with(event, len, "_press", &before)) {
		event[before] = '\0';
		return before > 0;
	}
	return strcmp(event, "hold") == 0;
}

static bool is_alarm(const char *event, bool *on)
{
	const char *dot = strrchr(event, '.');
	const char *word = dot ? dot + 1 : event;
	*on = strcmp(word, "alarm") == 0;
	return *on || strcmp(word, "alarm_off") == 0;
}

/* n: which of several, 0 of one. */
static void script_button(
    const struct yj_js *js, struct yj_report *r, yj_js_at at, unsigned n, bool numbered)
{
	int64_t event;
	char key[YJ_KEY_MAX + 1];
	if (!yj_js_integer(js, at, &event) || event < 0 || event > 255)
		return;
	const char *how = yj_bthome_press((unsigned)event);
	if (!how)
		return;
	if (n)
		snprintf(key, sizeof key, "%u:%s", n, how);
	else
		snprintf(key, sizeof key, "%s", how);
	if (numbered)
		yj_report_press(r, key);
	else
		yj_radio_press(r, key);
}

/* What the scripts of YJ_SHELLY_BLU devices say: data of BTHome, decoded. */
static void script_event(const struct yj_shelly_message *m, yj_js_at data)
{
	const struct yj_js *js = &m->d->js;
	char mac[24], pid[8];
	double number;
	bool sealed;
	if (!yj_js_copy(js, yj_js_get(js, data, "address"), mac, sizeof mac))
		return;
	struct yj_report *r = yj_report_add(m->out);
	if (!r || !yj_radio_name_ble(r, mac, strlen(mac)))
		return;
	r->base = YJ_BASE_HEARTBEAT;
	if (yj_js_bool(js, yj_js_get(js, data, "encryption"), &sealed) && sealed) {
		yj_report_error(r, YJ_REASON_FIELD);
		yj_readings_fault(&r->readings, YJ_FAULT_SEALED, true);
		return;
	}
	if (yj_js_number(js, yj_js_get(js, data, "battery"), &number))
		yj_readings_battery(&r->readings, number);
	yj_shelly_rssi(js, r, data);
	bool numbered = yj_js_copy(js, yj_js_get(js, data, "pid"), pid, sizeof pid);
	if (numbered)
		yj_report_dedup(r, YJ_REPEAT_PACKET, "pid", pid, SIZE_MAX);
	yj_js_at button = yj_js_get(js, data, "button");
	if (!yj_js_is(button, YJ_JS_ARRAY)) {
		script_button(js, r, button, 0, numbered);
		return;
	}
	unsigned n = 0;
	for (yj_js_at b = yj_js_first(js, button); b; b = yj_js_next(js, button, b))
		script_button(js, r, b, ++n, numbered);
}

struct event {
	const char *component;
	size_t len;
	enum yj_shelly_means means;
	char name[32];
	yj_js_at ts, idx;
};

/* Which of its inputs, or of a YJ_SHELLY_BLU device's buttons, and how: "2:single". */
static void press(struct yj_report *r, const struct event *e, const struct yj_js *js, bool timed)
{
	char key[2 * YJ_KEY_MAX], n[8] = "";
	const char *colon = memchr(e->component, ':', e->len);
	if (!yj_js_copy(js, e->idx, n, sizeof n) && colon && e->means == YJ_SHELLY_INPUT)
		snprintf(n, sizeof n, "%.*s", (int)(e->len - (size_t)(colon + 1 - e->component)),
		    colon + 1);
	snprintf(key, sizeof key, "%s%s%s", n, n[0] ? ":" : "", e->name);
	struct yj_sign *s = yj_radio_press(r, key);
	if (!s || !timed)
		return;
	s->repeat = YJ_REPEAT_ID;
	snprintf(s->field, sizeof s->field, "%.*s",
	    (int)(e->len < YJ_FIELD_MAX ? e->len : YJ_FIELD_MAX), e->component);
}

static void take_press(const struct yj_shelly_message *m, struct event *e)
{
	const struct yj_js *js = &m->d->js;
	char stamp[24];
	bool stamped = yj_js_copy(js, e->ts, stamp, sizeof stamp);
	struct yj_report *r = yj_shelly_report(m, e->component, e->len, stamped ? stamp : NULL);
	if (!r)
		return;
	r->ts_ms = yj_shelly_time(js, e->ts);
	if (stamped)
		yj_report_dedup(r, YJ_REPEAT_NONE, "ts", stamp, SIZE_MAX);
	press(r, e, js, stamped && r->ts_ms != INT64_MAX);
}

static void take_event(const struct yj_shelly_message *m, yj_js_at o, yj_js_at ts)
{
	const struct yj_js *js = &m->d->js;
	yj_js_at component_at = yj_js_get(js, o, "component"), own_ts = yj_js_get(js, o, "ts");
	yj_js_at data = yj_js_get(js, o, "data");
	struct event e = {.ts = own_ts ? own_ts : ts, .idx = yj_js_get(js, o, "idx")};
	bool on;
	if (!yj_js_is(component_at, YJ_JS_STRING) ||
	    !yj_js_copy(js, yj_js_get(js, o, "event"), e.name, sizeof e.name))
		return;
	e.component = js->text + component_at->from;
	e.len = component_at->to - component_at->from;
	bool known = yj_shelly_component(e.component, e.len, &e.means);
	struct yj_report *r = NULL;
	if (known &&
	    (e.means == YJ_SHELLY_INPUT || e.means == YJ_SHELLY_BLU ||
		e.means == YJ_SHELLY_BLU_PART) &&
	    is_push(e.name))
		take_press(m, &e);
	else if (known && e.means == YJ_SHELLY_ALIVE && yj_js_is(data, YJ_JS_OBJECT))
		script_event(m, data);
	else
		r = yj_shelly_report(m, e.component, e.len, NULL);
	if (r && known && yj_shelly_alarm(e.means) != YJ_KIND_COUNT && is_alarm(e.name, &on))
		yj_shelly_state(r, yj_shelly_alarm(e.means), e.component, e.len, on);
}

static void events(const struct yj_shelly_message *m, yj_js_at params)
{
	const struct yj_js *js = &m->d->js;
	yj_js_at list = yj_js_get(js, params, "events"), ts = yj_js_get(js, params, "ts");
	for (yj_js_at e = yj_js_first(js, list); e; e = yj_js_next(js, list, e))
		take_event(m, e, ts);
}

/* ── topics ── */

enum kind_of_topic { NONE, RPC, BLE, STATUS, ONLINE };

/* What kind, the length of the prefix, and of STATUS where the component begins. */
static enum kind_of_topic topic_kind(const char *topic, size_t *prefix, const char **last)
{
	static const struct {
		const char *end;
		enum kind_of_topic kind;
	} ends[] = {{"/events/rpc", RPC}, {"/events/ble", BLE}, {"/online", ONLINE}};
	size_t len = strlen(topic);
	enum yj_shelly_means means;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (yj_ends_with(topic, len, ends[i].end, prefix) && *prefix > 0)
			return ends[i].kind;
	*last = strrchr(topic, '/');
	if (!*last)
		return NONE;
	++*last;
	size_t before = (size_t)(*last - topic);
	if (!yj_ends_with(topic, before, "/status/", prefix) || *prefix == 0 ||
	    !yj_shelly_component(*last, strlen(*last), &means))
		return NONE;
	return STATUS;
}

bool yj_shelly_rpc_owns(const char *topic)
{
	size_t prefix;
	const char *last;
	return topic_kind(topic, &prefix, &last) != NONE;
}

static void take_rpc(struct yj_shelly_message *m)
{
	const struct yj_js *js = &m->d->js;
	yj_js_at method = yj_js_get(js, js->tokens, "method");
	yj_js_at params = yj_js_get(js, js->tokens, "params");
	if (yj_js_equals(js, method, "NotifyEvent")) {
		events(m, params);
	} else if (yj_js_equals(js, method, "NotifyStatus") ||
		   yj_js_equals(js, method, "NotifyFullStatus")) {
		m->ts_ms = yj_shelly_time(js, yj_js_get(js, params, "ts"));
		yj_shelly_status(m, params);
	}
	if (m->out->n == 0)
		(void)yj_shelly_report(m, NULL, 0, NULL); /* it lives */
}

static void take_ble(const struct yj_shelly_message *m)
{
	const struct yj_js *js = &m->d->js;
	char mac[24], hex[2 * YJ_BYTES_MAX + 1];
	struct yj_report *r = NULL;
	double number;
	if (yj_js_copy(js, yj_js_path(js, js->tokens, "srcBle", "mac", NULL), mac, sizeof mac))
		r = yj_report_add(m->out);
	if (!r)
		return;
	if (!yj_radio_name_ble(r, mac, strlen(mac))) {
		m->out->n--;
		return;
	}
	size_t n = SIZE_MAX;
	if (yj_js_copy(js, yj_js_get(js, js->tokens, "payload"), hex, sizeof hex))
		n = yj_radio_hex(hex, strlen(hex), m->d->bytes, sizeof m->d->bytes);
	if (n == SIZE_MAX) {
		yj_report_error(r, YJ_REASON_FIELD);
		return;
	}
	yj_bthome_read(r, m->d->bytes, n);
	if (yj_js_number(js, yj_js_path(js, js->tokens, "srcBle", "rssi", NULL), &number))
		yj_readings_rssi(&r->readings, number);
}

static void take_online(const struct yj_shelly_message *m, const char *payload, size_t len)
{
	struct yj_report *r;
	bool on;
	if (yj_shelly_word(payload, len, &on) && (r = yj_shelly_report(m, NULL, 0, NULL)))
		r->says = on ? YJ_SAYS_ONLINE : YJ_SAYS_OFFLINE;
}

void yj_shelly_rpc_read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	struct yj_shelly_message m = {.d = d, .out = out, .prefix = topic, .ts_ms = INT64_MAX};
	const char *last = NULL;
	enum kind_of_topic kind = topic_kind(topic, &m.prefix_len, &last);
	if (kind == NONE)
		return;
	if (kind == ONLINE) {
		take_online(&m, payload, len);
		return;
	}
	int rc = yj_js_read(&d->js, payload, len);
	if (rc < 0 || !yj_js_is(d->js.tokens, YJ_JS_OBJECT)) {
		struct yj_report *r = yj_shelly_report(&m, NULL, 0, NULL);
		if (r)
			yj_report_error(r, rc == YJ_ERR_BADMSG ? YJ_REASON_UTF8 : YJ_REASON_JSON);
	} else if (kind == RPC) {
		take_rpc(&m);
	} else if (kind == BLE) {
		take_ble(&m);
	} else {
		yj_shelly_take(&m, last, strlen(last), d->js.tokens);
	}
}
