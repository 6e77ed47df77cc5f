/* Which incidents: due, of a resident, of a device; counts. */
#include <string.h>

#include "db.h"
#include "store/incident.h"

static int read_numbers(struct yj_store *s, sqlite3_stmt *q, int64_t *ns, size_t cap, size_t *n)
{
	int rc;
	size_t got = 0;
	while (got < cap && (rc = yj_db_step(s, q)) == 1)
		ns[got++] = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	if (got < cap && rc < 0)
		return rc;
	*n = got;
	return 0;
}

int yj_incident_open_of(
    struct yj_store *s, const char *resident, int64_t *ns, size_t cap, size_t *n)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT n FROM incidents WHERE resident = ?1 AND state < 3 ORDER BY n");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", resident);
	return read_numbers(s, q, ns, cap, n);
}

int yj_incident_next_due(struct yj_store *s, int64_t *due_t)
{
	*due_t = INT64_MAX;
	int rc = yj_db_int(s, due_t,
	    "SELECT due_t FROM incidents WHERE due_t IS NOT NULL ORDER BY due_t LIMIT 1", "");
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_incident_due(struct yj_store *s, int64_t now_t, int64_t *ns, size_t cap, size_t *n)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT n FROM incidents WHERE due_t IS NOT NULL AND due_t <= ?1"
			  " ORDER BY due_t, n LIMIT ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ii", now_t, (int64_t)cap);
	return read_numbers(s, q, ns, cap, n);
}

int yj_incident_of_device(struct yj_store *s, const char *device, int64_t since_utc_ms, int64_t *ns,
    size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT d.incident FROM incident_devices d JOIN incidents i ON i.n = d.incident"
	    " WHERE d.device = ?1 AND (i.state < 3 OR (d.told = ?2 AND i.closed_utc_ms >= ?3"
	    "  AND NOT EXISTS (SELECT 1 FROM incident_devices e JOIN incidents o ON o.n = "
	    "e.incident"
	    "   WHERE e.device = ?1 AND e.incident > d.incident AND o.state < 3)))"
	    " ORDER BY d.incident DESC");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tii", device, (int64_t)YJ_HOME_CLOSED, since_utc_ms);
	return read_numbers(s, q, ns, cap, n);
}

int yj_incident_open_at(struct yj_store *s, const struct yj_whose *whose, const char *device,
    int64_t *ns, size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT n FROM incidents WHERE state < 3 AND resident = ?1"
	    " UNION SELECT i.n FROM device_residents r JOIN incidents i ON i.resident = r.resident"
	    "  AND i.state < 3 WHERE r.device = ?2"
	    " UNION SELECT i.n FROM incident_devices d JOIN incidents i ON i.n = d.incident"
	    "  AND i.state < 3 WHERE d.device = ?2 AND i.resident IS NULL"
	    "  AND (i.institution IS NULL OR i.institution = ?3) ORDER BY 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ttt", whose->resident, device, whose->institution);
	return read_numbers(s, q, ns, cap, n);
}

int yj_incident_newest_call(struct yj_store *s, const char *device, int64_t *n)
{
	return yj_db_int(s, n,
	    "SELECT max(incident) FROM incident_devices WHERE device = ?1 AND calls > 0", "t",
	    device);
}

int yj_incident_of_person(
    struct yj_store *s, const char *caregiver, int64_t *ns, size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT i.n FROM incidents i WHERE i.due_t IS NOT NULL AND (i.answerer = ?1 OR EXISTS"
	    " (SELECT 1 FROM incident_people p WHERE p.incident = i.n AND p.caregiver = ?1"
	    "  AND p.status = 1)) ORDER BY i.n");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", caregiver);
	return read_numbers(s, q, ns, cap, n);
}

int yj_incident_told_of(
    struct yj_store *s, const char *caregiver, int64_t *ns, size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT i.n FROM incidents i WHERE i.state < 3 AND EXISTS (SELECT 1 FROM"
	    " incident_people p WHERE p.incident = i.n AND p.caregiver = ?1) ORDER BY i.n");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", caregiver);
	return read_numbers(s, q, ns, cap, n);
}

int yj_incident_ended_of(
    struct yj_store *s, const char *caregiver, int64_t since_utc_ms, int64_t *n)
{
	return yj_db_int(s, n,
	    "SELECT i.n FROM incidents i WHERE i.n > (SELECT max(n) FROM incidents) - 5000"
	    " AND i.state >= 3 AND i.closed_utc_ms >= ?2 AND EXISTS (SELECT 1 FROM incident_people"
	    " p WHERE p.incident = i.n AND p.caregiver = ?1) ORDER BY i.closed_utc_ms DESC LIMIT 1",
	    "ti", caregiver, since_utc_ms);
}

int yj_incident_counts(struct yj_store *s, int64_t counts[YJ_LEVELS_MAX])
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT level, n FROM open_counts");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	int64_t sum[YJ_LEVELS_MAX];
	memcpy(sum, s->volatile_state.open_delta, sizeof sum);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		int64_t level = sqlite3_column_int64(q, 0);
		if (level >= 0 && level < YJ_LEVELS_MAX)
			sum[level] += sqlite3_column_int64(q, 1);
	}
	if (rc == 0)
		memcpy(counts, sum, sizeof sum);
	return rc;
}
