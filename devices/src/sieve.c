#include "devices/sieve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS 4		 /* dedups that are remembered */
#define PACKET_WINDOW_MS 60000LL /* by then a counter of 256 may have come round */

struct sieve {
	const struct yj_memory *memory;
	const char *device;
	const struct yj_report *report;
	bool retained;
	int64_t t;
	struct yj_sifted *out;
};

static int get(const struct sieve *s, const char *field, char value[YJ_MEMORY_MAX + 1], int64_t *t)
{
	return s->memory->get(s->memory->ctx, s->device, field, value, t);
}

static int put(const struct sieve *s, const char *field, const char *value)
{
	bool idle = s->report->n_signs == 0;
	return s->memory->put(s->memory->ctx, s->device, field, value, s->t, idle);
}

static const char *unique(const struct yj_report *report)
{
	return report->id[0] ? report->id : report->dedup;
}

/* The last dedups with their times, "t dedup\n" each, the newest first; t is 0 for one that is
 * unique for good. */
static int among_the_last(const struct sieve *s, const char *field, bool for_good, bool *is)
{
	char value[YJ_MEMORY_MAX + 1], next[YJ_MEMORY_MAX + 1];
	int64_t t;
	int rc = get(s, field, value, &t);
	if (rc < 0)
		return rc;
	*is = false;
	int used = snprintf(next, sizeof next, "%lld %s\n", (long long)s->t, unique(s->report));
	char *line = value;
	for (int i = 1; *line; i++) {
		size_t len = strcspn(line, "\n");
		bool more = line[len] == '\n';
		line[len] = '\0';
		char *rest;
		long long then = strtoll(line, &rest, 10);
		if (*rest == ' ' && strcmp(rest + 1, unique(s->report)) == 0 &&
		    (for_good || s->t - then <= PACKET_WINDOW_MS)) {
			*is = true;
			return 0;
		}
		if (i < PACKETS && used + (int)len + 1 < (int)sizeof next)
			used += snprintf(next + used, sizeof next - (size_t)used, "%s\n", line);
		line += len + more;
	}
	return put(s, field, next);
}

static int same_as_last(const struct sieve *s, const struct yj_sign *sign, bool *is)
{
	char value[YJ_MEMORY_MAX + 1];
	int64_t t;
	int rc = get(s, sign->field, value, &t);
	if (rc < 0)
		return rc;
	*is = strcmp(value, s->report->dedup) == 0;
	return *is ? 0 : put(s, sign->field, s->report->dedup);
}

static int within_window(const struct sieve *s, const struct yj_sign *sign, bool *is)
{
	char field[YJ_FIELD_MAX + YJ_KEY_MAX + 1], value[YJ_MEMORY_MAX + 1];
	int64_t then;
	snprintf(field, sizeof field, "key:%s", sign->key);
	int rc = get(s, field, value, &then);
	if (rc < 0)
		return rc;
	*is = value[0] && s->t - then < sign->window_ms && s->t >= then;
	return *is ? 0 : put(s, field, "1");
}

static int is_repeat(const struct sieve *s, const struct yj_sign *sign, bool *is)
{
	switch (sign->repeat) {
	case YJ_REPEAT_COUNTER:
		return same_as_last(s, sign, is);
	case YJ_REPEAT_WINDOW:
		return within_window(s, sign, is);
	case YJ_REPEAT_ID:
		return among_the_last(s, sign->field, true, is);
	case YJ_REPEAT_NONE:
	case YJ_REPEAT_PACKET: /* of the whole report, looked at before */
		break;
	}
	*is = false;
	return 0;
}

/* Does a value become another one than was told last? */
static int changes(const struct sieve *s, const struct yj_sign *sign, bool *does)
{
	char value[YJ_MEMORY_MAX + 1];
	int64_t t;
	const char *now = sign->key[0] ? sign->key : sign->on ? "1" : "0";
	int rc = get(s, sign->field, value, &t);
	if (rc < 0)
		return rc;
	bool same = strcmp(value, now) == 0;
	*does = value[0] && !same;
	return same ? 0 : put(s, sign->field, now);
}

/* A condition: does it become what it was not? */
static int turns(const struct sieve *s, const struct yj_sign *sign, bool *does)
{
	char value[YJ_MEMORY_MAX + 1];
	int64_t t;
	int rc = get(s, sign->field, value, &t);
	if (rc < 0)
		return rc;
	bool was = strcmp(value, "1") == 0;
	*does = sign->on && !was;
	if (was == sign->on)
		return 0;
	/* what began while nobody listened is an alarm when it is next told */
	if (s->retained && sign->on)
		return 0;
	return put(s, sign->field, sign->on ? "1" : "0");
}

static int sift(struct sieve *s, size_t i, bool *held)
{
	const struct yj_sign *sign = &s->report->signs[i];
	struct yj_sifted *out = s->out;
	bool state = sign->type == YJ_SIGN_STATE || sign->type == YJ_SIGN_CHANGE;
	bool yes = false;
	if (s->retained && !state && sign->type != YJ_SIGN_RESET) {
		*held = true;
		return 0;
	}
	int rc = sign->type == YJ_SIGN_CHANGE ? changes(s, sign, &yes)
		 : state		      ? turns(s, sign, &yes)
					      : is_repeat(s, sign, &yes);
	if (rc < 0 || sign->type == YJ_SIGN_RESET)
		return rc;
	if (sign->type == YJ_SIGN_CHANGE) {
		out->changed = out->changed || (yes && !s->retained);
		return 0;
	}
	bool counts = state ? yes && !s->retained : !yes;
	if (counts)
		out->signs[out->n++] = i;
	else if (!state || (s->retained && sign->on))
		*held = true;
	return 0;
}

/* fall, smoke, gas, leak, bed_exit, as in the enum; what is in no list of theirs comes last. */
static int rank(enum yj_kind kind)
{
	return kind >= YJ_KIND_FALL && kind <= YJ_KIND_BED_EXIT ? (int)kind : 1000 + (int)kind;
}

static void raise_fact(struct yj_sifted *out, enum yj_fact fact, enum yj_kind kind)
{
	if (fact == YJ_FACT_ALARM && out->fact == YJ_FACT_ALARM && rank(kind) < rank(out->kind))
		out->kind = kind;
	if (fact <= out->fact)
		return;
	out->fact = fact;
	out->kind = kind;
}

static void judge(const struct sieve *s, bool held)
{
	static const enum yj_fact base[] = {
	    [YJ_BASE_IGNORE] = YJ_FACT_IGNORE,
	    [YJ_BASE_HEARTBEAT] = YJ_FACT_HEARTBEAT,
	    [YJ_BASE_TELEMETRY] = YJ_FACT_TELEMETRY,
	    [YJ_BASE_ERROR] = YJ_FACT_ERROR,
	};
	const struct yj_report *r = s->report;
	struct yj_sifted *out = s->out;
	out->fact = base[r->base];
	if (r->base == YJ_BASE_ERROR)
		return;
	if (r->says != YJ_SAYS_NOTHING)
		raise_fact(out, r->says == YJ_SAYS_ONLINE ? YJ_FACT_ONLINE : YJ_FACT_OFFLINE, 0);
	if (r->readings.battery_low == 1 ||
	    (r->readings.battery_pct >= 0 && r->readings.battery_pct <= YJ_BATTERY_LOW_PCT))
		raise_fact(out, YJ_FACT_LOW_BATTERY, 0);
	if (r->readings.hr > 0 || r->readings.rr > 0 || r->readings.spo2_pct > 0)
		raise_fact(out, YJ_FACT_VITAL, 0);
	for (size_t i = 0; i < out->n; i++) {
		const struct yj_sign *sign = &r->signs[out->signs[i]];
		bool call = sign->type == YJ_SIGN_PRESS ||
			    (sign->type == YJ_SIGN_STATE && sign->kind == YJ_KIND_SOS);
		raise_fact(out,
		    call			   ? YJ_FACT_CALL
		    : sign->type == YJ_SIGN_CANCEL ? YJ_FACT_CANCEL
		    : sign->kind == YJ_KIND_VITAL  ? YJ_FACT_VITAL
						   : YJ_FACT_ALARM,
		    sign->kind);
	}
	if (out->n == 0 && (held || out->repeated))
		out->fact = YJ_FACT_IGNORE;
}

/* One report says a thing once, whatever number of fields say it: sos and sos_alarm, gas and
 * carbon_monoxide. */
static bool says_help(const struct yj_sign *sign)
{
	return (sign->type == YJ_SIGN_PRESS && sign->emergency) ||
	       (sign->type == YJ_SIGN_STATE && sign->kind == YJ_KIND_SOS);
}

static bool is_alarm(const struct yj_sign *sign)
{
	return sign->type == YJ_SIGN_STATE || sign->type == YJ_SIGN_ALARM;
}

static bool say_the_same(const struct yj_sign *a, const struct yj_sign *b)
{
	if (says_help(a) || says_help(b))
		return says_help(a) && says_help(b);
	return is_alarm(a) && is_alarm(b) && a->kind == b->kind;
}

static void say_once(const struct sieve *s)
{
	struct yj_sifted *out = s->out;
	size_t n = 0;
	for (size_t i = 0; i < out->n; i++) {
		bool said = false;
		for (size_t j = 0; j < n && !said; j++)
			said = say_the_same(
			    &s->report->signs[out->signs[j]], &s->report->signs[out->signs[i]]);
		if (!said)
			out->signs[n++] = out->signs[i];
	}
	out->n = n;
}

static int whole_repeat(const struct sieve *s, bool *is)
{
	const struct yj_report *r = s->report;
	*is = false;
	if (!r->dedup[0] || s->retained)
		return 0;
	if (r->repeat == YJ_REPEAT_ID)
		return among_the_last(s, r->dedup_field, true, is);
	/* listeners of several families have names of their own for the number of a packet */
	return r->repeat == YJ_REPEAT_PACKET ? among_the_last(s, "packet", false, is) : 0;
}

int yj_sieve(const struct yj_memory *memory, const char *device, const struct yj_report *report,
    bool retained, int64_t t, struct yj_sifted *out)
{
	struct sieve s = {memory, device, report, retained, t, out};
	bool held = false;
	*out = (struct yj_sifted){.n = 0};
	int rc = whole_repeat(&s, &out->repeated);
	for (size_t i = 0; rc == 0 && !out->repeated && i < report->n_signs; i++)
		rc = sift(&s, i, &held);
	say_once(&s);
	if (rc == 0)
		judge(&s, held);
	return rc;
}

const char *yj_sifted_name(const struct yj_sifted *sifted)
{
	switch (sifted->fact) {
	case YJ_FACT_ERROR:
		return "error";
	case YJ_FACT_IGNORE:
		return "ignore";
	case YJ_FACT_HEARTBEAT:
		return "heartbeat";
	case YJ_FACT_TELEMETRY:
		return "telemetry";
	case YJ_FACT_ONLINE:
		return "online";
	case YJ_FACT_OFFLINE:
		return "offline";
	case YJ_FACT_LOW_BATTERY:
		return "low_battery";
	case YJ_FACT_CANCEL:
		return "cancel";
	case YJ_FACT_VITAL:
		return "vital";
	case YJ_FACT_ALARM:
		return yj_kind_name(sifted->kind);
	case YJ_FACT_CALL:
		return "call";
	}
	return "error";
}
