/* Rosters as they are kept. */
#include "store/roster.h"

#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "duty.h"

/* What is kept of a group: without the lines of the file. */
static void strip_lines(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;
	json_object_del(json, "#line");
	json_object_foreach(json, key, value) strip_lines(value);
	if (json_is_array(json)) {
		json_array_foreach(json, i, value) strip_lines(value);
	}
}

static int put_people(struct yj_store *s, const struct yj_roster_doc *doc)
{
	int rc = yj_db_run(s, "DELETE FROM roster_people WHERE roster = ?1", "t", doc->name);
	for (size_t i = 0; rc == 0 && i < doc->people.n; i++)
		rc = yj_db_run(s, "INSERT INTO roster_people (caregiver, roster) VALUES (?1, ?2)",
		    "tt", doc->people.v[i], doc->name);
	return rc;
}

static int put(struct yj_store *s, const struct yj_roster_doc *doc, const json_t *group,
    int64_t now_utc_ms, const char *by)
{
	json_t *bare = json_deep_copy(group);
	strip_lines(bare);
	char *body = bare ? json_dumps(bare, JSON_COMPACT) : NULL;
	json_decref(bare);
	if (!body)
		return YJ_ERR_NOMEM;
	int rc = yj_db_run(s,
	    "INSERT INTO rosters (name, body, set_utc_ms, set_by) VALUES (?1, ?2, ?3, ?4)"
	    " ON CONFLICT (name) DO UPDATE SET body = ?2, set_utc_ms = ?3, set_by = ?4",
	    "ttit", doc->name, body, now_utc_ms, by);
	free(body);
	return rc == 0 ? put_people(s, doc) : rc;
}

/* Each name once in a file. */
static int check_names(const json_t *groups, char why[YJ_WHY_MAX])
{
	json_t *seen = json_object();
	size_t i;
	const json_t *group;
	int rc = seen ? 0 : YJ_ERR_NOMEM;
	json_array_foreach(groups, i, group)
	{
		const char *name = json_string_value(json_object_get(group, "group"));
		if (rc < 0 || !name)
			continue;
		if (json_object_get(seen, name)) {
			snprintf(why, YJ_WHY_MAX, "group %s is there twice", name);
			rc = YJ_ERR_INVAL;
		} else if (json_object_set_new(seen, name, json_true()) < 0) {
			rc = YJ_ERR_NOMEM;
		}
	}
	json_decref(seen);
	return rc;
}

static int check_room(struct yj_store *s, char why[YJ_WHY_MAX])
{
	int64_t n;
	int rc = yj_db_int(s, &n, "SELECT count(*) FROM rosters", "");
	if (rc < 0 || n <= YJ_ROSTERS_MAX)
		return rc;
	snprintf(why, YJ_WHY_MAX, "more than %d rosters", YJ_ROSTERS_MAX);
	return YJ_ERR_INVAL;
}

int yj_rosters_set(struct yj_store *s, const json_t *groups, bool check_only, int64_t now_utc_ms,
    const char *by, char why[YJ_WHY_MAX])
{
	why[0] = '\0';
	if (json_array_size(groups) == 0) {
		snprintf(why, YJ_WHY_MAX, "there is no group in it");
		return YJ_ERR_INVAL;
	}
	int rc = check_names(groups, why);
	/* all are checked before the first is written */
	for (int write = 0; write <= !check_only && rc == 0; write++) {
		size_t i;
		const json_t *group;
		json_array_foreach(groups, i, group)
		{
			struct yj_roster_doc doc;
			if (rc == 0)
				rc = yj_roster_doc_read(s, group, &doc, why);
			if (rc < 0)
				break;
			if (write)
				rc = put(s, &doc, group, now_utc_ms, by);
			yj_roster_doc_done(&doc);
		}
	}
	if (rc == 0 && !check_only)
		rc = check_room(s, why);
	yj_duty_forget(s);
	return rc;
}

int yj_roster_remove(struct yj_store *s, const char *name, char why[YJ_WHY_MAX])
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT n.name FROM policy_names n JOIN policies p USING "
					"(hash) WHERE instr(p.body, '\"group:' || ?1 || '\"')");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	bool exists;
	int rc = yj_roster_exists(s, name, &exists);
	if (rc < 0 || !exists)
		return rc < 0 ? rc : YJ_ERR_NOTFOUND;
	yj_db_bind(q, "t", name);
	rc = yj_db_step(s, q);
	if (rc == 1) {
		snprintf(why, YJ_WHY_MAX, "group %.64s is named by policy %.64s", name,
		    yj_db_text(q, 0));
		sqlite3_reset(q);
		return YJ_ERR_DENIED;
	}
	if (rc == 0)
		rc = yj_db_run(s, "DELETE FROM roster_people WHERE roster = ?1", "t", name);
	if (rc == 0)
		rc = yj_db_run(s, "DELETE FROM roster_gaps WHERE roster = ?1", "t", name);
	if (rc == 0)
		rc = yj_db_run(s, "DELETE FROM rosters WHERE name = ?1", "t", name);
	yj_duty_forget(s);
	return rc;
}

int yj_roster_names(struct yj_store *s, struct yj_names *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT name FROM rosters ORDER BY name");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	return yj_db_names(s, q, out);
}

int yj_roster_exists(struct yj_store *s, const char *name, bool *exists)
{
	int64_t one;
	int rc = yj_db_int(s, &one, "SELECT 1 FROM rosters WHERE name = ?1", "t", name);
	*exists = rc == 0;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

/* ── gaps that were told ── */

int yj_roster_gap_note(
    struct yj_store *s, const char *name, const struct yj_gap *gap, int64_t now_utc_ms, bool *told)
{
	int64_t from;
	int rc = yj_db_int(s, &from,
	    "SELECT from_utc_ms FROM roster_gaps WHERE roster = ?1 AND from_utc_ms <= ?3"
	    " AND until_utc_ms >= ?2 LIMIT 1",
	    "tii", name, gap->from_utc_ms, gap->until_utc_ms);
	*told = rc == 0;
	if (rc == 0) /* as time goes on its end comes into sight */
		return yj_db_run(s,
		    "UPDATE roster_gaps SET until_utc_ms = max(until_utc_ms, ?3)"
		    " WHERE roster = ?1 AND from_utc_ms = ?2",
		    "tii", name, from, gap->until_utc_ms);
	if (rc != YJ_ERR_NOTFOUND)
		return rc;
	return yj_db_run(s,
	    "INSERT INTO roster_gaps (roster, from_utc_ms, until_utc_ms, told_utc_ms)"
	    " VALUES (?1, ?2, ?3, ?4)",
	    "tiii", name, gap->from_utc_ms, gap->until_utc_ms, now_utc_ms);
}

static bool overlaps(int64_t from, int64_t until, const struct yj_gap *gaps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (gaps[i].from_utc_ms <= until && from <= gaps[i].until_utc_ms)
			return true;
	return false;
}

int yj_roster_gap_forget(struct yj_store *s, const char *name, const struct yj_gap *gaps, size_t n)
{
	for (int64_t after = INT64_MIN;;) {
		sqlite3_stmt *q = yj_db_stmt(s,
		    "SELECT from_utc_ms, until_utc_ms FROM roster_gaps WHERE roster = ?1"
		    " AND from_utc_ms > ?2 ORDER BY from_utc_ms LIMIT 1");
		if (!q)
			return yj_db_err(s, s->last_sqlite);
		yj_db_bind(q, "ti", name, after);
		int rc = yj_db_step(s, q);
		if (rc <= 0)
			return rc;
		after = sqlite3_column_int64(q, 0);
		bool stays = overlaps(after, sqlite3_column_int64(q, 1), gaps, n);
		sqlite3_reset(q);
		if (!stays)
			rc = yj_db_run(s,
			    "DELETE FROM roster_gaps WHERE roster = ?1 AND from_utc_ms = ?2", "ti",
			    name, after);
		if (rc < 0)
			return rc;
	}
}
