/* Checked rows taken over into the directory, set-wise; the loop waits meanwhile. */
#include <string.h>

#include "db.h"
#include "dir.h"

int yj_dir_version(struct yj_store *s, int64_t *version)
{
	int rc = yj_db_int(s, version, "SELECT value FROM meta WHERE key = 'dir_version'", "");
	if (rc == YJ_ERR_NOTFOUND)
		*version = 0;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_dir_touch(struct yj_store *s)
{
	return yj_db_run(s,
	    "INSERT INTO meta (key, value) VALUES ('dir_version', 1) ON CONFLICT (key) DO UPDATE "
	    "SET "
	    "value = value + 1",
	    "");
}

/* Runs SELECT count(*), live rows, tombstones and, if asked, one flag per column that is kept in
 * the table itself. */
static int compare(struct yj_store *s, const char *schema, enum yj_dir kind, uint32_t columns,
    struct yj_rows_diff *d)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	sqlite3_str *q = sqlite3_str_new(s->db);
	sqlite3_str_appendf(q, "SELECT count(*), count(o.%s), count(o.gone_utc_ms)", t->key);
	for (unsigned i = 1; i < t->n_cols; i++)
		if (yj_dir_given(columns, i) && t->cols[i].db)
			sqlite3_str_appendf(q, ", max(o.%s IS NOT NULL AND r.%s IS NOT o.%s)",
			    t->key, t->cols[i].db, t->cols[i].db);
		else
			sqlite3_str_appendall(q, ", 0");
	sqlite3_str_appendf(q, " FROM %s.dir_rows r LEFT JOIN main.%s o ON o.%s = r.%s", schema,
	    t->table, t->key, t->key);
	char *sql = sqlite3_str_finish(q);
	sqlite3_stmt *stmt = NULL;
	int rc = sql ? yj_dir_prepare(s, &stmt, "%s", sql) : YJ_ERR_NOMEM;
	sqlite3_free(sql);
	if (rc)
		return rc;
	rc = yj_db_step(s, stmt);
	if (rc == 1) {
		d->rows = sqlite3_column_int64(stmt, 0);
		d->revived = sqlite3_column_int64(stmt, 2);
		d->added = d->rows - sqlite3_column_int64(stmt, 1) + d->revived;
		for (unsigned i = 1; i < t->n_cols; i++)
			if (sqlite3_column_int(stmt, (int)i + 2))
				d->changed |= UINT32_C(1) << i;
		rc = 0;
	}
	sqlite3_finalize(stmt);
	return rc;
}

static int refs_column(enum yj_dir kind, uint32_t present)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	for (unsigned i = 0; i < t->n_cols; i++)
		if (yj_dir_given(present, i) && t->cols[i].type == YJ_COL_REFS)
			return (int)i;
	return -1;
}

int yj_rows_diff(struct yj_store *s, const char *schema, enum yj_dir kind, uint32_t present,
    struct yj_rows_diff *d)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	memset(d, 0, sizeof *d);
	int rc = yj_dir_version(s, &d->version);
	if (rc == 0)
		rc = compare(s, schema, kind, present, d);
	int refs = refs_column(kind, present);
	if (rc || refs < 0)
		return rc;
	sqlite3_stmt *stmt = NULL;
	rc = yj_dir_prepare(s, &stmt,
	    "SELECT EXISTS (SELECT 1 FROM %s.dir_items i WHERE NOT EXISTS (SELECT 1 FROM main.%s m "
	    "WHERE "
	    "m.%s = i.owner AND m.%s = i.other AND m.pos = i.pos)) OR EXISTS (SELECT 1 FROM "
	    "main.%s m "
	    "WHERE m.%s IN (SELECT %s FROM %s.dir_rows) AND NOT EXISTS (SELECT 1 FROM %s.dir_items "
	    "i "
	    "WHERE i.owner = m.%s AND i.pos = m.pos AND i.other = m.%s))",
	    schema, t->items, t->owner, t->other, t->items, t->owner, t->key, schema, schema,
	    t->owner, t->other);
	if (rc)
		return rc;
	rc = yj_db_step(s, stmt);
	if (rc == 1 && sqlite3_column_int(stmt, 0)) {
		d->items = true;
		d->changed |= UINT32_C(1) << refs; /* what is derived from it */
	}
	sqlite3_finalize(stmt);
	return rc < 0 ? rc : 0;
}

int yj_rows_count(struct yj_store *s, const char *schema, enum yj_dir kind, uint32_t present,
    struct yj_rows_diff *d)
{
	memset(d, 0, sizeof *d);
	int rc = compare(s, schema, kind, 0, d);
	d->changed = present;
	d->items = true;
	return rc;
}

static void set_clauses(sqlite3_str *q, const struct yj_part *parts, const struct yj_part *changed,
    unsigned n, bool revived)
{
	sqlite3_str_appendall(q, "UPDATE SET gone_utc_ms = NULL");
	for (unsigned i = 1; i < n; i++)
		if (changed[i].given || (revived && parts[i].given))
			sqlite3_str_appendf(q, ", %s = excluded.%s", parts[i].db, parts[i].db);
		else if (revived) /* what a tombstone had is not the new record's */
			sqlite3_str_appendf(q, ", %s = iif(gone_utc_ms IS NULL, %s, excluded.%s)",
			    parts[i].db, parts[i].db, parts[i].db);
	sqlite3_str_appendall(q, " WHERE gone_utc_ms IS NOT NULL");
	for (unsigned i = 1; i < n; i++)
		if (changed[i].given)
			sqlite3_str_appendf(
			    q, " OR %s IS NOT excluded.%s", parts[i].db, parts[i].db);
}

static int apply_rows(struct yj_store *s, const char *schema, enum yj_dir kind, uint32_t present,
    const struct yj_rows_diff *d)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	struct yj_part parts[2 * YJ_COLS_MAX], changed[2 * YJ_COLS_MAX];
	unsigned n = yj_dir_parts(kind, present, parts);
	yj_dir_parts(kind, d->changed, changed);
	sqlite3_str *q = sqlite3_str_new(s->db);
	sqlite3_str_appendf(q, "INSERT INTO main.%s (%s", t->table, t->key);
	for (unsigned i = 1; i < n; i++)
		sqlite3_str_appendf(q, ", %s", parts[i].db);
	sqlite3_str_appendf(q, ") SELECT r.%s", t->key);
	for (unsigned i = 1; i < n; i++)
		if (parts[i].given)
			sqlite3_str_appendf(q, ", r.%s", parts[i].db);
		else
			sqlite3_str_appendf(q, ", %s", parts[i].absent);
	/* "WHERE true" tells the parser that ON CONFLICT is no join condition. */
	sqlite3_str_appendf(q, " FROM %s.dir_rows r WHERE true ORDER BY r.%s ON CONFLICT (%s) DO ",
	    schema, t->key, t->key);
	if (d->changed || d->revived)
		set_clauses(q, parts, changed, n, d->revived > 0);
	else
		sqlite3_str_appendall(q, "NOTHING");
	char *sql = sqlite3_str_finish(q);
	int rc = sql ? yj_dir_exec(s, "%s", sql) : YJ_ERR_NOMEM;
	sqlite3_free(sql);
	return rc;
}

/* An entry that only moves within its list keeps its row: each of the other index's is dear. */
static int apply_items(struct yj_store *s, const char *schema, const struct yj_dir_table *t)
{
	const char *key = t->by_pos ? "pos" : t->other, *rest = t->by_pos ? t->other : "pos";
	int rc = yj_dir_exec(s,
	    "DELETE FROM main.%s WHERE %s IN (SELECT %s FROM %s.dir_rows) AND NOT EXISTS (SELECT 1 "
	    "FROM %s.dir_items i WHERE i.owner = %s AND i.%s = main.%s.%s)",
	    t->items, t->owner, t->key, schema, schema, t->owner, t->by_pos ? "pos" : "other",
	    t->items, key);
	if (rc)
		return rc;
	return yj_dir_exec(s,
	    "INSERT INTO main.%s (%s, pos, %s) SELECT owner, pos, other FROM %s.dir_items WHERE "
	    "true ORDER BY owner, pos ON CONFLICT DO UPDATE SET %s = excluded.%s WHERE %s IS NOT "
	    "excluded.%s",
	    t->items, t->owner, t->other, schema, rest, rest, rest, rest);
}

int yj_rows_apply(struct yj_store *s, const char *schema, enum yj_dir kind, uint32_t present,
    const struct yj_rows_diff *d)
{
	int rc = 0;
	if (d->added || d->changed)
		rc = apply_rows(s, schema, kind, present, d);
	if (rc == 0 && d->items && refs_column(kind, present) >= 0)
		rc = apply_items(s, schema, &yj_dir_tables[kind]);
	return rc ? rc : yj_dir_touch(s);
}
