/* The bare client behind the ceilings: for each call it publishes the same confirmation to the
 * device and the same notification to one caregiver as the gateway would, and keeps nothing.
 *
 *   bench_reflect PORT [DATABASE]
 *
 * With DATABASE it writes one 300-byte row and commits before it tells anyone: two broker hops and
 * one commit. Prints "ready" once subscribed; ends with SIGTERM. */
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mirror {
	struct mosquitto *mosq;
	sqlite3 *db;
	sqlite3_stmt *insert;
	long n;
};

static volatile sig_atomic_t stopping;

static void on_stop(int number)
{
	(void)number;
	stopping = 1;
}

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_reflect: %s: %s\n", what, why);
	exit(1);
}

static void commit_row(struct mirror *m)
{
	static const char row[300];
	sqlite3_bind_blob(m->insert, 1, row, sizeof row, SQLITE_STATIC);
	if (sqlite3_step(m->insert) != SQLITE_DONE)
		fail("commit", sqlite3_errmsg(m->db));
	sqlite3_reset(m->insert);
}

static void publish(struct mirror *m, const char *topic, const char *payload, int len)
{
	int rc = mosquitto_publish(m->mosq, NULL, topic, len, payload, 1, false);
	if (rc != MOSQ_ERR_SUCCESS)
		fail("publish", mosquitto_strerror(rc));
}

static void on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *msg)
{
	struct mirror *m = ctx;
	char device[65] = "", id[129] = "", topic[128], payload[1024];
	(void)mosq;
	const char *at = msg->payload ? strstr(msg->payload, "\"id\":\"") : NULL;
	if (sscanf(msg->topic, "yj/v1/dev/%64[^/]", device) != 1 || !at ||
	    sscanf(at, "\"id\":\"%128[^\"]", id) != 1)
		return;
	m->n++;
	if (m->db)
		commit_row(m);
	snprintf(topic, sizeof topic, "yj/v1/dev/%s/down/call", device);
	int len = snprintf(payload, sizeof payload,
	    "{\"id\":\"%s\",\"incident\":\"gw-1-%ld\",\"state\":\"received\","
	    "\"text\":\"呼叫已收到，正在通知响应人员。\"}",
	    id, m->n);
	publish(m, topic, payload, len);
	int village = atoi(device + 1) % 100;
	snprintf(topic, sizeof topic, "yj/v1/cg/g%03d/inbox", village);
	len = snprintf(payload, sizeof payload,
	    "{\"id\":\"gw-1-d%ld\",\"incident\":\"gw-1-%ld\",\"level\":0,\"kind\":\"sos\","
	    "\"state\":\"open\",\"resident\":{\"id\":\"r%s\",\"name\":\"王秀英\","
	    "\"address\":\"石门村二组17号\",\"phone\":\"0000-0000000\","
	    "\"access\":\"钥匙在邻居家\"},\"text\":\"王秀英（石门村二组17号）按下了求助按钮，"
	    "请尽快联系或上门查看，并回复。\",\"opened_at\":1780000000000,"
	    "\"answer_by\":1780000060000}",
	    m->n, m->n, device + 1);
	publish(m, topic, payload, len);
}

static void on_connect(struct mosquitto *mosq, void *ctx, int rc)
{
	(void)ctx;
	if (rc || mosquitto_subscribe(mosq, NULL, "yj/v1/dev/+/up/call", 1))
		fail("connect", mosquitto_connack_string(rc));
}

static void on_subscribe(struct mosquitto *mosq, void *ctx, int mid, int n, const int *granted)
{
	(void)mosq;
	(void)ctx;
	(void)mid;
	if (n != 1 || granted[0] != 1)
		fail("subscribe", "refused");
	puts("ready");
	fflush(stdout);
}

static void open_database(struct mirror *m, const char *path)
{
	static const char setup[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
				    "PRAGMA wal_autocheckpoint = 2000;"
				    "CREATE TABLE rows (n INTEGER PRIMARY KEY, body BLOB);";
	if (sqlite3_open(path, &m->db) != SQLITE_OK ||
	    sqlite3_exec(m->db, setup, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(
		m->db, "INSERT INTO rows (body) VALUES (?1)", -1, &m->insert, NULL) != SQLITE_OK)
		fail(path, sqlite3_errmsg(m->db));
}

int main(int argc, char **argv)
{
	struct mirror m = {0};
	if (argc < 2 || argc > 3) {
		fputs("usage: bench_reflect PORT [DATABASE]\n", stderr);
		return 2;
	}
	if (argc == 3)
		open_database(&m, argv[2]);
	signal(SIGTERM, on_stop);
	mosquitto_lib_init();
	m.mosq = mosquitto_new("bench.reflect", true, &m);
	if (!m.mosq)
		fail("start", "out of memory");
	mosquitto_int_option(m.mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_int_option(m.mosq, MOSQ_OPT_RECEIVE_MAXIMUM, 1000);
	mosquitto_int_option(m.mosq, MOSQ_OPT_SEND_MAXIMUM, 1000);
	mosquitto_int_option(m.mosq, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_message_callback_set(m.mosq, on_message);
	mosquitto_connect_callback_set(m.mosq, on_connect);
	mosquitto_subscribe_callback_set(m.mosq, on_subscribe);
	if (mosquitto_connect(m.mosq, "127.0.0.1", atoi(argv[1]), 60) != MOSQ_ERR_SUCCESS)
		fail("connect", "refused");
	while (!stopping) {
		int rc = mosquitto_loop(m.mosq, 100, 1);
		if (rc != MOSQ_ERR_SUCCESS && !stopping)
			fail("loop", mosquitto_strerror(rc));
	}
	mosquitto_destroy(m.mosq);
	mosquitto_lib_cleanup();
	sqlite3_finalize(m.insert);
	sqlite3_close(m.db);
	return 0;
}
