/* The HTTP server, spoken to over real sockets. */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "http_rig.h"

static void on_name(void *ctx, struct evhttp_request *req)
{
	struct evbuffer *body = evbuffer_new();
	evbuffer_add_printf(body, "%s", (const char *)ctx);
	yj_http_reply(req, 200, "text/plain", body);
	evbuffer_free(body);
}

static void test_probes(void **state)
{
	struct fixture *f = *state;
	const char *text = ask(f, "GET", "/healthz");
	assert_int_equal(status_of(text), 200);
	assert_string_equal(body_of(text), "ok");
	ASSERT_HAS(text, "Content-Type: text/plain");
	ASSERT_HAS(text, "Cache-Control: no-store");
	assert_string_equal(body_of(ask(f, "GET", "/readyz")), "ready");
	assert_int_equal(status_of(answer), 200);
	f->not_ready = "broker not connected";
	text = ask(f, "GET", "/readyz?verbose");
	assert_int_equal(status_of(text), 503);
	assert_string_equal(body_of(text), "broker not connected");
	assert_int_equal(status_of(ask(f, "GET", "/healthz")), 200);
	text = ask(f, "GET", "/metrics");
	assert_int_equal(status_of(text), 200);
	ASSERT_HAS(text, "Content-Type: text/plain; version=0.0.4");
	ASSERT_HAS(body_of(text), "\nyijian_outbox_pending 3\n");
	/* HEAD: the same head and no body */
	text = ask(f, "HEAD", "/healthz");
	assert_int_equal(status_of(text), 200);
	ASSERT_HAS(text, "Content-Length: 2\r\n");
	assert_string_equal(body_of(text), "");
}

static void test_errors_are_problems(void **state)
{
	struct fixture *f = *state;
	static const char *const missing[] = {
	    "/", "/nothing", "/healthz/", "//healthz", "/%68ealthz", "/../healthz", "/Healthz"};
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		const char *text = ask(f, "GET", missing[i]);
		assert_int_equal(status_of(text), 404);
		ASSERT_HAS(text, "Content-Type: application/problem+json");
		json_t *problem = json_loads(body_of(text), 0, NULL);
		assert_int_equal(json_integer_value(json_object_get(problem, "status")), 404);
		assert_string_equal(
		    json_string_value(json_object_get(problem, "title")), "Not Found");
		json_decref(problem);
	}
	static const char *const wrong[] = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *text = ask(f, wrong[i], "/healthz");
		assert_int_equal(status_of(text), 405);
		ASSERT_HAS(text, "Allow: GET, HEAD\r\n");
		ASSERT_HAS(text, "application/problem+json");
		ASSERT_HAS(body_of(text), "\"status\":405");
	}
	assert_int_equal(status_of(ask(f, "BREW", "/healthz")), 501);
}

static void test_routes(void **state)
{
	struct fixture *f = *state;
	int get = EVHTTP_REQ_GET, post = EVHTTP_REQ_POST;
	assert_int_equal(yj_http_route(f->http, get, "/a/*", on_name, "short"), 0);
	assert_int_equal(yj_http_route(f->http, get, "/a/b/*", on_name, "long"), 0);
	assert_int_equal(yj_http_route(f->http, get, "/a/b/c", on_name, "exact"), 0);
	assert_int_equal(yj_http_route(f->http, post, "/a/b/c", on_name, "posted"), 0);
	assert_int_equal(yj_http_route(f->http, post, "/a/b/c", on_name, "again"), YJ_ERR_EXISTS);
	assert_int_equal(yj_http_route(f->http, get, "a", on_name, ""), YJ_ERR_INVAL);
	assert_int_equal(yj_http_route(f->http, get, "", on_name, ""), YJ_ERR_INVAL);
	assert_string_equal(body_of(ask(f, "GET", "/a/x")), "short");
	assert_string_equal(body_of(ask(f, "GET", "/a/")), "short");
	assert_string_equal(body_of(ask(f, "GET", "/a/b/x/y?q=1")), "long");
	assert_string_equal(body_of(ask(f, "GET", "/a/b/c")), "exact");
	assert_string_equal(body_of(ask(f, "POST", "/a/b/c")), "posted");
	assert_int_equal(status_of(ask(f, "GET", "/a")), 404);
	ASSERT_HAS(ask(f, "DELETE", "/a/b/c"), "Allow: GET, HEAD, POST\r\n");
	ASSERT_HAS(ask(f, "POST", "/a/b/d"), "Allow: GET, HEAD\r\n");
	char path[16];
	int rc = 0;
	for (int i = 0; rc == 0 && i < 2 * YJ_HTTP_ROUTES_MAX; i++) {
		snprintf(path, sizeof(path), "/n/%d", i);
		rc = yj_http_route(f->http, get, path, on_name, "");
	}
	assert_int_equal(rc, YJ_ERR_FULL);
}

static void test_caps(void **state)
{
	struct fixture *f = *state;
	size_t cap = 256 + 2 * YJ_HTTP_BODY_MAX;
	char *text = malloc(cap);
	/* headers */
	int len = snprintf(text, cap, "GET /healthz HTTP/1.1\r\nConnection: close\r\nX: ");
	memset(text + len, 'x', YJ_HTTP_HEADERS_MAX);
	strcpy(text + len + YJ_HTTP_HEADERS_MAX, "\r\n\r\n");
	assert_int_equal(status_of(ask_raw(f, text, strlen(text))), 400);
	strcpy(text + len + YJ_HTTP_HEADERS_MAX - 200, "\r\n\r\n");
	assert_int_equal(status_of(ask_raw(f, text, strlen(text))), 200);
	/* a request line without end */
	memset(text, 'G', 2 * YJ_HTTP_HEADERS_MAX);
	assert_int_equal(status_of(ask_raw(f, text, 2 * YJ_HTTP_HEADERS_MAX)), 400);
	/* bodies */
	for (size_t more = 0; more < 2; more++) {
		size_t body = YJ_HTTP_BODY_MAX + more;
		len = snprintf(text, cap,
		    "POST /post HTTP/1.1\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
		    body);
		memset(text + len, 'b', body);
		f->got = 0;
		ask_raw(f, text, (size_t)len + body);
		assert_int_equal(status_of(answer), more ? 413 : 204);
		assert_int_equal(f->got, more ? 0 : YJ_HTTP_BODY_MAX);
	}
	len = snprintf(text, cap,
	    "POST /post HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n",
	    (unsigned)YJ_HTTP_BODY_MAX + 1);
	memset(text + len, 'b', YJ_HTTP_BODY_MAX + 1);
	strcpy(text + len + YJ_HTTP_BODY_MAX + 1, "\r\n0\r\n\r\n");
	assert_int_equal(status_of(ask_raw(f, text, strlen(text))), 413);
	assert_int_equal(f->got, 0);
	free(text);
}

static void test_rubbish(void **state)
{
	struct fixture *f = *state;
	unsigned seed = (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	static const char pieces[][24] = {"GET ", "/healthz", " HTTP/1.1", "\r\n", "\r\n\r\n",
	    "Content-Length: 5", "Content-Length: -1", ": ", "\x01\xff",
	    "Transfer-Encoding: ", "chunked", "POST /post", "ffffffffffffffff", "Connection: close",
	    "OPTIONS * ", "http://", "CONNECT a:1", "\n", " ", "HTTP/9.9"};
	for (int i = 0; i < 400; i++) {
		char text[512] = "", got[8192] = "";
		for (int k = 0; k < 12; k++) {
			seed = seed * 1103515245u + 12345u;
			strcat(text, pieces[(seed >> 16) % (sizeof(pieces) / sizeof(pieces[0]))]);
		}
		int fd = dial(f);
		say(f, fd, text, strlen(text));
		shutdown(fd, SHUT_WR);
		TURN_UNTIL(f, closed(fd, got, sizeof(got)));
		close(fd);
	}
	assert_int_equal(status_of(ask(f, "GET", "/healthz")), 200);
}

static void test_waiting_peers_lock_nobody_out(void **state)
{
	struct fixture *f = *state;
	enum { N = 2 * YJ_HTTP_CLIENTS_MAX };
	int fds[N];
	char got[1024] = "";
	for (int i = 0; i < N; i++) {
		fds[i] = dial(f);
		if (i % 2)
			say(f, fds[i], "GET /healthz HTTP/1.1\r\nX: ", 26);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	for (int i = 0; i < 5; i++)
		assert_int_equal(status_of(ask(f, "GET", "/healthz")), 200);
	/* the first half had to go, the youngest is still there */
	for (int i = 0; i < N / 2; i++)
		TURN_UNTIL(f, closed(fds[i], got, sizeof(got)));
	say(f, fds[N - 1], "y\r\n\r\n", 5);
	got[0] = '\0';
	TURN_UNTIL(f, heard(fds[N - 1], got, sizeof(got), "\r\n\r\nok"));
	for (int i = 0; i < N; i++)
		close(fds[i]);
}

static void test_all_busy(void **state)
{
	struct fixture *f = *state;
	int fds[YJ_HTTP_CLIENTS_MAX];
	static const char request[] = "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n";
	for (int i = 0; i < YJ_HTTP_CLIENTS_MAX; i++) {
		fds[i] = dial(f);
		say(f, fds[i], request, sizeof(request) - 1);
		TURN_UNTIL(f, f->n_held == i + 1);
	}
	assert_int_equal(status_of(ask(f, "GET", "/healthz")), 503);
	ASSERT_HAS(answer, "Retry-After: 1");
	/* none of those inside was hurt; one that has its answer gives way again */
	char got[1024] = "";
	yj_http_problem(f->held[0], 404, "Not Found", "gone meanwhile");
	TURN_UNTIL(f, heard(fds[0], got, sizeof(got), "gone meanwhile"));
	assert_int_equal(status_of(ask(f, "GET", "/healthz")), 200);
	assert_true(closed(fds[0], got, sizeof(got)));
	for (int i = 1; i < YJ_HTTP_CLIENTS_MAX; i++) {
		got[0] = '\0';
		yj_http_reply(f->held[i], 200, NULL, NULL);
		TURN_UNTIL(f, heard(fds[i], got, sizeof(got), "HTTP/1.1 200"));
	}
	for (int i = 0; i < YJ_HTTP_CLIENTS_MAX; i++)
		close(fds[i]);
	f->n_held = 0;
}

static void test_pipelined_and_kept(void **state)
{
	struct fixture *f = *state;
	static const char requests[] =
	    "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"
	    "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
	    "GET /readyz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
	char got[4096] = "";
	int fd = dial(f);
	say(f, fd, requests, sizeof(requests) - 1);
	TURN_UNTIL(f, f->n_held == 1);
	assert_false(closed(fd, got, sizeof(got)));
	assert_string_equal(got, "");
	yj_http_problem(f->held[0], 418, "Teapot", NULL);
	TURN_UNTIL(f, closed(fd, got, sizeof(got)));
	char *first = strstr(got, "Teapot"), *second = strstr(got, "\r\n\r\nok");
	char *third = strstr(got, "\r\n\r\nready");
	assert_true(first && second > first && third > second);
	close(fd);
}

static void test_timeout_and_idle(void **state)
{
	struct fixture *f = *state;
	yj_http_set_timeout(f->http, 200);
	char got[1024] = "";
	int silent = dial(f), half = dial(f);
	say(f, half, "GET /heal", 9);
	double begin = now_s();
	TURN_UNTIL(f, closed(silent, got, sizeof(got)));
	TURN_UNTIL(f, closed(half, got, sizeof(got)));
	assert_true(now_s() - begin >= 0.15);
	close(silent);
	close(half);
	/* no connections: nothing left but the listener and the tick of this test */
	TURN_UNTIL(f, event_base_get_num_events(f->base, EVENT_BASE_COUNT_ADDED) == 2);
}

static void test_free_with_requests(void **state)
{
	struct fixture *f = *state;
	static const char request[] = "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n";
	char got[64] = "";
	int fd = dial(f), silent = dial(f);
	say(f, fd, request, sizeof(request) - 1);
	TURN_UNTIL(f, f->n_held == 1);
	yj_http_free(f->http);
	f->http = NULL;
	TURN_UNTIL(f, closed(fd, got, sizeof(got)) && closed(silent, got, sizeof(got)));
	assert_string_equal(got, "");
	close(fd);
	close(silent);
	yj_http_free(NULL);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_probes),
	    TEST(test_errors_are_problems),
	    TEST(test_routes),
	    TEST(test_caps),
	    TEST(test_rubbish),
	    TEST(test_waiting_peers_lock_nobody_out),
	    TEST(test_all_busy),
	    TEST(test_pipelined_and_kept),
	    TEST(test_timeout_and_idle),
	    TEST(test_free_with_requests),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
