#include "db.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/incident.h"

int yj_db_err(struct yj_store *s, int rc)
{
	s->last_sqlite = rc;
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		return YJ_ERR_NOMEM;
	case SQLITE_FULL:
		return YJ_ERR_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return YJ_ERR_BUSY;
	case SQLITE_CONSTRAINT:
		return YJ_ERR_CONFLICT;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return YJ_ERR_BADMSG;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return YJ_ERR_DENIED;
	default:
		return YJ_ERR_IO;
	}
}

sqlite3_stmt *yj_db_stmt(struct yj_store *s, const char *sql)
{
	unsigned start = (unsigned)(((uintptr_t)sql >> 3) % YJ_STMTS_MAX);
	for (unsigned i = 0; i < YJ_STMTS_MAX; i++) {
		unsigned slot = (start + i) % YJ_STMTS_MAX;
		if (s->stmts[slot].sql == sql) {
			sqlite3_stmt *stmt = s->stmts[slot].stmt;
			sqlite3_reset(stmt);
			sqlite3_clear_bindings(stmt);
			return stmt;
		}
		if (s->stmts[slot].sql)
			continue;
		sqlite3_stmt *stmt = NULL;
		int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
		if (rc != SQLITE_OK) {
			yj_db_err(s, rc);
			return NULL;
		}
		s->stmts[slot].sql = sql;
		s->stmts[slot].stmt = stmt;
		s->n_stmts++;
		return stmt;
	}
	s->last_sqlite = SQLITE_NOMEM;
	return NULL;
}

static void bind_va(sqlite3_stmt *stmt, const char *format, va_list ap)
{
	int i = 1;
	for (; *format; format++, i++) {
		switch (*format) {
		case 't':
			sqlite3_bind_text(stmt, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
			break;
		case 'i':
			sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
			break;
		case 'I': {
			int64_t v = va_arg(ap, int64_t);
			if (v == INT64_MAX)
				sqlite3_bind_null(stmt, i);
			else
				sqlite3_bind_int64(stmt, i, v);
			break;
		}
		case 'd':
			sqlite3_bind_double(stmt, i, va_arg(ap, double));
			break;
		case 'b': {
			const void *p = va_arg(ap, const void *);
			int len = va_arg(ap, int);
			sqlite3_bind_blob(stmt, i, p ? p : "", len, SQLITE_STATIC);
			break;
		}
		default:
			sqlite3_bind_null(stmt, i);
			break;
		}
	}
}

void yj_db_bind(sqlite3_stmt *stmt, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	bind_va(stmt, format, ap);
	va_end(ap);
}

int yj_db_step(struct yj_store *s, sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		return 1;
	int err = rc == SQLITE_DONE ? 0 : yj_db_err(s, rc);
	sqlite3_reset(stmt);
	return err;
}

int yj_db_run(struct yj_store *s, const char *sql, const char *format, ...)
{
	sqlite3_stmt *stmt = yj_db_stmt(s, sql);
	if (!stmt)
		return yj_db_err(s, s->last_sqlite);
	va_list ap;
	va_start(ap, format);
	bind_va(stmt, format, ap);
	va_end(ap);
	int rc;
	while ((rc = yj_db_step(s, stmt)) == 1)
		;
	return rc;
}

int yj_db_int(struct yj_store *s, int64_t *out, const char *sql, const char *format, ...)
{
	sqlite3_stmt *stmt = yj_db_stmt(s, sql);
	if (!stmt)
		return yj_db_err(s, s->last_sqlite);
	va_list ap;
	va_start(ap, format);
	bind_va(stmt, format, ap);
	va_end(ap);
	int rc = yj_db_step(s, stmt);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return YJ_ERR_NOTFOUND;
	bool null = sqlite3_column_type(stmt, 0) == SQLITE_NULL;
	int64_t v = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	if (null)
		return YJ_ERR_NOTFOUND;
	*out = v;
	return 0;
}

const char *yj_db_text(sqlite3_stmt *stmt, int column)
{
	const unsigned char *t = sqlite3_column_text(stmt, column);
	return t ? (const char *)t : "";
}

void yj_db_copy(sqlite3_stmt *stmt, int column, char *buf, size_t cap)
{
	const char *text = yj_db_text(stmt, column);
	size_t len = strlen(text); /* not the column's own: what has a NUL within ends there */
	if (len >= cap)
		len = cap - 1;
	memcpy(buf, text, len);
	buf[len] = '\0';
}

int64_t yj_db_time(sqlite3_stmt *stmt, int column)
{
	if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
		return INT64_MAX;
	return sqlite3_column_int64(stmt, column);
}

int yj_db_exec(struct yj_store *s, const char *sql)
{
	return yj_db_err(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

int yj_db_names(struct yj_store *s, sqlite3_stmt *stmt, struct yj_names *out)
{
	int rc;
	while ((rc = yj_db_step(s, stmt)) == 1) {
		int err = yj_names_add(out, yj_db_text(stmt, 0));
		if (err < 0) {
			sqlite3_reset(stmt);
			return err;
		}
	}
	return rc;
}

int yj_db_number_of(const struct yj_store *s, const char *id, const char *mark, int64_t *n)
{
	size_t len = strlen(s->gateway), marked = strlen(mark);
	if (strncmp(id, s->gateway, len) != 0 || strncmp(id + len, mark, marked) != 0)
		return YJ_ERR_NOTFOUND;
	const char *digits = id + len + marked;
	size_t count = strspn(digits, "0123456789");
	if (count == 0 || count > 18 || digits[count] || digits[0] == '0')
		return YJ_ERR_NOTFOUND;
	*n = strtoll(digits, NULL, 10);
	return 0;
}
