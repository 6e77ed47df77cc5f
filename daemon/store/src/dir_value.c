/* One value of a column: checked, normalised, typed. */
#include "dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/keys.h"
#include "proto/time.h"
#include "proto/vital.h"

void yj_value_done(struct yj_value *v)
{
	free(v->text);
	memset(v, 0, sizeof *v);
}

int yj_value_set(struct yj_value *v, const char *text, size_t len)
{
	if (len + 1 > v->cap) {
		size_t cap = len + 64;
		char *p = realloc(v->text, cap);
		if (!p)
			return YJ_ERR_NOMEM;
		v->text = p;
		v->cap = cap;
	}
	if (len)
		memmove(v->text, text, len);
	v->text[len] = 0;
	v->type = YJ_V_TEXT;
	return 0;
}

static int wrong(char why[YJ_TEXT_MAX], const char *text)
{
	yj_text_copy(why, YJ_TEXT_MAX, text);
	return YJ_ERR_INVAL;
}

static int check_code(
    const struct yj_col *col, const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	bool prefix = col->type == YJ_COL_PREFIX;
	char code[13];
	size_t digits = 0;
	while (digits < len && s[digits] >= '0' && s[digits] <= '9')
		digits++;
	if (digits && digits < len && (s[digits] == '.' || s[digits] == ','))
		return wrong(why,
		    "a spreadsheet formatted the code as a number: format the column as "
		    "text, enter the code again and save");
	bool ok = digits == len && (len == 12 || (prefix && (len == 6 || len == 9)));
	if (ok) {
		memcpy(code, s, len);
		code[len] = 0;
		ok = yj_region_prefix(code, v->derived) == 0;
	}
	if (!ok)
		return wrong(
		    why, prefix ? "a region code has 12 digits, or is a prefix of 6 or 9"
				: "a region code has 12 digits (zeros at the end for a county or "
				  "township)");
	return yj_value_set(v, s, len);
}

static int check_text(
    const struct yj_col *col, const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	if (len > (size_t)col->max) {
		snprintf(why, YJ_TEXT_MAX, "too long: at most %d bytes", col->max);
		return YJ_ERR_INVAL;
	}
	int rc = yj_value_set(v, s, len);
	if (rc)
		return rc;
	/* One kind of line end, so that a file that comes back is the same. */
	size_t out = 0;
	for (size_t i = 0; i < len; i++) {
		char c = v->text[i];
		if (c == '\r') {
			if (i + 1 < len && v->text[i + 1] == '\n')
				continue;
			c = '\n';
		}
		bool line = c == '\n' || c == '\t';
		if (((unsigned char)c < 0x20 && !line) || c == 0x7f)
			return wrong(why, "contains a control character");
		if (line && col->type != YJ_COL_TEXT)
			return wrong(why, "must be one line without tabs");
		v->text[out++] = c;
	}
	v->text[out] = 0;
	return 0;
}

static int check_phone(
    const struct yj_col *col, const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	int digits = 0;
	for (size_t i = 0; i < len; i++) {
		if (s[i] >= '0' && s[i] <= '9')
			digits++;
		else if (!(strchr(" -()#*", s[i]) && s[i]) && !(s[i] == '+' && i == 0))
			return wrong(
			    why, "not a phone number: digits, + - ( ) and spaces only, one number");
	}
	if (digits < 3 || digits > 20 || len > (size_t)col->max)
		return wrong(why, "not a phone number: it has 3 to 20 digits");
	return yj_value_set(v, s, len);
}

static int check_email(
    const struct yj_col *col, const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	const char *at = memchr(s, '@', len);
	bool ok = at && at > s && len <= (size_t)col->max && at + 1 < s + len &&
		  !memchr(at + 1, '@', len - (size_t)(at + 1 - s));
	for (size_t i = 0; i < len && ok; i++)
		ok = (unsigned char)s[i] > ' ' && !strchr("<>,;\"\\\x7f", s[i]);
	if (!ok)
		return wrong(why, "not one e-mail address");
	return yj_value_set(v, s, len);
}

static int check_family(const struct yj_col *col, const struct yj_dir_names *names, const char *s,
    size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	bool ok = len <= (size_t)col->max;
	for (size_t i = 0; i < len && ok; i++)
		ok = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') ||
		     (i && s[i] && strchr("._-", s[i]));
	if (!ok)
		return wrong(why, "must be a word of a-z 0-9 . _ -");
	int rc = yj_value_set(v, s, len);
	if (rc == 0 && names->families && !json_object_get(names->families, v->text)) {
		snprintf(why, YJ_TEXT_MAX, "there is no family of devices %.32s", v->text);
		rc = YJ_ERR_INVAL;
	}
	return rc;
}

static int check_keys(
    const struct yj_col *col, const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	int rc = check_text(col, s, len, v, why);
	const char *bad = rc == 0 ? yj_keys_check(v->text) : NULL;
	return bad ? wrong(why, bad) : rc;
}

static int check_bool(const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	bool yes = yj_dir_among("true|1|yes|是", s, len);
	if (!yes && !yj_dir_among("false|0|no|否", s, len))
		return wrong(why, "must be true/false, 1/0, yes/no or 是/否");
	v->type = YJ_V_INT;
	v->i = yes;
	return 0;
}

static int check_word(
    const struct yj_col *col, const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	for (int i = 0; col->words[i].name; i++) {
		const struct yj_word *w = &col->words[i];
		if (!(strlen(w->name) == len && strncasecmp(w->name, s, len) == 0) &&
		    !yj_dir_among(w->zh, s, len))
			continue;
		if (col->type == YJ_COL_WORD)
			return yj_value_set(v, w->name, strlen(w->name));
		v->type = YJ_V_INT;
		v->i = i;
		return 0;
	}
	bool several = col->type == YJ_COL_WORDS;
	size_t n =
	    (size_t)snprintf(why, YJ_TEXT_MAX, several ? "must be some of:" : "must be one of:");
	for (int i = 0; col->words[i].name && n < YJ_TEXT_MAX; i++)
		n += (size_t)snprintf(why + n, YJ_TEXT_MAX - n, " %s", col->words[i].name);
	return YJ_ERR_INVAL;
}

static int check_real(
    const struct yj_col *col, const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	double limit = col->type == YJ_COL_LAT ? 90 : 180;
	char copy[32] = "", *end = copy;
	double d = 0;
	if (len < sizeof copy && strspn(s, "+-.0123456789") >= len) {
		memcpy(copy, s, len);
		d = strtod(copy, &end);
	}
	if (end == copy || *end || d < -limit || d > limit) {
		snprintf(why, YJ_TEXT_MAX, "must be degrees from -%g to %g (WGS-84)", limit, limit);
		return YJ_ERR_INVAL;
	}
	v->type = YJ_V_REAL;
	v->d = d == 0 ? 0 : d; /* no negative zero */
	return 0;
}

static int check_year(const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	v->i = 0;
	for (size_t i = 0; i < len && len == 4; i++)
		v->i = s[i] >= '0' && s[i] <= '9' ? v->i * 10 + (s[i] - '0') : -100000;
	if (v->i < 1850 || v->i > 2200)
		return wrong(why, "must be a year of four digits");
	v->type = YJ_V_INT;
	return 0;
}

static int check_duration(const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	char copy[24] = "";
	if (len < sizeof copy)
		memcpy(copy, s, len);
	if (yj_duration_parse(copy, &v->i) != 0 || v->i < 1000)
		return wrong(why, "must be a duration with its unit, of 1s at least: 90s, 5m, 24h");
	v->type = YJ_V_INT;
	return 0;
}

static int check_ranges(const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	struct yj_vital_range ranges[YJ_VITAL_COUNT];
	if (len > 128 || yj_vital_ranges_parse(s, len, ranges) < 0)
		return wrong(why, "must be ranges of vital signs, any of them, with ; between: "
				  "hr=45-120;rr=8-25;spo2=90-100");
	return yj_value_set(v, s, len);
}

static int check_limit(const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	static const char *const off[] = {"off", "关闭", "不守护"};
	for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
		if (strlen(off[i]) == len && memcmp(off[i], s, len) == 0) {
			v->type = YJ_V_INT;
			v->i = 0;
			return 0;
		}
	}
	if (check_duration(s, len, v, why) == 0)
		return 0;
	return wrong(why, "must be off, or a duration with its unit: 12h, 24h, 2d");
}

static int check_who(const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	if (yj_dir_among("所有人|任何人", s, len)) {
		v->type = YJ_V_NULL;
		return 0;
	}
	for (const struct yj_word *w = yj_dir_roles; w->name; w++)
		if ((strlen(w->name) == len && strncasecmp(w->name, s, len) == 0) ||
		    yj_dir_among(w->zh, s, len))
			return yj_value_set(v, w->name, strlen(w->name));
	const char *bad = yj_id_wrong(YJ_DIR_CAREGIVERS, s, len);
	return bad ? wrong(why, bad) : yj_value_set(v, s, len);
}

static int check_policy(const struct yj_dir_names *names, const char *s, size_t len,
    struct yj_value *v, char why[YJ_TEXT_MAX])
{
	int rc = yj_value_set(v, s, len);
	if (rc == 0 && names->policies && !json_object_get(names->policies, v->text)) {
		snprintf(why, YJ_TEXT_MAX, "policy %.64s is not configured", v->text);
		rc = YJ_ERR_INVAL;
	}
	return rc;
}

/* A robot by its type and name; the type alone is the first one of it. */
static int check_robot(
    const struct yj_dir_names *names, const char *s, size_t len, char why[YJ_TEXT_MAX])
{
	char name[YJ_NAME_MAX + 16];
	if (len >= sizeof name)
		return wrong(why, "the robot's name is too long");
	memcpy(name, s, len);
	name[len] = 0;
	if (names->webhooks && !json_object_get(names->webhooks, name)) {
		snprintf(why, YJ_TEXT_MAX, "robot %s is not configured", name);
		return YJ_ERR_INVAL;
	}
	if (names->used && json_object_set_new(names->used, name, json_true()))
		return YJ_ERR_NOMEM;
	return 0;
}

static int check_channel(
    const struct yj_dir_names *names, const char *s, size_t len, char why[YJ_TEXT_MAX])
{
	static const char hook[] = "webhook:";
	if (len > sizeof hook - 1 && memcmp(s, hook, sizeof hook - 1) == 0) {
		char name[YJ_NAME_MAX + 1];
		size_t n = len - (sizeof hook - 1);
		if (n > YJ_NAME_MAX)
			return wrong(why, "the webhook's name is too long");
		memcpy(name, s + sizeof hook - 1, n);
		name[n] = 0;
		if (names->webhooks && !json_object_get(names->webhooks, name)) {
			snprintf(why, YJ_TEXT_MAX, "webhook %s is not configured", name);
			return YJ_ERR_INVAL;
		}
		if (names->used && json_object_set_new(names->used, name, json_true()))
			return YJ_ERR_NOMEM;
		return 0;
	}
	const char *colon = memchr(s, ':', len);
	if (colon && yj_dir_among("wecom|dingtalk|feishu", s, (size_t)(colon - s)))
		return check_robot(names, s, len, why);
	if (memchr(s, '|', len) ||
	    !yj_dir_among("mqtt|sms|voice|email|wecom|dingtalk|feishu", s, len))
		return wrong(why,
		    "channels are mqtt, sms, voice, email, wecom, dingtalk, feishu (or "
		    "wecom:NAME ...) and webhook:NAME, with ; between them");
	return 0;
}

static int check_entry(const struct yj_col *col, const struct yj_dir_names *names, const char *s,
    size_t len, char why[YJ_TEXT_MAX])
{
	if (col->type == YJ_COL_CHANNELS)
		return check_channel(names, s, len, why);
	if (col->type == YJ_COL_REFS) {
		const char *bad = yj_id_wrong(col->ref, s, len);
		if (bad)
			return wrong(why, bad);
		return 0;
	}
	if (len > 64 || memchr(s, '\n', len) || memchr(s, '\t', len))
		return wrong(why, "each entry is a word of at most 64 bytes, with ; between them");
	return 0;
}

/* Does `entry` already stand in the list? */
static bool listed(const struct yj_value *v, const char *entry, size_t len)
{
	for (const char *p = v->text; *p;) {
		size_t n = strcspn(p, ";");
		if (n == len && memcmp(p, entry, n) == 0)
			return true;
		p += n + (p[n] == ';');
	}
	return false;
}

/* Length of a separator at s, or 0. Labels are free words, so Chinese writers' 、 counts there. */
static size_t separator(const struct yj_col *col, const char *s, size_t len)
{
	if (*s == ';')
		return 1;
	if (len >= 3 && memcmp(s, "；", 3) == 0)
		return 3;
	bool words = col->type == YJ_COL_LABELS || col->type == YJ_COL_WORDS;
	if (words && len >= 3 && memcmp(s, "、", 3) == 0)
		return 3;
	return 0;
}

static int check_list(const struct yj_col *col, const struct yj_dir_names *names, const char *s,
    size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	v->n = 0;
	int rc = yj_value_set(v, "", 0);
	size_t out = 0;
	while (len && rc == 0) {
		size_t n = 0, sep = 0;
		while (n < len && (sep = separator(col, s + n, len - n)) == 0)
			n++;
		const char *entry = s;
		size_t entry_len = n;
		yj_text_trim(&entry, &entry_len);
		s += n + sep;
		len -= n + sep;
		if (entry_len == 0 || listed(v, entry, entry_len))
			continue;
		rc = check_entry(col, names, entry, entry_len, why);
		if (rc)
			return rc;
		if (++v->n > col->max) {
			snprintf(why, YJ_TEXT_MAX, "too many: at most %d", col->max);
			return YJ_ERR_INVAL;
		}
		if (out + entry_len + 2 > v->cap) {
			size_t cap = (out + entry_len + 2) * 2;
			char *p = realloc(v->text, cap);
			if (!p)
				return YJ_ERR_NOMEM;
			v->text = p;
			v->cap = cap;
		}
		if (out)
			v->text[out++] = ';';
		memcpy(v->text + out, entry, entry_len);
		out += entry_len;
		v->text[out] = 0;
	}
	if (rc == 0 && v->n == 0)
		v->type = YJ_V_NULL;
	return rc;
}

/* Which of the column's words are there; in the table's order, whatever the file's. */
static int check_words(
    const struct yj_col *col, const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	unsigned found = 0;
	char text[YJ_TEXT_MAX] = "";
	while (len) {
		size_t n = 0, sep = 0;
		while (n < len && (sep = separator(col, s + n, len - n)) == 0)
			n++;
		const char *entry = s;
		size_t entry_len = n;
		yj_text_trim(&entry, &entry_len);
		s += n + sep;
		len -= n + sep;
		if (entry_len == 0)
			continue;
		int rc = check_word(col, entry, entry_len, v, why);
		if (rc)
			return rc;
		found |= 1U << v->i;
	}
	for (unsigned i = 0; col->words[i].name; i++)
		if (found & (1U << i))
			snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
			    text[0] ? ";" : "", col->words[i].name);
	if (found)
		return yj_value_set(v, text, strlen(text));
	v->type = YJ_V_NULL;
	return 0;
}

static int check_typed(enum yj_dir kind, const struct yj_col *col, const struct yj_dir_names *names,
    const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	const char *bad = NULL;
	char date[64];
	switch (col->type) {
	case YJ_COL_KEY:
	case YJ_COL_REF:
		bad = yj_id_wrong(col->type == YJ_COL_KEY ? kind : col->ref, s, len);
		return bad ? wrong(why, bad) : yj_value_set(v, s, len);
	case YJ_COL_CODE:
	case YJ_COL_PREFIX:
		return check_code(col, s, len, v, why);
	case YJ_COL_NAME:
	case YJ_COL_TEXT:
		return check_text(col, s, len, v, why);
	case YJ_COL_PHONE:
		return check_phone(col, s, len, v, why);
	case YJ_COL_EMAIL:
		return check_email(col, s, len, v, why);
	case YJ_COL_FAMILY:
		return check_family(col, names, s, len, v, why);
	case YJ_COL_KEYS:
		return check_keys(col, s, len, v, why);
	case YJ_COL_BOOL:
		return check_bool(s, len, v, why);
	case YJ_COL_WORD:
	case YJ_COL_WORD_INT:
		return check_word(col, s, len, v, why);
	case YJ_COL_YEAR:
		return check_year(s, len, v, why);
	case YJ_COL_LAT:
	case YJ_COL_LON:
		return check_real(col, s, len, v, why);
	case YJ_COL_LIMIT:
		return check_limit(s, len, v, why);
	case YJ_COL_DURATION:
		return check_duration(s, len, v, why);
	case YJ_COL_DATE:
		if (yj_date_normal(s, len, date, &bad))
			return wrong(why, bad);
		return yj_value_set(v, date, strlen(date));
	case YJ_COL_POLICY:
		return check_policy(names, s, len, v, why);
	case YJ_COL_RANGES:
		return check_ranges(s, len, v, why);
	case YJ_COL_WHO:
		return check_who(s, len, v, why);
	case YJ_COL_MADE:
		break;
	case YJ_COL_WORDS:
		return check_words(col, s, len, v, why);
	case YJ_COL_PERIOD:
		return yj_dir_round_period(s, len, v, why);
	case YJ_COL_ASSIGNEE:
		return yj_dir_round_assignee(col, s, len, v, why);
	case YJ_COL_LABELS:
	case YJ_COL_REFS:
	case YJ_COL_CHANNELS:
		return check_list(col, names, s, len, v, why);
	}
	return wrong(why, "unknown type of column");
}

int yj_value_check(enum yj_dir kind, const struct yj_col *col, const struct yj_dir_names *names,
    const char *text, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	static const struct yj_dir_names none = {0};
	yj_text_trim(&text, &len);
	v->type = YJ_V_NULL;
	v->derived[0] = 0;
	v->n = 0;
	if (len == 0) {
		if (col->flags & YJ_COL_REQUIRED)
			return wrong(why, "must not be empty");
		return col->type == YJ_COL_FAMILY ? yj_value_set(v, "native", 6) : 0;
	}
	if (memchr(text, 0, len) || yj_text_bad(text, len) < len)
		return wrong(why, "is not UTF-8 text");
	const char *damage = yj_text_damaged(text, len);
	if (damage)
		return wrong(why, damage);
	if (yj_text_has_idcard(kind, text, len))
		return wrong(
		    why, "contains an identity-card number, which is never stored: remove it");
	return check_typed(kind, col, names ? names : &none, text, len, v, why);
}
