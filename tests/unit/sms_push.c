/* What providers of SMS post by themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "notify/sms_aliyun.h"
#include "notify/sms_http.h"

struct taken {
	char words[1024]; /* all of them, a line each */
	int n, refuse_at;
};

static int take(void *ctx, const struct yj_back *b)
{
	static const char *const types[] = {"receipt", "failed", "text"};
	struct taken *t = ctx;
	size_t len = strlen(t->words);
	if (++t->n == t->refuse_at)
		return YJ_ERR_BUSY;
	snprintf(t->words + len, sizeof(t->words) - len, "%s %s|%s|%s|%s|%s|%s|%s\n", b->channel,
	    types[b->type], b->ref, b->delivery ? b->delivery : "", b->id, b->from, b->text,
	    b->words);
	return 0;
}

/* ---- aliyun ---- */

/* The published examples of SmsReport and SmsUp, with numbers instead of asterisks. */
static const char report[] =
    "[{\"phone_number\":\"13811112222\",\"send_time\":\"2017-01-01 00:00:00\",\"report_time\":"
    "\"2017-01-01 00:00:00\",\"success\":true,\"err_code\":\"DELIVERED\",\"err_msg\":\"用户接收"
    "成功\",\"sms_size\":\"1\",\"biz_id\":\"12345^0\",\"out_id\":\"gw-1-d7\"},"
    "{\"phone_number\":\"13811113333\",\"success\":false,\"err_code\":\"MK:0005\",\"biz_id\":"
    "\"12346^0\"}]";
static const char said[] =
    "[{\"phone_number\":\"13811112222\",\"send_time\":\"2017-09-01 11:12:13\",\"content\":\"1 "
    "4711\",\"sign_name\":\"颐健\",\"dest_code\":\"1234\",\"sequence_id\":1234567890}]";

static void test_aliyun(void **state)
{
	struct taken t = {0};
	(void)state;
	assert_int_equal(yj_sms_aliyun_push("sms", report, strlen(report), take, &t), 0);
	assert_int_equal(yj_sms_aliyun_push("sms:2", said, strlen(said), take, &t), 0);
	assert_string_equal(t.words, "sms receipt|12345^0|gw-1-d7||||DELIVERED\n"
				     "sms failed|12346^0|||||MK:0005\n"
				     "sms:2 text|||1234567890|13811112222|1 4711|\n");
	/* what the gateway could not keep must come again: nothing after it is taken */
	t = (struct taken){.refuse_at = 1};
	assert_int_equal(yj_sms_aliyun_push("sms", report, strlen(report), take, &t), YJ_ERR_BUSY);
	assert_int_equal(t.n, 1);
	assert_int_equal(yj_sms_aliyun_push("sms", "[]", 2, take, &t), 0);
	static const char *const wrong[] = {"", "{}", "[1]", "[{}]", "[{\"success\":true}]", "null",
	    "[{\"success\":true,\"biz_id\":\"1\"},{}]", "[{\"content\":1,\"phone_number\":\"1\"}]",
	    "[{\"success\":true,\"biz_id\":\"1\"}"};
	t = (struct taken){0};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (yj_sms_aliyun_push("sms", wrong[i], strlen(wrong[i]), take, &t) != YJ_ERR_INVAL)
			fail_msg("%s", wrong[i]);
	}
	assert_int_equal(t.n, 0);
}

/* ---- by map ---- */

static const struct yj_sms_http_push map = {.report_ref = "/sid",
    .report_state = "/status/0/code",
    .report_ok = "0",
    .reply_from = "mobile",
    .reply_text = "text",
    .reply_id = "id"};

static const char *read_by(
    const struct yj_sms_http_push *m, const char *type, const char *body, struct taken *t, int want)
{
	*t = (struct taken){.refuse_at = t->refuse_at};
	assert_int_equal(yj_sms_http_push(m, "sms", type, body, strlen(body), take, t), want);
	return t->words;
}

static void test_json(void **state)
{
	struct taken t = {0};
	(void)state;
	assert_string_equal(
	    read_by(&map, "application/json", "{\"sid\":7,\"status\":[{\"code\":0}]}", &t, 0),
	    "sms receipt|7|||||0\n");
	assert_string_equal(read_by(&map, NULL,
				"[{\"sid\":\"a\",\"status\":[{\"code\":\"8\"}]},{\"x\":1},"
				"{\"mobile\":13900001111,\"text\":\"我去\",\"id\":\"u1\"}]",
				&t, 0),
	    "sms failed|a|||||8\nsms text|||u1|13900001111|我去|\n");
	/* a list within, as an array or as the text of one; and a state within a text */
	assert_string_equal(read_by(&map, "text/json; charset=utf-8",
				"{\"n\":1,\"list\":[{\"mobile\":\"139\",\"text\":\"1\"}]}", &t, 0),
	    "sms text||||139|1|\n");
	assert_string_equal(
	    read_by(&map, NULL, "{\"sid\":\"s\",\"status\":\"[{\\\"code\\\":0}]\"}", &t, 0),
	    "sms receipt|s|||||0\n");
	struct yj_sms_http_push deep = {
	    .report_ref = "/a/sid", .report_state = "/a/s/code", .report_ok = "true"};
	assert_string_equal(read_by(&deep, NULL,
				"{\"a\":\"{\\\"sid\\\":1,\\\"s\\\":{\\\"code\\\":true}}\"}", &t, 0),
	    "sms receipt|1|||||true\n");
	/* without a state, a report is a receipt */
	struct yj_sms_http_push bare = {.report_ref = "sid"};
	assert_string_equal(read_by(&bare, NULL, "{\"sid\":\"7\"}", &t, 0), "sms receipt|7|||||\n");
	assert_string_equal(read_by(&bare, NULL, "{\"sid\":null}", &t, 0), "");
	read_by(&map, NULL, "{\"sid\":", &t, YJ_ERR_INVAL);
	read_by(&map, NULL, "", &t, YJ_ERR_INVAL);
	t.refuse_at = 2;
	read_by(&map, NULL,
	    "[{\"mobile\":\"1\",\"text\":\"1\"},{\"mobile\":\"2\",\"text\":\"1\"},{\"mobile\":"
	    "\"3\","
	    "\"text\":\"1\"}]",
	    &t, YJ_ERR_BUSY);
	assert_int_equal(t.n, 2);
}

static void test_forms(void **state)
{
	static const char type[] = "application/x-www-form-urlencoded; charset=utf-8";
	struct yj_sms_http_push flat = {.report_ref = "msgid",
	    .report_state = "state",
	    .report_ok = "DELIVRD",
	    .reply_from = "from",
	    .reply_text = "text"};
	struct taken t = {0};
	(void)state;
	assert_string_equal(read_by(&flat, type, "msgid=a%2Fb&state=DELIVRD&x", &t, 0),
	    "sms receipt|a/b|||||DELIVRD\n");
	assert_string_equal(
	    read_by(&flat, type, "msgid=1&state=EXPIRED", &t, 0), "sms failed|1|||||EXPIRED\n");
	assert_string_equal(read_by(&flat, type, "from=139&text=%E6%88%91+%E5%8E%BB%", &t, 0),
	    "sms text||||139|我 去%|\n");
	/* a list of JSON in a field */
	struct yj_sms_http_push yun = {
	    .report_ref = "/sid", .report_state = "/report_status", .report_ok = "SUCCESS"};
	assert_string_equal(
	    read_by(&yun, type,
		"sms_status=%5B%7B%22sid%22%3A9527%2C%22report_status%22%3A%22SUCCESS"
		"%22%7D%2C%7B%22sid%22%3A1%2C%22report_status%22%3A%22FAIL%22%7D%5D",
		&t, 0),
	    "sms receipt|9527|||||SUCCESS\nsms failed|1|||||FAIL\n");
	read_by(&flat, type, "from=%FF&text=1", &t, YJ_ERR_INVAL); /* no UTF-8 */
	read_by(&flat, type, "from=a%00b&text=1", &t, YJ_ERR_INVAL);
	char many[1024] = "";
	for (int i = 0; i < 70; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "k%d=1&", i);
	read_by(&flat, type, many, &t, YJ_ERR_INVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_aliyun),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_forms),
	};
	return cmocka_run_group_tests_name("sms_push", tests, NULL, NULL);
}
