#include "store/trend.h"

#include <stdio.h>
#include <time.h>

#include "db.h"

int yj_day_put(struct yj_store *s, const char *device, const struct yj_device_day *d)
{
	return yj_db_run(s,
	    "INSERT INTO device_days (device, day, battery_pct, rssi_sum, rssi_n)"
	    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (device, day) DO UPDATE SET"
	    " battery_pct = min(coalesce(battery_pct, ?3), coalesce(?3, battery_pct)),"
	    " rssi_sum = CASE WHEN ?5 > rssi_n THEN ?4 ELSE rssi_sum END,"
	    " rssi_n = max(rssi_n, ?5)",
	    "tiIii", device, (int64_t)d->day,
	    d->battery_pct < 0 ? INT64_MAX : (int64_t)d->battery_pct, d->rssi_sum, d->rssi_n);
}

int yj_days_get(struct yj_store *s, const char *device, int32_t from, struct yj_device_day *v,
    size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT day, coalesce(battery_pct, -1), rssi_sum, rssi_n FROM (SELECT * FROM "
	    "device_days"
	    " WHERE device = ?1 AND day >= ?2 ORDER BY day DESC LIMIT ?3) ORDER BY day");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tii", device, (int64_t)from, (int64_t)cap);
	size_t got = 0;
	int rc = 0;
	while (got < cap && (rc = yj_db_step(s, q)) == 1)
		v[got++] = (struct yj_device_day){
		    .day = sqlite3_column_int(q, 0),
		    .battery_pct = sqlite3_column_int(q, 1),
		    .rssi_sum = sqlite3_column_int64(q, 2),
		    .rssi_n = sqlite3_column_int64(q, 3),
		};
	sqlite3_reset(q);
	if (rc < 0)
		return rc;
	*n = got;
	return 0;
}

int yj_days_forget(struct yj_store *s, const char *device, int32_t before)
{
	return yj_db_run(s, "DELETE FROM device_days WHERE device = ?1 AND day < ?2", "ti", device,
	    (int64_t)before);
}

static void bind_real(sqlite3_stmt *q, int at, bool known, double v)
{
	if (known)
		sqlite3_bind_double(q, at, v);
	else
		sqlite3_bind_null(q, at);
}

int yj_trend_put(struct yj_store *s, const char *device, const struct yj_device_trend *t)
{
	struct yj_device_trend old = {.falls = false};
	int rc = yj_trend_get(s, device, &old);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	bool same = old.battery_known == t->battery_known && old.rssi_known == t->rssi_known &&
		    old.falls == t->falls && old.empty_day == t->empty_day &&
		    !(old.battery_per_day < t->battery_per_day) &&
		    !(old.battery_per_day > t->battery_per_day) &&
		    !(old.rssi_per_day < t->rssi_per_day) && !(old.rssi_per_day > t->rssi_per_day);
	if (same)
		return 0;
	sqlite3_stmt *q = yj_db_stmt(s,
	    "INSERT INTO device_trends (device, battery_per_day, empty_day, rssi_per_day)"
	    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (device) DO UPDATE SET battery_per_day = ?2,"
	    " empty_day = ?3, rssi_per_day = ?4");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tnIn", device, t->falls ? (int64_t)t->empty_day : INT64_MAX);
	bind_real(q, 2, t->battery_known, t->battery_per_day);
	bind_real(q, 4, t->rssi_known, t->rssi_per_day);
	return yj_db_step(s, q);
}

int yj_trend_get(struct yj_store *s, const char *device, struct yj_device_trend *out)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT battery_per_day, empty_day, rssi_per_day FROM device_trends"
			  " WHERE device = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", device);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	*out = (struct yj_device_trend){
	    .battery_known = sqlite3_column_type(q, 0) != SQLITE_NULL,
	    .battery_per_day = sqlite3_column_double(q, 0),
	    .falls = sqlite3_column_type(q, 1) != SQLITE_NULL,
	    .empty_day = sqlite3_column_int(q, 1),
	    .rssi_known = sqlite3_column_type(q, 2) != SQLITE_NULL,
	    .rssi_per_day = sqlite3_column_double(q, 2),
	};
	sqlite3_reset(q);
	return 0;
}

const char *yj_day_text(int32_t day, char buf[YJ_DAY_LEN])
{
	time_t t = (time_t)day * 86400;
	struct tm tm = {0};
	gmtime_r(&t, &tm);
	if (strftime(buf, YJ_DAY_LEN, "%Y-%m-%d", &tm) == 0)
		buf[0] = '\0';
	return buf;
}
