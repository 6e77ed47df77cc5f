#include "lorawan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "proto/time.h"

/* ── findings ── */

static enum yj_kind kind_of(enum yj_lora_what what)
{
	return what == YJ_LORA_FALL    ? YJ_KIND_FALL
	       : what == YJ_LORA_SMOKE ? YJ_KIND_SMOKE
	       : what == YJ_LORA_GAS   ? YJ_KIND_GAS
	       : what == YJ_LORA_LEAK  ? YJ_KIND_LEAK
				       : YJ_KIND_SOS;
}

void yj_lora_press(struct yj_lora *u, const char *key, bool emergency)
{
	struct yj_report *r = u->report;
	struct yj_sign *s = NULL;
	u->told = true;
	for (size_t i = 0; !s && i < r->n_signs; i++)
		if (r->signs[i].type == YJ_SIGN_PRESS && strcmp(r->signs[i].key, key) == 0)
			s = &r->signs[i];
	if (!s)
		s = yj_report_press(r, key);
	if (s)
		s->emergency = s->emergency || emergency;
}

void yj_lora_press_code(struct yj_lora *u, unsigned code, const char *order)
{
	char number[12];
	char style = code >= 1 && code <= strlen(order) ? order[code - 1] : '\0';
	snprintf(number, sizeof number, "%u", code);
	const char *key = style == 's'	 ? "single"
			  : style == 'd' ? "double"
			  : style == 't' ? "triple"
			  : style == 'l' ? "long"
					 : number;
	yj_lora_press(u, key, false);
}

void yj_lora_in_bed(struct yj_lora *u, bool in)
{
	u->measures = u->told = true;
	u->report->readings.in_bed = in;
	yj_report_change(u->report, "in_bed", SIZE_MAX, in);
}

void yj_lora_breathing(struct yj_lora *u, double per_min)
{
	u->measures = u->told = true;
	if (per_min <= 0 || per_min > 100)
		return;
	u->report->readings.rr = per_min;
	u->report->readings.life = true;
}

void yj_lora_flag(struct yj_lora *u, enum yj_lora_what what, const char *field, bool on)
{
	u->measures = u->measures || what != YJ_LORA_MAINS;
	switch (what) {
	case YJ_LORA_PRESS:
		u->told = true;
		if (on)
			yj_lora_press(u, "single", false);
		break;
	case YJ_LORA_SOS:
	case YJ_LORA_FALL:
	case YJ_LORA_SMOKE:
	case YJ_LORA_GAS:
	case YJ_LORA_LEAK:
		u->told = true;
		yj_report_state(u->report, kind_of(what), field, on);
		break;
	case YJ_LORA_DOOR:
		u->told = true;
		yj_report_change(u->report, field, SIZE_MAX, on);
		break;
	case YJ_LORA_MOTION:
		u->told = true;
		u->report->readings.life = u->report->readings.life || on;
		break;
	case YJ_LORA_TAMPER:
		yj_readings_fault(&u->report->readings, YJ_FAULT_TAMPER, on);
		break;
	case YJ_LORA_MAINS:
		u->report->readings.mains = on;
		break;
	case YJ_LORA_SKIP:
	case YJ_LORA_INFO:
	case YJ_LORA_DATA:
	case YJ_LORA_BATTERY:
	case YJ_LORA_FW:
		break;
	}
}

/* ── a radar's alarms, as the VS373 numbers them ── */

enum { RADAR_FALL = 0, RADAR_OUT_OF_BED = 3, RADAR_SLOW = 6, RADAR_FAST = 7, RADAR_LYING = 8 };
enum { ALARM_RAISED = 1, ALARM_ENDED = 2 };

void yj_lora_alarm(struct yj_lora *u, enum yj_kind kind)
{
	u->told = true;
	struct yj_sign *s = yj_report_sign(u->report, YJ_SIGN_ALARM);
	if (s)
		s->kind = kind;
}

/* Whatever it was is over; only the end of a fall takes something back. */
static void radar_ended(struct yj_lora *u, int type)
{
	struct yj_sign *s = yj_report_sign(u->report, YJ_SIGN_CANCEL);
	if (s)
		s->kind = type == RADAR_FALL	     ? YJ_KIND_FALL
			  : type == RADAR_OUT_OF_BED ? YJ_KIND_BED_EXIT
						     : YJ_KIND_VITAL;
	if (type == RADAR_OUT_OF_BED)
		yj_lora_in_bed(u, true);
}

void yj_lora_radar(struct yj_lora *u, int type, int status, int id)
{
	u->measures = u->told = true;
	if (status == ALARM_ENDED)
		radar_ended(u, type);
	if (status != ALARM_RAISED)
		return;
	if (type == RADAR_FALL || type == RADAR_LYING) {
		u->alarm_id = id;
		yj_lora_alarm(u, YJ_KIND_FALL);
	} else if (type == RADAR_OUT_OF_BED) {
		yj_lora_in_bed(u, false);
		yj_lora_alarm(u, YJ_KIND_BED_EXIT);
	} else if (type == RADAR_SLOW || type == RADAR_FAST) {
		yj_lora_alarm(u, YJ_KIND_VITAL);
	}
}

void yj_lora_radar_sees(struct yj_lora *u, int status)
{
	enum { NORMAL, VACANT, IN_BED, OUT_OF_BED, FALL };
	u->measures = u->told = true;
	yj_report_state(u->report, YJ_KIND_FALL, "detection_status", status == FALL);
	if (status == IN_BED || status == OUT_OF_BED || status == VACANT)
		yj_lora_in_bed(u, status == IN_BED);
}

/* ── raw bytes ── */

static int sextet(char c)
{
	return c >= 'A' && c <= 'Z'   ? c - 'A'
	       : c >= 'a' && c <= 'z' ? c - 'a' + 26
	       : c >= '0' && c <= '9' ? c - '0' + 52
	       : c == '+'	      ? 62
	       : c == '/'	      ? 63
				      : -1;
}

/* How many bytes it is, or -1: not base64, or more than cap. */
static int decode_base64(const char *text, size_t len, unsigned char *out, size_t cap)
{
	size_t n = 0;
	unsigned bits = 0, have = 0;
	while (len > 0 && text[len - 1] == '=')
		len--;
	if (len % 4 == 1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int v = sextet(text[i]);
		if (v < 0)
			return -1;
		bits = bits << 6 | (unsigned)v;
		have += 6;
		if (have < 8)
			continue;
		if (n == cap)
			return -1;
		have -= 8;
		out[n++] = (unsigned char)(bits >> have);
	}
	return (int)n;
}

static void from_bytes(struct yj_decoder *d, yj_js_at data, struct yj_lora *u)
{
	if (!data || yj_js_is(data, YJ_JS_NULL))
		return;
	int n = -1;
	char plain[4 * sizeof d->bytes / 3 + 8]; /* some write a slash as \/ */
	if (yj_js_is(data, YJ_JS_STRING) && !data->escaped)
		n = decode_base64(
		    d->js.text + data->from, data->to - data->from, d->bytes, sizeof d->bytes);
	else if (yj_js_is(data, YJ_JS_STRING) && yj_js_copy(&d->js, data, plain, sizeof plain))
		n = decode_base64(plain, strlen(plain), d->bytes, sizeof d->bytes);
	if (n < 0) {
		u->broken = true;
		return;
	}
	u->bytes = d->bytes;
	u->n = (size_t)n;
	if (n > 0 && u->model)
		u->model->decode(u);
}

void yj_lora_read(struct yj_decoder *d, yj_js_at object, yj_js_at data, struct yj_lora *u)
{
	bool decoded = yj_js_first(&d->js, object) != NULL;
	u->alarm_id = -1;
	if (decoded)
		yj_lora_object(&d->js, object, u);
	if (!u->told)
		from_bytes(d, data, u);
	if (u->broken && !decoded && u->report->n_signs == 0) {
		yj_report_error(u->report, YJ_REASON_FIELD);
		return;
	}
	/* what nobody here can read would be silent for ever: work for maintenance */
	bool sealed = !decoded && u->n > 0 && u->port != 0 && !u->model;
	if (decoded || u->n > 0)
		yj_readings_fault(&u->report->readings, YJ_FAULT_SEALED, sealed);
	u->report->base = u->measures || sealed ? YJ_BASE_TELEMETRY : YJ_BASE_HEARTBEAT;
}

/* ── what both servers add ── */

void yj_lora_time(const struct yj_js *js, yj_js_at at, struct yj_report *report)
{
	char text[48];
	int64_t ms;
	if (yj_js_copy(js, at, text, sizeof text) && yj_rfc3339_parse(text, &ms) == 0)
		report->ts_ms = ms;
}

void yj_lora_rssi(const struct yj_js *js, yj_js_at gateways, struct yj_report *report)
{
	if (!yj_js_is(gateways, YJ_JS_ARRAY))
		return;
	double best = -INFINITY, dbm;
	for (yj_js_at g = yj_js_first(js, gateways); g; g = yj_js_next(js, gateways, g))
		if (yj_js_number(js, yj_js_get(js, g, "rssi"), &dbm) && dbm < 0 && dbm > best)
			best = dbm;
	yj_readings_rssi(&report->readings, best);
}
