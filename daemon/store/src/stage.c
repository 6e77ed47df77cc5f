#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "db.h"

static int stage_err(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		return YJ_ERR_NOMEM;
	case SQLITE_FULL:
		return YJ_ERR_FULL;
	default:
		return YJ_ERR_IO;
	}
}

int yj_stage_create(struct yj_stage *g, const char *path, enum yj_dir kind, uint32_t present)
{
	memset(g, 0, sizeof *g);
	g->kind = kind;
	g->present = present;
	/* Made here and not by SQLite, because it must be readable by nobody else. */
	if (unlink(path) < 0 && errno != ENOENT)
		return YJ_ERR_IO;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == ENOSPC ? YJ_ERR_FULL : YJ_ERR_IO;
	close(fd);
	int rc = sqlite3_open_v2(path, &g->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		/* After a crash the file is worth nothing, so nothing is spent on it. */
		rc = sqlite3_exec(g->db,
		    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = "
		    "-16000;"
		    "BEGIN; CREATE TABLE dir_info (kind, present, version, rows, added, revived, "
		    "changed, items);"
		    "CREATE TABLE dir_webhooks (name TEXT PRIMARY KEY) WITHOUT ROWID",
		    NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return stage_err(rc);
	int err = yj_rows_create(g->db, "main", kind, present);
	if (err)
		return err;
	return stage_err(yj_rows_prepare(g->db, "main", kind, present, &g->row, &g->item));
}

static int find_line(struct yj_stage *g, const char *key, long *line)
{
	sqlite3_stmt *stmt = NULL;
	char *sql =
	    sqlite3_mprintf("SELECT line FROM dir_rows WHERE %s = ?", yj_dir_tables[g->kind].key);
	int rc = sql ? sqlite3_prepare_v2(g->db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;
	sqlite3_free(sql);
	if (rc == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW)
			*line = (long)sqlite3_column_int64(stmt, 0);
	}
	sqlite3_finalize(stmt);
	return stage_err(rc);
}

int yj_stage_add(struct yj_stage *g, long line, const struct yj_value *values, long *first)
{
	int rc = yj_rows_insert(g->row, g->item, g->kind, g->present, line, values);
	if ((rc & 0xff) != SQLITE_CONSTRAINT)
		return stage_err(rc);
	rc = find_line(g, values[0].text, first);
	return rc ? rc : YJ_ERR_EXISTS;
}

int yj_stage_commit(struct yj_stage *g)
{
	sqlite3_finalize(g->row);
	sqlite3_finalize(g->item);
	g->row = g->item = NULL;
	return stage_err(sqlite3_exec(g->db, "COMMIT", NULL, NULL, NULL));
}

int yj_stage_finish(struct yj_stage *g, const struct yj_rows_diff *diff, json_t *webhooks)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(
	    g->db, "INSERT INTO dir_info VALUES (?, ?, ?, ?, ?, ?, ?, ?)", -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		yj_db_bind(stmt, "tiiiiiii", yj_dir_name(g->kind), (int64_t)g->present,
		    diff->version, diff->rows, diff->added, diff->revived, (int64_t)diff->changed,
		    (int64_t)diff->items);
		rc = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE)
		return stage_err(rc);
	const char *name;
	json_t *value;
	json_object_foreach(webhooks, name, value)
	{
		rc = sqlite3_prepare_v2(
		    g->db, "INSERT INTO dir_webhooks VALUES (?)", -1, &stmt, NULL);
		if (rc == SQLITE_OK) {
			sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
			rc = sqlite3_step(stmt);
		}
		sqlite3_finalize(stmt);
		if (rc != SQLITE_DONE)
			return stage_err(rc);
	}
	return 0;
}

void yj_stage_close(struct yj_stage *g)
{
	sqlite3_finalize(g->row);
	sqlite3_finalize(g->item);
	sqlite3_close(g->db);
	memset(g, 0, sizeof *g);
}

int yj_stage_attach(struct yj_store *s, const char *path)
{
	if (access(path, R_OK) < 0)
		return YJ_ERR_IO; /* ATTACH would make an empty one */
	/* One that could not be detached must not stand in the way for ever. */
	if (sqlite3_db_filename(s->db, "stage")) {
		int rc = yj_stage_detach(s);
		if (rc)
			return rc;
	}
	return yj_db_run(s, "ATTACH ? AS stage", "t", path);
}

int yj_stage_detach(struct yj_store *s)
{
	return yj_db_exec(s, "DETACH stage");
}
