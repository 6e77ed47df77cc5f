/* Single values of a roster, and what is said of wrong ones. */
#include "roster_values.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_MIN 2000
#define YEAR_MAX 2199

/* ── what is wrong, and where ── */

static json_int_t line_of(const json_t *object, const char *key)
{
	const json_t *lines = json_object_get(object, "#line");
	const json_t *line = json_object_get(lines, key);
	return json_integer_value(line ? line : json_object_get(lines, ""));
}

__attribute__((format(printf, 4, 5))) int yj_roster_wrong(
    struct yj_roster_reading *r, const json_t *object, const char *key, const char *format, ...)
{
	char text[160];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	json_int_t line = line_of(object, key);
	char at[32] = "";
	if (line > 0)
		snprintf(at, sizeof at, "line %lld: ", (long long)line);
	snprintf(r->why, YJ_WHY_MAX, "%s%s%s%s", at, key, *key ? ": " : "", text);
	return YJ_ERR_INVAL;
}

int yj_roster_keys(struct yj_roster_reading *r, const json_t *object, const char *const *known)
{
	const char *key;
	json_t *value;
	if (!json_is_object(object))
		return yj_roster_wrong(r, object, "", "a mapping (key: value) is expected");
	json_object_foreach((json_t *)object, key, value)
	{
		size_t i = 0;
		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i] && strcmp(key, "#line") != 0)
			return yj_roster_wrong(r, object, key, "unknown key");
	}
	return 0;
}

/* A member that is set; NULL: it is not. */
const json_t *yj_roster_member(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_null(value) ? NULL : value;
}

int yj_roster_text(struct yj_roster_reading *r, const json_t *object, const char *key,
    const char *expected, const char **out)
{
	*out = json_string_value(yj_roster_member(object, key));
	return *out ? 0 : yj_roster_wrong(r, object, key, "%s is expected", expected);
}

/* A list, absent as an empty one. */
int yj_roster_list(struct yj_roster_reading *r, const json_t *object, const char *key, size_t max,
    const json_t **out)
{
	*out = yj_roster_member(object, key);
	if (*out && !json_is_array(*out))
		return yj_roster_wrong(r, object, key, "a list is expected");
	if (json_array_size(*out) > max)
		return yj_roster_wrong(r, object, key, "more than %zu entries", max);
	return 0;
}

/* ── single values ── */

static bool digits(const char *s, size_t n)
{
	return strspn(s, "0123456789") >= n;
}

/* HH:MM, 00:00 to 23:59; as an end also 24:00, which 00:00 means there too. */
int yj_roster_minute(struct yj_roster_reading *r, const json_t *object, const char *key, bool end,
    const char *absent, int *out)
{
	const char *s = json_string_value(yj_roster_member(object, key));
	if (!yj_roster_member(object, key) && absent)
		s = absent;
	bool good = s && strlen(s) == 5 && digits(s, 2) && s[2] == ':' && digits(s + 3, 2);
	int minute =
	    good ? ((s[0] - '0') * 10 + s[1] - '0') * 60 + (s[3] - '0') * 10 + s[4] - '0' : 0;
	if (!good || s[3] > '5' || minute > (end ? YJ_DAY_MIN : YJ_DAY_MIN - 1))
		return yj_roster_wrong(
		    r, object, key, "a time from 00:00 to %s is expected", end ? "24:00" : "23:59");
	*out = end && minute == 0 ? YJ_DAY_MIN : minute;
	return 0;
}

bool yj_roster_date_parse(const char *s, int32_t *out)
{
	if (!s || strlen(s) != 10 || !digits(s, 4) || s[4] != '-' || !digits(s + 5, 2) ||
	    s[7] != '-' || !digits(s + 8, 2))
		return false;
	int year = (int)strtol(s, NULL, 10), y;
	unsigned month = (unsigned)strtoul(s + 5, NULL, 10), m;
	unsigned mday = (unsigned)strtoul(s + 8, NULL, 10), d;
	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || mday < 1 || mday > 31)
		return false;
	*out = yj_day_of(year, month, mday);
	yj_day_date(*out, &y, &m, &d); /* 30 February is another day there */
	return m == month && d == mday;
}

int yj_roster_date(struct yj_roster_reading *r, const json_t *object, const char *key, int32_t *out)
{
	if (!yj_roster_date_parse(json_string_value(yj_roster_member(object, key)), out))
		return yj_roster_wrong(r, object, key, "a date such as 2026-12-01 is expected");
	return 0;
}

/* date, and last if it is more than one day. */
int yj_roster_dates(
    struct yj_roster_reading *r, const json_t *object, int32_t *first, int32_t *last)
{
	int rc = yj_roster_date(r, object, "date", first);
	*last = *first;
	if (rc == 0 && yj_roster_member(object, "last"))
		rc = yj_roster_date(r, object, "last", last);
	if (rc == 0 && *last < *first)
		rc = yj_roster_wrong(r, object, "last", "lies before date");
	return rc;
}

static int weekday_of(const char *s, size_t len)
{
	static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	for (int i = 0; i < 7; i++)
		if (len == 3 && strncmp(s, names[i], 3) == 0)
			return i;
	return -1;
}

/* mon, or mon-fri, also over the end of the week: sat-mon. */
static bool add_days(const char *s, unsigned *days)
{
	size_t n = strcspn(s, "-");
	int first = weekday_of(s, n);
	int last = s[n] ? weekday_of(s + n + 1, strlen(s + n + 1)) : first;
	if (first < 0 || last < 0)
		return false;
	for (int day = first;; day = (day + 1) % 7) {
		*days |= 1U << day;
		if (day == last)
			return true;
	}
}

int yj_roster_days(struct yj_roster_reading *r, const json_t *object, unsigned *days)
{
	static const char expected[] = "days such as mon or mon-fri are expected";
	const json_t *list = yj_roster_member(object, "days");
	size_t i;
	const json_t *item;
	*days = list ? 0 : 0x7f;
	if (json_is_string(list) && !add_days(json_string_value(list), days))
		return yj_roster_wrong(
		    r, object, "days", "%s, not \"%.32s\"", expected, json_string_value(list));
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item) || !add_days(json_string_value(item), days))
			return yj_roster_wrong(r, object, "days", "%s, not \"%.32s\"", expected,
			    json_is_string(item) ? json_string_value(item) : "");
	}
	return *days ? 0 : yj_roster_wrong(r, object, "days", "%s", expected);
}
