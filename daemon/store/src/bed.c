#include "store/bed.h"

#include <stdio.h>
#include <string.h>

#include "db.h"
#include "proto/words.h"

int yj_bed_put(struct yj_store *s, const struct yj_bed_row *row)
{
	return yj_db_run(s,
	    "INSERT INTO bed_sensors (device, lies, since_t, since_utc_ms, turn_t, turn_night,"
	    " return_t, told) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
	    " ON CONFLICT (device) DO UPDATE SET lies = ?2, since_t = ?3, since_utc_ms = ?4,"
	    " turn_t = ?5, turn_night = ?6, return_t = ?7, told = ?8",
	    "tiiiIiIi", row->device, (int64_t)row->lies, row->since_t, row->since_utc_ms,
	    row->turn_t, (int64_t)row->turn_night, row->return_t, (int64_t)row->told);
}

int yj_bed_each(struct yj_store *s, int (*fn)(void *ctx, const struct yj_bed_row *row), void *ctx)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT device, lies, since_t, since_utc_ms, turn_t,"
					" turn_night, return_t, told FROM bed_sensors");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		struct yj_bed_row row = {
		    .lies = sqlite3_column_int(q, 1),
		    .since_t = sqlite3_column_int64(q, 2),
		    .since_utc_ms = sqlite3_column_int64(q, 3),
		    .turn_t = yj_db_time(q, 4),
		    .turn_night = sqlite3_column_int(q, 5),
		    .return_t = yj_db_time(q, 6),
		    .told = (unsigned)sqlite3_column_int(q, 7),
		};
		yj_db_copy(q, 0, row.device, sizeof row.device);
		rc = fn(ctx, &row);
		if (rc < 0)
			break;
	}
	sqlite3_reset(q);
	return rc;
}

/* ── what it stands for ── */

struct bed {
	char id[YJ_NAME_MAX + 1], device[YJ_NAME_MAX + 1];
	enum yj_bed_kind kind;
	int64_t return_ms;
};

static int read_bed(struct yj_store *s, sqlite3_stmt *q, const char *key, struct bed *out)
{
	*out = (struct bed){.id = ""};
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", key);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc;
	yj_db_copy(q, 0, out->id, sizeof out->id);
	yj_db_copy(q, 1, out->device, sizeof out->device);
	out->kind = (enum yj_bed_kind)sqlite3_column_int(q, 2);
	out->return_ms = sqlite3_column_int64(q, 3);
	sqlite3_reset(q);
	return 0;
}

static int read_ranges(
    struct yj_store *s, const char *resident, struct yj_vital_range out[YJ_VITAL_COUNT])
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT vital_ranges FROM residents WHERE id = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", resident);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc;
	const char *text = yj_db_text(q, 0);
	if (yj_vital_ranges_parse(text, strlen(text), out) < 0) /* checked when it was put */
		memset(out, 0, YJ_VITAL_COUNT * sizeof *out);
	sqlite3_reset(q);
	return 0;
}

/* Without a bed that names it, a sensor goes with its resident, unless it stands where another one
 * lies for it. */
static bool is_elsewhere(
    const struct bed *stands, const struct bed *lies, const char *device, bool is_bed)
{
	if (!lies->id[0])
		return false;
	if (stands->id[0])
		return strcmp(stands->id, lies->id) != 0;
	return is_bed && lies->kind != YJ_BED_HOME && lies->device[0] &&
	       strcmp(lies->device, device) != 0;
}

int yj_bed_place(
    struct yj_store *s, const char *device, const char *resident, struct yj_bed_place *out)
{
	struct bed stands = {.id = ""}, lies = {.id = ""};
	memset(out, 0, sizeof *out);
	int rc = yj_bed_is_sensor(s, device, &out->is_bed);
	if (rc == 0)
		rc = read_bed(s,
		    yj_db_stmt(s, "SELECT id, device, kind, return_within_ms FROM beds WHERE"
				  " device = ?1 AND gone_utc_ms IS NULL ORDER BY id LIMIT 1"),
		    device, &stands);
	if (rc == 0 && resident[0])
		rc = read_bed(s,
		    yj_db_stmt(s, "SELECT id, device, kind, return_within_ms FROM beds WHERE"
				  " occupant = ?1 AND gone_utc_ms IS NULL"
				  " ORDER BY kind DESC, id LIMIT 1"),
		    resident, &lies);
	if (rc == 0 && resident[0])
		rc = read_ranges(s, resident, out->ranges);
	if (rc < 0)
		return rc;
	const struct bed *bed = stands.id[0] ? &stands : &lies;
	memcpy(out->bed, bed->id, sizeof out->bed);
	out->return_within_ms = bed->return_ms;
	out->elsewhere = is_elsewhere(&stands, &lies, device, out->is_bed);
	return 0;
}

int yj_bed_is_sensor(struct yj_store *s, const char *device, bool *is)
{
	int64_t found;
	int rc = yj_db_int(s, &found,
	    "SELECT d.kind = ?2 OR EXISTS (SELECT 1 FROM beds b WHERE b.device = d.id"
	    " AND b.gone_utc_ms IS NULL) FROM devices d WHERE d.id = ?1",
	    "ti", device, (int64_t)YJ_DEVICE_BED);
	*is = rc == 0 && found;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

/* ── what was measured ── */

int yj_bed_vital_put(
    struct yj_store *s, int64_t incident, enum yj_vital vital, double value, int64_t utc_ms)
{
	return yj_db_run(s,
	    "INSERT INTO incident_vitals (incident, vital, value, utc_ms) VALUES (?1, ?2, ?3, ?4)"
	    " ON CONFLICT (incident, vital) DO UPDATE SET value = ?3, utc_ms = ?4",
	    "iidi", incident, (int64_t)vital, value, utc_ms);
}

int yj_bed_vital_words(struct yj_store *s, int64_t incident, bool en, char *buf, size_t cap)
{
	static const struct {
		const char *zh, *zh_unit, *en, *en_unit;
	} words[YJ_VITAL_COUNT] = {
	    [YJ_VITAL_HR] = {"心率", "次/分", "heart rate", "/min"},
	    [YJ_VITAL_RR] = {"呼吸", "次/分", "breathing rate", "/min"},
	    [YJ_VITAL_SPO2] = {"血氧", "%", "SpO2", "%"},
	};
	sqlite3_stmt *q = yj_db_stmt(
	    s, "SELECT vital, value FROM incident_vitals WHERE incident = ?1 ORDER BY vital");
	buf[0] = '\0';
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", incident);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		int vital = sqlite3_column_int(q, 0);
		double value = sqlite3_column_double(q, 1);
		size_t n = strlen(buf);
		if (vital < 0 || vital >= YJ_VITAL_COUNT)
			continue;
		if (n)
			n += (size_t)snprintf(buf + n, cap - n, "%s", en ? ", " : "，");
		if (n < cap)
			snprintf(buf + n, cap - n, "%s %g%s",
			    en ? words[vital].en : words[vital].zh, value,
			    en ? words[vital].en_unit : words[vital].zh_unit);
	}
	return rc;
}
