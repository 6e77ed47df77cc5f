/* Incidents for people and programs. */
#include <stdlib.h>
#include <string.h>

#include "proto/words.h"
#include "read.h"
#include "store/log.h"
#include "store/outage.h"
#include "store/outbox.h"

#define INCIDENT                                                                                   \
	"SELECT i.n, i.kind, i.state, i.level, i.resident, r.name, i.region, g.name, "             \
	"i.institution,"                                                                           \
	" i.bed, i.device, i.opened_utc_ms, i.answerer, i.due_t, i.alerts, i.late, i.drill, "      \
	"i.outcome,"                                                                               \
	" i.closed_utc_ms, i.text, i.policy, i.flags, i.poisoned,"                                 \
	" (SELECT name FROM policy_names p WHERE p.hash = i.policy ORDER BY name LIMIT 1)"         \
	" FROM incidents i LEFT JOIN residents r ON r.id = i.resident"                             \
	" LEFT JOIN regions g ON g.code = i.region AND g.gone_utc_ms IS NULL WHERE i.n = ?1"

/* UTC minus T as of the newest refresh; false: there is none yet. */
static bool timeline_offset(struct yj_store *s, int64_t *offset)
{
	struct yj_timeline_row row;
	if (yj_store_timeline_get(s, &row) < 0)
		return false;
	*offset = row.utc_ms - row.t_ms;
	return true;
}

static json_t *utc_of(struct yj_store *s, int64_t t)
{
	int64_t offset;
	if (t == INT64_MAX || !timeline_offset(s, &offset))
		return json_null();
	return yj_read_time(t + offset);
}

static json_t *outcome_of(sqlite3_stmt *q, int column)
{
	int v = sqlite3_column_int(q, column);
	return v > YJ_OUTCOME_NONE && v <= YJ_OUTCOME_OTHER
		   ? json_string(yj_outcome_name((enum yj_outcome)v))
		   : json_null();
}

static json_t *incident_json(struct yj_store *s, sqlite3_stmt *q)
{
	char id[YJ_NAME_MAX + 24];
	yj_incident_id(s, sqlite3_column_int64(q, 0), id, sizeof id);
	return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:I, s:b, s:b, s:o, s:o}",
	    "id", id, "kind", yj_kind_name((enum yj_kind)sqlite3_column_int(q, 1)), "state",
	    yj_inc_state_name((enum yj_inc_state)sqlite3_column_int(q, 2)), "level",
	    sqlite3_column_int(q, 3), "resident", yj_read_column(q, 4), "resident_name",
	    yj_read_column(q, 5), "region", yj_read_column(q, 6), "region_name",
	    yj_read_column(q, 7), "institution", yj_read_column(q, 8), "bed", yj_read_column(q, 9),
	    "device", yj_read_column(q, 10), "opened_at", yj_read_time(sqlite3_column_int64(q, 11)),
	    "answered_by", yj_read_column(q, 12), "next_at", utc_of(s, yj_db_time(q, 13)), "alerts",
	    (json_int_t)sqlite3_column_int64(q, 14), "late", sqlite3_column_int(q, 15) != 0,
	    "drill", sqlite3_column_int(q, 16) != 0, "outcome", outcome_of(q, 17), "closed_at",
	    yj_read_time(yj_db_time(q, 18)));
}

/* One incident by number, alone in its read. detail: also what only `show` says. */
static int read_one(struct yj_store *s, int64_t n, bool detail, json_t **out)
{
	sqlite3_stmt *q = yj_db_stmt(s, INCIDENT);
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	json_t *one = incident_json(s, q);
	if (one && detail) {
		const char *name = yj_db_text(q, 23), *hash = yj_db_text(q, 20);
		json_object_set_new(one, "text", yj_read_column(q, 19));
		json_object_set_new(one, "policy", yj_read_text(*name ? name : hash));
		json_object_set_new(one, "policy_hash", yj_read_text(hash));
		json_object_set_new(one, "poisoned", json_boolean(sqlite3_column_int(q, 22)));
	}
	sqlite3_reset(q);
	if (!one)
		return YJ_ERR_NOMEM;
	*out = one;
	return 0;
}

struct numbers {
	int64_t *v;
	size_t n, cap;
};

static int read_numbers(struct yj_store *s, sqlite3_stmt *q, struct numbers *list)
{
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		if (list->n == list->cap) {
			size_t cap = list->cap ? list->cap * 2 : 256;
			int64_t *v = realloc(list->v, cap * sizeof *v);
			if (!v) {
				sqlite3_reset(q);
				return YJ_ERR_NOMEM;
			}
			list->v = v;
			list->cap = cap;
		}
		list->v[list->n++] = sqlite3_column_int64(q, 0);
	}
	return rc;
}

static int newest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x < y) - (x > y);
}

/* First the numbers in one short read from an index, then each incident in a read of its own: a
 * list of a million must not hold the database still. */
static int open_numbers(struct yj_store *s, struct numbers *list)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT n FROM incidents INDEXED BY incidents_one_open WHERE state < 3");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	int rc = read_numbers(s, q, list);
	if (rc == 0 && list->n)
		qsort(list->v, list->n, sizeof *list->v, newest_first);
	return rc;
}

struct giving {
	struct yj_store *s;
	bool all;
	int64_t left; /* negative: no limit */
	int (*each)(void *ctx, json_t *incident);
	void *ctx;
};

static int give(struct giving *g, int64_t n)
{
	json_t *one = NULL;
	int rc = read_one(g->s, n, false, &one);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	/* It may have been closed since its number was read. */
	if (g->all || !json_is_string(json_object_get(one, "closed_at"))) {
		g->left--;
		rc = g->each(g->ctx, one);
	}
	json_decref(one);
	return rc;
}

/* Numbers are given out one after the other, so that none has to be looked for. */
static int give_all(struct giving *g)
{
	int64_t n = 0;
	int rc = yj_db_int(g->s, &n, "SELECT max(n) FROM incidents", "");
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	for (; n > 0 && g->left && rc == 0; n--)
		rc = give(g, n);
	return rc;
}

static int give_open(struct giving *g)
{
	struct numbers list = {0};
	int rc = open_numbers(g->s, &list);
	for (size_t i = 0; i < list.n && g->left && rc == 0; i++)
		rc = give(g, list.v[i]);
	free(list.v);
	return rc;
}

int yj_read_incidents_each(struct yj_store *s, bool all, int64_t limit,
    int (*each)(void *ctx, json_t *incident), void *ctx)
{
	struct giving g = {s, all, limit > 0 ? limit : -1, each, ctx};
	return all ? give_all(&g) : give_open(&g);
}

static int append(void *ctx, json_t *incident)
{
	return json_array_append(ctx, incident) < 0 ? YJ_ERR_NOMEM : 0;
}

int yj_read_incidents(struct yj_store *s, bool all, int64_t limit, json_t **out)
{
	json_t *array = json_array();
	int rc = yj_read_incidents_each(s, all, limit, append, array);
	if (rc < 0) {
		json_decref(array);
		return rc;
	}
	*out = array;
	return 0;
}

static const char *person_status(int status, bool answerer, enum yj_inc_state state)
{
	if (answerer && state == YJ_INC_ACKED)
		return "answered";
	if (answerer && state != YJ_INC_OPEN)
		return "arrived";
	switch ((enum yj_person_status)status) {
	case YJ_PERSON_INFORMED:
		return "informed";
	case YJ_PERSON_ASKED:
		return "paged";
	case YJ_PERSON_DECLINED:
		return "declined";
	case YJ_PERSON_LOST:
		return "unreachable";
	}
	return "";
}

static int add_people(struct yj_store *s, int64_t n, json_t *one)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT p.caregiver, c.name, c.role, p.status, p.level, p.flags, i.answerer, i.state"
	    " FROM incident_people p JOIN incidents i ON i.n = p.incident"
	    " LEFT JOIN caregivers c ON c.id = p.caregiver WHERE p.incident = ?1"
	    " ORDER BY p.status = 0, p.level, p.caregiver");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	json_t *list = json_array();
	json_object_set_new(one, "people", list);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		bool answerer = strcmp(yj_db_text(q, 0), yj_db_text(q, 6)) == 0;
		json_array_append_new(list,
		    json_pack("{s:o, s:o, s:o, s:s, s:i, s:b}", "caregiver", yj_read_column(q, 0),
			"name", yj_read_column(q, 1), "role",
			sqlite3_column_type(q, 2) == SQLITE_NULL
			    ? json_null()
			    : json_string(yj_role_name((enum yj_role)sqlite3_column_int(q, 2))),
			"status",
			person_status(sqlite3_column_int(q, 3), answerer,
			    (enum yj_inc_state)sqlite3_column_int(q, 7)),
			"level", sqlite3_column_int(q, 4), "by_hand",
			(sqlite3_column_int(q, 5) & (int)YJ_PERSON_SUMMONED) != 0));
	}
	return rc;
}

static int add_notes(struct yj_store *s, int64_t n, json_t *one)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT utc_ms, caregiver, text FROM incident_notes WHERE incident = ?1"
			  " ORDER BY utc_ms, rowid");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	json_t *list = json_array();
	json_object_set_new(one, "notes", list);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1)
		json_array_append_new(list,
		    json_pack("{s:o, s:o, s:o}", "at", yj_read_time(sqlite3_column_int64(q, 0)),
			"caregiver", yj_read_column(q, 1), "text", yj_read_column(q, 2)));
	return rc;
}

static int add_devices(struct yj_store *s, int64_t n, json_t *one)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT device, last_id, calls, alarms, told FROM incident_devices WHERE incident = ?1"
	    " ORDER BY device");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	json_t *list = json_array();
	json_object_set_new(one, "devices", list);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1)
		json_array_append_new(
		    list, json_pack("{s:o, s:o, s:I, s:I, s:s}", "device", yj_read_column(q, 0),
			      "last_id", yj_read_column(q, 1), "calls",
			      (json_int_t)sqlite3_column_int64(q, 2), "alarms",
			      (json_int_t)sqlite3_column_int64(q, 3), "told",
			      yj_home_state_name((enum yj_home_state)sqlite3_column_int(q, 4))));
	return rc;
}

const char *yj_read_delivery_status(int status)
{
	switch ((enum yj_delivery_status)status) {
	case YJ_DELIVERY_PENDING:
		return "pending";
	case YJ_DELIVERY_SENT:
		return "sent";
	case YJ_DELIVERY_DELIVERED:
		return "delivered";
	case YJ_DELIVERY_FAILED:
		return "failed";
	case YJ_DELIVERY_DROPPED:
		return "dropped";
	}
	return "";
}

static json_t *delivery_json(struct yj_store *s, sqlite3_stmt *q)
{
	char id[YJ_NAME_MAX + 24];
	yj_delivery_id(s, sqlite3_column_int64(q, 0), id, sizeof id);
	bool home = sqlite3_column_int(q, 1) != 0;
	int say = sqlite3_column_int(q, 3);
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:i, s:I, s:o, s:o, s:o}", "id", id,
	    "caregiver", home ? json_null() : yj_read_column(q, 2), "device",
	    home ? yj_read_column(q, 2) : json_null(), "channel", yj_read_column(q, 4), "state",
	    home ? yj_home_state_name((enum yj_home_state)say)
		 : yj_page_state_name((enum yj_page_state)say),
	    "status", yj_read_delivery_status(sqlite3_column_int(q, 5)), "level",
	    sqlite3_column_int(q, 6), "attempts", (json_int_t)sqlite3_column_int64(q, 7), "words",
	    yj_read_column(q, 8), "at", yj_read_time(sqlite3_column_int64(q, 9)), "done_at",
	    yj_read_time(yj_db_time(q, 10)));
}

static int add_deliveries(struct yj_store *s, int64_t n, json_t *one)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT n, home, target, say, channel, status, level, attempts, words, created_utc_ms,"
	    " done_utc_ms FROM outbox WHERE incident = ?1 ORDER BY n");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	json_t *list = json_array();
	json_object_set_new(one, "deliveries", list);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1)
		json_array_append_new(list, delivery_json(s, q));
	return rc;
}

/* Of an outage alone. */
static int add_homes(struct yj_store *s, int64_t n, json_t *one)
{
	const char *kind = json_string_value(json_object_get(one, "kind"));
	json_t *homes = NULL;
	if (!kind || strcmp(kind, yj_kind_name(YJ_KIND_OUTAGE)) != 0)
		return 0;
	int rc = yj_outage_homes(s, n, &homes);
	if (rc == 0)
		json_object_set_new(one, "homes", homes);
	return rc;
}

struct event_list {
	struct yj_store *s;
	json_t *list;
};

static int add_event(void *ctx, const struct yj_log_row *row)
{
	struct event_list *e = ctx;
	char *text = yj_log_cloudevent(e->s, row);
	if (!text)
		return YJ_ERR_NOMEM;
	json_t *event = json_loads(text, 0, NULL);
	free(text);
	return json_array_append_new(e->list, event) < 0 ? YJ_ERR_NOMEM : 0;
}

static int add_events(struct yj_store *s, int64_t n, json_t *one)
{
	struct event_list e = {.s = s, .list = json_array()};
	json_object_set_new(one, "events", e.list);
	struct yj_log_filter filter = {.incident = n};
	return yj_log_read(s, &filter, add_event, &e);
}

int yj_read_incident(struct yj_store *s, const char *id, json_t **out)
{
	int64_t n;
	int rc = yj_incident_parse(s, id, &n);
	if (rc < 0)
		return rc;
	json_t *one = NULL;
	rc = read_one(s, n, true, &one);
	if (rc == 0)
		rc = add_people(s, n, one);
	if (rc == 0)
		rc = add_notes(s, n, one);
	if (rc == 0)
		rc = add_devices(s, n, one);
	if (rc == 0)
		rc = add_deliveries(s, n, one);
	if (rc == 0)
		rc = add_homes(s, n, one);
	if (rc == 0)
		rc = add_events(s, n, one);
	if (rc < 0) {
		json_decref(one);
		return rc;
	}
	*out = one;
	return 0;
}
