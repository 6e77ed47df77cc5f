/* CSV in: checked as a whole and staged into a file of its own, outside of the loop. */
#include "store/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "csv.h"
#include "db.h"
#include "dir.h"
#include "stage.h"

enum { CELL_IGNORED = -1, CELL_NAMELESS = -2 };

struct import {
	enum yj_dir kind;
	const struct yj_dir_table *table;
	struct yj_import_result *result;
	struct yj_dir_names names;
	struct yj_csv csv;
	uint32_t present;
	unsigned n_cells;
	int column[YJ_CSV_CELLS_MAX];	      /* of each cell, or one of the above */
	const char *header[YJ_CSV_CELLS_MAX]; /* as it stands in the file */
	struct yj_value values[YJ_COLS_MAX];
	struct yj_stage stage;
	int failed; /* memory was short while an error was noted */
};

void yj_import_result_done(struct yj_import_result *r)
{
	free(r->list);
	memset(r, 0, sizeof *r);
}

static void note(struct import *m, long line, const char *column, const char *text)
{
	struct yj_import_result *r = m->result;
	r->errors++;
	if (r->n_list == YJ_IMPORT_ERRORS_MAX)
		return;
	if (!r->list) {
		r->list = calloc(YJ_IMPORT_ERRORS_MAX, sizeof *r->list);
		if (!r->list) {
			m->failed = YJ_ERR_NOMEM;
			return;
		}
	}
	struct yj_import_error *e = &r->list[r->n_list++];
	e->line = line;
	yj_text_copy(e->column, sizeof e->column, column);
	yj_text_copy(e->text, sizeof e->text, text);
}

/* How the file calls a column. */
static const char *header_of(const struct import *m, const struct yj_col *col)
{
	for (unsigned i = 0; i < m->n_cells; i++)
		if (m->column[i] >= 0 && &m->table->cols[m->column[i]] == col)
			return m->header[i];
	return col->name;
}

static bool ignored(const struct yj_import_opts *opts, const char *header, const char *name)
{
	for (const char *const *p = opts ? opts->ignore : NULL; p && *p; p++)
		if (strcmp(*p, header) == 0 || strcasecmp(*p, header) == 0 ||
		    (name && strcmp(*p, name) == 0))
			return true;
	return false;
}

static void unknown_column(struct import *m, const char *header)
{
	if (strstr(header, "身份证") || strstr(header, "证件号")) {
		note(m, m->csv.row_line, header,
		    "identity-card numbers are never stored: leave the column out or ignore it");
		return;
	}
	char text[YJ_TEXT_MAX * 2];
	int n = snprintf(text, sizeof text, "unknown column; %s have:", m->table->table);
	for (unsigned i = yj_dir_first(m->table); i < m->table->n_cols && n < (int)sizeof text; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, " %s", m->table->cols[i].name);
	note(m, m->csv.row_line, header, text);
}

static void read_header_cell(struct import *m, unsigned i, const struct yj_import_opts *opts)
{
	const char *s = m->csv.cells[i];
	size_t len = strlen(s);
	yj_text_trim(&s, &len);
	m->csv.cells[i][(s - m->csv.cells[i]) + (ptrdiff_t)len] = 0;
	m->header[i] = s;
	m->column[i] = len ? CELL_IGNORED : CELL_NAMELESS;
	if (!len)
		return;
	int col = yj_dir_header(m->kind, s);
	if (ignored(opts, s, col >= 0 ? m->table->cols[col].name : NULL))
		return;
	if (col < 0) {
		unknown_column(m, s);
	} else if ((m->present >> col) & 1) {
		note(m, m->csv.row_line, s, "the column stands here twice");
	} else {
		m->column[i] = col;
		m->present |= UINT32_C(1) << col;
	}
}

static void read_header(struct import *m, const struct yj_import_opts *opts)
{
	m->n_cells = m->csv.n;
	m->present = m->table->made_of ? 1 : 0;
	for (unsigned i = 0; i < m->n_cells; i++)
		read_header_cell(m, i, opts);
	for (unsigned i = 0; i < m->table->n_cols; i++) {
		const struct yj_col *col = &m->table->cols[i];
		if (((m->present >> i) & 1) || !(col->flags & (YJ_COL_REQUIRED | YJ_COL_HEADER)))
			continue;
		char text[YJ_TEXT_MAX];
		snprintf(text, sizeof text, "the column is missing (%s or %.*s)", col->name,
		    (int)strcspn(col->zh, "|"), col->zh);
		note(m, m->csv.row_line, col->name, text);
	}
}

/* 1: good, 0: something in it was noted, or YJ_ERR_NOMEM. */
static int check_row(struct import *m)
{
	long line = m->csv.row_line;
	char text[YJ_TEXT_MAX];
	if (m->csv.n != m->n_cells) {
		snprintf(text, sizeof text, "%u columns, but the header has %u%s", m->csv.n,
		    m->n_cells,
		    m->csv.n > m->n_cells ? ": put text with commas between quotes" : "");
		note(m, line, "", text);
		m->values[0].type = YJ_V_NULL;
		return 0;
	}
	int good = 1;
	for (unsigned i = 0; i < m->n_cells; i++) {
		const char *cell = m->csv.cells[i];
		size_t len = strlen(cell);
		if (m->column[i] == CELL_IGNORED)
			continue;
		if (m->column[i] == CELL_NAMELESS) {
			yj_text_trim(&cell, &len);
			if (len) {
				snprintf(text, sizeof text, "column %u has no name in the header",
				    i + 1);
				note(m, line, "", text);
				good = 0;
			}
			continue;
		}
		const struct yj_col *col = &m->table->cols[m->column[i]];
		struct yj_value *v = &m->values[m->column[i]];
		yj_text_trim(&cell, &len);
		const char *plain = yj_csv_undefuse(cell);
		int rc = yj_value_check(
		    m->kind, col, &m->names, plain, len - (size_t)(plain - cell), v, text);
		if (rc == YJ_ERR_NOMEM)
			return rc;
		if (rc) {
			note(m, line, m->header[i], text);
			v->type = YJ_V_NULL;
			v->n = 0;
			good = 0;
		}
	}
	int rc = yj_dir_make_key(m->kind, m->values);
	return rc ? rc : good;
}

static int read_rows(struct import *m)
{
	struct yj_csv_fault fault;
	for (;;) {
		int rc = yj_csv_next(&m->csv, &fault);
		if (rc == 0)
			return m->failed;
		if (rc == YJ_ERR_INVAL) {
			note(m, fault.line, "", fault.text);
			continue;
		}
		rc = check_row(m);
		if (rc < 0)
			return rc;
		m->result->rows += rc;
		/* A bad row goes in too, so that what else is wrong with it and with those that
		 * name the same things comes out in one go. */
		if (m->values[0].type != YJ_V_TEXT)
			continue;
		long first = 0;
		rc = yj_stage_add(&m->stage, m->csv.row_line, m->values, &first);
		if (rc == YJ_ERR_EXISTS) {
			char text[YJ_TEXT_MAX];
			snprintf(text, sizeof text, "%s stands on line %ld already",
			    m->values[0].text, first);
			note(m, m->csv.row_line,
			    header_of(m, &m->table->cols[yj_dir_first(m->table)]), text);
		} else if (rc < 0) {
			return rc;
		}
	}
}

static bool note_found(void *ctx, long line, const struct yj_col *col, const char *text)
{
	struct import *m = ctx;
	note(m, line, header_of(m, col), text);
	return true;
}

static int check_references(
    struct import *m, struct yj_store *readonly, const char *stage_path, struct yj_rows_diff *diff)
{
	int rc = yj_stage_attach(readonly, stage_path);
	if (rc)
		return rc;
	/* The version first: what changes while this looks is seen by the switch. */
	rc = yj_rows_diff(readonly, "stage", m->kind, m->present, diff);
	if (rc == 0)
		rc = yj_rows_check(readonly, "stage", m->kind, m->present, true, note_found, m);
	int rc2 = yj_stage_detach(readonly);
	return rc ? rc : rc2;
}

/* An array of names as an object; NULL gives what is stored. */
static int read_names(struct yj_store *s, const struct yj_import_opts *opts, struct yj_dir_names *n)
{
	int rc = yj_dir_names_stored(s, n);
	json_t *const given[] = {opts ? opts->policies : NULL, opts ? opts->webhooks : NULL};
	json_t **const names[] = {&n->policies, &n->webhooks};
	for (int i = 0; i < 2 && rc == 0; i++) {
		if (!given[i])
			continue;
		json_decref(*names[i]);
		*names[i] = json_object();
		size_t at;
		json_t *name;
		json_array_foreach(given[i], at,
		    name) if (json_object_set_new(*names[i], json_string_value(name), json_true()))
		    rc = YJ_ERR_NOMEM;
	}
	n->used = json_object();
	return rc == 0 && !n->used ? YJ_ERR_NOMEM : rc;
}

static int by_line(const void *a, const void *b)
{
	const struct yj_import_error *x = a, *y = b;
	return (x->line > y->line) - (x->line < y->line);
}

static int stage_all(struct import *m, struct yj_store *readonly, const char *stage_path)
{
	struct yj_rows_diff diff;
	int rc = yj_stage_create(&m->stage, stage_path, m->kind, m->present);
	if (rc == 0)
		rc = read_rows(m);
	if (rc == 0)
		rc = yj_stage_commit(&m->stage);
	if (rc == 0)
		rc = check_references(m, readonly, stage_path, &diff);
	if (rc == 0)
		rc = yj_stage_finish(&m->stage, &diff, m->names.used);
	yj_stage_close(&m->stage);
	return rc;
}

static int import_text(struct import *m, struct yj_store *readonly, const void *csv, size_t len,
    const struct yj_import_opts *opts, const char *stage_path)
{
	char *text = NULL;
	size_t text_len = 0;
	struct yj_csv_fault fault;
	if (len > YJ_IMPORT_MAX) {
		note(m, 1, "", "the file is too large: split it");
		return YJ_ERR_INVAL;
	}
	int rc = yj_csv_decode(csv, len, &text, &text_len, &fault);
	if (rc == YJ_ERR_INVAL)
		note(m, fault.line, "", fault.text);
	if (rc)
		return rc;
	yj_csv_init(&m->csv, text, text_len);
	rc = yj_csv_next(&m->csv, &fault);
	if (rc <= 0) {
		if (rc == 0)
			note(m, 1, "", "the file is empty: a header row is required");
		else
			note(m, fault.line, "", fault.text);
		rc = YJ_ERR_INVAL;
	} else {
		read_header(m, opts);
		rc = m->result->errors ? YJ_ERR_INVAL : stage_all(m, readonly, stage_path);
	}
	free(text);
	return rc;
}

int yj_import_stage(struct yj_store *readonly, enum yj_dir kind, const void *csv, size_t len,
    const struct yj_import_opts *opts, const char *stage_path, struct yj_import_result *result)
{
	memset(result, 0, sizeof *result);
	struct import *m = calloc(1, sizeof *m);
	if (!m)
		return YJ_ERR_NOMEM;
	m->kind = kind;
	m->table = &yj_dir_tables[kind];
	m->result = result;
	int rc = read_names(readonly, opts, &m->names);
	if (rc == 0)
		rc = import_text(m, readonly, csv, len, opts, stage_path);
	if (rc == 0 && m->failed)
		rc = m->failed;
	if (rc == 0 && result->errors)
		rc = YJ_ERR_INVAL;
	if (rc)
		(void)!unlink(stage_path);
	if (result->n_list > 1)
		qsort(result->list, result->n_list, sizeof *result->list, by_line);
	for (unsigned i = 0; i < YJ_COLS_MAX; i++)
		yj_value_done(&m->values[i]);

	yj_dir_names_done(&m->names);
	free(m);
	return rc;
}
