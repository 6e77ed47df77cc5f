/* Removing from the directory, and what it names. */
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "dir.h"
#include "store/consent.h"

/* What stands against a removal: a query for the name of what holds it, and the words. */
struct hold {
	enum yj_dir kind;
	const char *sql;
	const char *text;
};

static const struct hold holds[] = {
    {YJ_DIR_RESIDENTS,
	"SELECT n FROM incidents WHERE resident = ? AND resident IS NOT NULL AND state < 3",
	"has an open incident (%s)"},
    {YJ_DIR_RESIDENTS,
	"SELECT r.device FROM device_residents r JOIN devices d ON d.id = r.device WHERE "
	"r.resident = ? AND d.gone_utc_ms IS NULL",
	"is bound to device %s: unbind it first"},
    {YJ_DIR_RESIDENTS,
	"SELECT id FROM beds WHERE occupant = ? AND occupant IS NOT NULL AND gone_utc_ms IS NULL",
	"lies in bed %s: move them out first"},
    {YJ_DIR_INSTITUTIONS,
	"SELECT n FROM incidents WHERE subject > 'i:' || ?1 || '/'"
	" AND subject < 'i:' || ?1 || '0' AND state < 3", /* '0' follows '/' */
	"has an open incident (%s)"},
    {YJ_DIR_INSTITUTIONS,
	"SELECT id FROM caregivers WHERE institution = ? AND institution IS NOT NULL AND "
	"gone_utc_ms "
	"IS NULL",
	"is named by caregiver %s"},
    {YJ_DIR_INSTITUTIONS, "SELECT id FROM devices WHERE institution = ? AND gone_utc_ms IS NULL",
	"is named by device %s"},
    {YJ_DIR_INSTITUTIONS, "SELECT id FROM beds WHERE institution = ? AND gone_utc_ms IS NULL",
	"is named by bed %s"},
    {YJ_DIR_DEVICES,
	"SELECT id FROM beds WHERE device = ? AND device IS NOT NULL AND gone_utc_ms IS NULL",
	"is named by bed %s"},
    {YJ_DIR_CAREGIVERS,
	"SELECT n.name FROM policy_names n JOIN policies p USING (hash) WHERE "
	"instr(p.body, '\"caregiver:' || ? || '\"')",
	"is named by policy %s"},
    {YJ_DIR_CAREGIVERS, "SELECT roster FROM roster_people WHERE caregiver = ?",
	"stands in roster %s: set that without them first"},
    {YJ_DIR_CAREGIVERS,
	"SELECT id FROM rounds WHERE assignee = 'caregiver:' || ? AND gone_utc_ms IS NULL",
	"makes the round %s"},
    {YJ_DIR_BEDS, "SELECT occupant FROM beds WHERE id = ? AND occupant IS NOT NULL",
	"is taken by resident %s: move them out first"},
};

static int check_holds(struct yj_store *s, enum yj_dir kind, const char *id, char why[YJ_WHY_MAX])
{
	for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++) {
		if (holds[i].kind != kind)
			continue;
		sqlite3_stmt *stmt = yj_db_stmt(s, holds[i].sql);
		if (!stmt)
			return yj_db_err(s, s->last_sqlite);
		yj_db_bind(stmt, "t", id);
		int rc = yj_db_step(s, stmt);
		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		char name[YJ_NAME_MAX + 1], text[160];
		yj_db_copy(stmt, 0, name, sizeof name);
		sqlite3_reset(stmt);
		const char *mark = strstr(holds[i].text, "%s");
		snprintf(text, sizeof text, "%.*s%s%s", (int)(mark - holds[i].text), holds[i].text,
		    name, mark + 2);
		snprintf(why, YJ_WHY_MAX, "%s %.64s %s", yj_dir_tables[kind].singular, id, text);
		return YJ_ERR_DENIED;
	}
	return 0;
}

int yj_dir_remove(
    struct yj_store *s, enum yj_dir kind, const char *id, int64_t now_utc_ms, char why[YJ_WHY_MAX])
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	sqlite3_stmt *stmt;
	int rc = check_holds(s, kind, id, why);
	if (rc)
		return rc;
	rc = yj_dir_prepare(s, &stmt,
	    "UPDATE %s SET gone_utc_ms = ? WHERE %s = ? AND gone_utc_ms IS NULL", t->table, t->key);
	if (rc)
		return rc;
	yj_db_bind(stmt, "it", now_utc_ms, id);
	rc = yj_db_step(s, stmt);
	sqlite3_finalize(stmt);
	if (rc < 0)
		return rc;
	if (sqlite3_changes(s->db) == 0) {
		snprintf(why, YJ_WHY_MAX, "there is no %s %.64s", t->singular, id);
		return YJ_ERR_NOTFOUND;
	}
	/* `listed` of a caregiver stays: who served named residents alone must not come to serve a
	 * whole region because the last of them is gone. */
	if (kind == YJ_DIR_RESIDENTS) {
		rc = yj_consents_drop(s, id, "", now_utc_ms);
		if (rc == 0)
			rc = yj_db_run(
			    s, "DELETE FROM caregiver_residents WHERE resident = ?", "t", id);
		if (rc == 0)
			rc = yj_db_run(
			    s, "DELETE FROM device_residents WHERE resident = ?", "t", id);
		if (rc == 0) /* whoever comes again is new */
			rc =
			    yj_db_run(s, "DELETE FROM round_residents WHERE resident = ?", "t", id);
	} else if (kind == YJ_DIR_CAREGIVERS) {
		rc = yj_consents_drop(s, "", id, now_utc_ms);
		if (rc == 0)
			rc = yj_db_run(
			    s, "DELETE FROM caregiver_residents WHERE caregiver = ?", "t", id);
	} else if (kind == YJ_DIR_DEVICES) {
		rc = yj_db_run(s, "DELETE FROM device_residents WHERE device = ?", "t", id);
	}
	return rc < 0 ? rc : yj_dir_touch(s);
}

static int add_user(json_t *users, const char *name, const char *kind, const char *id)
{
	if (json_object_get(users, name))
		return 0;
	json_t *user = json_sprintf("%s %s", kind, id);
	return user && json_object_set_new(users, name, user) == 0 ? 0 : YJ_ERR_NOMEM;
}

/* Channels with a name: webhook:NAME counts as NAME, a robot as it stands (wecom:NAME). */
static int add_named(json_t *users, const char *channels, const char *id)
{
	static const char hook[] = "webhook:";
	int rc = 0;
	while (*channels && rc == 0) {
		size_t n = strcspn(channels, ";");
		char name[YJ_NAME_MAX + 16];
		if (n < sizeof name && memchr(channels, ':', n)) {
			memcpy(name, channels, n);
			name[n] = 0;
			bool is_hook = strncmp(name, hook, sizeof hook - 1) == 0;
			rc = add_user(
			    users, is_hook ? name + sizeof hook - 1 : name, "caregiver", id);
		}
		channels += n + (channels[n] == ';');
	}
	return rc;
}

int yj_dir_names_used(struct yj_store *s, json_t **out)
{
	json_t *policies = json_object(), *webhooks = json_object();
	sqlite3_stmt *stmt = yj_db_stmt(s,
	    "SELECT policy, 'resident', min(id) FROM residents WHERE policy IS NOT NULL AND "
	    "gone_utc_ms "
	    "IS NULL GROUP BY policy UNION ALL "
	    "SELECT policy, 'institution', min(id) FROM institutions WHERE policy IS NOT NULL AND "
	    "gone_utc_ms IS NULL GROUP BY policy UNION ALL "
	    "SELECT policy, 'bed', min(id) FROM beds WHERE policy IS NOT NULL AND gone_utc_ms IS "
	    "NULL "
	    "GROUP BY policy UNION ALL "
	    "SELECT channels || ';' || coalesce(night_channels, ''), NULL, min(id) FROM caregivers "
	    "WHERE (channels LIKE '%:%' OR night_channels LIKE '%:%') AND "
	    "gone_utc_ms IS NULL GROUP BY 1");
	int rc = !stmt ? yj_db_err(s, s->last_sqlite) : policies && webhooks ? 0 : YJ_ERR_NOMEM;
	while (rc == 0) {
		int step = yj_db_step(s, stmt);
		if (step <= 0) {
			rc = step;
			break;
		}
		const char *user = yj_db_text(stmt, 1), *id = yj_db_text(stmt, 2);
		rc = *user ? add_user(policies, yj_db_text(stmt, 0), user, id)
			   : add_named(webhooks, yj_db_text(stmt, 0), id);
	}
	if (stmt)
		sqlite3_reset(stmt);
	json_t *names = NULL;
	if (rc == 0) {
		names = json_pack("{s:O, s:O}", "policies", policies, "webhooks", webhooks);
		rc = names ? 0 : YJ_ERR_NOMEM;
	}
	json_decref(policies);
	json_decref(webhooks);
	if (rc == 0)
		*out = names;
	return rc;
}
