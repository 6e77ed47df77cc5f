#include "store/foreign.h"

#include <string.h>

#include "db.h"
#include "proto/time.h"
#include "proto/utf8.h"

int yj_foreign_get(struct yj_store *s, const char *device, struct yj_foreign_device *out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT family, coalesce(address, ''), coalesce(keys, ''), coalesce(feedback, ''),"
	    " coalesce((SELECT route FROM device_routes r WHERE r.device = d.id), '')"
	    " FROM devices d WHERE id = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", device);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(q, 0, out->family, sizeof out->family);
	yj_db_copy(q, 1, out->address, sizeof out->address);
	yj_db_copy(q, 2, out->keys, sizeof out->keys);
	yj_db_copy(q, 3, out->feedback, sizeof out->feedback);
	yj_db_copy(q, 4, out->route, sizeof out->route);
	sqlite3_reset(q);
	return 0;
}

int yj_foreign_route(struct yj_store *s, const char *device, const char *route)
{
	return yj_db_run(s,
	    "INSERT INTO device_routes (device, route) VALUES (?1, ?2)"
	    " ON CONFLICT (device) DO UPDATE SET route = ?2 WHERE route <> ?2",
	    "tt", device, route);
}

int yj_foreign_recall(
    struct yj_store *s, const char *device, const char *field, char *value, size_t cap, int64_t *t)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT value, t FROM device_memory WHERE device = ?1 AND field = ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tt", device, field);
	int rc = yj_db_step(s, q);
	if (rc < 0)
		return rc;
	if (rc > 0 && (size_t)sqlite3_column_bytes(q, 0) >= cap)
		rc = YJ_ERR_FULL;
	if (rc > 0)
		yj_db_copy(q, 0, value, cap);
	else
		value[0] = '\0';
	*t = rc > 0 ? sqlite3_column_int64(q, 1) : 0;
	sqlite3_reset(q);
	return rc < 0 ? rc : 0;
}

int yj_foreign_remember(
    struct yj_store *s, const char *device, const char *field, const char *value, int64_t t)
{
	int rc = yj_db_run(s,
	    "INSERT INTO device_memory (device, field, value, t) VALUES (?1, ?2, ?3, ?4)"
	    " ON CONFLICT (device, field) DO UPDATE SET value = ?3, t = ?4",
	    "ttti", device, field, value, t);
	if (rc < 0)
		return rc;
	/* names of keys are the device's own: they go first, a condition that lasts goes last */
	return yj_db_run(s,
	    "DELETE FROM device_memory WHERE device = ?1 AND field IN"
	    " (SELECT field FROM device_memory WHERE device = ?1 AND field <> ?2"
	    " ORDER BY field NOT BETWEEN 'key:' AND 'key;', t"
	    " LIMIT max(0, (SELECT count(*) FROM device_memory WHERE device = ?1) - ?3))",
	    "tti", device, field, (int64_t)YJ_REMEMBERED_MAX);
}

int yj_foreign_seen(struct yj_store *s, const char *family, const char *address, int64_t utc_ms,
    const char *said, bool serious, const char *topic, const void *payload, size_t len)
{
	if (len > YJ_SEEN_PAYLOAD_MAX)
		len = YJ_SEEN_PAYLOAD_MAX;
	sqlite3_stmt *q = yj_db_stmt(s,
	    "INSERT INTO devices_seen (family, address, first_utc_ms, last_utc_ms, times, said,"
	    " topic, payload) VALUES (?1, ?2, ?3, ?3, 1, ?4, ?6, ?7)"
	    " ON CONFLICT (family, address) DO UPDATE SET last_utc_ms = ?3, times = times + 1,"
	    " said = CASE WHEN ?5 THEN ?4 ELSE said END, topic = ?6, payload = ?7");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ttitit", family, address, utc_ms, said, (int64_t)serious, topic);
	sqlite3_bind_blob(q, 7, len ? payload : "", (int)len, SQLITE_STATIC);
	int rc = yj_db_step(s, q);
	if (rc < 0)
		return rc;
	return yj_db_run(s,
	    "DELETE FROM devices_seen WHERE (SELECT count(*) FROM devices_seen) > ?1"
	    " AND (family, address) IN"
	    " (SELECT family, address FROM devices_seen ORDER BY last_utc_ms LIMIT 1)",
	    "i", (int64_t)YJ_SEEN_MAX);
}

static json_t *shown(const char *bytes, size_t len)
{
	char text[YJ_SEEN_PAYLOAD_MAX + 1];
	size_t used = 0;
	for (size_t i = 0; i < len && used < YJ_SEEN_PAYLOAD_MAX;) {
		size_t n = yj_utf8_char(bytes + i, len - i);
		bool good = n > 1 || (n == 1 && bytes[i] >= ' ');
		if (n > YJ_SEEN_PAYLOAD_MAX - used)
			break;
		if (good)
			memcpy(text + used, bytes + i, n);
		else
			text[used] = '?';
		used += good ? n : 1;
		i += n ? n : 1;
	}
	return json_stringn(text, used);
}

static json_t *time_of(sqlite3_stmt *q, int column)
{
	char buf[YJ_RFC3339_LEN];
	return json_string(yj_rfc3339_format(sqlite3_column_int64(q, column), buf));
}

int yj_foreign_seen_list(struct yj_store *s, json_t **out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT family, address, first_utc_ms, last_utc_ms, times, said, topic, payload"
	    " FROM devices_seen s WHERE NOT EXISTS (SELECT 1 FROM devices d WHERE d.family = "
	    "s.family"
	    " AND d.address = s.address COLLATE NOCASE AND d.gone_utc_ms IS NULL)"
	    " ORDER BY last_utc_ms DESC, family, address");
	json_t *list = q ? json_array() : NULL;
	if (!list)
		return q ? YJ_ERR_NOMEM : yj_db_err(s, s->last_sqlite);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		json_t *row = json_pack("{s:s, s:s, s:o, s:o, s:I, s:s, s:s, s:o}", "family",
		    yj_db_text(q, 0), "address", yj_db_text(q, 1), "first", time_of(q, 2), "last",
		    time_of(q, 3), "times", (json_int_t)sqlite3_column_int64(q, 4), "said",
		    yj_db_text(q, 5), "topic", yj_db_text(q, 6), "payload",
		    shown(sqlite3_column_blob(q, 7), (size_t)sqlite3_column_bytes(q, 7)));
		if (!row || json_array_append_new(list, row) < 0) {
			rc = YJ_ERR_NOMEM;
			break;
		}
	}
	sqlite3_reset(q);
	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	*out = list;
	return 0;
}

int yj_foreign_in_use(
    struct yj_store *s, int (*fn)(void *ctx, const char *family, const char *address), void *ctx)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT DISTINCT family, '' FROM devices WHERE gone_utc_ms IS NULL"
			  " AND family <> 'native' UNION ALL"
			  " SELECT family, address FROM devices WHERE gone_utc_ms IS NULL"
			  " AND family <> 'native' AND instr(address, '/') > 0 UNION"
			  " SELECT family, substr(address, 1, instr(address, ':')) FROM devices"
			  " WHERE gone_utc_ms IS NULL AND family <> 'native'"
			  " AND instr(address, ':') BETWEEN 2 AND 8 AND instr(address, '/') = 0");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	char family[33], address[129];
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		yj_db_copy(q, 0, family, sizeof family);
		yj_db_copy(q, 1, address, sizeof address);
		rc = fn(ctx, family, address);
		if (rc < 0)
			break;
	}
	sqlite3_reset(q);
	return rc;
}
