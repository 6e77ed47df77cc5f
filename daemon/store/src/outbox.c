#include "store/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "store/incident.h"

void yj_delivery_id(const struct yj_store *s, int64_t n, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s-d%" PRId64, s->gateway, n);
}

int yj_delivery_parse(const struct yj_store *s, const char *id, int64_t *n)
{
	return yj_db_number_of(s, id, "-d", n);
}

int yj_back_note(struct yj_store *s, const char *channel, const char *id, int type,
    int64_t now_utc_ms, bool *fresh)
{
	char key[YJ_MSGID_MAX * 2];
	snprintf(key, sizeof key, "%d:%s", type, id);
	int rc = yj_db_run(s,
	    "INSERT OR IGNORE INTO channel_backs (channel, id, utc_ms) VALUES (?1, ?2, ?3)", "tti",
	    channel, key, now_utc_ms);
	*fresh = rc == 0 && sqlite3_changes(s->db) == 1;
	return rc;
}

int yj_outbox_add(struct yj_store *s, struct yj_outbox_row *row, int64_t now_utc_ms)
{
	int rc = yj_db_run(s,
	    "INSERT INTO outbox (due_t, status, incident, home, target, say, level, round, page,"
	    " chain, channel, attempts, said, created_utc_ms, notice)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, nullif(?15, 0))",
	    "Iiiitiiiiititii", row->due_t, (int64_t)row->status, row->incident, (int64_t)row->home,
	    row->target, (int64_t)row->say, (int64_t)row->level, (int64_t)row->round, row->page,
	    (int64_t)row->chain, row->channel, (int64_t)row->attempts,
	    row->said[0] ? row->said : NULL, now_utc_ms, row->notice);
	if (rc < 0)
		return rc;
	row->n = sqlite3_last_insert_rowid(s->db);
	if (row->page == 0)
		row->page = row->n;
	return 0;
}

#define COLUMNS                                                                                    \
	"n, due_t, status, incident, home, target, say, level, round, page, chain, channel,"       \
	" attempts, said, notice"

static void read_row(sqlite3_stmt *q, struct yj_outbox_row *out)
{
	memset(out, 0, sizeof *out);
	out->n = sqlite3_column_int64(q, 0);
	out->due_t = yj_db_time(q, 1);
	out->status = (enum yj_delivery_status)sqlite3_column_int(q, 2);
	out->incident = sqlite3_column_int64(q, 3);
	out->home = sqlite3_column_int(q, 4) != 0;
	yj_db_copy(q, 5, out->target, sizeof out->target);
	out->say = sqlite3_column_int(q, 6);
	out->level = (uint32_t)sqlite3_column_int64(q, 7);
	out->round = (uint32_t)sqlite3_column_int64(q, 8);
	out->page = sqlite3_column_int64(q, 9);
	if (out->page == 0)
		out->page = out->n; /* the first of its page does not know its own number yet */
	out->chain = sqlite3_column_int(q, 10);
	yj_db_copy(q, 11, out->channel, sizeof out->channel);
	out->attempts = sqlite3_column_int(q, 12);
	yj_db_copy(q, 13, out->said, sizeof out->said);
	out->notice = sqlite3_column_int64(q, 14);
}

int yj_outbox_get(struct yj_store *s, int64_t n, struct yj_outbox_row *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT " COLUMNS " FROM outbox WHERE n = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	read_row(q, out);
	sqlite3_reset(q);
	return 0;
}

int yj_outbox_ref(struct yj_store *s, int64_t n, const char *ref)
{
	return yj_db_run(s, "UPDATE outbox SET ref = ?2 WHERE n = ?1", "it", n, ref);
}

int yj_outbox_find_ref(struct yj_store *s, const char *channel, const char *ref, int64_t *n)
{
	return yj_db_int(s, n,
	    "SELECT n FROM outbox WHERE ref = ?1 AND channel = ?2 ORDER BY n DESC LIMIT 1", "tt",
	    ref, channel);
}

int yj_outbox_set(
    struct yj_store *s, const struct yj_outbox_row *row, const char *words, int64_t now_utc_ms)
{
	return yj_db_run(s,
	    "UPDATE outbox SET due_t = ?2, status = ?3, attempts = ?4, words = coalesce(?5, words),"
	    " done_utc_ms = CASE WHEN ?3 > 0 THEN ?6 END WHERE n = ?1",
	    "iIiiti", row->n, row->due_t, (int64_t)row->status, (int64_t)row->attempts, words,
	    now_utc_ms);
}

int yj_outbox_due(struct yj_store *s, enum yj_delivery_status status, int64_t now_t,
    int64_t after_due, int64_t after_n, struct yj_outbox_row *rows, size_t cap, size_t *n)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT " COLUMNS " FROM outbox WHERE status = ?5 AND due_t IS NOT NULL"
			  " AND due_t <= ?1 AND (due_t, n) > (?2, ?3) ORDER BY due_t, n LIMIT ?4");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "iiiii", now_t, after_due, after_n, (int64_t)cap, (int64_t)status);
	size_t got = 0;
	int rc = 0;
	while (got < cap && (rc = yj_db_step(s, q)) == 1)
		read_row(q, &rows[got++]);
	sqlite3_reset(q);
	if (rc < 0)
		return rc;
	*n = got;
	return 0;
}

int yj_outbox_of(struct yj_store *s, int64_t incident, int64_t after_n, struct yj_outbox_row *rows,
    size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(
	    s, "SELECT " COLUMNS " FROM outbox WHERE incident = ?1 AND n > ?2 ORDER BY n LIMIT ?3");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "iii", incident, after_n, (int64_t)cap);
	size_t got = 0;
	int rc = 0;
	while (got < cap && (rc = yj_db_step(s, q)) == 1)
		read_row(q, &rows[got++]);
	sqlite3_reset(q);
	if (rc < 0)
		return rc;
	*n = got;
	return 0;
}

int yj_outbox_next_due(struct yj_store *s, int64_t after_t, int64_t *due_t)
{
	*due_t = INT64_MAX;
	for (int64_t status = YJ_DELIVERY_PENDING; status <= YJ_DELIVERY_SENT; status++) {
		int64_t due = INT64_MAX;
		int rc = yj_db_int(s, &due,
		    "SELECT due_t FROM outbox WHERE status = ?1 AND due_t IS NOT NULL AND due_t > "
		    "?2"
		    " ORDER BY due_t LIMIT 1",
		    "ii", status, status == YJ_DELIVERY_PENDING ? after_t : -1);
		if (rc < 0 && rc != YJ_ERR_NOTFOUND)
			return rc;
		if (due < *due_t)
			*due_t = due;
	}
	return 0;
}

int yj_outbox_call_off(struct yj_store *s, int64_t incident)
{
	int rc = yj_db_run(s,
	    "UPDATE outbox SET due_t = NULL, status = 4 WHERE incident = ?1 AND home = 0"
	    " AND say <= 2 AND status = 0",
	    "i", incident);
	if (rc == 0)
		rc = yj_db_run(s,
		    "UPDATE outbox SET due_t = NULL WHERE incident = ?1 AND home = 0 AND say <= 2"
		    " AND due_t IS NOT NULL",
		    "i", incident);
	return rc;
}

int yj_outbox_overtake_page(struct yj_store *s, int64_t incident, const char *caregiver)
{
	int rc = yj_db_run(s,
	    "UPDATE outbox SET due_t = NULL, status = 4 WHERE incident = ?1 AND home = 0"
	    " AND target = ?2 AND say <= 2 AND status = 0",
	    "it", incident, caregiver);
	if (rc == 0)
		rc = yj_outbox_quiet(s, incident, caregiver);
	return rc;
}

int yj_outbox_overtake_home(struct yj_store *s, int64_t incident, const char *device)
{
	return yj_db_run(s,
	    "UPDATE outbox SET due_t = NULL, status = 4 WHERE incident = ?1 AND home = 1"
	    " AND target = ?2 AND status = 0",
	    "it", incident, device);
}

int yj_outbox_home_said(struct yj_store *s, int64_t incident, const char *device,
    enum yj_home_state say, char *buf, size_t cap)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT said FROM outbox WHERE incident = ?1 AND home = 1"
					" AND target = ?2 AND say = ?3 ORDER BY n DESC LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "iti", incident, device, (int64_t)say);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(q, 0, buf, cap);
	sqlite3_reset(q);
	return 0;
}

int yj_outbox_unseen(struct yj_store *s, int64_t incident, const char *caregiver,
    struct yj_outbox_row *rows, size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT " COLUMNS " FROM outbox WHERE incident = ?1 AND home = 0 AND target = ?2"
	    " AND status IN (0, 1) AND channel = 'mqtt' ORDER BY n DESC");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "it", incident, caregiver);
	size_t got = 0;
	int rc = 0;
	while (got < cap && (rc = yj_db_step(s, q)) == 1)
		read_row(q, &rows[got++]);
	sqlite3_reset(q);
	if (rc < 0)
		return rc;
	*n = got;
	return 0;
}

int yj_outbox_of_notice(
    struct yj_store *s, int64_t notice, const char *channel, struct yj_outbox_row *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT " COLUMNS " FROM outbox WHERE notice = ?1"
					" AND channel = ?2 ORDER BY n DESC LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "it", notice, channel);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	read_row(q, out);
	sqlite3_reset(q);
	return 0;
}

int yj_outbox_quiet(struct yj_store *s, int64_t incident, const char *caregiver)
{
	return yj_db_run(s,
	    "UPDATE outbox SET due_t = NULL WHERE incident = ?1 AND home = 0 AND target = ?2"
	    " AND status IN (1, 2) AND due_t IS NOT NULL",
	    "it", incident, caregiver);
}

int yj_outbox_page_left(
    struct yj_store *s, int64_t page, bool broker_down, int *not_failed, int *last_chain)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT sum(status <> 3), max(chain),"
			  " sum(status = 0 AND channel = 'mqtt'), sum(channel <> 'mqtt') FROM"
			  " (SELECT status, chain, channel FROM outbox WHERE n = ?1"
			  "  UNION ALL SELECT status, chain, channel FROM outbox WHERE incident ="
			  "  (SELECT incident FROM outbox WHERE n = ?1) AND target ="
			  "  (SELECT target FROM outbox WHERE n = ?1) AND page = ?1 AND n <> ?1)");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", page);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	*not_failed = sqlite3_column_int(q, 0);
	*last_chain = sqlite3_column_int(q, 1);
	if (broker_down && sqlite3_column_int(q, 3) > 0)
		*not_failed -= sqlite3_column_int(q, 2);
	sqlite3_reset(q);
	return 0;
}

int yj_outbox_page_channels(struct yj_store *s, int64_t page, struct yj_names *channels)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT channel FROM outbox WHERE n = ?1"
					" UNION ALL SELECT channel FROM outbox WHERE incident ="
					"  (SELECT incident FROM outbox WHERE n = ?1) AND target ="
					"  (SELECT target FROM outbox WHERE n = ?1)"
					"  AND page = ?1 AND n <> ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", page);
	return yj_db_names(s, q, channels);
}

int yj_outbox_pending(struct yj_store *s, int64_t *count, int64_t *oldest_due)
{
	int rc = yj_db_int(s, count,
	    "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE due_t IS NOT NULL AND status = 0"
	    " LIMIT 100000)",
	    "");
	*oldest_due = INT64_MAX;
	if (rc == 0)
		rc = yj_db_int(s, oldest_due,
		    "SELECT due_t FROM outbox WHERE due_t IS NOT NULL AND status = 0"
		    " ORDER BY due_t LIMIT 1",
		    "");
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}
