/* Forgetting what is too old, a little at a time. */
#include <string.h>

#include "db.h"
#include "store/inbound.h"

#define DAY_MS 86400000LL
#define REJECTED_DAYS 30
#define PIECE 5000 /* rows looked at per call */

/* The dedupe table has no index on its day, which would cost every alert: a cursor walks the keys
 * instead, so that the whole table has been looked at long before a day is over. */
static int purge_dedupe(struct yj_store *s, int64_t today, bool *more)
{
	char id[YJ_MSGID_MAX + 1] = "";
	int rc = yj_store_meta_get(s, "purge_dedupe", id, sizeof id);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT id FROM dedupe WHERE id > ?1 ORDER BY id LIMIT 1 OFFSET ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", id, (int64_t)PIECE);
	rc = yj_db_step(s, q);
	if (rc < 0)
		return rc;
	char until[YJ_MSGID_MAX + 1] = "";
	if (rc == 1) {
		yj_db_copy(q, 0, until, sizeof until);
		sqlite3_reset(q);
	}
	*more = until[0] != '\0';
	int64_t oldest = today - YJ_DEDUPE_DAYS;
	if (until[0])
		rc = yj_db_run(s, "DELETE FROM dedupe WHERE id > ?1 AND id <= ?2 AND day < ?3",
		    "tti", id, until, oldest);
	else
		rc =
		    yj_db_run(s, "DELETE FROM dedupe WHERE id > ?1 AND day < ?2", "ti", id, oldest);
	if (rc < 0 || strcmp(id, until) == 0)
		return rc; /* nothing is written where nothing has changed */
	return yj_store_meta_set(s, "purge_dedupe", until);
}

int yj_inbound_purge(struct yj_store *s, int64_t now_t, int64_t now_utc_ms, bool *more)
{
	int rc = purge_dedupe(s, now_t / DAY_MS, more);
	if (rc == 0)
		rc = yj_db_run(s,
		    "DELETE FROM rejected WHERE n IN (SELECT n FROM rejected ORDER BY n LIMIT 100)"
		    " AND utc_ms < ?1",
		    "i", now_utc_ms - REJECTED_DAYS * DAY_MS);
	if (rc == 0)
		rc = yj_db_run(s,
		    "DELETE FROM channel_backs WHERE utc_ms < ?1 AND (channel, id) IN"
		    " (SELECT channel, id FROM channel_backs ORDER BY utc_ms LIMIT 100)",
		    "i", now_utc_ms - REJECTED_DAYS * DAY_MS);
	if (rc == 0)
		rc = yj_db_run(s, "DELETE FROM early_cancels WHERE until_t < ?1", "i", now_t);
	return rc;
}
