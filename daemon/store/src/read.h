/* What the reading functions share: stored values as JSON, policies by name. Private to the room.
 */
#ifndef STORE_SRC_READ_H
#define STORE_SRC_READ_H

#include <jansson.h>

#include "db.h"
#include "proto/policy.h"
#include "store/incident.h"
#include "store/read.h"

/* New references; null for "", NULL or INT64_MAX. Text that is not UTF-8 has '?' for its foreign
 * bytes. */
json_t *yj_read_text(const char *s);
json_t *yj_read_column(sqlite3_stmt *q, int column);
json_t *yj_read_time(int64_t utc_ms);

/* "a;b" as an array. */
json_t *yj_read_split(const char *s);

/* The word for a stored delivery status. */
const char *yj_read_delivery_status(int status);

/* All rows of a statement, each made by `one`, as an array. 0 or a yj_err. */
int yj_read_list(struct yj_store *s, sqlite3_stmt *q, json_t *(*one)(sqlite3_stmt *q),
    json_t **out) YJ_MUST_CHECK;

/* Reads the configured policy of a name into an empty *out (yj_policy_done). 0, YJ_ERR_NOTFOUND or
 * a yj_err. */
int yj_read_policy(struct yj_store *s, const char *name, struct yj_policy *out) YJ_MUST_CHECK;

#endif
