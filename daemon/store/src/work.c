#include "store/work.h"

#include <stdio.h>
#include <string.h>

#include "read.h"
#include "store/incident.h"

static const char *const names[YJ_WORK_COUNT] = {
    [YJ_WORK_OFFLINE] = "offline",
    [YJ_WORK_FLAPPING] = "flapping",
    [YJ_WORK_BATTERY] = "battery_low",
    [YJ_WORK_FORECAST] = "battery_empty_soon",
    [YJ_WORK_MAINS] = "mains_lost",
    [YJ_WORK_TAMPER] = "tamper",
    [YJ_WORK_TROUBLE] = "trouble",
    [YJ_WORK_SEALED] = "sealed",
};

const char *yj_work_name(enum yj_work what)
{
	return names[what];
}

void yj_work_id(const struct yj_store *s, int64_t n, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s-w%lld", s->gateway, (long long)n);
}

int yj_work_parse(const struct yj_store *s, const char *id, int64_t *n)
{
	return yj_db_number_of(s, id, "-w", n);
}

int yj_work_add(struct yj_store *s, const char *device, enum yj_work what, int64_t now_utc_ms,
    int64_t due_utc_ms, bool raised)
{
	return yj_db_run(s,
	    "INSERT INTO device_work (device, what, since_utc_ms, due_utc_ms, raised_utc_ms)"
	    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
	    "tiiiI", device, (int64_t)what, now_utc_ms, due_utc_ms,
	    raised ? now_utc_ms : INT64_MAX);
}

int yj_work_gone(struct yj_store *s, const char *device, enum yj_work what, int64_t now_utc_ms)
{
	int rc = yj_db_run(s,
	    "DELETE FROM device_work WHERE device = ?1 AND what = ?2 AND closed_utc_ms IS NULL"
	    " AND raised_utc_ms IS NULL",
	    "ti", device, (int64_t)what);
	if (rc < 0)
		return rc;
	return yj_db_run(s,
	    "UPDATE device_work SET closed_utc_ms = ?3 WHERE device = ?1 AND what = ?2"
	    " AND closed_utc_ms IS NULL",
	    "tii", device, (int64_t)what, now_utc_ms);
}

int yj_work_done(struct yj_store *s, int64_t n, const char *device, const char *by,
    int64_t now_utc_ms, int *done)
{
	int rc =
	    n ? yj_db_run(s,
		    "UPDATE device_work SET closed_utc_ms = ?2, closed_by = ?3 WHERE n = ?1"
		    " AND closed_utc_ms IS NULL",
		    "iit", n, now_utc_ms, by)
	      : yj_db_run(s,
		    "UPDATE device_work SET closed_utc_ms = ?2, closed_by = ?3"
		    " WHERE device = ?1 AND closed_utc_ms IS NULL AND raised_utc_ms IS NOT NULL",
		    "tit", device, now_utc_ms, by);
	if (rc == 0)
		*done = sqlite3_changes(s->db);
	return rc;
}

int yj_work_of(struct yj_store *s, const char *device, unsigned *mask)
{
	sqlite3_stmt *q = yj_db_stmt(
	    s, "SELECT what FROM device_work WHERE device = ?1 AND closed_utc_ms IS NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", device);
	int rc;
	unsigned found = 0;
	while ((rc = yj_db_step(s, q)) == 1)
		found |= 1U << (sqlite3_column_int(q, 0) & 31);
	if (rc == 0)
		*mask = found;
	return rc;
}

static void read_row(sqlite3_stmt *q, struct yj_work_row *row)
{
	row->n = sqlite3_column_int64(q, 0);
	yj_db_copy(q, 1, row->device, sizeof row->device);
	row->what = (enum yj_work)(sqlite3_column_int(q, 2) % YJ_WORK_COUNT);
	row->since_utc_ms = sqlite3_column_int64(q, 3);
	row->raised = sqlite3_column_type(q, 4) != SQLITE_NULL;
	row->told = sqlite3_column_type(q, 5) != SQLITE_NULL;
}

int yj_work_get(struct yj_store *s, int64_t n, struct yj_work_row *row)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT n, device, what, since_utc_ms, raised_utc_ms, told_utc_ms"
			  " FROM device_work WHERE n = ?1 AND closed_utc_ms IS NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	read_row(q, row);
	sqlite3_reset(q);
	return 0;
}

int yj_work_due(
    struct yj_store *s, int64_t now_utc_ms, struct yj_work_row *rows, size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT n, device, what, since_utc_ms, raised_utc_ms, told_utc_ms FROM device_work"
	    " WHERE closed_utc_ms IS NULL AND due_utc_ms <= ?1 ORDER BY due_utc_ms LIMIT ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ii", now_utc_ms, (int64_t)cap);
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

bool yj_work_any_due(struct yj_store *s, int64_t now_utc_ms)
{
	int64_t due;
	return yj_db_int(s, &due,
		   "SELECT min(due_utc_ms) FROM device_work WHERE closed_utc_ms IS NULL",
		   "") == 0 &&
	       due <= now_utc_ms;
}

int yj_work_later(
    struct yj_store *s, int64_t n, int64_t now_utc_ms, int64_t due_utc_ms, bool raised, bool told)
{
	return yj_db_run(s,
	    "UPDATE device_work SET due_utc_ms = ?2,"
	    " raised_utc_ms = coalesce(raised_utc_ms, ?3), told_utc_ms = coalesce(?4, told_utc_ms)"
	    " WHERE n = ?1",
	    "iiII", n, due_utc_ms, raised ? now_utc_ms : INT64_MAX, told ? now_utc_ms : INT64_MAX);
}

/* ── for people ── */

/* Whose device it is may have changed since: as it is now. */
static int add_whose(struct yj_store *s, const char *prefix, json_t *list)
{
	for (size_t i = json_array_size(list); i-- > 0;) {
		struct yj_device d;
		struct yj_whose w = {.region = ""};
		json_t *o = json_array_get(list, i);
		const char *device = json_string_value(json_object_get(o, "device"));
		int rc = yj_device_find(s, device ? device : "", &d);
		if (rc == 0)
			rc = yj_whose_find(s, &d, &w);
		if (rc < 0 && rc != YJ_ERR_NOTFOUND)
			return rc;
		if (strncmp(w.region, prefix, strlen(prefix)) != 0) {
			json_array_remove(list, i);
			continue;
		}
		json_object_set_new(o, "resident", yj_read_text(w.resident));
		json_object_set_new(o, "region", yj_read_text(w.region));
	}
	return 0;
}

int yj_read_work(struct yj_store *s, bool all, const char *region, json_t **out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT n, device, what, since_utc_ms, told_utc_ms, closed_utc_ms, closed_by"
	    " FROM device_work WHERE raised_utc_ms IS NOT NULL AND (?1 OR closed_utc_ms IS NULL)"
	    " ORDER BY n DESC");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", (int64_t)all);
	json_t *list = json_array();
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		char id[YJ_NAME_MAX + 24];
		yj_work_id(s, sqlite3_column_int64(q, 0), id, sizeof id);
		json_t *o = json_pack("{s:s, s:o, s:s, s:o, s:o}", "id", id, "device",
		    yj_read_column(q, 1), "what", names[sqlite3_column_int(q, 2) % YJ_WORK_COUNT],
		    "since", yj_read_time(sqlite3_column_int64(q, 3)), "told_at",
		    yj_read_time(yj_db_time(q, 4)));
		if (o && all)
			json_object_set_new(o, "ended_at", yj_read_time(yj_db_time(q, 5)));
		if (o && all)
			json_object_set_new(o, "by", yj_read_text(yj_db_text(q, 6)));
		if (json_array_append_new(list, o) < 0) {
			sqlite3_reset(q);
			rc = YJ_ERR_NOMEM;
			break;
		}
	}
	if (rc == 0)
		rc = add_whose(s, region, list);
	if (rc < 0)
		json_decref(list);
	else
		*out = list;
	return rc;
}

int yj_read_work_of(struct yj_store *s, const char *device, json_t **out)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT what FROM device_work WHERE device = ?1 AND closed_utc_ms IS NULL"
			  " AND raised_utc_ms IS NOT NULL ORDER BY what");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", device);
	json_t *list = json_array();
	int rc;
	while ((rc = yj_db_step(s, q)) == 1)
		json_array_append_new(
		    list, json_string(names[sqlite3_column_int(q, 0) % YJ_WORK_COUNT]));
	if (rc < 0)
		json_decref(list);
	else
		*out = list;
	return rc;
}
