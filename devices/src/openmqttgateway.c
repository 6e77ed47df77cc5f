/* OpenMQTTGateway, and Theengs Gateway, which speaks the same: BASE/GATEWAY/…toMQTT, most of it
 * about what was heard by radio. https://docs.openmqttgateway.com
 *
 * All with QoS 0. A BLE packet is told as often as it is heard, by each gateway that hears it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bthome.h"
#include "decoder.h"
#include "families.h"
#include "radio.h"
#include "show.h"
#include "topics.h"

/* ── topics ── */

enum part { NOT_OURS, BT, RF433, RTL433, SYSTEM, LWT, SENSES, OTHER, COMMAND };

struct address {
	size_t gateway_len; /* BASE/GATEWAY */
	enum part part;
	const char *rest; /* behind the part, "" or "/…" */
};

static enum part part_of(const char *level, size_t len)
{
	static const struct {
		const char *name;
		enum part part;
	} parts[] = {{"BTtoMQTT", BT}, {"433toMQTT", RF433}, {"SRFBtoMQTT", RF433},
	    {"RTL_433toMQTT", RTL433}, {"SYStoMQTT", SYSTEM}, {"HCSR501toMQTT", SENSES}};
	size_t before;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (strlen(parts[i].name) == len && memcmp(level, parts[i].name, len) == 0)
			return parts[i].part;
	if (yj_ends_with(level, len, "toMQTT", &before))
		return OTHER;
	return len == strlen("commands") && memcmp(level, "commands", len) == 0 ? COMMAND
										: NOT_OURS;
}

/* The first level of the kind that has a gateway before it. */
static struct address part(const char *topic)
{
	struct address a = {.part = NOT_OURS};
	size_t before, n = 0;
	for (const char *p = topic;; p++) {
		size_t len = strcspn(p, "/");
		if (p > topic + 1)
			a.part = part_of(p, len);
		if (a.part == COMMAND && !yj_topic_behind(p + len, "/MQTTto"))
			a.part = NOT_OURS;
		if (a.part != NOT_OURS) {
			a.gateway_len = (size_t)(p - topic - 1);
			a.rest = p + len;
			return a;
		}
		n++;
		p += len;
		if (*p == '\0')
			break;
	}
	if (n >= 3 && yj_ends_with(topic, strlen(topic), "/LWT", &before)) {
		a.gateway_len = before;
		a.part = LWT;
		a.rest = "";
	}
	return a;
}

static bool owns(const char *topic)
{
	return part(topic).part != NOT_OURS;
}

/* ── BLE, as the Theengs decoder tells it ── */

enum means { MEASURED, BUTTON, SMOKE, GAS, LEAK, OPENED, PRESENT, HEART, OXYGEN };
static const struct {
	const char *field;
	enum means means;
} fields[] = {
    {"tempc", MEASURED},
    {"hum", MEASURED},
    {"lux", MEASURED},
    {"moi", MEASURED},
    {"volt", MEASURED},
    {"steps", MEASURED},
    {"weight", MEASURED},
    {"button", BUTTON},
    {"button1", BUTTON},
    {"button2", BUTTON},
    {"button3", BUTTON},
    {"button4", BUTTON},
    {"smoke", SMOKE},
    {"gas", GAS},
    {"leak", LEAK},
    {"water_leak", LEAK},
    {"open", OPENED},
    {"contact", OPENED},
    {"door", OPENED},
    {"window", OPENED},
    {"motion", PRESENT},
    {"presence", PRESENT},
    {"occupancy", PRESENT},
    {"moving", PRESENT},
    {"act_bpm", HEART}, /* wristbands */
    {"bpm", HEART},
    {"hr", HEART},
    {"heart_rate", HEART},
    {"spo2", OXYGEN},
};

/* 10 is the end of a long press of NodOn's button. */
static const char *how(int64_t button)
{
	switch (button) {
	case 0:
	case 10:
		return NULL;
	case 1:
		return "single";
	case 2:
		return "double";
	case 3:
		return "triple";
	case 4:
		return "quadruple";
	case 5:
		return "quintuple";
	case 9:
		return "long";
	case 11:
		return "hold";
	default:
		return "other";
	}
}

static void press(
    const struct yj_js *js, struct yj_report *r, const char *field, yj_js_at at, bool numbered)
{
	int64_t button;
	char key[YJ_KEY_MAX + 1];
	const char *which = field + strlen("button");
	if (!yj_js_integer(js, at, &button) || button < 0 || !how(button))
		return;
	snprintf(key, sizeof key, "%s%s%s", which, *which ? ":" : "", how(button));
	if (numbered)
		yj_report_press(r, key);
	else
		yj_radio_press(r, key);
}

/* 0 is "not measured". */
static void take_vital(const struct yj_js *js, struct yj_report *r, enum means means, yj_js_at at)
{
	double n;
	if (!yj_js_number(js, at, &n) || n <= 0 || n > (means == HEART ? 300 : 100))
		return;
	*(means == HEART ? &r->readings.hr : &r->readings.spo2_pct) = n;
	r->readings.life = true;
}

static void take_field(const struct yj_js *js, struct yj_report *r, size_t i, yj_js_at at)
{
	bool on, is = yj_js_bool(js, at, &on);
	if (fields[i].means == OPENED &&
	    (yj_js_equals(js, at, "open") || yj_js_equals(js, at, "closed"))) {
		is = true;
		on = yj_js_equals(js, at, "open");
	}
	if (fields[i].means != BUTTON)
		r->base = YJ_BASE_TELEMETRY;
	switch (fields[i].means) {
	case MEASURED:
		break;
	case BUTTON:
		press(js, r, fields[i].field, at, r->dedup[0] != '\0');
		break;
	case SMOKE:
	case GAS:
	case LEAK:
		if (is)
			yj_report_state(r,
			    fields[i].means == SMOKE ? YJ_KIND_SMOKE
			    : fields[i].means == GAS ? YJ_KIND_GAS
						     : YJ_KIND_LEAK,
			    fields[i].field, on);
		break;
	case OPENED:
		if (is)
			yj_report_change(r, fields[i].field, SIZE_MAX, on);
		break;
	case PRESENT:
		r->readings.life = r->readings.life || (is && on);
		break;
	case HEART:
	case OXYGEN:
		take_vital(js, r, fields[i].means, at);
		break;
	}
}

static void take_key(const struct yj_js *js, struct yj_report *r, yj_js_at key)
{
	char first = js->text[key->from];
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (first == fields[i].field[0] && yj_js_equals(js, key, fields[i].field)) {
			take_field(js, r, i, key + 1);
			return;
		}
	}
}

/* By `id`, `mac` (of a beacon whose id is another) or the topic, whichever is an address. */
static bool name(const struct yj_js *js, struct yj_report *r, const char *topic_mac)
{
	static const char *const ids[] = {"id", "mac"};
	char mac[40];
	for (size_t i = 0; i < 2; i++)
		if (yj_js_copy(js, yj_js_get(js, js->tokens, ids[i]), mac, sizeof mac) &&
		    yj_radio_name_ble(r, mac, strlen(mac)))
			return true;
	return yj_radio_name_ble(r, topic_mac, strlen(topic_mac));
}

/* BTHome that it has not decoded itself. false: it is none. */
static bool take_raw(struct yj_decoder *d, struct yj_report *r)
{
	const struct yj_js *js = &d->js;
	char uuid[40], hex[2 * YJ_BYTES_MAX + 1];
	size_t before;
	if (yj_js_get(js, js->tokens, "model_id") ||
	    !yj_js_copy(js, yj_js_get(js, js->tokens, "servicedatauuid"), uuid, sizeof uuid) ||
	    !yj_ends_with(uuid, strlen(uuid), "fcd2", &before) ||
	    !yj_js_copy(js, yj_js_get(js, js->tokens, "servicedata"), hex, sizeof hex))
		return false;
	size_t n = yj_radio_hex(hex, strlen(hex), d->bytes, sizeof d->bytes);
	if (n == SIZE_MAX)
		return false;
	yj_bthome_read(r, d->bytes, n);
	return true;
}

static bool is_sealed(const struct yj_js *js)
{
	char model[40];
	size_t before;
	return yj_js_get(js, js->tokens, "cipher") ||
	       (!yj_js_get(js, js->tokens, "button") &&
		   yj_js_copy(js, yj_js_get(js, js->tokens, "model_id"), model, sizeof model) &&
		   yj_ends_with(model, strlen(model), "_ENCR", &before));
}

static void take_ble(struct yj_decoder *d, const char *topic_mac, struct yj_reports *out)
{
	const struct yj_js *js = &d->js;
	char packet[24];
	double number;
	struct yj_report *r = yj_report_add(out);
	if (!r)
		return;
	if (!name(js, r, topic_mac)) {
		out->n--;
		return;
	}
	r->base = YJ_BASE_HEARTBEAT;
	if (is_sealed(js)) {
		yj_report_error(r, YJ_REASON_FIELD);
		yj_readings_fault(&r->readings, YJ_FAULT_SEALED, true);
		return;
	}
	if (take_raw(d, r)) {
		if (yj_js_number(js, yj_js_get(js, js->tokens, "rssi"), &number))
			yj_readings_rssi(&r->readings, number);
		return;
	}
	if (yj_js_copy(js, yj_js_get(js, js->tokens, "packet"), packet, sizeof packet))
		yj_report_dedup(r, YJ_REPEAT_PACKET, "packet", packet, SIZE_MAX);
	if (yj_js_number(js, yj_js_get(js, js->tokens, "batt"), &number))
		yj_readings_battery(&r->readings, number);
	if (yj_js_number(js, yj_js_get(js, js->tokens, "rssi"), &number))
		yj_readings_rssi(&r->readings, number);
	for (yj_js_at k = yj_js_first(js, js->tokens); k; k = yj_js_next(js, js->tokens, k))
		take_key(js, r, k);
}

/* ── the gateway and what is not BLE ── */

static struct yj_report *gateway(const char *topic, const struct address *a, struct yj_reports *out)
{
	struct yj_report *r = yj_report_add(out);
	if (r)
		yj_report_name(r, topic, a->gateway_len);
	return r;
}

static void take_system(const struct yj_js *js, struct yj_report *r)
{
	double number;
	r->base = YJ_BASE_HEARTBEAT;
	if (yj_js_number(js, yj_js_get(js, js->tokens, "rssi"), &number))
		yj_readings_rssi(&r->readings, number);
	yj_js_copy(js, yj_js_get(js, js->tokens, "version"), r->readings.fw, sizeof r->readings.fw);
}

/* {"value":1315156,…}; very old ones send the number alone */
static void take_code(const struct yj_js *js, struct yj_reports *out)
{
	int64_t code;
	yj_js_at value =
	    yj_js_is(js->tokens, YJ_JS_OBJECT) ? yj_js_get(js, js->tokens, "value") : js->tokens;
	if (yj_js_integer(js, value, &code) && code > 0)
		yj_radio_code(out, (uint64_t)code);
}

static void take_lwt(struct yj_report *r, const char *payload, size_t len)
{
	if (yj_word_is(payload, len, "online"))
		r->says = YJ_SAYS_ONLINE;
	else if (yj_word_is(payload, len, "offline"))
		r->says = YJ_SAYS_OFFLINE;
}

static void take_json(
    struct yj_decoder *d, const char *topic, const struct address *a, struct yj_reports *out)
{
	bool on;
	if (a->part == BT && a->rest[0] == '/')
		take_ble(d, a->rest + 1, out);
	else if (a->part == RF433)
		take_code(&d->js, out);
	else if (a->part == RTL433)
		yj_rtl433_read(d, out);
	struct yj_report *r = out->n == 0 ? gateway(topic, a, out) : NULL;
	if (!r)
		return;
	if (a->part == SYSTEM)
		take_system(&d->js, r);
	if (a->part == SENSES) {
		r->base = YJ_BASE_TELEMETRY;
		r->readings.life =
		    yj_js_bool(&d->js, yj_js_get(&d->js, d->js.tokens, "presence"), &on) && on;
	}
}

static void read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	struct address a = part(topic);
	if (a.part == NOT_OURS || a.part == COMMAND)
		return;
	int rc = a.part == LWT ? 0 : yj_js_read(&d->js, payload, len);
	if (rc == 0 && a.part != LWT) {
		take_json(d, topic, &a, out);
		return;
	}
	struct yj_report *r = NULL;
	if (a.part == BT && a.rest[0] == '/' && (r = yj_report_add(out)) &&
	    !yj_radio_name_ble(r, a.rest + 1, strlen(a.rest + 1)))
		yj_report_name(r, topic, a.gateway_len);
	if (!r)
		r = gateway(topic, &a, out);
	if (r && a.part == LWT)
		take_lwt(r, payload, len);
	else if (r && a.part != OTHER)
		yj_report_error(r, rc == YJ_ERR_BADMSG ? YJ_REASON_UTF8 : YJ_REASON_JSON);
}

static void filters(const char *address, void (*add)(void *ctx, const char *filter), void *ctx)
{
	static const char *const ends[] = {"BTtoMQTT/+", "433toMQTT", "SRFBtoMQTT",
	    "RTL_433toMQTT/#", "SYStoMQTT", "HCSR501toMQTT", "LWT"};
	char filter[YJ_ADDRESS_MAX + 24];
	const char *slash = address ? strchr(address, '/') : NULL;
	bool own = slash && strchr(slash + 1, '/') && !yj_radio_is_model(address);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(filter, sizeof filter, "%s/%s", own ? address : "+/+", ends[i]);
		add(ctx, filter);
	}
}

static bool shares(const char *address)
{
	return yj_radio_is_rf(address) || yj_radio_is_ble(address) || yj_radio_is_model(address);
}

static int tell(const struct yj_to *to, const struct yj_msg_down_call *down, struct yj_wire *out)
{
	return yj_show(to->feedback, down, out);
}

const struct yj_family yj_openmqttgateway_family = {
    .name = "openmqttgateway",
    .heartbeat_ms = 0, /* LWT says when a gateway is gone; buttons speak when they are pressed */
    .owns = owns,
    .read = read,
    .filters = filters,
    .shares = shares,
    .tell = tell,
};
