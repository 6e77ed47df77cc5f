/* Devices as the alert path sees them, and whose alert it is. */
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "store/incident.h"

#define DEVICE                                                                                     \
	"SELECT d.id, d.family, d.institution, d.region, d.heartbeat_ms, d.test_until_t,"          \
	" d.revoked_utc_ms, d.gone_utc_ms,"                                                        \
	" (SELECT count(*) FROM device_residents r WHERE r.device = d.id),"                        \
	" (SELECT r.resident FROM device_residents r WHERE r.device = d.id"                        \
	"  ORDER BY r.pos LIMIT 1) FROM devices d"

static int read_device(struct yj_store *s, sqlite3_stmt *q, struct yj_device *out)
{
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	memset(out, 0, sizeof *out);
	yj_db_copy(q, 0, out->id, sizeof out->id);
	yj_db_copy(q, 1, out->family, sizeof out->family);
	yj_db_copy(q, 2, out->institution, sizeof out->institution);
	yj_db_copy(q, 3, out->region, sizeof out->region);
	out->heartbeat_ms = sqlite3_column_int64(q, 4);
	out->test_until_t = yj_db_time(q, 5);
	out->revoked = sqlite3_column_type(q, 6) != SQLITE_NULL;
	out->gone = sqlite3_column_type(q, 7) != SQLITE_NULL;
	out->n_residents = sqlite3_column_int(q, 8);
	yj_db_copy(q, 9, out->resident, sizeof out->resident);
	sqlite3_reset(q);
	return 0;
}

int yj_device_find(struct yj_store *s, const char *id, struct yj_device *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, DEVICE " WHERE d.id = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", id);
	return read_device(s, q, out);
}

int yj_device_find_address(
    struct yj_store *s, const char *family, const char *address, struct yj_device *out)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, DEVICE " WHERE d.family = ?1 AND d.address = ?2 COLLATE NOCASE"
				 " AND d.gone_utc_ms IS NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tt", family, address);
	return read_device(s, q, out);
}

int yj_device_test_set(struct yj_store *s, const char *id, int64_t until_t)
{
	return yj_db_run(
	    s, "UPDATE devices SET test_until_t = ?2 WHERE id = ?1", "tI", id, until_t);
}

int yj_device_test_done(
    struct yj_store *s, const char *id, const char *resident, int64_t now_utc_ms)
{
	int rc = yj_device_test_set(s, id, INT64_MAX);
	return rc < 0
		   ? rc
		   : yj_db_run(s,
			 "INSERT INTO device_tests (device, utc_ms, resident) VALUES (?1, ?2, ?3)"
			 " ON CONFLICT (device) DO UPDATE SET utc_ms = ?2, resident = ?3",
			 "tit", id, now_utc_ms, resident);
}

struct bed {
	char id[YJ_NAME_MAX + 1], institution[YJ_NAME_MAX + 1], occupant[YJ_NAME_MAX + 1];
	char policy[YJ_NAME_MAX + 1];
	enum yj_bed_kind kind;
};

static void copy_bed(sqlite3_stmt *q, struct bed *out)
{
	yj_db_copy(q, 0, out->id, sizeof out->id);
	out->kind = (enum yj_bed_kind)sqlite3_column_int(q, 1);
	yj_db_copy(q, 2, out->institution, sizeof out->institution);
	yj_db_copy(q, 3, out->occupant, sizeof out->occupant);
	yj_db_copy(q, 4, out->policy, sizeof out->policy);
}

static int read_bed(struct yj_store *s, sqlite3_stmt *q, struct bed *out)
{
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	copy_bed(q, out);
	sqlite3_reset(q);
	return 0;
}

/* Where somebody lies counts more than the home they came from, so the kinds are tried from the
 * hospital down, should a resident stand in two beds. */
static int bed_of_occupant(struct yj_store *s, const char *resident, struct bed *out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT id, kind, institution, occupant, policy FROM beds"
	    " WHERE occupant = ?1 AND gone_utc_ms IS NULL ORDER BY id"); /* as the index has it */
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", resident);
	int rc, found = YJ_ERR_NOTFOUND;
	while ((rc = yj_db_step(s, q)) == 1) {
		if (found == 0 && sqlite3_column_int(q, 1) <= (int)out->kind)
			continue;
		copy_bed(q, out);
		found = 0;
	}
	return rc < 0 ? rc : found;
}

static int bed_of_device(struct yj_store *s, const char *device, struct bed *out)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT id, kind, institution, occupant, policy FROM beds"
			  " WHERE device = ?1 AND gone_utc_ms IS NULL ORDER BY id LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", device);
	return read_bed(s, q, out);
}

/* Two columns of a record by id; "" where there is none. */
static int region_and_policy(struct yj_store *s, const char *sql, const char *id, char region[13],
    char policy[YJ_NAME_MAX + 1])
{
	region[0] = policy[0] = '\0';
	if (!id[0])
		return 0;
	sqlite3_stmt *q = yj_db_stmt(s, sql);
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", id);
	int rc = yj_db_step(s, q);
	if (rc == 1) {
		yj_db_copy(q, 0, region, 13);
		yj_db_copy(q, 1, policy, YJ_NAME_MAX + 1);
		sqlite3_reset(q);
	}
	return rc < 0 ? rc : 0;
}

static void first_of(
    char *to, size_t cap, const char *a, const char *b, const char *c, const char *d)
{
	snprintf(to, cap, "%s", a[0] ? a : b[0] ? b : c[0] ? c : d);
}

static int fill(
    struct yj_store *s, const struct bed *bed, const struct yj_device *device, struct yj_whose *w)
{
	char inst_region[13] = "", inst_policy[YJ_NAME_MAX + 1] = "";
	char res_region[13] = "", res_policy[YJ_NAME_MAX + 1] = "";
	int rc = region_and_policy(s, "SELECT region, policy FROM institutions WHERE id = ?1",
	    w->institution, inst_region, inst_policy);
	if (rc == 0)
		rc = region_and_policy(s, "SELECT region, policy FROM residents WHERE id = ?1",
		    w->resident, res_region, res_policy);
	if (rc < 0)
		return rc;
	bool away = bed->id[0] && bed->kind != YJ_BED_HOME;
	if (away)
		first_of(w->region, sizeof w->region, inst_region, res_region, device->region, "");
	else
		first_of(w->region, sizeof w->region, res_region, inst_region, device->region, "");
	first_of(w->policy, sizeof w->policy, bed->policy, inst_policy, res_policy, "default");
	if (w->resident[0])
		snprintf(w->subject, sizeof w->subject, "r:%s", w->resident);
	else /* two corridors of one house are two places to go to */
		snprintf(w->subject, sizeof w->subject, "i:%s/%s", w->institution, device->id);
	w->assigned = true;
	return 0;
}

int yj_whose_find(struct yj_store *s, const struct yj_device *device, struct yj_whose *out)
{
	struct yj_whose w = {0};
	struct bed bed = {.id = ""};
	bool usable = !device->revoked && !device->gone;
	int rc = YJ_ERR_NOTFOUND;
	if (usable && device->resident[0]) {
		snprintf(w.resident, sizeof w.resident, "%s", device->resident);
		rc = bed_of_occupant(s, w.resident, &bed);
	} else if (usable) {
		rc = bed_of_device(s, device->id, &bed);
		snprintf(w.resident, sizeof w.resident, "%s", bed.occupant);
	}
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	snprintf(w.bed, sizeof w.bed, "%s", bed.id);
	if (usable)
		snprintf(w.institution, sizeof w.institution, "%s",
		    bed.institution[0] ? bed.institution : device->institution);
	if (w.resident[0] || w.institution[0]) {
		rc = fill(s, &bed, device, &w);
		if (rc < 0)
			return rc;
	} else {
		w = (struct yj_whose){0};
		snprintf(w.subject, sizeof w.subject, "d:%s", device->id);
		snprintf(w.region, sizeof w.region, "%s", device->region);
		snprintf(w.policy, sizeof w.policy, "default");
	}
	*out = w;
	return 0;
}

/* Of a resident in another bed than before; device: the one that opened the incident. */
static int institution_now(struct yj_store *s, const char *device, const struct bed *bed,
    struct yj_whose *now, struct yj_device *d)
{
	int rc = yj_device_find(s, device, d);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	if (rc < 0 || strcmp(d->resident, now->resident) != 0)
		*d = (struct yj_device){.id = ""}; /* it is theirs no more */
	snprintf(now->institution, sizeof now->institution, "%s",
	    bed->institution[0] ? bed->institution : d->institution);
	return 0;
}

int yj_whose_renew(struct yj_store *s, const char *device, struct yj_whose *whose)
{
	struct bed bed = {.id = ""};
	struct yj_whose now = *whose;
	struct yj_device d = {.id = ""};
	if (!whose->resident[0])
		return 0;
	int rc = bed_of_occupant(s, whose->resident, &bed);
	bool moved = strcmp(bed.id, whose->bed) != 0;
	if (rc == YJ_ERR_NOTFOUND)
		rc = 0;
	if (rc < 0 || (moved && !bed.id[0])) /* in no bed at all: the place stays the last one */
		return rc;
	if (moved)
		rc = institution_now(s, device, &bed, &now, &d);
	if (rc == 0)
		rc = fill(s, &bed, &d, &now);
	if (rc < 0)
		return rc;
	memcpy(whose->bed, bed.id, sizeof whose->bed);
	memcpy(whose->institution, now.institution, sizeof whose->institution);
	if (now.region[0])
		memcpy(whose->region, now.region, sizeof whose->region);
	return 0;
}

int yj_whose_resident(struct yj_store *s, const char *resident, struct yj_whose *out)
{
	int64_t found;
	int rc = yj_db_int(s, &found,
	    "SELECT 1 FROM residents WHERE id = ?1 AND gone_utc_ms IS NULL", "t", resident);
	if (rc < 0)
		return rc;
	struct yj_device none = {.n_residents = 1};
	snprintf(none.resident, sizeof none.resident, "%s", resident);
	return yj_whose_find(s, &none, out);
}
