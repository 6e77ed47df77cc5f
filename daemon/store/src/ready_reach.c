/* Over which channels a person is reached, and when each was last proved. */
#include "read.h"
#include "store/notice.h"
#include "store/ready.h"

/* The newest test over a channel: its delivery. */
static int add_test(struct yj_store *s, const char *caregiver, const char *channel, json_t *to)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT o.created_utc_ms, o.status, o.words FROM notices n"
			  " JOIN outbox o ON o.notice = n.n WHERE n.caregiver = ?1 AND n.kind = ?3"
			  " AND o.channel = ?2 ORDER BY n.n DESC LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "tti", caregiver, channel, (int64_t)YJ_NOTICE_VERIFY);
	int rc = yj_db_step(s, q);
	if (rc < 0)
		return rc;
	json_t *at = json_null(), *test = json_null(), *words = json_null();
	if (rc == 1) {
		at = yj_read_time(sqlite3_column_int64(q, 0));
		test = json_string(yj_read_delivery_status(sqlite3_column_int(q, 1)));
		words = yj_read_column(q, 2);
		sqlite3_reset(q);
	}
	int bad = json_object_set_new(to, "tested_at", at);
	bad |= json_object_set_new(to, "test", test);
	bad |= json_object_set_new(to, "words", words);
	return bad ? YJ_ERR_NOMEM : 0;
}

static int add_channel(struct yj_store *s, const char *caregiver, const char *channel, json_t *list)
{
	int64_t proved;
	int rc = yj_proof_newest(s, caregiver, channel, &proved);
	if (rc < 0)
		return rc;
	json_t *one = json_pack("{s:s, s:o}", "channel", channel, "proved_at",
	    proved == INT64_MIN ? json_null() : yj_read_time(proved));
	rc = one ? add_test(s, caregiver, channel, one) : YJ_ERR_NOMEM;
	if (json_array_append_new(list, one) < 0 && rc == 0)
		rc = YJ_ERR_NOMEM;
	return rc;
}

int yj_read_reach(
    struct yj_store *s, const char *caregiver, const struct yj_reaching *reaching, json_t **out)
{
	struct yj_caregiver c;
	int rc = yj_caregiver_find(s, caregiver, &c);
	if (rc == 0 && c.gone)
		rc = YJ_ERR_NOTFOUND;
	if (rc < 0)
		return rc;
	json_t *list = json_array(), *names = reaching->channels(reaching->ctx, &c);
	size_t i;
	const json_t *name;
	json_array_foreach(names, i, name)
	{
		if (rc == 0)
			rc = add_channel(s, caregiver, json_string_value(name), list);
	}
	json_decref(names);
	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	*out = list;
	return 0;
}

int yj_read_device_test(struct yj_store *s, const char *device, json_t **out)
{
	int64_t at;
	int rc =
	    yj_db_int(s, &at, "SELECT utc_ms FROM device_tests WHERE device = ?1", "t", device);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	*out = rc < 0 ? json_null() : yj_read_time(at);
	return *out ? 0 : YJ_ERR_NOMEM;
}
