/* CSV in and out. An import is checked completely outside of the loop (a worker thread with a
 * read-only handle of its own, or the CLI), staged into a file of its own, and switched in by one
 * transaction. */
#ifndef STORE_IMPORT_H
#define STORE_IMPORT_H

#include <jansson.h>
#include <stdio.h>

#include "store/directory.h"

struct yj_import_error {
	long line;	 /* the header is line 1 */
	char column[48]; /* as the file's header calls it; "" when it is about the whole line */
	char text[200];	 /* what is wrong, and the cure where there is one */
};

struct yj_import_result {
	long rows;   /* whose every cell is good by itself */
	long errors; /* all, also those not listed */
	struct yj_import_error *
	    list; /* YJ_IMPORT_ERRORS_MAX at most, by line; owned, freed by yj_import_result_done */
	size_t n_list;
};
void yj_import_result_done(struct yj_import_result *r);

struct yj_import_opts {
	const char *const *ignore; /* NULL-terminated names of columns to pass over; may be NULL */
	json_t *policies; /* array of the policy names configured (borrowed); NULL: those stored */
	json_t *webhooks; /* likewise of the webhooks; NULL: those of meta "webhooks", if there */
};

/* Checks the CSV bytes against the database's present content and writes the good rows to the
 * staging file (a new SQLite database at stage_path, removed again if anything is wrong).
 * 0: staged. YJ_ERR_INVAL: *result lists what is wrong. YJ_ERR_IO, YJ_ERR_FULL, YJ_ERR_NOMEM.
 * *result is always valid. No transaction may be open on the handle; opts may be NULL. */
int yj_import_stage(struct yj_store *readonly, enum yj_dir kind, const void *csv, size_t len,
    const struct yj_import_opts *opts, const char *stage_path,
    struct yj_import_result *result) YJ_MUST_CHECK;

/* Takes a staged file over: begins and commits a transaction of its own (none may be open),
 * checking again what may have changed since (references, conflicts, policies, webhooks).
 * `before_commit` (may be NULL) is called inside the transaction with the number of rows added and
 * replaced, to log it, and may refuse by a yj_err. 0; YJ_ERR_CONFLICT with `why`; YJ_ERR_BADMSG:
 * not a staging file of this kind; what before_commit said, or another yj_err: then nothing has
 * changed. The file is removed in any case. */
int yj_import_switch(struct yj_store *s, enum yj_dir kind, const char *stage_path,
    int (*before_commit)(void *ctx, long added, long replaced), void *ctx,
    char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

/* Writes all records of a kind as CSV (UTF-8 with BOM, CRLF), codes as text, cells that begin with
 * = + - @ defused. 0 or YJ_ERR_IO. */
int yj_export(struct yj_store *s, enum yj_dir kind, FILE *out) YJ_MUST_CHECK;

/* Writes a template with Chinese headers and one example row. */
int yj_import_template(enum yj_dir kind, FILE *out) YJ_MUST_CHECK;

#endif
