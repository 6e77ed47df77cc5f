/* The link when things go wrong: servers that hang, names that do not resolve, certificates that do
 * not fit, silence. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
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

static void refused(struct yj_link_conf conf, const char *words)
{
	struct rec *r = rec_new(&broker, conf);
	rec_start(r);
	assert_true(UNTIL(r, 10000, strstr(r->log, "event=connect_failed") != NULL));
	if (strstr(r->log, words) == NULL)
		fail_msg("no \"%s\" in %s", words, r->log);
	UNTIL(r, 300, false);
	assert_int_equal(r->ups, 0);
	rec_free(r);
}

static void test_tls(void **state)
{
	(void)state;
	broker_certificates(&broker);
	broker_start(&broker, TLS_CONF);
	struct rec *r = rec_new(&broker, tls_conf(&broker, "broker.test", "ca.crt", true));
	assert_int_equal(yj_link_subscribe(r->link, "in/#", 1, false), 0);
	rec_start(r);
	struct yj_link_conf other = tls_conf(&broker, "broker.test", "ca.crt", true);
	other.client_id = "yj.other";
	struct rec *q = rec_new(&broker, other);
	rec_start(q);
	assert_true(UNTIL(r, 10000, r->subscribed > 0));
	assert_true(UNTIL(q, 10000, q->up));
	/* Small QoS 0 messages: many in one TLS record. */
	for (int i = 0; i < 2000; i++) {
		while (yj_link_publish(q->link, "in/x", "5", 1, 0, false, 1) == YJ_ERR_BUSY)
			rec_turn(q);
	}
	assert_true(UNTIL(q, 10000, q->published == 2000));
	assert_true(UNTIL(r, 10000, r->messages == 2000));
	rec_free(q);
	rec_free(r);

	refused(tls_conf(&broker, "wrong.test", "ca.crt", true), "ostname mismatch");
	refused(tls_conf(&broker, "127.0.0.1", "ca.crt", true), "IP address mismatch");
	refused(tls_conf(&broker, "broker.test", "other.crt", true), "certificate");
	refused(tls_conf(&broker, "broker.test", "ca.crt", false), "event=connect_failed");
}

/* A small receive maximum with TLS: what OpenSSL has decrypted already is not forgotten. */
static void test_tls_batches(void **state)
{
	(void)state;
	broker_certificates(&broker);
	broker_start_both(&broker);
	struct yj_link_conf conf = tls_conf(&broker, "broker.test", "ca.crt", true);
	conf.receive_maximum = 7;
	struct rec *r = rec_new(&broker, conf);
	assert_int_equal(yj_link_subscribe(r->link, "in/#", 1, false), 0);
	rec_start(r);
	assert_true(UNTIL(r, 10000, r->subscribed > 0));
	peer_start(&peer, &broker, NULL);
	for (int i = 0; i < 3000; i++)
		peer_publish(&peer, "in/x", i % 3 == 0, "%d", i);
	assert_true(UNTIL(r, 20000, rec_distinct(r) == 3000));
	assert_true(r->batch_max <= 7);
	peer_stop(&peer);
	rec_free(r);
}

static void test_bad_files(void **state)
{
	static const struct yj_link_ops ops = {0};
	struct event_base *base = event_base_new();
	struct yj_link *link = NULL;
	const char *why = NULL;
	(void)state;
	broker_certificates(&broker);
	struct yj_link_conf conf = tls_conf(&broker, "broker.test", "none.crt", true);
	conf.port = 1;
	conf.client_id = "yj.x";
	conf.receive_maximum = 1;
	assert_int_equal(yj_link_new(base, &conf, &ops, NULL, &link, &why), YJ_ERR_INVAL);
	assert_non_null(strstr(why, "ca_file"));
	conf = tls_conf(&broker, "broker.test", "ca.crt", true);
	conf.port = 1;
	conf.client_id = "yj.x";
	conf.receive_maximum = 1;
	conf.key_file = conf.cert_file;
	assert_int_equal(yj_link_new(base, &conf, &ops, NULL, &link, &why), YJ_ERR_INVAL);
	assert_non_null(strstr(why, "key_file"));
	conf.key_file = NULL;
	assert_int_equal(yj_link_new(base, &conf, &ops, NULL, &link, &why), YJ_ERR_INVAL);
	conf = (struct yj_link_conf){.host = "h", .port = 1, .client_id = "yj.x"};
	assert_int_equal(yj_link_new(base, &conf, &ops, NULL, &link, &why), YJ_ERR_INVAL);
	assert_non_null(strstr(why, "receive maximum"));
	assert_null(link);
	event_base_free(base);
}

/* The loop goes on turning, and does not spin, while the attempt hangs for 1 s and is given up. */
static void hangs(struct yj_link_conf conf, const char *words)
{
	conf.connect_timeout_ms = 1000;
	conf.backoff_min_ms = 50;
	struct rec *r = rec_new(&broker, conf);
	int64_t begin = now_ms();
	double cpu = cpu_s();
	rec_start(r);
	assert_true(now_ms() - begin < 500);
	assert_true(UNTIL(r, 10000, strstr(r->log, "event=connect_failed") != NULL));
	assert_true(now_ms() - begin >= 900);
	if (strstr(r->log, words) == NULL)
		fail_msg("no \"%s\" in %s", words, r->log);
	assert_true(r->ticks > 10);
	assert_true(r->gap_ms < 500);
	assert_true(cpu_s() - cpu < 0.5);
	rec_free(r);
}

static void test_servers_that_hang(void **state)
{
	int fd, fill[8];
	(void)state;
	broker_certificates(&broker);
	int port = listen_on(&fd, 8);
	hangs((struct yj_link_conf){.port = port}, "no CONNACK");
	struct yj_link_conf tls = tls_conf(&broker, "broker.test", "ca.crt", true);
	tls.port = port;
	hangs(tls, "TLS handshake took too long");
	close(fd);
	/* A full backlog drops the SYN. */
	port = listen_on(&fd, 0);
	struct sockaddr_in sa = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	for (size_t i = 0; i < sizeof(fill) / sizeof(fill[0]); i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)!connect(fill[i], (struct sockaddr *)&sa, sizeof(sa));
	}
	hangs((struct yj_link_conf){.port = port}, "the host does not answer");
	for (size_t i = 0; i < sizeof(fill) / sizeof(fill[0]); i++)
		close(fill[i]);
	close(fd);
}

/* A SYN that is answered late, then silence: libmosquitto says "want write" all the time. */
static void test_late_connection(void **state)
{
	int fd, fill[2];
	(void)state;
	broker_certificates(&broker);
	int port = listen_on(&fd, 0);
	struct sockaddr_in sa = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	for (int i = 0; i < 2; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)!connect(fill[i], (struct sockaddr *)&sa, sizeof(sa));
	}
	struct yj_link_conf conf = tls_conf(&broker, "broker.test", "ca.crt", true);
	conf.port = port;
	conf.connect_timeout_ms = 3000;
	struct rec *r = rec_new(&broker, conf);
	double cpu = cpu_s();
	rec_start(r);
	for (int i = 0; i < 5; i++)
		rec_turn(r);
	listen(fd, 8);
	assert_true(UNTIL(r, 10000, strstr(r->log, "event=connect_failed") != NULL));
	assert_non_null(strstr(r->log, "TLS handshake took too long"));
	assert_true(cpu_s() - cpu < 0.5);
	for (int i = 0; i < 2; i++)
		close(fill[i]);
	close(fd);
	rec_free(r);
}

/* The server's whole flight arrives, and a reset behind it: every further write fails. */
static void test_reset_in_the_handshake(void **state)
{
	static char buf[16384];
	int fd, c = -1;
	size_t got = 0;
	(void)state;
	broker_certificates(&broker);
	broker_start(&broker, TLS_CONF);
	int port = listen_on(&fd, 8);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	struct yj_link_conf conf = tls_conf(&broker, "broker.test", "ca.crt", true);
	conf.port = port;
	conf.backoff_min_ms = 60000;
	struct rec *r = rec_new(&broker, conf);
	rec_start(r);
	assert_true(UNTIL(r, 5000, (c = accept(fd, NULL, NULL)) >= 0));
	for (int i = 0; i < 3; i++)
		rec_turn(r); /* ClientHello */
	struct sockaddr_in sa = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)broker.port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int up = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval patience = {.tv_usec = 300000};
	setsockopt(up, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(up, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ssize_t n = recv(c, buf, sizeof(buf), 0);
	assert_true(n > 0);
	assert_int_equal(send(up, buf, (size_t)n, 0), n);
	while ((n = recv(up, buf + got, sizeof(buf) - got, 0)) > 0)
		got += (size_t)n;
	assert_true(got > 500);
	assert_int_equal(send(c, buf, got, 0), got);
	const struct linger reset = {.l_onoff = 1};
	setsockopt(c, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(c);
	double cpu = cpu_s();
	assert_true(UNTIL(r, 5000, strstr(r->log, "event=connect_failed") != NULL));
	assert_true(cpu_s() - cpu < 1.0);
	close(up);
	close(fd);
	rec_free(r);
}

static void test_names(void **state)
{
	(void)state;
	broker_start(&broker, ANYBODY);
	hangs((struct yj_link_conf){.host = "slow.test"}, "look-up of the host name took too long");
	names_let(); /* the abandoned one */
	names_asked = 0;
	struct rec *r = rec_new(
	    &broker, (struct yj_link_conf){
			 .host = "slow.test", .connect_timeout_ms = 300, .backoff_min_ms = 50});
	rec_start(r);
	UNTIL(r, 1500, false); /* several attempts, one look-up */
	assert_int_equal(names_asked, 1);
	assert_true(r->gap_ms < 500);
	names_let();
	assert_true(UNTIL(r, 10000, r->up));
	assert_int_equal(names_asked, 1); /* libmosquitto was never given the name */
	rec_free(r);
	r = rec_new(&broker, (struct yj_link_conf){.host = "nowhere.test"});
	rec_start(r);
	assert_true(UNTIL(r, 10000, strstr(r->log, "event=connect_failed") != NULL));
	rec_free(r);
}

/* A server that takes the connection and closes it: attempts come slower and slower, by chance. */
static void test_backoff(void **state)
{
	enum { N = 9 };
	int fd;
	int64_t at[N];
	int n = 0;
	(void)state;
	int port = listen_on(&fd, 8);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	struct rec *r = rec_new(&broker,
	    (struct yj_link_conf){.port = port, .backoff_min_ms = 40, .backoff_max_ms = 640});
	rec_start(r);
	assert_true(UNTIL(r, 20000, ({
		int c = accept(fd, NULL, NULL);
		if (c >= 0) {
			at[n++] = now_ms();
			close(c);
		}
		n == N;
	})));
	int64_t most = 0;
	int uneven = 0;
	for (int i = 1; i < N; i++) {
		int64_t gap = at[i] - at[i - 1];
		int64_t full = 40 << (i - 1) < 640 ? 40 << (i - 1) : 640;
		assert_true(gap >= full / 2 - 21); /* accept is looked at every 20 ms */
		assert_true(gap <= full + 400);
		uneven += gap < full * 9 / 10;
		most = gap > most ? gap : most;
	}
	assert_true(most >= 300);
	assert_true(uneven > 0);
	/* one line for the same failure */
	char *first = strstr(r->log, "event=connect_failed");
	assert_non_null(first);
	assert_null(strstr(first + 1, "event=connect_failed"));
	close(fd);
	rec_free(r);
}

/* Peers that break off in the TLS handshake, with and without a word: no spinning. */
static void test_tls_broken_off(void **state)
{
	int fd, n = 0;
	(void)state;
	broker_certificates(&broker);
	int port = listen_on(&fd, 8);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	struct yj_link_conf conf = tls_conf(&broker, "broker.test", "ca.crt", true);
	conf.port = port;
	conf.backoff_max_ms = 100;
	struct rec *r = rec_new(&broker, conf);
	double cpu = cpu_s();
	rec_start(r);
	assert_true(UNTIL(r, 20000, ({
		int c = accept(fd, NULL, NULL);
		if (c >= 0) {
			const struct linger reset = {.l_onoff = 1};
			if (n % 3 == 0)
				setsockopt(c, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
			if (n % 3 == 1)
				(void)!write(c, "no TLS here\n", 12);
			close(c);
			n++;
		}
		n == 9;
	})));
	assert_true(cpu_s() - cpu < 1.0);
	assert_int_equal(r->ups, 0);
	close(fd);
	rec_free(r);
}

/* Idle: the loop wakes for the keep-alive only, and a broker that falls silent is noticed. */
static void test_idle_and_silence(void **state)
{
	int wakes = 0;
	(void)state;
	broker_start(&broker, ANYBODY);
	struct rec *r = rec_new(&broker, (struct yj_link_conf){.keepalive_s = 5});
	rec_start(r);
	assert_true(UNTIL(r, 10000, r->up));
	event_del(r->tick);
	int64_t end = now_ms() + 9000; /* the broker gives up a silent client after 7.5 s */
	while (now_ms() < end) {
		event_base_loopexit(r->base, &(struct timeval){.tv_sec = 1});
		for (bool out = false; !out;) {
			event_base_loop(r->base, EVLOOP_ONCE);
			out = event_base_got_exit(r->base);
			wakes += !out;
		}
	}
	assert_int_equal(r->ups, 1);
	assert_int_equal(r->downs, 0);
	printf("wake-ups in 9 s: %d\n", wakes);
	assert_true(wakes <= 8);
	kill(broker.pid, SIGSTOP);
	event_add(r->tick, &(struct timeval){.tv_usec = 20000});
	assert_true(UNTIL(r, 20000, !r->up));
	kill(broker.pid, SIGCONT);
	assert_true(UNTIL(r, 10000, r->up));
	rec_free(r);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_tls),
	    T(test_tls_batches),
	    T(test_tls_broken_off),
	    T(test_bad_files),
	    T(test_servers_that_hang),
	    T(test_late_connection),
	    T(test_reset_in_the_handshake),
	    T(test_names),
	    T(test_backoff),
	    T(test_idle_and_silence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
