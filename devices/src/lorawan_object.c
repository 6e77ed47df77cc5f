/* The fields of a decoded object, by the names that makers' codecs give them: a vendor's own, those
 * of The Things Network's repository, those that people write. */
#include <math.h>
#include <string.h>

#include "lorawan.h"
#include "lorawan_fields.h"
#include "lorawan_words.h"

#define DEPTH_MAX 4

struct object {
	const struct yj_js *js;
	struct yj_lora *u;
	double battery; /* -1: none */
	bool browan;	/* by a field that only its codecs have */
	bool other;	/* a field says what an alarm is about, and it is not a call */
	bool smoke;	/* it is a smoke alarm */
	yj_js_at alarm, event, status;
	bool steady; /* the alarm is a state ("ALARM_status") */
};

/* ── presses ── */

/* order: what the numbers mean; those behind its end are keys. */
static void press(struct object *o, yj_js_at at, const char *order)
{
	char word[YJ_LORA_WORD_MAX];
	double number;
	o->u->measures = o->u->told = true;
	yj_lora_word(o->js, at, word);
	const char *style = yj_lora_style(word);
	if (style)
		yj_lora_press(o->u, style, false);
	else if (yj_js_number(o->js, at, &number)) {
		if (number >= 1 && number < 1000)
			yj_lora_press_code(o->u, (unsigned)number, order);
	} else if (word[0] && !yj_lora_is_no(word)) {
		yj_lora_press(o->u, word, false);
	}
}

/* Its "button" is which, not how: 1 is the first one. */
static bool numbers_keys(const struct yj_lora *u)
{
	return u->model && u->model->decode == yj_codec_milesight && (u->model->kind & YJ_MS_KEYS);
}

static void help(struct object *o, yj_js_at at)
{
	char word[YJ_LORA_WORD_MAX];
	yj_lora_word(o->js, at, word);
	o->u->measures = o->u->told = true;
	if (yj_lora_answer(o->js, at) == YJ_LORA_YES || yj_lora_style(word))
		yj_lora_press(o->u, "sos", true);
}

/* ── values ── */

static void flag(struct object *o, enum yj_lora_what what, const char *name, yj_js_at at)
{
	enum yj_lora_answer is = yj_lora_answer(o->js, at);
	if (is == YJ_LORA_NEITHER) {
		o->u->measures = true;
		return;
	}
	yj_lora_flag(o->u, what, name, is == YJ_LORA_YES);
}

static void low(struct object *o, yj_js_at at)
{
	enum yj_lora_answer is = yj_lora_answer(o->js, at);
	if (yj_lora_says_low(o->js, at))
		is = YJ_LORA_YES;
	if (is != YJ_LORA_NEITHER)
		o->u->report->readings.battery_low = is == YJ_LORA_YES;
}

static void rate(struct object *o, enum yj_lora_take take, yj_js_at at)
{
	struct yj_readings *r = &o->u->report->readings;
	double number;
	o->u->measures = o->u->told = true;
	if (!yj_js_number(o->js, at, &number))
		return;
	if (take == TAKE_RR)
		yj_lora_breathing(o->u, number);
	else if (take == TAKE_HR && number > 0 && number < 400)
		r->hr = number;
	else if (take == TAKE_SPO2 && number > 0 && number <= 100)
		r->spo2_pct = number;
	r->life = r->life || r->hr > 0 || r->spo2_pct > 0;
}

static void radar_event(struct object *o, yj_js_at event)
{
	static const char *const types[] = {"fall", "motionless", "dwell", "outofbed", "occupied",
	    "vacant", "bradynea", "tachypnea", "lyingdown", NULL};
	static const char *const states[] = {
	    "", "alarmtriggered", "alarmdeactivated", "alarmignored", NULL};
	double id = -1;
	(void)yj_js_number(o->js, yj_js_get(o->js, event, "alarm_id"), &id);
	yj_lora_radar(o->u, yj_lora_nth(o->js, yj_js_get(o->js, event, "alarm_type"), types),
	    yj_lora_nth(o->js, yj_js_get(o->js, event, "alarm_status"), states),
	    id >= 0 && id <= 0xffff ? (int)id : -1);
}

static void sees(struct object *o, yj_js_at at)
{
	static const char *const words[] = {"normal", "vacant", "inbed", "outofbed", "fall", NULL};
	int status = yj_lora_nth(o->js, at, words);
	if (status >= 0)
		yj_lora_radar_sees(o->u, status);
}

static void firmware(struct object *o, yj_js_at at)
{
	struct yj_readings *r = &o->u->report->readings;
	if (!yj_js_copy(o->js, at, r->fw, sizeof r->fw))
		r->fw[0] = '\0';
}

static void model(struct object *o, yj_js_at at)
{
	char text[64];
	if (!o->u->model && yj_js_is(at, YJ_JS_STRING) && yj_js_copy(o->js, at, text, sizeof text))
		o->u->model = yj_lora_model(text);
}

static void doorbell(struct object *o, yj_js_at at)
{
	o->u->measures = o->u->told = true;
	if (yj_lora_answer(o->js, at) == YJ_LORA_YES)
		yj_lora_press(o->u, "doorbell", false);
}

/* ── one field ── */

static void take(struct object *o, enum yj_lora_take t, const char *name, yj_js_at at)
{
	struct yj_lora *u = o->u;
	char word[YJ_LORA_WORD_MAX];
	o->other = o->other || (t >= TAKE_FALL && t <= TAKE_DOOR);
	switch (t) {
	case TAKE_PAST:
		u->measures = true;
		break;
	case TAKE_INFO:
		break;
	case TAKE_BATTERY:
		if (yj_lora_says_low(o->js, at))
			u->report->readings.battery_low = 1;
		if (!yj_lora_battery(o->js, at, &o->battery))
			o->battery = -1;
		break;
	case TAKE_LOW:
		low(o, at);
		break;
	case TAKE_VOLT:
		if (yj_lora_says_low(o->js, at) || strcmp(name, "volt") == 0)
			u->report->readings.battery_low = yj_lora_says_low(o->js, at);
		break;
	case TAKE_FW:
		firmware(o, at);
		break;
	case TAKE_PRESS:
		press(o, at, numbers_keys(o->u) ? "" : "s");
		break;
	case TAKE_PRESS_SDT:
		press(o, at, "sdt");
		break;
	case TAKE_PRESS_SLD:
		press(o, at, "sld");
		break;
	case TAKE_DOORBELL:
		doorbell(o, at);
		break;
	case TAKE_HELP:
		help(o, at);
		break;
	case TAKE_FALL:
		flag(o, YJ_LORA_FALL, name, at);
		break;
	case TAKE_SMOKE:
		flag(o, YJ_LORA_SMOKE, name, at);
		break;
	case TAKE_GAS:
		flag(o, YJ_LORA_GAS, name, at);
		break;
	case TAKE_LEAK:
		flag(o, YJ_LORA_LEAK, name, at);
		break;
	case TAKE_DOOR:
		flag(o, YJ_LORA_DOOR, name, at);
		break;
	case TAKE_MOTION:
		flag(o, YJ_LORA_MOTION, name, at);
		break;
	case TAKE_TAMPER:
		flag(o, YJ_LORA_TAMPER, name, at);
		break;
	case TAKE_IN_BED:
		if (yj_lora_answer(o->js, at) != YJ_LORA_NEITHER)
			yj_lora_in_bed(u, yj_lora_answer(o->js, at) == YJ_LORA_YES);
		break;
	case TAKE_SEES:
		sees(o, at);
		break;
	case TAKE_EVENTS:
		if (yj_js_is(at, YJ_JS_ARRAY))
			for (yj_js_at e = yj_js_first(o->js, at); e; e = yj_js_next(o->js, at, e))
				radar_event(o, e);
		break;
	case TAKE_RR:
	case TAKE_HR:
	case TAKE_SPO2:
		rate(o, t, at);
		break;
	case TAKE_ALARM:
		o->alarm = at;
		o->steady = strcmp(name, "alarmstatus") == 0;
		break;
	case TAKE_ALARM_TYPE:
		break; /* with the object around it */
	case TAKE_EVENT:
		o->event = at;
		break;
	case TAKE_STATUS:
		o->status = at;
		break;
	case TAKE_MODEL:
		model(o, at);
		break;
	case TAKE_TYPE:
		yj_lora_word(o->js, at, word);
		o->smoke = o->smoke || strstr(word, "smoke");
		break;
	case TAKE_BROWAN:
		o->browan = u->measures = true;
		break;
	}
}

/* A member that tells how the object around it stands: {"leak": {"status": 1}}. */
static bool stands_for_parent(const char *name)
{
	static const char *const words[] = {
	    "status", "state", "value", "detected", "event", "alarm", "active", NULL};
	return yj_lora_among(words, name);
}

static void walk(struct object *o, yj_js_at object, const struct yj_lora_field *parent, int depth)
{
	for (yj_js_at k = yj_js_first(o->js, object); k; k = yj_js_next(o->js, object, k)) {
		char name[YJ_LORA_WORD_MAX];
		yj_lora_word(o->js, k, name);
		const struct yj_lora_field *f = yj_lora_field(name);
		const char *key = yj_lora_button(name);
		if (parent && stands_for_parent(name))
			f = parent;
		if (yj_js_is(k + 1, YJ_JS_OBJECT) && (!f || f->take != TAKE_PAST)) {
			if (depth < DEPTH_MAX)
				walk(o, k + 1, f ? f : parent, depth + 1);
		} else if (f && f->take == TAKE_ALARM_TYPE) {
			radar_event(o, object);
		} else if (f) {
			take(o, f->take, f->name, k + 1);
		} else if (key && yj_lora_answer(o->js, k + 1) == YJ_LORA_YES) {
			yj_lora_press(o->u, key, false);
		} else {
			o->u->told = o->u->told || key;
			o->u->measures = true;
		}
	}
}

/* ── what only the whole says ── */

static void settle_battery(const struct object *o)
{
	const struct yj_lora_model *m = o->u->model;
	bool volts =
	    o->browan || (m && (m->decode == yj_codec_browan || m->decode == yj_codec_mclimate));
	if (o->battery < 5 && floor(o->battery) != o->battery)
		volts = true; /* percentages are whole where they are that low */
	if (!volts)
		yj_readings_battery(&o->u->report->readings, o->battery);
}

/* A word that says what happened: "fall", "SOS", "short press". */
static bool says_what(struct object *o, yj_js_at at)
{
	static const struct {
		const char *word;
		enum yj_kind kind;
	} alarms[] = {{"fall", YJ_KIND_FALL}, {"falldetected", YJ_KIND_FALL},
	    {"smoke", YJ_KIND_SMOKE}, {"fire", YJ_KIND_SMOKE}, {"leak", YJ_KIND_LEAK},
	    {"waterleak", YJ_KIND_LEAK}, {"flood", YJ_KIND_LEAK}, {"flooddetected", YJ_KIND_LEAK},
	    {"gas", YJ_KIND_GAS}, {"bedexit", YJ_KIND_BED_EXIT}, {"outofbed", YJ_KIND_BED_EXIT}};
	char word[YJ_LORA_WORD_MAX];
	if (!yj_js_is(at, YJ_JS_STRING))
		return false;
	yj_lora_word(o->js, at, word);
	for (size_t i = 0; i < sizeof alarms / sizeof alarms[0]; i++) {
		if (strcmp(alarms[i].word, word) != 0)
			continue;
		yj_lora_alarm(o->u, alarms[i].kind);
		return true;
	}
	const char *style = yj_lora_style(word);
	if (style && strcmp(style, "sos") == 0)
		help(o, at);
	return style && strcmp(style, "sos") == 0;
}

/* A bare "Alarm" is a call, unless model, neighbours or it itself tell what else it is about. */
static void settle_alarm(struct object *o)
{
	const struct yj_lora_model *m = o->u->model;
	enum yj_lora_answer is = yj_lora_answer(o->js, o->alarm);
	enum yj_lora_what what = o->steady ? YJ_LORA_SOS : YJ_LORA_PRESS;
	o->u->measures = true;
	if (m)
		what = m->alarm;
	else if (o->other || o->smoke)
		what = YJ_LORA_SKIP;
	else if (says_what(o, o->alarm))
		return;
	if (is != YJ_LORA_NEITHER && what != YJ_LORA_SKIP)
		yj_lora_flag(o->u, what, "ALARM_status", is == YJ_LORA_YES);
}

static void settle_event(struct object *o)
{
	char word[YJ_LORA_WORD_MAX];
	o->u->measures = true;
	if (says_what(o, o->event))
		return;
	yj_lora_word(o->js, o->event, word);
	if (yj_js_is(o->event, YJ_JS_STRING) && yj_lora_style(word))
		press(o, o->event, "s");
}

/* The words of the GS524N's codec. */
static void settle_smoke(struct object *o)
{
	struct yj_lora *u = o->u;
	char word[YJ_LORA_WORD_MAX];
	yj_lora_word(o->js, o->event, word);
	u->measures = u->told = true;
	u->report->readings.battery_low = strstr(word, "low") != NULL;
	if (strcmp(word, "alarm") == 0 || strcmp(word, "normal") == 0)
		yj_lora_flag(u, YJ_LORA_SMOKE, "event", word[0] == 'a');
	if (strcmp(word, "failover") == 0 || strcmp(word, "normal") == 0)
		yj_readings_fault(&u->report->readings, YJ_FAULT_TROUBLE, word[0] == 'f');
	if (strcmp(word, "removed") == 0 || strcmp(word, "installed") == 0)
		yj_readings_fault(&u->report->readings, YJ_FAULT_TAMPER, word[0] == 'r');
}

static void settle_status(struct object *o)
{
	const struct yj_lora_model *m = o->u->model;
	o->u->measures = true;
	if (o->browan || (m && m->decode == yj_codec_browan))
		flag(o, yj_browan_status(o->u->port), "status", o->status);
}

void yj_lora_object(const struct yj_js *js, yj_js_at object, struct yj_lora *u)
{
	struct object o = {.js = js, .u = u, .battery = -1};
	walk(&o, object, NULL, 0);
	settle_battery(&o);
	o.smoke = o.smoke || (u->model && u->model->decode == yj_codec_gs524n);
	if (o.alarm)
		settle_alarm(&o);
	if (o.event && o.smoke)
		settle_smoke(&o);
	else if (o.event)
		settle_event(&o);
	if (o.status)
		settle_status(&o);
}
