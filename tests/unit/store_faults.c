/* An I/O error and a full disk at each write, sync, truncation and deletion in turn, over the
 * transactions of two alerts with a checkpoint between them: a commit fails cleanly or succeeds,
 * what it said is true afterwards, and the database is whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../../daemon/store/src/faultvfs.h"
#include "store/inbound.h"
#include "store/incident.h"
#include "store/log.h"
#include "store/outbox.h"
#include "store/store.h"

#define NOW_T 86400000
#define NOW_UTC_MS 1790000000000
#define OPERATIONS_MAX 400

/* in memory where there is such a place: thousands of syncs */
static char dir[64] = "/dev/shm/yj-store-faults-XXXXXX";
static char path[160], copy_path[160];
static char why[YJ_WHY_MAX];

static void remove_all(const char *name)
{
	static const char *const parts[] = {"", "-wal", "-shm", "-journal"};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		char file[200];
		snprintf(file, sizeof file, "%s%s", name, parts[i]);
		unlink(file);
	}
}

static void copy_one(const char *from, const char *to, const char *part)
{
	char name[200], buf[65536];
	size_t n;
	snprintf(name, sizeof name, "%s%s", from, part);
	FILE *in = fopen(name, "rb");
	snprintf(name, sizeof name, "%s%s", to, part);
	FILE *out = fopen(name, "wb");
	assert_true(in && out);
	while ((n = fread(buf, 1, sizeof buf, in)) > 0)
		assert_int_equal(fwrite(buf, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

static struct yj_store *open_at(const char *name)
{
	struct yj_store *s = NULL;
	if (yj_store_open(name, "gw-1", &s, why) != 0)
		fail_msg("%s", why);
	return s;
}

/* What an alert writes: dedupe key, incident, its device, event, deliveries, timeline. */
static int alert_rows(struct yj_store *s, int which)
{
	char id[32], device[16], subject[16];
	unsigned char hash[YJ_HASH_LEN];
	enum yj_seen seen;
	int64_t known = 0;
	snprintf(id, sizeof id, "alert-%d", which);
	snprintf(device, sizeof device, "b%d", which);
	snprintf(subject, sizeof subject, "d:b%d", which);
	yj_inbound_hash(1, id, strlen(id), hash);
	int rc = yj_dedupe_check(s, id, device, hash, &seen, &known, NULL, 0);
	if (rc < 0 || seen == YJ_SEEN_SAME)
		return rc;
	struct yj_incident inc = {.kind = YJ_KIND_SOS, .alerts = 1};
	inc.due = NOW_T + 60000;
	inc.level_due = inc.due;
	inc.opened_t = NOW_T;
	inc.opened_utc_ms = NOW_UTC_MS;
	inc.paged_t = inc.closed_utc_ms = INT64_MAX;
	snprintf(inc.whose.subject, sizeof inc.whose.subject, "%s", subject);
	snprintf(inc.device, sizeof inc.device, "%s", device);
	memset(inc.policy_hash, 'a', 64);
	rc = yj_incident_reserve(s, &inc.n);
	if (rc == 0)
		rc = yj_incident_device_note(s, inc.n, device, id, true);
	struct yj_log_event e = {.type = YJ_EV_INCIDENT_OPENED, .level = -1};
	e.utc_ms = NOW_UTC_MS;
	e.incident = inc.n;
	e.device = device;
	e.alert = id;
	if (rc == 0)
		rc = yj_log_append(s, &e, NULL);
	for (int i = 0; rc == 0 && i < 20; i++) { /* a level of many people: several pages */
		struct yj_outbox_row row = {.due_t = NOW_T, .incident = inc.n, .channel = "mqtt"};
		snprintf(row.target, sizeof row.target, "caregiver-of-a-long-name-%d", i);
		rc = yj_outbox_add(s, &row, NOW_UTC_MS);
	}
	if (rc == 0)
		rc = yj_incident_save(s, &inc, "help");
	if (rc == 0)
		rc = yj_dedupe_add(s, id, device, hash, NOW_T, inc.n, NULL);
	struct yj_timeline_row timeline = {.boot_id = "boot", .t_ms = NOW_T + which};
	return rc == 0 ? yj_store_timeline_set(s, &timeline) : rc;
}

static int alert(struct yj_store *s, int which)
{
	int rc = yj_store_begin(s);
	if (rc < 0)
		return rc;
	rc = alert_rows(s, which);
	if (rc == 0)
		return yj_store_commit(s);
	yj_store_rollback(s);
	return rc;
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	int64_t v = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return v;
}

/* Whole, with a good chain, and each alert in it entirely or not at all. Returns how many are. */
static int64_t inspect(const char *name)
{
	struct yj_store *s = open_at(name);
	struct yj_log_verdict verdict;
	assert_int_equal(yj_log_verify(s, 0, NULL, &verdict), 0);
	if (verdict.bad)
		fail_msg("event %lld: %s", (long long)verdict.bad_seq, verdict.what);
	yj_store_close(s);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(name, &db), SQLITE_OK);
	assert_int_equal(number(db, "SELECT count(*) FROM pragma_integrity_check"
				    " WHERE integrity_check = 'ok'"),
	    1);
	int64_t n = number(db, "SELECT count(*) FROM incidents");
	assert_int_equal(number(db, "SELECT count(*) FROM events"), n);
	assert_int_equal(verdict.events, n);
	assert_int_equal(number(db, "SELECT count(*) FROM dedupe WHERE incident > 0"), n);
	assert_int_equal(number(db, "SELECT count(*) FROM dedupe"), n);
	assert_int_equal(number(db, "SELECT count(*) FROM incident_devices"), n);
	assert_int_equal(number(db, "SELECT count(*) FROM outbox"), 20 * n);
	assert_int_equal(number(db, "SELECT coalesce(sum(n), 0) FROM open_counts"), n);
	sqlite3_close(db);
	return n;
}

/* One run with a fault at the at-th operation. Returns whether the fault came at all. */
static bool run(enum yj_fault_kind kind, long at, long times)
{
	remove_all(path);
	yj_faultvfs_plan(kind, 0, 0);
	struct yj_store *s = open_at(path);
	assert_int_equal(alert(s, 0), 0);
	yj_faultvfs_plan(kind, at, times);
	int first = alert(s, 1);
	(void)!yj_store_checkpoint(s);
	int second = alert(s, 2);
	long seen = yj_faultvfs_count();
	yj_faultvfs_plan(kind, 0, 0);
	if (first < 0)
		assert_true(first == YJ_ERR_IO || first == YJ_ERR_FULL);
	if (second < 0)
		assert_true(second == YJ_ERR_IO || second == YJ_ERR_FULL);

	/* The power fails now: nothing that was acknowledged is missing, and what failed is there
	 * entirely (only its last sync failed) or not at all. */
	int64_t good = 1 + (first == 0) + (second == 0);
	remove_all(copy_path);
	copy_one(path, copy_path, "");
	copy_one(path, copy_path, "-wal");
	int64_t there = inspect(copy_path);
	assert_true(there >= good && there <= 3);

	/* The fault is over: the same handle goes on, and the broker's redelivery is taken once. */
	assert_int_equal(alert(s, 1), 0);
	assert_int_equal(alert(s, 2), 0);
	assert_int_equal(alert(s, 3), 0);
	yj_store_close(s);
	assert_int_equal(inspect(path), 4);
	return seen >= at;
}

static void every_operation(enum yj_fault_kind kind, long times, const char *what)
{
	long at = 1;
	while (run(kind, at, times)) {
		at++;
		assert_true(at < OPERATIONS_MAX);
	}
	assert_true(at > 30); /* the operations of two commits and a checkpoint */
	print_message("%s: %ld operations\n", what, at - 1);
}

static void test_io_error_once(void **state)
{
	(void)state;
	every_operation(YJ_FAULT_IOERR, 1, "an I/O error once");
}

static void test_io_errors_from_then_on(void **state)
{
	(void)state;
	every_operation(YJ_FAULT_IOERR, -1, "I/O errors from then on");
}

static void test_full_once(void **state)
{
	(void)state;
	every_operation(YJ_FAULT_FULL, 1, "full once");
}

static void test_full_from_then_on(void **state)
{
	(void)state;
	every_operation(YJ_FAULT_FULL, -1, "full from then on");
}

/* A failing disk at the very beginning is an error, not a half-made database. */
static void test_creating(void **state)
{
	(void)state;
	for (long at = 1;; at++) {
		struct yj_store *s = NULL;
		remove_all(path);
		yj_faultvfs_plan(YJ_FAULT_IOERR, at, -1);
		int rc = yj_store_open(path, "gw-1", &s, why);
		long seen = yj_faultvfs_count();
		yj_faultvfs_plan(YJ_FAULT_IOERR, 0, 0);
		yj_store_close(s);
		s = open_at(path);
		assert_int_equal(alert(s, 1), 0);
		yj_store_close(s);
		assert_int_equal(inspect(path), 1);
		if (rc == 0 && seen < at)
			break;
		assert_true(at < OPERATIONS_MAX);
	}
}

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(dir)) {
		snprintf(dir, sizeof dir, "/tmp/yj-store-faults-XXXXXX");
		if (!mkdtemp(dir))
			return -1;
	}
	snprintf(path, sizeof path, "%s/yijian.db", dir);
	snprintf(copy_path, sizeof copy_path, "%s/copy.db", dir);
	return yj_faultvfs_install();
}

static int end(void **state)
{
	(void)state;
	char lock[200];
	remove_all(path);
	remove_all(copy_path);
	snprintf(lock, sizeof lock, "%s.lock", path);
	unlink(lock);
	snprintf(lock, sizeof lock, "%s.lock", copy_path);
	unlink(lock);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_io_error_once),
	    cmocka_unit_test(test_io_errors_from_then_on),
	    cmocka_unit_test(test_full_once),
	    cmocka_unit_test(test_full_from_then_on),
	    cmocka_unit_test(test_creating),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
