#include "store/consent.h"

#include <stdio.h>
#include <string.h>

#include "db.h"
#include "dir.h"
#include "store/incident.h"

int yj_consents_of(struct yj_store *s, const char *resident, const char *caregiver,
    enum yj_role role, struct yj_consent_row rows[YJ_CONSENT_ROWS_MAX], size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT kind, who, granted, said_at, until_at FROM consents WHERE resident = ?1 AND"
	    " (who IS NULL OR who = ?2 OR who = ?3) AND gone_utc_ms IS NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ttt", resident, caregiver, yj_role_name(role));
	int rc;
	*n = 0;
	while ((rc = yj_db_step(s, q)) == 1 && *n < YJ_CONSENT_ROWS_MAX) {
		struct yj_consent_row *row = &rows[*n];
		enum yj_role of;
		yj_db_copy(q, 1, row->who, sizeof row->who);
		/* somebody who is called like a role is not meant by its word */
		if (yj_consent_parse(yj_db_text(q, 0), &row->kind) < 0 ||
		    (yj_role_parse(row->who, &of) == 0 && of != role))
			continue;
		row->granted = sqlite3_column_int(q, 2) != 0;
		yj_db_copy(q, 3, row->said_at, sizeof row->said_at);
		yj_db_copy(q, 4, row->until, sizeof row->until);
		++*n;
	}
	sqlite3_reset(q);
	return rc < 0 ? rc : 0;
}

int yj_consents_shared(struct yj_store *s, const char *resident, const char *device, bool *shared)
{
	int64_t found = 0;
	int rc = yj_db_int(s, &found,
	    "SELECT (SELECT count(*) FROM device_residents WHERE device = ?2) > 1"
	    " OR EXISTS (SELECT 1 FROM devices WHERE id = ?2 AND institution IS NOT NULL)"
	    " OR EXISTS (SELECT 1 FROM beds WHERE occupant = ?1 AND kind <> ?3 AND gone_utc_ms IS"
	    " NULL)"
	    " OR EXISTS (SELECT 1 FROM beds WHERE device = ?2 AND kind <> ?3 AND gone_utc_ms IS"
	    " NULL)",
	    "tti", resident, device, (int64_t)YJ_BED_HOME);
	*shared = rc < 0 || found;
	return rc;
}

int yj_consents_residents_at(struct yj_store *s, const char *device, struct yj_names *out)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT resident FROM device_residents WHERE device = ?1 ORDER BY pos");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", device);
	return yj_db_names(s, q, out);
}

int yj_consents_calls(
    struct yj_store *s, const char *resident, struct yj_consent_call *calls, size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT kind, policy, resident IS NOT NULL OR institution IS NOT NULL FROM incidents"
	    " WHERE resident = ?1 AND state < 3 UNION"
	    " SELECT i.kind, i.policy, i.resident IS NOT NULL OR i.institution IS NOT NULL"
	    " FROM device_residents r JOIN incident_devices d ON d.device = r.device"
	    " JOIN incidents i ON i.n = d.incident WHERE r.resident = ?1 AND i.state < 3");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", resident);
	int rc = 0;
	*n = 0;
	while (*n < cap && (rc = yj_db_step(s, q)) == 1) {
		struct yj_consent_call *call = &calls[(*n)++];
		call->kind = (enum yj_kind)sqlite3_column_int(q, 0);
		yj_db_copy(q, 1, call->policy_hash, sizeof call->policy_hash);
		call->assigned = sqlite3_column_int(q, 2) != 0;
	}
	sqlite3_reset(q);
	return rc < 0 ? rc : 0;
}

/* 0 or YJ_ERR_NOTFOUND: nobody of that name was ever there. */
static int check_named(struct yj_store *s, const char *resident, const char *who)
{
	int64_t found;
	enum yj_role role;
	int rc = yj_db_int(s, &found,
	    "SELECT 1 FROM residents WHERE id = ?1 AND gone_utc_ms IS NULL", "t", resident);
	if (rc < 0 || !who[0] || yj_role_parse(who, &role) == 0)
		return rc;
	return yj_db_int(
	    s, &found, "SELECT 1 FROM caregivers WHERE id = ?1 AND gone_utc_ms IS NULL", "t", who);
}

/* The row that names exactly them. */
static int refuse_row(struct yj_store *s, const char *resident, const char *kind, const char *who,
    const char *said_by, const char *now)
{
	char key[YJ_DIR_KEY_MAX + 1];
	snprintf(key, sizeof key, "%s/%s/%s", resident, kind, who);
	return yj_db_run(s,
	    "INSERT INTO consents (id, resident, kind, who, granted, said_by, said_at)"
	    " VALUES (?1, ?2, ?3, nullif(?4, ''), 0, ?5, ?6)"
	    " ON CONFLICT (id) DO UPDATE SET granted = 0, said_by = ?5, guardian = NULL,"
	    " said_at = ?6, until_at = NULL, gone_utc_ms = NULL"
	    " WHERE granted OR until_at IS NOT NULL OR gone_utc_ms IS NOT NULL",
	    "tttttt", key, resident, kind, who, said_by, now);
}

/* Those that are nearer and would go before it. role: YJ_ROLE_COUNT for everybody. */
static int refuse_nearer(struct yj_store *s, const char *resident, const char *kind,
    enum yj_role role, const char *said_by, const char *now)
{
	return yj_db_run(s,
	    "UPDATE consents SET granted = 0, said_by = ?3, guardian = NULL, said_at = ?4,"
	    " until_at = NULL WHERE resident = ?1 AND kind = ?2 AND granted AND gone_utc_ms IS"
	    " NULL AND (?5 = ?6 OR who IN (SELECT id FROM caregivers WHERE role = ?5))",
	    "ttttii", resident, kind, said_by, now, (int64_t)role, (int64_t)YJ_ROLE_COUNT);
}

int yj_consents_withdraw_rows(struct yj_store *s, const char *resident, enum yj_consent kind,
    const char *who, enum yj_consent_by by, const char *now, int *changed)
{
	enum yj_role role = YJ_ROLE_COUNT;
	bool one = who[0] && yj_role_parse(who, &role) < 0;
	const char *word = yj_consent_name(kind), *said_by = yj_consent_by_name(by);
	int rc = check_named(s, resident, who);
	if (rc == 0)
		rc = refuse_row(s, resident, word, who, said_by, now);
	if (rc < 0)
		return rc;
	*changed = sqlite3_changes(s->db);
	if (!one) {
		rc = refuse_nearer(s, resident, word, role, said_by, now);
		*changed += rc == 0 ? sqlite3_changes(s->db) : 0;
	}
	return rc == 0 && *changed ? yj_dir_touch(s) : rc;
}

int yj_consents_drop(
    struct yj_store *s, const char *resident, const char *caregiver, int64_t now_utc_ms)
{
	return yj_db_run(s,
	    resident[0] ? "UPDATE consents SET gone_utc_ms = ?2 WHERE resident = ?1 AND"
			  " gone_utc_ms IS NULL"
			: "UPDATE consents SET gone_utc_ms = ?2 WHERE who = ?1 AND"
			  " gone_utc_ms IS NULL",
	    "ti", resident[0] ? resident : caregiver, now_utc_ms);
}
