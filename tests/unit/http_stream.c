/* Server-sent events, over real sockets. */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "http/stream.h"
#include "http_rig.h"
#include "selfsigned.h"

enum { MOST = YJ_HTTP_STREAMS_MAX + 1 };

/* What the handler of /events has opened. */
static struct {
	struct yj_http *http;
	struct yj_stream *streams[MOST];
	int n, refused, closed, rc;
	bool had_id;
	char id[16];
} seen;

static void on_closed(void *ctx)
{
	struct yj_stream **at = ctx;
	assert_non_null(*at);
	*at = NULL;
	seen.closed++;
}

static void on_events(void *ctx, struct evhttp_request *req)
{
	(void)ctx;
	struct yj_stream **at = &seen.streams[seen.n];
	seen.had_id = yj_stream_last_id(req, seen.id, sizeof seen.id);
	seen.rc = yj_stream_open(seen.http, req, on_closed, at, at);
	if (seen.rc == 0)
		seen.n++;
	else
		seen.refused++;
}

static int begin(struct fixture *f, const char *cert, const char *key)
{
	int rc = start(f, cert, key);
	memset(&seen, 0, sizeof seen);
	seen.http = f->http;
	return rc < 0 ? rc : yj_http_route(f->http, EVHTTP_REQ_GET, "/events", on_events, NULL);
}

static int setup_streams(void **state)
{
	return setup(state) < 0 ? -1 : begin(*state, NULL, NULL);
}

/* Asks for the stream; the end of headers has not come yet. */
static int listen_to(struct fixture *f, const char *query, const char *version)
{
	char request[256];
	int n = seen.n + seen.refused, fd = dial(f);
	int len = snprintf(
	    request, sizeof request, "GET /events%s HTTP/%s\r\nHost: h\r\n\r\n", query, version);
	say(f, fd, request, (size_t)len);
	TURN_UNTIL(f, seen.n + seen.refused > n);
	return fd;
}

static void test_head_and_events(void **state)
{
	struct fixture *f = *state;
	static const char wanted[] = "retry: 1000\n\n"
				     "event: state\nid: 7\ndata: {\"a\": 1}\n\n"
				     "data: one\ndata: two\ndata: \ndata: three\ndata: \n\n"
				     "id: \ndata: \n\n"
				     "event: 探视\ndata:  x\n\n";
	char got[4096] = "";
	int fd = listen_to(f, "", "1.0");
	struct yj_stream *s = seen.streams[0];
	yj_stream_send(s, "state", "7", "{\"a\": 1}");
	yj_stream_send(s, "", NULL, "one\r\ntwo\n\rthree\n");
	yj_stream_send(s, NULL, "", "");
	yj_stream_send(s, "探视\nevent: b", NULL, " x");
	TURN_UNTIL(f, heard(fd, got, sizeof got, " x\n\n"));
	assert_int_equal(status_of(got), 200);
	ASSERT_HAS(got, "Content-Type: text/event-stream\r\n");
	ASSERT_HAS(got, "Cache-Control: no-store\r\n");
	ASSERT_HAS(got, "X-Accel-Buffering: no\r\n");
	assert_string_equal(body_of(got), wanted);
	close(fd);
	TURN_UNTIL(f, seen.closed == 1);
	/* the usual version is in chunks, each event whole */
	fd = listen_to(f, "", "1.1");
	yj_stream_send(seen.streams[1], "a", NULL, "b");
	got[0] = '\0';
	TURN_UNTIL(f, heard(fd, got, sizeof got, "\r\n12\r\nevent: a\ndata: b\n\n\r\n"));
	ASSERT_HAS(got, "Transfer-Encoding: chunked\r\n");
	close(fd);
	TURN_UNTIL(f, seen.closed == 2);
	assert_int_equal(status_of(ask(f, "HEAD", "/events")), 200);
	ASSERT_HAS(answer, "Content-Type: text/event-stream\r\n");
	assert_string_equal(body_of(answer), "");
	assert_int_equal(seen.rc, YJ_ERR_INVAL);
	assert_int_equal(seen.n, 2);
}

static int count(const char *text, const char *part)
{
	int n = 0;
	for (text = strstr(text, part); text; text = strstr(text + 1, part))
		n++;
	return n;
}

static void test_comments_keep_it_open(void **state)
{
	struct fixture *f = *state;
	yj_http_set_timeout(f->http, 100);
	yj_stream_set_pace(f->http, 300);
	char got[4096] = "";
	double began = now_s();
	int fd = listen_to(f, "", "1.1"), other = dial(f); /* which the time-out closes */
	TURN_UNTIL(f, closed(other, got, sizeof got));
	close(other);
	TURN_UNTIL(f, heard(fd, got, sizeof got, "\n\n") && count(got, "\r\n:\n\n\r\n") == 3);
	assert_true(now_s() - began >= 0.85);
	assert_int_equal(seen.closed, 0);
	close(fd);
	TURN_UNTIL(f, seen.closed == 1);
}

static void test_close(void **state)
{
	struct fixture *f = *state;
	static const char *const versions[] = {"1.1", "1.0"};
	for (int i = 0; i < 2; i++) {
		char got[4096] = "";
		int fd = listen_to(f, "", versions[i]);
		yj_stream_send(seen.streams[i], "state", NULL, "over");
		yj_stream_close(seen.streams[i]);
		TURN_UNTIL(f, closed(fd, got, sizeof got));
		ASSERT_HAS(got, "event: state\ndata: over\n\n");
		close(fd);
	}
	/* nothing had to be sent any more */
	char got[4096] = "";
	int fd = listen_to(f, "", "1.0");
	TURN_UNTIL(f, heard(fd, got, sizeof got, "retry"));
	yj_stream_close(seen.streams[2]);
	TURN_UNTIL(f, closed(fd, got, sizeof got));
	close(fd);
	yj_stream_close(NULL);
	assert_int_equal(seen.closed, 0);
}

/* Sends until the stream is cut; how many bytes that took. */
static size_t flood(struct fixture *f, struct yj_stream **at)
{
	static char kilobyte[1025];
	size_t sent = 0;
	memset(kilobyte, 'k', sizeof kilobyte - 1);
	while (*at) {
		yj_stream_send(*at, NULL, NULL, kilobyte);
		sent += sizeof kilobyte;
		assert_in_range(sent, 0, 64 << 20);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	return sent;
}

static void test_slow_readers_are_cut(void **state)
{
	struct fixture *f = *state;
	int fd = listen_to(f, "", "1.1"), other = listen_to(f, "", "1.1");
	int small = 4096;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	size_t sent = flood(f, &seen.streams[0]);
	/* loopback's own buffers of the receiver come on top of what is bounded here */
	assert_in_range(sent, YJ_HTTP_STREAM_QUEUED_MAX, 1 << 20);
	assert_int_equal(seen.closed, 1);
	/* the others go on; and one that reads gets as much as there is */
	char got[2048];
	for (int i = 0; i < 3000; i++) {
		yj_stream_send(seen.streams[1], NULL, NULL, "some words that somebody reads");
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		while (recv(other, got, sizeof got, 0) > 0)
			continue;
	}
	assert_int_equal(seen.closed, 1);
	/* who does not read to the end is not waited for */
	yj_stream_set_pace(f->http, 200);
	int third = listen_to(f, "", "1.1");
	setsockopt(third, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	close(fd);
	close(other);
	TURN_UNTIL(f, seen.closed == 2);
	static char much[YJ_HTTP_STREAM_QUEUED_MAX * 20];
	memset(much, 'm', sizeof much - 1);
	yj_stream_send(seen.streams[2], NULL, NULL, much);
	yj_stream_close(seen.streams[2]);
	TURN_UNTIL(f, event_base_get_num_events(f->base, EVENT_BASE_COUNT_ADDED) == 2);
	assert_int_equal(seen.closed, 2);
	close(third);
}

static void test_talking_peers(void **state)
{
	struct fixture *f = *state;
	static char much[2 * YJ_HTTP_HEADERS_MAX];
	char got[4096] = "";
	int fd = listen_to(f, "", "1.1");
	say(f, fd, "GET /healthz HTTP/1.1\r\n\r\n", 25);
	yj_stream_send(seen.streams[0], NULL, NULL, "goes on");
	TURN_UNTIL(f, heard(fd, got, sizeof got, "goes on"));
	assert_int_equal(seen.closed, 0);
	assert_null(strstr(got, "\r\nok"));
	memset(much, 'x', sizeof much);
	say(f, fd, much, sizeof much);
	TURN_UNTIL(f, seen.closed == 1);
	close(fd);
	/* a request that came along with the first is not answered either */
	static const char two[] = "GET /events HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n";
	fd = dial(f);
	say(f, fd, two, sizeof two - 1);
	TURN_UNTIL(f, seen.n == 2);
	yj_stream_close(seen.streams[1]);
	got[0] = '\0';
	TURN_UNTIL(f, closed(fd, got, sizeof got));
	assert_null(strstr(got, "\r\nok"));
	close(fd);
}

static void test_seats(void **state)
{
	struct fixture *f = *state;
	int fds[MOST], busy[YJ_HTTP_CLIENTS_MAX];
	static const char hold[] = "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n";
	for (int i = 0; i < MOST; i++)
		fds[i] = listen_to(f, "", "1.1");
	char got[1024] = "";
	TURN_UNTIL(f, heard(fds[MOST - 1], got, sizeof got, "\"status\":503"));
	ASSERT_HAS(got, "Retry-After: 5\r\n");
	assert_int_equal(seen.rc, YJ_ERR_FULL);
	assert_int_equal(seen.closed, 0);
	/* all other seats can be taken, and no stream gave way */
	for (int i = 0; i < YJ_HTTP_CLIENTS_MAX; i++) {
		busy[i] = dial(f);
		say(f, busy[i], hold, sizeof hold - 1);
		TURN_UNTIL(f, f->n_held == i + 1);
	}
	assert_int_equal(status_of(ask(f, "GET", "/healthz")), 503);
	assert_int_equal(seen.closed, 0);
	for (int i = 0; i < YJ_HTTP_CLIENTS_MAX; i++) {
		yj_http_reply(f->held[i], 204, NULL, NULL);
		close(busy[i]);
	}
	/* one that leaves makes room for one */
	close(fds[0]);
	TURN_UNTIL(f, seen.closed == 1);
	seen.n = 0;
	fds[0] = listen_to(f, "", "1.1");
	assert_int_equal(seen.rc, 0);
	close(listen_to(f, "", "1.1"));
	assert_int_equal(seen.rc, YJ_ERR_FULL);
	for (int i = 0; i < MOST; i++)
		close(fds[i]);
	TURN_UNTIL(f, seen.closed == MOST);
}

static void test_last_id(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *request, *id;
	} cases[] = {
	    {"GET /events HTTP/1.1\r\n", NULL},
	    {"GET /events?a=b HTTP/1.1\r\n", NULL},
	    {"GET /events?last_event_id=12 HTTP/1.1\r\n", "12"},
	    {"GET /events?key=x&last_event_id=gw-1%3A4 HTTP/1.1\r\n", "gw-1:4"},
	    {"GET /events HTTP/1.1\r\nlast-event-id: 13\r\n", "13"},
	    {"GET /events?last_event_id=12 HTTP/1.1\r\nLast-Event-ID: 14\r\n", "14"},
	    {"GET /events HTTP/1.1\r\nLast-Event-ID: 123456789012345\r\n", "123456789012345"},
	    {"GET /events HTTP/1.1\r\nLast-Event-ID: 1234567890123456\r\n", NULL},
	    {"GET /events?last_event_id= HTTP/1.1\r\n", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int fd = dial(f), n = seen.n;
		say(f, fd, cases[i].request, strlen(cases[i].request));
		say(f, fd, "\r\n", 2);
		TURN_UNTIL(f, seen.n > n);
		assert_int_equal(seen.had_id, cases[i].id != NULL);
		if (cases[i].id)
			assert_string_equal(seen.id, cases[i].id);
		close(fd);
	}
}

static void test_free_with_streams(void **state)
{
	struct fixture *f = *state;
	int one = listen_to(f, "", "1.1"), two = listen_to(f, "", "1.1"),
	    three = listen_to(f, "", "1.0");
	char got[1024] = "";
	yj_stream_send(seen.streams[1], NULL, NULL, "on its way");
	yj_stream_send(seen.streams[2], NULL, NULL, "on its way");
	yj_stream_close(seen.streams[2]);
	yj_http_free(f->http);
	f->http = NULL;
	assert_int_equal(seen.closed, 2);
	TURN_UNTIL(f, closed(one, got, sizeof got) && closed(two, got, sizeof got));
	assert_int_equal(seen.closed, 2);
	close(one);
	close(two);
	close(three);
}

/* ── over TLS, with a child that has libcurl ── */

static size_t take(char *bytes, size_t one, size_t len, void *arg)
{
	(void)one;
	char *got = arg;
	if (strcmp(got, "deaf") == 0)
		return CURL_WRITEFUNC_PAUSE;
	strncat(got, bytes, len);
	return strstr(got, "data: enough\n") ? 0 : len;
}

static pid_t tls_child(struct fixture *f, const char *how)
{
	static char got[65536];
	char url[64];
	snprintf(url, sizeof url, "https://127.0.0.1:%d/events", yj_http_port(f->http));
	strcpy(got, how);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		CURL *easy = curl_easy_init();
		curl_easy_setopt(easy, CURLOPT_URL, url);
		curl_easy_setopt(easy, CURLOPT_CAINFO, f->cert);
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
		curl_easy_setopt(easy, CURLOPT_TIMEOUT, 15L);
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
		curl_easy_setopt(easy, CURLOPT_WRITEDATA, got);
		CURLcode code = curl_easy_perform(easy);
		bool all =
		    strstr(got, "retry: 1000\n\n") && strstr(got, "event: a\ndata: b\n\n:\n\n");
		_exit(code == CURLE_WRITE_ERROR && !all ? 99 : (int)code);
	}
	return pid;
}

static int exit_of(struct fixture *f, pid_t pid)
{
	int status = 0;
	TURN_UNTIL(f, waitpid(pid, &status, WNOHANG) == pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_tls(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(selfsigned_write(f->cert, f->key), 0);
	assert_int_equal(begin(f, f->cert, f->key), 0);
	yj_stream_set_pace(f->http, 100);
	/* one that has read enough leaves, which is noticed at once */
	pid_t pid = tls_child(f, "");
	TURN_UNTIL(f, seen.n == 1);
	yj_stream_send(seen.streams[0], "a", NULL, "b");
	double until = now_s() + 0.25; /* a comment or two */
	TURN_UNTIL(f, now_s() > until);
	yj_stream_send(seen.streams[0], NULL, NULL, "enough");
	assert_int_equal(exit_of(f, pid), CURLE_WRITE_ERROR);
	TURN_UNTIL(f, seen.closed == 1);
	/* one that we end */
	pid = tls_child(f, "");
	TURN_UNTIL(f, seen.n == 2);
	yj_stream_close(seen.streams[1]);
	assert_int_equal(exit_of(f, pid), CURLE_OK);
	/* one that does not read */
	pid = tls_child(f, "deaf");
	TURN_UNTIL(f, seen.n == 3);
	assert_in_range(flood(f, &seen.streams[2]), YJ_HTTP_STREAM_QUEUED_MAX, 16 << 20);
	kill(pid, SIGKILL);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(seen.closed, 2);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup_streams, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_head_and_events),
	    TEST(test_comments_keep_it_open),
	    TEST(test_close),
	    TEST(test_slow_readers_are_cut),
	    TEST(test_talking_peers),
	    TEST(test_seats),
	    TEST(test_last_id),
	    TEST(test_free_with_streams),
	    TEST(test_tls),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("http_stream", tests, NULL, NULL);
}
