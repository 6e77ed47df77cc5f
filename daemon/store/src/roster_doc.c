/* Reads and checks a roster. All single values are strings, as a file has them; "#line" tells the
 * line of each, where it came from a file. */
#include "roster_doc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "proto/topic.h"

#define YEAR_MIN 2000
#define YEAR_MAX 2199
#define EVERY_MAX 366 /* days of a turn */

struct reading {
	struct yj_store *s;
	struct yj_roster_doc *d;
	char *why;
};

/* ── what is wrong, and where ── */

static json_int_t line_of(const json_t *object, const char *key)
{
	const json_t *lines = json_object_get(object, "#line");
	const json_t *line = json_object_get(lines, key);
	return json_integer_value(line ? line : json_object_get(lines, ""));
}

__attribute__((format(printf, 4, 5))) static int wrong(
    struct reading *r, const json_t *object, const char *key, const char *format, ...)
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

static int check_keys(struct reading *r, const json_t *object, const char *const *known)
{
	const char *key;
	json_t *value;
	if (!json_is_object(object))
		return wrong(r, object, "", "a mapping (key: value) is expected");
	json_object_foreach((json_t *)object, key, value)
	{
		size_t i = 0;
		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i] && strcmp(key, "#line") != 0)
			return wrong(r, object, key, "unknown key");
	}
	return 0;
}

/* A member that is set; NULL: it is not. */
static const json_t *member(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_null(value) ? NULL : value;
}

static int text_of(struct reading *r, const json_t *object, const char *key, const char *expected,
    const char **out)
{
	*out = json_string_value(member(object, key));
	return *out ? 0 : wrong(r, object, key, "%s is expected", expected);
}

/* A list, absent as an empty one. */
static int list_of(
    struct reading *r, const json_t *object, const char *key, size_t max, const json_t **out)
{
	*out = member(object, key);
	if (*out && !json_is_array(*out))
		return wrong(r, object, key, "a list is expected");
	if (json_array_size(*out) > max)
		return wrong(r, object, key, "more than %zu entries", max);
	return 0;
}

/* ── single values ── */

static bool digits(const char *s, size_t n)
{
	return strspn(s, "0123456789") >= n;
}

/* HH:MM, 00:00 to 23:59; as an end also 24:00, which 00:00 means there too. */
static int read_minute(struct reading *r, const json_t *object, const char *key, bool end,
    const char *absent, int *out)
{
	const char *s = json_string_value(member(object, key));
	if (!member(object, key) && absent)
		s = absent;
	bool good = s && strlen(s) == 5 && digits(s, 2) && s[2] == ':' && digits(s + 3, 2);
	int minute =
	    good ? ((s[0] - '0') * 10 + s[1] - '0') * 60 + (s[3] - '0') * 10 + s[4] - '0' : 0;
	if (!good || s[3] > '5' || minute > (end ? YJ_DAY_MIN : YJ_DAY_MIN - 1))
		return wrong(
		    r, object, key, "a time from 00:00 to %s is expected", end ? "24:00" : "23:59");
	*out = end && minute == 0 ? YJ_DAY_MIN : minute;
	return 0;
}

static bool parse_date(const char *s, int32_t *out)
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

static int read_date(struct reading *r, const json_t *object, const char *key, int32_t *out)
{
	if (!parse_date(json_string_value(member(object, key)), out))
		return wrong(r, object, key, "a date such as 2026-12-01 is expected");
	return 0;
}

/* date, and last if it is more than one day. */
static int read_dates(struct reading *r, const json_t *object, int32_t *first, int32_t *last)
{
	int rc = read_date(r, object, "date", first);
	*last = *first;
	if (rc == 0 && member(object, "last"))
		rc = read_date(r, object, "last", last);
	if (rc == 0 && *last < *first)
		rc = wrong(r, object, "last", "lies before date");
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

static int read_days(struct reading *r, const json_t *object, unsigned *days)
{
	static const char expected[] = "days such as mon or mon-fri are expected";
	const json_t *list = member(object, "days");
	size_t i;
	const json_t *item;
	*days = list ? 0 : 0x7f;
	if (json_is_string(list) && !add_days(json_string_value(list), days))
		return wrong(
		    r, object, "days", "%s, not \"%.32s\"", expected, json_string_value(list));
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item) || !add_days(json_string_value(item), days))
			return wrong(r, object, "days", "%s, not \"%.32s\"", expected,
			    json_is_string(item) ? json_string_value(item) : "");
	}
	return *days ? 0 : wrong(r, object, "days", "%s", expected);
}

/* ── people ── */

static int check_person(struct reading *r, const json_t *object, const char *key, const char *id)
{
	int64_t one;
	if (!yj_name_valid(id))
		return wrong(r, object, key, "\"%.64s\" is no caregiver's id", id);
	if (!r->s)
		return 0;
	int rc = yj_db_int(
	    r->s, &one, "SELECT 1 FROM caregivers WHERE id = ?1 AND gone_utc_ms IS NULL", "t", id);
	return rc == YJ_ERR_NOTFOUND ? wrong(r, object, key, "there is no caregiver %s", id) : rc;
}

static int add_person(struct reading *r, const json_t *object, const char *key, const json_t *item,
    struct yj_crew *crew)
{
	const char *id = json_string_value(item);
	struct yj_roster_doc *d = r->d;
	size_t i = 0;
	if (!id)
		return wrong(r, object, key, "caregivers' ids are expected");
	while (i < d->people.n && strcmp(d->people.v[i], id) != 0)
		i++;
	int rc = 0;
	if (i == d->people.n) {
		rc = check_person(r, object, key, id);
		if (rc == 0 && i == YJ_ROSTER_PEOPLE_MAX)
			rc = wrong(r, object, key, "more than %d people in one group",
			    YJ_ROSTER_PEOPLE_MAX);
		if (rc == 0)
			rc = yj_names_add(&d->people, id);
	}
	if (rc == 0) {
		yj_crew_add(crew, i);
		yj_crew_add(&d->everybody, i);
	}
	return rc;
}

/* One id, or a list of them. */
static int read_crew(struct reading *r, const json_t *object, const char *key, const json_t *who,
    struct yj_crew *crew)
{
	size_t i;
	const json_t *item;
	int rc = 0;
	if (!json_is_array(who))
		return add_person(r, object, key, who, crew);
	json_array_foreach(who, i, item)
	{
		if (rc == 0)
			rc = add_person(r, object, key, item, crew);
	}
	return rc;
}

static int add_crew(struct yj_roster_doc *d, const struct yj_crew *crew)
{
	if (d->n_crews == d->cap_crews) {
		size_t cap = d->cap_crews ? d->cap_crews * 2 : 16;
		void *v = realloc(d->crews, cap * sizeof *d->crews);
		if (!v)
			return YJ_ERR_NOMEM;
		d->crews = v;
		d->cap_crews = cap;
	}
	d->crews[d->n_crews++] = *crew;
	return 0;
}

/* ── shifts ── */

/* 1w, 2w, 3d */
static int read_every(struct reading *r, const json_t *rotation, int *days)
{
	const char *s = json_string_value(member(rotation, "every"));
	char *end = NULL;
	long n = s && digits(s, 1) && strlen(s) < 6 ? strtol(s, &end, 10) : 0;
	long unit = !end || end[0] == '\0' || end[1] ? 0 : *end == 'w' ? 7 : *end == 'd' ? 1 : 0;
	if (n < 1 || unit == 0 || n * unit > EVERY_MAX)
		return wrong(r, rotation, "every", "days or weeks such as 3d or 1w are expected");
	*days = (int)(n * unit);
	return 0;
}

static int read_rotation(struct reading *r, const json_t *rotation, struct yj_shift *shift)
{
	static const char *const known[] = {"every", "start", "who", NULL};
	const json_t *turns, *who;
	size_t i;
	int rc = check_keys(r, rotation, known);
	if (rc == 0)
		rc = read_every(r, rotation, &shift->every_days);
	if (rc == 0)
		rc = read_date(r, rotation, "start", &shift->start);
	if (rc == 0)
		rc = list_of(r, rotation, "who", YJ_ROSTER_TURNS_MAX, &turns);
	if (rc == 0 && json_array_size(turns) == 0)
		rc = wrong(r, rotation, "who", "a list with the people of each turn is expected");
	shift->n_turns = rc == 0 ? json_array_size(turns) : 0;
	for (i = 0; rc == 0 && i < shift->n_turns; i++) {
		struct yj_crew crew = {{0}};
		who = json_array_get(turns, i);
		rc = read_crew(r, rotation, "who", who, &crew);
		if (rc == 0 && yj_crew_is_empty(&crew))
			rc = wrong(r, rotation, "who", "turn %zu has nobody", i + 1);
		yj_crew_join(&r->d->bound, &crew);
		if (rc == 0)
			rc = add_crew(r->d, &crew);
	}
	return rc;
}

static int read_who(struct reading *r, const json_t *object, struct yj_shift *shift)
{
	const json_t *who = member(object, "who"), *rotation = member(object, "rotation");
	struct yj_crew crew = {{0}};
	shift->turn = r->d->n_crews;
	shift->n_turns = 1;
	shift->every_days = 1;
	if (!who == !rotation)
		return wrong(r, object, "", "a shift has one of who and rotation");
	if (rotation)
		return read_rotation(r, rotation, shift);
	int rc = read_crew(r, object, "who", who, &crew);
	if (rc == 0 && yj_crew_is_empty(&crew))
		rc = wrong(r, object, "who", "nobody is named");
	yj_crew_join(&r->d->bound, &crew);
	return rc == 0 ? add_crew(r->d, &crew) : rc;
}

static int read_shift(struct reading *r, const json_t *object, struct yj_shift *shift)
{
	static const char *const known[] = {"days", "from", "until", "who", "rotation", NULL};
	int rc = check_keys(r, object, known);
	if (rc == 0)
		rc = read_days(r, object, &shift->days);
	if (rc == 0)
		rc = read_minute(r, object, "from", false, NULL, &shift->from);
	if (rc == 0)
		rc = read_minute(r, object, "until", true, NULL, &shift->until);
	return rc == 0 ? read_who(r, object, shift) : rc;
}

static int read_shifts(
    struct reading *r, const json_t *group, const char *key, struct yj_shift **out, size_t *n)
{
	const json_t *list;
	int rc = list_of(r, group, key, YJ_ROSTER_SHIFTS_MAX, &list);
	if (rc < 0)
		return rc;
	*n = json_array_size(list);
	*out = calloc(*n + 1, sizeof **out);
	if (!*out)
		return YJ_ERR_NOMEM;
	for (size_t i = 0; rc == 0 && i < *n; i++)
		rc = read_shift(r, json_array_get(list, i), &(*out)[i]);
	return rc;
}

/* ── dates ── */

static int read_override(struct reading *r, const json_t *object, struct yj_override *o)
{
	static const char *const known[] = {"date", "last", "from", "until", "who", NULL};
	struct yj_crew crew = {{0}};
	int rc = check_keys(r, object, known);
	if (rc == 0)
		rc = read_dates(r, object, &o->first, &o->last);
	if (rc == 0)
		rc = read_minute(r, object, "from", false, "00:00", &o->from);
	if (rc == 0)
		rc = read_minute(r, object, "until", true, "24:00", &o->until);
	if (rc == 0 && !member(object, "who"))
		rc = wrong(r, object, "who", "people are expected, or [] for nobody");
	if (rc == 0)
		rc = read_crew(r, object, "who", member(object, "who"), &crew);
	o->crew = r->d->n_crews;
	return rc == 0 ? add_crew(r->d, &crew) : rc;
}

static int read_overrides(struct reading *r, const json_t *group)
{
	const json_t *list;
	struct yj_roster_doc *d = r->d;
	int rc = list_of(r, group, "overrides", YJ_ROSTER_DATES_MAX, &list);
	if (rc < 0)
		return rc;
	d->roster.n_overrides = json_array_size(list);
	d->overrides = calloc(d->roster.n_overrides + 1, sizeof *d->overrides);
	if (!d->overrides)
		return YJ_ERR_NOMEM;
	for (size_t i = 0; rc == 0 && i < d->roster.n_overrides; i++)
		rc = read_override(r, json_array_get(list, i), &d->overrides[i]);
	return rc;
}

/* A date, or {date, last, name}. */
static int read_holiday(
    struct reading *r, const json_t *group, const json_t *item, struct yj_holiday *h)
{
	static const char *const known[] = {"date", "last", "name", NULL};
	if (json_is_string(item)) {
		if (!parse_date(json_string_value(item), &h->first))
			return wrong(r, group, "holidays",
			    "a date such as 2026-12-01 is expected, not \"%.32s\"",
			    json_string_value(item));
		h->last = h->first;
		return 0;
	}
	int rc = check_keys(r, item, known);
	return rc == 0 ? read_dates(r, item, &h->first, &h->last) : rc;
}

static int read_holidays(struct reading *r, const json_t *group)
{
	const json_t *list;
	struct yj_roster_doc *d = r->d;
	int rc = list_of(r, group, "holidays", YJ_ROSTER_DATES_MAX, &list);
	if (rc == 0 && json_array_size(list) && !json_object_get(group, "holiday_shifts"))
		rc = wrong(r, group, "holidays",
		    "without holiday_shifts ([] if nobody is to be on duty on them)");
	if (rc < 0)
		return rc;
	d->roster.n_holidays = json_array_size(list);
	d->holidays = calloc(d->roster.n_holidays + 1, sizeof *d->holidays);
	if (!d->holidays)
		return YJ_ERR_NOMEM;
	for (size_t i = 0; rc == 0 && i < d->roster.n_holidays; i++)
		rc = read_holiday(r, group, json_array_get(list, i), &d->holidays[i]);
	return rc;
}

/* ── the whole ── */

/* Whoever is on duty must be one of the members, if these are listed. */
static int read_members(struct reading *r, const json_t *group)
{
	const json_t *list;
	struct yj_crew members = {{0}};
	struct yj_names *people = &r->d->people;
	size_t n = people->n;
	int rc = list_of(r, group, "members", YJ_ROSTER_PEOPLE_MAX, &list);
	if (rc < 0 || !list)
		return rc;
	rc = read_crew(r, group, "members", list, &members);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!yj_crew_has(&members, i))
			rc =
			    wrong(r, group, "members", "%s is on duty and no member", people->v[i]);
	return rc;
}

static int read_group(struct reading *r, const json_t *group)
{
	static const char *const known[] = {
	    "group", "members", "shifts", "overrides", "holidays", "holiday_shifts", NULL};
	struct yj_roster_doc *d = r->d;
	const char *name = "";
	int rc = check_keys(r, group, known);
	if (rc == 0)
		rc = text_of(r, group, "group", "a name", &name);
	if (rc == 0 && !yj_name_valid(name))
		rc = wrong(r, group, "group", "1 to 64 letters, digits, - or _ are expected");
	if (rc == 0)
		snprintf(d->name, sizeof d->name, "%s", name);
	if (rc == 0 && !json_is_array(member(group, "shifts")))
		rc = wrong(r, group, "shifts", "a list is expected");
	if (rc == 0)
		rc = read_shifts(r, group, "shifts", &d->shifts, &d->roster.n_shifts);
	if (rc == 0)
		rc = read_shifts(
		    r, group, "holiday_shifts", &d->holiday_shifts, &d->roster.n_holiday_shifts);
	if (rc == 0)
		rc = read_overrides(r, group);
	if (rc == 0)
		rc = read_holidays(r, group);
	if (rc == 0)
		rc = read_members(r, group);
	d->roster.crews = d->crews;
	d->roster.shifts = d->shifts;
	d->roster.holiday_shifts = d->holiday_shifts;
	d->roster.overrides = d->overrides;
	d->roster.holidays = d->holidays;
	return rc;
}

int yj_roster_doc_read(
    struct yj_store *s, const json_t *group, struct yj_roster_doc *out, char why[YJ_WHY_MAX])
{
	struct reading r = {s, out, why};
	*out = (struct yj_roster_doc){.name = ""};
	int rc = read_group(&r, group);
	if (rc < 0)
		yj_roster_doc_done(out);
	return rc;
}

void yj_roster_doc_done(struct yj_roster_doc *d)
{
	yj_names_done(&d->people);
	free(d->crews);
	free(d->shifts);
	free(d->holiday_shifts);
	free(d->overrides);
	free(d->holidays);
	*d = (struct yj_roster_doc){.name = ""};
}
