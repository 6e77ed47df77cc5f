/* Rounds: what was told, and extra rounds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "round.h"

int yj_round_told(
    struct yj_store *s, const char *resident, const char *key, int32_t *due_day, bool *missed)
{
	*due_day = INT32_MIN;
	*missed = false;
	sqlite3_stmt *q = yj_db_stmt(
	    s, "SELECT due_day, missed FROM round_told WHERE resident = ?1 AND list = ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tt", resident, key);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc;
	*due_day = sqlite3_column_int(q, 0);
	*missed = sqlite3_column_int(q, 1) != 0;
	sqlite3_reset(q);
	return 0;
}

int yj_round_told_set(
    struct yj_store *s, const char *resident, const char *key, int32_t due_day, bool missed)
{
	return yj_db_run(s,
	    "INSERT INTO round_told (resident, list, due_day, missed) VALUES (?1, ?2, ?3, ?4)"
	    " ON CONFLICT (resident, list) DO UPDATE SET due_day = ?3, missed = ?4",
	    "ttii", resident, key, (int64_t)due_day, (int64_t)missed);
}

int yj_round_person_told(struct yj_store *s, const char *caregiver, const char *run, bool *told)
{
	int64_t found = 0;
	int rc = yj_db_int(s, &found,
	    "SELECT 1 FROM round_people WHERE caregiver = ?1 AND run = ?2", "tt", caregiver, run);
	*told = rc == 0;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_round_person_set(struct yj_store *s, const char *caregiver, const char *run)
{
	return yj_db_run(s,
	    "INSERT INTO round_people (caregiver, run) VALUES (?1, ?2)"
	    " ON CONFLICT (caregiver) DO UPDATE SET run = ?2",
	    "tt", caregiver, run);
}

int yj_round_people_forget(struct yj_store *s)
{
	return yj_db_run(s, "DELETE FROM round_people", "");
}

/* ── extra rounds ── */

static void name_extra(const struct yj_store *s, struct yj_round_extra *e)
{
	snprintf(e->id, sizeof e->id, "%s-r%" PRId64, s->gateway, e->n);
}

int yj_round_extra_parse(const struct yj_store *s, const char *id, int64_t *n)
{
	return yj_db_number_of(s, id, "-r", n);
}

int yj_round_extra_add(struct yj_store *s, struct yj_round_extra *e)
{
	int rc = yj_db_run(s,
	    "INSERT INTO round_extras (region_prefix, region, reason, assignee, by_caregiver,"
	    " author, began_utc_ms, until_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	    "ttttttii", e->prefix, e->region, e->reason, e->assignee, e->by[0] ? e->by : NULL,
	    e->author, e->began_utc_ms, e->until_utc_ms);
	if (rc == 0) {
		e->n = sqlite3_last_insert_rowid(s->db);
		name_extra(s, e);
	}
	return rc;
}

#define EXTRA                                                                                      \
	"SELECT n, region_prefix, region, reason, assignee, by_caregiver, author, began_utc_ms,"   \
	" until_utc_ms, told FROM round_extras WHERE ended_utc_ms IS NULL"

static void read_extra(const struct yj_store *s, sqlite3_stmt *q, struct yj_round_extra *e)
{
	memset(e, 0, sizeof *e);
	e->n = sqlite3_column_int64(q, 0);
	yj_db_copy(q, 1, e->prefix, sizeof e->prefix);
	yj_db_copy(q, 2, e->region, sizeof e->region);
	yj_db_copy(q, 3, e->reason, sizeof e->reason);
	yj_db_copy(q, 4, e->assignee, sizeof e->assignee);
	yj_db_copy(q, 5, e->by, sizeof e->by);
	yj_db_copy(q, 6, e->author, sizeof e->author);
	e->began_utc_ms = sqlite3_column_int64(q, 7);
	e->until_utc_ms = sqlite3_column_int64(q, 8);
	e->told = sqlite3_column_int(q, 9) != 0;
	name_extra(s, e);
}

int yj_round_extras(struct yj_store *s, struct yj_round_extra **out, size_t *n)
{
	struct yj_round_extra *v = NULL;
	size_t got = 0, cap = 0;
	sqlite3_stmt *q = yj_db_stmt(s, EXTRA " ORDER BY n");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		if (got == cap) {
			cap = cap ? cap * 2 : 4;
			void *grown = realloc(v, cap * sizeof *v);
			if (!grown) {
				sqlite3_reset(q);
				free(v);
				return YJ_ERR_NOMEM;
			}
			v = grown;
		}
		read_extra(s, q, &v[got++]);
	}
	if (rc < 0) {
		free(v);
		return rc;
	}
	*out = v;
	*n = got;
	return 0;
}

int yj_round_extra_next(struct yj_store *s, int64_t now_utc_ms, struct yj_round_extra *out)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, EXTRA " AND (told = 0 OR until_utc_ms <= ?1) ORDER BY told, n LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", now_utc_ms);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	read_extra(s, q, out);
	sqlite3_reset(q);
	return 0;
}

int yj_round_extra_told(struct yj_store *s, int64_t n)
{
	return yj_db_run(s, "UPDATE round_extras SET told = 1 WHERE n = ?1", "i", n);
}

int yj_round_extra_end(struct yj_store *s, int64_t n, int64_t now_utc_ms)
{
	int rc = yj_db_run(s,
	    "UPDATE round_extras SET ended_utc_ms = ?2 WHERE n = ?1 AND ended_utc_ms IS NULL", "ii",
	    n, now_utc_ms);
	return rc == 0 && sqlite3_changes(s->db) == 0 ? YJ_ERR_NOTFOUND : rc;
}
