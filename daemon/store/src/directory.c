/* One record of the directory written: put, bed, revocation. */
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "dir.h"

static int stored_array(struct yj_store *s, const char *sql, json_t **out)
{
	sqlite3_stmt *stmt = NULL;
	json_t *o = json_object();
	int rc = o ? yj_dir_prepare(s, &stmt, "%s", sql) : YJ_ERR_NOMEM;
	while (rc == 0) {
		int step = yj_db_step(s, stmt);
		if (step <= 0) {
			rc = step;
			break;
		}
		if (json_object_set_new(o, yj_db_text(stmt, 0), json_true()))
			rc = YJ_ERR_NOMEM;
	}
	sqlite3_finalize(stmt);
	if (rc == 0)
		*out = o;
	else
		json_decref(o);
	return rc;
}

#define NAMES_OF(KEY) "SELECT j.value FROM meta m, json_each(m.value) j WHERE m.key = '" KEY "'"

/* NULL as long as nobody has said which there are. */
static int told_array(struct yj_store *s, const char *key, const char *sql, json_t **out)
{
	int64_t told = 0;
	int rc = yj_db_int(s, &told, "SELECT count(*) FROM meta WHERE key = ?1", "t", key);
	return rc == 0 && told ? stored_array(s, sql, out) : rc;
}

int yj_dir_names_stored(struct yj_store *s, struct yj_dir_names *out)
{
	struct yj_dir_names names = {0};
	int rc = stored_array(s, "SELECT name FROM policy_names", &names.policies);
	if (rc == 0)
		rc = told_array(s, "webhooks", NAMES_OF("webhooks"), &names.webhooks);
	if (rc == 0)
		rc = told_array(s, "families", NAMES_OF("families"), &names.families);
	if (rc == 0)
		*out = names;
	else
		yj_dir_names_done(&names);
	return rc;
}

void yj_dir_names_done(struct yj_dir_names *names)
{
	json_decref(names->policies);
	json_decref(names->webhooks);
	json_decref(names->families);
	json_decref(names->used);
	memset(names, 0, sizeof *names);
}

/* 0: there, YJ_ERR_NOTFOUND: not there or a tombstone. */
static int look_up(struct yj_store *s, enum yj_dir kind, const char *id)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	sqlite3_stmt *stmt;
	int rc = yj_dir_prepare(
	    s, &stmt, "SELECT 1 FROM %s WHERE %s = ? AND gone_utc_ms IS NULL", t->table, t->key);
	if (rc)
		return rc;
	yj_db_bind(stmt, "t", id);
	rc = yj_db_step(s, stmt);
	sqlite3_finalize(stmt);
	if (rc == 0)
		return YJ_ERR_NOTFOUND;
	return rc < 0 ? rc : 0;
}

/* Checks each field of the record by itself. */
static int read_record(enum yj_dir kind, json_t *record, const struct yj_dir_names *names,
    struct yj_value values[YJ_COLS_MAX], uint32_t *present, char why[YJ_WHY_MAX])
{
	const char *key;
	json_t *value;
	json_object_foreach(record, key, value)
	{
		char text[YJ_TEXT_MAX];
		int i = yj_dir_col(kind, key, strlen(key));
		if (i < 0) {
			snprintf(
			    why, YJ_WHY_MAX, "%.64s: not a column of %s", key, yj_dir_name(kind));
			return YJ_ERR_INVAL;
		}
		const struct yj_col *col = &yj_dir_tables[kind].cols[i];
		if (!json_is_string(value) && !json_is_null(value)) {
			snprintf(why, YJ_WHY_MAX, "%s: must be a string", col->name);
			return YJ_ERR_INVAL;
		}
		int rc = yj_value_check(kind, col, names,
		    json_is_null(value) ? "" : json_string_value(value), json_string_length(value),
		    &values[i], text);
		if (rc) {
			if (rc == YJ_ERR_INVAL)
				snprintf(why, YJ_WHY_MAX, "%s: %s", col->name, text);
			return rc;
		}
		*present |= UINT32_C(1) << i;
	}
	return 0;
}

static int check_exists(struct yj_store *s, enum yj_dir kind, const char *id, uint32_t present,
    bool must_be_new, bool must_exist, char why[YJ_WHY_MAX])
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	int rc = look_up(s, kind, id);
	if (rc == 0 && must_be_new) {
		snprintf(why, YJ_WHY_MAX, "%s %s exists already", t->singular, id);
		return YJ_ERR_EXISTS;
	}
	if (rc != YJ_ERR_NOTFOUND)
		return rc;
	if (must_exist) {
		snprintf(why, YJ_WHY_MAX, "there is no %s %s", t->singular, id);
		return YJ_ERR_NOTFOUND;
	}
	for (unsigned i = 0; i < t->n_cols; i++) {
		if ((t->cols[i].flags & YJ_COL_REQUIRED) && !((present >> i) & 1)) {
			snprintf(why, YJ_WHY_MAX, "%s: is required", t->cols[i].name);
			return YJ_ERR_INVAL;
		}
	}
	return 0;
}

static bool note_first(void *ctx, long line, const struct yj_col *col, const char *text)
{
	(void)line;
	snprintf(ctx, YJ_WHY_MAX, "%s: %s", col->name, text);
	return false;
}

static int write_record(struct yj_store *s, enum yj_dir kind, uint32_t present,
    const struct yj_value *values, char why[YJ_WHY_MAX])
{
	sqlite3_stmt *row = NULL, *item = NULL;
	int rc = yj_rows_create(s->db, "temp", kind, present);
	if (rc)
		return rc;
	rc = yj_rows_prepare(s->db, "temp", kind, present, &row, &item);
	if (rc != SQLITE_OK)
		return yj_db_err(s, rc);
	rc = yj_rows_insert(row, item, kind, present, 0, values);
	sqlite3_finalize(row);
	sqlite3_finalize(item);
	if (rc != SQLITE_DONE)
		return yj_db_err(s, rc);
	char found[YJ_WHY_MAX] = "";
	rc = yj_rows_check(s, "temp", kind, present, false, note_first, found);
	if (rc == 0 && found[0]) {
		memcpy(why, found, YJ_WHY_MAX);
		return YJ_ERR_INVAL;
	}
	struct yj_rows_diff diff;
	if (rc == 0)
		rc = yj_rows_count(s, "temp", kind, present, &diff);
	return rc ? rc : yj_rows_apply(s, "temp", kind, present, &diff);
}

/* Is it there, or all that it is made of? */
static int check_key(enum yj_dir kind, struct yj_value values[YJ_COLS_MAX], char why[YJ_WHY_MAX])
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	for (unsigned i = yj_dir_first(t); i <= t->made_of; i++) {
		if (values[i].type == YJ_V_NULL && (t->cols[i].flags & YJ_COL_REQUIRED)) {
			snprintf(why, YJ_WHY_MAX, "%s: is required", t->cols[i].name);
			return YJ_ERR_INVAL;
		}
	}
	return yj_dir_make_key(kind, values);
}

int yj_dir_put(struct yj_store *s, enum yj_dir kind, json_t *record, bool must_be_new,
    bool must_exist, char why[YJ_WHY_MAX])
{
	struct yj_value values[YJ_COLS_MAX] = {0};
	struct yj_dir_names names = {0};
	uint32_t present = 0;
	int rc = yj_dir_names_stored(s, &names);
	if (rc == 0)
		rc = read_record(kind, record, &names, values, &present, why);
	if (rc == 0)
		rc = check_key(kind, values, why);
	present |= 1;
	if (rc == 0)
		rc = check_exists(s, kind, values[0].text, present, must_be_new, must_exist, why);
	if (rc == 0)
		rc = write_record(s, kind, present, values, why);
	for (unsigned i = 0; i < YJ_COLS_MAX; i++)
		yj_value_done(&values[i]);
	yj_dir_names_done(&names);
	return rc;
}

int yj_dir_bed_move(struct yj_store *s, const char *resident, const char *bed,
    char from[YJ_NAME_MAX + 1], char why[YJ_WHY_MAX])
{
	char left[YJ_NAME_MAX + 1] = "", there[YJ_NAME_MAX + 1] = "";
	int rc = look_up(s, YJ_DIR_RESIDENTS, resident);
	if (rc == YJ_ERR_NOTFOUND)
		snprintf(why, YJ_WHY_MAX, "there is no resident %.64s", resident);
	if (rc)
		return rc;
	sqlite3_stmt *stmt = yj_db_stmt(s, "SELECT id FROM beds WHERE occupant = ? AND occupant IS "
					   "NOT NULL AND gone_utc_ms IS NULL");
	if (!stmt)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(stmt, "t", resident);
	rc = yj_db_step(s, stmt);
	if (rc < 0)
		return rc;
	if (rc == 1)
		yj_db_copy(stmt, 0, left, sizeof left);
	sqlite3_reset(stmt);
	if (*bed) {
		stmt =
		    yj_db_stmt(s, "SELECT occupant FROM beds WHERE id = ? AND gone_utc_ms IS NULL");
		if (!stmt)
			return yj_db_err(s, s->last_sqlite);
		yj_db_bind(stmt, "t", bed);
		rc = yj_db_step(s, stmt);
		if (rc < 0)
			return rc;
		if (rc == 0) {
			snprintf(why, YJ_WHY_MAX, "there is no bed %.64s", bed);
			return YJ_ERR_NOTFOUND;
		}
		yj_db_copy(stmt, 0, there, sizeof there);
		sqlite3_reset(stmt);
		if (there[0] && strcmp(there, resident) != 0) {
			snprintf(why, YJ_WHY_MAX, "bed %.64s is taken by resident %s", bed, there);
			return YJ_ERR_EXISTS;
		}
	}
	rc = yj_db_run(s, "UPDATE beds SET occupant = NULL WHERE occupant = ? AND id <> ?", "tt",
	    resident, bed);
	if (rc == 0 && *bed)
		rc = yj_db_run(s, "UPDATE beds SET occupant = ? WHERE id = ?", "tt", resident, bed);
	if (rc == 0)
		rc = yj_dir_touch(s);
	if (rc == 0)
		memcpy(from, left, sizeof left);
	return rc;
}

int yj_dir_revoke(struct yj_store *s, const char *device, bool revoked, int64_t now_utc_ms)
{
	int rc = look_up(s, YJ_DIR_DEVICES, device);
	if (rc)
		return rc;
	/* The first moment stays when it is revoked twice. */
	return yj_db_run(s,
	    "UPDATE devices SET revoked_utc_ms = iif(?2 IS NULL, NULL, coalesce(revoked_utc_ms, "
	    "?2)) "
	    "WHERE id = ?1",
	    "tI", device, revoked ? now_utc_ms : INT64_MAX);
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

int yj_dir_bed_moved(struct yj_store *s, int64_t utc_ms, const char *resident, const char *from,
    const char *to, const char *actor, const char *reason)
{
	int rc = yj_db_run(s,
	    "INSERT INTO bed_moves (utc_ms, resident, from_bed, to_bed, actor, reason)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	    "ittttt", utc_ms, resident, or_null(from), or_null(to), actor, reason);
	return rc < 0
		   ? rc
		   : yj_db_run(s, "UPDATE beds SET noted_occupant = occupant WHERE id IN (?1, ?2)",
			 "tt", from, to);
}
