/* The link against a real broker: connecting, subscribing, publishing, committing, reconnecting. */
#include <mosquitto.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
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

static struct rec *connected(struct yj_link_conf conf, const char *filter)
{
	struct rec *r = rec_new(&broker, conf);
	if (filter != NULL)
		assert_int_equal(yj_link_subscribe(r->link, filter, 1, false), 0);
	rec_start(r);
	assert_true(UNTIL(r, 10000, r->up && (filter == NULL || r->subscribed > 0)));
	return r;
}

static void test_messages_and_answers(void **state)
{
	(void)state;
	broker_start(&broker, ANYBODY);
	struct rec *r = connected((struct yj_link_conf){0}, "in/#");
	assert_int_equal(r->sub_code, 1);
	peer_start(&peer, &broker, "out/#");
	for (int i = 0; i < 100; i++)
		peer_publish(&peer, "in/x", i % 2, "%d", i);
	assert_true(UNTIL(r, 10000, r->committed == 100));
	assert_int_equal(rec_distinct(r), 100);

	assert_int_equal(yj_link_publish(r->link, "out/a", "1", 1, 1, false, 71), 0);
	assert_int_equal(yj_link_publish(r->link, "nobody", "2", 1, 1, false, 72), 0);
	assert_int_equal(yj_link_publish(r->link, "out/b", "3", 1, 0, false, 73), 0);
	assert_true(UNTIL(r, 10000, r->published == 3 && peer_got(&peer) == 2));
	for (int i = 0; i < 3; i++)
		assert_int_equal(r->code[i], r->token[i] == 72 ? 16 : 0);
	assert_true(peer_has(&peer, "out/a 1") && peer_has(&peer, "out/b 3"));

	assert_int_equal(yj_link_publish(r->link, "a/+", "1", 1, 1, false, 1), YJ_ERR_INVAL);
	assert_int_equal(yj_link_publish(r->link, "", "1", 1, 1, false, 1), YJ_ERR_INVAL);
	assert_int_equal(
	    yj_link_publish(r->link, "a", r->log, YJ_PACKET_MAX + 1, 1, false, 1), YJ_ERR_INVAL);
	assert_int_equal(yj_link_subscribe(r->link, "a/#/b", 1, false), YJ_ERR_INVAL);
	/* no_local: what we publish ourselves does not come back */
	assert_int_equal(yj_link_publish(r->link, "in/own", "9000", 4, 1, false, 74), 0);
	peer_publish(&peer, "in/x", 1, "100");
	assert_true(UNTIL(r, 10000, r->committed == 101 && r->published == 4));
	assert_int_equal(r->seen[9000], 0);
	peer_stop(&peer);
	rec_free(r);
}

static void test_unsubscribe_and_retained(void **state)
{
	(void)state;
	broker_start(&broker, ANYBODY);
	struct rec *r = connected((struct yj_link_conf){.persistent = true}, "in/#");
	assert_int_equal(yj_link_publish(r->link, "keep/a", "7", 1, 1, true, 1), 0);
	assert_true(UNTIL(r, 10000, r->published == 1));
	assert_int_equal(yj_link_subscribe(r->link, "keep/a", 1, false), 0);
	assert_true(UNTIL(r, 10000, r->subscribed == 2));
	assert_int_equal(yj_link_subscribe(r->link, "keep/+", 1, true), 0);
	assert_true(UNTIL(r, 10000, r->messages == 1)); /* only for the one that asked for it */
	peer_start(&peer, &broker, NULL);
	/* Taken back while down: the session at the broker must forget it too. */
	yj_link_pause(r->link);
	assert_false(r->up);
	assert_int_equal(yj_link_unsubscribe(r->link, "in/#"), 0);
	assert_int_equal(yj_link_resume(r->link), 0);
	assert_true(UNTIL(r, 10000, r->up && r->ups == 2 && r->messages == 2));
	assert_int_equal(r->lost_sessions, 0);
	peer_publish(&peer, "in/x", 1, "1");
	peer_publish(&peer, "keep/b", 1, "2");
	assert_true(UNTIL(r, 10000, r->seen[2]));
	assert_int_equal(r->seen[1], 0);
	peer_stop(&peer);
	rec_free(r);
}

/* Nothing is lost, and nothing was acknowledged, when commits fail. */
static void test_commit_fails(void **state)
{
	(void)state;
	enum { N = 3000 };
	broker_start(&broker, ANYBODY);
	struct rec *r = connected(
	    (struct yj_link_conf){.persistent = true, .backoff_min_ms = 5, .backoff_max_ms = 40},
	    "in/#");
	peer_start(&peer, &broker, NULL);
	r->commit_fails_left = 15;
	for (int i = 0; i < N; i++) {
		peer_publish(&peer, "in/x", 1, "%d", i);
		if (i % 50 == 0)
			rec_turn(r);
	}
	assert_true(UNTIL(r, 30000, rec_distinct(r) == N));
	assert_int_equal(r->commit_fails_left, 0);
	assert_true(r->again > 0 && r->again >= r->messages - N); /* marked, each of them */
	assert_int_equal(r->ups, 16);
	assert_int_equal(r->downs, 15);
	assert_int_equal(r->lost_sessions, 0);
	assert_non_null(strstr(r->log, "event=commit_failed"));
	peer_stop(&peer);
	rec_free(r);
}

static void pause_in_commit(struct rec *r)
{
	yj_link_pause(r->link);
	r->commit_fails_left = 1;
}

static void test_pause_in_commit(void **state)
{
	(void)state;
	broker_start(&broker, ANYBODY);
	struct rec *r = connected((struct yj_link_conf){.persistent = true}, "in/#");
	peer_start(&peer, &broker, NULL);
	r->on_commit = pause_in_commit;
	for (int i = 0; i < 20; i++)
		peer_publish(&peer, "in/x", 1, "%d", i);
	assert_true(UNTIL(r, 10000, !r->up && peer_acked(&peer) == 20));
	assert_int_equal(r->commits, 1);
	assert_string_equal(r->why, "paused");
	UNTIL(r, 500, false); /* stays down */
	assert_int_equal(r->ups, 1);
	r->on_commit = NULL;
	assert_int_equal(yj_link_resume(r->link), 0);
	assert_true(UNTIL(r, 10000, rec_distinct(r) == 20));
	peer_stop(&peer);
	rec_free(r);
}

static void publish_in_commit(struct rec *r)
{
	assert_int_equal(yj_link_publish(r->link, "out/early", "1", 1, 1, false, 1), 0);
	assert_int_equal(yj_link_publish(r->link, "out/early", "1", 1, 0, false, 2), 0);
}

/* What the owner publishes in a commit that then fails never leaves, not even after the reconnect.
 */
static void test_publish_of_a_failed_commit(void **state)
{
	(void)state;
	broker_start(&broker, ANYBODY);
	struct rec *r =
	    connected((struct yj_link_conf){.persistent = true, .backoff_min_ms = 5}, "in/#");
	peer_start(&peer, &broker, "out/#");
	r->on_commit = publish_in_commit;
	r->commit_fails_left = 1;
	peer_publish(&peer, "in/x", 1, "5");
	assert_true(UNTIL(r, 10000, !r->up));
	r->on_commit = NULL;
	assert_true(UNTIL(r, 10000, r->up && r->seen[5]));
	assert_int_equal(yj_link_publish(r->link, "out/late", "2", 1, 1, false, 3), 0);
	assert_true(UNTIL(r, 10000, peer_has(&peer, "out/late 2")));
	assert_int_equal(peer_got(&peer), 1);
	/* the broker may pass it on before it answers us */
	assert_true(UNTIL(r, 10000, r->published > 0));
	assert_int_equal(r->published, 1);
	assert_int_equal(r->token[0], 3);
	peer_stop(&peer);
	rec_free(r);
}

static void test_batch_is_capped(void **state)
{
	(void)state;
	enum { N = 2000 };
	broker_start(&broker, ANYBODY);
	struct rec *r = connected((struct yj_link_conf){.receive_maximum = 10}, "in/#");
	peer_start(&peer, &broker, NULL);
	for (int i = 0; i < N; i++)
		peer_publish(&peer, "in/x", i % 2, "%d", i);
	int64_t end = now_ms() + 10000;
	while (peer_acked(&peer) < N) /* all at the broker before the first is read */
		assert_true(now_ms() < end);
	assert_true(UNTIL(r, 20000, rec_distinct(r) == N));
	assert_true(r->batch_max <= 10);
	assert_true(r->batch_max > 1);
	peer_stop(&peer);
	rec_free(r);
}

static void test_window(void **state)
{
	(void)state;
	broker_start(&broker, ANYBODY);
	struct rec *r = connected((struct yj_link_conf){0}, NULL);
	peer_start(&peer, &broker, "out/#");
	for (int i = 0; i < YJ_INFLIGHT_MAX; i++) {
		assert_int_equal(yj_link_room(r->link), YJ_INFLIGHT_MAX - i);
		assert_int_equal(yj_link_publish(r->link, "out/x", "1", 1, 1, false, 1), 0);
	}
	assert_int_equal(yj_link_room(r->link), 0);
	assert_int_equal(yj_link_publish(r->link, "out/x", "1", 1, 1, false, 1), YJ_ERR_BUSY);
	assert_true(UNTIL(r, 10000, r->published == YJ_INFLIGHT_MAX));
	assert_int_equal(yj_link_room(r->link), YJ_INFLIGHT_MAX);
	assert_true(UNTIL(r, 10000, peer_got(&peer) == YJ_INFLIGHT_MAX));
	peer_stop(&peer);
	rec_free(r);
}

static void test_broker_restarts(void **state)
{
	(void)state;
	broker_start(&broker, ANYBODY);
	struct rec *r =
	    connected((struct yj_link_conf){.persistent = true, .backoff_min_ms = 20}, "in/#");
	assert_int_equal(r->lost_sessions, 0);
	broker_end(&broker, SIGTERM); /* saves its sessions */
	assert_true(UNTIL(r, 10000, !r->up));
	assert_int_equal(yj_link_publish(r->link, "a", "1", 1, 1, false, 1), YJ_ERR_BUSY);
	broker_start(&broker, ANYBODY);
	assert_true(UNTIL(r, 15000, r->up));
	assert_int_equal(r->lost_sessions, 0);
	broker_end(&broker, SIGKILL);
	run("rm -f '%s/mosquitto.db'", broker.dir);
	broker_start(&broker, ANYBODY);
	assert_true(UNTIL(r, 15000, r->ups == 3));
	assert_int_equal(r->lost_sessions, 1);
	peer_start(&peer, &broker, NULL);
	peer_publish(&peer, "in/x", 1, "3");
	assert_true(UNTIL(r, 10000, r->seen[3]));
	assert_int_equal(r->again, 0); /* new, whatever its number */
	peer_stop(&peer);
	rec_free(r);
}

/* Unconfirmed publishes belong to the owner after a disconnect. */
static void test_nothing_is_sent_again(void **state)
{
	(void)state;
	broker_start(&broker, ANYBODY);
	struct rec *r = connected((struct yj_link_conf){.persistent = true}, NULL);
	kill(broker.pid, SIGSTOP);
	assert_int_equal(yj_link_publish(r->link, "out/old", "1", 1, 1, true, 1), 0);
	for (int i = 0; i < 5; i++)
		rec_turn(r);
	broker_end(&broker, SIGKILL);
	assert_true(UNTIL(r, 10000, !r->up));
	assert_int_equal(r->published, 0);
	broker_start(&broker, ANYBODY);
	assert_true(UNTIL(r, 15000, r->up));
	assert_int_equal(yj_link_room(r->link), YJ_INFLIGHT_MAX);
	assert_int_equal(yj_link_publish(r->link, "out/new", "2", 1, 1, true, 2), 0);
	assert_true(UNTIL(r, 10000, r->published == 1));
	peer_start(&peer, &broker, "out/#");
	assert_true(UNTIL(r, 10000, peer_has(&peer, "out/new 2")));
	assert_int_equal(peer_got(&peer), 1);
	peer_stop(&peer);
	rec_free(r);
}

static void test_password(void **state)
{
	(void)state;
	run("touch '%s/pw' && chmod 600 '%s/pw' && mosquitto_passwd -b '%s/pw' gateway right-one",
	    broker.dir, broker.dir, broker.dir);
	broker_start(&broker, "allow_anonymous false\npassword_file @/pw\n");
	struct rec *r =
	    rec_new(&broker, (struct yj_link_conf){.username = "gateway", .password = "wrong-one"});
	rec_start(r);
	assert_true(UNTIL(r, 10000, strstr(r->log, "event=connect_failed") != NULL));
	assert_non_null(strstr(r->log, "Not authorized"));
	assert_null(strstr(r->log, "wrong-one"));
	assert_int_equal(r->ups + r->downs, 0);
	rec_free(r);
	r = connected((struct yj_link_conf){.username = "gateway", .password = "right-one"}, NULL);
	assert_null(strstr(r->log, "right-one"));
	rec_free(r);
}

static void test_refused_subscription(void **state)
{
	(void)state;
	run("printf '%%s' '{\"defaultACLAccess\":{\"publishClientSend\":true,"
	    "\"publishClientReceive\":true,\"subscribe\":false,\"unsubscribe\":true}}' "
	    ">'%s/dyn.json'",
	    broker.dir);
	broker_start(&broker,
	    ANYBODY "plugin /usr/lib/" YJ_MULTIARCH "/mosquitto_dynamic_security.so\n"
		    "plugin_opt_config_file @/dyn.json\n");
	struct rec *r = rec_new(&broker, (struct yj_link_conf){0});
	assert_int_equal(yj_link_subscribe(r->link, "in/#", 1, false), 0);
	rec_start(r);
	assert_true(UNTIL(r, 10000, r->subscribed > 0));
	assert_int_equal(r->sub_code, 0x87);
	assert_non_null(strstr(r->log, "event=subscribe_refused filter=\"in/#\""));
	rec_free(r);
}

/* Another client with our id: told, and no fight at full speed. */
static void test_taken_over(void **state)
{
	(void)state;
	broker_start(&broker, ANYBODY);
	struct rec *r = connected((struct yj_link_conf){.backoff_min_ms = 200}, NULL);
	struct rec *q = connected((struct yj_link_conf){.backoff_min_ms = 60000}, NULL);
	assert_true(UNTIL(r, 10000, !r->up));
	assert_true(UNTIL(r, 10000, r->ups == 2));
	assert_true(UNTIL(q, 10000, q->downs == 1));
	rec_free(q);
	rec_free(r);
}

static void test_stop_is_clean(void **state)
{
	(void)state;
	broker_start(&broker, ANYBODY);
	peer_start(&peer, &broker, "gw/#");
	const struct yj_link_conf conf = {
	    .persistent = true, .will_topic = "gw/state", .will_payload = "offline"};
	struct rec *r = connected(conf, "in/#");
	/* Stop with unread bytes in the socket: they must not reset what we write. */
	kill(broker.pid, SIGSTOP);
	for (int i = 0; i < 300; i++)
		peer_publish(&peer, "in/x", 1, "%d", i);
	kill(broker.pid, SIGCONT);
	int64_t end = now_ms() + 10000;
	while (peer_acked(&peer) < 300)
		assert_true(now_ms() < end);
	for (int i = 0; i < 150; i++)
		assert_int_equal(yj_link_publish(r->link, "gw/n", "1", 1, 1, false, 1), 0);
	assert_int_equal(yj_link_publish(r->link, "gw/bye", "1", 1, 1, false, 1), 0);
	yj_link_stop(r->link, 5000);
	assert_int_equal(yj_link_publish(r->link, "gw/x", "1", 1, 1, false, 1), YJ_ERR_BUSY);
	assert_true(UNTIL(r, 10000, peer_got(&peer) == 151));
	assert_true(peer_has(&peer, "gw/bye 1"));
	rec_free(r);
	/* What was not acknowledged comes to the next run. */
	r = rec_new(&broker, conf);
	assert_int_equal(yj_link_start(r->link, true), 0);
	assert_true(UNTIL(r, 10000, rec_distinct(r) == 300));
	assert_int_equal(r->lost_sessions, 0);
	assert_int_equal(peer_got(&peer), 151); /* no will */
	rec_free(r);				/* without a stop: the will */
	int64_t wait = now_ms() + 10000;
	while (!peer_has(&peer, "gw/state offline"))
		assert_true(now_ms() < wait);
	peer_stop(&peer);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_messages_and_answers),
	    T(test_unsubscribe_and_retained),
	    T(test_commit_fails),
	    T(test_pause_in_commit),
	    T(test_publish_of_a_failed_commit),
	    T(test_batch_is_capped),
	    T(test_window),
	    T(test_broker_restarts),
	    T(test_nothing_is_sent_again),
	    T(test_password),
	    T(test_refused_subscription),
	    T(test_taken_over),
	    T(test_stop_is_clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
