/* The fields of a decoded object, by the names that makers' codecs give them: a vendor's own, those
 * of The Things Network's repository, those that people write. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lorawan.h"

#define WORD_MAX 32
#define DEPTH_MAX 4

enum take {
	TAKE_PAST, /* what was */
	TAKE_INFO,
	TAKE_BATTERY,
	TAKE_LOW,
	TAKE_VOLT,
	TAKE_FW,
	TAKE_PRESS,
	TAKE_PRESS_SDT, /* numbers are single, double, triple */
	TAKE_PRESS_SLD, /* short, long, double */
	TAKE_DOORBELL,
	TAKE_HELP,
	TAKE_FALL,
	TAKE_SMOKE,
	TAKE_GAS,
	TAKE_LEAK,
	TAKE_DOOR,
	TAKE_MOTION,
	TAKE_TAMPER,
	TAKE_IN_BED,
	TAKE_SEES,
	TAKE_EVENTS,
	TAKE_RR,
	TAKE_HR,
	TAKE_SPO2,
	TAKE_ALARM, /* what these mean the others or the model say */
	TAKE_EVENT,
	TAKE_STATUS,
	TAKE_MODEL,
	TAKE_TYPE,
	TAKE_BROWAN, /* only Browan's codecs have it */
};

/* Names in lower case without anything but letters and digits, in order. */
static const struct field {
	const char *name;
	enum take take;
} fields[] = {
    {"accmotion", TAKE_MOTION},
    {"alarm", TAKE_ALARM},
    {"alarmstatus", TAKE_ALARM},
    {"bat", TAKE_VOLT},
    {"batlow", TAKE_LOW},
    {"battery", TAKE_BATTERY},
    {"batterylevel", TAKE_BATTERY},
    {"batterylow", TAKE_LOW},
    {"batterypct", TAKE_BATTERY},
    {"batterypercent", TAKE_BATTERY},
    {"batterypercentage", TAKE_BATTERY},
    {"batterystatus", TAKE_LOW},
    {"batteryvoltage", TAKE_VOLT},
    {"batv", TAKE_VOLT},
    {"bedstatus", TAKE_IN_BED},
    {"boxtamper", TAKE_TAMPER},
    {"breathingrate", TAKE_RR},
    {"breathrate", TAKE_RR},
    {"button", TAKE_PRESS},
    {"buttonevent", TAKE_PRESS_SLD},
    {"buttoneventstatus", TAKE_PRESS_SLD},
    {"buttonpress", TAKE_PRESS},
    {"buttonpressed", TAKE_PRESS},
    {"buttonstate", TAKE_PRESS},
    {"buttonstatus", TAKE_PRESS_SLD},
    {"buttontrigger", TAKE_PRESS},
    {"carbonmonoxide", TAKE_GAS},
    {"click", TAKE_PRESS},
    {"coalarm", TAKE_GAS},
    {"contact", TAKE_DOOR},
    {"contactstate", TAKE_DOOR},
    {"datalog", TAKE_PAST},
    {"datecode", TAKE_INFO},
    {"detectionstatus", TAKE_SEES},
    {"device", TAKE_MODEL},
    {"devicestatus", TAKE_INFO},
    {"digital", TAKE_DOOR},
    {"digital2", TAKE_DOOR},
    {"door", TAKE_DOOR},
    {"doorbell", TAKE_DOORBELL},
    {"dooropenstatus", TAKE_DOOR},
    {"doorstatus", TAKE_DOOR},
    {"emergency", TAKE_HELP},
    {"emergencyalarm", TAKE_HELP},
    {"emergencycall", TAKE_HELP},
    {"event", TAKE_EVENT},
    {"events", TAKE_EVENTS},
    {"eventtype", TAKE_EVENT},
    {"fall", TAKE_FALL},
    {"fallalarm", TAKE_FALL},
    {"falldetected", TAKE_FALL},
    {"fallstatus", TAKE_FALL},
    {"firealarm", TAKE_SMOKE},
    {"firmware", TAKE_FW},
    {"firmwareversion", TAKE_FW},
    {"flood", TAKE_LEAK},
    {"floodstatus", TAKE_LEAK},
    {"frequencyband", TAKE_INFO},
    {"gas", TAKE_GAS},
    {"gasalarm", TAKE_GAS},
    {"gasstatus", TAKE_GAS},
    {"hardwareversion", TAKE_INFO},
    {"heartrate", TAKE_HR},
    {"help", TAKE_HELP},
    {"history", TAKE_PAST},
    {"hr", TAKE_HR},
    {"hwver", TAKE_INFO},
    {"inbed", TAKE_IN_BED},
    {"ipsoversion", TAKE_INFO},
    {"leak", TAKE_LEAK},
    {"leakage", TAKE_LEAK},
    {"leakagestatus", TAKE_LEAK},
    {"leakdetected", TAKE_LEAK},
    {"leakstatus", TAKE_LEAK},
    {"lorawanclass", TAKE_INFO},
    {"lowbattery", TAKE_LOW},
    {"magnet", TAKE_DOOR},
    {"magnetstatus", TAKE_DOOR},
    {"model", TAKE_MODEL},
    {"motion", TAKE_MOTION},
    {"motionstatus", TAKE_MOTION},
    {"occupancy", TAKE_MOTION},
    {"panic", TAKE_HELP},
    {"panicalarm", TAKE_HELP},
    {"panicbutton", TAKE_HELP},
    {"pir", TAKE_MOTION},
    {"pirstatus", TAKE_MOTION},
    {"presence", TAKE_MOTION},
    {"press", TAKE_PRESS_SLD},
    {"pressed", TAKE_PRESS},
    {"pressevent", TAKE_PRESS_SDT},
    {"resetevent", TAKE_INFO},
    {"respirationrate", TAKE_RR},
    {"respiratoryrate", TAKE_RR},
    {"rr", TAKE_RR},
    {"sensormodel", TAKE_MODEL},
    {"smoke", TAKE_SMOKE},
    {"smokealarm", TAKE_SMOKE},
    {"smokestatus", TAKE_SMOKE},
    {"sn", TAKE_INFO},
    {"sos", TAKE_HELP},
    {"sosalarm", TAKE_HELP},
    {"sosbutton", TAKE_HELP},
    {"sosevent", TAKE_HELP},
    {"sosstatus", TAKE_HELP},
    {"spo2", TAKE_SPO2},
    {"status", TAKE_STATUS},
    {"subband", TAKE_INFO},
    {"swver", TAKE_FW},
    {"tamper", TAKE_TAMPER},
    {"tamperstatus", TAKE_TAMPER},
    {"temperatureboard", TAKE_BROWAN},
    {"tslversion", TAKE_INFO},
    {"type", TAKE_TYPE},
    {"vdd", TAKE_VOLT},
    {"volt", TAKE_VOLT},
    {"water", TAKE_LEAK},
    {"waterleak", TAKE_LEAK},
    {"waterleak1", TAKE_LEAK},
    {"waterleak2", TAKE_LEAK},
    {"waterleakdetected", TAKE_LEAK},
    {"waterleakstatus", TAKE_LEAK},
};

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

/* ── words ── */

/* Letters and digits only, in lower case; "" if it is too long, or neither string nor number. */
static void word_of(const struct yj_js *js, yj_js_at at, char word[WORD_MAX])
{
	size_t n = 0;
	word[0] = '\0';
	if (!at || at->type == YJ_JS_OBJECT || at->type == YJ_JS_ARRAY || at->type == YJ_JS_NULL)
		return;
	for (const char *p = js->text + at->from; p < js->text + at->to; p++) {
		if (!isalnum((unsigned char)*p))
			continue;
		if (n == WORD_MAX - 1) {
			n = 0;
			break;
		}
		word[n++] = (char)tolower((unsigned char)*p);
	}
	word[n] = '\0';
}

static bool among(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static const char *const off_words[] = {"false", "off", "no", "normal", "none", "idle", "ok", "dry",
    "noleak", "noalarm", "nowater", "nosmoke", "nofire", "nogas", "nofall", "notleaking",
    "notdetected", "clear", "cleared", "inactive", "safe", "released", "release", "vacant", "close",
    "closed", "installed", "nopress", "notpressed", "unpressed", "good", "standby", "nomotion",
    NULL};
static const char *const on_words[] = {"true", "on", "yes", "alarm", "alarming", "alert", "leak",
    "leaking", "leaked", "wet", "water", "waterleak", "flood", "flooded", "flooding", "detected",
    "smoke", "smokedetected", "fire", "firealarm", "gas", "fall", "falling", "fallen",
    "falldetected", "trigger", "triggered", "active", "activated", "danger", "occupied", "open",
    "opened", "motion", "uninstalled", "removed", "low", "pressed", "inbed", "emergency", "sos",
    "leakdetected", "waterdetected", NULL};

enum answer { NO, YES, NEITHER };

static enum answer answer(const struct yj_js *js, yj_js_at at)
{
	char word[WORD_MAX];
	double number;
	if (yj_js_number(js, at, &number))
		return number > 0 ? YES : NO;
	word_of(js, at, word);
	return among(on_words, word) ? YES : among(off_words, word) ? NO : NEITHER;
}

/* ── presses ── */

static const struct style {
	const char *word, *key;
} styles[] = {
    {"short", "single"},
    {"shortpress", "single"},
    {"single", "single"},
    {"singlepress", "single"},
    {"singleclick", "single"},
    {"click", "single"},
    {"press", "single"},
    {"pressed", "single"},
    {"buttonpressed", "single"},
    {"buttonpress", "single"},
    {"pushed", "single"},
    {"true", "single"},
    {"on", "single"},
    {"yes", "single"},
    {"long", "long"},
    {"longpress", "long"},
    {"hold", "long"},
    {"double", "double"},
    {"doublepress", "double"},
    {"doubleclick", "double"},
    {"triple", "triple"},
    {"triplepress", "triple"},
    {"tripleclick", "triple"},
    {"sos", "sos"},
    {"sospress", "sos"},
    {"sosbutton", "sos"},
    {"panic", "sos"},
    {"emergency", "sos"},
    {"help", "sos"},
};

static const char *style_of(const char *word)
{
	for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++)
		if (strcmp(styles[i].word, word) == 0)
			return styles[i].key;
	return NULL;
}

/* order: what the numbers mean; those behind its end are keys. */
static void press(struct object *o, yj_js_at at, const char *order)
{
	char word[WORD_MAX];
	double number;
	o->u->measures = o->u->told = true;
	word_of(o->js, at, word);
	const char *style = style_of(word);
	if (style)
		yj_lora_press(o->u, style, false);
	else if (yj_js_number(o->js, at, &number)) {
		if (number >= 1 && number < 1000)
			yj_lora_press_code(o->u, (unsigned)number, order);
	} else if (word[0] && !among(off_words, word)) {
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
	char word[WORD_MAX];
	word_of(o->js, at, word);
	o->u->measures = o->u->told = true;
	if (answer(o->js, at) == YES || style_of(word))
		yj_lora_press(o->u, "sos", true);
}

/* "button_3": the number is the key. */
static const char *numbered_button(const char *name)
{
	if (strncmp(name, "button", 6) != 0 || !name[6])
		return NULL;
	for (const char *p = name + 6; *p; p++)
		if (*p < '0' || *p > '9' || p - name > 8)
			return NULL;
	return name + 6;
}

/* ── values ── */

static void flag(struct object *o, enum yj_lora_what what, const char *name, yj_js_at at)
{
	enum answer is = answer(o->js, at);
	if (is == NEITHER) {
		o->u->measures = true;
		return;
	}
	yj_lora_flag(o->u, what, name, is == YES);
}

/* "92.0", "92", "92%"; "2.4(low battery)" is a voltage and a flag. */
static bool battery_number(const struct yj_js *js, yj_js_at at, double *out)
{
	char text[24], *end;
	if (yj_js_number(js, at, out))
		return true;
	if (!yj_js_copy(js, at, text, sizeof text) || !isdigit((unsigned char)text[0]))
		return false;
	*out = strtod(text, &end);
	return strcmp(end, "%") == 0 || strcmp(end, " %") == 0;
}

static bool says_low(const struct yj_js *js, yj_js_at at)
{
	char word[WORD_MAX];
	if (!yj_js_is(at, YJ_JS_STRING))
		return false;
	word_of(js, at, word);
	return strstr(word, "low") != NULL;
}

static void low(struct object *o, yj_js_at at)
{
	enum answer is = answer(o->js, at);
	if (says_low(o->js, at))
		is = YES;
	if (is != NEITHER)
		o->u->report->readings.battery_low = is == YES;
}

static void rate(struct object *o, enum take take, yj_js_at at)
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

static int numbered(const struct yj_js *js, yj_js_at at, const char *const *words)
{
	char word[WORD_MAX];
	double number;
	if (yj_js_number(js, at, &number))
		return number >= 0 && number < 256 ? (int)number : -1;
	word_of(js, at, word);
	for (int i = 0; words[i]; i++)
		if (word[0] && strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static void radar_event(struct object *o, yj_js_at event)
{
	static const char *const types[] = {"fall", "motionless", "dwell", "outofbed", "occupied",
	    "vacant", "bradynea", "tachypnea", "lyingdown", NULL};
	static const char *const states[] = {
	    "", "alarmtriggered", "alarmdeactivated", "alarmignored", NULL};
	double id = -1;
	(void)yj_js_number(o->js, yj_js_get(o->js, event, "alarm_id"), &id);
	yj_lora_radar(o->u, numbered(o->js, yj_js_get(o->js, event, "alarm_type"), types),
	    numbered(o->js, yj_js_get(o->js, event, "alarm_status"), states),
	    id >= 0 && id <= 0xffff ? (int)id : -1);
}

static void sees(struct object *o, yj_js_at at)
{
	static const char *const words[] = {"normal", "vacant", "inbed", "outofbed", "fall", NULL};
	int status = numbered(o->js, at, words);
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
	if (answer(o->js, at) == YES)
		yj_lora_press(o->u, "doorbell", false);
}

/* ── one field ── */

static void take(struct object *o, enum take t, const char *name, yj_js_at at)
{
	struct yj_lora *u = o->u;
	char word[WORD_MAX];
	o->other = o->other || (t >= TAKE_FALL && t <= TAKE_DOOR);
	switch (t) {
	case TAKE_PAST:
		u->measures = true;
		break;
	case TAKE_INFO:
		break;
	case TAKE_BATTERY:
		if (says_low(o->js, at))
			u->report->readings.battery_low = 1;
		if (!battery_number(o->js, at, &o->battery))
			o->battery = -1;
		break;
	case TAKE_LOW:
		low(o, at);
		break;
	case TAKE_VOLT:
		if (says_low(o->js, at) || strcmp(name, "volt") == 0)
			u->report->readings.battery_low = says_low(o->js, at);
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
		if (answer(o->js, at) != NEITHER)
			yj_lora_in_bed(u, answer(o->js, at) == YES);
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
		word_of(o->js, at, word);
		o->smoke = o->smoke || strstr(word, "smoke");
		break;
	case TAKE_BROWAN:
		o->browan = u->measures = true;
		break;
	}
}

static int compare(const void *name, const void *field)
{
	return strcmp(name, ((const struct field *)field)->name);
}

/* A member that tells how the object around it stands: {"leak": {"status": 1}}. */
static bool stands_for_parent(const char *name)
{
	static const char *const words[] = {
	    "status", "state", "value", "detected", "event", "alarm", "active", NULL};
	return among(words, name);
}

static void walk(struct object *o, yj_js_at object, const struct field *parent, int depth)
{
	for (yj_js_at k = yj_js_first(o->js, object); k; k = yj_js_next(o->js, object, k)) {
		char name[WORD_MAX];
		word_of(o->js, k, name);
		const struct field *f = bsearch(
		    name, fields, sizeof fields / sizeof fields[0], sizeof fields[0], compare);
		const char *key = numbered_button(name);
		if (parent && stands_for_parent(name))
			f = parent;
		if (yj_js_is(k + 1, YJ_JS_OBJECT) && (!f || f->take != TAKE_PAST)) {
			if (depth < DEPTH_MAX)
				walk(o, k + 1, f ? f : parent, depth + 1);
		} else if (f) {
			take(o, f->take, f->name, k + 1);
		} else if (key && answer(o->js, k + 1) == YES) {
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

/* A bare "Alarm" is a call, unless model or neighbours tell what else it is about. */
static void settle_alarm(struct object *o)
{
	const struct yj_lora_model *m = o->u->model;
	enum answer is = answer(o->js, o->alarm);
	enum yj_lora_what what = o->steady ? YJ_LORA_SOS : YJ_LORA_PRESS;
	if (m)
		what = m->alarm;
	else if (o->other || o->smoke)
		what = YJ_LORA_SKIP;
	o->u->measures = true;
	if (is != NEITHER && what != YJ_LORA_SKIP)
		yj_lora_flag(o->u, what, "ALARM_status", is == YES);
}

static void settle_event(struct object *o)
{
	static const struct {
		const char *word;
		enum yj_kind kind;
	} alarms[] = {{"fall", YJ_KIND_FALL}, {"falldetected", YJ_KIND_FALL},
	    {"smoke", YJ_KIND_SMOKE}, {"leak", YJ_KIND_LEAK}, {"waterleak", YJ_KIND_LEAK},
	    {"flooddetected", YJ_KIND_LEAK}, {"gas", YJ_KIND_GAS}, {"bedexit", YJ_KIND_BED_EXIT},
	    {"outofbed", YJ_KIND_BED_EXIT}};
	char word[WORD_MAX];
	word_of(o->js, o->event, word);
	o->u->measures = true;
	for (size_t i = 0; i < sizeof alarms / sizeof alarms[0]; i++) {
		struct yj_sign *s = NULL;
		if (strcmp(alarms[i].word, word) == 0)
			s = yj_report_sign(o->u->report, YJ_SIGN_ALARM);
		if (s)
			s->kind = alarms[i].kind;
	}
	const char *style = style_of(word);
	if (style && strcmp(style, "sos") == 0)
		help(o, o->event);
	else if (style && yj_js_is(o->event, YJ_JS_STRING))
		press(o, o->event, "s");
}

/* The words of the GS524N's codec. */
static void settle_smoke(struct object *o)
{
	struct yj_lora *u = o->u;
	char word[WORD_MAX];
	word_of(o->js, o->event, word);
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
