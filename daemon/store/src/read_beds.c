/* Beds for people and programs: what is wrong with them, their sensors, what happened in them. */
#include "read.h"
#include "ready.h"

#include <stdio.h>
#include <string.h>

#include "proto/words.h"
#include "store/bed.h"
#include "store/incident.h"

/* Sensors on which somebody has lain for long enough, where they stand and whom they stand for. */
#define LYING                                                                                      \
	"WITH lying AS (SELECT s.device AS device, p.id AS place, d.kind = ?3 AS is_bed,"          \
	" d.institution AS institution, d.region AS region, s.since_utc_ms AS since,"              \
	" coalesce((SELECT r.resident FROM device_residents r WHERE r.device = s.device"           \
	"   ORDER BY r.pos LIMIT 1), p.occupant) AS resident"                                      \
	" FROM bed_sensors s JOIN devices d ON d.id = s.device AND d.gone_utc_ms IS NULL"          \
	"  AND d.revoked_utc_ms IS NULL"                                                           \
	" LEFT JOIN beds p ON p.device = s.device AND p.gone_utc_ms IS NULL"                       \
	" WHERE s.lies = 1 AND (s.since_utc_ms <= ?2 OR (s.told & 2) <> 0)) "

static json_t *wrong_json(sqlite3_stmt *q)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "what", yj_read_column(q, 0), "bed",
	    yj_read_column(q, 1), "device", yj_read_column(q, 2), "resident", yj_read_column(q, 3),
	    "region", yj_read_column(q, 4), "since", yj_read_time(yj_db_time(q, 5)));
}

int yj_read_beds_wrong(struct yj_store *s, const char *device, int64_t now_utc_ms, json_t **out)
{
	sqlite3_stmt *q = yj_db_stmt(s, LYING
	    "SELECT what, bed, device, resident, coalesce((SELECT i.region FROM beds b"
	    "  JOIN institutions i ON i.id = b.institution WHERE b.id = w.bed),"
	    " (SELECT r.region FROM residents r WHERE r.id = w.resident),"
	    " (SELECT d.region FROM devices d WHERE d.id = w.device)), since FROM ("
	    /* nobody has that bed */
	    " SELECT 'unassigned' AS what, place AS bed, device, NULL AS resident, since"
	    "  FROM lying WHERE resident IS NULL AND (is_bed OR place IS NOT NULL)"
	    /* somebody else has, or whoever has it lies in another one as well */
	    " UNION ALL SELECT 'two_beds', l.place, l.device, l.resident, l.since FROM lying l"
	    "  WHERE l.resident IS NOT NULL AND (EXISTS (SELECT 1 FROM lying o"
	    "    WHERE o.resident = l.resident AND o.device <> l.device"
	    "    AND (o.is_bed OR o.place IS NOT NULL) AND (l.is_bed OR l.place IS NOT NULL))"
	    "   OR (l.place IS NOT NULL AND EXISTS (SELECT 1 FROM beds b"
	    "    WHERE b.occupant = l.resident AND b.occupant IS NOT NULL"
	    "    AND b.gone_utc_ms IS NULL)"
	    "    AND NOT EXISTS (SELECT 1 FROM beds b WHERE b.occupant = l.resident"
	    "     AND b.occupant IS NOT NULL AND b.gone_utc_ms IS NULL AND b.id = l.place))"
	    "   OR (l.place IS NULL AND l.is_bed AND EXISTS (SELECT 1 FROM beds b"
	    "    WHERE b.occupant = l.resident AND b.occupant IS NOT NULL"
	    "    AND b.gone_utc_ms IS NULL AND b.kind <> ?4 AND b.device <> l.device)))"
	    " UNION ALL SELECT 'two_beds', b.id, b.device, b.occupant, NULL FROM beds b"
	    "  WHERE b.occupant IS NOT NULL AND b.gone_utc_ms IS NULL AND EXISTS"
	    "   (SELECT 1 FROM beds o WHERE o.occupant = b.occupant AND o.occupant IS NOT NULL"
	    "    AND o.gone_utc_ms IS NULL AND o.id <> b.id)"
	    " UNION ALL SELECT 'sensor_of_another', b.id, b.device, b.occupant, NULL FROM beds b"
	    "  WHERE b.occupant IS NOT NULL AND b.device IS NOT NULL AND b.gone_utc_ms IS NULL"
	    "  AND EXISTS (SELECT 1 FROM device_residents r WHERE r.device = b.device)"
	    "  AND NOT EXISTS (SELECT 1 FROM device_residents r WHERE r.device = b.device"
	    "   AND r.resident = b.occupant)) w WHERE ?1 = '' OR w.device = ?1"
	    " GROUP BY what, bed, device ORDER BY bed IS NULL, bed, device, what");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tiii", device, now_utc_ms - YJ_BED_WRONG_MS, (int64_t)YJ_DEVICE_BED,
	    (int64_t)YJ_BED_HOME);
	return yj_read_list(s, q, wrong_json, out);
}

json_t *yj_ready_bed(const json_t *wrong)
{
	const char *what = json_string_value(json_object_get(wrong, "what"));
	const char *bed = json_string_value(json_object_get(wrong, "bed"));
	const char *device = json_string_value(json_object_get(wrong, "device"));
	const char *is = "has the sensor of another resident";
	char detail[3 * YJ_NAME_MAX];
	if (strcmp(what, "unassigned") == 0)
		is = "is occupied and assigned to nobody";
	else if (strcmp(what, "two_beds") == 0)
		is = "is one of two beds of this resident";
	snprintf(
	    detail, sizeof detail, "%s %s %s", bed ? "bed" : "bed sensor", bed ? bed : device, is);
	return json_pack("{s:O, s:n, s:O, s:s+, s:s, s:O, s:O}", "resident",
	    json_object_get(wrong, "resident"), "resident_name", "region",
	    json_object_get(wrong, "region"), "what", "bed_", what, "detail", detail, "bed",
	    json_object_get(wrong, "bed"), "device", json_object_get(wrong, "device"));
}

int yj_read_bed_sensor(struct yj_store *s, const char *bed, json_t **out)
{
	static const char *const states[] = {NULL, "in", "out"};
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT b.device, s.lies, s.since_utc_ms FROM beds b LEFT JOIN"
			  " bed_sensors s ON s.device = b.device WHERE b.id = ?1"
			  " AND b.device IS NOT NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", bed);
	int rc = yj_db_step(s, q);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		*out = json_null();
		return 0;
	}
	int lies = sqlite3_column_int(q, 1);
	*out = json_pack("{s:o, s:s?, s:o}", "device", yj_read_column(q, 0), "state",
	    lies == 1 || lies == 2 ? states[lies] : NULL, "since", yj_read_time(yj_db_time(q, 2)));
	sqlite3_reset(q);
	return *out ? 0 : YJ_ERR_NOMEM;
}

static json_t *incident_json(struct yj_store *s, sqlite3_stmt *q)
{
	char id[YJ_NAME_MAX + 24];
	yj_incident_id(s, sqlite3_column_int64(q, 0), id, sizeof id);
	int outcome = sqlite3_column_type(q, 8) == SQLITE_NULL ? 0 : sqlite3_column_int(q, 8);
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s?, s:I}", "id", id,
	    "kind", yj_kind_name((enum yj_kind)sqlite3_column_int(q, 1)), "state",
	    yj_inc_state_name((enum yj_inc_state)sqlite3_column_int(q, 2)), "resident",
	    yj_read_column(q, 3), "bed", yj_read_column(q, 4), "institution", yj_read_column(q, 5),
	    "device", yj_read_column(q, 6), "opened_at", yj_read_time(sqlite3_column_int64(q, 7)),
	    "closed_at", yj_read_time(yj_db_time(q, 9)), "outcome",
	    outcome ? yj_outcome_name((enum yj_outcome)outcome) : NULL, "alerts",
	    (json_int_t)sqlite3_column_int64(q, 10));
}

#define INCIDENTS                                                                                  \
	"SELECT n, kind, state, resident, bed, institution, nullif(device, ''), opened_utc_ms,"    \
	" outcome, closed_utc_ms, alerts FROM incidents"

int yj_read_bed_incidents(
    struct yj_store *s, const char *id, bool by_resident, int64_t limit, json_t **out)
{
	sqlite3_stmt *q = by_resident
			      ? yj_db_stmt(s, INCIDENTS " WHERE resident = ?1 AND resident IS NOT"
							" NULL ORDER BY n DESC LIMIT ?2")
			      : yj_db_stmt(s, INCIDENTS " WHERE bed = ?1 AND bed IS NOT NULL"
							" ORDER BY n DESC LIMIT ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", id, limit);
	json_t *list = json_array();
	int rc = list ? 0 : YJ_ERR_NOMEM;
	while (rc == 0 && (rc = yj_db_step(s, q)) == 1)
		rc = json_array_append_new(list, incident_json(s, q)) < 0 ? YJ_ERR_NOMEM : 0;
	sqlite3_reset(q);
	if (rc == 0)
		*out = list;
	else
		json_decref(list);
	return rc;
}
