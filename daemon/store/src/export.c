/* CSV out: exports and templates. */
#include <stdio.h>
#include <string.h>

#include "csv.h"
#include "db.h"
#include "dir.h"
#include "store/import.h"

#define PAGE 500

static const char bom[] = "\xef\xbb\xbf";

static int finish(FILE *out)
{
	return fflush(out) || ferror(out) ? YJ_ERR_IO : 0;
}

/* Reads a page from behind `after` and moves it on. *more: there may be another. */
static int export_page(
    struct yj_store *s, enum yj_dir kind, char after[YJ_DIR_KEY_MAX + 1], FILE *out, bool *more)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	unsigned first = yj_dir_first(t);
	char where[96], buf[32];
	snprintf(where, sizeof where, "AND t.%s > ? ORDER BY t.%s LIMIT %d", t->key, t->key, PAGE);
	sqlite3_stmt *stmt;
	int rc = yj_dir_select(s, kind, where, &stmt);
	if (rc)
		return rc;
	yj_db_bind(stmt, "t", after);
	char last[YJ_DIR_KEY_MAX + 1] = "";
	int rows = 0;
	while ((rc = yj_db_step(s, stmt)) == 1) {
		for (unsigned i = first; i < t->n_cols; i++) {
			if (i > first)
				putc(',', out);
			yj_csv_put(
			    out, yj_dir_cell(stmt, kind, i, buf), t->cols[i].flags & YJ_COL_QUOTED);
		}
		fputs("\r\n", out);
		yj_db_copy(stmt, 0, last, sizeof last);
		rows++;
	}
	sqlite3_finalize(stmt);
	*more = rows == PAGE;
	memcpy(after, last, sizeof last);
	return rc;
}

int yj_export(struct yj_store *s, enum yj_dir kind, FILE *out)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	unsigned first = yj_dir_first(t);
	fputs(bom, out);
	for (unsigned i = first; i < t->n_cols; i++)
		fprintf(out, "%s%s", i > first ? "," : "", t->cols[i].name);
	fputs("\r\n", out);
	/* By pages, so that a slow reader of the output holds no read transaction open. */
	char after[YJ_DIR_KEY_MAX + 1] = "";
	bool more = true;
	int rc = 0;
	while (more && rc == 0)
		rc = export_page(s, kind, after, out, &more);
	return rc ? rc : finish(out);
}

int yj_import_template(enum yj_dir kind, FILE *out)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	unsigned first = yj_dir_first(t);
	fputs(bom, out);
	for (unsigned i = first; i < t->n_cols; i++)
		fprintf(out, "%s%.*s", i > first ? "," : "", (int)strcspn(t->cols[i].zh, "|"),
		    t->cols[i].zh);
	fputs("\r\n", out);
	for (unsigned i = first; i < t->n_cols; i++) {
		if (i > first)
			putc(',', out);
		yj_csv_put(out, t->cols[i].example, t->cols[i].flags & YJ_COL_QUOTED);
	}
	fputs("\r\n", out);
	return finish(out);
}
