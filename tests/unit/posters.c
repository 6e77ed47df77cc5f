/* Every channel over HTTP: what it says to a good provider, what it makes of each answer, and every
 * way in which an endpoint can be broken. */
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "webhook_rig.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define PARAM "{\"text\": \"{{text}}\"}"

static const enum yj_poster_type over_http[] = {YJ_POSTER_WEBHOOK, YJ_POSTER_SMS_ALIYUN,
    YJ_POSTER_SMS_HTTP, YJ_POSTER_WECOM, YJ_POSTER_DINGTALK, YJ_POSTER_FEISHU};

/* An entry of that type for an endpoint. */
static struct yj_poster_conf conf_of(enum yj_poster_type type, const char *url)
{
	struct yj_poster_conf c = {.type = type, .name = "x", .timeout_ms = 10000, .attempts = 3};
	switch (type) {
	case YJ_POSTER_WEBHOOK:
		c.u.webhook = (struct yj_hook_conf){.url = url, .secret = SERVER_SECRET};
		break;
	case YJ_POSTER_SMS_ALIYUN:
		c.u.sms_aliyun = (struct yj_sms_aliyun_conf){.endpoint = url,
		    .access_key_id = "testid",
		    .access_key_secret = "testsecret",
		    .sign_name = "颐健",
		    .template_code = "SMS_1",
		    .template_param = PARAM};
		break;
	case YJ_POSTER_SMS_HTTP:
		c.u.sms_http = (struct yj_sms_http_conf){.url = url,
		    .body = "{\"to\": \"{{phone}}\", \"text\": \"{{text}}\"}",
		    .ok_pointer = "/code",
		    .ok_value = "0",
		    .ref_pointer = "/data/sid",
		    .limit_values = "22\n33"};
		break;
	case YJ_POSTER_EMAIL:
		c.u.email = (struct yj_email_conf){.url = url, .from = "a@b.example"};
		break;
	case YJ_POSTER_WECOM:
	case YJ_POSTER_DINGTALK:
	case YJ_POSTER_FEISHU:
		c.u.robot = (struct yj_robot_conf){.url = url, .secret = "this is secret"};
		break;
	}
	return c;
}

static const struct yj_channel *put(struct fixture *f, const struct yj_poster_conf *conf)
{
	struct yj_poster_why why = {0};
	size_t bad;
	int rc = yj_posters_set(f->hooks, conf, 1, &bad, &why);
	if (rc != 0)
		fail_msg("%s %s", why.key, why.text);
	return yj_posters_channel(f->hooks, conf->name);
}

static struct yj_sent_result send_over(struct fixture *f, const struct yj_channel *channel)
{
	int before = f->n_all;
	assert_int_equal(send_page(f, channel, 1, 1), 0);
	TURN_UNTIL(f, f->n_all > before);
	assert_int_equal(f->n_all, before + 1);
	return f->results[1];
}

/* One delivery over a channel of that type to the good server, which answers so. */
static struct yj_sent_result answered(
    struct fixture *f, enum yj_poster_type type, int status, const char *answer)
{
	char url[64];
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", server_port(f->server));
	struct yj_poster_conf conf = conf_of(type, url);
	server_set_answer(f->server, status, answer);
	return send_over(f, put(f, &conf));
}

/* ---- signatures ---- */

static void test_acs3(void **state)
{
	/* the published example of the signature's document */
	struct yj_acs3 request = {.method = "POST",
	    .host = "ecs.cn-shanghai.aliyuncs.com",
	    .query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&"
		     "RegionId=cn-shanghai",
	    .action = "RunInstances",
	    .version = "2014-05-26",
	    .date = "2023-10-26T10:22:32Z",
	    .nonce = "3156853299f313e23d1673dc12e1703d",
	    .body = "",
	    .access_key_id = "YourAccessKeyId",
	    .access_key_secret = "YourAccessKeySecret"};
	static const char want[] =
	    "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
	    "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature="
	    "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
	char content[65], out[YJ_ACS3_MAX];
	(void)state;
	assert_int_equal(yj_acs3_sign(&request, content, out, sizeof(out)), 0);
	assert_string_equal(out, want);
	assert_string_equal(
	    content, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(yj_acs3_sign(&request, content, out, sizeof(want) - 1), YJ_ERR_FULL);
	assert_int_equal(yj_acs3_sign(&request, content, out, sizeof(want)), 0);
}

static void test_robot_signs(void **state)
{
	/* the secret of the published samples; worked out apart from this code */
	char out[YJ_ROBOT_SIGN_LEN];
	(void)state;
	assert_int_equal(yj_robot_dingtalk_sign("this is secret", 1577262236757, out), 0);
	assert_string_equal(out, "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM=");
	assert_int_equal(yj_robot_feishu_sign("demo", 1599360473, out), 0);
	assert_string_equal(out, "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
}

/* ---- what each provider's answers mean ---- */

static void test_answers(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum yj_poster_type type;
		int status;
		const char *answer;
		enum yj_sent outcome;
		int limit; /* not before 30 s */
		const char *words, *ref;
	} cases[] = {
	    {YJ_POSTER_SMS_ALIYUN, 200,
		"{\"Message\":\"OK\",\"RequestId\":\"F65\",\"Code\":\"OK\",\"BizId\":\"900619746936"
		"498440^0\"}",
		YJ_SENT_OK, 0, "HTTP 200", "900619746936498440^0"},
	    {YJ_POSTER_SMS_ALIYUN, 200,
		"{\"Message\":\"触发天级流控Permits:10\",\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\"}",
		YJ_SENT_RETRY, 1, "isv.BUSINESS_LIMIT_CONTROL: 触发天级流控Permits:10", ""},
	    {YJ_POSTER_SMS_ALIYUN, 200, "{\"Code\":\"isv.DAY_LIMIT_CONTROL\"}", YJ_SENT_RETRY, 1,
		"isv.DAY_LIMIT_CONTROL", ""},
	    {YJ_POSTER_SMS_ALIYUN, 400,
		"{\"Code\":\"Throttling.User\",\"Message\":\"Request was denied\"}", YJ_SENT_RETRY,
		1, "Throttling.User: Request was denied", ""},
	    {YJ_POSTER_SMS_ALIYUN, 200, "{\"Code\":\"isv.MOBILE_NUMBER_ILLEGAL\"}", YJ_SENT_FINAL,
		0, "isv.MOBILE_NUMBER_ILLEGAL", ""},
	    {YJ_POSTER_SMS_ALIYUN, 400, "{\"Code\":\"SignatureDoesNotMatch\"}", YJ_SENT_FINAL, 0,
		"SignatureDoesNotMatch", ""},
	    {YJ_POSTER_SMS_ALIYUN, 200, "{\"Code\":\"isp.SYSTEM_ERROR\"}", YJ_SENT_RETRY, 0,
		"isp.SYSTEM_ERROR", ""},
	    {YJ_POSTER_SMS_ALIYUN, 503, "{\"Code\":\"ServiceUnavailable\"}", YJ_SENT_RETRY, 0,
		"ServiceUnavailable", ""},
	    {YJ_POSTER_SMS_HTTP, 200, "{\"code\":0,\"data\":{\"sid\":1234}}", YJ_SENT_OK, 0,
		"HTTP 200", "1234"},
	    {YJ_POSTER_SMS_HTTP, 200, "{\"code\":\"0\",\"data\":{\"sid\":\"a\"}}", YJ_SENT_OK, 0,
		"HTTP 200", "a"},
	    {YJ_POSTER_SMS_HTTP, 200, "{\"code\":33,\"msg\":\"too often\"}", YJ_SENT_RETRY, 1,
		"33: {\"code\":33,\"msg\":\"too often\"}", ""},
	    {YJ_POSTER_SMS_HTTP, 400, "{\"code\":22}", YJ_SENT_RETRY, 1, "22: {\"code\":22}", ""},
	    {YJ_POSTER_SMS_HTTP, 200, "{\"code\":3}", YJ_SENT_FINAL, 0, "3: {\"code\":3}", ""},
	    {YJ_POSTER_SMS_HTTP, 400, "{\"code\":3}", YJ_SENT_FINAL, 0, "HTTP 400: {\"code\":3}",
		""},
	    {YJ_POSTER_WECOM, 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", YJ_SENT_OK, 0, "0: ok", ""},
	    {YJ_POSTER_WECOM, 200, "{\"errcode\":45009,\"errmsg\":\"api freq out of limit\"}",
		YJ_SENT_RETRY, 1, "45009: api freq out of limit", ""},
	    {YJ_POSTER_WECOM, 200, "{\"errcode\":93000,\"errmsg\":\"invalid webhook url\"}",
		YJ_SENT_FINAL, 0, "93000: invalid webhook url", ""},
	    {YJ_POSTER_WECOM, 200, "{\"errcode\":-1,\"errmsg\":\"system busy\"}", YJ_SENT_RETRY, 0,
		"-1: system busy", ""},
	    {YJ_POSTER_DINGTALK, 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", YJ_SENT_OK, 0, "0: ok",
		""},
	    {YJ_POSTER_DINGTALK, 200, "{\"errcode\":130101,\"errmsg\":\"send too fast\"}",
		YJ_SENT_RETRY, 1, "130101: send too fast", ""},
	    {YJ_POSTER_DINGTALK, 200, "{\"errcode\":310000,\"errmsg\":\"sign not match\"}",
		YJ_SENT_FINAL, 0, "310000: sign not match", ""},
	    {YJ_POSTER_FEISHU, 200, "{\"code\":0,\"msg\":\"success\",\"data\":{}}", YJ_SENT_OK, 0,
		"0: success", ""},
	    {YJ_POSTER_FEISHU, 200, "{\"StatusCode\":0,\"StatusMessage\":\"success\"}", YJ_SENT_OK,
		0, "0: success", ""},
	    {YJ_POSTER_FEISHU, 200, "{\"code\":11232,\"msg\":\"frequency limited\"}", YJ_SENT_RETRY,
		1, "11232: frequency limited", ""},
	    {YJ_POSTER_FEISHU, 400, "{\"code\":9499,\"msg\":\"too many request\"}", YJ_SENT_RETRY,
		1, "9499: too many request", ""},
	    {YJ_POSTER_FEISHU, 200, "{\"code\":19021,\"msg\":\"sign match fail\"}", YJ_SENT_FINAL,
		0, "19021: sign match fail", ""},
	};
	for (size_t i = 0; i < N(cases); i++) {
		struct yj_sent_result r =
		    answered(f, cases[i].type, cases[i].status, cases[i].answer);
		if (r.outcome != cases[i].outcome || strcmp(r.words, cases[i].words) != 0 ||
		    strcmp(r.ref, cases[i].ref) != 0 ||
		    (r.retry_ms >= 30000) != (cases[i].limit != 0))
			fail_msg("case %zu: %d, %ld ms, %s, %s", i, (int)r.outcome,
			    (long)r.retry_ms, r.words, r.ref);
	}
}

/* No words of an endpoint name a person or tell a secret. */
static void test_discretion(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum yj_poster_type type;
		const char *answer, *words;
	} cases[] = {
	    {YJ_POSTER_SMS_ALIYUN, "{\"Code\":\"isv.X\",\"Message\":\"no such 13800002222\"}",
		"isv.X"},
	    {YJ_POSTER_SMS_ALIYUN, "{\"Code\":\"InvalidAccessKeyId\",\"Message\":\"testid\"}",
		"InvalidAccessKeyId"},
	    {YJ_POSTER_SMS_HTTP, "{\"code\":1,\"to\":\"8613800002222\"}", "1"},
	    {YJ_POSTER_SMS_HTTP, "{\"code\":\"+8613800002222\"}", ""},
	    {YJ_POSTER_WECOM, "{\"errcode\":1,\"errmsg\":\"王秀英?\"}", "1"},
	};
	for (size_t i = 0; i < N(cases); i++) {
		struct yj_sent_result r = answered(f, cases[i].type, 200, cases[i].answer);
		if (strcmp(r.words, cases[i].words) != 0)
			fail_msg("case %zu: %s", i, r.words);
	}
}

/* ---- what is sent ---- */

static void test_aliyun_request(void **state)
{
	struct fixture *f = *state;
	answered(f, YJ_POSTER_SMS_ALIYUN, 200, "{\"Code\":\"OK\"}");
	assert_string_equal(server_last_method(f->server), "POST");
	assert_string_equal(server_last_path(f->server),
	    "/?OutId=gw-1.d-000123&PhoneNumbers=%2B8613800002222&SignName=%E9%A2%90%E5%81%A5&"
	    "TemplateCode=SMS_1&TemplateParam=%7B%22text%22%3A%20%22%E7%8E%8B%E7%A7%80%E8%8B%B1"
	    "%E6%8C%89%E4%BA%86%E5%91%BC%E5%8F%AB%E6%8C%89%E9%92%AE%22%7D");
	assert_string_equal(server_last_body(f->server), "");
	/* signed again from what has arrived */
	char date[64], nonce[64], content[65], got[YJ_ACS3_MAX], want[YJ_ACS3_MAX], host[64];
	snprintf(date, sizeof(date), "%s", server_last_header(f->server, "x-acs-date"));
	snprintf(
	    nonce, sizeof(nonce), "%s", server_last_header(f->server, "x-acs-signature-nonce"));
	snprintf(got, sizeof(got), "%s", server_last_header(f->server, "Authorization"));
	snprintf(host, sizeof(host), "127.0.0.1:%d", server_port(f->server));
	assert_string_equal(server_last_header(f->server, "Host"), host);
	struct yj_acs3 request = {.method = "POST",
	    .host = host,
	    .query = server_last_path(f->server) + 2,
	    .action = "SendSms",
	    .version = "2017-05-25",
	    .date = date,
	    .nonce = nonce,
	    .body = "",
	    .access_key_id = "testid",
	    .access_key_secret = "testsecret"};
	assert_int_equal(yj_acs3_sign(&request, content, want, sizeof(want)), 0);
	assert_string_equal(got, want);
	assert_int_equal(strlen(nonce), 32);
	struct tm tm = {0};
	assert_non_null(strptime(date, "%Y-%m-%dT%H:%M:%SZ", &tm));
	assert_in_range(timegm(&tm), time(NULL) - 60, time(NULL) + 1);
	/* another one has another nonce */
	answered(f, YJ_POSTER_SMS_ALIYUN, 200, "{\"Code\":\"OK\"}");
	assert_string_not_equal(server_last_header(f->server, "x-acs-signature-nonce"), nonce);
}

static void test_templates_sent(void **state)
{
	struct fixture *f = *state;
	char url[256];
	answered(f, YJ_POSTER_SMS_HTTP, 200, "{}");
	assert_string_equal(server_last_body(f->server),
	    "{\"to\": \"+8613800002222\", \"text\": \"王秀英按了呼叫按钮\"}");
	assert_string_equal(server_last_header(f->server, "Content-Type"), "application/json");

	/* all in the address */
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/send?m={{phone}}&c={{text}}&id={{id}}",
	    server_port(f->server));
	struct yj_poster_conf conf = {.type = YJ_POSTER_SMS_HTTP, .name = "sms"};
	conf.u.sms_http = (struct yj_sms_http_conf){.url = url,
	    .method = "GET",
	    .authorization = "Bearer abcdef",
	    .headers = "X-Id: {{id}}\nX-Code:{{code}}"};
	assert_int_equal(send_over(f, put(f, &conf)).outcome, YJ_SENT_OK);
	assert_string_equal(server_last_method(f->server), "GET");
	assert_string_equal(server_last_path(f->server),
	    "/send?m=%2B8613800002222&c=%E7%8E%8B%E7%A7%80%E8%8B%B1%E6%8C%89%E4%BA%86%E5%91%BC%E5"
	    "%8F%AB%E6%8C%89%E9%92%AE&id=gw-1.d-000123");
	assert_string_equal(server_last_header(f->server, "Authorization"), "Bearer abcdef");
	assert_string_equal(server_last_header(f->server, "X-Id"), "gw-1.d-000123");

	/* a webhook with a body of its own is signed over that */
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/ok", server_port(f->server));
	conf = (struct yj_poster_conf){.type = YJ_POSTER_WEBHOOK, .name = "webhook:w"};
	conf.u.webhook = (struct yj_hook_conf){.url = url,
	    .secret = SERVER_SECRET,
	    .body = "{\"who\": \"{{name}}\", \"level\": {{level}}}\n",
	    .headers = "X-Town: a"};
	server_set_answer(f->server, 0, NULL);
	assert_int_equal(send_over(f, put(f, &conf)).outcome, YJ_SENT_DELIVERED);
	assert_string_equal(server_last_body(f->server), "{\"who\": \"王秀英\", \"level\": 1}");
	assert_string_equal(server_last_header(f->server, "X-Town"), "a");
}

static void test_robots_sent(void **state)
{
	struct fixture *f = *state;
	static const enum yj_poster_type robots[] = {
	    YJ_POSTER_WECOM, YJ_POSTER_DINGTALK, YJ_POSTER_FEISHU};
	for (size_t i = 0; i < N(robots); i++) {
		answered(f, robots[i], 200, "{}");
		json_t *body = json_loads(server_last_body(f->server), 0, NULL);
		bool feishu = robots[i] == YJ_POSTER_FEISHU;
		const char *text = json_string_value(
		    json_object_get(json_object_get(body, feishu ? "content" : "text"),
			feishu ? "text" : "content"));
		assert_string_equal(text, "王秀英按了呼叫按钮");
		assert_string_equal(
		    json_string_value(json_object_get(body, feishu ? "msg_type" : "msgtype")),
		    "text");
		char want[YJ_ROBOT_SIGN_LEN];
		if (feishu) {
			const char *stamp = json_string_value(json_object_get(body, "timestamp"));
			/* time() may lag behind the clock that the stamp is from */
			assert_in_range(atol(stamp), time(NULL) - 60, time(NULL) + 1);
			assert_int_equal(
			    yj_robot_feishu_sign("this is secret", atol(stamp), want), 0);
			assert_string_equal(json_string_value(json_object_get(body, "sign")), want);
		}
		if (robots[i] == YJ_POSTER_DINGTALK) {
			long stamp = 0;
			char sign[128];
			assert_int_equal(sscanf(server_last_path(f->server),
					     "/?timestamp=%ld&sign=%127s", &stamp, sign),
			    2);
			assert_in_range(stamp / 1000, time(NULL) - 60, time(NULL) + 1);
			assert_null(strpbrk(sign, "+/="));
		}
		json_decref(body);
	}
}

/* ---- who cannot be reached ---- */

static void test_receiver(void **state)
{
	struct fixture *f = *state;
	static const char *const none[] = {"", "-", "+"};
	static const enum yj_poster_type sms[] = {YJ_POSTER_SMS_ALIYUN, YJ_POSTER_SMS_HTTP};
	struct yj_delivery d = delivery_of(1, 1);
	for (size_t i = 0; i < N(sms); i++) {
		struct yj_poster_conf conf = conf_of(sms[i], "http://127.0.0.1:1");
		const struct yj_channel *channel = put(f, &conf);
		assert_int_equal(channel->form, YJ_FORM_SMS);
		for (size_t k = 0; k < N(none); k++) {
			d.phone = none[k];
			assert_int_equal(
			    channel->send(channel->self, &d, on_done, f), YJ_ERR_NOTFOUND);
		}
	}
	assert_int_equal(f->n_all, 0);
}

/* ---- broken endpoints ---- */

static void must_retry(struct fixture *f, const struct yj_poster_conf *conf, const char *words,
    int64_t low_ms, int64_t high_ms)
{
	struct yj_sent_result r = send_over(f, put(f, conf));
	if (r.outcome != YJ_SENT_RETRY || !strstr(r.words, words) || r.retry_ms < low_ms ||
	    r.retry_ms > high_ms)
		fail_msg("type %d: %d, %s, %ld ms", (int)conf->type, (int)r.outcome, r.words,
		    (long)r.retry_ms);
}

static void test_broken(void **state)
{
	struct fixture *f = *state;
	char url[64];
	for (size_t i = 0; i < N(over_http); i++) {
		struct yj_poster_conf conf = conf_of(over_http[i], url);
		/* nobody listens */
		snprintf(url, sizeof(url), "http://127.0.0.1:%d", server_dead_port());
		must_retry(f, &conf, "connect", 500, 1000);
		/* silence, to the end of the attempt's time */
		snprintf(url, sizeof(url), "http://127.0.0.1:%d",
		    server_bad_port(f->server, SAYS_NOTHING));
		conf.timeout_ms = 200;
		must_retry(f, &conf, "timed out", 500, 1000);
		conf.timeout_ms = 10000;
		/* garbage instead of HTTP */
		snprintf(url, sizeof(url), "http://127.0.0.1:%d",
		    server_bad_port(f->server, SAYS_GARBAGE));
		must_retry(f, &conf, "HTTP/0.9", 500, 1000);
		snprintf(url, sizeof(url), "http://127.0.0.1:%d", server_port(f->server));
		server_set_answer(f->server, 500, "oops");
		must_retry(f, &conf, "HTTP 500: oops", 500, 1000);
		server_set_answer(f->server, 429, "slowly");
		must_retry(f, &conf, "HTTP 429", 500, 1000);
		server_set_retry_after(f->server, "77");
		must_retry(f, &conf, "HTTP 429", 77000, 77000);
		server_set_retry_after(f->server, NULL);
		server_set_answer(f->server, 404, "no such thing");
		assert_int_equal(send_over(f, put(f, &conf)).outcome, YJ_SENT_FINAL);
		/* garbage instead of an answer: all but a webhook have one */
		server_set_answer(f->server, 200, "<html>welcome</html>");
		if (over_http[i] != YJ_POSTER_WEBHOOK)
			must_retry(f, &conf, "an answer without", 500, 1000);
	}
}

static void test_certificates(void **state)
{
	struct fixture *f = *state;
	/* two files, for libcurl remembers what it has read of one */
	char old[] = "/tmp/yj-posters-XXXXXX", file[] = "/tmp/yj-posters-XXXXXX", url[64];
	close(mkstemp(old));
	close(mkstemp(file));
	SSL_CTX *expired = selfsigned_ctx_aged(old, true),
		*valid = selfsigned_ctx_aged(file, false);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d", server_tls_port(f->server));
	server_set_answer(f->server, 200, "{}");
	for (size_t i = 0; i < N(over_http); i++) {
		struct yj_poster_conf conf = conf_of(over_http[i], url);
		SSL_CTX_up_ref(expired);
		server_set_tls(f->server, expired);
		conf.ca_file = old;
		must_retry(f, &conf, "certificate has expired", 500, 1000);
		/* the same one, but valid: it was nothing else */
		SSL_CTX_up_ref(valid);
		server_set_tls(f->server, valid);
		conf.ca_file = file;
		struct yj_sent_result r = send_over(f, put(f, &conf));
		assert_null(strstr(r.words, "certificate"));
		/* and nobody vouches for it */
		conf.ca_file = NULL;
		must_retry(f, &conf, "certificate", 500, 1000);
	}
	SSL_CTX_free(expired);
	SSL_CTX_free(valid);
	unlink(old);
	unlink(file);
}

/* ---- the set ---- */

static void test_wrong_settings(void **state)
{
	struct fixture *f = *state;
	static const char url[] = "http://127.0.0.1:1";
	struct {
		struct yj_poster_conf conf;
		const char *key;
		int line, column;
	} cases[20];
	size_t n = 0;
#define CASE(type, change, key_, line_, column_)                                                   \
	do {                                                                                       \
		struct yj_poster_conf c = conf_of(type, url);                                      \
		change;                                                                            \
		cases[n].conf = c;                                                                 \
		cases[n].key = key_;                                                               \
		cases[n].line = line_;                                                             \
		cases[n++].column = column_;                                                       \
	} while (0)
	CASE(YJ_POSTER_WEBHOOK, c.name = "", "name", 0, 0);
	CASE(YJ_POSTER_WEBHOOK, c.u.webhook.body = "{\n\"a\": \"{{b}}\"}", "body", 2, 7);
	CASE(YJ_POSTER_WEBHOOK, c.u.webhook.headers = "A: b\nhost: x", "headers", 2, 0);
	CASE(YJ_POSTER_WEBHOOK, c.u.webhook.headers = "A b", "headers", 1, 0);
	CASE(YJ_POSTER_WEBHOOK, c.u.webhook.secret = "x", "secret", 0, 0);
	CASE(YJ_POSTER_SMS_ALIYUN, c.u.sms_aliyun.endpoint = "http://h/p", "endpoint", 0, 0);
	CASE(YJ_POSTER_SMS_ALIYUN, c.u.sms_aliyun.template_param = "{{text}}", "template_param", 1,
	    1);
	CASE(
	    YJ_POSTER_SMS_ALIYUN, c.u.sms_aliyun.access_key_secret = "", "access_key_secret", 0, 0);
	CASE(YJ_POSTER_SMS_HTTP, c.u.sms_http.url = "ftp://{{phone}}", "url", 0, 0);
	CASE(YJ_POSTER_SMS_HTTP, c.u.sms_http.url = "http://h/{{fone}}", "url", 1, 10);
	CASE(YJ_POSTER_SMS_HTTP, c.u.sms_http.method = "DELETE", "method", 0, 0);
	CASE(YJ_POSTER_SMS_HTTP, c.u.sms_http.method = "GET", "body", 0, 0);
	CASE(YJ_POSTER_SMS_HTTP, c.u.sms_http.body = NULL, "body", 0, 0);
	CASE(YJ_POSTER_SMS_HTTP, c.u.sms_http.ok_value = NULL, "ok_pointer", 0, 0);
	CASE(YJ_POSTER_SMS_HTTP, c.u.sms_http.ok_pointer = "code", "ok_pointer", 0, 0);
	CASE(YJ_POSTER_EMAIL, (void)c, "url", 0, 0);
	CASE(YJ_POSTER_EMAIL, (c.u.email.url = "smtp://h", c.u.email.from = "a b@c"), "from", 0, 0);
	CASE(YJ_POSTER_EMAIL, (c.u.email.url = "smtp://h", c.u.email.username = "u"), "username", 0,
	    0);
	CASE(YJ_POSTER_FEISHU, c.u.robot.url = "feishu", "url", 0, 0);
	for (size_t i = 0; i < n; i++) {
		struct yj_poster_why why = {0};
		int rc = yj_poster_check(&cases[i].conf, &why);
		if (rc != YJ_ERR_INVAL || !why.key || strcmp(why.key, cases[i].key) != 0 ||
		    why.line != cases[i].line || why.column != cases[i].column)
			fail_msg("case %zu: %d, %s %d:%d %s", i, rc, why.key, why.line, why.column,
			    why.text);
	}
	/* nothing of a wrong set is taken over */
	struct yj_poster_conf good = conf_of(YJ_POSTER_WECOM, url), both[2];
	put(f, &good);
	both[0] = cases[1].conf;
	both[0].name = "y";
	both[1] = good;
	struct yj_poster_why why;
	size_t bad = 99;
	assert_int_equal(yj_posters_set(f->hooks, both, 2, &bad, &why), YJ_ERR_INVAL);
	assert_int_equal(bad, 0);
	assert_non_null(yj_posters_channel(f->hooks, "x"));
	assert_null(yj_posters_channel(f->hooks, "y"));
}

/* A name that comes to mean another type is another channel. */
static void test_type_changes(void **state)
{
	struct fixture *f = *state;
	char url[64];
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", server_bad_port(f->server, SAYS_NOTHING));
	struct yj_poster_conf conf = conf_of(YJ_POSTER_WECOM, url);
	assert_int_equal(send_page(f, put(f, &conf), 1, 1), 0);
	conf = conf_of(YJ_POSTER_FEISHU, url);
	const struct yj_channel *channel = put(f, &conf);
	TURN_UNTIL(f, f->n_results[1]);
	assert_int_equal(f->results[1].outcome, YJ_SENT_FINAL);
	assert_true(channel->has_room(channel->self));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_acs3),
	    cmocka_unit_test(test_robot_signs),
	    TEST(test_answers),
	    TEST(test_discretion),
	    TEST(test_aliyun_request),
	    TEST(test_templates_sent),
	    TEST(test_robots_sent),
	    TEST(test_receiver),
	    TEST(test_broken),
	    TEST(test_certificates),
	    TEST(test_wrong_settings),
	    TEST(test_type_changes),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("posters", tests, NULL, NULL);
}
