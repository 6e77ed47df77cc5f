/* A staged import taken over: one transaction, a handful of set-wise statements. The loop waits
 * for it, so nothing here goes row by row. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db.h"
#include "dir.h"
#include "stage.h"
#include "store/import.h"

static bool note_first(void *ctx, long line, const struct yj_col *col, const char *text)
{
	snprintf(ctx, YJ_WHY_MAX, "line %ld, %s: %s", line, col->name, text);
	return false;
}

/* What the file holds; YJ_ERR_BADMSG if it is no staging file of this kind. */
static int read_info(struct yj_store *s, enum yj_dir kind, uint32_t *present,
    struct yj_rows_diff *diff, char why[YJ_WHY_MAX])
{
	sqlite3_stmt *stmt = NULL;
	int rc = yj_dir_prepare(s, &stmt,
	    "SELECT kind, present, version, rows, added, revived, changed, items FROM "
	    "stage.dir_info");
	if (rc == 0)
		rc = yj_db_step(s, stmt);
	bool good = rc == 1 && strcmp(yj_db_text(stmt, 0), yj_dir_name(kind)) == 0;
	if (good) {
		*present = (uint32_t)sqlite3_column_int64(stmt, 1);
		diff->version = sqlite3_column_int64(stmt, 2);
		diff->rows = sqlite3_column_int64(stmt, 3);
		diff->added = sqlite3_column_int64(stmt, 4);
		diff->revived = sqlite3_column_int64(stmt, 5);
		diff->changed = (uint32_t)sqlite3_column_int64(stmt, 6);
		diff->items = sqlite3_column_int(stmt, 7) != 0;
	}
	sqlite3_finalize(stmt);
	if (rc < 0 && rc != YJ_ERR_BADMSG && rc != YJ_ERR_IO)
		return rc;
	if (!good) {
		snprintf(why, YJ_WHY_MAX, "not a staging file of %s", yj_dir_name(kind));
		return YJ_ERR_BADMSG;
	}
	return 0;
}

/* The name that a query finds goes into `why`; then YJ_ERR_CONFLICT. */
static int none_found(struct yj_store *s, const char *sql, const char *noun, char why[YJ_WHY_MAX])
{
	sqlite3_stmt *stmt = NULL;
	int rc = yj_dir_prepare(s, &stmt, "%s", sql);
	if (rc)
		return rc;
	rc = yj_db_step(s, stmt);
	if (rc == 1) {
		snprintf(why, YJ_WHY_MAX, "%s %.64s is not configured any more", noun,
		    yj_db_text(stmt, 0));
		rc = YJ_ERR_CONFLICT;
	}
	sqlite3_finalize(stmt);
	return rc;
}

/* What may have changed since the file was staged. The directory's own part is as it was as long
 * as its version is; that saves most of the time. */
static int check_again(struct yj_store *s, enum yj_dir kind, uint32_t present,
    struct yj_rows_diff *diff, char why[YJ_WHY_MAX])
{
	char found[YJ_WHY_MAX] = "";
	int64_t version = 0;
	int rc = yj_dir_version(s, &version);
	if (rc == 0 && version != diff->version) {
		rc = yj_rows_check(s, "stage", kind, present, false, note_first, found);
		if (rc == 0)
			rc = yj_rows_count(s, "stage", kind, present, diff);
	}
	if (rc == 0 && found[0]) {
		memcpy(why, found, YJ_WHY_MAX);
		return YJ_ERR_CONFLICT;
	}
	int policy = yj_dir_col(kind, "policy", strlen("policy"));
	if (rc == 0 && policy >= 0 && ((present >> policy) & 1))
		rc = none_found(s,
		    "SELECT policy FROM stage.dir_rows WHERE policy IS NOT NULL AND policy NOT IN "
		    "(SELECT name FROM main.policy_names) LIMIT 1",
		    "policy", why);
	if (rc == 0)
		rc = none_found(s,
		    "SELECT name FROM stage.dir_webhooks WHERE EXISTS (SELECT 1 FROM main.meta "
		    "WHERE key = "
		    "'webhooks') AND name NOT IN (SELECT j.value FROM main.meta m, "
		    "json_each(m.value) j "
		    "WHERE m.key = 'webhooks') LIMIT 1",
		    "webhook", why);
	return rc;
}

static int switch_in(struct yj_store *s, enum yj_dir kind,
    int (*before_commit)(void *ctx, long added, long replaced), void *ctx, char why[YJ_WHY_MAX])
{
	uint32_t present = 0;
	struct yj_rows_diff diff = {0};
	int rc = read_info(s, kind, &present, &diff, why);
	if (rc)
		return rc;
	rc = yj_store_begin(s);
	if (rc)
		return rc;
	rc = check_again(s, kind, present, &diff, why);
	if (rc == 0)
		rc = yj_rows_apply(s, "stage", kind, present, &diff);
	if (rc == 0 && before_commit)
		rc = before_commit(ctx, (long)diff.added, (long)(diff.rows - diff.added));
	if (rc) {
		yj_store_rollback(s);
		return rc < 0 ? rc : YJ_ERR_DENIED;
	}
	return yj_store_commit(s);
}

int yj_import_switch(struct yj_store *s, enum yj_dir kind, const char *stage_path,
    int (*before_commit)(void *ctx, long added, long replaced), void *ctx, char why[YJ_WHY_MAX])
{
	why[0] = '\0';
	int rc = yj_stage_attach(s, stage_path);
	if (rc == 0) {
		rc = switch_in(s, kind, before_commit, ctx, why);
		/* Whatever this says, the import stands; the next attach tries again. */
		(void)!yj_stage_detach(s);
	}
	(void)!unlink(stage_path);
	if (rc && !why[0])
		snprintf(why, YJ_WHY_MAX, "the import could not be written: %s", yj_err_name(rc));
	return rc;
}
