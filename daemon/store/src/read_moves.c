/* Who was moved into which bed, for people and programs. */
#include "read.h"

static json_t *move_json(sqlite3_stmt *q)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "at",
	    yj_read_time(sqlite3_column_int64(q, 0)), "resident", yj_read_column(q, 1), "from",
	    yj_read_column(q, 2), "to", yj_read_column(q, 3), "by", yj_read_column(q, 4), "reason",
	    yj_read_column(q, 5));
}

int yj_read_moves(struct yj_store *s, const char *id, bool by_resident, json_t **out)
{
	sqlite3_stmt *q =
	    by_resident ? yj_db_stmt(s, "SELECT utc_ms, resident, from_bed, to_bed, actor, reason"
					" FROM bed_moves WHERE resident = ?1 ORDER BY n DESC")
			: yj_db_stmt(s, "SELECT utc_ms, resident, from_bed, to_bed, actor, reason"
					" FROM bed_moves WHERE from_bed = ?1 OR to_bed = ?1"
					" ORDER BY n DESC");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", id);
	return yj_read_list(s, q, move_json, out);
}
