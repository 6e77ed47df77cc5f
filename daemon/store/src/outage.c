/* Outages and their members. */
#include "store/outage.h"

#include <stdio.h>
#include <string.h>

#include "read.h"

int yj_outage_add(struct yj_store *s, const struct yj_outage *o, int64_t now_utc_ms)
{
	return yj_db_run(s,
	    "INSERT INTO outages (incident, region, began_t, began_utc_ms) VALUES (?1, ?2, ?3, ?4)",
	    "itii", o->incident, o->region, o->began_t, now_utc_ms);
}

int yj_outage_member(struct yj_store *s, int64_t incident, const char *device, const char *resident,
    const char *region)
{
	return yj_db_run(s,
	    "INSERT INTO outage_devices (incident, device, resident, region, away)"
	    " VALUES (?1, ?2, ?3, ?4, 1)"
	    " ON CONFLICT (incident, device) DO UPDATE SET away = 1, back_utc_ms = NULL",
	    "ittt", incident, device, resident[0] ? resident : NULL, region);
}

int yj_outage_move(struct yj_store *s, int64_t from, int64_t to)
{
	return yj_db_run(s,
	    "UPDATE OR REPLACE outage_devices SET incident = ?2 WHERE incident = ?1", "ii", from,
	    to);
}

int yj_outage_end(struct yj_store *s, int64_t incident, int64_t now_utc_ms)
{
	return yj_db_run(s, "UPDATE outages SET ended_utc_ms = ?2 WHERE incident = ?1", "ii",
	    incident, now_utc_ms);
}

int yj_outage_list(struct yj_store *s, struct yj_outage *v, size_t cap, size_t *n)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT o.incident, o.region, o.began_t, i.state FROM outages o"
			  " JOIN incidents i ON i.n = o.incident WHERE o.ended_utc_ms IS NULL"
			  " ORDER BY o.incident LIMIT ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", (int64_t)cap);
	size_t got = 0;
	int rc = 0;
	while (got < cap && (rc = yj_db_step(s, q)) == 1) {
		v[got].incident = sqlite3_column_int64(q, 0);
		yj_db_copy(q, 1, v[got].region, sizeof v[got].region);
		v[got].began_t = sqlite3_column_int64(q, 2);
		v[got++].state = (enum yj_inc_state)sqlite3_column_int(q, 3);
	}
	sqlite3_reset(q);
	if (rc < 0)
		return rc;
	*n = got;
	return 0;
}

int yj_outage_counts(struct yj_store *s, int64_t incident, int64_t *members, int64_t *away)
{
	int rc = yj_db_int(s, members,
	    "SELECT count(*) FROM outage_devices o JOIN devices d ON d.id = o.device"
	    " WHERE o.incident = ?1 AND d.gone_utc_ms IS NULL AND d.revoked_utc_ms IS NULL",
	    "i", incident);
	if (rc < 0)
		return rc;
	return yj_db_int(s, away,
	    "SELECT count(*) FROM outage_devices o JOIN devices d ON d.id = o.device"
	    " WHERE o.incident = ?1 AND o.away = 1 AND d.gone_utc_ms IS NULL"
	    " AND d.revoked_utc_ms IS NULL",
	    "i", incident);
}

int yj_outage_of_device(
    struct yj_store *s, const char *device, int64_t *incident, enum yj_inc_state *state)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT o.incident, i.state FROM outage_devices d"
			  " JOIN outages o ON o.incident = d.incident AND o.ended_utc_ms IS NULL"
			  " JOIN incidents i ON i.n = o.incident WHERE d.device = ?1 AND d.away = 1"
			  " ORDER BY i.state LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", device);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	*incident = sqlite3_column_int64(q, 0);
	*state = (enum yj_inc_state)sqlite3_column_int(q, 1);
	sqlite3_reset(q);
	return 0;
}

int yj_outage_back(struct yj_store *s, const char *device, int64_t now_utc_ms, bool *was)
{
	int64_t incident;
	enum yj_inc_state state;
	int rc = yj_outage_of_device(s, device, &incident, &state);
	*was = rc == 0;
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	return yj_db_run(s,
	    "UPDATE outage_devices SET away = 0, back_utc_ms = ?2 WHERE device = ?1 AND away = 1",
	    "ti", device, now_utc_ms);
}

int yj_outage_of_region(struct yj_store *s, const char *region, int64_t *incident)
{
	return yj_db_int(s, incident,
	    "SELECT o.incident FROM outages o JOIN incidents i ON i.n = o.incident AND i.state < 3"
	    " WHERE o.ended_utc_ms IS NULL AND EXISTS (SELECT 1 FROM outage_devices d"
	    "  WHERE d.incident = o.incident AND d.region = ?1) ORDER BY o.incident LIMIT 1",
	    "t", region);
}

int yj_outage_regions(struct yj_store *s, int64_t incident, int digits, struct yj_names *out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT DISTINCT substr(substr(region, 1, ?2) || '000000', 1, 12) FROM outage_devices"
	    " WHERE incident = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ii", incident, (int64_t)digits);
	return yj_db_names(s, q, out);
}

static json_t *home_json(sqlite3_stmt *q)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "resident",
	    yj_read_column(q, 0), "name", yj_read_column(q, 1), "address", yj_read_column(q, 2),
	    "phone", yj_read_column(q, 3), "risk", yj_read_column(q, 4), "region",
	    yj_read_column(q, 5), "region_name", yj_read_column(q, 6), "device",
	    yj_read_column(q, 7), "back_at", yj_read_time(yj_db_time(q, 8)));
}

/* A couple's device is two names at one home; a resident with two devices is there once. */
int yj_outage_homes(struct yj_store *s, int64_t incident, json_t **out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT r.id, coalesce(r.name, n.name, d.id), coalesce(r.address, d.place, n.address),"
	    " coalesce(r.phone, n.phone), r.risk, o.region, g.name, min(d.id),"
	    " CASE WHEN max(o.away) THEN NULL ELSE max(o.back_utc_ms) END"
	    " FROM outage_devices o JOIN devices d ON d.id = o.device"
	    " LEFT JOIN device_residents x ON x.device = o.device"
	    " LEFT JOIN residents r ON r.id = coalesce(x.resident, o.resident)"
	    " LEFT JOIN institutions n ON n.id = d.institution"
	    " LEFT JOIN regions g ON g.code = o.region AND g.gone_utc_ms IS NULL"
	    " WHERE o.incident = ?1 GROUP BY coalesce('r' || r.id, 'd' || d.id)"
	    " ORDER BY max(o.away) DESC,"
	    " CASE r.risk WHEN 'high' THEN 0 WHEN 'key' THEN 1 ELSE 2 END, o.region,"
	    " r.address, r.name, r.id");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", incident);
	return yj_read_list(s, q, home_json, out);
}
