/* Occupants that were changed by another way than a move, taken into the history of moves. beds has
 * beside each occupant the one that the history knows: where they differ there is something to
 * note. What is new is written first and counted as known afterwards, both in pieces, for whoever
 * came is found where the history had them. */
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "store/bed.h"

#define KEY "beds_noting" /* of meta: how far that has come */
#define LIES_NOW "iif(b.gone_utc_ms IS NULL, b.occupant, NULL)"
#define UNNOTED "FROM beds b INDEXED BY beds_unnoted WHERE " LIES_NOW " IS NOT b.noted_occupant"
#define INSERT                                                                                     \
	"INSERT INTO bed_moves (utc_ms, resident, from_bed, to_bed, actor, reason) SELECT ?1, "

struct noting { /* the beds from `from` to `to`, both of them too */
	int64_t utc_ms;
	char actor[YJ_NAME_MAX + 1], reason[YJ_NAME_MAX + 1];
	char from[YJ_NAME_MAX + 2], to[YJ_NAME_MAX + 1];
};

/* Those who left and lie nowhere now, and those who came. */
static int write_moves(struct yj_store *s, const struct noting *n)
{
	int rc = yj_db_run(s,
	    INSERT "b.noted_occupant, b.id, NULL, ?2, ?3 " UNNOTED
		   " AND b.id >= ?4 AND b.id <= ?5 AND b.noted_occupant IS NOT NULL"
		   " AND NOT EXISTS (SELECT 1 FROM beds o WHERE o.occupant = b.noted_occupant"
		   "  AND o.occupant IS NOT NULL AND o.gone_utc_ms IS NULL AND o.id <> b.id)"
		   " ORDER BY b.id",
	    "itttt", n->utc_ms, n->actor, n->reason, n->from, n->to);
	return rc < 0
		   ? rc
		   : yj_db_run(s,
			 INSERT "b.occupant, (SELECT o.id FROM beds o WHERE"
				"  o.noted_occupant = b.occupant AND o.noted_occupant IS NOT NULL"
				"  AND o.id <> b.id LIMIT 1), b.id, ?2, ?3 " UNNOTED
				" AND b.id >= ?4 AND b.id <= ?5 AND b.gone_utc_ms IS NULL"
				" AND b.occupant IS NOT NULL ORDER BY b.id",
			 "itttt", n->utc_ms, n->actor, n->reason, n->from, n->to);
}

/* The last of the next `limit` beds; YJ_ERR_NOTFOUND: there are none. */
static int find_end(struct yj_store *s, struct noting *n, int limit)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT max(id) FROM (SELECT b.id AS id " UNNOTED
					" AND b.id >= ?1 ORDER BY b.id LIMIT ?2)");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", n->from, (int64_t)limit);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(q, 0, n->to, sizeof n->to);
	sqlite3_reset(q);
	return n->to[0] ? 0 : YJ_ERR_NOTFOUND;
}

static int save(struct yj_store *s, const struct noting *n)
{
	char value[4 * YJ_NAME_MAX];
	snprintf(value, sizeof value, "%lld|%s|%s|%s", (long long)n->utc_ms, n->actor, n->reason,
	    n->from);
	return yj_store_meta_set(s, KEY, value);
}

static int load(struct yj_store *s, struct noting *n)
{
	char value[4 * YJ_NAME_MAX];
	long long utc_ms = 0;
	*n = (struct noting){.utc_ms = 0};
	int rc = yj_store_meta_get(s, KEY, value, sizeof value);
	if (rc < 0)
		return rc;
	/* none of the words has a bar in it */
	char *word[4] = {value};
	for (int i = 1; i < 4; i++) {
		word[i] = strchr(word[i - 1], '|');
		if (!word[i])
			return YJ_ERR_NOTFOUND;
		*word[i]++ = '\0';
	}
	for (const char *c = word[0]; *c >= '0' && *c <= '9'; c++)
		utc_ms = utc_ms * 10 + (*c - '0');
	n->utc_ms = utc_ms;
	snprintf(n->actor, sizeof n->actor, "%s", word[1]);
	snprintf(n->reason, sizeof n->reason, "%s", word[2]);
	snprintf(n->from, sizeof n->from, "%s", word[3]);
	return 0;
}

#define WRITTEN "~" /* behind every id: all moves are written */

static int count_as_known(struct yj_store *s, int limit, bool *more)
{
	int rc = yj_db_run(s,
	    "UPDATE beds SET noted_occupant = iif(gone_utc_ms IS NULL, occupant, NULL)"
	    " WHERE id IN (SELECT b.id " UNNOTED " LIMIT ?1)",
	    "i", (int64_t)limit);
	*more = rc == 0 && sqlite3_changes(s->db) == limit;
	return rc < 0 || *more ? rc : yj_db_run(s, "DELETE FROM meta WHERE key = ?1", "t", KEY);
}

int yj_dir_beds_note_begin(
    struct yj_store *s, int64_t utc_ms, const char *actor, const char *reason)
{
	struct noting n = {.utc_ms = utc_ms};
	snprintf(n.actor, sizeof n.actor, "%s", actor);
	snprintf(n.reason, sizeof n.reason, "%s", reason);
	return save(s, &n);
}

int yj_dir_beds_note_piece(struct yj_store *s, int limit, bool *more)
{
	struct noting n;
	*more = false;
	int rc = load(s, &n);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	if (strcmp(n.from, WRITTEN) == 0)
		return count_as_known(s, limit, more);
	rc = find_end(s, &n, limit);
	bool end = rc == YJ_ERR_NOTFOUND;
	if (rc == 0)
		rc = write_moves(s, &n);
	if (rc < 0 && !end)
		return rc;
	snprintf(
	    n.from, sizeof n.from, "%s%s", end ? WRITTEN : n.to, end ? "" : " "); /* the next */
	*more = true;
	return save(s, &n);
}

int yj_dir_bed_note(
    struct yj_store *s, const char *bed, int64_t utc_ms, const char *actor, const char *reason)
{
	struct noting n = {.utc_ms = utc_ms};
	snprintf(n.actor, sizeof n.actor, "%s", actor);
	snprintf(n.reason, sizeof n.reason, "%s", reason);
	snprintf(n.from, sizeof n.from, "%s", bed);
	snprintf(n.to, sizeof n.to, "%s", bed);
	int rc = write_moves(s, &n);
	return rc < 0
		   ? rc
		   : yj_db_run(s,
			 "UPDATE beds SET noted_occupant = iif(gone_utc_ms IS NULL, occupant, NULL)"
			 " WHERE id = ?1",
			 "t", bed);
}
