/* SQLite behind the store: connection, cached statements, error mapping. Private to the room.
 * The only owner of sqlite3*. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/err.h"
#include "proto/limits.h"

#define YJ_STMTS_MAX 512

/* What a transaction changes in memory, put back when it or its newest item is undone. */
struct yj_store_volatile {
	int64_t log_seq;
	unsigned char log_hash[32];
	bool log_dirty;
	int64_t open_delta[YJ_LEVELS_MAX]; /* open incidents by level, not yet written */
	bool open_dirty;
};

struct yj_file_id {
	dev_t dev;
	ino_t ino;
};

struct yj_store {
	sqlite3 *db;
	bool readonly;
	bool in_tx;
	char gateway[YJ_NAME_MAX + 1];
	struct {
		const char *sql; /* the literal's address is the key */
		sqlite3_stmt *stmt;
	} stmts[YJ_STMTS_MAX];
	unsigned n_stmts;
	int last_sqlite;		 /* extended code of the newest failure */
	int lock_fd;			 /* held by the one writer */
	struct yj_file_id db_id, wal_id; /* of the writer's files; 0: not known */
	bool log_loaded;		 /* volatile_state.log_* are known */
	struct yj_store_volatile volatile_state, mark, committed;
	struct yj_duty *duty; /* duty.c: the rosters, once they were asked for */
	int64_t duty_utc_ms;  /* the moment as of which people are expanded */
};

/* The cached statement of an SQL literal (its ADDRESS is the key: pass literals only), reset and
 * with cleared bindings. NULL on failure, with last_sqlite set. */
sqlite3_stmt *yj_db_stmt(struct yj_store *s, const char *sql);

/* Binds by format, one letter a parameter, from index 1: t text (NULL binds NULL, borrowed until
 * the step), i int64_t, d double, b blob (pointer, then int length), I int64_t where INT64_MAX
 * binds NULL, n nothing (NULL). */
void yj_db_bind(sqlite3_stmt *stmt, const char *format, ...);

/* Steps. 1: a row, 0: done, negative yj_err. Resets the statement unless there is a row. */
int yj_db_step(struct yj_store *s, sqlite3_stmt *stmt);

/* Prepares, binds, steps to the end. 0 or a negative yj_err. */
int yj_db_run(struct yj_store *s, const char *sql, const char *format, ...) YJ_MUST_CHECK;

/* One integer. 0 with *out set, YJ_ERR_NOTFOUND without a row (or NULL in it), or a yj_err. */
int yj_db_int(
    struct yj_store *s, int64_t *out, const char *sql, const char *format, ...) YJ_MUST_CHECK;

/* Column as text; "" for NULL. Valid until the next step. */
const char *yj_db_text(sqlite3_stmt *stmt, int column);
/* Copies a text column into a buffer of cap bytes, cut off at cap - 1; "" for NULL. */
void yj_db_copy(sqlite3_stmt *stmt, int column, char *buf, size_t cap);
/* Column as integer; INT64_MAX for NULL. */
int64_t yj_db_time(sqlite3_stmt *stmt, int column);

/* Adds the first column of every row to a list. 0 or a yj_err. */
struct yj_names;
int yj_db_names(struct yj_store *s, sqlite3_stmt *stmt, struct yj_names *out) YJ_MUST_CHECK;

/* The number in an id of this gateway's, {gateway}MARK{number}. YJ_ERR_NOTFOUND: it is no such id.
 */
int yj_db_number_of(
    const struct yj_store *s, const char *id, const char *mark, int64_t *n) YJ_MUST_CHECK;

/* Several statements without parameters (schema, pragmas). */
int yj_db_exec(struct yj_store *s, const char *sql) YJ_MUST_CHECK;

/* sqlite result code to yj_err; notes it in last_sqlite. */
int yj_db_err(struct yj_store *s, int rc);

#endif
