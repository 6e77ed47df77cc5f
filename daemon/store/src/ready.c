/* ready: home after home, what would not go well. */
#include "ready.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/time.h"
#include "store/bed.h"
#include "store/roster.h"
#include "store/trend.h"

#define WEEK_MS (7LL * 24 * 3600 * 1000)
#define GAPS_MAX 20000
#define PIECE 200 /* homes per look at the database */

struct home {
	struct yj_whose whose;
	char name[YJ_CALLED_MAX + 1];
};

struct walk {
	struct yj_store *s;
	const struct yj_ready_conf *conf;
	struct yj_ready_people people;
	struct yj_ready_policy *policies[YJ_POLICIES_MAX];
	size_t n_policies;
	struct yj_ready_named *named;
	size_t n_named, cap_named;
	json_t *gaps;	  /* what find_gap has found */
	json_t *findings; /* of the piece, told once its look is over */
};

/* ── policies ── */

static int policy_of(struct walk *w, const char *name, const struct yj_ready_policy **out)
{
	for (size_t i = 0; i < w->n_policies; i++) {
		if (strcmp(w->policies[i]->name, name) == 0) {
			*out = w->policies[i];
			return 0;
		}
	}
	struct yj_ready_policy *c = NULL;
	int rc =
	    w->n_policies == YJ_POLICIES_MAX ? YJ_ERR_FULL : yj_ready_policy_new(w->s, name, &c);
	if (rc < 0)
		return rc;
	w->policies[w->n_policies++] = c;
	*out = c;
	return 0;
}

/* ── one home ── */

/* Takes `more`, an object with the members of this kind of finding. */
static int found(
    struct walk *w, const struct home *home, const char *what, const char *detail, json_t *more)
{
	json_t *f = json_pack("{s:o, s:o, s:o, s:s, s:s}", "resident",
	    yj_read_text(home ? home->whose.resident : ""), "resident_name",
	    yj_read_text(home ? home->name : ""), "region",
	    yj_read_text(home ? home->whose.region : ""), "what", what, "detail", detail);
	int bad = !f || !more || json_object_update(f, more) < 0;
	json_decref(more);
	return json_array_append_new(w->findings, f) < 0 || bad ? YJ_ERR_NOMEM : 0;
}

static int read_named(struct walk *w, const char *resident)
{
	sqlite3_stmt *q = yj_db_stmt(w->s,
	    "SELECT c.id, c.role FROM caregiver_residents r JOIN caregivers c ON c.id = r.caregiver"
	    " WHERE r.resident = ?1 AND c.gone_utc_ms IS NULL ORDER BY r.caregiver");
	if (!q)
		return yj_db_err(w->s, w->s->last_sqlite);
	yj_db_bind(q, "t", resident);
	int rc;
	for (w->n_named = 0; (rc = yj_db_step(w->s, q)) == 1; w->n_named++) {
		if (w->n_named == w->cap_named) {
			size_t cap = w->cap_named ? w->cap_named * 2 : 16;
			void *v = realloc(w->named, cap * sizeof *w->named);
			if (!v) {
				sqlite3_reset(q);
				return YJ_ERR_NOMEM;
			}
			w->named = v;
			w->cap_named = cap;
		}
		yj_db_copy(q, 0, w->named[w->n_named].id, sizeof w->named[0].id);
		w->named[w->n_named].role = (enum yj_role)(sqlite3_column_int(q, 1) & 31);
	}
	return rc;
}

static int tell_contacts(
    struct walk *w, const struct home *home, const struct yj_ready_group *group)
{
	char detail[96];
	int rc = 0;
	if (group->n_proved < YJ_READY_CONTACTS) {
		snprintf(detail, sizeof detail, "%zu of %zu people to be called are verified",
		    group->n_proved, group->n);
		rc = found(w, home, "few_contacts", detail,
		    json_pack("{s:I, s:I}", "verified", (json_int_t)group->n_proved, "contacts",
			(json_int_t)group->n));
	}
	size_t n = json_array_size(group->unproved);
	if (rc < 0 || n == 0)
		return rc;
	const char *first =
	    json_string_value(json_object_get(json_array_get(group->unproved, 0), "caregiver"));
	if (n == 1)
		snprintf(detail, sizeof detail, "channels not proved: %.64s", first);
	else
		snprintf(
		    detail, sizeof detail, "channels not proved: %.40s and %zu more", first, n - 1);
	return found(
	    w, home, "not_proved", detail, json_pack("{s:O}", "caregivers", group->unproved));
}

static int tell_uncovered(struct walk *w, const struct home *home,
    const struct yj_ready_policy *policy, const struct yj_ready_plan *plan, int64_t at)
{
	char detail[160], when[32] = "now";
	time_t t = (time_t)(at / 1000);
	struct tm tm;
	if (at != INT64_MAX && localtime_r(&t, &tm)) /* people read the municipality's clock */
		strftime(when, sizeof when, "%a %Y-%m-%d %H:%M", &tm);
	if (at == INT64_MAX)
		snprintf(detail, sizeof detail, "%s by policy %s: nobody is ever called",
		    plan->kind, policy->name);
	else
		snprintf(detail, sizeof detail, "%s by policy %s: nobody on duty from %s",
		    plan->kind, policy->name, when);
	return found(w, home, "uncovered", detail,
	    json_pack("{s:s, s:s, s:o}", "policy", policy->name, "kind", plan->kind, "at",
		yj_read_time(at)));
}

/* When within a week nobody of the plan is on duty. Homes of one region that nobody names have one
 * answer. */
static int find_gap(struct walk *w, const struct home *home, const char *plan_key,
    const struct yj_ready_plan *plan, int64_t *at)
{
	char key[3 * YJ_NAME_MAX + 64];
	bool named = false;
	for (size_t i = 0; i < w->n_named; i++)
		named = named || (plan->roles & (1U << w->named[i].role));
	snprintf(
	    key, sizeof key, "%s/%s/%s", plan_key, home->whose.institution, home->whose.region);
	const json_t *known = named ? NULL : json_object_get(w->gaps, key);
	if (known) {
		*at = json_integer_value(known);
		return 0;
	}
	int64_t now = w->conf->now_utc_ms;
	int rc =
	    yj_duty_uncovered(w->s, &home->whose, plan->to, plan->n_to, now, now + WEEK_MS, at);
	if (rc == 0 && !named && json_object_size(w->gaps) < GAPS_MAX)
		json_object_set_new(w->gaps, key, json_integer(*at));
	return rc;
}

static int check_people(struct walk *w, const struct home *home)
{
	const struct yj_ready_policy *policy = NULL;
	int rc = policy_of(w, home->whose.policy, &policy);
	if (rc == 0)
		rc = read_named(w, home->whose.resident);
	for (size_t i = 0; rc == 0 && i < policy->n_plans; i++) {
		const struct yj_ready_plan *plan = &policy->plans[i];
		struct yj_ready_group group = {0};
		char key[YJ_NAME_MAX + 32];
		snprintf(key, sizeof key, "%s/%zu", policy->name, i);
		rc = yj_ready_group_of(
		    &w->people, key, plan, &home->whose, w->named, w->n_named, &group);
		if (rc == 0 && i == 0) /* of `sos` */
			rc = tell_contacts(w, home, &group);
		int64_t at = INT64_MAX;
		if (rc == 0 && group.n && !group.always)
			rc = find_gap(w, home, key, plan, &at);
		if (rc == 0 && (group.n == 0 || at != INT64_MAX))
			rc = tell_uncovered(w, home, policy, plan, at);
		yj_ready_group_done(&group);
	}
	return rc;
}

/* A test counts for the home in which the device then was. */
static int check_devices(struct walk *w, const struct home *home)
{
	sqlite3_stmt *q = yj_db_stmt(w->s,
	    "SELECT d.id, t.utc_ms FROM device_residents r JOIN devices d ON d.id = r.device"
	    " LEFT JOIN device_tests t ON t.device = d.id AND t.resident IN"
	    "  (SELECT x.resident FROM device_residents x WHERE x.device = d.id)"
	    " WHERE r.resident = ?1 AND d.gone_utc_ms IS NULL AND d.revoked_utc_ms IS NULL"
	    " UNION SELECT d.id, t.utc_ms FROM beds b JOIN devices d ON d.id = b.device"
	    " LEFT JOIN device_tests t ON t.device = d.id AND t.resident = ?1"
	    " WHERE b.occupant = ?1 AND b.gone_utc_ms IS NULL AND d.gone_utc_ms IS NULL"
	    "  AND d.revoked_utc_ms IS NULL ORDER BY 1");
	if (!q)
		return yj_db_err(w->s, w->s->last_sqlite);
	yj_db_bind(q, "t", home->whose.resident);
	json_t *devices = json_array();
	int64_t newest = INT64_MIN;
	int rc;
	while ((rc = yj_db_step(w->s, q)) == 1) {
		json_array_append_new(devices, yj_read_column(q, 0));
		if (sqlite3_column_type(q, 1) != SQLITE_NULL && sqlite3_column_int64(q, 1) > newest)
			newest = sqlite3_column_int64(q, 1);
	}
	if (rc < 0 || newest >= w->conf->now_utc_ms - YJ_READY_MS) {
		json_decref(devices);
		return rc;
	}
	char detail[96], when[YJ_RFC3339_LEN];
	if (newest > INT64_MIN)
		snprintf(detail, sizeof detail, "the last test press came at %s",
		    yj_rfc3339_format(newest, when));
	else
		snprintf(detail, sizeof detail, "%s",
		    json_array_size(devices) ? "no test press has come" : "has no device");
	return found(w, home, "not_tested", detail,
	    json_pack("{s:o, s:o}", "devices", devices, "tested_at",
		newest == INT64_MIN ? json_null() : yj_read_time(newest)));
}

/* A battery that will be empty soon is changed before. */
static int check_batteries(struct walk *w, const struct home *home)
{
	sqlite3_stmt *q = yj_db_stmt(w->s,
	    "SELECT d.id, t.empty_day FROM (SELECT device FROM device_residents WHERE resident = ?1"
	    "  UNION SELECT device FROM beds WHERE occupant = ?1 AND gone_utc_ms IS NULL) r"
	    " JOIN devices d ON d.id = r.device JOIN device_trends t ON t.device = d.id"
	    " WHERE t.empty_day <= ?2 AND d.gone_utc_ms IS NULL AND d.revoked_utc_ms IS NULL"
	    " ORDER BY d.id");
	if (!q)
		return yj_db_err(w->s, w->s->last_sqlite);
	time_t now = (time_t)(w->conf->now_utc_ms / 1000);
	struct tm tm = {0};
	localtime_r(&now, &tm);
	yj_db_bind(q, "ti", home->whose.resident,
	    (int64_t)((now + tm.tm_gmtoff) / 86400 + YJ_FORECAST_NEAR_DAYS));
	int rc, bad = 0;
	while (bad == 0 && (rc = yj_db_step(w->s, q)) == 1) {
		char detail[YJ_NAME_MAX + 64], day[YJ_DAY_LEN];
		yj_day_text(sqlite3_column_int(q, 1), day);
		snprintf(detail, sizeof detail, "%s: battery will be empty on %s", yj_db_text(q, 0),
		    day);
		bad = found(w, home, "battery", detail,
		    json_pack("{s:s, s:s}", "device", yj_db_text(q, 0), "empty_on", day));
	}
	if (bad)
		sqlite3_reset(q);
	return bad ? bad : rc;
}

static bool within(const char *region, const char *prefix)
{
	return strncmp(region, prefix, strlen(prefix)) == 0;
}

static int check_home(struct walk *w, struct home *home, const char *id)
{
	int rc = yj_whose_resident(w->s, id, &home->whose);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	if (!within(home->whose.region, w->conf->region))
		return 0;
	if (w->conf->homes)
		++*w->conf->homes;
	rc = check_people(w, home);
	if (rc == 0)
		rc = check_devices(w, home);
	return rc < 0 ? rc : check_batteries(w, home);
}

/* ── all of them ── */

struct page { /* rows of one statement, read before anything else is asked */
	char (*ids)[YJ_NAME_MAX + 1];
	char (*names)[YJ_CALLED_MAX + 1];
	size_t n;
};

static int homes_after(struct walk *w, const char *after, struct page *page)
{
	sqlite3_stmt *q = yj_db_stmt(w->s,
	    "SELECT id, name FROM residents WHERE id > ?1 AND gone_utc_ms IS NULL"
	    " AND coalesce(status, '') NOT IN ('moved', 'deceased') ORDER BY id LIMIT ?2");
	if (!q)
		return yj_db_err(w->s, w->s->last_sqlite);
	yj_db_bind(q, "ti", after, (int64_t)PIECE);
	int rc;
	for (page->n = 0; (rc = yj_db_step(w->s, q)) == 1; page->n++) {
		yj_db_copy(q, 0, page->ids[page->n], YJ_NAME_MAX + 1);
		yj_db_copy(q, 1, page->names[page->n], YJ_CALLED_MAX + 1);
	}
	return rc;
}

static int tell(struct walk *w, int (*each)(void *ctx, json_t *finding), void *ctx)
{
	size_t i;
	json_t *finding;
	int rc = 0;
	json_array_foreach(w->findings, i, finding)
	{
		if (rc == 0)
			rc = each(ctx, finding);
	}
	json_array_clear(w->findings);
	return rc;
}

static int walk_homes(
    struct walk *w, struct page *page, int (*each)(void *ctx, json_t *finding), void *ctx)
{
	char after[YJ_NAME_MAX + 1] = "";
	int rc = 0;
	do {
		yj_store_look(w->s);
		rc = homes_after(w, after, page);
		for (size_t i = 0; rc == 0 && i < page->n; i++) {
			struct home home;
			memcpy(home.name, page->names[i], sizeof home.name);
			rc = check_home(w, &home, page->ids[i]);
		}
		yj_store_look_done(w->s);
		if (page->n)
			memcpy(after, page->ids[page->n - 1], sizeof after);
		if (rc == 0)
			rc = tell(w, each, ctx);
	} while (rc == 0 && page->n == PIECE);
	return rc;
}

/* Relatives and seats of whom nobody has said whether they go there; with a region, those who serve
 * somebody or somewhere in it. */
static int undecided_after(struct walk *w, char after[YJ_NAME_MAX + 1], size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(w->s,
	    "SELECT c.id, c.role FROM caregivers c WHERE c.gone_utc_ms IS NULL"
	    " AND c.on_site IS NULL AND +c.role IN (?1, ?2) AND c.id > ?4 AND (?3 = ''"
	    "  OR substr(c.region_prefix, 1, length(?3)) = ?3"
	    "  OR (c.region_prefix = substr(?3, 1, length(c.region_prefix))"
	    "      AND (c.region_prefix <> '' OR (c.listed = 0 AND c.institution IS NULL)))"
	    "  OR EXISTS (SELECT 1 FROM institutions i WHERE i.id = c.institution"
	    "      AND substr(i.region, 1, length(?3)) = ?3)"
	    "  OR EXISTS (SELECT 1 FROM caregiver_residents x JOIN residents r ON r.id = x.resident"
	    "      WHERE x.caregiver = c.id AND substr(r.region, 1, length(?3)) = ?3))"
	    " ORDER BY c.id LIMIT ?5");
	if (!q)
		return yj_db_err(w->s, w->s->last_sqlite);
	char from[YJ_NAME_MAX + 1];
	memcpy(from, after, sizeof from);
	yj_db_bind(q, "iitti", (int64_t)YJ_ROLE_FAMILY, (int64_t)YJ_ROLE_OPERATOR, w->conf->region,
	    from, (int64_t)PIECE);
	int rc, bad = 0;
	for (*n = 0; bad == 0 && (rc = yj_db_step(w->s, q)) == 1; ++*n) {
		yj_db_copy(q, 0, after, YJ_NAME_MAX + 1);
		bad = found(w, NULL, "on_site_undecided",
		    "nobody has decided whether they go there (on_site)",
		    json_pack("{s:s, s:s}", "caregiver", after, "role",
			yj_role_name((enum yj_role)sqlite3_column_int(q, 1))));
	}
	if (bad)
		sqlite3_reset(q);
	return bad ? bad : rc;
}

static int walk_undecided(struct walk *w, int (*each)(void *ctx, json_t *finding), void *ctx)
{
	char after[YJ_NAME_MAX + 1] = "";
	size_t n = PIECE;
	int rc = 0;
	while (rc == 0 && n == PIECE) {
		rc = undecided_after(w, after, &n);
		if (rc == 0)
			rc = tell(w, each, ctx);
	}
	return rc;
}

/* Beds in which somebody lies who should not, and residents with two of them. */
static int walk_beds(struct walk *w, int (*each)(void *ctx, json_t *finding), void *ctx)
{
	json_t *wrong = NULL;
	size_t i;
	const json_t *b;
	int rc = yj_read_beds_wrong(w->s, "", w->conf->now_utc_ms, &wrong);
	json_array_foreach(wrong, i, b)
	{
		const char *region = json_string_value(json_object_get(b, "region"));
		if (rc == 0 && within(region ? region : "", w->conf->region))
			rc = json_array_append_new(w->findings, yj_ready_bed(b)) < 0 ? YJ_ERR_NOMEM
										     : 0;
	}
	json_decref(wrong);
	return rc < 0 ? rc : tell(w, each, ctx);
}

int yj_read_ready(struct yj_store *s, const struct yj_ready_conf *conf,
    int (*each)(void *ctx, json_t *finding), void *ctx)
{
	struct walk w = {.s = s, .conf = conf, .people = {.s = s, .conf = conf}};
	struct page page = {calloc(PIECE, sizeof *page.ids), calloc(PIECE, sizeof *page.names), 0};
	w.findings = json_array();
	w.gaps = json_object();
	int rc = page.ids && page.names && w.findings && w.gaps ? 0 : YJ_ERR_NOMEM;
	if (rc == 0)
		rc = walk_homes(&w, &page, each, ctx);
	if (rc == 0)
		rc = walk_undecided(&w, each, ctx);
	if (rc == 0)
		rc = walk_beds(&w, each, ctx);
	for (size_t i = 0; i < w.n_policies; i++)
		yj_ready_policy_free(w.policies[i]);
	yj_ready_people_done(&w.people);
	json_decref(w.findings);
	json_decref(w.gaps);
	free(page.ids);
	free(page.names);
	free(w.named);
	return rc;
}
