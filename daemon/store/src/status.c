#include "store/status.h"

#include "db.h"

int yj_status_get(struct yj_store *s, const char *device, struct yj_device_status *out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT online, seen_utc_ms, coalesce(battery_pct, -1), battery_low,"
	    " coalesce(rssi_dbm, 0), coalesce(mains, -1), fw, coalesce(session, 0), flapping"
	    " FROM device_status WHERE device = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", device);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	out->online = sqlite3_column_int(q, 0) != 0;
	out->seen_utc_ms = sqlite3_column_int64(q, 1);
	out->battery_pct = sqlite3_column_int(q, 2);
	out->battery_low = sqlite3_column_int(q, 3) != 0;
	out->rssi_dbm = sqlite3_column_int(q, 4);
	out->mains = sqlite3_column_int(q, 5);
	yj_db_copy(q, 6, out->fw, sizeof out->fw);
	out->session = sqlite3_column_int64(q, 7);
	out->flapping = sqlite3_column_int(q, 8) != 0;
	sqlite3_reset(q);
	return 0;
}

int yj_status_next(
    struct yj_store *s, const char *after, struct yj_status_name *names, size_t cap, size_t *n)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT device, online, flapping FROM device_status WHERE device > ?1"
			  " ORDER BY device LIMIT ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", after, (int64_t)cap);
	size_t got = 0;
	int rc = 0;
	while (got < cap && (rc = yj_db_step(s, q)) == 1) {
		yj_db_copy(q, 0, names[got].device, sizeof names[got].device);
		names[got].online = sqlite3_column_int(q, 1) != 0;
		names[got++].flapping = sqlite3_column_int(q, 2) != 0;
	}
	sqlite3_reset(q);
	if (rc < 0)
		return rc;
	*n = got;
	return 0;
}

int yj_status_put(struct yj_store *s, const char *device, const struct yj_device_status *st)
{
	return yj_db_run(s,
	    "INSERT INTO device_status (device, online, seen_utc_ms, battery_pct, battery_low,"
	    " rssi_dbm, mains, fw, session, flapping) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
	    "?10)"
	    " ON CONFLICT (device) DO UPDATE SET online = ?2, seen_utc_ms = ?3, battery_pct = ?4,"
	    " battery_low = ?5, rssi_dbm = ?6, mains = ?7, fw = coalesce(?8, fw),"
	    " session = coalesce(?9, session), flapping = ?10",
	    "tiiIiIItIi", device, (int64_t)st->online, st->seen_utc_ms,
	    st->battery_pct < 0 ? INT64_MAX : (int64_t)st->battery_pct, (int64_t)st->battery_low,
	    st->rssi_dbm == 0 ? INT64_MAX : (int64_t)st->rssi_dbm,
	    st->mains < 0 ? INT64_MAX : (int64_t)st->mains, st->fw[0] ? st->fw : NULL,
	    st->session ? st->session : INT64_MAX, (int64_t)st->flapping);
}

int yj_status_known(struct yj_store *s, int64_t *n)
{
	return yj_db_int(s, n, "SELECT count(*) FROM devices WHERE gone_utc_ms IS NULL", "");
}
