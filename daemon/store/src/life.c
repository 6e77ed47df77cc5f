#include "store/life.h"

#include <stdio.h>
#include <string.h>

#include "db.h"
#include "dir.h"

int yj_life_put(struct yj_store *s, const struct yj_life_row *row)
{
	return yj_db_run(s,
	    "INSERT INTO life (resident, heard_ms, utc_ms, flags, rest_t)"
	    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (resident) DO UPDATE SET heard_ms = ?2,"
	    " utc_ms = ?3, flags = ?4, rest_t = ?5",
	    "tiiiI", row->resident, row->heard_ms, row->utc_ms, (int64_t)row->flags, row->rest_t);
}

static void read_row(sqlite3_stmt *q, struct yj_life_row *row)
{
	yj_db_copy(q, 0, row->resident, sizeof row->resident);
	row->heard_ms = sqlite3_column_int64(q, 1);
	row->utc_ms = sqlite3_column_int64(q, 2);
	row->flags = (unsigned)sqlite3_column_int(q, 3);
	row->rest_t = yj_db_time(q, 4);
}

int yj_life_get(struct yj_store *s, const char *resident, struct yj_life_row *out)
{
	sqlite3_stmt *q = yj_db_stmt(
	    s, "SELECT resident, heard_ms, utc_ms, flags, rest_t FROM life WHERE resident = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", resident);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	read_row(q, out);
	sqlite3_reset(q);
	return 0;
}

int yj_life_each(
    struct yj_store *s, int (*each)(void *ctx, const struct yj_life_row *row), void *ctx)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT resident, heard_ms, utc_ms, flags, rest_t FROM life");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		struct yj_life_row row;
		read_row(q, &row);
		int err = each(ctx, &row);
		if (err < 0) {
			sqlite3_reset(q);
			return err;
		}
	}
	return rc;
}

int yj_life_residents(struct yj_store *s, const char *device, struct yj_names *out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT r.resident FROM device_residents r JOIN devices d ON d.id = r.device"
	    " WHERE r.device = ?1 AND d.gone_utc_ms IS NULL AND d.revoked_utc_ms IS NULL"
	    " AND (d.institution IS NULL OR"
	    "  (SELECT count(*) FROM device_residents o WHERE o.device = d.id) = 1)"
	    " UNION SELECT b.occupant FROM beds b JOIN devices d ON d.id = b.device"
	    " WHERE b.device = ?1 AND b.kind = ?2 AND b.occupant IS NOT NULL"
	    " AND b.gone_utc_ms IS NULL AND d.gone_utc_ms IS NULL AND d.revoked_utc_ms IS NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", device, (int64_t)YJ_BED_HOME);
	return yj_db_names(s, q, out);
}

/* Devices that can tell of a resident: bound to them, or of the home bed that they have. */
#define THEIR_DEVICES                                                                              \
	"(SELECT r.device FROM device_residents r WHERE r.resident = ?1"                           \
	" UNION SELECT b.device FROM beds b WHERE b.occupant = ?1 AND b.kind = ?2"                 \
	"  AND b.device IS NOT NULL AND b.gone_utc_ms IS NULL)"

static int count_devices(struct yj_store *s, const char *resident, struct yj_life_facts *out)
{
	int online[2] = {0, 0};
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT d.kind, coalesce(t.online, 0) FROM devices d"
	    " LEFT JOIN device_status t ON t.device = d.id WHERE d.id IN " THEIR_DEVICES
	    " AND d.gone_utc_ms IS NULL AND d.revoked_utc_ms IS NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", resident, (int64_t)YJ_BED_HOME);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		bool sensor = sqlite3_column_int(q, 0) != YJ_DEVICE_BUTTON;
		out->devices++;
		out->sensors += sensor;
		online[sensor] += sqlite3_column_int(q, 1) != 0;
	}
	out->online = out->sensors ? online[1] : online[0];
	return rc;
}

int yj_life_facts(struct yj_store *s, const char *resident, struct yj_life_facts *out)
{
	memset(out, 0, sizeof *out);
	out->limit_ms = INT64_MAX;
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT coalesce(status, ''), coalesce(status_until, ''), risk = 'high', inactivity,"
	    " EXISTS (SELECT 1 FROM beds b WHERE b.occupant = r.id AND b.kind <> ?2"
	    "  AND b.gone_utc_ms IS NULL),"
	    " EXISTS (SELECT 1 FROM incidents i WHERE i.subject = 'r:' || ?1 AND i.kind = ?3"
	    "  AND i.state < 3)"
	    " FROM residents r WHERE id = ?1 AND gone_utc_ms IS NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tii", resident, (int64_t)YJ_BED_HOME, (int64_t)YJ_KIND_INACTIVITY);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc;
	out->there = true;
	yj_db_copy(q, 0, out->status, sizeof out->status);
	yj_db_copy(q, 1, out->status_until, sizeof out->status_until);
	out->high = sqlite3_column_int(q, 2) != 0;
	out->limit_ms = yj_db_time(q, 3);
	out->elsewhere = sqlite3_column_int(q, 4) != 0;
	out->open = sqlite3_column_int(q, 5) != 0;
	sqlite3_reset(q);
	return count_devices(s, resident, out);
}

int yj_life_dark(struct yj_store *s, const char *resident, int64_t since_utc_ms, bool *dark)
{
	int64_t found = 0;
	int rc = yj_db_int(s, &found,
	    "SELECT EXISTS (SELECT 1 FROM " THEIR_DEVICES " h"
	    " JOIN outage_devices m ON m.device = h.device JOIN incidents i ON i.n = m.incident"
	    " WHERE (m.away = 1 AND i.closed_utc_ms IS NULL) OR m.back_utc_ms > ?3)",
	    "tii", resident, (int64_t)YJ_BED_HOME, since_utc_ms);
	*dark = found != 0;
	return rc;
}

int yj_life_status_set(
    struct yj_store *s, const char *resident, const char *status, const char *until)
{
	int64_t found;
	int rc = yj_db_int(s, &found,
	    "SELECT 1 FROM residents WHERE id = ?1 AND gone_utc_ms IS NULL", "t", resident);
	if (rc == 0)
		rc = yj_db_run(s,
		    "UPDATE residents SET status = ?2, status_until = ?3 WHERE id = ?1", "ttt",
		    resident, status, until[0] ? until : NULL);
	return rc < 0 ? rc : yj_dir_touch(s);
}

int yj_life_untils(
    struct yj_store *s, const char *after, struct yj_life_until *v, size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT id, status_until FROM residents WHERE id > ?1 AND status_until IS NOT NULL"
	    " AND gone_utc_ms IS NULL AND status IN ('away', 'moved') ORDER BY id LIMIT ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", after, (int64_t)cap);
	size_t got = 0;
	int rc = 0;
	while (got < cap && (rc = yj_db_step(s, q)) == 1) {
		yj_db_copy(q, 0, v[got].resident, sizeof v[got].resident);
		yj_db_copy(q, 1, v[got].until, sizeof v[got].until);
		got++;
	}
	sqlite3_reset(q);
	*n = got;
	return rc < 0 ? rc : 0;
}

int yj_life_listed(
    struct yj_store *s, const char *caregiver, const char *called, struct yj_names *out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT r.id FROM caregiver_residents c JOIN residents r ON r.id = c.resident"
	    " WHERE c.caregiver = ?1 AND r.gone_utc_ms IS NULL"
	    " AND (?2 = '' OR r.id = ?2 OR r.name = ?2) ORDER BY c.pos");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tt", caregiver, called);
	return yj_db_names(s, q, out);
}

int yj_life_called(struct yj_store *s, const char *called, size_t cap, struct yj_names *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT id FROM residents WHERE (id = ?1 OR name = ?1)"
					" AND gone_utc_ms IS NULL ORDER BY id LIMIT ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", called, (int64_t)cap);
	return yj_db_names(s, q, out);
}

int yj_resident_name(struct yj_store *s, const char *resident, char *buf, size_t cap)
{
	buf[0] = '\0';
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT name FROM residents WHERE id = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", resident);
	int rc = yj_db_step(s, q);
	if (rc == 1) {
		yj_db_copy(q, 0, buf, cap);
		sqlite3_reset(q);
	}
	return rc < 0 ? rc : 0;
}
