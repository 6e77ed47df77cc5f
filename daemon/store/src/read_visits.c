/* Visits for people and programs. */
#include <string.h>

#include "read.h"
#include "store/visit.h"

static const char *const phases[] = {
    "ringing", "answered", "missed", "declined", "cancelled", "unanswered", "ended"};
static const char *const reasons[] = {
    "", "caller", "resident", "lost", "limit", "answered", "withdrawn"};

#define WORD(words, value)                                                                         \
	((size_t)(value) < sizeof(words) / sizeof((words)[0]) ? (words)[value] : "?")

static const char visits[] =
    "SELECT v.id, v.state, v.mode, v.resident, v.caregiver, v.device, v.region, v.incident,"
    " v.raised, v.auto_answer, v.tries, v.started_utc_ms, v.retry_utc_ms, v.answered_utc_ms,"
    " v.ended_utc_ms, v.reason, v.result, v.asked_mode, v.heard FROM visits v";

static json_t *incident_of(const struct yj_store *s, sqlite3_stmt *q, int column)
{
	char id[YJ_NAME_MAX + 24];
	if (sqlite3_column_type(q, column) == SQLITE_NULL)
		return json_null();
	yj_incident_id(s, sqlite3_column_int64(q, column), id, sizeof id);
	return json_string(id);
}

static json_t *visit_json(const struct yj_store *s, sqlite3_stmt *q)
{
	int64_t answered = yj_db_time(q, 13), ended = yj_db_time(q, 14);
	bool talked = answered != INT64_MAX && ended != INT64_MAX;
	return json_pack(
	    "{s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:I, s:o, s:o, s:o,"
	    " s:o, s:o, s:o, s:o}",
	    "id", yj_read_column(q, 0), "state", WORD(phases, sqlite3_column_int(q, 1)), "mode",
	    yj_visit_mode_name((enum yj_visit_mode)sqlite3_column_int(q, 2)), "asked_mode",
	    yj_visit_mode_name((enum yj_visit_mode)sqlite3_column_int(q, 17)), "resident",
	    yj_read_column(q, 3), "caregiver", yj_read_column(q, 4), "device", yj_read_column(q, 5),
	    "region", yj_read_column(q, 6), "incident", incident_of(s, q, 7), "raised",
	    incident_of(s, q, 8), "auto_answer", sqlite3_column_int(q, 9) != 0, "rung",
	    sqlite3_column_int(q, 18) != 0, "tries", (json_int_t)sqlite3_column_int64(q, 10),
	    "started_at", yj_read_time(sqlite3_column_int64(q, 11)), "retry_at",
	    yj_read_time(yj_db_time(q, 12)), "answered_at", yj_read_time(answered), "ended_at",
	    yj_read_time(ended), "reason", yj_read_text(WORD(reasons, sqlite3_column_int(q, 15))),
	    "result", yj_read_column(q, 16), "duration_s",
	    talked ? json_integer((ended - answered) / 1000) : json_null());
}

static int read_all(struct yj_store *s, sqlite3_stmt *q, json_t **out)
{
	json_t *list = json_array();
	int rc = list ? 1 : YJ_ERR_NOMEM;
	while (rc == 1 && (rc = yj_db_step(s, q)) == 1)
		if (json_array_append_new(list, visit_json(s, q)) < 0)
			rc = YJ_ERR_NOMEM;
	sqlite3_reset(q);
	if (rc == 0)
		*out = list;
	else
		json_decref(list);
	return rc;
}

int yj_read_visits(struct yj_store *s, const char *resident, int64_t limit, json_t **out)
{
	char sql[1024];
	sqlite3_stmt *q = NULL;
	/* the newest, told oldest first */
	sqlite3_snprintf(sizeof sql, sql,
	    "%s WHERE v.n IN (SELECT n FROM visits %s ORDER BY n DESC LIMIT ?1) ORDER BY v.n",
	    visits, resident[0] ? "WHERE resident = ?2" : "");
	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		return yj_db_err(s, sqlite3_extended_errcode(s->db));
	yj_db_bind(q, resident[0] ? "it" : "i", limit, resident);
	int rc = read_all(s, q, out);
	sqlite3_finalize(q);
	return rc;
}

int yj_read_visit(struct yj_store *s, const char *id, json_t **out)
{
	char sql[1024];
	sqlite3_stmt *q = NULL;
	json_t *list = NULL;
	sqlite3_snprintf(sizeof sql, sql, "%s WHERE v.id = ?1", visits);
	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		return yj_db_err(s, sqlite3_extended_errcode(s->db));
	yj_db_bind(q, "t", id);
	int rc = read_all(s, q, &list);
	sqlite3_finalize(q);
	if (rc == 0 && json_array_size(list) == 0)
		rc = YJ_ERR_NOTFOUND;
	if (rc == 0)
		*out = json_incref(json_array_get(list, 0));
	json_decref(list);
	return rc;
}
