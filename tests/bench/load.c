/* The load generator: many devices over a few connections.
 *
 *   bench_load PORT press FIRST COUNT [--window N] [--rate R] [--patience S]
 *       each device presses once; at most N alerts (default 1000) are unanswered at a time, or R
 *       alerts a second leave evenly. Answered is one that has heard `received` and whose page
 *       came to an inbox. Ends with the last answer, or after S seconds (60) without one.
 *   bench_load PORT beat FIRST COUNT [--rate R] [--times T]
 *       each device sends T heartbeats (1), R a second; ends with the last PUBACK.
 *
 * Prints one JSON object; exits 0 if all was answered. The same program loads the gateway and
 * the bare client that stands for it when the ceiling is measured. */
#include <errno.h>
#include <getopt.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "press.h"
#include "uuid7.h"

#define SPEAKERS 4
#define CONNS (SPEAKERS + 2) /* and one that hears the homes, one that hears the caregivers */
#define INFLIGHT 1000

struct load {
	struct mosquitto *conns[CONNS];
	struct presses presses;
	bool beat;
	size_t messages, queued, acked; /* of all speakers together */
	size_t window;
	double rate;
	int64_t patience_ns, begun_ns, moved_ns;
	int heard_subs;
	bool broken;
};

static int64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t utc_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *m)
{
	struct load *l = ctx;
	(void)mosq;
	if (!m->payload)
		return;
	l->moved_ns = now_ns();
	/* libmosquitto ends every payload with a NUL */
	presses_heard(&l->presses, m->topic, m->payload, l->moved_ns);
}

static void on_publish(
    struct mosquitto *mosq, void *ctx, int mid, int code, const mosquitto_property *props)
{
	struct load *l = ctx;
	(void)mosq;
	(void)mid;
	(void)props;
	if (code >= 128)
		l->broken = true;
	l->acked++;
	l->moved_ns = now_ns();
}

static void on_subscribe(struct mosquitto *mosq, void *ctx, int mid, int n, const int *granted)
{
	struct load *l = ctx;
	(void)mosq;
	(void)mid;
	if (n == 1 && granted[0] == 1)
		l->heard_subs++;
	else
		l->broken = true;
}

static void on_disconnect(struct mosquitto *mosq, void *ctx, int rc)
{
	struct load *l = ctx;
	(void)mosq;
	if (rc)
		l->broken = true;
}

static struct mosquitto *connect_one(struct load *l, int number, int port)
{
	char id[32];
	snprintf(id, sizeof id, "bench.%d.%ld", number, (long)now_ns() % 1000000);
	struct mosquitto *m = mosquitto_new(id, true, l);
	if (!m)
		return NULL;
	mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_int_option(m, MOSQ_OPT_RECEIVE_MAXIMUM, INFLIGHT);
	mosquitto_int_option(m, MOSQ_OPT_SEND_MAXIMUM, INFLIGHT);
	mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_message_callback_set(m, on_message);
	mosquitto_publish_v5_callback_set(m, on_publish);
	mosquitto_subscribe_callback_set(m, on_subscribe);
	mosquitto_disconnect_callback_set(m, on_disconnect);
	if (mosquitto_connect(m, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS) {
		mosquitto_destroy(m);
		return NULL;
	}
	return m;
}

/* Waits for what can be read or written, at most wait_ns, and serves it. */
static void serve(struct load *l, int64_t wait_ns)
{
	struct pollfd fds[CONNS];
	for (int i = 0; i < CONNS; i++) {
		fds[i].fd = mosquitto_socket(l->conns[i]);
		fds[i].events = POLLIN;
		fds[i].revents = 0;
		if (mosquitto_want_write(l->conns[i]))
			fds[i].events |= POLLOUT;
	}
	struct timespec wait = {(time_t)(wait_ns / 1000000000), (long)(wait_ns % 1000000000)};
	if (ppoll(fds, CONNS, &wait, NULL) < 0 && errno != EINTR)
		l->broken = true;
	static int64_t misc_ns;
	bool misc = now_ns() - misc_ns > 1000000000;
	if (misc)
		misc_ns = now_ns();
	for (int i = 0; i < CONNS && !l->broken; i++) {
		int rc = MOSQ_ERR_SUCCESS;
		if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			rc = mosquitto_loop_read(l->conns[i], 1);
		if (rc == MOSQ_ERR_SUCCESS && (fds[i].revents & POLLOUT))
			rc = mosquitto_loop_write(l->conns[i], 1);
		if (rc == MOSQ_ERR_SUCCESS && misc)
			rc = mosquitto_loop_misc(l->conns[i]);
		if (rc != MOSQ_ERR_SUCCESS)
			l->broken = true;
	}
}

static void send_one(struct load *l)
{
	char topic[64], payload[192], id[SIM_UUID7_LEN];
	size_t i = l->queued % l->presses.n;
	size_t device = l->presses.first + i;
	snprintf(
	    topic, sizeof topic, "yj/v1/dev/b%06zu/up/%s", device, l->beat ? "heartbeat" : "call");
	int len;
	if (l->beat)
		len = snprintf(payload, sizeof payload,
		    "{\"ts\":%lld,\"battery\":%zu,\"rssi\":-%zu,\"fw\":\"1.4.2\"}",
		    (long long)utc_ms(), 50 + device % 50, 60 + device % 40);
	else
		len = snprintf(payload, sizeof payload,
		    "{\"id\":\"%s\",\"ts\":%lld,\"button\":\"sos\"}", sim_uuid7_next(id),
		    (long long)utc_ms());
	int64_t now = now_ns();
	if (mosquitto_publish(l->conns[device % SPEAKERS], NULL, topic, len, payload, 1, false) !=
	    MOSQ_ERR_SUCCESS)
		l->broken = true;
	if (!l->beat)
		l->presses.v[i].sent_ns = now;
	l->presses.sent++;
	l->queued++;
}

static size_t unanswered(const struct load *l)
{
	return l->queued - (l->beat ? l->acked : l->presses.both);
}

/* How long until the next may leave: 0 now, -1 when something is heard. */
static int64_t next_in_ns(const struct load *l)
{
	if (l->queued == l->messages || unanswered(l) >= l->window)
		return -1;
	if (l->rate <= 0)
		return 0;
	int64_t due = l->begun_ns + (int64_t)((double)l->queued * 1e9 / l->rate);
	int64_t in = due - now_ns();
	return in > 0 ? in : 0;
}

static bool run(struct load *l)
{
	l->begun_ns = l->moved_ns = now_ns();
	while (!l->broken) {
		int64_t in;
		while ((in = next_in_ns(l)) == 0 && !l->broken)
			send_one(l);
		if (l->queued == l->messages && unanswered(l) == 0)
			return true;
		if (now_ns() - l->moved_ns > l->patience_ns)
			return false;
		serve(l, in < 0 ? 100000000 : in);
	}
	return false;
}

static bool start(struct load *l, int port)
{
	static const char *const filters[] = {"yj/v1/dev/+/down/call", "yj/v1/cg/+/inbox"};
	for (int i = 0; i < CONNS; i++) {
		l->conns[i] = connect_one(l, i, port);
		if (!l->conns[i])
			return false;
	}
	for (int i = 0; i < 2; i++)
		if (mosquitto_subscribe(l->conns[SPEAKERS + i], NULL, filters[i], 1))
			return false;
	int64_t until = now_ns() + 10000000000;
	while (l->heard_subs < 2 && !l->broken && now_ns() < until)
		serve(l, 10000000);
	return l->heard_subs == 2 && !l->broken;
}

static int usage(void)
{
	fputs("usage: bench_load PORT press|beat FIRST COUNT [--window N] [--rate R] [--patience S]"
	      " [--times T]\n",
	    stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"window", required_argument, NULL, 'w'},
	    {"rate", required_argument, NULL, 'r'},
	    {"patience", required_argument, NULL, 'p'},
	    {"times", required_argument, NULL, 't'},
	    {NULL, 0, NULL, 0},
	};
	struct load l = {.window = 1000, .patience_ns = 60000000000};
	size_t times = 1;
	int c;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		if (c == 'w')
			l.window = strtoul(optarg, NULL, 10);
		else if (c == 'r')
			l.rate = strtod(optarg, NULL);
		else if (c == 'p')
			l.patience_ns = (int64_t)(strtod(optarg, NULL) * 1e9);
		else if (c == 't')
			times = strtoul(optarg, NULL, 10);
		else
			return usage();
	}
	if (argc - optind != 4)
		return usage();
	l.beat = strcmp(argv[optind + 1], "beat") == 0;
	size_t n = strtoul(argv[optind + 3], NULL, 10);
	if (n == 0 || presses_init(&l.presses, strtoul(argv[optind + 2], NULL, 10), n) < 0)
		return usage();
	l.messages = n * (l.beat ? times : 1);
	mosquitto_lib_init();
	bool good = start(&l, atoi(argv[optind])) && run(&l);
	presses_print(&l.presses);
	for (int i = 0; i < CONNS; i++)
		mosquitto_destroy(l.conns[i]);
	mosquitto_lib_cleanup();
	presses_done(&l.presses);
	return good ? 0 : 1;
}
