/* Links to visits: made by this gateway or not at all, and nothing taken for something else. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base64url.h"
#include "http_rig.h"
#include "visitlink.h"

static const unsigned char key[YJ_ANSWERLINK_KEY_LEN] = "the key of the gateway gw-1 ....";
static const unsigned char other_key[YJ_ANSWERLINK_KEY_LEN] = "the key of the gateway gw-2 ....";

#define LONGEST "0123456789012345678901234567890123456789012345678901234567890123"

static const struct yj_visitlink links[] = {
    {"fam1", "res1", 0, 1780000000, 0},
    {"fam1", "", 7, 0, 0},
    {"a", "", 0, 0, 3},
    {"grid-7", "r", 300, INT64_MAX, 255},
    {LONGEST, LONGEST, INT64_MAX, INT64_MAX, INT64_MAX},
};
#define N_LINKS (sizeof links / sizeof links[0])

static bool same(const struct yj_visitlink *a, const struct yj_visitlink *b)
{
	return strcmp(a->caregiver, b->caregiver) == 0 && strcmp(a->resident, b->resident) == 0 &&
	       a->incident == b->incident && a->expires_utc_s == b->expires_utc_s &&
	       a->generation == b->generation;
}

static void test_round_trip(void **state)
{
	(void)state;
	static const size_t lengths[N_LINKS] = {46, 36, 32, 0, YJ_VISITLINK_MAX - 8};
	for (size_t i = 0; i < N_LINKS; i++) {
		char token[YJ_VISITLINK_MAX];
		struct yj_visitlink got = {0};
		yj_visitlink_make(key, &links[i], token);
		assert_int_equal(yj_visitlink_read(key, token, &got), 0);
		assert_true(same(&got, &links[i]));
		if (lengths[i]) /* it goes into SMS */
			assert_int_equal(strlen(token), lengths[i]);
		assert_int_equal(yj_visitlink_read(other_key, token, &got), YJ_ERR_INVAL);
		for (size_t k = 0; k < N_LINKS; k++) {
			char other[YJ_VISITLINK_MAX];
			yj_visitlink_make(key, &links[k], other);
			assert_int_equal(strcmp(token, other) == 0, i == k);
		}
	}
}

/* Every bit of what is behind the letters, and every letter, and every end that was cut off. */
static void test_every_change_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_LINKS; i++) {
		char token[YJ_VISITLINK_MAX], bad[YJ_VISITLINK_MAX + 1];
		unsigned char bytes[YJ_VISITLINK_MAX];
		struct yj_visitlink got = links[2];
		size_t len;
		yj_visitlink_make(key, &links[i], token);
		assert_true(yj_base64url_read(token, bytes, sizeof bytes, &len));
		for (size_t bit = 0; bit < 8 * len; bit++) {
			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
			yj_base64url_write(bytes, len, bad);
			assert_int_equal(yj_visitlink_read(key, bad, &got), YJ_ERR_INVAL);
			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
		for (size_t at = 0; token[at]; at++) {
			for (int c = 1; c < 256; c++) {
				strcpy(bad, token);
				bad[at] = (char)c;
				int rc = yj_visitlink_read(key, bad, &got);
				assert_int_equal(rc == 0, bad[at] == token[at]);
			}
			got = links[2];
			strcpy(bad, token);
			bad[at] = '\0';
			assert_int_equal(yj_visitlink_read(key, bad, &got), YJ_ERR_INVAL);
		}
		snprintf(bad, sizeof bad, "%sA", token);
		assert_int_equal(yj_visitlink_read(key, bad, &got), YJ_ERR_INVAL);
		assert_true(same(&got, &links[2])); /* untouched */
	}
}

static void test_garbage(void **state)
{
	(void)state;
	char longer[2 * YJ_VISITLINK_MAX] = "";
	memset(longer, 'A', sizeof longer - 1);
	const char *const bad[] = {"", "A", "AA", "AQ", "AQE", "../../etc/passwd", "AQEB=", "AQ%45",
	    "????????????????????????", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", longer};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct yj_visitlink got = links[0];
		assert_int_equal(yj_visitlink_read(key, bad[i], &got), YJ_ERR_INVAL);
		assert_true(same(&got, &links[0]));
	}
	/* of the same key, but made for something else */
	struct yj_visitlink got = links[0];
	struct yj_outbox_row row = {.n = 300, .incident = 7, .target = "fam1"};
	char answer_token[YJ_ANSWERLINK_MAX], visit_key[YJ_VISITLINK_KEY_MAX];
	yj_answerlink_token(key, &row, answer_token);
	yj_visitlink_visit_key(key, "gw-1-v1", visit_key);
	assert_int_equal(yj_visitlink_read(key, answer_token, &got), YJ_ERR_INVAL);
	assert_int_equal(yj_visitlink_read(key, visit_key, &got), YJ_ERR_INVAL);
}

static void test_key_of_a_visit(void **state)
{
	(void)state;
	char one[YJ_VISITLINK_KEY_MAX], bad[2 * YJ_VISITLINK_KEY_MAX];
	yj_visitlink_visit_key(key, "gw-1-v1", one);
	assert_int_equal(strlen(one), 22);
	assert_true(yj_visitlink_visit_good(key, "gw-1-v1", one));
	assert_false(yj_visitlink_visit_good(key, "gw-1-v2", one));
	assert_false(yj_visitlink_visit_good(key, "gw-1-v", one));
	assert_false(yj_visitlink_visit_good(key, "gw-1-v11", one));
	assert_false(yj_visitlink_visit_good(other_key, "gw-1-v1", one));
	assert_false(yj_visitlink_visit_good(key, "gw-1-v1", ""));
	for (size_t at = 0; one[at]; at++) {
		for (int bit = 0; bit < 8; bit++) {
			strcpy(bad, one);
			bad[at] = (char)(bad[at] ^ 1 << bit);
			assert_false(yj_visitlink_visit_good(key, "gw-1-v1", bad));
		}
		strcpy(bad, one);
		bad[at] = '\0';
		assert_false(yj_visitlink_visit_good(key, "gw-1-v1", bad));
	}
	snprintf(bad, sizeof bad, "%sA", one);
	assert_false(yj_visitlink_visit_good(key, "gw-1-v1", bad));
}

static void test_base64url(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
		const char *text;
	} cases[] = {{"", 0, ""}, {"f", 1, "Zg"}, {"fo", 2, "Zm8"}, {"foo", 3, "Zm9v"},
	    {"foob", 4, "Zm9vYg"}, {"\xfb\xff\xbf", 3, "-_-_"}};
	unsigned char bytes[4];
	char text[8];
	size_t len;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		yj_base64url_write((const unsigned char *)cases[i].bytes, cases[i].len, text);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(strlen(text) + 1, YJ_BASE64URL_LEN(cases[i].len));
		assert_true(yj_base64url_read(text, bytes, sizeof bytes, &len));
		assert_int_equal(len, cases[i].len);
		assert_memory_equal(bytes, cases[i].bytes, len);
	}
	static const char *const bad[] = {
	    "Z", "Zh", "Zm9", "Zm9vY", "Zg==", "Zm 9", "+/+/", "Zm9vYmE"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(yj_base64url_read(bad[i], bytes, sizeof bytes, &len));
}

/* ── what a request brings ── */

static char brought[24];

static void on_bearer(void *ctx, struct evhttp_request *req)
{
	(void)ctx;
	if (!yj_visitlink_bearer(req, brought, sizeof brought))
		strcpy(brought, "-");
	yj_http_reply(req, 204, NULL, NULL);
}

static void test_bearer(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *request, *wanted;
	} cases[] = {
	    {"GET /b HTTP/1.1\r\n", "-"},
	    {"GET /b?key=abc HTTP/1.1\r\n", "abc"},
	    {"GET /b?x=1&key=a%2Dc HTTP/1.1\r\n", "a-c"},
	    {"GET /b?key= HTTP/1.1\r\n", "-"},
	    {"GET /b?Key=abc HTTP/1.1\r\n", "abc"},
	    {"GET /b?%zz HTTP/1.1\r\n", "-"},
	    {"GET /b HTTP/1.1\r\nAuthorization: Bearer abc\r\n", "abc"},
	    {"GET /b HTTP/1.1\r\nauthorization: bearer   abc\r\n", "abc"},
	    {"GET /b HTTP/1.1\r\nAuthorization: Bearer\r\n", "-"},
	    {"GET /b HTTP/1.1\r\nAuthorization: Bearerabc\r\n", "-"},
	    {"GET /b HTTP/1.1\r\nAuthorization: Basic abc\r\n", "-"},
	    {"GET /b?key=abc HTTP/1.1\r\nAuthorization: Basic abc\r\n", "-"},
	    {"GET /b?key=abc HTTP/1.1\r\nAuthorization: Bearer def\r\n", "def"},
	    {"GET /b?key=12345678901234567890123 HTTP/1.1\r\n", "12345678901234567890123"},
	    {"GET /b?key=123456789012345678901234 HTTP/1.1\r\n", "-"},
	};
	assert_int_equal(yj_http_route(f->http, EVHTTP_REQ_GET, "/b", on_bearer, NULL), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char request[256];
		int len = snprintf(
		    request, sizeof request, "%sConnection: close\r\n\r\n", cases[i].request);
		brought[0] = '\0';
		assert_int_equal(status_of(ask_raw(f, request, (size_t)len)), 204);
		if (strcmp(brought, cases[i].wanted) != 0)
			fail_msg("%s: %s", cases[i].request, brought);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_every_change_is_refused),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_key_of_a_visit),
	    cmocka_unit_test(test_base64url),
	    cmocka_unit_test_setup_teardown(test_bearer, setup, teardown),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("visitlink", tests, NULL, NULL);
}
