/* Refused messages for people and programs. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "dir.h"
#include "read.h"

static json_t *rejected_json(sqlite3_stmt *q)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:I, s:o}", "n",
	    (json_int_t)sqlite3_column_int64(q, 0), "at", yj_read_time(sqlite3_column_int64(q, 1)),
	    "topic", yj_read_column(q, 2), "device", yj_read_column(q, 3), "reason",
	    yj_read_column(q, 4), "length", (json_int_t)sqlite3_column_int64(q, 5), "sha256",
	    yj_read_column(q, 6));
}

int yj_read_rejected(struct yj_store *s, int64_t limit, json_t **out)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT n, utc_ms, topic, speaker, reason, length, sha256 FROM rejected"
			  " ORDER BY n DESC LIMIT ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", limit > 0 ? limit : (int64_t)-1);
	return yj_read_list(s, q, rejected_json, out);
}

/* How much of a payload's beginning is whole characters, if only its last was cut in two. */
static size_t whole_text(const char *head, size_t len)
{
	size_t good = len ? yj_text_bad(head, len) : 0;
	return len - good < 4 && good < len && (unsigned char)head[good] >= 0xc2 ? good : len;
}

/* cut: there was more than this. */
static int add_payload(json_t *one, const void *head, size_t len, bool cut)
{
	json_t *text = json_stringn(len ? head : "", cut ? whole_text(head, len) : len);
	if (text)
		return json_object_set_new(one, "text", text);
	char *base64 = malloc(4 * (len / 3 + 1) + 1);
	if (!base64)
		return -1;
	EVP_EncodeBlock((unsigned char *)base64, head, (int)len);
	int rc = json_object_set_new(one, "base64", json_string(base64));
	free(base64);
	return rc;
}

int yj_read_rejected_one(struct yj_store *s, int64_t n, json_t **out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT n, utc_ms, topic, speaker, reason, length, sha256, head FROM rejected"
	    " WHERE n = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	json_t *one = rejected_json(q);
	size_t len = (size_t)sqlite3_column_bytes(q, 7);
	bool cut = sqlite3_column_int64(q, 5) > (int64_t)len;
	if (!one || add_payload(one, sqlite3_column_blob(q, 7), len, cut) < 0) {
		json_decref(one);
		rc = YJ_ERR_NOMEM;
	} else {
		*out = one;
		rc = 0;
	}
	sqlite3_reset(q);
	return rc;
}
