/* Silences: what is muted, by whom, why and how long. */
#include "store/silence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"
#include "store/directory.h"

void yj_silence_id(const struct yj_store *s, int64_t n, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s-s%" PRId64, s->gateway, n);
}

int yj_silence_parse(const struct yj_store *s, const char *id, int64_t *n)
{
	return yj_db_number_of(s, id, "-s", n);
}

static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

int yj_silence_add(struct yj_store *s, struct yj_silence *silence, int64_t now_utc_ms)
{
	char prefix[13] = "";
	int64_t active = 0;
	if (silence->region[0] && yj_region_prefix(silence->region, prefix) < 0)
		return YJ_ERR_INVAL;
	int rc =
	    yj_db_int(s, &active, "SELECT count(*) FROM silences WHERE ended_utc_ms IS NULL", "");
	if (rc == 0 && active >= YJ_SILENCES_MAX)
		return YJ_ERR_FULL;
	if (rc == 0)
		rc = yj_db_run(s,
		    "INSERT INTO silences (device, resident, region, region_prefix, kind,"
		    " until_utc_ms, author, reason, created_utc_ms)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
		    "ttttIitti", or_null(silence->device), or_null(silence->resident),
		    or_null(silence->region), or_null(prefix),
		    silence->kind < 0 ? INT64_MAX : (int64_t)silence->kind, silence->until_utc_ms,
		    silence->author, silence->reason, now_utc_ms);
	if (rc == 0)
		silence->n = sqlite3_last_insert_rowid(s->db);
	return rc;
}

int yj_silence_end(struct yj_store *s, int64_t n, const char *by, int64_t now_utc_ms)
{
	int64_t ended = 0;
	int rc = yj_db_int(
	    s, &ended, "SELECT ended_utc_ms IS NOT NULL FROM silences WHERE n = ?1", "i", n);
	if (rc < 0)
		return rc;
	if (ended)
		return YJ_ERR_EXISTS;
	return yj_db_run(s, "UPDATE silences SET ended_utc_ms = ?2, ended_by = ?3 WHERE n = ?1",
	    "iit", n, now_utc_ms, by);
}

int yj_silence_over(struct yj_store *s, int64_t now_utc_ms, int64_t *n)
{
	int rc = yj_db_int(s, n,
	    "SELECT n FROM silences WHERE ended_utc_ms IS NULL AND until_utc_ms <= ?1"
	    " ORDER BY until_utc_ms LIMIT 1",
	    "i", now_utc_ms);
	if (rc == 0)
		rc = yj_db_run(
		    s, "UPDATE silences SET ended_utc_ms = until_utc_ms WHERE n = ?1", "i", *n);
	return rc;
}

int yj_silence_ends(struct yj_store *s, int64_t *first_utc_ms, int64_t *last_utc_ms)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT min(until_utc_ms), max(until_utc_ms) FROM silences"
					" WHERE ended_utc_ms IS NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc < 0 ? rc : YJ_ERR_IO;
	*first_utc_ms = yj_db_time(q, 0);
	*last_utc_ms = *first_utc_ms == INT64_MAX ? INT64_MIN : sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	return 0;
}

int yj_silence_match(struct yj_store *s, const char *device, const struct yj_whose *whose,
    enum yj_kind kind, int64_t now_utc_ms, int64_t *n)
{
	return yj_db_int(s, n,
	    "SELECT n FROM silences WHERE ended_utc_ms IS NULL AND until_utc_ms > ?5"
	    " AND (device IS NULL OR device = ?1) AND (resident IS NULL OR resident = ?2)"
	    " AND (region_prefix IS NULL OR region_prefix = substr(?3, 1, length(region_prefix)))"
	    " AND (kind IS NULL OR kind = ?4) ORDER BY n LIMIT 1",
	    "tttii", device, whose->resident, whose->region, (int64_t)kind, now_utc_ms);
}

int yj_silence_count(struct yj_store *s, int64_t n)
{
	return yj_db_run(s, "UPDATE silences SET muted = muted + 1 WHERE n = ?1", "i", n);
}

static json_t *silence_json(struct yj_store *s, sqlite3_stmt *q)
{
	char id[YJ_NAME_MAX + 24];
	bool any_kind = sqlite3_column_type(q, 4) == SQLITE_NULL;
	yj_silence_id(s, sqlite3_column_int64(q, 0), id, sizeof id);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:I}", "id",
	    id, "device", yj_read_column(q, 1), "resident", yj_read_column(q, 2), "region",
	    yj_read_column(q, 3), "kind",
	    any_kind ? json_null()
		     : json_string(yj_kind_name((enum yj_kind)sqlite3_column_int(q, 4))),
	    "until", yj_read_time(sqlite3_column_int64(q, 5)), "author", yj_read_column(q, 6),
	    "reason", yj_read_column(q, 7), "created_at", yj_read_time(sqlite3_column_int64(q, 8)),
	    "active", sqlite3_column_int(q, 12) != 0, "ended_at", yj_read_time(yj_db_time(q, 9)),
	    "ended_by", yj_read_column(q, 10), "muted", (json_int_t)sqlite3_column_int64(q, 11));
}

int yj_read_silences(struct yj_store *s, bool all, int64_t now_utc_ms, json_t **out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT n, device, resident, region, kind, until_utc_ms, author, reason,"
	    " created_utc_ms, ended_utc_ms, ended_by, muted,"
	    " ended_utc_ms IS NULL AND until_utc_ms > ?2 AS active FROM silences"
	    " WHERE ?1 OR (ended_utc_ms IS NULL AND until_utc_ms > ?2) ORDER BY n DESC");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ii", (int64_t)all, now_utc_ms);
	json_t *list = json_array();
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		if (json_array_append_new(list, silence_json(s, q)) < 0) {
			sqlite3_reset(q);
			rc = YJ_ERR_NOMEM;
			break;
		}
	}
	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	*out = list;
	return 0;
}
