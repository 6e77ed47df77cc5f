#include "store/log.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "logchain.h"
#include "store/incident.h"
#include "text.h"

#define GENESIS "yijian log v1 "

void yj_hex(const unsigned char *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

/* 64 digits as yj_hex writes them. */
static bool unhex(const char *hex, unsigned char bytes[32])
{
	if (strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
		bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return true;
}

void yj_logchain_first(const char *gateway, unsigned char hash[32])
{
	char text[sizeof GENESIS + YJ_NAME_MAX];
	int n = snprintf(text, sizeof text, GENESIS "%s", gateway);
	SHA256((const unsigned char *)text, (size_t)n, hash);
}

void yj_logchain_next(unsigned char hash[32], int64_t seq, int64_t utc_ms, const char *type,
    const char *subject, const char *data)
{
	char numbers[64];
	SHA256_CTX ctx;
	int n = snprintf(numbers, sizeof numbers, "%" PRId64 "\n%" PRId64 "\nyijian.", seq, utc_ms);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* half the cost of EVP per event */
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, hash, 32);
	SHA256_Update(&ctx, numbers, (size_t)n);
	SHA256_Update(&ctx, type, strlen(type));
	SHA256_Update(&ctx, "\n", 1);
	SHA256_Update(&ctx, subject, strlen(subject));
	SHA256_Update(&ctx, "\n", 1);
	SHA256_Update(&ctx, data, strlen(data));
	SHA256_Final(hash, &ctx);
#pragma GCC diagnostic pop
}

const char *yj_logchain_subject(
    const struct yj_store *s, int64_t incident, const char *subject, char *buf, size_t cap)
{
	if (!incident)
		return subject ? subject : "";
	char id[YJ_NAME_MAX + 24];
	yj_incident_id(s, incident, id, sizeof id);
	snprintf(buf, cap, "incident/%s", id);
	return buf;
}

/* The chain goes on from the head, not from the newest record: so a log whose last records were
 * taken away, or that was added to, neither heals by going on nor uses a number twice. */
static int go_on_from_head(struct yj_store *s)
{
	struct yj_store_volatile *v = &s->volatile_state;
	char head[128];
	int rc = yj_store_meta_get(s, "log_head", head, sizeof head);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	char *hex;
	int64_t seq = strtoll(head, &hex, 10);
	unsigned char hash[32];
	if (*hex++ != ':' || !unhex(hex, hash))
		return YJ_ERR_BADMSG;
	memcpy(v->log_hash, hash, sizeof hash);
	if (seq > v->log_seq)
		v->log_seq = seq;
	return 0;
}

int yj_logchain_load(struct yj_store *s)
{
	struct yj_store_volatile *v = &s->volatile_state;
	if (s->log_loaded)
		return 0;
	sqlite3_stmt *stmt =
	    yj_db_stmt(s, "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1");
	if (!stmt)
		return yj_db_err(s, s->last_sqlite);
	int rc = yj_db_step(s, stmt);
	if (rc < 0)
		return rc;
	v->log_seq = 0;
	yj_logchain_first(s->gateway, v->log_hash);
	if (rc == 1) {
		v->log_seq = sqlite3_column_int64(stmt, 0);
		if (sqlite3_column_bytes(stmt, 1) != 32) {
			sqlite3_reset(stmt);
			return YJ_ERR_BADMSG;
		}
		memcpy(v->log_hash, sqlite3_column_blob(stmt, 1), 32);
		sqlite3_reset(stmt);
	}
	rc = go_on_from_head(s);
	if (rc < 0)
		return rc;
	s->committed.log_seq = v->log_seq;
	memcpy(s->committed.log_hash, v->log_hash, 32);
	s->log_loaded = true;
	return 0;
}

int yj_logchain_flush(struct yj_store *s)
{
	struct yj_store_volatile *v = &s->volatile_state;
	if (!v->log_dirty)
		return 0;
	char hex[65], head[96];
	yj_hex(v->log_hash, 32, hex);
	snprintf(head, sizeof head, "%" PRId64 ":%s", v->log_seq, hex);
	return yj_store_meta_set(s, "log_head", head);
}

void yj_logchain_committed(struct yj_store *s)
{
	s->volatile_state.log_dirty = false;
	s->committed.log_seq = s->volatile_state.log_seq;
	memcpy(s->committed.log_hash, s->volatile_state.log_hash, 32);
}

void yj_logchain_rolled_back(struct yj_store *s)
{
	s->volatile_state.log_dirty = false;
	s->volatile_state.log_seq = s->committed.log_seq;
	memcpy(s->volatile_state.log_hash, s->committed.log_hash, 32);
}

/* The device's own id may be anything; the log carries only what cannot hide a name or number. */
static const char *alert_text(const char *alert, char hex[65])
{
	size_t len = strlen(alert);
	bool plain =
	    len <= 64 &&
	    strspn(alert, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-") ==
		len;
	if (plain)
		return alert;
	unsigned char hash[32];
	SHA256((const unsigned char *)alert, len, hash);
	yj_hex(hash, 32, hex);
	return hex;
}

static int add_more(struct yj_text *t, json_t *more)
{
	if (!more || json_object_size(more) == 0)
		return 0;
	char *text = json_dumps(more, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!text)
		return YJ_ERR_NOMEM;
	if (t->v[t->n - 1] != '{')
		yj_text_add(t, ",", 1);
	yj_text_add(t, text + 1, strlen(text) - 2);
	free(text);
	return 0;
}

static int build_data(struct yj_store *s, const struct yj_log_event *e, struct yj_text *t)
{
	char id[YJ_NAME_MAX + 24] = "", hex[65];
	if (e->incident)
		yj_incident_id(s, e->incident, id, sizeof id);
	yj_text_add(t, "{", 1);
	yj_text_member(t, "incident", id);
	yj_text_member(t, "resident", e->resident);
	yj_text_member(t, "device", e->device);
	yj_text_member(t, "caregiver", e->caregiver);
	if (e->alert)
		yj_text_member(t, "alert", alert_text(e->alert, hex));
	if (e->kind >= 0)
		yj_text_member(t, "kind", yj_kind_name((enum yj_kind)e->kind));
	if (e->level >= 0)
		yj_text_member_int(t, "level", e->level);
	yj_text_member(t, "region", e->region);
	yj_text_member(t, "outcome", e->outcome);
	yj_text_member(t, "actor", e->actor);
	yj_text_member(t, "via", e->via);
	yj_text_member_true(t, "late", e->late);
	yj_text_member_true(t, "entered_late", e->entered_late);
	yj_text_member_true(t, "drill", e->drill);
	int rc = add_more(t, e->more);
	yj_text_add(t, "}", 1);
	return rc < 0 ? rc : t->failed ? YJ_ERR_NOMEM : 0;
}

int yj_log_append(struct yj_store *s, const struct yj_log_event *event, int64_t *seq)
{
	int rc = yj_logchain_load(s);
	if (rc < 0)
		return rc;
	struct yj_store_volatile *v = &s->volatile_state;
	struct yj_text t;
	yj_text_init(&t);
	rc = build_data(s, event, &t);
	if (rc < 0)
		goto out;
	char buf[YJ_NAME_MAX + 40];
	const char *subject =
	    yj_logchain_subject(s, event->incident, event->subject, buf, sizeof buf);
	unsigned char hash[32];
	memcpy(hash, v->log_hash, 32);
	int64_t next = v->log_seq + 1;
	yj_logchain_next(hash, next, event->utc_ms, yj_event_name(event->type), subject, t.v);
	rc = yj_db_run(s,
	    "INSERT INTO events (seq, utc_ms, type, incident, subject, data, hash)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	    "iiiIttb", next, event->utc_ms, (int64_t)event->type,
	    event->incident ? event->incident : INT64_MAX,
	    event->incident || !subject[0] ? NULL : event->subject, t.v, hash, 32);
	if (rc < 0)
		goto out;
	v->log_seq = next;
	memcpy(v->log_hash, hash, 32);
	v->log_dirty = true;
	if (seq)
		*seq = next;
out:
	yj_text_done(&t);
	return rc;
}

int yj_log_head(struct yj_store *s, int64_t *seq)
{
	if (s->readonly) {
		int rc = yj_db_int(s, seq, "SELECT max(seq) FROM events", "");
		if (rc == YJ_ERR_NOTFOUND) {
			*seq = 0;
			rc = 0;
		}
		return rc;
	}
	int rc = yj_logchain_load(s);
	if (rc == 0)
		*seq = s->volatile_state.log_seq;
	return rc;
}

int yj_cursor_get(struct yj_store *s, const char *name, int64_t *seq)
{
	int rc = yj_db_int(s, seq, "SELECT seq FROM cursors WHERE name = ?1", "t", name);
	if (rc == YJ_ERR_NOTFOUND) {
		*seq = 0;
		rc = 0;
	}
	return rc;
}

int yj_cursor_set(struct yj_store *s, const char *name, int64_t seq)
{
	return yj_db_run(s,
	    "INSERT INTO cursors (name, seq) VALUES (?1, ?2)"
	    " ON CONFLICT (name) DO UPDATE SET seq = max(seq, ?2)",
	    "ti", name, seq);
}
