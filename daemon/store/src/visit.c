/* Visits as they stand in the database. */
#include "store/visit.h"

#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "store/incident.h"

#define COLUMNS                                                                                    \
	"n, id, state, reason, mode, asked_mode, there, heard, tries, began_t, ring_t, due_t,"     \
	" resident, caregiver, device, region, incident, raised, auto_answer, started_utc_ms,"     \
	" retry_utc_ms, answered_utc_ms, ended_utc_ms, version, result FROM visits"

static void read_row(sqlite3_stmt *q, struct yj_visit_row *v)
{
	memset(v, 0, sizeof *v);
	v->n = sqlite3_column_int64(q, 0);
	yj_db_copy(q, 1, v->id, sizeof v->id);
	v->phase = sqlite3_column_int(q, 2);
	v->reason = sqlite3_column_int(q, 3);
	v->mode = (enum yj_visit_mode)sqlite3_column_int(q, 4);
	v->asked_mode = (enum yj_visit_mode)sqlite3_column_int(q, 5);
	v->there = sqlite3_column_int(q, 6) != 0;
	v->heard = sqlite3_column_int(q, 7) != 0;
	v->tries = (uint32_t)sqlite3_column_int64(q, 8);
	v->began_t = sqlite3_column_int64(q, 9);
	v->ring_t = sqlite3_column_int64(q, 10);
	v->due_t = yj_db_time(q, 11);
	yj_db_copy(q, 12, v->resident, sizeof v->resident);
	yj_db_copy(q, 13, v->caregiver, sizeof v->caregiver);
	yj_db_copy(q, 14, v->device, sizeof v->device);
	yj_db_copy(q, 15, v->region, sizeof v->region);
	v->incident = sqlite3_column_int64(q, 16);
	v->raised = sqlite3_column_int64(q, 17);
	v->auto_answer = (unsigned)sqlite3_column_int(q, 18);
	v->started_utc_ms = sqlite3_column_int64(q, 19);
	v->retry_utc_ms = yj_db_time(q, 20);
	v->answered_utc_ms = yj_db_time(q, 21);
	v->ended_utc_ms = yj_db_time(q, 22);
	v->version = sqlite3_column_int64(q, 23);
	yj_db_copy(q, 24, v->result, sizeof v->result);
}

/* One row of a statement that is bound already. */
static int one(struct yj_store *s, sqlite3_stmt *q, struct yj_visit_row *out)
{
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	read_row(q, out);
	sqlite3_reset(q);
	return 0;
}

static int insert(struct yj_store *s, struct yj_visit_row *v, const char *offer, const char *answer)
{
	int rc = yj_db_run(s,
	    "INSERT INTO visits (id, state, reason, mode, asked_mode, there, heard, tries, began_t,"
	    " ring_t, due_t, resident, caregiver, device, region, incident, raised, auto_answer,"
	    " started_utc_ms, retry_utc_ms, answered_utc_ms, ended_utc_ms, version, result, offer,"
	    " answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
	    " nullif(?16, 0), nullif(?17, 0), ?18, ?19, ?20, ?21, ?22, ?23, nullif(?24, ''), ?25,"
	    " ?26)",
	    "tiiiiiiiiiIttttiiiiIIIittt", v->id, (int64_t)v->phase, (int64_t)v->reason,
	    (int64_t)v->mode, (int64_t)v->asked_mode, (int64_t)v->there, (int64_t)v->heard,
	    (int64_t)v->tries, v->began_t, v->ring_t, v->due_t, v->resident, v->caregiver,
	    v->device, v->region, v->incident, v->raised, (int64_t)v->auto_answer,
	    v->started_utc_ms, v->retry_utc_ms, v->answered_utc_ms, v->ended_utc_ms, v->version,
	    v->result, offer, answer);
	if (rc == 0)
		v->n = sqlite3_last_insert_rowid(s->db);
	return rc;
}

int yj_visit_save(struct yj_store *s, struct yj_visit_row *v, const char *offer, const char *answer)
{
	v->version++;
	if (v->n == 0)
		return insert(s, v, offer, answer);
	return yj_db_run(s,
	    "UPDATE visits SET state = ?2, reason = ?3, mode = ?4, there = ?5, heard = ?6,"
	    " tries = ?7, ring_t = ?8, due_t = ?9, raised = nullif(?10, 0), auto_answer = ?11,"
	    " retry_utc_ms = ?12, answered_utc_ms = ?13, ended_utc_ms = ?14, version = ?15,"
	    " result = nullif(?16, ''), device = ?19,"
	    " offer = CASE WHEN ?14 IS NULL THEN coalesce(?17, offer) END,"
	    " answer = CASE WHEN ?14 IS NULL THEN coalesce(?18, answer) END WHERE n = ?1",
	    "iiiiiiiiIiiIIIitttt", v->n, (int64_t)v->phase, (int64_t)v->reason, (int64_t)v->mode,
	    (int64_t)v->there, (int64_t)v->heard, (int64_t)v->tries, v->ring_t, v->due_t, v->raised,
	    (int64_t)v->auto_answer, v->retry_utc_ms, v->answered_utc_ms, v->ended_utc_ms,
	    v->version, v->result, offer, answer, v->device);
}

int yj_visit_count_since(
    struct yj_store *s, const char *caregiver, int64_t since_utc_ms, int64_t *n)
{
	return yj_db_int(s, n,
	    "SELECT count(*) FROM (SELECT caregiver, started_utc_ms FROM visits"
	    " ORDER BY n DESC LIMIT 50) WHERE caregiver = ?1 AND started_utc_ms > ?2",
	    "ti", caregiver, since_utc_ms);
}

int yj_visit_result_set(struct yj_store *s, int64_t n, const char *result)
{
	return yj_db_run(s, "UPDATE visits SET result = ?2 WHERE n = ?1", "it", n, result);
}

int yj_visit_load(struct yj_store *s, int64_t n, struct yj_visit_row *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT " COLUMNS " WHERE n = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	return one(s, q, out);
}

int yj_visit_find(struct yj_store *s, const char *id, struct yj_visit_row *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT " COLUMNS " WHERE id = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", id);
	return one(s, q, out);
}

int yj_visit_at(struct yj_store *s, const char *device, struct yj_visit_row *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT " COLUMNS " WHERE device = ?1 AND state <= 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", device);
	return one(s, q, out);
}

int yj_visit_with(struct yj_store *s, const char *resident, struct yj_visit_row *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT " COLUMNS " WHERE resident = ?1 AND state <= 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", resident);
	return one(s, q, out);
}

int yj_visit_due(struct yj_store *s, int64_t now_t, struct yj_visit_row *out)
{
	sqlite3_stmt *q = yj_db_stmt(
	    s, "SELECT " COLUMNS " WHERE due_t IS NOT NULL AND due_t <= ?1 ORDER BY due_t LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", now_t);
	return one(s, q, out);
}

int yj_visit_next(
    struct yj_store *s, const char *resident, int64_t after_n, struct yj_visit_row *out)
{
	/* by the index of the few that are not over, whatever the planner thinks of an order by n
	 */
	sqlite3_stmt *q =
	    resident[0] ? yj_db_stmt(s, "SELECT " COLUMNS " INDEXED BY visits_going"
					" WHERE due_t IS NOT NULL AND n > ?1 AND resident = ?2"
					" ORDER BY n LIMIT 1")
			: yj_db_stmt(s, "SELECT " COLUMNS " INDEXED BY visits_going"
					" WHERE due_t IS NOT NULL AND n > ?1 ORDER BY n LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, resident[0] ? "it" : "i", after_n, resident);
	return one(s, q, out);
}

static char *copy_column(sqlite3_stmt *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q, column);
	return text ? strdup(text) : NULL;
}

int yj_visit_signals(struct yj_store *s, int64_t n, char **offer, char **answer)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT offer, answer FROM visits WHERE n = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	*offer = copy_column(q, 0);
	*answer = copy_column(q, 1);
	sqlite3_reset(q);
	return 0;
}

int yj_visit_terminal(struct yj_store *s, const char *resident, const char *before,
    char device[YJ_NAME_MAX + 1], bool *online)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT d.id, coalesce(t.online, 0) FROM devices d"
	    " LEFT JOIN device_status t ON t.device = d.id"
	    " LEFT JOIN beds b ON b.device = d.id AND b.occupant = ?1 AND b.gone_utc_ms IS NULL"
	    " WHERE d.kind = ?2 AND d.gone_utc_ms IS NULL AND d.revoked_utc_ms IS NULL"
	    " AND (b.id IS NOT NULL OR EXISTS (SELECT 1 FROM device_residents r"
	    "  WHERE r.device = d.id AND r.resident = ?1))"
	    " ORDER BY d.id = ?3 DESC, coalesce(t.online, 0) DESC, b.id IS NULL, t.seen_utc_ms "
	    "DESC, d.id"
	    " LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tit", resident, (int64_t)YJ_DEVICE_TERMINAL, before);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(q, 0, device, YJ_NAME_MAX + 1);
	if (online)
		*online = sqlite3_column_int(q, 1) != 0;
	sqlite3_reset(q);
	return 0;
}

int yj_visit_candidates(struct yj_store *s, const char *caregiver, size_t cap, struct yj_names *out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT DISTINCT r.id FROM caregivers c, residents r"
	    " WHERE c.id = ?1 AND r.gone_utc_ms IS NULL"
	    " AND (EXISTS (SELECT 1 FROM caregiver_residents l"
	    "   WHERE l.caregiver = c.id AND l.resident = r.id)"
	    "  OR (c.role NOT IN (?2, ?3) AND c.listed = 0"
	    "   AND c.region_prefix = substr(r.region, 1, length(c.region_prefix)))"
	    "  OR (c.institution IS NOT NULL AND EXISTS (SELECT 1 FROM beds b"
	    "   WHERE b.occupant = r.id AND b.institution = c.institution"
	    "   AND b.gone_utc_ms IS NULL)))"
	    " AND (EXISTS (SELECT 1 FROM device_residents y JOIN devices d ON d.id = y.device"
	    "   WHERE y.resident = r.id AND d.kind = ?4 AND d.gone_utc_ms IS NULL)"
	    "  OR EXISTS (SELECT 1 FROM beds b JOIN devices d ON d.id = b.device"
	    "   WHERE b.occupant = r.id AND d.kind = ?4 AND b.gone_utc_ms IS NULL))"
	    " ORDER BY r.id LIMIT ?5");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tiiii", caregiver, (int64_t)YJ_ROLE_FAMILY, (int64_t)YJ_ROLE_NEIGHBOR,
	    (int64_t)YJ_DEVICE_TERMINAL, (int64_t)cap);
	return yj_db_names(s, q, out);
}
