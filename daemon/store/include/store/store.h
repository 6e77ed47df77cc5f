/* The store: everything durable of one gateway, in one SQLite database. This header opens it and
 * groups changes into transactions; the other headers of this room change and read one subject
 * each. Single-threaded per handle; any number of read-only handles beside the one that writes.
 *
 * Nothing of SQLite shows in these headers, so that PostgreSQL with several gateways can stand
 * behind them: what must be unique is a constraint, not a look-up; rows that are worked on are
 * claimed; a commit may answer YJ_ERR_CONFLICT, and the batch is then decoded and stepped again. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

struct yj_store;

#define YJ_WHY_MAX 256

/* Opens (creating if absent, mode 0600) the database for the one writer and migrates it. 0;
 * YJ_ERR_NEWER: written by a newer program; YJ_ERR_CONFLICT: it belongs to another gateway id;
 * YJ_ERR_BUSY: another daemon holds it; YJ_ERR_IO, YJ_ERR_FULL, YJ_ERR_BADMSG. `why` says it for
 * people. */
int yj_store_open(const char *path, const char *gateway, struct yj_store **out,
    char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

/* Opens an existing database for reading only, beside the daemon or without it. 0, or as above;
 * YJ_ERR_NOTFOUND: there is none. Never creates or changes anything. */
int yj_store_open_readonly(
    const char *path, struct yj_store **out, char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

void yj_store_close(struct yj_store *s); /* rolls back what is open; NULL is fine */

const char *yj_store_gateway(const struct yj_store *s);

/* Are the files still those that were opened? For the one writer. */
enum yj_store_files {
	YJ_FILES_SAME,
	YJ_FILES_MOVED,	 /* the database was moved, removed or replaced; what is written now is
			  * where its old file is, and gone with the handle if that has no name */
	YJ_FILES_REOPEN, /* opening it anew heals it: its write-ahead log was removed, or it could
			  * not be opened for writing and could now */
};
enum yj_store_files yj_store_files(const struct yj_store *s);

/* One transaction at a time. After a commit that fails everything since begin is undone. Errors:
 * YJ_ERR_FULL (no space), YJ_ERR_IO, YJ_ERR_BUSY, YJ_ERR_NOMEM. */
int yj_store_begin(struct yj_store *s) YJ_MUST_CHECK;
int yj_store_commit(struct yj_store *s) YJ_MUST_CHECK;
void yj_store_rollback(struct yj_store *s);

/* One look at the database for the reads that follow, outside a transaction, until it is ended:
 * they see one state of it, and each is spared the lock it would take by itself. Nothing may be
 * written in between. One that could not begin changes nothing, and may be ended. */
void yj_store_look(struct yj_store *s);
void yj_store_look_done(struct yj_store *s);

/* A part of a transaction that can be undone alone, so that one bad item does not cost the
 * batch. Not nested. */
int yj_store_mark(struct yj_store *s) YJ_MUST_CHECK;
int yj_store_keep(struct yj_store *s) YJ_MUST_CHECK;
void yj_store_undo(struct yj_store *s);

/* The newest failure in the engine's own words, for the process log. */
const char *yj_store_error(const struct yj_store *s);

/* Small named values. get: 0 or YJ_ERR_NOTFOUND. */
int yj_store_meta_get(struct yj_store *s, const char *key, char *buf, size_t cap) YJ_MUST_CHECK;
int yj_store_meta_set(struct yj_store *s, const char *key, const char *value) YJ_MUST_CHECK;

/* The row of the timeline (docs/design.md, "Time"). */
struct yj_timeline_row {
	char boot_id[64];
	int64_t boottime_ms, t_ms, utc_ms;
	bool utc_known;
};
int yj_store_timeline_get(struct yj_store *s, struct yj_timeline_row *row) YJ_MUST_CHECK;
int yj_store_timeline_set(struct yj_store *s, const struct yj_timeline_row *row) YJ_MUST_CHECK;

/* Moves what it can of the write-ahead log into the database; commits do so by themselves. */
int yj_store_checkpoint(struct yj_store *s) YJ_MUST_CHECK;

#endif
