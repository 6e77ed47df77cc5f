/* The webhook channel: many endpoints, hanging ones, and changes of the set. */
#include <signal.h>

#include "proto/limits.h"
#include "webhook_rig.h"

static void test_hanging_endpoint_delays_nobody(void **state)
{
	struct fixture *f = *state;
	char hang[64], ok[64];
	size_t bad;
	snprintf(hang, sizeof(hang), "http://127.0.0.1:%d/hang", server_port(f->server));
	snprintf(ok, sizeof(ok), "http://127.0.0.1:%d/ok", server_port(f->server));
	struct hook_conf conf[] = {{"hang", hang, SERVER_SECRET, 60000, 5},
	    {"ok", ok, SERVER_SECRET, 60000, 5},
	    {"slow", "http://slow.test/", SERVER_SECRET, 60000, 5}};
	pthread_mutex_lock(&gate);
	assert_int_equal(hooks_set(f->hooks, conf, 3, &bad), 0);
	const struct yj_channel *channel = hooks_channel(f->hooks, "ok");
	const struct yj_channel *stuck[] = {
	    hooks_channel(f->hooks, "hang"), hooks_channel(f->hooks, "slow")};
	for (uint64_t e = 0; e < 2; e++) {
		/* who has not answered yet gets one at a time */
		assert_true(stuck[e]->has_room(stuck[e]->self));
		assert_int_equal(send_page(f, stuck[e], 900 + e, 1), 0);
		assert_false(stuck[e]->has_room(stuck[e]->self));
		assert_int_equal(send_page(f, stuck[e], 999, 1), YJ_ERR_BUSY);
	}
	TURN_UNTIL(f, server_hanging(f->server) == 1 && n_resolving > 0);

	double longest_s = 0;
	uint64_t sent = 0;
	TURN_UNTIL(f, ({
		double turn = now_s();
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		while (sent < 200 && send_page(f, channel, sent, 1) == 0)
			sent++;
		if (now_s() - turn > longest_s)
			longest_s = now_s() - turn;
		f->n_all >= 200;
	}));
	/* all the healthy ones, and none of the stuck ones: nobody waited for those */
	for (uint64_t i = 0; i < TOKENS; i++)
		assert_int_equal(f->n_results[i], i < 200);
	assert_int_equal(server_count(f->server, "/ok"), 200);
	assert_true(longest_s < 2.0);

	/* a name that is being looked up can be given up at once */
	double begin = now_s();
	stuck[1]->cancel(stuck[1]->self, 901);
	assert_true(now_s() - begin < 2.0);
	assert_true(n_resolving > 0);
	pthread_mutex_unlock(&gate);
	TURN_UNTIL(f, n_resolving == 0);
	assert_int_equal(f->n_all, 200);
}

static void test_slow_name_times_out(void **state)
{
	struct fixture *f = *state;
	struct hook_conf conf = {"slow", "http://slow.test/", SERVER_SECRET, 200, 5};
	size_t bad;
	pthread_mutex_lock(&gate);
	assert_int_equal(hooks_set(f->hooks, &conf, 1, &bad), 0);
	assert_int_equal(send_page(f, hooks_channel(f->hooks, "slow"), 1, 1), 0);
	TURN_UNTIL(f, f->n_all == 1); /* would never end if the loop waited for the resolver */
	assert_int_equal(f->results[1].outcome, YJ_SENT_RETRY);
	assert_non_null(strstr(f->results[1].words, "timed out"));
	pthread_mutex_unlock(&gate);
	TURN_UNTIL(f, n_resolving == 0);
}

/* An endpoint that answers gets one more with each answer; one that stops answering begins anew. */
static void test_window(void **state)
{
	struct fixture *f = *state;
	const struct yj_channel *channel = endpoint(f, server_port(f->server), "/ok", 10000);
	uint64_t token = 0;
	for (int room = 1; room <= YJ_POSTER_EACH_MAX; room++) {
		for (int i = 0; i < room; i++)
			assert_int_equal(send_page(f, channel, token + (uint64_t)i, 1), 0);
		assert_int_equal(send_page(f, channel, 999, 1), YJ_ERR_BUSY);
		for (int i = 1; i < room; i++)
			channel->cancel(channel->self, token + (uint64_t)i);
		TURN_UNTIL(f, f->n_results[token] == 1);
		token += 10;
	}
	for (uint64_t i = 0; i < YJ_POSTER_EACH_MAX; i++)
		assert_int_equal(send_page(f, channel, 500 + i, 1), 0);
	assert_int_equal(send_page(f, channel, 999, 1), YJ_ERR_BUSY);
	TURN_UNTIL(f, f->n_results[500 + YJ_POSTER_EACH_MAX - 1] == 1);
	/* it stays over a reload, and is gone with the first silence, or a limit */
	static const char *const paths[] = {"/status/500", "/status/429"};
	for (size_t k = 0; k < 2; k++) {
		channel = endpoint(f, server_port(f->server), "/ok", 10000);
		warm(f, channel);
		channel = endpoint(f, server_port(f->server), paths[k], 10000);
		for (uint64_t i = 0; i < YJ_POSTER_EACH_MAX; i++)
			assert_int_equal(send_page(f, channel, 600 + i, 1), 0);
		int before = f->n_all;
		TURN_UNTIL(f, f->n_all == before + YJ_POSTER_EACH_MAX);
		assert_int_equal(send_page(f, channel, 700 + k, 1), 0);
		assert_int_equal(send_page(f, channel, 999, 1), YJ_ERR_BUSY);
		TURN_UNTIL(f, f->n_results[700 + k] == 1);
	}
}

static void test_many_dead_endpoints_leave_room(void **state)
{
	struct fixture *f = *state;
	enum { N = YJ_POSTERS_INFLIGHT_MAX };
	static struct hook_conf conf[N + 1];
	static char names[N][16];
	char hang[64], ok[64];
	size_t bad;
	snprintf(hang, sizeof(hang), "http://127.0.0.1:%d/hang", server_port(f->server));
	snprintf(ok, sizeof(ok), "http://127.0.0.1:%d/ok", server_port(f->server));
	conf[0] = (struct hook_conf){"ok", ok, SERVER_SECRET, 60000, 5};
	for (int i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "h%d", i);
		conf[i + 1] = (struct hook_conf){names[i], hang, SERVER_SECRET, 60000, 5};
	}
	assert_int_equal(hooks_set(f->hooks, conf, N + 1, &bad), 0);
	warm(f, hooks_channel(f->hooks, "ok"));
	for (int i = 0; i < N; i++) {
		const struct yj_channel *channel = hooks_channel(f->hooks, names[i]);
		assert_int_equal(send_page(f, channel, 999, 1), 0);
		assert_int_equal(send_page(f, channel, 999, 1), YJ_ERR_BUSY);
	}
	const struct yj_channel *channel = hooks_channel(f->hooks, "ok");
	for (uint64_t i = 0; i < 5; i++) {
		assert_int_equal(send_page(f, channel, i, 1), 0);
		assert_int_equal(send_page(f, channel, 998, 1), YJ_ERR_BUSY);
		TURN_UNTIL(f, f->n_results[i]);
		assert_int_equal(f->results[i].outcome, YJ_SENT_DELIVERED);
	}
	assert_int_equal(f->n_results[999], 0);
}

static void test_down(void **state)
{
	struct fixture *f = *state;
	const struct yj_channel *channel = endpoint(f, server_dead_port(), "/", 10000);
	assert_false(channel->is_down(channel->self));
	assert_int_equal(channel->attempts(channel->self), 5);
	assert_string_equal(channel->name, "webhook:e");
	for (uint64_t i = 0; i < 3; i++) {
		assert_false(channel->is_down(channel->self));
		assert_int_equal(send_page(f, channel, i, 1), 0);
		TURN_UNTIL(f, f->n_results[i]);
	}
	assert_true(channel->is_down(channel->self));
	/* it is tried all the same, one at a time; and its health stays over a reload */
	channel = endpoint(f, server_port(f->server), "/status/500", 10000);
	assert_true(channel->is_down(channel->self));
	assert_int_equal(send_page(f, channel, 3, 1), 0);
	assert_int_equal(send_page(f, channel, 999, 1), YJ_ERR_BUSY);
	TURN_UNTIL(f, f->n_results[3]);
	assert_true(channel->is_down(channel->self));
	/* after a rest it is no longer said to be down, until the next failure */
	yj_posters_set_rest(f->hooks, 100);
	TURN_UNTIL(f, !channel->is_down(channel->self));
	yj_posters_set_rest(f->hooks, 30000);
	assert_true(channel->is_down(channel->self));
	/* a success is the end of it */
	channel = endpoint(f, server_port(f->server), "/ok", 10000);
	assert_int_equal(send_page(f, channel, 4, 1), 0);
	TURN_UNTIL(f, f->n_results[4]);
	assert_false(channel->is_down(channel->self));
	for (uint64_t i = 10; i < 12; i++)
		assert_int_equal(send_page(f, channel, i, 1), 0);
	TURN_UNTIL(f, f->n_results[11]);
	/* refusals are no sign of being down */
	channel = endpoint(f, server_port(f->server), "/status/404", 10000);
	for (uint64_t i = 20; i < 25; i++) {
		assert_int_equal(send_page(f, channel, i, 1), 0);
		TURN_UNTIL(f, f->n_results[i]);
	}
	assert_false(channel->is_down(channel->self));
}

static void test_cancel(void **state)
{
	struct fixture *f = *state;
	const struct yj_channel *channel = endpoint(f, server_port(f->server), "/ok", 10000);
	warm(f, channel);
	for (uint64_t i = 0; i < 6; i++)
		assert_int_equal(send_page(f, channel, i, 1), 0);
	channel->cancel(channel->self, 3);
	channel->cancel(channel->self, 3);
	channel->cancel(channel->self, 77777);
	TURN_UNTIL(f, f->n_all == 5);
	assert_int_equal(f->n_results[3], 0);
	for (uint64_t i = 0; i < YJ_POSTER_EACH_MAX; i++) /* and its place is free */
		assert_int_equal(send_page(f, channel, 10 + i, 1), 0);
	TURN_UNTIL(f, f->n_all == 5 + YJ_POSTER_EACH_MAX);
	/* a page that cannot be sent is refused at once */
	struct yj_msg_inbox odd = page;
	struct yj_delivery delivery = {.token = 1,
	    .attempt = 1,
	    .id = "d-1",
	    .caregiver = "c-1",
	    .phone = "",
	    .email = "",
	    .language = "en",
	    .page = &odd,
	    .text = "",
	    .subject = "",
	    .asks = true};
	odd.id = "two\r\nlines: x";
	assert_int_equal(channel->send(channel->self, &delivery, on_done, f), YJ_ERR_INVAL);
	delivery.page = NULL;
	assert_int_equal(channel->send(channel->self, &delivery, on_done, f), YJ_ERR_INVAL);
}

static void test_set(void **state)
{
	struct fixture *f = *state;
	char hang[64], ok[64];
	size_t bad = 99;
	snprintf(hang, sizeof(hang), "http://127.0.0.1:%d/hang", server_port(f->server));
	snprintf(ok, sizeof(ok), "http://127.0.0.1:%d/ok", server_port(f->server));
	struct hook_conf conf[] = {
	    {"stays", hang, SERVER_SECRET, 400, 5}, {"goes", hang, SERVER_SECRET, 60000, 5}};
	assert_int_equal(hooks_set(f->hooks, conf, 2, &bad), 0);
	assert_int_equal(send_page(f, hooks_channel(f->hooks, "stays"), 1, 1), 0);
	assert_int_equal(send_page(f, hooks_channel(f->hooks, "goes"), 2, 1), 0);
	TURN_UNTIL(f, server_hanging(f->server) == 2);

	static const struct hook_conf wrong[] = {{"x", "ftp://h/", NULL, 1000, 1},
	    {"x", "no url", NULL, 1000, 1}, {"x", NULL, NULL, 1000, 1},
	    {"", "http://h/", NULL, 1000, 1}, {"x", "http://h/", "secret", 1000, 1},
	    {"x", "file:///etc/passwd", NULL, 1000, 1}, {"stays", "http://h/", NULL, 1000, 1},
	    {"x", "http://", NULL, 1000, 1}, {"x", "http://a b/", NULL, 1000, 1}};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct hook_conf both[] = {conf[0], wrong[i]};
		bad = 99;
		int rc = hooks_set(f->hooks, both, 2, &bad);
		if (rc != YJ_ERR_INVAL || bad != 1)
			fail_msg("case %zu: %d, %zu", i, rc, bad);
		assert_non_null(hooks_channel(f->hooks, "goes")); /* nothing changed */
	}

	struct hook_conf next[] = {
	    {"stays", hang, SERVER_SECRET, 60000, 7}, {"new", ok, SERVER_SECRET, 5000, 5}};
	f->sending = true;
	assert_int_equal(hooks_set(f->hooks, next, 2, &bad), 0);
	f->sending = false;
	assert_null(hooks_channel(f->hooks, "goes"));
	const struct yj_channel *stays = hooks_channel(f->hooks, "stays");
	assert_int_equal(stays->attempts(stays->self), 7);
	assert_int_equal(send_page(f, hooks_channel(f->hooks, "new"), 3, 1), 0);
	TURN_UNTIL(f, f->n_all == 3);
	assert_int_equal(f->results[2].outcome, YJ_SENT_FINAL);
	assert_int_equal(f->results[1].outcome, YJ_SENT_RETRY); /* after its own 400 ms */
	assert_int_equal(f->results[3].outcome, YJ_SENT_DELIVERED);
}

static void test_free_and_idle(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(outcome_of(f, "/ok", 1).outcome, YJ_SENT_DELIVERED);
	/* a kept connection costs no wake-up: nothing but the tick of this test is left */
	TURN_UNTIL(f, event_base_get_num_events(f->base, EVENT_BASE_COUNT_ADDED) == 1);
	const struct yj_channel *channel = endpoint(f, server_port(f->server), "/hang", 10000);
	assert_int_equal(send_page(f, channel, 5, 1), 0);
	TURN_UNTIL(f, server_hanging(f->server) == 1);
	size_t bad;
	assert_int_equal(hooks_set(f->hooks, NULL, 0, &bad), 0);
	yj_posters_free(f->hooks); /* with an answer still owed */
	f->hooks = NULL;
	assert_int_equal(event_base_get_num_events(f->base, EVENT_BASE_COUNT_ADDED), 1);
	event_base_loop(f->base, EVLOOP_ONCE);
	assert_int_equal(f->n_results[5], 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_hanging_endpoint_delays_nobody),
	    TEST(test_slow_name_times_out),
	    TEST(test_window),
	    TEST(test_many_dead_endpoints_leave_room),
	    TEST(test_down),
	    TEST(test_cancel),
	    TEST(test_set),
	    TEST(test_free_and_idle),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("webhook_health", tests, NULL, NULL);
}
