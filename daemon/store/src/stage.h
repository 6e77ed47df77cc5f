/* The staging file of an import: a database with the checked rows in the order of their keys, so
 * that taking them over is a merge. Private to the room. */
#ifndef STORE_STAGE_H
#define STORE_STAGE_H

#include <jansson.h>
#include <sqlite3.h>

#include "dir.h"

struct yj_stage {
	sqlite3 *db;
	sqlite3_stmt *row, *item;
	enum yj_dir kind;
	uint32_t present;
};

/* Replaces what stands at path; mode 0600. YJ_ERR_IO, YJ_ERR_FULL, YJ_ERR_NOMEM. */
int yj_stage_create(
    struct yj_stage *g, const char *path, enum yj_dir kind, uint32_t present) YJ_MUST_CHECK;
/* Adds a row. YJ_ERR_EXISTS: its key is there, since line *first. */
int yj_stage_add(
    struct yj_stage *g, long line, const struct yj_value *values, long *first) YJ_MUST_CHECK;
/* Makes the rows visible to other handles. */
int yj_stage_commit(struct yj_stage *g) YJ_MUST_CHECK;
/* Writes what the file holds, and the webhooks that it names (keys of an object). */
int yj_stage_finish(
    struct yj_stage *g, const struct yj_rows_diff *diff, json_t *webhooks) YJ_MUST_CHECK;
void yj_stage_close(struct yj_stage *g);

/* As schema "stage", outside of a transaction. */
int yj_stage_attach(struct yj_store *s, const char *path) YJ_MUST_CHECK;
int yj_stage_detach(struct yj_store *s) YJ_MUST_CHECK;

#endif
