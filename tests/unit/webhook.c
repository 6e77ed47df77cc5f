/* The webhook channel: one delivery and what becomes of it. */
#include <curl/curl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "webhook_rig.h"

/* ---- signing ---- */

static void test_sign(void **state)
{
	/* the published example of the specification */
	static const char body[] = "{\"test\": 2432232314}";
	char out[64];
	(void)state;
	assert_int_equal(
	    yj_webhook_sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, strlen(body), out, sizeof(out)),
	    0);
	assert_string_equal(out, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	assert_int_equal(
	    yj_webhook_sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a", 1, "", 0, out, 47),
	    YJ_ERR_FULL);
	/* with and without padding it is the same key */
	char other[64];
	assert_int_equal(yj_webhook_sign("whsec_c2VjcmV0IQ==", "a", 1, "", 0, out, 64), 0);
	assert_int_equal(yj_webhook_sign("whsec_c2VjcmV0IQ", "a", 1, "", 0, other, 64), 0);
	assert_string_equal(out, other);
	static const char *const wrong[] = {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	    "whsec_abc!", "whsec_c2VjcmV0IQ=", "whsec_c2VjcmV0IQ===", "whsec_c2Vj=cmV0",
	    "whsec_c2Vjc", "whsec_c2Vj\n", "WHSEC_c2Vj"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (yj_webhook_sign(wrong[i], "a", 1, "", 0, out, 64) != YJ_ERR_INVAL)
			fail_msg("\"%s\" was taken", wrong[i]);
	}
}

/* ---- one delivery ---- */

static void test_delivers(void **state)
{
	struct fixture *f = *state;
	/* proxies of the environment must not see a page */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	struct yj_sent_result result = outcome_of(f, "/ok", 1);
	assert_int_equal(result.outcome, YJ_SENT_DELIVERED);
	assert_string_equal(result.words, "HTTP 200");
	assert_int_equal(server_count(f->server, "/ok"), 1);
	assert_string_equal(server_last_header(f->server, "webhook-id"), page.id);

	json_t *body = json_loads(server_last_body(f->server), 0, NULL);
	json_t *want = json_pack("{s:s,s:s,s:i,s:s,s:s,s:{s:s,s:s,s:s,s:s,s:s},s:s,s:s,s:s}", "id",
	    page.id, "incident", page.incident, "level", 1, "kind", "sos", "state", "open",
	    "resident", "id", "r-1", "name", page.resident.name, "address", page.resident.address,
	    "phone", page.resident.phone, "access", page.resident.access, "text", page.text,
	    "opened_at", "2026-11-23T19:09:32.123Z", "answer_by", "2026-11-23T19:10:32.123Z");
	assert_non_null(body);
	assert_true(json_equal(body, want));
	json_decref(body);
	json_decref(want);

	/* unsigned where no secret is set */
	char url[64];
	size_t bad;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/unsigned", server_port(f->server));
	struct hook_conf conf = {"e", url, NULL, 5000, 5};
	assert_int_equal(hooks_set(f->hooks, &conf, 1, &bad), 0);
	assert_int_equal(send_page(f, hooks_channel(f->hooks, "e"), 2, 1), 0);
	TURN_UNTIL(f, f->n_results[2]);
	assert_int_equal(f->results[2].outcome, YJ_SENT_DELIVERED);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
}

static void test_statuses(void **state)
{
	struct fixture *f = *state;
	static const struct {
		int status;
		enum yj_sent outcome;
	} cases[] = {{200, YJ_SENT_DELIVERED}, {201, YJ_SENT_DELIVERED}, {202, YJ_SENT_DELIVERED},
	    {204, YJ_SENT_DELIVERED}, {299, YJ_SENT_DELIVERED}, {301, YJ_SENT_FINAL},
	    {302, YJ_SENT_FINAL}, {307, YJ_SENT_FINAL}, {308, YJ_SENT_FINAL}, {400, YJ_SENT_FINAL},
	    {401, YJ_SENT_FINAL}, {403, YJ_SENT_FINAL}, {404, YJ_SENT_FINAL}, {410, YJ_SENT_FINAL},
	    {422, YJ_SENT_FINAL}, {499, YJ_SENT_FINAL}, {408, YJ_SENT_RETRY}, {429, YJ_SENT_RETRY},
	    {500, YJ_SENT_RETRY}, {502, YJ_SENT_RETRY}, {503, YJ_SENT_RETRY}, {504, YJ_SENT_RETRY}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[32], words[32];
		snprintf(path, sizeof(path), "/status/%d", cases[i].status);
		snprintf(words, sizeof(words), "HTTP %d", cases[i].status);
		struct yj_sent_result result = outcome_of(f, path, 1);
		if (result.outcome != cases[i].outcome)
			fail_msg("%d gave %d", cases[i].status, (int)result.outcome);
		assert_string_equal(result.words, words);
		if (result.outcome == YJ_SENT_RETRY)
			assert_in_range(result.retry_ms, 500, 1000);
	}
	assert_int_equal(server_count(f->server, "/ok"), 0); /* no redirect was followed */
}

static void test_retry_after(void **state)
{
	struct fixture *f = *state;
	server_set_retry_after(f->server, "120");
	assert_int_equal(outcome_of(f, "/status/429", 1).retry_ms, 120000);
	assert_int_equal(outcome_of(f, "/status/503", 1).retry_ms, 120000);
	assert_in_range(outcome_of(f, "/status/500", 1).retry_ms, 500, 1000);
	server_set_retry_after(f->server, "86400");
	assert_int_equal(outcome_of(f, "/status/503", 1).retry_ms, 3600000);
	server_set_retry_after(f->server, "soon");
	assert_in_range(outcome_of(f, "/status/503", 1).retry_ms, 500, 1000);
	server_set_retry_after(f->server, "0");
	assert_in_range(outcome_of(f, "/status/503", 1).retry_ms, 500, 1000);
	char date[64];
	time_t then = time(NULL) + 100;
	struct tm tm;
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&then, &tm));
	server_set_retry_after(f->server, date);
	assert_in_range(outcome_of(f, "/status/503", 1).retry_ms, 80000, 101000);
}

static void test_back_off(void **state)
{
	struct fixture *f = *state;
	int64_t full_ms = 1000;
	for (int attempt = 1; attempt <= 12; attempt++) {
		int64_t ms = outcome_of(f, "/status/500", attempt).retry_ms;
		assert_in_range(ms, full_ms / 2, full_ms);
		full_ms = full_ms * 2 > 300000 ? 300000 : full_ms * 2;
	}
	/* jitter: ten of them at the widest are not all the same */
	int64_t first = outcome_of(f, "/status/500", 1000000).retry_ms;
	bool differs = false;
	for (int i = 0; i < 10; i++)
		differs |= outcome_of(f, "/status/500", 20).retry_ms != first;
	assert_true(differs);
}

static void test_words(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
	    outcome_of(f, "/status/500/disk%20%01%0A%20full%FF%20%E7%A3%81%E7%9B%98", 1).words,
	    "HTTP 500: disk full 磁盘");
	/* cut between characters */
	char path[512] = "/status/400/";
	for (int i = 0; i < 50; i++)
		strcat(path, "%E7%9B%98");
	struct yj_sent_result result = outcome_of(f, path, 1);
	size_t len = strlen(result.words);
	assert_true(len > 110 && len < sizeof(result.words));
	assert_int_equal((len - strlen("HTTP 400: ")) % 3, 0);
	/* what might name a person is not repeated */
	assert_string_equal(outcome_of(f, "/echo/500", 1).words, "HTTP 500");
	assert_string_equal(
	    outcome_of(f, "/status/500/no%20route%20to%2013900001111", 1).words, "HTTP 500");
	assert_string_equal(outcome_of(f, "/status/400/bad%20%5Cu738b", 1).words, "HTTP 400");
	assert_string_equal(outcome_of(f, "/huge/200", 1).words, "HTTP 200");
	result = outcome_of(f, "/huge/500", 1);
	assert_int_equal(result.outcome, YJ_SENT_RETRY);
	assert_int_equal(strlen(result.words), strlen("HTTP 500: ") + 100);
}

/* ---- peers that are broken ---- */

static void test_broken_peers(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum manner manner;
		enum yj_sent outcome;
		const char *words; /* libcurl's, in part */
	} cases[] = {{CLOSES, YJ_SENT_RETRY, "Empty reply"},
	    {SAYS_GARBAGE, YJ_SENT_RETRY, "HTTP/0.9"}, {CUTS_HEADERS, YJ_SENT_RETRY, ""},
	    {CUTS_BODY, YJ_SENT_DELIVERED, "HTTP 200"},
	    {CUTS_500, YJ_SENT_RETRY, "HTTP 500: half"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct yj_channel *channel =
		    endpoint(f, server_bad_port(f->server, cases[i].manner), "/x", 10000);
		int before = f->n_all;
		assert_int_equal(send_page(f, channel, i, 1), 0);
		TURN_UNTIL(f, f->n_all > before);
		if (f->results[i].outcome != cases[i].outcome ||
		    !strstr(f->results[i].words, cases[i].words) || !f->results[i].words[0])
			fail_msg(
			    "case %zu: %d, %s", i, (int)f->results[i].outcome, f->results[i].words);
	}
}

static void test_no_answer(void **state)
{
	struct fixture *f = *state;
	size_t bad;
	char hang[64], trickle[64], dead[64], tls[64], no_tls[64];
	snprintf(hang, sizeof(hang), "http://127.0.0.1:%d/hang", server_port(f->server));
	snprintf(trickle, sizeof(trickle), "http://127.0.0.1:%d/x",
	    server_bad_port(f->server, TRICKLES));
	snprintf(dead, sizeof(dead), "http://127.0.0.1:%d/x", server_dead_port());
	snprintf(tls, sizeof(tls), "https://127.0.0.1:%d/ok", server_tls_port(f->server));
	snprintf(no_tls, sizeof(no_tls), "https://127.0.0.1:%d/x",
	    server_bad_port(f->server, SAYS_GARBAGE));
	struct hook_conf conf[] = {{"hang", hang, SERVER_SECRET, 300, 5},
	    {"trickle", trickle, SERVER_SECRET, 300, 5}, {"dead", dead, SERVER_SECRET, 10000, 5},
	    {"tls", tls, SERVER_SECRET, 10000, 5}, {"no_tls", no_tls, SERVER_SECRET, 10000, 5},
	    {"unknown", "http://unknown.test/", SERVER_SECRET, 10000, 5}};
	static const char *const words[] = {
	    "timed out", "timed out", "connect", "certificate", "SSL", "resolve host"};
	assert_int_equal(hooks_set(f->hooks, conf, 6, &bad), 0);
	for (uint64_t i = 0; i < 6; i++)
		assert_int_equal(send_page(f, hooks_channel(f->hooks, conf[i].name), i, 1), 0);
	TURN_UNTIL(f, f->n_all == 6);
	for (uint64_t i = 0; i < 6; i++) {
		if (f->results[i].outcome != YJ_SENT_RETRY ||
		    !strstr(f->results[i].words, words[i]))
			fail_msg("%s: %s", conf[i].name, f->results[i].words);
		assert_in_range(f->results[i].retry_ms, 500, 1000);
	}
	/* nothing reached the server whose certificate nobody vouches for */
	assert_int_equal(server_count(f->server, "/ok"), 0);
}

static void test_resolver(void **state)
{
	(void)state;
	assert_true(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sign),
	    cmocka_unit_test(test_resolver),
	    TEST(test_delivers),
	    TEST(test_statuses),
	    TEST(test_retry_after),
	    TEST(test_back_off),
	    TEST(test_words),
	    TEST(test_broken_peers),
	    TEST(test_no_answer),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("webhook", tests, NULL, NULL);
}
