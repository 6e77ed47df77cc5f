#include "store/inbound.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "logchain.h"

#define DAY_MS 86400000LL
#define REJECTED_HEAD 1024
#define REJECTED_ROWS 10000

void yj_inbound_hash(
    int topic_type, const void *payload, size_t len, unsigned char hash[YJ_HASH_LEN])
{
	unsigned char full[32];
	unsigned char type = (unsigned char)topic_type;
	SHA256_CTX ctx;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* half the cost of EVP per message */
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, &type, 1);
	SHA256_Update(&ctx, payload, len);
	SHA256_Final(full, &ctx);
#pragma GCC diagnostic pop
	memcpy(hash, full, YJ_HASH_LEN);
}

/* One row of this id, any or the one with this hash: 1, 0 or an error. same: it has this hash, so
 * *incident and result are filled. */
static int look_for(struct yj_store *s, bool any, const char *id, const char *speaker,
    const unsigned char hash[YJ_HASH_LEN], bool *same, int64_t *incident, char *result, size_t cap)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    any ? "SELECT hash, incident, result FROM dedupe WHERE id = ?1 AND speaker = ?2 LIMIT 1"
		: "SELECT hash, incident, result FROM dedupe"
		  " WHERE id = ?1 AND speaker = ?2 AND hash = ?3");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, any ? "tt" : "ttb", id, speaker, hash, YJ_HASH_LEN);
	int rc = yj_db_step(s, q);
	if (rc != 1)
		return rc;
	*same = sqlite3_column_bytes(q, 0) == YJ_HASH_LEN &&
		memcmp(sqlite3_column_blob(q, 0), hash, YJ_HASH_LEN) == 0;
	if (*same) {
		*incident = sqlite3_column_int64(q, 1);
		if (cap)
			yj_db_copy(q, 2, result, cap);
	}
	sqlite3_reset(q);
	return 1;
}

int yj_dedupe_check(struct yj_store *s, const char *id, const char *speaker,
    const unsigned char hash[YJ_HASH_LEN], enum yj_seen *seen, int64_t *incident, char *result,
    size_t cap)
{
	bool same = false;
	*incident = 0;
	if (cap)
		result[0] = '\0';
	/* A new id, and a repeat of the only message with its id, take one look; and an id that was
	 * used a million times, by a device that has lost its counter or means harm, takes two. */
	int rc = look_for(s, true, id, speaker, hash, &same, incident, result, cap);
	bool known = rc == 1;
	if (known && !same)
		rc = look_for(s, false, id, speaker, hash, &same, incident, result, cap);
	if (rc < 0)
		return rc;
	*seen = same ? YJ_SEEN_SAME : known ? YJ_SEEN_REUSED : YJ_SEEN_NEW;
	return 0;
}

int yj_dedupe_add(struct yj_store *s, const char *id, const char *speaker,
    const unsigned char hash[YJ_HASH_LEN], int64_t now_t, int64_t incident, const char *result)
{
	return yj_db_run(s,
	    "INSERT INTO dedupe (id, speaker, hash, day, incident, result)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	    "ttbiIt", id, speaker, hash, YJ_HASH_LEN, now_t / DAY_MS,
	    incident ? incident : INT64_MAX, result);
}

int yj_dedupe_incident(struct yj_store *s, const char *id, const char *speaker, int64_t *incident)
{
	/* not all of an id that was used without end: each cancel would read them again */
	return yj_db_int(s, incident,
	    "SELECT d.incident FROM (SELECT incident, speaker FROM dedupe"
	    " WHERE id = ?1 AND speaker = ?2 LIMIT 1000) d LEFT JOIN incident_devices i"
	    " ON i.incident = d.incident AND i.device = d.speaker"
	    " WHERE d.incident IS NOT NULL"
	    " ORDER BY i.calls > 0 DESC, d.incident DESC LIMIT 1",
	    "tt", id, speaker);
}

int yj_early_cancel_put(struct yj_store *s, const char *device, const char *ref, int64_t until_t)
{
	return yj_db_run(s,
	    "INSERT OR REPLACE INTO early_cancels (device, ref, until_t) VALUES (?1, ?2, ?3)",
	    "tti", device, ref, until_t);
}

int yj_early_cancel_take(
    struct yj_store *s, const char *device, const char *ref, int64_t now_t, bool *found)
{
	int64_t until = 0;
	int rc = yj_db_int(s, &until,
	    "SELECT until_t FROM early_cancels WHERE device = ?1 AND ref = ?2", "tt", device, ref);
	if (rc == YJ_ERR_NOTFOUND) {
		*found = false;
		return 0;
	}
	if (rc == 0)
		rc = yj_db_run(s, "DELETE FROM early_cancels WHERE device = ?1 AND ref = ?2", "tt",
		    device, ref);
	if (rc == 0)
		*found = until >= now_t;
	return rc;
}

int yj_flood_add(struct yj_store *s, const char *device, int64_t since_t)
{
	return yj_db_run(s,
	    "INSERT INTO floods (device, since_t, count) VALUES (?1, ?2, 1)"
	    " ON CONFLICT (device) DO UPDATE SET count = count + 1",
	    "ti", device, since_t);
}

int yj_flood_take(
    struct yj_store *s, int64_t before_t, char device[YJ_NAME_MAX + 1], int64_t *count)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT device, count FROM floods WHERE since_t <= ?1 LIMIT 1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", before_t);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(q, 0, device, YJ_NAME_MAX + 1);
	*count = sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	return yj_db_run(s, "DELETE FROM floods WHERE device = ?1", "t", device);
}

int yj_flood_next(struct yj_store *s, int64_t *since_t)
{
	*since_t = INT64_MAX;
	int rc = yj_db_int(s, since_t, "SELECT min(since_t) FROM floods", "");
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_rejected_add(struct yj_store *s, int64_t utc_ms, const char *topic, const char *speaker,
    enum yj_reason reason, const void *payload, size_t len, char sha256[65])
{
	unsigned char hash[32];
	SHA256(payload ? payload : (const unsigned char *)"", payload ? len : 0, hash);
	yj_hex(hash, 32, sha256);
	int head = (int)(len < REJECTED_HEAD ? len : REJECTED_HEAD);
	int rc = yj_db_run(s,
	    "INSERT INTO rejected (utc_ms, topic, speaker, reason, length, sha256, head)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	    "itttitb", utc_ms, topic, speaker, yj_reason_name(reason), (int64_t)len, sha256,
	    payload, head);
	if (rc < 0)
		return rc;
	int64_t n = sqlite3_last_insert_rowid(s->db);
	return yj_db_run(s, "DELETE FROM rejected WHERE n <= ?1", "i", n - REJECTED_ROWS);
}

int yj_suspect_bump(struct yj_store *s, const char *item, int64_t utc_ms, int64_t *times)
{
	int rc = yj_db_run(s,
	    "INSERT INTO suspects (item, times, utc_ms) VALUES (?1, 1, ?2)"
	    " ON CONFLICT (item) DO UPDATE SET times = times + 1, utc_ms = ?2",
	    "ti", item, utc_ms);
	return rc < 0 ? rc : yj_suspect_times(s, item, times);
}

int yj_suspect_times(struct yj_store *s, const char *item, int64_t *times)
{
	int rc = yj_db_int(s, times, "SELECT times FROM suspects WHERE item = ?1", "t", item);
	if (rc == YJ_ERR_NOTFOUND) {
		*times = 0;
		rc = 0;
	}
	return rc;
}

int yj_suspects_over(
    struct yj_store *s, int64_t times, int (*each)(void *ctx, const char *item), void *ctx)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT item FROM suspects WHERE times >= ?1 ORDER BY utc_ms DESC");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", times);
	int rc, stop = 0;
	while ((rc = yj_db_step(s, q)) == 1 && !stop)
		stop = each(ctx, yj_db_text(q, 0));
	sqlite3_reset(q);
	return rc < 0 ? rc : stop;
}

int yj_incident_any_poisoned(struct yj_store *s, bool *any)
{
	int64_t one = 0;
	int rc = yj_db_int(
	    s, &one, "SELECT 1 FROM incidents WHERE poisoned = 1 AND state < 3 LIMIT 1", "");
	*any = rc == 0;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_incident_poison(struct yj_store *s, int64_t n, int64_t due_t)
{
	return yj_db_run(
	    s, "UPDATE incidents SET poisoned = 1, due_t = ?2 WHERE n = ?1", "ii", n, due_t);
}

int yj_outbox_poison(struct yj_store *s, int64_t n)
{
	return yj_db_run(
	    s, "UPDATE outbox SET poisoned = 1, due_t = NULL, status = 3 WHERE n = ?1", "i", n);
}
