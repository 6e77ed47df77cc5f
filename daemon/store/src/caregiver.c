/* Caregivers as the alert path sees them, and what a page says of the resident. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "store/incident.h"

int yj_caregiver_find(struct yj_store *s, const char *id, struct yj_caregiver *out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT id, name, role, channels, phone, on_site, gone_utc_ms, night_channels, email"
	    " FROM caregivers"
	    " WHERE id = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", id);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	memset(out, 0, sizeof *out);
	yj_db_copy(q, 0, out->id, sizeof out->id);
	yj_db_copy(q, 1, out->name, sizeof out->name);
	out->role = (enum yj_role)sqlite3_column_int(q, 2);
	yj_db_copy(q, 3, out->channels, sizeof out->channels);
	yj_db_copy(q, 4, out->phone, sizeof out->phone);
	out->on_site = sqlite3_column_type(q, 5) == SQLITE_NULL ? -1 : sqlite3_column_int(q, 5);
	out->gone = sqlite3_column_type(q, 6) != SQLITE_NULL;
	yj_db_copy(q, 7, out->night_channels, sizeof out->night_channels);
	yj_db_copy(q, 8, out->email, sizeof out->email);
	sqlite3_reset(q);
	return 0;
}

int yj_caregiver_by_phone(struct yj_store *s, const char *digits, struct yj_names *out)
{
	/* numbers are kept as they were typed, so this looks at all of them; texts are rare */
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT id FROM caregivers WHERE phone IS NOT NULL AND gone_utc_ms IS NULL AND"
	    " replace(replace(replace(replace(phone, ' ', ''), '-', ''), '(', ''), ')', '')"
	    " LIKE '%' || ?1 ORDER BY id");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", digits);
	return yj_db_names(s, q, out);
}

/* x.resident shares a device with the resident ?1: the device ?2, or one with a call in incident
 * ?3; not one that is no longer bound to ?1. */
#define SHARING                                                                                    \
	" device_residents y JOIN device_residents x ON x.device = y.device"                       \
	" WHERE y.resident = ?1 AND (y.device = ?2"                                                \
	"  OR y.device IN (SELECT device FROM incident_devices WHERE incident = ?3))"

int yj_caregiver_serves(struct yj_store *s, const char *caregiver, const struct yj_whose *whose,
    const char *device, int64_t incident, bool *serves)
{
	int64_t found = 0;
	int rc = yj_db_int(s, &found,
	    "SELECT 1 FROM caregivers c WHERE c.id = ?6 AND c.gone_utc_ms IS NULL AND ("
	    " EXISTS (SELECT 1 FROM caregiver_residents r WHERE r.caregiver = c.id AND"
	    "  (r.resident = ?1 OR r.resident IN (SELECT x.resident FROM" SHARING ")))"
	    " OR (c.role NOT IN (?7, ?8) AND ("
	    "  (?5 <> '' AND c.institution = ?5)"
	    "  OR (c.region_prefix <> '' AND c.region_prefix = substr(?4, 1, "
	    "length(c.region_prefix)))"
	    "  OR EXISTS (SELECT 1 FROM residents r"
	    "   LEFT JOIN beds b ON b.occupant = r.id AND b.gone_utc_ms IS NULL"
	    "   WHERE r.id IN (SELECT x.resident FROM" SHARING ")"
	    "    AND (b.institution = c.institution"
	    "     OR (c.region_prefix <> ''"
	    "      AND c.region_prefix = substr(r.region, 1, length(c.region_prefix)))))"
	    "  OR (c.region_prefix = '' AND c.listed = 0 AND c.institution IS NULL))))",
	    "ttitttii", whose->resident, device, incident, whose->region, whose->institution,
	    caregiver, (int64_t)YJ_ROLE_FAMILY, (int64_t)YJ_ROLE_NEIGHBOR);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	*serves = rc == 0;
	return 0;
}

static char *dup_column(sqlite3_stmt *q, int column)
{
	return strdup(yj_db_text(q, column));
}

static int about_resident(struct yj_store *s, const struct yj_whose *w, struct yj_about *a)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT r.id, r.name, CASE WHEN b.kind > 0 THEN coalesce(i.name || ' ', '')"
	    "  || coalesce(i.address || ' ', '') || b.id ELSE coalesce(r.address, '') END,"
	    " coalesce(r.phone, CASE WHEN b.kind > 0 THEN i.phone END, ''), r.access, r.health,"
	    " coalesce(r.status, ''), r.status_until"
	    " FROM residents r LEFT JOIN beds b ON b.id = ?2"
	    " LEFT JOIN institutions i ON i.id = b.institution WHERE r.id = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tt", w->resident, w->bed);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	a->id = dup_column(q, 0);
	a->name = dup_column(q, 1);
	a->address = dup_column(q, 2);
	a->phone = dup_column(q, 3);
	a->access = dup_column(q, 4);
	a->health = dup_column(q, 5);
	a->status = dup_column(q, 6);
	a->status_until = dup_column(q, 7);
	sqlite3_reset(q);
	return 0;
}

static int about_institution(struct yj_store *s, const struct yj_whose *w, struct yj_about *a)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT id, name, CASE WHEN ?2 <> '' THEN coalesce(address || ' ', '') || ?2"
	    " ELSE coalesce(address, '') END, coalesce(phone, '') FROM institutions"
	    " WHERE id = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tt", w->institution, w->bed);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	a->id = dup_column(q, 0);
	a->name = dup_column(q, 1);
	a->address = dup_column(q, 2);
	a->phone = dup_column(q, 3);
	sqlite3_reset(q);
	return 0;
}

/* Of an outage: the place where the devices are. */
static int about_region(struct yj_store *s, const struct yj_whose *w, struct yj_about *a)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT coalesce((SELECT name FROM regions WHERE code = ?1 AND gone_utc_ms IS NULL),"
	    " ?1)");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", w->region);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	a->name = dup_column(q, 0);
	sqlite3_reset(q);
	return 0;
}

static int about_device(struct yj_store *s, const struct yj_whose *w, const char *device,
    int64_t incident, struct yj_about *a)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT coalesce(d.place, ''), (SELECT group_concat(name, '、') FROM"
	    " (SELECT r.name FROM residents r," SHARING
	    "  AND r.id = x.resident AND r.id <> ?1 GROUP BY r.id ORDER BY min(x.pos)))"
	    " FROM devices d WHERE d.id = ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tti", w->resident, device, incident);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc;
	a->place = dup_column(q, 0);
	a->others = dup_column(q, 1);
	sqlite3_reset(q);
	return 0;
}

static void fill_empty(char **text)
{
	if (!*text)
		*text = strdup("");
}

int yj_about_get(struct yj_store *s, const struct yj_whose *whose, const char *device,
    int64_t incident, struct yj_about *out)
{
	struct yj_about a = {0};
	int rc = YJ_ERR_NOTFOUND;
	if (whose->resident[0])
		rc = about_resident(s, whose, &a);
	else if (whose->institution[0])
		rc = about_institution(s, whose, &a);
	else if (whose->subject[0] == 'g')
		rc = about_region(s, whose, &a);
	if (rc == 0 || rc == YJ_ERR_NOTFOUND)
		rc = about_device(s, whose, device, incident, &a);
	char **all[] = {&a.id, &a.name, &a.address, &a.phone, &a.access, &a.health, &a.place,
	    &a.others, &a.status, &a.status_until};
	for (size_t i = 0; rc == 0 && i < sizeof all / sizeof all[0]; i++) {
		fill_empty(all[i]);
		if (!*all[i])
			rc = YJ_ERR_NOMEM;
	}
	if (rc < 0) {
		yj_about_done(&a);
		return rc;
	}
	*out = a;
	return 0;
}

void yj_about_done(struct yj_about *about)
{
	free(about->id);
	free(about->name);
	free(about->address);
	free(about->phone);
	free(about->access);
	free(about->health);
	free(about->place);
	free(about->status);
	free(about->status_until);
	free(about->others);
	memset(about, 0, sizeof *about);
}

int yj_region_called(struct yj_store *s, const char *region, char *buf, size_t cap)
{
	static const int lengths[] = {12, 9, 6};
	buf[0] = '\0';
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		char code[32], prefix[13];
		snprintf(prefix, sizeof prefix, "%.*s", lengths[i], region);
		snprintf(
		    code, sizeof code, "%s%.*s", prefix, 12 - (int)strlen(prefix), "000000000000");
		sqlite3_stmt *q = yj_db_stmt(s, "SELECT name FROM regions WHERE code IN (?1, ?2)"
						" AND gone_utc_ms IS NULL LIMIT 1");
		if (!q)
			return yj_db_err(s, s->last_sqlite);
		yj_db_bind(q, "tt", code, prefix);
		int rc = yj_db_step(s, q);
		if (rc < 0)
			return rc;
		if (rc == 1) {
			yj_db_copy(q, 0, buf, cap);
			sqlite3_reset(q);
			return 0;
		}
	}
	return 0;
}

int yj_about_where(
    struct yj_store *s, const struct yj_whose *whose, bool *known, double *lat, double *lon)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT lat, lon FROM residents WHERE id = ?1 AND lat IS NOT NULL AND lon IS NOT NULL"
	    " AND NOT EXISTS (SELECT 1 FROM beds WHERE id = ?2 AND kind > 0)");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tt", whose->resident, whose->bed);
	int rc = yj_db_step(s, q);
	*known = rc == 1;
	if (rc <= 0)
		return rc;
	*lat = sqlite3_column_double(q, 0);
	*lon = sqlite3_column_double(q, 1);
	sqlite3_reset(q);
	return 0;
}
