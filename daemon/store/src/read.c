#include "read.h"

#include <stdlib.h>
#include <string.h>

#include "proto/time.h"

json_t *yj_read_text(const char *s)
{
	if (!s || !*s)
		return json_null();
	json_t *text = json_string(s);
	if (text)
		return text;
	char *copy = strdup(s);
	for (char *p = copy; p && *p; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	text = copy ? json_string(copy) : NULL;
	free(copy);
	return text;
}

json_t *yj_read_column(sqlite3_stmt *q, int column)
{
	return yj_read_text(yj_db_text(q, column));
}

json_t *yj_read_time(int64_t utc_ms)
{
	if (utc_ms == INT64_MAX)
		return json_null();
	char buf[YJ_RFC3339_LEN];
	return json_string(yj_rfc3339_format(utc_ms, buf));
}

json_t *yj_read_split(const char *s)
{
	json_t *list = json_array();
	while (*s) {
		size_t n = strcspn(s, ";");
		if (n)
			json_array_append_new(list, json_stringn(s, n));
		s += n + (s[n] == ';');
	}
	return list;
}

int yj_read_list(struct yj_store *s, sqlite3_stmt *q, json_t *(*one)(sqlite3_stmt *q), json_t **out)
{
	json_t *list = json_array();
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		if (json_array_append_new(list, one(q)) < 0) {
			rc = YJ_ERR_NOMEM;
			sqlite3_reset(q);
			break;
		}
	}
	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	*out = list;
	return 0;
}

int yj_read_policy(struct yj_store *s, const char *name, struct yj_policy *out)
{
	char hash[YJ_POLICY_HASH_LEN];
	int rc = yj_policy_by_name(s, name, hash);
	if (rc < 0)
		return rc;
	char *body = NULL;
	rc = yj_policy_body(s, hash, &body);
	if (rc < 0)
		return rc;
	rc = yj_policy_from_canonical(body, out);
	free(body);
	return rc;
}

int yj_read_checkpoint(struct yj_store *s, int64_t at_seq, int64_t *seq, char hash[65])
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT seq, lower(hex(hash)) FROM events WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", at_seq > 0 ? at_seq : INT64_MAX);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	*seq = sqlite3_column_int64(q, 0);
	yj_db_copy(q, 1, hash, 65);
	sqlite3_reset(q);
	return 0;
}
