/* One message by its mapping: unpacked, split into elements, and each looked at rule by rule. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decoder.h"
#include "mapping.h"
#include "proto/time.h"
#include "proto/utf8.h"

#define S_BELOW 100000000000LL /* a time in seconds is smaller than one in ms (year 5138) */
#define ID_MAX 60	       /* a longer one is cut and told apart by a number */

struct look { /* at one element */
	const struct yj_mapping *m;
	const struct yj_js *js;
	yj_js_at root; /* NULL: it could not be read */
	const struct yj_level *captures;
	yj_js_at at[YJ_MAP_POINTERS_MAX];
	uint64_t known; /* which of at */
};

_Static_assert(YJ_MAP_POINTERS_MAX <= 64, "one bit each");

static yj_js_at value_at(struct look *l, struct yj_map_source s)
{
	uint64_t bit = 1ULL << s.index;
	if (!(l->known & bit)) {
		l->at[s.index] = yj_map_at(l->js, l->root, l->m->pointers[s.index]);
		l->known |= bit;
	}
	return l->at[s.index];
}

/* A text of it; false, and "": it is not there, empty, or too long. */
static bool copy_value(struct look *l, struct yj_map_source s, char *buf, size_t cap)
{
	buf[0] = '\0';
	if (s.from == YJ_FROM_POINTER)
		return yj_js_copy(l->js, value_at(l, s), buf, cap) && buf[0];
	const struct yj_level *c = &l->captures[s.index];
	if (s.from != YJ_FROM_CAPTURE || !c->at || c->len == 0 || c->len >= cap)
		return false;
	memcpy(buf, c->at, c->len);
	buf[c->len] = '\0';
	return true;
}

static bool copy_text(struct look *l, const struct yj_map_text *text, char *buf, size_t cap)
{
	size_t used = 0;
	buf[0] = '\0';
	for (size_t i = 0; i < text->n; i++) {
		const char *literal = text->parts[i].literal;
		if (!literal) {
			if (!copy_value(l, text->parts[i].at, buf + used, cap - used))
				return false;
		} else if (snprintf(buf + used, cap - used, "%s", literal) >= (int)(cap - used)) {
			return false;
		}
		used += strlen(buf + used);
	}
	return used > 0;
}

/* ── conditions ── */

static bool is_there(struct look *l, struct yj_map_source s)
{
	if (s.from == YJ_FROM_CAPTURE)
		return l->captures[s.index].at != NULL;
	yj_js_at at = value_at(l, s);
	return at && at->type != YJ_JS_NULL;
}

static bool number_at(struct look *l, struct yj_map_source s, double *out)
{
	char buf[64], *end;
	if (s.from == YJ_FROM_POINTER)
		return yj_js_number(l->js, value_at(l, s), out);
	if (!copy_value(l, s, buf, sizeof buf))
		return false;
	*out = strtod(buf, &end);
	return *end == '\0' && isfinite(*out);
}

static bool one_of(struct look *l, struct yj_map_source s, const struct yj_map_values *values)
{
	double number;
	bool flag, has_number = false, tried = false;
	for (size_t i = 0; i < values->n; i++) {
		const struct yj_map_value *v = &values->v[i];
		if (v->type == YJ_MAP_NUMBER && !tried) {
			tried = true;
			has_number = number_at(l, s, &number);
		}
		if (v->type == YJ_MAP_NUMBER && has_number && number == v->number)
			return true;
		if (v->type == YJ_MAP_BOOL && s.from == YJ_FROM_POINTER &&
		    yj_js_bool(l->js, value_at(l, s), &flag) && flag == v->yes)
			return true;
		if (s.from == YJ_FROM_CAPTURE) {
			if (yj_level_is(&l->captures[s.index], v->text))
				return true;
		} else if (v->type == YJ_MAP_TEXT) {
			yj_js_at at = value_at(l, s);
			char text[64];
			if (yj_js_equals(l->js, at, v->text) ||
			    (!yj_js_is(at, YJ_JS_STRING) &&
				yj_js_copy(l->js, at, text, sizeof text) &&
				strcmp(text, v->text) == 0))
				return true;
		}
	}
	return false;
}

static bool holds(struct look *l, const struct yj_map_condition *c)
{
	double v = 0;
	if (c->absent || !is_there(l, c->at))
		return c->absent && !is_there(l, c->at);
	if (c->is.n && !one_of(l, c->at, &c->is))
		return false;
	if (c->not .n && one_of(l, c->at, &c->not ))
		return false;
	if (!c->has_over && !c->has_under && !c->bits)
		return true;
	if (!number_at(l, c->at, &v) || (c->has_over && v <= c->over) ||
	    (c->has_under && v >= c->under))
		return false;
	return !c->bits || (v >= 0 && v < 9e15 && ((int64_t)v & c->bits));
}

static bool flag_of(struct look *l, const struct yj_map_flag *f, int8_t *out)
{
	bool yes = false;
	if (f->when.at.from == YJ_FROM_NOWHERE || !is_there(l, f->when.at))
		return false;
	if (!f->plain)
		yes = holds(l, &f->when);
	else if (f->when.at.from != YJ_FROM_POINTER ||
		 !yj_js_bool(l->js, value_at(l, f->when.at), &yes))
		return false;
	*out = yes;
	return true;
}

/* ── what is read of one element ── */

static double within(double v, double min, double max, double none)
{
	return v > min && v <= max ? v : none;
}

static void take_readings(struct look *l, struct yj_readings *r)
{
	double v[YJ_MAP_NUMBERS];
	for (size_t i = 0; i < YJ_MAP_NUMBERS; i++) {
		const struct yj_map_number *n = &l->m->numbers[i];
		v[i] = NAN;
		if (n->at.from != YJ_FROM_NOWHERE && number_at(l, n->at, &v[i]))
			v[i] = v[i] * n->factor + n->plus;
	}
	if (!isnan(v[0]))
		yj_readings_battery(r, v[0]);
	if (v[1] >= -200 && v[1] <= 50)
		r->rssi_dbm = (int16_t)v[1];
	r->hr = within(v[2], 0, 500, -1);
	r->rr = within(v[3], 0, 500, -1);
	r->spo2_pct = within(v[4], 0, 100, -1);
	(void)flag_of(l, &l->m->flags[0], &r->battery_low);
	(void)flag_of(l, &l->m->flags[1], &r->mains);
	(void)flag_of(l, &l->m->flags[2], &r->in_bed);
	if (r->in_bed == 1)
		r->life = true;
	if (l->m->fw.from != YJ_FROM_NOWHERE)
		(void)copy_value(l, l->m->fw, r->fw, sizeof r->fw);
}

/* 20161219T114920Z, as older platforms write it. */
static bool compact_time(const char *text, int64_t *out)
{
	char full[YJ_RFC3339_LEN];
	if (strlen(text) != 16 || text[8] != 'T' || text[15] != 'Z')
		return false;
	snprintf(full, sizeof full, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", text, text + 4, text + 6,
	    text + 9, text + 11, text + 13);
	return yj_rfc3339_parse(full, out) == 0;
}

static int64_t time_of(struct look *l)
{
	char text[48];
	int64_t t;
	double v;
	const struct yj_mapping *m = l->m;
	if (m->time.from == YJ_FROM_NOWHERE || !copy_value(l, m->time, text, sizeof text))
		return INT64_MAX;
	if (m->time_as != YJ_TIME_ISO && number_at(l, m->time, &v)) {
		bool s = m->time_as == YJ_TIME_S || (m->time_as == YJ_TIME_AUTO && v < S_BELOW);
		v = s ? v * 1000 : v;
		return v > 0 && v <= (double)YJ_UTC_MAX_MS ? (int64_t)v : INT64_MAX;
	}
	if (m->time_as == YJ_TIME_S || m->time_as == YJ_TIME_MS)
		return INT64_MAX;
	return yj_rfc3339_parse(text, &t) == 0 || compact_time(text, &t) ? t : INT64_MAX;
}

static uint64_t hash(const char *text, size_t len)
{
	uint64_t h = 14695981039346656037ULL; /* FNV-1a */
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 1099511628211ULL;
	return h;
}

static uint64_t hash_body(const struct look *l)
{
	return hash(l->js->text + l->root->from, l->root->to - l->root->from);
}

static void dedup_by_body(struct look *l, struct yj_report *r, enum yj_repeat repeat)
{
	char id[20];
	snprintf(id, sizeof id, "%016" PRIx64, hash_body(l));
	yj_report_dedup(r, repeat, "body", id, SIZE_MAX);
}

/* False: the first value, without which the others tell nothing, is not there; others count as
 * empty then. */
static bool dedup_by_value(struct look *l, struct yj_report *r)
{
	char id[512];
	size_t len = 0;
	for (size_t i = 0; i < l->m->dedup.n; i++) {
		const char *literal = l->m->dedup.parts[i].literal;
		if (literal)
			snprintf(id + len, sizeof id - len, "%s", literal);
		else if (!copy_value(l, l->m->dedup.parts[i].at, id + len, sizeof id - len) &&
			 i == 0)
			return false;
		len += strlen(id + len);
	}
	if (l->m->dedup_body && l->m->dedup.n) {
		snprintf(id + len, sizeof id - len, "+%016" PRIx64, hash_body(l));
		len += strlen(id + len);
	}
	if (len > ID_MAX) {
		uint64_t h = hash(id, len);
		id[ID_MAX - 18] = '\0';
		yj_utf8_end_whole(id);
		len = strlen(id);
		snprintf(id + len, sizeof id - len, "~%016" PRIx64, h);
	}
	if (!len)
		return false;
	yj_report_dedup(r, l->m->repeat, l->m->dedup_field, id, SIZE_MAX);
	return true;
}

/* Who repeats the whole message says so of the report; else each event says it for itself. */
static void take_dedup(struct look *l, struct yj_report *r, bool pushed)
{
	const struct yj_mapping *m = l->m;
	if (m->dedup_body && !m->dedup.n)
		dedup_by_body(l, r, m->repeat);
	else if (!dedup_by_value(l, r) && pushed && m->repeat != YJ_REPEAT_WINDOW)
		dedup_by_body(l, r, YJ_REPEAT_PACKET); /* clouds push again what was not taken */
	if (m->repeat != YJ_REPEAT_COUNTER && m->repeat != YJ_REPEAT_WINDOW)
		return;
	if (r->repeat != YJ_REPEAT_PACKET)
		r->repeat = YJ_REPEAT_NONE;
	for (size_t i = 0; i < r->n_signs; i++) {
		struct yj_sign *s = &r->signs[i];
		if (s->type == YJ_SIGN_STATE || s->type == YJ_SIGN_CHANGE)
			continue;
		if (m->repeat == YJ_REPEAT_COUNTER && (!r->dedup[0] || r->repeat != YJ_REPEAT_NONE))
			continue;
		s->repeat = m->repeat;
		s->window_ms = m->window_ms;
		if (m->repeat == YJ_REPEAT_COUNTER)
			snprintf(s->field, sizeof s->field, "%.40s#%zu", m->dedup_field, i);
		else if (!s->key[0])
			snprintf(s->key, sizeof s->key, "%s",
			    s->type == YJ_SIGN_CANCEL ? "cancel" : yj_kind_name(s->kind));
	}
}

/* ── rules ── */

static bool all_hold(struct look *l, const struct yj_map_rule *rule)
{
	for (size_t i = 0; i < rule->n; i++)
		if (!holds(l, &rule->conditions[i]))
			return false;
	return true;
}

static void do_press(struct look *l, const struct yj_map_rule *rule, struct yj_report *r)
{
	char key[YJ_KEY_MAX + 1];
	(void)copy_text(l, &rule->key, key, sizeof key);
	struct yj_sign *s = yj_report_press(r, key);
	if (!s)
		return;
	s->emergency = rule->emergency;
	s->kind = rule->kind;
}

static void do_change(struct look *l, const struct yj_map_rule *rule, struct yj_report *r)
{
	char value[256];
	if (!copy_value(l, rule->conditions[0].at, value, sizeof value))
		return;
	struct yj_sign *s = yj_report_sign(r, YJ_SIGN_CHANGE);
	if (!s)
		return;
	memcpy(s->field, rule->field, sizeof s->field);
	size_t len = strlen(value);
	if (len < sizeof s->key) /* a key, or what tells it apart */
		memcpy(s->key, value, len + 1);
	else
		snprintf(s->key, sizeof s->key, "~%016" PRIx64, hash(value, len));
}

static void do_event(struct look *l, const struct yj_map_rule *rule, struct yj_report *r)
{
	struct yj_sign *s;
	switch (rule->does) {
	case YJ_DOES_CALL:
		do_press(l, rule, r);
		return;
	case YJ_DOES_ALARM:
		s = yj_report_sign(r, YJ_SIGN_ALARM);
		if (s)
			s->kind = rule->kind;
		return;
	case YJ_DOES_CANCEL:
		(void)yj_report_sign(r, YJ_SIGN_CANCEL);
		return;
	case YJ_DOES_LIFE:
		r->readings.life = true;
		return;
	case YJ_DOES_ONLINE:
		r->says = YJ_SAYS_ONLINE;
		return;
	case YJ_DOES_OFFLINE:
		r->says = YJ_SAYS_OFFLINE;
		return;
	case YJ_DOES_HEARTBEAT:
		r->base = YJ_BASE_HEARTBEAT;
		return;
	case YJ_DOES_TELEMETRY:
		r->base = YJ_BASE_TELEMETRY;
		return;
	case YJ_DOES_FAULT:
		r->readings.faults |= rule->fault;
		return;
	case YJ_DOES_IGNORE:
		return;
	}
}

/* false: the message is to be ignored. */
static bool take_rules(struct look *l, struct yj_report *r)
{
	for (size_t i = 0; i < l->m->n_rules; i++) {
		const struct yj_map_rule *rule = &l->m->rules[i];
		bool there = rule->n == 0 || is_there(l, rule->conditions[0].at);
		if (rule->does == YJ_DOES_FAULT && there)
			r->readings.faults_known |= rule->fault;
		if (rule->state && there)
			yj_report_state(r, rule->kind, rule->field, all_hold(l, rule));
		else if (rule->state || !all_hold(l, rule))
			continue;
		else if (rule->does == YJ_DOES_IGNORE)
			return false;
		else if (rule->changes)
			do_change(l, rule, r);
		else
			do_event(l, rule, r);
	}
	return true;
}

/* ── one element ── */

static bool take_name(struct look *l, struct yj_report *r)
{
	char name[YJ_ADDRESS_MAX + 1];
	for (size_t i = 0; i < l->m->n_names; i++) {
		if (copy_text(l, &l->m->names[i], name, sizeof name)) {
			yj_report_name(r, name, SIZE_MAX);
			return true;
		}
	}
	return false;
}

static void take_element(struct look *l, bool pushed, struct yj_reports *out)
{
	struct yj_report *r = yj_report_add(out);
	if (!r)
		return;
	r->base = l->m->otherwise;
	if (!take_rules(l, r)) {
		out->n--;
		return;
	}
	if (!take_name(l, r)) {
		yj_report_error(r, YJ_REASON_FIELD);
		return;
	}
	take_readings(l, &r->readings);
	if (l->m->route.n)
		(void)copy_text(l, &l->m->route, r->route, sizeof r->route);
	r->ts_ms = time_of(l);
	take_dedup(l, r, pushed);
}

/* ── unpacking ── */

/* The string at this place becomes what it holds. 0, also if there is none; or a yj_err. */
static int splice(struct yj_js *js, yj_js_at at, struct yj_unpacked *u, char *plain,
    const struct yj_map_pointer *pointer, struct yj_map_as as)
{
	if (!yj_js_is(at, YJ_JS_STRING) || at->from == at->to)
		return 0;
	if (!yj_js_copy(js, at, plain, YJ_UNPACKED_MAX))
		return YJ_ERR_FULL;
	char *out = u->text[u->which ^= 1];
	size_t end = js->tokens[0].to + yj_js_is(js->tokens, YJ_JS_STRING);
	size_t used = at->from - 1;
	memcpy(out, js->text, used);
	size_t from = used;
	int rc = yj_unpack(as, plain, strlen(plain), out, YJ_UNPACKED_MAX, &used);
	if (rc < 0)
		return rc;
	size_t to = used, rest = at->to + 1;
	if (end < rest)
		end = rest;
	if (YJ_UNPACKED_MAX - used < end - rest)
		return YJ_ERR_FULL;
	memcpy(out + used, js->text + rest, end - rest);
	rc = yj_js_read(js, out, used + end - rest);
	if (rc < 0)
		return rc;
	/* exactly one value, so that a text cannot put members into what is around it */
	at = yj_map_at(js, js->tokens, pointer);
	size_t quote = yj_js_is(at, YJ_JS_STRING);
	return at && at->from - quote == from && at->to + quote == to ? 0 : YJ_ERR_INVAL;
}

static int unpack(
    const struct yj_mapping *m, bool each, struct yj_js *js, struct yj_unpacked *u, char *plain)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < m->n_unpack; i++) {
		if (m->unpack[i].each != each)
			continue;
		const struct yj_map_pointer *p = m->pointers[m->unpack[i].at.index];
		rc = splice(js, yj_map_at(js, js->tokens, p), u, plain, p, m->unpack[i].as);
	}
	return rc;
}

static int read_whole(
    const struct yj_mapping *m, struct yj_decoder *d, const char *payload, size_t len)
{
	int rc;
	struct yj_map_as as = m->payload;
	if (len > YJ_UNPACKED_MAX / 2)
		return YJ_ERR_FULL;
	if (as.code == YJ_CODE_PLAIN && as.shape == YJ_SHAPE_JSON) {
		rc = yj_js_read(&d->js, payload, len);
	} else {
		size_t used = 0;
		d->whole.which = 0;
		if (len)
			memcpy(d->plain, payload, len);
		while (as.code != YJ_CODE_PLAIN && len > 0 && strchr(" \t\r\n", d->plain[len - 1]))
			len--;
		rc = yj_unpack(as, d->plain, len, d->whole.text[0], YJ_UNPACKED_MAX, &used);
		if (rc == 0)
			rc = yj_js_read(&d->js, d->whole.text[0], used);
	}
	return rc == 0 ? unpack(m, false, &d->js, &d->whole, d->plain) : rc;
}

static bool unpacks_elements(const struct yj_mapping *m)
{
	for (size_t i = 0; i < m->n_unpack; i++)
		if (m->unpack[i].each)
			return true;
	return false;
}

static int read_element(const struct yj_mapping *m, struct yj_decoder *d, yj_js_at at)
{
	size_t quote = yj_js_is(at, YJ_JS_STRING);
	size_t from = at->from - quote, len = at->to + quote - from;
	if (len > YJ_UNPACKED_MAX)
		return YJ_ERR_FULL;
	d->element.which = 0;
	memcpy(d->element.text[0], d->js.text + from, len);
	int rc = yj_js_read(&d->inner, d->element.text[0], len);
	return rc == 0 ? unpack(m, true, &d->inner, &d->element, d->plain) : rc;
}

static void unreadable(struct look *l, int rc, struct yj_reports *out)
{
	struct yj_report *r = yj_report_add(out);
	if (!r)
		return;
	(void)take_name(l, r); /* the topic may say whose it is */
	yj_report_error(r, rc == YJ_ERR_BADMSG ? YJ_REASON_UTF8
			   : rc == YJ_ERR_FULL ? YJ_REASON_SIZE
					       : YJ_REASON_JSON);
}

static void one_element(const struct yj_mapping *m, struct yj_decoder *d, yj_js_at at,
    const struct yj_level *captures, bool pushed, struct yj_reports *out)
{
	struct look l = {.m = m, .js = &d->js, .root = at, .captures = captures};
	if (m->n_unpack && unpacks_elements(m)) {
		int rc = read_element(m, d, at);
		if (rc < 0) {
			unreadable(&l, rc, out);
			return;
		}
		l.js = &d->inner;
		l.root = d->inner.tokens;
	}
	take_element(&l, pushed, out);
}

bool yj_mapping_read(const struct yj_mapping *m, struct yj_decoder *d, const char *topic,
    const char *payload, size_t len, size_t *next, struct yj_reports *out)
{
	struct yj_level captures[YJ_MAP_CAPTURES_MAX];
	bool pushed = yj_topic_behind(topic, YJ_INLET_TOPIC) != NULL;
	if (!yj_mapping_match(m, topic, captures) && !pushed)
		return false;
	int rc = read_whole(m, d, payload, len);
	if (rc < 0) {
		struct look l = {.m = m, .js = &d->js, .captures = captures};
		unreadable(&l, rc, out);
		return false;
	}
	yj_js_at list = m->each.from == YJ_FROM_POINTER
			    ? yj_map_at(&d->js, d->js.tokens, m->pointers[m->each.index])
			    : d->js.tokens;
	if (m->each.from == YJ_FROM_NOWHERE || !yj_js_is(list, YJ_JS_ARRAY)) {
		if (list && *next == 0)
			one_element(m, d, list, captures, pushed, out);
		return false;
	}
	size_t i = 0;
	for (yj_js_at at = yj_js_first(&d->js, list); at; at = yj_js_next(&d->js, list, at), i++) {
		if (i < *next)
			continue;
		if (out->n == YJ_REPORTS_MAX) {
			*next = i;
			return true;
		}
		one_element(m, d, at, captures, pushed, out);
	}
	return false;
}
