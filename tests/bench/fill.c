/* Writes a gateway's database full, faster than a life would: a directory, a history of incidents
 * that have ended, incidents that are open. For a daemon that is not running.
 *
 *   bench_fill DATABASE GATEWAY [--residents N] [--history EVENTS] [--open N]
 *
 * Residents r000000 … with a button b000000 … each, over 100 villages with one grid worker each
 * (g000 …). History has five events an incident, in the rows that an incident leaves behind, but
 * for the chain of hashes, which nothing of this measures. Open incidents are due in an hour to a
 * day. Run it once per database. */
#include <getopt.h>
#include <inttypes.h>
#include <proto/words.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/store.h"

#define VILLAGES 100
#define EVENTS_EACH 5
#define DEDUPE_MAX 100000 /* a week of them */
#define T_NOW 1000000000
#define KINDS_OPEN 5

static sqlite3 *db;
static const char *gateway;
static int64_t seq, incident, delivery, now_utc_ms;

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_fill: %s: %s\n", what, why);
	exit(1);
}

static void run(const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail("sql", sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail(sql, sqlite3_errmsg(db));
	return stmt;
}

static void step(sqlite3_stmt *stmt)
{
	if (sqlite3_step(stmt) != SQLITE_DONE)
		fail(sqlite3_sql(stmt), sqlite3_errmsg(db));
	sqlite3_reset(stmt);
}

static void text(sqlite3_stmt *stmt, int at, const char *value)
{
	sqlite3_bind_text(stmt, at, value, -1, SQLITE_TRANSIENT);
}

static void region_of(size_t resident, char region[13])
{
	snprintf(region, 13, "511781103%03zu", resident % VILLAGES);
}

/* ── directory ── */

static void fill_residents(size_t n)
{
	sqlite3_stmt *r = prepare("INSERT INTO residents (id, name, region, phone, address, access)"
				  " VALUES (?1, '王秀英', ?2, '0000-0000000', ?3, '钥匙在邻居家')");
	sqlite3_stmt *d =
	    prepare("INSERT INTO devices (id, kind, family, region) VALUES (?1, 0, 'native', ?2)");
	sqlite3_stmt *x =
	    prepare("INSERT INTO device_residents (device, pos, resident) VALUES (?1, 0, ?2)");
	for (size_t i = 0; i < n; i++) {
		char id[16], device[16], region[13], address[64];
		snprintf(id, sizeof id, "r%06zu", i);
		snprintf(device, sizeof device, "b%06zu", i);
		snprintf(address, sizeof address, "石门村二组%zu号", i);
		region_of(i, region);
		text(r, 1, id);
		text(r, 2, region);
		text(r, 3, address);
		step(r);
		text(d, 1, device);
		text(d, 2, region);
		step(d);
		text(x, 1, device);
		text(x, 2, id);
		step(x);
	}
	sqlite3_finalize(r);
	sqlite3_finalize(d);
	sqlite3_finalize(x);
}

static void fill_caregivers(void)
{
	sqlite3_stmt *c = prepare("INSERT INTO caregivers (id, name, role, phone, region,"
				  " region_prefix) VALUES (?1, ?2, ?3, '0000-0000001', ?4, ?4)");
	for (size_t i = 0; i < VILLAGES; i++) {
		char id[16], region[13];
		snprintf(id, sizeof id, "g%03zu", i);
		region_of(i, region);
		text(c, 1, id);
		text(c, 2, "何晓东");
		sqlite3_bind_int(c, 3, YJ_ROLE_GRID);
		text(c, 4, region);
		step(c);
	}
	text(c, 1, "duty");
	text(c, 2, "值班室");
	sqlite3_bind_int(c, 3, YJ_ROLE_DUTY);
	text(c, 4, "511781");
	step(c);
	sqlite3_finalize(c);
}

/* ── incidents ── */

struct rows {
	sqlite3_stmt *incident, *device, *person, *outbox, *event, *dedupe;
};

static void rows_init(struct rows *r)
{
	r->incident = prepare(
	    "INSERT INTO incidents (n, subject, kind, state, due_t, level, round, outstanding, "
	    "flags,"
	    " level_due_t, policy, resident, device, region, alerts, opened_utc_ms, opened_t, "
	    "paged_t,"
	    " closed_utc_ms, outcome, answerer)"
	    " VALUES (?1, 'r:' || ?2, ?3, ?4, ?5, 0, 1, 1, 0, ?5, ?6, ?2, ?7, ?8, 1, ?9, ?10, ?10,"
	    " ?11, ?12, ?13)");
	r->device =
	    prepare("INSERT INTO incident_devices (incident, device, last_id, calls, alarms,"
		    " told) VALUES (?1, ?2, ?3, 1, 0, ?4)");
	r->person =
	    prepare("INSERT INTO incident_people (incident, caregiver, status, flags, level,"
		    " round) VALUES (?1, ?2, 1, 0, 0, 1)");
	r->outbox = prepare(
	    "INSERT INTO outbox (n, due_t, status, incident, home, target, say, level, round, page,"
	    " chain, channel, attempts, created_utc_ms, done_utc_ms)"
	    " VALUES (?1, NULL, 1, ?2, ?3, ?4, ?5, 0, 1, 0, 0, 'mqtt', 1, ?6, ?6)");
	r->event = prepare("INSERT INTO events (seq, utc_ms, type, incident, subject, data, hash)"
			   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	r->dedupe = prepare("INSERT INTO dedupe (id, speaker, hash, day, incident)"
			    " VALUES (?1, ?2, ?3, ?4, ?5)");
}

static void rows_done(struct rows *r)
{
	sqlite3_stmt *all[] = {r->incident, r->device, r->person, r->outbox, r->event, r->dedupe};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		sqlite3_finalize(all[i]);
}

struct one {
	size_t resident;
	int kind;
	bool open;
	int64_t utc_ms, due_t;
	char id[8], device[8], who[8], region[13], alert[40];
};

/* Bytes that no page can have twice, in the place of a hash. */
static void scatter(uint64_t n, unsigned char *out, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		n += 0x9e3779b97f4a7c15u;
		uint64_t z = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
		out[i] = (unsigned char)(z >> 40);
	}
}

static void add_event(struct rows *r, const struct one *o, enum yj_event_type type)
{
	char data[400], subject[80];
	unsigned char hash[32];
	bool received = type == YJ_EV_ALERT_RECEIVED;
	snprintf(data, sizeof data,
	    "{\"resident\":\"%s\",\"device\":\"%s\",\"alert\":\"%s\",\"kind\":\"%s\",\"level\":0,"
	    "\"region\":\"%s\",\"via\":\"mqtt\",\"incident\":\"%s-%" PRId64 "\"}",
	    o->id, o->device, o->alert, yj_kind_name((enum yj_kind)o->kind), o->region, gateway,
	    incident);
	snprintf(subject, sizeof subject, "device/%s", o->device);
	scatter((uint64_t)++seq, hash, sizeof hash);
	sqlite3_bind_int64(r->event, 1, seq);
	sqlite3_bind_int64(r->event, 2, o->utc_ms);
	sqlite3_bind_int(r->event, 3, (int)type);
	if (received) {
		sqlite3_bind_null(r->event, 4);
		text(r->event, 5, subject);
	} else {
		sqlite3_bind_int64(r->event, 4, incident);
		sqlite3_bind_null(r->event, 5);
	}
	text(r->event, 6, data);
	sqlite3_bind_blob(r->event, 7, hash, sizeof hash, SQLITE_TRANSIENT);
	step(r->event);
}

static void add_outbox(struct rows *r, const struct one *o, bool home)
{
	sqlite3_bind_int64(r->outbox, 1, ++delivery);
	sqlite3_bind_int64(r->outbox, 2, incident);
	sqlite3_bind_int(r->outbox, 3, home);
	text(r->outbox, 4, home ? o->device : o->who);
	sqlite3_bind_int(r->outbox, 5, home ? (int)YJ_HOME_CLOSED : (int)YJ_PAGE_OPEN);
	sqlite3_bind_int64(r->outbox, 6, o->utc_ms);
	step(r->outbox);
}

static void add_incident(struct rows *r, const struct one *o)
{
	static const char policy[] =
	    "0000000000000000000000000000000000000000000000000000000000000000";
	sqlite3_bind_int64(r->incident, 1, ++incident);
	text(r->incident, 2, o->id);
	sqlite3_bind_int(r->incident, 3, o->kind);
	sqlite3_bind_int(r->incident, 4, o->open ? (int)YJ_INC_OPEN : (int)YJ_INC_RESOLVED);
	if (o->open)
		sqlite3_bind_int64(r->incident, 5, o->due_t);
	else
		sqlite3_bind_null(r->incident, 5);
	text(r->incident, 6, policy);
	text(r->incident, 7, o->device);
	text(r->incident, 8, o->region);
	sqlite3_bind_int64(r->incident, 9, o->utc_ms);
	sqlite3_bind_int64(r->incident, 10, T_NOW - 1000);
	if (o->open) {
		sqlite3_bind_null(r->incident, 11);
		sqlite3_bind_int(r->incident, 12, 0);
		sqlite3_bind_null(r->incident, 13);
	} else {
		sqlite3_bind_int64(r->incident, 11, o->utc_ms + 600000);
		sqlite3_bind_int(r->incident, 12, (int)YJ_OUTCOME_HELPED);
		text(r->incident, 13, o->who);
	}
	step(r->incident);
	sqlite3_bind_int64(r->device, 1, incident);
	text(r->device, 2, o->device);
	text(r->device, 3, o->alert);
	sqlite3_bind_int(r->device, 4, o->open ? (int)YJ_HOME_RECEIVED : (int)YJ_HOME_CLOSED);
	step(r->device);
	sqlite3_bind_int64(r->person, 1, incident);
	text(r->person, 2, o->who);
	step(r->person);
	add_outbox(r, o, false);
	if (!o->open)
		add_outbox(r, o, true);
}

static void one_init(struct one *o, size_t n, size_t residents, int64_t utc_ms)
{
	memset(o, 0, sizeof *o);
	o->resident = n % residents;
	o->utc_ms = utc_ms;
	snprintf(o->id, sizeof o->id, "r%06zu", o->resident % 1000000);
	snprintf(o->device, sizeof o->device, "b%06zu", o->resident % 1000000);
	snprintf(o->who, sizeof o->who, "g%03zu", o->resident % VILLAGES);
	region_of(o->resident, o->region);
	uint64_t low = (uint64_t)n * 0x9e3779b97f4a7c15u;
	snprintf(o->alert, sizeof o->alert, "%08x-%04x-7%03x-8%03x-%012" PRIx64,
	    (unsigned)(utc_ms >> 16), (unsigned)(utc_ms & 0xffff), (unsigned)(n & 0xfff),
	    (unsigned)(low >> 52), low & 0xffffffffffffu);
}

static void fill_history(struct rows *r, int64_t events, size_t residents)
{
	static const enum yj_event_type types[EVENTS_EACH] = {YJ_EV_ALERT_RECEIVED,
	    YJ_EV_INCIDENT_OPENED, YJ_EV_INCIDENT_NOTIFIED, YJ_EV_DELIVERY_SENT,
	    YJ_EV_INCIDENT_RESOLVED};
	int64_t incidents = events / EVENTS_EACH;
	for (int64_t i = 0; i < incidents; i++) {
		struct one o;
		one_init(&o, (size_t)i, residents, now_utc_ms - (incidents - i) * 15000 - 3600000);
		add_incident(r, &o);
		for (int k = 0; k < EVENTS_EACH; k++)
			add_event(r, &o, types[k]);
		if (incidents - i > DEDUPE_MAX)
			continue;
		unsigned char hash[16];
		scatter((uint64_t)i, hash, sizeof hash);
		text(r->dedupe, 1, o.alert);
		text(r->dedupe, 2, o.device);
		sqlite3_bind_blob(r->dedupe, 3, hash, sizeof hash, SQLITE_TRANSIENT);
		sqlite3_bind_int64(r->dedupe, 4, T_NOW / 86400000);
		sqlite3_bind_int64(r->dedupe, 5, incident);
		step(r->dedupe);
	}
}

static void fill_open(struct rows *r, int64_t n, size_t residents)
{
	for (int64_t i = 0; i < n; i++) {
		struct one o;
		one_init(&o, (size_t)i, residents, now_utc_ms - 3600000);
		o.kind = (int)((size_t)i / residents);
		if (o.kind >= KINDS_OPEN)
			fail("open", "more than five for each resident");
		o.open = true;
		o.due_t = T_NOW + 3600000 + (i * 7919) % 82800000;
		add_incident(r, &o);
		add_event(r, &o, YJ_EV_INCIDENT_OPENED);
	}
	sqlite3_stmt *count = prepare("INSERT INTO open_counts (level, n) VALUES (0, ?1)");
	sqlite3_bind_int64(count, 1, n);
	step(count);
	sqlite3_finalize(count);
}

/* The gateway's timeline stands at T_NOW in this boot, so that no deadline has passed at start. */
static void fill_timeline(void)
{
	char boot_id[64] = "";
	struct timespec boot;
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");
	if (!f || fscanf(f, "%63s", boot_id) != 1)
		fail("boot_id", "not readable");
	fclose(f);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	sqlite3_stmt *t = prepare("INSERT INTO timeline VALUES (1, ?1, ?2, ?3, ?4, 1)");
	text(t, 1, boot_id);
	sqlite3_bind_int64(t, 2, (int64_t)boot.tv_sec * 1000 + boot.tv_nsec / 1000000);
	sqlite3_bind_int64(t, 3, T_NOW);
	sqlite3_bind_int64(t, 4, now_utc_ms);
	step(t);
	sqlite3_finalize(t);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"residents", required_argument, NULL, 'r'},
	    {"history", required_argument, NULL, 'h'},
	    {"open", required_argument, NULL, 'o'},
	    {NULL, 0, NULL, 0},
	};
	int64_t history = 0, open = 0;
	size_t residents = 1;
	int c;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		if (c == 'r')
			residents = strtoul(optarg, NULL, 10);
		else if (c == 'h')
			history = strtoll(optarg, NULL, 10);
		else if (c == 'o')
			open = strtoll(optarg, NULL, 10);
		else
			return 2;
	}
	if (argc - optind != 2 || residents == 0 || residents > 1000000) {
		fputs("usage: bench_fill DATABASE GATEWAY [--residents N] [--history EVENTS] "
		      "[--open N]\n",
		    stderr);
		return 2;
	}
	gateway = argv[optind + 1];
	now_utc_ms = (int64_t)time(NULL) * 1000;
	struct yj_store *store;
	char why[YJ_WHY_MAX];
	if (yj_store_open(argv[optind], gateway, &store, why) < 0)
		fail("open", why);
	yj_store_close(store);
	if (sqlite3_open(argv[optind], &db) != SQLITE_OK)
		fail("open", sqlite3_errmsg(db));
	run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; "
	    "BEGIN");
	fill_caregivers();
	fill_residents(residents);
	fill_timeline();
	struct rows rows;
	rows_init(&rows);
	fill_history(&rows, history, residents);
	if (open)
		fill_open(&rows, open, residents);
	rows_done(&rows);
	run("COMMIT; PRAGMA journal_mode = WAL");
	sqlite3_close(db);
	return 0;
}
