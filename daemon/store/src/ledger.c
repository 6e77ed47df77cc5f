#include "store/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "read.h"

#define PIECE 1000 /* entries per read */

void yj_ledger_id(const struct yj_store *s, int64_t n, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s-l%" PRId64, s->gateway, n);
}

int yj_ledger_parse(const struct yj_store *s, const char *id, int64_t *n)
{
	return yj_db_number_of(s, id, "-l", n);
}

/* ── when a resident was last seen ── */

static int note_last(struct yj_store *s, const char *resident, int64_t counted, int64_t utc_ms)
{
	return yj_db_run(s,
	    "INSERT INTO ledger_last (resident, counted, utc_ms) VALUES (?1, ?2, ?3)"
	    " ON CONFLICT (resident, counted) DO UPDATE SET utc_ms = ?3 WHERE utc_ms < ?3",
	    "tii", resident, counted, utc_ms);
}

/* After an entry was changed: what the others say. */
static int find_last(struct yj_store *s, const char *resident)
{
	int rc = yj_db_run(s, "DELETE FROM ledger_last WHERE resident = ?1", "t", resident);
	for (int64_t c = 0; rc == 0 && c < YJ_AS_COUNT; c++) {
		int64_t newest;
		rc = yj_db_int(s, &newest,
		    "SELECT utc_ms FROM ledger WHERE resident = ?1 AND (counts & ?2) <> 0"
		    " AND result NOT IN (?3, ?4) ORDER BY utc_ms DESC LIMIT 1",
		    "tiii", resident, INT64_C(1) << c, (int64_t)YJ_FOUND_NOT_HOME,
		    (int64_t)YJ_FOUND_REFUSED);
		if (rc == 0)
			rc = note_last(s, resident, c, newest);
		else if (rc == YJ_ERR_NOTFOUND)
			rc = 0;
	}
	return rc;
}

int yj_ledger_last(struct yj_store *s, const char *resident, int64_t last[YJ_AS_COUNT])
{
	int64_t found[YJ_AS_COUNT];
	for (int c = 0; c < YJ_AS_COUNT; c++)
		found[c] = INT64_MIN;
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT counted, utc_ms FROM ledger_last WHERE resident = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", resident);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		int c = sqlite3_column_int(q, 0);
		if (c >= 0 && c < YJ_AS_COUNT)
			found[c] = sqlite3_column_int64(q, 1);
	}
	if (rc == 0)
		memcpy(last, found, sizeof found);
	return rc;
}

/* ── entries ── */

static const char *or_null(const char *text)
{
	return text && text[0] ? text : NULL;
}

static int add(struct yj_store *s, const struct yj_seen_in *in, const char *region,
    int64_t now_utc_ms, const char *entered_by, int64_t *n)
{
	int rc = yj_db_run(s,
	    "INSERT INTO ledger (utc_ms, resident, caregiver, method, result, counts, source,"
	    " region, entered_utc_ms, entered_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	    "ittiiittit", in->utc_ms, in->resident, or_null(in->caregiver), (int64_t)in->method,
	    (int64_t)in->result, (int64_t)in->counts, or_null(in->source), or_null(region),
	    now_utc_ms, or_null(entered_by));
	if (rc < 0)
		return rc;
	*n = sqlite3_last_insert_rowid(s->db);
	if (!yj_visit_result_counts(in->result))
		return 0;
	for (int64_t c = 0; rc == 0 && c < YJ_AS_COUNT; c++)
		if (in->counts & (1U << c))
			rc = note_last(s, in->resident, c, in->utc_ms);
	return rc;
}

static int correct(struct yj_store *s, int64_t n, const struct yj_seen_in *in)
{
	int rc = yj_db_run(s,
	    "UPDATE ledger SET utc_ms = ?2, caregiver = ?3, method = ?4, result = ?5, counts = ?6"
	    " WHERE n = ?1",
	    "iitiii", n, in->utc_ms, or_null(in->caregiver), (int64_t)in->method,
	    (int64_t)in->result, (int64_t)in->counts);
	return rc < 0 ? rc : find_last(s, in->resident);
}

int yj_ledger_put(struct yj_store *s, const struct yj_seen_in *in, const char *region,
    int64_t now_utc_ms, const char *entered_by, int64_t *n)
{
	int64_t entry = 0;
	int rc = YJ_ERR_NOTFOUND;
	if (or_null(in->source))
		rc =
		    yj_db_int(s, &entry, "SELECT n FROM ledger WHERE source = ?1 AND resident = ?2",
			"tt", in->source, in->resident);
	if (rc == YJ_ERR_NOTFOUND)
		rc = add(s, in, region, now_utc_ms, entered_by, &entry);
	else if (rc == 0)
		rc = correct(s, entry, in);
	if (rc == 0 && or_null(in->note))
		rc = yj_db_run(s,
		    "INSERT INTO ledger_notes (entry, text) VALUES (?1, ?2)"
		    " ON CONFLICT (entry) DO UPDATE SET text = ?2",
		    "it", entry, in->note);
	if (rc == 0 && n)
		*n = entry;
	return rc;
}

int yj_ledger_remove(struct yj_store *s, int64_t n, char resident[YJ_NAME_MAX + 1])
{
	char whose[YJ_NAME_MAX + 1];
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT resident, source IS NULL FROM ledger WHERE n = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(q, 0, whose, sizeof whose);
	bool by_hand = sqlite3_column_int(q, 1) != 0;
	sqlite3_reset(q);
	if (!by_hand)
		return YJ_ERR_DENIED;
	rc = yj_db_run(s, "DELETE FROM ledger WHERE n = ?1", "i", n);
	if (rc == 0)
		rc = yj_db_run(s, "DELETE FROM ledger_notes WHERE entry = ?1", "i", n);
	if (rc == 0)
		rc = find_last(s, whose);
	if (rc == 0)
		memcpy(resident, whose, sizeof whose);
	return rc;
}

/* ── for people ── */

static json_t *counts_json(unsigned counts)
{
	json_t *list = json_array();
	for (unsigned c = 0; list && c < YJ_AS_COUNT; c++)
		if (counts & (1U << c))
			json_array_append_new(
			    list, json_string(yj_seen_as_name((enum yj_seen_as)c)));
	return list;
}

static json_t *entry_json(const struct yj_store *s, sqlite3_stmt *q)
{
	char id[YJ_NAME_MAX + 24];
	yj_ledger_id(s, sqlite3_column_int64(q, 0), id, sizeof id);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "id", id, "at", yj_read_time(sqlite3_column_int64(q, 1)), "resident",
	    yj_read_column(q, 2), "resident_name", yj_read_column(q, 3), "caregiver",
	    yj_read_column(q, 4), "caregiver_name", yj_read_column(q, 5), "method",
	    yj_visit_method_name((enum yj_visit_method)sqlite3_column_int(q, 6)), "result",
	    yj_read_text(yj_visit_result_name((enum yj_visit_result)sqlite3_column_int(q, 7))),
	    "counts", counts_json((unsigned)sqlite3_column_int(q, 8)), "region",
	    yj_read_column(q, 9), "source", yj_read_column(q, 10), "entered_at",
	    yj_read_time(sqlite3_column_int64(q, 11)), "entered_by", yj_read_column(q, 12), "note",
	    yj_read_column(q, 13));
}

#define ENTRIES                                                                                    \
	"SELECT l.n, l.utc_ms, l.resident, r.name, l.caregiver, c.name, l.method, l.result,"       \
	" l.counts, l.region, l.source, l.entered_utc_ms, l.entered_by, t.text FROM ledger l"      \
	" LEFT JOIN residents r ON r.id = l.resident LEFT JOIN caregivers c ON c.id = l.caregiver" \
	" LEFT JOIN ledger_notes t ON t.entry = l.n"                                               \
	" WHERE (l.utc_ms, l.n) < (?1, ?2) AND l.utc_ms >= ?3"                                     \
	" AND substr(coalesce(l.region, ''), 1, length(?4)) = ?4"

/* A piece of it, from the newest down; *before moves on. */
static int read_piece(struct yj_store *s, const struct yj_ledger_filter *f, int64_t before[2],
    int64_t limit, json_t *list, int64_t *rows)
{
	bool one = f->resident[0] != '\0';
	sqlite3_stmt *q = one ? yj_db_stmt(s, ENTRIES " AND l.resident = ?6"
						      " ORDER BY l.utc_ms DESC, l.n DESC LIMIT ?5")
			      : yj_db_stmt(s, ENTRIES " ORDER BY l.utc_ms DESC, l.n DESC LIMIT ?5");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, one ? "iiitit" : "iiiti", before[0], before[1], f->from_utc_ms, f->region,
	    limit, f->resident);
	int rc;
	*rows = 0;
	while ((rc = yj_db_step(s, q)) == 1) {
		before[1] = sqlite3_column_int64(q, 0);
		before[0] = sqlite3_column_int64(q, 1);
		++*rows;
		if (json_array_append_new(list, entry_json(s, q)) < 0) {
			sqlite3_reset(q);
			return YJ_ERR_NOMEM;
		}
	}
	return rc;
}

static void turn_round(json_t *list)
{
	size_t n = json_array_size(list);
	for (size_t i = 0; i < n / 2; i++) {
		json_t *a = json_incref(json_array_get(list, i));
		json_t *b = json_incref(json_array_get(list, n - 1 - i));
		json_array_set_new(list, i, b);
		json_array_set_new(list, n - 1 - i, a);
	}
}

int yj_read_ledger(struct yj_store *s, const struct yj_ledger_filter *f, json_t **out)
{
	int64_t before[2] = {f->until_utc_ms, INT64_MIN}, rows = PIECE, got = 0;
	json_t *list = json_array();
	int rc = list ? 0 : YJ_ERR_NOMEM;
	while (rc == 0 && rows == PIECE) {
		int64_t left = f->limit ? f->limit - got : PIECE;
		rc = read_piece(s, f, before, left < PIECE ? left : PIECE, list, &rows);
		got += rows;
	}
	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	turn_round(list);
	*out = list;
	return 0;
}
