#include "duty.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db.h"

#define MINUTE_MS 60000

struct standing { /* of a person whom shifts name */
	char id[YJ_NAME_MAX + 1];
	bool on;
};

struct yj_duty {
	struct yj_roster_doc *docs;
	size_t n_docs;
	struct standing *people; /* sorted, each once */
	size_t n_people;
	int64_t minute; /* of UTC as of which `on` is; with has_minute */
	bool has_minute;
};

int yj_zone_use(const char *zone)
{
	char tz[128];
	snprintf(tz, sizeof tz, "/usr/share/zoneinfo/%s", zone);
	/* the zone of most gateways is simple enough to be known without a tz database */
	if (access(tz, R_OK) < 0 && strcmp(zone, "Asia/Shanghai") == 0)
		snprintf(tz, sizeof tz, "CST-8");
	else
		snprintf(tz, sizeof tz, ":%s", zone);
	if (setenv("TZ", tz, 1) < 0)
		return YJ_ERR_NOMEM;
	tzset();
	return 0;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

struct yj_wall yj_wall_of(int64_t utc_ms)
{
	time_t t = (time_t)floor_div(utc_ms, 1000);
	struct tm tm = {0};
	localtime_r(&t, &tm);
	return (struct yj_wall){
	    yj_day_of(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday),
	    tm.tm_hour * 60 + tm.tm_min};
}

void yj_duty_at(struct yj_store *s, int64_t utc_ms)
{
	s->duty_utc_ms = utc_ms;
}

/* ── what there is ── */

static void drop(struct yj_duty *d)
{
	for (size_t i = 0; i < d->n_docs; i++)
		yj_roster_doc_done(&d->docs[i]);
	free(d->docs);
	free(d->people);
	free(d);
}

void yj_duty_forget(struct yj_store *s)
{
	if (s->duty)
		drop(s->duty);
	s->duty = NULL;
}

void yj_duty_free(struct yj_store *s)
{
	yj_duty_forget(s);
}

/* A body that cannot be read must not keep anybody from help: its people are on duty always. */
static int read_damaged(struct yj_store *s, const char *name, struct yj_roster_doc *doc)
{
	sqlite3_stmt *q = yj_db_stmt(
	    s, "SELECT caregiver FROM roster_people WHERE roster = ?1 ORDER BY caregiver");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", name);
	snprintf(doc->name, sizeof doc->name, "%s", name);
	doc->crews = calloc(1, sizeof *doc->crews);
	doc->overrides = calloc(1, sizeof *doc->overrides);
	if (!doc->crews || !doc->overrides) {
		sqlite3_reset(q);
		return YJ_ERR_NOMEM;
	}
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		if (doc->people.n == YJ_ROSTER_PEOPLE_MAX)
			continue;
		int err = yj_names_add(&doc->people, yj_db_text(q, 0));
		if (err < 0) {
			sqlite3_reset(q);
			return err;
		}
		yj_crew_add(&doc->everybody, doc->people.n - 1);
	}
	doc->crews[0] = doc->everybody;
	doc->overrides[0] = (struct yj_override){INT32_MIN / 2, INT32_MAX / 2, 0, YJ_DAY_MIN, 0};
	doc->roster =
	    (struct yj_roster){.crews = doc->crews, .overrides = doc->overrides, .n_overrides = 1};
	return rc;
}

static int read_doc(
    struct yj_store *s, const char *name, const char *body, struct yj_roster_doc *doc)
{
	char why[YJ_WHY_MAX];
	json_t *json = json_loads(body, 0, NULL);
	int rc = json ? yj_roster_doc_read(NULL, json, doc, why) : YJ_ERR_INVAL;
	json_decref(json);
	return rc == YJ_ERR_INVAL ? read_damaged(s, name, doc) : rc;
}

static int read_docs(struct yj_store *s, struct yj_duty *d)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT name, body FROM rosters ORDER BY name");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		struct yj_roster_doc *docs = realloc(d->docs, (d->n_docs + 1) * sizeof *d->docs);
		int err = docs ? 0 : YJ_ERR_NOMEM;
		if (docs) {
			d->docs = docs;
			docs[d->n_docs] = (struct yj_roster_doc){.name = ""};
			err = read_doc(s, yj_db_text(q, 0), yj_db_text(q, 1), &docs[d->n_docs]);
			d->n_docs++;
		}
		if (err < 0) {
			sqlite3_reset(q);
			return err;
		}
	}
	return rc;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct standing *)a)->id, ((const struct standing *)b)->id);
}

static int gather_people(struct yj_duty *d)
{
	size_t n = 0, kept = 0;
	for (size_t i = 0; i < d->n_docs; i++)
		n += d->docs[i].people.n;
	d->people = calloc(n + 1, sizeof *d->people);
	if (!d->people)
		return YJ_ERR_NOMEM;
	n = 0;
	for (size_t i = 0; i < d->n_docs; i++)
		for (size_t k = 0; k < d->docs[i].people.n; k++)
			if (yj_crew_has(&d->docs[i].bound, k))
				memcpy(d->people[n++].id, d->docs[i].people.v[k],
				    sizeof d->people[0].id);
	qsort(d->people, n, sizeof *d->people, by_id);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || by_id(&d->people[i], &d->people[kept - 1]) != 0)
			d->people[kept++] = d->people[i];
	d->n_people = kept;
	return 0;
}

static struct standing *find(struct yj_duty *d, const char *caregiver)
{
	struct standing key = {.on = false};
	if (d->n_people == 0)
		return NULL;
	snprintf(key.id, sizeof key.id, "%s", caregiver);
	return bsearch(&key, d->people, d->n_people, sizeof *d->people, by_id);
}

/* ── what holds ── */

static struct yj_crew crew_now(const struct yj_store *s, const struct yj_roster_doc *doc)
{
	if (s->duty_utc_ms == YJ_DUTY_UNKNOWN)
		return doc->everybody;
	return yj_roster_on(&doc->roster, yj_wall_of(s->duty_utc_ms));
}

static void work_out(struct yj_store *s, struct yj_duty *d)
{
	for (size_t i = 0; i < d->n_people; i++)
		d->people[i].on = false;
	for (size_t i = 0; i < d->n_docs; i++) {
		const struct yj_roster_doc *doc = &d->docs[i];
		struct yj_crew on = crew_now(s, doc);
		for (size_t k = 0; k < doc->people.n; k++) {
			struct standing *p = yj_crew_has(&on, k) ? find(d, doc->people.v[k]) : NULL;
			if (p)
				p->on = true;
		}
	}
}

int yj_duty_ready(struct yj_store *s)
{
	if (!s->duty) {
		struct yj_duty *d = calloc(1, sizeof *d);
		int rc = d ? read_docs(s, d) : YJ_ERR_NOMEM;
		if (rc == 0)
			rc = gather_people(d);
		if (rc < 0) {
			if (d)
				drop(d);
			return rc;
		}
		s->duty = d;
	}
	struct yj_duty *d = s->duty;
	if (d->n_docs == 0)
		return 0;
	int64_t minute =
	    s->duty_utc_ms == YJ_DUTY_UNKNOWN ? INT64_MIN : floor_div(s->duty_utc_ms, MINUTE_MS);
	if (!d->has_minute || d->minute != minute)
		work_out(s, d);
	d->has_minute = true;
	d->minute = minute;
	return 0;
}

bool yj_duty_is_off(struct yj_store *s, const char *caregiver)
{
	if (s->duty_utc_ms == YJ_DUTY_UNKNOWN)
		return false;
	const struct standing *p = find(s->duty, caregiver);
	return p && !p->on;
}

const struct yj_roster_doc *yj_duty_doc(struct yj_store *s, const char *name)
{
	for (size_t i = 0; i < s->duty->n_docs; i++)
		if (strcmp(s->duty->docs[i].name, name) == 0)
			return &s->duty->docs[i];
	return NULL;
}

int yj_duty_crew(const struct yj_roster_doc *doc, const struct yj_crew *crew, struct yj_names *out)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < doc->people.n; i++)
		if (yj_crew_has(crew, i))
			rc = yj_names_add(out, doc->people.v[i]);
	return rc;
}

int yj_duty_group(struct yj_store *s, const char *name, struct yj_names *out)
{
	const struct yj_roster_doc *doc = yj_duty_doc(s, name);
	if (!doc)
		return 0;
	struct yj_crew on = crew_now(s, doc);
	return yj_duty_crew(doc, &on, out);
}

const struct yj_roster_doc *yj_duty_docs(struct yj_store *s, size_t *n)
{
	*n = s->duty->n_docs;
	return s->duty->docs;
}

int yj_duty_bound(struct yj_store *s, const char *caregiver, bool *bound)
{
	int rc = yj_duty_ready(s);
	if (rc == 0)
		*bound = find(s->duty, caregiver) != NULL;
	return rc;
}
