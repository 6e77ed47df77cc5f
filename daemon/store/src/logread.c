/* Reading and verifying the event log. */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "logchain.h"
#include "proto/time.h"
#include "store/log.h"
#include "text.h"

#define PIECE 2000 /* rows per statement, so that no read stays open for long */

struct reading {
	struct yj_store *s;
	const struct yj_log_filter *f;
	bool types[YJ_EV_COUNT];
	char resident[YJ_NAME_MAX + 32]; /* as it stands in data */
	int (*each)(void *ctx, const struct yj_log_row *row);
	void *ctx;
	int64_t given;
	int64_t *seqs; /* for the newest: collected from the end */
	size_t n_seqs, cap_seqs;
};

static const char forward[] = "SELECT seq, utc_ms, type, incident, subject, data FROM events"
			      " WHERE seq > ?1 ORDER BY seq LIMIT ?2";
static const char forward_inc[] = "SELECT seq, utc_ms, type, incident, subject, data FROM events"
				  " WHERE seq > ?1 AND incident = ?3 ORDER BY seq LIMIT ?2";
static const char backward[] = "SELECT seq, utc_ms, type, incident, subject, data FROM events"
			       " WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
static const char backward_inc[] = "SELECT seq, utc_ms, type, incident, subject, data FROM events"
				   " WHERE seq < ?1 AND incident = ?3 ORDER BY seq DESC LIMIT ?2";
static const char single[] =
    "SELECT seq, utc_ms, type, incident, subject, data FROM events WHERE seq = ?1";

static bool passes(const struct reading *r, const struct yj_log_row *row)
{
	if ((unsigned)row->type >= YJ_EV_COUNT || !r->types[row->type])
		return false;
	if (row->utc_ms < r->f->since_utc_ms)
		return false;
	return !r->resident[0] || strstr(row->data, r->resident) != NULL;
}

static void fill_row(
    struct reading *r, sqlite3_stmt *stmt, struct yj_log_row *row, char *buf, size_t cap)
{
	row->seq = sqlite3_column_int64(stmt, 0);
	row->utc_ms = sqlite3_column_int64(stmt, 1);
	row->type = (enum yj_event_type)sqlite3_column_int(stmt, 2);
	row->subject =
	    yj_logchain_subject(r->s, sqlite3_column_int64(stmt, 3), yj_db_text(stmt, 4), buf, cap);
	row->data = yj_db_text(stmt, 5);
}

static int keep_seq(struct reading *r, int64_t seq)
{
	if (r->n_seqs == r->cap_seqs) {
		size_t cap = r->cap_seqs ? r->cap_seqs * 2 : 64;
		int64_t *v = realloc(r->seqs, cap * sizeof *v);
		if (!v)
			return YJ_ERR_NOMEM;
		r->seqs = v;
		r->cap_seqs = cap;
	}
	r->seqs[r->n_seqs++] = seq;
	return 0;
}

/* One piece. 1: there may be more, 0: done or stopped (*stop), negative: failed. */
static int read_piece(struct reading *r, bool back, int64_t *at, int *stop)
{
	const char *sql = back ? (r->f->incident ? backward_inc : backward)
			       : (r->f->incident ? forward_inc : forward);
	sqlite3_stmt *stmt = yj_db_stmt(r->s, sql);
	if (!stmt)
		return yj_db_err(r->s, r->s->last_sqlite);
	yj_db_bind(stmt, "ii", *at, (int64_t)PIECE);
	if (r->f->incident)
		sqlite3_bind_int64(stmt, 3, r->f->incident);
	int rc, rows = 0;
	while ((rc = yj_db_step(r->s, stmt)) == 1) {
		char buf[YJ_NAME_MAX + 40];
		struct yj_log_row row;
		fill_row(r, stmt, &row, buf, sizeof buf);
		*at = row.seq;
		rows++;
		if (back && row.seq <= r->f->after_seq) {
			rows = 0;
			break;
		}
		if (!passes(r, &row))
			continue;
		int err = 0;
		if (back)
			err = keep_seq(r, row.seq);
		else
			*stop = r->each(r->ctx, &row);
		r->given++;
		if (err < 0 || *stop || (r->f->limit && r->given >= r->f->limit)) {
			sqlite3_reset(stmt);
			return err;
		}
	}
	sqlite3_reset(stmt);
	return rc < 0 ? rc : rows == PIECE;
}

static int give_kept(struct reading *r)
{
	int stop = 0;
	for (size_t i = r->n_seqs; i > 0 && !stop; i--) {
		sqlite3_stmt *stmt = yj_db_stmt(r->s, single);
		if (!stmt)
			return yj_db_err(r->s, r->s->last_sqlite);
		yj_db_bind(stmt, "i", r->seqs[i - 1]);
		int rc = yj_db_step(r->s, stmt);
		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		char buf[YJ_NAME_MAX + 40];
		struct yj_log_row row;
		fill_row(r, stmt, &row, buf, sizeof buf);
		stop = r->each(r->ctx, &row);
		sqlite3_reset(stmt);
	}
	return stop;
}

int yj_log_read(struct yj_store *s, const struct yj_log_filter *filter,
    int (*each)(void *ctx, const struct yj_log_row *row), void *ctx)
{
	struct reading r = {.s = s, .f = filter, .each = each, .ctx = ctx};
	for (int i = 0; i < YJ_EV_COUNT; i++)
		r.types[i] =
		    !filter->type_glob ||
		    fnmatch(filter->type_glob, yj_event_name((enum yj_event_type)i), 0) == 0;
	if (filter->resident)
		snprintf(r.resident, sizeof r.resident, "\"resident\":\"%s\"", filter->resident);
	bool back = filter->newest && filter->limit > 0;
	int64_t at = back ? INT64_MAX : filter->after_seq;
	int stop = 0, rc;
	while ((rc = read_piece(&r, back, &at, &stop)) == 1)
		;
	if (rc == 0 && back)
		rc = give_kept(&r);
	free(r.seqs);
	return rc == 0 ? stop : rc;
}

char *yj_log_cloudevent(const struct yj_store *s, const struct yj_log_row *row)
{
	struct yj_text t;
	char time[YJ_RFC3339_LEN], id[YJ_NAME_MAX + 24], source[YJ_NAME_MAX + 16], type[64];
	snprintf(id, sizeof id, "%s:%" PRId64, s->gateway, row->seq);
	snprintf(source, sizeof source, "yijian/%s", s->gateway);
	snprintf(type, sizeof type, "yijian.%s", yj_event_name(row->type));
	yj_text_init(&t);
	yj_text_puts(&t, "{\"specversion\":\"1.0\"");
	yj_text_member(&t, "id", id);
	yj_text_member(&t, "source", source);
	yj_text_member(&t, "type", type);
	yj_text_member(&t, "subject", row->subject);
	yj_text_member(&t, "time", yj_rfc3339_format(row->utc_ms, time));
	yj_text_puts(&t, ",\"datacontenttype\":\"application/json\",\"data\":");
	yj_text_puts(&t, row->data);
	yj_text_puts(&t, "}");
	char *out = t.failed ? NULL : strdup(t.v);
	yj_text_done(&t);
	return out;
}

struct verifying {
	struct yj_store *s;
	struct yj_log_verdict *out;
	unsigned char hash[32];
	int64_t checkpoint_seq;
	const char *checkpoint_hash;
};

static int bad(struct verifying *v, int64_t seq, const char *what)
{
	v->out->bad = true;
	v->out->bad_seq = seq;
	snprintf(v->out->what, sizeof v->out->what, "%s", what);
	return 0;
}

static bool is_text(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_TEXT &&
	       strlen(yj_db_text(stmt, column)) == (size_t)sqlite3_column_bytes(stmt, column);
}

/* Is the row one that we could have written? The chain covers what is read of it, and SQLite reads
 * 9 out of '9x' too: so each column must hold exactly what is read. */
static bool is_ours(sqlite3_stmt *stmt)
{
	static const char of_incident[] = "incident/";
	int64_t type = sqlite3_column_int64(stmt, 2);
	if (sqlite3_column_type(stmt, 1) != SQLITE_INTEGER ||
	    sqlite3_column_type(stmt, 2) != SQLITE_INTEGER || type < 0 || type >= YJ_EV_COUNT ||
	    !is_text(stmt, 5) || sqlite3_column_type(stmt, 6) != SQLITE_BLOB)
		return false;
	if (sqlite3_column_type(stmt, 3) == SQLITE_NULL)
		return sqlite3_column_type(stmt, 4) == SQLITE_NULL ||
		       (is_text(stmt, 4) && yj_db_text(stmt, 4)[0] &&
			   strncmp(yj_db_text(stmt, 4), of_incident, sizeof of_incident - 1) != 0);
	return sqlite3_column_type(stmt, 3) == SQLITE_INTEGER &&
	       sqlite3_column_int64(stmt, 3) > 0 && sqlite3_column_type(stmt, 4) == SQLITE_NULL;
}

static int verify_row(struct verifying *v, sqlite3_stmt *stmt, int64_t expected)
{
	int64_t seq = sqlite3_column_int64(stmt, 0);
	if (seq < expected)
		return bad(v, seq, "inserted: the first is 1");
	if (seq != expected)
		return bad(v, expected, "missing");
	if (!is_ours(stmt))
		return bad(v, seq, "not as the gateway writes a record");
	char buf[YJ_NAME_MAX + 40];
	const char *subject = yj_logchain_subject(
	    v->s, sqlite3_column_int64(stmt, 3), yj_db_text(stmt, 4), buf, sizeof buf);
	yj_logchain_next(v->hash, seq, sqlite3_column_int64(stmt, 1),
	    yj_event_name((enum yj_event_type)sqlite3_column_int(stmt, 2)), subject,
	    yj_db_text(stmt, 5));
	if (sqlite3_column_bytes(stmt, 6) != 32 ||
	    memcmp(sqlite3_column_blob(stmt, 6), v->hash, 32) != 0)
		return bad(
		    v, seq, "its hash does not follow from the record before and its content");
	v->out->events = seq;
	if (seq == v->checkpoint_seq) {
		char hex[65];
		yj_hex(v->hash, 32, hex);
		if (strcmp(hex, v->checkpoint_hash) != 0)
			return bad(v, seq, "not what the checkpoint says");
	}
	return 1;
}

/* What the database keeps of the log beside it. */
struct head {
	int64_t seq;	/* of the last record; 0: none */
	char hash[65];	/* "" without one */
	bool garbled;	/* not as we write it */
	int64_t passed; /* how far a reader has come */
	bool used;	/* there is what nobody could have made without a record */
};

static int read_head(struct yj_store *s, struct head *head)
{
	char text[128], ours[128], *end = text;
	*head = (struct head){0};
	int rc = yj_store_meta_get(s, "log_head", text, sizeof text);
	if (rc == 0) {
		head->seq = strtoll(text, &end, 10);
		if (*end == ':' && strlen(end + 1) == 64)
			memcpy(head->hash, end + 1, 65);
		snprintf(ours, sizeof ours, "%" PRId64 ":%s", head->seq, head->hash);
		head->garbled = head->seq < 1 || !head->hash[0] || strcmp(text, ours) != 0;
	} else if (rc != YJ_ERR_NOTFOUND) {
		return rc;
	}
	int64_t used = 0;
	rc = yj_db_int(s, &head->passed, "SELECT coalesce(max(seq), 0) FROM cursors", "");
	if (rc == 0)
		rc = yj_db_int(s, &used,
		    "SELECT EXISTS (SELECT 1 FROM incidents) OR EXISTS (SELECT 1 FROM meta WHERE "
		    "key = 'dir_version')",
		    "");
	head->used = used != 0;
	return rc;
}

/* `head` is of before the walk, which may have seen newer records. */
static int check_end(struct verifying *v, const struct head *head)
{
	int64_t events = v->out->events;
	struct head now = *head;
	if (events > head->seq && !head->garbled) { /* they came with a head of theirs */
		int rc = read_head(v->s, &now);
		if (rc < 0)
			return rc;
		if (now.seq < events)
			return bad(v, head->seq + 1, "behind the head of the log");
	}
	if (now.garbled)
		return bad(v, events ? events : 1, "the head of the log is not readable");
	if (head->seq > events)
		return bad(v, events + 1, "missing: the log is shorter than its head says");
	if (head->passed > events)
		return bad(v, events + 1, "missing: it was sent to the platform already");
	if (v->checkpoint_seq > events)
		return bad(v, events + 1, "missing: the log is shorter than the checkpoint");
	if (events == 0 && head->used)
		return bad(v, 1, "missing: the log is empty, but the database is not");
	return 0;
}

static int check_head_hash(struct verifying *v, const struct head *head, int64_t seq)
{
	char hex[65];
	if (head->garbled || head->seq != seq)
		return 1;
	yj_hex(v->hash, 32, hex);
	if (strcmp(head->hash, hex) != 0)
		return bad(v, seq, "not what the head says");
	return 1;
}

/* 1: all that there is has been read. 0: a bad record. */
static int walk(struct verifying *v, const struct head *head)
{
	int64_t from = INT64_MIN, at = 0, rows;
	do {
		sqlite3_stmt *stmt = yj_db_stmt(v->s,
		    "SELECT seq, utc_ms, type, incident, subject, data, hash FROM events"
		    " WHERE seq >= ?1 ORDER BY seq LIMIT ?2");
		if (!stmt)
			return yj_db_err(v->s, v->s->last_sqlite);
		yj_db_bind(stmt, "ii", from, (int64_t)PIECE);
		rows = 0;
		int rc;
		while ((rc = yj_db_step(v->s, stmt)) == 1) {
			rows++;
			int good = verify_row(v, stmt, at + 1);
			if (good == 1)
				good = check_head_hash(v, head, ++at);
			if (good != 1) {
				sqlite3_reset(stmt);
				return good;
			}
		}
		if (rc < 0)
			return rc;
		from = at + 1;
	} while (rows == PIECE);
	return 1;
}

int yj_log_verify(struct yj_store *s, int64_t checkpoint_seq, const char *checkpoint_hash,
    struct yj_log_verdict *out)
{
	*out = (struct yj_log_verdict){0};
	struct verifying v = {.s = s,
	    .out = out,
	    .checkpoint_seq = checkpoint_seq,
	    .checkpoint_hash = checkpoint_hash ? checkpoint_hash : ""};
	struct head head;
	int rc = read_head(s, &head);
	if (rc < 0)
		return rc;
	yj_logchain_first(s->gateway, v.hash);
	rc = walk(&v, &head);
	if (rc != 1)
		return rc;
	yj_hex(v.hash, 32, out->head);
	return check_end(&v, &head);
}
