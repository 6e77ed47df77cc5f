/* Notices, and proof that channels work. */
#include "store/notice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"

void yj_notice_id(const struct yj_store *s, int64_t n, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s-m%" PRId64, s->gateway, n);
}

int yj_notice_parse(const struct yj_store *s, const char *id, int64_t *n)
{
	return yj_db_number_of(s, id, "-m", n);
}

int yj_notice_add(struct yj_store *s, struct yj_notice *notice)
{
	int rc = yj_db_run(s,
	    "INSERT INTO notices (kind, caregiver, text, created_utc_ms, brief)"
	    " VALUES (?1, ?2, ?3, ?4, ?5)",
	    "ittit", (int64_t)notice->kind, notice->caregiver, notice->text, notice->created_utc_ms,
	    notice->brief[0] ? notice->brief : NULL);
	if (rc == 0)
		notice->n = sqlite3_last_insert_rowid(s->db);
	return rc;
}

int yj_notice_get(struct yj_store *s, int64_t n, struct yj_notice *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT kind, caregiver, text, created_utc_ms,"
					" confirmed_utc_ms, brief FROM notices WHERE n = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	memset(out, 0, sizeof *out);
	out->n = n;
	out->kind = (enum yj_notice_kind)sqlite3_column_int(q, 0);
	yj_db_copy(q, 1, out->caregiver, sizeof out->caregiver);
	yj_db_copy(q, 2, out->text, sizeof out->text);
	out->created_utc_ms = sqlite3_column_int64(q, 3);
	out->confirmed_utc_ms = yj_db_time(q, 4);
	yj_db_copy(q, 5, out->brief, sizeof out->brief);
	sqlite3_reset(q);
	return 0;
}

int yj_notice_confirm(struct yj_store *s, int64_t n, const char *channel, int64_t now_utc_ms)
{
	struct yj_notice notice;
	int rc = yj_notice_get(s, n, &notice);
	if (rc == 0)
		rc = yj_db_run(s,
		    "UPDATE notices SET confirmed_utc_ms = ?2, confirmed_over = ?3 WHERE n = ?1"
		    " AND confirmed_utc_ms IS NULL",
		    "iit", n, now_utc_ms, channel);
	return rc < 0 ? rc : yj_proof_note(s, notice.caregiver, channel, now_utc_ms);
}

int yj_notice_open(struct yj_store *s, const char *caregiver, int64_t since_utc_ms, int64_t *n)
{
	return yj_db_int(s, n,
	    "SELECT n FROM notices WHERE caregiver = ?1 AND confirmed_utc_ms IS NULL AND kind = ?2"
	    " AND created_utc_ms >= ?3 ORDER BY n DESC LIMIT 1",
	    "tii", caregiver, (int64_t)YJ_NOTICE_VERIFY, since_utc_ms);
}

int yj_notice_count(
    struct yj_store *s, const char *caregiver, int64_t since_utc_ms, int64_t max, int64_t *count)
{
	return yj_db_int(s, count,
	    "SELECT count(*) FROM (SELECT 1 FROM notices WHERE caregiver = ?1 AND kind = ?2"
	    " AND created_utc_ms >= ?3 ORDER BY n DESC LIMIT ?4)",
	    "tiii", caregiver, (int64_t)YJ_NOTICE_OTHER, since_utc_ms, max);
}

int yj_proof_note(
    struct yj_store *s, const char *caregiver, const char *channel, int64_t now_utc_ms)
{
	return yj_db_run(s,
	    "INSERT INTO channel_proofs (caregiver, channel, utc_ms) VALUES (?1, ?2, ?3)"
	    " ON CONFLICT (caregiver, channel) DO UPDATE SET utc_ms = ?3"
	    " WHERE utc_ms NOT BETWEEN ?3 - 3600000 AND ?3",
	    "tti", caregiver, channel, now_utc_ms);
}

int yj_proof_newest(struct yj_store *s, const char *caregiver, const char *channel, int64_t *utc_ms)
{
	int64_t at = INT64_MIN;
	int rc = yj_db_int(s, &at,
	    "SELECT utc_ms FROM channel_proofs WHERE caregiver = ?1 AND channel = ?2", "tt",
	    caregiver, channel);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	*utc_ms = at;
	return 0;
}
