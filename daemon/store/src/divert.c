/* Devices whose calls go to operators alone for a time. */
#include "store/divert.h"

#include <string.h>

#include "read.h"

int yj_divert_put(
    struct yj_store *s, const struct yj_divert *d, const char *author, const char *reason)
{
	return yj_db_run(s,
	    "INSERT OR REPLACE INTO diverts (device, until_t, until_utc_ms, tell_t, author, reason)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	    "tiiitt", d->device, d->until_t, d->until_utc_ms, d->tell_t, author,
	    reason[0] ? reason : NULL);
}

int yj_divert_told(struct yj_store *s, const char *device, int64_t tell_t)
{
	return yj_db_run(
	    s, "UPDATE diverts SET tell_t = ?2 WHERE device = ?1", "ti", device, tell_t);
}

static int read_one(struct yj_store *s, sqlite3_stmt *q, struct yj_divert *out)
{
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(q, 0, out->device, sizeof out->device);
	out->until_t = sqlite3_column_int64(q, 1);
	out->until_utc_ms = sqlite3_column_int64(q, 2);
	out->tell_t = sqlite3_column_int64(q, 3);
	sqlite3_reset(q);
	return 0;
}

int yj_divert_get(struct yj_store *s, const char *device, struct yj_divert *out)
{
	sqlite3_stmt *q = yj_db_stmt(
	    s, "SELECT device, until_t, until_utc_ms, tell_t FROM diverts WHERE device = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", device);
	return read_one(s, q, out);
}

int yj_divert_end(struct yj_store *s, const char *device)
{
	struct yj_divert d;
	int rc = yj_divert_get(s, device, &d);
	return rc < 0 ? rc : yj_db_run(s, "DELETE FROM diverts WHERE device = ?1", "t", device);
}

int yj_divert_first(struct yj_store *s, struct yj_divert *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT device, until_t, until_utc_ms, tell_t FROM diverts"
					" ORDER BY min(until_t, tell_t), device LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	return read_one(s, q, out);
}

static json_t *divert_json(sqlite3_stmt *q)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "device", yj_read_column(q, 0), "until",
	    yj_read_time(sqlite3_column_int64(q, 1)), "author", yj_read_column(q, 2), "reason",
	    yj_read_column(q, 3));
}

int yj_read_diverts(struct yj_store *s, json_t **out)
{
	sqlite3_stmt *q = yj_db_stmt(
	    s, "SELECT device, until_utc_ms, author, reason FROM diverts ORDER BY device");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	return yj_read_list(s, q, divert_json, out);
}
