/* Records as people and CSV see them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "dir.h"
#include "proto/time.h"
#include "read.h"
#include "store/trend.h"

#define LIST_PIECE 2000 /* records per read */

/* A device has more to tell than its columns, each where it is known. */
#define OF_STATUS(column) "(SELECT " column " FROM device_status d WHERE d.device = t.id)"
#define OF_TREND(column) "(SELECT " column " FROM device_trends d WHERE d.device = t.id)"
enum form { FLAG, SET, COUNT, REAL, TEXT, TIME, DAY }; /* SET: whether there is a value */
static const struct {
	const char *name;
	const char *sql;
	enum form form;
} device_extra[] = {
    {"revoked", "t.revoked_utc_ms", SET},
    {"online", OF_STATUS("online"), FLAG},
    {"flapping", OF_STATUS("nullif(flapping, 0)"), FLAG},
    {"last_seen", OF_STATUS("nullif(seen_utc_ms, 0)"), TIME},
    {"battery", OF_STATUS("battery_pct"), COUNT},
    {"battery_low", OF_STATUS("battery_low"), FLAG},
    {"battery_per_day", OF_TREND("battery_per_day"), REAL},
    {"battery_empty_on", OF_TREND("empty_day"), DAY},
    {"rssi", OF_STATUS("rssi_dbm"), COUNT},
    {"rssi_per_day", OF_TREND("rssi_per_day"), REAL},
    {"mains", OF_STATUS("mains"), FLAG},
    {"fw", OF_STATUS("fw"), TEXT},
    {"diverted_until", "(SELECT until_utc_ms FROM diverts d WHERE d.device = t.id)", TIME},
};
#define N_EXTRA (sizeof device_extra / sizeof device_extra[0])

int yj_dir_select(struct yj_store *s, enum yj_dir kind, const char *where, sqlite3_stmt **stmt)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	sqlite3_str *q = sqlite3_str_new(s->db);
	for (unsigned i = 0; i < t->n_cols; i++) {
		const struct yj_col *c = &t->cols[i];
		sqlite3_str_appendall(q, i ? ", " : "SELECT ");
		if (c->type == YJ_COL_REFS)
			sqlite3_str_appendf(q,
			    "(SELECT group_concat(%s, ';') FROM (SELECT %s FROM %s WHERE %s = t.id "
			    "ORDER BY pos))",
			    t->other, t->other, t->items, t->owner);
		else
			sqlite3_str_appendf(q, "t.%s", c->db);
	}
	for (size_t i = 0; kind == YJ_DIR_DEVICES && i < N_EXTRA; i++)
		sqlite3_str_appendf(q, ", %s", device_extra[i].sql);
	sqlite3_str_appendf(q, " FROM %s t WHERE t.gone_utc_ms IS NULL %s", t->table, where);
	char *sql = sqlite3_str_finish(q);
	int rc = sql ? yj_dir_prepare(s, stmt, "%s", sql) : YJ_ERR_NOMEM;
	sqlite3_free(sql);
	return rc;
}

static const char *real_text(double d, char buf[32])
{
	snprintf(buf, 32, "%.15g", d);
	if (strtod(buf, NULL) != d)
		snprintf(buf, 32, "%.17g", d);
	/* 1e-05 would be refused as a spreadsheet's damage. */
	if (strchr(buf, 'e'))
		snprintf(buf, 32, "%.12f", d);
	return buf;
}

static const char *duration_text(int64_t ms, char buf[32])
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
	unsigned i = 0;
	while (ms % units[i].ms)
		i++;
	snprintf(buf, 32, "%" PRId64 "%s", ms / units[i].ms, units[i].unit);
	return buf;
}

const char *yj_dir_cell(sqlite3_stmt *stmt, enum yj_dir kind, unsigned i, char buf[32])
{
	const struct yj_col *c = &yj_dir_tables[kind].cols[i];
	int at = (int)i;
	if (sqlite3_column_type(stmt, at) == SQLITE_NULL)
		return "";
	switch (c->type) {
	case YJ_COL_BOOL:
		return sqlite3_column_int(stmt, at) ? "true" : "false";
	case YJ_COL_WORD_INT: {
		int v = sqlite3_column_int(stmt, at);
		for (int w = 0; c->words[w].name; w++)
			if (w == v)
				return c->words[w].name;
		return "";
	}
	case YJ_COL_LAT:
	case YJ_COL_LON:
		return real_text(sqlite3_column_double(stmt, at), buf);
	case YJ_COL_LIMIT:
		if (sqlite3_column_int64(stmt, at) == 0)
			return "off";
		return duration_text(sqlite3_column_int64(stmt, at), buf);
	case YJ_COL_ASSIGNEE:
		return yj_dir_round_assignee_text(
		    &yj_dir_tables[kind].cols[i], yj_db_text(stmt, at));
	case YJ_COL_DURATION:
		return duration_text(sqlite3_column_int64(stmt, at), buf);
	case YJ_COL_KEY:
	case YJ_COL_MADE:
	case YJ_COL_WHO:
	case YJ_COL_CODE:
	case YJ_COL_PREFIX:
	case YJ_COL_NAME:
	case YJ_COL_TEXT:
	case YJ_COL_PHONE:
	case YJ_COL_EMAIL:
	case YJ_COL_FAMILY:
	case YJ_COL_KEYS:
	case YJ_COL_WORD:
	case YJ_COL_YEAR:
	case YJ_COL_DATE:
	case YJ_COL_LABELS:
	case YJ_COL_REF:
	case YJ_COL_REFS:
	case YJ_COL_POLICY:
	case YJ_COL_CHANNELS:
	case YJ_COL_RANGES:
	case YJ_COL_WORDS:
	case YJ_COL_PERIOD:
		break;
	}
	return yj_db_text(stmt, at);
}

/* NULL: there is none. */
static json_t *extra_json(sqlite3_stmt *stmt, int at, enum form form)
{
	char buf[YJ_RFC3339_LEN];
	bool set = sqlite3_column_type(stmt, at) != SQLITE_NULL;
	if (!set && form != SET)
		return NULL;
	switch (form) {
	case SET:
		return json_boolean(set);
	case FLAG:
		return json_boolean(sqlite3_column_int(stmt, at));
	case COUNT:
		return json_integer(sqlite3_column_int64(stmt, at));
	case REAL: /* three digits behind the point are more than it is good for */
		return json_real(floor(sqlite3_column_double(stmt, at) * 1000 + 0.5) / 1000);
	case TEXT:
		return yj_read_text(yj_db_text(stmt, at));
	case TIME:
		return json_string(yj_rfc3339_format(sqlite3_column_int64(stmt, at), buf));
	case DAY:
		return json_string(yj_day_text(sqlite3_column_int(stmt, at), buf));
	}
	return NULL;
}

json_t *yj_dir_record(sqlite3_stmt *stmt, enum yj_dir kind)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	json_t *o = json_object();
	char buf[32];
	int bad = !o;
	for (unsigned i = yj_dir_first(t); i < t->n_cols && !bad; i++)
		bad |= json_object_set_new(
		    o, t->cols[i].name, json_string(yj_dir_cell(stmt, kind, i, buf)));
	for (size_t i = 0; kind == YJ_DIR_DEVICES && !bad && i < N_EXTRA; i++) {
		json_t *value = extra_json(stmt, (int)(t->n_cols + i), device_extra[i].form);
		bad |= value && json_object_set_new(o, device_extra[i].name, value);
	}
	if (bad) {
		json_decref(o);
		return NULL;
	}
	return o;
}

int yj_dir_get(struct yj_store *s, enum yj_dir kind, const char *id, json_t **out)
{
	sqlite3_stmt *stmt = NULL;
	char where[64];
	snprintf(where, sizeof where, "AND t.%s = ?", yj_dir_tables[kind].key);
	int rc = yj_dir_select(s, kind, where, &stmt);
	if (rc)
		return rc;
	yj_db_bind(stmt, "t", id);
	rc = yj_db_step(s, stmt);
	if (rc == 1) {
		json_t *o = yj_dir_record(stmt, kind);
		rc = o ? 0 : YJ_ERR_NOMEM;
		if (o)
			*out = o;
	} else if (rc == 0) {
		rc = YJ_ERR_NOTFOUND;
	}
	sqlite3_finalize(stmt);
	return rc;
}

/* Adds the records after a key, at most LIST_PIECE; *rows says how many, and `key` becomes the
 * last. */
static int list_piece(struct yj_store *s, sqlite3_stmt *stmt, enum yj_dir kind,
    char key[YJ_DIR_KEY_MAX + 1], json_t *list, int *rows)
{
	char after[YJ_DIR_KEY_MAX + 1];
	memcpy(after, key, sizeof after);
	sqlite3_reset(stmt);
	yj_db_bind(stmt, "ti", after, (int64_t)LIST_PIECE);
	int rc;
	for (*rows = 0; (rc = yj_db_step(s, stmt)) == 1; ++*rows) {
		json_t *o = yj_dir_record(stmt, kind);
		if (json_array_append_new(list, o)) {
			sqlite3_reset(stmt);
			return YJ_ERR_NOMEM;
		}
		yj_db_copy(stmt, 0, key, YJ_DIR_KEY_MAX + 1);
	}
	return rc;
}

/* In pieces, so that a long list does not hold the database still. */
int yj_dir_list(struct yj_store *s, enum yj_dir kind, json_t **out)
{
	sqlite3_stmt *stmt = NULL;
	char where[80], key[YJ_DIR_KEY_MAX + 1] = "";
	const char *name = yj_dir_tables[kind].key;
	snprintf(where, sizeof where, "AND t.%s > ?1 ORDER BY t.%s LIMIT ?2", name, name);
	json_t *list = json_array();
	int rows = LIST_PIECE, rc = list ? yj_dir_select(s, kind, where, &stmt) : YJ_ERR_NOMEM;
	while (rc == 0 && rows == LIST_PIECE)
		rc = list_piece(s, stmt, kind, key, list, &rows);
	sqlite3_finalize(stmt);
	if (rc == 0)
		*out = list;
	else
		json_decref(list);
	return rc;
}
