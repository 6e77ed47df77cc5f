/* Reads and checks a roster. All single values are strings, as a file has them; "#line" tells the
 * line of each, where it came from a file. */
#include "roster_doc.h"

#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "proto/topic.h"
#include "roster_values.h"

#define EVERY_MAX 366 /* days of a turn */

/* ── people ── */

static int check_person(
    struct yj_roster_reading *r, const json_t *object, const char *key, const char *id)
{
	int64_t one;
	if (!yj_name_valid(id))
		return yj_roster_wrong(r, object, key, "\"%.64s\" is no caregiver's id", id);
	if (!r->s)
		return 0;
	int rc = yj_db_int(
	    r->s, &one, "SELECT 1 FROM caregivers WHERE id = ?1 AND gone_utc_ms IS NULL", "t", id);
	return rc == YJ_ERR_NOTFOUND
		   ? yj_roster_wrong(r, object, key, "there is no caregiver %s", id)
		   : rc;
}

static int add_person(struct yj_roster_reading *r, const json_t *object, const char *key,
    const json_t *item, struct yj_crew *crew)
{
	const char *id = json_string_value(item);
	struct yj_roster_doc *d = r->d;
	size_t i = 0;
	if (!id)
		return yj_roster_wrong(r, object, key, "caregivers' ids are expected");
	while (i < d->people.n && strcmp(d->people.v[i], id) != 0)
		i++;
	int rc = 0;
	if (i == d->people.n) {
		rc = check_person(r, object, key, id);
		if (rc == 0 && i == YJ_ROSTER_PEOPLE_MAX)
			rc = yj_roster_wrong(r, object, key, "more than %d people in one group",
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
static int read_crew(struct yj_roster_reading *r, const json_t *object, const char *key,
    const json_t *who, struct yj_crew *crew)
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
static int read_every(struct yj_roster_reading *r, const json_t *rotation, int *days)
{
	const char *s = json_string_value(yj_roster_member(rotation, "every"));
	char *end = NULL;
	long n = s && *s >= '0' && *s <= '9' && strlen(s) < 6 ? strtol(s, &end, 10) : 0;
	long unit = !end || end[0] == '\0' || end[1] ? 0 : *end == 'w' ? 7 : *end == 'd' ? 1 : 0;
	if (n < 1 || unit == 0 || n * unit > EVERY_MAX)
		return yj_roster_wrong(
		    r, rotation, "every", "days or weeks such as 3d or 1w are expected");
	*days = (int)(n * unit);
	return 0;
}

static int read_rotation(
    struct yj_roster_reading *r, const json_t *rotation, struct yj_shift *shift)
{
	static const char *const known[] = {"every", "start", "who", NULL};
	const json_t *turns, *who;
	size_t i;
	int rc = yj_roster_keys(r, rotation, known);
	if (rc == 0)
		rc = read_every(r, rotation, &shift->every_days);
	if (rc == 0)
		rc = yj_roster_date(r, rotation, "start", &shift->start);
	if (rc == 0)
		rc = yj_roster_list(r, rotation, "who", YJ_ROSTER_TURNS_MAX, &turns);
	if (rc == 0 && json_array_size(turns) == 0)
		rc = yj_roster_wrong(
		    r, rotation, "who", "a list with the people of each turn is expected");
	shift->n_turns = rc == 0 ? json_array_size(turns) : 0;
	for (i = 0; rc == 0 && i < shift->n_turns; i++) {
		struct yj_crew crew = {{0}};
		who = json_array_get(turns, i);
		rc = read_crew(r, rotation, "who", who, &crew);
		if (rc == 0 && yj_crew_is_empty(&crew))
			rc = yj_roster_wrong(r, rotation, "who", "turn %zu has nobody", i + 1);
		yj_crew_join(&r->d->bound, &crew);
		if (rc == 0)
			rc = add_crew(r->d, &crew);
	}
	return rc;
}

static int read_who(struct yj_roster_reading *r, const json_t *object, struct yj_shift *shift)
{
	const json_t *who = yj_roster_member(object, "who"),
		     *rotation = yj_roster_member(object, "rotation");
	struct yj_crew crew = {{0}};
	shift->turn = r->d->n_crews;
	shift->n_turns = 1;
	shift->every_days = 1;
	if (!who == !rotation)
		return yj_roster_wrong(r, object, "", "a shift has one of who and rotation");
	if (rotation)
		return read_rotation(r, rotation, shift);
	int rc = read_crew(r, object, "who", who, &crew);
	if (rc == 0 && yj_crew_is_empty(&crew))
		rc = yj_roster_wrong(r, object, "who", "nobody is named");
	yj_crew_join(&r->d->bound, &crew);
	return rc == 0 ? add_crew(r->d, &crew) : rc;
}

static int read_shift(struct yj_roster_reading *r, const json_t *object, struct yj_shift *shift)
{
	static const char *const known[] = {"days", "from", "until", "who", "rotation", NULL};
	int rc = yj_roster_keys(r, object, known);
	if (rc == 0)
		rc = yj_roster_days(r, object, &shift->days);
	if (rc == 0)
		rc = yj_roster_minute(r, object, "from", false, NULL, &shift->from);
	if (rc == 0)
		rc = yj_roster_minute(r, object, "until", true, NULL, &shift->until);
	return rc == 0 ? read_who(r, object, shift) : rc;
}

static int read_shifts(struct yj_roster_reading *r, const json_t *group, const char *key,
    struct yj_shift **out, size_t *n)
{
	const json_t *list;
	int rc = yj_roster_list(r, group, key, YJ_ROSTER_SHIFTS_MAX, &list);
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

static int read_override(struct yj_roster_reading *r, const json_t *object, struct yj_override *o)
{
	static const char *const known[] = {"date", "last", "from", "until", "who", NULL};
	struct yj_crew crew = {{0}};
	int rc = yj_roster_keys(r, object, known);
	if (rc == 0)
		rc = yj_roster_dates(r, object, &o->first, &o->last);
	if (rc == 0)
		rc = yj_roster_minute(r, object, "from", false, "00:00", &o->from);
	if (rc == 0)
		rc = yj_roster_minute(r, object, "until", true, "24:00", &o->until);
	if (rc == 0 && !yj_roster_member(object, "who"))
		rc = yj_roster_wrong(r, object, "who", "people are expected, or [] for nobody");
	if (rc == 0)
		rc = read_crew(r, object, "who", yj_roster_member(object, "who"), &crew);
	o->crew = r->d->n_crews;
	return rc == 0 ? add_crew(r->d, &crew) : rc;
}

static int read_overrides(struct yj_roster_reading *r, const json_t *group)
{
	const json_t *list;
	struct yj_roster_doc *d = r->d;
	int rc = yj_roster_list(r, group, "overrides", YJ_ROSTER_DATES_MAX, &list);
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
    struct yj_roster_reading *r, const json_t *group, const json_t *item, struct yj_holiday *h)
{
	static const char *const known[] = {"date", "last", "name", NULL};
	if (json_is_string(item)) {
		if (!yj_roster_date_parse(json_string_value(item), &h->first))
			return yj_roster_wrong(r, group, "holidays",
			    "a date such as 2026-12-01 is expected, not \"%.32s\"",
			    json_string_value(item));
		h->last = h->first;
		return 0;
	}
	int rc = yj_roster_keys(r, item, known);
	return rc == 0 ? yj_roster_dates(r, item, &h->first, &h->last) : rc;
}

static int read_holidays(struct yj_roster_reading *r, const json_t *group)
{
	const json_t *list;
	struct yj_roster_doc *d = r->d;
	int rc = yj_roster_list(r, group, "holidays", YJ_ROSTER_DATES_MAX, &list);
	if (rc == 0 && json_array_size(list) && !json_object_get(group, "holiday_shifts"))
		rc = yj_roster_wrong(r, group, "holidays",
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
static int read_members(struct yj_roster_reading *r, const json_t *group)
{
	const json_t *list;
	struct yj_crew members = {{0}};
	struct yj_names *people = &r->d->people;
	size_t n = people->n;
	int rc = yj_roster_list(r, group, "members", YJ_ROSTER_PEOPLE_MAX, &list);
	if (rc < 0 || !list)
		return rc;
	rc = read_crew(r, group, "members", list, &members);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!yj_crew_has(&members, i))
			rc = yj_roster_wrong(
			    r, group, "members", "%s is on duty and no member", people->v[i]);
	return rc;
}

static int read_group(struct yj_roster_reading *r, const json_t *group)
{
	static const char *const known[] = {
	    "group", "members", "shifts", "overrides", "holidays", "holiday_shifts", NULL};
	struct yj_roster_doc *d = r->d;
	const char *name = "";
	int rc = yj_roster_keys(r, group, known);
	if (rc == 0)
		rc = yj_roster_text(r, group, "group", "a name", &name);
	if (rc == 0 && !yj_name_valid(name))
		rc = yj_roster_wrong(
		    r, group, "group", "1 to 64 letters, digits, - or _ are expected");
	if (rc == 0)
		snprintf(d->name, sizeof d->name, "%s", name);
	if (rc == 0 && !json_is_array(yj_roster_member(group, "shifts")))
		rc = yj_roster_wrong(r, group, "shifts", "a list is expected");
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
	struct yj_roster_reading r = {s, out, why};
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
