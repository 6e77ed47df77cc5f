#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db.h"
#include "duty.h"
#include "faultvfs.h"
#include "incident_counts.h"
#include "logchain.h"
#include "migrate.h"

/* synchronous FULL: in WAL mode each commit is fsynced, which the acknowledgements rest on. */
static const char pragmas[] = "PRAGMA journal_mode = WAL;"
			      "PRAGMA synchronous = FULL;"
			      "PRAGMA cache_size = -16000;"
			      "PRAGMA mmap_size = 0;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA wal_autocheckpoint = 2000;"
			      "PRAGMA journal_size_limit = 67108864;"
			      "PRAGMA trusted_schema = OFF;";

/* The statistics of memory, which nobody reads, take a lock at each allocation. They can be turned
 * off before the first database is opened, and later that fails. */
static void tune_memory(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int lock_for_writing(struct yj_store *s, const char *path, char why[YJ_WHY_MAX])
{
	char name[4096];
	snprintf(name, sizeof name, "%s.lock", path);
	s->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0) {
		snprintf(why, YJ_WHY_MAX, "%s: %s", name, strerror(errno));
		return errno == ENOSPC ? YJ_ERR_FULL : YJ_ERR_IO;
	}
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		snprintf(why, YJ_WHY_MAX, "%s: held by another daemon", path);
		return YJ_ERR_BUSY;
	}
	return 0;
}

static int claim_gateway(struct yj_store *s, const char *gateway, char why[YJ_WHY_MAX])
{
	char owner[YJ_NAME_MAX + 1] = "";
	int rc = yj_store_meta_get(s, "gateway", owner, sizeof owner);
	if (rc == YJ_ERR_NOTFOUND)
		rc = yj_store_meta_set(s, "gateway", gateway);
	else if (rc == 0 && strcmp(owner, gateway) != 0) {
		snprintf(
		    why, YJ_WHY_MAX, "the database belongs to gateway %s, not %s", owner, gateway);
		return YJ_ERR_CONFLICT;
	}
	return rc;
}

static struct yj_store *alloc_store(void)
{
	struct yj_store *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->lock_fd = -1;
	s->duty_utc_ms = YJ_DUTY_UNKNOWN;
	return s;
}

/* {0, 0} if there is no such file. */
static struct yj_file_id file_id(const char *path, const char *suffix)
{
	char name[4096];
	struct stat st;
	snprintf(name, sizeof name, "%s%s", path, suffix);
	if (stat(name, &st) < 0)
		return (struct yj_file_id){0};
	return (struct yj_file_id){st.st_dev, st.st_ino};
}

static bool same(struct yj_file_id opened, struct yj_file_id now)
{
	return opened.ino == 0 || (opened.ino == now.ino && opened.dev == now.dev);
}

enum yj_store_files yj_store_files(const struct yj_store *s)
{
	const char *path = sqlite3_db_filename(s->db, "main");
	if (!same(s->db_id, file_id(path, "")))
		return YJ_FILES_MOVED;
	if (!same(s->wal_id, file_id(path, "-wal")))
		return YJ_FILES_REOPEN;
	if (sqlite3_db_readonly(s->db, "main") == 1 && access(path, W_OK) == 0)
		return YJ_FILES_REOPEN;
	return YJ_FILES_SAME;
}

int yj_store_open(
    const char *path, const char *gateway, struct yj_store **out, char why[YJ_WHY_MAX])
{
	why[0] = '\0';
#ifdef YJ_PLANT
	yj_faultvfs_from_environment();
#endif
	struct yj_store *s = alloc_store();
	if (!s)
		return YJ_ERR_NOMEM;
	int rc = lock_for_writing(s, path, why);
	if (rc < 0)
		goto out;
	mode_t before = umask(0077);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	tune_memory();
	rc = yj_db_err(s, sqlite3_open_v2(path, &s->db, flags, NULL));
	if (rc == 0) {
		sqlite3_extended_result_codes(s->db, 1);
		/* Before anything else: a reader may have it open at this very moment. */
		sqlite3_busy_timeout(s->db, 1000);
		rc = yj_db_exec(s, pragmas);
	}
	umask(before);
	if (rc < 0)
		goto out;
	rc = yj_migrate(s, why);
	if (rc < 0)
		goto out;
	snprintf(s->gateway, sizeof s->gateway, "%s", gateway);
	rc = claim_gateway(s, gateway, why);
out:
	if (rc < 0) {
		if (!why[0])
			snprintf(why, YJ_WHY_MAX, "%s: %s", path,
			    s->db ? sqlite3_errmsg(s->db) : "out of memory");
		yj_store_close(s);
		return rc;
	}
	s->db_id = file_id(path, "");
	s->wal_id = file_id(path, "-wal");
	*out = s;
	return 0;
}

int yj_store_open_readonly(const char *path, struct yj_store **out, char why[YJ_WHY_MAX])
{
	why[0] = '\0';
	if (access(path, F_OK) < 0) {
		snprintf(why, YJ_WHY_MAX, "%s: %s", path, strerror(errno));
		return errno == ENOENT || errno == ENOTDIR ? YJ_ERR_NOTFOUND : YJ_ERR_IO;
	}
	struct yj_store *s = alloc_store();
	if (!s)
		return YJ_ERR_NOMEM;
	s->readonly = true;
	/* Opened for writing, because a reader of a WAL database needs its shared memory;
	 * query_only sees to it that nothing is changed, and nothing is checkpointed when it is
	 * closed. */
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int rc = yj_db_err(s, sqlite3_open_v2(path, &s->db, flags, NULL));
	if (rc == 0) {
		sqlite3_extended_result_codes(s->db, 1);
		sqlite3_busy_timeout(s->db, 1000);
		sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		rc = yj_db_exec(s, "PRAGMA query_only = 1; PRAGMA cache_size = -4000;"
				   "PRAGMA trusted_schema = OFF;");
	}
	int64_t version = 0;
	if (rc == 0)
		rc = yj_db_int(s, &version, "PRAGMA user_version", "");
	if (rc == 0 && version > yj_schema_version()) {
		snprintf(why, YJ_WHY_MAX, "%s: written by a newer program (schema %d)", path,
		    (int)version);
		rc = YJ_ERR_NEWER;
	}
	if (rc == 0)
		rc = yj_store_meta_get(s, "gateway", s->gateway, sizeof s->gateway);
	if (rc < 0) {
		if (!why[0])
			snprintf(why, YJ_WHY_MAX, "%s: %s", path,
			    s->db ? sqlite3_errmsg(s->db) : "out of memory");
		yj_store_close(s);
		return rc;
	}
	*out = s;
	return 0;
}

void yj_store_close(struct yj_store *s)
{
	if (!s)
		return;
	yj_store_rollback(s);
	yj_duty_free(s);
	for (unsigned i = 0; i < YJ_STMTS_MAX; i++)
		sqlite3_finalize(s->stmts[i].stmt);
	sqlite3_close(s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
}

const char *yj_store_gateway(const struct yj_store *s)
{
	return s->gateway;
}

const char *yj_store_error(const struct yj_store *s)
{
	return s->last_sqlite ? sqlite3_errstr(s->last_sqlite) : "";
}

int yj_store_begin(struct yj_store *s)
{
	int rc = yj_db_run(s, "BEGIN IMMEDIATE", "");
	if (rc < 0)
		return rc;
	s->in_tx = true;
	return 0;
}

int yj_store_commit(struct yj_store *s)
{
	int rc = yj_logchain_flush(s);
	if (rc == 0)
		rc = yj_incident_counts_flush(s);
	if (rc == 0)
		rc = yj_db_run(s, "COMMIT", "");
	if (rc < 0) {
		yj_store_rollback(s);
		return rc;
	}
	s->in_tx = false;
	yj_logchain_committed(s);
	return 0;
}

void yj_store_rollback(struct yj_store *s)
{
	if (!s->in_tx)
		return;
	/* After some I/O errors SQLite has rolled back by itself; then this fails and may. */
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->in_tx = false;
	yj_logchain_rolled_back(s);
	yj_incident_counts_forget(s);
	yj_duty_forget(s);
}

void yj_store_look(struct yj_store *s)
{
	if (sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL);
}

void yj_store_look_done(struct yj_store *s)
{
	if (!sqlite3_get_autocommit(s->db) && !s->in_tx)
		sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
}

int yj_store_mark(struct yj_store *s)
{
	int rc = yj_db_run(s, "SAVEPOINT item", "");
	if (rc == 0)
		s->mark = s->volatile_state;
	return rc;
}

int yj_store_keep(struct yj_store *s)
{
	return yj_db_run(s, "RELEASE item", "");
}

void yj_store_undo(struct yj_store *s)
{
	if (sqlite3_get_autocommit(s->db))
		return;
	sqlite3_exec(s->db, "ROLLBACK TO item; RELEASE item", NULL, NULL, NULL);
	s->volatile_state = s->mark;
	yj_duty_forget(s);
}

int yj_store_meta_get(struct yj_store *s, const char *key, char *buf, size_t cap)
{
	sqlite3_stmt *stmt = yj_db_stmt(s, "SELECT value FROM meta WHERE key = ?1");
	if (!stmt)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(stmt, "t", key);
	int rc = yj_db_step(s, stmt);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(stmt, 0, buf, cap);
	sqlite3_reset(stmt);
	return 0;
}

int yj_store_meta_set(struct yj_store *s, const char *key, const char *value)
{
	return yj_db_run(s,
	    "INSERT INTO meta (key, value) VALUES (?1, ?2)"
	    " ON CONFLICT (key) DO UPDATE SET value = ?2",
	    "tt", key, value);
}

int yj_store_timeline_get(struct yj_store *s, struct yj_timeline_row *row)
{
	sqlite3_stmt *stmt = yj_db_stmt(
	    s, "SELECT boot_id, boottime_ms, t_ms, utc_ms, utc_known FROM timeline WHERE one = 1");
	if (!stmt)
		return yj_db_err(s, s->last_sqlite);
	int rc = yj_db_step(s, stmt);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(stmt, 0, row->boot_id, sizeof row->boot_id);
	row->boottime_ms = sqlite3_column_int64(stmt, 1);
	row->t_ms = sqlite3_column_int64(stmt, 2);
	row->utc_ms = sqlite3_column_int64(stmt, 3);
	row->utc_known = sqlite3_column_int(stmt, 4) != 0;
	sqlite3_reset(stmt);
	return 0;
}

int yj_store_timeline_set(struct yj_store *s, const struct yj_timeline_row *row)
{
	return yj_db_run(s,
	    "INSERT OR REPLACE INTO timeline (one, boot_id, boottime_ms, t_ms, utc_ms, utc_known)"
	    " VALUES (1, ?1, ?2, ?3, ?4, ?5)",
	    "tiiii", row->boot_id, row->boottime_ms, row->t_ms, row->utc_ms,
	    (int64_t)row->utc_known);
}

int yj_store_checkpoint(struct yj_store *s)
{
	return yj_db_err(
	    s, sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
}
