#include "meaning.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/time.h"

#define BELIEVED_SINCE_MS 1577836800000LL /* 2020; a clock that was never set is before it */

bool yj_text_is(struct yj_text text, const char *word)
{
	return strlen(word) == text.len && strncasecmp(text.at, word, text.len) == 0;
}

static bool among(struct yj_text text, const char *const *words)
{
	for (; *words; words++)
		if (yj_text_is(text, *words))
			return true;
	return false;
}

void yj_text_cut(struct yj_text text, char *buf, size_t cap)
{
	size_t len = text.len < cap ? text.len : cap - 1;
	memcpy(buf, text.at, len);
	buf[len] = '\0';
}

bool yj_text_number(struct yj_text text, double *out)
{
	char buf[40], *end;
	if (text.len == 0 || text.len >= sizeof buf)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!strchr("+-.0123456789eE", text.at[i]) || text.at[i] == '\0')
			return false;
	yj_text_cut(text, buf, sizeof buf);
	double v = strtod(buf, &end);
	if (*end != '\0' || end == buf || v > 1e300 || v < -1e300)
		return false;
	*out = v;
	return true;
}

bool yj_text_word(struct yj_text text, size_t *at, struct yj_text *word)
{
	size_t i = *at;
	while (i < text.len && !isalnum((unsigned char)text.at[i]) && !(text.at[i] & 0x80))
		i++;
	word->at = text.at + i;
	while (i < text.len && (isalnum((unsigned char)text.at[i]) || (text.at[i] & 0x80)))
		i++;
	word->len = (size_t)(text.at + i - word->at);
	*at = i;
	return word->len > 0;
}

/* Values of several words ("Fall detected", "no leak"), and what is not in the other lists. */
static int truth_of_words(struct yj_text text)
{
	static const char *const yes[] = {"alarm", "alert", "detected", "fall", "fallen", "falling",
	    "triggered", "leak", "leaking", "smoke", "gas", "emergency", "sos", "panic", "help",
	    "danger", "报警", "告警", "跌倒", "漏水", "求助", NULL};
	static const char *const no[] = {"no", "not", "none", "normal", "clear", "cleared", "ok",
	    "off", "false", "undetected", "unknown", "warning", "maybe", "正常", "无", NULL};
	struct yj_text word;
	int truth = -1;
	for (size_t at = 0; yj_text_word(text, &at, &word);) {
		if (among(word, no))
			return yj_text_is(word, "unknown") ? -1 : 0;
		if (among(word, yes))
			truth = 1;
	}
	return truth;
}

int yj_text_truth(struct yj_text text)
{
	static const char *const yes[] = {"true", "on", "1", "yes", "alarm", "detected", "leak",
	    "leaking", "wet", "fall", "falling", "fall_alarm", "problem", "unsafe", "triggered",
	    "water_leakage_yes", "active", "pressed", "press", "open", "opened", "smoke", "gas",
	    "low", NULL};
	static const char *const no[] = {"false", "off", "0", "no", "normal", "none", "clear",
	    "cleared", "ok", "dry", "safe", "idle", "detecting", "not_detected", "fall_warning",
	    "maybe_fall", "water_leakage_no", "inactive", "released", "closed", "close", "high",
	    "medium", "middle", NULL};
	if (text.len == 5 && memcmp(text.at, "false", 5) == 0) /* what is told most */
		return 0;
	return among(text, yes) ? 1 : among(text, no) ? 0 : truth_of_words(text);
}

static void raise_base(struct yj_report *r, enum yj_base base)
{
	if (base > r->base)
		r->base = base;
}

/* ── conditions ── */

static void take_bed(struct yj_report *r, const char *field, int in_bed)
{
	if (in_bed < 0)
		return;
	r->readings.in_bed = (int8_t)in_bed;
	r->readings.life = r->readings.life || in_bed;
	yj_report_state(r, YJ_KIND_BED_EXIT, field, !in_bed);
}

/* "presence_5min" is presence. */
static int lies(struct yj_text value)
{
	static const char *const in[] = {"presence", "present", "occupied", "in", "bed", "sit",
	    "sitting", "sedentary", "lying", "asleep", "sleeping", "awake", NULL};
	static const char *const out[] = {"none", "vacant", "empty", "unoccupied", "out", "absent",
	    "absence", "left", "exit", "not", NULL};
	struct yj_text word;
	size_t at = 0;
	int truth = yj_text_truth(value);
	if (truth >= 0 || !yj_text_word(value, &at, &word))
		return truth;
	return among(word, in) ? 1 : among(word, out) ? 0 : -1;
}

static void take_posture(struct yj_report *r, const char *field, struct yj_text value)
{
	static const char *const there[] = {
	    "occupied", "sitting", "on_the_bed", "low_posture", "standing", "falling", NULL};
	bool is_there = among(value, there);
	if (!is_there && !yj_text_is(value, "unoccupied"))
		return;
	yj_report_state(r, YJ_KIND_FALL, field, yj_text_is(value, "falling"));
	r->readings.life = r->readings.life || is_there;
	if (!yj_text_is(value, "sitting")) /* on its edge, perhaps */
		r->readings.in_bed = yj_text_is(value, "on_the_bed");
}

static void take_life(struct yj_report *r, struct yj_text value)
{
	static const char *const nobody[] = {"none", "off", "false", "no", "0", "clear", "unknown",
	    "unavailable", "unoccupied", "not_home", "away", "leave", "left_leave", "right_leave",
	    "", NULL};
	double n;
	bool plain = value.len == 4 && memcmp(value.at, "true", 4) == 0;
	bool somebody = plain ? true : yj_text_number(value, &n) ? n > 0 : !among(value, nobody);
	r->readings.life = r->readings.life || somebody;
}

static void take_change(struct yj_report *r, const char *field, struct yj_text value)
{
	int truth = yj_text_truth(value);
	struct yj_sign *s = truth < 0 ? NULL : yj_report_sign(r, YJ_SIGN_CHANGE);
	if (!s)
		return;
	s->on = truth;
	snprintf(s->field, sizeof s->field, "%.*s", YJ_FIELD_MAX, field);
}

/* ── measures ── */

/* 0 is what devices send that have measured nothing. */
static void take_rate(double *rate, struct yj_text value, double most)
{
	double n;
	if (yj_text_number(value, &n) && n > 0 && n <= most)
		*rate = n;
}

static void take_battery(struct yj_report *r, struct yj_text value)
{
	double n;
	if (value.len > 1 && value.at[value.len - 1] == '%')
		value.len--;
	if (yj_text_number(value, &n))
		yj_readings_battery(&r->readings, n);
}

static void take_battery_low(struct yj_report *r, struct yj_text value)
{
	int truth = yj_text_truth(value);
	if (truth >= 0)
		r->readings.battery_low = (int8_t)truth;
}

static void take_mains(struct yj_report *r, struct yj_text value, bool lost)
{
	static const char *const mains[] = {"mains", "usb", "cable", "ac", "dc", "dc_source", NULL};
	int truth = yj_text_truth(value);
	if (among(value, mains))
		r->readings.mains = 1;
	else if (truth >= 0)
		r->readings.mains = (int8_t)(lost ? !truth : truth);
}

static void take_fault(struct yj_report *r, enum yj_fault fault, struct yj_text value)
{
	double n;
	int truth = yj_text_truth(value);
	if (yj_text_number(value, &n))
		truth = n != 0;
	else if (truth < 0 && value.len > 0 && !yj_text_is(value, "unknown") &&
		 !yj_text_is(value, "unavailable"))
		truth = 1; /* it has a name for it */
	if (truth < 0)
		return;
	r->readings.faults_known |= fault;
	if (truth)
		r->readings.faults |= fault;
}

static void take_signal(struct yj_report *r, struct yj_text value)
{
	double n;
	if (yj_text_number(value, &n) && n < 0 && n >= -200)
		r->readings.rssi_dbm = (int16_t)n;
}

static void take_firmware(struct yj_report *r, struct yj_text value)
{
	if (value.len > 0 && !yj_text_is(value, "unknown") && !yj_text_is(value, "unavailable") &&
	    value.len < sizeof r->readings.fw)
		yj_text_cut(value, r->readings.fw, sizeof r->readings.fw);
}

static void take_time(struct yj_report *r, struct yj_text value)
{
	char buf[48];
	double n;
	int64_t ms;
	yj_text_cut(value, buf, sizeof buf);
	if (yj_text_number(value, &n) && n > 0 && n < 1e15)
		ms = (int64_t)n;
	else if (value.len >= sizeof buf || yj_rfc3339_parse(buf, &ms) < 0)
		return;
	if (ms >= BELIEVED_SINCE_MS)
		r->ts_ms = ms;
}

/* ── one field ── */

static void take_sure(
    struct yj_report *r, struct yj_meaning meaning, const char *field, struct yj_text value)
{
	int truth;
	switch (meaning.means) {
	case YJ_MEANS_NOTHING:
	case YJ_MEANS_TELEMETRY:
		break;
	case YJ_MEANS_ALARM:
		truth = yj_text_truth(value);
		if (truth >= 0)
			yj_report_state(r, meaning.kind, field, truth);
		break;
	case YJ_MEANS_ACTION:
		yj_take_action(r, "", value);
		break;
	case YJ_MEANS_PRESSED:
		truth = yj_text_truth(value);
		if (truth >= 0)
			yj_take_pressed(r, field, truth);
		break;
	case YJ_MEANS_BED:
		take_bed(r, field, lies(value));
		break;
	case YJ_MEANS_BED_LEFT:
		truth = yj_text_truth(value);
		take_bed(r, field, truth < 0 ? -1 : !truth);
		break;
	case YJ_MEANS_POSTURE:
		take_posture(r, field, value);
		break;
	case YJ_MEANS_LIFE:
		take_life(r, value);
		break;
	case YJ_MEANS_CHANGE:
		take_change(r, field, value);
		break;
	case YJ_MEANS_HEART:
		take_rate(&r->readings.hr, value, 300);
		r->readings.life = r->readings.life || r->readings.hr > 0;
		break;
	case YJ_MEANS_BREATH:
		take_rate(&r->readings.rr, value, 100);
		r->readings.life = r->readings.life || r->readings.rr > 0;
		break;
	case YJ_MEANS_OXYGEN:
		take_rate(&r->readings.spo2_pct, value, 100);
		r->readings.life = r->readings.life || r->readings.spo2_pct > 0;
		break;
	case YJ_MEANS_BATTERY:
		take_battery(r, value);
		break;
	case YJ_MEANS_BATTERY_LOW:
		take_battery_low(r, value);
		break;
	case YJ_MEANS_MAINS:
	case YJ_MEANS_MAINS_LOST:
		take_mains(r, value, meaning.means == YJ_MEANS_MAINS_LOST);
		break;
	case YJ_MEANS_TAMPER:
		take_fault(r, YJ_FAULT_TAMPER, value);
		break;
	case YJ_MEANS_TROUBLE:
		take_fault(r, YJ_FAULT_TROUBLE, value);
		break;
	case YJ_MEANS_SIGNAL:
		take_signal(r, value);
		break;
	case YJ_MEANS_FIRMWARE:
		take_firmware(r, value);
		break;
	case YJ_MEANS_TIME:
		take_time(r, value);
		break;
	}
}

static enum yj_base base_of(enum yj_means means)
{
	switch (means) {
	case YJ_MEANS_NOTHING:
	case YJ_MEANS_ACTION:
	case YJ_MEANS_PRESSED:
	case YJ_MEANS_BATTERY:
	case YJ_MEANS_BATTERY_LOW:
	case YJ_MEANS_MAINS:
	case YJ_MEANS_MAINS_LOST:
	case YJ_MEANS_SIGNAL:
	case YJ_MEANS_FIRMWARE:
	case YJ_MEANS_TIME:
	case YJ_MEANS_TAMPER:
	case YJ_MEANS_TROUBLE:
		return YJ_BASE_HEARTBEAT;
	case YJ_MEANS_TELEMETRY:
	case YJ_MEANS_ALARM:
	case YJ_MEANS_BED:
	case YJ_MEANS_BED_LEFT:
	case YJ_MEANS_POSTURE:
	case YJ_MEANS_LIFE:
	case YJ_MEANS_CHANGE:
	case YJ_MEANS_HEART:
	case YJ_MEANS_BREATH:
	case YJ_MEANS_OXYGEN:
		return YJ_BASE_TELEMETRY;
	}
	return YJ_BASE_TELEMETRY;
}

void yj_take_field(
    struct yj_report *r, struct yj_meaning meaning, const char *field, struct yj_text value)
{
	enum yj_base base = base_of(meaning.means);
	raise_base(r, base);
	take_sure(r, meaning, field, value);
}
