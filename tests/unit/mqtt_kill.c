/* Killed at any moment, nothing that was acknowledged is lost. Called as "test_mqtt_kill sink PORT
 * FILE DIR" this is the program that is killed (DIR has the certificates; - for a plain
 * connection); as "test_mqtt_kill bench [tls]" it measures how fast messages come through. */
#include <fcntl.h>
#include <mosquitto.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "mqtt_rig.h"

static struct broker broker;
static struct peer peer;

static int setup(void **state)
{
	(void)state;
	broker_init(&broker);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	broker_done(&broker);
	return 0;
}

/* The program that is killed. Commits are appended to FILE and synced. */

static int sink_fd;
static char sink_buf[64 * YJ_BATCH_MAX];
static size_t sink_len;

static void sink_message(void *ctx, const struct yj_link_msg *msg)
{
	(void)ctx;
	memcpy(sink_buf + sink_len, msg->payload, msg->len);
	sink_len += msg->len;
	sink_buf[sink_len++] = ';'; /* so that a line cut by a kill is known */
	sink_buf[sink_len++] = '\n';
}

static int sink_commit(void *ctx)
{
	(void)ctx;
	bool ok =
	    write(sink_fd, sink_buf, sink_len) == (ssize_t)sink_len && fdatasync(sink_fd) == 0;
	sink_len = 0;
	return ok ? 0 : YJ_ERR_IO;
}

static void sink_published(void *ctx, uint64_t token, int code)
{
	(void)ctx;
	(void)token;
	(void)code;
}

static void sink_state(void *ctx, enum yj_link_state state, bool session_lost, const char *why)
{
	(void)why;
	if (session_lost || (state == YJ_LINK_UP && yj_link_publish(*(struct yj_link **)ctx, "up",
							"1", 1, 1, false, 1) != 0))
		_exit(3);
}

static int sink(int port, const char *file, const char *dir)
{
	static const struct yj_link_ops ops = {.message = sink_message,
	    .commit = sink_commit,
	    .published = sink_published,
	    .state = sink_state};
	struct broker at = {.port = port};
	bool tls = strcmp(dir, "-") != 0;
	snprintf(at.dir, sizeof(at.dir), "%s", dir);
	struct yj_link_conf conf = {0};
	if (tls)
		conf = tls_conf(&at, "broker.test", "ca.crt", true);
	else
		conf.host = "127.0.0.1";
	conf.port = port;
	conf.client_id = "yj.sink";
	conf.persistent = true;
	conf.receive_maximum = 200;
	conf.will_topic = "sink/state";
	conf.will_payload = "offline";
	struct event_base *base = event_base_new();
	struct yj_link *link;
	const char *why;
	sink_fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (sink_fd < 0 || write(sink_fd, "\n", 1) != 1 ||
	    yj_link_new(base, &conf, &ops, &link, &link, &why) != 0 ||
	    yj_link_subscribe(link, "in/#", 1, false) != 0 || yj_link_start(link, false) != 0)
		return 2;
	event_base_dispatch(base);
	return 1;
}

static pid_t sink_start(const char *file, const char *dir)
{
	char port[16];
	snprintf(port, sizeof(port), "%d", broker.port);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nothing behind */
		execl("/proc/self/exe", "test_mqtt_kill", "sink", port, file, dir, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static int count_lines(const char *file, uint8_t *seen, int max)
{
	int distinct = 0;
	char line[64];
	FILE *f = fopen(file, "r");
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		int n = atoi(line);
		if (strchr(line, ';') == NULL || n < 0 || n >= max)
			continue;
		distinct += !seen[n];
		seen[n] = 1;
	}
	fclose(f);
	return distinct;
}

/* Every message that left the broker's queue, that is every one acknowledged, is in the file. */
static void kills(const char *dir, int default_kills)
{
	enum { MAX = 90000 };
	static uint8_t seen[MAX];
	const char *env = getenv("YJ_KILLS");
	int kills_n = env != NULL ? atoi(env) : default_kills;
	unsigned int seed = (unsigned int)time(NULL);
	/* All of them fit into the broker's queue, which would drop the rest. */
	int quota = 90000 / kills_n;
	char file[128];
	int sent = 0, died = 0;
	memset(seen, 0, sizeof(seen));
	snprintf(file, sizeof(file), "%s/committed", broker.dir);
	printf("seed %u kills %d\n", seed, kills_n);
	if (strcmp(dir, "-") != 0)
		broker_start_both(&broker);
	else
		broker_start(&broker, ANYBODY);
	peer_start(&peer, &broker, "sink/#");
	pid_t pid = sink_start(file, dir);
	int64_t end = now_ms() + 20000;
	/* the session with its subscription must be there before the first message */
	struct stat st = {0};
	while (stat(file, &st) != 0 || st.st_size < 2) {
		assert_true(now_ms() < end);
		peer_publish(&peer, "in/probe", 1, "-1");
		nap(5);
	}
	while (died < kills_n) {
		int64_t at = now_ms() + 10 + rand_r(&seed) % 60;
		while (now_ms() < at) {
			while (sent - peer_acked(&peer) < 500 && sent < (died + 1) * quota &&
			       now_ms() < at)
				peer_publish(&peer, "in/x", 1, "%d", sent++);
			nap(1);
		}
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		died++;
		pid = sink_start(file, dir);
	}
	int have = 0;
	end = now_ms() + 25000;
	while ((have = count_lines(file, seen, MAX)) < sent && now_ms() < end) {
		memset(seen, 0, sizeof(seen));
		nap(50);
	}
	printf("sent %d committed %d\n", sent, have);
	assert_int_equal(have, sent);
	assert_true(sent > kills_n * 20);
	assert_true(peer_has(&peer, "sink/state offline"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	peer_stop(&peer);
}

static void test_kills(void **state)
{
	(void)state;
	kills("-", 60);
}

static void test_kills_tls(void **state)
{
	(void)state;
	broker_certificates(&broker);
	kills(broker.dir, 30);
}

static int bench(bool tls)
{
	enum { N = 200000 };
	broker_init(&broker);
	broker_certificates(&broker);
	if (tls)
		broker_start_both(&broker);
	else
		broker_start(&broker, ANYBODY);
	struct yj_link_conf conf = tls_conf(&broker, "broker.test", "ca.crt", true);
	conf.persistent = true;
	struct rec *r =
	    rec_new(&broker, tls ? conf : (struct yj_link_conf){.persistent = true, .host = NULL});
	if (yj_link_subscribe(r->link, "in/#", 1, false) != 0)
		return 1;
	rec_start(r);
	if (!UNTIL(r, 10000, r->subscribed > 0))
		return 1;
	peer_start(&peer, &broker, NULL);
	int64_t begin = now_ms();
	double cpu = cpu_s();
	int sent = 0;
	while (r->committed < N && now_ms() - begin < 60000) {
		while (sent < N && sent - peer_acked(&peer) < 1000)
			peer_publish(&peer, "in/x", 1, "%d %0100d", sent++ % 60000, 0);
		rec_turn(r);
	}
	double s = (double)(now_ms() - begin) / 1000;
	printf("%s: %d messages in %.2f s: %.0f/s, %d commits, cpu %.2f s with the publisher\n",
	    tls ? "TLS" : "plain", r->committed, s, r->committed / s, r->commits, cpu_s() - cpu);
	peer_stop(&peer);
	rec_free(r);
	broker_done(&broker);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "sink") == 0)
		return sink(atoi(argv[2]), argv[3], argv[4]);
	if (argc >= 2 && strcmp(argv[1], "bench") == 0)
		return bench(argc > 2);
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_kills),
	    T(test_kills_tls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
