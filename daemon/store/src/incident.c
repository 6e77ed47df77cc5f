/* One incident: load, insert, update; its devices; the counts of open ones. */
#include "store/incident.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "incident_counts.h"

#define COLUMNS                                                                                    \
	"n, subject, kind, state, due_t, level, round, outstanding, flags, level_due_t,"           \
	" arrive_due_t, remind_due_t, resolve_due_t, rejoin_due_t, joined_due_t, acked_t,"         \
	" arrived_t, joined_t, answerer, policy, resident, institution, bed, device, region,"      \
	" alerts, late, drill, opened_utc_ms, opened_t, paged_t, closed_utc_ms, outcome, "         \
	"poisoned,"                                                                                \
	" diverted"

void yj_incident_id(const struct yj_store *s, int64_t n, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s-%" PRId64, s->gateway, n);
}

int yj_incident_parse(const struct yj_store *s, const char *id, int64_t *n)
{
	return yj_db_number_of(s, id, "-", n);
}

static void read_row(sqlite3_stmt *q, struct yj_incident *out)
{
	memset(out, 0, sizeof *out);
	out->n = sqlite3_column_int64(q, 0);
	yj_db_copy(q, 1, out->whose.subject, sizeof out->whose.subject);
	out->kind = (enum yj_kind)sqlite3_column_int(q, 2);
	out->state = (enum yj_inc_state)sqlite3_column_int(q, 3);
	out->due = yj_db_time(q, 4);
	out->level = (uint32_t)sqlite3_column_int64(q, 5);
	out->round = (uint32_t)sqlite3_column_int64(q, 6);
	out->outstanding = (uint32_t)sqlite3_column_int64(q, 7);
	out->flags = (uint32_t)sqlite3_column_int64(q, 8);
	out->level_due = yj_db_time(q, 9);
	out->arrive_due = yj_db_time(q, 10);
	out->remind_due = yj_db_time(q, 11);
	out->resolve_due = yj_db_time(q, 12);
	out->rejoin_due = yj_db_time(q, 13);
	out->joined_due = yj_db_time(q, 14);
	out->acked_at = yj_db_time(q, 15);
	out->arrived_at = yj_db_time(q, 16);
	out->joined_at = yj_db_time(q, 17);
	yj_db_copy(q, 18, out->by, sizeof out->by);
	yj_db_copy(q, 19, out->policy_hash, sizeof out->policy_hash);
	yj_db_copy(q, 20, out->whose.resident, sizeof out->whose.resident);
	yj_db_copy(q, 21, out->whose.institution, sizeof out->whose.institution);
	yj_db_copy(q, 22, out->whose.bed, sizeof out->whose.bed);
	yj_db_copy(q, 23, out->device, sizeof out->device);
	yj_db_copy(q, 24, out->whose.region, sizeof out->whose.region);
	out->alerts = sqlite3_column_int64(q, 25);
	out->late = sqlite3_column_int(q, 26) != 0;
	out->drill = sqlite3_column_int(q, 27) != 0;
	out->opened_utc_ms = sqlite3_column_int64(q, 28);
	out->opened_t = sqlite3_column_int64(q, 29);
	out->paged_t = yj_db_time(q, 30);
	out->closed_utc_ms = yj_db_time(q, 31);
	out->outcome = (enum yj_outcome)sqlite3_column_int(q, 32);
	out->poisoned = sqlite3_column_int(q, 33) != 0;
	out->diverted = sqlite3_column_int(q, 34) != 0;
	out->whose.assigned = out->whose.subject[0] != 'd';
	out->stored = true;
	out->stored_level = out->level;
	out->stored_state = out->state;
}

static int read_one(struct yj_store *s, sqlite3_stmt *q, struct yj_incident *out)
{
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	read_row(q, out);
	sqlite3_reset(q);
	return 0;
}

int yj_incident_load(struct yj_store *s, int64_t n, struct yj_incident *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT " COLUMNS " FROM incidents WHERE n = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	return read_one(s, q, out);
}

int yj_incident_find_open(
    struct yj_store *s, const char *subject, enum yj_kind kind, struct yj_incident *out)
{
	sqlite3_stmt *q = yj_db_stmt(
	    s, "SELECT " COLUMNS " FROM incidents WHERE subject = ?1 AND kind = ?2 AND state < 3");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", subject, (int64_t)kind);
	return read_one(s, q, out);
}

static bool is_open(enum yj_inc_state state)
{
	return state != YJ_INC_RESOLVED && state != YJ_INC_CANCELLED;
}

static void count(struct yj_store *s, uint32_t level, int64_t by)
{
	if (level >= YJ_LEVELS_MAX)
		level = YJ_LEVELS_MAX - 1;
	s->volatile_state.open_delta[level] += by;
	s->volatile_state.open_dirty = true;
}

static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static int insert(struct yj_store *s, struct yj_incident *i, const char *text)
{
	int rc = yj_db_run(s,
	    "INSERT INTO incidents (n, subject, kind, state, due_t, level, round, outstanding, "
	    "flags,"
	    " level_due_t, policy, resident, institution, bed, device, region, alerts, late, drill,"
	    " opened_utc_ms, opened_t, paged_t, text, diverted) VALUES"
	    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
	    " ?19, ?20, ?21, ?22, ?23, ?24)",
	    "itiiIiiiiIttttttiiiiiIti", i->n, i->whose.subject, (int64_t)i->kind, (int64_t)i->state,
	    i->due, (int64_t)i->level, (int64_t)i->round, (int64_t)i->outstanding,
	    (int64_t)i->flags, i->level_due, i->policy_hash, or_null(i->whose.resident),
	    or_null(i->whose.institution), or_null(i->whose.bed), i->device,
	    or_null(i->whose.region), i->alerts, (int64_t)i->late, (int64_t)i->drill,
	    i->opened_utc_ms, i->opened_t, i->paged_t, text, (int64_t)i->diverted);
	if (rc < 0)
		return rc;
	count(s, i->level, 1);
	return 0;
}

static int update(struct yj_store *s, const struct yj_incident *i, const char *text)
{
	return yj_db_run(s,
	    "UPDATE incidents SET state = ?2, due_t = ?3, level = ?4, round = ?5, outstanding = ?6,"
	    " flags = ?7, level_due_t = ?8, arrive_due_t = ?9, remind_due_t = ?10,"
	    " resolve_due_t = ?11, rejoin_due_t = ?12, joined_due_t = ?13, acked_t = ?14,"
	    " arrived_t = ?15, joined_t = ?16, answerer = ?17, alerts = ?18, paged_t = ?19,"
	    " closed_utc_ms = ?20, outcome = ?21, text = coalesce(?22, text), bed = ?23,"
	    " institution = ?24, region = ?25, diverted = ?26 WHERE n = ?1",
	    "iiIiiiiIIIIIIIIItiIIitttti", i->n, (int64_t)i->state, i->due, (int64_t)i->level,
	    (int64_t)i->round, (int64_t)i->outstanding, (int64_t)i->flags, i->level_due,
	    i->arrive_due, i->remind_due, i->resolve_due, i->rejoin_due, i->joined_due, i->acked_at,
	    i->arrived_at, i->joined_at, or_null(i->by), i->alerts, i->paged_t, i->closed_utc_ms,
	    (int64_t)i->outcome, text, or_null(i->whose.bed), or_null(i->whose.institution),
	    or_null(i->whose.region), (int64_t)i->diverted);
}

int yj_incident_reserve(struct yj_store *s, int64_t *n)
{
	int64_t last = 0;
	int rc = yj_db_int(s, &last, "SELECT max(n) FROM incidents", "");
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	*n = last + 1;
	return 0;
}

int yj_incident_save(struct yj_store *s, struct yj_incident *inc, const char *text)
{
	int rc;
	if (!inc->stored) {
		rc = insert(s, inc, text);
	} else {
		rc = update(s, inc, text);
		if (rc == 0 && is_open(inc->stored_state))
			count(s, inc->stored_level, -1);
		if (rc == 0 && is_open(inc->state))
			count(s, inc->level, 1);
	}
	if (rc == 0) {
		inc->stored = true;
		inc->stored_level = inc->level;
		inc->stored_state = inc->state;
	}
	return rc;
}

int yj_incident_counts_flush(struct yj_store *s)
{
	struct yj_store_volatile *v = &s->volatile_state;
	if (!v->open_dirty)
		return 0;
	for (int64_t level = 0; level < YJ_LEVELS_MAX; level++) {
		if (v->open_delta[level] == 0)
			continue;
		int rc = yj_db_run(s,
		    "INSERT INTO open_counts (level, n) VALUES (?1, ?2)"
		    " ON CONFLICT (level) DO UPDATE SET n = n + ?2",
		    "ii", level, v->open_delta[level]);
		if (rc < 0)
			return rc;
	}
	yj_incident_counts_forget(s);
	return 0;
}

void yj_incident_counts_forget(struct yj_store *s)
{
	memset(s->volatile_state.open_delta, 0, sizeof s->volatile_state.open_delta);
	s->volatile_state.open_dirty = false;
}

int yj_incident_device_note(
    struct yj_store *s, int64_t n, const char *device, const char *id, bool call)
{
	return yj_db_run(s,
	    "INSERT INTO incident_devices (incident, device, last_id, calls, alarms, told)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, 0)"
	    " ON CONFLICT (incident, device) DO UPDATE SET last_id = ?3, calls = calls + ?4,"
	    " alarms = alarms + ?5",
	    "ittii", n, device, id, (int64_t)call, (int64_t)!call);
}

int yj_incident_own_calls(
    struct yj_store *s, int64_t n, const char *device, const struct yj_whose *whose, bool *own)
{
	int64_t yes = 0;
	int rc = yj_db_int(s, &yes,
	    "SELECT NOT EXISTS (SELECT 1 FROM incident_devices"
	    "  WHERE incident = ?1 AND (device <> ?2 OR alarms > 0))"
	    " AND (resident IS NULL OR resident = ?3 OR EXISTS (SELECT 1 FROM device_residents r"
	    "  WHERE r.device = ?2 AND r.resident = incidents.resident))"
	    " FROM incidents WHERE n = ?1",
	    "itt", n, device, whose->resident);
	if (rc == 0)
		*own = yes != 0;
	return rc;
}

int yj_incident_device_get(
    struct yj_store *s, int64_t n, const char *device, struct yj_incident_device *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT device, last_id, told FROM incident_devices"
					" WHERE incident = ?1 AND device = ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "it", n, device);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(q, 0, out->device, sizeof out->device);
	yj_db_copy(q, 1, out->last_id, sizeof out->last_id);
	out->told = (enum yj_home_state)sqlite3_column_int(q, 2);
	sqlite3_reset(q);
	return 0;
}

int yj_incident_device_told(
    struct yj_store *s, int64_t n, const char *device, enum yj_home_state told)
{
	return yj_db_run(s,
	    "UPDATE incident_devices SET told = ?3 WHERE incident = ?1 AND device = ?2", "iti", n,
	    device, (int64_t)told);
}

int yj_incident_note_add(
    struct yj_store *s, int64_t n, const char *caregiver, const char *text, int64_t utc_ms)
{
	return yj_db_run(s,
	    "INSERT INTO incident_notes (incident, caregiver, utc_ms, text)"
	    " VALUES (?1, ?2, ?3, ?4)",
	    "itit", n, or_null(caregiver), utc_ms, text);
}

int yj_incident_text(struct yj_store *s, int64_t n, char *buf, size_t cap)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT text FROM incidents WHERE n = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(q, 0, buf, cap);
	sqlite3_reset(q);
	return 0;
}
