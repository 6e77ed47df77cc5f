/* Rosters for people and programs: who is on duty when, and when nobody is. */
#include <stdlib.h>
#include <string.h>

#include "read.h"
#include "store/roster.h"

#define AHEAD_MS (14LL * 86400000)
#define GAPS_MAX 200

static json_t *names_json(const struct yj_names *names)
{
	json_t *list = json_array();
	for (size_t i = 0; i < names->n; i++)
		json_array_append_new(list, json_string(names->v[i]));
	return list;
}

static int keep_first(void *ctx, int64_t from, int64_t until, const struct yj_names *on)
{
	(void)from;
	(void)until;
	*(json_t **)ctx = names_json(on);
	return 0;
}

static int add_on_duty(struct yj_store *s, const char *name, int64_t now, json_t *out)
{
	json_t *on = NULL;
	int rc = yj_roster_spans(s, name, now, now + 1, keep_first, &on);
	return rc < 0 ? rc : json_object_set_new(out, "on_duty", on) < 0 ? YJ_ERR_NOMEM : 0;
}

static int add_gaps(struct yj_store *s, const char *name, int64_t now, json_t *out, bool all)
{
	struct yj_gap *gaps = calloc(GAPS_MAX, sizeof *gaps);
	json_t *list = json_array();
	size_t n = 0;
	int rc =
	    gaps ? yj_roster_gaps(s, name, now, now + AHEAD_MS, gaps, GAPS_MAX, &n) : YJ_ERR_NOMEM;
	for (size_t i = 0; rc == 0 && all && i < n; i++)
		json_array_append_new(
		    list, json_pack("{s:o, s:o}", "from", yj_read_time(gaps[i].from_utc_ms),
			      "until", yj_read_time(gaps[i].until_utc_ms)));
	if (rc == 0 && all)
		json_object_set(out, "gaps", list);
	else if (rc == 0)
		json_object_set_new(
		    out, "next_gap", yj_read_time(n ? gaps[0].from_utc_ms : INT64_MAX));
	json_decref(list);
	free(gaps);
	return rc;
}

static json_t *first_text(sqlite3_stmt *q)
{
	return yj_read_column(q, 0);
}

/* The policies that name the group. */
static int add_policies(struct yj_store *s, const char *name, json_t *out)
{
	json_t *list = NULL;
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT n.name FROM policy_names n JOIN policies p USING (hash) WHERE "
			  "instr(p.body, '\"group:' || ?1 || '\"') ORDER BY n.name");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", name);
	int rc = yj_read_list(s, q, first_text, &list);
	return rc < 0 ? rc : json_object_set_new(out, "policies", list) < 0 ? YJ_ERR_NOMEM : 0;
}

static json_t *person(sqlite3_stmt *q)
{
	return json_pack(
	    "{s:o, s:o}", "caregiver", yj_read_column(q, 0), "name", yj_read_column(q, 1));
}

static int add_people(struct yj_store *s, const char *name, json_t *out)
{
	json_t *list = NULL;
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT p.caregiver, c.name FROM roster_people p LEFT JOIN caregivers c"
			  " ON c.id = p.caregiver WHERE p.roster = ?1 ORDER BY p.caregiver");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", name);
	int rc = yj_read_list(s, q, person, &list);
	return rc < 0 ? rc : json_object_set_new(out, "people", list) < 0 ? YJ_ERR_NOMEM : 0;
}

/* How it was set; with the body itself if it is asked for. */
static int add_set(struct yj_store *s, const char *name, bool body, json_t *out)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT set_utc_ms, set_by, body FROM rosters WHERE name = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", name);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	json_object_set_new(out, "set_at", yj_read_time(yj_db_time(q, 0)));
	json_object_set_new(out, "set_by", yj_read_column(q, 1));
	if (body)
		json_object_set_new(out, "roster", json_loads(yj_db_text(q, 2), 0, NULL));
	sqlite3_reset(q);
	return 0;
}

static int add_span(void *ctx, int64_t from, int64_t until, const struct yj_names *on)
{
	json_t *span = json_pack("{s:o, s:o, s:o}", "from", yj_read_time(from), "until",
	    yj_read_time(until), "who", names_json(on));
	return json_array_append_new(ctx, span) < 0 ? YJ_ERR_NOMEM : 0;
}

int yj_read_zone(struct yj_store *s, char *buf, size_t cap)
{
	int rc = yj_store_meta_get(s, "timezone", buf, cap);
	if (rc == YJ_ERR_NOTFOUND)
		buf[0] = '\0';
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_read_roster(
    struct yj_store *s, const char *name, int64_t now, int64_t from, int64_t until, json_t **out)
{
	char zone[128];
	json_t *spans = json_array(), *one = json_object();
	int rc = yj_read_zone(s, zone, sizeof zone);
	json_object_set_new(one, "group", yj_read_text(name));
	if (rc == 0)
		json_object_set_new(one, "zone", yj_read_text(zone));
	if (rc == 0)
		rc = add_people(s, name, one);
	if (rc == 0)
		rc = add_on_duty(s, name, now, one);
	if (rc == 0)
		rc = yj_roster_spans(s, name, from, until, add_span, spans);
	json_object_set_new(one, "from", yj_read_time(from));
	json_object_set_new(one, "until", yj_read_time(until));
	json_object_set_new(one, "spans", spans);
	if (rc == 0)
		rc = add_gaps(s, name, now, one, true);
	if (rc == 0)
		rc = add_policies(s, name, one);
	if (rc == 0)
		rc = add_set(s, name, true, one);
	if (rc < 0) {
		json_decref(one);
		return rc;
	}
	*out = one;
	return 0;
}

static int list_one(struct yj_store *s, const char *name, int64_t now, json_t *one)
{
	json_t *people;
	json_object_set_new(one, "group", yj_read_text(name));
	int rc = add_people(s, name, one);
	if (rc < 0)
		return rc;
	people = json_integer((json_int_t)json_array_size(json_object_get(one, "people")));
	json_object_set_new(one, "people", people);
	rc = add_on_duty(s, name, now, one);
	if (rc == 0)
		rc = add_gaps(s, name, now, one, false);
	if (rc == 0)
		rc = add_policies(s, name, one);
	return rc == 0 ? add_set(s, name, false, one) : rc;
}

int yj_read_rosters(struct yj_store *s, int64_t now, json_t **out)
{
	struct yj_names names = {0};
	json_t *list = json_array();
	int rc = yj_roster_names(s, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		json_t *one = json_object();
		rc = list_one(s, names.v[i], now, one);
		if (json_array_append_new(list, one) < 0 && rc == 0)
			rc = YJ_ERR_NOMEM;
	}
	yj_names_done(&names);
	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	*out = list;
	return 0;
}
