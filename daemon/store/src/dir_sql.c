/* Rows that are checked against the database and taken over, set-wise: the same statements serve
 * one record of an operator and an import of 100,000 rows. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "dir.h"

int yj_dir_prepare(struct yj_store *s, sqlite3_stmt **stmt, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	char *sql = sqlite3_vmprintf(format, ap);
	va_end(ap);
	if (!sql)
		return YJ_ERR_NOMEM;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, stmt, NULL);
	sqlite3_free(sql);
	return rc == SQLITE_OK ? 0 : yj_db_err(s, rc);
}

int yj_dir_exec(struct yj_store *s, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	char *sql = sqlite3_vmprintf(format, ap);
	va_end(ap);
	if (!sql)
		return YJ_ERR_NOMEM;
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	sqlite3_free(sql);
	return rc == SQLITE_OK ? 0 : yj_db_err(s, rc);
}

unsigned yj_dir_parts(enum yj_dir kind, uint32_t present, struct yj_part parts[2 * YJ_COLS_MAX])
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	unsigned n = 0;
	for (unsigned i = 0; i < t->n_cols; i++) {
		const struct yj_col *c = &t->cols[i];
		bool g = yj_dir_given(present, i);
		if (c->db)
			parts[n++] = (struct yj_part){c->db, c->absent, g};
		if (c->derived)
			parts[n++] = (struct yj_part){c->derived, c->derived_absent, g};
	}
	return n;
}

int yj_rows_create(sqlite3 *db, const char *schema, enum yj_dir kind, uint32_t present)
{
	struct yj_part parts[2 * YJ_COLS_MAX];
	unsigned n = yj_dir_parts(kind, present, parts);
	sqlite3_str *q = sqlite3_str_new(db);
	sqlite3_str_appendf(q,
	    "DROP TABLE IF EXISTS %s.dir_rows; DROP TABLE IF EXISTS %s.dir_items; "
	    "CREATE TABLE %s.dir_items (owner TEXT NOT NULL, pos INTEGER NOT NULL, "
	    "other TEXT NOT NULL, line INTEGER NOT NULL, PRIMARY KEY (owner, pos)) WITHOUT ROWID; "
	    "CREATE TABLE %s.dir_rows (",
	    schema, schema, schema, schema);
	for (unsigned i = 0; i < n; i++)
		if (i == 0)
			sqlite3_str_appendf(q, "%s TEXT PRIMARY KEY, line INTEGER", parts[i].db);
		else if (parts[i].given)
			sqlite3_str_appendf(q, ", %s", parts[i].db);
	sqlite3_str_appendall(q, ") WITHOUT ROWID");
	char *sql = sqlite3_str_finish(q);
	if (!sql)
		return YJ_ERR_NOMEM;
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_free(sql);
	if (rc == SQLITE_OK)
		return 0;
	return (rc & 0xff) == SQLITE_FULL ? YJ_ERR_FULL : YJ_ERR_IO;
}

int yj_rows_prepare(sqlite3 *db, const char *schema, enum yj_dir kind, uint32_t present,
    sqlite3_stmt **row, sqlite3_stmt **item)
{
	struct yj_part parts[2 * YJ_COLS_MAX];
	unsigned n = yj_dir_parts(kind, present, parts);
	sqlite3_str *names = sqlite3_str_new(db), *marks = sqlite3_str_new(db);
	for (unsigned i = 0; i < n; i++) {
		if (!parts[i].given)
			continue;
		sqlite3_str_appendf(names, ", %s", parts[i].db);
		sqlite3_str_appendall(marks, ", ?");
	}
	char *a = sqlite3_str_finish(names), *b = sqlite3_str_finish(marks);
	char *sql = sqlite3_mprintf(
	    "INSERT INTO %s.dir_rows (line%s) VALUES (?%s)", schema, a ? a : "", b ? b : "");
	char *sql2 = sqlite3_mprintf(
	    "INSERT INTO %s.dir_items (owner, pos, other, line) VALUES (?, ?, ?, ?)", schema);
	int rc = a && b && sql && sql2 ? SQLITE_OK : SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, sql, -1, row, NULL);
	if (rc == SQLITE_OK) {
		rc = sqlite3_prepare_v2(db, sql2, -1, item, NULL);
		if (rc != SQLITE_OK) {
			sqlite3_finalize(*row);
			*row = NULL;
		}
	}
	sqlite3_free(a);
	sqlite3_free(b);
	sqlite3_free(sql);
	sqlite3_free(sql2);
	return rc;
}

static void bind_value(sqlite3_stmt *stmt, int at, const struct yj_value *v)
{
	switch (v->type) {
	case YJ_V_NULL:
		sqlite3_bind_null(stmt, at);
		break;
	case YJ_V_INT:
		sqlite3_bind_int64(stmt, at, v->i);
		break;
	case YJ_V_REAL:
		sqlite3_bind_double(stmt, at, v->d);
		break;
	case YJ_V_TEXT:
		sqlite3_bind_text(stmt, at, v->text, -1, SQLITE_STATIC);
		break;
	}
}

static int insert_items(sqlite3_stmt *item, long line, const char *owner, const struct yj_value *v)
{
	int64_t pos = 0;
	const char *p = v->type == YJ_V_TEXT ? v->text : "";
	while (*p) {
		size_t n = strcspn(p, ";");
		sqlite3_bind_text(item, 1, owner, -1, SQLITE_STATIC);
		sqlite3_bind_int64(item, 2, pos++);
		sqlite3_bind_text(item, 3, p, (int)n, SQLITE_STATIC);
		sqlite3_bind_int64(item, 4, line);
		int rc = sqlite3_step(item);
		sqlite3_reset(item);
		if (rc != SQLITE_DONE)
			return rc;
		p += n + (p[n] == ';');
	}
	return SQLITE_DONE;
}

int yj_rows_insert(sqlite3_stmt *row, sqlite3_stmt *item, enum yj_dir kind, uint32_t present,
    long line, const struct yj_value *values)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	int at = 1;
	sqlite3_bind_int64(row, at++, line);
	const struct yj_value *list = NULL;
	for (unsigned i = 0; i < t->n_cols; i++) {
		const struct yj_col *c = &t->cols[i];
		if (!yj_dir_given(present, i))
			continue;
		if (c->db)
			bind_value(row, at++, &values[i]);
		if (c->type == YJ_COL_REFS)
			list = &values[i];
		if (c->derived && c->type == YJ_COL_REFS)
			sqlite3_bind_int64(row, at++, values[i].n > 0);
		else if (c->derived)
			sqlite3_bind_text(row, at++, values[i].derived, -1, SQLITE_STATIC);
	}
	int rc = sqlite3_step(row);
	if (rc != SQLITE_DONE)
		rc = sqlite3_extended_errcode(sqlite3_db_handle(row));
	sqlite3_reset(row);
	if (rc == SQLITE_DONE && list)
		rc = insert_items(item, line, values[0].text, list);
	return rc;
}

/* ── checks ── */

int yj_rows_report(struct yj_rows_checking *c, const struct yj_col *col, char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sql ? yj_dir_prepare(c->s, &stmt, "%s", sql) : YJ_ERR_NOMEM;
	sqlite3_free(sql);
	while (rc == 0 && !c->stop) {
		int step = yj_db_step(c->s, stmt);
		if (step <= 0) {
			rc = step;
			break;
		}
		if (!c->found(
			c->ctx, (long)sqlite3_column_int64(stmt, 0), col, yj_db_text(stmt, 1)))
			c->stop = true;
	}
	sqlite3_finalize(stmt);
	return rc;
}

static int check_refs(struct yj_rows_checking *c, const struct yj_col *col)
{
	const struct yj_dir_table *other = &yj_dir_tables[col->ref];
	if (col->type == YJ_COL_REFS)
		return yj_rows_report(c, col,
		    sqlite3_mprintf(
			"SELECT i.line, '%s ' || i.other || ' does not exist' FROM "
			"%s.dir_items i WHERE NOT EXISTS (SELECT 1 FROM main.%s o WHERE o.%s = "
			"i.other AND o.gone_utc_ms IS NULL)",
			other->singular, c->schema, other->table, other->key));
	return yj_rows_report(c, col,
	    sqlite3_mprintf(
		"SELECT r.line, '%s ' || r.%s || ' does not exist' FROM %s.dir_rows r "
		"WHERE r.%s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM main.%s o WHERE o.%s = "
		"r.%s AND o.gone_utc_ms IS NULL)",
		other->singular, col->db, c->schema, col->db, other->table, other->key, col->db));
}

/* Devices and caregivers share one namespace: both are MQTT user names. */
static int check_namespace(struct yj_rows_checking *c, enum yj_dir other)
{
	const struct yj_dir_table *o = &yj_dir_tables[other];
	return yj_rows_report(c, &c->table->cols[0],
	    sqlite3_mprintf(
		"SELECT r.line, r.id || ' is a %s already: an id may not be both' FROM "
		"%s.dir_rows r CROSS JOIN main.%s o ON o.id = r.id WHERE o.gone_utc_ms IS NULL",
		o->singular, c->schema, o->table));
}

/* Nobody lies in two beds and no device stands in two. A bed that is itself among the rows is
 * judged by its new content, so that one file can swap two. */
static int check_beds(struct yj_rows_checking *c, const struct yj_col *col, bool within)
{
	const char *noun = yj_dir_tables[col->ref].singular;
	int rc = yj_rows_report(c, col,
	    sqlite3_mprintf(
		"SELECT r.line, '%s ' || b.%s || ' is in bed ' || b.id || ' already' FROM "
		"%s.dir_rows r CROSS JOIN main.beds b ON b.%s = r.%s WHERE b.%s IS NOT NULL AND "
		"b.gone_utc_ms IS NULL AND NOT EXISTS (SELECT 1 FROM %s.dir_rows x WHERE x.id = "
		"b.id)",
		noun, col->db, c->schema, col->db, col->db, col->db, c->schema));
	if (rc || !within || c->stop)
		return rc;
	/* A window and not a join: such tables get no automatic index, and 100,000 rows would take
	 * minutes. */
	return yj_rows_report(c, col,
	    sqlite3_mprintf(
		"SELECT line, '%s ' || %s || ' is in bed ' || first_id || ' already, on line ' || "
		"first_line FROM (SELECT line, %s, first_value(id) OVER w AS first_id, "
		"first_value(line) OVER w AS first_line FROM %s.dir_rows WHERE %s IS NOT NULL "
		"WINDOW w AS (PARTITION BY %s ORDER BY line)) WHERE first_line < line ORDER BY "
		"line",
		noun, col->db, col->db, c->schema, col->db, col->db));
}

/* A device of another maker is found by its name there, without regard to case: an EUI is written
 * in both ways. */
static int check_addresses(struct yj_rows_checking *c, const struct yj_col *col, bool within)
{
	int rc = yj_rows_report(c, col,
	    sqlite3_mprintf(
		"SELECT line, 'a device of family ' || family || ' needs its name there'"
		" FROM %s.dir_rows WHERE family <> 'native' AND address IS NULL",
		c->schema));
	if (rc || c->stop)
		return rc;
	rc = yj_rows_report(c, col,
	    sqlite3_mprintf(
		"SELECT r.line, r.address || ' is device ' || d.id || ' already' FROM %s.dir_rows r"
		" CROSS JOIN main.devices d ON d.family = r.family AND d.address = r.address"
		" COLLATE NOCASE WHERE d.address IS NOT NULL AND r.family <> 'native' AND"
		" d.gone_utc_ms IS NULL AND NOT EXISTS"
		" (SELECT 1 FROM %s.dir_rows x WHERE x.id = d.id)",
		c->schema, c->schema));
	if (rc || !within || c->stop)
		return rc;
	return yj_rows_report(c, col,
	    sqlite3_mprintf(
		"SELECT line, address || ' is device ' || first_id || ' already, on line ' ||"
		" first_line FROM (SELECT line, address, first_value(id) OVER w AS first_id,"
		" first_value(line) OVER w AS first_line FROM %s.dir_rows WHERE address IS NOT NULL"
		" AND family <> 'native' WINDOW w AS (PARTITION BY family, address COLLATE NOCASE"
		" ORDER BY line)) WHERE first_line < line ORDER BY line",
		c->schema));
}

/* The column of that name, if the rows have it. */
static const struct yj_col *given(
    const struct yj_rows_checking *c, uint32_t present, const char *name)
{
	for (unsigned i = 0; i < c->table->n_cols; i++)
		if (strcmp(c->table->cols[i].name, name) == 0)
			return yj_dir_given(present, i) ? &c->table->cols[i] : NULL;
	return NULL;
}

int yj_rows_check(struct yj_store *s, const char *schema, enum yj_dir kind, uint32_t present,
    bool within, yj_rows_found_fn *found, void *ctx)
{
	struct yj_rows_checking c = {s, schema, &yj_dir_tables[kind], found, ctx, false};
	int rc = 0;
	if (kind == YJ_DIR_DEVICES)
		rc = check_namespace(&c, YJ_DIR_CAREGIVERS);
	else if (kind == YJ_DIR_CAREGIVERS)
		rc = check_namespace(&c, YJ_DIR_DEVICES);
	if (rc == 0 && kind == YJ_DIR_DEVICES && given(&c, present, "family") &&
	    given(&c, present, "address"))
		rc = check_addresses(&c, given(&c, present, "address"), within);
	if (rc == 0 && kind == YJ_DIR_CONSENTS)
		rc = yj_rows_check_consents(&c, present);
	if (rc == 0 && kind == YJ_DIR_ROUNDS && given(&c, present, "assignee"))
		rc = yj_rows_check_assignees(&c, given(&c, present, "assignee"));
	for (unsigned i = 0; i < c.table->n_cols && rc == 0 && !c.stop; i++) {
		const struct yj_col *col = &c.table->cols[i];
		if (!yj_dir_given(present, i) ||
		    (col->type != YJ_COL_REF && col->type != YJ_COL_REFS))
			continue;
		rc = check_refs(&c, col);
		if (rc == 0 && !c.stop && kind == YJ_DIR_BEDS && col->ref != YJ_DIR_INSTITUTIONS)
			rc = check_beds(&c, col, within);
	}
	return rc;
}
