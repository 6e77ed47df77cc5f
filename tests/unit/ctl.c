/* The control socket: requests, answers, and peers that behave badly. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl_rig.h"
#include "proto/limits.h"

/* ---- asking and answering ---- */

static void test_asks(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(in_child(f, child_asks), 0);
	assert_int_equal(f->n_requests, 5);
	if (geteuid() == 0)
		assert_string_equal(f->asked_by, "root");
	assert_int_equal(f->n_gone, 0);
}

static int child_uploads(struct fixture *f)
{
	size_t len = 10u << 20;
	unsigned char *body = malloc(len);
	json_int_t sum = 0;
	for (size_t i = 0; i < len; i++) {
		body[i] = (unsigned char)(i * 2654435761u >> 13);
		sum = (sum * 31 + body[i]) % 1000000007;
	}
	json_t *answer = NULL;
	CHECK(yj_ctl_ask(f->path, "sum", NULL, body, len, 20000, &answer) == 0);
	json_t *data = json_object_get(answer, "data");
	CHECK(json_integer_value(json_object_get(data, "len")) == (json_int_t)len);
	CHECK(json_integer_value(json_object_get(data, "sum")) == sum);
	json_decref(answer);
	/* an empty body is a body, and no body is none */
	CHECK(yj_ctl_ask(f->path, "sum", NULL, "", 0, 5000, &answer) == 0);
	CHECK(json_is_true(json_object_get(json_object_get(answer, "data"), "given")));
	json_decref(answer);
	CHECK(yj_ctl_ask(f->path, "sum", NULL, NULL, 0, 5000, &answer) == 0);
	CHECK(json_is_false(json_object_get(json_object_get(answer, "data"), "given")));
	json_decref(answer);
	free(body);
	return 0;
}

static void test_uploads(void **state)
{
	assert_int_equal(in_child(*state, child_uploads), 0);
}

static void test_body_caps(void **state)
{
	struct fixture *f = *state;
	char buf[512] = "", line[64];
	int fd = dial(f->path);
	snprintf(line, sizeof(line), "{\"cmd\":\"sum\",\"body\":%d}\n", YJ_IMPORT_MAX + 1);
	say(fd, line);
	TURN_UNTIL(f, closed(fd, buf, sizeof(buf)));
	assert_non_null(strstr(buf, "\"too_large\""));
	close(fd);
	/* two full bodies may be under way, the third must wait */
	int full[3];
	snprintf(line, sizeof(line), "{\"cmd\":\"sum\",\"body\":%d}\nabc", YJ_IMPORT_MAX);
	buf[0] = '\0';
	for (int i = 0; i < 3; i++) {
		full[i] = dial(f->path);
		say(full[i], line);
	}
	TURN_UNTIL(f, closed(full[2], buf, sizeof(buf)));
	assert_non_null(strstr(buf, "\"busy\""));
	close(full[0]);
	close(full[1]);
	close(full[2]);
	/* and what they held is free again */
	assert_int_equal(in_child(f, child_uploads), 0);
}

static void test_pipelined_and_half_closed(void **state)
{
	struct fixture *f = *state;
	char buf[512] = "";
	int fd = dial(f->path);
	say(fd, "{\"cmd\":\"hold\"}\n{\"cmd\":\"sum\",\"body\":3}\nabc{\"cmd\":\"refuse\"}\n{\"cm");
	shutdown(fd, SHUT_WR);
	TURN_UNTIL(f, f->held);
	for (int i = 0; i < 5; i++)
		event_base_loop(f->base, EVLOOP_ONCE);
	assert_int_equal(f->n_gone, 0); /* it still wants its answers */
	assert_int_equal(f->n_requests, 1);
	yj_ctl_answer(f->held, json_string("first"));
	TURN_UNTIL(f, closed(fd, buf, sizeof(buf)));
	char *first = strstr(buf, "{\"ok\":true,\"data\":\"first\"}\n");
	char *second = strstr(buf, "\"len\":3");
	char *third = strstr(buf, "\"no_way\"");
	assert_ptr_equal(first, buf);
	assert_true(second > first && third > second);
	close(fd);
}

static void test_gone(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f->path);
	say(fd, "{\"cmd\":\"hold\"}\n");
	TURN_UNTIL(f, f->held);
	close(fd);
	TURN_UNTIL(f, f->n_gone == 1);
	assert_ptr_equal(f->gone, f->held);
}

static void test_free_tells_and_flushes(void **state)
{
	struct fixture *f = *state;
	char buf[512] = "";
	int answered = dial(f->path), waiting = dial(f->path);
	say(answered, "{\"cmd\":\"hold\"}\n");
	TURN_UNTIL(f, f->held);
	struct yj_ctl_call *first = f->held;
	f->held = NULL;
	say(waiting, "{\"cmd\":\"hold\"}\n");
	TURN_UNTIL(f, f->held);
	/* the answer is still in our buffer when the server goes */
	yj_ctl_answer(first, json_string("last words"));
	yj_ctl_free(f->ctl);
	f->ctl = NULL;
	assert_int_equal(f->n_gone, 1);
	assert_ptr_equal(f->gone, f->held);
	TURN_UNTIL(f, closed(answered, buf, sizeof(buf)));
	assert_string_equal(buf, "{\"ok\":true,\"data\":\"last words\"}\n");
	assert_int_equal(access(f->path, F_OK), -1);
	close(answered);
	close(waiting);
}

/* ---- bad peers ---- */

static void test_nonsense(void **state)
{
	struct fixture *f = *state;
	static const char *const lines[] = {"hello\n", "\n", "[]\n", "{}\n", "{\"cmd\":1}\n",
	    "{\"cmd\":\"\"}\n", "{\"cmd\":\"echo\",\"args\":[]}\n",
	    "{\"cmd\":\"sum\",\"body\":-1}\n", "{\"cmd\":\"sum\",\"body\":\"3\"}\n",
	    "{\"cmd\":\"\xff\"}\n", "{\"cmd\":\"echo\"} x\n"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char buf[512] = "";
		int fd = dial(f->path);
		say(fd, lines[i]);
		TURN_UNTIL(f, closed(fd, buf, sizeof(buf)));
		if (!strstr(buf, "\"ok\":false") || !strstr(buf, "\"invalid\""))
			fail_msg("line %zu was answered: %s", i, buf);
		close(fd);
	}
	assert_int_equal(f->n_requests, 0);
}

static void test_huge_line(void **state)
{
	struct fixture *f = *state;
	char buf[512] = "";
	char *junk = malloc(YJ_CTL_LINE_MAX);
	memset(junk, ' ', YJ_CTL_LINE_MAX);
	int fd = dial(f->path);
	double until = now_s() + 20;
	while (!closed(fd, buf, sizeof(buf))) { /* it would go on for ever */
		assert_true(now_s() < until);
		(void)!send(fd, junk, YJ_CTL_LINE_MAX, MSG_NOSIGNAL);
		event_base_loop(f->base, EVLOOP_ONCE);
	}
	assert_non_null(strstr(buf, "\"too_large\""));
	close(fd);

	/* a line of just the cap is served */
	static const char request[] = "{\"cmd\":\"nothing\"}";
	memcpy(junk, request, sizeof(request) - 1);
	fd = dial(f->path);
	size_t sent = 0;
	buf[0] = '\0';
	while (sent < YJ_CTL_LINE_MAX) {
		ssize_t n = send(fd, junk + sent, YJ_CTL_LINE_MAX - sent, MSG_NOSIGNAL);
		if (n > 0)
			sent += (size_t)n;
		assert_true(now_s() < until);
		event_base_loop(f->base, EVLOOP_ONCE);
	}
	assert_int_equal(f->n_requests, 0);
	TURN_UNTIL(f, send(fd, "\n", 1, MSG_NOSIGNAL) == 1);
	TURN_UNTIL(f, heard(fd, buf, sizeof(buf), "\"ok\":true"));
	close(fd);
	free(junk);
}

static void test_half_requests(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 2 * YJ_CTL_CLIENTS_MAX; i++) {
		int fd = dial(f->path);
		say(fd, i % 2 ? "{\"cmd\":\"ec" : "{\"cmd\":\"sum\",\"body\":10}\n12345");
		close(fd);
		event_base_loop(f->base, EVLOOP_ONCE);
	}
	assert_int_equal(in_child(f, child_asks), 0);
	assert_int_equal(f->n_requests, 5);
	assert_int_equal(f->n_gone, 0);
}

static void test_slow_peers(void **state)
{
	struct fixture *f = *state;
	yj_ctl_set_timeout(f->ctl, 300);
	char buf[512] = "";
	double begin = now_s();
	int silent = dial(f->path), half = dial(f->path), drip = dial(f->path);
	int deaf = dial(f->path);
	say(half, "{\"cmd\":\"echo\"");
	say(deaf, "{\"cmd\":\"big\"}\n");
	double until = begin + 20, next_drip = 0;
	bool done[3] = {false};
	while (!done[0] || !done[1] || !done[2]) {
		assert_true(now_s() < until);
		/* one byte now and then does not lengthen its time */
		if (now_s() > next_drip) {
			(void)!send(drip, " ", 1, MSG_NOSIGNAL);
			next_drip = now_s() + 0.05;
		}
		event_base_loop(f->base, EVLOOP_ONCE);
		done[0] = done[0] || closed(silent, buf, sizeof(buf));
		done[1] = done[1] || closed(half, buf, sizeof(buf));
		done[2] = done[2] || closed(drip, buf, sizeof(buf));
	}
	assert_true(now_s() - begin >= 0.29);
	/* the deaf one: its socket must be cut although it never read */
	struct pollfd p = {.fd = deaf};
	TURN_UNTIL(f, poll(&p, 1, 0) > 0 && (p.revents & POLLHUP));
	/* who waits for its answer is not hurried */
	int held = dial(f->path);
	say(held, "{\"cmd\":\"hold\"}\n");
	begin = now_s();
	TURN_UNTIL(f, now_s() > begin + 0.6);
	assert_int_equal(f->n_gone, 0);
	yj_ctl_answer(f->held, NULL);
	TURN_UNTIL(f, heard(held, buf, sizeof(buf), "\"ok\":true"));
	close(silent);
	close(half);
	close(drip);
	close(deaf);
	close(held);
}

static void test_too_many(void **state)
{
	struct fixture *f = *state;
	int fds[YJ_CTL_CLIENTS_MAX];
	char buf[512] = "";
	for (int i = 0; i < YJ_CTL_CLIENTS_MAX; i++) {
		fds[i] = dial(f->path);
		event_base_loop(f->base, EVLOOP_ONCE);
	}
	int more = dial(f->path);
	TURN_UNTIL(f, closed(more, buf, sizeof(buf)));
	assert_non_null(strstr(buf, "\"code\":\"busy\""));
	close(more);
	/* those inside are served, and one that leaves makes room */
	buf[0] = '\0';
	say(fds[5], "{\"cmd\":\"nothing\"}\n");
	TURN_UNTIL(f, heard(fds[5], buf, sizeof(buf), "\"ok\":true"));
	close(fds[0]);
	assert_int_equal(in_child(f, child_asks), 0);
	for (int i = 1; i < YJ_CTL_CLIENTS_MAX; i++)
		close(fds[i]);
}

static void test_idle_needs_no_timer(void **state)
{
	struct fixture *f = *state;
	int before = event_base_get_num_events(f->base, EVENT_BASE_COUNT_ADDED);
	assert_int_equal(before, 2); /* the listener, and the tick of this test */
	assert_int_equal(in_child(f, child_asks), 0);
	TURN_UNTIL(f, event_base_get_num_events(f->base, EVENT_BASE_COUNT_ADDED) == before);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_asks),
	    TEST(test_uploads),
	    TEST(test_body_caps),
	    TEST(test_pipelined_and_half_closed),
	    TEST(test_gone),
	    TEST(test_free_tells_and_flushes),
	    TEST(test_nonsense),
	    TEST(test_huge_line),
	    TEST(test_half_requests),
	    TEST(test_slow_peers),
	    TEST(test_too_many),
	    TEST(test_idle_needs_no_timer),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("ctl", tests, NULL, NULL);
}
